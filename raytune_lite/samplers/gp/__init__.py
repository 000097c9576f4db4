"""Bayesian optimisation with Gaussian processes, on numpy and scipy alone."""

from .sampler import GPSampler

__all__ = ["GPSampler"]
