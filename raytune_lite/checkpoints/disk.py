"""What a disk must do for a checkpoint: keep what was written, and say clearly why it cannot. Knows no checkpoint."""

from __future__ import annotations

import contextlib
import errno
import operator
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from ..exceptions import CheckpointError

_FULL = "Free space, save less often, or give the study another checkpoint directory."
_IN_THE_WAY = "A file stands where a directory belongs: move it, or choose another checkpoint directory."
_WAY_OUT = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.ENOTDIR: _IN_THE_WAY,
    errno.EEXIST: _IN_THE_WAY,
}
_NOT_WRITABLE = "Make this path readable and writable for the trials, or give the study another checkpoint directory."


@contextlib.contextmanager
def os_errors(what: str, path: Path) -> Iterator[None]:
    """Turn every OSError into a CheckpointError with the path and the way out. ``what``: what could not be done."""
    try:
        yield
    except OSError as error:
        way_out = _WAY_OUT.get(error.errno or 0, _NOT_WRITABLE)
        raise CheckpointError(
            f"{what}: {error.strerror or error} ({error.filename or path}). {way_out} "
            "Checkpoints published before are untouched."
        ) from error


def walk(directory: Path, prefix: str = "") -> Iterator[tuple[str, str]]:
    """(relative path, path) of everything that is not a directory, sorted by name. Symlinks are not followed."""
    with os.scandir(directory / prefix) as entries:
        found = sorted(entries, key=operator.attrgetter("name"))
    for entry in found:
        if entry.is_dir(follow_symlinks=False):
            yield from walk(directory, f"{prefix}{entry.name}/")
        else:
            yield f"{prefix}{entry.name}", entry.path


def subdirectories(directory: Path, pattern: re.Pattern[str]) -> list[tuple[Path, re.Match[str]]]:
    """The subdirectories (no symlinks) whose whole name matches, with their match, sorted by name."""
    try:
        with os.scandir(directory) as entries:
            names = sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
    except FileNotFoundError:
        return []
    return [(directory / name, match) for name in names if (match := pattern.fullmatch(name))]


def write_synced(path: Path, content: bytes) -> None:
    """Write a new file, and wait until it is on the disk."""
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync(directory: Path) -> None:
    """Make the names in a directory durable. Some remote filesystems cannot; then nothing is done."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)


def sync_directories(directory: Path) -> None:
    """``sync`` for a directory and everything below it, the deepest first."""
    for path, _, _ in os.walk(directory, topdown=False):
        sync(Path(path))


def make_directories(path: Path) -> None:
    """``mkdir -p`` whose new names are durable."""
    if path.is_dir():
        return
    if path.parent != path:
        make_directories(path.parent)
    path.mkdir(exist_ok=True)
    sync(path.parent)


def remove_tree(path: Path) -> None:
    """Remove a directory of a temporary name. What cannot be removed now is removed by the next sweep."""
    shutil.rmtree(path, ignore_errors=True)


def remove_if_empty(*directories: Path) -> None:
    """Remove each directory that holds nothing, in this order."""
    for directory in directories:
        with contextlib.suppress(OSError):
            directory.rmdir()
