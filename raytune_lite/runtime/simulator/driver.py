"""The simulated driver actor: the true Session behind an inbox, as ``runtime/on_ray/driver.py`` has it.

That module's threads, which take turns at one lock, are one thread here, which handles all that has gathered in the
inbox as one batch. The order of work, the patience with a failing database, and what a plan contains are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ...core import messages as m
from ...exceptions import StorageError
from ...storages.repository import Repository
from ..asking import Key, Question
from ..session import Request, RunConfig, Session
from .audit import Auditor
from .host import T0
from .network import BROKEN
from .storage import Disk, DiskStore, FaultyRepository
from .world import Process, Signal, World

BUSY = object()  # the answer to an attempt that shall ask again
BUSY_AFTER = 3.0
TICK = 2.0  # seconds between looks at the leases
DEEP_EVERY = 40  # commits between two comparisons of the live state with the folded log

Answer = Callable[[Any], None]
Open = Callable[[Process], Repository]


@dataclass(frozen=True, slots=True)
class Refused:
    """An answer that is an error."""

    error: Exception


@dataclass(frozen=True, slots=True)
class Plan:
    """What the launcher is told; see ``runtime/on_ray/terms.py``."""

    wanted: int | None
    over: bool
    failed: tuple[int, ...]  # trials of the ends handed in that are FAIL now
    bound: tuple[tuple[str, m.Assignment], ...] = ()
    given_up: tuple[str, ...] = ()


@dataclass(slots=True, eq=False)
class _Item:
    answer: Answer
    request: m.Event | None = None
    slot: str | None = None
    query: Callable[[Session], Any] | None = None
    done: bool = False


@dataclass(slots=True)
class _Asked(Request):
    item: _Item = field(kw_only=True)


class Driver:
    """One process of the driver actor. ``skew``: seconds by which its clock is ahead."""

    def __init__(
        self,
        world: World,
        name: str,
        config: RunConfig,
        open_database: Open,
        disk: Disk,
        auditor: Auditor,
        *,
        skew: float,
        patience: float,
        thinking: float,
    ) -> None:
        self.world, self.config, self.auditor, self.disk = world, config, auditor, disk
        self.process = Process(world, name)
        self.process.on_death.append(self._hang_up)
        self._open_database, self._skew, self._patience = open_database, skew, patience
        self._thinking = thinking
        self._asking: dict[Key, list[Request]] = {}
        self._inbox: list[_Item] = []
        self._called = Signal(world)
        self._waiting: dict[int, Answer] = {}  # calls that have no answer yet
        self._calls = 0
        self._session: Session | None = None
        self.fatal: Exception | None = None
        self.interrupted = False
        self._deep_at = 0
        self.process.start(self._serve)
        self.process.start(self._watch_leases)

    # --- calls -------------------------------------------------------------------------------------------------------

    def receive(self, answer: Answer, request: m.Event) -> None:
        """An event: an attempt's, or the script's."""
        self._take(answer, _Item(answer, request=request))

    def ask(self, answer: Answer, query: Callable[[Session], Any]) -> None:
        """A question about the session."""
        self._take(answer, _Item(answer, query=query))

    def tell(self, answer: Answer, event: m.Event) -> None:
        """An attempt's message; answers (the core's answer, whether to stop), or BUSY if that takes too long."""
        if self.interrupted and isinstance(event, m.Claimed):
            answer((None, True))
            return

        def with_stop(value: Any) -> None:
            answer(value if value is BROKEN or isinstance(value, Refused) else (value, self.interrupted))

        item = self._take(with_stop, _Item(with_stop, request=event))
        self.world.after(BUSY_AFTER, self._put_off, item, answer)

    def _put_off(self, item: _Item | None, answer: Answer) -> None:
        if item is None or item.done or not self.process.alive:
            return
        if self.process.paused_until > self.world.now:
            self.world.at(self.process.paused_until, self._put_off, item, answer)
            return
        if item in self._inbox:  # else it is being handled, for nobody
            self._inbox.remove(item)
        answer(BUSY)

    def plan(
        self,
        answer: Answer,
        ended: Sequence[tuple[str, m.AttemptEnded]],
        lost: Sequence[tuple[str, m.FailureKind]],
        slots: Sequence[str],
    ) -> None:
        """What ended, what was lost, slots to claim for; answers a Plan."""
        if not self.process.alive:
            answer(BROKEN)
            return
        claims: dict[str, Any] = {}
        refused: dict[str, str] = {}

        def refuse(slot: str, value: Any) -> None:
            if isinstance(value, Refused):
                refused[slot] = str(value.error)

        for slot, event in ended:
            self._inbox.append(_Item(lambda value, slot=slot: refuse(slot, value), request=event, slot=slot))  # type: ignore[misc]
        for slot in slots if not self.interrupted and not self._is_thoughtful() else ():
            claim = m.Claimed(slot=slot, prefetched=True)
            self._inbox.append(
                _Item(
                    lambda value, slot=slot: claims.__setitem__(slot, value),  # type: ignore[misc]
                    request=claim,
                )
            )
        numbers = [event.number for _, event in ended]

        def finish(value: Any) -> None:
            wrong = next((claim for claim in claims.values() if isinstance(claim, Refused)), None)
            if wrong is not None:
                value = wrong
            elif isinstance(value, Plan):
                value = replace(value, bound=tuple((s, a) for s, a in claims.items() if a is not None))
            answer(value)

        self._take(finish, _Item(finish, query=lambda session: self._plan(session, lost, numbers, refused)))

    def _take(self, answer: Answer, item: _Item) -> _Item | None:
        if not self.process.alive:
            answer(BROKEN)
            return None
        self._calls += 1
        call = self._calls
        self._waiting[call] = answer

        def once(value: Any) -> None:
            item.done = True
            if self._waiting.pop(call, None) is not None:
                answer(value)

        item.answer = once
        self._inbox.append(item)
        self._called.set()
        return item

    def _hang_up(self) -> None:
        waiting, self._waiting = self._waiting, {}
        for answer in waiting.values():
            answer(BROKEN)

    # --- the inbox ---------------------------------------------------------------------------------------------------

    def _serve(self) -> None:
        while True:
            self._called.wait()
            self._called.clear()
            while self._inbox:
                items, self._inbox = self._inbox, []
                if self.fatal is None:
                    self._handle_patiently(items)
                if self.fatal is not None:
                    for item in items:
                        item.answer(Refused(self.fatal))

    def _handle_patiently(self, items: list[_Item]) -> None:
        give_up = self.world.now + self._patience
        while items:
            try:
                if self._session is None:
                    self._session = self._open()
                self._handle(self._session, items)
                return
            except StorageError as error:
                self._drop_session()
                self.world.note(self.process.name, f"storage: {error}")
                if self.world.now > give_up:
                    self.fatal = error
                    return
                self.world.sleep(0.5)
            except Exception as error:  # noqa: BLE001  (as in the true driver: callers hear of it)
                self.world.note(self.process.name, f"ends: {type(error).__name__}: {error}")
                self._drop_session()
                self.fatal = error
                return

    def _open(self) -> Session:
        repository = FaultyRepository(self._open_database(self.process), self.process, self.auditor)
        store = DiskStore(self.disk, self.process, self.auditor)
        session = Session(
            self.config,
            clock=lambda: T0 + self.world.now + self._skew,
            repository=repository,
            checkpoints=store,
            later=self._think,
        )
        self._compare(session, refold=False)
        return session

    def _compare(self, session: Session, *, refold: bool) -> None:
        """Compare the live state with everything stored, unless this driver has lost its study already."""
        self._deep_at = self.auditor.commits + DEEP_EVERY
        repository = session.repository
        if session.epoch == self.auditor.epoch and isinstance(repository, FaultyRepository):
            folded = session.fold(repository.inner.events(session.study)) if refold else None
            self.auditor.deep(session.state, folded, self.disk.published.__contains__)

    def _handle(self, session: Session, items: list[_Item]) -> None:
        while items:
            n = next((i for i, item in enumerate(items) if item.request is None), len(items))
            if n:
                session.process([self._request(item, item.request) for item in items[:n] if item.request is not None])
            else:
                n, item = 1, items[0]
                if item.query is not None:
                    item.answer(item.query(session))
            del items[:n]
        if self.auditor.commits >= self._deep_at:
            self._compare(session, refold=True)

    def _request(self, item: _Item, event: m.Event) -> Request:
        def reply(value: Any) -> None:
            self.auditor.answered(self.config.run, event, value)
            item.answer(value)

        return _Asked(event, reply, lambda error: item.answer(Refused(error)), slot=item.slot, item=item)

    def _is_thoughtful(self) -> bool:
        return self._session is None or self._session.sampler.in_background

    def _think(self, question: Question, requests: Sequence[Request]) -> None:
        """A thread beside this one: the answer comes later, and by then the study has gone on."""
        if question.key in self._asking:
            self._asking[question.key] += requests
            return
        self._asking[question.key] = list(requests)
        self.world.after(self._thinking, self._thought, question)

    def _thought(self, question: Question) -> None:
        if not self.process.alive:
            return
        if self.process.paused_until > self.world.now:
            self.world.at(self.process.paused_until, self._thought, question)
            return
        found = question.answer()
        self._inbox.append(_Item(lambda _: None, request=found))
        self._inbox += [request.item for request in self._asking.pop(question.key) if isinstance(request, _Asked)]
        self._called.set()

    def _drop_session(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            try:
                session.close()
            except Exception:  # noqa: BLE001  (as in the true driver)
                return

    def close(self, answer: Answer) -> None:
        """Give the study back."""
        self._drop_session()
        self.fatal = StorageError("this driver has been closed")
        answer(None)

    def _watch_leases(self) -> None:
        while self.fatal is None:
            slept = self.world.now
            self.world.sleep(TICK)
            was_stopped = self.world.now > slept + TICK + self.config.lease / 2
            if self._session is not None:
                queries = (_renew, Session.tick) if was_stopped else (Session.tick,)
                for query in queries:
                    self._take(lambda _: None, _Item(lambda _: None, query=query))

    def _plan(
        self,
        session: Session,
        lost: Sequence[tuple[str, m.FailureKind]],
        numbers: list[int],
        refused: dict[str, str],
    ) -> Plan:
        state = session.state
        gone = [session.slots.lose(slot, kind, "its task is gone") for slot, kind in lost]
        failed = [session.slots.refuse_end(slot, why) for slot, why in refused.items()]
        session.apply([event for event in (*gone, *failed) if event is not None])
        work, over = state.work(session.now()), state.is_over()
        if over and not self.interrupted:
            session.call(m.RunFinished(run=self.config.run))
        return Plan(
            wanted=None if work is None else len(state.slots) + work,
            over=over or (self.interrupted and not state.slots),
            failed=tuple(n for n in numbers if n in state.trials and state.trials[n].state.name == "FAIL"),
            given_up=session.slots.given_up(),
        )


def _renew(session: Session) -> None:
    session.slots.renew()
