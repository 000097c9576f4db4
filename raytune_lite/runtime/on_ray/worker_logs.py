"""Worker logs: the tail of a dead worker's stderr, and the exit code that can be read from it.

Ray says only that a worker is gone. Its log lies on its own node, so a small task there reads it.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from ...core.messages import FailureKind
from ..heartbeat import EXIT_CODE

PATIENCE = 5.0  # seconds; a node that dies with its worker answers nothing
TAIL = 2000  # characters kept
_SWITCH = 1  # exit code of the dead man's switch, which is faulthandler's
_NOISE = (":job_id:", ":task_name:", ":actor_name:", "Extension modules:")
_FATAL = {
    "Segmentation fault": signal.SIGSEGV,
    "Aborted": signal.SIGABRT,
    "Bus error": signal.SIGBUS,
    "Floating point exception": signal.SIGFPE,
    "Floating-point exception": signal.SIGFPE,
    "Illegal instruction": signal.SIGILL,
}


class ExitInfo(NamedTuple):
    """How a process ended. ``exit_code`` as subprocess has it (-11: by signal 11), None where unknown."""

    exit_code: int | None = None
    stderr_tail: str = ""

    def kind(self, otherwise: FailureKind) -> FailureKind:
        """Why it ended, where it ended itself: an attempt whose driver was silent is not to blame for it."""
        ended_itself = {EXIT_CODE: FailureKind.DRIVER_LOST, _SWITCH: FailureKind.LEASE_EXPIRED}
        return otherwise if self.exit_code is None else ended_itself.get(self.exit_code, otherwise)


class ExitReader:
    """Reads how processes ended, while the launcher goes on: one small task a node, however many died there.

    Args:
        monotonic: seconds since some moment.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._asked: dict[Any, tuple[dict[str, int], float]] = {}  # what reads on a node -> pid by task, and until when
        self._found: dict[str, ExitInfo] = {}

    def ask(self, places: Mapping[str, tuple[str, int] | None]) -> None:
        """Begin to read. ``places``: node and pid of each task's process; None: they are not known."""
        by_node: dict[str, dict[str, int]] = {}
        for task, place in places.items():
            if place is None:
                self._found[task] = ExitInfo()
            else:
                by_node.setdefault(place[0], {})[task] = place[1]
        for node, pids in by_node.items():
            try:
                self._ask_node(node, pids)
            except Exception:  # noqa: BLE001  (a help for people, never a reason for a run to fail)
                self._take(pids, {})

    def _ask_node(self, node: str, pids: dict[str, int]) -> None:
        numbers = sorted(set(pids.values()))
        if node == ray.get_runtime_context().get_node_id():
            self._take(pids, _read(numbers))
            return
        affinity = NodeAffinitySchedulingStrategy(node, soft=False)
        read = ray.remote(_read).options(num_cpus=0, max_retries=0, scheduling_strategy=affinity)
        self._asked[read.remote(numbers)] = (pids, self._monotonic() + PATIENCE)

    def _take(self, pids: Mapping[str, int], exits: Mapping[int, ExitInfo]) -> None:
        self._found.update((task, exits.get(pid, ExitInfo())) for task, pid in pids.items())

    def answered(self, *, at_once: bool = False) -> dict[str, ExitInfo]:
        """How processes ended, by task: those that are known now, or will not be. Each is told once.

        Args:
            at_once: all that were asked about.
        """
        ready: list[Any] = []
        with contextlib.suppress(Exception):  # Ray may be gone
            ready = ray.wait(list(self._asked), num_returns=len(self._asked), timeout=0)[0] if self._asked else []
        now = self._monotonic()
        for ref, (pids, until) in list(self._asked.items()):
            exits: dict[int, ExitInfo] = {}
            if ref in ready:
                with contextlib.suppress(Exception):  # the node is gone, say
                    exits = ray.get(ref)
            elif not at_once and now < until:
                continue
            del self._asked[ref]
            self._take(pids, exits)
        found, self._found = self._found, {}
        return found


def _read(pids: Sequence[int]) -> dict[int, ExitInfo]:
    """How these processes of this node ended; those that left no log are left out."""
    folder = ray._private.worker._global_node.get_logs_dir_path()  # there is no public call for it
    wanted, found = {str(pid): pid for pid in pids}, {}
    for name in os.listdir(folder):  # once: there may be thousands of logs
        if name.startswith("worker-") and name.endswith(".err"):
            pid = wanted.get(name[: -len(".err")].rpartition("-")[2])
            if pid is not None:
                with contextlib.suppress(OSError):
                    found[pid] = read_log(_tail(os.path.join(folder, name)))
    return found


def _tail(path: str) -> str:
    with open(path, "rb") as file:
        file.seek(max(0, os.path.getsize(path) - 4 * TAIL))
        return file.read().decode("utf-8", "replace")


def read_log(text: str) -> ExitInfo:
    """The end of a log without Ray's markers and faulthandler's list of modules, and what it says of the exit."""
    said = "\n".join(line for line in text.splitlines() if not line.startswith(_NOISE)).strip()
    return ExitInfo(_exit_code(said), said[-TAIL:])


def _exit_code(said: str) -> int | None:
    fatal = re.findall(r"^Fatal Python error: ([\w -]+?)$", said, re.MULTILINE)
    if fatal:
        number = _FATAL.get(fatal[-1])
        return None if number is None else -number
    if re.search(r"^Timeout \(\d+:\d\d:\d\d", said, re.MULTILINE):
        return _SWITCH
    return EXIT_CODE if "this process ends, the trial goes on elsewhere" in said else None


__all__ = ["ExitInfo", "ExitReader", "read_log"]
