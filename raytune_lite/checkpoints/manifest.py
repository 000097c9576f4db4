"""A checkpoint's manifest: the list of its files with their sizes and digests. Its own digest names the checkpoint."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from ..exceptions import CheckpointCorruptedError, CheckpointError
from .disk import walk, write_synced

MANIFEST = ".rtl-manifest.json"
T = TypeVar("T")
_CHUNK = 1 << 20
_MOST = 64 << 20  # bytes of a manifest; half a million files


Files = Mapping[str, tuple[int, str]]  # by relative path: bytes, and sha256


def check(directory: Path, more: Files | None = None) -> None:
    """Look at the files of a checkpoint to be, without reading them.

    Args:
        directory: of the files.
        more: those that other machines have written.

    Raises:
        CheckpointError: there is no file, or one that a checkpoint does not hold (a symlink, a special file).
    """
    _refuse_none([*_files(directory), *(more or {})])


def digests(directory: Path) -> Files:
    """The files of one part of a checkpoint, which may have none.

    Raises:
        CheckpointError: one that a checkpoint does not hold.
    """
    entries = [_entry(path, name) for name, path in _files(directory)]
    return {entry["path"]: (entry["size"], entry["sha256"]) for entry in entries}


def write(
    directory: Path, number: int, attempt: int, step: int, *, sync: bool = True, more: Files | None = None
) -> tuple[str, int]:
    """Write the manifest of the files of ``directory``; returns its sha256 and the files' bytes.

    Args:
        directory: of the files.
        number: of the trial.
        attempt: of the trial.
        step: of the checkpoint.
        sync: put every file and the manifest on the disk.
        more: files that other machines have written.

    Raises:
        CheckpointError: see ``check``; or two machines have written different files under one name.
    """
    own = {name: _entry(path, name, sync=sync) for name, path in _files(directory)}
    others = {name: {"path": name, "size": size, "sha256": digest} for name, (size, digest) in (more or {}).items()}
    for name in own.keys() & others.keys():
        refuse_different(name, own[name] == others[name])
    files = _refuse_none([*own.values(), *(entry for name, entry in sorted(others.items()) if name not in own)])
    data = {"version": 1, "number": int(number), "attempt": int(attempt), "step": int(step), "files": files}
    content = json.dumps(data, separators=(",", ":")).encode("ascii")
    if sync:
        write_synced(directory / MANIFEST, content)
    else:
        (directory / MANIFEST).write_bytes(content)
    return hashlib.sha256(content).hexdigest(), sum(entry["size"] for entry in files)


def verify(directory: Path, digest: str) -> None:
    """Read every file of a published checkpoint, and compare it with the manifest of this ``digest``.

    Raises:
        CheckpointCorruptedError: a file is missing, added, or different.
    """
    entries = _read(directory, digest)
    present = {name: entry for name, entry in walk(directory) if name != MANIFEST}
    for entry in entries:
        found = present.pop(entry["path"], None)
        if found is None:
            raise CheckpointCorruptedError(str(directory), _describe(entry), "no such file")
        if not stat.S_ISREG(os.lstat(found).st_mode):
            raise CheckpointCorruptedError(str(directory), _describe(entry), "not a regular file")
        now = _entry(found, entry["path"])
        if now != entry:
            raise CheckpointCorruptedError(str(directory), _describe(entry), _describe(now))
    if present:
        raise CheckpointCorruptedError(str(directory), "no other file", f"an added file {min(present)!r}")


def paths(content: bytes, digest: str, shown: str) -> list[str]:
    """The relative paths of the files that a manifest lists.

    Args:
        content: of the manifest.
        digest: the recorded one.
        shown: the checkpoint, for messages.

    Raises:
        CheckpointCorruptedError: it has another digest, or is no manifest.
    """
    found = [entry["path"] for entry in _parse(content, digest, shown)]
    if any(path.startswith("/") or ".." in path.split("/") for path in found):
        raise CheckpointCorruptedError(shown, digest, "a manifest that leads out of the checkpoint")
    return found


def _files(directory: Path) -> list[tuple[str, str]]:
    """(name, path) of a directory's files, which a checkpoint may hold."""
    files = []
    for name, path in walk(directory):
        mode = os.lstat(path).st_mode
        if not stat.S_ISREG(mode):
            kind = "a symlink" if stat.S_ISLNK(mode) else "not a regular file"
            raise CheckpointError(
                f"{name!r} in the checkpoint is {kind}: a checkpoint holds its own bytes. Copy the file there instead."
            )
        if name == MANIFEST:
            raise CheckpointError(f"{MANIFEST} is the name of the checkpoint's own manifest; use another file name.")
        files.append((name, path))
    return files


def _refuse_none(files: list[T]) -> list[T]:
    if not files:
        raise CheckpointError(
            "the checkpoint directory is empty: write at least one file into it, or leave out trial.checkpoint_dir."
        )
    return files


def refuse_different(name: str, are_same: bool) -> None:
    """Two machines have written a file of this name into one checkpoint.

    Raises:
        CheckpointError: and they are not the same.
    """
    if not are_same:
        raise CheckpointError(
            f"two ranks have written different files {name!r} into one checkpoint: give each rank's file a name of its "
            'own, such as f"part-{trial.rank}".'
        )


def _entry(path: str, name: str, *, sync: bool = False) -> dict[str, Any]:
    digest, size = hashlib.sha256(), 0
    # O_NOFOLLOW: the file may have been replaced by a symlink since it was listed
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


def _read(directory: Path, digest: str) -> list[dict[str, Any]]:
    """The entries of a manifest whose own digest is the recorded one."""
    path, shown = directory / MANIFEST, str(directory)
    if path.is_symlink() or not path.is_file():
        raise CheckpointCorruptedError(shown, digest, f"no file {MANIFEST}")
    with path.open("rb") as file:
        content = file.read(_MOST + 1)  # what is there may be anything, and of any size
    return _parse(content, digest, shown)


def _parse(content: bytes, digest: str, shown: str) -> list[dict[str, Any]]:
    if len(content) > _MOST:
        raise CheckpointCorruptedError(shown, digest, f"a manifest of more than {_MOST} bytes")
    found = hashlib.sha256(content).hexdigest()
    if found != digest:
        raise CheckpointCorruptedError(shown, digest, found)
    try:
        files: list[dict[str, Any]] = json.loads(content)["files"]
        if all(type(entry["path"]) is str and type(entry["size"]) is int and entry["sha256"] for entry in files):
            return files
    except (ValueError, TypeError, KeyError, RecursionError):
        pass
    # the digest is right, so somebody has changed both the manifest and the recorded digest
    raise CheckpointCorruptedError(shown, digest, "a manifest that lists no files")
