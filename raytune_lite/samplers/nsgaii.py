"""Crossovers and mutations by Optuna's names, for ``NSGAIISampler(crossover=..., mutation=...)``."""

from __future__ import annotations

from .nsga import crossover as _crossover
from .nsga.mutation import PolynomialMutation

BLXAlphaCrossover = _crossover.BLXAlpha
SBXCrossover = _crossover.SBX
SPXCrossover = _crossover.SPX
UNDXCrossover = _crossover.UNDX
UniformCrossover = _crossover.Uniform
VSBXCrossover = _crossover.VSBX


class BaseCrossover:
    """Base of crossovers that are written for Optuna; only Optuna's NSGAIISampler takes one, ours refuses it."""


class BaseMutation:
    """Base of mutations that are written for Optuna; only Optuna's NSGAIISampler takes one, ours refuses it."""


__all__ = [
    "BLXAlphaCrossover",
    "BaseCrossover",
    "BaseMutation",
    "PolynomialMutation",
    "SBXCrossover",
    "SPXCrossover",
    "UNDXCrossover",
    "UniformCrossover",
    "VSBXCrossover",
]
