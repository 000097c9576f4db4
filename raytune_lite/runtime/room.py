"""How tasks that ask for different amounts find room on nodes: an estimate, first fit, oldest first. Knows no Ray."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

Amounts = Mapping[str, float]  # by the name of a resource

GPU = "GPU"
_EPSILON = 1e-9
_NOTHING = 16  # tasks on a node, if they ask for nothing


class Free:
    """What is left of a node. A share of a GPU is of one GPU, and who asks for a whole one shares it with nobody.

    Ray says how much of all GPUs of a node is used, and not of which. So this run's tasks are laid out anew each time,
    as close together as they fit. Where Ray has left two of them alone on a GPU each, there is less room than it seems.

    Args:
        node: what it has.
    """

    __slots__ = ("amounts", "gpus")

    def __init__(self, node: Amounts) -> None:
        self.amounts = {name: amount for name, amount in node.items() if name != GPU}
        self.gpus = [1.0] * int(node.get(GPU, 0.0))  # what is left of each

    def places(self, wanted: Amounts) -> int:
        """How many tasks that ask for this find room."""
        counts = [self._shares(wanted[GPU])] if wanted.get(GPU) else []
        others = ((name, amount) for name, amount in wanted.items() if amount and name != GPU)
        counts += [int(self.amounts.get(name, 0) / amount + _EPSILON) for name, amount in others]
        return max(0, min(counts, default=_NOTHING))

    def _shares(self, amount: float) -> int:
        if amount < 1:
            return sum(int(left / amount + _EPSILON) for left in self.gpus)
        return int(sum(left > 1 - _EPSILON for left in self.gpus) / amount + _EPSILON)

    def take(self, wanted: Amounts) -> None:
        """Take the room of one task, for which there is some: of the fullest GPU that has it, as Ray does."""
        for name, amount in wanted.items():
            if name != GPU:
                self.amounts[name] = self.amounts.get(name, 0.0) - amount
        amount = wanted.get(GPU, 0.0)
        while amount > _EPSILON:
            share = min(1.0, amount)
            fits = [i for i, left in enumerate(self.gpus) if left > share - _EPSILON]
            self.gpus[min(fits, key=lambda i: self.gpus[i])] -= share
            amount -= share


def places(have: Amounts, wanted: Amounts) -> int:
    """How many tasks that ask for ``wanted`` find room on a node that has nothing else to do."""
    return Free(have).places(wanted)


def arrange(
    tasks: Mapping[str, Amounts], nodes: Sequence[Amounts], may_be_on: Callable[[str, int], bool] | None = None
) -> tuple[list[Free], dict[str, None]]:
    """Put each task on the first node that has room for it.

    Args:
        tasks: task -> what it asks for, oldest first.
        nodes: what each has.
        may_be_on: whether a task may be on a node, by its place in ``nodes``; None: any may.

    Returns:
        What is left on each node, and the tasks that have no room.
    """
    left, without_room = [Free(node) for node in nodes], dict[str, None]()
    for task, wanted in tasks.items():
        fits = (i for i, free in enumerate(left) if (may_be_on is None or may_be_on(task, i)) and free.places(wanted))
        place = next(fits, None)
        if place is None:
            without_room[task] = None
        else:
            left[place].take(wanted)
    return left, without_room


def largest(wanted: Sequence[Amounts]) -> dict[str, float]:
    """The most that any of these asks for, resource by resource."""
    names = dict.fromkeys(name for amounts in wanted for name in amounts)
    return {name: max(amounts.get(name, 0.0) for amounts in wanted) for name in names}


__all__ = ["GPU", "Amounts", "Free", "arrange", "largest", "places"]
