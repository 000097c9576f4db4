"""The driver: a study's session behind calls from many threads. It decides and stores; it owns no task.

A call puts its request into the inbox and waits for the session's lock. Whoever gets the lock handles everything that
has gathered meanwhile in one transaction, and the others find their answers waiting: group commit without a timer and,
for a lone caller, without a change of thread. The driver keeps nothing of the study that the database lacks: when it
was killed, its successor folds the log under a new epoch and answers the calls that are sent again. Knows no Ray.
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from ..core import messages as m
from ..core.encoding import message_from_json
from ..exceptions import DamagedStudyError, MessageError, RaytuneLiteError, SchemaVersionError, StorageError
from ..metrics.meter import Meter
from .answers import BUSY, answer, refusal
from .batch import Later, Request
from .config import RunConfig, given_up
from .handover import Handover, Plan
from .host import Host
from .inbox import Item, item_of, prefetched, read_message
from .mailbox import Mail
from .ports import Notice
from .session import Session
from .study_time import StudyTime
from .suggest import Key, SamplerThread, SuggestRequest, ends_the_run, wording_of
from .worker_settings import WorkerSettings

TICK = 2.0  # seconds between looks at leases and timeouts
STORAGE_REST = 0.5  # seconds until a database that failed is tried again
BUSY_AFTER = 3.0  # seconds an attempt waits for its answer before it gets BUSY and sends the message again
INTERRUPTED = "the study was interrupted"

T = TypeVar("T")
Open = Callable[[Later | None], Session]


class Driver:
    """One driver of one run.

    Args:
        config: the run.
        host: threads and clocks.
        notice: prints a line for people.
        open_session: opens the study; called again after the database has failed.
        has_sampler_thread: slow samplers are asked in a thread of their own, so that no other call waits for them.
        address: how other processes reach this driver with control commands.
        idle_after: seconds without a call after which the study is given back while nobody works at a trial of it; the
            next call takes it again. None: never.
        meter: counts what the driver's sessions do.
    """

    def __init__(
        self,
        config: RunConfig,
        host: Host,
        notice: Notice,
        *,
        open_session: Open | None = None,
        has_sampler_thread: bool = True,
        address: str | None = None,
        idle_after: float | None = None,
        meter: Meter | None = None,
    ) -> None:
        self.config = config
        self._idle_after, self._called_at = idle_after, host.monotonic()
        self._host, self._notice = host, notice
        time = StudyTime(host)
        self._open_session = open_session or (
            lambda wait: Session(config, host=host, later=wait, address=address, time=time, notice=notice, meter=meter)
        )
        self._inbox = deque[Item]()
        self._lock = host.lock()
        self._session: Session | None = None
        self.fatal: Exception | None = None  # why no call is answered any more
        self.handover = Handover()  # what the launcher said last
        self._stop: str | None = None  # why every attempt is to end
        self._closed = host.event()
        self._said = {""}  # how trials are chosen, without its numbers
        self._sampler_failure: RaytuneLiteError | None = None  # it ends the run
        self._sampler = SamplerThread(host, self._suggested) if has_sampler_thread else None
        self._suggesting: dict[Key, list[Request]] = {}  # requests to be made again when the sampler has answered
        self._asked: Key | None = None  # what it is asked now
        host.start(self._tick, "leases")

    # --- calls -----------------------------------------------------------------------------------------------------

    def settings(self) -> WorkerSettings:
        """Open the study and say what its attempts must know.

        Raises:
            StudyBusyError, SchemaVersionError, StorageError: the study cannot be opened.
        """
        return self.query(lambda session: session.worker_settings())

    def receive(self, message: bytes) -> bytes:
        """Handle an attempt's event (a claim, a report, its end), behind its token; it is stored when this returns.

        Answers as ``answers`` has it; BUSY when that would take too long (the database fails, say). Then nothing is
        acknowledged, the attempt sends the same again, and it knows that its driver lives.
        """
        replies: list[bytes] = []
        item = self._item_of(message, replies.append)
        if item is not None:
            try:
                self._settle(item, BUSY_AFTER)
            except TimeoutError:
                return BUSY
        return replies[0]

    def receive_many(self, mails: Sequence[Mail]) -> None:
        """Handle the messages of many attempts in one batch; each gets its reply as soon as it is stored.

        Does not return before the database works, and raises nothing; see ``Mailbox`` for who waits meanwhile.
        """
        self._called_at = self._host.monotonic()
        items = [item for mail in mails if (item := self._item_of(mail.message, mail.reply)) is not None]
        self._inbox.extend(sorted(items, key=lambda item: item.request is None))  # a question would split the batch
        with self._lock:
            if self._inbox:  # else whoever had the lock before has handled them
                self._handle_all()

    def _item_of(self, message: bytes, reply: Callable[[bytes], None]) -> Item | None:
        """What a message asks for; None when it could be answered at once."""
        try:
            event, text = read_message(message, self.config.secret)
        except Exception as error:  # noqa: BLE001  (a refusal is an answer: the attempt raises it)
            reply(refusal(error))
            return None
        if self._stop is not None and isinstance(event, m.Claimed):
            reply(answer(None, self._stop))
            return None
        return item_of(event, text, lambda item: reply(item.reply(self.config.secret, self._stop)))

    def ask(self, event: m.Event | m.TrialsAsked, patience: float | None = None) -> Any:
        """Handle an event of this process or of the script, and return the core's answer; it is stored then.

        Raises:
            TimeoutError: it was not handled within ``patience`` seconds.
        """
        return self._ask(event, patience)[0]

    def report(self, event: m.Reported) -> tuple[m.Decision, str | m.Leave | None]:
        """Handle a report of an attempt in this process; answers the decision, and why it shall stop."""
        return self._ask(event)

    def plan(self, handover: Handover, timeout: float | None = None) -> Plan:  # noqa: ARG002  (a call from this process)
        """Store what the launcher hands over, and return what it is to do.

        An end that is refused fails its slot's attempt: the task is over, and no other end will come.

        Raises:
            SamplerFailedError, SamplerRefusedError: the sampler can suggest nothing; what was handed over is stored.
        """
        self.handover = handover
        if handover.draining:
            self._stop = INTERRUPTED
        refused: dict[str, str] = {}  # slot -> why
        numbers = [number for ended in handover.ended if (number := self._take_end(ended, refused)) is not None]
        may_wait = self._session is None or self._session.suggests_slowly  # then no trial is claimed ahead of its task
        may_claim = self._stop is None and (handover.binds or not may_wait)
        claims = {slot: item_of(m.Claimed(slot=slot, prefetched=True)) for slot in handover.prefetch if may_claim}
        self._inbox.extend(claims.values())
        plan = self.query(
            lambda session: session.plan(handover, refused=refused, numbers=numbers, is_stopped=self._stop is not None)
        )
        if self._sampler_failure is not None and not handover.draining:
            raise self._sampler_failure.with_traceback(None)
        # looked at once: the sampler's thread may answer a claim now, which would be neither given nor put off
        done = {slot: item for slot, item in claims.items() if item.done}
        if failed := [item.error for item in done.values() if item.error is not None]:
            raise failed[0]
        found = tuple(prefetched(slot, item.value, self.config.secret) for slot, item in done.items() if item.value)
        return replace(plan, prefetched=found, put_off=tuple(slot for slot in claims if slot not in done))

    def _take_end(self, ended: Any, refused: dict[str, str]) -> int | None:
        slot, message = ended.slot, ended.message
        if message is None:
            return None  # the session closes its slot
        try:
            event = message_from_json(message, m.AttemptEnded)
        except MessageError as error:
            refused[slot] = str(error)
            return None

        def refuse(error: Exception) -> None:
            refused[slot] = str(error)

        request = Request(event, lambda _: None, refuse, text=message.decode(), slot=slot)
        self._inbox.append(Item(request=request))
        return getattr(event, "number", None)

    def locate(self, slots: Sequence[str]) -> list[tuple[str, int] | None]:
        """The node and the process of each slot's attempt; None where they are not known."""
        return self.query(lambda session: session.locate(slots))

    def close(self) -> bool:
        """Clean up, give the study back, refuse all later calls; whether nothing of the run is left in this process."""
        with self._lock:
            is_clean = self.fatal is None
            if self._session is not None and is_clean:
                with contextlib.suppress(Exception):  # whatever stands in the way, the next run cleans up
                    self._session.sweep_ended()
            is_clean = self._drop_session() and is_clean
            self.fatal = StorageError(
                "this driver has been closed: its study was closed, or a run of it began. A trial from ask() gets no "
                "parameters after that; its result can be told: study.tell(number, value)."
            )
        self._closed.set()
        return (self._sampler is None or self._sampler.close()) and is_clean

    # --- the inbox ---------------------------------------------------------------------------------------------------

    def _ask(
        self, event: m.Event | m.TrialsAsked, patience: float | None = None
    ) -> tuple[Any, str | m.Leave | None]:
        item = item_of(event)
        return self._wait(item, patience), item.request.stop if item.request is not None else None

    def query(self, query: Callable[[Session], T]) -> T:
        """What ``query`` reads from the session, between two batches."""
        self._called_at = self._host.monotonic()
        found: T = self._wait(Item(query=query))
        return found

    def _wait(self, item: Item, patience: float | None = None) -> Any:
        """The item's answer; TimeoutError when there is none after ``patience`` seconds (None: wait on)."""
        self._settle(item, patience)
        if item.error is not None:
            raise item.error
        return item.value

    def _settle(self, item: Item, patience: float | None) -> None:
        """Have the item answered or refused; TimeoutError as ``_wait`` has it."""
        self._inbox.append(item)
        end = None if patience is None else self._host.monotonic() + patience
        if not self._lock.acquire(timeout=-1 if patience is None else patience):
            with contextlib.suppress(ValueError):  # else it is being handled, and its answer is dropped
                self._inbox.remove(item)
            raise TimeoutError
        try:
            if not item.done:  # else whoever had the lock before has handled it
                self._handle_all()
            if not item.done:
                item.later = self._host.event()  # the sampler is being asked
        finally:
            self._lock.release()
        if item.later is not None and not item.later.wait(None if end is None else end - self._host.monotonic()):
            raise TimeoutError

    def _handle_all(self) -> None:
        items = [self._inbox.popleft() for _ in range(len(self._inbox))]
        if self.fatal is None:
            self._handle_patiently(items)
        if self.fatal is not None:
            for item in items:
                # each caller raises it: without this its traceback would grow with every one
                item.refuse(self.fatal.with_traceback(None))

    def _handle_patiently(self, items: list[Item]) -> None:
        """Handle items; when the database fails, open a new session on what was stored and handle them again."""
        failing_since: float | None = None
        while items:
            tried = self._host.monotonic()
            try:
                if self._session is None:
                    self._session = self._open_session(self._suggest if self._sampler is not None else None)
                self._handle(self._session, items)
                break
            except StorageError as error:
                self._drop_session()
                failing_since = tried if failing_since is None else failing_since
                self.fatal = self._give_up(error, failing_since, first=tried == failing_since)
                if self.fatal is not None:
                    return
                self._host.sleep(STORAGE_REST)
            except Exception as error:  # noqa: BLE001  (FencedError, StudyBusyError, a bug: callers get it)
                self._drop_session()
                self.fatal = error
                return
            except BaseException:  # Ctrl-C: the session's memory may be ahead of the database
                self._drop_session()
                raise
        if failing_since is not None:
            self._notice(f"the database works again, after {self._host.monotonic() - failing_since:.0f} s")

    def _give_up(self, error: StorageError, failing_since: float, *, first: bool) -> StorageError | None:
        """The error to end with, or None while the database may be tried again."""
        patience = self.config.storage_patience
        # the first two: what is stored is wrong, and stays so
        if isinstance(error, (SchemaVersionError, MessageError, DamagedStudyError)) or patience <= 0:
            return error
        if first:
            self._notice(f"the database fails; trying again for {patience:.0f} s, meanwhile trials go on: {error}")
        if self._host.monotonic() > failing_since + patience:
            return given_up(error, patience)
        return None

    def _handle(self, session: Session, items: list[Item]) -> None:
        """Requests between two queries form one batch. Items are removed once they are answered."""
        while items:
            began = self._host.monotonic()
            n = next((i for i, item in enumerate(items) if item.request is None), len(items))
            if n:
                session.process([item.request for item in items[:n] if item.request is not None])
                self._say_note(session)
                self._sampler_failure = self._sampler_failure or session.sampler_failure
            else:
                n, item = 1, items[0]
                if item.query is not None:
                    item.answer(item.query(session))
            del items[:n]
            self._renew_after(session, self._host.monotonic() - began)

    def _renew_after(self, session: Session, seconds: float) -> None:
        """Attempts that got BUSY while a batch took so long count their lease from that answer; renew ours to match."""
        if seconds > BUSY_AFTER:
            session.renew_leases()

    def _drop_session(self) -> bool:
        """Close the session, if there is one; whether the study was given back."""
        session, self._session = self._session, None
        with contextlib.suppress(Exception):  # the database is what failed; the next session reads what is stored
            if session is not None:
                session.close()
            return True
        return False

    # --- samplers that take long -------------------------------------------------------------------------------------

    def _suggest(self, request: SuggestRequest, waiting: Sequence[Request]) -> None:
        """Have the sampler asked in its thread, about one trial at a time; called with the lock."""
        self._suggesting.setdefault(request.key, []).extend(waiting)
        if self._asked is None and self._sampler is not None:
            self._asked = request.key
            self._sampler.ask(request)

    def _suggested(self, key: Key, found: m.Event | Exception) -> None:
        """The sampler has answered: store it, then make the requests again that waited. In the sampler's thread."""
        with self._lock:
            waiting, self._asked = self._suggesting.pop(key, []), None
            if isinstance(found, Exception):
                if isinstance(found, RaytuneLiteError) and ends_the_run(key, found):
                    self._sampler_failure = self._sampler_failure or found
                for request in waiting:
                    request.refuse(found)
            else:
                self._again([Request(found, lambda _: None, lambda _: None), *waiting])
            while self._suggesting and self._asked is None:  # the next question is to see this answer
                self._again(self._suggesting.pop(next(iter(self._suggesting))))

    def _again(self, requests: Sequence[Request]) -> None:
        self._inbox.extend(Item(request=request) for request in requests)
        self._handle_all()

    def _say_note(self, session: Session) -> None:
        if self.config.tells_choices and (wording := wording_of(session.note)) not in self._said:
            self._said.add(wording)
            self._notice(f"the next trials are chosen by {session.note}")

    # --- leases and timeouts -----------------------------------------------------------------------------------------

    def _tick(self) -> None:
        while self.fatal is None:
            slept = self._host.monotonic()
            self._closed.wait(TICK)
            # SIGSTOP, or a suspended machine: no message could be received meanwhile
            was_stopped = self._host.monotonic() > slept + TICK + self.config.lease / 2
            if self._session is None or self._closed.is_set():
                continue
            try:
                if was_stopped:
                    self._wait(Item(query=lambda session: session.renew_leases()))
                if not self._rests():
                    self._wait(Item(query=lambda session: session.tick(ask_launcher=True)))
            except Exception:  # noqa: BLE001  (kept as self.fatal: the next caller gets it)
                return

    def _rests(self) -> bool:
        """Whether nobody works at a trial of a study that was opened for single calls.

        Its ownership is not renewed then, and it is given back after a while: another process may want it.
        """
        if self._idle_after is None:
            return False
        with self._lock:
            if self._session is None or self._suggesting or not self._session.is_idle:
                return False
            if self._host.monotonic() > self._called_at + self._idle_after and not self._inbox:
                self._drop_session()
            return True


__all__ = ["INTERRUPTED", "Driver"]
