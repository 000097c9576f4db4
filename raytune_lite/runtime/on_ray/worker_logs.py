"""Worker logs: the tail of a dead worker's stderr, and the exit code that can be read from it.

Ray says only that a worker is gone. Its log lies on its own node, so a small task there reads it.
"""

from __future__ import annotations

import contextlib
import glob
import os
import re
import signal
from collections.abc import Mapping
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


def read_exits(places: Mapping[str, tuple[str, int]]) -> dict[str, ExitInfo]:
    """How processes ended, by slot; slots of which nothing can be known are left out.

    Args:
        places: node and pid of each slot's process. All nodes are asked at once.
    """
    found: dict[str, ExitInfo] = {}
    with contextlib.suppress(Exception):  # a help for people, never a reason for a run to fail
        here = ray.get_runtime_context().get_node_id()
        asked: dict[Any, str] = {}
        for slot, (node, pid) in places.items():
            if node == here:
                found[slot] = _read(pid)
            else:
                affinity = NodeAffinitySchedulingStrategy(node, soft=False)
                task = ray.remote(_read).options(num_cpus=0, max_retries=0, scheduling_strategy=affinity)
                asked[task.remote(pid)] = slot
        ready, _ = ray.wait(list(asked), num_returns=len(asked), timeout=PATIENCE) if asked else ([], [])
        for ref in ready:
            with contextlib.suppress(Exception):
                found[asked[ref]] = ray.get(ref)
    return found


def _read(pid: int) -> ExitInfo:
    folder = ray._private.worker._global_node.get_logs_dir_path()  # there is no public call for it
    found = glob.glob(os.path.join(glob.escape(folder), f"worker-*-{pid}.err"))
    if not found:
        return ExitInfo()
    with open(found[0], "rb") as file:
        file.seek(max(0, os.path.getsize(found[0]) - 4 * TAIL))
        text = file.read().decode("utf-8", "replace")
    return read_log(text)


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


__all__ = ["ExitInfo", "read_exits", "read_log"]
