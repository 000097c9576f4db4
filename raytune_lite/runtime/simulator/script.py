"""The simulated script: it starts the driver actor and runs the true Launcher over simulated tasks.

Also the user, who presses Ctrl-C, asks for trials while the run goes on, and starts the same command again.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

from ...core import messages as m
from ...exceptions import RaytuneLiteError
from ...trial import TrialState
from ..config import RunConfig
from ..handover import Plan, Standing
from ..launcher import Launcher
from ..pace import Pace
from ..task import Result
from ..virtual.host import HEAD, SimulatedHost
from ..virtual.world import Process, Thread, World
from ..worker_settings import WorkerSettings
from .actor import Actor, ActorCalls, Open
from .cluster import Cluster
from .groups import SimulatedGroups
from .pruners import STUDY_NAME
from .scenario import Scenario
from .tasks import SimulatedTasks
from .worker import Actors, Worker

POLL = 1.0  # seconds between the launcher's looks when nothing ends
AFTERMATH = 70.0  # seconds after the last fault for which a process or the database may still hang
PATIENCE = 30.0  # seconds until a script has its study or is refused, when nothing fails
CLOSE_PATIENCE = 4.0  # seconds a driver has to give its study back
KEEPS = 0.5  # probability that the next run is one of the same script, which has kept its driver process


class Script:
    """One run of the command. ``outcome``: "" while it runs, then "over", "interrupted", or what ended it.

    A run may use the driver process of an earlier one, as the runs of one script do. ``number``: of the run.
    ``before``: the process of the same run that was killed: a detached one, which Ray restarts.
    """

    def __init__(
        self, cluster: Cluster, number: int, config: RunConfig, database: Open, before: Script | None = None
    ) -> None:
        self.life: int = 1 if before is None else before.life + 1
        self.restarts = False  # whether the run is detached, and its process will be restarted
        self.world: World = cluster.world
        self.cluster, self.name, self.config, self._database = cluster, config.run, config, database
        self.scenario: Scenario = cluster.scenario
        self.process = Process(self.world, self.name)
        self.process.on_death.append(self._dies)
        self.actors = Actors()
        self.drivers: list[Actor] = []
        self.outcome = ""
        self._closing = False
        self._notified: set[int] = set()  # trials whose end the user was notified of in this run; membership only
        self._plans = 0  # that were asked for
        self._known_before: int | None = None  # trials that had ended when the run began
        self._known = 0
        # of the user, who is there also while the script's process is restarted
        self._n_requests: int = 0 if before is None else before._n_requests
        self._has_paused: bool = before is not None and before._has_paused
        self._calls = ActorCalls(self.world, self.actors.current, cluster.auditor, number, config)
        self._settings: WorkerSettings | None = None
        self.began_at: float = SimulatedHost(self.process).elapsed() if before is None else before.began_at
        again = f"life-{self.life}" if before is not None else ""
        self._launcher_name = again
        name = f"{self.name}/{again}" if again else self.name
        kind = SimulatedGroups if self.scenario.ranks > 1 else SimulatedTasks
        self.tasks: SimulatedTasks | SimulatedGroups = kind(cluster, self.process, self._run_task, name)
        self._calls.asks = self.tasks.turns.asked
        self._main_thread: Thread = self.process.start(self._main)

    @property
    def actor(self) -> Actor | None:
        """The driver that Ray knows now."""
        return self.actors.now

    # --- the actor ---------------------------------------------------------------------------------------------------

    def start_driver(self) -> None:
        """Ray starts the actor, or restarts it: a process of its own, with a clock of its own."""
        if self._closing or not self.process.alive:
            return
        world, cluster = self.world, self.cluster
        skew = world.between("skew", -30.0, 30.0) if world.strikes("clock is skewed") else 0.0
        name = f"{self.name}/driver-{len(self.drivers) + 1}"
        world.note("start", name, f"clock {skew:+.1f} s")
        node = "elsewhere" if world.strikes("driver begins on another machine", name) else HEAD
        self._use(Actor(world, name, self._database, cluster.disk, cluster.auditor, skew, node))

    def _take_driver(self) -> None:
        """A process that an earlier run of this script has left, else a new one."""
        while self.cluster.kept and self.life == 1:
            kept = self.cluster.kept.pop()
            if kept.process.alive:
                self.world.note("start", kept.name, f"hosts {self.name}")
                self._use(kept)
                return
        self.start_driver()

    def _use(self, actor: Actor) -> None:
        actor.process.on_death.append(lambda: self._driver_died(actor))
        self.drivers.append(actor)
        self.actors.by_key[actor.name.encode()] = self.cluster.actors[actor.name] = actor
        self.actors.now = actor
        self.process.start(lambda: self._calls.host(actor))

    def _driver_died(self, actor: Actor) -> None:
        if actor is self.actors.now and not self._closing:
            self.actors.now = None
            self.world.after(self.world.between("restart", 0.2, 4.0), self.start_driver)

    # --- the run -----------------------------------------------------------------------------------------------------

    def interrupt(self) -> None:
        """Ctrl-C."""
        if self._closing:
            return
        self.world.interrupt(self._main_thread, KeyboardInterrupt())

    def _main(self) -> None:
        try:
            self._run()
            outcome = "over"
        except KeyboardInterrupt:
            outcome = "interrupted"
        except Exception as error:  # noqa: BLE001  (whatever it is ends the script, and the user runs it again)
            outcome = f"{type(error).__name__}: {error}"
        self._finish(outcome)

    def _run(self) -> None:
        began = self.world.now
        # until the launcher begins, the driver counts from its own begin
        self.cluster.auditor.owners.opens(self.name, self.began_at + (self.config.timeout or math.inf))
        self._take_driver()
        try:
            self._settings = self._calls.open()
        finally:
            seconds, is_calm = self.world.now - began, began > self.world.calm_after + AFTERMATH
            late = f"{self.name} has waited {seconds:.0f} s for the study, or for a refusal"
            self.cluster.auditor.check(not is_calm or seconds <= PATIENCE, late)
        self.process.start(self._user)
        host, scenario = SimulatedHost(self.process), self.scenario
        if self.life == 1:
            self.began_at = host.elapsed()
        Launcher(
            self._calls,
            self.tasks,
            host,
            self,
            study_name=self.config.study_name,
            pace=Pace(host, 0.3 if scenario.claims_ahead else math.inf, scenario.task_seconds),
            poll=POLL,
            began_at=self.began_at,
            name=self._launcher_name,
        ).run()

    def _run_task(self, process: Process, slot: str, node: str, prefetched: Sequence[bytes]) -> Result:
        assert self._settings is not None
        return Worker(self.cluster, self.actors, self._settings, process, slot, node).run(prefetched)

    def _finish(self, outcome: str) -> None:
        self._closing = True
        self._check_the_end(outcome)
        actor = self.actors.now
        if actor is not None and self._calls.close(actor, CLOSE_PATIENCE) and self.world.draw("runs again") < KEEPS:
            self.cluster.kept.append(actor)
        self.world.note("end", self.name, f"{outcome:.200}")
        self.outcome = outcome
        self.process.kill("it has ended")

    def _check_the_begin(self) -> None:
        """No task was submitted yet, so no attempt is live, unless another run has the study."""
        auditor = self.cluster.auditor
        live = [number for number, facts in auditor.trials.items() if facts.live and auditor.run == self.name]
        auditor.check(not live, f"{self.name} begins, and trials {live} run that none of its tasks has")

    def _check_the_end(self, outcome: str) -> None:
        check, left = self.cluster.auditor.check, list(self.tasks.running)
        check(not left, f"{self.name} has ended ({outcome:.80}) and left tasks running: {left[:3]}")
        self.tasks.check_the_end()
        if outcome == "over":
            ended = self._known - (self._known_before or 0)
            n = len(self._notified)
            check(n == ended, f"{self.name}: {ended} trials have ended, {n} were reported")

    def _dies(self) -> None:
        self.outcome = self.outcome or "killed"
        self._closing = True
        for task in list(self.tasks.running.values()):  # Ray ends the tasks of a dead owner, not quite at once
            self.world.after(self.world.between("orphan", 0.01, 3.0), self.cluster.cancel, task)
        for driver in [driver for driver in self.drivers if driver not in self.cluster.kept]:
            self.world.after(self.world.between("orphan", 0.01, 3.0), driver.process.kill, "its script is dead")

    # --- who follows the run -----------------------------------------------------------------------------------------

    wants_trials = True

    @property
    def wants_standing(self) -> bool:
        """See ports.Observer: now and then."""
        self._plans += 1
        return self._plans % 7 == 0

    def update(self, plan: Plan) -> None:
        """See ports.Observer: what a user's callbacks would be called for."""
        if plan.standing is not None:
            self._check_standing(plan.standing)
        if self._known_before is None:
            self._known_before = plan.n_finished
            self._check_the_begin()
        self._known = plan.n_finished
        for trial in plan.finished:
            if self.world.strikes("callback is slow", self.name):
                self.world.sleep(self.world.between("slow callback", 1.0, 120.0))
            again = trial.number in self._notified
            self.cluster.auditor.check(not again, f"{self.name}: the end of trial {trial.number} is reported twice")
            self._notified.add(trial.number)

    def _check_standing(self, standing: Standing) -> None:
        """It names trials that the database has."""
        auditor, named = self.cluster.auditor, [best.number for best in standing.best]
        is_right = all(number in auditor.trials for number in named)
        auditor.check(is_right, f"{self.name}: the standing names {named}, not all of which are stored")

    def notice(self, text: str) -> None:
        """See ports.Observer."""
        self.world.note("notice", self.name, text.partition("\n")[0][:120])

    # --- what the user does meanwhile --------------------------------------------------------------------------------

    def _user(self) -> None:
        world = self.world
        if self._has_paused:
            self._unpause()
        for i in range(self.scenario.wishes):
            world.sleep(world.between("thinks", 0.1, 20.0))
            params, key = self.scenario.wish(world), f"{self.name}/{i}"
            if world.draw("ran elsewhere") < 0.3:
                state = world.choice("state there", (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL))
                values = self.scenario.result(world, "value there") if state is TrialState.COMPLETE else None
                self._ask(m.TrialAdded(number=None, state=int(state), values=values, params=params, key=key))
            else:
                fixed = tuple((p.name, json.dumps(p.distribution.to_external_repr(p.value))) for p in params)
                self._ask(m.TrialEnqueued(params=fixed, key=key))
        while world.now < world.calm_after:
            world.sleep(5.0)
            if world.strikes("study is stopped"):
                self._ask(m.StopRequested(reason="the user"))
            self._control()

    def _control(self) -> None:
        world, numbers = self.world, self.cluster.auditor.trials
        if numbers and world.strikes("user stops a trial"):
            number = world.choice("which trial", list(numbers))
            self._ask(m.TrialStopRequested(number=number, key=self._key(), grace=self._grace()))
        if world.strikes("user pauses the study"):
            self._has_paused = True
            self._ask(m.StudyPaused(key=self._key(), grace=self._grace()))
            self._unpause()
        if world.strikes("user changes the number of slots"):
            n = world.integer("slots", 1, 6)
            self._ask(m.SlotsResized(n_slots=n, key=self._key(), grace=self._grace()))
        if world.strikes("user extends the run"):
            self._ask(m.RunExtended(n_trials=world.integer("more", 1, 3), key=self._key()))

    def _unpause(self) -> None:
        self.world.sleep(self.world.between("paused for", 0.1, 40.0))
        self._ask(m.StudyUnpaused(key=self._key()))
        self._has_paused = False

    def _key(self) -> str:
        self._n_requests += 1
        return f"{self.name}/request-{self._n_requests}"

    def _grace(self) -> float:
        return self.world.choice("grace", (0.0, 3.0, 10.0, 30.0))

    def _ask(self, event: m.Event) -> None:
        try:
            self._calls.ask(event)
        except RaytuneLiteError as error:
            self.world.note("notice", self.name, f"the user's {type(event).__name__} is refused: {error}")


def config_of(scenario: Scenario, run: str, *, to_the_end: bool, storage: str) -> RunConfig:
    """A run of the study. ``to_the_end``: with no bound but the study's own."""
    return RunConfig(
        storage=storage,
        study_name=STUDY_NAME,
        run=run,
        sampler=scenario.sampler,
        pruner=scenario.pruner,
        n_trials=None if to_the_end else scenario.n_trials,
        timeout=scenario.timeout if run == "run-1" else None,
        max_trials=scenario.max_trials,
        retries=scenario.retries,
        durable=False,
        lease=scenario.lease,
        trial_timeout=scenario.trial_timeout,
        storage_patience=scenario.patience,
        secret=run.encode(),
        max_checkpoint_bytes=scenario.max_checkpoint_bytes,
        shares_gpus=scenario.shares_gpus,
        price=0.0 if scenario.binds_first else 3600.0,  # each attempt says its own
        max_cost=None if to_the_end else scenario.max_cost,
        moves_at=scenario.moves_at,
    )
