"""The driver actor: the study's session behind Ray calls. It decides and stores; it owns no task (law 11).

One thread runs the session (SQL, sampler), so the actor's event loop never blocks: calls put requests into an inbox,
the thread takes all that wait, and one transaction commits them (group commit without a timer). The actor keeps no
state that the database lacks: killed, it is restarted by Ray, folds the log under a new epoch, and answers the calls
that Ray sends again.
"""

from __future__ import annotations

import asyncio
import queue
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ...core import messages as m
from ...exceptions import FencedError, StorageError
from ...trial import FrozenTrial
from ..session import Request, RunConfig, Session
from ..worker import Ended

TICK = 2.0  # seconds between looks at the leases
STORAGE_PATIENCE = 30.0  # seconds a failing database is tried again before callers are told


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a slot is given: the assignment, and what its process must know of the study."""

    assignment: m.Assignment
    n_objectives: int
    checkpoint_root: str
    node: str  # the driver's; a local checkpoint path is good there only
    lease: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A slot whose task ended without a word."""

    slot: str
    kind: m.LossKind
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The driver's order to the launcher, and what people may want to see.

    ``wanted``: tasks that should be queued or running now (None: as many as the cluster takes). ``over``: the run is
    finished. ``states``: what became of the trials of the ended attempts just handed in, by trial number.
    """

    wanted: int | None
    over: bool
    states: dict[int, int]
    counts: dict[str, int]
    best: tuple[int, float] | None
    promotions: int
    finished: tuple[FrozenTrial, ...] = ()


class Driver:
    """Lives in a Ray actor; every public method is one call of it. See ``start_driver``."""

    def __init__(self, config: RunConfig, node: str) -> None:
        self.config, self.node = config, node
        self._inbox: queue.SimpleQueue[_Item] = queue.SimpleQueue()
        self._session: Session | None = None
        self._fatal: Exception | None = None
        self._interrupted = False
        self._closing = False
        self._deadline = None if config.timeout is None else time.monotonic() + config.timeout
        # the event loop and the session's thread take turns thousands of times a second; 5 ms a turn would be an age
        sys.setswitchinterval(0.0002)
        self._thread = threading.Thread(target=self._serve, name="raytune_lite-session", daemon=True)
        self._thread.start()

    # --- calls -----------------------------------------------------------------------------------------------------

    async def ready(self) -> dict[str, Any]:
        """Opens the study; raises what stands in the way (StudyBusyError, SchemaVersionError, ...)."""
        return await self._query(lambda s: {"epoch": s.epoch, "milestones": s.state.milestones})  # type: ignore[no-any-return]

    async def claim(self, slot: str, node: str) -> Claim | None:
        """A slot's task began to run: the trial it shall work at, or None when there is nothing to do."""
        if self._interrupted:
            return None
        assignment = await self._ask(lambda at: m.Claimed(at=at, slot=slot, node=node))
        if assignment is None:
            return None
        session = self._session
        if session is None:  # closed between the answer and here
            return None
        return Claim(
            assignment=assignment,
            n_objectives=len(session.study.directions),
            checkpoint_root=str(session.checkpoints.root),
            node=self.node,
            lease=self.config.lease,
        )

    async def suggest(self, number: int, attempt: int, name: str, distribution: Any) -> m.ParamValue:
        """Value of a parameter that was not foreseen."""
        return await self._ask(  # type: ignore[no-any-return]
            lambda at: m.ParamAsked(at=at, number=number, attempt=attempt, name=name, distribution=distribution)
        )

    async def report(self, number: int, attempt: int, progress: m.Progress) -> tuple[m.Decision, bool]:
        """Progress of an attempt, stored when this returns; also its heartbeat."""
        decision = await self._ask(lambda at: m.Reported(at=at, number=number, attempt=attempt, progress=progress))
        return decision, self._interrupted

    async def plan(self, ended: Sequence[Ended], lost: Sequence[Lost], with_trials: bool) -> Plan:
        """Take in what ended, and tell the launcher how many tasks to keep queued."""
        for item in ended:
            self._inbox.put(_Item(request=Request(item.event, _ignore, _ignore)))
        for gone in lost:
            self._inbox.put(_Item(query=lambda s, g=gone: _lose(s, g), future=None, loop=None))  # type: ignore[misc]
        numbers = [item.number for item in ended]
        return await self._query(lambda s: self._plan(s, numbers, with_trials))  # type: ignore[no-any-return]

    async def interrupt(self) -> None:
        """Tell every attempt to end, with its next report or heartbeat; hand out no more claims."""
        self._interrupted = True

    async def send(self, kind: type[m.Event], fields: dict[str, Any]) -> Any:
        """An event of the script: enqueue a trial, add one, stop."""
        return await self._ask(lambda at: kind(at=at, **fields))

    async def close(self) -> None:
        """Give the study back."""
        self._closing = True
        await self._query(lambda s: s.close())
        self._session = None

    async def stats(self) -> dict[str, float]:
        """Commits and events of this process so far."""
        return await self._query(lambda s: {"commits": s.commits, "events": s.events})  # type: ignore[no-any-return]

    # --- between the loop and the session's thread -------------------------------------------------------------------

    async def _ask(self, make: Callable[[float], m.Event]) -> Any:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()

        def reply(value: Any) -> None:
            loop.call_soon_threadsafe(_resolve, future, value)

        def refuse(error: Exception) -> None:
            loop.call_soon_threadsafe(_reject, future, error)

        self._inbox.put(_Item(request=Request(make, reply, refuse)))
        return await future

    async def _query(self, query: Callable[[Session], Any]) -> Any:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        self._inbox.put(_Item(query=query, future=future, loop=loop))
        return await future

    def _serve(self) -> None:
        """The session's thread: take what waits, handle it, again."""
        next_tick = 0.0
        while True:
            items = self._take()
            if self._closing and self._session is None and self._fatal is None:
                self._fatal = StorageError("this driver has been closed; its study may be opened again.")
            if self._fatal is None:
                self._handle_patiently(items)
            if self._fatal is not None:
                for item in items:
                    item.refuse(self._fatal)
                continue
            if time.monotonic() >= next_tick and not self._closing:
                next_tick = time.monotonic() + TICK
                self._handle_patiently([_Item(query=self._tick)])

    def _take(self) -> list[_Item]:
        try:
            items = [self._inbox.get(timeout=TICK)]
        except queue.Empty:
            return []
        while not self._inbox.empty():
            items.append(self._inbox.get())
        return items

    def _handle_patiently(self, items: list[_Item]) -> None:
        """Handle items; when the database fails, open a fresh session on what was stored and handle them again."""
        give_up = time.monotonic() + STORAGE_PATIENCE
        while items:
            try:
                if self._session is None:
                    self._session = Session(self.config)
                self._handle(self._session, items)
                return
            except StorageError as error:
                self._drop_session()
                if time.monotonic() > give_up:
                    self._fatal = error
                    return
                time.sleep(0.5)
            except Exception as error:  # noqa: BLE001  (FencedError, StudyBusyError, a bug: callers must hear of it)
                self._drop_session()
                self._fatal = error
                return

    def _handle(self, session: Session, items: list[_Item]) -> None:
        """Requests between two queries form one batch. Items are removed once they are answered."""
        while items:
            n = next((i for i, item in enumerate(items) if item.request is None), len(items))
            if n:
                session.process([item.request for item in items[:n] if item.request is not None])
            else:
                n, item = 1, items[0]
                if item.query is not None:
                    item.answer(item.query(session))
            del items[:n]

    def _drop_session(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            try:
                session.close()
            except Exception:  # noqa: BLE001  (the database is what failed; the next session starts from what it holds)
                return

    def _tick(self, session: Session) -> None:
        session.tick()
        if self._deadline is not None and time.monotonic() > self._deadline:
            session.call(m.StopRequested, reason="timeout")

    def _plan(self, session: Session, numbers: list[int], with_trials: bool) -> Plan:
        state = session.state
        work, over = state.work(), state.is_over()
        if over and not self._interrupted:
            session.call(m.RunFinished, run=self.config.run)
        ended = [state.trials[number] for number in numbers]
        best = state.trials[state.best] if state.best is not None else None
        return Plan(
            wanted=None if work is None else len(state.slots) + work,
            over=over or (self._interrupted and not state.slots),
            states={trial.number: int(trial.state) for trial in ended},
            counts={kind.name: n for kind, n in state.counts.items() if n},
            best=(best.number, best.values[0]) if best is not None and best.values else None,
            promotions=state.promotions,
            finished=tuple(state.freeze(t) for t in ended if t.state.is_finished()) if with_trials else (),
        )


@dataclass(slots=True)
class _Item:
    """What waits in the inbox: a request for the core, or a query that reads the session between two batches."""

    request: Request | None = None
    query: Callable[[Session], Any] | None = None
    future: asyncio.Future[Any] | None = None
    loop: asyncio.AbstractEventLoop | None = None

    def answer(self, value: Any) -> None:
        if self.loop is not None and self.future is not None:
            self.loop.call_soon_threadsafe(_resolve, self.future, value)

    def refuse(self, error: Exception) -> None:
        if self.request is not None:
            self.request.refuse(error)
        elif self.loop is not None and self.future is not None:
            self.loop.call_soon_threadsafe(_reject, self.future, error)


def _lose(session: Session, lost: Lost) -> None:
    event = session.lose_slot(lost.slot, lost.kind, lost.message)
    if event is not None:
        session.apply([event])


def _resolve(future: asyncio.Future[Any], value: Any) -> None:
    if not future.done():
        future.set_result(value)


def _reject(future: asyncio.Future[Any], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)


def _ignore(_: Any) -> None:
    """An ended attempt's answer goes nowhere: a stale one was refused, and the plan tells the state."""


__all__ = ["Claim", "Driver", "FencedError", "Lost", "Plan"]
