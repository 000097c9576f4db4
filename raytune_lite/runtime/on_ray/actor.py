"""The driver as a Ray actor: the Driver on this process's threads, behind Ray's calls and a socket of its own.

Killed, it is restarted by Ray, which sends the calls in flight again. The launcher's side of it is ``RayDriverCalls``.
"""

from __future__ import annotations

import contextlib
import gc
import secrets
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import ray
from ray import cloudpickle
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from ...checkpoints import marker
from ...core import messages as m
from ...exceptions import CheckpointError, DriverUnreachableError, RaytuneLiteError
from ..answers import BUSY
from ..config import RunConfig
from ..control import ControlServer
from ..driver import BUSY_AFTER, Driver
from ..host import RealHost
from ..ports import Handover, Plan, WorkerSettings
from ..socket_server import SocketServer
from .cluster import NAMESPACE
from .environments import cannot_load, set_up_error

CONCURRENCY = 16  # actor calls at work or waiting for the commit under way; more wait in Ray's queue
CLOSE_PATIENCE = 10.0  # seconds a driver has to give its study back


class DriverActor:
    """Lives in a Ray actor; every public method is one call of it. See ``start_driver``.

    Args:
        config: the run, without its storage and its secret.
        hidden: a pickled reference to these two. Ray keeps an actor's arguments in its control store, in plain text;
            the object stays in the script's object store, where a restarted actor gets it again.
        node: id of the node.
        ip: address of the node.
    """

    def __init__(self, config: RunConfig, hidden: bytes, node: str, ip: str) -> None:
        storage, secret = ray.get(cloudpickle.loads(hidden))
        config = replace(config, storage=storage, secret=secret)
        self._control = ControlServer(ip, self._decide)
        self._driver = Driver(config, RealHost(), _say, address=self._control.address)
        self._config, self._node, self._key = config, node, secrets.token_bytes(32)
        self._settings: WorkerSettings | None = None
        try:
            self._server = self._listen(ip)
        except OSError:  # an address that is not this machine's own (NAT): attempts elsewhere use actor calls
            self._server = self._listen("127.0.0.1")
        sys.setswitchinterval(0.0005)  # many short calls take turns here; 5 ms a turn would be an age to them
        gc.set_threshold(50_000, 20, 50)  # a batch makes thousands of records, none of them in a circle

    def settings(self) -> WorkerSettings:
        """Open the study; raises what stands in the way (StudyBusyError, SchemaVersionError, CheckpointError, ...)."""
        if self._settings is None:
            found = self._driver.settings()
            self._settings = replace(
                found,
                node=self._node,
                marker=self._mark(Path(found.checkpoint_root)),
                must_see_checkpoints=self._config.checkpoint_dir_is_given,
                address=self._server.address,
                key=self._key,
            )
        return self._settings

    def _mark(self, root: Path) -> str | None:
        """Mark the checkpoint directory for the other nodes; answers what stands there.

        Raises:
            CheckpointError: the user has named a directory that cannot be used.
        """
        is_given, run = self._config.checkpoint_dir_is_given, self._config.run
        if not is_given and sum(node["Alive"] for node in ray.nodes()) == 1:
            return None  # a study that saves nothing needs no directory
        try:
            marker.write(root, run)
        except CheckpointError:
            if is_given:
                raise
            return None
        return run

    def receive(self, message: bytes) -> bytes:
        """An attempt's message, as JSON both ways: one bytes argument is what Ray carries fastest."""
        return self._driver.receive(message)

    def plan(self, handover: Handover) -> Plan:
        """See Driver.plan."""
        return self._driver.plan(handover)

    def locate(self, slots: Sequence[str]) -> list[tuple[str, int] | None]:
        """See Driver.locate."""
        return self._driver.locate(slots)

    def ask(self, event: m.Event) -> Any:
        """An event of the script: enqueue a trial, add one, stop."""
        return self._driver.ask(event)

    def close(self) -> None:
        """Give the study back."""
        self._driver.close()
        if self._settings is not None:
            marker.remove(Path(self._settings.checkpoint_root), self._config.run)
        self._control.close()
        self._server.close()

    def _listen(self, ip: str) -> SocketServer:
        return SocketServer(ip, self._key, self._driver.receive_many, busy=BUSY, patience=BUSY_AFTER)

    def _decide(self, event: m.Event) -> Any:
        return self._driver.ask(event, BUSY_AFTER)


class RayDriverCalls:
    """The driver actor as its launcher calls it. Errors of ours come back as themselves, without Ray's traceback."""

    def __init__(self, actor: Any) -> None:
        self._actor = actor

    def plan(self, handover: Handover, timeout: float | None = None) -> Plan:
        """See DriverCalls."""
        plan: Plan = _get(self._actor.plan.remote(handover), timeout)
        return plan

    def locate(self, slots: Sequence[str]) -> list[tuple[str, int] | None]:
        """See DriverCalls."""
        found: list[tuple[str, int] | None] = _get(self._actor.locate.remote(slots))
        return found

    def ask(self, event: m.Event) -> Any:
        """Send an event of the script, and return its answer; it is stored then."""
        return _get(self._actor.ask.remote(event))


def _get(ref: Any, timeout: float | None = None) -> Any:
    try:
        return ray.get(ref, timeout=timeout)
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, (RaytuneLiteError, ValueError, TypeError)):
            raise error.cause from None
        raise
    except ray.exceptions.GetTimeoutError:
        raise DriverUnreachableError(f"the driver did not answer within {timeout:.0f} s.") from None
    except ray.exceptions.RuntimeEnvSetupError as error:  # the whole job's
        raise set_up_error(error) from None
    except ray.exceptions.RayActorError as error:
        absent = cannot_load(str(error))
        if absent is not None:
            raise absent from None
        raise DriverUnreachableError(f"the driver actor is gone ({type(error).__name__}).") from error


@contextlib.contextmanager
def driving(config: RunConfig, *, pinned: bool) -> Iterator[tuple[RayDriverCalls, WorkerSettings]]:
    """A driver actor for the length of a run; the study is given back at the end, whatever happened."""
    # pickled by us, not by Ray: the object then lives as long as this process, whatever becomes of the actor
    hidden = cloudpickle.dumps(ray.put((config.storage, config.secret)))
    actor, settings = start_driver(replace(config, storage="", secret=None), hidden, pinned=pinned)
    try:
        yield RayDriverCalls(actor), settings
    finally:
        try:
            with contextlib.suppress(Exception):
                ray.get(actor.close.remote(), timeout=CLOSE_PATIENCE)
        finally:  # Ctrl-C while it closes
            ray.kill(actor)


def start_driver(config: RunConfig, hidden: bytes, *, pinned: bool) -> tuple[Any, WorkerSettings]:
    """Create the study's driver actor on this node and wait until it owns the study.

    It has 0 CPUs and is restarted for ever; calls in flight are sent again to the restarted actor.

    Args:
        config: the run, without its storage and its secret.
        hidden: a pickled reference to these, see DriverActor.
        pinned: it may not move to another node (SQLite and local checkpoints lie here).

    Returns:
        The actor's handle, and the settings of its workers.

    Raises:
        StudyBusyError, SchemaVersionError, StorageError: the study cannot be opened.
        CheckpointError: the checkpoint directory that the user named cannot be used.
        RuntimeEnvironmentError: the job's runtime_env cannot be set up, or lacks this package.
    """
    here, ip = ray.get_runtime_context().get_node_id(), ray.util.get_node_ip_address()
    options = {
        "name": driver_name(config),
        "namespace": NAMESPACE,
        "num_cpus": 0,
        "max_concurrency": CONCURRENCY,
        "max_restarts": -1,
        "max_task_retries": -1,
        "scheduling_strategy": NodeAffinitySchedulingStrategy(here, soft=not pinned),
    }
    actor = ray.remote(DriverActor).options(**options).remote(config, hidden, here, ip)
    try:
        return actor, _get(actor.settings.remote())
    except BaseException:
        ray.kill(actor)
        raise


def driver_name(config: RunConfig) -> str:
    """One driver actor a run: the database, not the name, keeps a second one off the study."""
    return f"driver:{config.run}"


Ask = Callable[[m.Event], Any]


def _say(text: str) -> None:
    print(f"raytune_lite: {text}", file=sys.stderr, flush=True)  # noqa: T201  (Ray shows it in the script's terminal)


__all__ = ["Ask", "DriverActor", "RayDriverCalls", "driver_name", "driving", "start_driver"]
