"""The driver actor: the study's session behind Ray calls. It decides and stores; it owns no task (law 11).

A threaded actor. A call puts its request into the inbox and waits for the session's lock; whoever gets the lock handles
everything that has gathered meanwhile in one transaction, and the others find their answers waiting: group commit
without a timer and, for a lone caller, without a change of thread. The actor keeps nothing of the study that the
database lacks: killed, it is restarted by Ray, folds the log under a new epoch, and answers the calls that Ray sends
again.
"""

from __future__ import annotations

import contextlib
import secrets
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...core import messages as m
from ...core.encoding import message_from_json, to_json
from ...exceptions import MessageError, SchemaVersionError, StorageError
from ..asking import Key, Question, Thinker
from ..session import Request, RunConfig, Session
from .terms import BUSY, Lost, Plan, Terms, refusal
from .wire import WireServer

CONCURRENCY = 16  # actor calls at work or waiting for the commit under way; more wait in Ray's queue
TICK = 2.0  # seconds between looks at the leases
STORAGE_REST = 0.5  # seconds until a database that failed is tried again
BUSY_AFTER = 3.0  # seconds an attempt waits for its answer before it is told that it will have to come again


class Driver:
    """Lives in a Ray actor; every public method is one call of it. See ``start_driver``."""

    def __init__(self, config: RunConfig, node: str, host: str) -> None:
        self.config, self.node = config, node
        self._inbox: deque[_Item] = deque()
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._fatal: Exception | None = None
        self._interrupted = False
        self._terms: Terms | None = None
        self._key = secrets.token_bytes(32)
        self._note = ""
        self._thinker = Thinker(self._thought)
        self._asking: dict[Key, list[Request]] = {}  # requests to be made again when the sampler has answered
        try:
            self._wire = WireServer(host, self._key, self.tell)
        except OSError:  # an address that is not this machine's own (NAT): attempts elsewhere use actor calls
            self._wire = WireServer("127.0.0.1", self._key, self.tell)
        sys.setswitchinterval(0.0005)  # many short calls take turns here; 5 ms a turn would be an age to them
        threading.Thread(target=self._watch_leases, name="raytune_lite-leases", daemon=True).start()

    # --- calls -----------------------------------------------------------------------------------------------------

    def ready(self) -> Terms:
        """Opens the study; raises what stands in the way (StudyBusyError, SchemaVersionError, ...)."""
        if self._terms is None:
            self._terms = self._query(
                lambda session: Terms(
                    n_objectives=len(session.study.directions),
                    checkpoint_root=str(session.checkpoints.root),
                    node=self.node,
                    lease=self.config.lease,
                    taken_from=session.taken_from,
                    trial_timeout=self.config.trial_timeout,
                    address=self._wire.address,
                    key=self._key,
                )
            )
        return self._terms

    def tell(self, message: bytes) -> bytes:
        """An attempt's event (a claim, a report, a question for a parameter), stored when this returns.

        JSON both ways: the driver unpickles nothing that a worker sent, and one bytes argument is what Ray carries
        fastest. Answers [the core's answer, whether the attempt shall stop]; or BUSY, when that would take too long
        (the database fails, say): then nothing is acknowledged and the attempt sends the same again, but it knows that
        its driver lives.
        """
        try:
            event = message_from_json(message, m.Claimed, m.ParamAsked, m.Reported)
            over = self._interrupted and isinstance(event, m.Claimed)
            answer = None if over else self._ask(event, message.decode(), BUSY_AFTER)
        except TimeoutError:
            return BUSY
        except Exception as error:  # noqa: BLE001  (a refusal is an answer: the attempt raises it)
            return refusal(error)
        return to_json([answer, self._interrupted]).encode()

    def plan(
        self, ended: Sequence[tuple[str, bytes]], lost: Sequence[Lost], slots: Sequence[str], with_trials: bool
    ) -> Plan:
        """Take in what ended, each a slot and its AttemptEnded as JSON, and tell how many tasks to keep queued.

        An end that is refused fails the slot's attempt: its task is over, and nobody will tell a better one.
        ``slots``: names of slots whose trials shall be claimed now, before their tasks are submitted.
        """
        numbers: list[int] = []
        refused: dict[str, str] = {}  # slot -> why
        for slot, message in ended:
            self._take_end(slot, message, numbers, refused)
        claims = {slot: _Item() for slot in slots if not self._interrupted and not self._is_thoughtful()}
        for slot, item in claims.items():
            item.request = Request(m.Claimed(slot=slot, prefetched=True), item.answer, item.refuse)
        self._inbox.extend(claims.values())
        plan: Plan = self._query(lambda session: self._plan(session, lost, numbers, refused, with_trials))
        for item in claims.values():
            if item.error is not None:
                raise item.error
        bound = [(slot, to_json(item.value).encode()) for slot, item in claims.items() if item.value is not None]
        return replace(plan, bound=tuple(bound))

    def _take_end(self, slot: str, message: bytes, numbers: list[int], refused: dict[str, str]) -> None:
        try:
            event = message_from_json(message, m.AttemptEnded)
        except MessageError as error:
            refused[slot] = str(error)
            return

        def refuse(error: Exception) -> None:
            refused[slot] = str(error)

        numbers.append(getattr(event, "number", -1))
        self._inbox.append(_Item(request=Request(event, _ignore, refuse, message.decode(), slot)))

    def whereabouts(self, slots: Sequence[str]) -> list[tuple[str, int]]:
        """The node and the process of each slot's attempt; ("", 0) where they are not known."""

        def find(session: Session) -> list[tuple[str, int]]:
            trials, held = session.state.trials, session.state.slots
            found = [trials[held[slot]] if slot in held else None for slot in slots]
            return [("", 0) if trial is None else (trial.node or "", trial.pid or 0) for trial in found]

        return self._query(find)  # type: ignore[no-any-return]

    def interrupt(self) -> None:
        """Tell every attempt to end, with its next report or heartbeat; hand out no more claims."""
        self._interrupted = True

    def send(self, event: m.Event) -> Any:
        """An event of the script: enqueue a trial, add one, stop."""
        return self._ask(event)

    def close(self) -> None:
        """Give the study back."""
        with self._lock:
            self._drop_session()
            self._wire.close()
            self._fatal = StorageError("this driver has been closed; its study may be opened again.")

    # --- the inbox ---------------------------------------------------------------------------------------------------

    def _ask(self, event: m.Event, text: str | None = None, patience: float = -1) -> Any:
        item = _Item()
        item.request = Request(event, item.answer, item.refuse, text)
        return self._wait(item, patience)

    def _query(self, query: Callable[[Session], Any]) -> Any:
        return self._wait(_Item(query=query))

    def _wait(self, item: _Item, patience: float = -1) -> Any:
        """The item's answer; TimeoutError when there is none after ``patience`` seconds (-1: wait on)."""
        self._inbox.append(item)
        end = time.monotonic() + patience
        if not self._lock.acquire(timeout=patience):
            with contextlib.suppress(ValueError):  # else it is being handled, for nobody
                self._inbox.remove(item)
            raise TimeoutError
        try:
            if not item.done:  # else whoever had the lock before has handled it
                self._handle_all()
            if not item.done:
                item.later = threading.Event()  # the sampler is being asked
        finally:
            self._lock.release()
        if item.later is not None and not item.later.wait(None if patience < 0 else end - time.monotonic()):
            raise TimeoutError
        if item.error is not None:
            raise item.error
        return item.value

    def _handle_all(self) -> None:
        items = [self._inbox.popleft() for _ in range(len(self._inbox))]
        if self._fatal is None:
            self._handle_patiently(items)
        if self._fatal is not None:
            for item in items:
                item.refuse(self._fatal)

    def _handle_patiently(self, items: list[_Item]) -> None:
        """Handle items; when the database fails, open a fresh session on what was stored and handle them again."""
        patience, failing_since = self.config.storage_patience, 0.0
        while items:
            tried = time.monotonic()
            try:
                if self._session is None:
                    self._session = Session(self.config, later=self._think)
                self._handle(self._session, items)
                break
            except StorageError as error:
                self._drop_session()
                if isinstance(error, (SchemaVersionError, MessageError)):  # what is stored is wrong, and stays so
                    self._fatal = error
                    return
                if not failing_since:
                    failing_since = tried
                    _say(f"the database fails; trying again for {patience:.0f} s, meanwhile trials go on: {error}")
                elif time.monotonic() > failing_since + patience:
                    self._fatal = _paused(error, patience)
                    return
                time.sleep(STORAGE_REST)
            except Exception as error:  # noqa: BLE001  (FencedError, StudyBusyError, a bug: callers must hear of it)
                self._drop_session()
                self._fatal = error
                return
        if failing_since:
            _say(f"the database works again, after {time.monotonic() - failing_since:.0f} s")

    def _handle(self, session: Session, items: list[_Item]) -> None:
        """Requests between two queries form one batch. Items are removed once they are answered."""
        while items:
            began = time.monotonic()
            n = next((i for i, item in enumerate(items) if item.request is None), len(items))
            if n:
                session.process([item.request for item in items[:n] if item.request is not None])
                self._say_note(session)
            else:
                n, item = 1, items[0]
                if item.query is not None:
                    item.answer(item.query(session))
            del items[:n]
            if time.monotonic() - began > BUSY_AFTER:
                session.slots.renew()  # attempts were told to come again: they trust in their leases, and so do we

    # --- samplers that take their time -------------------------------------------------------------------------------

    def _is_thoughtful(self) -> bool:
        """Whether claims may have to wait for the sampler: then none are made ahead of their tasks."""
        return self._session is None or self._session.sampler.in_background

    def _think(self, question: Question, requests: Sequence[Request]) -> None:
        """Have the sampler asked beside this; called with the lock."""
        if question.key in self._asking:
            self._asking[question.key] += requests
            return
        self._asking[question.key] = list(requests)
        self._thinker.ask(question)

    def _thought(self, key: Key, found: m.Event | Exception) -> None:
        """The sampler has answered: store it, then make the requests again that waited; in the sampler's thread."""
        with self._lock:
            waiting = self._asking.pop(key, [])
            if isinstance(found, Exception):
                for request in waiting:
                    request.refuse(found)
                return
            self._inbox.append(_Item(request=Request(found, _ignore, _ignore)))
            self._inbox.extend(_Item(request=request) for request in waiting)
            self._handle_all()

    def _say_note(self, session: Session) -> None:
        if session.note != self._note:
            self._note = session.note
            _say(f"the next trials are chosen by {self._note}")

    def _drop_session(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            try:
                session.close()
            except Exception:  # noqa: BLE001  (the database is what failed; the next session starts from what it holds)
                return

    def _watch_leases(self) -> None:
        while self._fatal is None:
            slept = time.monotonic()
            time.sleep(TICK)
            was_stopped = time.monotonic() > slept + TICK + self.config.lease / 2  # SIGSTOP, a suspended machine
            if self._session is not None:
                try:
                    if was_stopped:
                        self._query(lambda session: session.slots.renew())
                    self._query(self._tick)
                except Exception:  # noqa: BLE001  (kept as self._fatal: the next caller hears of it)
                    return

    def _tick(self, session: Session) -> None:
        session.tick()
        timeout = self.config.timeout
        if timeout is not None and session.now() > session.state.run_at + timeout:
            session.call(m.StopRequested(reason="timeout"))

    def _plan(
        self,
        session: Session,
        lost: Sequence[Lost],
        numbers: list[int],
        refused: dict[str, str],
        with_trials: bool,
    ) -> Plan:
        state = session.state
        gone = [
            session.slots.lose(item.slot, item.kind, item.message, exit_code=item.exit_code, last_words=item.last_words)
            for item in lost
        ]
        failed = [session.slots.refuse_end(slot, why) for slot, why in refused.items()]
        numbers += [event.number for event in failed if event is not None]
        session.apply([event for event in (*gone, *failed) if event is not None])
        work, over = state.work(session.now()), state.is_over()
        if over and not self._interrupted:
            session.call(m.RunFinished(run=self.config.run))
        ended = [state.trials[number] for number in numbers if number in state.trials]
        best = state.trials[state.best] if state.best is not None else None
        return Plan(
            wanted=None if work is None else len(state.slots) + work,
            over=over or (self._interrupted and not state.slots),
            states={trial.number: int(trial.state) for trial in ended},
            counts={kind.name: n for kind, n in state.counts.items() if n},
            best=(best.number, best.values[0]) if best is not None and best.values else None,
            promotions=state.promotions,
            commits=str(session.commits) if over else "",
            aborted=state.aborted,
            given_up=session.slots.given_up(),
            finished=tuple(t.freeze() for t in ended if t.state.is_finished()) if with_trials else (),
        )


@dataclass(slots=True, eq=False)
class _Item:
    """What waits in the inbox: a request for the core, or a query that reads the session between two batches."""

    request: Request | None = None
    query: Callable[[Session], Any] | None = None
    done: bool = False
    value: Any = None
    error: Exception | None = None
    later: threading.Event | None = None  # set when it is answered after its first turn

    def answer(self, value: Any) -> None:
        self.value = value
        self._end()

    def refuse(self, error: Exception) -> None:
        self.error = error
        self._end()

    def _end(self) -> None:
        self.done = True
        if self.later is not None:
            self.later.set()


def _say(text: str) -> None:
    print(f"raytune_lite: {text}", file=sys.stderr, flush=True)  # noqa: T201  (Ray shows it in the script's terminal)


def _paused(error: StorageError, seconds: float) -> StorageError:
    return StorageError(
        f"the database has failed for {seconds:.0f} s, so the run is paused: {error} What was acknowledged is stored; "
        "when the database works again, the same command goes on from there."
    )


def _ignore(_: Any) -> None:
    """An ended attempt's answer goes nowhere: the plan tells the state."""


__all__ = ["CONCURRENCY", "Driver"]
