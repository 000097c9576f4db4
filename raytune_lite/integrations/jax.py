"""JAX's pytrees as checkpoints: parameters, an optimizer's state and random keys, each bit as it was.

    state = params, optimizer.init(params), jax.random.key(trial.number)
    checkpoint = trial.load_checkpoint()
    if checkpoint is not None:
        state = restore_pytree(state, checkpoint["state"])
    ...
    trial.save_checkpoint({"state": capture_pytree(state), "epoch": epoch}, step=epoch)

Owns what numpy cannot say: random keys, and numbers of fewer than 32 bits such as bfloat16.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

import numpy as np

from ..exceptions import CheckpointError

try:
    import jax
except ImportError as error:
    raise ImportError(
        f"raytune_lite.integrations.jax needs JAX, which cannot be imported ({error}). Install it: "
        "pip install 'raytune-lite[jax]'."
    ) from error


def capture_pytree(tree: Any) -> list[dict[str, Any]]:
    """A pytree's leaves as a checkpoint holds them: one dict a leaf, with its path.

    Args:
        tree: of JAX's or numpy's arrays, random keys, and Python's numbers. It waits until they are computed.

    Raises:
        TypeError: a leaf of another type, by its path; an array of which this process has a part only.
    """
    return [{"path": jax.tree_util.keystr(path), **_plain(path, leaf)} for path, leaf in _leaves(tree)]


def restore_pytree(like: Any, captured: list[dict[str, Any]]) -> Any:
    """The pytree that was captured.

    Args:
        like: a pytree of the same structure, shapes and dtypes, as a new attempt makes it; its values do not matter.
            The arrays are put where its arrays are.
        captured: what ``capture_pytree`` gave.

    Raises:
        CheckpointError: ``like`` has other leaves than what was captured; names the first one.
    """
    leaves = list(_leaves(like))
    paths = [jax.tree_util.keystr(path) for path, _ in leaves]
    saved = [one["path"] for one in captured]
    if paths != saved:
        mine, its = next(pair for pair in zip_longest(paths, saved, fillvalue="none") if pair[0] != pair[1])
        raise CheckpointError(
            f"the checkpoint has {len(saved)} leaves and this pytree {len(paths)}; the first that differ are {its} "
            f"there and {mine} here. Build the same model and optimizer in each attempt of a trial."
        )
    restored = [_value(path, leaf, one) for path, (_, leaf), one in zip(paths, leaves, captured, strict=True)]
    return jax.tree.unflatten(jax.tree.structure(like), restored)


def _leaves(tree: Any) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = jax.tree_util.tree_leaves_with_path(tree)
    return found


def _plain(path: Any, leaf: Any) -> dict[str, Any]:
    if isinstance(leaf, (bool, int, float, complex)):
        return {"number": leaf}
    if _is_key(leaf):
        return {"key": str(jax.random.key_impl(leaf)), "array": np.asarray(jax.random.key_data(leaf))}
    if not isinstance(leaf, (np.ndarray, np.generic, jax.Array)) or not getattr(leaf, "is_fully_addressable", True):
        raise TypeError(
            f"{jax.tree_util.keystr(path)} is a {type(leaf).__name__}, which is no array that this process holds as a "
            "whole, no key and no number; save it by itself."
        )
    array = np.asarray(leaf)
    if array.dtype.kind == "V":  # bfloat16, float8, int4: numpy knows them as bytes only
        return {"dtype": array.dtype.name, "shape": list(array.shape), "bytes": array.tobytes()}
    return {"array": array}


def _value(path: str, like: Any, saved: dict[str, Any]) -> Any:
    if "number" in saved:
        return saved["number"]
    if "bytes" in saved:
        array = np.frombuffer(saved["bytes"], jax.numpy.dtype(saved["dtype"])).reshape(saved["shape"])
    else:
        array = saved["array"]
    is_key = "key" in saved
    here = jax.random.key_data(like) if is_key and _is_key(like) else like
    found = (array.shape, array.dtype, saved.get("key"))
    expected = (np.shape(here), getattr(here, "dtype", None), str(jax.random.key_impl(like)) if _is_key(like) else None)
    if found != expected:
        raise CheckpointError(
            f"{path} has shape, dtype and key {found} in the checkpoint and {expected} here. Build the same model and "
            "optimizer in each attempt of a trial."
        )
    if not isinstance(like, jax.Array):
        return array
    if is_key:
        return jax.random.wrap_key_data(array, impl=saved["key"])
    return jax.device_put(array, like.sharding)


def _is_key(leaf: Any) -> bool:
    return isinstance(leaf, jax.Array) and bool(jax.dtypes.issubdtype(leaf.dtype, jax.dtypes.prng_key))


__all__ = ["capture_pytree", "restore_pytree"]
