"""Compares what the objective's own log says happened with what the study says happened.

``check`` raises AssertionError with every broken promise at once. Promises, in the words of the log (see ``script``):

 1. what was told is stored, with that value, and every stored value is the curve's, bit for bit;
 2. an attempt resumes from the last checkpoint that was told, or a later one, and computes on from there; from an
    earlier one only after an attempt that ended as ``checkpoint_corrupt``, and never from zero then;
 3. a finished trial never starts again, and what a snapshot saw is never taken back;
 4. no attempt tells anything once its successor has started; in the database attempts of a trial follow each other;
 5. a grid has exactly one DONE trial a cell, with that cell's value;
 6. when the run is over every trial is finished, and the value it has is the one that its last attempt returned.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import raytune_lite as rtl
from raytune_lite.core.trials import written
from raytune_lite.trial import FrozenTrial, TrialState

from ..core_tools import new_state
from .script import cell_value, curve

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a reader was told; ``at``: seconds since 1970 when it had been told."""

    at: float
    trials: tuple[FrozenTrial, ...]
    rungs: dict[tuple[int, int], float]

    @classmethod
    def of(cls, study: rtl.Study) -> Snapshot:
        rungs = {(rung.number, rung.level): rung.value for rung in study.rungs}
        trials = tuple(study.trials)
        return cls(time.time(), trials, rungs)

    @property
    def finished(self) -> dict[int, FrozenTrial]:
        return {trial.number: trial for trial in self.trials if trial.state.is_finished()}


@dataclass(slots=True)
class Facts:
    """What a closing table wants to know. ``repeats``: epochs or cells computed more than once."""

    trials: Counter[str] = field(default_factory=Counter)
    attempts: int = 0
    resumes: int = 0
    told: int = 0
    computed: int = 0
    repeats: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    losses: list[str] = field(default_factory=list)  # attempts that ended by no will of theirs

    def line(self) -> str:
        trials = ", ".join(f"{n} {state}" for state, n in sorted(self.trials.items()))
        lost = ", ".join(f"{n} {kind}" for kind, n in sorted(self.outcomes.items()) if kind not in ("complete",))
        return (
            f"{trials} | {self.attempts} attempts ({lost or 'none lost'}), {self.resumes} resumes | "
            f"{self.told} told | {self.repeats} of {self.computed} computed again"
        )


def check(
    study: rtl.Study, rows: Sequence[Row], snapshots: Sequence[Snapshot] = (), *, over: bool = True, grid: int = 0
) -> Facts:
    """Hold a study against a log.

    Args:
        study: to be read.
        rows: the log.
        snapshots: what readers saw in between.
        over: the run is over, so every trial must be finished.
        grid: values on each of the three axes of the grid that was searched.
    """
    trials = {trial.number: trial for trial in study.trials}
    attempts = defaultdict(list)
    for attempt in study.attempts:
        attempts[attempt.number].append(attempt)
    by_attempt: dict[tuple[int, int], list[Row]] = defaultdict(list)
    for row in rows:
        by_attempt[row["number"], row["attempt"]].append(row)
    wrong = [
        *_told_is_stored(trials, rows, grid),
        *_checkpoints_never_regress(attempts, by_attempt),
        *_nothing_is_taken_back(trials, rows, snapshots, study),
        *_attempts_follow_each_other(attempts, by_attempt),
        *(_one_result_per_cell(study, trials, grid) if grid else ()),
        *(_all_is_finished(trials, by_attempt) if over else ()),
        *_database_is_whole(study),
    ]
    assert not wrong, f"{len(wrong)} broken promise(s):\n" + "\n".join(wrong[:20])
    computed = Counter(
        (row["number"], row.get("step")) for row in rows if row["what"] == ("started" if grid else "epoch")
    )
    return Facts(
        trials=Counter(trial.state.name for trial in trials.values()),
        attempts=sum(map(len, attempts.values())),
        resumes=sum(a.resumed_step is not None for of in attempts.values() for a in of),
        told=sum(row["what"] == "told" for row in rows),
        computed=computed.total(),
        repeats=computed.total() - len(computed),
        outcomes=Counter(a.outcome or "running" for of in attempts.values() for a in of),
        losses=[
            f"trial {a.number}, attempt {a.attempt}: {a.outcome}: {a.message}"
            for of in attempts.values()
            for a in of
            if a.outcome not in ("complete", "paused", "pruned")
        ],
    )


def transitions(study: rtl.Study) -> dict[str, int]:
    """How often the study's trials took each row of the table of states, as text."""
    state = new_state(*study.directions)
    for at, event, _ in study._repository.events(study._record):
        state.handle(event, at)
    return {written(row): n for row, n in state.transitions.items()}


def _told_is_stored(trials: dict[int, FrozenTrial], rows: Sequence[Row], grid: int) -> list[str]:
    wrong = []
    for row in rows:
        trial = trials.get(row["number"])
        if trial is None:
            wrong.append(f"trial {row['number']} ran, but the study does not know it")
        elif row["what"] == "told" and trial.intermediate_values.get(row["step"]) != row["value"]:
            stored = trial.intermediate_values.get(row["step"])
            wrong.append(f"trial {row['number']}, step {row['step']}: {row['value']} was acknowledged, {stored} stored")
    if grid:
        return wrong
    for trial in trials.values():
        stored = trial.intermediate_values
        if stored and stored != (right := curve(trial.number, trial.params["lr"], max(stored))):
            wrong.append(f"trial {trial.number}: stored curve {stored}, uninterrupted curve {right}")
    return wrong


def _checkpoints_never_regress(
    attempts: dict[int, list[Any]], by_attempt: dict[tuple[int, int], list[Row]]
) -> list[str]:
    wrong = []
    for number, of in attempts.items():
        saved: int | None = None
        for attempt in sorted(of, key=lambda a: a.attempt):
            who = f"trial {number}, attempt {attempt.attempt}"
            resumed, log = attempt.resumed_step, by_attempt.get((number, attempt.attempt), [])
            if saved is not None and (resumed is None or resumed < saved):
                wrong.append(f"{who} resumed from step {resumed}, but a checkpoint of step {saved} was acknowledged")
            started = [row["resumed"] for row in log if row["what"] == "started"]
            if started not in ([], [resumed]):
                wrong.append(f"{who}: resumed steps {started} in the log, {resumed} in the study")
            steps = [row["step"] for row in log if row["what"] == "epoch"]
            if steps != list(range((resumed or 0) + 1, (resumed or 0) + 1 + len(steps))):
                wrong.append(f"{who} resumed from {resumed} and computed {steps}")
            saved = max([saved or 0, *(row["step"] for row in log if row.get("saved"))]) or None
            if attempt.outcome == "checkpoint_corrupt" and resumed is not None:  # on record: back to the one before
                saved = 1  # any of them, but not none
    return wrong


def _nothing_is_taken_back(
    trials: dict[int, FrozenTrial], rows: Sequence[Row], snapshots: Sequence[Snapshot], study: rtl.Study
) -> list[str]:
    wrong = []
    starts = [row for row in rows if row["what"] == "started"]
    rungs = {(rung.number, rung.level): rung.value for rung in study.rungs}
    for seen in snapshots:
        for number, then in seen.finished.items():
            now = trials.get(number)
            if now is None or (now.state, now.values) != (then.state, then.values):
                wrong.append(f"trial {number} was {then.state.name} {then.values}, and is {now}")
            again = [row for row in starts if row["number"] == number and row["at"] > seen.at]
            if again:
                wrong.append(f"trial {number} was {then.state.name} before it started again: {again[0]}")
        for then in seen.trials:
            stored = trials[then.number].intermediate_values if then.number in trials else {}
            if not then.intermediate_values.items() <= stored.items():
                wrong.append(f"trial {then.number}: reports {then.intermediate_values} were stored, now {stored}")
        if not seen.rungs.items() <= rungs.items():
            wrong.append(f"rung records are gone: {seen.rungs.items() - rungs.items()}")
    return wrong


def _attempts_follow_each_other(
    attempts: dict[int, list[Any]], by_attempt: dict[tuple[int, int], list[Row]]
) -> list[str]:
    wrong = []
    known = {(a.number, a.attempt) for of in attempts.values() for a in of}
    wrong += [f"trial {n}, attempt {a} ran, but the study has no such attempt" for n, a in by_attempt.keys() - known]
    for number, of in attempts.items():
        order = sorted(of, key=lambda a: a.attempt)
        if [a.attempt for a in order] != list(range(1, len(order) + 1)):
            wrong.append(f"trial {number} has attempts {[a.attempt for a in order]}")
        for one, following in pairwise(order):
            if one.ended is None or one.ended > following.started:
                wrong.append(f"trial {number}: {one} and {following} overlap in the study")
        begin = {a: row["at"] for (n, a), log in by_attempt.items() if n == number for row in log[:1]}
        for (n, a), log in by_attempt.items():
            later = min((at for other, at in begin.items() if other > a), default=float("inf"))
            told = [row for row in log if row["what"] == "told" and row["began"] > later]
            if n == number and told:
                wrong.append(f"trial {number}, attempt {a} was answered after its successor had started: {told[0]}")
    return wrong


def _one_result_per_cell(study: rtl.Study, trials: dict[int, FrozenTrial], grid: int) -> list[str]:
    done = [trial for trial in trials.values() if trial.state is TrialState.COMPLETE]
    points = Counter(tuple(trial.params[name] for name in "abc") for trial in done)
    wrong = [f"cell {point} has {n} results" for point, n in points.items() if n > 1]
    if len(points) != grid**3:
        wrong.append(f"{len(points)} of {grid**3} cells have a result")
    states = Counter(cell.state for cell in study.cells)
    if states != {"done": grid**3}:
        wrong.append(f"the ledger's cells are {dict(states)}")
    if len({cell.number for cell in study.cells}) != len(study.cells):
        wrong.append("one trial stands for two cells")
    right = [(trial, cell_value(**trial.params)) for trial in done]
    return wrong + [f"{trial}: should be {value}" for trial, value in right if trial.values != [value]]


def _all_is_finished(trials: dict[int, FrozenTrial], by_attempt: dict[tuple[int, int], list[Row]]) -> list[str]:
    wrong = [f"trial {t.number} is {t.state.name}" for t in trials.values() if not t.state.is_finished()]
    for trial in trials.values():
        last = by_attempt.get((trial.number, trial.attempt), [])
        returned = [row["value"] for row in last if row["what"] == "returns"]
        if trial.state is TrialState.COMPLETE and [trial.value] != returned:
            wrong.append(f"trial {trial.number} has value {trial.value}, its last attempt returned {returned}")
    return wrong


def _database_is_whole(study: rtl.Study) -> list[str]:
    """The study's own integrity check."""
    return [f"integrity: {found}" for found in study.differences()]
