"""What the committed rows say of one trial: a line of the auditor's books."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from ...base_trial import CONSTRAINT_PREFIX
from ...core import messages as m
from ...trial import OWN_PREFIX, TrialState

LOST = {"driver_lost", "lease_expired", "node_lost", "worker_crash", "timeout", "out_of_memory", "stopped"}


@dataclass(slots=True)
class TrialFacts:
    """What the committed rows say of one trial."""

    state: TrialState
    attempt: int = 0
    live: int = 0  # the live attempt, or 0
    external: bool = False  # another program runs it
    cell: int | None = None
    values: tuple[float, ...] | None = None
    reports: dict[int, tuple[float, ...]] = field(default_factory=dict)
    reported_by: dict[int, int] = field(default_factory=dict)  # step -> attempt
    params: dict[str, float] = field(default_factory=dict)
    attrs: dict[str, str] = field(default_factory=dict)  # JSON texts; constraints under Optuna's keys
    attrs_by: dict[str, int] = field(default_factory=dict)  # key -> attempt
    checkpoints: list[str] = field(default_factory=list)
    known: dict[str, int] = field(default_factory=dict)  # uris ever recorded, with their steps
    failures: Counter[str] = field(default_factory=Counter)
    outcomes: dict[int, str] = field(default_factory=dict)  # attempt -> how it ended
    lost: set[int] = field(default_factory=set)  # attempts that a driver gave up or found gone; membership only
    trained: dict[int, float] = field(default_factory=dict)  # attempt -> seconds, by its own clock
    counted: int = 0  # 1: the last end is one of ``failures``

    @property
    def is_counted(self) -> bool:
        """Whether ``max_trials`` counts it, if it is no child."""
        return (self.attempt > 0 or self.state.is_finished()) and m.FailureKind.INVALID.value not in self.failures

    def put_attr(self, row: m.PutAttr, check: Callable[[bool, str], None]) -> None:
        """Take in an attribute. A constraint's first value stands; what an attempt counts up does not go back."""
        before, by = self.attrs.get(row.key), self.attrs_by.get(row.key)
        if before is not None and row.key.startswith(CONSTRAINT_PREFIX):
            check(before == row.value_json, f"trial {row.number}: {row.key} was {before} and becomes {row.value_json}")
        elif before is not None and not row.key.startswith(OWN_PREFIX) and by == self.attempt:
            grows = json.loads(before) <= json.loads(row.value_json)
            check(grows, f"trial {row.number}: {row.key} goes back from {before} to {row.value_json}")
        self.attrs[row.key], self.attrs_by[row.key] = row.value_json, self.attempt

    def missing(self, progress: m.Progress) -> list[str]:
        """What of an attempt's progress is not stored."""
        found = [f"step {step}" for step, _ in progress.reports if step not in self.reports]
        found += [param.name for param in progress.params if param.name not in self.params]
        # a later one may have replaced it: the objective's values grow
        for key, text in (*progress.user_attrs, *progress.system_attrs):
            if json.loads(self.attrs.get(key, "-1")) < json.loads(text):
                found.append(f"{key} = {text}")
        for key, value in progress.constraints:
            if self.attrs.get(f"{CONSTRAINT_PREFIX}{key}") != json.dumps(value):
                found.append(f"constraint {key} = {value}")
        if progress.checkpoint is not None and progress.checkpoint.uri not in self.known:
            found.append(progress.checkpoint.uri)
        return found

    def put_checkpoint(self, row: m.PutCheckpoint, check: Callable[[bool, str], None]) -> None:
        """Take in a checkpoint."""
        uri = row.checkpoint.uri
        check(uri not in self.known, f"checkpoint {uri} came back after it was dropped")
        self.checkpoints.append(uri)
        self.known[uri] = row.checkpoint.step

    def loses_a_report(self, resumed: int | None) -> bool:
        """Whether an attempt that resumes from this step leaves out a report, of a trial that may well report it.

        It may not if it has saved twice since its last report. A step that it has not saved is its parent's.
        """
        if resumed is None or resumed not in self.known.values():
            return False
        last = max(self.reports, default=-1)
        return resumed > last and sum(step > last for step in self.known.values()) < 2

    def wrong_resume(self, resumed: int | None) -> str:
        """Why an attempt may not resume from this step; "" if it may.

        It goes on from the newest checkpoint of those whose reports are stored, or from a newer one.
        """
        if self.loses_a_report(resumed):
            return "and never reports it"
        last = max(self.reports, default=-1)
        newest = max((step for uri in self.checkpoints if (step := self.known[uri]) <= last), default=-1)
        return f"though step {newest} is saved and reported" if newest > (-1 if resumed is None else resumed) else ""

    def note_trained(self, attempt: int, progress: m.Progress) -> None:
        """An attempt has said for how long it has trained."""
        self.trained[attempt] = max(self.trained.get(attempt, 0.0), progress.trained)

    def has_trained(self, seconds: float) -> bool:
        """Whether this is what all attempts have said together."""
        return abs(seconds - sum(self.trained.values())) < 1e-6

    def may_be_found(self, attempt: int) -> bool:
        """Whether the attempt was given up, and no other has begun: its own end still counts."""
        is_last = self.state is TrialState.WAITING and attempt == self.attempt and not self.live
        return is_last and attempt in self.lost


def put_cell(cells: dict[int, tuple[str, int]], row: m.PutCell, check: Callable[[bool, str], None]) -> None:
    """Take in a grid cell's state: a free one is leased, and a leased one is decided by its holder."""
    state, number = cells.get(row.cell, ("free", -1))
    if row.state == "leased":
        check(state == "free", f"cell {row.cell} is {state} by trial {number} and was given to {row.number}")
    else:
        by_holder = (state, number) == ("leased", row.number)
        check(by_holder, f"cell {row.cell}, {state} by {number}, is {row.state} by {row.number}")
    cells[row.cell] = (row.state, row.number)


__all__ = ["LOST", "TrialFacts", "put_cell"]
