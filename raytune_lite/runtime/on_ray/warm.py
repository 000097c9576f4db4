"""Worker processes that run one GPU attempt after another, so that imports and CUDA's context stay warm.

CUDA keeps the GPU with which it began, and Ray may give a process another one later: such a process runs nothing any
more. Nor does one in which an attempt has leaked. It is Ray that ends it, when the task's result is on its way.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from typing import Any

from ray._private import worker as ray_worker

from .. import signals
from ..gpu_memory import GpuProbe
from ..host import Host
from ..leaks import LeakGuard, look
from ..task import Result

CALLS = 1_000_000  # ``max_calls`` of the tasks: Ray counts them
VARIABLE = "RTL_WARM_WORKERS"  # in their environment, with the run's name: Ray gives no other task to such a process
IDLE = 30.0  # seconds after which a process without a task ends: CUDA's context holds memory of a GPU that others have


def warm_environment(request: Mapping[str, Any], run: str) -> dict[str, Any]:
    """The ``runtime_env`` of a request for warm processes, which are one run's."""
    env = dict(request.get("runtime_env") or {})
    return {**env, "env_vars": {**env.get("env_vars", {}), VARIABLE: run}}


class WarmProcess:
    """This process, which has run attempts or will.

    Args:
        host: clock.
    """

    def __init__(self, host: Host) -> None:
        self._guard = LeakGuard(host)
        self._gpus: tuple[str, ...] | None = None  # of its first attempt
        self._is_over, self._is_idle, self._lock = False, False, threading.Lock()
        self._timer: threading.Timer | None = None

    def begin(self, gpus: tuple[str, ...], probe: GpuProbe, share: float) -> bool:
        """A task begins; whether it may run an attempt here. Else the process ends with it.

        Args:
            gpus: the ids of those that Ray has given to the task.
            probe: see ``leaks.look``.
            share: see there.
        """
        with self._lock:
            self._is_idle = False
        if self._timer is not None:
            self._timer.cancel()
        if self._is_over or self._gpus not in (None, gpus):
            self._end_after_task()
            return False
        self._gpus = gpus
        self._guard.begin(lambda: look(probe, share))
        return True

    def end(self, result: Result, probe: GpuProbe, share: float) -> Result:
        """The attempt is over; its result, with what it leaves behind. Arguments: see ``begin``."""
        left = self._guard.end(lambda: look(probe, share))
        if left:
            self._end_after_task()
            return tuple(None if end is None else (*end[:5], left) for end in result)
        with self._lock:
            self._is_idle = True
        self._timer = threading.Timer(IDLE, self._end_if_idle)
        self._timer.daemon = True
        self._timer.start()
        return result

    def _end_after_task(self) -> None:
        """Ray ends this process once the task has returned, and gives it no other one."""
        if self._is_over:
            return
        self._is_over = True
        try:
            manager: Any = ray_worker.global_worker.function_actor_manager
            for function, known in list(manager._function_execution_info.items()):  # there is no public way
                if known.max_calls == CALLS:
                    manager._num_task_executions[function] = CALLS - 1
        except AttributeError:  # a Ray that has other names; what it sends here meanwhile is sent back
            signals.end_soon()

    def _end_if_idle(self) -> None:
        with self._lock:
            if self._is_idle:
                os._exit(0)


__all__ = ["CALLS", "VARIABLE", "WarmProcess", "warm_environment"]
