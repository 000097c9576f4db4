"""The assignment tree: which trial holds which path through a search space that only the objective knows.

The second kind of ledger, for spaces that are defined by running: a node is a prefix of (parameter, value) choices.
What is below it is unknown until a trial that was given this prefix asks for its next parameter; then the node is a
branching, and the siblings of the value that the trial took are free. A trial is given one free node, so no other trial
is ever beneath it, and the node where it ends is a leaf: DONE, or free again when it failed. Part of the study's
record: knows no clock, no Ray and no chance of its own.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..distributions import CategoricalDistribution, Distribution, distribution_to_json, json_to_distribution
from ..exceptions import InvalidDistributionError
from .ledger import Ledger
from .protocols import Branches, Grid

MAX_VALUES = 2**53  # beyond, not every integer is a float


def n_values(distribution: Distribution) -> int | None:
    """How many values a parameter can have; None: it is continuous, or as good as that."""
    if isinstance(distribution, CategoricalDistribution):
        return len(distribution.choices)
    if distribution.single():
        return 1
    if distribution.step is None:
        return None
    n = round((distribution.high - distribution.low) / distribution.step) + 1
    return n if n <= MAX_VALUES else None


def value_at(distribution: Distribution, index: int) -> Any:
    """The external value with this index in [0, n_values)."""
    if isinstance(distribution, CategoricalDistribution):
        return distribution.to_external_repr(index)
    if index == 0:
        return distribution.low
    return min(distribution.low + index * (distribution.step or 0), distribution.high)


def index_of(distribution: Distribution, internal: float) -> int | None:
    """The index of an internal value, or None when it is none of the distribution's, or that is continuous."""
    if not distribution.contains(internal):
        return None
    if isinstance(distribution, CategoricalDistribution):
        return int(internal)
    if distribution.single():
        return 0
    return None if distribution.step is None else round((internal - distribution.low) / distribution.step)


def _index_of_external(distribution: Distribution | None, value: Any) -> int | None:
    try:
        return None if distribution is None else index_of(distribution, distribution.to_internal_repr(value))
    except InvalidDistributionError:
        return None


class NodeState(str, enum.Enum):
    """State of a node. Nothing is known of what lies below it, unless it is a BRANCH."""

    FREE = "free"
    LEASED = "leased"
    DONE = "done"
    DEAD = "dead"
    BRANCH = "branch"


@dataclass(slots=True)
class Node:
    """A prefix that was handed out at least once: value ``index`` of the parameter that ``parent`` branches by."""

    parent: int
    index: int
    address: bytes  # of the whole prefix, see Branches
    state: NodeState = NodeState.FREE
    number: int = -1  # the trial that holds it or decided it
    failures: int = 0
    free: int = 1  # prefixes below (or at) this node that could be handed out now
    place: int = -1  # in the parent's list of open children, while ``free``
    name: str = ""  # of the parameter, once it is a BRANCH; so are the fields below
    distribution: Distribution | None = None
    size: int = 0
    children: dict[int, int] = field(default_factory=dict)  # index of a value -> node; the others are untouched
    cursor: int = 0  # every value before it in the shuffled order has a node
    open: list[int] = field(default_factory=list)  # children with something free


class Tree:
    """Hands out the paths of a search space that is defined by running, each to one trial at a time.

    Nodes that no trial was given cost nothing: a parameter with 10**15 values is one record.
    """

    def __init__(self, grid: Branches) -> None:
        self.grid = grid
        self.nodes = [Node(parent=-1, index=0, address=b"")]
        self.at: dict[int, int] = {}  # trial number -> where it is, while it runs
        self._counts = dict.fromkeys((NodeState.LEASED, NodeState.DONE, NodeState.DEAD), 0)

    # --- what the ledger offers ---

    @property
    def cells(self) -> list[Node]:
        """The nodes, or none while no trial was ever given one."""
        return self.nodes if self.nodes[0].state is not NodeState.FREE or self.nodes[0].failures else []

    def claim(self, number: int) -> tuple[None, None] | None:
        """Give a free node to a trial, or None when there is none; there may be more when a trial asks or fails.

        See ``params`` for what it must use. The answer has the form of Ledger's; a tree has no cells and no rows.
        """
        return self._descend(number, {})

    def claim_params(self, number: int, params: Mapping[str, Any]) -> tuple[None, None] | None:
        """Give a trial that has its parameters already (added, or begun before there was a tree) the node they lead to.

        They must say which way to take at every branching, and the node must be free. None: the trial holds nothing. It
        runs anyway, and is not part of the tree. ``asked`` then records what it used, in its order.
        """
        return None if number in self.at else self._descend(number, params, is_strict=True)

    def claim_below(self, number: int, params: Mapping[str, Any]) -> tuple[None, None] | None:
        """Like ``claim_params`` for a trial that starts now (enqueued): where its parameters end, any way is good.

        ``params`` then has what it must use beside its own.
        """
        return None if number in self.at else self._descend(number, params)

    def asked(self, number: int, name: str, distribution: Distribution, value: float) -> None:
        """A trial uses a parameter for the first time: its node becomes a branching, and the trial moves on below.

        A parameter of its own prefix says nothing new. A continuous one cannot branch, and is passed over.
        """
        i = self.at.get(number)
        size = n_values(distribution)
        if i is None or size is None or any(name == self.nodes[up].name for up in self._above(i)):
            return
        index = index_of(distribution, value)
        if index is None:  # not a value of its own distribution: the core refuses that before
            return
        node = self.nodes[i]
        node.state, node.name, node.distribution, node.size = NodeState.BRANCH, name, distribution, size
        self._counts[NodeState.LEASED] -= 1
        self._add_free(i, size)
        self._lease(self._child(i, index), number)

    def params(self, number: int) -> dict[str, Any]:
        """External values of the prefix of a trial's node, from the root; {} for a trial that holds nothing."""
        i = self.at.get(number)
        found = []
        while i is not None and i > 0:
            node = self.nodes[i]
            up = self.nodes[node.parent]
            if up.distribution is not None:
                found.append((up.name, value_at(up.distribution, node.index)))
            i = node.parent
        return dict(reversed(found))

    def done(self, number: int) -> tuple[()]:
        """The trial has a result: its node is a leaf, which will never be handed out again."""
        self._close(number, NodeState.DONE)
        return ()

    def failed(self, number: int, is_final: bool = False) -> tuple[()]:
        """The trial failed: its node is FREE again, or DEAD once ``max_failures`` trials have failed at it.

        ``is_final``: no other trial could do better (its parameters are invalid).
        """
        if number in self.at:
            node = self.nodes[self.at[number]]
            node.failures += 1
            is_dead = is_final or node.failures >= self.grid.max_failures
            self._close(number, NodeState.DEAD if is_dead else NodeState.FREE)
        return ()

    def free(self) -> int:
        """How many nodes could be handed out now. 0 while trials explore says nothing of later."""
        return self.nodes[0].free

    def counts(self) -> dict[str, int]:
        """Nodes without anything known below them, by state."""
        return {"free": self.free(), **{state.value: n for state, n in self._counts.items()}}

    def dump(self) -> Any:
        """See ``Dumps``."""
        nodes = [
            [
                node.parent, node.index, node.address.hex(), node.state.value, node.number, node.failures, node.free,
                node.place, node.name, None if node.distribution is None else distribution_to_json(node.distribution),
                node.size, list(node.children.items()), node.cursor, node.open,
            ]
            for node in self.nodes
        ]  # fmt: skip
        return [nodes, list(self.at.items())]

    def load(self, data: Any) -> None:
        """See ``Dumps``."""
        nodes, at = data
        self.nodes = [_node(*fields) for fields in nodes]
        self.at.update(map(tuple, at))
        for node in self.nodes:
            if node.state in self._counts:
                self._counts[node.state] += 1

    # --- the tree ---

    def _above(self, i: int) -> Iterator[int]:
        while i > 0:
            i = self.nodes[i].parent
            yield i

    def _child(self, i: int, index: int) -> int:
        """The node of a value at a branching; a FREE one is made where there is none."""
        node = self.nodes[i]
        if index not in node.children:
            address = self.grid.below(node.address, node.name, index)
            node.children[index] = len(self.nodes)
            self.nodes.append(Node(parent=i, index=index, address=address))
            self._open(len(self.nodes) - 1)  # it was free before, too: the sums stay
        return node.children[index]

    def _descend(self, number: int, params: Mapping[str, Any], is_strict: bool = False) -> tuple[None, None] | None:
        """Lease a free node: at each branching as ``params`` say, else all ways not exhausted are equally likely."""
        i = 0
        while self.nodes[i].state is NodeState.BRANCH:
            node = self.nodes[i]
            if node.name in params:
                index = _index_of_external(node.distribution, params[node.name])
                if index is None:
                    return None
                i = self._child(i, index)
            elif is_strict or not node.free:
                return None
            else:
                untouched = node.size - len(node.children)
                way = self.grid.pick(node.address, number, untouched + len(node.open))
                i = self._child(i, self._next_unseen(node)) if way < untouched else node.open[way - untouched]
        if self.nodes[i].state is not NodeState.FREE:
            return None
        self._lease(i, number)
        return None, None

    def _next_unseen(self, node: Node) -> int:
        order = self.grid.order(node.address, node.size)
        while True:
            index = order(node.cursor)
            node.cursor += 1
            if index not in node.children:
                return index

    def _lease(self, i: int, number: int) -> None:
        node = self.nodes[i]
        node.state, node.number = NodeState.LEASED, number
        self.at[number] = i
        self._counts[NodeState.LEASED] += 1
        self._add_free(i, -1)

    def _close(self, number: int, state: NodeState) -> None:
        i = self.at.pop(number, None)
        if i is None:
            return
        self.nodes[i].state = state
        self._counts[NodeState.LEASED] -= 1
        if state is NodeState.FREE:
            self._add_free(i, 1)
        else:
            self._counts[state] += 1

    def _add_free(self, i: int, n: int) -> None:
        """``n`` more prefixes are free at or below a node, and so below all above it."""
        while i >= 0:
            node = self.nodes[i]
            node.free += n
            if node.free and node.place < 0:
                self._open(i)
            elif not node.free and node.place >= 0:
                self._shut(i)
            i = node.parent

    def _open(self, i: int) -> None:
        node = self.nodes[i]
        if node.parent >= 0:
            siblings = self.nodes[node.parent].open
            node.place = len(siblings)
            siblings.append(i)

    def _shut(self, i: int) -> None:
        """Leave the parent's open list; the last one takes the place, so that no other must move."""
        node = self.nodes[i]
        siblings = self.nodes[node.parent].open
        last = siblings.pop()
        if last != i:
            siblings[node.place] = last
            self.nodes[last].place = node.place
        node.place = -1


def _node(
    parent: int, index: int, address: str, state: str, number: int, failures: int, free: int, place: int, name: str,
    distribution: str | None, size: int, children: list[tuple[int, int]], cursor: int, opened: list[int],
) -> Node:
    return Node(
        parent, index, bytes.fromhex(address), NodeState(state), number, failures, free, place, name,
        None if distribution is None else json_to_distribution(distribution), size, dict(children), cursor, opened,
    )


def ledger_for(grid: Grid | Branches) -> Ledger | Tree:
    """The empty ledger of a sampler's grid, or of its tree."""
    return Tree(grid) if isinstance(grid, Branches) else Ledger(grid)
