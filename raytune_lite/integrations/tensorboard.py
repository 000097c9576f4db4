"""A callback of a study that writes its trials as TensorBoard's event files: a run a trial, HParams and curves.

    study.optimize(objective, n_trials=50, callbacks=[TensorBoardCallback("runs")])
    # tensorboard --logdir runs

Needs the package tensorboard alone, no TensorFlow and no torch.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ..trial import FrozenTrial, TrialState
from .tracking import StudyLogger, began, curves, ended, facts, results

if TYPE_CHECKING:
    from ..study import Study

try:
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.plugins.hparams import api_pb2, metadata, plugin_data_pb2
    from tensorboard.plugins.hparams.summary_v2 import hparams_pb
    from tensorboard.summary.writer.record_writer import RecordWriter
except ImportError as error:
    raise ImportError(
        f"raytune_lite.integrations.tensorboard needs TensorBoard, which cannot be imported ({error}). "
        "Install it: pip install 'raytune-lite[tensorboard]'."
    ) from error

_PREFIX = "events.out.tfevents."


class TensorBoardCallback(StudyLogger):
    """Writes each finished trial as a run of TensorBoard, ``<dirname>/<study>/trial-<number>``.

    A run has the parameters and the state (HParams), what was reported as the curve "reports/<name>", and the result
    as the scalar "<name>". It is complete or absent. A trial that failed is a failed session of HParams.

    Args:
        dirname: the directory that ``tensorboard --logdir`` is given.
        metric_name: the objective's name, or a list of one an objective. None: those of ``study.set_metric_names``,
            else "value", or "value_0", "value_1", ...
        earlier: also write the trials that finished before and have no run yet, when the first one finishes.

    Raises:
        ValueError: there is not one name an objective, or ``dirname`` holds runs of another study of this name.
    """

    def __init__(
        self, dirname: str | os.PathLike[str], metric_name: str | Sequence[str] | None = None, *, earlier: bool = True
    ) -> None:
        super().__init__(metric_name, earlier=earlier)
        self._dirname = Path(dirname)

    def _folder(self, study: Study) -> Path:
        return self._dirname / re.sub(r"^\.", "%2E", quote(study.study_name, safe=" "))

    def _logged(self, study: Study) -> dict[int, float]:
        found = {}
        for path in self._folder(study).glob(f"trial-*/{_PREFIX}*"):
            found[int(path.parent.name.removeprefix("trial-"))] = float(path.name.removeprefix(_PREFIX).split(".")[0])
        return found

    def _log(self, study: Study, trial: FrozenTrial, names: Sequence[str]) -> None:
        run = self._folder(study) / f"trial-{trial.number}"
        if any(run.glob(f"{_PREFIX}*")):
            raise ValueError(
                f"{run} is of another study that was named {study.study_name!r}; choose another dirname, or move it "
                "away."
            )
        run.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=run.parent, prefix=".", delete=False) as file:
            writer = RecordWriter(file)
            for event in _events(trial, names):
                writer.write(event.SerializeToString())
        os.replace(file.name, run / f"{_PREFIX}{int(began(trial))}.trial-{trial.number}")


def _events(trial: FrozenTrial, names: Sequence[str]) -> list[Any]:
    start, end = began(trial), ended(trial)
    known = {**trial.params, **facts(trial)}
    plain = {name: one if isinstance(one, (bool, int, float, str)) else str(one) for name, one in known.items()}
    is_failed = trial.state is TrialState.FAIL
    status = api_pb2.STATUS_FAILURE if is_failed else api_pb2.STATUS_SUCCESS
    session_end = plugin_data_pb2.HParamsPluginData(
        session_end_info=plugin_data_pb2.SessionEndInfo(status=status, end_time_secs=end)
    )
    last = Summary.Value(
        tag=metadata.SESSION_END_INFO_TAG,
        metadata=metadata.create_summary_metadata(session_end),
        tensor=metadata.NULL_TENSOR,
    )
    scalars = [(tag, step, value) for tag, curve in curves(trial, names).items() for step, value in curve]
    scalars += [(name, trial.last_step or 0, value) for name, value in results(trial, names).items()]
    return [
        Event(wall_time=start, file_version="brain.Event:2"),
        Event(wall_time=start, summary=hparams_pb(plain, f"trial-{trial.number}", start)),
        *(
            Event(wall_time=end, step=step, summary=Summary(value=[Summary.Value(tag=tag, simple_value=value)]))
            for tag, step, value in scalars
        ),
        Event(wall_time=end, summary=Summary(value=[last])),
    ]


__all__ = ["TensorBoardCallback"]
