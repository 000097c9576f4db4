"""The launcher owns the trial tasks (law 11): it asks the driver how many to keep queued, submits them, watches them,
and hands back how each ended. It keeps no state of the study and decides nothing. It runs in the script's own thread.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import ray

from ...core.encoding import event_from_json
from ...core.messages import Failure, FailureKind
from ...exceptions import MessageError, RaytuneLiteError, StudyAbortedError, TrialFailedError
from ...trial import TrialState
from . import cluster
from .autopsy import Words, last_words
from .terms import Lost, Plan

GATHER = 0.015  # seconds to gather ended tasks before one call hands them all over, where they end that fast
LOOK_AHEAD = 4  # tasks queued beyond what runs, so that a freed slot finds the next one and an autoscaler sees demand;
LOOK_AHEAD_SECONDS = 0.1  # more where trials are short: as many as end in this time,
LOOK_AHEAD_MOST = 64  # within bounds
# Ends a second above which trials are claimed in the launcher's own call, a moment before their tasks are submitted:
# they start within LOOK_AHEAD_SECONDS, so hardly anything fresher can come up, and each saves a round trip.
SHORT_TRIALS = 50.0
POLL = 0.25  # seconds between looks when nothing ends
DRAIN_PATIENCE = 10.0  # seconds a driver has, at the end of a run, to store what there is left to tell
STOP_GRACE = 5.0  # seconds an interrupted objective has to notice, before its task is killed
TRACEBACKS_SHOWN = 3  # caught failures shown whole; the database keeps them all
STUCK_NOTICE = 30.0  # seconds between notices that nothing can be scheduled

Returned = tuple[str, bytes, bool, bool]  # a task's slot, and its Result that is not None


def slot_of(ref: Any) -> str:
    """The name of a task's slot: Ray's own id of the task, which the task knows too."""
    return str(ref.task_id().hex())


class Launcher:
    """One run's loop over its tasks."""

    def __init__(
        self,
        driver: Any,
        task: Any,
        request: Mapping[str, Any],
        *,
        study_name: str,
        max_concurrent: int | None,
        watch: Callable[[Plan], object],
        with_trials: bool,
        notice: Callable[[str], None],
    ) -> None:
        self.driver, self.task, self.request, self.study_name = driver, task, request, study_name
        self.max_concurrent, self.watch, self.with_trials = max_concurrent, watch, with_trials
        self.notice = notice
        self.tasks: dict[Any, str] = {}  # ref -> slot
        self._given_up: list[Lost] = []  # tasks that nobody waits for any more, to be told to the driver
        self.failed: TrialFailedError | None = None
        self._shown = 0
        self._window = 0
        self._window_until = 0.0
        self._ends, self._counted = 0.0, time.monotonic()
        self._ahead = 0
        self._quiet_since = time.monotonic()

    def run(self) -> None:
        """Keep tasks queued until the run is over.

        Raises:
            TrialFailedError: an objective raised what ``catch`` does not list.
        """
        plan = self._hand_over([], [])
        while not plan.over:
            self._submit(plan)
            ended, lost = self._gather()
            given_up, self._given_up = self._given_up, []
            plan = self._hand_over(ended, [*self._with_last_words(lost), *given_up], self._slots_ahead())
            if self.failed is not None:
                raise self.failed
            if plan.aborted:
                raise StudyAbortedError(self.study_name, plan.aborted)
            self._watch_for_standstill(bool(ended))

    def drain(self, grace: float = STOP_GRACE) -> None:
        """Tell running attempts to stop, hand over what they return, kill those that do not notice.

        Raises nothing for a driver that cannot store it any more: whatever ends the run is not to be hidden by that.
        """
        with contextlib.suppress(ray.exceptions.RayError):
            ray.get(self.driver.interrupt.remote(), timeout=DRAIN_PATIENCE)
        give_up = time.monotonic() + grace
        while self.tasks and time.monotonic() < give_up:
            ended, lost = self._gather()
            if (ended or lost) and not self._hand_over_last(ended, lost):
                break
        for ref in list(self.tasks):
            ray.cancel(ref, force=True)
        slots, self.tasks = list(self.tasks.values()), {}
        if slots:
            gone = [Lost(slot=slot, kind=FailureKind.DRIVER_LOST, message="interrupted") for slot in slots]
            self._hand_over_last([], gone)

    def _hand_over_last(self, ended: list[Returned], lost: list[Lost]) -> bool:
        try:
            self._hand_over(ended, lost, timeout=DRAIN_PATIENCE)
        except ray.exceptions.RayError as error:
            why = getattr(error, "cause", None) or type(error).__name__
            self.notice(f"{len(ended) + len(lost)} end(s) could not be stored ({why}); the next run goes on with them.")
            return False
        return True

    def _submit(self, plan: Plan) -> None:
        for ref in [ref for ref, slot in self.tasks.items() if slot in plan.given_up]:
            ray.cancel(ref, force=True)  # it may hang, or be cut off; if it can be reached, this frees its resources
            # if it cannot, its ref is never ready: it must not keep a place from the trial's next attempt
            kind = FailureKind.LEASE_EXPIRED
            self._given_up.append(Lost(slot=self.tasks.pop(ref), kind=kind, message="its attempt was given up"))
        bound = self._bound()
        wanted = bound if plan.wanted is None else min(plan.wanted, bound)
        for slot, assignment in plan.bound:
            self.tasks[self.task.remote(assignment)] = slot
        for _ in range(0 if self._trials_are_short() else wanted - len(self.tasks)):
            ref = self.task.remote()
            self.tasks[ref] = slot_of(ref)

    def _trials_are_short(self) -> bool:
        return self._ends > SHORT_TRIALS

    def _slots_ahead(self) -> list[str]:
        """Slots to be bound to trials before their tasks are submitted: where trials are short, and then only."""
        n = self._bound() - len(self.tasks) if self._trials_are_short() else 0
        self._ahead += max(0, n)
        return [f"ahead-{self._ahead - i}" for i in range(n)]

    def _bound(self) -> int:
        if self.max_concurrent is not None:
            return self.max_concurrent
        if time.monotonic() > self._window_until:  # the cluster may have grown
            self._window, self._window_until = cluster.capacity(self.request), time.monotonic() + 5.0
        return self._window + min(LOOK_AHEAD + int(self._ends * LOOK_AHEAD_SECONDS), LOOK_AHEAD_MOST)

    def _gather(self) -> tuple[list[Returned], list[Lost]]:
        if not self.tasks:
            time.sleep(POLL)
            self._count_ends(0)
            return [], []
        refs = list(self.tasks)
        ready, _ = ray.wait(refs, num_returns=1, timeout=POLL, fetch_local=False)
        if ready and self._ends * GATHER > 1:
            time.sleep(GATHER)
        if ready and len(refs) > 1:
            ready, _ = ray.wait(refs, num_returns=len(refs), timeout=0, fetch_local=False)
        self._count_ends(len(ready))
        return self._collect(ready)

    def _count_ends(self, n: int) -> None:
        """Keep ``_ends``, the tasks that ended a second, over about the last second."""
        now = time.monotonic()
        passed, self._counted = now - self._counted, now
        share = min(1.0, passed)
        self._ends += share * (n / max(passed, 1e-6) - self._ends)

    def _collect(self, ready: list[Any]) -> tuple[list[Returned], list[Lost]]:
        """What ended tasks returned, and which were lost."""
        try:
            results = ray.get(ready)  # one call for all, unless one of them was lost
        except ray.exceptions.RayError:
            return self._collect_singly(ready)
        slots = [self.tasks.pop(ref) for ref in ready]
        return [(slot, *result) for slot, result in zip(slots, results, strict=True) if result is not None], []

    def _collect_singly(self, ready: list[Any]) -> tuple[list[Returned], list[Lost]]:
        ended: list[Returned] = []
        lost: list[Lost] = []
        for ref in ready:
            try:
                result = ray.get(ref)
            except ray.exceptions.RayError as error:
                slot = self.tasks.pop(ref)  # before _loss_kind, which raises what ends the run
                lost.append(Lost(slot=slot, kind=_loss_kind(error), message=_last_words(error)))
                continue
            slot = self.tasks.pop(ref)
            if result is not None:
                ended.append((slot, *result))
        return ended, lost

    def _with_last_words(self, lost: list[Lost]) -> list[Lost]:
        """Losses with what their processes said at the end, as far as that can be known."""
        crashed = [item.slot for item in lost if item.kind in (FailureKind.WORKER_CRASH, FailureKind.OUT_OF_MEMORY)]
        if not crashed:
            return lost
        places = ray.get(self.driver.whereabouts.remote(crashed))
        found = {slot: last_words(*place) for slot, place in zip(crashed, places, strict=True)}

        def with_words(item: Lost) -> Lost:
            words = found.get(item.slot, Words())
            return replace(item, kind=words.kind(item.kind), exit_code=words.exit_code, last_words=words.text)

        return [with_words(item) for item in lost]

    def _hand_over(
        self, ended: list[Returned], lost: list[Lost], slots: Sequence[str] = (), timeout: float | None = None
    ) -> Plan:
        messages = [(slot, message) for slot, message, _, _ in ended]
        plan: Plan = ray.get(self.driver.plan.remote(messages, lost, slots, self.with_trials), timeout=timeout)
        for _, message, failed, caught in ended:
            if failed:
                with contextlib.suppress(MessageError):  # the driver has refused it, and failed the trial
                    event = event_from_json(message)
                    if getattr(event, "failure", None) is not None:
                        self._note_failure(event, caught, plan)
        self.watch(plan)
        return plan

    def _note_failure(self, event: Any, caught: bool, plan: Plan) -> None:
        """Show the failure of a trial for good; keep it to be raised when ``catch`` does not list it."""
        failure: Failure = event.failure
        if plan.states.get(event.number) != TrialState.FAIL:  # it is tried again
            if failure.kind is FailureKind.CHECKPOINT_CORRUPT:
                self.notice(f"trial {event.number} goes back to the checkpoint before: {failure.error}")
            return
        if not caught:
            self.failed = self.failed or TrialFailedError(
                event.number, event.attempt, failure.error, failure.traceback
            )
            return
        self._shown += 1
        text = failure.traceback.rstrip() if self._shown <= TRACEBACKS_SHOWN else failure.error
        self.notice(f"trial {event.number} (attempt {event.attempt}) failed: {text}")

    def _watch_for_standstill(self, progressed: bool) -> None:
        """Never hang silently: say so when tasks wait and none of them can be placed."""
        now = time.monotonic()
        if progressed or not self.tasks:
            self._quiet_since = now
        elif now - self._quiet_since > STUCK_NOTICE:
            self._quiet_since = now
            reason = cluster.infeasible(self.request)
            if reason:
                self.notice(f"{len(self.tasks)} trial(s) wait: {reason}")


def _loss_kind(error: Exception) -> FailureKind:
    if isinstance(error, ray.exceptions.OutOfMemoryError):
        return FailureKind.OUT_OF_MEMORY
    if isinstance(error, (ray.exceptions.NodeDiedError, ray.exceptions.LocalRayletDiedError)):
        return FailureKind.NODE_LOST
    if isinstance(error, ray.exceptions.RayTaskError):
        cause = error.cause
        raise RaytuneLiteError(
            f"a worker could not run the objective at all: {type(cause).__name__}: {cause}\nIf a module is missing "
            'there, ship it: ray job submit --working-dir ., or resources={"runtime_env": {"py_modules": [...]}}.'
        ) from error
    return FailureKind.WORKER_CRASH


def _last_words(error: Exception) -> str:
    return next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)[:500]


__all__ = ["Launcher"]
