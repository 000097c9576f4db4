"""An in-memory storage as bytes: its studies can be pickled, with all their trials."""

from __future__ import annotations

import contextlib
import sqlite3
import tempfile
from pathlib import Path


def content_of(path: str) -> bytes:
    """What is committed in the SQLite file, as one file; b"" while there is none."""
    if not Path(path).exists():
        return b""
    with tempfile.TemporaryDirectory(prefix="raytune_lite-") as folder:
        copy = Path(folder) / "copy.db"
        # by SQLite, as what was written last may still be in a file beside it
        with contextlib.closing(sqlite3.connect(path)) as source, contextlib.closing(sqlite3.connect(copy)) as target:
            source.backup(target)
        return copy.read_bytes()


def write(content: bytes, path: str) -> None:
    """Make the file with this content. Nobody owns its studies."""
    Path(path).write_bytes(content)
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        # the owner of the original may be alive, in this process
        connection.execute("UPDATE rtl_epochs SET run = '', address = NULL, lease_until = 0")


__all__ = ["content_of", "write"]
