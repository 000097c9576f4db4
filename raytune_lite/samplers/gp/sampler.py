"""GPSampler: Bayesian optimisation with a Gaussian process, as a function of the history and the trial's number."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ...arguments import integer, shown
from ...core.protocols import Sampler
from ...core.view import StudyView
from ...distributions import Distribution
from ...trial import TrialState
from ..base import DRAWN, BaseSampler, check_random_fraction, is_drawn_at_random, uniform
from ..for_studies import StudySampler
from ..keywords import optunas
from ..rng import rng_for
from ..wrapping import independent_sampler as checked
from .data import Data, Reader
from .space import Space

if TYPE_CHECKING:
    from .build import Builder
    from .rungs import RungRows

# scipy takes most of a second to import: the methods that need it do, and trial 0 begins without it
_LOCAL_FROM = 30  # dimensions from which on the search is local; with fewer, the prior on lengthscales does better


class GPSampler(BaseSampler):
    """Bayesian optimisation with a Gaussian process: few trials, each worth seconds or more.

    A Matern-5/2 process with one lengthscale a parameter is fitted to the warped values of all trials with a result;
    the next trial is where log expected improvement is largest. Beside pending trials, improvement is averaged over
    fantasies of their values, and the more are pending, the more suggestions explore instead (UCB-PE). Two or three
    objectives: log expected hypervolume improvement; more: a random scalarisation a trial (ParEGO). Constraints that
    trials tell multiply it by the probability of feasibility. Where a trial failed, little is expected.

    Where the results themselves say that they are noisy, and none failed, improvement counts by how much one
    observation tells (augmented EI), so the search leaves a place that it knows. Where trials share the best value,
    as error rates do, it begins half a step below that. Neither with several objectives, nor with stopped trials.

    Trials that were stopped count, with one objective. Beside a pruner with rungs (ASHA, Hyperband) the process is one
    over parameters and level: its rows are what stands at the rungs, at the top level the trials that completed, and it
    predicts at the top level (rungs.py, levels.py; not with constraints). Else trials that were pruned or wait paused
    after a report count by their rank, behind those that completed.

    Parameters that not every finished trial has are left to ``independent_sampler``. Trials 0, 1, ... until
    ``n_startup_trials`` have a result are the centre and then points of a Sobol sequence, by trial number.

    A suggestion depends on the history, the number and the seed alone. numpy and scipy do the work, in float64.

    Args:
        seed: integer >= 0; None draws one from the operating system and keeps it in ``spec()``.
        independent_sampler: chooses parameters outside of the joint space; None draws them uniformly. Also one of
            Optuna's, or one of your own.
        n_startup_trials: results that must be there before a process is fitted; 0 is 1, a point to learn from.
        deterministic_objective: the same parameters give the same value: noise is fixed at its floor, and improvement
            counts in full.
        random_fraction: share of the trials that is drawn uniformly while a pruner with rungs judges, in [0, 1].
        more: ``constraints_func``, see TPESampler, and ``warn_independent_sampling``, of which nothing warns.

    Raises:
        TypeError: ``random_fraction`` is not a number, or a keyword that is not Optuna's.
        ValueError: another argument of the wrong type, or one out of its range.

    Source: Jones, Schonlau and Welch 1998; Snoek, Larochelle and Adams 2012; Cowen-Rivers et al. 2022 (HEBO); Ament et
    al. 2023 (log-EI); Huang et al. 2006 (augmented EI); Hvarfner, Hellsten and Nardi 2024 (the prior on lengthscales).
    """

    in_background = True

    def __init__(
        self,
        *,
        seed: int | None = None,
        independent_sampler: Sampler | StudySampler | None = None,
        n_startup_trials: int = 10,
        deterministic_objective: bool = False,
        random_fraction: float = 0.0,
        **more: Any,
    ) -> None:
        self.constraints_func = optunas(type(self).__name__, more, "constraints_func", "warn_independent_sampling")
        n_startup_trials = max(1, integer("n_startup_trials", n_startup_trials, 0, "10 is usual"))
        if not isinstance(deterministic_objective, bool):
            raise ValueError(
                f"deterministic_objective must be True or False, got {shown(deterministic_objective)}; True says that "
                "the same parameters give the same value."
            )
        independent = checked(independent_sampler)
        super().__init__(
            seed,
            independent_sampler=independent,
            n_startup_trials=n_startup_trials,
            deterministic_objective=deterministic_objective,
            **check_random_fraction(random_fraction),
        )
        self._startup = n_startup_trials
        self._deterministic = deterministic_objective
        self._reader = Reader()
        self._source: object = None
        self._space: Space | None = None
        self._builder: Builder | None = None

    def load(self) -> None:
        """scipy."""
        from . import build, optimize  # noqa: F401

    def search_space(self, view: StudyView, known: Mapping[str, Distribution]) -> Mapping[str, Distribution]:
        """The parameters that every COMPLETE trial had; all that are known before there is one."""
        history = self._reader.history(view)
        if not history.of_state(TrialState.COMPLETE).any():
            return known
        names = set(history.shared(TrialState.COMPLETE))
        return {name: dist for name, dist in known.items() if name in names}

    def sample_relative(
        self, view: StudyView, number: int, space: Mapping[str, Distribution]
    ) -> Mapping[str, float]:
        """The whole of ``space`` at once: a point of the initial design, or where the acquisition is largest."""
        if is_drawn_at_random(self, view, number):
            return {name: uniform(self.seed, number, name, dist) for name, dist in space.items()}
        # whatever the caller's mode: under- and overflows are part of the plan, and are looked at where they matter
        with np.errstate(all="ignore"):
            return self._choose(view, number, space)

    def sample_within(
        self, view: StudyView, number: int, space: Mapping[str, Distribution], held: Mapping[str, float]
    ) -> Mapping[str, float]:
        """As ``sample_relative`` where some parameters keep the internal values ``held``.

        Empty while fewer than ``n_startup_trials`` have a result, and when no parameter is left to choose.
        """
        with np.errstate(all="ignore"):
            here = self._known(view, space)
            data = self._reader.read(view, number, here)
            if data.n < self._startup or set(here.free_names) <= held.keys():
                return {}
            return self._search(data, number, here, held=held)

    def sample_independent(self, view: StudyView, number: int, name: str, distribution: Distribution) -> float:
        """A parameter outside of the joint space: the independent sampler's choice, or a uniform draw."""
        if not is_drawn_at_random(self, view, number):
            if self.independent_sampler is not None:
                return float(self.independent_sampler.sample_independent(view, number, name, distribution))
            if number == 0:
                return distribution.from_unit(0.5)
        return super().sample_independent(view, number, name, distribution)

    def explain(self, view: StudyView, number: int, space: Mapping[str, Distribution]) -> str:
        """Whether a point is of the initial design, or what the process knew."""
        here = Space(space)
        if not here.d:
            return ""
        if is_drawn_at_random(self, view, number):
            return DRAWN
        with np.errstate(all="ignore"):
            data = self._reader.read(view, number, here)
            rungs = self._rungs(view, number, here, data)
            if rungs is not None:
                return self._explain_rungs(rungs, here)
        if data.n < self._startup:
            return f"initial point {number} of a Sobol sequence: {data.n} of {self._startup} trials have ended"
        from .ehvi import MOST_OBJECTIVES

        m = data.losses.shape[1]
        what = "log-EI" if m == 1 else "log-EHVI" if m <= MOST_OBJECTIVES else "log-EI of a random scalarisation"
        parts = [f"{what} of {data.n} trials in {here.d} dimensions"]
        parts += [f"{len(data.pending)} pending"] if len(data.pending) else []
        parts += [f"constraints {', '.join(data.constraints)}"] if data.constraints else []
        return "; ".join(parts)

    def _explain_rungs(self, rungs: RungRows, here: Space) -> str:
        from .build import Builder

        builder = self._builder or Builder(here, self._deterministic)
        counts = ", ".join(f"{n} at {level}" for level, n in rungs.entries.counts() if n)
        return f"rung model: {counts}; l_t {builder.reach(rungs):g}"

    def _choose(self, view: StudyView, number: int, space: Mapping[str, Distribution]) -> dict[str, float]:
        here = self._known(view, space)
        if not here.d:
            return dict(here.constants)
        data = self._reader.read(view, number, here)
        rungs = self._rungs(view, number, here, data)
        if rungs is None and data.n < self._startup:
            return self._initial(number, here)
        return self._search(data, number, here, rungs)

    def _rungs(self, view: StudyView, number: int, here: Space, data: Data) -> RungRows | None:
        """The rows of a process over the pruner's rungs; None where there are too few, or constraints to heed."""
        rungs = None if data.constraints else self._reader.rungs(view, number, here, self.seed)
        return rungs if rungs is not None and rungs.n_trials >= self._startup else None

    def _known(self, view: StudyView, space: Mapping[str, Distribution]) -> Space:
        """``space`` as a unit cube; another than the last one, or another study, begins with new fits."""
        here = Space(space)
        if self._space is None or self._space.key != here.key or self._source is not view.finished.source:
            self._space, self._source, self._builder = here, view.finished.source, None
        return self._space

    def _search(
        self,
        data: Data,
        number: int,
        here: Space,
        rungs: RungRows | None = None,
        held: Mapping[str, float] | None = None,
    ) -> dict[str, float]:
        from .build import Builder
        from .chain import MOST_ROWS
        from .optimize import Effort, maximise
        from .trust_region import box_around, side_length

        if self._builder is None:
            self._builder = Builder(here, self._deterministic)
        goal = self._builder.goal(data, rng_for(self.seed, number=number, purpose="gp/target"), rungs)
        if goal.failures:
            warnings.warn(
                f"GPSampler, trial {number}: the fit of {goal.failures} process(es) to {data.n} trials failed with "
                "any jitter; the prior's hyperparameters are used instead.",
                RuntimeWarning,
                stacklevel=4,
            )
        box = here.corners()
        if data.losses.shape[1] == 1 and (here.d >= _LOCAL_FROM or data.n > MOST_ROWS):
            results = data.losses[~np.isnan(data.losses[:, 0]), 0]  # of stopped trials there is none
            side = side_length(results[self._startup :], here.d)
            box = box_around(here, goal.incumbents[0], goal.scales, side)
        for i, dim in enumerate(here.dims):
            if held and dim.name in held:
                box[0][i] = box[1][i] = dim.to_unit(np.array([held[dim.name]]))[0]
        candidates = 1024 if data.n <= 250 else 512
        unit = maximise(
            goal.acquisition,
            here,
            rng_for(self.seed, number=number, purpose="gp/search"),
            goal.incumbents,
            goal.scales,
            data.taken,
            Effort(candidates=candidates, local=candidates // 2),
            box,
        )
        return here.decode(unit)

    def _initial(self, number: int, here: Space) -> dict[str, float]:
        if number == 0:
            return here.decode(here.from_cube(np.full((1, here.d), 0.5))[0])
        from .optimize import sobol

        points = sobol(here.d, max(6, number.bit_length()), self.seed)
        return here.decode(here.from_cube(points[number][None])[0])
