"""Brute force: every path of an objective's search space, each run exactly once, by any number of workers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import blake2b

from ..arguments import integer, shown
from ..core.tree import n_values
from ..core.view import StudyView
from ..distributions import Distribution
from ..exceptions import SamplerRefusedError
from .base import BaseSampler
from .grid import KeyedPermutation
from .keywords import optunas


@dataclass(frozen=True, slots=True)
class TreeGrid:
    """The order in which a tree of parameters grows: a seed's, the same in every process. See Branches."""

    seed: int
    max_failures: int

    def below(self, address: bytes, name: str, index: int) -> bytes:
        """A digest of the prefix: neither trials nor the order in which they came are in it."""
        return self._hash(b"below", address + f"{index} {name}".encode("utf-8", "surrogatepass")).to_bytes(32, "big")

    def order(self, address: bytes, size: int) -> Callable[[int], int]:
        """A keyed permutation of [0, size), another one for each address."""
        return KeyedPermutation(size, self._hash(b"order", address))

    def pick(self, address: bytes, number: int, n: int) -> int:
        """One of [0, n), all equally likely over the seeds."""
        return self._hash(b"pick", address + number.to_bytes(16, "big")) % n

    def _hash(self, purpose: bytes, what: bytes) -> int:
        key = blake2b(f"raytune_lite tree {self.seed}".encode(), digest_size=32).digest()
        return int.from_bytes(blake2b(what, digest_size=32, key=key, person=purpose).digest(), "big")


class BruteForceSampler(BaseSampler):
    """All combinations that the objective can ask for, each recorded exactly once, in a shuffled order.

    The search space is learnt while the study runs, so it may be conditional: ``suggest_*`` calls may depend on the
    values of others. The study ends by itself when every path has a result. A path whose trial failed is tried again.

    The objective must ask for the same parameters in the same order whenever it is given the same values. When it does
    not, no path is lost or run twice; but a path says what was handed out, and a trial then uses only a part of it, or
    parameters beyond it.

    Args:
        seed: integer >= 0, chooses the order; None draws one and keeps it in ``spec()``.
        avoid_premature_stop: Optuna's; both change nothing, the search ends when all paths have a result.
        max_failures: failed trials after which a path is given up (DEAD).

    Raises:
        TypeError: ``avoid_premature_stop`` is no bool.
        ValueError: an argument is out of range.
    """

    def __init__(
        self, seed: int | None = None, avoid_premature_stop: bool = False, *, max_failures: int = 4
    ) -> None:
        optunas(type(self).__name__, {"avoid_premature_stop": avoid_premature_stop}, "avoid_premature_stop")
        max_failures = integer("max_failures", max_failures, 1, "1 never tries a path again")
        super().__init__(seed, max_failures=max_failures)
        self._tree = TreeGrid(self.seed, max_failures)

    @property
    def grid(self) -> TreeGrid:  # type: ignore[override]  # a tree instead of no cells
        """What the core makes its tree from."""
        return self._tree

    def search_space(self, view: StudyView, known: Mapping[str, Distribution]) -> Mapping[str, Distribution]:  # noqa: ARG002
        """{}: the tree gives each trial its prefix, and parameters beyond it are not known yet."""
        return {}

    def sample_independent(self, view: StudyView, number: int, name: str, distribution: Distribution) -> float:
        """Any value: the trial is the first to ask below its prefix, and the others are handed out later.

        Raises:
            SamplerRefusedError: the parameter is continuous, or has more values than floats can tell apart (2**53).
        """
        if n_values(distribution) is None:
            raise SamplerRefusedError(
                f"parameter {name!r} has no end of values, {shown(distribution)}, and brute force would try them all; "
                "give it a step, use suggest_categorical, or another sampler."
            )
        return super().sample_independent(view, number, name, distribution)
