"""Checkpoints at a URL: objects of S3 or another store that fsspec knows. Such a store renames nothing.

So a checkpoint is written to a directory of this machine and uploaded under its final name, the manifest last. Where
the manifest is missing, there is no checkpoint. A download is compared with the digest that was recorded.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from ..core.messages import CheckpointRef
from ..exceptions import CheckpointCorruptedError, CheckpointDiskError, CheckpointError
from . import copies, layout, manifest
from .directories import HalfWritten, check_numbers, names_of
from .disk import os_errors, remove_tree, walk
from .manifest import MANIFEST, Files
from .remote import errors, filesystem


@dataclass(slots=True)
class _Found:
    """What lies under the name of one checkpoint. ``size``: bytes."""

    uri: str
    number: int
    attempt: int
    size: int = 0
    is_published: bool = False


@dataclass(slots=True)
class _Shared:
    """A checkpoint that other machines write, too: its name, and what they have uploaded."""

    uri: str
    files: dict[str, tuple[int, str]] = field(default_factory=dict)


@dataclass(slots=True)
class _Used:
    """Directories of this machine, and names of checkpoints, that this store has used."""

    begun: set[Path] = field(default_factory=set)
    copies: dict[str, Path] = field(default_factory=dict)  # by digest of the manifest
    names: dict[str, int] = field(default_factory=dict)  # how many copies of a step were named
    shared: dict[Path, _Shared] = field(default_factory=dict)  # by begun directory


class ObjectStore:
    """A CheckpointStore below a URL. It connects when it is first needed.

    Args:
        root: the study's URL, without a slash at its end.

    Raises:
        ValueError: the package for such URLs is not installed.
        CheckpointError: the options in the environment are none of that filesystem.
    """

    publishes_beside = True

    def __init__(self, root: str) -> None:
        self.root = root
        self._filesystem, path = self._connect()
        self._path = path.rstrip("/")
        self._used = _Used()

    def _connect(self) -> tuple[Any, str]:
        return filesystem(self.root)

    # --- writing -----------------------------------------------------------------------------------------------------

    def begin(self, number: int, attempt: int, step: int) -> Path:
        """See CheckpointStore."""
        check_numbers(number, attempt, step)
        directory = copies.new()
        self._used.begun.add(directory)
        return directory

    def check(self, temporary: Path) -> None:
        """See CheckpointStore."""
        with os_errors("the checkpoint cannot be read", temporary):
            manifest.check(temporary, self._files_of_others(temporary))

    def publish(self, temporary: Path, number: int, attempt: int, step: int) -> CheckpointRef:
        """See CheckpointStore. What fails half-way leaves objects without a manifest, which a sweep deletes."""
        check_numbers(number, attempt, step)
        if temporary not in self._used.begun:
            raise CheckpointError(
                f"{temporary} was not made by begin(number={number}, attempt={attempt}, step={step}): "
                "a checkpoint is published from there only."
            )
        what = f"the checkpoint of trial {number}, step {step} could not be uploaded"
        try:
            with os_errors(what, temporary):
                others = self._files_of_others(temporary)
                digest, size = manifest.write(temporary, number, attempt, step, sync=False, more=others)
            with errors(what, self.root):
                shared = self._used.shared.get(temporary)
                uri = self._new_name(number, attempt, step) if shared is None else shared.uri
                self._upload(temporary, f"{self._path}/{uri}")
        finally:
            self._used.shared.pop(temporary, None)
            self.abandon(temporary)
        return CheckpointRef(step=int(step), attempt=int(attempt), uri=uri, digest=digest, size=size)

    def _new_name(self, number: int, attempt: int, step: int) -> str:
        """The first name that was never used: step-9, step-9.1, ..."""
        first = layout.place(number, attempt, step)
        count = self._used.names.get(first, 0)
        while self._read(f"{self._path}/{layout.place(number, attempt, step, count)}/{MANIFEST}") is not None:
            count += 1  # by another store of this attempt
        self._used.names[first] = count + 1
        return layout.place(number, attempt, step, count)

    def _upload(self, directory: Path, place: str) -> None:
        self._put(directory, [name for name, _ in walk(directory) if name != MANIFEST], place)
        self._filesystem.put_file(str(directory / MANIFEST), f"{place}/{MANIFEST}")

    def _put(self, directory: Path, names: Collection[str], place: str) -> None:
        if names:
            self._filesystem.put([str(directory / name) for name in names], [f"{place}/{name}" for name in names])

    def abandon(self, temporary: Path) -> None:
        """See CheckpointStore."""
        shared = self._used.shared.pop(temporary, None)
        if shared is not None and shared.files:  # a newer checkpoint has taken its place
            with contextlib.suppress(Exception):  # else the next sweep does it
                self._delete(shared.uri)
        if temporary in self._used.begun:
            self._used.begun.discard(temporary)
            remove_tree(temporary)
        elif temporary.exists():
            raise CheckpointError(f"{temporary} is not a temporary directory of {self.root}: it was left alone.")

    # --- one checkpoint that several machines write ------------------------------------------------------------------

    def share(self, temporary: Path, number: int, attempt: int, step: int) -> str:
        """The uri under which a directory of begin() will be published, for what other machines add to it.

        Args:
            temporary: of begin() with the same numbers.
            number: of the trial.
            attempt: of the trial.
            step: of the checkpoint.

        Raises:
            CheckpointDiskError, CheckpointError: the store cannot be reached.
        """
        with errors(f"the checkpoint of trial {number}, step {step} could not be begun", self.root):
            uri = self._new_name(number, attempt, step)
        self._used.shared[temporary] = _Shared(uri)
        return uri

    def upload_part(self, directory: Path, uri: str) -> Files:
        """Upload another machine's files under the name of a shared checkpoint; which these are.

        There is no checkpoint until the manifest is there, which ``publish`` uploads.

        Args:
            directory: with the files; none is a part, too.
            uri: see ``share``.

        Raises:
            CheckpointDiskError, CheckpointError: see ``publish``.
        """
        place = "/".join(names_of(uri, self.root))
        with os_errors("the checkpoint cannot be read", directory):
            files = manifest.digests(directory)
        with errors(f"a part of the checkpoint {uri} could not be uploaded", self.root):
            self._put(directory, list(files), f"{self._path}/{place}")
        return files

    def add_part(self, temporary: Path, files: Files) -> None:
        """Another machine has uploaded these files of a shared checkpoint.

        Args:
            temporary: see ``share``.
            files: see ``upload_part``.

        Raises:
            CheckpointError: two machines have written different files under one name.
        """
        known = self._used.shared[temporary].files
        for name, found in files.items():
            manifest.refuse_different(name, known.get(name, found) == found)
            known[name] = found

    def _files_of_others(self, temporary: Path) -> Files:
        shared = self._used.shared.get(temporary)
        return {} if shared is None else shared.files

    # --- reading -----------------------------------------------------------------------------------------------------

    def verify(self, ref: CheckpointRef) -> Path:
        """See CheckpointStore. The directory is a copy, which lasts until ``close``."""
        uri = "/".join(names_of(ref.uri, self.root))
        known = self._used.copies.get(ref.digest)
        if known is None:
            known = copies.new()
            try:
                self._download(uri, ref, known)
            except BaseException:
                remove_tree(known)
                raise
            self._used.copies[ref.digest] = known
        with os_errors("the copy of the checkpoint could not be read", known):
            manifest.verify(known, ref.digest)
        return known

    def _download(self, uri: str, ref: CheckpointRef, to: Path) -> None:
        place, shown = f"{self._path}/{uri}", f"{self.root}/{uri}"
        with errors(f"the checkpoint of step {ref.step} could not be downloaded", self.root):
            content = self._read(f"{place}/{MANIFEST}")
            if content is None:
                self._refuse_missing_root(ref.step)
                raise CheckpointCorruptedError(shown, ref.digest, f"no object {MANIFEST}")
            names = manifest.paths(content, ref.digest, shown)
            (to / MANIFEST).write_bytes(content)
            try:
                self._filesystem.get([f"{place}/{name}" for name in names], [str(to / name) for name in names])
            except FileNotFoundError as error:
                raise CheckpointCorruptedError(shown, ref.digest, f"a missing object ({error})") from None
            try:
                manifest.verify(to, ref.digest)
            except CheckpointCorruptedError as error:
                raise CheckpointCorruptedError(shown, error.expected, error.found) from None

    def _read(self, path: str) -> bytes | None:
        try:
            content: bytes = self._filesystem.cat_file(path)
        except FileNotFoundError:
            return None
        return content

    def _refuse_missing_root(self, step: int) -> None:
        if not self._filesystem.exists(self._path):
            raise CheckpointDiskError(
                f"the checkpoint of step {step} cannot be read: there is nothing below {self.root}. Is it the right "
                "bucket? Put its content back. Nothing was taken for a start from zero."
            )

    # --- deleting ----------------------------------------------------------------------------------------------------

    def discard(self, uri: str) -> None:
        """See CheckpointStore."""
        with errors("the checkpoint could not be deleted", self.root):
            self._delete("/".join(names_of(uri, self.root)))

    def _delete(self, uri: str) -> None:
        """The manifest first: a crash in the middle must not leave a checkpoint that lacks files."""
        for path, recursive in ((f"{self._path}/{uri}/{MANIFEST}", False), (f"{self._path}/{uri}", True)):
            with contextlib.suppress(FileNotFoundError):
                self._filesystem.rm(path, recursive=recursive)

    def sweep(self, keep: Collection[str], ended: Mapping[int, int] | None = None) -> list[str]:
        """See CheckpointStore."""
        kept = {"/".join(names_of(uri, self.root)) for uri in keep}

        def is_over(number: int, attempt: int) -> bool:
            return ended is None or attempt <= ended.get(number, -1)

        gone = []
        with errors("what is not needed any more could not be deleted", self.root):
            below = layout.trial_directory(next(iter(ended))) if ended is not None and len(ended) == 1 else ""
            for found in list(self._found(below)):
                if found.uri not in kept and is_over(found.number, found.attempt):
                    self._delete(found.uri)
                    gone += [found.uri] if found.is_published else []
            self._abort_uploads(below, is_over)
        return sorted(gone)

    def _abort_uploads(self, below: str, is_over: Callable[[int, int], bool]) -> None:
        """S3 keeps the parts of a file whose upload was cut off; no list of objects shows them, and they cost money."""
        call = getattr(self._filesystem, "call_s3", None)
        if call is None:
            return
        bucket, _, prefix = f"{self._path}/{below}".partition("/")
        with contextlib.suppress(Exception):  # not every store with S3's protocol has it
            for upload in call("list_multipart_uploads", Bucket=bucket, Prefix=prefix).get("Uploads", ()):
                parts = self._parts(f"{bucket}/{upload['Key']}")
                if parts is not None and is_over(parts[1], parts[2]):
                    call("abort_multipart_upload", Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])

    # --- what is there -----------------------------------------------------------------------------------------------

    def half_written(self) -> list[HalfWritten]:
        """See CheckpointStore."""
        with errors("the checkpoints could not be listed", self.root):
            every = [item for item in self._found() if not item.is_published]
        return [HalfWritten(item.uri, item.number, item.attempt, item.size) for item in every]

    def published(self) -> list[str]:
        """See CheckpointStore."""
        with errors("the checkpoints could not be listed", self.root):
            return [item.uri for item in self._found() if item.is_published]

    def _found(self, below: str = "") -> Iterator[_Found]:
        """What lies below the root, or below the directory of a trial, in the order of uris."""
        by_uri: dict[str, _Found] = {}
        listed: Mapping[str, Any] = self._filesystem.find(f"{self._path}/{below}".rstrip("/"), detail=True)
        for path, entry in listed.items():
            parts = self._parts(path)
            if parts is None:
                continue
            uri, number, attempt, name = parts
            found = by_uri.setdefault(uri, _Found(uri, number, attempt))
            found.size += int(entry.get("size") or 0)
            found.is_published |= name == MANIFEST
        return iter([by_uri[uri] for uri in sorted(by_uri)])

    def _parts(self, path: str) -> tuple[str, int, int, str] | None:
        """The uri of the checkpoint that an object belongs to, its trial, its attempt, and the object's name in it."""
        if not path.startswith(f"{self._path}/"):
            return None
        names = path[len(self._path) + 1 :].split("/", 3)
        uri = "/".join(names[:3])
        if len(names) != 4 or layout.parts(uri) is None:
            return None
        number, attempt = (int(name.rpartition("-")[2]) for name in names[:2])
        return uri, number, attempt, names[3]

    # --- the mark of a run -------------------------------------------------------------------------------------------

    @cached_property
    def _marker(self) -> str:
        return f"{self._path}/{layout.MARKER}"

    def mark(self, run: str) -> None:
        """See CheckpointStore."""
        with errors("the checkpoint directory cannot be used", self.root):
            if not self._filesystem.async_impl:  # object stores are: they have no directories, and would make a bucket
                self._filesystem.makedirs(self._path, exist_ok=True)
            self._filesystem.pipe_file(self._marker, run.encode())

    def is_marked(self, run: str) -> bool:
        """See CheckpointStore."""
        with errors("the checkpoints cannot be reached from this machine", self.root):
            return self._read(self._marker) == run.encode()

    def unmark(self, run: str) -> None:
        """See CheckpointStore."""
        with contextlib.suppress(Exception):
            if self.is_marked(run):
                self._filesystem.rm_file(self._marker)

    def close(self) -> None:
        """See CheckpointStore."""
        used, self._used.copies = self._used.copies, {}
        for directory in used.values():
            remove_tree(directory)


__all__ = ["ObjectStore"]
