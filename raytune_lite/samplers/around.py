"""Samplers with Optuna's methods behind our protocol: what OptunaSampler and UserSampler share.

Such a sampler is given a study and a trial, and may keep a state. So it gets a copy of the study, made from the view,
and is told of each trial once: before_trial, sample_relative, then after_trial when the trial has ended.
"""

from __future__ import annotations

import contextlib
import copy
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar

from ..arguments import own_copy, shown
from ..base_trial import CONSTRAINTS
from ..core.view import StudyView
from ..distributions import Distribution
from ..frozen_study import Notes
from ..trial import FrozenTrial, StudyDirection, TrialState
from .base import BaseSampler
from .generators import draws
from .rng import rng_for

T = TypeVar("T")  # a trial in the class that the sampler knows


class StudyCopy(Notes, ABC, Generic[T]):
    """The study as one sampler has seen it; a trial's id is its number.

    Attributes:
        begun: numbers of the trials for which before_trial was called.
        spaces, chosen: what infer_relative_search_space and sample_relative returned, by the numbers of trials under
            way.
        asked: numbers of the trials for which it was called.
        source: identifies the list of finished trials that was read, see Finished.source.
        n_finished: how many of its trials were read.
    """

    def __init__(self, directions: Sequence[StudyDirection]) -> None:
        super().__init__()
        self.our_directions = tuple(directions)
        self.begun: set[int] = set()
        self.asked: set[int] = set()
        self.spaces: dict[int, Mapping[str, Any]] = {}
        self.chosen: dict[int, Mapping[str, Any]] = {}
        self.source: object = None
        self.n_finished = 0
        self._trials: list[T] = []
        self._running: set[int] = set()  # numbers of RUNNING trials

    @abstractmethod
    def made(self, number: int, trial: FrozenTrial | None, state: TrialState) -> T:
        """A trial in the sampler's class, with the attributes that were noted. ``trial``: None has nothing yet."""

    @abstractmethod
    def noted(self, trial: T, key: str, value: Any) -> T:
        """A copy of a trial with one more system attribute."""

    @abstractmethod
    def study(self, sampler: Any) -> Any:
        """The study that the sampler is given; it has ``has_stopped``."""

    @property
    def n_trials(self) -> int:
        """One more than the largest trial number."""
        return len(self._trials)

    def is_before(self, view: StudyView) -> bool:
        """Whether the view is of the same study, and not of an earlier moment."""
        same = view.finished.source is self.source and view.directions == self.our_directions
        return same and len(view.finished) >= self.n_finished

    def trial(self, number: int) -> T:
        """A trial by its number."""
        return self._trials[number]

    def open_trial(self, number: int) -> T:
        """Make trial ``number`` RUNNING and return it; missing trials before it become WAITING."""
        while len(self._trials) <= number:
            self._trials.append(self.made(len(self._trials), None, TrialState.WAITING))
        if self._trials[number].state.name == "WAITING":  # type: ignore[attr-defined]
            self._trials[number] = self.made(number, None, TrialState.RUNNING)
            self._running.add(number)
        return self._trials[number]

    def show(self, trial: FrozenTrial, state: TrialState) -> None:
        """Replace a trial by this record in another state, and with the attributes that samplers gave it."""
        self.open_trial(trial.number)
        self._trials[trial.number] = self.made(trial.number, trial, state)
        if state.is_finished():
            self._running.discard(trial.number)
            self.spaces.pop(trial.number, None)
            self.chosen.pop(trial.number, None)

    def show_pending(self, pending: Sequence[FrozenTrial]) -> None:
        """Make exactly these trials RUNNING."""
        for number in self._running - {trial.number for trial in pending}:
            self._trials[number] = self.made(number, None, TrialState.WAITING)
            self._running.discard(number)
        for trial in pending:
            self.show(trial, TrialState.RUNNING)

    def set_trial_system_attr(self, trial_id: int, key: str, value: Any) -> None:
        """Keep an attribute that a sampler writes on a trial."""
        super().set_trial_system_attr(trial_id, key, value)
        self._trials[trial_id] = self.noted(self._trials[trial_id], key, value)

    @contextlib.contextmanager
    def unchanged_if(self, unchanged: bool) -> Iterator[None]:
        """A context; if ``unchanged``, what a sampler writes inside is forgotten at its end."""
        if not unchanged:
            yield
            return
        kept = {name: getattr(self, name) for name in ("of_study", "of_trials")}  # never changed in place
        changed = "_trials", "_running", "begun", "asked", "spaces", "chosen"
        kept |= {name: copy.copy(getattr(self, name)) for name in changed}
        try:
            yield
        finally:
            vars(self).update(kept)


class AroundSampler(BaseSampler):
    """Asks a sampler with Optuna's methods for the parameters of each trial. A subclass says in which classes.

    Args:
        sampler: the sampler; a copy of it is used.
        seed: integer >= 0, from which its random generators are seeded for each suggestion.
        is_pure: whether its choices depend on the trials and on its generators alone.

    Raises:
        TypeError: the sampler cannot be copied.
        ValueError: ``seed`` is not an integer >= 0.
    """

    in_background = True
    draws_globally = True
    can_be_rebuilt = False
    _whose = ""  # before its name, in messages

    def __init__(self, sampler: Any, seed: int, *, is_pure: bool = False) -> None:
        super().__init__(seed)
        self._original, self._is_pure = sampler, is_pure
        named = (getattr(sampler, name, None) for name in ("constraints_func", "_constraints_func"))
        self.constraints_func = next((found for found in named if found is not None), None)
        self._live = self._fresh()
        self._copy = self._new_copy(())
        self._has_stopped = False

    def _new_copy(self, directions: Sequence[StudyDirection]) -> StudyCopy[Any]:
        raise NotImplementedError

    def _translated(self, distribution: Distribution) -> Any:
        """The distribution in the class that the sampler knows."""
        return distribution

    @property
    def original(self) -> Any:
        """The sampler as it was given."""
        return self._original

    def spec(self) -> dict[str, Any]:
        """The sampler's class, for the record. It cannot be rebuilt from it."""
        kind = type(self._original)
        return {
            "name": type(self).__name__,
            "sampler": f"{kind.__module__.partition('._')[0]}.{kind.__qualname__}",
            "seed": self.seed,
            "can_be_rebuilt": self.can_be_rebuilt,
        }

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._original, self.seed)

    # --- our sampler protocol -----------------------------------------------------------------------------------------

    def search_space(self, view: StudyView, known: Mapping[str, Distribution]) -> Mapping[str, Distribution]:
        """The parameters that the sampler chooses together, which it calls its relative search space."""
        self._follow(view)
        new = [(not t.params, t.number) for t in view.load_pending() if t.number not in self._copy.begun]
        number = max(new, default=(True, self._copy.n_trials))[1]  # probably the trial that the suggestion is for
        with self._copy.unchanged_if(self._is_pure):
            space = self._infer(self._ready(number, "relative"), number)
        return {name: dist for name, dist in known.items() if name in space and space[name] == self._translated(dist)}

    def sample_relative(
        self, view: StudyView, number: int, space: Mapping[str, Distribution]
    ) -> Mapping[str, float]:
        """Values that the sampler chooses together; the rest of ``space`` it chooses one by one.

        Raises:
            ValueError: a value is not in its distribution.
        """
        self._follow(view)
        with self._copy.unchanged_if(self._is_pure):
            found = self._relative(number)
            return {name: self._value(number, name, dist, found) for name, dist in space.items()}

    def sample_independent(self, view: StudyView, number: int, name: str, distribution: Distribution) -> float:
        """The value that the sampler chooses for one parameter.

        Raises:
            ValueError: its value is not in the distribution.
        """
        self._follow(view)
        with self._copy.unchanged_if(self._is_pure):
            if not self._is_pure and number not in self._copy.asked:
                self._relative(number)
            return self._value(number, name, distribution, self._copy.chosen.get(number, {}))

    # --- calls of the sampler -----------------------------------------------------------------------------------------

    def _relative(self, number: int) -> Mapping[str, Any]:
        sampler = self._ready(number, "relative")
        space = self._infer(sampler, number)
        self._copy.asked.add(number)
        found = sampler.sample_relative(self._copy.study(sampler), self._copy.trial(number), space)
        self._copy.chosen[number] = found
        return found  # type: ignore[no-any-return]

    def _infer(self, sampler: Any, number: int) -> Mapping[str, Any]:
        if number in self._copy.spaces:
            return self._copy.spaces[number]
        study, trial = self._copy.study(sampler), self._copy.open_trial(number)
        if number not in self._copy.begun:
            self._copy.begun.add(number)
            getattr(sampler, "before_trial", _nothing)(study, trial)
            trial = self._copy.trial(number)
        self._copy.spaces[number] = found = sampler.infer_relative_search_space(study, trial)
        return found  # type: ignore[no-any-return]

    def _value(self, number: int, name: str, distribution: Distribution, found: Mapping[str, Any]) -> float:
        """The internal value of one parameter: among those chosen together, if it is there and fits."""
        if name in found:
            with contextlib.suppress(ValueError, TypeError):
                internal = distribution.to_internal_repr(found[name])
                if distribution.contains(internal):
                    return internal
        if distribution.single():
            return distribution.from_unit(0.0)  # Optuna does not ask its samplers for these either
        sampler = self._ready(number, name)
        trial = self._copy.open_trial(number)
        study = self._copy.study(sampler)
        external = sampler.sample_independent(study, trial, name, self._translated(distribution))
        with contextlib.suppress(ValueError, TypeError):
            internal = distribution.to_internal_repr(external)
            if distribution.contains(internal):
                return internal
        raise ValueError(
            f"{self._whose}{type(sampler).__name__} gave {shown(external)} for parameter {name!r} of trial {number}, "
            f"which is not in {distribution}; that is a defect of this sampler, use another one."
        )

    def _fresh(self) -> Any:
        """A copy of the sampler as it was given."""
        copied = own_copy("sampler", self._original, "before_trial")
        if self.constraints_func is not None:
            for holder in (copied, *vars(copied).values()):  # strategies of Optuna's genetic algorithms have it, too
                if getattr(holder, "_constraints_func", None) is not None:
                    holder._constraints_func = _Recorded(self.constraints_func)
        return copied

    def _ready(self, number: int, what: str) -> Any:
        """The sampler with its generators seeded for this suggestion; a new copy if it keeps no state."""
        if self._is_pure:
            self._live = self._fresh()
        rng = rng_for(self.seed, number=number, purpose=f"optuna/{what}")
        for generator in draws(self._live):
            generator(int(rng.integers(2**32)))
        return self._live

    # --- the copy of the study ----------------------------------------------------------------------------------------

    def _follow(self, view: StudyView) -> None:
        """Update the copy to the view; for another study or an earlier view, start a new copy."""
        finished = view.finished
        if not self._copy.is_before(view):
            self._copy, self._live = self._new_copy(view.directions), self._fresh()
            self._copy.source = finished.source
        for trial in finished[self._copy.n_finished :]:
            self._end(trial)
        self._copy.show_pending(view.load_pending())

    def _end(self, trial: FrozenTrial) -> None:
        self._copy.n_finished += 1
        if not self._is_pure:
            if trial.number not in self._copy.asked:  # the sampler has not seen it: before a restart, or added
                self._relative(trial.number)
            self._copy.show(trial, TrialState.RUNNING)
            self._after(trial)
        self._copy.show(trial, trial.state)

    def _after(self, trial: FrozenTrial) -> None:
        """Call the hook after_trial; as in Optuna, the trial does not have its final state yet."""
        sampler = self._ready(trial.number, "after")
        study = self._copy.study(sampler)
        values = list(trial.values) if trial.values is not None else None
        state = self._state(trial.state)
        getattr(sampler, "after_trial", _nothing)(study, self._copy.trial(trial.number), state, values)
        if study.has_stopped and not self._has_stopped:
            self._has_stopped = True
            warnings.warn(
                f"{self._whose}{type(sampler).__name__} would end the study after trial {trial.number}: it has nothing "
                "new to suggest. Bound the run with n_trials.",
                stacklevel=2,
            )

    def _state(self, state: TrialState) -> Any:
        """The state in the class that the sampler knows."""
        return state


class _Recorded:
    """``constraints_func`` of a copy: the study has called the user's, and its numbers stand in the trial."""

    def __init__(self, constraints_func: Callable[[Any], Any]) -> None:
        self._constraints_func = constraints_func

    def __call__(self, trial: Any) -> Any:
        found = trial.system_attrs.get(CONSTRAINTS)
        return self._constraints_func(trial) if found is None else found


def _nothing(*_: Any) -> None:
    """A hook that the sampler does not have."""


__all__ = ["AroundSampler", "StudyCopy"]
