"""Replays in sentences. From their numbers alone."""

from __future__ import annotations

from ..display.tables import duration
from .replaying import Replay

LISTED = 8  # trials that are named one by one


def percent(share: float) -> str:
    """0.432 as "43 %"."""
    return f"{100 * share:.0f} %"


def named_trials(numbers: tuple[int, ...]) -> str:
    """ "#3", "#3 and #5", "#3, #5 and 12 more"."""
    listed = [f"#{number}" for number in numbers[:LISTED]]
    more = len(numbers) - len(listed)
    last = f"{more} more" if more else listed.pop() if len(listed) > 1 else ""
    return ", ".join(listed) + (f" and {last}" if last else "")


def verdict(found: Replay) -> str:
    """What the rule would have cost, and what it would have found, in two sentences."""
    room = "1 worker" if found.workers == 1 else f"{found.workers} workers"
    if found.share != found.share:
        return (
            f"With {found.pruner} and {room} nothing can be said of the cost: the rule would have trained every trial "
            "for longer than it is recorded."
        )
    of = f" of the {found.n_covered} trials whose records reach far enough" if found.cut else ""
    return (
        f"With {found.pruner} and {room} you would have spent {percent(found.share)} of the slot-time{of}. "
        f"{_result(found)}"
    )


def _result(found: Replay) -> str:
    if found.found is None:
        return "No trial would have stood best."
    if found.best is None:
        return f"The records have no COMPLETE trial to compare with; trial {found.found} would have stood best."
    if found.keeps_best:
        same = "" if found.found == found.best else f" ({found.found} instead of {found.best}, an equal value)"
        return f"The best trial would have been the same{same}: {found.best_value:.6g}."
    return (
        f"The best would have been trial {found.found} with {found.found_value:.6g} instead of trial {found.best} with "
        f"{found.best_value:.6g}."
    )


def lines(found: Replay) -> list[str]:
    """A replay for a terminal."""
    said = [
        f"study {found.study}: {found.n_trials} trials, replayed with {found.pruner} and {found.workers} worker(s)",
        f"  {verdict(found)}",
        f"  slot-time  {duration(found.replayed)} instead of {duration(found.recorded)}, of {found.n_covered} trials",
        f"  in all     {duration(found.wall)} on {found.workers} worker(s); recorded {duration(found.recorded_wall)} "
        f"on {found.recorded_slots}",
    ]
    if found.dropped:
        said.append(f"  ended too early: {named_trials(found.dropped)}, whose results are better")
    if found.cut:
        said.append(
            f"  left out: {len(found.cut)} trials ({named_trials(found.cut)}) ended in the records before this rule "
            "would have ended them; what they would have cost and become is not known"
        )
    if found.n_left_out:
        said.append(f"  left out: {found.n_left_out} trials were added or imported, or are children of PBTPruner")
    return said


__all__ = ["lines", "named_trials", "percent", "verdict"]
