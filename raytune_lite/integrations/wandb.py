"""A callback of a study that logs its trials to Weights & Biases: a group a study, a run a trial.

    study.optimize(objective, n_trials=50, callbacks=[WeightsAndBiasesCallback(wandb_kwargs={"project": "digits"})])

The active run of the script, ``wandb.run``, is not touched. With ``mode="offline"`` runs are files that ``wandb sync``
uploads later.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..arguments import mapping
from ..trial import FrozenTrial, TrialState
from .tracking import StudyLogger, began, curves, facts, results

if TYPE_CHECKING:
    from ..study import Study

try:
    import wandb
except ImportError as error:
    raise ImportError(
        f"raytune_lite.integrations.wandb needs Weights & Biases, which cannot be imported ({error}). "
        "Install it: pip install 'raytune-lite[wandb]'."
    ) from error

_OURS = "id", "reinit", "resume"


class WeightsAndBiasesCallback(StudyLogger):
    """Logs each finished trial as a run "trial <number>" of the group that is named like the study.

    A run has the parameters as its config; what was reported as "reports/<name>" by step; the result "<name>", state,
    number of attempts, attributes and constraints in its summary. A trial that failed is a failed run. The run's id
    follows from the study's name, the trial's number and its start, so a trial that is logged again has the same run.

    Args:
        metric_name: the objective's name, or a list of one an objective. None: those of ``study.set_metric_names``,
            else "value", or "value_0", "value_1", ...
        wandb_kwargs: arguments of ``wandb.init``: project, entity, mode, dir, tags, config, ...
        earlier: also log the trials that finished before and have no run in ``dir`` yet, when the first one finishes.

    Raises:
        TypeError: ``wandb_kwargs`` is no dict.
        ValueError: ``wandb_kwargs`` has what belongs to the callback: id, reinit, resume; or there is not one name an
            objective.
    """

    def __init__(
        self,
        metric_name: str | Sequence[str] | None = None,
        wandb_kwargs: Mapping[str, Any] | None = None,
        *,
        earlier: bool = True,
    ) -> None:
        super().__init__(metric_name, earlier=earlier)
        self._kwargs = dict(mapping("wandb_kwargs", wandb_kwargs or {}, "they are the arguments of wandb.init"))
        wrong = [name for name in _OURS if name in self._kwargs]
        if wrong:
            names = ", ".join(wrong)
            raise ValueError(f"wandb_kwargs has {names}, but each trial gets a run of its own; leave that out.")

    def _logged(self, study: Study) -> dict[int, float]:
        """Of the trials those whose run lies in the directory of this machine."""
        folder = Path(self._kwargs.get("dir") or os.environ.get("WANDB_DIR") or ".") / "wandb"
        there = {path.name.rsplit("-", 1)[-1] for path in folder.glob("*run-*-*")}
        trials = study.get_trials(deepcopy=False)
        return {trial.number: began(trial) for trial in trials if _run_id(study, trial) in there}

    def _log(self, study: Study, trial: FrozenTrial, names: Sequence[str]) -> None:
        offline = self._kwargs.get("mode", os.environ.get("WANDB_MODE")) == "offline"
        arguments = {"group": study.study_name, "name": f"trial {trial.number}", **self._kwargs}
        arguments["config"] = {**(self._kwargs.get("config") or {}), **trial.params}
        run = wandb.init(
            id=_run_id(study, trial), reinit="create_new", resume=None if offline else "allow", **arguments
        )
        try:
            rows: dict[int, dict[str, float]] = {}
            for name, curve in curves(trial, names).items():
                for step, value in curve:
                    rows.setdefault(step, {})[name] = value
            for step, row in rows.items():
                run.log(row, step=step)
            run.summary.update({**results(trial, names), **facts(trial)})
        finally:
            run.finish(exit_code=int(trial.state is TrialState.FAIL))


def _run_id(study: Study, trial: FrozenTrial) -> str:
    text = f"{study.study_name}\n{int(began(trial))}\n{trial.number}"
    return hashlib.sha256(text.encode()).hexdigest()[:20]


__all__ = ["WeightsAndBiasesCallback"]
