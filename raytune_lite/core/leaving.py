"""Handler: nodes that will be gone soon, because they are drained or preempted; and attempts that change their place.

The attempts there are told to save and to go on elsewhere: a stop order whose attempt ends when it has saved next, at
no cost of retries, and whose trial goes first. Nothing is killed for it. An attempt that does not save runs on until
its node is gone; then it is lost as by any lost node, and goes on from the checkpoint before. No trial begins on a node
that leaves.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from ..exceptions import MessageError
from . import messages as m
from .bounds import check_name
from .messages import Decision, StopCause
from .record import StudyData
from .trials import Effects, StopOrder, TrialRecord

SAME = 5.0  # seconds by which a deadline may move and be the same: it comes as the seconds that are left


def nodes_leaving(s: StudyData, event: m.NodesLeaving, at: float) -> Effects:
    """From now on exactly these nodes leave; what is known already changes nothing.

    Raises:
        MessageError: a name cannot be stored, or a time is no number of seconds >= 0.
    """
    for node, seconds in event.nodes:
        check_name("a node's name", node)
        if seconds is not None and not 0.0 <= seconds < math.inf:
            raise MessageError(f"node {node!r} must leave in a number of seconds >= 0, or None, got {seconds}.")
    leaving = {node: None if seconds is None else at + seconds for node, seconds in event.nodes}
    if s.run.name is None or _are_same(s.run.leaving, leaving):
        return Effects([], changed=False)
    s.run.leaving = leaving
    for number in s.slots.values():
        trial = s.trials[number]
        if trial.node in leaving and (trial.stop is None or trial.stop.waits_for_save):
            order(trial, leaving[trial.node], at)
    return Effects([])


def _are_same(before: Mapping[str, float | None], now: Mapping[str, float | None]) -> bool:
    return before.keys() == now.keys() and all(_is_same(before[node], now[node]) for node in now)


def _is_same(before: float | None, now: float | None) -> bool:
    return before is now if before is None or now is None else abs(before - now) <= SAME


def order(trial: TrialRecord, deadline: float | None, at: float) -> None:
    """Its attempt is to end when it has saved; ``deadline``: when its node is gone, None where that is not known."""
    when = "" if deadline is None else f", in {deadline - at:.0f} s"
    trial.stop = StopOrder(
        cause=StopCause.NODE_LEAVING,
        reason=f"its node leaves{when}",
        deadline=math.inf if deadline is None else deadline,
    )


def move(s: StudyData, trial: TrialRecord, before: int) -> None:
    """Its attempt has reported: if from here on its trial is placed elsewhere, it is to end when it has saved.

    ``before``: its last step before that. A trial that waits, or is paused, is placed anew in any case.
    """
    step = next((step for step in s.run.moves_at if before < step <= trial.last_step), None)
    if step is not None and trial.stop is None and trial.pending is Decision.CONTINUE:
        why = f"from step {step} on its trial asks for other resources"
        trial.stop = StopOrder(cause=StopCause.PLACE_CHANGES, reason=why, deadline=math.inf)
