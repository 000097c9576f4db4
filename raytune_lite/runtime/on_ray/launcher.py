"""The launcher owns the trial tasks (law 11): it asks the driver how many to keep queued, submits them, watches them,
and hands back how each ended. It keeps no state of the study and decides nothing. It runs in the script's own thread.
"""

from __future__ import annotations

import contextlib
import inspect
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import ray
from ray import cloudpickle
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from ...core.messages import Failure, LossKind, event_from_json
from ...exceptions import ObjectiveNotPicklableError, RaytuneLiteError, TrialFailedError
from ...trial import TrialState
from ..session import RunConfig
from . import cluster
from .driver import CONCURRENCY, Driver
from .task import NAMESPACE, Result, run_attempt
from .terms import Lost, Plan, Terms

GATHER = 0.015  # seconds to gather ended tasks before one call hands them all over, where they end that fast
LOOK_AHEAD = 4  # tasks queued beyond what runs, so that a freed slot finds the next one and an autoscaler sees demand;
LOOK_AHEAD_SECONDS = 0.1  # more where trials are short: as many as end in this time,
LOOK_AHEAD_MOST = 64  # within bounds
# Ends a second above which trials are claimed in the launcher's own call, a moment before their tasks are submitted:
# they start within LOOK_AHEAD_SECONDS, so hardly anything fresher can come up, and each saves a round trip.
SHORT_TRIALS = 50.0
POLL = 0.25  # seconds between looks when nothing ends
STOP_GRACE = 5.0  # seconds an interrupted objective has to notice, before its task is killed
TRACEBACKS_SHOWN = 3  # caught failures shown whole; the database keeps them all
STUCK_NOTICE = 30.0  # seconds between notices that nothing can be scheduled

def start_driver(config: RunConfig, *, pinned: bool) -> tuple[Any, Terms]:
    """Create the study's driver actor on this node and wait until it owns the study; returns its handle and terms.

    ``pinned``: it may not move to another node (SQLite and local checkpoints lie here). 0 CPUs; restarted for ever;
    calls in flight are sent again to the restarted actor.
    """
    here = ray.get_runtime_context().get_node_id()
    options = {
        "name": driver_name(config),
        "namespace": NAMESPACE,
        "num_cpus": 0,
        "max_concurrency": CONCURRENCY,
        "max_restarts": -1,
        "max_task_retries": -1,
        "scheduling_strategy": NodeAffinitySchedulingStrategy(here, soft=not pinned),
    }
    driver = ray.remote(Driver).options(**options).remote(config, here, ray.util.get_node_ip_address())
    return driver, ray.get(driver.ready.remote())


def driver_name(config: RunConfig) -> str:
    """One driver actor a run: the database, not the name, keeps a second one off the study."""
    return f"driver:{config.run}"


def build_task(
    objective: Callable[..., Any],
    catch: tuple[type[Exception], ...],
    name: str,
    terms: Terms,
    request: Mapping[str, Any],
) -> Any:
    """The remote function of this run, exported once. Ray never retries it: the ledger issues attempts."""

    def attempt(bound: bytes | None = None) -> Result:
        return run_attempt(objective, catch, name, terms, bound)

    options = dict(request)
    if options.get("num_gpus"):
        options["max_calls"] = 1  # a new process for each attempt: the GPU's memory is free when the task has ended
    elif ray.cluster_resources().get("GPU"):
        env = dict(options.get("runtime_env") or {})
        env["env_vars"] = {"CUDA_VISIBLE_DEVICES": "", **env.get("env_vars", {})}  # num_gpus=0 alone hides nothing
        options["runtime_env"] = env
    return ray.remote(max_retries=0, **options)(attempt)


def slot_of(ref: Any) -> str:
    """The name of a task's slot: Ray's own id of the task, which the task knows too."""
    return str(ref.task_id().hex())


def check_picklable(objective: Callable[..., Any]) -> None:
    """Refuse an objective that cannot travel.

    Raises:
        ObjectiveNotPicklableError: naming the variable at fault.
    """
    try:
        cloudpickle.dumps(objective)
    except Exception as error:  # noqa: BLE001  (pickling runs code of any class)
        culprit = _unpicklable_variable(objective)
        raise ObjectiveNotPicklableError(
            f"the objective {getattr(objective, '__qualname__', objective)!r} cannot be sent to a worker: {culprit} "
            f"({type(error).__name__}: {error}). Create that object inside the objective, or run with "
            'executor="inline".'
        ) from None


def _unpicklable_variable(objective: Callable[..., Any]) -> str:
    found: dict[str, Any] = {}
    unwrapped = inspect.unwrap(objective)
    function = unwrapped if inspect.isfunction(unwrapped) else type(objective).__call__
    with contextlib.suppress(TypeError):
        scope = inspect.getclosurevars(function)
        found = {**scope.globals, **scope.nonlocals}
    found.update({f"self.{k}": v for k, v in getattr(objective, "__dict__", {}).items()})
    for name, value in found.items():
        try:
            cloudpickle.dumps(value)
        except Exception:  # noqa: BLE001
            return f"its variable {name!r} of type {type(value).__name__} cannot be pickled"
    return "something it refers to cannot be pickled"


Returned = tuple[bytes, bool, bool]  # a task's Result that is not None


class Launcher:
    """One run's loop over its tasks."""

    def __init__(
        self,
        driver: Any,
        task: Any,
        request: Mapping[str, Any],
        *,
        max_concurrent: int | None,
        watch: Callable[[Plan], object],
        with_trials: bool,
        notice: Callable[[str], None],
    ) -> None:
        self.driver, self.task, self.request = driver, task, request
        self.max_concurrent, self.watch, self.with_trials = max_concurrent, watch, with_trials
        self.notice = notice
        self.tasks: dict[Any, str] = {}  # ref -> slot
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
            plan = self._hand_over(ended, lost, self._slots_ahead())
            if self.failed is not None:
                raise self.failed
            self._watch_for_standstill(bool(ended))

    def drain(self, grace: float = STOP_GRACE) -> None:
        """Tell running attempts to stop, hand over what they return, kill those that do not notice."""
        ray.get(self.driver.interrupt.remote())
        give_up = time.monotonic() + grace
        while self.tasks and time.monotonic() < give_up:
            ended, lost = self._gather()
            if ended or lost:
                self._hand_over(ended, lost)
        for ref in list(self.tasks):
            ray.cancel(ref, force=True)
        slots, self.tasks = list(self.tasks.values()), {}
        self._hand_over([], [Lost(slot=slot, kind=LossKind.DRIVER_LOST, message="interrupted") for slot in slots])

    def _submit(self, plan: Plan) -> None:
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
        for ref in ready:
            del self.tasks[ref]
        return [result for result in results if result is not None], []

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
            del self.tasks[ref]
            if result is not None:
                ended.append(result)
        return ended, lost

    def _hand_over(self, ended: list[Returned], lost: list[Lost], slots: Sequence[str] = ()) -> Plan:
        messages = [message for message, _, _ in ended]
        plan: Plan = ray.get(self.driver.plan.remote(messages, lost, slots, self.with_trials))
        for message, failed, caught in ended:
            if failed:
                self._note_failure(event_from_json(message), caught, plan)
        self.watch(plan)
        return plan

    def _note_failure(self, event: Any, caught: bool, plan: Plan) -> None:
        """Show the failure of a trial for good; keep it to be raised when ``catch`` does not list it."""
        if plan.states.get(event.number) != TrialState.FAIL:
            return  # it is tried again
        failure: Failure = event.failure
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


def _loss_kind(error: Exception) -> LossKind:
    if isinstance(error, ray.exceptions.OutOfMemoryError):
        return LossKind.OUT_OF_MEMORY
    if isinstance(error, (ray.exceptions.NodeDiedError, ray.exceptions.LocalRayletDiedError)):
        return LossKind.NODE_LOST
    if isinstance(error, ray.exceptions.RayTaskError):
        cause = error.cause
        raise RaytuneLiteError(
            f"a worker could not run the objective at all: {type(cause).__name__}: {cause}\nIf a module is missing "
            'there, ship it: ray job submit --working-dir ., or resources={"runtime_env": {"py_modules": [...]}}.'
        ) from error
    return LossKind.WORKER_CRASH


def _last_words(error: Exception) -> str:
    return next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)[:500]


@contextlib.contextmanager
def driving(config: RunConfig, *, pinned: bool) -> Iterator[tuple[Any, Terms]]:
    """A driver actor for the length of a run; the study is given back at the end, whatever happened."""
    driver, terms = start_driver(config, pinned=pinned)
    try:
        yield driver, terms
    finally:
        with contextlib.suppress(Exception):
            ray.get(driver.close.remote(), timeout=10)
        ray.kill(driver)


__all__ = ["Launcher", "build_task", "check_picklable", "driving", "start_driver"]
