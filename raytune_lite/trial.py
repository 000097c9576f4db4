"""What a trial is: its states, its frozen record, a study's directions. Data only; no behaviour that runs a trial."""

from __future__ import annotations

import enum
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

from .arguments import as_float, as_integer, items, mapping, shown, wrong_type
from .base_trial import BaseTrial, FixedTrial, KnownTrial
from .distributions import DISTRIBUTIONS, Distribution, as_distribution
from .lazy import names_of
from .notebook import html_table, one_line

FIXED_KEY = "fixed_params"  # the parameters with which a trial was enqueued; Optuna's too
OWN_PREFIX = "rtl:"  # of those that are ours
PARENT_KEY = "rtl:parent"  # system attribute: {"trial", "step", "digest"} of the checkpoint that a trial goes on from
REPLACED_KEY = "rtl:replaced_by"  # system attribute of a trial that was replaced: the new trial's number


class Parent(NamedTuple):
    """From where a trial went on: the checkpoint of another trial after ``step``, with its sha256."""

    trial: int
    step: int
    digest: str


class TrialState(enum.IntEnum):
    """State of a trial. The first five have Optuna's values; PAUSED is stored as RUNNING in Optuna's table."""

    RUNNING = 0
    COMPLETE = 1
    PRUNED = 2
    FAIL = 3
    WAITING = 4
    PAUSED = 5

    __hash__ = int.__hash__  # Enum's is written in Python, and states are looked up with each event

    def is_finished(self) -> bool:
        """True when the trial will never run again."""
        return self in (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)


class StudyDirection(enum.IntEnum):
    """Whether smaller or larger objective values are better (Optuna's values)."""

    NOT_SET = 0
    MINIMIZE = 1
    MAXIMIZE = 2

    sign: int  # +1, or -1 for MAXIMIZE: ``sign * value`` is a loss, of which the smaller is the better

    def __init__(self, value: int) -> None:
        self.sign = -1 if value == 2 else 1


def as_state(state: Any) -> TrialState | None:
    """``state`` as a TrialState, or None when it is none. Optuna's states are: they have the same names and numbers."""
    if isinstance(state, enum.IntEnum) and state.name in TrialState.__members__ and TrialState[state.name] == state:
        return TrialState(state)
    return None


def parse_direction(direction: str | StudyDirection) -> StudyDirection:
    """Turn ``"minimize"``, ``"maximize"`` or a StudyDirection into a StudyDirection.

    Raises:
        ValueError: anything else; the message lists the two words.
    """
    if isinstance(direction, StudyDirection) and direction != StudyDirection.NOT_SET:
        return direction
    if isinstance(direction, str) and direction in _DIRECTIONS:
        return _DIRECTIONS[direction]
    raise ValueError(f"direction must be 'minimize' or 'maximize', got {shown(direction)}.")


_DIRECTIONS = {"minimize": StudyDirection.MINIMIZE, "maximize": StudyDirection.MAXIMIZE}


@dataclass(slots=True, init=False, repr=False)
class FrozenTrial(KnownTrial):
    """The record of one trial, as a reader sees it. Field names are Optuna's. Trials are ordered by their numbers.

    An objective can be run on it again: ``objective(study.best_trial)`` gets its parameters, and stores nothing.
    As in Optuna a record may be changed, despite its name: it is a copy, and the study's own does not change.

    Attributes:
        number: counts the trials of a study from 0.
        state: see TrialState.
        values: a list of one float an objective; None while there is no result.
        datetime_start, datetime_complete: naive local time, as in Optuna; None while it has not happened.
        params: values as the objective saw them, by name.
        distributions: the distribution of each parameter, by name.
        user_attrs, system_attrs: JSON-able values by name; the second ones are Optuna's and ours.
        intermediate_values: reported values by step; with several objectives those of the first one, for which alone
            Optuna has room.
        intermediate_vectors: with several objectives one value for each, by step; else empty.
        trial_id: the id of the trial's row in the database; -1 for a trial that is not stored.
        attempt: the number of the latest attempt, counted from 1; 0 when the trial was never started.

    Raises:
        ValueError: both ``value`` (of one objective) and ``values`` are given.
    """

    number: int
    state: TrialState
    values: list[float] | None
    datetime_start: datetime | None
    datetime_complete: datetime | None
    params: Mapping[str, Any]
    distributions: Mapping[str, Distribution]
    user_attrs: Mapping[str, Any]
    system_attrs: Mapping[str, Any]
    intermediate_values: Mapping[int, float]
    intermediate_vectors: Mapping[int, tuple[float, ...]]
    trial_id: int
    attempt: int

    def __init__(
        self,
        number: int,
        state: TrialState,
        value: float | None = None,
        datetime_start: datetime | None = None,
        datetime_complete: datetime | None = None,
        params: Mapping[str, Any] | None = None,
        distributions: Mapping[str, Distribution] | None = None,
        user_attrs: Mapping[str, Any] | None = None,
        system_attrs: Mapping[str, Any] | None = None,
        intermediate_values: Mapping[int, float] | None = None,
        trial_id: int = -1,
        *,
        values: Sequence[float] | None = None,
        intermediate_vectors: Mapping[int, tuple[float, ...]] | None = None,
        attempt: int = 0,
    ) -> None:
        if value is not None and values is not None:
            raise ValueError("give either value (one objective) or values (several), not both.")
        put = object.__setattr__  # without a look for values, three times as fast: studies have many trials
        put(self, "number", number)
        put(self, "state", state)
        put(self, "values", [value] if value is not None else None if values is None else list(values))
        put(self, "datetime_start", datetime_start)
        put(self, "datetime_complete", datetime_complete)
        put(self, "params", {} if params is None else params)
        put(self, "distributions", {} if distributions is None else distributions)
        put(self, "user_attrs", {} if user_attrs is None else user_attrs)
        put(self, "system_attrs", {} if system_attrs is None else system_attrs)
        put(self, "intermediate_values", {} if intermediate_values is None else intermediate_values)
        put(self, "intermediate_vectors", {} if intermediate_vectors is None else intermediate_vectors)
        put(self, "trial_id", trial_id)
        put(self, "attempt", attempt)

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, list(value) if name == "values" and value is not None else value)

    def __repr__(self) -> str:
        """What one looks for first, in one line; the fields have all of it."""
        return one_line("FrozenTrial", self._rows())

    def _repr_html_(self) -> str:
        names = "params", "user_attrs", "datetime_start", "datetime_complete"
        more = [(name, getattr(self, name)) for name in names if getattr(self, name)]
        rows = [row for row in self._rows() if row[0] not in ("number", "params")]
        return html_table(f"Trial {self.number}", [*rows, *more])

    def _rows(self) -> list[tuple[str, Any]]:
        rows: list[tuple[str, Any]] = [("number", self.number), ("state", self.state.name)]
        if self.values is not None:
            rows.append(("values", self.values) if len(self.values) != 1 else ("value", self.values[0]))
        rows.append(("params", dict(self.params)))
        rows += [("last_step", self.last_step)] if self.last_step is not None else []
        return [*rows, ("attempt", self.attempt)]

    def _validate(self) -> None:
        """Optuna's name for the check that ``study.add_trial`` makes, and of the dates."""
        check_frozen(self)
        if (self.datetime_start is None) != (self.state is TrialState.WAITING):
            raise ValueError(f"datetime_start of a {self.state.name} trial is {self.datetime_start}.")
        if (self.datetime_complete is None) == self.state.is_finished():
            raise ValueError(f"datetime_complete of a {self.state.name} trial is {self.datetime_complete}.")

    def __lt__(self, other: Any) -> bool:
        return self.number < other.number if isinstance(other, FrozenTrial) else NotImplemented

    def __le__(self, other: Any) -> bool:
        return self.number <= other.number if isinstance(other, FrozenTrial) else NotImplemented

    @property
    def _trial_id(self) -> int:
        """Optuna's name."""
        return self.trial_id

    @property
    def value(self) -> float | None:
        """The single objective value, or None. It may be set.

        Raises:
            RuntimeError: the trial has several objective values.
        """
        if self.values is None:
            return None
        if len(self.values) > 1:
            raise RuntimeError(f"trial {self.number} has {len(self.values)} objective values; use .values.")
        return self.values[0] if self.values else None

    @value.setter
    def value(self, value: float | None) -> None:
        _ = self.value  # it raises where there are several
        self.values = None if value is None else [value]

    @property
    def reports(self) -> dict[int, tuple[float, ...]]:
        """The reported values by step, one an objective, for any number of objectives."""
        return dict(self.intermediate_vectors) or {step: (v,) for step, v in self.intermediate_values.items()}

    @property
    def is_feasible(self) -> bool:
        """Whether all constraints are met (value <= 0). A trial without constraints is feasible."""
        return all(value <= 0 for value in self.constraints.values())

    @property
    def parent(self) -> Parent | None:
        """From where a trial went on that took another one's place (PBTPruner); None for all other trials."""
        found = self.system_attrs.get(PARENT_KEY)
        return Parent(**found) if isinstance(found, Mapping) and found.keys() == set(Parent._fields) else None

    @property
    def replaced_by(self) -> int | None:
        """The number of the trial that took this one's place (PBTPruner), or None."""
        found = self.system_attrs.get(REPLACED_KEY)
        return found if type(found) is int else None

    @property
    def last_step(self) -> int | None:
        """The largest reported step, or None."""
        return max(self.intermediate_values, default=None)

    @property
    def duration(self) -> timedelta | None:
        """Time from start to completion, or None while either is missing."""
        if self.datetime_start is None or self.datetime_complete is None:
            return None
        return self.datetime_complete - self.datetime_start


def in_local_time(trial: FrozenTrial) -> FrozenTrial:
    """The same record with naive local dates, of one whose dates are naive and in UTC."""
    start, end = (
        None if date is None else date.replace(tzinfo=timezone.utc).astimezone().replace(tzinfo=None)
        for date in (trial.datetime_start, trial.datetime_complete)
    )
    return replace(trial, datetime_start=start, datetime_complete=end)


def create_trial(
    *,
    state: TrialState = TrialState.COMPLETE,
    value: float | None = None,
    values: Sequence[float] | None = None,
    params: Mapping[str, Any] | None = None,
    distributions: Mapping[str, Distribution] | None = None,
    user_attrs: Mapping[str, Any] | None = None,
    system_attrs: Mapping[str, Any] | None = None,
    intermediate_values: Mapping[int, float | Sequence[float]] | None = None,
    constraints: Mapping[str, float] | None = None,
) -> FrozenTrial:
    """Make the record of a trial that was run elsewhere, or is to be run, for ``study.add_trial``. Its dates are now.

    Args:
        state: COMPLETE, PRUNED or FAIL; WAITING for one that is to be run.
        value: the result of a study with one objective.
        values: one result an objective, instead of ``value``.
        params: values as the objective saw them, by name.
        distributions: one for each name in ``params``; Optuna's are made into ours.
        user_attrs: JSON-able values by name.
        system_attrs: JSON-able values by name.
        intermediate_values: reported values by step: a number, or with several objectives a tuple of one for each.
        constraints: how far each constraint is missed, by key; see ``Trial.set_constraint``.

    Raises:
        InvalidDistributionError: a value that its distribution cannot represent.
        TypeError: an argument of the wrong type.
        ValueError: both ``value`` and ``values``; params and distributions name different parameters; a value
            outside its distribution; a COMPLETE trial without values; a constraint that is NaN.
    """
    reports = _mapped("intermediate_values", {} if intermediate_values is None else intermediate_values)
    vectors = {step: tuple(given) if isinstance(given, (tuple, list)) else (given,) for step, given in reports.items()}
    found_state = as_state(state)
    if found_state is None:
        raise wrong_type("state", "a TrialState", state, "for example TrialState.COMPLETE")
    now = datetime.now()
    made = FrozenTrial(
        number=-1,
        state=found_state,
        value=value,
        values=None if values is None else items("values", values, _VALUES),
        datetime_start=None if found_state is TrialState.WAITING else now,
        datetime_complete=now if found_state.is_finished() else None,
        params=_named("params", params),
        distributions={name: as_distribution(each) for name, each in _named("distributions", distributions).items()},
        user_attrs=_named("user_attrs", user_attrs),
        system_attrs=_named("system_attrs", system_attrs),
        intermediate_values={step: given[0] if given else math.nan for step, given in vectors.items()},
        intermediate_vectors=vectors if any(len(given) != 1 for given in vectors.values()) else {},
    )
    for key, number in _named("constraints", constraints).items():
        made.set_constraint(key, number)
    check_frozen(made)
    return made


_VALUES = "one float for each objective"


def _check_result(trial: FrozenTrial) -> None:
    """Refuse a state without the result that it needs, or with one that it cannot have.

    Raises:
        ValueError: there is one.
    """
    state, values = trial.state, trial.values
    if state is TrialState.COMPLETE and (values is None or any(v != v for v in values)):
        raise ValueError(
            f"a COMPLETE trial needs a value that is a number, got {shown(values)}; use state=FAIL without one."
        )
    if state is TrialState.FAIL and values is not None:
        raise ValueError(f"a FAIL trial has no values, got {shown(values)}; leave them out, or use another state.")


def _named(name: str, given: Any) -> dict[str, Any]:
    return mapping(name, {} if given is None else given, "its keys are names")


def _mapped(name: str, given: Any) -> Mapping[Any, Any]:
    if not isinstance(given, Mapping):
        raise wrong_type(name, "a dict", given, "for example {1: 0.5}")
    return given


def check_frozen(trial: Any) -> None:
    """Refuse a record of a trial whose fields are not of the types that FrozenTrial declares.

    Raises:
        TypeError: another object, as a trial of Optuna's; a field of the wrong type.
        ValueError: params and distributions name different parameters, a value is outside its distribution, or a
            result that the state cannot have.
        InvalidDistributionError: a value that its distribution cannot represent.
    """
    if not isinstance(trial, FrozenTrial):
        raise wrong_type("trial", "a FrozenTrial", trial, "make one with raytune_lite.create_trial(...)")
    if not isinstance(trial.state, TrialState):
        raise wrong_type("state", "a TrialState", trial.state, "for example TrialState.COMPLETE")
    for value in () if trial.values is None else items("values", trial.values, _VALUES):
        if as_float(value) is None:
            raise wrong_type("each value", "a number", value, _VALUES)
    _check_params(trial)
    _check_result(trial)
    for name, attrs in (("user_attrs", trial.user_attrs), ("system_attrs", trial.system_attrs)):
        _named(name, attrs)
    _mapped("intermediate_values", trial.intermediate_values)
    _mapped("intermediate_vectors", trial.intermediate_vectors)
    for step, numbers in trial.reports.items():
        if as_integer(step) is None or any(as_float(number) is None for number in numbers):
            raise TypeError(f"intermediate_values must map integers to numbers, got {shown({step: numbers})}.")


def _check_params(trial: FrozenTrial) -> None:
    params, distributions = _named("params", trial.params), _named("distributions", trial.distributions)
    if params.keys() != distributions.keys():
        raise ValueError(
            f"params {sorted(params)} and distributions {sorted(distributions)} must name the same parameters."
        )
    for name, external in params.items():
        distribution = distributions[name]
        if not isinstance(distribution, DISTRIBUTIONS):
            hint = "for example FloatDistribution(0, 1) of raytune_lite.distributions"
            raise wrong_type(f"distributions[{name!r}]", "a distribution", distribution, hint)
        if not distribution.contains(distribution.to_internal_repr(external)):
            raise ValueError(f"parameter {name!r}: value {shown(external)} is not in {shown(distribution)}.")


__all__ = [
    "BaseTrial", "FixedTrial", "FrozenTrial", "Parent", "StudyDirection", "Trial", "TrialState",  # noqa: F822
    "create_trial",
]  # fmt: skip

__getattr__ = names_of(__name__, {"Trial": ".runtime.trial"}, __all__)  # Optuna's place for it


def __dir__() -> list[str]:
    return sorted(__all__)
