"""The simulated objective: a loop with reports, checkpoints, and all that objectives do wrong."""

from __future__ import annotations

import math
from typing import Protocol

from ...exceptions import TrialInvalid, TrialPruned
from ...trial import TrialState
from ..trial import Trial
from ..virtual.world import Process
from .bucket import BucketStore
from .gpus import GpuOfProcess
from .scenario import Scenario
from .storage import DiskStore


class CutOff(Protocol):
    """Cuts a process off from the network for some seconds; ``until_given_up``: or until its attempt is given up."""

    def __call__(self, seconds: float, *, until_given_up: bool = False) -> None:
        """Begin now."""


class ObjectiveError(Exception):
    """What a simulated objective raises."""


def _alone(values: tuple[float, ...]) -> float | tuple[float, ...]:
    """As a user has them: a single objective's value is a number."""
    return values[0] if len(values) == 1 else values


class Objective:
    """One attempt's call of the objective.

    Args:
        scenario: the study.
        process: the worker.
        store: what stands for its files.
        cut_off: cuts the process off from the network.
        gpu: whose memory the objective takes; None: it needs none.
    """

    def __init__(
        self,
        scenario: Scenario,
        process: Process,
        store: DiskStore | BucketStore,
        cut_off: CutOff,
        gpu: GpuOfProcess | None = None,
    ) -> None:
        self._scenario, self._process, self._store, self._cut_off = scenario, process, store, cut_off
        self._gpu = gpu
        self._world = process.world

    def __call__(self, trial: Trial) -> float | tuple[float, ...]:
        """Run the trial to its end, or as far as the pruner lets it."""
        scenario, world, workers = self._scenario, self._world, self._store.auditor.workers
        if not workers.is_at(self._process, trial.number, trial.attempt):  # not the first one of its task
            workers.begins(self._process, trial.number, trial.attempt, is_prefetched=True)
        params = scenario.suggest(trial)
        name = f"trial {trial.number}"
        # what an attempt resumes from may be read when it has saved newer ones
        step = start = trial.resumed_from_step or 0
        loads_at = world.integer("loads after", 1, 4) if start and world.strikes("objective loads late", name) else 0
        if not loads_at:
            self._load(trial, params)
        is_done = False  # it has saved, and its node leaves
        while step < scenario.max_step:
            if is_done:
                world.violate(f"{name}, attempt {trial.attempt}: its node leaves, it has saved, and it goes on")
            step += 1
            world.sleep(world.between("step takes", 0.5, 1.5) * scenario.step_seconds)
            if self._gpu is not None:
                self._gpu.take(params)
            self._suffer(trial, name)
            if scenario.reads and world.draw("reads finished trials") < scenario.reads:
                self._read(trial, params)
            heeds = scenario.save_every and scenario.heeds_nodes
            saves = scenario.save_every and (step % scenario.save_every == 0 or (heeds and trial.should_checkpoint()))
            if saves and scenario.saves_first:
                self._save(trial, params, step)
            if scenario.sets_attrs:
                trial.set_user_attr("steps", step)
                trial.storage.set_trial_system_attr(trial._trial_id, "library:steps", step)
                if "late" not in trial.constraints:  # the first value stands, also in the next attempt
                    trial.set_constraint("late", params["x"] - 0.5)
            trial.report(_alone(scenario.values(params, step)), step)
            if saves and not scenario.saves_first:
                self._save(trial, params, step)
            is_done = bool(saves) and trial.delivery.is_leaving
            if step == start + loads_at:
                self._load(trial, params)
            if trial.should_prune():
                if trial.number % 2:
                    raise TrialPruned(_alone(scenario.values(params, scenario.max_step, is_result=True)))
                raise TrialPruned
        if world.strikes("objective returns NaN", name):
            return _alone((math.nan,) * len(scenario.directions))
        return _alone(scenario.values(params, scenario.max_step, is_result=True))

    def _read(self, trial: Trial, params: dict[str, float]) -> None:
        """What has ended is judged where it arrives; here that the trial itself is among the others, once."""
        others = trial.study.get_trials(deepcopy=False)
        numbers = [other.number for other in others]
        own = [(other.state, other.params) for other in others if other.number == trial.number]
        if own != [(TrialState.RUNNING, params)] or numbers != sorted(set(numbers)):
            self._world.violate(f"trial {trial.number} {params} reads {numbers}, and itself as {own}")

    def _load(self, trial: Trial, params: dict[str, float]) -> None:
        directory = trial.load_checkpoint_dir()
        if directory is None:
            return
        number, step, saved = self._store.content(directory)
        is_parents = trial.parent is not None and number == trial.parent
        owner, own = (trial.parent, self._store.auditor.trials[number].params) if is_parents else (trial.number, params)
        if (number, step, saved) != (owner, trial.resumed_from_step, own):
            self._world.violate(f"trial {trial.number} {params} resumed from {(number, step, saved)}")

    def _save(self, trial: Trial, params: dict[str, float], step: int) -> None:
        world = self._world
        for _ in range(2 if world.draw("saves twice") < self._scenario.saves_twice else 1):
            with trial.checkpoint_dir(step) as directory:
                world.sleep(world.between("saving takes", 0.01, 0.3))
                self._store.write(directory, (trial.number, step, params))
                written_at = world.now
            if self._store.publishes_beside:
                waited, auditor = world.now - written_at, self._store.auditor
                auditor.check(waited < 0.01, f"trial {trial.number} waits {waited:.1f} s for an upload")
                auditor.saves.saved(trial.number, trial.attempt, step, trial.delivery.newest)

    def _suffer(self, trial: Trial, name: str) -> None:
        world, lease = self._world, self._scenario.lease
        if world.strikes("worker dies in its objective", self._process.name):
            self._process.kill("worker dies in its objective")
        if world.strikes("worker is cut off", name):
            self._cut_off(world.between("cut off for", 2.0, 2.0 * lease))
        if world.strikes("worker is cut off until it is given up, and hangs", name):
            self._cut_off(2.0 * lease, until_given_up=True)
            world.sleep(world.between("hangs, cut off, for", 2.0 * lease, 4.0 * lease))
        if world.strikes("worker is stopped", name):
            self._process.pause(world.between("stopped for", 2.0, 3.0 * lease))
            world.sleep(0.0)
        if world.strikes("worker is stopped for good", name):
            self._process.pause(math.inf)
            world.sleep(0.0)
        if world.strikes("objective hangs", name):
            world.sleep(world.between("hangs for", 5.0, 4.0 * lease))
        if world.strikes("objective raises", name):
            self._store.auditor.raised.add((trial.number, trial.attempt))
            raise ObjectiveError("simulated")
        if world.strikes("objective runs out of memory", name):
            raise MemoryError("simulated")
        if world.strikes("objective finds its parameters invalid", name):
            raise TrialInvalid("simulated")
