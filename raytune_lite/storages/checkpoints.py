"""Checkpoints as directories: one is whole under its final name, or it is not there. Knows no SQL, no torch.

Layout: ``<root>/trial-00007/attempt-2/step-9``, and ``step-9.1`` if the same attempt saves that step again.
The attempt is part of the path, so a ghost attempt never overwrites its successor. Beside the published
directories lie only names that begin with a dot: a checkpoint being written, or one being deleted.

A reference names its checkpoint by the path below the root, so a study's directory can be moved, or mounted
elsewhere.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import operator
import os
import re
import shutil
import stat
import uuid
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from ..core.bounds import shown
from ..core.messages import CheckpointRef
from ..exceptions import CheckpointCorruptedError, CheckpointError
from ..training.serialization import load_state, save_state

__all__ = ["MANIFEST", "CheckpointStore", "load_state", "save_state"]

MANIFEST = ".rtl-manifest.json"
_CHUNK = 1 << 20
_MANIFEST_MOST = 64 << 20  # bytes; half a million files
_TRIAL = re.compile(r"trial-(\d{1,20})", re.ASCII)  # a longer name is none of ours, and no file system takes it
_ATTEMPT = re.compile(r"attempt-(\d{1,20})", re.ASCII)
_STEP = re.compile(r"step-\d{1,20}(\.\d{1,20})?", re.ASCII)
_ASIDE = re.compile(r"\.(writing|deleting)-[0-9a-f]{32}", re.ASCII)
_FULL = "Free space, save less often, or give the study another checkpoint directory."
_IN_THE_WAY = "A file stands where a directory belongs: move it, or choose another checkpoint directory."
_WAY_OUT = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.ENOTDIR: _IN_THE_WAY,
    errno.EEXIST: _IN_THE_WAY,
}
_NOT_WRITABLE = (
    "Make this path readable and writable for the trials, or give the study another checkpoint directory."
)


class CheckpointStore:
    """Publishes, verifies and discards the checkpoints below one root directory, which is made on demand.

    Several processes and machines may use one root at once, if it is a shared filesystem; each attempt writes
    only into its own directory.

    Args:
        root: the study's checkpoint directory.
    """

    def __init__(self, root: str | Path) -> None:
        self.root = Path(os.path.abspath(root))
        self._next: dict[Path, int] = {}  # names used up, so that one is not given again after a discard

    def begin(self, number: int, attempt: int, step: int) -> Path:
        """A fresh empty directory to write a checkpoint's files into, on the filesystem of its final place.

        Raises:
            CheckpointError: the root cannot be written.
        """
        final = self._final(number, attempt, step)
        temporary = final.parent / f".writing-{uuid.uuid4().hex}"
        with _os_errors(f"no checkpoint of trial {number} can be begun", self.root):
            for retry in reversed(range(5)):
                try:
                    _make_directories(final.parent)
                    temporary.mkdir()
                    break
                except FileNotFoundError:
                    # another process has just removed the trial's empty directory: discard() or sweep()
                    if not retry:
                        raise
        return temporary

    def publish(self, temporary: Path, number: int, attempt: int, step: int) -> CheckpointRef:
        """Give a written directory its final name, after all of it is on the disk.

        The temporary directory is gone afterwards, also when this fails; published ones are never touched.

        Raises:
            CheckpointError: nothing was written, a symlink or a special file is among it, or the disk failed.
        """
        final = self._final(number, attempt, step)
        if temporary.parent != final.parent or not _ASIDE.fullmatch(temporary.name):
            raise CheckpointError(
                f"{temporary} was not made by begin(number={number}, attempt={attempt}, step={step}): "
                "a checkpoint is published from there only."
            )
        self._refuse_symlinks(temporary)
        try:
            with _os_errors(
                f"the checkpoint of trial {number}, step {step} could not be published", temporary
            ):
                files = _sealed_files(temporary)
                manifest = json.dumps(
                    {
                        "version": 1,
                        "number": int(number),
                        "attempt": int(attempt),
                        "step": int(step),
                        "files": files,
                    },
                    separators=(",", ":"),
                ).encode("ascii")
                _write_synced(temporary / MANIFEST, manifest)
                _sync_directories(temporary)
                published = self._rename(temporary, final)
        except BaseException:
            _remove_tree(temporary)
            raise
        return CheckpointRef(
            step=int(step),
            attempt=int(attempt),
            uri=published.relative_to(self.root).as_posix(),
            digest=hashlib.sha256(manifest).hexdigest(),
            size=sum(entry["size"] for entry in files),
        )

    def abandon(self, temporary: Path) -> None:
        """Remove a directory of begin() that will not be published; nothing happens if it is gone already.

        Raises:
            CheckpointError: not a directory of begin().
        """
        parent = temporary.parent
        shape = zip((_TRIAL, _ATTEMPT, _ASIDE), temporary.parts[-3:], strict=False)
        if parent.parent.parent != self.root or not all(pattern.fullmatch(part) for pattern, part in shape):
            raise CheckpointError(
                f"{temporary} is not a temporary directory of {self.root}: it was left alone."
            )
        self._refuse_symlinks(temporary)
        _remove_tree(temporary)
        _remove_if_empty(parent, parent.parent)

    def verify(self, ref: CheckpointRef) -> Path:
        """Read a checkpoint through; its directory, if every byte is what was published.

        Raises:
            CheckpointCorruptedError: a file or the directory is missing, added, or differs.
            CheckpointError: the reference leads outside the root, or the filesystem failed.
        """
        path = self._locate(ref.uri)
        if not path.is_dir():
            found = (
                "no such directory"
                if self.root.is_dir()
                else f"no root: is {self.root} mounted on this node?"
            )
            raise CheckpointCorruptedError(str(path), ref.digest, found)
        with _os_errors("the checkpoint could not be read", path):
            entries = _manifest_files(path, ref.digest)
            present = {name: entry for name, entry in _walk(path) if name != MANIFEST}
            for entry in entries:
                found_file = present.pop(entry["path"], None)
                if found_file is None:
                    raise CheckpointCorruptedError(str(path), _describe(entry), "no such file")
                if not stat.S_ISREG(os.lstat(found_file).st_mode):
                    raise CheckpointCorruptedError(str(path), _describe(entry), "not a regular file")
                now = _digest_file(found_file, entry["path"])
                if now != entry:
                    raise CheckpointCorruptedError(str(path), _describe(entry), _describe(now))
            if present:
                raise CheckpointCorruptedError(str(path), "no other file", f"an added file {min(present)!r}")
        return path

    def discard(self, uri: str) -> None:
        """Delete a published checkpoint; nothing happens if it is gone already.

        Raises:
            CheckpointError: ``uri`` is not a checkpoint below the root, or the filesystem failed.
        """
        self._delete(self._locate(uri))

    def sweep(self, keep: Collection[str], live: Collection[tuple[int, int]] = ()) -> list[str]:
        """Delete every published checkpoint that is not in ``keep``, and what dead processes left half-done.

        Args:
            keep: uris of the references that are still needed.
            live: (number, attempt) of the attempts that run now. Their directories are left alone: they may
                hold a checkpoint being written, or one published but not reported yet.

        Returns:
            The uris deleted, sorted.

        Raises:
            CheckpointError: a uri in ``keep`` does not belong to this root (nothing is deleted then).
        """
        kept = {self._locate(uri) for uri in keep}
        gone = []
        with _os_errors("the checkpoint directory could not be swept", self.root):
            for trial, number in _subdirectories(self.root, _TRIAL):
                for directory, attempt in _subdirectories(trial, _ATTEMPT):
                    if (int(number[1]), int(attempt[1])) in live:
                        continue
                    for path, _ in _subdirectories(directory, _ASIDE):
                        _remove_tree(path)
                    for path, _ in _subdirectories(directory, _STEP):
                        if path not in kept:
                            self._delete(path)
                            gone.append(path.relative_to(self.root).as_posix())
                    _remove_if_empty(directory, trial)
        return sorted(gone)

    def published(self) -> list[str]:
        """Uris of all published checkpoints, sorted."""
        with _os_errors("the checkpoint directory could not be read", self.root):
            return sorted(
                path.relative_to(self.root).as_posix()
                for trial, _ in _subdirectories(self.root, _TRIAL)
                for directory, _ in _subdirectories(trial, _ATTEMPT)
                for path, _ in _subdirectories(directory, _STEP)
            )

    def _final(self, number: int, attempt: int, step: int) -> Path:
        for name, value in (("number", number), ("attempt", attempt), ("step", step)):
            try:
                valid = operator.index(value) >= 0 and not isinstance(value, bool)
            except TypeError:
                valid = False
            if not valid:
                raise CheckpointError(f"a checkpoint's {name} must be an integer >= 0, got {value!r}.")
        return self.root / f"trial-{number:05d}" / f"attempt-{attempt}" / f"step-{step}"

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
            _sync(final.parent)
        except BaseException:
            # not known to be durable, so it was never published: it must not stay under a final name
            os.replace(path, temporary)
            raise
        return path

    def _delete(self, path: Path) -> None:
        aside = path.with_name(f".deleting-{uuid.uuid4().hex}")
        with _os_errors("the checkpoint could not be deleted", path):
            try:
                os.replace(path, aside)  # a crash in the middle must not leave half of it under a final name
            except FileNotFoundError:
                return
        _remove_tree(aside)
        _remove_if_empty(path.parent, path.parent.parent)

    def _locate(self, uri: str) -> Path:
        """The directory of a uri: a path below the root, of the published shape and without symlinks."""
        if not isinstance(uri, str):
            raise CheckpointError(f"a checkpoint's uri must be a path below {self.root}, got {type(uri).__name__}.")
        relative = uri
        if os.path.isabs(uri):
            relative = os.path.relpath(uri, self.root)
        parts = relative.split("/")
        if len(parts) != 3 or not all(
            pattern.fullmatch(part) for pattern, part in zip((_TRIAL, _ATTEMPT, _STEP), parts, strict=True)
        ):
            raise CheckpointError(
                f"{shown(uri)} is not a checkpoint below {self.root}; one is named trial-<number>/attempt-<n>/"
                "step-<n>. Nothing was read or deleted."
            )
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


# --- files --------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _os_errors(what: str, path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        way_out = _WAY_OUT.get(error.errno or 0, _NOT_WRITABLE)
        raise CheckpointError(
            f"{what}: {error.strerror or error} ({error.filename or path}). {way_out} "
            "Checkpoints published before are untouched."
        ) from error


def _walk(directory: Path, prefix: str = "") -> Iterator[tuple[str, str]]:
    """(relative path, path) of all that is not a directory, sorted by name; symlinks are not followed."""
    with os.scandir(directory / prefix) as entries:
        found = sorted(entries, key=operator.attrgetter("name"))
    for entry in found:
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(directory, f"{prefix}{entry.name}/")
        else:
            yield f"{prefix}{entry.name}", entry.path


def _sealed_files(directory: Path) -> list[dict[str, Any]]:
    """Manifest entries of a directory's files, each on the disk before its digest is believed."""
    files = []
    for name, path in _walk(directory):
        mode = os.lstat(path).st_mode
        if not stat.S_ISREG(mode):
            kind = "a symlink" if stat.S_ISLNK(mode) else "not a regular file"
            raise CheckpointError(
                f"{name!r} in the checkpoint is {kind}: a checkpoint holds its own bytes. "
                "Copy the file there instead."
            )
        if name == MANIFEST:
            raise CheckpointError(
                f"{MANIFEST} is the name of the checkpoint's own manifest; use another file name."
            )
        files.append(_digest_file(path, name, sync=True))
    if not files:
        raise CheckpointError(
            "the checkpoint directory is empty: write at least one file into it, or leave out "
            "trial.checkpoint_dir."
        )
    return files


def _digest_file(path: str, name: str, *, sync: bool = False) -> dict[str, Any]:
    digest, size = hashlib.sha256(), 0
    # O_NOFOLLOW: the file may have been swapped for a symlink since it was listed
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
        if sync:
            os.fsync(file.fileno())
    return {"path": name, "size": size, "sha256": digest.hexdigest()}


def _describe(entry: dict[str, Any]) -> str:
    return f"{entry['sha256']} ({entry['size']} bytes) of {entry['path']!r}"


def _manifest_files(path: Path, digest: str) -> list[dict[str, Any]]:
    manifest = path / MANIFEST
    if manifest.is_symlink() or not manifest.is_file():
        raise CheckpointCorruptedError(str(path), digest, f"no file {MANIFEST}")
    with manifest.open("rb") as file:
        content = file.read(_MANIFEST_MOST + 1)  # what lies there may be anything, and of any size
    if len(content) > _MANIFEST_MOST:
        raise CheckpointCorruptedError(str(path), digest, f"a manifest of more than {_MANIFEST_MOST} bytes")
    found = hashlib.sha256(content).hexdigest()
    if found != digest:
        raise CheckpointCorruptedError(str(path), digest, found)
    try:
        files: list[dict[str, Any]] = json.loads(content)["files"]
        if all(type(entry["path"]) is str and type(entry["size"]) is int and entry["sha256"] for entry in files):
            return files
    except (ValueError, TypeError, KeyError, RecursionError):
        pass
    # its digest is the recorded one: somebody has changed both
    raise CheckpointCorruptedError(str(path), digest, "a manifest that lists no files")


def _write_synced(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(directory: Path) -> None:
    """Make a directory's names durable; a filesystem that cannot (some remote ones) is believed."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)


def _sync_directories(directory: Path) -> None:
    for path, _, _ in os.walk(directory, topdown=False):
        _sync(Path(path))


def _make_directories(path: Path) -> None:
    """``mkdir -p`` whose new names are durable."""
    if path.is_dir():
        return
    if path.parent != path:
        _make_directories(path.parent)
    path.mkdir(exist_ok=True)
    _sync(path.parent)


def _remove_tree(path: Path) -> None:
    # what cannot be removed now keeps its dotted name, and the next sweep takes it
    shutil.rmtree(path, ignore_errors=True)


def _remove_if_empty(*directories: Path) -> None:
    for directory in directories:
        with contextlib.suppress(OSError):
            directory.rmdir()


def _subdirectories(directory: Path, pattern: re.Pattern[str]) -> list[tuple[Path, re.Match[str]]]:
    """The true subdirectories (no symlinks) whose whole name matches, with their match, sorted by name."""
    try:
        with os.scandir(directory) as entries:
            names = sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
    except FileNotFoundError:
        return []
    return [(directory / name, match) for name in names if (match := pattern.fullmatch(name))]
