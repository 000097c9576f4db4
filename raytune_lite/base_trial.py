"""What all trials have in common, and trials whose parameters are known: an objective runs on them without a study.

Data and checks only. FrozenTrial, which is one of them, is in ``trial``; the live Trial is in ``runtime``.
"""

from __future__ import annotations

import contextlib
import math
import tempfile
import warnings
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from .arguments import as_float, integer, mapping, shown
from .distributions import (
    CategoricalChoice,
    CategoricalDistribution,
    Distribution,
    FloatDistribution,
    IntDistribution,
    check_compatibility,
    is_simple,
    last_on_grid,
)

CONSTRAINTS = "constraints"  # of system attributes: a list of numbers, as Optuna stored them up to its version 4
CONSTRAINT_PREFIX = "constraints:"  # of those that hold one number each


def constraints_in(system_attrs: Mapping[str, Any]) -> dict[str, float]:
    """The constraints among a trial's system attributes, by key, in both of Optuna's formats."""
    found = {}
    listed = system_attrs.get(CONSTRAINTS)
    if isinstance(listed, (list, tuple)):
        found = {str(index): value for index, value in enumerate(listed)}
    for key in system_attrs:
        if key.startswith(CONSTRAINT_PREFIX):
            found[key[len(CONSTRAINT_PREFIX) :]] = system_attrs[key]
    return {key: float(value) for key, value in found.items() if isinstance(value, (int, float))}


class BaseTrial:
    """Base of Trial, FrozenTrial and FixedTrial: how an objective asks for its parameters."""

    __slots__ = ()

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """A float in [low, high]; see FloatDistribution. A repeated name returns its first value.

        ``step``: distance of the values from ``low`` on; where none is ``high``, the one below is the last, with a
        warning. ``log``: the logarithm is drawn uniformly; without ``step``.
        """
        high = high if step is None else _on_grid(name, low, high, step)
        return float(self._suggest(name, FloatDistribution(low, high, log=log, step=step)))

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        """An int in [low, high]; see IntDistribution. A repeated name returns its first value.

        ``step``: distance of the values from ``low`` on; as for ``suggest_float``. ``log``: the logarithm is drawn
        uniformly; with ``step`` 1.
        """
        high = high if type(step) is int and step == 1 else _on_grid(name, low, high, step)
        return int(self._suggest(name, IntDistribution(low, high, log=log, step=step)))

    def suggest_categorical(self, name: str, choices: Sequence[CategoricalChoice]) -> Any:
        """One of ``choices``, which may be lists, tuples and dicts too; see CategoricalDistribution.

        A repeated name returns its first value. What JSON cannot hold, as a class or a function, is suggested by name:
        ``by_name[trial.suggest_categorical("optimizer", list(by_name))]``.
        """
        distribution = CategoricalDistribution.without_warning(choices)
        distribution.warn(stacklevel=3)
        return self._suggest(name, distribution)

    def suggest_uniform(self, name: str, low: float, high: float) -> float:
        """The old name of ``suggest_float(name, low, high)``, as in Optuna."""
        _warn_of("suggest_uniform(...)", "suggest_float(...)")
        return self.suggest_float(name, low, high)

    def suggest_loguniform(self, name: str, low: float, high: float) -> float:
        """The old name of ``suggest_float(name, low, high, log=True)``, as in Optuna."""
        _warn_of("suggest_loguniform(...)", "suggest_float(..., log=True)")
        return self.suggest_float(name, low, high, log=True)

    def suggest_discrete_uniform(self, name: str, low: float, high: float, q: float) -> float:
        """The old name of ``suggest_float(name, low, high, step=q)``, as in Optuna."""
        _warn_of("suggest_discrete_uniform(...)", "suggest_float(..., step=...)")
        return self.suggest_float(name, low, high, step=q)

    def _suggest(self, name: str, distribution: Distribution) -> Any:
        raise NotImplementedError


def _on_grid(name: str, low: Any, high: Any, step: Any) -> Any:
    """The last value on the grid, with a warning where that is not ``high``, as in Optuna."""
    last = last_on_grid(low, high, step)
    if last is not high and last != high:
        warnings.warn(
            f"parameter {name!r}: step={step} does not divide [{low}, {high}]; the range is [{low}, {last}].",
            stacklevel=3,
        )
    return last


def _warn_of(old: str, new: str) -> None:
    warnings.warn(f"{old} is an old name of Optuna's, which goes with its version 6; use {new}.", FutureWarning, 3)


class KnownTrial(BaseTrial):
    """A trial whose parameters are known, so that an objective can be run on it again: ``objective(study.best_trial)``.

    It is never pruned, and what it reports and saves is forgotten.
    """

    __slots__ = ()

    params: Any
    distributions: Any
    user_attrs: Any
    system_attrs: Any
    rank, world_size, local_rank = 0, 1, 0
    resumed_from_step = None

    def report(self, value: float | Sequence[float], step: int) -> None:
        """Do nothing: ``value`` at ``step`` is forgotten."""

    def should_prune(self) -> bool:
        """False."""
        return False

    def should_checkpoint(self) -> bool:
        """False."""
        return False

    def load_checkpoint(self) -> None:
        """None: it begins anew."""

    def load_checkpoint_dir(self) -> None:
        """None: it begins anew."""

    def save_checkpoint(self, state: Mapping[str, Any], step: int) -> None:
        """Do nothing: ``state`` at ``step`` is forgotten."""

    @contextlib.contextmanager
    def checkpoint_dir(self, step: int) -> Iterator[Path]:  # noqa: ARG002
        """An empty directory for any ``step``, which is deleted when the block ends."""
        with tempfile.TemporaryDirectory(prefix="raytune_lite-trial-") as folder:
            yield Path(folder)

    def set_user_attr(self, key: str, value: Any) -> None:
        """Set the attribute ``key`` of this object to ``value``; nothing is stored."""
        _as_dict(self, "user_attrs")[key] = value

    @property
    def constraints(self) -> dict[str, float]:
        """The values that ``set_constraint`` stored, by key; empty when there are none."""
        return constraints_in(self.system_attrs)

    def set_constraint(self, key: str, value: float) -> None:
        """Set the constraint ``key`` of this object, the first one of a ``key`` stands; nothing is stored.

        Raises:
            TypeError, ValueError: ``value`` is no number, or NaN.
        """
        found = constraint_value(key, value)
        if key in self.constraints:
            warnings.warn(f"constraint {key!r} was set already; the first value stands.", stacklevel=2)
            return
        _as_dict(self, "system_attrs")[f"{CONSTRAINT_PREFIX}{key}"] = found

    def _suggest(self, name: str, distribution: Distribution) -> Any:
        if name not in self.params:
            raise ValueError(
                f"the value of the parameter {name!r} is not found: this trial has {', '.join(self.params) or 'none'}. "
                f"Give it one, for example FixedTrial({{{name!r}: ...}})."
            )
        value, known = self.params[name], self.distributions.get(name)
        if known is not None:
            check_compatibility(name, known, distribution)
        internal = distribution.to_internal_repr(value)
        if not distribution.contains(internal):
            warnings.warn(
                f"the value {shown(value)} of the parameter {name!r} is out of the range of the distribution "
                f"{distribution}.",
                stacklevel=3,
            )
        _as_dict(self, "distributions")[name] = distribution
        return value if is_simple(value) else distribution.to_external_repr(internal)  # a record has lists for tuples


def constraint_value(key: Any, value: Any) -> float:
    """How far the constraint ``key`` is missed, as a float.

    Raises:
        TypeError: ``value`` is no number.
        ValueError: it is NaN.
    """
    found = as_float(value)
    if found is None or math.isnan(found):
        raise (TypeError if found is None else ValueError)(
            f"constraint {shown(key)} must be a number, got {shown(value)}; it is met when it is <= 0."
        )
    return found


def _as_dict(trial: KnownTrial, name: str) -> MutableMapping[str, Any]:
    """An attribute's own dict; a record that came from the core has views."""
    if not isinstance(getattr(trial, name), dict):
        setattr(trial, name, dict(getattr(trial, name)))
    found: MutableMapping[str, Any] = getattr(trial, name)
    return found


class FixedTrial(KnownTrial):
    """A trial with given parameters: ``objective(FixedTrial({"x": 1.0}))``. No study is needed, and nothing is stored.

    ``raytune_lite.testing.FakeTrial`` also checks what an objective reports and saves.

    Args:
        params: the values that the objective gets, by name.
        number: the trial's number.

    Raises:
        TypeError, ValueError: no dict of names, or no integer >= 0.
    """

    def __init__(self, params: Mapping[str, Any], number: int = 0) -> None:
        self._values = mapping("params", params, 'for example {"x": 1.0}')
        self.number = integer("number", number, 0, "it is the trial's number")
        self.attempt = 1
        self._used: dict[str, Any] = {}
        self.distributions: dict[str, Distribution] = {}
        self.user_attrs: dict[str, Any] = {}
        self.system_attrs: dict[str, Any] = {}
        self.datetime_start = datetime.now()

    @property
    def params(self) -> dict[str, Any]:
        """Parameters suggested so far, by name."""
        return dict(self._used)

    def _suggest(self, name: str, distribution: Distribution) -> Any:
        is_new = name in self._values and name not in self._used
        if is_new:
            self._used[name] = self._values[name]
        return super()._suggest(name, distribution)


__all__ = [
    "CONSTRAINTS", "CONSTRAINT_PREFIX", "BaseTrial", "FixedTrial", "KnownTrial", "constraint_value",
    "constraints_in",
]  # fmt: skip
