"""The sums of one window of micro-batches: one tensor for each parameter, made at its first gradient and reused.

Owns their dtypes and which of them belong to the open window. Knows no optimizer, no divisor and no NaN.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from ..arguments import shown
from .detection import Grads
from .leaves import differences


class WindowSums:
    """Sums of gradients, in the parameter's dtype; in float32 for float16 and bfloat16.

    Their memory is reused in the next window: on a CPU, allocating it costs more than adding into it.

    Args:
        params: by name; sums lie on their devices.
    """

    def __init__(self, params: Mapping[str, Tensor]) -> None:
        self._params = params
        self._sums: list[Tensor | None] = [None] * len(params)
        self._begun = [False] * len(params)  # whether the sum belongs to this window

    def add(self, grads: Grads) -> None:
        """Add one micro-batch. The first gradient of a parameter in a window overwrites the old sum."""
        first: tuple[list[Tensor], list[Tensor]] = ([], [])
        later: tuple[list[Tensor], list[Tensor]] = ([], [])
        for index, grad in enumerate(grads):
            if grad is None:
                continue
            total = self._sums[index]
            if total is None:
                total = torch.empty_like(grad, dtype=_sum_dtype(grad), requires_grad=False)
                self._sums[index] = total
            pair = later if self._begun[index] else first
            pair[0].append(total)
            pair[1].append(grad)
            self._begun[index] = True
        if first[0]:
            torch._foreach_copy_(*first)
        if later[0]:
            torch._foreach_add_(*later)

    def of_window(self) -> list[Tensor | None]:
        """The live sums, for each parameter; None where it had no gradient in this window."""
        return [total if begun else None for total, begun in zip(self._sums, self._begun, strict=True)]

    def end_window(self) -> None:
        """The sums no longer belong to an open window; the next ``add`` overwrites them."""
        self._begun = [False] * len(self._begun)

    def state_dict(self) -> dict[str, Tensor]:
        """Copies of the open window's sums, by name; empty between windows."""
        sums = zip(self._params, self.of_window(), strict=True)
        return {name: total.clone() for name, total in sums if total is not None}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Go on from a state that has no ``problems``."""
        self._begun = [name in state for name in self._params]
        self._sums = [
            state[name].to(param.device, copy=True) if name in state else None for name, param in self._params.items()
        ]

    def problems(self, path: str, state: Any) -> list[str]:
        """A line for each leaf of ``state`` that is not a sum of these parameters."""
        if not isinstance(state, Mapping):
            return [f"{path}: a dict of tensors expected, got {shown(state, 60)}"]
        forms = {
            name: torch.empty(param.shape, dtype=_sum_dtype(param), device="meta")
            for name, param in self._params.items()
            if name in state
        }
        return differences(path, forms, state)


def _sum_dtype(tensor: Tensor) -> torch.dtype:
    # half precision has 8 or 11 bits: a sum of 256 equal bfloat16 gradients no longer grows
    return torch.float32 if tensor.dtype in (torch.float16, torch.bfloat16) else tensor.dtype
