"""Whether a saved state fits an object: one line for each leaf that does not fit, before anything is loaded.

Owns the notes that are stored beside a state for this purpose (``about``), and the comparison. Changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from ..arguments import shown


def about(thing: Any, objects: Mapping[str, Any]) -> dict[str, Any]:
    """Notes on an object that its state lacks: {"class": name}, and for an optimizer its parameters by group.

    Args:
        thing: the object.
        objects: all objects of the state by name, to name an optimizer's parameters by the modules among them.
    """
    noted: dict[str, Any] = {"class": type(thing).__name__}
    if isinstance(thing, torch.optim.Optimizer):
        names = {
            id(parameter): f"{name}.{key}"
            for name, module in objects.items()
            if isinstance(module, nn.Module)
            for key, parameter in module.named_parameters()
        }
        noted["groups"] = [
            [[names.get(id(parameter), ""), *_form(parameter)] for parameter in group["params"]]
            for group in thing.param_groups
        ]
    return noted


def missing(objects: Mapping[str, Any], states: Mapping[str, Any]) -> list[str]:
    """A line for each name that only one of the two has."""
    return [
        *(f"{name}: given, but not in the state, which has {list(states)}" for name in objects if name not in states),
        *(f"{name}: in the state, but not given, so it would start afresh" for name in states if name not in objects),
    ]


def problems(
    name: str,
    thing: Any,
    objects: Mapping[str, Any],
    state: Any,
    noted: Mapping[str, Any],
    gradients: Mapping[str, Any],
) -> list[str]:
    """Why ``state`` does not fit ``thing``: one line for each leaf, beginning with its path.

    A module's tensors and an optimizer's parameters must agree in name, shape and dtype. Any other object must be of
    the same class, and checks its state itself.

    Args:
        name: of the object.
        thing: the object.
        objects: all objects by name.
        state: what is to be loaded.
        noted: the result of ``about`` when the state was captured.
        gradients: a module's saved gradients, by parameter.
    """
    if isinstance(thing, nn.Module):
        parameters = {key: parameter for key, parameter in thing.named_parameters() if key in gradients}
        return [
            *_tensor_problems(name, thing.state_dict(), state),
            *_tensor_problems(f"the gradients of {name}", parameters, gradients),
        ]
    if noted["class"] != type(thing).__name__:
        return [f"{name}: the state of {type(thing).__name__} expected, got that of {shown(noted['class'])}"]
    if isinstance(thing, torch.optim.Optimizer):
        return _group_problems(name, about(thing, objects)["groups"], noted["groups"])
    return []


def _form(tensor: torch.Tensor) -> list[Any]:
    return [list(tensor.shape), str(tensor.dtype)]


def _tensor_problems(name: str, expected: Mapping[str, Any], found: Any) -> list[str]:
    if not isinstance(found, dict):
        return [f"{name}: a dict of tensors expected, got {shown(found, 60)}"]
    lines = [f"{name}.{key}: not in the state" for key in expected if key not in found]
    lines += [f"{name}.{key}: in the state, but not here" for key in found if key not in expected]
    for key, tensor in expected.items():
        if key in found and isinstance(tensor, torch.Tensor):
            lines += _tensor_problem(f"{name}.{key}", tensor, found[key])
    return lines


def _tensor_problem(path: str, expected: torch.Tensor, found: Any) -> list[str]:
    if nn.parameter.is_lazy(expected):
        return [f"{path}: not initialised yet; pass one batch through the model first"]
    if not isinstance(found, torch.Tensor):
        return [f"{path}: a tensor expected, got {shown(found, 60)}"]
    return _form_problem(path, _form(expected), _form(found))


def _form_problem(path: str, expected: list[Any], found: list[Any]) -> list[str]:
    if expected[0] != found[0]:
        return [f"{path}: shape {tuple(expected[0])} expected, got {tuple(found[0])}"]
    if expected[1] != found[1]:  # a cast would change the curve
        return [f"{path}: {expected[1]} expected, got {found[1]}"]
    return []


def _group_problems(name: str, expected: list[Any], found: list[Any]) -> list[str]:
    sizes, others = [len(group) for group in expected], [len(group) for group in found]
    if sizes != others:
        return [f"{name}: parameter groups of {sizes} parameters expected, got {others}"]
    lines = []
    for index, (group, other) in enumerate(zip(expected, found, strict=True)):
        for place, (mine, theirs) in enumerate(zip(group, other, strict=True)):
            path = f"{name}.param_groups[{index}]['params'][{place}]"
            if mine[0] and theirs[0] and mine[0] != theirs[0]:
                lines.append(f"{path}: {mine[0]} expected, got {theirs[0]}")
            else:
                lines += _form_problem(f"{path} ({mine[0]})" if mine[0] else path, mine[1:], theirs[1:])
    return lines
