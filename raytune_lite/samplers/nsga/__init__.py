"""Genetic algorithms for several objectives: NSGA-II, NSGA-III, their crossovers and mutations."""

from .nsgaii import NSGAIISampler
from .nsgaiii import NSGAIIISampler

__all__ = ["NSGAIIISampler", "NSGAIISampler"]
