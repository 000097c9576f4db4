"""The random number generators of a training process: capture their states, restore them, seed them by an address.

These are the global generators that the *objective* draws from: Python's, numpy's, torch's on the CPU and on every CUDA
device. This package does not draw from them. A generator whose module was never imported has no state to keep, and
capturing does not import it.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arguments import shown

if TYPE_CHECKING:
    import torch


def capture_rng() -> dict[str, Any]:
    """The state of every generator: "python", "numpy", "torch", "cuda" (a list, one a device); None: not used."""
    python, numpy, torch = (sys.modules.get(name) for name in ("random", "numpy.random", "torch"))
    return {
        "python": None if python is None else python.getstate(),
        "numpy": None if numpy is None else numpy.get_state(legacy=False),
        "torch": None if torch is None else torch.get_rng_state(),
        # do not initialise CUDA for this: a context costs hundreds of MB on each device
        "cuda": None if torch is None or not torch.cuda.is_initialized() else torch.cuda.get_rng_state_all(),
    }


def rng_problems(state: Mapping[str, Any]) -> list[str]:
    """Why ``restore_rng(state)`` would fail, one line a generator; tried on new generators, so nothing is changed."""
    import torch

    problems = []
    trials: dict[str, Callable[[Any], Any]] = {
        "python": lambda part: importlib.import_module("random").Random().setstate(part),
        "numpy": _try_numpy,
        "torch": lambda part: torch.Generator().set_state(part.cpu()),
    }
    for name, attempt in trials.items():
        try:
            if state[name] is not None:
                attempt(state[name])
        except Exception as error:  # noqa: BLE001  (a generator may raise anything for a malformed state)
            found = shown(state.get(name), 60)
            problems.append(f"rng.{name}: a generator's state expected, got {found} ({error!r:.99})")
    saved, here = state.get("cuda"), torch.cuda.device_count()
    if saved is not None and len(saved) > here:
        problems.append(f"rng.cuda: {here} CUDA devices are here, got the states of {len(saved)}")
    if not all(isinstance(part, torch.Tensor) and part.dtype is torch.uint8 for part in saved or ()):
        problems.append(f"rng.cuda: tensors of bytes expected, got {shown(saved, 60)}")
    return problems


def _try_numpy(part: Any) -> None:
    module = importlib.import_module("numpy.random")
    now = module.get_state(legacy=False)["bit_generator"]
    if part["bit_generator"] != now:
        raise ValueError(f"its bit generator is {now}")
    module.RandomState(getattr(module, now)()).set_state(part)


def restore_rng(state: Mapping[str, Any]) -> None:
    """Restore the states from ``capture_rng``; a generator that was not used then stays as it is."""
    if state["python"] is not None:
        importlib.import_module("random").setstate(state["python"])
    if state["numpy"] is not None:
        importlib.import_module("numpy.random").set_state(state["numpy"])
    if state["torch"] is not None:
        torch = importlib.import_module("torch")
        torch.set_rng_state(state["torch"].cpu())
        for index, part in enumerate(state["cuda"] or ()):
            torch.cuda.set_rng_state(part.cpu(), index)


@contextlib.contextmanager
def seeded(seed: int, *address: int) -> Iterator[None]:
    """A context in which the CPU generators start at ``(seed, *address)``; afterwards they are as before.

    Numbers drawn inside are a function of seed and address alone: not of earlier draws, not of the process. CUDA's
    generators are not touched.
    """
    import torch

    python, numpy = sys.modules.get("random"), sys.modules.get("numpy.random")
    before: tuple[Any, Any, torch.Tensor] = (
        None if python is None else python.getstate(),
        None if numpy is None else numpy.get_state(legacy=False),
        torch.get_rng_state(),
    )
    words = np.random.SeedSequence(seed, spawn_key=address).generate_state(8)
    try:
        if python is not None:
            python.seed(int(words[0]) << 32 | int(words[1]))
        if numpy is not None and before[1]["bit_generator"] == "MT19937":  # other generators cannot be seeded in place
            numpy.seed(words[2:6])
        torch.default_generator.manual_seed(int(words[6]) << 31 | int(words[7]))
        yield
    finally:
        if python is not None:
            python.setstate(before[0])
        if numpy is not None:
            numpy.set_state(before[1])
        torch.set_rng_state(before[2])
