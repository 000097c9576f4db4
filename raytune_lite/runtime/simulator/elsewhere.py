"""People and programs beside the simulated run: they add trials, and tell how those ended that ran with them.

Each command is a process of its own, which finds the study's owner through the database as any process does, and opens
the study itself when nobody owns it. Optuna is another program here: it writes to its tables, and asks nobody.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

from ...core import messages as m
from ...exceptions import MessageError, RaytuneLiteError, StudyNotRunningError
from ...pruners import NopPruner
from ...storages.memory import MemoryDatabase
from ...storages.records import StudyRecord
from ...trial import FIXED_KEY, TrialState
from .. import control
from ..hosting import NotHostedError
from ..virtual.host import SimulatedHost
from ..virtual.world import Process
from .actor import AuditedSession, Open
from .cluster import Cluster
from .network import BROKEN, call
from .pruners import STUDY_NAME
from .script import config_of
from .storage import FaultyRepository

FINISHED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)
STATES = (*FINISHED, TrialState.WAITING, TrialState.RUNNING, TrialState.RUNNING, TrialState.RUNNING)
FATES = ("told", "told", "told twice", "told twice", "ended by Optuna", "left alone")
REST = 4.0  # seconds until a command that failed is given again
MOST_TRIES = 200


class Elsewhere:
    """All of them, in one history.

    Args:
        cluster: where the study's runs are.
        open_database: a store for one process.
        storage: its URL.
        optuna: the tables that Optuna can write to, and the study there; None: it cannot.
    """

    def __init__(
        self, cluster: Cluster, open_database: Open, storage: str, optuna: tuple[MemoryDatabase, StudyRecord] | None
    ) -> None:
        self._cluster, self._database, self._storage, self._optuna = cluster, open_database, storage, optuna
        self._world, self._scenario, self._auditor = cluster.world, cluster.scenario, cluster.auditor
        self._processes: list[Process] = []
        self._keys, self._asleep_until = 0, 0.0
        self.busy = 0  # commands that have not been carried out yet
        for _ in range(self._scenario.adds):
            self._later("somebody adds after", 0.5, 150.0, self._add)
        self._ended_by_optuna: dict[int, m.TrialAdded] = {}
        if optuna is not None:
            self._let_optuna_begin()

    # --- Optuna ------------------------------------------------------------------------------------------------------

    def _let_optuna_begin(self) -> None:
        """Trials that Optuna made before us. Of those that it runs, some end while we run the study."""
        world = self._world
        for number in range(self._scenario.external):
            state = world.choice("state of another's trial", tuple(s for s in TrialState if s is not TrialState.PAUSED))
            began = self._of_optuna(number, state)
            self._put(began)
            if state is TrialState.RUNNING and world.draw("another's trial ends") < 0.7:
                ended = self._of_optuna(number, TrialState.COMPLETE)
                world.after(world.between("another takes", 1.0, 200.0), self._put, ended)
            elif state is TrialState.RUNNING and self._scenario.adds:
                self._later("another is told after", 1.0, 200.0, self._tell, began, number)

    def _of_optuna(self, number: int, state: TrialState) -> m.TrialAdded:
        params, world = self._scenario.wish(self._world), self._world
        fixed = {p.name: p.distribution.to_external_repr(p.value) for p in params}
        waits = state is TrialState.WAITING
        return m.TrialAdded(
            number=number,
            state=int(state),
            values=self._scenario.result(world, "another's value") if state is TrialState.COMPLETE else None,
            params=() if waits else params,
            system_attrs=((FIXED_KEY, json.dumps(fixed)),) if waits else (),
            imported=True,
        )

    def _put(self, event: m.TrialAdded) -> None:
        assert self._optuna is not None
        assert event.number is not None
        self._optuna[0].put_external(self._optuna[1], event)
        if event.state != TrialState.RUNNING:
            self._ended_by_optuna[event.number] = event

    def check_the_end(self) -> None:
        """The study was opened once more: what Optuna has stored stands."""
        for number, event in self._ended_by_optuna.items():
            facts = self._auditor.trials[number]
            stands = event.state == TrialState.WAITING or (facts.state, facts.values) == (event.state, event.values)
            self._auditor.check(stands, f"trial {number} was ended by Optuna as {event}, and is {facts.state.name}")

    # --- commands ----------------------------------------------------------------------------------------------------

    def _later(self, name: str, low: float, high: float, what: Callable[..., None], *arguments: object) -> None:
        """Carry out a command some time later, in a process of its own; again, if that dies."""
        self.busy += 1
        self._world.after(self._world.between(name, low, high), self._begin, what, *arguments)

    def _begin(self, what: Callable[..., None], *arguments: object) -> None:
        if self._world.now < self._asleep_until:
            self._world.at(self._asleep_until, self._begin, what, *arguments)
            return
        process = Process(self._world, f"elsewhere-{len(self._processes) + 1}")
        self._processes.append(process)
        process.on_death.append(lambda: self._world.after(REST, self._begin, what, *arguments))

        def main() -> None:
            what(process, *arguments)
            self.busy -= 1
            process.exit()

        process.start(main)

    def suspend(self, seconds: float) -> None:
        """All machines sleep for so long."""
        self._asleep_until = self._world.now + seconds
        for process in self._processes:
            process.suspend(seconds)

    def _key(self) -> str:
        self._keys += 1
        return f"elsewhere/{self._keys}"

    def _add(self, process: Process) -> None:
        """As ``Study.add_trial``."""
        world, scenario = self._world, self._scenario
        state, params = world.choice("state of an added trial", STATES), scenario.wish(world)
        if state is TrialState.WAITING:
            fixed = tuple((p.name, json.dumps(p.distribution.to_external_repr(p.value))) for p in params)
            self._send(process, m.TrialEnqueued(params=fixed, key=self._key()))
            return
        has_values = state is TrialState.COMPLETE or (state is TrialState.PRUNED and world.draw("pruned with") < 0.5)
        n_reports = world.integer("reports of an added trial", 0, 3) if type(scenario.pruner) is NopPruner else 0
        point = {param.name: param.value for param in params}
        event = m.TrialAdded(
            number=None,
            state=int(state),
            values=scenario.result(world, "value of an added trial") if has_values else None,
            params=params,
            reports=tuple((step, scenario.values(point, step)) for step in range(1, n_reports + 1)),
            user_attrs=(("by", '"hand"'),),
            key=self._key(),
            started=world.choice("an added trial began", (None, -7.5, 1.25)),
        )
        number = self._send(process, event)
        if state is TrialState.RUNNING and isinstance(number, int):
            self._begin_elsewhere(event, number)

    def _begin_elsewhere(self, event: m.TrialAdded, number: int) -> None:
        fate = self._world.choice("fate of a trial elsewhere", FATES)
        if fate == "ended by Optuna" and self._optuna is not None:
            seconds = self._world.between("Optuna takes", 0.5, 60.0)
            self._world.after(seconds, self._put, self._ended(event, number))
        elif fate != "left alone":
            for _ in range(2 if fate == "told twice" else 1):
                self._later("it takes elsewhere", 0.5, 60.0, self._tell, event, number)

    def _ended(self, event: m.TrialAdded, number: int) -> m.TrialAdded:
        """The trial as Optuna's tables have it, with an end."""
        state = self._world.choice("end elsewhere", FINISHED)
        values = self._scenario.result(self._world, "value elsewhere") if state is TrialState.COMPLETE else None
        reports = tuple((step, each[:1]) for step, each in event.reports)
        found = replace(event, number=number, state=int(state), values=values, reports=reports)
        return replace(found, imported=True, key=None, started=None)

    def _tell(self, process: Process, event: m.TrialAdded, number: int) -> None:
        """As ``Study.tell`` of another process does; perhaps of a wrong number first."""
        told, auditor = self._ended(event, number), self._auditor
        ours = [each for each, facts in auditor.trials.items() if not facts.external]
        if ours and self._world.draw("tells of a wrong trial") < 0.2:
            wrong = replace(told, number=self._world.choice("which wrong trial", ours), key=self._key())
            found = self._send(process, wrong)
            auditor.check(isinstance(found, MessageError), f"trial {wrong.number} runs here, and is told as {wrong}")
        told = replace(told, key=self._key())
        found = self._send(process, told)
        if isinstance(found, MessageError):
            auditor.added.refused(told)
        else:
            auditor.check(found == number, f"the end of trial {number} is answered with {found}")
            auditor.added.acknowledged(told)

    def _send(self, process: Process, event: m.Event) -> object:
        """The owner's answer, or that it refuses; see ``study.route``."""
        host = SimulatedHost(process)
        for _ in range(MOST_TRIES):
            repository = FaultyRepository(self._database(process), process, self._auditor)
            try:
                study = repository.load_study(STUDY_NAME)
                try:
                    return control.send(repository.inner, study, event, host, carry=self._carry)
                except StudyNotRunningError:
                    return self._alone(process, event)
            except MessageError as error:
                return error
            except RaytuneLiteError as error:
                self._world.note("notice", process.name, f"{type(event).__name__} fails: {error}")
            finally:
                repository.close()
            self._world.sleep(REST)
        self._auditor.check(False, f"{type(event).__name__} of {process.name} is never handled")
        return None

    def _carry(self, address: str, message: bytes) -> bytes | None:
        """What control.send does with a socket."""
        name, _, run = address.partition(" ")
        actor = self._cluster.actors.get(name)
        if actor is None:
            return None

        def body() -> object:
            try:
                driver = actor.hosting.guest(run).driver
            except NotHostedError:
                return BROKEN
            return control.handle(message, lambda event: driver.ask(event, control.BUSY_AFTER))

        reply = call(actor.server, "command", body, control.TIMEOUT)
        return reply if isinstance(reply, bytes) else None

    def _alone(self, process: Process, event: m.Event) -> object:
        """Nobody owns the study, or who does is dead or has no address: open it for this one event."""
        config = config_of(self._scenario, process.name, to_the_end=True, storage=self._storage)
        repository = FaultyRepository(self._database(process), process, self._auditor)
        store = self._cluster.disk.store(process, self._auditor)
        session = AuditedSession(config, SimulatedHost(process), repository, store, self._auditor)
        try:
            return session.call(event)
        finally:
            session.close()


__all__ = ["Elsewhere"]
