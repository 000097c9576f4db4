"""A callback of a study that logs its trials to MLflow: an experiment a study, a run a trial.

    study.optimize(objective, n_trials=50, callbacks=[MLflowCallback("http://localhost:5000")])

Works through MLflow's client alone: the active run, experiment and URI of the script are not touched.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..trial import FrozenTrial, TrialState
from .tracking import StudyLogger, began, curves, ended, facts, results

if TYPE_CHECKING:
    from ..study import Study

try:
    from mlflow import MlflowClient
    from mlflow.entities import Metric, Param, RunStatus, RunTag
except ImportError as error:
    raise ImportError(
        f"raytune_lite.integrations.mlflow needs MLflow, which cannot be imported ({error}). "
        "Install it: pip install 'raytune-lite[mlflow]'."
    ) from error

STUDY, NUMBER, BEGAN = "raytune_lite.study", "raytune_lite.number", "raytune_lite.began"  # tags
_STATUS = {
    TrialState.COMPLETE: RunStatus.FINISHED, TrialState.PRUNED: RunStatus.KILLED, TrialState.FAIL: RunStatus.FAILED,
}  # fmt: skip
_BATCH = {"metrics": 1000, "params": 100, "tags": 100}  # MLflow's limits of one request
_LONGEST = 5000  # characters of a tag's or parameter's value


class MLflowCallback(StudyLogger):
    """Logs each finished trial as a run of the experiment that is named like the study.

    A run has the parameters; what was reported as the metric "reports/<name>" by step; the result as the metric
    "<name>"; state, number of attempts, attributes and constraints as tags. It is FINISHED for a COMPLETE trial, KILLED
    for a PRUNED one, FAILED for one that failed. A run that a killed script left unfinished is deleted and logged anew.

    Args:
        tracking_uri: of MLflow's server or database. None: what MLflow is set to, as by ``MLFLOW_TRACKING_URI``.
        metric_name: the objective's name, or a list of one an objective. None: those of ``study.set_metric_names``,
            else "value", or "value_0", "value_1", ...
        experiment_name: None: the study's name.
        earlier: also log the trials that finished before and are not there yet, when the first one finishes.

    Raises:
        ValueError: there is not one name an objective.
    """

    def __init__(
        self,
        tracking_uri: str | None = None,
        metric_name: str | Sequence[str] | None = None,
        *,
        experiment_name: str | None = None,
        earlier: bool = True,
    ) -> None:
        super().__init__(metric_name, earlier=earlier)
        self._tracking_uri, self._experiment_name = tracking_uri, experiment_name

    def _experiment(self, study: Study) -> tuple[Any, str]:
        client, name = MlflowClient(self._tracking_uri), self._experiment_name or study.study_name
        found = client.get_experiment_by_name(name)
        return client, client.create_experiment(name) if found is None else found.experiment_id

    def _logged(self, study: Study) -> dict[int, float]:
        client, experiment = self._experiment(study)
        logged, page, is_first = {}, None, True
        while page or is_first:
            runs = client.search_runs([experiment], max_results=1000, page_token=page)
            for run in runs:
                tags = run.data.tags
                if tags.get(STUDY) != study.study_name or NUMBER not in tags:
                    continue
                if run.info.status == RunStatus.to_string(RunStatus.RUNNING):
                    client.delete_run(run.info.run_id)
                else:
                    logged[int(tags[NUMBER])] = float(tags[BEGAN])
            page, is_first = runs.token, False
        return logged

    def _log(self, study: Study, trial: FrozenTrial, names: Sequence[str]) -> None:
        client, experiment = self._experiment(study)
        start, end = (int(1000 * at) for at in (began(trial), ended(trial)))
        own = {STUDY: study.study_name, NUMBER: str(trial.number), BEGAN: str(began(trial))}
        run = client.create_run(experiment, start_time=start, tags=own, run_name=f"trial {trial.number}").info.run_id
        scores = [(tag, step, value) for tag, curve in curves(trial, names).items() for step, value in curve]
        scores += [(name, trial.last_step or 0, value) for name, value in results(trial, names).items()]
        logged = {
            "metrics": [Metric(_key(name), value, end, step) for name, step, value in scores],
            "params": [Param(_key(name), str(value)[:_LONGEST]) for name, value in trial.params.items()],
            "tags": [RunTag(_key(name), str(value)[:_LONGEST]) for name, value in facts(trial).items()],
        }
        for kind, entries in logged.items():
            for first in range(0, len(entries), _BATCH[kind]):
                client.log_batch(run, **{kind: entries[first : first + _BATCH[kind]]})
        client.set_terminated(run, RunStatus.to_string(_STATUS[trial.state]), end)


def _key(name: str) -> str:
    """The name in the characters that MLflow allows."""
    return re.sub(r"[^\w\-. /]", "_", name)


__all__ = ["MLflowCallback"]
