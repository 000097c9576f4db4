"""The invariants. An Auditor sees every commit, every acknowledgement and every deletion, and keeps books of its own.

It believes nobody: its tables are made from the committed rows alone, by other code than the core's, and what is
acknowledged must be in them already. Checks that cost a whole fold are in ``deep``.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...core import messages as m
from ...core.ledger import Ledger
from ...core.retries import RetryPolicy
from ...core.state import StudyState
from ...pruners import ASHAPruner, NopPruner
from ...trial import TrialState
from .compare import differences
from .health import Workers
from .ladder import Ladder
from .requests import CONTROL, Requests
from .trace import brief
from .world import World

_ENDED_BY_FAILURE = {kind.value for kind in m.FailureKind}
_LOST = {"driver_lost", "lease_expired", "node_lost", "worker_crash", "timeout", "out_of_memory", "stopped"}


@dataclass(slots=True)
class TrialBook:
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
    checkpoints: list[str] = field(default_factory=list)
    known: set[str] = field(default_factory=set)  # uris ever recorded; membership only
    failures: Counter[str] = field(default_factory=Counter)
    outcomes: dict[int, str] = field(default_factory=dict)  # attempt -> how it ended


class Auditor:
    """Books of one simulated study.

    Args:
        world: where a violation ends the history.
        retries: the policy of all its runs.
        pruner: of all its runs.
        is_exact: tells whether a stored report is what the objective computed: (params, step, values).
        workers: lease and trial_timeout of all runs, in seconds.
    """

    def __init__(
        self,
        world: World,
        retries: RetryPolicy,
        pruner: ASHAPruner | NopPruner,
        is_exact: Callable[[dict[str, float], int, tuple[float, ...]], bool],
        workers: tuple[float, float | None] = (math.inf, None),
    ) -> None:
        self.world, self.retries, self.is_exact = world, retries, is_exact
        self.trials: dict[int, TrialBook] = {}
        self.cells: dict[int, tuple[str, int]] = {}
        self.requests: dict[str, int] = {}
        self.ladder = Ladder(pruner, world.violate)
        self.workers = Workers(*workers, self.check)
        self.epoch, self.commits, self.owner = 0, 0, ""
        self.started, self.max_started = 0, math.inf  # configurations begun in this run, and how many it may
        self.refunds = 0
        self.run, self.stopped = "", False
        self.control = Requests(self.check)
        self.answers: dict[Any, Any] = {}
        self.raised: set[tuple[int, int]] = set()  # attempts whose objective did fail by itself; membership only
        self.unflushed = False
        self._history: list[tuple[Sequence[m.Event], Sequence[m.Row], bool]] = []

    def fail(self, what: str) -> None:
        """A violation."""
        self.world.violate(what)

    def check(self, holds: bool, what: str) -> None:
        """An invariant."""
        if not holds:
            self.world.violate(what)

    # --- the database ------------------------------------------------------------------------------------------------

    def acquired(self, epoch: int, run: str, process: str) -> None:
        """A driver took the study."""
        self.check(epoch > self.epoch, f"epoch {epoch} of {run} is not above {self.epoch}")
        self.epoch, self.owner = epoch, process

    def committed(self, epoch: int, events: Sequence[m.Event], rows: Sequence[m.Row], *, flush: bool) -> None:
        """A transaction is in the database."""
        self.commits += 1
        self.check(epoch == self.epoch, f"a driver of epoch {epoch} wrote while {self.epoch} owns the study")
        if self.world.lines is not None:
            for event in events:
                self.world.note("log", self.owner, brief(event))
        self._history.append((events, rows, flush))
        self._take(events, rows)

    def power_was_cut(self) -> None:
        """Everything after the last commit that waited for the disk is gone; so nothing acknowledged may hang on it."""
        while self._history and not self._history[-1][2]:
            self._history.pop()
        history, self._history = self._history, []
        self.trials, self.cells, self.requests = {}, {}, {}
        self.control = Requests(self.check)
        self.ladder = self.ladder.fresh()
        self.answers.clear()
        for events, rows, flush in history:
            self._history.append((events, rows, flush))
            self._take(events, rows)

    def _take(self, events: Sequence[m.Event], rows: Sequence[m.Row]) -> None:
        self.control.begins(events, rows, {number: book.live for number, book in self.trials.items() if book.live})
        for event in events:
            if isinstance(event, (m.Reported, m.ParamSet, m.AttemptEnded)):
                book = self.trials.get(event.number)  # None: it was made in this very commit
                ghost = book is not None and event.attempt < (book.live or book.attempt + 1)
                kind = type(event).__name__
                self.check(not ghost, f"{kind} of attempt {event.attempt} of trial {event.number}: a ghost")
            elif isinstance(event, m.StopRequested):
                self.stopped = True
            elif isinstance(event, m.RunStarted):
                self.run, self.stopped, self.refunds = event.run, False, 0
                bounds = (event.n_trials, self._left(event.max_trials))
                self.started, self.max_started = 0, min((b for b in bounds if b is not None), default=math.inf)
            elif isinstance(event, m.RunExtended):
                self.max_started += event.n_trials or 0
            elif isinstance(event, m.TrialAdded) and event.imported:
                self._imported(event)
        for row in rows:
            _TAKE.get(type(row), _ignore)(self, row)
        for event in events:
            if isinstance(event, (m.TrialEnqueued, m.TrialAdded, *CONTROL)) and event.key:
                self.check(event.key not in self.requests, f"request {event.key} was carried out twice")
                self.requests[event.key] = len(self.requests)
        self.ladder.settle()

    def _imported(self, event: m.TrialAdded) -> None:
        """A trial of another program: its rows are there already, but for ours."""
        assert event.number is not None
        book, state = self.trials.get(event.number), TrialState(event.state)
        self.check(book is None or book.external, f"trial {event.number} was ours and is imported")
        params = {param.name: param.value for param in event.params}
        external = state is TrialState.RUNNING
        self.trials[event.number] = TrialBook(state=state, external=external, values=event.values, params=params)
        if state.is_finished():
            self.ladder.gone(event.number)

    def _left(self, max_trials: int | None) -> int | None:
        if max_trials is None:
            return None
        counted = [book for book in self.trials.values() if m.FailureKind.INVALID.value not in book.failures]
        return max(0, max_trials - sum(book.attempt > 0 or book.state.is_finished() for book in counted))

    def _book(self, number: int) -> TrialBook:
        self.check(number in self.trials, f"a row of trial {number}, which was never made")
        return self.trials[number]

    def _new_trial(self, row: m.NewTrial) -> None:
        self.check(row.number not in self.trials, f"trial {row.number} was made twice")
        self.trials[row.number] = TrialBook(state=row.state, attempt=0, cell=row.cell)
        if row.state.is_finished():
            self.ladder.gone(row.number)

    def _set_state(self, row: m.SetState) -> None:
        book = self._book(row.number)
        before = book.state
        self.check(not before.is_finished(), f"trial {row.number} was {before.name} and became {row.state.name}")
        self.check(row.attempt == book.attempt or row.state is TrialState.RUNNING, f"trial {row.number}: attempt jumps")
        book.state = row.state
        if row.state.is_finished():
            self.check(book.live == 0, f"trial {row.number} is {row.state.name} while attempt {book.live} is live")
            self.ladder.gone(row.number)

    def _new_attempt(self, row: m.NewAttempt) -> None:
        book = self._book(row.number)
        self.check(book.live == 0, f"trial {row.number}: attempt {row.attempt} while attempt {book.live} is live")
        self.check(row.attempt == book.attempt + 1, f"trial {row.number}: attempt {row.attempt} after {book.attempt}")
        self.control.attempt_begins(row.number, 1 + sum(book.live > 0 for book in self.trials.values()))
        book.attempt = book.live = row.attempt
        book.state = TrialState.RUNNING
        self.ladder.begins(row.number)
        if row.attempt == 1:
            self.started += 1
            self.check(self.started <= self.max_started + self.refunds, f"{self.started} trials started in this run")

    def _end_attempt(self, row: m.EndAttempt) -> None:
        book = self._book(row.number)
        self.check(book.live == row.attempt, f"trial {row.number}: attempt {row.attempt} ended, {book.live} is live")
        book.live = 0
        book.outcomes[row.attempt] = row.outcome
        if row.outcome in _LOST:
            self.workers.gives_up(row.number, row.attempt, row.outcome, self.world.now)
        if row.outcome in _ENDED_BY_FAILURE:
            kind = m.FailureKind(row.outcome)
            uncounted = (m.FailureKind.DRIVER_LOST, m.FailureKind.STOPPED, m.FailureKind.CHECKPOINT_CORRUPT)
            is_counted = kind not in uncounted and not self.control.excuse(row.number, row.attempt)
            if is_counted or kind is m.FailureKind.INVALID:
                book.failures[row.outcome] += 1
            if kind is m.FailureKind.INVALID:
                self.refunds += 1
            if is_counted:
                allowed = self.retries.allows(kind, book.failures[row.outcome] - 2) or book.failures[row.outcome] == 1
                self.check(allowed, f"trial {row.number}: {book.failures[row.outcome]} attempts ended by {row.outcome}")
            if kind is m.FailureKind.EXCEPTION:
                by_itself = (row.number, row.attempt) in self.raised
                self.check(by_itself, f"trial {row.number} is blamed for what its objective did not do: {row.message}")

    def _put_report(self, row: m.PutReport) -> None:
        book = self._book(row.number)
        self.check(row.step not in book.reports, f"trial {row.number}: step {row.step} was stored twice")
        exact = self.is_exact(book.params, row.step, row.values)
        self.check(exact, f"trial {row.number}: {row.values} stored at step {row.step} is another trial's")
        book.reports[row.step] = row.values
        book.reported_by[row.step] = book.attempt

    def _put_param(self, row: m.PutParam) -> None:
        book = self._book(row.number)
        self.check(row.param.name not in book.params, f"trial {row.number}: {row.param.name} was stored twice")
        book.params[row.param.name] = row.param.value

    def _put_values(self, row: m.PutValues) -> None:
        book = self._book(row.number)
        self.check(book.values is None, f"trial {row.number} has two results")
        book.values = row.values

    def _put_checkpoint(self, row: m.PutCheckpoint) -> None:
        book = self._book(row.number)
        uri = row.checkpoint.uri
        self.check(uri not in book.known, f"checkpoint {uri} came back after it was dropped")
        book.checkpoints.append(uri)
        book.known.add(uri)

    def _drop_checkpoint(self, row: m.DropCheckpoint) -> None:
        book = self._book(row.number)
        self.check(row.uri in book.checkpoints, f"checkpoint {row.uri} was dropped and is not kept")
        book.checkpoints.remove(row.uri)

    def _put_cell(self, row: m.PutCell) -> None:
        state, number = self.cells.get(row.cell, ("free", -1))
        if row.state == "leased":
            self.check(state == "free", f"cell {row.cell} is {state} by trial {number} and was given to {row.number}")
        else:
            by_holder = (state, number) == ("leased", row.number)
            self.check(by_holder, f"cell {row.cell}, {state} by {number}, is {row.state} by {row.number}")
        self.cells[row.cell] = (row.state, row.number)

    # --- acknowledgements --------------------------------------------------------------------------------------------

    def answered(self, run: str, event: m.Event, answer: Any) -> None:
        """A driver of ``run`` let an answer out: what it acknowledges must be stored."""
        if isinstance(event, m.Claimed):
            if answer is not None:
                self._claim_answered((run, event.slot), answer)
        elif isinstance(event, m.Reported):
            self._told(event.number, event.progress, "a report")
            if event.progress.reports:
                last = event.progress.reports[-1][0]
                # a step that an earlier attempt reported was decided then; this attempt hears what stands now
                if self._book(event.number).reported_by.get(last) == event.attempt:
                    self._same(("report", event.number, event.attempt, last), answer)
                if event.number not in self.control.stopped:  # else the user has overruled the pruner
                    self.ladder.answered(event.number, event.attempt, last, answer)
        elif isinstance(event, m.ParamAsked):
            self._same(("param", event.number, event.name), answer.value)
            stored = self._book(event.number).params.get(event.name)
            self.check(stored == answer.value, f"trial {event.number}: {event.name} = {answer.value} was not stored")
        elif isinstance(event, m.AttemptEnded):
            book = self._book(event.number)
            if book.outcomes.get(event.attempt) not in _LOST:  # else the end came too late, and was not taken in
                self._told(event.number, event.progress, "an end")
            self.check(book.live != event.attempt, f"trial {event.number}: an end was acknowledged and not stored")
        elif isinstance(event, (m.TrialEnqueued, m.TrialAdded, *CONTROL)) and event.key:
            self._same(("request", event.key), answer)
            self.check(event.key in self.requests, f"request {event.key} was acknowledged and not stored")

    def acknowledged(self, number: int, progress: m.Progress) -> None:
        """A worker takes its delivery for stored."""
        self._told(number, progress, "a worker's delivery")

    def _claim_answered(self, slot: tuple[str, str], answer: m.Assignment) -> None:
        book = self._book(answer.number)
        self.check(book.attempt >= answer.attempt, f"attempt {answer.attempt} of {answer.number} was not stored")
        self._same(("claim", *slot), (answer.number, answer.attempt))
        first = self.answers.setdefault(("attempt", answer.number, answer.attempt), slot)
        self.check(first == slot, f"attempt {answer.attempt} of trial {answer.number}: given to {first} and {slot}")

    def _told(self, number: int, progress: m.Progress, what: str) -> None:
        book = self._book(number)
        for step, _ in progress.reports:
            self.check(step in book.reports, f"trial {number}: {what} was acknowledged, step {step} is not stored")
        for param in progress.params:
            self.check(param.name in book.params, f"trial {number}: {what} acknowledged, {param.name} is not stored")
        if progress.checkpoint is not None:
            known = progress.checkpoint.uri in book.known
            self.check(known, f"trial {number}: {what} acknowledged, {progress.checkpoint.uri} is not stored")

    def _same(self, question: Any, answer: Any) -> None:
        before = self.answers.setdefault(question, answer)
        self.check(before == answer, f"{question} was answered {before} and then {answer}")

    # --- checkpoints -------------------------------------------------------------------------------------------------

    def deleted(self, uri: str) -> None:
        """A checkpoint's files are gone."""
        for number, book in self.trials.items():
            self.check(uri not in book.checkpoints, f"checkpoint {uri} of trial {number} is deleted, but is kept")

    def damage_found(self, uri: str, *, is_there: bool) -> None:
        """An attempt cannot load what it was told to resume from."""
        if not is_there:
            number, attempt = int(uri[6:11]), self.trials[int(uri[6:11])].live
            kept = uri in self.trials[number].checkpoints
            self.check(not kept, f"checkpoint {uri} is missing, and attempt {attempt} of trial {number} is to load it")

    # --- now and then ------------------------------------------------------------------------------------------------

    def deep(self, state: StudyState, folded: StudyState | None, published: Callable[[str], bool]) -> None:
        """Compare the live state with the folded log, and with the rows; every checkpoint kept is on the disk."""
        different = [] if folded is None else differences(state, folded)
        self.check(not different, f"fold(log) differs from the live state: {different!r:.400}")
        self.check(len(state.trials) == len(self.trials), "trials in the state and in the rows differ in number")
        for number, trial in state.trials.items():
            book = self._book(number)
            now = (trial.state, trial.attempt, trial.attempt if trial.slot else 0, trial.values)
            rows = (book.state, book.attempt, book.live, book.values)
            self.check(now == rows, f"trial {number}: the rows say {rows}, the state {now}")
            self.check(repr(trial.reports) == repr(book.reports), f"trial {number}: reports of rows and state differ")
            self.check(list(trial.params) == list(book.params), f"trial {number}: parameters of rows and state differ")
            kept = [ref.uri for ref in trial.checkpoints]
            self.check(kept == book.checkpoints, f"trial {number}: checkpoints of rows and state differ")
            for uri in kept:
                self.check(published(uri), f"checkpoint {uri} of {trial.state.name} trial {number} is not on the disk")
        if isinstance(state.ledger, Ledger):
            cells = {cell: (entry.state.value, entry.number) for cell, entry in state.ledger.cells.items()}
            self.check(cells == self.cells, "cells of rows and state differ")
            counts = state.ledger.counts()
            self.check(sum(counts.values()) == state.ledger.grid.size, f"cells do not add up: {counts}")
        self.ladder.compare(state)

    def final(self, state: StudyState, *, everything_ran: bool) -> None:
        """At the end of a run that nobody stopped."""
        for number, book in self.trials.items():
            left = book.state in (TrialState.RUNNING, TrialState.PAUSED)
            left = left or (book.state is TrialState.WAITING and (book.attempt > 0 or everything_ran))
            self.check(not left or book.external, f"the run is over and trial {number} is {book.state.name}")
        if isinstance(state.ledger, Ledger) and everything_ran:
            counts = state.ledger.counts()
            self.check(not counts["free"] and not counts["leased"], f"the grid is over, and its cells are {counts}")
            for cell, (kind, number) in self.cells.items():
                if kind == "done":
                    found = self._book(number).state
                    self.check(found in (TrialState.COMPLETE, TrialState.PRUNED), f"cell {cell} has no result")


_TAKE: dict[type[m.Row], Callable[[Auditor, Any], None]] = {
    m.NewTrial: Auditor._new_trial,
    m.SetState: Auditor._set_state,
    m.NewAttempt: Auditor._new_attempt,
    m.EndAttempt: Auditor._end_attempt,
    m.PutReport: Auditor._put_report,
    m.PutParam: Auditor._put_param,
    m.PutValues: Auditor._put_values,
    m.PutCheckpoint: Auditor._put_checkpoint,
    m.DropCheckpoint: Auditor._drop_checkpoint,
    m.PutCell: Auditor._put_cell,
    m.PutRung: lambda auditor, row: auditor.ladder.put(row),
    m.PromoteRung: lambda auditor, row: auditor.ladder.promote(row),
}


def _ignore(_: Auditor, __: m.Row) -> None:
    """Attributes and adopted trials are compared by the fold alone."""


__all__ = ["Auditor"]
