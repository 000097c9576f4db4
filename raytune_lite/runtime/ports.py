"""The ports between driver, launcher and tasks: what each asks of the other. What passes through is in ``handover``.

A worker process imports this, so it loads no database.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from .handover import Handover, Lost, Plan, Prefetched, Returned


class DriverCalls(Protocol):
    """The driver as its launcher calls it."""

    def plan(self, handover: Handover, timeout: float | None = None) -> Plan:
        """Hand over what happened; answers what to do.

        Raises:
            DriverUnreachableError: no answer within ``timeout`` seconds.
            RaytuneLiteError: the run cannot go on.
        """

    def locate(self, slots: Sequence[str]) -> list[tuple[str, int] | None]:
        """The node and process of each slot's attempt; None where they are not known."""


class Tasks(Protocol):
    """What a launcher drives: Ray tasks, simulated tasks, or calls in this thread."""

    prefetches: bool
    """Whether a task may be given its trial before it runs."""
    shares: bool
    """Whether a task may be given several."""
    binds_first: bool
    """Whether every task must be given its trial: what it asks for depends on it."""

    def submit(self, prefetched: Sequence[Prefetched] = ()) -> str:
        """Queue a task and return its name, which is its (first) slot.

        Args:
            prefetched: what was claimed for it; nothing: it claims a trial when it runs.
        """

    def wait(self, timeout: float, gather: float = 0.0) -> tuple[list[Returned], list[Lost]]:
        """The tasks that have ended, each slot reported once, and those of one task together.

        Args:
            timeout: seconds to wait for the first one.
            gather: seconds to go on after the first one, so that one call hands over several.

        Raises:
            RaytuneLiteError: no task of this run can work.
        """

    def cancel(self, task: str) -> None:
        """Kill a task, if it can be reached, and forget it: ``wait`` will report none of its slots."""

    def capacity(self) -> int:
        """How many trials could run at once. May ask the cluster, so not to be called in a tight loop."""

    def leaving(self) -> dict[str, float | None]:
        """The nodes that will soon be gone -> seconds until then, None where that is not known.

        May ask the cluster, as ``capacity``.
        """

    def growth(self) -> int:
        """How many tasks are to be queued though there is no room, so that an autoscaler adds nodes; 0: there is none.

        May ask the cluster, as ``capacity``.
        """

    def claimable(self) -> int:
        """How many trials may be claimed now, as far as there is room, and one more. Where ``binds_first``."""

    def waits(self, slot: str) -> bool:
        """Whether the task of a slot cannot have begun, for want of room among this run's tasks."""

    def holds_up(self, slot: str) -> bool:
        """Whether a slot's task that waits for long keeps others from being claimed: smaller ones would overtake it.

        Not where it waits for nodes that the others do not want.
        """

    def explain(self, lost: list[Lost], calls: DriverCalls, *, at_once: bool = False) -> list[Lost]:
        """Begin to look into losses; those of them, and of calls before, of which it is known now how they ended.

        It takes no longer than a call of the driver. Each loss comes back once, within seconds; call it again for it.
        The slots of one task come back together.

        Args:
            lost: new losses.
            calls: say where their processes ran.
            at_once: all come back, with what is known.
        """

    def blocked(self) -> str:
        """Why tasks wait and none begins, in one line, as far as it can be known; empty when there is no reason."""


class TasksThatClaim:
    """What Tasks have in common whose trials need not be known before they are submitted."""

    __slots__ = ()
    binds_first = False

    def claimable(self) -> int:
        """See Tasks."""
        return 0

    def waits(self, slot: str) -> bool:  # noqa: ARG002
        """See Tasks."""
        return False

    def holds_up(self, slot: str) -> bool:  # noqa: ARG002
        """See Tasks."""
        return False


class TasksHere(TasksThatClaim):
    """What Tasks that do not leave this machine have in common: none is ever lost, and there is no autoscaler."""

    __slots__ = ()

    def leaving(self) -> dict[str, float | None]:
        """See Tasks."""
        return {}

    def growth(self) -> int:
        """See Tasks."""
        return 0

    def explain(self, lost: list[Lost], calls: DriverCalls, *, at_once: bool = False) -> list[Lost]:  # noqa: ARG002
        """See Tasks."""
        return lost

    def blocked(self) -> str:
        """See Tasks."""
        return ""


class Transport(Protocol):
    """One message to the driver, and its answer."""

    def call(self, message: bytes, timeout: float) -> bytes:
        """Deliver a message.

        Raises:
            TransportError: no answer within ``timeout`` seconds, or the other end is gone.
        """


class TransportError(Exception):
    """A message may or may not have arrived. All messages are idempotent, so it is sent again."""


class Observer(Protocol):
    """Who follows a run in the script."""

    @property
    def wants_trials(self) -> bool:
        """Whether plans shall hold the records of finished trials."""

    @property
    def wants_standing(self) -> bool:
        """Whether the next plan shall hold a Standing. It costs the driver some ms, so not more often than shown."""

    def update(self, plan: Plan) -> None:
        """A new plan has come. An exception ends the run."""

    def notice(self, text: str) -> None:
        """A line for people."""


class ScriptObserver(Observer, Protocol):
    """The same, also before there is a driver."""

    def phase(self, text: str) -> None:
        """What goes on now, in some words."""


Notice = Callable[[str], None]

__all__ = [
    "DriverCalls", "Notice", "Observer", "ScriptObserver", "Tasks", "TasksHere", "TasksThatClaim", "Transport",
    "TransportError",
]  # fmt: skip
