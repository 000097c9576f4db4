"""Whether this machine is fit to run a study: versions, Ray, the database, the checkpoint directory, clocks, disks.

Writes nothing that stays: a transaction that changes no row, and a file that is deleted again.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .. import __version__
from ..checkpoints import disk
from ..checkpoints.layout import chosen_base, is_url, temporary_name
from ..checkpoints.store import open_store
from ..display.tables import size
from ..exceptions import RaytuneLiteError
from ..runtime.host import RealHost
from ..storages.repository import Repository
from ..storages.url import mask, normalize_url

_LEAST_FREE, _LEAST_SHARE = 1e9, 0.05  # bytes, or part of a disk; with less there is a warning
_SLOW_SYNC = 0.1  # seconds
_CLOCKS = 5.0  # seconds that two clocks may differ
_PACKAGES = ("ray", "sqlalchemy", "optuna", "torch", "numpy")
_LEAST_RAY = (2, 50)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the doctor's. ``level``: "ok", "warn" or "fail". ``way_out``: what to do; "" where all is well."""

    what: str
    level: str
    text: str
    way_out: str = ""


def examine(storage: str, checkpoint_dir: str | None = None) -> Iterator[Finding]:
    """Look at everything in turn; each finding is yielded as soon as it is known.

    Args:
        storage: URL of the database.
        checkpoint_dir: where checkpoints are to lie; None: beside a SQLite file, else in this directory.
    """
    yield from _versions()
    yield _checked("ray", _ray)
    found = list(_storage(storage))
    yield from found
    yield from _checkpoints(storage, checkpoint_dir)


def record(finding: Finding) -> dict[str, Any]:
    """A finding as JSON-able data."""
    return asdict(finding)


def _checked(what: str, look: Callable[[], Finding]) -> Finding:
    """A finding; whatever goes wrong on the way is one, too."""
    try:
        return look()
    except (RaytuneLiteError, OSError, ImportError, ValueError) as error:
        return Finding(what=what, level="fail", text=str(error), way_out="")


# --- versions, Ray -------------------------------------------------------------------------------------------------


def _versions() -> Iterator[Finding]:
    text = f"raytune_lite {__version__}, Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    yield Finding(what="versions", level="ok", text=text)
    found = {name: _version(name) for name in _PACKAGES}
    text = ", ".join(f"{name} {version}" for name, version in found.items() if version is not None)
    ray = found["ray"]
    if ray is None:
        yield Finding(what="packages", level="warn", text=f"{text}; ray is not installed",
                      way_out='pip install ray, or use executor="inline"')  # fmt: skip
    elif tuple(int(part) for part in ray.split(".")[:2]) < _LEAST_RAY:
        yield Finding(what="packages", level="fail", text=text, way_out='pip install -U "ray>=2.50"')
    else:
        yield Finding(what="packages", level="ok", text=text)


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _ray() -> Finding:
    if importlib.util.find_spec("ray") is None:
        return Finding(what="ray", level="warn", text="not installed", way_out="pip install ray")
    from ..runtime.on_ray.joining import find_head

    return Finding(what="ray", level="ok", text=find_head())


# --- the database --------------------------------------------------------------------------------------------------


def _storage(storage: str) -> Iterator[Finding]:
    shown = mask(storage)
    try:
        address = normalize_url(storage)
        path = address.database or ""
        if address.get_backend_name() == "sqlite" and not os.path.exists(path):
            folder = os.path.dirname(os.path.abspath(path))
            if os.access(folder, os.W_OK):
                yield Finding(what="storage", level="ok", text=f"{shown} does not exist yet, and can be made")
            else:
                yield Finding(what="storage", level="fail", text=f"{shown}: {folder} cannot be written",
                              way_out="give --storage another path, or set RTL_STORAGE")  # fmt: skip
            return
        repository = Repository.open(storage)
    except (RaytuneLiteError, ImportError) as error:
        yield Finding(what="storage", level="fail", text=f"{shown}: {error}", way_out="")
        return
    try:
        yield _checked("storage", lambda: _writable(repository, shown))
        if not repository.is_local:
            yield _checked("clock", lambda: _clock(repository))
    finally:
        repository.close()


def _writable(repository: Repository, shown: str) -> Finding:
    host = RealHost()
    began = host.monotonic()
    repository.try_writing()
    took, n = host.monotonic() - began, len(repository.study_names())
    return Finding(what="storage", level="ok", text=f"{shown} can be written ({1000 * took:.0f} ms); studies: {n}")


def _clock(repository: Repository) -> Finding:
    apart = RealHost().time() - repository.server_time()
    if abs(apart) > _CLOCKS:
        text = f"this machine's clock is {apart:+.0f} s from the database's"
        return Finding(what="clock", level="warn", text=text,
                       way_out="set the clocks by NTP; what is shown as a time goes by them")  # fmt: skip
    return Finding(what="clock", level="ok", text=f"{apart:+.1f} s from the database's")


# --- checkpoints ---------------------------------------------------------------------------------------------------


def _checkpoints(storage: str, given: str | None) -> Iterator[Finding]:
    base = None if given is None else _chosen(given)
    if isinstance(base, Finding):
        yield base
        return
    if base is not None and is_url(base):
        yield _checked("checkpoints", lambda: _probe_url(base))
        yield _free(Path(tempfile.gettempdir()))  # a checkpoint is written there before it is uploaded
        return
    directory = Path(given) if given is not None else _beside(storage)
    there = next((path for path in (directory, *directory.parents) if path.exists()), Path("/"))
    if not there.is_dir() or not os.access(there, os.W_OK):
        yield Finding(what="checkpoints", level="fail", text=f"{there} cannot be written",
                      way_out="make it a directory that trials may write, or give --checkpoint-dir")  # fmt: skip
        return
    yield _checked("checkpoints", lambda: _probe(directory, there))
    yield _free(there)


def _chosen(given: str) -> str | Finding:
    try:
        return chosen_base(given)
    except ValueError as error:
        return Finding(what="checkpoints", level="fail", text=str(error))


def _probe_url(base: str) -> Finding:
    """Publish a small checkpoint as trials do, read it and delete it."""
    host = RealHost()
    store = open_store(f"{base}/{temporary_name('doctor')}")
    began = host.monotonic()
    try:
        directory = store.begin(0, 1, 0)
        (directory / "probe").write_bytes(b"x" * 4096)
        ref = store.publish(directory, 0, 1, 0)
        store.verify(ref)
        took = host.monotonic() - began
        store.discard(ref.uri)
    finally:
        store.close()
    text = f"{base} can be written, read and deleted; 4 kB are there and back after {1000 * took:.0f} ms"
    return Finding(what="checkpoints", level="ok", text=text)


def _beside(storage: str) -> Path:
    try:
        address = normalize_url(storage)
    except RaytuneLiteError:  # it was said already
        return Path.cwd()
    is_file = address.get_backend_name() == "sqlite"
    return Path(os.path.abspath(address.database or "")).parent if is_file else Path.cwd()


def _probe(directory: Path, there: Path) -> Finding:
    """Write a small file as a checkpoint is written, and delete it."""
    host, path = RealHost(), there / temporary_name("doctor")
    began = host.monotonic()
    try:
        disk.write_synced(path, b"x" * 4096)
    finally:
        path.unlink(missing_ok=True)
    took = host.monotonic() - began
    text = f"{directory} can be written; 4 kB are safe after {1000 * took:.0f} ms"
    if took > _SLOW_SYNC:
        return Finding(what="checkpoints", level="warn", text=text,
                       way_out="each checkpoint waits so long: save less often, or give a faster disk")  # fmt: skip
    return Finding(what="checkpoints", level="ok", text=text)


def _free(there: Path) -> Finding:
    usage = shutil.disk_usage(there)
    text = f"{size(usage.free)} of {size(usage.total)} are free at {there}"
    if usage.free < max(_LEAST_FREE, _LEAST_SHARE * usage.total):
        return Finding(what="disk", level="warn", text=text,
                       way_out="free some, or bound what checkpoints take: --max-checkpoint-bytes")  # fmt: skip
    return Finding(what="disk", level="ok", text=text)


__all__ = ["Finding", "examine", "record"]
