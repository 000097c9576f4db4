"""The checker itself: a true log passes, and each broken promise is found. Quick, so it runs with the other tests."""

from __future__ import annotations

import argparse
import copy
import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import raytune_lite as rtl

from . import checker, script
from .checker import Snapshot, check

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[rtl.Study, Rows]:
    """Three trials of four epochs; trial 1 fails once after epoch 2, and resumes."""
    root = tmp_path_factory.mktemp("checker")
    study = rtl.create_study(storage=f"sqlite:///{root}/study.db", sampler=rtl.samplers.RandomSampler(seed=3))
    rows: Rows = []
    args = script.parse(["", "", "--epochs", "4", "--pause", "0"])
    objective = Recorded(rows, args)
    study.optimize(
        objective, n_trials=3, executor="inline", retries=rtl.RetryPolicy(exception=1), catch=(ZeroDivisionError,)
    )
    return study, rows


class Recorded(script.Objective):
    """The chaos tests' objective without Ray and without a file."""

    def __init__(self, rows: Rows, args: argparse.Namespace) -> None:
        super().__init__("", args)
        self.rows = rows

    def __call__(self, trial: rtl.Trial) -> float:
        self.write(trial, "started", node="", resumed=trial.resumed_from_step)
        value = self.train(trial)
        self.write(trial, "returns", value=value)
        return value

    def write(self, trial: rtl.Trial, what: str, **row: Any) -> None:
        at = float(len(self.rows))
        self.rows.append({"what": what, "number": trial.number, "attempt": trial.attempt, **row, "pid": 1, "at": at})
        if "began" in row:
            self.rows[-1]["began"] = at
        if (what, trial.number, trial.attempt, row.get("step")) == ("told", 1, 1, 2):
            raise ZeroDivisionError


def of(rows: Rows, what: str, number: int, attempt: int = 1) -> dict[str, Any]:
    """The first such row."""
    return next(r for r in rows if (r["what"], r["number"], r["attempt"]) == (what, number, attempt))


def test_what_happened_passes_and_is_counted(ran: tuple[rtl.Study, Rows]) -> None:
    study, rows = ran
    facts = check(study, rows, [Snapshot.of(study)])
    assert facts.trials == {"COMPLETE": 3}
    assert (facts.attempts, facts.resumes, facts.told, facts.computed, facts.repeats) == (4, 1, 12, 12, 0)
    assert facts.outcomes == {"complete": 3, "exception": 1}
    assert facts.losses == ["trial 1, attempt 1: exception: " + facts.losses[0].split(": ", 2)[2]]


LIES: dict[str, tuple[Callable[[Rows], object], str]] = {
    "another value": (lambda rows: of(rows, "told", 0).update(value=7.0), "was acknowledged"),
    "a step that is not stored": (lambda rows: of(rows, "told", 0).update(step=9), "was acknowledged"),
    "a trial unknown": (lambda rows: of(rows, "told", 0).update(number=8), "does not know it"),
    "an attempt unknown": (lambda rows: of(rows, "returns", 2).update(attempt=2), "no such attempt"),
    "a later checkpoint": (
        lambda rows: rows.append({**of(rows, "told", 1), "step": 3, "value": rows[-1]["value"]}),
        "a checkpoint of step 3 was acknowledged",
    ),
    "a resume from elsewhere": (lambda rows: of(rows, "started", 1, 2).update(resumed=1), "resumed steps"),
    "an epoch left out": (lambda rows: rows.remove(of(rows, "epoch", 2)), "and computed"),
    "an answer to a ghost": (
        lambda rows: of(rows, "told", 1).update(began=1e9),
        "was answered after its successor had started",
    ),
    "another result": (lambda rows: of(rows, "returns", 0).update(value=7.0), "its last attempt returned"),
}


@pytest.mark.parametrize("lie", LIES)
def test_each_broken_promise_is_found(ran: tuple[rtl.Study, Rows], lie: str) -> None:
    study, truth = ran
    rows = copy.deepcopy(truth)
    change, said = LIES[lie]
    change(rows)
    with pytest.raises(AssertionError, match=said):
        check(study, rows)


def test_what_a_reader_saw_may_not_be_taken_back(ran: tuple[rtl.Study, Rows]) -> None:
    study, rows = ran
    seen = Snapshot.of(study)
    with pytest.raises(AssertionError, match="before it started again"):
        check(study, [*rows, {**of(rows, "started", 0), "at": seen.at + 1}], [seen])
    with pytest.raises(AssertionError, match="rung records are gone"):
        check(study, rows, [Snapshot(seen.at, seen.trials, {(0, 1): 0.5})])
    then = tuple(dataclasses.replace(trial, values=[7.0]) for trial in seen.trials)
    with pytest.raises(AssertionError, match=r"trial 0 was COMPLETE \[7.0\]"):
        check(study, rows, [Snapshot(seen.at, then, {})])
    then = tuple(dataclasses.replace(trial, intermediate_values={9: 1.0}) for trial in seen.trials)
    with pytest.raises(AssertionError, match=r"reports \{9: 1.0\} were stored"):
        check(study, rows, [Snapshot(seen.at, then, {})])


def test_a_grid_with_a_cell_twice_or_never_is_found(tmp_path: Path) -> None:
    study = rtl.create_study(storage=f"sqlite:///{tmp_path}/study.db")
    rows: Rows = []

    def objective(trial: rtl.Trial) -> float:
        a, b, c = (trial.suggest_int(name, 0, 1) for name in "abc")
        row = {"number": trial.number, "attempt": 1, "at": 0.0, "pid": 1}
        rows.extend([{"what": "started", "resumed": None, **row}, {"what": "returns", "value": 0.0, **row}])
        return script.cell_value(a, b, c)

    for cell in ((0, 0, 0), (0, 0, 0), (1, 0, 0)):
        study.enqueue_trial(dict(zip("abc", cell, strict=True)))
    study.optimize(objective, n_trials=3, executor="inline")
    trials = {trial.number: trial for trial in study.trials}
    wrong = "\n".join(checker._one_result_per_cell(study, trials, 2))
    assert "cell (0, 0, 0) has 2 results" in wrong
    assert "2 of 8 cells have a result" in wrong
    assert "the ledger's cells are {}" in wrong
