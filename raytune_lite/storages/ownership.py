"""Who owns a study: the row of ``rtl_epochs``. Every call is inside a transaction. Knows no clock.

An owner has an epoch, one higher than the owner before it, and a lease. Every write of a study checks the epoch, so a
process that was superseded changes nothing. When a lease ends is not read from the row: the owner's clock wrote it
there, and clocks differ. A process that wants the study watches whether the row changes, see ``runtime.takeover``.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ..exceptions import StorageError, StudyBusyError
from . import schema as t
from . import stored, studies
from .process import ProcessIdentity
from .records import Owner, StudyRecord

_EPOCH, _ADDRESS = stored.whole(), stored.optional(stored.text)


def take(
    connection: Connection,
    study: StudyRecord,
    *,
    run: str,
    lease: float,
    now: float,
    address: str | None,
    silent: Owner | None,
) -> tuple[int, str | None]:
    """Make this process the owner; see ``Store.acquire``. Returns the epoch, and whom it was taken from, for people.

    Raises:
        StudyBusyError: another process owns the study, and is neither provably dead nor ``silent``.
        StorageError: ``run`` is empty, or there is no such study.
    """
    if not run:
        raise StorageError("run must be a name that no other run has, got ''; pass uuid4().hex.")
    me, e = ProcessIdentity.current(), t.rtl_epochs
    query = sa.select(e).where(e.c.study_id == study.study_id).with_for_update()
    row = connection.execute(query).one_or_none()
    if row is None:
        raise studies.not_found(connection, study.name)
    other = ProcessIdentity(host=row.host, pid=row.pid, pid_started=row.pid_started)
    is_free, is_dead = row.run in ("", run), other.is_dead()
    if not (is_free or is_dead or is_silent(silent, row.epoch, row.lease_until)):
        raise StudyBusyError(study.name, row.holder, lease)
    values = {"epoch": row.epoch + 1, "run": run, "holder": f"{me} (run {run})", "host": me.host, "pid": me.pid,
              "pid_started": me.pid_started, "lease_until": now + lease, "address": address}  # fmt: skip
    is_unchanged = sa.and_(e.c.study_id == study.study_id, e.c.epoch == row.epoch)
    if connection.execute(sa.update(e).values(values).where(is_unchanged)).rowcount != 1:
        raise StudyBusyError(study.name, "a driver that took it at this moment", lease)
    return row.epoch + 1, None if is_free else f"{row.holder}, {why(is_dead)}"


def is_silent(silent: Owner | None, epoch: int, lease_until: float) -> bool:
    """Whether this is the owner that somebody found silent, and it has not renewed its lease since."""
    return silent is not None and (silent.epoch, silent.lease_until) == (epoch, lease_until)


def why(is_dead: bool) -> str:
    """Why a study could be taken from its owner."""
    return "whose process is dead" if is_dead else "which had not renewed its lease"


def give_back(connection: Connection, study: StudyRecord, epoch: int) -> None:
    """Nobody owns the study from here on. Nothing happens if another epoch does."""
    e = t.rtl_epochs
    owned = sa.and_(e.c.study_id == study.study_id, e.c.epoch == epoch)
    connection.execute(sa.update(e).values(run="", lease_until=0.0, address=None).where(owned))


def owner(connection: Connection, study: StudyRecord) -> Owner | None:
    """Who owns the study, whether or not its lease has ended; None when it was given back, or never taken."""
    e = t.rtl_epochs.c
    columns = (e.epoch, e.run, e.holder, e.lease_until, e.address, e.host, e.pid, e.pid_started)
    row = connection.execute(sa.select(*columns).where(e.study_id == study.study_id)).one_or_none()
    if row is None or row.run == "":
        return None
    with stored.in_row("rtl_epochs", f"(study {study.name!r})"):
        return Owner(
            epoch=_EPOCH("epoch", row.epoch),
            run=stored.text("run", row.run),
            holder=stored.text("holder", row.holder),
            lease_until=stored.number("lease_until", row.lease_until),
            address=_ADDRESS("address", row.address),
            is_dead=ProcessIdentity(host=row.host, pid=row.pid, pid_started=row.pid_started).is_dead(),
        )


def run_of(connection: Connection, study: StudyRecord, epoch: int) -> str | None:
    """The run that owns the study under ``epoch``, or None."""
    e = t.rtl_epochs.c
    run = connection.execute(sa.select(e.run).where(e.study_id == study.study_id, e.epoch == epoch)).scalar()
    return run or None
