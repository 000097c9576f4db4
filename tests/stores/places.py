"""The places where studies are kept, with what a test needs of each: processes, another program, the tables."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest

from raytune_lite.core import messages as m
from raytune_lite.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from raytune_lite.storages import Repository
from raytune_lite.storages.integrity import stored_tables
from raytune_lite.storages.memory import MemoryDatabase, MemoryStore
from raytune_lite.trial import TrialState

LR = m.ParamValue(name="lr", value=1e-3, distribution=FloatDistribution(1e-5, 1.0, log=True))
LAYERS = m.ParamValue(name="layers", value=3.0, distribution=IntDistribution(1, 9, step=2))
KIND = m.ParamValue(name="kind", value=1.0, distribution=CategoricalDistribution([None, True, 1.5, "a'\";--"]))
REF = m.CheckpointRef(step=4, attempt=1, uri="trial-0/attempt-1/step-4" * 100, digest="ab" * 32, size=1 << 40)

PLACES = ("memory", "sqlite", "postgresql", "mariadb")


class MemoryPlace:
    """A MemoryDatabase."""

    def __init__(self):
        self.database, self.dead = MemoryDatabase(), set()

    def open(self, process="this process"):
        """The store as one process sees it."""
        return MemoryStore(self.database, process, is_dead=self.dead.__contains__)

    def create_study(self, name, directions, now):
        return self.database.create_study(name, directions, now=now)

    def kill_owner(self, study):
        """The process that owns the study is provably dead."""
        self.dead.add(self.database[study.name].holder)

    def put_external(self, study, event):
        """Another program writes a trial, or writes it anew."""
        self.database.put_external(study, event)

    def tables(self, study):
        """Every table that rows change, as name -> key -> row."""
        return comparable(self.database.tables(study))

    def close(self):
        pass


class SQLPlace:
    """A database behind a URL; the other program is Optuna."""

    def __init__(self, url):
        self.url, self.opened = url, []
        self.reader = self.open()

    def open(self, process="this process"):
        self.opened.append(Repository.open(self.url))
        return self.opened[-1]

    def create_study(self, name, directions, now):
        return self.reader.create_study(name, directions, now=now)

    def kill_owner(self, study):
        with self.reader._database.write() as connection:  # this process's pid, but of an earlier process
            connection.exec_driver_sql(f"UPDATE rtl_epochs SET pid_started = '1' WHERE study_id = {study.study_id}")

    def put_external(self, study, event):
        optuna = pytest.importorskip("optuna")
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        theirs = optuna.load_study(study_name=study.name, storage=self.url)
        known = {trial.number: trial for trial in theirs.trials}
        if event.number in known:  # it can only end: all else of it stays
            theirs._storage.set_trial_state_values(
                known[event.number]._trial_id, optuna.trial.TrialState(event.state), event.values
            )
            return
        theirs.add_trial(
            optuna.trial.create_trial(
                state=optuna.trial.TrialState(event.state),
                values=event.values,
                params={p.name: p.distribution.to_external_repr(p.value) for p in event.params},
                distributions={p.name: theirs_of(optuna, p.distribution) for p in event.params},
                intermediate_values={step: value for step, (value,) in event.reports},
                user_attrs={key: json.loads(text) for key, text in event.user_attrs},
                system_attrs={key: json.loads(text) for key, text in event.system_attrs},
            )
        )

    def tables(self, study):
        with self.reader._database.read() as connection:
            return comparable(stored_tables(connection, study))

    def close(self):
        for store in self.opened:
            store.close()


def theirs_of(optuna, distribution):
    """A distribution of ours as Optuna's own."""
    from raytune_lite.distributions import distribution_to_json

    return optuna.distributions.json_to_distribution(distribution_to_json(distribution))


def comparable(tables: dict[str, dict[Any, dict[str, Any]]]) -> dict[str, dict[Any, dict[str, Any]]]:
    """Tables without dates (SQL has them in its own form), and with JSON of distributions parsed; NaN equals NaN."""
    found: dict[str, dict[Any, dict[str, Any]]] = {}
    for name, rows in tables.items():
        found[name] = {}
        for key, row in rows.items():
            plain = {column: value for column, value in row.items() if not column.startswith("datetime_")}
            if "distribution_json" in plain:
                with contextlib.suppress(ValueError):
                    plain["distribution_json"] = json.loads(plain["distribution_json"])
            found[name][key] = plain
    return found


def place_of(name, request, tmp_path):
    """The empty place of this name."""
    if name == "memory":
        return MemoryPlace()
    if name == "sqlite":
        return SQLPlace(f"sqlite:///{tmp_path}/study.db")
    return SQLPlace(request.getfixturevalue(f"{name}_server").url())


def new(number, state=TrialState.RUNNING, attempt=1, **more):
    """The row of a trial that begins."""
    return m.NewTrial(number=number, state=state, attempt=attempt, **more)


def begin(number, attempt=1, slot=None, **more):
    """The row of an attempt that begins."""
    fields = {"node": "n", "started": 0.0, "resumed_step": None, **more}
    return m.NewAttempt(number=number, attempt=attempt, slot=slot or f"slot-{number}", **fields)


def subclasses(base):
    """The records of the core that derive from ``base``."""
    return {c for c in vars(m).values() if isinstance(c, type) and issubclass(c, base) and c is not base}
