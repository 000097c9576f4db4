"""The invariants. An Auditor sees every commit, every acknowledgement and every deletion, and keeps tables of its own.

It believes nobody: its tables are made from the committed rows alone, by other code than the core's, and what is
acknowledged must be in them already. Checks that cost a whole fold are in ``deep``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from ...core import messages as m
from ...core.ledger import Ledger
from ...core.retries import RetryPolicy
from ...core.state import StudyState
from ...trial import TrialState
from ..virtual.trace import brief
from ..virtual.world import Process, World
from .added import Added
from .compare import differences
from .costs import Costs
from .facts import LOST, TrialFacts, put_cell
from .forest import Forest
from .health import Workers
from .owners import Owners, Results
from .promises import Promises, Saves
from .reach import Reach
from .readings import Readings
from .referee import Referee
from .requests import CONTROL, Requests

_ENDED_BY_FAILURE = {kind.value for kind in m.FailureKind}


class Auditor:
    """Books of one simulated study.

    Args:
        world: where a violation ends the history.
        retries: the policy of all its runs.
        referee: of its pruner.
        is_exact: tells whether a stored report is what the objective computed: (params, step, values).
        workers: lease and trial_timeout of all runs, in seconds.
    """

    def __init__(
        self,
        world: World,
        retries: RetryPolicy,
        referee: Referee,
        is_exact: Callable[[dict[str, float], int, tuple[float, ...]], bool],
        workers: tuple[float, float | None] = (math.inf, None),
    ) -> None:
        self.world, self.retries, self.is_exact = world, retries, is_exact
        self.trials: dict[int, TrialFacts] = {}
        self.cells: dict[int, tuple[str, int]] = {}
        self.requests: dict[str, int] = {}
        self.referee, self.forest = referee, Forest(self.check)
        self.workers = Workers(*workers, self.check)
        self.owners, self.results, self.saves = Owners(self.check), Results(self.check), Saves(self.check)
        self.epoch, self.commits, self.owner, self._decided_at = 0, 0, "", 0.0
        self.started, self.max_started = 0, math.inf  # configurations begun in this run, and how many it may
        self.refunds, self.run, self.stopped = 0, "", False
        self.control, self.reach, self.costs = Requests(self.check), Reach(self.check), Costs(self.check)
        self.added, self.readings = Added(self.check, self.trials), Readings(self.check)
        self.answers: dict[Any, Any] = {}
        self.slots: set[tuple[str, str]] = set()  # (run, slot) that ran an attempt; membership only
        self.raised: set[tuple[int, int]] = set()  # attempts whose objective did fail by itself; membership only
        self._promises = Promises(self.check)
        self._history: list[tuple[Sequence[m.Event], Sequence[m.Row], bool]] = []

    def check(self, holds: bool, what: str) -> None:
        """An invariant."""
        if not holds:
            self.world.violate(what)

    # --- the database ------------------------------------------------------------------------------------------------

    def acquired(self, epoch: int, run: str, process: Process) -> None:
        """A driver took the study."""
        self.check(epoch > self.epoch, f"epoch {epoch} of {run} is not above {self.epoch}")
        self.owners.acquired(epoch, run, process)
        self.epoch, self.owner = epoch, process.name

    def committed(
        self, epoch: int, events: Sequence[m.Event], rows: Sequence[m.Row], *, flush: bool, decided_at: float
    ) -> None:
        """A transaction is in the database."""
        self.commits, self._decided_at = self.commits + 1, decided_at
        self.check(epoch == self.epoch, f"a driver of epoch {epoch} wrote while {self.epoch} owns the study")
        if self.world.lines is not None:
            for event in events:
                self.world.note("log", self.owner, brief(event))
        self._history.append((events, rows, flush))
        self._promises.committed(events, rows, flush=flush)
        self.workers.listen(events, self.world.now)
        self._take(events, rows)

    def power_was_cut(self) -> None:
        """Everything after the last commit that waited for the disk is gone; nothing acknowledged may be among it."""
        while self._history and not self._history[-1][2]:
            self._history.pop()
        history = self._history
        self.trials, self.cells, self.requests = {}, {}, {}
        self.control, self.reach, self.costs = Requests(self.check), Reach(self.check), Costs(self.check)
        self.added, self.readings = Added(self.check, self.trials), self.readings.fresh()
        self.referee, self.forest = self.referee.fresh(), Forest(self.check)
        self.answers, self.slots, self._history = {}, set(), history
        for events, rows, _ in history:
            self._take(events, rows)
        self.readings.power_was_cut()
        self._promises.power_was_cut(self.trials, self.requests)

    def _take(self, events: Sequence[m.Event], rows: Sequence[m.Row]) -> None:
        self.control.begins(events, rows, {number: facts.live for number, facts in self.trials.items() if facts.live})
        for event in events:
            if isinstance(event, (m.AttemptBegan, m.Reported, m.ParamSet, m.AttemptEnded)):
                facts = self.trials.get(event.number)  # None: it was made in this very commit
                ghost = facts is not None and event.attempt < (facts.live or facts.attempt + 1)
                if ghost and facts is not None and isinstance(event, m.AttemptEnded):
                    ghost = not facts.may_be_found(event.attempt)
                self.check(not ghost, f"{type(event).__name__}, attempt {event.attempt} of {event.number}: a ghost")
            elif isinstance(event, m.AttemptLost) and event.number in self.trials:
                self.trials[event.number].lost.add(event.attempt)
            elif isinstance(event, m.StopRequested):
                self.stopped = True
                self.owners.stops(self.run, event.reason, self.world.now)
            elif isinstance(event, m.RunStarted):
                self.run, self.stopped, self.refunds = event.run, False, 0
                self.owners.begins(event.machine)
                bounds = (event.n_trials, self._left(event.max_trials))
                self.started, self.max_started = 0, min((b for b in bounds if b is not None), default=math.inf)
            elif isinstance(event, m.RunExtended):
                self.max_started += event.n_trials or 0
            elif isinstance(event, m.TrialAdded) and event.imported:
                self.added.imported(event, self.referee)
        self.referee.hear(events)
        for row in rows:
            if take := _TAKE.get(type(row)):  # adopted trials are compared by the fold alone
                take(self, row)
            self.forest.take(row, self.trials)
        for event in events:
            if isinstance(event, (m.Reported, m.AttemptEnded)):
                self._facts(event.number).note_trained(event.attempt, event.progress)
            elif isinstance(event, (m.TrialEnqueued, m.TrialAdded, *CONTROL)) and event.key:
                self.check(event.key not in self.requests, f"request {event.key} was carried out twice")
                self.requests[event.key] = len(self.requests)
        self.added.take(events, rows)
        self.readings.take(rows)
        self.reach.take(events, rows, self.trials)
        self.costs.take(events, rows)
        self.referee.settle()
        self.forest.settle(self.trials, self.referee)

    def _left(self, max_trials: int | None) -> int | None:
        if max_trials is None:
            return None
        trials = [facts for number, facts in self.trials.items() if number not in self.forest.parents]
        return max(0, max_trials - sum(facts.is_counted for facts in trials))

    def _facts(self, number: int) -> TrialFacts:
        self.check(number in self.trials, f"a row of trial {number}, which was never made")
        return self.trials[number]

    def _new_trial(self, row: m.NewTrial) -> None:
        self.check(row.number not in self.trials, f"trial {row.number} was made twice")
        self.trials[row.number] = TrialFacts(state=row.state, attempt=0, cell=row.cell, external=row.external)
        if row.state.is_finished():
            self.referee.gone(row.number, row.state)

    def _set_state(self, row: m.SetState) -> None:
        facts = self._facts(row.number)
        before = facts.state
        self.check(not before.is_finished(), f"trial {row.number} was {before.name} and became {row.state.name}")
        is_same = row.attempt == facts.attempt or row.state is TrialState.RUNNING
        self.check(is_same, f"trial {row.number}: attempt jumps")
        facts.state = row.state
        if row.state is TrialState.PAUSED:
            self.saves.paused(row.number, facts.attempt, max(facts.reports, default=-1), facts.known.values())
        if row.state is TrialState.FAIL and row.number not in self.control.stopped:
            disk = facts.outcomes.get(facts.attempt) == m.FailureKind.CHECKPOINT_DISK.value
            self.check(not disk, f"trial {row.number} is FAIL because the checkpoints' disk failed")
        if row.state.is_finished():
            self.check(facts.live == 0, f"trial {row.number} is {row.state.name} while attempt {facts.live} is live")
            self.referee.gone(row.number, row.state)

    def _new_attempt(self, row: m.NewAttempt) -> None:
        facts = self._facts(row.number)
        self.check(facts.live == 0, f"trial {row.number}: attempt {row.attempt} while attempt {facts.live} is live")
        self.check(row.attempt == facts.attempt + 1, f"trial {row.number}: attempt {row.attempt} after {facts.attempt}")
        self.control.attempt_begins(row, 1 + sum(facts.live > 0 for facts in self.trials.values()))
        self.check((self.run, row.slot) not in self.slots, f"slot {row.slot} is given a second attempt")
        self.slots.add((self.run, row.slot))
        wrong = facts.wrong_resume(row.resumed_step)
        self.check(not wrong, f"trial {row.number} resumes from step {row.resumed_step}, {wrong}")
        facts.attempt = facts.live = row.attempt
        facts.state = TrialState.RUNNING
        self.referee.begins(row.number)
        if row.attempt == 1 and row.number not in self.forest.parents:
            self.started += 1
            self.check(self.started <= self.max_started + self.refunds, f"{self.started} trials started in this run")

    def _end_attempt(self, row: m.EndAttempt) -> None:
        facts = self._facts(row.number)
        if not facts.live and facts.may_be_found(row.attempt):  # given up, and its own end has come after all
            facts.failures[facts.outcomes[row.attempt]] -= facts.counted
            facts.live = row.attempt
            facts.lost.discard(row.attempt)
        self.check(facts.live == row.attempt, f"trial {row.number}: attempt {row.attempt} ended, {facts.live} is live")
        facts.live, facts.counted = 0, 0
        facts.outcomes[row.attempt] = row.outcome
        if row.outcome in LOST:
            self.workers.gives_up(row.number, row.attempt, row.outcome, self.world.now)
            self.results.given_up(row.number, row.attempt, row.outcome, self.run, self._decided_at)
        if row.outcome in _ENDED_BY_FAILURE:
            kind = m.FailureKind(row.outcome)
            uncounted = (m.FailureKind.DRIVER_LOST, m.FailureKind.STOPPED, m.FailureKind.CHECKPOINT_CORRUPT)
            is_counted = kind not in uncounted and not self.control.excuse(row.number, row.attempt)
            if is_counted or kind is m.FailureKind.INVALID:
                facts.failures[row.outcome] += 1
                facts.counted = 1
            if kind is m.FailureKind.INVALID and row.number not in self.forest.parents:
                self.refunds += 1
            if is_counted:
                n = facts.failures[row.outcome]
                self.check(n == 1 or self.retries.allows(kind, n - 2), f"trial {row.number}: {n} end by {row.outcome}")
            if kind is m.FailureKind.EXCEPTION:
                by_itself = (row.number, row.attempt) in self.raised
                self.check(by_itself, f"trial {row.number} is blamed for what its objective did not do: {row.message}")

    def _put_report(self, row: m.PutReport) -> None:
        facts = self._facts(row.number)
        self.check(row.step not in facts.reports, f"trial {row.number}: step {row.step} was stored twice")
        exact = facts.external or self.is_exact(facts.params, row.step, row.values)  # see Added
        self.check(exact, f"trial {row.number}: {row.values} stored at step {row.step} is another trial's")
        facts.reports[row.step] = row.values
        facts.reported_by[row.step] = facts.attempt
        self.referee.reported(row.number, row.step, row.values)

    def _put_param(self, row: m.PutParam) -> None:
        facts = self._facts(row.number)
        self.check(row.param.name not in facts.params, f"trial {row.number}: {row.param.name} was stored twice")
        facts.params[row.param.name] = row.param.value

    def _put_attr(self, row: m.PutAttr) -> None:
        self._facts(row.number).put_attr(row, self.check)
        self.referee.attribute(row)

    def _put_values(self, row: m.PutValues) -> None:
        facts = self._facts(row.number)
        self.check(facts.values is None, f"trial {row.number} has two results")
        facts.values = row.values
        self.referee.valued(row.number, row.values)

    def _drop_checkpoint(self, row: m.DropCheckpoint) -> None:
        facts = self._facts(row.number)
        self.check(row.uri in facts.checkpoints, f"checkpoint {row.uri} was dropped and is not kept")
        facts.checkpoints.remove(row.uri)

    # --- acknowledgements --------------------------------------------------------------------------------------------

    def answered(self, run: str, event: m.Event, answer: Any) -> None:
        """A driver of ``run`` let an answer out: what it acknowledges must be stored."""
        if isinstance(event, m.Claimed):
            if answer is not None:
                self._claim_answered((run, event.slot), answer)
        elif isinstance(event, m.Reported):
            self._check_reported(event.number, event.progress, "a report")
            if event.progress.reports:
                last = event.progress.reports[-1][0]
                # a step that an earlier attempt reported was decided then; this attempt hears what stands now
                if self._facts(event.number).reported_by.get(last) == event.attempt:
                    self._same(("report", event.number, event.attempt, last), answer)
                if event.number not in self.control.stopped:  # else the user has overruled the pruner
                    self.referee.answered(event.number, event.attempt, last, answer)
        elif isinstance(event, m.ParamAsked):
            self._same(("param", event.number, event.name), answer.value)
            stored = self._facts(event.number).params.get(event.name)
            self.check(stored == answer.value, f"trial {event.number}: {event.name} = {answer.value} was not stored")
        elif isinstance(event, m.AttemptEnded):
            facts = self._facts(event.number)
            if facts.outcomes.get(event.attempt) not in LOST:  # else the end came too late, and was not taken in
                self._check_reported(event.number, event.progress, "an end")
            self.check(facts.live != event.attempt, f"trial {event.number}: an end was acknowledged and not stored")
            dropped = facts.may_be_found(event.attempt)
            self.check(not dropped, f"trial {event.number}: the end of attempt {event.attempt} was dropped as too late")
            self._promises.keep(("end", event.number, event.attempt))
        elif isinstance(event, (m.TrialEnqueued, m.TrialAdded, *CONTROL)) and event.key:
            self._same(("request", event.key), answer)
            self.check(event.key in self.requests, f"request {event.key} was acknowledged and not stored")
            self._promises.keep(("request", -1, event.key))

    def acknowledged(self, number: int, progress: m.Progress) -> None:
        """A worker takes its delivery for stored."""
        self._check_reported(number, progress, "a worker's delivery")

    def _claim_answered(self, slot: tuple[str, str], answer: m.Assignment) -> None:
        facts = self._facts(answer.number)
        self.check(facts.attempt >= answer.attempt, f"attempt {answer.attempt} of {answer.number} was not stored")
        self._same(("claim", *slot), (answer.number, answer.attempt))
        first = self.answers.setdefault(("attempt", answer.number, answer.attempt), slot)
        self.check(first == slot, f"attempt {answer.attempt} of trial {answer.number}: given to {first} and {slot}")

    def _check_reported(self, number: int, progress: m.Progress, what: str) -> None:
        # a power cut may have taken back the claim of an attempt that had nothing to store yet
        missing = self.trials.get(number, _UNKNOWN).missing(progress)
        self.check(not missing, f"trial {number}: {what} was acknowledged, {', '.join(missing)} is not stored")
        for step, _ in progress.reports:
            self._promises.keep(("step", number, step))
        if progress.checkpoint is not None:
            self._promises.keep(("uri", number, progress.checkpoint.uri))

    def _same(self, question: Any, answer: Any) -> None:
        before = self.answers.setdefault(question, answer)
        self.check(before == answer, f"{question} was answered {before} and then {answer}")

    # --- checkpoints -------------------------------------------------------------------------------------------------

    def deleted(self, uri: str) -> None:
        """A checkpoint's files are gone."""
        for number, facts in self.trials.items():
            self.check(uri not in facts.checkpoints, f"checkpoint {uri} of trial {number} is deleted, but is kept")

    def damage_found(self, uri: str, process: Process, *, is_there: bool) -> None:
        """An attempt cannot load the checkpoint that it was given: it must be there as long as the attempt is live."""
        if not is_there:
            owner = int(uri[6:11])
            readers = (owner, *self.forest.readers(uri))
            live = [number for number in readers if self.workers.is_at(process, number, self.trials[number].live)]
            kept = uri in self.trials[owner].checkpoints
            self.check(not kept and not live, f"checkpoint {uri} is missing, and trials {live} are to load it")

    # --- now and then ------------------------------------------------------------------------------------------------

    def deep(self, state: StudyState, folded: StudyState | None, published: Callable[[str], bool]) -> None:
        """Compare the live state with the folded log, and with the rows; every checkpoint kept is on the disk."""
        different = [] if folded is None else differences(state, folded)
        self.check(not different, f"fold(log) differs from the live state: {different!r:.400}")
        self.check(len(state.trials) == len(self.trials), "trials in the state and in the rows differ in number")
        for number, trial in state.trials.items():
            facts = self._facts(number)
            now = (trial.state, trial.attempt, trial.attempt if trial.slot else 0, trial.values)
            rows = (facts.state, facts.attempt, facts.live, facts.values)
            self.check(now == rows, f"trial {number}: the rows say {rows}, the state {now}")
            self.check(facts.has_trained(trial.trained), f"trial {number} has not trained {trial.trained} s")
            self.check(repr(trial.reports) == repr(facts.reports), f"trial {number}: reports of rows and state differ")
            self.check(list(trial.params) == list(facts.params), f"trial {number}: parameters of rows and state differ")
            kept = [ref.uri for ref in (*trial.checkpoints, *trial.lent)]
            is_same = sorted(kept) == sorted(facts.checkpoints)
            self.check(is_same, f"trial {number}: checkpoints of rows and state differ")
            for uri in kept:
                self.check(published(uri), f"checkpoint {uri} of {trial.state.name} trial {number} is not on the disk")
        if isinstance(state.ledger, Ledger):
            cells = {cell: (entry.state.value, entry.number) for cell, entry in state.ledger.cells.items()}
            self.check(cells == self.cells, "cells of rows and state differ")
            counts = state.ledger.counts()
            self.check(sum(counts.values()) == state.ledger.grid.size, f"cells do not add up: {counts}")
        self.referee.compare(state)

    def final(self, state: StudyState, *, everything_ran: bool) -> None:
        """At the end of a run that nobody stopped."""
        for number, facts in self.trials.items():
            left = facts.state in (TrialState.RUNNING, TrialState.PAUSED)
            begun = facts.attempt > 0 or number in self.forest.parents or everything_ran
            left = left or (facts.state is TrialState.WAITING and begun)
            self.check(not left or facts.external, f"the run is over and trial {number} is {facts.state.name}")
        if isinstance(state.ledger, Ledger) and everything_ran:
            counts = state.ledger.counts()
            self.check(not counts["free"] and not counts["leased"], f"the grid is over, and its cells are {counts}")
            for cell, (kind, number) in self.cells.items():
                if kind == "done":
                    found = self._facts(number).state
                    self.check(found in (TrialState.COMPLETE, TrialState.PRUNED), f"cell {cell} has no result")


_UNKNOWN = TrialFacts(state=TrialState.WAITING)  # nothing is stored of it

_TAKE: dict[type[m.Row], Callable[[Auditor, Any], None]] = {
    m.NewTrial: Auditor._new_trial,
    m.SetState: Auditor._set_state,
    m.NewAttempt: Auditor._new_attempt,
    m.BeginAttempt: lambda auditor, row: auditor.control.placed(row),
    m.EndAttempt: Auditor._end_attempt,
    m.PutReport: Auditor._put_report,
    m.PutParam: Auditor._put_param,
    m.PutValues: Auditor._put_values,
    m.PutAttr: Auditor._put_attr,
    m.PutCheckpoint: lambda auditor, row: auditor._facts(row.number).put_checkpoint(row, auditor.check),
    m.DropCheckpoint: Auditor._drop_checkpoint,
    m.PutCell: lambda auditor, row: put_cell(auditor.cells, row, auditor.check),
    m.PutRung: lambda auditor, row: auditor.referee.put(row),
    m.PromoteRung: lambda auditor, row: auditor.referee.promote(row),
}

__all__ = ["Auditor"]
