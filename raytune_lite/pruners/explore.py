"""A parent's parameters as its child has them: drawn anew, or moved. Owns the draws of population based training.

Source: Jaderberg et al. 2017, "Population Based Training of Neural Networks", arXiv:1711.09846, section 4.1.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from itertools import pairwise

from ..core.messages import ParamValue
from ..distributions import CategoricalDistribution, Distribution, FloatDistribution, IntDistribution


def drawn(seed: int, number: int, what: str) -> float:
    """A number in [0, 1): a function of the seed, a trial's number and what it is for.

    Made of a hash and not by numpy: a log is folded for ever, with whatever version of numpy there is.
    """
    digest = blake2b(f"{seed}/pbt/{number}/{what}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) / 2**53


def explored(
    param: ParamValue, number: int, *, seed: int, resample: float = 0.25, factors: Sequence[float] = (0.8, 1.2)
) -> ParamValue:
    """A parameter as the new trial ``number`` has it.

    Args:
        param: as its parent has it.
        number: of the new trial; by it and the parameter's name the draws are addressed.
        seed: of all draws.
        resample: the probability that the value is drawn anew from its distribution.
        factors: else it is multiplied by one of these; see ``moved``.
    """
    dist, name = param.distribution, param.name
    if dist.single():
        return param
    how, which = (drawn(seed, number, f"{name}/{what}") for what in ("how", "which"))
    if how < resample or (isinstance(dist, CategoricalDistribution) and not _is_ordered(dist)):
        value = dist.from_unit(which)
    else:
        value = moved(dist, param.value, factors[int(which * len(factors))], up=which >= 0.5)
    return ParamValue(name=name, value=value, distribution=dist)


def moved(dist: Distribution, value: float, factor: float, *, up: bool) -> float:
    """An internal value times a factor, clipped to its range and on its steps, by one of them at least.

    ``up``: of a choice the neighbour above is taken, else the one below; the last one on either side stays.
    """
    if isinstance(dist, CategoricalDistribution):
        return min(max(value + (1.0 if up else -1.0), 0.0), len(dist.choices) - 1.0)
    target = min(max(value * factor, dist.low), dist.high)
    if isinstance(dist, FloatDistribution) and dist.step is None:
        return target
    step, low = dist.step or 1, dist.low
    before, after, last = (round((x - low) / step) for x in (value, target, dist.high))
    if after == before:
        grows = value * factor > value if value else factor > 1.0
        after = min(max(after + (1 if grows else -1), 0), last)
    found = low + after * step
    return float(found) if isinstance(dist, IntDistribution) else min(found, dist.high)


def _is_ordered(dist: CategoricalDistribution) -> bool:
    """Whether the choices are numbers, ascending or descending."""
    numbers = [choice for choice in dist.choices if isinstance(choice, (int, float)) and not isinstance(choice, bool)]
    if len(numbers) < len(dist.choices):
        return False
    return all(a < b for a, b in pairwise(numbers)) or all(a > b for a, b in pairwise(numbers))


__all__ = ["drawn", "explored", "moved"]
