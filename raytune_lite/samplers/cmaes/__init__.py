"""CMA-ES: a normal distribution that adapts its mean and covariance, for asynchronous trials and mixed spaces."""

from .sampler import CmaEsSampler

__all__ = ["CmaEsSampler"]
