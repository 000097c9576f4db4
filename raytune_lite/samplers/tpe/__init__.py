"""The tree-structured Parzen estimator: a density of good trials, one of all others, and their ratio."""

from .sampler import TPESampler

__all__ = ["TPESampler"]
