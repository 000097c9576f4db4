"""A file by which every machine can tell that it sees the study's checkpoint directory, and not one of its own.

The driver writes it when a run begins. A path says little: it may be a local directory of the same name on each
machine, or a mount that one of them lacks.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from . import layout
from .disk import make_directories, os_errors, remove_if_empty


def write(root: Path, run: str) -> None:
    """Make the directory and mark it with a run's name, instead of an earlier run's. A restarted driver finds it there.

    Raises:
        CheckpointDiskError: the disk is full, or fails.
        CheckpointError: the directory cannot be made or written.
    """
    if is_seen(root, run):
        return
    aside = root / layout.temporary_name("writing")
    with os_errors("the checkpoint directory cannot be used", root):
        make_directories(root)
        try:
            aside.write_text(run, encoding="utf-8")
            os.replace(aside, root / layout.MARKER)
        except OSError:
            aside.unlink(missing_ok=True)
            raise


def is_seen(root: Path, run: str) -> bool:
    """Whether this machine sees the directory that the run's driver has marked."""
    try:
        return (root / layout.MARKER).read_text(encoding="utf-8") == run
    except (OSError, ValueError):
        return False


def remove(root: Path, run: str) -> None:
    """Take a run's mark away, and the directory if nothing else is in it."""
    if is_seen(root, run):
        with contextlib.suppress(OSError):
            (root / layout.MARKER).unlink()
        remove_if_empty(root)


__all__ = ["is_seen", "remove", "write"]
