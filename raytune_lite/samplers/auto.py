"""The default: which sampler chooses the next trial, by the study's parameters, objectives and age."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..core.protocols import StudyView
from ..distributions import CategoricalDistribution, Distribution
from ..trial import TrialState
from ._base import BaseSampler
from ._history import History
from .cmaes import CmaEsSampler
from .gp import GPSampler
from .nsgaii import NSGAIISampler
from .nsgaiii import NSGAIIISampler
from .tpe import TPESampler

_MANY_OBJECTIVES = 4  # from here on NSGA-III's reference points spread better than NSGA-II's crowding distance


class AutoSampler(BaseSampler):
    """Chooses among this package's samplers; ``explain`` says which and why, and the log of the study keeps it.

    No sampler wins everywhere. A Gaussian process makes most of few trials, but its cost grows with the cube of their
    number, and it needs parameters that all trials share; so:

    * conditional parameters, or a categorical one: TPE, grouped;
    * else the first ``n_gp_trials`` COMPLETE trials: GP;
    * then one objective: CMA-ES, which goes on from those; several: NSGA-II, and NSGA-III from four on.

    Args:
        seed: integer >= 0; None draws one and keeps it in ``spec()``.
        n_gp_trials: COMPLETE trials after which the Gaussian process is left.

    Raises:
        ValueError: ``n_gp_trials`` is no integer >= 0.
    """

    in_background = True

    def __init__(self, seed: int | None = None, *, n_gp_trials: int = 250) -> None:
        super().__init__(seed, n_gp_trials=n_gp_trials)
        if type(n_gp_trials) is not int or n_gp_trials < 0:
            raise ValueError(f"n_gp_trials must be an integer >= 0, got {n_gp_trials!r}; 0 uses no Gaussian process.")
        self.n_gp_trials = n_gp_trials
        self._history = History()
        self._samplers: dict[str, BaseSampler] = {}

    def search_space(self, view: StudyView, known: Mapping[str, Distribution]) -> Mapping[str, Distribution]:
        """The chosen sampler's."""
        return self._chosen(view).search_space(view, known)

    def sample_relative(self, view: StudyView, number: int, space: Mapping[str, Distribution]) -> Mapping[str, float]:
        """The chosen sampler's."""
        return self._chosen(view).sample_relative(view, number, space)

    def sample_independent(self, view: StudyView, number: int, name: str, distribution: Distribution) -> float:
        """The chosen sampler's."""
        return self._chosen(view).sample_independent(view, number, name, distribution)

    def explain(self, view: StudyView, number: int, space: Mapping[str, Distribution]) -> str:  # noqa: ARG002
        """For example "GPSampler: all parameters are numerical, and fewer than 250 trials are COMPLETE"."""
        return ": ".join(self._choice(view))

    def _chosen(self, view: StudyView) -> BaseSampler:
        name, _ = self._choice(view)
        if name not in self._samplers:
            self._samplers[name] = _MAKERS[name](self)
        return self._samplers[name]

    def _choice(self, view: StudyView) -> tuple[str, str]:
        """(name of a sampler, why)."""
        history = self._history.update(view)
        known, n_objectives = history.distributions, len(view.directions)
        if len(history.used(TrialState.COMPLETE, TrialState.PRUNED)) > 1:
            return "TPESampler", "some parameters are conditional"
        categorical = [name for name, dist in known.items() if isinstance(dist, CategoricalDistribution)]
        if categorical:
            return "TPESampler", f"parameter {categorical[0]!r} is categorical"
        if int(history.of_state(TrialState.COMPLETE).sum()) < self.n_gp_trials:
            return "GPSampler", f"all parameters are numerical, and fewer than {self.n_gp_trials} trials are COMPLETE"
        why = f"{self.n_gp_trials} trials are COMPLETE"
        if n_objectives == 1:
            return "CmaEsSampler", f"{why}, and all parameters are numerical"
        return ("NSGAIIISampler" if n_objectives >= _MANY_OBJECTIVES else "NSGAIISampler"), why


_MAKERS: dict[str, Callable[[AutoSampler], BaseSampler]] = {
    "CmaEsSampler": lambda auto: CmaEsSampler(seed=auto.seed),  # its generations are those of all results so far
    "GPSampler": lambda auto: GPSampler(seed=auto.seed),
    "NSGAIIISampler": lambda auto: NSGAIIISampler(seed=auto.seed),
    "NSGAIISampler": lambda auto: NSGAIISampler(seed=auto.seed),
    "TPESampler": lambda auto: TPESampler(seed=auto.seed, group=True),
}
