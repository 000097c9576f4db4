"""Decide, persist, perform: in this order, in this one place.

A Session owns a study for one process: it took the study's epoch in the database, folded the event log into a
StudyState, and from then on is the only writer. ``process`` takes a batch of events, lets the core decide each, commits
all of them in one transaction, and only then answers. Plans, ticks, timeouts and ends are computed here too, so nobody
else reads the state. Runs the same under the Ray driver, in-process and in tests. Not thread-safe: one thread calls it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from ..checkpoints.layout import study_directory
from ..checkpoints.store import CheckpointStore, open_store
from ..core import messages as m
from ..core.state import StudyState
from ..exceptions import RaytuneLiteError
from ..metrics.meter import Meter, Reading
from ..pruners import check_pruner
from ..storages.records import StudyRecord
from ..storages.repository import Repository
from ..storages.store import Store
from ..trial import FrozenTrial
from . import leftovers, planning, takeover
from .algorithms import Algorithms, no_collector
from .batch import Batch, Commits, Later, Request, as_it_came
from .config import OWNER_LEASE, RunConfig
from .finished import Page, Pages
from .handover import Handover, Plan
from .history import EVERY, History
from .host import Host, RealHost
from .ports import Notice
from .slots import Slots
from .standing import Standings
from .study_time import StudyTime
from .suggest import SuggestRequest, ends_the_run, timed
from .worker_settings import WorkerSettings

# Handing out work is committed like all else, but need not wait for the disk: any process may die and it stands; a
# power cut that takes it back has ended the attempts too, and the same numbers and parameters are handed out again.
_REPEATABLE = (m.Claimed, m.AttemptBegan, m.Suggested, m.ParamSet)


class Session:
    """The one writer of a study.

    Args:
        config: the run.
        host: clocks.
        repository: None: the database at ``config.storage``.
        checkpoints: None: the directory that ``config`` names.
        later: takes a suggestion that may take long, and the requests to be made again once it is there. None: every
            suggestion is made at once.
        address: JSON text by which other processes reach this one, see ``control``.
        time: the study's, of a driver that opens it again. None: it begins here.
        notice: prints a line for people.
        snapshot_every: the least number of events between two snapshots.
        meter: counts what this session does.

    Raises:
        StudyBusyError: another live process owns the study, see ``takeover``.
        StudyNotFoundError, SchemaVersionError, StorageError: the database cannot be used.
        MessageError: the log was changed by hand.
    """

    def __init__(
        self,
        config: RunConfig,
        *,
        host: Host | None = None,
        repository: Store | None = None,
        checkpoints: CheckpointStore | None = None,
        later: Later | None = None,
        address: str | None = None,
        time: StudyTime | None = None,
        notice: Notice = lambda _: None,
        snapshot_every: int = EVERY,
        meter: Meter | None = None,
    ) -> None:
        self.config, self._snapshot_every, self._later = config, snapshot_every, later
        self._host: Host = host or RealHost()
        self.repository: Store = repository or Repository.open(config.storage, durable=config.durable)
        try:
            self.study: StudyRecord = self.repository.load_study(config.study_name)
            self.epoch, self._owned_until = takeover.take(
                self.repository, self.study, self._host, run=config.run, address=address, notice=notice
            )
            self.previous_owner = self.repository.previous_owner(self.study)
        except BaseException:
            self.repository.close()
            raise
        self._trial_id = partial(self.repository.trial_id, self.study)
        self._store = checkpoints
        self._time = time or StudyTime(self._host)
        self.failure: BaseException | None = None  # set when the state in memory may be ahead of the database
        self.commits = Commits(meter)
        self._timer = contextlib.nullcontext if meter is None else partial(timed, self._host, meter.suggested)
        self._standings, self._pages = Standings(), Pages()
        self.note = ""  # how the sampler chose last, if it said so
        self.sampler_failure: RaytuneLiteError | None = None  # it ends the run
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    # --- opening, and the time ---------------------------------------------------------------------------------------

    def _open(self) -> None:
        study, began = self.study, self._host.monotonic()
        with no_collector():
            last = self._read()
        self._time.start(study.created, last, self._algorithms.mark_of(self.config.run), self._state.run.began_at)
        directory = study_directory(self.config.checkpoint_dir, self.repository.path, study.study_id, study.created)
        self.checkpoints = self._store or open_store(directory)
        self._cleaner = leftovers.Cleaner(self.checkpoints, self._host)
        added = self.repository.external_trials(study)
        events: list[m.Event] = [event for event in added if planning.is_news(self._state, event)]
        is_new_run = self._state.run.name != self.config.run  # else this is a restarted driver, and its attempts go on
        if is_new_run:
            check_pruner(self.pruner, len(self.study.directions))  # a recorded one too
            self._slots.begins(self.config.run)
            self._time.run_for(0.0)
            events.append(self._algorithms.run_started(self.config, self._time.mark, last, self._owned_until))
        self.apply(events)
        if is_new_run:
            leftovers.sweep(self.checkpoints, self._state)
        self._slots.open()
        self.commits.opened(self._state, self.now(), self._host.monotonic() - began)

    def _read(self) -> float:
        """The state that the study's log folds to; returns the time of the last event."""
        config = self.config
        algorithms = self._algorithms = Algorithms(
            self.study, self.repository.last_run(self.study), config.sampler, config.pruner
        )
        self.sampler, self.pruner = algorithms.sampler, algorithms.pruner
        self._history = History(self.repository, self.study, self._snapshot_every)
        self._state, known = self._history.open(algorithms)
        self._slots = Slots(
            self._state, config.run, config.lease, config.trial_timeout, now=self.now, awake=self._host.monotonic
        )
        if known is not None:
            self._slots.load(known)
        algorithms.fold(self._history.rest(), self._state, self._slots.replay, self._history.seq)
        return self._history.last_at

    def fold(self, log: Iterable[m.LogEntry]) -> StudyState:
        """The state that a log leads to; replaying it always gives the same.

        Raises:
            MessageError: the log was changed by hand.
        """
        return self._algorithms.fold(log)

    def now(self) -> float:
        """Seconds since the study was created; never smaller than before, whatever the wall clock does."""
        return self._time.now()

    # --- decide, persist, perform ------------------------------------------------------------------------------------

    def process(self, requests: Sequence[Request]) -> None:
        """Handle a batch: every request is decided in order, all are committed at once, then each is answered.

        A refused request changes nothing and does not disturb the others. If the commit fails, nobody is answered
        and the exception propagates, now and at every later call: what is in memory is ahead of what is stored, so
        nobody may hear of it. The caller must open a new Session, which folds what was stored.
        """
        if self.failure is not None:
            raise self.failure
        try:
            self._process(requests)
        except BaseException as error:
            self.failure = error
            raise

    def _process(self, requests: Sequence[Request]) -> None:
        batch, answers, refusals = Batch(), list[tuple[Request, Any]](), list[tuple[Request, Exception]]()
        for request in requests:
            try:
                answer = self._decide(request, batch)
                if isinstance(answer, SuggestRequest):
                    batch.put_off(answer, request)
                else:
                    answers.append((request, answer))
                    request.stop = self._why_stop(request.event)
            except (RaytuneLiteError, ValueError, TypeError) as error:
                refusals.append((request, error))
        self._commit(batch)
        for request, answer in answers:
            request.reply(planning.with_id(answer, self._trial_id))
        for request, reason in refusals:
            request.refuse(reason)
        self._slots.committed()
        self._perform(batch)
        self._history.keep(self.epoch, self._state, self._slots)  # what is in memory is what is stored

    def _why_stop(self, event: m.Event) -> str | m.Leave | None:
        """Why the attempt that sent the event must end, if it must."""
        if isinstance(event, (m.Reported, m.ParamAsked, m.AttemptBegan)):
            return self._state.should_stop(event.number, event.attempt, self.now())
        return None

    def apply(self, events: Sequence[m.Event]) -> list[Any]:
        """Like process for events of our own: returns the answers; an error propagates after the rest is stored."""
        results, errors = list[Any](), list[Exception]()
        self.process([Request(event, results.append, errors.append) for event in events])
        if errors:
            raise errors[0]
        return results

    def call(self, event: m.Event) -> Any:
        """Handle one event and return its answer."""
        return self.apply([event])[0]

    def _decide(self, request: Request, batch: Batch) -> Any:
        """The answer to an event; or what the sampler must be asked before it has one."""
        event = request.event
        if isinstance(event, m.Claimed) and self._slots.is_finished(event.slot):
            return None
        if request.slot is not None:
            self._slots.check_holder(request.slot, event)
        answer: Any = None
        pending = [m.LogEntry(self.now(), event, as_it_came(request.text))]
        while pending:
            entry = pending.pop(0)
            current = entry.event
            effects = self._state.handle(current, entry.at)
            if effects.changed:
                batch.entries.append(entry)
                if isinstance(current, m.Suggested):
                    self.note = current.note or self.note
                elif isinstance(current, m.Claimed):
                    batch.ended |= leftovers.ended_before(self._state, current.slot)
            for command in effects.commands:
                if isinstance(command, m.Row):
                    batch.rows.append(command)
                elif isinstance(command, m.Answer):
                    answer = command.value
                elif isinstance(command, m.Discard):
                    batch.discards.append(command.uri)
                elif self.suggests_slowly:
                    answer = self._suggest_request(command)
                else:
                    asked = self._suggest_request(command)
                    try:
                        pending.append(m.LogEntry(self.now(), asked.answer()))
                    except RaytuneLiteError as error:
                        self._slots.note(event)  # a claim stands: its attempt is live, and may ask again
                        if ends_the_run(asked.key, error):
                            self.sampler_failure = error
                        raise
        self._slots.note(event)
        return answer

    def _suggest_request(self, command: m.Suggest | m.SuggestOne) -> SuggestRequest:
        """What to ask the sampler: a pure function of recorded history, so asking again after a crash is harmless."""
        state, fixed = self._state, frozenset(name for name, _ in self._state.trials[command.number].fixed)
        return SuggestRequest(
            sampler=self.sampler, command=command, view=state.view(), known=state.space, fixed=fixed, timer=self._timer
        )

    def _commit(self, batch: Batch) -> None:
        if not batch.entries:
            return
        lease_until = self._host.time() + OWNER_LEASE
        flush = bool(batch.discards) or any(not isinstance(entry.event, _REPEATABLE) for entry in batch.entries)
        began = self._host.monotonic()
        self.repository.commit(self.study, self.epoch, batch.entries, batch.rows, lease_until=lease_until, flush=flush)
        self.commits.note(batch, self._host.monotonic() - began)
        self._history.note(batch.entries)

    def _perform(self, batch: Batch) -> None:
        for request, waiting in batch.put_off_for.values():
            if self._later is not None:
                self._later(request, waiting)
        self._cleaner.discard(batch.discards)
        for number, attempt in batch.ended.items():
            self._cleaner.sweep_attempt(self._state, number, attempt)

    # --- what driver and launcher ask --------------------------------------------------------------------------------

    def worker_settings(self) -> WorkerSettings:
        """What the attempts of this run must know."""
        root = str(self.checkpoints.root)
        return planning.worker_settings(self.config, self.study, root, self.repository.path, self.previous_owner)

    def measure(self, handover: Handover) -> Reading | None:
        """The numbers for a monitoring system, beside what the launcher said last; None without a Meter."""
        meter = self.commits.meter
        return None if meter is None else meter.read(self._state, self.now(), handover.room, handover.n_tasks)

    @property
    def suggests_slowly(self) -> bool:
        """Whether the sampler is asked beside the driver's other work, so that a claim may have to wait."""
        return self._later is not None and self.sampler.in_background

    def plan(
        self, handover: Handover, *, numbers: Sequence[int] = (), refused: Mapping[str, str] | None = None,
        is_stopped: bool = False,
    ) -> Plan:
        """Store which tasks are gone, and return what the launcher is to do.

        Args:
            handover: what the launcher knows. Its ends have been processed already.
            numbers: the trials of those ends.
            refused: slots whose end was refused, and why.
            is_stopped: the script is being stopped: nothing is to begin any more.
        """
        slots = self._slots
        if handover.leaving or self._state.run.leaving:
            self.call(m.NodesLeaving(nodes=handover.leaving))
        self.apply(events := slots.gone(handover, refused or {}))
        slots.looked(handover)
        self._time.run_for(handover.running)
        self._stop_when_late()
        if self._state.is_over() and not is_stopped:
            self.call(m.RunFinished(run=self.config.run))
        return planning.make_plan(
            self._state,
            now=self.now(),
            created=self.study.created,
            numbers=[*numbers, *(event.number for event in events)],
            seen=handover.seen,
            is_stopped=is_stopped,
            cancel=slots.given_up(),
            silent=slots.asked(),
            commits=str(self.commits),
            standing=self._standings.read(self._state, self.now(), handover.room) if handover.standing else None,
            unbegun=slots.unbegun(handover.queued),
            trial_id=self._trial_id,
        )

    def record(self, number: int) -> FrozenTrial:
        """A trial as it is stored, but read from memory; its dates are naive and in UTC."""
        return planning.record(self._state, number, self.study.created, self._trial_id(number))

    def finished_page(self, asked: m.TrialsAsked) -> Page:
        """Some of the finished trials, for an attempt; see ``Pages`` for what it raises."""
        return self._pages.page(self._state, asked, self._trial_id)

    def locate(self, slots: Sequence[str]) -> list[tuple[str, int] | None]:
        """See ports.DriverCalls."""
        return [planning.locate(self._state, slot) for slot in slots]

    # --- holding on --------------------------------------------------------------------------------------------------

    def tick(self, *, ask_launcher: bool = False) -> None:
        """Close attempts whose lease ran out, stop a run whose time is over, and renew the ownership of the study.

        ``ask_launcher``: see Slots.give_up.

        Raises:
            FencedError: another driver took the study.
        """
        self.apply(self._slots.give_up(ask_launcher=ask_launcher))
        self._stop_when_late()
        self.keep()

    def _stop_when_late(self) -> None:
        if reason := planning.why_stop(self._state, self._time, self.config.timeout):
            self.call(m.StopRequested(reason=reason))

    def renew_leases(self) -> None:
        """Start every live attempt's lease again: this process could receive no message in between."""
        self._slots.renew()

    @property
    def is_idle(self) -> bool:
        """Whether nobody works at a trial of this study."""
        return not self._state.slots

    def keep(self) -> None:
        """Renew this process's ownership of the study; raises FencedError when another driver has it."""
        lease_until = self._host.time() + OWNER_LEASE
        self.repository.commit(self.study, self.epoch, [], [], lease_until=lease_until, flush=False)

    def sweep_ended(self) -> None:
        """Delete what ended attempts left half-written or unreported. Called when a run ends in good order.

        Raises:
            FencedError: another driver has the study, and knows better what is needed.
        """
        if self.failure is None:
            self.keep()
            self._cleaner.finish(self._state)

    def close(self) -> None:
        """Give the study back so that the next driver need not wait."""
        try:
            self.repository.release(self.study, self.epoch)
        finally:
            self.repository.close()


__all__ = ["Later", "Request", "Session"]
