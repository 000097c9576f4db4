"""Two ways to be a sampler: ours, asked with (view, number), and Optuna's, asked with (study, trial).

Owns who is which, and how a sampler of ours answers when it is asked in Optuna's way, as a user's sampler does that
leaves some parameters to it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import cache, lru_cache, wraps
from typing import Any, Protocol, TypeVar, cast

from ..core.view import StudyView
from ..distributions import as_distribution
from ..trial import FrozenTrial, StudyDirection, TrialState

F = TypeVar("F", bound=Callable[..., Any])
METHODS = ("infer_relative_search_space", "sample_relative", "sample_independent")


class StudySampler(Protocol):
    """A sampler with Optuna's methods: one of Optuna's, or one of the user's; see UserSampler for what it is given."""

    def infer_relative_search_space(self, study: Any, trial: Any) -> Any:
        """The distributions of the parameters that it chooses together, by name."""

    def sample_relative(self, study: Any, trial: Any, search_space: Any) -> Any:
        """Their values, as the objective sees them, by name."""

    def sample_independent(self, study: Any, trial: Any, param_name: str, param_distribution: Any) -> Any:
        """The value of another parameter, as the objective sees it."""


_ONLY_OPTUNAS = ("infer_relative_search_space", "before_trial", "after_trial")
_OURS = __name__.partition(".")[0]


def is_for_studies(sampler: object) -> bool:
    """Whether a sampler, or what derives from one of ours, has methods that are given a study and a trial."""
    return _is_for_studies(cast(Any, type(sampler)))


@cache
def _is_for_studies(kind: Any) -> bool:
    own = [vars(base) for base in kind.__mro__ if base.__module__.partition(".")[0] != _OURS]
    if any(name in body for body in own for name in _ONLY_OPTUNAS):
        return all(callable(getattr(kind, name, None)) for name in METHODS)
    asked = [body[name] for body in own for name in METHODS[1:] if inspect.isfunction(body.get(name))]
    return any([*inspect.signature(method).parameters][1:2] == ["study"] for method in asked)


def takes_view(method: Any) -> bool:
    """Whether a method is asked in our way."""
    return inspect.isfunction(method) and [*inspect.signature(method).parameters][1:2] == ["view"]


def for_studies_too(method: F) -> F:
    """A method of a sampler of ours that also answers to a study and a trial, with values as an objective sees them."""

    @wraps(method)
    def call(self: Any, view: Any, number: Any, *rest: Any) -> Any:
        if not hasattr(view, "get_trials"):  # a StudyView
            return method(self, view, number, *rest)
        seen, _ = view_of(view)
        asked = rest[-1]
        if not isinstance(asked, Mapping):
            distribution = _our_distribution(asked)
            return distribution.to_external_repr(method(self, seen, number.number, *rest[:-1], distribution))
        space = {name: _our_distribution(dist) for name, dist in asked.items()}
        found = method(self, seen, number.number, space)
        return {name: space[name].to_external_repr(value) for name, value in found.items()}

    return cast(F, call)


def view_of(study: Any) -> tuple[StudyView, dict[str, Any]]:
    """A study, ours or Optuna's, as our samplers see it; and the parameters that can vary and are alike in all its
    COMPLETE trials, in the classes that the study has."""
    given = study.get_trials(deepcopy=False)
    complete = [trial for trial in given if trial.state == TrialState.COMPLETE]
    common = dict(complete[0].distributions) if complete else {}
    for trial in complete:
        common = {name: dist for name, dist in common.items() if trial.distributions.get(name) == dist}
    common = {name: dist for name, dist in sorted(common.items()) if not dist.single()}
    directions = [StudyDirection[direction.name] for direction in study.directions]
    return StudyView.of(directions, [our_trial(trial) for trial in given]), common


def our_trial(trial: Any) -> FrozenTrial:
    """A trial of Optuna's in our class; one of ours as it is."""
    if isinstance(trial, FrozenTrial):
        return trial
    distributions = dict(trial.distributions)  # with n_jobs another thread may be setting a parameter of it
    return FrozenTrial(
        number=trial.number,
        state=TrialState(trial.state),
        values=trial.values,
        datetime_start=trial.datetime_start,
        datetime_complete=trial.datetime_complete,
        params={name: value for name, value in trial.params.items() if name in distributions},
        distributions={name: _our_distribution(dist) for name, dist in distributions.items()},
        user_attrs=trial.user_attrs,
        system_attrs=trial.system_attrs,
        intermediate_values=trial.intermediate_values,
        trial_id=trial._trial_id,
    )


def _our_distribution(distribution: Any) -> Any:
    # not of choices: (0, 1) and (False, True) are equal, and would have one entry
    return as_distribution(distribution) if hasattr(distribution, "choices") else _our_numeric(distribution)


@lru_cache(maxsize=1024)
def _our_numeric(distribution: Any) -> Any:
    return as_distribution(distribution)


class ForStudies:
    """Optuna's other methods, of a sampler of ours; a study is one of ours, a FrozenStudy, or one of Optuna's."""

    __slots__ = ()

    def infer_relative_search_space(self, study: Any, trial: Any) -> dict[str, Any]:  # noqa: ARG002
        """The parameters that this sampler chooses together in a study: some of those that all COMPLETE trials have.

        Args:
            study: a Study, the FrozenStudy that a sampler is given, or a study of Optuna's.
            trial: plays no part.

        Returns:
            distributions by name, in the classes that the study has.
        """
        view, known = view_of(study)
        chosen = self.search_space(view, {name: _our_distribution(dist) for name, dist in known.items()})
        return {name: known[name] for name in chosen}

    def search_space(self, view: StudyView, known: Mapping[str, Any]) -> Mapping[str, Any]:
        """See Sampler."""
        raise NotImplementedError

    def before_trial(self, study: Any, trial: Any) -> None:
        """A hook that does nothing; of a sampler that is written for Optuna, ``trial`` of ``study`` begins."""

    def after_trial(self, study: Any, trial: Any, state: Any, values: Any) -> None:
        """A hook that does nothing; ``trial`` of ``study`` has ended with ``state`` and ``values``."""

    def reseed_rng(self) -> None:
        """Nothing: all randomness comes from the seed and the trial's number."""


__all__ = [
    "METHODS", "ForStudies", "StudySampler", "for_studies_too", "is_for_studies", "our_trial", "takes_view", "view_of",
]  # fmt: skip
