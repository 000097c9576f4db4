"""All that is stored of one trial, on a page: parameters, attempts, reports, checkpoints, decisions. Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..display.tables import attempt_record, attempts_table, duration, shorten, size, trial_record, value_text
from ..display.text import printable
from .explain import Explanation, explain, note_record

if TYPE_CHECKING:
    from ..core.messages import CheckpointRef
    from ..storages.records import AttemptRecord, RungRecord
    from ..study.results import Results
    from ..trial import FrozenTrial

_REPORTS = 12  # that are shown; the others in the middle are counted


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialPage:
    """One trial: ``explained`` says why it is where it is, or ``unexplained`` why that cannot be said."""

    trial: FrozenTrial
    attempts: list[AttemptRecord]
    checkpoints: list[CheckpointRef]
    rungs: list[RungRecord]
    explained: Explanation | None
    unexplained: str = ""


def trial_page(study: Results, number: int) -> TrialPage:
    """Read a trial.

    Args:
        study: the study; it may be running.
        number: the trial.

    Raises:
        ValueError: the study has no such trial.
    """
    trial = study.get_trial(number)
    try:
        explained, unexplained = explain(study, number), ""
    except ValueError as error:  # a pruner of the user's own, or a log that was changed: the tables are there
        explained, unexplained = None, str(error)
    return TrialPage(
        trial=trial,
        attempts=study.attempts_of(number),
        checkpoints=[ref for of, ref in study.checkpoints if of == number],
        rungs=[entry for entry in study.rungs if entry.number == number],
        explained=explained,
        unexplained=unexplained,
    )


def lines(page: TrialPage, width: int | None = None) -> Iterator[str]:
    """The page as text. ``width``: longer lines of tables are cut; None: they are not."""
    trial, found = page.trial, page.explained
    values = "" if trial.values is None else f", {', '.join(f'{value:.6g}' for value in trial.values)}"
    yield f"trial {trial.number}: {trial.state.name}{values}"
    for sentence in found.why if found is not None else []:
        yield f"  {sentence}"
    for what in found.missing if found is not None else []:
        yield f"  needs: {what}"
    if page.unexplained:
        yield f"  its decisions cannot be explained: {printable(page.unexplained)}"
    yield "parameters:" if trial.params else "parameters: none"
    for name, value in trial.params.items():
        yield f"  {printable(name)} = {value_text(value)}"
    if page.attempts:
        yield "attempts:"
        yield from (f"  {line}" for line in attempts_table(page.attempts, width and width - 2).splitlines())
    yield from _reports(trial, width)
    if page.checkpoints:
        yield "checkpoints:"
        for ref in page.checkpoints:
            yield f"  step {ref.step}, attempt {ref.attempt}, {size(ref.size)}: {printable(ref.uri)}"
    if found is not None and found.history:
        yield "what happened:"
        for note in found.history:
            yield shorten(f"  {duration(note.at):>9}  {note.text}", width)


def _reports(trial: FrozenTrial, width: int | None) -> Iterator[str]:
    reports = trial.intermediate_vectors or {step: (value,) for step, value in trial.intermediate_values.items()}
    steps = sorted(reports)
    if not steps:
        return
    yield f"reports: {len(steps)}, at steps {steps[0]} to {steps[-1]}" if len(steps) > 1 else "reports: 1"
    half = _REPORTS // 2
    shown = steps if len(steps) <= _REPORTS else [*steps[:half], None, *steps[-half:]]
    texts = ["..." if s is None else f"{s}: {' '.join(f'{value:.6g}' for value in reports[s])}" for s in shown]
    yield shorten(f"  {', '.join(texts)}", width)


def record(page: TrialPage) -> dict[str, Any]:
    """The page as JSON-able data."""
    found = page.explained
    return {
        **trial_record(page.trial),
        "attempts": [attempt_record(attempt) for attempt in page.attempts],
        "checkpoints": [
            {"step": ref.step, "attempt": ref.attempt, "uri": ref.uri, "digest": ref.digest, "bytes": ref.size}
            for ref in page.checkpoints
        ],
        "rungs": [
            {"bracket": r.bracket, "level": r.level, "losses": list(r.losses), "how": r.how, "promoted": r.promoted}
            for r in page.rungs
        ],
        "why": None if found is None else found.why,
        "missing": None if found is None else found.missing,
        "history": None if found is None else [note_record(note) for note in found.history],
        "unexplained": page.unexplained or None,
    }


__all__ = ["TrialPage", "lines", "record", "trial_page"]
