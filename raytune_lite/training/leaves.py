"""A state as named leaves. A leaf never changes its shape and dtype; a state with another one is refused by name.

Owns the comparison of a state with the object that it is loaded into.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from ..arguments import shown

_LINES = 8


def one_of(name: str, value: Any, choices: tuple[str, ...]) -> str:
    """``value``, or ValueError: it must be one of ``choices``."""
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f"{name} must be one of {list(choices)}, got {shown(value)}.")
    return str(value)


def layout(tensors: Mapping[str, Tensor]) -> dict[str, list[Any]]:
    """Plain values, for a state: ``{name: [shape, dtype]}``."""
    return {name: [list(tensor.shape), str(tensor.dtype)] for name, tensor in tensors.items()}


def differences(what: str, expected: Mapping[str, Any], found: Any) -> list[str]:
    """A line for each leaf that is missing in ``found``, that only ``found`` has, or that has another shape or dtype.

    Args:
        what: the path before the leaves' names.
        expected: tensors, or what ``layout`` made of them.
        found: the same, from the state to check.
    """
    if not isinstance(found, Mapping):
        return [f"{what}: a dict of leaves expected, got {shown(found, 60)}"]
    lines = [f"{what}[{name!r}]: not in the state" for name in expected if name not in found]
    lines += [f"{what}[{shown(name, 60)}]: in the state, but not here" for name in found if name not in expected]
    for name in expected:
        if name in found and (line := _difference(expected[name], found[name])):
            lines.append(f"{what}[{name!r}]: {line}")
    return lines


def _difference(expected: Any, found: Any) -> str:
    if isinstance(expected, Tensor):
        if not isinstance(found, Tensor):
            return f"a tensor expected, got {shown(found, 60)}"
        expected, found = ([list(tensor.shape), str(tensor.dtype)] for tensor in (expected, found))
    if found == expected:
        return ""
    return f"shape and dtype {expected} expected, got {shown(found, 80)}"


def refuse(lines: list[str]) -> None:
    """Raise ValueError with these lines, if there are any."""
    if lines:
        more = [f"... and {len(lines) - _LINES} more"] if len(lines) > _LINES else []
        text = "\n  ".join([*lines[:_LINES], *more])
        raise ValueError(
            f"the state is of other parameters or another transform, and nothing was changed:\n  {text}\n"
            "Build the model, the optimizer and the transforms as they were built when it was taken."
        )


def fill_(leaves: Mapping[str, Tensor], values: Mapping[str, Tensor]) -> None:
    """Copy ``values`` into ``leaves``, which are of the same form: devices stay, dtypes too."""
    with torch.no_grad():
        for name, leaf in leaves.items():
            leaf.copy_(values[name])
