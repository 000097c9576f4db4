"""Grid search as index arithmetic: cell -> values by mixed radix, position -> cell by a keyed permutation.

Owns the shape and the order of a grid; which cell is free, leased or done is the ledger's. Nothing is
materialised: 10**18 cells cost what 10 do.
"""

from __future__ import annotations

import copy
import math
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from ..arguments import integer, shown
from ..core.view import StudyView
from ..distributions import CategoricalChoice, Distribution, exact_key, is_simple, plain_value
from ..exceptions import SamplerRefusedError
from ..trial import FIXED_KEY
from .for_studies import ForStudies
from .rng import seed_or_fresh

_CELL = "grid_id"  # Optuna's key
_MAX_CELLS = 2**63 - 1
_ROUNDS = 8  # 4 suffice for large halves (Luby and Rackoff 1988); small grids need more, NIST's FF1 has 10


def _identity(value: Any) -> tuple[str, Any]:
    """Key by which two values are the same point of an axis: 1 and 1.0 are, True and 1 are not."""
    value = plain_value(value)
    if type(value) in (int, float):
        # suggest_float gives 1.0 back where the user's list says 1
        return "number", value
    return (type(value).__name__, value) if is_simple(value) else exact_key(value)


def _axis(name: Any, values: Any) -> tuple[CategoricalChoice, ...]:
    """One parameter's values, checked."""
    if not isinstance(name, str):
        raise ValueError(f"search_space must have parameter names as keys, got {shown(name)}; use a str.")
    where = f"search_space[{shown(name, 60)}]"
    is_list = hasattr(values, "__len__") and not isinstance(values, (str, bytes, Mapping, Set, type))
    if not is_list or getattr(values, "ndim", 1) == 0:  # numpy's arrays without a dimension
        raise ValueError(
            f"{where} must be a list of values, got {shown(values)}; a list has an order, and keeps it."
        )
    axis: list[CategoricalChoice] = []
    for value in values:
        try:
            axis.append(plain_value(value))
        except (TypeError, RecursionError) as error:
            raise ValueError(
                f"{where} must hold None, bool, int, float, str, or lists, tuples and dicts of these (JSON keeps "
                f"them), got {shown(value)} of type {type(value).__name__} ({error!r:.200}); use names, and map them "
                "to objects in the objective."
            ) from None
    if not axis:
        raise ValueError(
            f"{where} must hold at least one value, got {shown(values)}; drop the parameter, or fix it."
        )
    for value in axis:
        if isinstance(value, float) and math.isnan(value):
            raise ValueError(
                f"{where} must hold values that equal themselves, got {value!r}; use None or a name."
            )
    seen: dict[tuple[str, Any], CategoricalChoice] = {}
    for value in axis:
        if _identity(value) in seen:
            other = seen[_identity(value)]
            raise ValueError(f"{where} must hold each value once, got {shown(other)} and {shown(value)}; drop one.")
        seen[_identity(value)] = value
    return tuple(axis)


@dataclass(frozen=True, slots=True)
class KeyedPermutation:
    """A bijection of [0, size) that a seed chooses: O(1) memory, integers only, the same in every process.

    A Feistel network over pairs (left, right) of Z_a x Z_b with a = ceil(sqrt(size)) and the least b such
    that a * b >= size; what falls outside is walked on until it is inside.

    Source: Black and Rogaway 2002, "Ciphers with Arbitrary Finite Domains", sections 3 (cycle walking) and 4
    (generalized Feistel).
    """

    size: int
    seed: int
    _a: int = field(init=False, repr=False, compare=False)
    _b: int = field(init=False, repr=False, compare=False)
    _key: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        a = math.isqrt(self.size - 1) + 1
        object.__setattr__(self, "_a", a)
        object.__setattr__(self, "_b", -(-self.size // a))
        object.__setattr__(
            self, "_key", blake2b(f"raytune_lite grid {self.seed}".encode(), digest_size=32).digest()
        )

    def __call__(self, position: int) -> int:
        """The image of ``position``; it must be in [0, size)."""
        image = self._encipher(position)
        # a * b - size < a, so this runs rarely; it ends, since the cycle through position comes back inside
        while image >= self.size:
            image = self._encipher(image)
        return image

    def _encipher(self, x: int) -> int:
        a, b, key = self._a, self._b, self._key
        right, left = divmod(x, a)
        # Each round adds a function of one half to the other: undone by subtracting it, whatever it is.
        for i in range(_ROUNDS):
            half = left if i % 2 else right
            message = half.to_bytes((half.bit_length() + 7) // 8, "big")
            # 32 bytes: the bias of the remainder is below 2**-100 up to a = 2**156
            noise = int.from_bytes(
                blake2b(message, digest_size=32, key=key, salt=bytes((i,))).digest(), "big"
            )
            if i % 2:
                right = (right + noise) % b
            else:
                left = (left + noise) % a
        return right * a + left


@dataclass(frozen=True, slots=True)
class ProductGrid:
    """All combinations of ``axes``, (name, values) pairs, numbered as itertools.product yields them."""

    axes: tuple[tuple[str, tuple[CategoricalChoice, ...]], ...]
    seed: int
    max_failures: int
    size: int = field(init=False)
    _order: KeyedPermutation = field(init=False, repr=False, compare=False)
    _index: dict[str, dict[tuple[str, Any], int]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        size = math.prod(len(values) for _, values in self.axes)
        index = {name: {_identity(value): i for i, value in enumerate(values)} for name, values in self.axes}
        object.__setattr__(self, "size", size)
        object.__setattr__(self, "_order", KeyedPermutation(size, self.seed))
        object.__setattr__(self, "_index", index)

    def cell_at(self, position: int) -> int:
        """The cell visited at ``position`` of the shuffled order: a bijection of [0, size).

        Raises:
            IndexError: position is outside [0, size).
        """
        return self._order(self._inside("position", position))

    def params(self, cell: int) -> dict[str, Any]:
        """External parameter values of a cell.

        Raises:
            IndexError: cell is outside [0, size).
        """
        rest = self._inside("cell", cell)
        found: dict[str, Any] = {}
        for name, values in reversed(self.axes):
            rest, i = divmod(rest, len(values))
            found[name] = copy.deepcopy(values[i])  # a list may be changed by whoever gets it
        return {name: found[name] for name, _ in self.axes}

    def cell_of(self, params: Mapping[str, Any]) -> int | None:
        """The cell with exactly these names and values, or None when they are not on the grid.

        1 and 1.0 are one value, True is another; numpy's scalars count as Python's.
        """
        if len(params) != len(self.axes):
            return None
        cell = 0
        for name, values in self.axes:
            if name not in params:
                return None
            try:
                i = self._index[name].get(_identity(params[name]))
            except (TypeError, RecursionError):  # JSON cannot hold it, so it is no value of ours
                return None
            if i is None:
                return None
            cell = cell * len(values) + i
        return cell

    def _inside(self, what: str, value: int) -> int:
        if not 0 <= value < self.size:
            raise IndexError(
                f"{what} must be in [0, {self.size}), got {value}; the grid has {self.size} cells."
            )
        return value


@dataclass(frozen=True, slots=True)
class GridSampler(ForStudies):
    """Every combination of the given values, each recorded exactly once, in a shuffled order.

    The ledger hands out the cells, so no two live trials share one, and a cell whose trial failed is tried
    again.

    Args:
        search_space: parameter name -> its values (None, bool, int, float or str, or lists, tuples and dicts of
            these; each once a list).
        seed: integer >= 0, chooses the order; None draws one and keeps it in ``spec()``.
        max_failures: failed trials after which a cell is given up (DEAD).

    Raises:
        ValueError: an empty mapping or list, a value twice, NaN, or a value that JSON cannot hold.
    """

    seed: int
    grid: ProductGrid
    auto_seed: bool = field(compare=False)  # the seed was drawn here: a continued study keeps its own

    def __init__(
        self,
        search_space: Mapping[str, Sequence[CategoricalChoice]],
        seed: int | None = None,
        *,
        max_failures: int = 4,
    ) -> None:
        if not isinstance(search_space, Mapping) or not search_space:
            raise ValueError(
                f"search_space must map at least one parameter name to its values, got {shown(search_space)}; "
                "for example {'x': [1, 2]}."
            )
        max_failures = integer("max_failures", max_failures, 1, "1 never tries a cell again")
        axes = {name: _axis(name, values) for name, values in search_space.items()}
        if math.prod(map(len, axes.values())) > _MAX_CELLS:
            raise ValueError(
                f"a grid may have {_MAX_CELLS} cells (the database's integer), got more from {len(axes)} parameters; "
                "nobody could run them: shorten the lists, or use RandomSampler."
            )
        # sorted: the same grid, in the same order, however the mapping was built (Optuna sorts too)
        fixed = seed_or_fresh(seed)
        object.__setattr__(self, "seed", fixed)
        object.__setattr__(self, "auto_seed", seed is None)
        object.__setattr__(self, "grid", ProductGrid(tuple(sorted(axes.items())), fixed, max_failures))

    def spec(self) -> dict[str, Any]:
        """``{"name": "GridSampler", **arguments}``."""
        return {
            "name": "GridSampler",
            "search_space": {name: list(values) for name, values in self.grid.axes},
            "seed": self.seed,
            "max_failures": self.grid.max_failures,
        }

    @property
    def in_background(self) -> bool:
        """False: a cell is index arithmetic."""
        return False

    @property
    def draws_globally(self) -> bool:
        """False: there is nothing to draw."""
        return False

    def explain(self, view: StudyView, number: int, space: Mapping[str, Distribution]) -> str:  # noqa: ARG002
        """See Sampler: nothing to say."""
        return ""

    def search_space(
        self,
        view: StudyView,  # noqa: ARG002
        known: Mapping[str, Distribution],  # noqa: ARG002
    ) -> Mapping[str, Distribution]:
        """{}: the ledger gives each trial its cell, so no parameter is left to suggest."""
        return {}

    def sample_relative(
        self,
        view: StudyView,  # noqa: ARG002
        number: int,  # noqa: ARG002
        space: Mapping[str, Distribution],  # noqa: ARG002
    ) -> Mapping[str, float]:
        """{}: see search_space."""
        return {}

    def sample_independent(
        self,
        view: StudyView,  # noqa: ARG002
        number: int,
        name: str,
        distribution: Distribution,  # noqa: ARG002
    ) -> Any:
        """Refuse, as Optuna does: a value that the cell does not give would be no point of the grid.

        In a study of Optuna's there is no ledger, and the trial's cell is the one that ``before_trial`` has chosen.

        Raises:
            SamplerRefusedError: the name is not in the grid, or the trial was enqueued without it.
        """
        names = [axis for axis, _ in self.grid.axes]
        if name not in names:
            raise SamplerRefusedError(
                f"parameter {name!r} is not in the grid {names}; add it to GridSampler's search_space."
            )
        trial: Any = number
        cell = getattr(trial, "system_attrs", {}).get(_CELL)
        if cell is None:
            raise SamplerRefusedError(
                f"trial {getattr(trial, 'number', number)} was given no value for parameter {name!r} of the grid "
                f"{names}; enqueue_trial() must give all of them with GridSampler."
            )
        return self.grid.params(cell)[name]  # as an objective sees it

    # --- in a study of Optuna's, which has no ledger ------------------------------------------------------------------

    def before_trial(self, study: Any, trial: Any) -> None:
        """Give ``trial`` the next cell that no trial of ``study`` has, else one whose trial is not finished."""
        if _CELL in trial.system_attrs or FIXED_KEY in trial.system_attrs:
            return
        trials = study.get_trials(deepcopy=False)
        done = self._done([(other, other.state.name) for other in trials])
        taken = done | {other.system_attrs.get(_CELL) for other in trials if not other.state.is_finished()}
        cells = map(self.grid.cell_at, range(self.grid.size))
        cell = next((cell for cell in cells if cell not in taken), None)
        if cell is None:
            again = map(self.grid.cell_at, range(self.grid.size))
            cell = next((cell for cell in again if cell not in done), 0)
        study._storage.set_trial_system_attr(trial._trial_id, _CELL, cell)

    def after_trial(self, study: Any, trial: Any, state: Any, values: Any) -> None:  # noqa: ARG002
        """Stop ``study`` where ``trial``, which ends with ``state`` and ``values``, leaves no cell to run."""
        others = [other for other in study.get_trials(deepcopy=False) if other.number != trial.number]
        if len(self._done([(trial, state.name), *((other, other.state.name) for other in others)])) == self.grid.size:
            study.stop()

    def is_exhausted(self, study: Any) -> bool:
        """Whether each cell has a trial of ``study`` that is COMPLETE or PRUNED; a failed one is tried again."""
        return len(self._done([(t, t.state.name) for t in study.get_trials(deepcopy=False)])) == self.grid.size

    def _done(self, trials: Sequence[tuple[Any, str]]) -> set[int | None]:
        """Cells that have a result, or have failed too often; for membership and length only."""
        failed = Counter(trial.system_attrs.get(_CELL) for trial, state in trials if state == "FAIL")
        given_up = {cell for cell, n in failed.items() if n >= self.grid.max_failures}
        have_result = {self.grid.cell_of(trial.params) for trial, state in trials if state in ("COMPLETE", "PRUNED")}
        return (given_up | have_result) - {None}
