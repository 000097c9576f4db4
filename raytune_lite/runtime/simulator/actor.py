"""The simulated driver actor: the true Driver and Session in a simulated process, and the ways to it.

The process dies, is stopped, restarts, or has a double, as Ray's actors may.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from ...core import messages as m
from ...core.state import StudyState
from ...exceptions import DriverUnreachableError
from ..answers import BUSY
from ..batch import Later, Request
from ..config import RunConfig
from ..driver import BUSY_AFTER, Driver
from ..mailbox import Mail, Mailbox
from ..ports import Handover, Plan, TransportError, WorkerSettings
from ..session import Session
from ..study_time import StudyTime
from ..tokens import split
from .audit import Auditor
from .host import SimulatedHost
from .network import BROKEN, Server, call
from .storage import Disk, DiskStore, FaultyRepository
from .world import Process, World

Open = Callable[[Process], Any]  # a database as one process sees it
DEEP_EVERY = 40  # commits between two comparisons of the live state with the folded log
CALL_TIMEOUT = 8.0  # seconds until a call to the actor is sent again
LOOK = 0.5  # seconds between looks at who waits for long
REST = 0.2  # seconds until an actor that is not there is looked for again


class Actor:
    """One process of the driver actor. ``skew``: seconds by which its clock is ahead."""

    def __init__(
        self, world: World, name: str, config: RunConfig, database: Open, disk: Disk, auditor: Auditor, skew: float
    ) -> None:
        self.name = name
        self.process = Process(world, name)
        self.server = Server(self.process)
        self.host = host = SimulatedHost(self.process, skew)
        time = StudyTime(host)

        def notice(text: str) -> None:
            world.note("notice", name, text)

        def open_session(later: Later | None) -> Session:
            repository = FaultyRepository(database(self.process), self.process, auditor)
            store = DiskStore(disk, self.process, auditor)
            return AuditedSession(config, host, repository, store, auditor, later, time)

        self.driver = Driver(config, host, notice, open_session=open_session)
        self._mailbox = Mailbox(self.driver.receive_many, host, busy=BUSY, patience=BUSY_AFTER)

    def settings(self) -> WorkerSettings:
        """The driver's, with the way to this very process."""
        return replace(self.driver.settings(), address=("simulated", 0), key=self.name.encode())

    def receive(self, message: bytes) -> bytes:
        """An attempt's message as an actor call."""
        return self.driver.receive(message)

    def receive_on_socket(self, message: bytes) -> bytes:
        """An attempt's message on a socket: handled together with what comes while the driver is at work."""
        replies, replied = list[bytes](), self.host.event()

        def send(content: bytes) -> None:
            replies.append(content)
            replied.set()

        self._mailbox.post(Mail(message, send))
        self._mailbox.handle()
        while not replied.wait(LOOK):
            self._mailbox.expire()
        return replies[0]


class AuditedSession(Session):
    """The true session; the auditor hears each answer before it goes out, and looks into the state now and then."""

    def __init__(
        self,
        config: RunConfig,
        host: SimulatedHost,
        repository: FaultyRepository,
        store: DiskStore,
        auditor: Auditor,
        later: Later | None = None,
        time: StudyTime | None = None,
    ) -> None:
        self._auditor, self._disk, self._faulty = auditor, store.disk, repository
        self._deep_at = auditor.commits + DEEP_EVERY
        super().__init__(config, host=host, repository=repository, checkpoints=store, later=later, time=time)
        self._compare(refold=False)

    @property
    def state(self) -> StudyState:
        """For the checks at a history's end."""
        return self._state

    def process(self, requests: Sequence[Request]) -> None:
        """See Session."""
        for request in requests:
            if not isinstance(request.reply, _AuditedReply):  # it may be made again, when the database has failed
                request.reply = _AuditedReply(self._auditor, self.config.run, request)
        super().process(requests)
        if self._auditor.commits >= self._deep_at:
            self._compare(refold=True)

    def sweep_ended(self) -> None:
        """See Session."""
        super().sweep_ended()
        if self.failure is None:
            self._disk.swept_at = self._faulty.world.now

    def _compare(self, *, refold: bool) -> None:
        """Compare the live state with everything stored, unless this driver has lost its study already."""
        self._deep_at = self._auditor.commits + DEEP_EVERY
        if self.epoch == self._auditor.epoch:
            folded = self.fold(self._faulty.inner.events(self.study)) if refold else None
            self._auditor.deep(self._state, folded, self._disk.published.__contains__)


class _AuditedReply:
    """A reply to a request; the auditor gets it first."""

    def __init__(self, auditor: Auditor, run: str, request: Request) -> None:
        self._auditor, self._run, self._event, self._reply = auditor, run, request.event, request.reply

    def __call__(self, value: Any) -> None:
        self._auditor.answered(self._run, self._event, value)
        self._reply(value)


class ActorCalls:
    """The actor as its launcher calls it: each call is sent again until it is answered, as max_task_retries=-1 has it.

    ``find``: the process that Ray knows as the actor now.
    """

    def __init__(self, world: World, find: Callable[[], Actor | None], auditor: Auditor) -> None:
        self._world, self._find, self._auditor = world, find, auditor
        self._handed: set[str] = set()  # slots whose end or loss was handed over and acknowledged; membership only

    def plan(self, handover: Handover, timeout: float | None = None) -> Plan:
        """See DriverCalls."""
        slots = [*(ended.slot for ended in handover.ended), *(lost.slot for lost in handover.lost)]
        for slot in slots:
            self._auditor.check(slot not in self._handed, f"slot {slot}: its end is handed over twice")
        plan: Plan = self._call("plan", lambda actor: actor.driver.plan(handover), timeout)
        self._handed.update(slots)
        return plan

    def locate(self, slots: Sequence[str]) -> list[tuple[str, int] | None]:
        """See DriverCalls."""
        found: list[tuple[str, int] | None] = self._call("locate", lambda actor: actor.driver.locate(slots))
        return found

    def ask(self, event: m.Event) -> Any:
        """An event of the script."""
        return self._call(type(event).__name__, lambda actor: actor.driver.ask(event))

    def settings(self) -> WorkerSettings:
        """Open the study."""
        found: WorkerSettings = self._call("settings", Actor.settings)
        return found

    def _call(self, what: str, body: Callable[[Actor], Any], timeout: float | None = None) -> Any:
        give_up = float("inf") if timeout is None else self._world.now + timeout
        while True:
            actor = self._find()
            if actor is not None:
                found = call(actor.server, what, lambda actor=actor: body(actor), CALL_TIMEOUT)  # type: ignore[misc]
                if found is not BROKEN:
                    return found
            if self._world.now > give_up:
                raise DriverUnreachableError("the driver did not answer (simulated)")
            self._world.sleep(REST)


class ActorTransport:
    """An attempt's messages to whichever process is the actor now.

    ``is_cut_off``: nothing gets through. ``arrived``: called with each reply that arrives, and its sender. ``receive``:
    what the actor does with a message.
    """

    def __init__(
        self,
        find: Callable[[], Actor | None],
        host: SimulatedHost,
        is_cut_off: Callable[[], bool],
        arrived: Callable[[bytes, Actor], None],
        receive: Callable[[Actor, bytes], bytes] = Actor.receive,
    ) -> None:
        self._find, self._host, self._is_cut_off, self._arrived = find, host, is_cut_off, arrived
        self._receive = receive

    def call(self, message: bytes, timeout: float) -> bytes:
        """See Transport."""
        def receive(actor: Actor) -> tuple[bytes, Actor]:
            return self._receive(actor, message), actor

        reply, sender = self._call(_kind(split(message)[1]), receive, timeout)
        self._arrived(reply, sender)
        return bytes(reply)

    def settings(self, timeout: float) -> WorkerSettings:
        """See SureTransport."""
        found: WorkerSettings = self._call("settings", Actor.settings, timeout)
        return found

    def _call(self, what: str, body: Callable[[Actor], Any], timeout: float) -> Any:
        if self._is_cut_off():
            self._host.sleep(timeout)
            raise TransportError("cut off (simulated)")
        actor = self._find()
        found = BROKEN if actor is None else call(actor.server, what, lambda: body(actor), timeout)
        if found is BROKEN:
            raise TransportError("no answer (simulated)")
        return found

    def close(self) -> None:
        """Hang up."""


def _kind(message: bytes) -> str:
    """The name of an event, from its JSON: {"_":"Reported", ..."""
    return message[6 : message.index(b'"', 6)].decode()
