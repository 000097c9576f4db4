"""Functions on the unit cube with their minimum, 0, at a point that each seed draws anew; about 1 at a random point."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from raytune_lite.distributions import CategoricalDistribution, Distribution, FloatDistribution, IntDistribution

Array = NDArray[np.float64]


def generator(seed: int, purpose: str) -> np.random.Generator:
    """A generator that is a function of both, the same in every process."""
    word = int.from_bytes(hashlib.blake2b(purpose.encode(), digest_size=8).digest(), "big")
    return np.random.Generator(np.random.Philox(np.random.SeedSequence((seed, word))))


# --- shapes of (n, d) offsets from the minimum, rotated, in units of the cube ----------------------------------------


def _bowl(z: Array) -> Array:
    weights = 10.0 ** np.linspace(0.0, 1.5, z.shape[1])
    return np.asarray((weights * z * z).sum(axis=1))


def _ripples(z: Array) -> Array:
    return np.asarray((z * z + 0.05 * (1.0 - np.cos(6.0 * math.pi * z))).sum(axis=1))


def _ridge(z: Array) -> Array:
    return np.asarray(z[:, 0] ** 2 + np.sqrt((z[:, 1:] ** 2).sum(axis=1)))


def _valley(z: Array) -> Array:
    x = 1.0 + 2.0 * z
    return np.asarray((20.0 * (x[:, 1:] - x[:, :-1] ** 2) ** 2 + (1.0 - x[:, :-1]) ** 2).sum(axis=1))


def _cone(z: Array) -> Array:
    far = np.sqrt((z * z).mean(axis=1))
    waves = np.exp(np.cos(8.0 * math.pi * z).mean(axis=1))
    return np.asarray(20.0 * (1.0 - np.exp(-2.0 * far)) + 0.5 * (math.e - waves))


def _basins(z: Array) -> Array:
    d = z.shape[1]
    narrow = 4.0 * (z * z).sum(axis=1)
    wide = 0.08 * d + ((z - 0.5 / math.sqrt(d) * np.sign(np.arange(d) % 2 - 0.5)) ** 2).sum(axis=1)
    return np.asarray(np.minimum(narrow, wide))


SHAPES = {"bowl": _bowl, "ripples": _ripples, "ridge": _ridge, "valley": _valley, "cone": _cone, "basins": _basins}


class Shape:
    """One of SHAPES: shifted, and rotated but for "ripples"; ``middle`` is the median value of random points.

    Args:
        kind: which.
        d: dimensions.
        seed, name: what the shift and the rotation are drawn from.
        at: where the minimum is, shape (d,); None: drawn from [0.15, 0.85]^d.
    """

    def __init__(self, kind: str, d: int, seed: int, name: str, at: Array | None = None) -> None:
        rng = generator(seed, f"shape/{kind}/{d}/{name}")
        drawn = 0.15 + 0.7 * rng.random(d)
        self.at = drawn if at is None else at
        turn = np.linalg.qr(rng.standard_normal((d, d)))[0]
        self._turn = np.eye(d) if kind == "ripples" else turn
        self._shape = SHAPES[kind]
        self._scale = 1.0
        self._scale = float(np.median(self(rng.random((512, d)))))

    def __call__(self, units: Array) -> Any:
        """Values at points (n, d), shape (n,), or at one point (d,)."""
        found = self._shape((np.atleast_2d(units) - self.at) @ self._turn) / self._scale
        return found if units.ndim == 2 else float(found[0])


def mixed_space(d: int, prefix: str = "x") -> dict[str, Distribution]:
    """``d`` numbers: floats, some of them on a log scale, and integers."""
    kinds: tuple[Callable[[], Distribution], ...] = (
        lambda: FloatDistribution(-5.0, 5.0),
        lambda: FloatDistribution(1e-5, 1.0, log=True),
        lambda: FloatDistribution(0.0, 1.0),
        lambda: IntDistribution(0, 40),
    )
    return {f"{prefix}{i}": kinds[i % 4]() for i in range(d)}


def unit(dist: Distribution, value: Any) -> float:
    """Where a value lies on its parameter's scale, in [0, 1]; a choice by its place."""
    if isinstance(dist, CategoricalDistribution):
        return dist.to_internal_repr(value) / max(1, len(dist.choices) - 1)
    low, high = float(dist.low), float(dist.high)
    if dist.log:
        return math.log(value / low) / math.log(high / low)
    return (float(value) - low) / (high - low)


def units(space: dict[str, Distribution], params: dict[str, Any]) -> Array:
    """The point of the unit cube, shape (d,)."""
    return np.array([unit(dist, params[name]) for name, dist in space.items()])


def on_grid(space: dict[str, Distribution], at: Array) -> Array:
    """The nearest point whose integers are integers: there a minimum can be reached."""
    return np.array([
        round(u * (dist.high - dist.low)) / (dist.high - dist.low) if isinstance(dist, IntDistribution) else u
        for dist, u in zip(space.values(), at.tolist(), strict=True)
    ])  # fmt: skip


@lru_cache(maxsize=256)
def shape_on(kind: str, d: int, seed: int, name: str) -> tuple[dict[str, Distribution], Shape]:
    """A mixed space of ``d`` numbers, and a shape on it."""
    space = mixed_space(d)
    at = on_grid(space, 0.15 + 0.7 * generator(seed, f"at/{name}").random(d))
    return space, Shape(kind, d, seed, name, at)
