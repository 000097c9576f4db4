"""Quasi-Monte Carlo: points that fill the space more evenly than random ones.

The index of a point is its trial's number, so no two workers share a point, nothing is counted, and a study resumed
elsewhere goes on with the same sequence.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from ..arguments import shown
from ..core.view import StudyView
from ..distributions import Distribution
from .base import BaseSampler
from .history import Bookmark
from .keywords import optunas
from .rng import rng_for

_TYPES = ("sobol", "halton")
_PERIOD = 20  # 2**20 points of Sobol's sequence, then the next 2**20 with another scrambling
_BITS = 30  # of each coordinate; scipy's Sobol engine has 30 too
_BELOW_1 = math.nextafter(1.0, 0.0)
_BLOCK = 256  # points of Halton's sequence that are computed at once
_MAX_DIMS = 1000  # of parameters; more choose uniformly


class QMCSampler(BaseSampler):
    """Trial ``number`` takes point ``number`` of a low-discrepancy sequence, whatever other trials do.

    Each parameter owns a dimension of the sequence: those of the first trial that ended in the order of their names,
    then those that a later trial added. A parameter keeps its dimension and its points when the study learns another
    one. Until a first trial has ended, parameters that are known already have the dimensions of their sorted names;
    one that no trial had before is drawn uniformly.

    Sobol's points are best taken up to a power of 2.

    Args:
        qmc_type: "sobol" or "halton".
        scramble: shuffle the sequence by ``seed``, which keeps its evenness. Without it every study has the same
            points, the first one at the low end of all parameters. (Optuna's default is False.)
        seed: integer >= 0; None draws one and keeps it in ``spec()``.
        more: Optuna's ``warn_asynchronous_seeding``, ``warn_independent_sampling`` and ``independent_sampler``, which
            change nothing.

    Raises:
        TypeError: a keyword that is not Optuna's.
        ValueError: another ``qmc_type``, a ``scramble`` that is no bool, or a bad seed.

    Source: Sobol' 1967; Joe and Kuo 2008 (direction numbers); Halton 1960; Matousek 1998 (linear scrambling);
    Owen 2017, "A randomized Halton algorithm in R".
    """

    def __init__(
        self, qmc_type: str = "sobol", *, scramble: bool = True, seed: int | None = None, **more: Any
    ) -> None:
        optunas(
            type(self).__name__, more, "independent_sampler", "warn_asynchronous_seeding", "warn_independent_sampling"
        )
        if not isinstance(qmc_type, str) or qmc_type not in _TYPES:
            raise ValueError(f"qmc_type must be one of {list(_TYPES)}, got {shown(qmc_type)}.")
        if not isinstance(scramble, bool):
            raise ValueError(f"scramble must be True or False, got {shown(scramble)}; the seed is another argument.")
        super().__init__(seed, qmc_type=qmc_type, scramble=scramble)
        self._point = _sobol if qmc_type == "sobol" else _halton
        self._key = self.seed if scramble else None
        self._read = Bookmark()
        self._dimensions: dict[str, int] = {}

    def sample_relative(self, view: StudyView, number: int, space: Mapping[str, Distribution]) -> Mapping[str, float]:
        """The coordinates of point ``number``, on each distribution's scale."""
        dims = self._assigned(view)
        if not dims.keys() >= space.keys():
            # for these trials only: a name that has ended in no trial yet has no dimension for good
            more = sorted(name for name in space if name not in dims)
            dims = {**dims, **{name: len(dims) + i for i, name in enumerate(more)}}
        point = self._point(self._key, _padded(len(dims)), number)
        inside = len(point)
        return {
            name: dist.from_unit(point[dims[name]])
            if dims[name] < inside
            else super(QMCSampler, self).sample_independent(view, number, name, dist)
            for name, dist in space.items()
        }

    def sample_independent(self, view: StudyView, number: int, name: str, distribution: Distribution) -> float:
        """The coordinate of the parameter's dimension, as ``sample_relative`` gives it; uniform when it has none."""
        if self._assigned(view).get(name, _MAX_DIMS) < _MAX_DIMS:
            return self.sample_relative(view, number, {name: distribution})[name]
        return super().sample_independent(view, number, name, distribution)

    def _assigned(self, view: StudyView) -> dict[str, int]:
        """Name -> dimension, of the parameters of trials that have ended: in that order, and sorted in each trial."""
        rows = self._read.unread(view)
        if not rows.start:
            self._dimensions = {}
        dims = self._dimensions
        for row in rows:
            names = view.finished[row].params.keys()
            if not dims.keys() >= names:
                for name in sorted(names - dims.keys()):
                    dims[name] = len(dims)
        self._read.move(view)
        return dims


def _padded(n: int) -> int:
    """A few sizes of sequences for all numbers of parameters; the first dimensions are the same in each."""
    return min(_MAX_DIMS, max(16, 1 << (n - 1).bit_length()))


def _sobol(key: int | None, dims: int, number: int) -> list[float]:
    """Point ``number`` of Sobol's sequence, shape (dims,), each in [0, 1)."""
    period, index = divmod(number, 1 << _PERIOD)
    directions, shift = _scrambled(key, dims, period)
    gray = index ^ (index >> 1)  # Antonov and Saleev 1979: the order of scipy's engine
    bits = [k for k in range(gray.bit_length()) if gray >> k & 1]
    whole: NDArray[np.int64] = np.bitwise_xor.reduce(directions[bits], axis=0) ^ shift
    found: list[float] = (whole * 2.0**-_BITS).tolist()
    return found


@lru_cache(maxsize=8)
def _directions(dims: int) -> NDArray[np.int64]:
    """Joe and Kuo's direction numbers as integers of _BITS bits, shape (_PERIOD, dims), read off scipy's engine."""
    engine = qmc.Sobol(dims, scramble=False, bits=_BITS)
    found = np.zeros((_PERIOD, dims), np.int64)
    at = 0
    for k in range(_PERIOD):
        engine.fast_forward((1 << k) - at)
        point = np.rint(engine.random(1)[0] * 2.0**_BITS).astype(np.int64)
        at = (1 << k) + 1
        # the Gray code of 2**k is 2**k + 2**(k-1): the point is directions[k] ^ directions[k - 1]
        found[k] = point ^ found[k - 1] if k else point
    return found


@lru_cache(maxsize=32)
def _scrambled(key: int | None, dims: int, period: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(direction numbers, digital shift): each dimension times its own random lower triangular matrix of bits."""
    directions = _directions(dims)
    if key is None:
        return directions, np.zeros(dims, np.int64)
    weights = 1 << np.arange(_BITS - 1, -1, -1, dtype=np.int64)  # the first digit counts most
    digits = directions[:, :, None] // weights % 2
    found, shift = np.empty_like(directions), np.empty(dims, np.int64)
    for d in range(dims):
        # a generator for each dimension: another parameter changes nothing for those before it
        rng = rng_for(key, number=period, purpose=f"qmc/sobol/{d}")
        matrix = np.tril(rng.integers(0, 2, (_BITS, _BITS)), -1) + np.eye(_BITS, dtype=np.int64)
        found[:, d] = (digits[:, d] @ matrix.T % 2) @ weights  # Matousek 1998, section 4
        shift[d] = rng.integers(0, 1 << _BITS)
    return found, shift


def _halton(key: int | None, dims: int, number: int) -> list[float]:
    """Point ``number`` of Halton's sequence, shape (dims,), each in [0, 1)."""
    block, row = divmod(number, _BLOCK)
    return [_halton_block(key, d, block)[row] for d in range(dims)]


@lru_cache(maxsize=4096)
def _halton_block(key: int | None, dimension: int, block: int) -> list[float]:
    """Coordinates of _BLOCK points in one dimension."""
    base = _primes()[dimension]
    rest = np.array([block * _BLOCK + row for row in range(_BLOCK)], object if block >= 1 << 54 else np.int64)
    found, weight = np.zeros(_BLOCK), 1.0
    for permutation in _permutations(key, dimension):
        weight /= base
        digit = (rest % base).astype(np.int64)
        found += weight * permutation[digit]
        rest = rest // base
    return np.minimum(found, _BELOW_1).tolist()  # type: ignore[no-any-return]


@lru_cache(maxsize=1024)
def _permutations(key: int | None, dimension: int) -> NDArray[np.int64]:
    """How each digit is shuffled, shape (digits that a float shows, base). Owen 2017, section 3."""
    base = _primes()[dimension]
    digits = np.tile(np.arange(base), (math.ceil(54 / math.log2(base)), 1))
    if key is None:
        return digits
    # a generator for each dimension: another parameter changes nothing for those before it
    return rng_for(key, number=dimension, purpose="qmc/halton").permuted(digits, axis=1)


@lru_cache(maxsize=1)
def _primes() -> list[int]:
    """The first _MAX_DIMS primes."""
    candidates = range(2, 8000)
    return [n for n in candidates if all(n % p for p in range(2, math.isqrt(n) + 1))][:_MAX_DIMS]
