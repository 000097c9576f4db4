"""What a worker process said before it died: the tail of its stderr, and the exit code that can be read from it.

Ray tells only that a worker is gone. Its log lies on its own node, so a small task there reads it.
"""

from __future__ import annotations

import contextlib
import glob
import os
import re
import signal
from typing import NamedTuple

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from ...core.messages import FailureKind
from ..heart import EXIT_CODE

PATIENCE = 5.0  # seconds; a node that is dying with its worker has nothing to tell
TAIL = 2000  # characters kept
_SWITCH = 1  # exit code of the heart's dead man's switch, which is faulthandler's
_NOISE = (":job_id:", ":task_name:", ":actor_name:", "Extension modules:")
_FATAL = {
    "Segmentation fault": signal.SIGSEGV,
    "Aborted": signal.SIGABRT,
    "Bus error": signal.SIGBUS,
    "Floating point exception": signal.SIGFPE,
    "Floating-point exception": signal.SIGFPE,
    "Illegal instruction": signal.SIGILL,
}


class Words(NamedTuple):
    """The last words of a process: ``exit_code`` as subprocess has it (-11: by signal 11), None where unknown."""

    exit_code: int | None = None
    text: str = ""

    def kind(self, otherwise: FailureKind) -> FailureKind:
        """Why it ended, where it ended itself: an attempt whose driver was silent is not to blame for it."""
        ended_itself = {EXIT_CODE: FailureKind.DRIVER_LOST, _SWITCH: FailureKind.LEASE_EXPIRED}
        return otherwise if self.exit_code is None else ended_itself.get(self.exit_code, otherwise)


def last_words(node: str, pid: int) -> Words:
    """What process ``pid`` on ``node`` wrote to stderr at its end; empty when that cannot be known."""
    if not node or not pid:
        return Words()
    with contextlib.suppress(Exception):  # a help for people, never a reason for a run to fail
        if node == ray.get_runtime_context().get_node_id():
            return _read(pid)
        affinity = NodeAffinitySchedulingStrategy(node, soft=False)
        task = ray.remote(_read).options(num_cpus=0, max_retries=0, scheduling_strategy=affinity)
        words: Words = ray.get(task.remote(pid), timeout=PATIENCE)
        return words
    return Words()


def _read(pid: int) -> Words:
    folder = ray._private.worker._global_node.get_logs_dir_path()  # no public call tells it
    found = glob.glob(os.path.join(glob.escape(folder), f"worker-*-{pid}.err"))
    if not found:
        return Words()
    with open(found[0], "rb") as file:
        file.seek(max(0, os.path.getsize(found[0]) - 4 * TAIL))
        text = file.read().decode("utf-8", "replace")
    return read_words(text)


def read_words(text: str) -> Words:
    """The end of a log without Ray's markers and faulthandler's list of modules, and what it says of the exit."""
    said = "\n".join(line for line in text.splitlines() if not line.startswith(_NOISE)).strip()
    return Words(_exit_code(said), said[-TAIL:])


def _exit_code(said: str) -> int | None:
    fatal = re.findall(r"^Fatal Python error: ([\w -]+?)$", said, re.MULTILINE)
    if fatal:
        number = _FATAL.get(fatal[-1])
        return None if number is None else -number
    if re.search(r"^Timeout \(\d+:\d\d:\d\d", said, re.MULTILINE):
        return _SWITCH
    return EXIT_CODE if "this process ends, the trial goes on elsewhere" in said else None


__all__ = ["Words", "last_words", "read_words"]
