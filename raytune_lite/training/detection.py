"""Which gradients hold a NaN or an inf, and their norm: computed in one pass, on the device of the gradients.

All reading of gradients' values is here, so that it is known where the host waits for a device. Knows no optimizer and
no window.

On the CPU the cost is one pass over the memory, so a cheap pass decides whether an exact one is needed. On an
accelerator no function here waits for the device: all work is queued, also work that may turn out to be unnecessary.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from ..exceptions import RaytuneLiteError

Grads = Sequence[Tensor | None]  # one for each parameter, in the parameters' order; None: it had no gradient

BAD = ("nan", "nonfinite")
_HALF = (torch.float16, torch.bfloat16)
_NAMES_SHOWN = 10


class NonFiniteGradientError(RaytuneLiteError, ArithmeticError):
    """Too many bad micro-batches or windows in a row; names the parameters of the last one."""

    def __init__(
        self, streak: int, max_consecutive: int, names: tuple[str, ...], bad: str = "nan", unit: str = "micro-batches"
    ) -> None:
        super().__init__(streak, max_consecutive, names, bad, unit)
        self.streak, self.max_consecutive, self.names, self.bad, self.unit = self.args

    def __str__(self) -> str:
        what = "NaN" if self.bad == "nan" else "NaN or inf"
        cut = f" and {len(self.names) - _NAMES_SHOWN} more" if len(self.names) > _NAMES_SHOWN else ""
        listed = ", ".join(repr(name) for name in self.names[:_NAMES_SHOWN]) + cut
        where = f"the last with {what} in the gradient of {listed}" if self.names else f"the last without any {what}"
        return (
            f"{self.streak} {self.unit} in a row could not be used as they were, {where}; "
            f"max_consecutive={self.max_consecutive} are allowed. Look at the loss of this batch, lower the learning "
            "rate, or raise max_consecutive."
        )


def on_host(tensors: Iterable[Tensor | None]) -> bool:
    """Whether all tensors are on the CPU, so that reading their values waits for no device."""
    return all(tensor is None or tensor.device.type == "cpu" for tensor in tensors)


def by_device(grads: Grads) -> dict[torch.device, list[Tensor]]:
    """The gradients that are not None, by device."""
    groups: dict[torch.device, list[Tensor]] = {}
    for grad in grads:
        if grad is not None:
            groups.setdefault(grad.device, []).append(grad)
    return groups


def find_bad(grads: Grads, bad: str, home: torch.device) -> Tensor:
    """Which gradients hold a NaN ("nan"), or a NaN or an inf ("nonfinite"): bool, shape (len(grads),), on ``home``."""
    if on_host(grads):
        return _find_on_host(grads, bad).to(home)
    groups: dict[tuple[torch.device, torch.dtype], tuple[list[int], list[Tensor]]] = {}
    for index, grad in enumerate(grads):
        if grad is not None and grad.numel():
            places, members = groups.setdefault((grad.device, grad.dtype), ([], []))
            places.append(index)
            members.append(grad)
    absent = torch.zeros((), dtype=torch.bool, device=home)
    flags = [absent] * len(grads)
    for places, members in groups.values():
        # The largest magnitude is NaN where there is a NaN, inf where there is an inf and no NaN; a sum of squares
        # would overflow on finite values.
        largest = torch.stack(torch._foreach_norm(members, math.inf))
        found = torch.isnan(largest) if bad == "nan" else ~torch.isfinite(largest)
        for index, flag in zip(places, found.unbind(), strict=True):
            flags[index] = flag.to(home, non_blocking=True)
    # stacked views, not an index: an index made from a Python list is a copy that waits
    return torch.stack(flags)


def _find_on_host(grads: Grads, bad: str) -> Tensor:
    flags = torch.zeros(len(grads), dtype=torch.bool)
    for index, grad in enumerate(grads):
        # A sum of finite values may overflow, but no sum with a NaN or an inf in it is finite: most end here.
        if grad is not None and not math.isfinite(float(grad.sum())):
            exact = torch.isnan(grad) if bad == "nan" else ~torch.isfinite(grad)
            flags[index] = exact.any()
    return flags


def clean_(grads: Grads, flags: Tensor, bad: str) -> None:
    """Set the bad elements to 0, in place. ``flags``: the result of find_bad for these gradients."""
    if on_host(grads):
        chosen = [grads[index] for index in flags.nonzero().flatten().tolist()]
    else:
        chosen = list(grads)  # all of them: finding out which would wait for the device
    inf = math.inf if bad == "nan" else 0.0
    for grad in chosen:
        if grad is not None:
            torch.nan_to_num_(grad, nan=0.0, posinf=inf, neginf=-inf)


def global_norm(grads: Grads) -> Tensor:
    """The 2-norm of all gradients together: shape (), on the first one's device; of float32 at least."""
    present = [grad for grad in grads if grad is not None]
    if not present:
        return torch.zeros(())
    home = present[0].device
    dtype = torch.float64 if any(grad.dtype == torch.float64 for grad in present) else torch.float32
    norms: list[Tensor] = []
    for group in by_device(present).values():
        halves = [grad for grad in group if grad.dtype in _HALF]
        wholes = [grad for grad in group if grad.dtype not in _HALF]
        # a float16 norm overflows at 65504, and a bfloat16 norm has three digits
        norms += [torch.linalg.vector_norm(grad, dtype=torch.float32) for grad in halves]
        norms += torch._foreach_norm(wholes) if wholes else []
    together = torch.stack([norm.to(home, dtype, non_blocking=True) for norm in norms])
    total: Tensor = torch.linalg.vector_norm(together)
    return total


def scale_(grads: Grads, factor: Tensor) -> None:
    """Multiply all gradients by ``factor`` (shape (), of float32 or float64), in place."""
    for device, group in by_device(grads).items():
        here = factor.to(device, non_blocking=True)
        wholes = [grad for grad in group if grad.dtype not in _HALF]
        if wholes:
            torch._foreach_mul_(wholes, here)
        for grad in group:
            if grad.dtype in _HALF:  # torch would round the factor to half precision first: 1e-8 to 0
                grad.copy_(grad.float() * here)


class Watch:
    """The findings for each parameter, and counts of bad micro-batches. All stay on the device until they are read.

    Attributes:
        last: bool, shape (n,): bad in the last micro-batch.
        any_in_window: bool, shape (n,): bad in any micro-batch of the window, until the next window begins.
        blamed: bool, shape (n,): bad in the last micro-batch (or window) that counted as bad.
        streak, longest, total: int64, shape (): micro-batches (or windows) that counted as bad; in a row until now,
            the longest row since an error was raised, and in total.
    """

    def __init__(self, n: int, home: torch.device) -> None:
        def flags() -> Tensor:
            return torch.zeros(n, dtype=torch.bool, device=home)

        def count() -> Tensor:
            return torch.zeros((), dtype=torch.int64, device=home)

        self.home = home
        self.last, self.any_in_window, self.blamed = flags(), flags(), flags()
        self.streak, self.longest, self.total = count(), count(), count()

    def leaves(self) -> dict[str, Tensor]:
        """The live tensors, by name."""
        names = ("last", "any_in_window", "blamed", "streak", "longest", "total")
        return {name: getattr(self, name) for name in names}

    def begin_window(self) -> None:
        """The next micro-batch is the first of its window."""
        self.any_in_window.zero_()

    def observe(self, flags: Tensor) -> None:
        """One micro-batch: ``flags`` bool, shape (n,)."""
        self.last.copy_(flags)
        self.any_in_window.logical_or_(flags)

    def count(self, hit: Tensor, flags: Tensor) -> None:
        """Count one micro-batch or window: ``hit`` bool, shape (), whether it was bad; ``flags`` bool, shape (n,)."""
        self.blamed.copy_(torch.where(hit, flags, self.blamed))
        self.streak.copy_(torch.where(hit, self.streak + 1, 0))
        self.longest.copy_(torch.maximum(self.longest, self.streak))
        self.total.add_(hit)

    def check(self, max_consecutive: int, names: Sequence[str], bad: str, unit: str) -> None:
        """Raise NonFiniteGradientError if a row was longer than ``max_consecutive``. Reads the device once."""
        longest = int(self.longest)
        if longest > max_consecutive:
            self.longest.zero_()
            blamed = tuple(name for name, flag in zip(names, self.blamed.tolist(), strict=True) if flag)
            raise NonFiniteGradientError(longest, max_consecutive, blamed, bad, unit)
