"""One step of an optimizer, with or without a loss scale, and whether it was taken; checks of an optimizer.

With float16 the loss is scaled, gradients overflow now and then, and the scaler must see that to lower the scale. So
the scaler gets the gradients before any transform: first ``unscale_``, which notes an overflow; then the transforms,
on unscaled gradients; then ``step``.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any, Protocol

import torch
from torch import Tensor

from ..arguments import items, shown, wrong_type
from .precision import Precision


class Stepping(Protocol):
    """How a window ends. ``scales``: whether gradients have a loss scale, whose owner must see overflows."""

    scales: bool

    def unscale_(self, optimizer: torch.optim.Optimizer) -> None:
        """Divide the gradients by the loss scale, and note an overflow."""

    def step(self, optimizer: torch.optim.Optimizer, wanted: bool) -> bool:
        """Step if ``wanted`` and nothing overflowed, adapt the loss scale; returns whether the optimizer stepped."""


class _Plain:
    scales = False

    def unscale_(self, optimizer: torch.optim.Optimizer) -> None:
        pass

    def step(self, optimizer: torch.optim.Optimizer, wanted: bool) -> bool:
        if wanted:
            optimizer.step()
        return wanted


class _Scaled:
    scales = True

    def __init__(self, scaler: Any) -> None:
        self.scaler = scaler

    def unscale_(self, optimizer: torch.optim.Optimizer) -> None:
        self.scaler.unscale_(optimizer)

    def step(self, optimizer: torch.optim.Optimizer, wanted: bool) -> bool:
        calls: list[None] = []
        # a fused optimizer is always called, and skips on the device: only the scale shows it
        fused = getattr(optimizer, "_step_supports_amp_scaling", False)
        before = self.scaler.get_scale() if fused else 0.0
        if wanted:
            hook = optimizer.register_step_post_hook(lambda *_: calls.append(None))
            try:
                self.scaler.step(optimizer)
            finally:
                hook.remove()
        self.scaler.update()
        return bool(calls) and not (fused and self.scaler.get_scale() < before)


class _Precise:
    def __init__(self, precision: Precision) -> None:
        self.precision = precision
        self.scales = precision.scaler is not None

    def unscale_(self, optimizer: torch.optim.Optimizer) -> None:
        self.precision.unscale_(optimizer)

    def step(self, optimizer: torch.optim.Optimizer, wanted: bool) -> bool:
        if not wanted:  # end the window and adapt the scale all the same, by a step without gradients
            optimizer.zero_grad()
        return self.precision.step(optimizer) and wanted


def stepping(scaler: Any) -> Stepping:
    """How to step with ``scaler``: None, a Precision, or an object with the methods of torch.amp.GradScaler.

    Raises:
        TypeError: none of these.
    """
    if scaler is None:
        return _Plain()
    if isinstance(scaler, Precision):
        return _Precise(scaler)
    methods = ("is_enabled", "unscale_", "step", "update", "get_scale")
    if not all(callable(getattr(scaler, method, None)) for method in methods):
        raise TypeError(f"scaler must be a torch.amp.GradScaler or a Precision, got {shown(scaler)}.")
    return _Scaled(scaler) if scaler.is_enabled() else _Plain()


# --- optimizers -----------------------------------------------------------------------------------------------------


def check_optimizer(optimizer: Any) -> None:
    """Refuse an optimizer that cannot use accumulated gradients.

    Raises:
        TypeError: not a torch optimizer, or one whose step() needs a closure.
    """
    if not isinstance(optimizer, torch.optim.Optimizer):
        raise TypeError(f"optimizer must be a torch.optim.Optimizer, got {shown(optimizer)}.")
    closure = inspect.signature(optimizer.step).parameters.get("closure")
    if closure is not None and closure.default is inspect.Parameter.empty:
        raise TypeError(
            f"{type(optimizer).__name__} computes gradients itself, through a closure, and cannot be given accumulated "
            "ones; use an optimizer whose step() works without."
        )


def named_by(optimizer: torch.optim.Optimizer, given: Iterable[tuple[str, Tensor]] | None) -> dict[str, Tensor]:
    """The optimizer's parameters in its order, by the given name, or the optimizer's own name, or their place.

    Raises:
        TypeError: a complex parameter, or ``given`` is no list of names and tensors.
        ValueError: two parameters have the same name.
    """
    hint = "pass model.named_parameters()"
    pairs = [] if given is None else items("named_parameters", given, hint)
    for pair in pairs:
        if not isinstance(pair, tuple) or len(pair) != 2 or not isinstance(pair[0], str):
            raise wrong_type("named_parameters", "pairs of a name and a tensor", pair, hint)
    known = {id(param): name for name, param in pairs}
    named: dict[str, Tensor] = {}
    for place, group in enumerate(optimizer.param_groups):
        own = group.get("param_names") or [f"param_groups[{place}][{index}]" for index in range(len(group["params"]))]
        for name, param in zip(own, group["params"], strict=True):
            if param.is_complex():
                raise TypeError(f"parameter {name!r} is {param.dtype}; train its real view, torch.view_as_real.")
            named[known.get(id(param), name)] = param
    if len(named) != sum(len(group["params"]) for group in optimizer.param_groups):
        raise ValueError("two parameters of the optimizer have one name; give unique named_parameters.")
    return named
