"""The driver as a Ray actor: the Driver on this process's threads, behind Ray's calls and a socket of its own.

One process hosts one run after another, see ``hosting``. Killed, it is restarted by Ray, which sends the calls in
flight again: ``host`` is in flight as long as the run, so the new process gets the run with it. The script's side is in
``drivers``.
"""

from __future__ import annotations

import gc
import pickle
import secrets
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import ray

from ...checkpoints.store import open_store
from ...core import messages as m
from ...exceptions import CheckpointError
from ...metrics.meter import Meter, Reading
from .. import tls
from ..answers import BUSY
from ..config import RunConfig
from ..control import ControlServer
from ..driver import BUSY_AFTER, Driver
from ..handover import Handover, Plan
from ..host import RealHost
from ..hosting import Hosting
from ..socket_server import SocketServer
from ..worker_settings import WorkerSettings
from .metrics import Export


class DriverActor:
    """Lives in a Ray actor; every public method is one call of it. See ``drivers.start``.

    Args:
        node: id of the node.
        ip: address of the node.
    """

    def __init__(self, node: str, ip: str) -> None:
        import numpy.random  # noqa: F401  (here, and not at the first draw, which all workers would wait for)

        if not tls.is_loopback(ip):
            tls.identity()  # here for the same reason
        self._node, self._ip = node, ip
        self._hosting: Hosting[HostedRun] = Hosting(RealHost())
        sys.setswitchinterval(0.0005)  # many short calls take turns here; 5 ms a turn would be an age to them
        gc.set_threshold(50_000, 20, 50)  # a batch makes thousands of records, none of them in a circle
        gc.freeze()  # what was imported stays; `rest` need not look at it

    def host(self, number: int, run: str, config: bytes) -> None:
        """Host a run until it is closed.

        Args:
            number: see Hosting.
            run: its name.
            config: its RunConfig, pickled.
        """
        self._hosting.stay(number, run, self._maker(config))

    def open(self, number: int, run: str, config: bytes) -> WorkerSettings:
        """Open the study; raises what stands in the way (StudyBusyError, SchemaVersionError, CheckpointError, ...)."""
        return self._hosting.begin(number, run, self._maker(config)).settings()

    def _maker(self, config: bytes) -> Callable[[], HostedRun]:
        return lambda: HostedRun(pickle.loads(config), self._node, self._ip)

    def settings(self, run: str) -> WorkerSettings:
        """What the attempts of a run must know now: this process may be a new one."""
        return self._hosting.guest(run).settings()

    def receive(self, run: str, message: bytes) -> bytes:
        """An attempt's message, as JSON both ways: one bytes argument is what Ray carries fastest."""
        return self._hosting.guest(run).driver.receive(message)

    def plan(self, run: str, handover: Handover) -> Plan:
        """See Driver.plan."""
        return self._hosting.guest(run).driver.plan(handover)

    def locate(self, run: str, slots: Sequence[str]) -> list[tuple[str, int] | None]:
        """See Driver.locate."""
        return self._hosting.guest(run).driver.locate(slots)

    def ask(self, run: str, event: m.Event) -> Any:
        """An event of the script: enqueue a trial, add one, stop."""
        return self._hosting.guest(run).driver.ask(event)

    def close(self, number: int) -> bool:
        """Give the study back; whether this process may host another run."""
        return self._hosting.end(number)

    def rest(self) -> None:
        """Between two runs: give back the memory of what was hosted here."""
        gc.collect()


class HostedRun:
    """The driver of one run in this process, with its sockets and its mark on the checkpoint directory."""

    def __init__(self, config: RunConfig, node: str, ip: str) -> None:
        self._control = ControlServer(ip, self._decide, lambda: self.driver.handover)
        meter = Meter(n_gpus=config.n_gpus)
        self.driver = Driver(config, RealHost(), _say, address=self._control.address, meter=meter)
        self._export = Export(config.study_name, self._measure)
        self._config, self._node, self._key = config, node, secrets.token_bytes(32)
        self._settings: WorkerSettings | None = None
        self._server = SocketServer(ip, self._key, self.driver.receive_many, busy=BUSY, patience=BUSY_AFTER)

    def settings(self) -> WorkerSettings:
        """Open the study; see DriverActor.open."""
        if self._settings is None:
            found = self.driver.settings()
            self._settings = replace(
                found,
                node=self._node,
                marker=self._mark(found.checkpoint_root),
                must_see_checkpoints=self._config.checkpoint_dir_is_given,
                address=self._server.address,  # None: attempts on other nodes use actor calls
                fingerprint=self._server.fingerprint,
                local_address=self._server.local_address,
                key=self._key,
            )
            self._export.start()
        return self._settings

    def _measure(self) -> Reading | None:
        return self.driver.query(lambda session: session.measure(self.driver.handover))

    def _mark(self, root: str) -> str | None:
        """Mark the checkpoint directory for the other nodes; answers what stands there.

        Raises:
            CheckpointError: the user has named a directory that cannot be used.
        """
        is_given, run = self._config.checkpoint_dir_is_given, self._config.run
        if not is_given and sum(node["Alive"] for node in ray.nodes()) == 1:
            return None  # a study that saves nothing needs no directory
        try:
            open_store(root).mark(run)
        except CheckpointError:
            if is_given:
                raise
            return None
        return run

    def close(self) -> bool:
        """See hosting.Guest."""
        try:
            self._export.close()
            is_clean = self.driver.close()
            if self._settings is not None:
                open_store(self._settings.checkpoint_root).unmark(self._config.run)
        finally:
            self._control.close()
            self._server.close()
        return is_clean

    def _decide(self, event: m.Event) -> Any:
        return self.driver.ask(event, BUSY_AFTER)


def _say(text: str) -> None:
    print(f"raytune_lite: {text}", file=sys.stderr, flush=True)  # noqa: T201  (Ray shows it in the script's terminal)


__all__ = ["DriverActor", "HostedRun"]
