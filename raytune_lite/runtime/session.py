"""Decide, persist, perform: in this order, in this one place.

A Session owns a study for one process: it took the study's epoch in the database, folded the event log into a
StudyState, and from then on is the only writer. ``process`` takes a batch of events, lets the core decide each, commits
all of them in one transaction, and only then answers. Runs the same under the Ray driver, in-process and in tests.
Knows no Ray. Not thread-safe: one thread calls it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import json
import os
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..checkpoints.layout import study_directory
from ..checkpoints.store import CheckpointStore
from ..core import messages as m
from ..core.bounds import clip
from ..core.protocols import Branches, Grid, Pruner, Sampler
from ..core.retries import RetryPolicy
from ..core.state import StudyState
from ..exceptions import CheckpointError, MessageError, RaytuneLiteError
from ..pruners import NopPruner, pruner_from_spec
from ..samplers import AutoSampler, grid_from_spec, sampler_from_spec
from ..storages.repository import Repository, StudyRecord
from .asking import Key, Question
from .slots import Slots

LEASE = 60.0  # seconds an attempt is trusted without a word: Ray lets a task run on for minutes behind a partition
# Handing out work is committed like all else, but need not wait for the disk: any process may die and it stands; a
# power cut that takes it back has ended the attempts too, and the same numbers and parameters are handed out again.
_REPEATABLE = (m.Claimed, m.Suggested, m.ParamSet)
STORAGE_PATIENCE = 120.0  # seconds a database that fails is tried again before the run is paused
CHECKPOINTS_KEPT = 2  # of a trial that may be resumed: the newest, and the one before it in case that is damaged
OWNER_LEASE = 15.0  # seconds a driver is trusted without a commit


@dataclass(frozen=True, slots=True, kw_only=True)
class RunConfig:
    """All that a driver needs to run a study; plain data, so it can be sent to another process."""

    storage: str = dataclasses.field(repr=False)  # it may hold a password
    study_name: str
    run: str
    sampler: Sampler | None = None
    pruner: Pruner | None = None
    n_trials: int | None = None
    max_trials: int | None = None
    timeout: float | None = None
    retries: RetryPolicy = RetryPolicy()
    checkpoint_dir: str | None = None
    durable: bool = True
    lease: float = LEASE
    trial_timeout: float | None = None
    storage_patience: float = STORAGE_PATIENCE


@dataclass(slots=True)
class Request:
    """An event on its way to the core, and where its answer goes: a value, or the error that refused it.

    ``text``: the event's JSON as its sender wrote it, which is stored unchanged; None: it is encoded once, for the log.
    ``slot``: of an AttemptEnded: whose task ended, which must be the one that holds the attempt; None: nobody asks.
    """

    event: m.Event
    reply: Callable[[Any], None]
    refuse: Callable[[Exception], None]
    text: str | None = None
    slot: str | None = None


Later = Callable[[Question, Sequence[Request]], None]


@dataclass(slots=True)
class Commits:
    """How the database keeps up: commits with events in them, and what they took, in seconds."""

    n: int = 0
    events: int = 0
    seconds: float = 0.0
    longest: float = 0.0

    def note(self, events: int, seconds: float) -> None:
        """Count one commit."""
        self.n, self.events, self.seconds = self.n + 1, self.events + events, self.seconds + seconds
        self.longest = max(self.longest, seconds)

    def __str__(self) -> str:
        n = max(self.n, 1)
        each = f"{self.events / n:.1f} events and {1000 * self.seconds / n:.1f} ms each"
        return f"{self.n} commits, {each}, the longest {1000 * self.longest:.0f} ms"


class Session:
    """The one writer of a study."""

    def __init__(
        self,
        config: RunConfig,
        *,
        clock: Callable[[], float] = time.time,
        repository: Repository | None = None,
        checkpoints: CheckpointStore | None = None,
        later: Later | None = None,
    ) -> None:
        """``later``: takes a question that may take long, and the requests to be made again once it is answered.

        Without it every question is answered at once.
        """
        self.config = config
        self._later = later
        self._clock = clock
        self.repository = repository or Repository.open(config.storage, durable=config.durable)
        try:
            self.study: StudyRecord = self.repository.load_study(config.study_name)
            self.epoch = self.repository.acquire(self.study, run=config.run, lease=OWNER_LEASE, now=clock())
            self.taken_from = self.repository.taken_from(self.study)
        except BaseException:
            self.repository.close()
            raise
        self._store = checkpoints  # a simulated disk, or None: the true one
        self._last_at = 0.0
        self.failure: BaseException | None = None  # set when the state in memory may be ahead of the database
        self.commits = Commits()
        self.note = ""  # how the sampler chose last, if it told
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    def _open(self) -> None:
        with _no_collector():
            log = self._read()
        self._last_at = max((entry.at for entry in log), default=0.0)
        study = self.study
        root = study_directory(self.config.checkpoint_dir, self.repository.path, study.study_id, study.created)
        self.checkpoints = self._store or CheckpointStore(root)
        added = self.repository.foreign(self.study)
        events: list[m.Event] = [event for event in added if self._is_news(event)]
        is_new_run = self.state.run != self.config.run  # else this is a restarted driver, and its attempts go on
        self.apply([*events, self._run_started()] if is_new_run else events)
        if is_new_run:
            self._sweep()
        self.slots.renew()

    def _read(self) -> list[m.LogEntry]:
        """Read the log and fold it."""
        log = self.repository.events(self.study)
        recorded_pruner, recorded_sampler = _recorded_specs(log)
        self.sampler = _resolve(self.config.sampler, recorded_sampler, sampler_from_spec) or AutoSampler()
        self.pruner = _resolve(self.config.pruner, recorded_pruner, pruner_from_spec) or NopPruner()
        self.state, config = self._new_state(), self.config
        self.slots = Slots(self.state, config.run, config.lease, config.trial_timeout, self.now)
        self._fold(log, self.state, self.slots)
        return log

    def _sweep(self) -> None:
        """Delete checkpoints that no row knows: of processes that died between publishing and reporting."""
        keep = [ref.uri for trial in self.state.trials.values() for ref in trial.checkpoints]
        with contextlib.suppress(CheckpointError):  # a path that is not there or not ours to clean is no reason to stop
            self.checkpoints.sweep(keep)

    def fold(self, log: Iterable[m.LogEntry]) -> StudyState:
        """The state that a log leads to; replaying it always gives the same.

        Raises:
            MessageError: the log was changed by hand.
        """
        return self._fold(log, self._new_state(), None)

    def _new_state(self) -> StudyState:
        return StudyState(self.study.directions, self._pruner_for, self._grid_for)

    def _fold(self, log: Iterable[m.LogEntry], state: StudyState, slots: Slots | None) -> StudyState:
        for seq, (at, event, _) in enumerate(log, start=1):
            try:
                if slots is not None:
                    slots.replay(event)
                state.handle(event, at)
            except Exception as error:  # the log was edited: whatever a handler meets, it is the log that is wrong
                raise MessageError(
                    f"table rtl_events, study {self.study.name!r}, seq {seq}: {type(event).__name__} cannot follow "
                    f"the events before it ({clip(repr(error), 500)}). The log was changed by hand; restore a copy of "
                    "the database."
                ) from error
        return state

    def _is_news(self, event: m.TrialAdded) -> bool:
        known = self.state.trials.get(event.number if event.number is not None else -1)
        return known is None or (known.foreign and event.state != known.state)

    def _pruner_for(self, spec: str) -> Pruner:
        if spec == json.dumps(self.pruner.spec()):
            return self.pruner
        return NopPruner() if spec == "{}" else pruner_from_spec(json.loads(spec))

    def _grid_for(self, spec: str) -> Grid | Branches | None:
        own = spec == json.dumps(self.sampler.spec())
        return self.sampler.grid if own else grid_from_spec(json.loads(spec))

    def _run_started(self) -> m.RunStarted:
        return m.RunStarted(
            run=self.config.run,
            n_trials=self.config.n_trials,
            max_trials=self.config.max_trials,
            pruner=json.dumps(self.pruner.spec()),
            sampler=json.dumps(self.sampler.spec()),
            retries=json.dumps(self.config.retries.spec()),
            checkpoints_kept=CHECKPOINTS_KEPT,
        )

    # --- time --------------------------------------------------------------------------------------------------------

    def now(self) -> float:
        """Seconds since the study was created; never smaller than before, whatever the wall clock does."""
        self._last_at = max(self._last_at, self._clock() - self.study.created)
        return self._last_at

    # --- decide, persist, perform ------------------------------------------------------------------------------------

    def process(self, requests: Sequence[Request]) -> None:
        """Handle a batch: every request is decided in order, all are committed at once, then each is answered.

        A refused request changes nothing and does not disturb the others. If the commit fails, nobody is answered
        and the exception propagates, now and at every later call: what is in memory is ahead of what is stored, and
        may not be told to anybody. The caller must open a new Session, which folds what was stored.
        """
        if self.failure is not None:
            raise self.failure
        try:
            self._process(requests)
        except BaseException as error:
            self.failure = error
            raise

    def _process(self, requests: Sequence[Request]) -> None:
        answers: list[tuple[Callable[[Any], None], Any]] = []
        refusals: list[tuple[Callable[[Exception], None], Exception]] = []
        batch = _Batch()
        for request in requests:
            try:
                answer = self._decide(request, batch)
                if isinstance(answer, Question):
                    batch.put_off(answer, request)
                else:
                    answers.append((request.reply, answer))
            except _SamplerFailedError as failed:
                refusals.append((request.refuse, failed.error))
            except (RaytuneLiteError, ValueError, TypeError) as error:
                refusals.append((request.refuse, error))
        self._commit(batch)
        for reply, answer in answers:
            reply(answer)
        for refuse, reason in refusals:
            refuse(reason)
        self._perform(batch)

    def apply(self, events: Sequence[m.Event]) -> list[Any]:
        """Like process for events of our own: returns the answers; an error propagates after the rest is stored."""
        results: list[Any] = []
        errors: list[Exception] = []
        self.process([Request(event, results.append, errors.append) for event in events])
        if errors:
            raise errors[0]
        return results

    def call(self, event: m.Event) -> Any:
        """Handle one event and return its answer."""
        return self.apply([event])[0]

    def _decide(self, request: Request, batch: _Batch) -> Any:
        """The answer to an event; or the question that must be answered before it has one."""
        event = request.event
        if isinstance(event, m.Claimed) and self.slots.is_spent(event.slot):
            return None
        if request.slot is not None:
            self.slots.check_holder(request.slot, event)
        answer: Any = None
        pending = [m.LogEntry(self.now(), event, _as_it_came(request.text))]
        while pending:
            entry = pending.pop(0)
            current = entry.event
            effects = self.state.handle(current, entry.at)
            if effects.changed:
                batch.entries.append(entry)
                if isinstance(current, m.Suggested):
                    self.note = current.note or self.note
            for command in effects.commands:
                if isinstance(command, m.Row):
                    batch.rows.append(command)
                elif isinstance(command, m.Answer):
                    answer = command.value
                elif isinstance(command, m.Discard):
                    batch.discards.append(command.uri)
                elif self._later is not None and self.sampler.in_background:
                    answer = self._question(command)
                else:
                    try:
                        pending.append(m.LogEntry(self.now(), self._question(command).answer()))
                    except Exception as error:
                        self.slots.note(event)  # a claim stands: its attempt is live, and may ask again
                        raise _SamplerFailedError(error) from error
        self.slots.note(event)
        return answer

    def _question(self, command: m.Suggest | m.SuggestOne) -> Question:
        """What to ask the sampler: a pure function of recorded history, so asking again after a crash is harmless."""
        fixed = frozenset(name for name, _ in self.state.trials[command.number].fixed)
        return Question(
            sampler=self.sampler, command=command, view=self.state.view(), known=self.state.space, fixed=fixed
        )

    def _commit(self, batch: _Batch) -> None:
        if not batch.entries:
            return
        lease_until = self._clock() + OWNER_LEASE
        flush = bool(batch.discards) or any(not isinstance(entry.event, _REPEATABLE) for entry in batch.entries)
        began = time.perf_counter()
        self.repository.commit(
            self.study, self.epoch, batch.entries, batch.rows, lease_until=lease_until, flush=flush
        )
        self.commits.note(len(batch.entries), time.perf_counter() - began)

    def _perform(self, batch: _Batch) -> None:
        for question, requests in batch.put_off_for.values():
            if self._later is not None:
                self._later(question, requests)
        for uri in batch.discards:
            try:
                self.checkpoints.discard(uri)
            except (RaytuneLiteError, OSError):
                continue  # an orphan: the sweep of the next run removes it

    # --- holding on --------------------------------------------------------------------------------------------------

    def tick(self) -> None:
        """Close attempts whose lease ran out, and renew this process's own hold on the study.

        Raises:
            FencedError: another driver took the study.
        """
        self.apply(self.slots.give_up())
        self.keep()

    def keep(self) -> None:
        """Renew this process's hold on the study; raises FencedError when another driver has it."""
        self.repository.commit(
            self.study, self.epoch, [], [], lease_until=self._clock() + OWNER_LEASE, flush=False
        )

    def close(self) -> None:
        """Give the study back so that the next driver need not wait."""
        try:
            self.repository.release(self.study, self.epoch)
        finally:
            self.repository.close()


class _SamplerFailedError(Exception):
    """The sampler raised ``error``, whatever its type: the request is refused, what was decided before it stands."""

    def __init__(self, error: Exception) -> None:
        self.error = error


@dataclass(slots=True)
class _Batch:
    entries: list[m.LogEntry] = dataclasses.field(default_factory=list)
    rows: list[m.Row] = dataclasses.field(default_factory=list)
    discards: list[str] = dataclasses.field(default_factory=list)
    put_off_for: dict[Key, tuple[Question, list[Request]]] = dataclasses.field(default_factory=dict)

    def put_off(self, question: Question, request: Request) -> None:
        if question.key not in self.put_off_for:
            self.put_off_for[question.key] = (question.still(), [])
        self.put_off_for[question.key][1].append(request)


def _as_it_came(text: str | None) -> str | None:
    """The text to store: the sender's, unless it needs a character that some database does not hold."""
    return text if text is not None and text.isascii() else None


def new_run_id() -> str:
    """A name for one run of one process, unique over hosts and restarts."""
    return f"{socket.gethostname()}-{os.getpid()}-{os.urandom(4).hex()}"


@contextlib.contextmanager
def _no_collector() -> Iterator[None]:
    """A long log is a million new objects and no garbage: looking for some again and again doubles the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _recorded_specs(log: Iterable[m.LogEntry]) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    pruner = sampler = None
    for _, event, _ in log:
        if isinstance(event, m.RunStarted):
            pruner, sampler = json.loads(event.pruner), json.loads(event.sampler)
    return pruner, sampler


def _resolve(given: Any, recorded: dict[str, Any] | None, from_spec: Callable[[dict[str, Any]], Any]) -> Any:
    """The algorithm to run with: the given one, or the recorded one when none was given.

    A seed that was drawn because the user gave none is not a wish: the recorded seed goes on.
    """
    if given is None:
        return from_spec(recorded) if recorded else None
    if recorded and getattr(given, "auto_seed", False):
        spec = json.loads(json.dumps(given.spec()))
        if {**spec, "seed": 0} == {**recorded, "seed": 0}:
            return from_spec(recorded)
    return given
