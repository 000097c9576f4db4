"""Crossovers: how two or three parents make a child. Points are numbers of the unit cube, one coordinate a parameter.

Pure functions of (parents, generator). A child may leave the cube; the sampler decides what to do then.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from ...arguments import shown

Array = NDArray[np.float64]
_TINY = 1e-14  # below this two coordinates are one


class Crossover(Protocol):
    """A rule for children, with the number of parents that it needs."""

    @property
    def n_parents(self) -> int:
        """How many."""

    def __call__(self, parents: Array, rng: np.random.Generator, is_multi: bool) -> Array:
        """One child.

        Args:
            parents: points of the unit cube, shape (n_parents, n_dims).
            rng: the only source of chance.
            is_multi: whether the study has several objectives; some rules then keep closer to the parents.

        Returns:
            The child, shape (n_dims,), which may lie outside the cube.
        """


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def check_probability(name: str, value: Any) -> None:
    """Refuse a value that is not a number in [0, 1].

    Raises:
        ValueError: value is not a number in [0, 1].
    """
    if not _is_number(value) or not 0 <= value <= 1:
        raise ValueError(f"{name} must be a number in [0, 1], got {shown(value)}; it is a probability.")


def check_not_negative(name: str, value: Any, hint: str, optional: bool = False) -> None:
    """Refuse a value that is not a finite number >= 0.

    Args:
        name: the argument's name, for the message.
        value: what the user passed.
        hint: the end of the message, without a full stop.
        optional: whether None is allowed too.

    Raises:
        ValueError: value is not a finite number >= 0, nor None where that is optional.
    """
    if not (optional and value is None) and not (_is_number(value) and 0 <= value < math.inf):
        raise ValueError(f"{name} must be a number >= 0{' or None' * optional}, got {shown(value)}; {hint}.")


@dataclass(frozen=True, slots=True)
class Uniform:
    """Each coordinate is the first parent's, or with probability ``swapping_prob`` the second's.

    Raises:
        ValueError: swapping_prob is not in [0, 1].

    Source: Syswerda 1989, "Uniform Crossover in Genetic Algorithms", section 1.
    """

    n_parents: ClassVar[int] = 2
    swapping_prob: float = 0.5

    def __post_init__(self) -> None:
        check_probability("swapping_prob", self.swapping_prob)

    def __call__(self, parents: Array, rng: np.random.Generator, is_multi: bool) -> Array:  # noqa: ARG002
        """See Crossover; the child stays in the cube."""
        found: Array = np.where(rng.random(parents.shape[1]) < self.swapping_prob, parents[1], parents[0])
        return found


@dataclass(frozen=True, slots=True)
class BLXAlpha:
    """Uniform in the box of the parents, wider by ``alpha`` of its sides at each end.

    Raises:
        ValueError: alpha is not a number >= 0.

    Source: Eshelman and Schaffer 1993; eq. 1 of Takahashi and Kita 2001.
    """

    n_parents: ClassVar[int] = 2
    alpha: float = 0.5

    def __post_init__(self) -> None:
        check_not_negative("alpha", self.alpha, "0 stays between the parents, 0.5 is the authors' choice")

    def __call__(self, parents: Array, rng: np.random.Generator, is_multi: bool) -> Array:  # noqa: ARG002
        """See Crossover."""
        low, high = parents.min(axis=0), parents.max(axis=0)
        wider = self.alpha * (high - low)
        found: Array = low - wider + rng.random(len(low)) * (high - low + 2 * wider)
        return found


@dataclass(frozen=True, slots=True)
class SPX:
    """Uniform in the simplex of three parents, stretched from its centre by ``epsilon``; None: sqrt(n_dims + 2).

    Raises:
        ValueError: epsilon is neither None nor a number >= 0.

    Source: Tsutsui, Yamamura and Higuchi 1999, "Multi-parent Recombination with Simplex Crossover", eq. 2 to 5.
    """

    n_parents: ClassVar[int] = 3
    epsilon: float | None = None

    def __post_init__(self) -> None:
        check_not_negative("epsilon", self.epsilon, "1 keeps the simplex of the parents", optional=True)

    def __call__(self, parents: Array, rng: np.random.Generator, is_multi: bool) -> Array:  # noqa: ARG002
        """See Crossover."""
        k, d = parents.shape
        centre = parents.sum(axis=0) / k
        epsilon = math.sqrt(d + 2) if self.epsilon is None else self.epsilon
        corners = centre + epsilon * (parents - centre)  # eq. 3
        shares = rng.random(k - 1) ** (1.0 / np.arange(1, k))  # eq. 2
        offset: Array = np.zeros(d)
        for j in range(1, k):
            offset = shares[j - 1] * (corners[j - 1] - corners[j] + offset)  # eq. 4
        found: Array = corners[-1] + offset  # eq. 5
        return found


class _GeneWise:
    """What SBX and vSBX share: two children, of which each coordinate is one's, or a parent's."""

    __slots__ = ()
    eta: float | None
    uniform_crossover_prob: float
    use_child_gene_prob: float

    def _check(self) -> None:
        check_not_negative("eta", self.eta, "a large one keeps children near their parents", optional=True)
        check_probability("uniform_crossover_prob", self.uniform_crossover_prob)
        check_probability("use_child_gene_prob", self.use_child_gene_prob)
        if self.use_child_gene_prob == 0:
            raise ValueError("use_child_gene_prob must be above 0, got 0; at 0 nothing would ever change.")

    def _power(self, is_multi: bool) -> float:
        eta = (20.0 if is_multi else 2.0) if self.eta is None else self.eta
        return 1.0 / (eta + 1.0)

    def _one_of(self, children: Array, parents: Array, rng: np.random.Generator) -> Array:
        """One child of the two, after their coordinates were swapped and some of the parents' kept."""
        draws = rng.random((2, parents.shape[1]))
        second = (draws[0] < self.uniform_crossover_prob) ^ (rng.random() < 0.5)
        rows = np.where(draws[1] < self.use_child_gene_prob, children, parents)
        found: Array = np.where(second, rows[1], rows[0])
        return found


@dataclass(frozen=True, slots=True)
class SBX(_GeneWise):
    """Simulated binary crossover: children at the distances from their parents that one cut of bit strings gives.

    Args:
        eta: distribution index; None: 20 for several objectives, 2 for one.
        uniform_crossover_prob: probability that a coordinate is swapped between the two children, of which one lives.
        use_child_gene_prob: probability that a coordinate is a child's, and not its parent's.

    Raises:
        ValueError: eta is neither None nor a number >= 0, or a probability is not in [0, 1].

    Source: Deb and Agrawal 1995, eq. 3 to 5; the spread is cut at the cube's sides as in Deb and Beyer 2001, so that no
    child lies outside.
    """

    n_parents: ClassVar[int] = 2
    eta: float | None = None
    uniform_crossover_prob: float = 0.5
    use_child_gene_prob: float = 0.5

    def __post_init__(self) -> None:
        self._check()

    def __call__(self, parents: Array, rng: np.random.Generator, is_multi: bool) -> Array:
        """See Crossover; the child stays in the cube."""
        power = self._power(is_multi)
        low, high = parents.min(axis=0), parents.max(axis=0)
        span = high - low
        u = rng.random(len(low))
        room = np.stack([low, 1.0 - high]) * 2.0 / np.maximum(span, _TINY)
        alpha = 2.0 - (1.0 + room) ** (-1.0 / power)
        # eq. 3: below 1 / alpha the children contract, above they spread
        spread = np.where(u * alpha <= 1.0, u * alpha, 1.0 / np.maximum(2.0 - u * alpha, _TINY)) ** power
        outer = 0.5 * (low + high + np.array([[-1.0], [1.0]]) * spread * span)  # eq. 4 and 5
        outer = np.where(span > _TINY, np.clip(outer, 0.0, 1.0), parents)
        near_first = np.where(parents[0] <= parents[1], outer, outer[::-1])
        return self._one_of(near_first, parents, rng)


@dataclass(frozen=True, slots=True)
class VSBX(_GeneWise):
    """SBX without empty regions: the two children lie on both sides of one parent, at the same distance.

    Arguments as SBX's.

    Raises:
        ValueError: an argument is out of range, see SBX.

    Source: Ballester and Carter 2003, section 3.2.
    """

    n_parents: ClassVar[int] = 2
    eta: float | None = None
    uniform_crossover_prob: float = 0.5
    use_child_gene_prob: float = 0.5

    def __post_init__(self) -> None:
        self._check()

    def __call__(self, parents: Array, rng: np.random.Generator, is_multi: bool) -> Array:
        """See Crossover."""
        u = rng.random(parents.shape[1])
        first = u <= 0.5
        # beta >= 1: of the first parent where u <= 1/2, of the second elsewhere
        beta = (2.0 * np.maximum(np.where(first, u, 1.0 - u), _TINY)) ** -self._power(is_multi)
        away = 0.5 * (beta - 1.0) * (parents[0] - parents[1])
        centre = np.where(first, parents[0], parents[1])
        return self._one_of(np.stack([centre + away, centre - away]), parents, rng)


@dataclass(frozen=True, slots=True)
class UNDX:
    """Normal around the middle of two parents: along their line, and across it as far as the third parent is away.

    Args:
        sigma_xi: standard deviation along the line, in distances of the two parents.
        sigma_eta: standard deviation across it, in distances of the third parent; None: 0.35 / sqrt(n_dims).

    Raises:
        ValueError: a standard deviation is not a number >= 0.

    Source: Ono and Kobayashi 1997; Kita, Ono and Kobayashi 1999, section 2, eq. 2 to 5.
    """

    n_parents: ClassVar[int] = 3
    sigma_xi: float = 0.5
    sigma_eta: float | None = None

    def __post_init__(self) -> None:
        check_not_negative("sigma_xi", self.sigma_xi, "0.5 is the authors' choice")
        check_not_negative("sigma_eta", self.sigma_eta, "None is the authors' 0.35 / sqrt(n_dims)", optional=True)

    def __call__(self, parents: Array, rng: np.random.Generator, is_multi: bool) -> Array:  # noqa: ARG002
        """See Crossover."""
        d = parents.shape[1]
        line = parents[0] - parents[1]  # eq. 3
        length = math.sqrt(float((line * line).sum()))
        axis = line / length if length > _TINY else np.zeros(d)
        third = parents[2] - parents[0]
        across = third - float((third * axis).sum()) * axis
        distance = math.sqrt(float((across * across).sum()))  # eq. 4
        sigma = 0.35 / math.sqrt(d) if self.sigma_eta is None else self.sigma_eta
        # a round normal without its part along the axis is one in any orthonormal basis of the rest
        noise = sigma * rng.standard_normal(d)
        noise -= (noise * axis).sum() * axis
        middle = (parents[0] + parents[1]) / 2  # eq. 2
        found: Array = middle + rng.normal(0.0, self.sigma_xi) * line + distance * noise  # eq. 5
        return found


CROSSOVERS: dict[str, type[Any]] = {
    "uniform": Uniform,
    "blxalpha": BLXAlpha,
    "spx": SPX,
    "sbx": SBX,
    "vsbx": VSBX,
    "undx": UNDX,
}


def crossover_from(spec: Any, swapping_prob: float) -> Crossover:
    """The crossover with this name, or with this spec: ``{"name": ..., **arguments}``.

    Raises:
        ValueError: no such crossover, or arguments that are not its own.
    """
    defaults = {"uniform": {"swapping_prob": swapping_prob}}
    found: Crossover = rule_from("crossover", spec, CROSSOVERS, defaults)
    return found


def as_spec(given: Any, known: Mapping[str, type[Any]]) -> Any:
    """An object of one of these rules as a dict; all else as it is."""
    for name, kind in known.items():
        if type(given) is kind:
            return {"name": name, **asdict(given)}
    return given


def rule_from(what: str, spec: Any, known: dict[str, type[Any]], defaults: dict[str, dict[str, Any]]) -> Any:
    """Make the rule that a name or a spec names.

    Args:
        what: "crossover" or "mutation", for messages.
        spec: the name, or ``{"name": ..., **arguments}``.
        known: the rules by name.
        defaults: arguments of a rule that the spec may leave out, by its name.

    Raises:
        ValueError: there is no such rule, or the arguments are not its own.
    """
    arguments = {"name": spec} if isinstance(spec, str) else dict(spec) if isinstance(spec, dict) else {}
    name = arguments.pop("name", None)
    if not isinstance(name, str) or name not in known:
        raise ValueError(
            f"{what} must be one of {sorted(known)}, a dict of its 'name' and arguments, or an object of "
            f"raytune_lite.samplers.nsgaii, or one that derives from its Base{what.capitalize()}, got {shown(spec)}."
        )
    try:
        return known[name](**{**defaults.get(name, {}), **arguments})
    except TypeError:
        raise ValueError(
            f"{what} {name!r} takes {sorted(asdict(known[name]()))}, got {shown(arguments)}; see its docstring."
        ) from None
