"""How tasks that ask for different amounts find room on nodes: an estimate, first fit, oldest first. Knows no Ray."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

Amounts = Mapping[str, float]  # by the name of a resource

_EPSILON = 1e-9
_NOTHING = 16  # tasks on a node, if they ask for nothing


def places(have: Amounts, wanted: Amounts) -> int:
    """How many tasks that ask for ``wanted`` find room in ``have``."""
    counts = [int(have.get(name, 0) / amount + _EPSILON) for name, amount in wanted.items() if amount]
    return max(0, min(counts, default=_NOTHING))


def arrange(
    tasks: Mapping[str, Amounts], nodes: Sequence[Amounts], may_be_on: Callable[[str, int], bool] | None = None
) -> tuple[list[dict[str, float]], dict[str, None]]:
    """Put each task on the first node that has room for it.

    Args:
        tasks: task -> what it asks for, oldest first.
        nodes: what each has.
        may_be_on: whether a task may be on a node, by its place in ``nodes``; None: any may.

    Returns:
        What is left on each node, and the tasks that have no room.
    """
    left, without_room = [dict(node) for node in nodes], dict[str, None]()
    for task, wanted in tasks.items():
        fits = (i for i, free in enumerate(left) if (may_be_on is None or may_be_on(task, i)) and places(free, wanted))
        place = next(fits, None)
        if place is None:
            without_room[task] = None
            continue
        for name, amount in wanted.items():
            left[place][name] = left[place].get(name, 0.0) - amount
    return left, without_room


def largest(wanted: Sequence[Amounts]) -> dict[str, float]:
    """The most that any of these asks for, resource by resource."""
    names = dict.fromkeys(name for amounts in wanted for name in amounts)
    return {name: max(amounts.get(name, 0.0) for amounts in wanted) for name in names}


__all__ = ["Amounts", "arrange", "largest", "places"]
