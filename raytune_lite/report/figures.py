"""Where a study stands, as data for programs: what ``--json`` prints. Its keys are stable; docs/cli.md lists them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ..core.messages import FailureKind
from ..display.tables import attempt_record, trial_record, trial_row
from ..study.results import Results
from .summary import SHOWN, failure_text, grid_counts, recorded_grid

if TYPE_CHECKING:
    from ..best import BestSoFar
    from ..trial import FrozenTrial
    from .html.goodput import Goodput

_KINDS = tuple(kind.value for kind in FailureKind)


def status_record(study: Results) -> dict[str, Any]:
    """What ``status --json`` prints: the figures of ``report.summary``, JSON-able. Times are in seconds."""
    from .html import goodput

    seen = study.overview(SHOWN)
    owner, used = study.find_owner(), goodput.read(study)
    return {
        "study": study.study_name,
        "storage": study.storage,
        "directions": [direction.name.lower() for direction in study.directions],
        "best": [trial_record(trial) for trial in _best(study)],
        "best_so_far": [_so_far(found) for found in study.best_trials_so_far],
        "trials": {state.name: n for state, n in sorted(seen.states.items())},
        "owner": None if owner is None else {"holder": owner[0], "alive": owner[1]},
        "promotions": seen.promotions,
        "resumes": seen.n_resumed,
        "checkpoints": {"kept": seen.n_checkpoints, "bytes": seen.checkpoint_bytes},
        "steps": seen.n_steps,
        "wall_time": max(0.0, seen.last_end - seen.first_start),
        "worked": seen.worked,
        "attempts_ended": seen.n_ended,
        "attempts_without_result": {kind: seen.outcomes[kind] for kind in _KINDS if kind in seen.outcomes},
        "goodput": None if used is None else used.share,
        "slot_seconds": None if used is None else _slot_seconds(used),
        "cost": None if used is None else used.cost,
        "grid": grid_counts(study),
        "failed": [{"number": trial.number, "error": failure_text(trial)} for trial in seen.failed],
        "waiting_for_disk": [attempt.number for attempt in seen.waiting_for_disk],
    }


def study_records(names: Iterable[str], storage: str) -> Iterator[dict[str, Any]]:
    """What ``studies --json`` prints: name, directions, and trials by state, a study each.

    Args:
        names: of studies.
        storage: the URL of their database.
    """
    for name in names:
        study = Results(name, storage)
        yield {
            "name": name,
            "directions": [direction.name.lower() for direction in study.directions],
            "trials": {state.name: n for state, n in sorted(study.state_counts().items())},
        }
        study._repository.close()


def cell_records(study: Results) -> Iterator[dict[str, Any]]:
    """The grid cells that were handed out, by index, each with its trial, the trial's values and its parameters."""
    grid = recorded_grid(study)
    values = {trial.number: trial.values for trial in study.iter_trials() if trial.values is not None}
    for cell in study.cells:
        found = values.get(cell.number)
        yield {
            "cell": cell.cell,
            "state": cell.state,
            "number": cell.number,
            "failures": cell.failures,
            "values": None if found is None else list(found),
            "params": None if grid is None else grid.params(cell.cell),
        }


# --- tables for other programs: one dict a row, the same keys in each row of a table --------------------------------


def trial_rows(study: Results) -> Iterator[dict[str, Any]]:
    """One row a trial, with the columns of ``trials_dataframe``."""
    columns = study.trial_columns()
    return (trial_row(trial, columns) for trial in study.iter_trials())


def report_rows(study: Results) -> Iterator[dict[str, Any]]:
    """One row for each trial and step: ``number``, ``step``, and ``value``, or ``values_0``, ``values_1``, ..."""
    n = len(study.directions)
    names = ["value"] if n == 1 else [f"values_{i}" for i in range(n)]
    for trial in study.iter_trials():
        reports = trial.intermediate_vectors or {s: (v,) for s, v in trial.intermediate_values.items()}
        for step in sorted(reports):
            row = dict(zip(names, reports[step], strict=False))
            yield {"number": trial.number, "step": step, **{name: row.get(name) for name in names}}


def attempt_rows(study: Results) -> Iterator[dict[str, Any]]:
    """One row an attempt, with the fields of ``AttemptRecord``; times are seconds since the study was created."""
    return map(attempt_record, study.attempts)


def rung_rows(study: Results) -> Iterator[dict[str, Any]]:
    """One row for each trial at each rung; ``value`` as the objective gave it, at the rung's step ``level``."""
    sign = study.directions[0].sign
    for entry in study.rungs:
        yield {
            "number": entry.number,
            "bracket": entry.bracket,
            "level": entry.level,
            "value": sign * entry.value,
            "how": entry.how,
            "promoted": entry.promoted,
        }


def _slot_seconds(found: Goodput) -> dict[str, float]:
    return {"all": found.all, "kept": found.kept, "lost": found.lost, "discarded": found.discarded}


def _so_far(found: BestSoFar) -> dict[str, Any]:
    return {"number": found.number, "state": found.state.name, "values": list(found.values),
            "params": dict(found.params), "step": found.step}  # fmt: skip


def _best(study: Results) -> list[FrozenTrial]:
    """The best trial, or the Pareto front; [] where no trial is COMPLETE and feasible."""
    if len(study.directions) > 1:
        return study.best_trials
    try:
        return [study.best_trial]
    except ValueError:
        return []


__all__ = [
    "attempt_rows", "cell_records", "grid_counts", "report_rows", "rung_rows", "status_record", "study_records",
    "trial_rows",
]  # fmt: skip
