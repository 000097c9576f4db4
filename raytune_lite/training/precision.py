"""Mixed precision that survives evaluation: the autocast region, the loss scale, and which steps were taken.

Owns the settings of autocast and the GradScaler of "16-mixed". Knows no trial and no data, and keeps no model or
optimizer. Two defects of autocast decide how a region is made:

* Autocast keeps the half-precision copy of a weight until its outermost region ends. In torch 2.10 and older a copy
  made under ``no_grad`` is kept too, and a training forward that meets it has no gradient ("element 0 of tensors does
  not require grad": pytorch#65766, #112583, #158232).
* In every release, also 2.13, a weight that is changed in place (a step, an EMA swap) has no effect as long as its
  old copy is kept.

So the regions here keep no copies at all. A weight that is used once in a forward pass, as in most networks, is
cast as often as before. One that is used again and again in one region (a cell unrolled over time) is cast at each use,
and its gradient is then summed in float32 instead of in half precision.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import nn

from ..arguments import as_float, integer, shown

PRECISIONS: dict[str, torch.dtype | None] = {
    "32-true": None,
    "bf16-mixed": torch.bfloat16,
    "16-mixed": torch.float16,
}
MIXED_DEVICES = ("cpu", "cuda")  # where autocast and GradScaler are both known to work


class Precision:
    """The precision of one training loop; the names are Lightning's.

    A loop::

        precision = Precision("16-mixed")
        for micro, (x, y) in enumerate(loader, 1):
            with precision.forward():
                loss = F.cross_entropy(model(x), y) / k
            precision.backward(loss)
            if micro % k == 0:
                precision.unscale_(optimizer)  # to clip; step() does it otherwise
                nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                if precision.step(optimizer):  # False: the gradients had overflowed
                    scheduler.step()
                optimizer.zero_grad()
        with precision.evaluate(model):
            ...

    The calls of ``backward`` between two of ``step`` are one *window*. All of it has one loss scale, which changes in
    ``step`` only, so that gradients may be accumulated over it.

    Args:
        precision: "32-true" (no autocast, also inside another autocast region), "bf16-mixed", or "16-mixed" (with a
            GradScaler).
        device: where the model is; None: CUDA when there is one, else the CPU.
        init_scale: first loss scale of "16-mixed".
        growth_interval: steps without an overflow after which "16-mixed" doubles the scale.

    Attributes:
        precision: the name given.
        device: a torch.device.
        dtype: of the casts; None for "32-true".
        scaler: the GradScaler of "16-mixed", else None.
        taken_steps: calls of ``step`` that changed the weights.
        skipped_steps: calls of ``step`` that did not, since the gradients had overflowed.
        micro_batches: calls of ``backward`` since the last ``step``.

    Raises:
        ValueError: an unknown precision or device, a device that does not support it, a scale or interval out of range.
    """

    def __init__(
        self,
        precision: str = "32-true",
        device: str | torch.device | None = None,
        *,
        init_scale: float = 2.0**16,
        growth_interval: int = 2000,
    ) -> None:
        if not isinstance(precision, str) or precision not in PRECISIONS:
            raise ValueError(f"precision must be one of {list(PRECISIONS)}, got {shown(precision)}.")
        scale = as_float(init_scale)
        if scale is None or not 0 < scale < float("inf"):
            raise ValueError(f"init_scale must be a finite number > 0, got {shown(init_scale)}; 2**16 is usual.")
        growth_interval = integer("growth_interval", growth_interval, 1, "2000 is usual")
        self.precision = precision
        self.dtype = PRECISIONS[precision]
        self.device = _device(device)
        if self.dtype is not None:
            _check_support(precision, self.dtype, self.device)
        self.scaler: torch.amp.GradScaler | None = None
        if precision == "16-mixed":
            self.scaler = torch.amp.GradScaler(
                self.device.type, init_scale=scale, growth_interval=growth_interval
            )
        self.taken_steps = 0
        self.skipped_steps = 0
        self.micro_batches = 0
        self._unscaled: list[torch.optim.Optimizer] = []

    @property
    def scale(self) -> float | None:
        """The loss scale; None unless "16-mixed". On a GPU, reading it waits for the device."""
        return None if self.scaler is None else self.scaler.get_scale()

    # --- regions -----------------------------------------------------------------------------------------------------

    def forward(self) -> contextlib.AbstractContextManager[Any]:
        """The region for the forward pass and the loss. It may contain several forwards, evaluations and steps."""
        return self._region()

    def _region(self, *, enabled: bool = True) -> contextlib.AbstractContextManager[Any]:
        if self.device.type not in MIXED_DEVICES:
            return contextlib.nullcontext()
        # cache_enabled=False: autocast neither reads nor keeps copies of weights, so that none can be stale
        return torch.autocast(
            self.device.type, dtype=self.dtype, enabled=enabled and self.dtype is not None, cache_enabled=False
        )

    @contextlib.contextmanager
    def evaluate(self, *models: nn.Module) -> Iterator[None]:
        """Evaluate ``models`` in eval mode without gradients; inside ``forward()`` the numbers are the same as outside.

        At the end, also after an exception, autocast, the grad mode and ``training`` of every submodule are as before.
        Weights may be changed inside (an EMA swap): the next forward uses the new ones.
        """
        found = [(module, module.training) for model in models for module in model.modules()]
        try:
            for model in models:
                model.eval()
            with torch.no_grad(), self._region():
                yield
        finally:
            for module, training in found:
                module.training = training
            torch.clear_autocast_cache()  # of an outer region that is not ours and keeps copies

    # --- a window: backward, backward, ..., step ---------------------------------------------------------------------

    def backward(self, loss: torch.Tensor, **options: Any) -> None:
        """Add the gradients of ``loss``, times the loss scale, to ``.grad``.

        Args:
            loss: a scalar; for a mean over a window of k micro-batches, already divided by k.
            options: of ``torch.Tensor.backward``, such as ``retain_graph=True``.

        Raises:
            RuntimeError: ``loss`` requires no gradient, or the gradients of this window are unscaled already.
        """
        if self._unscaled:
            raise RuntimeError(
                "backward() came after unscale_(): scaled gradients would be added to unscaled ones. Call unscale_() "
                "once, after the last backward() of the window, then step()."
            )
        if not loss.requires_grad:
            raise RuntimeError(
                "the loss does not require grad: it was computed in evaluate() or under no_grad, from detached "
                "tensors, or with frozen parameters only. Compute it in forward(), with gradients on."
            )
        scaled = loss if self.scaler is None else self.scaler.scale(loss)
        scaled.backward(**options)  # type: ignore[no-untyped-call]
        self.micro_batches += 1

    def unscale_(self, optimizer: torch.optim.Optimizer) -> None:
        """Divide the optimizer's gradients by the loss scale, to clip or read them; at most once a window.

        Raises:
            RuntimeError: called twice for one window, or before any ``backward``.
        """
        self._check_window("unscale_()")
        if any(known is optimizer for known in self._unscaled):
            raise RuntimeError("unscale_() was called twice for one optimizer in one window; call step() between.")
        if self.scaler is not None:
            self.scaler.unscale_(optimizer)
        self._unscaled.append(optimizer)

    def step(self, *optimizers: torch.optim.Optimizer) -> bool:
        """Step all optimizers; under "16-mixed" step none if any of their gradients is infinite or NaN.

        This ends the window and adapts the loss scale. Optimizers that share a window must be given together, since
        each call changes the scale. Gradients stay until ``zero_grad``.

        Returns:
            Whether the optimizers stepped. A step that was skipped counts in ``skipped_steps``.

        Raises:
            RuntimeError: no ``backward`` since the last step.
            ValueError: called without an optimizer.
        """
        if not optimizers:
            raise ValueError("step() needs an optimizer, or all that share this window: step(first, second).")
        self._check_window("step()")
        with self._region(enabled=False):
            stepped = not self._overflowed(optimizers)
            if stepped:
                for optimizer in optimizers:
                    optimizer.step()
        self._unscaled.clear()
        self.micro_batches = 0
        self.taken_steps += stepped
        self.skipped_steps += not stepped
        torch.clear_autocast_cache()  # of an outer region that is not ours: its copies are of the old weights
        return stepped

    def _overflowed(self, optimizers: tuple[torch.optim.Optimizer, ...]) -> bool:
        """Unscale all optimizers that are still scaled, adapt the scale, return whether a gradient is not finite."""
        if self.scaler is None:
            return False
        for optimizer in optimizers:
            if not any(known is optimizer for known in self._unscaled):
                self.scaler.unscale_(optimizer)
        # GradScaler.step does not return whether it stepped, and all optimizers share the scale. This private method,
        # which torch has had since 1.6, returns what unscale_ found.
        found = [flag for each in optimizers for flag in self.scaler._found_inf_per_device(each).values()]
        if not found:  # no parameter has a gradient
            return False
        overflowed = any(bool(flag.item()) for flag in found)
        self.scaler.update()
        return overflowed

    def _check_window(self, what: str) -> None:
        if self.micro_batches == 0:
            raise RuntimeError(
                f"{what} without a backward() since the last step(). Compute gradients with precision.backward(loss); "
                "optimizers that share one window are stepped together: precision.step(first, second)."
            )

    # --- state -------------------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Plain values: the scaler's state and the counts.

        Raises:
            RuntimeError: called between ``unscale_`` and ``step``, when some gradients may be scaled and some not.
        """
        if self._unscaled:
            raise RuntimeError("a state cannot be taken between unscale_() and step(); take it after step().")
        return {
            "precision": self.precision,
            "scaler": None if self.scaler is None else self.scaler.state_dict(),
            "taken_steps": self.taken_steps,
            "skipped_steps": self.skipped_steps,
            "micro_batches": self.micro_batches,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from ``state_dict()``; the loss scale and its settings are the saved ones.

        Raises:
            ValueError: the state of another precision, or not a state of this class. Nothing is changed then.
        """
        found = state.get("precision")
        if found != self.precision:
            raise ValueError(
                f"precision: {self.precision!r} expected, got {shown(found)}; a run goes on in the precision it "
                "began with."
            )
        counts = {name: state.get(name) for name in ("taken_steps", "skipped_steps", "micro_batches")}
        for name, count in counts.items():
            if type(count) is not int or count < 0:
                raise ValueError(f"{name}: an integer >= 0 expected, got {shown(count)}.")
        if self.scaler is not None:
            scaler = state.get("scaler")
            wanted = self.scaler.state_dict()
            if not isinstance(scaler, Mapping) or scaler.keys() != wanted.keys():
                raise ValueError(f"scaler: a dict of {sorted(wanted)} expected, got {shown(scaler)}.")
            self.scaler.load_state_dict(dict(scaler))
            # a scaler makes its tensors at its first scale(); a run resumed between backward and step may never call it
            self.scaler.scale(torch.zeros((), device=self.device))
        vars(self).update(counts)
        self._unscaled.clear()


def _device(device: str | torch.device | None) -> torch.device:
    if device is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        return torch.device(device)
    except Exception as error:  # torch says in many ways that it knows no such device
        raise ValueError(f"device must be a torch device such as 'cpu' or 'cuda:0', got {shown(device)}.") from error


def _check_support(precision: str, dtype: torch.dtype, device: torch.device) -> None:
    if device.type not in MIXED_DEVICES:
        raise ValueError(
            f"precision {precision!r} works on devices {list(MIXED_DEVICES)}, got {shown(str(device))}; "
            "'32-true' works on any."
        )
    here = [kind for kind in MIXED_DEVICES if kind == "cpu" or torch.cuda.is_available()]
    if device.type not in here:
        raise ValueError(f"device {str(device)!r} is not available: torch finds no CUDA. Use one of {here}.")
    if precision == "16-mixed" and not hasattr(torch.amp, "GradScaler"):
        raise ValueError(f"precision '16-mixed' needs torch 2.3 or newer, got {torch.__version__}.")
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # autocast only warns, and does nothing, where it lacks a dtype
        try:
            torch.autocast(device.type, dtype=dtype)
        except (RuntimeError, UserWarning) as error:
            raise ValueError(
                f"precision {precision!r} does not work on {str(device)!r} with torch {torch.__version__}: "
                f"{shown(str(error))}. '32-true' works on any device."
            ) from error
