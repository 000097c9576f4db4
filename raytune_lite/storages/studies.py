"""The rows of a study as a whole: made, read, adopted from Optuna, deleted. Every call is inside a transaction."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ..exceptions import DuplicatedStudyError, StudyNotFoundError
from ..trial import StudyDirection
from . import readers
from . import schema as t
from .records import StudyRecord


def names(connection: Connection) -> list[str]:
    """Names of all studies, oldest first."""
    query = sa.select(t.studies.c.study_name).order_by(t.studies.c.study_id)
    return [str(name) for name in connection.execute(query).scalars()]


def find(connection: Connection, name: str) -> int | None:
    """The study's id, or None. "A" is not "a", whatever the collation of tables that Optuna made in MySQL says."""
    s = t.studies.c
    found = connection.execute(sa.select(s.study_id, s.study_name).where(s.study_name == name))
    return next((int(study_id) for study_id, exact in found if exact == name), None)


def not_found(connection: Connection, name: str) -> StudyNotFoundError:
    """The error for a name that no study has, with the names there are."""
    return StudyNotFoundError(name, tuple(names(connection)))


def create(connection: Connection, name: str, directions: Sequence[StudyDirection], created: float) -> StudyRecord:
    """Insert a study; raises DuplicatedStudyError when the name is taken."""
    if find(connection, name) is not None:
        raise DuplicatedStudyError(name)
    try:
        result = connection.execute(sa.insert(t.studies).values(study_name=name))
    except sa.exc.IntegrityError:  # a server's other client was faster
        raise DuplicatedStudyError(name) from None
    assert result.inserted_primary_key is not None
    study_id = int(result.inserted_primary_key[0])
    rows = [{"study_id": study_id, "objective": i, "direction": d.name} for i, d in enumerate(directions)]
    connection.execute(sa.insert(t.study_directions), rows)
    adopt(connection, study_id, created)
    return StudyRecord(study_id, name, tuple(directions), created)


def adopt(connection: Connection, study_id: int, created: float) -> None:
    """Add our rows for a study that has none: Optuna made it, or ``create`` just did."""
    no_owner = {"epoch": 0, "run": "", "holder": "", "host": "", "pid": 0, "pid_started": "", "lease_until": 0.0,
              "address": None}  # fmt: skip
    connection.execute(sa.insert(t.rtl_studies).values(study_id=study_id, created=created, specs="{}"))
    connection.execute(sa.insert(t.rtl_epochs).values(study_id=study_id, **no_owner))


def read(connection: Connection, study_id: int, name: str) -> StudyRecord | None:
    """The record, or None for a study without our rows."""
    directions, s = readers.directions(connection, study_id, name), t.rtl_studies.c
    created = connection.execute(sa.select(s.created).where(s.study_id == study_id)).scalar()
    return None if created is None else StudyRecord(study_id, name, directions, created)


def delete(connection: Connection, study_id: int) -> None:
    """Remove every row of the study from every table."""
    trial_ids = sa.select(t.trials.c.trial_id).where(t.trials.c.study_id == study_id)
    # children before parents, and the row first that a driver's transaction locks first: else two could deadlock
    children_first = [table for table in reversed(t.metadata.sorted_tables) if table is not t.rtl_epochs]
    for table in [t.rtl_epochs, *children_first]:
        if "study_id" in table.c:
            connection.execute(sa.delete(table).where(table.c.study_id == study_id))
        elif "trial_id" in table.c:
            connection.execute(sa.delete(table).where(table.c.trial_id.in_(trial_ids)))
