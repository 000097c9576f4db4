"""The random numbers of a training process: taking them down, putting them back, and addressing them.

These are the generators that the *objective* draws from: Python's, numpy's global one, torch's on the CPU and on every
CUDA device. This package draws from none of them. A generator whose module nobody has imported has no state to keep.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import torch

from ..arguments import shown


def capture_rng() -> dict[str, Any]:
    """The state of every generator: "python", "numpy", "torch", "cuda" (a list, one a device); None: not in use."""
    python, numpy = sys.modules.get("random"), sys.modules.get("numpy.random")
    return {
        "python": None if python is None else python.getstate(),
        "numpy": None if numpy is None else numpy.get_state(legacy=False),
        "torch": torch.get_rng_state(),
        # a process that has not begun to use CUDA is not made to: a context costs hundreds of MB on each device
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else None,  # type: ignore[no-untyped-call]
    }


def rng_problems(state: Mapping[str, Any]) -> list[str]:
    """What keeps ``restore_rng(state)`` from working, one line a generator; tried on generators made for it."""
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
        except Exception as error:  # noqa: BLE001  (whatever a state of a wrong form does to a generator)
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
    """Put back what ``capture_rng`` took; a generator that was not in use then is left alone."""
    if state["python"] is not None:
        importlib.import_module("random").setstate(state["python"])
    if state["numpy"] is not None:
        importlib.import_module("numpy.random").set_state(state["numpy"])
    torch.set_rng_state(state["torch"].cpu())
    for index, part in enumerate(state["cuda"] or ()):
        torch.cuda.set_rng_state(part.cpu(), index)


@contextlib.contextmanager
def seeded(seed: int, *address: int) -> Iterator[None]:
    """Within, the CPU generators start at ``(seed, *address)``; afterwards they are as found.

    What is drawn within depends on the address alone: not on what was drawn before, nor on the process. CUDA's
    generators are left alone.
    """
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
        if numpy is not None and before[1]["bit_generator"] == "MT19937":  # another cannot be seeded in place
            numpy.seed(words[2:6])
        torch.default_generator.manual_seed(int(words[6]) << 31 | int(words[7]))
        yield
    finally:
        if python is not None:
            python.setstate(before[0])
        if numpy is not None:
            numpy.set_state(before[1])
        torch.set_rng_state(before[2])
