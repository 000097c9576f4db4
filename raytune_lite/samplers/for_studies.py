"""Two ways to be a sampler: ours, asked with (view, number), and Optuna's, asked with (study, trial).

Owns who is which, and how a sampler of ours answers when it is asked in Optuna's way, as a user's sampler does that
leaves some parameters to it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import cache, wraps
from typing import Any, Protocol, TypeVar, cast

from ..core.protocols import StudyView
from ..distributions import Distribution
from ..trial import TrialState

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
        found = method(self, seen, number.number, *rest)
        if not isinstance(found, Mapping):
            return rest[-1].to_external_repr(found)
        space: Mapping[str, Distribution] = rest[-1]
        return {name: space[name].to_external_repr(value) for name, value in found.items()}

    return cast(F, call)


def view_of(study: Any) -> tuple[StudyView, dict[str, Distribution]]:
    """A study as our samplers see it; and the parameters that all its COMPLETE trials have, alike, and can vary."""
    trials = study.get_trials(deepcopy=False)
    complete = [trial for trial in trials if trial.state is TrialState.COMPLETE]
    common: dict[str, Distribution] = dict(complete[0].distributions) if complete else {}
    for trial in complete:
        common = {name: dist for name, dist in common.items() if trial.distributions.get(name) == dist}
    common = {name: dist for name, dist in sorted(common.items()) if not dist.single()}
    return StudyView.of(tuple(study.directions), trials), common


__all__ = ["METHODS", "StudySampler", "for_studies_too", "is_for_studies", "takes_view", "view_of"]
