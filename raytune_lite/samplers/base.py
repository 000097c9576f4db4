"""What every sampler but the grid's has in common: a seed, a spec that rebuilds it, and uniform draws to fall back on.

A sampler is a value: two with the same ``spec()`` choose alike. It travels between processes as its spec, so a cache
that it keeps beside never does.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ..arguments import real, shown
from ..core.protocols import Sampler
from ..core.view import StudyView
from ..distributions import Distribution
from .for_studies import ForStudies, for_studies_too, is_for_studies, takes_view
from .rng import rng_for, seed_or_fresh

S = TypeVar("S", bound="BaseSampler")
DRAWN = "drawn at random: random_fraction of the trials are, while a pruner with rungs judges"


class BaseSampler(ForStudies):
    """Base of the samplers of this package; it chooses uniformly.

    A subclass passes its JSON-able arguments on, by name, and they come back in ``spec()``::

        class MySampler(BaseSampler):
            def __init__(self, seed=None, *, n_startup_trials=10):
                super().__init__(seed, n_startup_trials=n_startup_trials)

    A subclass may also be written as one of Optuna's, with ``infer_relative_search_space``, ``sample_relative(study,
    trial, search_space)`` and ``sample_independent(study, trial, param_name, param_distribution)``; it need not call
    ``__init__`` then. See UserSampler for what it is given.

    Args:
        seed: integer >= 0; None draws one from the operating system and keeps it in ``spec()``.

    Raises:
        ValueError: ``seed`` is neither None nor an integer >= 0.
    """

    in_background: bool = False  # see Sampler
    constraints_func: Callable[[Any], Any] | None = None  # the study calls it, no sampler does
    independent_sampler: Sampler | None = None  # of those that have this argument
    draws_globally: bool = False  # whether it may draw from the process's own generators, or reseed them

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        for name in ("sample_relative", "sample_independent"):
            if takes_view(vars(cls).get(name)):
                setattr(cls, name, for_studies_too(vars(cls)[name]))

    def __init__(self, seed: int | None = None, **arguments: Any) -> None:
        self.seed = seed_or_fresh(seed)
        self.auto_seed = seed is None  # the seed was drawn here: a continued study keeps its own
        self._arguments = arguments
        inside: Sampler | None = arguments.get("independent_sampler")
        if inside is not None:
            self.independent_sampler = inside
            self.in_background |= inside.in_background
            self.draws_globally |= inside.draws_globally

    @property
    def grid(self) -> None:
        """None: there are no cells."""
        return

    def spec(self) -> dict[str, Any]:
        """``{"name": ..., **arguments, "seed": ...}``; samplers among the arguments as their own specs."""
        arguments = {k: v.spec() if hasattr(v, "spec") else copy.deepcopy(v) for k, v in self._arguments.items()}
        return {"name": type(self).__name__, **arguments, "seed": self.seed}

    @property
    def can_be_rebuilt(self) -> bool:
        """Whether ``spec()`` says all of it. It does not where an object of the user's is among the arguments."""
        return all(getattr(given, "can_be_rebuilt", True) for given in self._arguments.values())

    def explain(self, view: StudyView, number: int, space: Mapping[str, Distribution]) -> str:  # noqa: ARG002
        """See Sampler; nothing by default."""
        return ""

    def load(self) -> None:
        """Import what later suggestions need and the first one does not. Called once, when no trial waits."""

    def search_space(self, view: StudyView, known: Mapping[str, Distribution]) -> Mapping[str, Distribution]:  # noqa: ARG002
        """All of ``known``: choosing ahead saves the worker a round trip a parameter."""
        return known

    @for_studies_too
    def sample_relative(
        self, view: StudyView, number: int, space: Mapping[str, Distribution]
    ) -> Mapping[str, float]:
        """One internal value a name; by default independent ones."""
        return {name: self.sample_independent(view, number, name, dist) for name, dist in space.items()}

    @for_studies_too
    def sample_independent(
        self,
        view: StudyView,  # noqa: ARG002
        number: int,
        name: str,
        distribution: Distribution,
    ) -> float:
        """The internal value of (number, name); by default a uniform draw on the distribution's scale."""
        return uniform(self.seed, number, name, distribution)

    def with_arguments(self: S, **changed: Any) -> S:
        """The same sampler with some of its arguments changed."""
        made = _rebuilt(type(self), {**self._arguments, **changed, "seed": self.seed}, self.auto_seed)
        made.constraints_func = self.constraints_func
        return made

    # --- as a value --------------------------------------------------------------------------------------------------

    def __eq__(self, other: object) -> bool:
        if is_for_studies(self):
            return self is other
        return type(other) is type(self) and isinstance(other, BaseSampler) and other.spec() == self.spec()

    def __hash__(self) -> int:
        if is_for_studies(self):
            return id(self)
        return hash((type(self).__name__, self.seed))

    def __repr__(self) -> str:
        if is_for_studies(self):
            return object.__repr__(self)
        arguments = ", ".join(f"{key}={value!r}" for key, value in self.spec().items() if key != "name")
        return f"{type(self).__name__}({arguments})"

    def __reduce__(self) -> tuple[Any, ...]:
        if is_for_studies(self):  # as Python does it: by what is in it, without __init__
            state = self.__getstate__() if hasattr(self, "__getstate__") else vars(self)
            return _bare, (type(self),), state
        return _rebuilt, (type(self), {**self._arguments, "seed": self.seed}, self.auto_seed)


def _rebuilt(kind: type[S], arguments: dict[str, Any], auto_seed: bool) -> S:
    sampler = kind(**arguments)
    sampler.auto_seed = auto_seed
    return sampler


def _bare(kind: type[S]) -> S:
    return kind.__new__(kind)


def check_random_fraction(value: Any) -> dict[str, float]:
    """``random_fraction`` as an argument for ``BaseSampler.__init__``; {} for 0, which specs do not name.

    Raises:
        TypeError: it is not a number.
        ValueError: it is not in [0, 1].
    """
    hint = "1/3 draws a third of the trials at random, 0 none"
    found = real("random_fraction", value, "a number in [0, 1]", hint)
    if not 0.0 <= found <= 1.0:
        raise ValueError(f"random_fraction must be in [0, 1], got {shown(value)}; {hint}.")
    return {"random_fraction": found} if found else {}


def is_drawn_at_random(sampler: BaseSampler, view: StudyView, number: int) -> bool:
    """Whether trial ``number`` is one of the share ``random_fraction``: only beside a pruner with rungs.

    A model promotes its early favourites, and then learns most about them. Source: Falkner, Klein and Hutter 2018
    (BOHB), Alg. 2, line 1.
    """
    share: float = sampler._arguments.get("random_fraction", 0.0)
    if not share or not view.rungs():
        return False
    return float(rng_for(sampler.seed, number=number, purpose="random_fraction").random()) < share


def uniform(seed: int, number: int, name: str, distribution: Distribution) -> float:
    """The internal value that random search gives to parameter ``name`` of trial ``number``: RandomSampler's own."""
    rng = rng_for(seed, number=number, purpose=f"random/{name}")
    return distribution.from_unit(float(rng.random()))
