"""The default: which sampler chooses the next trial, by the study's parameters, objectives and age."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, cast

from ..arguments import integer
from ..core.view import StudyView
from ..distributions import CategoricalDistribution, Distribution
from ..trial import TrialState
from .base import DRAWN, BaseSampler, check_random_fraction, is_drawn_at_random
from .branches import Branch, branch_of_a_good_trial
from .history import History

if TYPE_CHECKING:
    from .gp import GPSampler

_STARTUP = 10  # COMPLETE trials of a conditional space before a branch has a Gaussian process
_FEWEST = 6  # and of the branch
_MANY_OBJECTIVES = 4  # from here on NSGA-III's reference points spread better than NSGA-II's crowding distance


class AutoSampler(BaseSampler):
    """Chooses among this package's samplers; ``explain`` says which and why, and the log of the study keeps it.

    No sampler wins everywhere. A Gaussian process makes most of few trials, but its cost grows with the cube of their
    number, and it needs parameters that all trials share; so:

    * conditional parameters: TPE, which takes each group of parameters that occur together; with one objective and no
      pruner with rungs, every other trial's are a Gaussian process's within the branch of a good trial;
    * else, until ``n_gp_trials`` trials are COMPLETE: GP;
    * then several objectives: NSGA-II, and NSGA-III from four on; a categorical parameter, or a pruner with rungs
      (ASHA, Hyperband), from whose paused trials CMA-ES would not learn: TPE; else CMA-ES, whose generations are those
      of all results so far.

    Beside a pruner with rungs the Gaussian process is one over parameters and level (see GPSampler).

    Args:
        seed: integer >= 0; None draws one and keeps it in ``spec()``.
        n_gp_trials: COMPLETE trials after which the Gaussian process is left.
        random_fraction: share of the trials that GP and TPE draw uniformly while a pruner with rungs judges, in [0, 1].

    Raises:
        TypeError: ``random_fraction`` is not a number.
        ValueError: ``n_gp_trials`` is no integer >= 0, or ``random_fraction`` is not in [0, 1].
    """

    in_background = True

    def __init__(self, seed: int | None = None, *, n_gp_trials: int = 250, random_fraction: float = 0.0) -> None:
        self.n_gp_trials = integer("n_gp_trials", n_gp_trials, 0, "0 uses no Gaussian process")
        super().__init__(seed, n_gp_trials=self.n_gp_trials, **check_random_fraction(random_fraction))
        self._share = float(random_fraction)
        self._history = History()
        self._samplers: dict[str, BaseSampler] = {}

    def load(self) -> None:
        """What the samplers need that are chosen so far."""
        for sampler in list(self._samplers.values()):
            sampler.load()

    def search_space(self, view: StudyView, known: Mapping[str, Distribution]) -> Mapping[str, Distribution]:
        """The chosen sampler's."""
        return self._chosen(view).search_space(view, known)

    def sample_relative(self, view: StudyView, number: int, space: Mapping[str, Distribution]) -> Mapping[str, float]:
        """The chosen sampler's; in a conditional space every other trial's branch is the Gaussian process's."""
        values = self._chosen(view).sample_relative(view, number, space)
        branch = self._branch(view, number, space)
        if branch is None:
            return values
        key = f"GPSampler/{json.dumps(list(branch.space))}"
        if key not in self._samplers:
            self._samplers[key] = _gp(self.seed, 0.0, _FEWEST)
        process = cast("GPSampler", self._samplers[key])
        return {**values, **process.sample_within(view, number, branch.space, branch.held)}

    def sample_independent(self, view: StudyView, number: int, name: str, distribution: Distribution) -> float:
        """The chosen sampler's."""
        return self._chosen(view).sample_independent(view, number, name, distribution)

    def explain(self, view: StudyView, number: int, space: Mapping[str, Distribution]) -> str:
        """For example "GPSampler: fewer than 250 trials are COMPLETE"."""
        if is_drawn_at_random(self, view, number):
            return DRAWN
        branch = self._branch(view, number, space)
        if branch is None:
            return ": ".join(self._choice(view))
        names = ", ".join(branch.space)
        return f"TPESampler and GPSampler in turn: some parameters are conditional; a process for {names}"

    def _chosen(self, view: StudyView) -> BaseSampler:
        name, _ = self._choice(view)
        if name not in self._samplers:
            self._samplers[name] = _MAKERS[name](self.seed, self._share)
        return self._samplers[name]

    def _branch(self, view: StudyView, number: int, space: Mapping[str, Distribution]) -> Branch | None:
        """Where a Gaussian process chooses trial ``number`` of a conditional space; None: TPE does."""
        history = self._history.update(view)
        is_conditional = len(history.used(TrialState.COMPLETE, TrialState.PRUNED)) > 1
        n = int(history.of_state(TrialState.COMPLETE).sum())
        if not is_conditional or len(view.directions) > 1 or number % 2 or not _STARTUP <= n < self.n_gp_trials:
            return None
        if view.rungs():
            return None
        return branch_of_a_good_trial(history, space, self.seed, number)

    def _choice(self, view: StudyView) -> tuple[str, str]:
        """(name of a sampler, why)."""
        history = self._history.update(view)
        known, n_objectives = history.distributions, len(view.directions)
        if len(history.used(TrialState.COMPLETE, TrialState.PRUNED)) > 1:
            return "TPESampler", "some parameters are conditional"
        if int(history.of_state(TrialState.COMPLETE).sum()) < self.n_gp_trials:
            return "GPSampler", f"fewer than {self.n_gp_trials} trials are COMPLETE"
        why = f"{self.n_gp_trials} trials are COMPLETE"
        if n_objectives > 1:
            return ("NSGAIIISampler" if n_objectives >= _MANY_OBJECTIVES else "NSGAIISampler"), why
        categorical = [name for name, dist in known.items() if isinstance(dist, CategoricalDistribution)]
        if categorical:
            return "TPESampler", f"{why}, and parameter {categorical[0]!r} is categorical"
        if view.rungs():
            return "TPESampler", f"{why}, and a pruner with rungs judges"
        return "CmaEsSampler", f"{why}, and all parameters are numerical"


# each is imported when it is first chosen


def _cmaes(seed: int, share: float) -> BaseSampler:  # noqa: ARG001
    from .cmaes import CmaEsSampler

    return CmaEsSampler(seed=seed)


def _gp(seed: int, share: float, n_startup_trials: int = 10) -> BaseSampler:
    from .gp import GPSampler

    return GPSampler(seed=seed, n_startup_trials=n_startup_trials, random_fraction=share)


def _nsgaii(seed: int, share: float) -> BaseSampler:  # noqa: ARG001
    from .nsga import NSGAIISampler

    return NSGAIISampler(seed)


def _nsgaiii(seed: int, share: float) -> BaseSampler:  # noqa: ARG001
    from .nsga import NSGAIIISampler

    return NSGAIIISampler(seed)


def _tpe(seed: int, share: float) -> BaseSampler:
    from .tpe import TPESampler

    return TPESampler(seed, random_fraction=share)


_MAKERS: dict[str, Callable[[int, float], BaseSampler]] = {
    "CmaEsSampler": _cmaes,
    "GPSampler": _gp,
    "NSGAIIISampler": _nsgaiii,
    "NSGAIISampler": _nsgaii,
    "TPESampler": _tpe,
}
