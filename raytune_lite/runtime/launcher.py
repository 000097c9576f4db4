"""The launcher owns a run's tasks: it asks the driver how many to keep queued, submits them, watches them, and hands
over how each ended. It keeps no state of the study and decides nothing. It runs in the script's own thread, on Ray,
in the simulator and inline. Knows no Ray.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence

from ..core.messages import FailureKind
from ..exceptions import RaytuneLiteError, StudyAbortedError
from ..trial import TrialState
from .bound import BoundTrials
from .handover import Handover, Lost, Plan, Returned
from .host import Host
from .pace import Pace, share_out
from .ports import DriverCalls, Observer, Tasks
from .submitted import SubmittedSlots
from .telling import Standstill, Telling
from .tokens import AHEAD

POLL = 0.25  # seconds between looks when nothing ends
CAPACITY_INTERVAL = 5.0  # seconds between two looks at how many trials there is room for
LEAVING_INTERVAL = 2.0  # seconds between two looks at which nodes will soon be gone
DRAIN_PATIENCE = 10.0  # seconds a driver has, at the end of a run, to store what there is left to report
DISMISS_PATIENCE = 0.5  # seconds that idle tasks have, when a run is over, to be answered that there is nothing
STOP_GRACE = 5.0  # seconds an interrupted objective has to notice, before its task is killed
WAY_ON = "Run the same command again to go on: interrupted trials continue from their checkpoints."
WAY_ON_WITHOUT_STORAGE = (
    "The study has no storage (storage=None), so it ends with this process; until then optimize() goes on with it. "
    'To go on another time, pass storage="sqlite:///study.db" and load_if_exists=True.'
)


class Launcher:
    """One run's loop over its tasks.

    Args:
        driver: of this run.
        tasks: what runs the trials.
        host: clock.
        observer: who follows the run.
        study_name: for messages.
        max_concurrent: tasks at once, or None for as many as there is room for.
        way_on: how to go on after Ctrl-C, for people.
        pace: how many tasks to queue, and how many trials to put into each. None: a new Pace(host).
        poll: seconds between looks when nothing ends.
        began_at: when the run began, by ``host.elapsed``; None: now. A launcher that is started again goes on with it.
        name: begins the names of slots that it claims for; another one than that of the run's launcher before.
    """

    def __init__(
        self,
        driver: DriverCalls,
        tasks: Tasks,
        host: Host,
        observer: Observer,
        *,
        study_name: str,
        max_concurrent: int | None = None,
        way_on: str = WAY_ON,
        pace: Pace | None = None,
        poll: float = POLL,
        began_at: float | None = None,
        name: str = "",
    ) -> None:
        self._driver, self._tasks, self._host, self._observer = driver, tasks, host, observer
        self._began_at = host.elapsed() if began_at is None else began_at
        self._ahead = f"{AHEAD}{name}-" if name else AHEAD
        self._begins = True  # until the driver has acknowledged it
        self._study_name, self._max_concurrent, self._poll = study_name, max_concurrent, poll
        self._way_on = way_on
        self._slots = SubmittedSlots()
        # what the driver has not acknowledged yet
        self._ended: list[Returned] = []
        self._lost: list[Lost] = []
        self._unexplained: dict[str, None] = {}  # slots whose tasks are lost, until it is known why
        self._prefetching: dict[str, None] = {}  # slots
        self._silent: tuple[str, ...] = ()  # slots that the last plan asks about
        self._checked: tuple[str, ...] = ()  # those, once the tasks have been looked at
        self._seen: int | None = None  # of the study's finished trials
        self._draining = False
        self._room, self._growth, self._room_until = 0, 0, -math.inf
        self._leaving: dict[str, float | None] = {}
        self._leaving_until = -math.inf
        self._at_once: int | None = None  # trials that may run at once, and have room
        self._pace = pace or Pace(host)
        self._prefetched, self._n_asked = 0, 0  # slots, in all and in the last call
        self._running = 0  # trials, by the last plan
        # one trial at a time: a callback may stop the run after it, or enqueue the next one
        self._callbacks_come_first = max_concurrent == 1 and observer.wants_trials
        self._bound_trials = BoundTrials(tasks, host)  # where tasks.binds_first
        self._telling = Telling(host, observer.notice)
        self._standstill = Standstill(host, observer.notice, tasks.blocked)

    def run(self) -> None:
        """Keep tasks queued until the run is over; whatever ends it earlier, drain them first.

        Raises:
            TrialFailedError: an objective raised what ``catch`` does not list. Inline it is that exception itself.
            StudyAbortedError: the run was given up.
            NoResultError: all of its trials returned what is no result.
            KeyboardInterrupt: after running trials were stopped and everything acknowledged was stored.
        """
        try:
            self._loop()
            self._dismiss()
        except KeyboardInterrupt as signal:
            self._stop_for_user(str(signal))
            raise
        except BaseException:
            self._drain()
            raise
        self._telling.finish(self._study_name)

    def _stop_for_user(self, signal: str) -> None:
        """Stop what runs, and say how to go on. A second Ctrl-C waits for nothing any more."""
        how = f" ({signal})" if signal else ""
        self._say(f"Interrupted{how}: telling running trials to stop; what was acknowledged is stored.")
        try:
            self._drain()
        except KeyboardInterrupt:
            self._say("Interrupted again: running trials were killed.")
        self._say(f"Stopped. {self._way_on}")

    def _loop(self) -> None:
        plan = self._hand_over()
        self._observer.update(plan)
        while not plan.over:
            self._submit(plan)
            self._gather()
            waits = self._callbacks_come_first and bool(self._ended or self._lost)
            plan = self._hand_over(prefetch=() if waits else self._slots_to_prefetch(plan))
            self._observer.update(plan)
            if self._telling.failed is not None:
                raise self._telling.failed
            if plan.aborted:
                raise StudyAbortedError(self._study_name, plan.aborted)

    # --- tasks -------------------------------------------------------------------------------------------------------

    def _submit(self, plan: Plan) -> None:
        if any(slot in self._slots for slot in plan.cancel):
            self._gather(0.0)  # an end that has come meanwhile counts, unless another attempt has begun
        for slot in plan.cancel:
            if slot in self._slots:  # else its loss was handed over, to a driver that has been restarted since
                self._cancel(slot, FailureKind.LEASE_EXPIRED, "its attempt was given up")
        for group in share_out(plan.prefetched, self._room, self._trials_a_task(plan)):
            task = self._tasks.submit(group)
            for item in group:
                self._slots.add(item.slot, task)
                self._prefetching.pop(item.slot, None)
                self._bound_trials.submitted(item.slot)
        if self._tasks.binds_first:
            return
        got_none = self._n_asked > 0 and not plan.prefetched  # the sampler takes long, say: tasks ask, and wait for it
        for _ in range(self._room_for(plan) if got_none or not self._prefetches() else 0):
            task = self._tasks.submit()
            self._slots.add(task, task)

    def _room_for(self, plan: Plan) -> int:
        """How many tasks to queue now."""
        n = max(self._bound(plan), self._growth) - self._slots.n_tasks
        return n if plan.wanted is None else min(n, plan.wanted - len(self._slots))

    def _cancel(self, slot: str, kind: FailureKind, message: str) -> None:
        """Kill a slot's task: it may hang, or be cut off. If it cannot be reached, it must not keep a place either."""
        task = self._slots[slot]
        self._tasks.cancel(task)
        for other in self._slots.end_task(task):
            self._bound_trials.ended(other)
            if other == slot:
                self._lost.append(Lost(slot=slot, kind=kind, message=message))
            else:
                message_there = f"its task had slot {slot}, too, and was killed: {message}"
                self._lost.append(Lost(slot=other, kind=FailureKind.DRIVER_LOST, message=message_there))

    def _prefetches(self) -> bool:
        return self._tasks.prefetches and self._pace.is_short and not self._callbacks_come_first

    def _trials_a_task(self, plan: Plan) -> int:
        """One, where somebody bounds what runs at once: each trial is chosen by the ends of those before it then."""
        is_bounded = self._max_concurrent is not None or plan.max_tasks is not None
        return self._pace.trials_a_task() if self._tasks.shares and not is_bounded else 1

    def _slots_to_prefetch(self, plan: Plan) -> tuple[str, ...]:
        """Slots that get their trials before their tasks are submitted: where trials are short, or must be known."""
        if self._tasks.binds_first:
            self._bound(plan)
            most = min(self._bounds(plan), default=None)
            n = self._bound_trials.claims(most, plan.wanted, len(self._slots), self._growth)
            return (*self._bound_trials.put_off, *self._new_slots(n))
        n_tasks = max(0, self._bound(plan) - self._slots.n_tasks) if self._prefetches() else 0
        n = n_tasks * self._trials_a_task(plan)
        if plan.wanted is not None:  # what there was to do a moment before; ends may have made a little more
            n = min(n, max(n_tasks, plan.wanted - len(self._slots)))
        self._n_asked = n
        return self._new_slots(n)

    def _new_slots(self, n: int) -> tuple[str, ...]:
        self._prefetched += n
        return tuple(f"{self._ahead}{self._prefetched - i}" for i in range(n))

    def _bounds(self, plan: Plan) -> list[int]:
        """What somebody has set for the number of tasks at once."""
        return [n for n in (self._max_concurrent, plan.max_tasks) if n is not None]

    def _bound(self, plan: Plan) -> int:
        """Tasks to keep queued or running at most."""
        if self._host.monotonic() > self._room_until:  # the cluster may have grown
            self._room, self._growth = self._tasks.capacity(), self._tasks.growth()
            self._room_until = self._host.monotonic() + CAPACITY_INTERVAL
        bounds = self._bounds(plan)
        self._at_once = min([*bounds, self._room])
        if bounds:
            self._growth = 0
            return min(bounds)
        return self._room + self._pace.tasks_beyond(self._trials_a_task(plan))

    def _gather(self, seconds: float | None = None) -> None:
        """Wait until tasks end, for ``seconds`` at most (None: until the next look), and note what became of them."""
        if not self._slots:
            self._host.sleep(self._poll if seconds is None else seconds)
            self._pace.note(())
            self._lost += self._explained([])
            self._checked = self._all_but_unexplained(self._silent)
            return
        timeout = self._poll if seconds is None else seconds
        ended, lost = self._tasks.wait(timeout, self._pace.gather)
        self._pace.note(ended, len(lost))
        for slot in [*(item.slot for item in ended), *(item.slot for item in lost)]:
            self._slots.end(slot)
            self._bound_trials.ended(slot)
        self._ended += ended
        self._lost += self._explained(lost)
        self._checked = self._all_but_unexplained(self._silent)
        if ended:
            self._standstill.moved()
        self._standstill.look(self._running, len(self._slots))

    def _explained(self, lost: list[Lost], *, at_once: bool = False) -> list[Lost]:
        """Losses that can be handed over: to find out why a worker died may take seconds, and holds nobody up."""
        if not lost and not self._unexplained:
            return []
        self._unexplained.update((item.slot, None) for item in lost)
        found = self._tasks.explain(lost, self._driver, at_once=at_once)
        for item in found:
            self._unexplained.pop(item.slot, None)
        return found

    def _all_but_unexplained(self, slots: tuple[str, ...]) -> tuple[str, ...]:
        """Of these, the ones of which nothing more is to be handed over."""
        return tuple(slot for slot in slots if slot not in self._unexplained) if self._unexplained else slots

    # --- the driver --------------------------------------------------------------------------------------------------

    def _hand_over(self, prefetch: Sequence[str] = (), timeout: float | None = None) -> Plan:
        """Hand over what the driver has not acknowledged, and return its plan."""
        # a call that ends in an exception may have been carried out: its prefetched trials are to be given back
        self._prefetching |= dict.fromkeys(prefetch)
        handover = Handover(
            ended=tuple(self._ended),
            lost=tuple(self._lost),
            prefetch=tuple(prefetch),
            seen=self._seen if self._observer.wants_trials else None,
            draining=self._draining,
            checked=self._checked,
            standing=self._observer.wants_standing,
            running=self._host.elapsed() - self._began_at,
            n_tasks=self._slots.n_tasks,
            room=self._at_once,
            blocked=self._standstill.blocked,
            leaving=self._nodes_that_leave(),
            binds=self._tasks.binds_first,
            queued=self._bound_trials.queued() if self._tasks.binds_first else (),
            begins=self._begins,
        )
        plan = self._driver.plan(handover, timeout)
        self._begins = False
        # those that it gave a trial are to be given back, too, until their tasks are submitted
        self._prefetching = {**{item.slot: None for item in plan.prefetched}, **dict.fromkeys(plan.put_off)}
        self._bound_trials.answered(plan)
        ended, lost, self._ended, self._lost = self._ended, self._lost, [], []
        self._seen, self._silent, self._checked = plan.n_finished, plan.silent, ()
        self._running = plan.counts.get(TrialState.RUNNING.name, 0)
        for item in ended:
            self._telling.ended(item, plan.failed)
        if not self._draining:
            self._telling.lost(lost)
        return plan

    def _nodes_that_leave(self) -> tuple[tuple[str, float | None], ...]:
        """As Handover.leaving. When one is new, the next look at how much room there is comes at once."""
        now = self._host.monotonic()
        if now >= self._leaving_until:
            known, self._leaving = self._leaving, self._tasks.leaving()
            self._leaving_until = now + LEAVING_INTERVAL
            if known.keys() != self._leaving.keys():
                self._room_until = -math.inf
        return tuple(self._leaving.items())

    # --- the end -----------------------------------------------------------------------------------------------------

    def _dismiss(self) -> None:
        """Let go of the tasks that are left when the run is over: they hold no trial, and must not look for one."""
        give_up = self._host.monotonic() + DISMISS_PATIENCE
        while self._slots and self._host.monotonic() < give_up:
            self._gather()
        for task in self._slots.tasks():
            self._tasks.cancel(task)
            self._slots.end_task(task)

    def _drain(self, grace: float = STOP_GRACE) -> None:
        """Tell running attempts to stop, hand over what they return, kill those that do not notice.

        Raises nothing for a driver that cannot store it any more: that must not hide what ended the run.
        """
        self._draining = True
        gone = FailureKind.DRIVER_LOST
        self._lost += [Lost(slot=slot, kind=gone, message="interrupted") for slot in self._prefetching]
        self._prefetching = {}
        can_store = True
        try:
            can_store = self._hand_over_last()
            give_up = self._host.monotonic() + grace
            while can_store and (self._slots or self._unexplained) and self._host.monotonic() < give_up:
                self._gather()
                if self._ended or self._lost:
                    can_store = self._hand_over_last()
            if can_store:
                self._gather(0.0)  # what has ended counts, also if this process was held up
        finally:  # a second Ctrl-C leaves no task behind either
            for slot in list(self._slots):
                if slot in self._slots:  # else its task is cancelled
                    self._cancel(slot, gone, "interrupted")
        self._lost += self._explained([], at_once=True)
        if can_store and (self._ended or self._lost):
            self._hand_over_last()

    def _say(self, text: str) -> None:
        """A notice while the run is being ended; there may be no terminal to print it on any more."""
        with contextlib.suppress(OSError):
            self._observer.notice(text)

    def _hand_over_last(self) -> bool:
        try:
            plan = self._hand_over(timeout=DRAIN_PATIENCE)
        except RaytuneLiteError as error:
            n = len(self._ended) + len(self._lost)
            if n:
                self._say(f"{n} end(s) could not be stored ({error}); the next run goes on with them.")
            return False
        try:
            self._observer.update(plan)
        except (Exception, SystemExit) as error:  # noqa: BLE001  (a callback's: it must not hide what ended the run)
            self._say(f"after the run was stopped, a callback raised {type(error).__name__}: {error}")
        return True


__all__ = ["Launcher"]
