"""OptunaSampler: an Optuna sampler behind our sampler protocol.

Optuna's sampler reads a copy of the study in Optuna's classes (mirror.py). Trials keep their numbers. Running trials
are RUNNING in the copy, with all parameters that are known so far; a sampler with a constant liar uses them.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Mapping
from typing import Any

import optuna
from optuna.samplers import BaseSampler, BruteForceSampler, GPSampler, RandomSampler, TPESampler

from ...arguments import shown
from ...core.protocols import StudyView
from ...distributions import Distribution
from ...samplers.base import BaseSampler as OurBase
from ...samplers.rng import rng_for
from ...trial import FrozenTrial, TrialState
from .mirror import Mirror, draws
from .translation import translated

# The choices of these depend on the trials and on their generators alone; all else that they keep is a cache.
_PURE = (BruteForceSampler, GPSampler, RandomSampler, TPESampler)


class OptunaSampler(OurBase):
    """Asks an Optuna sampler for the parameters of each trial.

    Before each suggestion every random generator in the sampler is seeded from (``seed``, trial number), so the
    sampler's own seed has no effect. For Optuna's RandomSampler, TPESampler, GPSampler and BruteForceSampler a
    suggestion is then a function of the recorded trials, as for our own samplers. Other samplers keep a state, in the
    sampler or in attributes of Optuna's trials (CmaEsSampler its optimizer, the NSGA samplers their generations,
    QMCSampler a counter). Within a run they work as with Optuna. After a restart their state is built again by asking
    once for each trial, in the order in which trials ended. The suggestions then go on from the same results, but may
    differ from those of a run without a restart.

    A suggestion may take long, so it is made in a thread beside the driver's loop. Constraints are the values of
    ``trial.set_constraint``. A sampler cannot end the study: when Optuna's sampler stops its study, a warning says so.

    Args:
        sampler: an ``optuna.samplers.BaseSampler``; a copy of it is used.
        seed: integer >= 0. It is in ``spec()``, so a study is continued with the same one.

    Raises:
        TypeError: not an Optuna sampler.
        ValueError: ``seed`` is not an integer >= 0.
    """

    in_background = True
    draws_globally = True  # some of OptunaHub's do

    def __init__(self, sampler: BaseSampler, seed: int = 0) -> None:
        if not isinstance(sampler, BaseSampler):
            raise TypeError(
                f"sampler must be an optuna.samplers.BaseSampler, got {shown(sampler)}; "
                "samplers of this package are passed as they are."
            )
        super().__init__(seed)
        self._original = sampler
        self._is_pure = type(sampler) in _PURE
        self._live: BaseSampler = copy.deepcopy(sampler)
        self._mirror = Mirror(())
        self._has_stopped = False

    def spec(self) -> dict[str, Any]:
        """The sampler's name, for the record. It cannot be rebuilt from it: Optuna's samplers have no spec."""
        kind = type(self._original)
        return {
            "name": "OptunaSampler",
            "sampler": f"{kind.__module__.partition('._')[0]}.{kind.__qualname__}",
            "seed": self.seed,
            "can_be_rebuilt": False,
        }

    def __reduce__(self) -> tuple[Any, ...]:
        return OptunaSampler, (self._original, self.seed)

    # --- our sampler protocol -----------------------------------------------------------------------------------------

    def search_space(self, view: StudyView, known: Mapping[str, Distribution]) -> Mapping[str, Distribution]:
        """The parameters that Optuna's sampler chooses together, which it calls its relative search space."""
        self._follow(view)
        new = [(not t.params, t.number) for t in view.load_pending() if t.number not in self._mirror.begun]
        number = max(new, default=(True, self._mirror.n_trials))[1]  # probably the trial that the suggestion is for
        with self._mirror.unchanged_if(self._is_pure):
            space = self._infer(self._ready(number, "relative"), number)
        return {name: dist for name, dist in known.items() if name in space and space[name] == translated(dist)}

    def sample_relative(
        self, view: StudyView, number: int, space: Mapping[str, Distribution]
    ) -> Mapping[str, float]:
        """Values that Optuna's sampler chooses together; the rest of ``space`` it chooses one by one.

        Raises:
            ValueError: a value is not in its distribution.
        """
        self._follow(view)
        with self._mirror.unchanged_if(self._is_pure):
            found = self._relative(number)
            values: dict[str, float] = {}
            for name, dist in space.items():
                chosen = dist.to_internal_repr(found[name]) if name in found else None
                if chosen is None or not dist.contains(chosen):
                    chosen = self._one(number, name, dist)
                values[name] = chosen
        return values

    def sample_independent(self, view: StudyView, number: int, name: str, distribution: Distribution) -> float:
        """The value that Optuna's sampler chooses for one parameter.

        Raises:
            ValueError: its value is not in the distribution.
        """
        self._follow(view)
        with self._mirror.unchanged_if(self._is_pure):
            return self._one(number, name, distribution)

    # --- calls of Optuna's sampler ------------------------------------------------------------------------------------

    def _relative(self, number: int) -> dict[str, Any]:
        sampler = self._ready(number, "relative")
        space = self._infer(sampler, number)
        self._mirror.asked.add(number)
        study = self._mirror.study(sampler)
        return sampler.sample_relative(study, self._mirror.get_trial(number), space)

    def _infer(self, sampler: BaseSampler, number: int) -> dict[str, optuna.distributions.BaseDistribution]:
        study, trial = self._mirror.study(sampler), self._mirror.open_trial(number)
        if number not in self._mirror.begun:
            self._mirror.begun.add(number)
            sampler.before_trial(study, trial)
            trial = self._mirror.get_trial(number)
        return sampler.infer_relative_search_space(study, trial)

    def _one(self, number: int, name: str, distribution: Distribution) -> float:
        if distribution.single():
            return distribution.from_unit(0.0)  # Optuna does not ask its samplers for these either
        sampler = self._ready(number, name)
        trial = self._mirror.open_trial(number)
        study = self._mirror.study(sampler)
        external = sampler.sample_independent(study, trial, name, translated(distribution))
        internal = distribution.to_internal_repr(external)
        if not distribution.contains(internal):
            raise ValueError(
                f"Optuna's {type(sampler).__name__} gave {shown(external)} for parameter {name!r} of trial {number}, "
                f"which is not in {distribution}; that is a defect of this sampler, use another one."
            )
        return internal

    def _ready(self, number: int, what: str) -> BaseSampler:
        """The sampler with its generators seeded for this suggestion; a new copy if it keeps no state."""
        if self._is_pure:
            self._live = copy.deepcopy(self._original)
        rng = rng_for(self.seed, number=number, purpose=f"optuna/{what}")
        for generator in draws(self._live):
            generator(int(rng.integers(2**32)))
        return self._live

    # --- the copy of the study ----------------------------------------------------------------------------------------

    def _follow(self, view: StudyView) -> None:
        """Update the copy to the view; for another study or an earlier view, start a new copy."""
        finished = view.finished
        if not self._mirror.is_before(view):
            self._mirror, self._live = Mirror(view.directions), copy.deepcopy(self._original)
            self._mirror.source = finished.source
        for trial in finished[self._mirror.n_finished :]:
            self._end(trial)
        self._mirror.show_pending([(trial.number, self._fields(trial)) for trial in view.load_pending()])

    def _end(self, trial: FrozenTrial) -> None:
        mirror, number = self._mirror, trial.number
        mirror.n_finished += 1
        if not self._is_pure:
            if number not in mirror.asked:  # the sampler has not seen it: it ran before a restart, or was added
                self._relative(number)
            mirror.show(number, self._fields(trial), optuna.trial.TrialState.RUNNING)
            self._after(number, trial)
        mirror.show(number, self._fields(trial), optuna.trial.TrialState[trial.state.name])

    def _after(self, number: int, trial: FrozenTrial) -> None:
        """Call the hook after_trial; as in Optuna, the trial does not have its final state yet."""
        sampler = self._ready(number, "after")
        study = self._mirror.study(sampler)
        state = optuna.trial.TrialState[trial.state.name]
        values = list(trial.values) if trial.values is not None else None
        sampler.after_trial(study, self._mirror.get_trial(number), state, values)
        if study.has_stopped and not self._has_stopped:
            self._has_stopped = True
            warnings.warn(
                f"Optuna's {type(sampler).__name__} would end the study after trial {number}: it has nothing new to "
                "suggest. Bound the run with n_trials.",
                stacklevel=2,
            )

    def _fields(self, trial: FrozenTrial) -> dict[str, Any]:
        """A trial's fields by Optuna's names."""
        return {
            "values": list(trial.values) if trial.values is not None and trial.state is not TrialState.FAIL else None,
            "params": dict(trial.params),
            "distributions": {name: translated(dist) for name, dist in trial.distributions.items()},
            "user_attrs": dict(trial.user_attrs),
            "system_attrs": dict(trial.system_attrs),
            "intermediate_values": dict(trial.intermediate_values),
        }
