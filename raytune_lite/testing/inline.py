"""A study for a test: in this process, and gone when the test ends."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..samplers import RandomSampler
from ..study import Study, create_study


@contextmanager
def inline_study(**arguments: Any) -> Iterator[Study]:
    """A study in a temporary directory, deleted at the end of the block; ``optimize`` runs trials in this process.

    It is as exact as any other: a real database, real checkpoints, the real pruner. Without Ray a trial takes
    milliseconds, and pdb and coverage see the objective. The sampler is ``RandomSampler(seed=0)`` unless one is given,
    so a test repeats.

    Args:
        arguments: those of ``create_study``; ``storage`` and ``checkpoint_dir`` are in the temporary directory.

    Raises:
        TypeError, ValueError: see ``create_study``.
    """
    with tempfile.TemporaryDirectory(prefix="raytune_lite-study-") as name:
        folder = Path(name)
        places = {"storage": f"sqlite:///{folder / 'study.db'}", "checkpoint_dir": folder / "checkpoints"}
        sampler = {"sampler": RandomSampler(seed=0)}
        study = create_study(**{**sampler, **places, **arguments})
        study.optimize = functools.partial(study.optimize, executor="inline")  # type: ignore[method-assign]
        try:
            yield study
        finally:
            study.close()


__all__ = ["inline_study"]
