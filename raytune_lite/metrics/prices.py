"""What a slot costs: the resources of a trial, times their prices."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ..arguments import as_float, mapping, shown

EXAMPLE = 'for example prices={"CPU": 0.05, "GPU": 3.5}, money per hour'
_MEANT = {"cpu": "CPU", "cpus": "CPU", "num_cpus": "CPU", "gpu": "GPU", "gpus": "GPU", "num_gpus": "GPU"}


def checked(prices: Any) -> dict[str, float]:
    """Prices by resource, as floats.

    Raises:
        TypeError: it is no dict of names and numbers.
        ValueError: a price is negative or not finite, or a name is spelled in another way than Ray's.
    """
    found: dict[str, float] = {}
    for name, given in mapping("prices", prices, EXAMPLE).items():
        price = as_float(given)
        if price is None or isinstance(given, (str, bool)):
            raise TypeError(f"prices[{name!r}] must be a number, got {shown(given)}; {EXAMPLE}.")
        if not 0.0 <= price < math.inf:
            raise ValueError(f"prices[{name!r}] must be a finite number >= 0, got {shown(given)}; {EXAMPLE}.")
        meant = _MEANT.get(name.lower())
        if meant is not None and name != meant:
            raise ValueError(f"prices has {name!r}; Ray's name of this resource is {meant!r}.")
        found[name] = price
    return found


def slot_price(prices: Mapping[str, float], resources: Mapping[str, Any] | None) -> float:
    """What one slot costs an hour, where all trials ask for the same.

    Args:
        prices: see ``attempt_price``.
        resources: see there.

    Raises:
        ValueError: a trial asks for GPUs, which have no price; or nothing that it asks for has one.
    """
    total = attempt_price(prices, resources)
    if total <= 0.0:
        asked = ", ".join(f"{name}: {n:g}" for name, n in _amounts(prices, resources).items() if n) or "nothing"
        raise ValueError(f"prices gives a trial no price: it asks for {asked}, and prices is {shown(dict(prices))}.")
    return total


def attempt_price(prices: Mapping[str, float], resources: Mapping[str, Any] | None) -> float:
    """What an attempt costs an hour that asks for this; 0: nothing of it has a price.

    Args:
        prices: checked ones: of a "CPU", a "GPU", a custom resource, or by accelerator_type ("H100") of a GPU of that
            type. What has no price costs nothing.
        resources: of a trial, as in ``optimize``; num_cpus is 1 where it is not given.

    Raises:
        ValueError: it asks for GPUs, which have no price.
    """
    amounts, of_gpu = _amounts(prices, resources), _gpu_name(prices, resources)
    if amounts[of_gpu] > 0 and of_gpu not in prices:
        accelerator = (resources or {}).get("accelerator_type")
        also = "" if accelerator is None else f" or {accelerator!r}"
        raise ValueError(
            f"a trial asks for {amounts[of_gpu]:g} GPU(s), and prices has none for 'GPU'{also}: "
            f'it has {sorted(prices)}. "GPU": 0 says that they cost nothing.'
        )
    return math.fsum([amount * prices.get(name, 0.0) for name, amount in amounts.items()])


def _amounts(prices: Mapping[str, float], resources: Mapping[str, Any] | None) -> dict[str, float]:
    """How much a trial asks for of what has, or could have, a price."""
    wanted = {"num_cpus": 1, **(resources or {})}
    amounts = {"CPU": _amount(wanted["num_cpus"]), _gpu_name(prices, resources): _amount(wanted.get("num_gpus"))}
    return amounts | {name: _amount(n) for name, n in (wanted.get("resources") or {}).items()}


def _gpu_name(prices: Mapping[str, float], resources: Mapping[str, Any] | None) -> str:
    """By which name its GPUs have a price: their accelerator type, where that has one."""
    accelerator = (resources or {}).get("accelerator_type")
    return accelerator if isinstance(accelerator, str) and accelerator in prices else "GPU"


def _amount(given: Any) -> float:
    """0 for what is no number: resources are checked elsewhere."""
    found = as_float(given)
    return 0.0 if found is None or not math.isfinite(found) else max(0.0, found)


__all__ = ["EXAMPLE", "attempt_price", "checked", "slot_price"]
