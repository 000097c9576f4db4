"""The simulated script: it starts the driver actor, and its launcher owns the tasks, as ``runtime/on_ray/launcher.py``.

Also the user: starts the same command again when it has ended before the study has, sometimes too early.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ...core import messages as m
from ...distributions import FloatDistribution, IntDistribution
from ...exceptions import RaytuneLiteError
from ...trial import TrialState
from ..attempt import AttemptResult
from ..session import RunConfig
from .attempt import Attempt
from .cluster import Cluster, Task
from .driver import Driver, Open, Plan, Refused
from .network import BROKEN, ask
from .scenario import Scenario
from .world import Process, Signal, World

POLL = 1.0
PATIENCE = 10.0  # seconds the driver tries a failing database again
CALL_TIMEOUT = 8.0  # seconds until a call to the actor is sent again
LOOK_AHEAD = 2
STOP_GRACE = 5.0
AHEAD = 2.0  # seconds after an end in which trials are claimed ahead, in scenarios that do so at all


class Script:
    """One run of the command. ``outcome``: "" while it runs, then "over", "interrupted", or what ended it."""

    def __init__(self, cluster: Cluster, name: str, config: RunConfig, open_database: Open) -> None:
        self.world: World = cluster.world
        self.cluster, self.name, self.config, self.open_database = cluster, name, config, open_database
        self.scenario: Scenario = cluster.scenario
        self.process = Process(self.world, name)
        self.process.on_death.append(self._dies)
        self.actor: Driver | None = None
        self.drivers: list[Driver] = []
        self.outcome = ""
        self.began_at = self.world.now
        self.tasks: dict[str, Task] = {}
        self._ended: list[tuple[str, AttemptResult]] = []
        self._lost: list[tuple[str, m.FailureKind]] = []
        self._raised: list[Exception] = []
        self._news = Signal(self.world)
        self._n, self._ahead, self._ended_at = 0, 0, -AHEAD
        self.interrupted = False
        self._closing = False
        self.process.start(self._main)

    # --- the actor ---------------------------------------------------------------------------------------------------

    def start_driver(self) -> None:
        """Ray starts the actor, or restarts it: a process of its own, with a clock of its own."""
        if self._closing or not self.process.alive:
            return
        world = self.world
        skew = world.between("skew", -30.0, 30.0) if world.strikes("clock is skewed") else 0.0
        name = f"{self.name}/driver-{len(self.drivers) + 1}"
        world.note(name, f"starts, clock {skew:+.1f} s")
        auditor, disk = self.cluster.auditor, self.cluster.disk
        driver = Driver(
            world,
            name,
            self.config,
            self.open_database,
            disk,
            auditor,
            skew=skew,
            patience=PATIENCE,
            thinking=self.scenario.thinking,
        )
        driver.interrupted = False
        driver.process.on_death.append(lambda: self._driver_died(driver))
        self.drivers.append(driver)
        self.actor = driver

    def _driver_died(self, driver: Driver) -> None:
        if driver is self.actor and not self._closing:
            self.actor = None
            self.world.after(self.world.between("restart", 0.2, 4.0), self.start_driver)

    def _call(self, what: str, receive: Callable[[Driver, Callable[[Any], None]], None]) -> Any:
        """A call to the actor, sent again until it answers, as max_task_retries=-1 has it."""
        while True:
            driver = self.actor
            if driver is None:
                self.world.sleep(0.2)
                continue
            reply = ask(self.world, what, lambda answer, driver=driver: receive(driver, answer), CALL_TIMEOUT)  # type: ignore[misc]
            if isinstance(reply, Refused):
                raise reply.error
            if reply is not BROKEN:
                return reply

    # --- the run -----------------------------------------------------------------------------------------------------

    def _main(self) -> None:
        try:
            outcome = self._run()
        except Exception as error:  # noqa: BLE001  (whatever it is ends the script, and the user runs it again)
            outcome = f"{type(error).__name__}: {error}"
        self._finish(outcome)

    def _run(self) -> str:
        self.start_driver()
        self._call("ready", lambda driver, answer: driver.ask(answer, lambda session: session.epoch))
        self.process.start(self._user)
        try:
            self._launch()
        except KeyboardInterrupt:
            self._drain()
            return "interrupted"
        except Exception:
            self._drain()
            raise
        return "over"

    def _finish(self, outcome: str) -> None:
        self._closing = True
        driver = self.actor
        if driver is not None:
            ask(self.world, "close", lambda answer: driver.ask(answer, lambda _: driver.close(lambda _: None)), 4.0)
        self.world.note(self.name, f"ends: {outcome:.200}")
        self.outcome = outcome
        self.process.kill("it has ended")

    def _dies(self) -> None:
        self.outcome = self.outcome or "killed"
        self._closing = True
        for task in self.tasks.values():  # Ray ends the tasks of a dead owner, not quite at once
            self.world.after(self.world.between("orphan", 0.01, 3.0), self.cluster.cancel, task)
        for driver in self.drivers:
            self.world.after(self.world.between("orphan", 0.01, 3.0), driver.process.kill, "its script is dead")

    def _launch(self) -> None:
        plan = self._hand_over([])
        while not plan.over:
            self._submit(plan)
            if not (self._ended or self._lost or self._raised):
                self._news.clear()
                self._news.wait(POLL)
            if self.interrupted:
                raise KeyboardInterrupt
            if self._raised:
                raise RaytuneLiteError(f"a worker could not run the objective: {self._raised[0]!r}")
            plan = self._hand_over(self._slots_ahead())

    def _bound(self) -> int:
        return self.scenario.nodes * self.scenario.slots + LOOK_AHEAD

    def _trials_are_short(self) -> bool:
        return self.scenario.claims_ahead and self.world.now < self._ended_at + AHEAD

    def _slots_ahead(self) -> list[str]:
        n = self._bound() - len(self.tasks) if self._trials_are_short() else 0
        self._ahead += max(0, n)
        return [f"ahead-{self._ahead - i}" for i in range(n)]

    def _submit(self, plan: Plan) -> None:
        bound = self._bound()
        wanted = bound if plan.wanted is None else min(plan.wanted, bound)
        for slot, assignment in plan.bound:
            self._start_task(slot, assignment)
        for _ in range(0 if self._trials_are_short() else wanted - len(self.tasks)):
            self._n += 1
            self._start_task(f"{self.name}/task-{self._n}", None)

    def _start_task(self, slot: str, assignment: m.Assignment | None) -> None:
        def body(process: Process, node: str) -> AttemptResult | None:
            return Attempt(self.cluster, lambda: self.actor, process, slot, node, assignment).run()

        task = self.tasks[slot] = Task(slot, assignment, body, lambda result: self._returned(slot, result))
        self.cluster.submit(task)

    def _returned(self, slot: str, result: Any) -> None:
        if self.tasks.pop(slot, None) is None:
            return
        if isinstance(result, m.FailureKind):
            self._lost.append((slot, result))
        elif isinstance(result, Exception):
            self._lost.append((slot, m.FailureKind.WORKER_CRASH))
            self._raised.append(result)
        elif result is not None:
            self._ended.append((slot, result))
            self._ended_at = self.world.now
        self._news.set()

    def _hand_over(self, slots: list[str]) -> Plan:
        ended, lost = self._ended, self._lost
        self._ended, self._lost = [], []
        events = [(slot, end.event()) for slot, end in ended]
        plan: Plan = self._call("plan", lambda driver, answer: driver.plan(answer, events, lost, slots))
        for slot in plan.given_up:  # the attempt was given up, so its task may as well end
            task = self.tasks.pop(slot, None)
            if task is not None:
                self.cluster.cancel(task)
                self._lost.append((slot, m.FailureKind.LEASE_EXPIRED))
        uncaught = [end.number for _, end in ended if end.failure is not None and not end.caught]
        if any(number in plan.failed for number in uncaught):
            raise RaytuneLiteError("an objective raised")
        return plan

    def _drain(self) -> None:
        def interrupt(driver: Driver, answer: Callable[[Any], None]) -> None:
            driver.interrupted = True
            driver.ask(answer, lambda _: None)

        self._call("interrupt", interrupt)
        give_up = self.world.now + STOP_GRACE
        while self.tasks and self.world.now < give_up:
            self._news.clear()
            self._news.wait(POLL)
            if self._ended or self._lost:
                self._hand_over_draining()
        for slot, task in list(self.tasks.items()):
            self.cluster.cancel(task)
            self._lost.append((slot, m.FailureKind.DRIVER_LOST))
        self.tasks.clear()
        self._hand_over_draining()

    def _hand_over_draining(self) -> None:
        try:
            self._hand_over([])
        except RaytuneLiteError as error:
            if "raised" not in str(error):
                raise

    # --- what the user does meanwhile --------------------------------------------------------------------------------

    def _user(self) -> None:
        world = self.world
        for i in range(self.scenario.wishes):
            world.sleep(world.between("thinks", 0.1, 20.0))
            params, key = self._wish(), f"{self.name}/{i}"
            if world.draw("ran elsewhere") < 0.3:
                state = world.choice("state there", (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL))
                values = (round(world.draw("value there"), 1),) if state is TrialState.COMPLETE else None
                self._send(m.TrialAdded(number=None, state=int(state), values=values, params=params, key=key))
            else:
                fixed = tuple((p.name, json.dumps(p.distribution.to_external_repr(p.value))) for p in params)
                self._send(m.TrialEnqueued(params=fixed, key=key))
        while world.now < world.calm_after:
            world.sleep(5.0)
            if world.strikes("study is stopped"):
                self._send(m.StopRequested(reason="the user"))

    def _wish(self) -> tuple[m.ParamValue, ...]:
        grid = self.scenario.sampler.grid
        if grid is None:
            x = round(self.world.draw("wish"), 2)
            return (m.ParamValue(name="x", value=x, distribution=FloatDistribution(0.0, 1.0)),)
        cell = grid.params(self.world.integer("wished cell", 0, grid.size - 1))
        sizes = {name: len(values) for name, values in grid.axes}
        return tuple(
            m.ParamValue(name=name, value=float(value), distribution=IntDistribution(1, sizes[name]))
            for name, value in cell.items()
        )

    def _send(self, event: m.Event) -> None:
        try:
            self._call("send", lambda driver, answer: driver.receive(answer, event))
        except RaytuneLiteError as error:
            self.world.note(self.name, f"the user's {type(event).__name__} is refused: {error}")


def config_of(scenario: Scenario, run: str, *, to_the_end: bool, storage: str) -> RunConfig:
    """A run of the study. ``to_the_end``: with no bound but the study's own."""
    return RunConfig(
        storage=storage,
        study_name="simulated",
        run=run,
        sampler=scenario.sampler,
        pruner=scenario.pruner,
        n_trials=None if to_the_end else scenario.n_trials,
        max_trials=scenario.max_trials,
        retries=scenario.retries,
        durable=False,
        lease=scenario.lease,
        trial_timeout=scenario.trial_timeout,
    )
