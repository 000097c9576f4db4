"""The whole state of a training loop as one plain dict, and back: an interrupted run then gives the same curve.

Owns the parts of a state, and the checks before one is loaded. Each object's part is its own ``state_dict``. Knows no
file and no trial: ``trial.save_checkpoint`` and ``torch.save`` both take such a dict, and
``torch.load(weights_only=True)`` reads it.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import nn

from ..arguments import flag, shown
from ..checkpoints.state_files import Encoder, decode
from ..exceptions import CheckpointError
from .fit import about, missing, problems
from .rng import capture_rng, restore_rng, rng_problems

VERSION = 1
_SECTIONS = ("objects", "about", "gradients", "values", "rng")
_MAX_LINES = 12  # of an error
# A tensor's copy by its place in memory, so that shared weights stay shared; and the tensor itself, so that its place
# in memory is not reused meanwhile.
_Copies = dict[Any, tuple[torch.Tensor, torch.Tensor]]


def capture_state(
    *,
    model: Any = None,
    optimizer: Any = None,
    scheduler: Any = None,
    scaler: Any = None,
    accumulation: Any = None,
    loader: Any = None,
    precision: Any = None,
    rng: bool = True,
    gradients: bool = True,
    **more: Any,
) -> dict[str, Any]:
    """Capture everything that a training loop needs to go on as if it had not been interrupted.

    Capture at the end of the loop's body, when the batch has been used. Tensors are copied to the CPU, so that the
    state does not change when the training goes on, and takes no GPU memory.

    Args:
        model: an ``nn.Module``. For this and the next six arguments, None means that the loop has none.
        optimizer: a torch optimizer.
        scheduler: a learning rate schedule. It and the next four need ``state_dict`` and ``load_state_dict``.
        scaler: a GradScaler that belongs to no ``Precision``.
        accumulation: a ``MultiSteps``, or another object that accumulates gradients.
        loader: such as ``ResumableLoader``.
        precision: a ``Precision``; its scaler belongs to it.
        rng: whether to capture the generators of Python, numpy, torch and every CUDA device.
        gradients: whether to capture the ``.grad`` of modules: the sums of an open window of plain accumulation. If a
            step has just ended the window, call ``zero_grad()`` before: the state is then smaller.
        more: other objects (an EMA model, a second optimizer, a ``torch.Generator``, a ``numpy.random.Generator``),
            and plain values (``step=7``), which ``restore_state`` returns.

    Returns:
        A dict with ``state["objects"]["model"]`` = ``model.state_dict()``, and so on.

    Raises:
        TypeError: an object without ``state_dict`` and ``load_state_dict``, or a flag that is no bool.
        CheckpointError: a value that cannot be loaded without running code; the message names the leaf.
    """
    named = _named(model, optimizer, scheduler, scaler, accumulation, loader, precision)
    objects = _objects({**named, **{name: value for name, value in more.items() if _has_state(value)}})
    values = {name: value for name, value in more.items() if name not in objects}
    copies: _Copies = {}
    return {
        "version": VERSION,
        "objects": _plain({name: _state_of(thing) for name, thing in objects.items()}, "objects", copies),
        "about": {name: about(thing, objects) for name, thing in objects.items()},
        "gradients": _plain(_gradients(objects), "gradients", copies) if flag("gradients", gradients) else None,
        "values": _plain(values, "values", copies),
        "rng": _plain(capture_rng(), "rng", copies) if flag("rng", rng) else None,
    }


def restore_state(
    state: Any,
    *,
    model: Any = None,
    optimizer: Any = None,
    scheduler: Any = None,
    scaler: Any = None,
    accumulation: Any = None,
    loader: Any = None,
    precision: Any = None,
    rng: bool = True,
    **more: Any,
) -> dict[str, Any]:
    """Load a captured state into objects that were built in the same way, completely or not at all.

    Everything is checked before anything is loaded. If an object still refuses its state, the objects loaded before it
    get their old states back. ``state`` is not changed and may be loaded again.

    Args:
        state: from ``capture_state``, as it is or read from a file.
        model: the object to load into. It and the next six must be given exactly if they were captured.
        optimizer: as ``model``.
        scheduler: as ``model``.
        scaler: as ``model``.
        accumulation: as ``model``.
        loader: as ``model``.
        precision: as ``model``.
        rng: whether to load the generators, if the state has them.
        more: the other objects, by the names that they were captured with.

    Returns:
        The plain values that were captured: ``{"step": 7}``.

    Raises:
        TypeError: an object without ``state_dict`` and ``load_state_dict``.
        CheckpointError: the state of other objects, or not a captured state; the message names the leaves. Nothing is
            changed.
    """
    objects = _objects({**_named(model, optimizer, scheduler, scaler, accumulation, loader, precision), **more})
    saved = _opened(state)
    _check(objects, saved, rng=rng)
    _load_all(objects, saved["objects"])
    if saved["gradients"] is not None:
        for name, thing in objects.items():
            _load_gradients(thing, saved["gradients"].get(name, {}))
    if rng and saved["rng"] is not None:
        restore_rng(saved["rng"])  # last: loading may draw
    values: dict[str, Any] = _copied(saved["values"], {})
    return values


def _check(objects: dict[str, Any], saved: dict[str, Any], *, rng: bool) -> None:
    """Refuse a state that does not fit; changes nothing."""
    gradients = saved["gradients"] or {}
    try:
        lines = missing(objects, saved["objects"]) or [
            line
            for name, thing in objects.items()
            for line in problems(
                name, thing, objects, saved["objects"][name], saved["about"][name], gradients.get(name, {})
            )
        ]
        if rng and saved["rng"] is not None:
            lines += rng_problems(saved["rng"])
    except Exception as error:
        raise CheckpointError(f"the state is damaged ({error!r:.200}), and nothing was changed.") from error
    if not lines:
        return
    more = [f"... and {len(lines) - _MAX_LINES} more"] if len(lines) > _MAX_LINES else []
    text = "\n  ".join([*lines[:_MAX_LINES], *more])
    raise CheckpointError(
        f"the state does not fit these objects, and nothing was changed:\n  {text}\n"
        "Build the objects as they were built when it was captured. To load only a part, take its own state from "
        "state['objects']."
    )


# --- what is an object, and what is its state -----------------------------------------------------------------------


def _named(*things: Any) -> dict[str, Any]:
    names = ("model", "optimizer", "scheduler", "scaler", "accumulation", "loader", "precision")
    return {name: thing for name, thing in zip(names, things, strict=True) if thing is not None}


def _has_state(thing: Any) -> bool:
    return isinstance(thing, (torch.Generator, np.random.Generator)) or (
        callable(getattr(thing, "state_dict", None)) and callable(getattr(thing, "load_state_dict", None))
    )


def _objects(things: dict[str, Any]) -> dict[str, Any]:
    for name, thing in things.items():
        if not _has_state(thing):
            raise TypeError(
                f"{name} must have state_dict() and load_state_dict(), got {type(thing).__name__}. "
                "For a loader that can resume within an epoch see raytune_lite.training.loader.ResumableLoader."
            )
    return things


def _state_of(thing: Any) -> Any:
    if isinstance(thing, torch.Generator):
        return thing.get_state()
    if isinstance(thing, np.random.Generator):
        return thing.bit_generator.state
    return thing.state_dict()


def _load(thing: Any, state: Any) -> None:
    if isinstance(thing, torch.Generator):
        thing.set_state(state.cpu())
    elif isinstance(thing, np.random.Generator):
        thing.bit_generator.state = state
    else:
        thing.load_state_dict(state)
    if isinstance(thing, torch.optim.Optimizer):
        _keep_dtypes(thing, state)


def _keep_dtypes(optimizer: torch.optim.Optimizer, state: Any) -> None:
    """Undo a cast: torch loads an optimizer's tensors (masks, counters, float32 sums) in its parameters' dtype."""
    indices = [index for group in state["param_groups"] for index in group["params"]]
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    for index, parameter in zip(indices, parameters, strict=True):
        mine, kept = optimizer.state.get(parameter, {}), state["state"].get(index, {})
        mine.update({key: _as_saved(mine[key], value) for key, value in kept.items() if key in mine})


def _as_saved(loaded: Any, saved: Any) -> Any:
    if isinstance(saved, torch.Tensor):
        return loaded if loaded.dtype == saved.dtype else saved.to(loaded.device)
    if isinstance(saved, dict):
        return {key: _as_saved(loaded[key], value) for key, value in saved.items()}
    if isinstance(saved, (list, tuple)):
        return type(saved)(_as_saved(*pair) for pair in zip(loaded, saved, strict=True))
    return loaded


def _load_gradients(thing: Any, gradients: dict[str, torch.Tensor]) -> None:
    if isinstance(thing, nn.Module):
        for key, parameter in thing.named_parameters():
            gradient = gradients.get(key)
            parameter.grad = None if gradient is None else gradient.to(parameter.device, copy=True)


def _gradients(objects: dict[str, Any]) -> dict[str, dict[str, torch.Tensor]]:
    modules = {name: thing for name, thing in objects.items() if isinstance(thing, nn.Module)}
    return {
        name: {key: p.grad for key, p in module.named_parameters() if p.grad is not None}
        for name, module in modules.items()
    }


# --- plain and safe -------------------------------------------------------------------------------------------------


def _plain(value: Any, path: str, copies: _Copies) -> Any:
    """``value`` in a form that any release of torch loads with ``weights_only=True``; tensors are copied to the CPU."""
    try:
        return _copied(Encoder(torch).encode(value, path), copies)
    except RecursionError:
        raise CheckpointError(f"{path} is nested too deeply, or holds itself; give a plain dict of values.") from None


def _copied(value: Any, copies: _Copies, device: str | None = "cpu") -> Any:
    """``value`` with its tensors copied to ``device`` (None: each stays on its own) and its containers rebuilt."""
    if isinstance(value, torch.Tensor):
        return _copied_tensor(value.detach(), copies, device)
    if isinstance(value, dict):
        twin = copy.copy(value)  # works for a Counter or a defaultdict too, whose constructors take other arguments
        for key, item in value.items():
            twin[key] = _copied(item, copies, device)
        if "_metadata" in getattr(value, "__dict__", {}):
            vars(twin)["_metadata"] = vars(value)["_metadata"]
        return twin
    if type(value) in (list, tuple):
        return type(value)(_copied(item, copies, device) for item in value)
    return value


def _copied_tensor(tensor: torch.Tensor, copies: _Copies, device: str | None) -> torch.Tensor:
    if tensor.layout is not torch.strided or tensor.numel() == 0:
        return tensor.to(device or tensor.device, copy=True)
    key = (tensor.data_ptr(), tensor.device, tensor.dtype, tensor.shape, tensor.stride())
    if key not in copies:
        copies[key] = (tensor.to(device or tensor.device, copy=True), tensor)
    return copies[key][0]


def _opened(state: Any) -> dict[str, Any]:
    """``state`` in its natural types, or CheckpointError."""
    if not isinstance(state, Mapping) or state.get("version") != VERSION or not all(s in state for s in _SECTIONS):
        keys = list(state) if isinstance(state, Mapping) else state
        raise CheckpointError(
            f"a state of capture_state() has version={VERSION} and {list(_SECTIONS)}, got {shown(keys)}. "
            "Nothing was changed. If it is a part of a checkpoint, give that part: checkpoint['training']."
        )
    try:
        opened = {name: decode(state[name], None) for name in _SECTIONS}
        fits = all(isinstance(opened[name], dict) for name in ("objects", "about", "values"))
        fits = fits and all(opened[name] is None or isinstance(opened[name], dict) for name in ("gradients", "rng"))
    except Exception as error:
        raise CheckpointError(f"the state is damaged ({error!r:.200}), and nothing was changed.") from error
    if not fits or opened["objects"].keys() != opened["about"].keys():
        raise CheckpointError(f"the state is damaged: its sections {list(_SECTIONS)} do not fit. Nothing was changed.")
    return opened


# --- loading --------------------------------------------------------------------------------------------------------


def _load_all(objects: dict[str, Any], states: dict[str, Any]) -> None:
    """Load every object; if one fails, give all loaded ones their old states back and raise."""
    before: list[tuple[Any, Any]] = []
    for name, thing in objects.items():
        try:
            before.append((thing, _copied(_state_of(thing), {}, device=None)))
            # a copy: an optimizer keeps the tensors that it loads, and its next step changes them; a module copies them
            _load(thing, states[name] if isinstance(thing, nn.Module) else _copied(states[name], {}))
        except Exception as error:
            for other, old in reversed(before):
                _load(other, old)
            raise CheckpointError(
                f"{name} refused its state, and nothing was changed: {type(error).__name__}: {error}"
            ) from error

