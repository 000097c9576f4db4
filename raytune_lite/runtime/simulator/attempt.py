"""The simulated worker process of one attempt: the true Trial and run_trial over a channel that fails.

The channel resends as ``RayChannel`` does, the heart beats as ``Heart`` does, and the objective is a loop with reports,
checkpoints and all that objectives do wrong.

Why greenlets: the true Trial blocks inside ``should_prune`` and ``save_checkpoint`` while virtual time passes. A model
of it, message by message, would have to copy its buffer, its order and its locks, and would miss the bugs in them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ...core import messages as m
from ...distributions import Distribution
from ...exceptions import (
    FencedError,
    RaytuneLiteError,
    StaleAttemptError,
    StorageError,
    StudyBusyError,
    TrialInvalid,
    TrialPruned,
)
from ..attempt import AttemptResult, run_trial
from ..failures import AttemptInterrupted, DriverGone
from ..trial import Trial
from .cluster import Cluster
from .driver import BUSY, Driver, Refused
from .host import SimulatedHost
from .network import BROKEN, ask
from .scenario import Scenario
from .storage import DiskStore
from .world import Process, World

BEAT = 2.0  # seconds between heartbeats
RPC_TIMEOUT = 4.0
WIRE_REST = 10.0


def is_deposed(reply: Any) -> bool:
    """Whether an answer says that its sender drives the study no longer."""
    return isinstance(reply, Refused) and isinstance(reply.error, (FencedError, StorageError, StudyBusyError))


class ObjectiveError(Exception):
    """What a simulated objective raises."""


class Attempt:
    """One task at work. ``actor``: the driver process that Ray knows now; ``told``: when it last took a delivery."""

    def __init__(
        self,
        cluster: Cluster,
        actor: Callable[[], Driver | None],
        process: Process,
        slot: str,
        node: str,
        bound: m.Assignment | None,
    ) -> None:
        self.cluster, self.actor = cluster, actor
        self.process, self.slot, self.node, self.bound = process, slot, node, bound
        self.world: World = process.world
        self.scenario: Scenario = cluster.scenario
        self.wire: Driver | None = actor()
        self.wire_rest = 0.0
        self.wire_broken = False
        self.answered = self.world.now
        self.told = self.world.now
        self.trial: Trial | None = None
        self.cut_off_until = 0.0

    # --- the channel -------------------------------------------------------------------------------------------------

    def suggest(self, number: int, attempt: int, name: str, distribution: Distribution) -> m.ParamValue:
        """See Channel."""
        event = m.ParamAsked(number=number, attempt=attempt, name=name, distribution=distribution)
        found: m.ParamValue = self._tell(event)[0]
        return found

    def report(self, number: int, attempt: int, progress: m.Progress) -> tuple[m.Decision, str | None]:
        """See Channel."""
        decision, stop = self._tell(m.Reported(number=number, attempt=attempt, progress=progress))
        self.told = self.world.now
        return decision, "the study was interrupted" if stop else None

    def _tell(self, event: m.Event) -> tuple[Any, bool]:
        while True:
            reply = self._by_wire(event)
            if is_deposed(reply):
                self.wire_broken, self.wire_rest, reply = True, self.world.now + WIRE_REST, BROKEN
            if reply is BROKEN:
                reply = self._by_actor(event)
            self.answered = self.world.now
            if reply is not BUSY:
                break
            self.world.sleep(0.3)
        if is_deposed(reply):
            raise DriverGone("the driver has lost the study")
        if isinstance(reply, Refused):
            ours = isinstance(reply.error, RaytuneLiteError)
            raise reply.error if ours else ValueError(str(reply.error))
        answer: tuple[Any, bool] = reply
        return answer

    def _ask(self, driver: Driver, event: m.Event) -> Any:
        if self.cut_off_until > self.world.now:
            self.world.sleep(RPC_TIMEOUT)
            return BROKEN
        return ask(self.world, type(event).__name__, lambda answer: driver.tell(answer, event), RPC_TIMEOUT)

    def _by_wire(self, event: m.Event) -> Any:
        if self.wire is None or self.world.now < self.wire_rest:
            return BROKEN
        reply = self._ask(self.wire, event)
        if reply is BROKEN:
            self.wire_broken, self.wire_rest = True, self.world.now + WIRE_REST
        return reply

    def _by_actor(self, event: m.Event) -> Any:
        while True:
            driver = self.actor()
            if driver is not None:
                reply = self._ask(driver, event)
                if reply is not BROKEN:
                    if self.wire_broken and driver is not self.wire and not is_deposed(reply):
                        self.wire, self.wire_rest, self.wire_broken = driver, 0.0, False
                    return reply
            if self.world.now > self.answered + self.scenario.lease:
                raise DriverGone("no answer from the driver for a whole lease")
            self.world.sleep(0.2)

    # --- the task ----------------------------------------------------------------------------------------------------

    def run(self) -> AttemptResult | None:
        """The task's body: what it returns to the launcher."""
        assignment = self.bound
        if assignment is None:
            try:
                assignment = self._tell(m.Claimed(slot=self.slot, node=self.node))[0]
            except DriverGone:
                return None
        if assignment is None:
            return None
        world, name = self.world, f"trial {assignment.number}, attempt {assignment.attempt}"
        start = f"from step {assignment.checkpoint.step}" if assignment.checkpoint else "from zero"
        world.note(self.process.name, f"begins {name} {start}")
        trial = self.trial = Trial(assignment, self, self.store, host=SimulatedHost(self.process))
        self.told = world.now
        self.process.start(self._beat)
        try:
            ended = run_trial(self._objective, trial, catch=(Exception,) if self.scenario.catch else ())
        except StaleAttemptError:
            return None
        finally:
            self.trial = None
        if world.strikes("worker dies before its end is delivered", name):
            self.process.kill("before its end is delivered")
        error = ended.failure.error if ended.failure else ""
        world.note(self.process.name, f"ends {name}: {ended.outcome.value} {error}")
        return ended

    def store(self) -> DiskStore:
        """A store of this process; each call makes one, as the task does."""
        return DiskStore(self.cluster.disk, self.process, self.cluster.auditor, self._die)

    def _die(self, fault: str) -> None:
        if self.world.strikes(fault, self.process.name):
            self.process.kill(fault)

    def _beat(self) -> None:
        while True:
            self.world.sleep(BEAT)
            trial = self.trial
            if trial is None:
                return
            try:
                trial.delivery.flush()
            except (Exception, AttemptInterrupted) as error:  # noqa: BLE001  (as in Heart.beat)
                if isinstance(error, AttemptInterrupted) and not isinstance(error, DriverGone):
                    continue
                if self.world.now - self.told > self.scenario.lease and self.trial is trial:
                    self.process.kill(f"its lease is over: {type(error).__name__}")

    # --- the objective -----------------------------------------------------------------------------------------------

    def _objective(self, trial: Trial) -> float:
        scenario = self.scenario
        params = scenario.suggest(trial)
        step = self._resume(trial, params)
        name = f"trial {trial.number}"
        while step < scenario.max_step:
            step += 1
            self.world.sleep(self.world.between("step takes", 0.5, 1.5) * scenario.step_seconds)
            self._suffer(trial, name)
            saves = scenario.save_every and step % scenario.save_every == 0
            if saves and scenario.saves_first:
                self._save(trial, params, step)
            trial.report(scenario.loss(params, step), step)
            if saves and not scenario.saves_first:
                self._save(trial, params, step)
            if trial.should_prune():
                raise TrialPruned
        if self.world.strikes("objective returns NaN", name):
            return math.nan
        return scenario.loss(params, scenario.max_step, is_result=True)

    def _resume(self, trial: Trial, params: dict[str, float]) -> int:
        directory = trial.load_checkpoint_dir()
        if directory is None:
            return 0
        number, step, saved = self.cluster.disk.published[str(directory)]
        if (number, step, saved) != (trial.number, trial.resumed_from_step, params):
            self.world.violate(f"trial {trial.number} {params} resumed from {(number, step, saved)}")
        return int(step)

    def _save(self, trial: Trial, params: dict[str, float], step: int) -> None:
        for _ in range(2 if self.world.draw("saves twice") < self.scenario.saves_twice else 1):
            with trial.checkpoint_dir(step) as directory:
                self.world.sleep(self.world.between("saving takes", 0.01, 0.3))
                self.store().write(directory, (trial.number, step, params))

    def _suffer(self, trial: Trial, name: str) -> None:
        world = self.world
        self._die("worker dies in its objective")
        if world.strikes("worker is cut off", name):
            self.cut_off_until = world.now + world.between("cut off for", 2.0, 2.0 * self.scenario.lease)
        if world.strikes("worker is stopped", name):
            self.process.pause(world.between("stopped for", 2.0, 3.0 * self.scenario.lease))
            world.sleep(0.0)
        if world.strikes("worker is stopped for good", name):
            self.process.pause(math.inf)
            world.sleep(0.0)
        if world.strikes("objective hangs", name):
            world.sleep(world.between("hangs for", 5.0, 4.0 * self.scenario.lease))
        if world.strikes("objective raises", name):
            self.cluster.auditor.raised.add((trial.number, trial.attempt))
            raise ObjectiveError("simulated")
        if world.strikes("objective finds its parameters invalid", name):
            raise TrialInvalid("simulated")
