"""A training state on disk, so that loading it never runs code: the one place where checkpoints meet torch.

In a process that uses torch the state is one ordinary torch file (``state.pt``), which ``torch.load`` with
``weights_only=True`` reads; elsewhere it is JSON (``state.json``) beside numpy arrays (``state.npz``). Torch
is imported only to read a torch file. Knows nothing of trials, roots or digests.

What a file cannot say natively is a *tagged* dict, ``{"__rtl__": name, "of": content}``. A user's own dict
that has this key is tagged itself, so no value is mistaken for a tag.
"""

from __future__ import annotations

import base64
import json
import sys
import zipfile
from collections import Counter, OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..exceptions import CheckpointDiskError, CheckpointError
from .disk import is_failing

TORCH_FILE = "state.pt"
JSON_FILE = "state.json"
ARRAY_FILE = "state.npz"

_TAG, _OF = "__rtl__", "of"
_PLAIN = (type(None), bool, float, str)
_SEQUENCES: dict[type, str] = {tuple: "tuple", set: "set", frozenset: "frozenset"}
_MAPPINGS: dict[type, str] = {dict: "dict", OrderedDict: "OrderedDict", Counter: "Counter"}
_BYTES: dict[type, str] = {bytes: "bytes", bytearray: "bytearray"}
_BUILDERS = {name: kind for table in (_SEQUENCES, _MAPPINGS, _BYTES) for kind, name in table.items()}
_ARRAY_KINDS = "biufcSUmM"  # numpy's dtype.kind: everything but objects and records


def save_state(directory: Path, state: Mapping[str, Any]) -> None:
    """Write ``state`` into ``directory``, after checking that loading it will run no code.

    Args:
        directory: an existing directory that holds no state yet.
        state: tensors, numpy arrays and scalars, numbers, strings, bytes, None, and dict, OrderedDict,
            Counter, list, tuple, set of those. Types, integer keys, dtypes and every bit survive; two
            names of one list become two lists.

    Raises:
        CheckpointDiskError: the disk is full, or fails.
        CheckpointError: a value of another type (named by its path), or a state is there already.
    """
    if not isinstance(state, Mapping):
        raise CheckpointError(
            f"a checkpoint's state must be a dict of names to values, got {type(state).__name__}."
        )
    present = [name for name in (TORCH_FILE, JSON_FILE) if (directory / name).exists()]
    if present:
        raise CheckpointError(
            f"{directory} holds a state already ({present[0]}); a checkpoint is written once."
        )
    encoder = Encoder(sys.modules.get("torch"))
    try:
        tree = encoder.encode(state if type(state) in _MAPPINGS else dict(state), "state")
    except RecursionError:
        raise CheckpointError(
            "the checkpoint's state is nested too deeply, or holds itself; save a plain dict of values."
        ) from None
    try:
        _write(directory, tree, encoder)
    except (OSError, RuntimeError) as error:
        # torch hides a full disk in a RuntimeError; the OSError that began it is in its context
        cause = error.__context__ if isinstance(error.__context__, OSError) else error
        kind = CheckpointDiskError if is_failing(error, directory) else CheckpointError
        raise kind(
            f"the state could not be written to {directory}: {cause}. Free space there, or give the study "
            "another checkpoint directory; the previous checkpoint is untouched."
        ) from error


def load_state(directory: Path) -> Any:
    """Read what ``save_state`` wrote, tensors on the CPU. Nothing in the file is run: ``weights_only=True``.

    Raises:
        CheckpointDiskError: the disk fails.
        CheckpointError: no state there, a file that is not what ``save_state`` writes, or torch is missing.
    """
    directory = Path(directory)
    try:
        if (directory / TORCH_FILE).exists():
            return decode(_read_torch(directory / TORCH_FILE), None)
        if (directory / JSON_FILE).exists():
            return _read_json(directory)
    except CheckpointError:
        raise
    except OSError as error:
        kind = CheckpointDiskError if is_failing(error, directory) else CheckpointError
        raise kind(f"the state in {directory} cannot be read: {error}. It is no start from zero.") from error
    except Exception as error:  # a planted file may make any parser raise anything, MemoryError too
        # torch's own text runs to a page and advises weights_only=False; its reason stands after this mark
        reason = str(error).rpartition("WeightsUnpickler error: ")[2].split("\n", 1)[0].rstrip(". ")[:200]
        raise CheckpointError(
            f"the state in {directory} cannot be read safely: {type(error).__name__}: {reason}. "
            "Nothing in it was run, and it is not taken for a start from zero. Restore it from a copy, or "
            "fail this trial."
        ) from error
    raise CheckpointError(
        f"{directory} holds neither {TORCH_FILE} nor {JSON_FILE}: this checkpoint was not written by "
        "trial.save_checkpoint(). Read its files the way you wrote them."
    )


# --- files --------------------------------------------------------------------------------------------------


def _write(directory: Path, tree: Any, encoder: Encoder) -> None:
    if encoder.torch is not None:
        with (directory / TORCH_FILE).open("wb") as file:
            encoder.torch.save(tree, file)
        return
    if encoder.arrays:
        # a dict of arrays can never need a pickle here: object arrays were refused by the encoder
        with (directory / ARRAY_FILE).open("wb") as file:
            np.savez(file, **{f"a{index}": array for index, array in enumerate(encoder.arrays)})
    # the JSON last: a state.json means that its arrays are there
    (directory / JSON_FILE).write_text(json.dumps(tree, separators=(",", ":")), encoding="ascii")


def _read_torch(path: Path) -> Any:
    try:
        import torch
    except ImportError as error:
        raise CheckpointError(
            f"{path} was written by torch, which this process cannot import ({error}). Install torch on this "
            "node; the trial cannot go on without its state."
        ) from error
    return torch.load(path, map_location="cpu", weights_only=True)


def _read_json(directory: Path) -> Any:
    tree = json.loads((directory / JSON_FILE).read_text(encoding="ascii"))
    if not (directory / ARRAY_FILE).exists():
        return decode(tree, {})
    with zipfile.ZipFile(directory / ARRAY_FILE) as packed:
        if any(member.compress_type != zipfile.ZIP_STORED for member in packed.infolist()):
            raise ValueError(f"{ARRAY_FILE} is compressed, which save_state never does: it may unpack to any size")
    with np.load(directory / ARRAY_FILE, allow_pickle=False) as arrays:
        return decode(tree, arrays)


# --- a state as what the file can hold ----------------------------------------------------------------------


def _tagged(name: str, content: Any) -> dict[str, Any]:
    return {_TAG: name, _OF: content}


class Encoder:
    """Rewrites a state into what a torch file (``torch``: the module) or JSON (None) says natively.

    Types are compared exactly: a subclass (an enum, a named tuple) would silently come back as its base.
    """

    def __init__(self, torch: Any) -> None:
        self.torch = torch
        self.arrays: list[Any] = []

    def encode(self, value: Any, path: str) -> Any:
        """``value`` as the file holds it; ``path`` names it in an error."""
        kind = type(value)
        if kind in _PLAIN:
            return value
        if kind is int:
            # neither json (4300 digits) nor weights_only (255 bytes) takes every int
            return value if value.bit_length() < 64 else _tagged("int", hex(value))
        if kind is list:
            return [self.encode(item, f"{path}[{index}]") for index, item in enumerate(value)]
        if kind in _MAPPINGS:
            return self._mapping(value, path)
        if kind in _SEQUENCES:
            items = [self.encode(item, f"{path}[{index}]") for index, item in enumerate(value)]
            return tuple(items) if self.torch and kind is tuple else _tagged(_SEQUENCES[kind], items)
        if kind in _BYTES:
            return self._bytes(value)
        if kind is complex:
            return _tagged("complex", [value.real, value.imag])
        if kind is np.ndarray or isinstance(value, np.generic):
            return self._array(value, path)
        if self.torch and self._is_torch_value(value, path):
            return value
        raise self._refuse(value, path)

    def _mapping(self, value: Any, path: str) -> Any:
        kind = type(value)
        natural = kind is dict or (self.torch and kind is OrderedDict)
        if natural and _TAG not in value and all(self._is_native_key(key) for key in value):
            result = kind((key, self.encode(item, f"{path}[{key!r}]")) for key, item in value.items())
        else:
            pairs = [
                [self.encode(key, f"{path}, key {key!r}"), self.encode(item, f"{path}[{key!r}]")]
                for key, item in value.items()
            ]
            result = _tagged(_MAPPINGS[kind], pairs)
        # module.state_dict() keeps its modules' versions in this attribute; load_state_dict reads them
        metadata = getattr(value, "_metadata", None)
        if type(result) is OrderedDict and metadata is not None:
            vars(result)["_metadata"] = self.encode(metadata, f"{path}._metadata")
        return result

    def _is_native_key(self, key: Any) -> bool:
        if type(key) is int:
            return self.torch is not None and key.bit_length() < 64
        return type(key) is str or (self.torch is not None and type(key) in _PLAIN)

    def _bytes(self, value: bytes | bytearray) -> Any:
        name = _BYTES[type(value)]
        if self.torch:  # as a tensor: a torch file spells bytes as text, and cannot say b""
            return _tagged(name, self._tensor_of(bytes(value)))
        return _tagged(name, base64.b64encode(value).decode("ascii"))

    def _array(self, value: Any, path: str) -> Any:
        if value.dtype.kind not in _ARRAY_KINDS:
            raise self._refuse(value, path, f"of dtype {value.dtype}")
        name = "ndarray" if type(value) is np.ndarray else "scalar"
        array = np.asarray(value)
        if self.torch:
            content = [array.dtype.str, list(array.shape), self._tensor_of(array.tobytes())]
            return _tagged(name, content)
        self.arrays.append(array)
        return _tagged(name, f"a{len(self.arrays) - 1}")

    def _tensor_of(self, content: bytes) -> Any:
        return self.torch.from_numpy(np.frombuffer(content, dtype=np.uint8).copy())

    def _is_torch_value(self, value: Any, path: str) -> bool:
        torch = self.torch
        if type(value) in (torch.Tensor, torch.nn.Parameter):
            if vars(value):  # they would be pickled along, whatever they are
                raise self._refuse(
                    value, path, f"with attributes {sorted(vars(value))} (save value.detach())"
                )
            if value.is_meta:
                raise self._refuse(value, path, "on the meta device, which holds no data")
            return True
        return type(value) in (torch.dtype, torch.device, torch.Size, torch.layout)

    def _refuse(self, value: Any, path: str, more: str = "") -> CheckpointError:
        kind = f"{type(value).__module__}.{type(value).__qualname__}"
        return CheckpointError(
            f"{path} is a {kind}{' ' if more else ''}{more}, which a checkpoint does not hold: only "
            "tensors, numpy arrays, numbers, strings, bytes, None, and dict/list/tuple/set of those, so that "
            "loading never runs code. Save its state_dict(), or write it yourself: with "
            "trial.checkpoint_dir(step) as path."
        )


def decode(value: Any, arrays: Any) -> Any:
    """Inverse of ``Encoder.encode``; ``arrays``: name -> array for JSON, None for a torch file."""
    if type(value) is list:
        return [decode(item, arrays) for item in value]
    if type(value) is tuple:
        return tuple(decode(item, arrays) for item in value)
    if isinstance(value, dict):
        if _TAG in value:
            return _untag(value[_TAG], value[_OF], arrays)
        result = type(value)((key, decode(item, arrays)) for key, item in value.items())
        if "_metadata" in getattr(value, "__dict__", {}):
            vars(result)["_metadata"] = decode(vars(value)["_metadata"], arrays)
        return result
    return value


def _untag(name: str, content: Any, arrays: Any) -> Any:
    if name == "int":
        return int(content, 16)
    if name == "complex":
        return complex(*content)
    if name in ("ndarray", "scalar"):
        return _array_from(content, arrays) if name == "ndarray" else _array_from(content, arrays)[()]
    kind = _BUILDERS[name]
    if kind in _BYTES:
        return kind(_bytes_of(content) if arrays is None else base64.b64decode(content))
    if kind in _MAPPINGS:
        return kind({decode(key, arrays): decode(item, arrays) for key, item in content})
    return kind(decode(item, arrays) for item in content)


def _array_from(content: Any, arrays: Any) -> Any:
    if arrays is not None:
        return arrays[content]
    dtype, shape, data = content
    return np.frombuffer(_bytes_of(data), dtype=np.dtype(dtype)).reshape(shape).copy()


def _bytes_of(tensor: Any) -> bytes:
    """The content of a tensor of ``_tensor_of``."""
    # a view may claim any number of elements over a byte of storage
    if tensor.dim() != 1 or not tensor.is_contiguous() or tensor.element_size() != 1:
        raise ValueError(f"a tensor of shape {tuple(tensor.shape)} is not the bytes of a value")
    content: bytes = tensor.numpy().tobytes()
    return content
