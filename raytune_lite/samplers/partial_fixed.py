"""Some parameters at fixed values, the others chosen by another sampler."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..arguments import shown
from ..core.protocols import Branches, Grid, Sampler
from ..core.view import StudyView
from ..distributions import CategoricalChoice, Distribution, plain_value
from ..exceptions import InvalidDistributionError, SamplerRefusedError
from .auto import AutoSampler
from .for_studies import StudySampler, for_studies_too
from .wrapping import Wrapping, inner_sampler


@dataclass(frozen=True, slots=True, init=False)
class PartialFixedSampler(Wrapping):
    """Gives ``fixed_params`` their values in every trial, and leaves the rest to ``base_sampler``.

    A value that ``enqueue_trial`` gives to a trial wins over the fixed one.

    Args:
        fixed_params: parameter name -> its value as the objective sees it (None, bool, int, float or str).
        base_sampler: chooses all other parameters; also one of Optuna's, or one of your own. It sees whole trials, the
            fixed values among them. None, as ``study.sampler`` may be: AutoSampler.

    Raises:
        ValueError: ``fixed_params`` is no mapping of names to such values, or names a parameter of the base's grid;
            ``base_sampler`` is no sampler. When a parameter is sampled: its fixed value is not in its distribution.
    """

    fixed_params: Mapping[str, CategoricalChoice]
    base_sampler: Sampler

    def __init__(
        self, fixed_params: Mapping[str, CategoricalChoice], base_sampler: Sampler | StudySampler | None
    ) -> None:
        if not isinstance(fixed_params, Mapping):
            raise ValueError(
                f"fixed_params must map parameter names to values, got {shown(fixed_params)}; for example {{'x': 1}}."
            )
        base = AutoSampler() if base_sampler is None else base_sampler
        base_sampler = inner_sampler("base_sampler", base, "TPESampler()")
        fixed = {name: _checked(name, value) for name, value in fixed_params.items()}
        in_grid = sorted(fixed.keys() & _grid_names(base_sampler))
        if in_grid:
            raise ValueError(
                f"fixed_params must not name parameters of base_sampler's grid, got {shown(in_grid)}; give the grid "
                "one value for each instead."
            )
        object.__setattr__(self, "fixed_params", fixed)
        object.__setattr__(self, "base_sampler", base_sampler)

    @property
    def grid(self) -> Grid | Branches | None:
        """The base sampler's."""
        return self.base_sampler.grid

    def spec(self) -> dict[str, Any]:
        """``{"name": "PartialFixedSampler", "fixed_params": ..., "base_sampler": the base sampler's spec}``."""
        return {
            "name": "PartialFixedSampler",
            "fixed_params": dict(self.fixed_params),
            "base_sampler": self.base_sampler.spec(),
        }

    def with_arguments(self, base_sampler: Sampler) -> PartialFixedSampler:
        """The same fixed values around another ``base_sampler``."""
        return PartialFixedSampler(self.fixed_params, base_sampler)

    def explain(self, view: StudyView, number: int, space: Mapping[str, Distribution]) -> str:
        """What the base sampler says of the rest."""
        return self.base_sampler.explain(view, number, self._rest(space))

    def search_space(self, view: StudyView, known: Mapping[str, Distribution]) -> Mapping[str, Distribution]:
        """The parameters that the base sampler suggests ahead, and the fixed parameters among ``known``."""
        # a fixed value outside another trial's range may be inside the next one's: it is not suggested ahead then
        fixed = {name: known[name] for name in self.fixed_params if name in known and self._fits(name, known[name])}
        chosen = {**self.base_sampler.search_space(view, self._rest(known)), **fixed}
        return {name: chosen[name] for name in known if name in chosen}

    @for_studies_too
    def sample_relative(self, view: StudyView, number: int, space: Mapping[str, Distribution]) -> Mapping[str, float]:
        """The fixed values, and the base sampler's for the rest.

        Raises:
            ValueError: a fixed value is not in its distribution.
        """
        rest = self._rest(space)
        chosen = self.base_sampler.sample_relative(view, number, rest) if rest else {}
        return {
            name: self._fixed(name, dist) if name in self.fixed_params else chosen[name]
            for name, dist in space.items()
            if name in self.fixed_params or name in chosen
        }

    @for_studies_too
    def sample_independent(self, view: StudyView, number: int, name: str, distribution: Distribution) -> float:
        """The fixed value of ``name``, or the base sampler's choice.

        Raises:
            ValueError: the fixed value is not in the distribution.
        """
        if name in self.fixed_params:
            return self._fixed(name, distribution)
        return self.base_sampler.sample_independent(view, number, name, distribution)

    def __hash__(self) -> int:
        return hash(("PartialFixedSampler", tuple(self.fixed_params), self.base_sampler))

    def _rest(self, space: Mapping[str, Distribution]) -> dict[str, Distribution]:
        return {name: dist for name, dist in space.items() if name not in self.fixed_params}

    def _fits(self, name: str, distribution: Distribution) -> bool:
        try:
            self._fixed(name, distribution)
        except ValueError:
            return False
        return True

    def _fixed(self, name: str, distribution: Distribution) -> float:
        value = self.fixed_params[name]
        try:
            internal = distribution.to_internal_repr(value)
            if distribution.contains(internal):
                return internal
        except InvalidDistributionError:
            pass
        raise SamplerRefusedError(
            f"fixed_params[{name!r}] must be a value of {shown(distribution)}, got {value!r}; fix another value, or "
            "widen the distribution."
        )


def _checked(name: Any, value: Any) -> CategoricalChoice:
    if not isinstance(name, str):
        raise ValueError(f"fixed_params must have parameter names as keys, got {shown(name)}; use a str.")
    try:
        found: CategoricalChoice = plain_value(value)
    except (TypeError, RecursionError) as error:
        raise ValueError(
            f"fixed_params[{name!r}] must be None, bool, int, float, str, or lists, tuples and dicts of these (JSON "
            f"keeps them), got {shown(value)} ({error!r:.200})."
        ) from None
    return found


def _grid_names(sampler: Sampler) -> set[str]:
    grid = sampler.grid
    return set() if grid is None or isinstance(grid, Branches) else set(grid.params(0))  # a tree knows none beforehand
