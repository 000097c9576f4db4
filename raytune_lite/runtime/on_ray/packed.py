"""Trials as Ray tasks that share GPUs: each asks for the share of one that the core has given its attempt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...core.gpu_shares import FIRST, WHOLE
from ...core.messages import Assignment
from ..gpu_memory import VARIABLE
from ..handover import Lost, Returned
from ..host import Host
from ..ports import Notice
from ..scout import ParamsBefore
from .by_need import TasksByNeed
from .objective import BoundTasks


class PackedTasks(TasksByNeed):
    """The tasks of such a run; see ports.Tasks.

    Args:
        tasks: the remote functions, see ``build_bound_tasks``.
        request: what each trial asks for beside its share of a GPU.
        host: clock.
        notice: prints a line for people.
        prices: as in TasksByNeed.
    """

    n_recent = 1  # the next trial's share is most likely that of the last one

    def __init__(
        self, tasks: BoundTasks, request: Mapping[str, Any], host: Host, notice: Notice,
        prices: Mapping[str, float] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(tasks, lambda _: request, (), host, notice, prices=prices)
        self._base = request
        self._recent = [{**request, "num_gpus": 1}]
        self._ended, self._measured = 0, False

    def _request_of(self, assignment: Assignment, params: ParamsBefore) -> tuple[dict[str, Any], bool]:  # noqa: ARG002
        share = assignment.gpu_share
        if share < WHOLE:
            self._tell_once(
                "shares",
                f"trials share GPUs from now on: trial {assignment.number} asks for {share / WHOLE:g} of one. "
                "`raytune-lite attempts` shows what each took.",
            )
        return {**self._base, "num_gpus": share / WHOLE}, False

    def wait(self, timeout: float, gather: float = 0.0) -> tuple[list[Returned], list[Lost]]:
        """See ports.Tasks.

        Raises:
            RaytuneLiteError: see RayTasks.
        """
        ended, lost = super().wait(timeout, gather)
        for item in ended:
            self._ended += item.message is not None
            self._measured = self._measured or b'"gpu_memory":' in (item.message or b"")
        if self._ended >= FIRST and not self._measured:
            self._tell_once(
                "not measured",
                f"{self._ended} trials have ended, and it is not known how much GPU memory they took: only torch on "
                "CUDA is measured. So each has a whole GPU. For other libraries give a number, such as num_gpus=0.25, "
                f"or name a probe in {VARIABLE}.",
            )
        return ended, lost


__all__ = ["PackedTasks"]
