"""Gradient transforms in the manner of Optax, for torch optimizers: they rewrite gradients in place.

Owns what is done to one set of gradients, and the state between two. Knows no micro-batch and no optimizer: see
``MultiSteps`` in accumulation.py, which runs a transform once an update. By hand::

    clip = clip_by_global_norm(1.0)
    clip.bind(dict(model.named_parameters()))
    loss.backward()
    if clip([p.grad for p in model.parameters()]):
        optimizer.step()

A transform's state is a fixed set of tensors, its *leaves*. They are only written in place, so a mask stays bool and a
counter stays int32 through every step, ``state_dict`` and ``load_state_dict``. (Optax once rebuilt its states by
arithmetic, which turned the bool mask of zero_nans into ints: its issue 828, fixed in 0.2.0.)

Source: the semantics of Optax 0.2.8; a class says where ours differ.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor

from ..arguments import integer, shown
from .detection import BAD, Grads, clean_, find_bad, global_norm, on_host, scale_
from .leaves import differences, fill_, layout, one_of, refuse


class Transform(ABC):
    """Base of all transforms. A new one implements ``update``, and ``init`` when it has state.

    Attributes:
        params: name to parameter, once bound.
        leaves: name to state tensor, read-only as a mapping; write into the tensors, in place.
    """

    def __init__(self) -> None:
        self.params: dict[str, Tensor] = {}
        self._leaves: dict[str, Tensor] = {}
        self._layout: dict[str, list[Any]] | None = None

    @property
    def leaves(self) -> Mapping[str, Tensor]:
        """The state tensors by name; the mapping is read-only."""
        return MappingProxyType(self._leaves)

    def init(self, params: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Fresh state for these parameters: leaves by name."""
        del params
        return {}

    @abstractmethod
    def update(self, grads: Grads) -> bool:
        """Rewrite the gradients in place.

        Args:
            grads: one for each bound parameter, in order; None where there is none.

        Returns:
            True: go on. False: leave this update out; parameters and optimizer are not touched.
        """

    @property
    def home(self) -> torch.device:
        """The device of the first parameter, where the leaves are."""
        return next(iter(self.params.values())).device

    def bind(self, params: Mapping[str, Tensor]) -> None:
        """Make fresh state for ``params``. A transform is bound once.

        Raises:
            ValueError: bound already, or no parameters.
        """
        if self._layout is not None:
            raise ValueError(
                f"this {type(self).__name__} is bound to {shown(list(self._layout), 80)} already. "
                "Make a transform for each optimizer."
            )
        if not params:
            raise ValueError("a transform needs at least one parameter to bind, got an empty mapping.")
        self.params = dict(params)
        with torch.no_grad():
            self._leaves = self.init(self.params)
        self._layout = layout(params)

    def __call__(self, grads: Grads) -> bool:
        """``update``, after a check that these are gradients of the bound parameters.

        Raises:
            ValueError: not bound, or gradients of other parameters; the message names them. Nothing is changed then.
        """
        if self._layout is None:
            raise ValueError(f"this {type(self).__name__} has no state yet; call bind(dict(model.named_parameters())).")
        if len(grads) != len(self.params):
            raise ValueError(
                f"one gradient (or None) for each of the {len(self.params)} parameters that this transform is bound to "
                f"expected, from {next(iter(self.params))!r} on, got {len(grads)}."
            )
        for (name, param), grad in zip(self.params.items(), grads, strict=True):
            if grad is not None and (grad.shape != param.shape or grad.dtype != param.dtype):
                raise ValueError(
                    f"the gradient of {name!r} must be {param.dtype} of shape {tuple(param.shape)}, as its parameter, "
                    f"got {grad.dtype} of shape {tuple(grad.shape)}; give the gradients in the parameters' order."
                )
        with torch.no_grad():
            return self.update(grads)

    def state_dict(self) -> dict[str, Any]:
        """``{"params": {name: [shape, dtype]}, "leaves": {name: tensor}}``; the tensors are copies."""
        return {
            "params": dict(self._layout or {}),
            "leaves": {name: leaf.detach().clone() for name, leaf in self.leaves.items()},
        }

    def load_state_dict(self, state: Any) -> None:
        """Go on from a ``state_dict()``.

        Raises:
            ValueError: the state of other parameters or of another transform; the message names the leaves, and
                nothing is changed.
        """
        refuse(self.problems("transform", state))
        fill_(self.leaves, state["leaves"])

    def problems(self, path: str, state: Any) -> list[str]:
        """A line for each leaf of ``state`` that does not fit this transform, each beginning with ``path``."""
        if not isinstance(state, Mapping) or state.keys() != {"params", "leaves"}:
            return [f"{path}: a dict of 'params' and 'leaves' expected, got {shown(state, 60)}"]
        mine = self._layout or {}
        lines = differences(f"{path}.params", mine, state["params"])
        if not lines and list(state["params"]) != list(mine):  # a leaf may hold one item for each, in order
            lines = [f"{path}.params: the parameters {shown(list(mine))} expected, in this order"]
        return lines + differences(f"{path}.leaves", self.leaves, state["leaves"])


# --- the transforms -------------------------------------------------------------------------------------------------


class _ZeroNans(Transform):
    def __init__(self, bad: str) -> None:
        super().__init__()
        self.bad = one_of("bad", bad, BAD)

    def init(self, params: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {"found_nan": torch.zeros(len(params), dtype=torch.bool, device=self.home)}

    def update(self, grads: Grads) -> bool:
        flags = find_bad(grads, self.bad, self.home)
        self.leaves["found_nan"].copy_(flags)
        clean_(grads, flags, self.bad)
        return True


class _ClipByGlobalNorm(Transform):
    def __init__(self, max_norm: float) -> None:
        super().__init__()
        self.max_norm = positive("max_norm", max_norm)

    def update(self, grads: Grads) -> bool:
        norm = global_norm(grads)
        # Optax: unchanged when norm < max_norm, else g / norm * max_norm. So a NaN norm makes all NaN, and an inf norm
        # makes inf NaN and all else 0, here as there: put zero_nans or apply_if_finite before.
        if on_host(grads):
            if not float(norm) < self.max_norm:
                scale_(grads, self.max_norm / norm)
        else:
            scale_(grads, torch.where(norm < self.max_norm, 1.0, self.max_norm / norm))
        return True


class _ApplyIfFinite(Transform):
    def __init__(self, max_consecutive: int) -> None:
        super().__init__()
        why = "after so many updates in a row that were left out, the next one is applied"
        self.max_consecutive = integer("max_consecutive", max_consecutive, 0, why)

    def init(self, params: Mapping[str, Tensor]) -> dict[str, Tensor]:
        del params
        count, total = (torch.zeros((), dtype=torch.int32, device=self.home) for _ in range(2))
        finite = torch.ones((), dtype=torch.bool, device=self.home)
        return {"notfinite_count": count, "last_finite": finite, "total_notfinite": total}

    def update(self, grads: Grads) -> bool:
        found = find_bad(grads, "nonfinite", self.home).any()
        count = self.leaves["notfinite_count"]
        count.copy_(torch.where(found, count + 1, 0))
        self.leaves["last_finite"].copy_(~found)
        self.leaves["total_notfinite"].add_(found)
        # one read of the device: the host decides whether there is an update
        return bool(~found | (count > self.max_consecutive))


class _Chained(Transform):
    def __init__(self, *transforms: Transform) -> None:
        super().__init__()
        for index, transform in enumerate(transforms):
            if not isinstance(transform, Transform):
                raise TypeError(
                    f"chain() takes transforms, got {shown(transform)} at {index}; call it: zero_nans(), not zero_nans."
                )
        self.transforms = transforms

    def init(self, params: Mapping[str, Tensor]) -> dict[str, Tensor]:
        for transform in self.transforms:
            transform.bind(params)
        return {
            f"{index}.{name}": leaf
            for index, transform in enumerate(self.transforms)
            for name, leaf in transform.leaves.items()
        }

    def update(self, grads: Grads) -> bool:
        return all(transform.update(grads) for transform in self.transforms)


def zero_nans(bad: str = "nan") -> Transform:
    """Set NaN elements to 0. Leaf ``found_nan``: bool, shape (n_params,), what the last call found.

    Args:
        bad: "nan" leaves inf as it is, as Optax does; "nonfinite" sets inf to 0 too.

    Raises:
        ValueError: ``bad`` is neither.
    """
    return _ZeroNans(bad)


def clip_by_global_norm(max_norm: float) -> Transform:
    """Scale all gradients by one factor, so that their norm together is at most ``max_norm``. No leaves.

    The norm is taken in float32 at least; Optax takes that of float16 gradients in float16, which overflows at 65504.

    Raises:
        ValueError: ``max_norm`` is not a finite number > 0.

    Source: Pascanu et al. 2012, arXiv:1211.5063, Algorithm 1.
    """
    return _ClipByGlobalNorm(max_norm)


def apply_if_finite(max_consecutive: int) -> Transform:
    """Leave an update out when there is a NaN or an inf anywhere in it, at most ``max_consecutive`` times in a row.

    The next one is applied whatever it holds, as in Optax, and so are all that follow it until a finite one. For an
    error instead see ``MultiSteps(max_consecutive=)``. In a chain, the transforms after it do not run for an update
    that is left out, and those before it do. It reads the device once a call.

    Leaves:
        notfinite_count: int32, shape (): updates in a row with a NaN or an inf, until now.
        last_finite: bool, shape (): whether the last update was finite.
        total_notfinite: int32, shape (): all updates with a NaN or an inf.

    Raises:
        ValueError: ``max_consecutive`` is not an integer >= 0.
    """
    return _ApplyIfFinite(max_consecutive)


def chain(*transforms: Transform) -> Transform:
    """Run ``transforms`` in order, until one leaves the update out. Leaves: "0.found_nan", ...

    Raises:
        TypeError: an argument that is not a transform.
    """
    return _Chained(*transforms)


def positive(name: str, value: Any) -> float:
    """``value`` as a finite float > 0.

    Raises:
        ValueError: ``value`` is no such number.
    """
    try:
        number = float("nan") if isinstance(value, (bool, str)) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not 0 < number < math.inf:
        raise ValueError(f"{name} must be a finite number > 0, got {shown(value)}; to switch it off, leave it out.")
    return number
