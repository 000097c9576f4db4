"""The suites that Optuna's wheel ships for authors of samplers and storages, with this package in Optuna's place.

A suite is executed from its file. What it imports from ``optuna`` is looked up in ``raytune_lite``; private names, and
classes that only annotate, are Optuna's own.
"""

from __future__ import annotations

import builtins
import importlib
import importlib.util
import itertools
from functools import partial
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

import raytune_lite
from raytune_lite.trial import FrozenTrial, TrialState

pytest.importorskip("optuna")


class _Both:
    """A module of ours, and Optuna's names where ours has none."""

    def __init__(self, dotted: str) -> None:
        self._dotted = dotted

    def __getattr__(self, name: str) -> Any:
        for top in ("raytune_lite", "optuna"):
            try:
                module = importlib.import_module(self._dotted.replace("optuna", top, 1))
                return getattr(module, name)
            except (ImportError, AttributeError):
                continue
        raise AttributeError(name)


def suite(name: str) -> ModuleType:
    """Module ``optuna.testing.<name>``, executed anew with ``raytune_lite`` for ``optuna``."""

    def found(wanted: str, globals_: Any = None, locals_: Any = None, fromlist: Any = (), level: int = 0) -> Any:
        if wanted.partition(".")[0] == "optuna":
            return _Both(wanted) if fromlist else _ours()
        return builtins.__import__(wanted, globals_, locals_, fromlist, level)

    spec = importlib.util.find_spec(f"optuna.testing.{name}")
    assert spec is not None
    assert spec.origin is not None
    module = ModuleType(name)
    module.__dict__["__builtins__"] = {**vars(builtins), "__import__": found}
    exec(compile(Path(spec.origin).read_text(), spec.origin, "exec"), vars(module))
    return module


def _ours() -> SimpleNamespace:
    """``raytune_lite`` as a suite uses it: its studies run in this process."""
    return SimpleNamespace(
        create_study=_inline,
        study=SimpleNamespace(create_study=_inline),
        create_trial=raytune_lite.create_trial,
        exceptions=raytune_lite.exceptions,
        samplers=raytune_lite.samplers,
    )


def _inline(**arguments: Any) -> raytune_lite.Study:
    study = raytune_lite.create_study(**arguments)
    study.optimize = partial(study.optimize, executor="inline", show_progress_bar=False)
    return study


_numbers = itertools.count(1000)


def new_trial(study: raytune_lite.Study) -> FrozenTrial:
    """A trial that begins, as a sampler is shown it. It is not stored: 100 of them a test would take long."""
    return FrozenTrial(number=next(_numbers), state=TrialState.RUNNING)
