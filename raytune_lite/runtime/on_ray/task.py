"""A task in its Ray worker process: its node, its transports to the driver, its heartbeat and its checkpoint store.

What the task does there is ``runtime.task``.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import RayActorError, RayTaskError

from ...checkpoints.layout import is_url
from ...checkpoints.store import CheckpointStore, open_store
from ...exceptions import CheckpointDiskError, CheckpointError
from ...training.gpu_memory import TorchProbe
from .. import signals
from ..channel import DriverChannel, FastLine
from ..finished import KnownTrials
from ..gpu_memory import probe_of_node
from ..heartbeat import Heartbeat
from ..host import RealHost
from ..hosting import NotHostedError
from ..output import TrialOutput
from ..ports import TransportError
from ..scout import ScoutTrial
from ..sockets import SocketClient
from ..task import Place, Result, run_task
from ..tokens import Ticket
from ..trial import Trial
from ..worker_settings import WorkerSettings
from . import NAMESPACE
from .output import of_attempt
from .warm import WarmProcess

MOST_PACKED = 1 << 20  # bytes of a pickled exception
MARKER_PATIENCE = 5.0  # seconds within which a network file system must show a new file

_HOST = RealHost()
_lines: dict[str, FastLine] = {}  # by run: this process's connection
_heartbeats: list[Heartbeat] = []  # this process's one, once it has begun
_warm = WarmProcess(_HOST)


class ActorTransport:
    """Messages of one run as Ray actor calls. Ray finds the actor wherever it was restarted."""

    def __init__(self, driver_name: str, run: str) -> None:
        self._driver_name, self._run = driver_name, run

    def call(self, message: bytes, timeout: float) -> bytes:
        """See Transport."""
        reply: bytes = self._call("receive", timeout, message)
        return reply

    def settings(self, timeout: float) -> WorkerSettings:
        """See SureTransport."""
        found: WorkerSettings = self._call("settings", timeout)
        return found

    def _call(self, method: str, timeout: float, *arguments: Any) -> Any:
        try:
            actor = ray.get_actor(self._driver_name, namespace=NAMESPACE)
            # not ray.get(): while a task waits in it, Ray gives its CPUs to the next task, and then both run
            return getattr(actor, method).remote(self._run, *arguments).future().result(timeout=timeout)
        except (TimeoutError, FutureTimeoutError, RayActorError) as error:
            raise TransportError(f"the driver actor does not answer: {error!r}") from error
        except RayTaskError as error:
            if not isinstance(error.cause, NotHostedError):  # it was restarted, and has not got its run again
                raise
            raise error.cause from None
        except ValueError as error:  # the name is not there (yet again): the actor is being restarted
            if "Failed to look up actor" not in str(error):
                raise
            raise TransportError(f"there is no driver actor: {error}") from error


def run_ray_task(
    objective: Callable[[Trial], Any],
    catch: tuple[type[Exception], ...],
    driver_name: str,
    settings: WorkerSettings,
    ticket: Ticket | None,
    prefetched: Sequence[bytes],
    output: TrialOutput,
    *,
    is_bound: bool = False,
    scouts_for: str | None = None,
    is_warm: bool = False,
    price: float | None = None,
) -> Result:
    """The body of the Ray task. ``prefetched``: the Assignments that were claimed for it, as JSON; it has a ticket to
    claim with instead where there are none.

    ``is_bound``: see ``runtime.task``. ``scouts_for``: the parameter that the attempt is to find out, see ScoutTrial.
    ``is_warm``: this process may have run attempts before, and may run others after it, see WarmProcess.
    ``price``: see AttemptBegan.
    """
    refuse_blind_node(_node_id(), settings)
    place = place_of_process(driver_name, settings, output, ticket, is_short=bool(prefetched) and not is_bound)
    if place.heartbeat.is_to_leave:  # this process is about to end
        return (None,) * max(1, len(prefetched))
    if is_warm and not _warm.begin(gpus_of_process(), probe_of_node(TorchProbe), gpu_share()):
        return (None,) * max(1, len(prefetched))
    place = replace(place, price=price)
    if scouts_for is not None:
        place = replace(place, trial=partial(ScoutTrial, scouts_for))
    with signals.announcing(place.heartbeat.tell_to_leave):
        result = run_task(objective, catch, settings, place, prefetched, is_bound=is_bound)
    if place.heartbeat.is_to_leave:
        signals.end_soon()
    return _warm.end(result, probe_of_node(TorchProbe), gpu_share()) if is_warm else result


def place_of_process(
    driver_name: str,
    settings: WorkerSettings,
    output: TrialOutput,
    ticket: Ticket | None,
    *,
    is_short: bool = False,
    rank: int = 0,
) -> Place:
    """Where this process runs, and its ways to the driver and to the checkpoints.

    Args:
        driver_name: the driver actor's.
        settings: of the run.
        output: what becomes of what the objective prints.
        ticket: what it claims with; None: its trials were claimed for it.
        is_short: trials take milliseconds.
        rank: of the trial's processes this one's.
    """
    heartbeat = heartbeat_of_process(settings.lease)
    line, transport = _line(settings), ActorTransport(driver_name, settings.run)
    slot, seal = ticket or ("", None)
    known = _known_trials(settings.run, settings.study.created)
    return Place(
        slot=slot,
        node=_node_id(),
        pid=os.getpid(),
        host=_HOST,
        heartbeat=heartbeat,
        channel=lambda: DriverChannel(settings, line, transport, _HOST, heartbeat.acknowledged, seal, known),
        store=lambda: _store(settings),
        gpus=",".join(gpus_of_process()),
        packed=_packed,
        output=lambda assignment: of_attempt(output, settings, assignment, is_short=is_short, rank=rank),
        gpu_probe=lambda: probe_of_node(TorchProbe),
    )


def _packed(error: BaseException) -> bytes | None:
    """An exception for the script's process, where its class may be one of ``__main__``; None: it cannot travel."""
    try:
        packed = bytes(ray.cloudpickle.dumps(error))
    except Exception:  # noqa: BLE001  (pickling runs code of any class)
        return None
    return packed if len(packed) <= MOST_PACKED else None


def gpus_of_process() -> tuple[str, ...]:
    """The ids of the GPUs that Ray has given to this task."""
    return tuple(map(str, ray.get_runtime_context().get_accelerator_ids().get("GPU", ())))


def gpu_share() -> float:
    """How much Ray has given to this task of one GPU; 1.0 also where it has several."""
    return min(1.0, float(ray.get_runtime_context().get_assigned_resources().get("GPU", 1.0)))


def sees_checkpoints(settings: WorkerSettings) -> bool:
    """Whether checkpoints of this node can be resumed elsewhere."""
    return _sees_checkpoints(_node_id(), settings)


def _line(settings: WorkerSettings) -> FastLine:
    """The process's connection to the driver of this run; those of runs that are over hang up."""
    if settings.run not in _lines:
        for old in list(_lines):
            _lines.pop(old).hang_up()
        _lines[settings.run] = FastLine(settings, _connect, _HOST)
    return _lines[settings.run]


@lru_cache(maxsize=1)
def _known_trials(run: str, created: float) -> KnownTrials:  # noqa: ARG001  (one a run)
    return KnownTrials(created)


def _connect(settings: WorkerSettings) -> SocketClient | None:
    return SocketClient.connect(settings, is_local=settings.node == _node_id())


def heartbeat_of_process(lease: float) -> Heartbeat:
    """The one of this process, which begins with the first call."""
    if not _heartbeats:
        _heartbeats.append(Heartbeat(_HOST, lease))
        _heartbeats[0].start()
    _heartbeats[0].lease = lease
    return _heartbeats[0]


@lru_cache(maxsize=1)
def _node_id() -> str:
    return str(ray.get_runtime_context().get_node_id())


def _store(settings: WorkerSettings) -> CheckpointStore:
    """The attempt's checkpoint store.

    Raises:
        CheckpointDiskError: this node does not see the directory; the trial may go on on another one.
    """
    if not _sees_checkpoints(_node_id(), settings):
        raise CheckpointDiskError(_not_seen(settings))
    return open_store(settings.checkpoint_root)


def refuse_blind_node(node: str, settings: WorkerSettings) -> None:
    """Refuse to claim a trial on a node that could not save its checkpoints where the user wants them.

    Raises:
        CheckpointError: the node does not see the checkpoint directory; the message says the way out.
    """
    if settings.must_see_checkpoints and not _sees_checkpoints(node, settings):
        raise CheckpointError(_not_seen(settings))


def _not_seen(settings: WorkerSettings) -> str:
    what = (
        f"node {socket.gethostname()} does not see the checkpoint directory {settings.checkpoint_root} that the driver "
        "uses on another node: a trial could not resume from there. "
    )
    if is_url(settings.checkpoint_root):
        return f"{what}Does that URL lead to the same bucket on each node? Set the same endpoint and account there."
    return (
        f"{what}Pass checkpoint_dir= a path on a file system that all nodes mount (NFS, Lustre, a ReadWriteMany "
        "volume), and mount it on this node; or the URL of an object store that all nodes reach (s3://BUCKET/PATH). "
        "If it is mounted and shows new files only late, set RTL_SHARED_PATHS=1 on the nodes."
    )


@lru_cache(maxsize=16)
def _sees_checkpoints(node: str, settings: WorkerSettings) -> bool:
    """Whether checkpoints of this node can be resumed elsewhere. Found out once in a process."""
    root = settings.checkpoint_root
    if node == settings.node:
        return True
    if settings.marker is None:
        return is_url(root) or is_shared(root) or _same_host(settings.node, node)
    if _is_vouched_for() and not is_url(root):
        return Path(root).is_dir()  # the driver has made it; a path that is not there is not mounted
    store, until = open_store(root), _HOST.monotonic() + MARKER_PATIENCE
    while not (is_seen := store.is_marked(settings.marker)) and _HOST.monotonic() < until:
        _HOST.sleep(0.2)
    return is_seen


def _is_vouched_for() -> bool:
    return os.environ.get("RTL_SHARED_PATHS") == "1"


def is_shared(path: str) -> bool:
    """Whether a path lies on a network file system (Linux: by /proc/mounts); RTL_SHARED_PATHS=1 vouches for all."""
    if _is_vouched_for():
        return True
    try:
        with open("/proc/mounts", encoding="utf-8") as mounts:
            rows = [line.split()[1:3] for line in mounts]
    except OSError:
        return False
    found = [(point, kind) for point, kind in rows if os.path.commonpath([point, path]) == point]
    kind = max(found, key=lambda row: len(row[0]), default=("/", "none"))[1]
    return kind.startswith(("nfs", "cifs", "lustre", "ceph", "gpfs", "beegfs", "glusterfs", "fuse", "9p", "virtiofs"))


@lru_cache(maxsize=16)
def _same_host(one: str, other: str) -> bool:
    """Several raylets on one machine share its disk. Ray's head is asked once, not for every checkpoint."""
    hosts = {node["NodeID"]: node["NodeManagerHostname"] for node in ray.nodes()}
    return hosts.get(one) == hosts.get(other) and one in hosts


__all__ = ["gpus_of_process", "heartbeat_of_process", "place_of_process", "run_ray_task", "sees_checkpoints"]
