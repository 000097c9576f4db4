"""Snapshots in the database: the rows of one, and the digest of the log that it belongs to. Each is read whole, or not.

Each function is inside the caller's transaction.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ..exceptions import DamagedStudyError
from . import readers
from . import schema as t
from .records import Snapshot, StudyRecord
from .statements import Cursor, Statements

PART = 2**18  # bytes of one row: every server takes that


def base_seq(connection: Connection, study: StudyRecord) -> int:
    """How many events of the log were given up; 0: none."""
    s = t.rtl_snapshots.c
    query = sa.select(s.seq).where(s.study_id == study.study_id, s.kind == "base")
    return int(connection.execute(query).scalar() or 0)


class LogDigest:
    """The sha256 of the log's first events, without those that the base has. It goes on where it was last."""

    def __init__(self) -> None:
        self._seq, self._hash = -1, hashlib.sha256()

    def upto(self, connection: Connection, study: StudyRecord, seq: int) -> str:
        """The digest of the events up to ``seq``.

        Raises:
            DamagedStudyError: an event is missing.
        """
        if not 0 <= self._seq <= seq:
            self._seq, self._hash = base_seq(connection, study), hashlib.sha256()
        for found, at, text in readers.log_rows(connection, study, self._seq, seq):
            self._hash.update(f"{found} {at!r} {text}\n".encode("utf-8", "surrogatepass"))
            self._seq = found
        return self._hash.hexdigest()


def read(connection: Connection, study: StudyRecord, kind: str) -> Snapshot | None:
    """The snapshot of this kind, if its parts are what was stored.

    Raises:
        DamagedStudyError: the base is damaged.
    """
    s, p = t.rtl_snapshots.c, t.rtl_snapshot_parts.c
    row = connection.execute(sa.select(t.rtl_snapshots).where(s.study_id == study.study_id, s.kind == kind)).first()
    if row is None:
        return None
    query = sa.select(p.data).where(p.study_id == study.study_id, p.kind == kind).order_by(p.part)
    data = tuple(_bytes(value) for value in connection.execute(query).scalars())
    if _digest(data) == row.digest:
        return Snapshot(
            kind=kind, seq=row.seq, at=row.at, code=row.code, log_digest=row.log_digest, data=data
        )
    if kind == "cache":
        return None
    raise DamagedStudyError(
        f"table rtl_snapshot_parts, study {study.name!r}: the compacted log was changed by hand, and nothing else "
        f"holds the first {row.seq} events. Restore a copy of the database."
    )


def base(connection: Connection, study: StudyRecord) -> tuple[int, dict[str, Any], Iterator[str]] | None:
    """The compacted log: how many events it had, the first line of its snapshot, and the other lines; or None.

    Raises:
        DamagedStudyError: it is damaged.
    """
    found = read(connection, study, "base")
    if found is None:
        return None
    lines = unpacked(found.data)
    return found.seq, json.loads(next(lines)), lines


def compact(cursor: Cursor, statements: Statements, study: StudyRecord, snapshot: Snapshot) -> None:
    """Put a base in the place of the log that it is of. The starts of runs stay: readers look for the latest."""
    write(cursor, statements, study, snapshot)
    statements["drop_snapshot_parts"].run(cursor, (study.study_id, "cache"))
    statements["drop_snapshot"].run(cursor, (study.study_id, "cache"))
    statements["drop_events"].run(cursor, (study.study_id, snapshot.seq))


def write(cursor: Cursor, statements: Statements, study: StudyRecord, snapshot: Snapshot) -> None:
    """Put a snapshot in the place of the one of its kind."""
    this = study.study_id, snapshot.kind
    statements["drop_snapshot_parts"].run(cursor, this)
    statements["drop_snapshot"].run(cursor, this)
    row = (*this, snapshot.seq, snapshot.at, snapshot.code, snapshot.log_digest, _digest(snapshot.data))
    statements["snapshot"].run(cursor, row)
    for part, data in enumerate(snapshot.data):  # one by one: a server bounds the size of a statement
        statements["snapshot_part"].run(cursor, (*this, part, data))


def packed(lines: Iterable[str]) -> tuple[bytes, ...]:
    """Lines of ASCII, compressed and cut into rows."""
    packer, waiting, parts = zlib.compressobj(1), bytearray(), []
    for line in lines:
        waiting += packer.compress(line.encode("ascii") + b"\n")
        while len(waiting) >= PART:
            parts.append(bytes(waiting[:PART]))
            del waiting[:PART]
    return *parts, bytes(waiting + packer.flush())


def unpacked(parts: Iterable[bytes]) -> Iterator[str]:
    """Inverse of ``packed``, line by line.

    Raises:
        ValueError: the last line has no end.
        zlib.error: this was not compressed.
    """
    unpacker, rest = zlib.decompressobj(), b""
    for part in parts:
        *lines, rest = (rest + unpacker.decompress(part)).split(b"\n")
        yield from (line.decode("ascii") for line in lines)
    if rest or not unpacker.eof:
        raise ValueError("a snapshot has no end.")


def _digest(data: Iterable[bytes]) -> str:
    found = hashlib.sha256()
    for part in data:
        found.update(part)
    return found.hexdigest()


def _bytes(value: Any) -> bytes:
    return value.encode() if isinstance(value, str) else bytes(value)  # SQLite keeps any value in any column


__all__ = ["LogDigest", "base", "base_seq", "compact", "packed", "read", "unpacked", "write"]
