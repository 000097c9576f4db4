"""CMA-ES, for many trials of numerical parameters: a normal distribution that moves, widens and turns.

The evolution itself is the `cmaes` package's; this package adds asynchronous trials, purity and mixed spaces.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...arguments import as_float, flag, integer, integer_or_none, shown
from ...core.protocols import Sampler
from ...core.view import StudyView
from ...distributions import Distribution
from ...exceptions import SamplerRefusedError
from ...trial import FrozenTrial, TrialState
from ..base import BaseSampler
from ..for_studies import StudySampler
from ..wrapping import independent_sampler as checked
from .replay import Replay, Rules
from .steps import Variant

_RESTARTS = (None, "ipop", "bipop")
_SIGMA0 = 1 / 6


class CmaEsSampler(BaseSampler):
    """Covariance matrix adaptation evolution strategy.

    Numerical parameters that all trials share are chosen together. Others (categorical, conditional) are chosen by
    ``independent_sampler``. The state is a function of the finished trials, in the order in which they ended: nothing
    is stored beside them. Results count in the generation in which they arrive, so many trials at once waste few of
    them; trials that were enqueued or added count, too. Infeasible trials (``trial.set_constraint``) rank last.

    Args:
        x0: parameter -> value where the search begins; None and missing ones: the middle of the range.
        sigma0: first standard deviation, in widths of the range; None is 1/6.
        n_startup_trials: results before the first generation; trials that begin earlier are chosen independently.
        independent_sampler: see above; None draws uniformly. Also one of Optuna's, or one of your own.
        warn_independent_sampling: whether ``explain`` names parameters that were chosen independently.
        seed: integer >= 0; None draws one and keeps it in ``spec()``.
        consider_pruned_trials: PRUNED trials count with their last report.
        restart_strategy: "ipop" or "bipop" starts a new run with another population when one has converged.
        popsize: results in a generation, >= 4; None is 4 + floor(3 ln(dimensions)), and more while results come late
            because many trials run at once.
        inc_popsize: factor of the population from restart to restart.
        use_separable_cma: adapt variances only, faster: for many or independent parameters.
        with_margin: ints and steps (not on a log scale) keep a least chance of moving (CMA-ES with margin). It saves
            parameters of few values that decide little from freezing where they are, and costs speed elsewhere.
        lr_adapt: adapt learning rates, for noisy or multimodal objectives.
        source_trials: finished trials of another study, the best tenth of which tell where to begin. ``spec()`` holds
            them as pairs of params and value.

    Raises:
        ValueError: an argument out of range, two arguments that exclude each other, or a study of several objectives.

    Source: Hansen 2016, arXiv:1604.00772; see steps.py and replay.py for the variants.
    """

    def __init__(
        self,
        x0: Mapping[str, float] | None = None,
        sigma0: float | None = None,
        n_startup_trials: int = 1,
        independent_sampler: Sampler | StudySampler | None = None,
        warn_independent_sampling: bool = True,
        seed: int | None = None,
        *,
        consider_pruned_trials: bool = False,
        restart_strategy: str | None = None,
        popsize: int | None = None,
        inc_popsize: int = 2,
        use_separable_cma: bool = False,
        with_margin: bool = False,
        lr_adapt: bool = False,
        source_trials: Sequence[Any] | None = None,
    ) -> None:
        n_startup_trials = integer("n_startup_trials", n_startup_trials, 0, "1 is enough to know the parameters")
        popsize = integer_or_none("popsize", popsize, 4, "None chooses by the number of parameters")
        inc_popsize = _growth(inc_popsize)
        variant = _variant(use_separable_cma, with_margin, lr_adapt)
        if not isinstance(restart_strategy, (str, type(None))) or restart_strategy not in _RESTARTS:
            raise ValueError(f"restart_strategy must be one of {list(_RESTARTS)}, got {shown(restart_strategy)}.")
        sigma0, start = _width(sigma0), _start(x0)
        independent = checked(independent_sampler)
        sources = _sources(source_trials, consider_pruned_trials)
        if sources is not None:
            _refuse_beside_sources(x0, sigma0, use_separable_cma)
        super().__init__(
            seed,
            x0=start,
            sigma0=sigma0,
            n_startup_trials=n_startup_trials,
            independent_sampler=independent,
            warn_independent_sampling=flag("warn_independent_sampling", warn_independent_sampling),
            consider_pruned_trials=flag("consider_pruned_trials", consider_pruned_trials),
            restart_strategy=restart_strategy,
            popsize=popsize,
            inc_popsize=inc_popsize,
            use_separable_cma=use_separable_cma,
            with_margin=with_margin,
            lr_adapt=lr_adapt,
            source_trials=sources,
        )
        self._independent: Sampler = BaseSampler(self.seed) if independent is None else independent
        self._replay = Replay(
            Rules(
                seed=self.seed,
                x0=start,
                sigma0=_SIGMA0 if sigma0 is None else sigma0,
                n_startup=n_startup_trials,
                with_pruned=bool(consider_pruned_trials),
                restart=restart_strategy,
                popsize=popsize,
                inc_popsize=inc_popsize,
                variant=variant,
                sources=sources,
            )
        )

    def search_space(self, view: StudyView, known: Mapping[str, Distribution]) -> Mapping[str, Distribution]:
        """All of ``known``.

        Raises:
            ValueError: the study has several objectives.
        """
        _check_one_objective(view)
        return known

    def sample_relative(self, view: StudyView, number: int, space: Mapping[str, Distribution]) -> Mapping[str, float]:
        """A point of the present generation, and the independent sampler's values for what is no dimension of it.

        Raises:
            ValueError: the study has several objectives.
        """
        _check_one_objective(view)
        together: Mapping[str, float] = {}
        with np.errstate(all="ignore"):
            replay = self._replay.follow(view, frozenset(space))
            if replay.ready and replay.box is not None:
                point, _ = replay.generations[-1].draw(replay.normal(number), replay.box)
                together = replay.box.suggestion(point, space)
        if len(together) == len(space):
            return together
        alone = self._independent.sample_independent
        return {
            name: together[name] if name in together else alone(view, number, name, dist)
            for name, dist in space.items()
        }

    def sample_independent(self, view: StudyView, number: int, name: str, distribution: Distribution) -> float:
        """The independent sampler's value.

        Raises:
            ValueError: the study has several objectives.
        """
        _check_one_objective(view)
        return self._independent.sample_independent(view, number, name, distribution)

    def explain(self, view: StudyView, number: int, space: Mapping[str, Distribution]) -> str:  # noqa: ARG002
        """For example "generation 12 of 10 results, step size 0.05"."""
        with np.errstate(all="ignore"):
            replay = self._replay.follow(view, frozenset(space))
        if not replay.ready or replay.box is None:
            return "chosen independently: no generation has begun"
        now = replay.generations[-1]
        alone = sorted(space.keys() - set(replay.box.names)) if self._arguments["warn_independent_sampling"] else []
        rest = f"; chosen independently: {shown(alone)}" if alone else ""
        return f"generation {now.index + 1} of {replay.popsize} results, step size {now.sigma:.2g}{rest}"


def _check_one_objective(view: StudyView) -> None:
    if len(view.directions) != 1:
        raise SamplerRefusedError(
            f"CmaEsSampler optimises one objective, got a study of {len(view.directions)} objectives; use "
            "NSGAIISampler or TPESampler."
        )


def _is_number(value: Any) -> bool:
    is_number = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    return is_number and as_float(value) is not None  # an int may be too large


def _variant(separable: Any, margin: Any, lr_adapt: Any) -> Variant:
    for name, value in (("use_separable_cma", separable), ("with_margin", margin), ("lr_adapt", lr_adapt)):
        if not isinstance(value, bool):
            raise ValueError(f"{name} must be True or False, got {shown(value)}.")
    if separable + margin + lr_adapt > 1:
        raise ValueError(
            "use_separable_cma, with_margin and lr_adapt exclude each other, got "
            f"{separable}, {margin} and {lr_adapt}; set one of them."
        )
    return Variant(separable=separable, margin=margin, lr_adapt=lr_adapt)


def _growth(given: Any) -> int:
    """By how much a population grows; -1, Optuna's default, is ours."""
    is_default = type(given) is int and given == -1
    return 2 if is_default else integer("inc_popsize", given, 1, "2 doubles the population at each restart")


def _width(sigma0: Any) -> float | None:
    if sigma0 is None:
        return None
    if not _is_number(sigma0) or not 0 < sigma0 < math.inf:
        raise ValueError(f"sigma0 must be a number > 0, in widths of the range, got {shown(sigma0)}; 1/6 is usual.")
    return float(sigma0)


def _refuse_beside_sources(x0: Any, sigma0: Any, separable: bool) -> None:
    if x0 is not None or sigma0 is not None or separable:
        raise ValueError(
            "source_trials decide where to begin and learn a whole matrix: x0, sigma0 and use_separable_cma must "
            f"be left out, got x0={shown(x0)}, sigma0={shown(sigma0)}, use_separable_cma={separable}."
        )


def _start(x0: Any) -> dict[str, float] | None:
    if x0 is None:
        return None
    if not isinstance(x0, Mapping) or not all(isinstance(k, str) and _is_number(v) for k, v in x0.items()):
        raise ValueError(f"x0 must map parameter names to numbers, got {shown(x0)}; leave choices out.")
    return {name: float(value) for name, value in x0.items()}


def _sources(trials: Any, with_pruned: bool) -> list[list[Any]] | None:
    """[params, value] of each usable trial, as JSON keeps them; infinite values are usable, NaN is not."""
    if trials is None:
        return None
    if isinstance(trials, str) or not isinstance(trials, Sequence):
        raise ValueError(f"source_trials must be a list of finished trials, got {shown(trials)}; give study.trials.")
    found = [pair for pair in (_pair(trial, with_pruned) for trial in trials) if pair is not None]
    if not found:
        raise ValueError(
            f"source_trials must hold at least one COMPLETE trial, got none among {len(trials)}; give study.trials."
        )
    return found


def _pair(trial: Any, with_pruned: bool) -> list[Any] | None:
    value: Any = None
    if isinstance(trial, FrozenTrial):
        params: Any = trial.params
        if trial.state is TrialState.COMPLETE and trial.values:
            value = trial.values[0]
        elif trial.state is TrialState.PRUNED and with_pruned and trial.last_step is not None:
            value = trial.intermediate_values[trial.last_step]
        if value is None or value != value:
            return None
    else:
        try:
            params, value = trial
        except (TypeError, ValueError):
            params = None
        if not isinstance(params, Mapping) or not _is_number(value) or value != value:
            raise ValueError(
                f"source_trials must hold finished trials, or pairs of params and value, got {shown(trial)}."
            )
    return [dict(params), float(value)]
