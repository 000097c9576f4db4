"""Checkpoints at a URL: the true ObjectStore over a simulated object store, whose requests take time and fail.

Seeds from ``UPLOAD_SEEDS`` on have such a store; histories of other seeds draw nothing for it. The files that an
attempt writes on its machine are true ones. An object is there as a whole when its upload is over; where it is cut off,
some stores keep a part.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...checkpoints.manifest import MANIFEST
from ...checkpoints.objects import ObjectStore
from ...core.messages import CheckpointRef
from ...exceptions import CheckpointCorruptedError
from ..virtual.world import Process, World
from .audit import Auditor

UPLOAD_SEEDS = 2_000_000
URL, ROOT = "simulated://bucket/study", "bucket/study"
FILES = ("model", "optimizer")  # of a checkpoint
STALE = 5.0  # seconds that a list of objects may be old


@dataclass(slots=True)
class _Object:
    """``is_whole``: all of it is there."""

    content: bytes
    written_at: float
    is_whole: bool


class Bucket:
    """The objects of a study, as they are; see storage.Disk. The books of what must hold for them, too.

    ``away_until``: when it can be reached again. ``keeps_parts``: of uploads that are cut off.
    """

    def __init__(self, world: World, auditor: Auditor) -> None:
        self.world, self.auditor = world, auditor
        self.keeps_parts = world.draw("bucket keeps parts") < 0.5
        self.objects: dict[str, _Object] = {}  # by path
        self.deleted: dict[str, tuple[float, int]] = {}  # path -> when, and its size
        self.damaged: set[str] = set()  # uris; membership only
        self.full_until = self.away_until = 0.0  # such a store is never full
        self.failed_at = -1.0  # when a request to list or to delete failed last, or a list was stale

    def store(self, process: Process, auditor: Auditor, die: Callable[[str], None] | None = None) -> BucketStore:
        """What a process has of it."""
        return BucketStore(self, process, auditor, die)

    # --- what is there -----------------------------------------------------------------------------------------------

    def has(self, uri: str) -> bool:
        """Whether a checkpoint is there, all of it."""
        found = [self.objects.get(f"{ROOT}/{uri}/{name}") for name in (*FILES, MANIFEST)]
        return all(item is not None and item.is_whole for item in found)

    def uris(self) -> list[str]:
        """The checkpoints that are there."""
        names = [_uri_of(path) for path in self.objects if path.endswith(f"/{MANIFEST}")]
        return [uri for uri in names if self.has(uri)]

    def damage(self, uri: str) -> None:
        """A bit of a file is another one."""
        self.damaged.add(uri)
        item = self.objects[f"{ROOT}/{uri}/{FILES[0]}"]
        item.content = item.content[:-1] + bytes([item.content[-1] ^ 1])

    def put(self, path: str, content: bytes, *, is_whole: bool) -> None:
        """An object is there from now on."""
        self.objects[path] = _Object(content, self.world.now, is_whole)
        self.deleted.pop(path, None)
        uri = _uri_of(path)
        # of an attempt that is over the files may be swept; what its end brings all the same, Auditor.deep looks for
        if path.endswith(f"/{MANIFEST}") and is_whole and self._is_live(uri):
            self.auditor.check(self.has(uri), f"the manifest of {uri} is there before its files are")

    def delete(self, path: str) -> None:
        """An object is gone."""
        item, uri, now = self.objects.pop(path), _uri_of(path), self.world.now
        self.deleted[path] = (now, len(item.content))
        has_manifest = f"{ROOT}/{uri}/{MANIFEST}" in self.objects
        self.auditor.check(not has_manifest, f"a file of {uri} is deleted, and its manifest is there")
        self.auditor.deleted(uri)
        number, attempt = attempt_of(uri)
        facts = self.auditor.trials.get(number)
        is_dropped = facts is not None and uri in facts.known and uri not in facts.checkpoints
        is_live = facts is not None and facts.live == attempt
        self.auditor.check(is_dropped or not is_live, f"{path} is deleted, and attempt {attempt} is live")

    # --- what sweeping leaves ----------------------------------------------------------------------------------------

    def swept(self, began: float) -> None:
        """All that ended attempts left has been deleted since then, if nothing failed meanwhile."""
        if self.failed_at < began:
            left = [path for path, item in self.objects.items() if item.written_at < began and not self._is_kept(path)]
            self.auditor.check(not left, f"a run is over, and nobody has swept {left[:3]}")

    def left(self) -> list[str]:
        """What is left when a history is over, and has been swept once more."""
        return [path for path in self.objects if not self._is_kept(path)]

    def _is_live(self, uri: str) -> bool:
        number, attempt = attempt_of(uri)
        facts = self.auditor.trials.get(number)
        return facts is not None and facts.live == attempt

    def _is_kept(self, path: str) -> bool:
        uri = _uri_of(path)
        number, attempt = attempt_of(uri)
        facts = self.auditor.trials.get(number)
        return facts is not None and (uri in facts.checkpoints or facts.live == attempt)


def _uri_of(path: str) -> str:
    return path[len(ROOT) + 1 :].rpartition("/")[0]


def attempt_of(uri: str) -> tuple[int, int]:
    """The trial and the attempt of a checkpoint."""
    trial, attempt, _ = uri.split("/")
    return int(trial.rpartition("-")[2]), int(attempt.rpartition("-")[2])


class Client:
    """A filesystem of fsspec's as one process has it, as far as ObjectStore needs one.

    Each method may raise OSError, in the middle of what it does; or its process may die there.
    """

    async_impl = True

    def __init__(self, bucket: Bucket, process: Process) -> None:
        self._bucket, self._process, self._world = bucket, process, process.world

    def _request(self, seconds: tuple[float, float] = (0.005, 0.05), *, sweeps: bool = False) -> None:
        """One request is on its way, and may get lost."""
        world, bucket = self._world, self._bucket
        if not self._process.alive:
            self._process.kill("acts after its death")
        if world.current is None:  # the check at the end: time stands still
            return
        world.sleep(world.between("request takes", *seconds))
        is_away = bucket.away_until > world.now
        if is_away:
            world.sleep(world.between("no answer for", 0.5, 4.0))
        if is_away or world.strikes("request to the bucket fails", self._process.name):
            bucket.failed_at = world.now if sweeps else bucket.failed_at
            raise OSError("the object store does not answer (simulated)")

    def put(self, local: Sequence[str], remote: Sequence[str]) -> None:
        """Upload files."""
        for one, other in zip(local, remote, strict=True):
            self.put_file(one, other)

    def put_file(self, local: str, remote: str) -> None:
        """Upload a file. It may arrive as a whole or in part though this fails.

        Raises:
            OSError: the store does not answer, or the upload is cut off.
        """
        world, bucket, name = self._world, self._bucket, self._process.name
        content = Path(local).read_bytes()
        self._request((0.02, 0.5))
        if world.strikes("upload is slow", name):
            world.sleep(world.between("slow upload", 2.0, 40.0))
        dies, fails = world.strikes("worker dies in an upload", name), world.strikes("upload is cut off", name)
        if not (dies or fails):
            bucket.put(remote, content, is_whole=True)
        elif bucket.keeps_parts:
            bucket.put(remote, content[: len(content) // 2], is_whole=False)
        if dies:
            self._process.kill("worker dies in an upload")
        if fails or world.strikes("upload succeeds unheard", name):
            raise OSError("the connection was reset (simulated)")

    def cat_file(self, path: str) -> bytes:
        """The content of an object.

        Raises:
            FileNotFoundError: there is none.
        """
        self._request()
        item = self._bucket.objects.get(path)
        if item is None:
            raise FileNotFoundError(path)
        return item.content

    def get(self, remote: Sequence[str], local: Sequence[str]) -> None:
        """Download objects."""
        for one, other in zip(remote, local, strict=True):
            Path(other).write_bytes(self.cat_file(one))

    def exists(self, path: str) -> bool:
        """Whether something is below a path; the bucket is."""
        self._request()
        return path == ROOT or path in self._bucket.objects

    def find(self, path: str, *, detail: bool) -> dict[str, dict[str, int]]:  # noqa: ARG002
        """What is below a path; or what was there a few seconds ago."""
        self._request(sweeps=True)
        bucket, since = self._bucket, self._world.now - STALE
        is_stale = self._world.strikes("list of objects is stale", self._process.name)
        if is_stale:
            bucket.failed_at = self._world.now
        known = {at: item for at, item in bucket.objects.items() if not is_stale or item.written_at < since}
        found = {at: len(item.content) for at, item in known.items()}
        found |= {at: size for at, (gone_at, size) in bucket.deleted.items() if is_stale and gone_at > since}
        return {at: {"size": size} for at, size in sorted(found.items()) if at.startswith(f"{path}/")}

    def rm(self, path: str, *, recursive: bool) -> None:
        """Delete an object, or all below a path, one after another.

        Raises:
            FileNotFoundError: there is none.
            OSError: the store refuses.
        """
        paths = [at for at in self._bucket.objects if at == path or (recursive and at.startswith(f"{path}/"))]
        if not paths:
            self._request(sweeps=True)
            raise FileNotFoundError(path)
        for at in paths:
            if self._world.strikes("driver dies before it deletes", self._process.name):
                self._process.kill("driver dies before it deletes")
            self._request(sweeps=True)
            if self._world.strikes("deleting fails", self._process.name):
                self._bucket.failed_at = self._world.now
                raise OSError("the object store refused (simulated)")
            if at in self._bucket.objects:  # else somebody else was faster
                self._bucket.delete(at)


class BucketStore(ObjectStore):
    """The store of one process."""

    def __init__(
        self, bucket: Bucket, process: Process, auditor: Auditor, die: Callable[[str], None] | None = None
    ) -> None:
        self.disk, self.process, self.auditor = bucket, process, auditor
        self._die = die or (lambda _: None)
        super().__init__(URL)
        process.on_death.append(self.close)

    def _connect(self) -> tuple[Any, str]:
        return Client(self.disk, self.process), ROOT

    def write(self, directory: Path, content: Any) -> None:
        """What an objective saves."""
        for name in FILES:
            (directory / name).write_text(json.dumps([name, content]), encoding="utf-8")

    def content(self, directory: Path) -> Any:
        """What it has saved there."""
        (number, step, params), again = (json.loads((directory / name).read_text())[1] for name in FILES)
        self.auditor.check([number, step, params] == again, f"{directory} has files of two checkpoints")
        return number, step, params

    def publish(self, temporary: Path, number: int, attempt: int, step: int) -> CheckpointRef:
        """See CheckpointStore; its writer may die at the moment it is whole."""
        found = super().publish(temporary, number, attempt, step)
        self._die("worker dies between publishing and reporting")
        return found

    def verify(self, ref: CheckpointRef) -> Path:
        """See CheckpointStore. What was not damaged by a fault is never found damaged."""
        try:
            return super().verify(ref)
        except CheckpointCorruptedError:
            is_there = f"{ROOT}/{ref.uri}/{MANIFEST}" in self.disk.objects
            self.auditor.damage_found(ref.uri, self.process, is_there=is_there)
            was_whole = is_there and ref.uri not in self.disk.damaged
            self.auditor.check(not was_whole, f"an attempt is given {ref.uri}, which is not what was saved")
            raise

    def sweep(self, keep: Collection[str], ended: Mapping[int, int] | None = None) -> list[str]:
        """See CheckpointStore. If no request fails, all that is to be deleted is gone."""
        began = self.process.world.now
        wanted = [path for path, uri in ((path, _uri_of(path)) for path in self.disk.objects)
                  if uri not in keep and _is_over(uri, ended)]  # fmt: skip
        gone = super().sweep(keep, ended)
        left = [path for path in wanted if path in self.disk.objects and self.disk.objects[path].written_at < began]
        is_clean = not left or self.disk.failed_at >= began
        self.auditor.check(is_clean, f"a sweep leaves {left[:3]}")
        return gone


def _is_over(uri: str, ended: Mapping[int, int] | None) -> bool:
    if ended is None:
        return True
    number, attempt = attempt_of(uri)
    return attempt <= ended.get(number, -1)


__all__ = ["FILES", "ROOT", "UPLOAD_SEEDS", "Bucket", "BucketStore", "Client", "attempt_of"]
