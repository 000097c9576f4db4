"""A study that this process owns: what it keeps in memory between two commits, and the SQL of one commit.

All of it is read from the database when the study is acquired. It knows no connection of its own: the caller opens the
transaction, and says when it has committed.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ..core.messages import AdoptTrial, NewTrial, Row
from ..exceptions import FencedError
from . import schema as t
from . import snapshots
from .batch import Batch
from .records import Snapshot, StudyRecord
from .statements import Cursor, Statements


class OwnedStudy:
    """One study under one epoch.

    Args:
        study: the study.
        epoch: what ``acquire`` gave.
        run: the run that owns it. It is checked with the epoch: a study that was deleted and made again may have the
            same id and epoch.
        statements: of the database's dialect.
        is_local: whether the database is a SQLite file, which a writer has to itself.
    """

    def __init__(
        self, study: StudyRecord, epoch: int, run: str, statements: Statements, *, is_local: bool
    ) -> None:
        self.study, self.epoch, self.run = study, epoch, run
        self._statements, self._is_local = statements, is_local
        self.previous_owner: str | None = None
        self._next_seq = 1
        self._trial_ids: dict[int, int] = {}  # number -> trial_id, of all trials in Optuna's table
        self._last_trial_id = 0

    def read(self, connection: Connection) -> OwnedStudy:
        """Take in where the log ends and which trials there are; returns self."""
        e = t.rtl_events.c
        last = connection.execute(sa.select(sa.func.max(e.seq)).where(e.study_id == self.study.study_id)).scalar()
        self._next_seq = max(last or 0, snapshots.base_seq(connection, self.study)) + 1
        with closing(connection.connection.cursor()) as cursor:
            self._look_for_others(cursor)
        return self

    def store(
        self, cursor: Cursor, events: Sequence[tuple[float, str]], rows: Sequence[Row], lease_until: float | None
    ) -> Batch:
        """Run one commit's statements in the open transaction. ``events``: (time, JSON text), for the log.

        Raises:
            FencedError: the epoch was superseded or released.
            StorageError: a row that cannot be stored.
        """
        self._guard(cursor, lease_until)
        if any(isinstance(row, (NewTrial, AdoptTrial)) for row in rows):
            self._look_for_others(cursor)
        if events:
            self._statements["event"].run_many(cursor, [
                (self.study.study_id, self._next_seq + i, self.epoch, at, text) for i, (at, text) in enumerate(events)
            ])  # fmt: skip
        batch = Batch(self.study, self._statements, self._trial_ids)
        batch.run(cursor, rows)
        return batch

    def trial_id(self, number: int) -> int:
        """The id of a trial's row in Optuna's table; -1: there is no such trial."""
        return self._trial_ids.get(number, -1)

    def put_snapshot(self, cursor: Cursor, snapshot: Snapshot) -> None:
        """Store a snapshot in the open transaction; a base takes the place of the log before it.

        Raises:
            FencedError: the epoch was superseded or released.
        """
        self._guard(cursor, None)
        put = snapshots.write if snapshot.kind == "cache" else snapshots.compact
        put(cursor, self._statements, self.study, snapshot)

    def committed(self, n_events: int, batch: Batch) -> None:
        """The transaction in which ``store`` ran is committed: only now is it true."""
        self._next_seq += n_events
        if batch.created:
            self._trial_ids.update(batch.created)
            self._last_trial_id = max(self._last_trial_id, *batch.created.values())

    def _guard(self, cursor: Cursor, lease_until: float | None) -> None:
        """Check, and lock, that this epoch owns the study."""
        owner = (self.study.study_id, self.epoch, self.run)
        if lease_until is None:
            self._statements["guard"].run(cursor, owner)
        else:
            self._statements["guard_and_renew"].run(cursor, (lease_until, *owner))
        if cursor.rowcount != 1:
            raise FencedError(self.study.name, self.epoch)

    def _look_for_others(self, cursor: Cursor) -> None:
        """Take in the trials that another program has added since this was done last.

        Optuna's table has no unique key on numbers. To read its new trials in the transaction that adds ours keeps the
        numbers unique: Optuna takes the same lock to add a trial.
        """
        if not self._is_local:
            self._statements["lock_study"].run(cursor, (self.study.study_id,))
            cursor.fetchall()
        self._statements["trials_since"].run(cursor, (self.study.study_id, self._last_trial_id))
        for trial_id, number in cursor.fetchall():
            self._trial_ids.setdefault(number, trial_id)
            self._last_trial_id = trial_id
