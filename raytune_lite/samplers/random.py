"""Random search: every parameter of every trial has its own address in the stream of random numbers."""

from __future__ import annotations

from .base import BaseSampler


class RandomSampler(BaseSampler):
    """Independent uniform draws, on the scale of each distribution.

    A value depends on (seed, trial number, parameter name, distribution) alone: not on the order of
    ``suggest_*`` calls, on other trials, on the number of workers, or on whether it was drawn ahead.

    Args:
        seed: integer >= 0; None draws one from the operating system and keeps it in ``spec()``.

    Source: Bergstra and Bengio 2012.
    """

    def __init__(self, seed: int | None = None) -> None:
        super().__init__(seed)
