"""Gradient accumulation that survives NaN: ``MultiSteps`` steps a torch optimizer once every k micro-batches.

Owns the sums of a window and its counts. Each call moves the gradients out of ``.grad``, so that the next backward pass
cannot add to them by mistake. Gradients are checked before they are added, because a bad value cannot be removed from
a sum. A window begins by copying its first micro-batch over the old sums; multiplying them by 0 would keep a NaN.

Source: ``MultiSteps`` of Optax 0.2.8, with one defect removed: there, with k = 2, gradients [1, 1], [nan, 1], [1, 1],
[1, 1] and ``MultiSteps(chain(zero_nans(), sgd))``, the first weight never changes again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import Tensor

from ..arguments import integer, integer_or_none, shown
from .detection import BAD, Watch, clean_, find_bad, on_host
from .leaves import differences, fill_, layout, one_of, refuse
from .skipping import SkipFunction, decision
from .stepping import check_optimizer, named_by, stepping
from .sums import WindowSums
from .transforms import Transform

REDUCE = ("mean", "sum")
DIVIDE_BY = ("valid", "k")
ON_BAD = ("zero", "skip_micro_batch", "skip_window", "keep")
_COUNTS = ("mini_step", "accepted", "gradient_step", "n_updates", "n_skipped_micro_batches", "n_skipped_windows")


class MultiSteps:
    """Accumulates the gradients of k micro-batches, then transforms them and steps the optimizer.

    A loop::

        steps = MultiSteps(optimizer, every_k=4, transform=clip_by_global_norm(1.0),
                           named_parameters=model.named_parameters())
        for x, y in loader:
            loss_fn(model(x), y).backward()  # the loss of the micro-batch: not divided by k
            if steps.step():
                scheduler.step()
        steps.flush()

    It needs no ``zero_grad``: ``.grad`` is None after each call. Sums are kept in the parameter's dtype, and in float32
    for float16 and bfloat16; they cost as much memory as the gradients.

    How often the host waits for a device: never with ``on_bad="zero"`` or "keep"; once a window for each of
    "skip_window", ``max_consecutive``, a loss scale and ``apply_if_finite``; once a micro-batch with "skip_micro_batch"
    or ``skip``.

    Args:
        optimizer: any torch optimizer whose ``step`` needs no closure.
        every_k: micro-batches a window, or a function that returns it for a ``gradient_step``; read when a window
            begins.
        transform: run once a window, on what goes to the optimizer, in the parameters' dtype.
        reduce: "mean" or "sum" over the window.
        divide_by: what a mean divides by: "valid", the micro-batches that were added, or "k", those of the window. A
            micro-batch whose bad elements were zeroed was added.
        on_bad: what to do with a micro-batch that has bad elements, before it is added. "zero": set them to 0.
            "skip_micro_batch": leave it out; the window does not get longer. "skip_window": no update at the end of
            this window. "keep": do not check. None: "zero", or "skip_window" under a loss scale.
        bad: what is bad: "nan", or "nonfinite" for NaN and inf. None: "nan", or "nonfinite" under a loss scale.
        skip: a skip function, see skipping.py. It is called first, with the unchanged gradients. A skipped micro-batch
            does not count in the window, which gets longer. Not allowed with "skip_window".
        max_consecutive: how many micro-batches in a row may be zeroed or left out, or windows with "skip_window"; the
            next one raises. With "zero" on an accelerator it raises at the end of the window, before the step.
        scaler: the GradScaler or Precision that scales the losses. Its ``unscale_``, ``step`` and ``update`` are
            called here, at the end of a window. An overflow must reach it, and makes it skip the window. So while it
            scales, ``on_bad`` must be "skip_window" or "keep", and ``skip`` must be None.
        named_parameters: ``model.named_parameters()``, for errors and states; None: the optimizer's own names, or
            places such as ``"param_groups[0][3]"``.

    Attributes:
        has_updated: whether the last call of ``step`` or ``flush`` stepped the optimizer.
        mini_step: micro-batches of the open window.
        accepted: those of them that were added.
        gradient_step: windows that have ended, whether or not the optimizer stepped.
        n_updates: those in which it did.
        n_skipped_micro_batches: left out by ``skip`` or "skip_micro_batch".
        n_skipped_windows: ended without a step: bad, empty, overflowed, or refused by the transform.
        found: a Watch: ``found.last`` and ``found.any_in_window``, bool for each parameter; ``found.total``, how many
            micro-batches were zeroed or left out (windows with "skip_window"). Reading a value waits for the device.
        names: the parameters' names, in the order of those flags.

    Raises:
        TypeError, ValueError: an argument that cannot be used; the message says the rule.
    """

    def __init__(
        self,
        optimizer: torch.optim.Optimizer,
        every_k: int | Callable[[int], int],
        *,
        transform: Transform | None = None,
        reduce: str = "mean",
        divide_by: str = "valid",
        on_bad: str | None = None,
        bad: str | None = None,
        skip: SkipFunction | None = None,
        max_consecutive: int | None = None,
        scaler: Any = None,
        named_parameters: Iterable[tuple[str, Tensor]] | None = None,
    ) -> None:
        check_optimizer(optimizer)
        if not callable(every_k):
            every_k = _window_length(every_k, "every_k")
        if transform is not None and not isinstance(transform, Transform):
            raise TypeError(f"transform must be a Transform such as zero_nans() or chain(...), got {shown(transform)}.")
        max_consecutive = integer_or_none("max_consecutive", max_consecutive, 0, "None never raises")
        if skip is not None and not callable(skip):
            raise TypeError(f"skip must be a function such as skip_not_finite, got {shown(skip)}.")
        self._stepping = stepping(scaler)
        scales = self._stepping.scales
        default = "skip_window" if scales else "zero"
        self.optimizer, self.transform = optimizer, transform
        self.every_k, self.skip, self.max_consecutive = every_k, skip, max_consecutive
        self.reduce, self.divide_by = one_of("reduce", reduce, REDUCE), one_of("divide_by", divide_by, DIVIDE_BY)
        self.on_bad = one_of("on_bad", default if on_bad is None else on_bad, ON_BAD)
        self.bad = one_of("bad", ("nonfinite" if scales else "nan") if bad is None else bad, BAD)
        if scales and (skip is not None or self.on_bad in ("zero", "skip_micro_batch")):
            got = f"on_bad={self.on_bad!r}" if skip is None else f"skip={shown(skip)}"
            raise ValueError(
                f"under a loss scale an overflow must reach the scaler, got {got}, which would hide it and never "
                "lower the scale. Use on_bad='skip_window', or bfloat16, which needs no scaler."
            )
        if skip is not None and self.on_bad == "skip_window":
            raise ValueError("skip leaves out micro-batches one by one; with it on_bad must not be 'skip_window'.")
        named = named_by(optimizer, named_parameters)
        self.names, self._params = tuple(named), tuple(named.values())
        if transform is not None:
            transform.bind(named)
        self.found = Watch(len(named), self._params[0].device)
        # whether the host reads a flag of each micro-batch anyway, or can do so without waiting
        self._reads = skip is not None or self.on_bad == "skip_micro_batch" or on_host(self._params)
        self.has_updated = False
        self.mini_step = self.accepted = self.gradient_step = 0
        self.n_updates = self.n_skipped_micro_batches = self.n_skipped_windows = 0
        self._k: int | None = None  # of the open window
        self._sums = WindowSums(named)

    # --- the loop ---------------------------------------------------------------------------------------------------

    @torch.no_grad()
    def step(self, closure: None = None) -> bool:
        """Take the gradients of one micro-batch out of ``.grad``; at the end of a window, step the optimizer.

        Returns:
            ``has_updated``: whether the optimizer stepped, so that a scheduler should.

        Raises:
            NonFiniteGradientError: more than ``max_consecutive`` bad micro-batches in a row. This one is dropped.
            RuntimeError: no parameter has a gradient.
            TypeError: a closure, or a sparse gradient.
            ValueError: ``every_k`` or ``skip`` returned a value that cannot be used.
        """
        if closure is not None:
            raise TypeError(
                "step() takes no closure: it would run once a window, on one micro-batch. Call loss.backward() "
                "before each step()."
            )
        self.has_updated = False
        k = self._k or self._next_k()
        grads = self._take()
        if self._k is None:
            self._k = k
            self.found.begin_window()
        if self.skip is not None and decision(self.skip([g for g in grads if g is not None], self.gradient_step)):
            self.n_skipped_micro_batches += 1
            self._note(grads, skipped=True)
            return False
        if self._admit(grads):  # when it raises, the micro-batch is not counted
            self.accepted += 1
            if k > 1:
                self._sums.add(grads)
        self.mini_step += 1
        if self.mini_step == k:
            self._end_window(self._sums.of_window() if k > 1 else grads)
        return self.has_updated

    @torch.no_grad()
    def flush(self) -> bool:
        """End the open window early, for example after the last batch: its own length takes the place of k.

        Returns:
            ``has_updated``; False when no window is open.
        """
        self.has_updated = False
        if self.mini_step:
            self._end_window(self._sums.of_window())
        return self.has_updated

    # --- one micro-batch --------------------------------------------------------------------------------------------

    def _next_k(self) -> int:
        if not callable(self.every_k):
            return self.every_k
        return _window_length(self.every_k(self.gradient_step), f"every_k({self.gradient_step})")

    def _take(self) -> list[Tensor | None]:
        """Move the gradients out of ``.grad``; if one is refused, all stay there."""
        if sum(len(group["params"]) for group in self.optimizer.param_groups) != len(self._params):
            raise ValueError("the optimizer's parameters have changed; make a MultiSteps after add_param_group().")
        grads = [param.grad for param in self._params]
        for name, grad in zip(self.names, grads, strict=True):
            if grad is not None and grad.layout is not torch.strided:
                raise TypeError(
                    f"the gradient of {name!r} is {grad.layout}; accumulation needs dense gradients: use "
                    "Embedding(sparse=False), or step this parameter's optimizer by itself."
                )
        if all(grad is None for grad in grads):
            raise RuntimeError("no parameter has a gradient; call loss.backward() before each step().")
        for param in self._params:
            param.grad = None
        return grads

    def _admit(self, grads: list[Tensor | None]) -> bool:
        """Check one micro-batch, and clean it; returns whether to add it."""
        if self.on_bad == "keep":
            if self.skip is not None:
                self._note([None] * len(grads))  # it was not skipped, which ends a row of skipped ones
            return True
        flags = self._note(grads)
        if self.on_bad == "zero":
            clean_(grads, flags, self.bad)
        elif self.on_bad == "skip_micro_batch" and bool(flags.any()):
            self.n_skipped_micro_batches += 1
            return False
        return True

    def _note(self, grads: list[Tensor | None], *, skipped: bool = False) -> Tensor:
        """Find the bad gradients, and count them in the row of bad micro-batches."""
        flags = find_bad(grads, self.bad, self.found.home)
        self.found.observe(flags)
        if self.on_bad != "skip_window":  # with it, windows are counted instead
            self.found.count(torch.ones_like(flags[0]) if skipped else flags.any(), flags)
            if self._reads:
                self._check_row()
        return flags

    def _check_row(self) -> None:
        if self.max_consecutive is not None:
            unit = "windows" if self.on_bad == "skip_window" else "micro-batches"
            self.found.check(self.max_consecutive, self.names, self.bad, unit)

    # --- the end of a window ----------------------------------------------------------------------------------------

    def _end_window(self, grads: list[Tensor | None]) -> None:
        divisor = self.accepted if self.divide_by == "valid" else self.mini_step
        self.gradient_step += 1
        try:
            self.has_updated = self._is_good() and self._update(grads, divisor)
        finally:
            self.n_updates += self.has_updated
            self.n_skipped_windows += not self.has_updated
            self.mini_step = self.accepted = 0
            self._k = None
            self._sums.end_window()

    def _is_good(self) -> bool:
        """Whether the window can be used. One that overflowed under a loss scale can: the scaler must see it."""
        bad = self.found.any_in_window.any()
        if self.on_bad == "skip_window":
            self.found.count(bad, self.found.any_in_window)
        self._check_row()
        if self.on_bad == "skip_window" and not self._stepping.scales and bool(bad):
            return False
        return self.accepted > 0

    def _update(self, grads: list[Tensor | None], divisor: int) -> bool:
        """Give the gradients to the optimizer; returns whether it stepped."""
        present = [grad for grad in grads if grad is not None]
        if self.reduce == "mean" and divisor > 1:
            torch._foreach_div_(present, float(divisor))
        try:
            for param, grad in zip(self._params, grads, strict=True):
                param.grad = None if grad is None else grad.to(param.dtype)
            self._stepping.unscale_(self.optimizer)
            wanted = self.transform is None or self.transform([param.grad for param in self._params])
            return self._stepping.step(self.optimizer, wanted)
        finally:
            for param in self._params:
                param.grad = None

    # --- state ------------------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Plain values and copies of tensors; the sums only when a window is open. Without the optimizer's state."""
        return {
            "params": self._layout(),
            "k": self._k,
            "has_updated": self.has_updated,
            "counts": {name: getattr(self, name) for name in _COUNTS},
            "found": {name: leaf.clone() for name, leaf in self.found.leaves().items()},
            "sums": self._sums.state_dict(),
            "transform": None if self.transform is None else self.transform.state_dict(),
        }

    @torch.no_grad()
    def load_state_dict(self, state: Any) -> None:
        """Go on from a ``state_dict()``, also one with an open window. Gradients in ``.grad`` are not touched.

        Raises:
            ValueError: the state of another model or another transform, or not a state. The message names the leaves,
                and nothing is changed.
        """
        refuse(self._problems(state))
        for name in _COUNTS:
            setattr(self, name, state["counts"][name])
        self._k, self.has_updated = state["k"], state["has_updated"]
        fill_(self.found.leaves(), state["found"])
        self._sums.load_state_dict(state["sums"])
        if self.transform is not None:
            self.transform.load_state_dict(state["transform"])

    def _layout(self) -> dict[str, list[Any]]:
        return layout(dict(zip(self.names, self._params, strict=True)))

    def _problems(self, state: Any) -> list[str]:
        parts = ("params", "k", "has_updated", "counts", "found", "sums", "transform")
        if not isinstance(state, Mapping) or state.keys() != set(parts):
            return [f"accumulation: a dict of {list(parts)} expected, got {shown(state, 60)}"]
        lines = differences("params", self._layout(), state["params"])
        lines += differences("found", self.found.leaves(), state["found"])
        lines += _count_problems(state)
        lines += self._sums.problems("sums", state["sums"])
        if self.transform is not None:
            lines += self.transform.problems("transform", state["transform"])
        elif state["transform"] is not None:
            lines.append("transform: in the state, but this MultiSteps has none")
        return lines


def _count_problems(state: Mapping[str, Any]) -> list[str]:
    counts = state["counts"]
    if not isinstance(counts, Mapping) or counts.keys() != set(_COUNTS):
        return [f"counts: a dict of {list(_COUNTS)} expected, got {shown(counts, 60)}"]
    wrong = [name for name in _COUNTS if type(counts[name]) is not int or counts[name] < 0]
    lines = [f"counts[{name!r}]: an integer >= 0 expected, got {shown(counts[name], 60)}" for name in wrong]
    k, open_window = state["k"], not wrong and counts["mini_step"] > 0
    if not (k is None and not open_window) and not (type(k) is int and k >= 1 and (wrong or counts["mini_step"] < k)):
        lines.append(f"k: the length of the open window, above its mini_step, expected, got {shown(k, 60)}")
    if type(state["has_updated"]) is not bool:
        lines.append(f"has_updated: a bool expected, got {shown(state['has_updated'], 60)}")
    return lines


def _window_length(value: Any, name: str) -> int:
    return integer(name, value, 1, "it is the number of micro-batches to an update; 1 accumulates nothing")
