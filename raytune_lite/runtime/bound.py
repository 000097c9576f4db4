"""Trials that are bound to their slots before their tasks are submitted, because what a task asks for depends on its
trial's parameters. Of such a run the launcher keeps here whose tasks still wait, and how many more trials to claim.

A waiting task can be overtaken by smaller ones that fit where it does not. So once a task has waited for some seconds,
nothing more is claimed until it begins; with an autoscaler a few more, which are then its demand. Knows no Ray.
"""

from __future__ import annotations

from .handover import Plan
from .host import Host
from .ports import Tasks

STALL = 2.0  # seconds after which a task counts as waiting: until then it may be on its way
BEHIND = 8  # tasks submitted behind one that waits, at most, where an autoscaler may add nodes
# Seconds for which a task that seems to have room is believed to be on its way (its environment is set up, other work
# holds the room); then its trial's lease runs out, the task is killed, and the trial is claimed again at no cost.
START_PATIENCE = 600.0


class BoundTrials:
    """The trials of one run whose tasks have not begun.

    Args:
        tasks: of the run.
        host: clock.
    """

    def __init__(self, tasks: Tasks, host: Host) -> None:
        self._tasks, self._host = tasks, host
        self.put_off: tuple[str, ...] = ()  # slots whose trials wait for the sampler
        self._waiting: dict[str, tuple[float, int]] = {}  # slot -> when its task was submitted, and as which one
        self._patient_until: dict[str, float] = {}  # slots whose tasks seem to have room
        self._n_submitted = 0

    def claims(self, most: int | None, wanted: int | None, n_slots: int, growth: int) -> int:
        """How many more trials to claim now.

        Args:
            most: tasks at once; None: no bound.
            wanted: see Plan.
            n_slots: that have tasks.
            growth: see ports.Tasks.
        """
        n_claimed = n_slots + len(self.put_off)
        bounds = [bound - n_claimed for bound in (most, wanted) if bound is not None]
        stalled = self._stalled()
        if stalled is not None:
            bounds.append((BEHIND if growth else 0) - (self._n_submitted - stalled - 1) - len(self.put_off))
        return max(0, min([self._tasks.claimable() - len(self.put_off), *bounds]))

    def _stalled(self) -> int | None:
        """As which one the oldest task was submitted that has waited for long and holds others up; None: none has."""
        long_ago = self._host.monotonic() - STALL
        old = ((slot, nth) for slot, (at, nth) in self._waiting.items() if at < long_ago)
        return next((nth for slot, nth in old if self._tasks.holds_up(slot)), None)

    def submitted(self, slot: str) -> None:
        """A task was submitted for a claimed trial."""
        self._waiting[slot] = (self._host.monotonic(), self._n_submitted)
        self._n_submitted += 1

    def ended(self, slot: str) -> None:
        """A slot's task is over."""
        self._waiting.pop(slot, None)
        self._patient_until.pop(slot, None)

    def queued(self) -> tuple[str, ...]:
        """The slots whose trials shall not lose their leases, though nothing is heard of their tasks."""
        now = self._host.monotonic()
        for slot in list(self._waiting):
            if self._tasks.waits(slot):
                self._patient_until.pop(slot, None)
            elif now > self._patient_until.setdefault(slot, now + START_PATIENCE):
                self.ended(slot)
        return (*self._waiting, *self.put_off)

    def answered(self, plan: Plan) -> None:
        """The driver has answered: which of them have begun, and which wait for the sampler."""
        self.put_off = plan.put_off
        unbegun = dict.fromkeys(plan.unbegun)
        for slot in [slot for slot in self._waiting if slot not in unbegun]:
            self.ended(slot)


__all__ = ["BEHIND", "STALL", "START_PATIENCE", "BoundTrials"]
