"""What a session knows of slots beyond the study's state: whose lease runs, whose task has ended, whose is to end.

A slot is one task, and runs at most one attempt. The study's state says which slot holds which trial; this record says
until when each attempt is trusted without a report, and keeps late copies of a slot's messages from doing anything.
Nothing of it need be stored: a new session builds it from the log, and starts all leases again.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..core import messages as m
from ..core.bounds import MAX_ERROR, clip
from ..core.ledger import Leases
from ..core.messages import FailureKind
from ..core.state import StudyState
from ..exceptions import MessageError
from .handover import Handover, Lost

OVERDUE_GRACE = 30.0  # seconds after trial_timeout; by then the attempt has ended itself, or was ended on its node
RELAUNCHED = "the process that owned its task is dead"
_PERHAPS_TIMEOUT = (FailureKind.WORKER_CRASH, FailureKind.LEASE_EXPIRED, FailureKind.TIMEOUT)
# while the task may run on
_GIVEN_UP = (FailureKind.LEASE_EXPIRED, FailureKind.TIMEOUT, FailureKind.DRIVER_LOST, FailureKind.STOPPED)


class Slots:
    """The slots of one run.

    Args:
        state: the study, which is only read here.
        run: the run's name.
        lease: seconds an attempt is trusted without a message.
        trial_timeout: seconds an attempt may take, or None.
        now: seconds since the study was created.
        awake: seconds since some moment, without those for which the machine was suspended: no message can come then,
            and no attempt is late for it.
    """

    def __init__(
        self,
        state: StudyState,
        run: str,
        lease: float,
        trial_timeout: float | None,
        *,
        now: Callable[[], float],
        awake: Callable[[], float],
    ) -> None:
        self._state, self._run, self._now, self._awake = state, run, now, awake
        self.lease, self.trial_timeout = lease, trial_timeout
        self._leases = Leases(lease)
        self._begun: dict[tuple[int, int], float] = {}  # (trial, live attempt) -> when, by ``awake``
        self._trusted_until = -math.inf  # no attempt takes too long for a driver that has just opened the study
        self._handed_out: list[tuple[int, int]] = []  # since the last commit
        self._asked: dict[str, bool] = {}  # silent slots -> whether the launcher has looked at their tasks since
        self._reading = ""  # the run whose part of the log is read
        self.closed: set[str] = set()  # their tasks have ended
        self._served: dict[str, set[str]] = {}  # run -> slots that it gave a trial; it may take the study again
        self._unheard: set[str] = set()  # slots with a prefetched trial, until their tasks have sent a message
        self._superseded: dict[str, list[str]] = {}  # run -> slots at work when another run took the study from it
        self._given_up: list[str] = []  # their attempts were given up while their tasks may still run

    def replay(self, event: m.Event) -> None:
        """Take in an event of the log, just before the state does: this process, or its run, may be a later one."""
        if isinstance(event, m.RunStarted):
            self.begins(event.run)
        elif isinstance(event, m.Claimed):
            self._serve(self._reading, event.slot)
            if event.prefetched:
                self._unheard.add(event.slot)
        elif isinstance(event, (m.Reported, m.ParamSet, m.AttemptBegan)):
            self._hear(event.number)
        elif isinstance(event, m.AttemptLost) and event.kind in _GIVEN_UP:
            self._give_up(event.number)

    def dump(self) -> Any:
        """What ``replay`` has taken in, as JSON."""
        served = {run: sorted(slots) for run, slots in self._served.items()}
        self._unheard &= self._state.slots.keys()  # each short trial would stay here, and is asked for no more
        return [self._state.run.name, served, sorted(self._unheard), self._given_up, self._superseded]

    def load(self, data: Any) -> None:
        """Inverse of ``dump``: as if the events before had been replayed."""
        self._reading, served, unheard, given_up, self._superseded = data
        self._served = {run: set(slots) for run, slots in served.items()}
        self._unheard.update(unheard)
        self._given_up.extend(given_up)

    def begins(self, run: str) -> None:
        """A run begins, or takes the study back from another; called just before the state hears of it.

        Each run has a launcher of its own, and launchers give their slots the same names. The attempts of the run
        before are over with this; if it comes back, their tasks are to be killed: one may be stopped for good.
        """
        if self._state.slots:
            self._superseded.setdefault(self._reading, []).extend(self._state.slots)
        self._reading, self._given_up = run, self._superseded.pop(run, [])

    def _serve(self, run: str, slot: str) -> None:
        self._served.setdefault(run, set()).add(slot)

    def _hear(self, number: int) -> None:
        """The task of a trial's live attempt has said something."""
        if self._unheard:
            self._unheard.discard(self._state.trials[number].slot or "")

    def _is_unheard(self, number: int) -> bool:
        return self._state.trials[number].slot in self._unheard

    def note(self, event: m.Event) -> None:
        """Take in an event, just after the state did."""
        if isinstance(event, m.Claimed):
            number = self._state.slots.get(event.slot)
            if number is not None:
                key = (number, self._state.trials[number].attempt)
                self._serve(self._run, event.slot)
                self._leases.grant(*key, self._awake())
                if key not in self._begun:
                    self._begun[key] = self._awake()
                    self._handed_out.append(key)
                if event.prefetched:
                    self._unheard.add(event.slot)
        elif isinstance(event, m.Suggested):  # until now the attempt waited for its parameters
            trial = self._state.trials[event.number]
            if trial.slot is not None:
                self._begun[event.number, trial.attempt] = self._awake()
        elif isinstance(event, (m.Reported, m.ParamAsked, m.AttemptBegan, m.AttemptEnded, m.AttemptLost, m.HeldEnded)):
            if isinstance(event, (m.Reported, m.ParamAsked, m.AttemptBegan)):
                if self._is_unheard(event.number):  # its task may have waited for long
                    self._begun[event.number, event.attempt] = self._awake()
                self._hear(event.number)
                if isinstance(event, m.Reported):
                    self._believe(event)
                self._leases.grant(event.number, event.attempt, self._awake())
            else:
                self._leases.end(event.number, event.attempt)
                self._begun.pop((event.number, event.attempt), None)

    def _believe(self, event: m.Reported) -> None:
        """An attempt knows by its own clock for how long it has run, at least; each heartbeat says it."""
        key = (event.number, event.attempt)
        begun = self._begun.get(key)
        if begun is not None:
            self._begun[key] = min(begun, self._awake() - event.progress.trained)

    def committed(self) -> None:
        """What was noted is stored. An attempt can begin only now; the database may have taken long."""
        for key in self._handed_out:
            if key in self._begun:
                self._begun[key] = self._awake()
        self._handed_out.clear()

    def is_finished(self, slot: str) -> bool:
        """Whether its attempt is over: a late copy of its claim must not begin another."""
        is_served = slot in self._served.get(self._run, ())
        return slot in self.closed or (is_served and slot not in self._state.slots)

    # --- leases ------------------------------------------------------------------------------------------------------

    def open(self) -> None:
        """The log is read: trust every live attempt from now on.

        How long one has taken is what it has said itself, at least. The times of events do not tell: another driver
        stamped them, and its wall clock may have been wrong.
        """
        # until then each ends itself; when it has really begun this log does not say, if the database was slow
        self._trusted_until = self._awake() + (self.trial_timeout or 0.0) + OVERDUE_GRACE
        for number, attempt in self._state.live():
            trial = self._state.trials[number]
            self._begun[number, attempt] = self._awake() - (trial.trained - trial.trained_before)
        self.renew()

    def renew(self) -> None:
        """Start every live attempt's lease again: this process could receive no message in between.

        What the launcher has looked at it is to look at again: an end may have come there meanwhile.
        """
        self._asked.clear()
        for number, attempt in self._state.live():
            self._leases.grant(number, attempt, self._awake())

    def give_up(self, *, ask_launcher: bool) -> list[m.AttemptLost]:
        """The ends of attempts whose lease is over, and of those far past their time limit or their stop order.

        Args:
            ask_launcher: only of those of which the launcher has said, since they were found here, that their tasks
                have not ended. A script that is held up may have results in hand that it has not handed over.
        """
        due = self._due()
        if ask_launcher:
            slots = {key: self._state.trials[key[0]].slot or "" for key in due}
            self._asked = {slot: self._asked.get(slot, False) for slot in slots.values()}
            due = {key: why for key, why in due.items() if self._asked[slots[key]]}
        for number, _ in due:
            self._give_up(number)
        return [self._loss(number, attempt, *why) for (number, attempt), why in due.items()]

    def _due(self) -> dict[tuple[int, int], tuple[FailureKind, str]]:
        """(trial, attempt) that should be given up -> why."""
        silent = f"no message for {self.lease:.0f} s, see optimize(lease=...)"
        due = dict.fromkeys(self._leases.expired(self._awake()), (FailureKind.LEASE_EXPIRED, silent))
        for number, attempt in due:
            if self._is_unheard(number):  # its task has not begun: that costs no retry
                due[number, attempt] = (FailureKind.DRIVER_LOST, f"claimed ahead, and {silent}")
        if math.isfinite(self.lease):  # an attempt in this process cannot be killed: its result is waited for
            for number, attempt in self._state.live():
                if self._is_overdue(number, OVERDUE_GRACE) and self._awake() > self._trusted_until:
                    due[number, attempt] = (FailureKind.TIMEOUT, "it did not end itself")
            late = self._state.overdue(self._now())
            due |= dict.fromkeys(late, (FailureKind.STOPPED, "it was told to end, and did not in time"))
        return due

    def keep_queued(self, slots: Sequence[str]) -> None:
        """The tasks of these slots wait for room, as far as the launcher knows: those not begun keep their leases."""
        for slot in self.unbegun(slots):
            number = self._state.slots[slot]
            self._leases.grant(number, self._state.trials[number].attempt, self._awake())

    def unbegun(self, slots: Sequence[str]) -> tuple[str, ...]:
        """Of these slots those that hold a trial and whose tasks have said nothing yet."""
        return tuple(slot for slot in slots if slot in self._unheard and slot in self._state.slots)

    def asked(self) -> tuple[str, ...]:
        """Slots at whose tasks the launcher is to look before they are given up."""
        return tuple(slot for slot, is_checked in self._asked.items() if not is_checked)

    def checked(self, slots: Iterable[str]) -> None:
        """The launcher has looked; the ends that it found are taken in already."""
        self._asked.update((slot, True) for slot in slots if slot in self._asked)

    def _give_up(self, number: int) -> None:
        slot = self._state.trials[number].slot
        if slot is not None:
            self._given_up.append(slot)

    def given_up(self) -> tuple[str, ...]:
        """Slots whose attempt was given up: their tasks may still run, and are to be killed.

        Named in each plan until the launcher has handed them over as lost: an answer may get lost.
        """
        self._given_up = [slot for slot in self._given_up if slot not in self.closed]
        return tuple(self._given_up)

    # --- ends --------------------------------------------------------------------------------------------------------

    def lose_tasks(self, lost: Sequence[Lost]) -> list[m.AttemptLost | None]:
        """As ``lose``, for slots of whole tasks: which of several trials ended their task cannot be known.

        None of them loses a retry then. Their next attempts have tasks of their own, see Prefetched, so that a trial
        that ends each of its tasks is known from its second attempt on.
        """
        live = Counter(item.task for item in lost if item.task and item.slot in self._state.slots)
        return [self.lose(_nobodys(item, live[item.task]) if live[item.task] > 1 else item) for item in lost]

    def lose(self, lost: Lost) -> m.AttemptLost | None:
        """The event for a slot whose task is gone, or None when it held no live attempt."""
        self.closed.add(lost.slot)
        number = self._state.slots.get(lost.slot)
        if number is None:
            return None
        attempt, details = self._state.trials[number].attempt, {"exit_code": lost.exit_code}
        return self._loss(number, attempt, lost.kind, lost.message, stderr_tail=lost.stderr_tail or None, **details)

    def gone(self, handover: Handover, refused: Mapping[str, str]) -> list[m.AttemptLost | m.AttemptEnded]:
        """The events for the tasks that are gone, beside the ends that were processed. ``refused``: slot -> why."""
        found: list[m.AttemptLost | m.AttemptEnded | None] = [*self.lose_tasks(handover.lost)]
        found += self._lose_all() if handover.begins else ()
        # a task that returned nothing found nothing to do, or did not get the answer to its claim
        found += [self.lose_silent(ended.slot) for ended in handover.ended if ended.message is None]
        found += [self.refuse_end(slot, why) for slot, why in refused.items()]
        return [event for event in found if event is not None]

    def looked(self, handover: Handover) -> None:
        """The launcher's tasks are as the handover says, and its ends are stored."""
        self.closed.update(ended.slot for ended in handover.ended)
        self.checked(handover.checked)
        self.keep_queued(handover.queued)

    def _lose_all(self) -> list[m.AttemptLost | None]:
        """The events for a launcher that has just begun: Ray ends the tasks of a launcher that is dead.

        That costs no retry.
        """
        self.closed.update(self._given_up)
        gone = [Lost(slot=slot, kind=FailureKind.DRIVER_LOST, message=RELAUNCHED) for slot in self._state.slots]
        return [self.lose(item) for item in gone]

    def lose_silent(self, slot: str) -> m.AttemptLost | None:
        """The event for a slot whose task returned without a result, or None when it held no live attempt.

        It may hold one that it does not know of, because the driver's answer to its claim was lost, or one that it has
        not begun.
        """
        return self.lose(Lost(slot=slot, kind=FailureKind.DRIVER_LOST, message="its task has not begun it"))

    def check_holder(self, slot: str, event: m.Event) -> None:
        """Raise MessageError when ``slot`` reports the end of an attempt that another slot runs."""
        trial = self._state.trials.get(getattr(event, "number", -1))
        holder = None if trial is None else trial.slot or trial.lost_slot
        if trial is not None and holder not in (None, slot):
            raise MessageError(f"trial {trial.number} is not run by slot {slot!r}: the end it reported was refused.")

    def refuse_end(self, slot: str, why: str) -> m.AttemptEnded | None:
        """The event for a slot whose task has ended with a message that was refused, or None when it runs nothing."""
        self.closed.add(slot)
        number = self._state.slots.get(slot)
        if number is None:
            return None
        failure = m.Failure(error=f"MessageError: the attempt's end was refused: {clip(why, MAX_ERROR - 100)}")
        attempt = self._state.trials[number].attempt
        return m.AttemptEnded(
            number=number, attempt=attempt, outcome=m.Outcome.FAIL, failure=failure
        )

    def _is_overdue(self, number: int, grace: float = 0.0) -> bool:
        begun = self._begun.get((number, self._state.trials[number].attempt))
        if self.trial_timeout is None or begun is None or self._is_unheard(number):
            return False
        return self._awake() > begun + self.trial_timeout + grace

    def _loss(self, number: int, attempt: int, kind: FailureKind, message: str, **words: Any) -> m.AttemptLost:
        if kind in _PERHAPS_TIMEOUT and self._is_overdue(number):
            kind, message = FailureKind.TIMEOUT, f"no result within {self.trial_timeout:g} s; {message}"
        return m.AttemptLost(number=number, attempt=attempt, kind=kind, message=message, **words)


def _nobodys(lost: Lost, n: int) -> Lost:
    if lost.kind in (FailureKind.DRIVER_LOST, FailureKind.STOPPED):
        return lost
    why = f"{lost.kind.value}; its task held {n} trials, and one of them ran: no retry is counted. {lost.message}"
    return replace(lost, kind=FailureKind.DRIVER_LOST, message=why)


__all__ = ["OVERDUE_GRACE", "Slots"]
