"""Skip functions for ``MultiSteps(skip=)``: whether to leave out a micro-batch, as if it had not been computed.

A skip function is called with the gradients of one micro-batch (a list of tensors without None) and the number of
earlier windows. It returns a bool, or a bool tensor of shape (), which is read once.

Source: ``should_skip_update_fn`` of Optax 0.2.8.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ..arguments import shown
from .detection import find_bad, global_norm
from .transforms import positive

SkipFunction = Callable[[list[Tensor], int], "Tensor | bool"]


def skip_not_finite(grads: list[Tensor], gradient_step: int) -> Tensor:
    """Skip a micro-batch with a NaN or an inf anywhere: ``MultiSteps(skip=skip_not_finite)``."""
    del gradient_step
    return find_bad(grads, "nonfinite", grads[0].device).any()


def skip_large_updates(max_norm_sq: float) -> SkipFunction:
    """Skip a micro-batch unless its squared global norm is below ``max_norm_sq``, so also one with a NaN.

    Raises:
        ValueError: ``max_norm_sq`` is not a finite number > 0.
    """
    limit = positive("max_norm_sq", max_norm_sq)

    def skip(grads: list[Tensor], gradient_step: int) -> Tensor:
        del gradient_step
        return ~(global_norm(grads).square() < limit)

    return skip


def decision(answer: object) -> bool:
    """The return value of a skip function as a bool; raises ValueError for anything else."""
    if isinstance(answer, bool):
        return answer
    if isinstance(answer, Tensor) and answer.dtype == torch.bool and answer.dim() == 0:
        return bool(answer)
    raise ValueError(f"a skip function must return a bool, or a bool tensor of shape (), got {shown(answer)}.")
