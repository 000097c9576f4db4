"""Checkpoints as directories of a disk: one is complete under its final name, or it is not there.

A checkpoint is written under a temporary name and renamed when all of it is on the disk. ``layout`` has the names.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from ..arguments import as_integer, shown
from ..core.messages import CheckpointRef
from ..exceptions import CheckpointCorruptedError, CheckpointDiskError, CheckpointError
from . import layout, manifest, marker
from .disk import (
    make_directories,
    os_errors,
    remove_if_empty,
    remove_tree,
    size_of,
    subdirectories,
    sync,
    sync_directories,
)
from .manifest import MANIFEST

__all__ = ["MANIFEST", "DirectoryStore", "HalfWritten", "check_numbers", "names_of"]


class HalfWritten(NamedTuple):
    """A directory that was not published, or not deleted as a whole. ``path``: below the root; ``size``: bytes."""

    path: str
    number: int
    attempt: int
    size: int


class DirectoryStore:
    """A CheckpointStore below one root directory, which is made when it is needed.

    Several processes and machines may use one root at once, if it is a shared filesystem; each attempt writes
    only into its own directory.

    Args:
        root: the study's checkpoint directory.
    """

    publishes_beside = False

    def __init__(self, root: str | Path) -> None:
        self.root = Path(os.path.abspath(root))
        self._next: dict[Path, int] = {}  # copies used up, so that no name is given again after a discard

    def begin(self, number: int, attempt: int, step: int) -> Path:
        """See CheckpointStore. The directory is on the filesystem of its final place."""
        final = self._final(number, attempt, step)
        temporary = final.parent / layout.temporary_name("writing")
        with os_errors(f"no checkpoint of trial {number} can be begun", self.root):
            for retry in reversed(range(5)):
                try:
                    make_directories(final.parent)
                    temporary.mkdir()
                    break
                except FileNotFoundError:
                    # another process has just removed the trial's empty directory: discard() or sweep()
                    if not retry:
                        raise
        return temporary

    def check(self, temporary: Path) -> None:
        """See CheckpointStore."""
        manifest.check(temporary)

    def publish(self, temporary: Path, number: int, attempt: int, step: int) -> CheckpointRef:
        """See CheckpointStore."""
        final = self._final(number, attempt, step)
        if temporary.parent != final.parent or not layout.TEMPORARY.fullmatch(temporary.name):
            raise CheckpointError(
                f"{temporary} was not made by begin(number={number}, attempt={attempt}, step={step}): "
                "a checkpoint is published from there only."
            )
        self._refuse_symlinks(temporary)
        try:
            with os_errors(f"the checkpoint of trial {number}, step {step} could not be published", temporary):
                digest, size = manifest.write(temporary, number, attempt, step)
                sync_directories(temporary)
                published = self._rename(temporary, final)
        except BaseException:
            remove_tree(temporary)
            raise
        uri = published.relative_to(self.root).as_posix()
        return CheckpointRef(step=int(step), attempt=int(attempt), uri=uri, digest=digest, size=size)

    def abandon(self, temporary: Path) -> None:
        """See CheckpointStore."""
        parent = temporary.parent
        shape = zip((layout.TRIAL, layout.ATTEMPT, layout.TEMPORARY), temporary.parts[-3:], strict=False)
        if parent.parent.parent != self.root or not all(pattern.fullmatch(part) for pattern, part in shape):
            raise CheckpointError(f"{temporary} is not a temporary directory of {self.root}: it was left alone.")
        self._refuse_symlinks(temporary)
        remove_tree(temporary)
        remove_if_empty(parent, parent.parent)

    def verify(self, ref: CheckpointRef) -> Path:
        """See CheckpointStore."""
        path = self._locate(ref.uri)
        if not path.is_dir():
            if not self.root.is_dir():
                raise CheckpointDiskError(
                    f"the checkpoint of step {ref.step} cannot be read: there is no directory {self.root}. Is it "
                    "mounted on this node? Mount it, or put it back. Nothing was taken for a start from zero."
                )
            raise CheckpointCorruptedError(str(path), ref.digest, "no such directory")
        with os_errors("the checkpoint could not be read", path):
            manifest.verify(path, ref.digest)
        return path

    def discard(self, uri: str) -> None:
        """See CheckpointStore."""
        self._delete(self._locate(uri))

    def sweep(self, keep: Collection[str], ended: Mapping[int, int] | None = None) -> list[str]:
        """See CheckpointStore."""
        kept = {self._locate(uri) for uri in keep}
        gone = []
        with os_errors("the checkpoint directory could not be swept", self.root):
            for directory, number, attempt in self._attempts(ended):
                if ended is not None and attempt > ended.get(number, -1):
                    continue
                for path, _ in subdirectories(directory, layout.TEMPORARY):
                    remove_tree(path)
                for path, _ in subdirectories(directory, layout.STEP):
                    if path not in kept:
                        self._delete(path)
                        gone.append(path.relative_to(self.root).as_posix())
                remove_if_empty(directory, directory.parent)
        return sorted(gone)

    def _attempts(self, of: Collection[int] | None = None) -> Iterator[tuple[Path, int, int]]:
        """The directories of attempts, each with its trial's number and its own. ``of``: maybe only of these trials."""
        for trial, number in self._trials(of):
            for directory, attempt in subdirectories(trial, layout.ATTEMPT):
                yield directory, number, int(attempt[1])

    def _trials(self, of: Collection[int] | None) -> list[tuple[Path, int]]:
        """The directories of all trials, with the trials' numbers; of one trial without a look at all the others'."""
        if of is not None and len(of) == 1:
            (number,) = of
            return [(self.root / layout.trial_directory(number), number)]
        return [(path, int(match[1])) for path, match in subdirectories(self.root, layout.TRIAL)]

    def half_written(self) -> list[HalfWritten]:
        """See CheckpointStore."""
        with os_errors("the checkpoint directory could not be read", self.root):
            return [
                HalfWritten(path.relative_to(self.root).as_posix(), number, attempt, size_of(path))
                for directory, number, attempt in self._attempts()
                for path, _ in subdirectories(directory, layout.TEMPORARY)
            ]

    def published(self) -> list[str]:
        """See CheckpointStore."""
        with os_errors("the checkpoint directory could not be read", self.root):
            return sorted(
                path.relative_to(self.root).as_posix()
                for directory, _, _ in self._attempts()
                for path, _ in subdirectories(directory, layout.STEP)
            )

    def mark(self, run: str) -> None:
        """See CheckpointStore."""
        marker.write(self.root, run)

    def is_marked(self, run: str) -> bool:
        """See CheckpointStore."""
        return marker.is_seen(self.root, run)

    def unmark(self, run: str) -> None:
        """See CheckpointStore."""
        marker.remove(self.root, run)

    def close(self) -> None:
        """See CheckpointStore. There are no copies."""

    def _final(self, number: int, attempt: int, step: int) -> Path:
        check_numbers(number, attempt, step)
        return self.root / layout.place(number, attempt, step)

    def _rename(self, temporary: Path, final: Path) -> Path:
        """Move to the first name that was never used: step-9, step-9.1, ... Durable when it returns."""
        count = self._next.get(final, 0)
        while True:
            path = final.with_name(f"{final.name}.{count}") if count else final
            try:
                os.replace(temporary, path)  # a directory never replaces one that holds files
                break
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                    raise
                count += 1
        self._next[final] = count + 1
        try:
            sync(final.parent)
        except BaseException:
            # not known to be durable, so it was never published: it must not stay under a final name
            os.replace(path, temporary)
            raise
        return path

    def _delete(self, path: Path) -> None:
        temporary = path.with_name(layout.temporary_name("deleting"))
        with os_errors("the checkpoint could not be deleted", path):
            try:
                os.replace(path, temporary)  # a crash in the middle must not leave half of it under a final name
            except FileNotFoundError:
                return
        remove_tree(temporary)
        remove_if_empty(path.parent, path.parent.parent)

    def _locate(self, uri: str) -> Path:
        """The directory of a uri: a path below the root, of the published shape and without symlinks."""
        is_absolute = isinstance(uri, str) and os.path.isabs(uri)
        parts = names_of(os.path.relpath(uri, self.root) if is_absolute else uri, self.root)
        path = self.root.joinpath(*parts)
        self._refuse_symlinks(path)
        return path

    def _refuse_symlinks(self, path: Path) -> None:
        for part in (path, path.parent, path.parent.parent):
            if part.is_symlink():
                raise CheckpointError(
                    f"{part} is a symlink: a checkpoint is never read, written or deleted through one. "
                    f"The root {self.root} itself may be one."
                )


def check_numbers(number: int, attempt: int, step: int) -> None:
    """Refuse what names no checkpoint.

    Raises:
        CheckpointError: one of them is no integer >= 0.
    """
    for name, value in (("number", number), ("attempt", attempt), ("step", step)):
        given = as_integer(value)
        if given is None or given < 0:
            raise CheckpointError(f"a checkpoint's {name} must be an integer >= 0, got {shown(value)}.")


def names_of(uri: str, root: str | Path) -> tuple[str, str, str]:
    """The three names of a uri, see ``layout.parts``.

    Raises:
        CheckpointError: it is not of the published shape.
    """
    if not isinstance(uri, str):
        raise CheckpointError(f"a checkpoint's uri must be a path below {root}, got {type(uri).__name__}.")
    parts = layout.parts(uri)
    if parts is None:
        raise CheckpointError(
            f"{shown(uri)} is not a checkpoint below {root}; one is named {layout.SHAPE}. Nothing was read or deleted."
        )
    return parts
