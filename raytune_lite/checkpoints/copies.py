"""Directories of this machine for checkpoints that lie elsewhere: what is to be uploaded, and what was downloaded.

They lie in the directory for temporary files (``TMPDIR``), in one directory a process. A process deletes its own when
it ends. One that was killed cannot: the next process that needs such a directory deletes those whose lock is free.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

from .disk import os_errors

_LOCK = ".lock"  # in the directory of a process, held as long as it lives
_homes: dict[int, Path] = {}  # by process: after a fork the child has its own


def new() -> Path:
    """A new empty directory, which others of this machine cannot read.

    Raises:
        CheckpointDiskError: the disk is full, or fails.
        CheckpointError: there is no place for temporary files.
    """
    with os_errors("no temporary directory for a checkpoint can be made", Path(tempfile.gettempdir())):
        home = _homes.get(os.getpid())
        if home is None or not home.is_dir():
            home = _homes[os.getpid()] = _make_home()
        path = home / uuid.uuid4().hex
        path.mkdir(mode=0o700)
    return path


def _prefix() -> str:
    return f"raytune_lite-checkpoints-{os.getuid()}-"


def _make_home() -> Path:
    with _alone():
        for path in Path(tempfile.gettempdir()).glob(f"{_prefix()}*"):
            if path.is_dir() and not path.is_symlink() and path.stat().st_uid == os.getuid():
                _remove_if_dead(path)
        home = Path(tempfile.mkdtemp(prefix=_prefix()))
        fcntl.flock(os.open(home / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600), fcntl.LOCK_EX)
    atexit.register(_remove_own, home, os.getpid())
    return home


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """No other process makes or looks at such directories meanwhile."""
    path = Path(tempfile.gettempdir()) / f".{_prefix()}lock"
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _remove_if_dead(home: Path) -> None:
    with contextlib.suppress(OSError):
        descriptor = os.open(home / _LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # BlockingIOError: its process lives
            shutil.rmtree(home, ignore_errors=True)
        finally:
            os.close(descriptor)


def _remove_own(home: Path, pid: int) -> None:
    if os.getpid() == pid:
        shutil.rmtree(home, ignore_errors=True)


__all__ = ["new"]
