"""The store of checkpoints, as all others use it: a protocol, and which implementation a root needs.

A root is a directory of a disk (``directories``), or a URL of an object store (``objects``). Knows no SQL, no torch.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ..core.messages import CheckpointRef
from .directories import DirectoryStore, HalfWritten
from .layout import is_url

if TYPE_CHECKING:
    from .objects import ObjectStore


class CheckpointStore(Protocol):
    """Publishes, verifies and deletes the checkpoints below one root.

    A checkpoint is complete under its final name, or it is not there. Several processes and machines may use one root
    at once; each attempt writes under its own name only, and no name is used twice. ``publishes_beside``: publishing
    takes long, so a thread does it while training goes on.
    """

    publishes_beside: bool

    @property
    def root(self) -> str | Path:
        """The study's directory, or its URL."""

    def begin(self, number: int, attempt: int, step: int) -> Path:
        """A new empty directory of this machine to write a checkpoint's files into.

        Raises:
            CheckpointDiskError: the disk is full, or fails.
            CheckpointError: the directory cannot be made, or a number is not an integer >= 0.
        """

    def check(self, temporary: Path) -> None:
        """Look whether a written directory may be published; no file is read.

        Raises:
            CheckpointError: nothing was written, or a symlink or a special file is among it.
        """

    def publish(self, temporary: Path, number: int, attempt: int, step: int) -> CheckpointRef:
        """Give what was written its final name, all of it or nothing.

        The temporary directory is gone afterwards, also when this fails; published ones are never touched.

        Raises:
            CheckpointDiskError: the disk is full, or the disk or the object store fails.
            CheckpointError: see ``check``; or the root may not be written.
        """

    def abandon(self, temporary: Path) -> None:
        """Remove a directory of begin() that will not be published; nothing happens if it is gone already.

        Raises:
            CheckpointError: not a directory of begin().
        """

    def verify(self, ref: CheckpointRef) -> Path:
        """Read all of a checkpoint; returns its directory, or a copy's, if every byte is what was published.

        Raises:
            CheckpointCorruptedError: a file or the checkpoint is missing or different.
            CheckpointDiskError: the whole root is missing, or the disk or the object store fails.
            CheckpointError: the reference leads outside the root, or it may not be read.
        """

    def discard(self, uri: str) -> None:
        """Delete a published checkpoint; nothing happens if it is gone already.

        Raises:
            CheckpointError: ``uri`` is not a checkpoint below the root, or it cannot be deleted.
        """

    def sweep(self, keep: Collection[str], ended: Mapping[int, int] | None = None) -> list[str]:
        """Delete every published checkpoint that is not in ``keep``, and what dead processes left half-written.

        Args:
            keep: uris of the references that are still needed.
            ended: the newest attempt of each trial that has ended, by the trial's number. What later attempts and other
                trials have there is left alone: it may be being written, or published and not reported yet. None: no
                attempt runs.

        Returns:
            The uris deleted, sorted.

        Raises:
            CheckpointError: a uri in ``keep`` does not belong to this root (nothing is deleted then), or the root
                cannot be read.
        """

    def half_written(self) -> list[HalfWritten]:
        """What is being written or deleted now, or was when its process was killed, in the order of paths.

        Raises:
            CheckpointError: the root cannot be read.
        """

    def published(self) -> list[str]:
        """Uris of all published checkpoints, sorted.

        Raises:
            CheckpointError: the root cannot be read.
        """

    def mark(self, run: str) -> None:
        """Leave a run's name below the root, so that other machines can tell that they see the same root.

        Raises:
            CheckpointDiskError: the disk or the object store fails.
            CheckpointError: the root cannot be made or written.
        """

    def is_marked(self, run: str) -> bool:
        """Whether this machine sees the mark of that run.

        Raises:
            CheckpointError: an object store cannot be reached, or may not be read.
        """

    def unmark(self, run: str) -> None:
        """Take a run's mark away, if it is there."""

    def close(self) -> None:
        """Delete what this store has copied to this machine. It may be used again afterwards."""


def open_store(root: str | Path) -> CheckpointStore:
    """The store of a study's checkpoints. ``root``: see ``layout.study_directory``.

    Raises:
        ValueError: a URL whose Python package is not installed.
    """
    if is_url(str(root)):
        from .objects import ObjectStore

        return ObjectStore(str(root))
    return DirectoryStore(root)


def object_store(store: CheckpointStore) -> ObjectStore | None:
    """This store, if machines that share no disk can write one checkpoint of it together."""
    if not store.publishes_beside:
        return None
    from .objects import ObjectStore

    return store if isinstance(store, ObjectStore) else None


__all__ = ["CheckpointStore", "object_store", "open_store"]
