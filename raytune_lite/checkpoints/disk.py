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

from ..exceptions import CheckpointDiskError, CheckpointError

_FULL = "Free space, save less often, or give the study another checkpoint directory."
_IN_THE_WAY = "A file stands where a directory belongs: move it, or choose another checkpoint directory."
_WAY_OUT = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.ENOTDIR: _IN_THE_WAY,
    errno.EEXIST: _IN_THE_WAY,
}
_NOT_WRITABLE = "Make this path readable and writable for the trials, or give the study another checkpoint directory."

# The disk itself: full, read-only after an error, cut off. Not a wrong path or missing rights: waiting mends neither.
_OF_THE_DISK = {
    errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.ESTALE, errno.ENODEV, errno.ENXIO, errno.ENOTCONN,
    errno.ETIMEDOUT, errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.ENETDOWN, errno.ENETUNREACH, errno.ECONNRESET,
    errno.ECONNABORTED, errno.ENOLCK,
}  # fmt: skip
_WORDS = tuple(
    os.strerror(code).lower() for code in (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.ESTALE)
)
_LEAST_FREE = 1 << 20  # bytes; a disk with less is full


@contextlib.contextmanager
def os_errors(what: str, path: Path) -> Iterator[None]:
    """Turn every OSError into a CheckpointError with the path and the way out. ``what``: what could not be done.

    Raises:
        CheckpointDiskError: the disk itself failed.
        CheckpointError: the path is wrong, or may not be used.
    """
    try:
        yield
    except OSError as error:
        way_out = _WAY_OUT.get(error.errno or 0, _NOT_WRITABLE)
        kind = CheckpointDiskError if error.errno in _OF_THE_DISK else CheckpointError
        raise kind(
            f"{what}: {error.strerror or error} ({error.filename or path}). {way_out} "
            "Checkpoints published before are untouched."
        ) from error


def is_failing(error: BaseException, directory: Path) -> bool:
    """Whether the disk is why somebody's code could not write a checkpoint's files.

    Args:
        error: what that code raised. Libraries hide the disk's error behind one of their own, as its cause or its
            context, in its text, or not at all.
        directory: where it wrote. Its files are still there: they may be what fills the disk.
    """
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.errno is not None:
            if seen.errno in _OF_THE_DISK:
                return True
        elif any(words in str(seen).lower() for words in _WORDS):
            return True
        seen = seen.__cause__ or seen.__context__
    return isinstance(error, (OSError, RuntimeError)) and _is_full(directory)


def _is_full(directory: Path) -> bool:
    try:
        found = os.statvfs(directory)
    except OSError:
        return False
    return found.f_bavail * found.f_frsize < min(_LEAST_FREE, found.f_blocks * found.f_frsize // 100)


def walk(directory: Path, prefix: str = "") -> Iterator[tuple[str, str]]:
    """(relative path, path) of everything that is not a directory, sorted by name. Symlinks are not followed."""
    with os.scandir(directory / prefix) as entries:
        found = sorted(entries, key=operator.attrgetter("name"))
    for entry in found:
        if entry.is_dir(follow_symlinks=False):
            yield from walk(directory, f"{prefix}{entry.name}/")
        else:
            yield f"{prefix}{entry.name}", entry.path


def size_of(directory: Path) -> int:
    """Bytes of all files in a directory; of those that are still there when they are looked at."""
    total = 0
    with contextlib.suppress(FileNotFoundError):
        for _, path in walk(directory):
            with contextlib.suppress(FileNotFoundError):
                total += os.lstat(path).st_size
    return total


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
