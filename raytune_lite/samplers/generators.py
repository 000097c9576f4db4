"""The random generators inside a sampler of others: found, seeded, and asked for a seed."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from numpy.random import Generator, RandomState, SeedSequence

from ..frozen_study import FrozenStudy


def draws(sampler: object) -> list[Callable[[int], None]]:
    """Functions that seed the random generators inside a sampler, in the order in which they are found.

    Each takes 32 bits. Generators of Python, numpy, torch and Optuna are found in attributes, lists and dicts, at any
    depth. Generators inside functions, and global ones, are not found.
    """
    return [_seeder(generator) for generator in generators(sampler)]


def seed_of(sampler: object) -> int | None:
    """A seed that the generators inside a sampler give, so that it follows the seed that the user gave it.

    None: it has none. The sampler is left as it was.
    """
    try:
        copied = copy.deepcopy(sampler)
    except Exception:  # noqa: BLE001  (code of the user's classes; whoever needs the copy says so)
        return None
    for generator in generators(copied):
        if isinstance(generator, Generator):
            return int(generator.integers(2**31))
        if isinstance(generator, RandomState):
            return int(generator.randint(2**31))
        if _is_pythons(generator):
            return int(generator.getrandbits(31))
    return None


def generators(sampler: object) -> list[Any]:
    """The random generators inside a sampler, see ``draws``."""
    found: list[Any] = []
    seen: set[int] = set()  # membership only

    def visit(value: Any) -> None:
        if id(value) in seen or isinstance(value, (str, bytes, int, float, type)):
            return
        if isinstance(value, FrozenStudy) or type(value).__name__ in ("FrozenTrial", "Study"):  # Optuna's, too
            return
        seen.add(id(value))
        if isinstance(value, (RandomState, Generator)) or _is_torchs(value) or _is_pythons(value):
            found.append(value)
        elif type(value).__name__ == "LazyRandomState":
            visit(value.rng)
        elif isinstance(value, (dict, list, tuple)):
            for item in value.values() if isinstance(value, dict) else value:
                visit(item)
        elif hasattr(value, "__dict__"):
            visit(vars(value))

    visit(sampler)
    return found


def _is_torchs(value: Any) -> bool:
    return type(value).__name__ == "Generator" and hasattr(value, "manual_seed")


def _is_pythons(value: Any) -> bool:
    return type(value).__name__ == "Random" and hasattr(value, "getrandbits")


def _seeder(generator: Any) -> Callable[[int], None]:
    if isinstance(generator, Generator):
        return lambda bits: _set_generator(generator, bits)
    if _is_torchs(generator):
        return lambda bits: generator.manual_seed(bits) and None
    return generator.seed  # type: ignore[no-any-return]


def _set_generator(generator: Generator, bits: int) -> None:
    kind: Any = type(generator.bit_generator)
    generator.bit_generator.state = kind(SeedSequence(bits)).state


__all__ = ["draws", "generators", "seed_of"]
