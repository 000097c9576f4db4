"""The simulated driver actor: the true Hosting, Driver and Session in a simulated process, and the ways to it.

The process dies, is stopped, restarts, or has a double, as Ray's actors may. It may host one run after another.
"""

from __future__ import annotations

import contextlib
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
from ..finished import Pages
from ..handover import Handover, Plan
from ..hosting import Hosting, NotHostedError
from ..mailbox import Mail, Mailbox
from ..ports import TransportError
from ..session import Session
from ..study_time import StudyTime
from ..tokens import split
from ..virtual.host import SimulatedHost
from ..virtual.world import Process, World
from ..worker_settings import WorkerSettings
from .audit import Auditor
from .bucket import Bucket, BucketStore
from .network import BROKEN, Server, call
from .storage import Disk, DiskStore, FaultyRepository

Open = Callable[[Process], Any]  # a database as one process sees it
SNAPSHOT_EVERY = 50  # events: a history has some hundreds
PAGE = 4  # finished trials that an attempt is told of in one answer
DEEP_EVERY = 40  # commits between two comparisons of the live state with the folded log
CALL_TIMEOUT = 8.0  # seconds until a call to the actor is sent again
LOOK = 0.5  # seconds between looks at who waits for long
REST = 0.2  # seconds until an actor that is not there is looked for again


class Actor:
    """One process of the driver actor. ``skew``: seconds by which its clock is ahead. ``node``: its machine."""

    def __init__(
        self, world: World, name: str, database: Open, disk: Disk | Bucket, auditor: Auditor, skew: float, node: str
    ) -> None:
        self.name, self._world = name, world
        self._database, self._disk, self._auditor = database, disk, auditor
        self.process = Process(world, name)
        self.server = Server(self.process)
        self.host = SimulatedHost(self.process, skew, node)
        self.hosting: Hosting[HostedRun] = Hosting(self.host)

    def maker(self, config: RunConfig) -> Callable[[], HostedRun]:
        """Makes the driver of a run."""

        def make() -> HostedRun:
            time = StudyTime(self.host)

            def notice(text: str) -> None:
                self._world.note("notice", self.name, text)

            def open_session(later: Later | None) -> Session:
                repository = FaultyRepository(self._database(self.process), self.process, self._auditor)
                store = self._disk.store(self.process, self._auditor)
                address = f"{self.name} {config.run}"
                return AuditedSession(config, self.host, repository, store, self._auditor, later, time, address)

            return HostedRun(Driver(config, self.host, notice, open_session=open_session), self.host)

        return make

    def settings(self, run: str) -> WorkerSettings:
        """The driver's, with the way to this very process."""
        return replace(self.hosting.guest(run).driver.settings(), address=("simulated", 0), key=self.name.encode())


class HostedRun:
    """The driver of one run in a process, and its socket."""

    def __init__(self, driver: Driver, host: SimulatedHost) -> None:
        self.driver, self._host = driver, host
        self._mailbox = Mailbox(driver.receive_many, host, busy=BUSY, patience=BUSY_AFTER)

    def close(self) -> bool:
        """See hosting.Guest."""
        return self.driver.close()

    def receive(self, message: bytes) -> bytes:
        """An attempt's message as an actor call."""
        return self.driver.receive(message)

    def receive_on_socket(self, message: bytes) -> bytes:
        """An attempt's message on a socket: handled together with what comes while the driver is at work."""
        replies, replied = list[bytes](), self._host.event()

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
        store: DiskStore | BucketStore,
        auditor: Auditor,
        later: Later | None = None,
        time: StudyTime | None = None,
        address: str | None = None,
    ) -> None:
        self._auditor, self._disk, self._faulty = auditor, store.disk, repository
        self._deep_at = auditor.commits + DEEP_EVERY
        super().__init__(config, host=host, repository=repository, checkpoints=store, later=later, time=time,
                         address=address, snapshot_every=SNAPSHOT_EVERY)  # fmt: skip
        self._pages = Pages(PAGE)
        auditor.owners.opened(config.run, host.machine(), self.now() - host.world.now)
        self._compare(refold=self._history.begun_at > 0)

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
        began = self._faulty.world.now
        super().sweep_ended()
        if self.failure is None:
            self._disk.swept(began)

    def _compare(self, *, refold: bool) -> None:
        """Compare the live state with everything stored, unless this driver has lost its study already."""
        self._deep_at = self._auditor.commits + DEEP_EVERY
        if self.epoch == self._auditor.epoch:
            folded = self.fold(self._faulty.inner.events(self.study)) if refold else None
            self._auditor.deep(self._state, folded, self._disk.has)


class _AuditedReply:
    """A reply to a request; the auditor gets it first."""

    def __init__(self, auditor: Auditor, run: str, request: Request) -> None:
        self._auditor, self._run, self._event, self._reply = auditor, run, request.event, request.reply

    def __call__(self, value: Any) -> None:
        self._auditor.answered(self._run, self._event, value)
        self._reply(value)


class ActorCalls:
    """The actor as its launcher calls it: each call is sent again until it is answered, as max_task_retries=-1 has it.

    ``find``: the process that Ray knows as the actor now. ``number``: see Hosting.
    """

    def __init__(
        self, world: World, find: Callable[[], Actor | None], auditor: Auditor, number: int, config: RunConfig
    ) -> None:
        self._world, self._find, self._auditor = world, find, auditor
        self._number, self._config = number, config
        self.asks: Callable[[Sequence[str]], None] = lambda _: None  # called with the slots that want trials
        self._handed: set[str] = set()  # slots whose end or loss was handed over and acknowledged; membership only

    def plan(self, handover: Handover, timeout: float | None = None) -> Plan:
        """See DriverCalls."""
        slots = [*(ended.slot for ended in handover.ended), *(lost.slot for lost in handover.lost)]
        for slot in slots:
            self._auditor.check(slot not in self._handed, f"slot {slot}: its end is handed over twice")
        self.asks(handover.prefetch)
        plan: Plan = self._call("plan", lambda driver: driver.plan(handover), timeout)
        self._handed.update(slots)
        return plan

    def locate(self, slots: Sequence[str]) -> list[tuple[str, int] | None]:
        """See DriverCalls."""
        found: list[tuple[str, int] | None] = self._call("locate", lambda driver: driver.locate(slots))
        return found

    def ask(self, event: m.Event) -> Any:
        """An event of the script."""
        return self._call(type(event).__name__, lambda driver: driver.ask(event))

    def open(self) -> WorkerSettings:
        """Begin the run, and open the study."""
        number, config = self._number, self._config

        def body(actor: Actor) -> WorkerSettings:
            actor.hosting.begin(number, config.run, actor.maker(config))
            return actor.settings(config.run)

        found: WorkerSettings = self._send("settings", body)
        return found

    def host(self, actor: Actor) -> None:
        """Give a process the run: the call that is under way as long as the run, and that Ray repeats."""
        number, config = self._number, self._config

        def body() -> None:
            actor.hosting.stay(number, config.run, actor.maker(config))

        while actor is self._find() and call(actor.server, "host", body, CALL_TIMEOUT) is BROKEN:
            self._world.sleep(REST)

    def close(self, actor: Actor, patience: float) -> bool:
        """End the run; whether the process may host another one."""
        return call(actor.server, "close", lambda: actor.hosting.end(self._number), patience) is True

    def _call(self, what: str, body: Callable[[Driver], Any], timeout: float | None = None) -> Any:
        return self._send(what, lambda actor: body(actor.hosting.guest(self._config.run).driver), timeout)

    def _send(self, what: str, body: Callable[[Actor], Any], timeout: float | None = None) -> Any:
        give_up = float("inf") if timeout is None else self._world.now + timeout
        while True:
            actor = self._find()
            if actor is not None:
                with contextlib.suppress(NotHostedError):  # it was restarted
                    found = call(actor.server, what, lambda actor=actor: body(actor), CALL_TIMEOUT)  # type: ignore[misc]
                    if found is not BROKEN:
                        return found
            if self._world.now > give_up:
                raise DriverUnreachableError("the driver did not answer (simulated)")
            self._world.sleep(REST)


class ActorTransport:
    """An attempt's messages to whichever process is the actor of its run now.

    ``is_cut_off``: nothing gets through. ``arrived``: called with each reply that arrives, and its sender. ``receive``:
    what the actor does with a message.
    """

    def __init__(
        self,
        run: str,
        find: Callable[[], Actor | None],
        host: SimulatedHost,
        is_cut_off: Callable[[], bool],
        arrived: Callable[[bytes, Actor], None],
        receive: Callable[[HostedRun, bytes], bytes] = HostedRun.receive,
    ) -> None:
        self._run = run
        self._find, self._host, self._is_cut_off, self._arrived = find, host, is_cut_off, arrived
        self._receive = receive

    def call(self, message: bytes, timeout: float) -> bytes:
        """See Transport."""
        def receive(actor: Actor) -> tuple[bytes, Actor]:
            return self._receive(actor.hosting.guest(self._run), message), actor

        reply, sender = self._call(_kind(split(message)[1]), receive, timeout)
        self._arrived(reply, sender)
        return bytes(reply)

    def settings(self, timeout: float) -> WorkerSettings:
        """See SureTransport."""
        found: WorkerSettings = self._call("settings", lambda actor: actor.settings(self._run), timeout)
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
