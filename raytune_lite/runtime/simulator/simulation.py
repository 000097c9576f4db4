"""One history: a seed's study on a seed's cluster, from the first run to the last, with the weather between."""

from __future__ import annotations

import dataclasses
import itertools
import os
import shutil
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...core import messages as m
from ...core.trials import written
from ...storages.integrity import differences_of
from ...storages.memory import MemoryDatabase, MemoryStore
from ...storages.repository import Repository
from ...storages.store import Store
from ...trial import TrialState
from .. import leftovers
from ..virtual.host import T0, SimulatedHost
from ..virtual.world import Process, Strike, Violation, World
from . import scenario as scenarios
from .actor import Actor, AuditedSession
from .audit import Auditor
from .bucket import UPLOAD_SEEDS, Bucket
from .cluster import Cluster, Task
from .elsewhere import Elsewhere
from .gpus import GPU_SEEDS, GpuAuditor
from .groups import GROUP_SEEDS
from .script import Script, config_of
from .storage import FaultyRepository, lose_power

MAX_EVENTS = 400_000
MAX_TIME = max(scenarios.CALM_AFTER) + 4_000.0  # seconds of virtual time
WEATHER = 3.0  # seconds between occasions for the faults that come from outside
DETACHED = 0.5  # probability that a script that dies was the process of a detached run, which is restarted


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How a history ended.

    ``failure``: the invariant that did not hold, or "". ``transitions``: how often trials took each row of the table of
    states; the rows as text.
    """

    seed: int
    failure: str
    struck: tuple[Strike, ...]
    events: int
    commits: int
    runs: int
    seconds: float
    transitions: tuple[tuple[str, int], ...] = ()
    lines: tuple[str, ...] = ()


def sharing_gpus(drawn: scenarios.Scenario) -> scenarios.Scenario:
    """The same with GPUs that tasks share, and with more trials, so that some are left when the first were measured."""
    more = 20
    return dataclasses.replace(
        drawn,
        shares_gpus=True,
        claims_ahead=False,
        n_trials=None if drawn.n_trials is None else drawn.n_trials + more,
        max_trials=None if drawn.max_trials is None else drawn.max_trials + more,
    )


def with_ranks(drawn: scenarios.Scenario) -> scenarios.Scenario:
    """The same with trials of several processes, for one of which at least there is room."""
    ranks = 2 + drawn.max_step % 2  # drawn for something else
    return dataclasses.replace(drawn, ranks=ranks, slots=max(drawn.slots, -(-ranks // drawn.nodes)))


class Simulation:
    """Everything of one seed.

    Args:
        seed: of all chance.
        only, trace: see World.
        sql: on the true Repository and a SQLite file.
        scenario: this one instead of one that is drawn; then no fault strikes by itself.
    """

    def __init__(
        self,
        seed: int,
        *,
        only: Collection[Strike] | None = None,
        trace: bool = False,
        sql: bool = False,
        scenario: scenarios.Scenario | None = None,
    ) -> None:
        self.world = World(seed, {}, only=only, trace=trace)
        self.world.calm_after = self.world.choice("calm after", scenarios.CALM_AFTER)
        self.scenario = scenarios.draw(self.world, sql=sql) if scenario is None else scenario
        if seed >= GROUP_SEEDS:
            self.scenario = with_ranks(self.scenario)
        elif seed >= UPLOAD_SEEDS:
            self.scenario = dataclasses.replace(self.scenario, uploads=True, save_every=self.scenario.save_every or 1)
        elif seed >= GPU_SEEDS:
            self.scenario = sharing_gpus(self.scenario)
        self.world.note("scenario", "", repr(self.scenario))
        drawn = self.scenario
        limits = (drawn.lease, drawn.trial_timeout)
        auditor = GpuAuditor if drawn.shares_gpus else Auditor
        self.auditor = auditor(self.world, drawn.retries, drawn.referee(self.world), drawn.is_exact, limits)
        self.cluster = Cluster(self.world, self.scenario, self.auditor)
        self.scripts: list[Script] = []
        self.finished = False
        self.transitions: dict[str, int] = {}
        self._start_at = self._asleep_until = 0.0
        self._directory = ""
        self.storage = "simulated"
        self.database = MemoryDatabase()
        self.study = self.database.create_study("simulated", self.scenario.directions, now=T0)
        if sql:
            self._make_file()
        optuna = None if sql else (self.database, self.study)
        self.elsewhere = Elsewhere(self.cluster, self.open_database, self.storage, optuna)

    def _make_file(self) -> None:
        memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
        self._directory = tempfile.mkdtemp(prefix="rtl-simulated-", dir=memory)
        self.storage = f"sqlite:///{Path(self._directory) / 'study.db'}"
        repository = Repository.open(self.storage, durable=False)
        repository.create_study("simulated", self.scenario.directions, now=T0)
        repository.close()

    def open_database(self, process: Process) -> Store:
        """A store for one process."""
        if self.scenario.sql:
            return Repository.open(self.storage, durable=False)
        provable = self.scenario.provable
        return MemoryStore(
            self.database, process, is_dead=lambda one: provable and not one.alive, as_json=self.scenario.as_json
        )

    # --- the history -------------------------------------------------------------------------------------------------

    def run(self) -> Result:
        """Play it to its end."""
        failure = ""
        world = self.world
        world.at(0.0, self._supervise)
        world.at(WEATHER, self._weather)
        try:
            if not world.run(lambda: self.finished, max_events=MAX_EVENTS, max_time=MAX_TIME):
                world.violate(f"the study does not end: {self._standing()}")
            self._check_the_end()
        except Violation as violation:
            failure = str(violation)
        except Exception as error:  # noqa: BLE001  (an error that nobody handles is a find, too)
            failure = f"{type(error).__name__}: {error}"
            world.note("VIOLATION", "", failure)
        finally:
            world.close()
            if self._directory:
                shutil.rmtree(self._directory, ignore_errors=True)
        return Result(
            seed=world.seed,
            failure=failure,
            struck=tuple(world.struck),
            events=world.events,
            commits=self.auditor.commits,
            runs=len(self.scripts),
            seconds=world.now,
            transitions=tuple(self.transitions.items()),
            lines=tuple(world.lines or ()),
        )

    def _standing(self) -> str:
        states: dict[str, int] = {}
        for facts in self.auditor.trials.values():
            states[facts.state.name] = states.get(facts.state.name, 0) + 1
        return f"{states} after {self.world.now:.0f} s, {self.world.events} events and {len(self.scripts)} runs"

    def _supervise(self) -> None:
        """The user: as long as the study has not ended, the command is run again when it has."""
        world = self.world
        if world.now < self._asleep_until:
            world.at(self._asleep_until, self._supervise)
            return
        self.auditor.workers.look(world.now)
        alive = [script for script in self.scripts if not script.outcome]
        drivers = any(driver.process.alive and driver not in self.cluster.kept for driver in self._drivers())
        has_ended = bool(not alive and not drivers and self.scripts and self._has_ended(self.scripts[-1]))
        self.finished = has_ended and not self.elsewhere.busy
        if self.finished:
            return
        if not alive and not has_ended and world.now >= self._start_at:
            self._start_script()
            self._start_at = 0.0
        elif alive and len(alive) == 1 and world.now < world.calm_after and world.strikes("script has a double"):
            self._start_script()
        world.after(1.0, self._supervise)

    def _start_script(self) -> None:
        n, last = len(self.scripts) + 1, self.scripts[-1] if self.scripts else None
        if last is not None and last.restarts:
            self.world.note("start", last.name, "its process is restarted")
            self.scripts.append(Script(self.cluster, 1, last.config, self.open_database, last))
            return
        to_the_end = n > 1 or self.scenario.n_trials is None
        config = config_of(self.scenario, f"run-{n}", to_the_end=to_the_end, storage=self.storage)
        self.world.note("start", f"run-{n}", f"n_trials={config.n_trials}, max_trials={config.max_trials}")
        self.scripts.append(Script(self.cluster, n, config, self.open_database))

    def _drivers(self) -> list[Actor]:
        return list(dict.fromkeys(driver for script in self.scripts for driver in script.drivers))

    def _has_ended(self, script: Script) -> bool:
        if script.outcome == "over" and script.config.n_trials is None and not self.auditor.stopped:
            grid = self.scenario.total is None
            waiting = grid and any(facts.state is TrialState.WAITING for facts in self.auditor.trials.values())
            if script.name == self.auditor.run and not waiting:  # else it was asked for when the run was over
                return True
        if not self._start_at:
            self._start_at = self.world.now + self.world.between("user waits", 0.5, 10.0)
        return False

    def _weather(self) -> None:
        world = self.world
        if world.now >= world.calm_after:
            return
        world.after(WEATHER, self._weather)
        if world.now < self._asleep_until:
            return
        for script in [script for script in self.scripts if not script.outcome]:
            self._strike(script)
        for driver in self.cluster.kept:
            if world.strikes("driver is killed", driver.process.name):
                driver.process.kill("kill -9")
        for node in self.cluster.nodes:
            if node.back_at <= world.now and world.strikes("node is lost", node.name):
                self.cluster.lose_node(node)
            elif node.back_at <= world.now and not node.leaves and world.strikes("node is preempted", node.name):
                notice = world.choice("notice of", (0.5, 5.0, 30.0, 120.0))
                self.cluster.preempt(node, notice, is_told=world.draw("notice says when") < 0.7)
        disk = self.cluster.disk
        if (uris := disk.uris()) and world.strikes("checkpoint is damaged"):
            uri = world.choice("which checkpoint", uris)
            world.note("notice", "disk", f"{uri} is damaged")
            disk.damage(uri)
        if self.scenario.ranks > 1 and world.strikes("other work comes"):
            self._let_others_work()
        if isinstance(disk, Bucket) and world.strikes("bucket is away"):
            disk.away_until = world.now + world.between("away for", 2.0, 60.0)
        if world.strikes("checkpoint disk is full"):
            disk.full_until = world.now + world.between("full for", 2.0, 120.0)
        if not self.scenario.sql and world.strikes("power is cut"):
            self._cut_power()
        if world.strikes("machines are suspended"):
            self._suspend(world.between("suspended for", 5.0, 600.0))

    def _let_others_work(self) -> None:
        """Somebody else's task, which takes a place for a while."""
        seconds = self.world.between("other work takes", 0.5, 40.0)
        self.cluster.submit(Task("other", lambda *_: self.world.sleep(seconds), lambda _: None))

    def _suspend(self, seconds: float) -> None:
        """The laptop sleeps: every process stops, and no monotonic clock counts it."""
        self._asleep_until = self.world.now + seconds
        drivers = [driver.process for driver in self._drivers()]
        workers = [task.process for node in self.cluster.nodes for task in node.running if task.process is not None]
        for process in (*(script.process for script in self.scripts), *drivers, *workers):
            process.suspend(seconds)
        self.elsewhere.suspend(seconds)
        self.auditor.workers.suspended(seconds)
        self.auditor.owners.suspended(seconds)
        self.auditor.results.suspended(self.world.now, seconds)

    def _strike(self, script: Script) -> None:
        world, driver = self.world, script.actor
        if driver is not None and world.strikes("driver is killed", driver.process.name):
            driver.process.kill("kill -9")
        if driver is not None and world.strikes("driver is stopped", driver.process.name):
            driver.process.pause(world.between("driver stopped for", 1.0, 40.0))
        if driver is not None and world.strikes("driver has a double", driver.process.name):
            script.start_driver()  # Ray takes a partitioned actor for dead; the old one still talks to whom it reaches
        if driver is not None and world.strikes("clock is set", driver.process.name):
            driver.host.skew += world.choice("clock is set by", (-86400.0, -45.0, 30.0, 3600.0))
        if world.strikes("script is stopped", script.name):
            script.process.pause(world.between("script stopped for", 1.0, 120.0))
        if world.strikes("script is interrupted", script.name):
            script.interrupt()
        if world.strikes("script dies", script.name):
            script.restarts = world.draw("run is detached") < DETACHED
            script.process.kill("kill -9")

    def _cut_power(self) -> None:
        for script in self.scripts:
            script.process.kill("power")
            for driver in script.drivers:
                driver.process.kill("power")
        lose_power(self.world, self.database, self.auditor)

    # --- the end -----------------------------------------------------------------------------------------------------

    def _check_the_end(self) -> None:
        """Fold the log once more, and compare it with the rows, the tables and what was promised."""
        process = Process(self.world, "auditor")
        repository = FaultyRepository(self.open_database(process), process, self.auditor)
        store = self.cluster.disk.store(process, self.auditor)
        self.world.rates.clear()
        config, owner = self.scripts[-1].config, repository.owner(repository.load_study("simulated"))
        if owner is not None:  # its driver died while the script ended; nobody can wait here until that is seen
            config = dataclasses.replace(config, run=owner.run)
        session = AuditedSession(config, SimulatedHost(process), repository, store, self.auditor)
        try:
            log = repository.inner.events(session.study)
            self.elsewhere.check_the_end()
            self.auditor.deep(session.state, session.fold(log), self.cluster.disk.has)
            self.transitions = {written(row): n for row, n in session.state.transitions.items()}
            grid = session.state.ledger is not None
            self.auditor.final(session.state, everything_ran=grid)
            if isinstance(self.auditor, GpuAuditor):
                self.auditor.refuse_failed_in_share()
            if isinstance(self.cluster.disk, Bucket):
                leftovers.sweep(store, session.state)  # as the next run does when it begins
            left = self.cluster.disk.left()
            self.auditor.check(not left, f"half-written checkpoints are left when a run is over: {left[:3]}")
            self._check_suggestions(session, log)
            trials = [trial for trial in session.state.trials.values() if trial.parent is None]
            started = sum(trial.attempt > 0 or trial.state.is_finished() for trial in trials)
            total = self.scenario.total
            self.auditor.check(total is None or started >= total, f"{started} of {total} trials were started")
            if isinstance(repository.inner, Repository):
                self._check_tables(repository.inner, session)
            else:
                found = differences_of(session.study, log, self.database.tables(session.study))
                self.auditor.check(not found, f"tables differ from the fold of the log: {list(map(str, found[:3]))}")
        finally:
            session.close()

    def _check_suggestions(self, session: AuditedSession, log: Sequence[m.LogEntry]) -> None:
        """Each saw those before it, and can be derived again from the part of the log that it says it saw."""
        if not session.sampler.in_background:
            return
        suggested = [(n, event) for n, (_, event, _) in enumerate(log) if isinstance(event, (m.Suggested, m.ParamSet))]
        for (n, before), (_, event) in itertools.pairwise(suggested):
            saw = event.seen is None or event.seen > n  # None: no sampler chose
            self.auditor.check(saw, f"trial {event.number}'s choice did not see trial {before.number}'s")
        for _, event in suggested[-3:]:
            state = session.fold(log[: event.seen])
            view = state.view()
            params = event.params if isinstance(event, m.Suggested) else (event.param,)
            for param in params:
                again = session.sampler.sample_independent(view, event.number, param.name, param.distribution)
                self.auditor.check(again == param.value, f"trial {event.number}: {param.name} cannot be derived again")

    def _check_tables(self, repository: Repository, session: AuditedSession) -> None:
        study, check = session.study, self.auditor.check
        for trial in repository.trials(study):
            facts = self.auditor.trials[trial.number]
            check(trial.state == facts.state, f"trial {trial.number} is {trial.state.name} in the tables only")
            same = repr(dict(sorted(trial.reports.items()))) == repr(dict(sorted(facts.reports.items())))
            check(same, f"trial {trial.number}: reports in the tables differ")
        cells = {record.cell: (record.state, record.number) for record in repository.cells(study)}
        check(cells == self.auditor.cells, "cells in the tables differ")
        kept = sorted((number, ref.uri) for number, ref in repository.checkpoints(study))
        ours = sorted((number, uri) for number, facts in self.auditor.trials.items() for uri in facts.checkpoints)
        check(kept == ours, "checkpoints in the tables differ")
        rungs = sorted((record.number, record.level, record.promoted) for record in repository.rungs(study))
        check(rungs == self.auditor.referee.entries(), "rungs in the tables differ")
        live = [record for record in repository.attempts(study) if record.outcome is None]
        check(not live, f"attempts without an end in the tables: {live[:2]}")


def play(seed: int, *, only: Collection[Strike] | None = None, trace: bool = False, sql: bool | None = None) -> Result:
    """Play a seed; each twentieth on SQL."""
    return Simulation(seed, only=only, trace=trace, sql=seed % 20 == 7 if sql is None else sql).run()


__all__ = ["Result", "Simulation", "play"]
