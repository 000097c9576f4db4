"""Addressed randomness: a generator is a function of (seed, purpose, trial number). No state, nothing global.

numpy is imported when the first generator is made, so that importing the package stays cheap.
"""

from __future__ import annotations

import os
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from ..arguments import integer_or_none

if TYPE_CHECKING:
    import numpy as np


@lru_cache(maxsize=4096)
def _words(purpose: str) -> tuple[int, int]:
    """64 bits of ``purpose`` as two words, the same in every process (unlike ``hash``)."""
    digest = blake2b(purpose.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest[:4], "big"), int.from_bytes(digest[4:], "big")


def rng_for(seed: int, *, number: int, purpose: str) -> np.random.Generator:
    """The generator of trial ``number`` for ``purpose``, independent of every other pair's.

    Args:
        seed: the sampler's seed, >= 0.
        number: the trial's number.
        purpose: what is drawn, for example ``"random/learning_rate"``.

    Source: Philox, Salmon et al. 2011; spawn keys as in numpy's SeedSequence.spawn.
    """
    import numpy as np

    return np.random.Generator(
        np.random.Philox(np.random.SeedSequence(seed, spawn_key=(*_words(purpose), number)))
    )


def seed_or_fresh(seed: Any) -> int:
    """``seed`` as an int; None draws 63 bits from the operating system, once, for the caller to keep.

    Raises:
        ValueError: not an integer >= 0.
    """
    given = integer_or_none("seed", seed, 0, "None draws one and keeps it")
    return int.from_bytes(os.urandom(8), "big") >> 1 if given is None else given
