"""A study without an executor, and search spaces to ask for in it.

``World`` shows a sampler the views that an executor would, and asks as an objective on a worker asks: first for what
the sampler foresees, then for each parameter that was not foreseen or lies outside the range the objective names.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from raytune_lite.core.protocols import Sampler
from raytune_lite.core.view import Finished, StudyView
from raytune_lite.distributions import CategoricalDistribution, Distribution, FloatDistribution, IntDistribution
from raytune_lite.samplers import GridSampler, RandomSampler
from raytune_lite.trial import FrozenTrial, StudyDirection, TrialState

MINIMIZE, MAXIMIZE = StudyDirection.MINIMIZE, StudyDirection.MAXIMIZE
RUNNING, WAITING, PAUSED = TrialState.RUNNING, TrialState.WAITING, TrialState.PAUSED
COMPLETE, PRUNED, FAIL = TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL

Suggest = Callable[[str, Distribution], Any]
Objective = Callable[[Suggest], None]  # asks for parameters; what it is worth is ``loss_of``

# --- search spaces ---------------------------------------------------------------------------------------------------

NUMBERS: dict[str, Distribution] = {
    "float": FloatDistribution(-2.0, 3.0),
    "log": FloatDistribution(1e-5, 1e-1, log=True),
    "step": FloatDistribution(0.1, 0.7, step=0.1),
    "int": IntDistribution(-3, 11),
    "log_int": IntDistribution(1, 1000, log=True),
    "step_int": IntDistribution(5, 50, step=5),
}
CHOICES = CategoricalDistribution(["sgd", None, True, 1.5, math.nan])
MIXED = {**NUMBERS, "choice": CHOICES, "flag": CategoricalDistribution([False, True])}
FLOATS: dict[str, Distribution] = {f"x{i}": FloatDistribution(-5.0, 5.0) for i in range(3)}
DISCRETE: dict[str, Distribution] = {
    "choice": CategoricalDistribution(["sgd", None, True, 1.5]),
    "int": IntDistribution(0, 9),
    "log_int": IntDistribution(1, 8, log=True),
    "step": FloatDistribution(0.1, 0.7, step=0.1),
    "step_int": IntDistribution(5, 25, step=5),
}
SINGLE: dict[str, Distribution] = {
    "one_float": FloatDistribution(0.3, 0.3),
    "one_log": FloatDistribution(1e-3, 1e-3, log=True),
    "one_int": IntDistribution(7, 7),
    "one_choice": CategoricalDistribution(["only"]),
}
EXTREME: dict[str, Distribution] = {
    "whole": FloatDistribution(-1e308, 1e308),  # high - low overflows
    "decades": FloatDistribution(1e-300, 1e300, log=True),
    "narrow": FloatDistribution(1.0, 1.0 + 1e-15),
    "fine": FloatDistribution(1e6, 1e6 + 1e-3, step=1e-6),
    "big_int": IntDistribution(-(2**62), 2**62),
    "many_ints": IntDistribution(1, 2**53, log=True),
    "two": IntDistribution(0, 1),
    "many": CategoricalDistribution([f"c{i}" for i in range(300)]),
}


def flat(space: Mapping[str, Distribution]) -> Objective:
    """An objective that always asks for the whole space."""

    def objective(suggest: Suggest) -> None:
        for name, dist in space.items():
            suggest(name, dist)

    return objective


def conditional(suggest: Suggest) -> None:
    """Branches, a loop whose length is a parameter, and a parameter that two branches share."""
    if suggest("kind", CategoricalDistribution(["net", "tree", "line"])) == "net":
        for i in range(suggest("layers", IntDistribution(1, 3))):
            suggest(f"width{i}", IntDistribution(4, 256, log=True))
        suggest("rate", FloatDistribution(1e-4, 1.0, log=True))
    elif suggest("kind", CategoricalDistribution(["net", "tree", "line"])) == "tree":
        suggest("depth", IntDistribution(2, 12, step=2))
        suggest("rate", FloatDistribution(1e-4, 1.0, log=True))


def conditional_discrete(suggest: Suggest) -> None:
    """The same without a continuous parameter, with some thousand leaves."""
    if suggest("kind", CategoricalDistribution(["net", None])) == "net":
        for i in range(suggest("layers", IntDistribution(1, 3))):
            suggest(f"width{i}", IntDistribution(0, 15))
    else:
        suggest("depth", IntDistribution(2, 12, step=2))


def moving(suggest: Suggest) -> None:
    """A range that depends on another parameter, so that it is another one in most trials."""
    low = suggest("low", FloatDistribution(0.0, 1.0))
    suggest("above", FloatDistribution(low, low + 1.0))
    suggest("below", IntDistribution(-int(10 * low) - 1, 0))


OBJECTIVES: dict[str, Objective] = {
    "mixed": flat(MIXED),
    "numbers": flat(NUMBERS),
    "floats": flat(FLOATS),
    "one float": flat({"x": FloatDistribution(0.0, 1.0)}),
    "one choice": flat({"choice": CHOICES}),
    "discrete": flat(DISCRETE),
    "single": flat(SINGLE),
    "single and float": flat({**SINGLE, "x": FloatDistribution(-1.0, 1.0)}),
    "extreme": flat(EXTREME),
    "conditional": conditional,
    "conditional, discrete": conditional_discrete,
    "moving": moving,
}

# --- a study to ask in -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Played:
    """The parameters of a trial: internal values and distributions, in the order of the objective's asking."""

    values: dict[str, float]
    distributions: dict[str, Distribution]

    def external(self) -> dict[str, Any]:
        """The values as the objective sees them."""
        return {name: self.distributions[name].to_external_repr(value) for name, value in self.values.items()}

    def trial(self, number: int, state: TrialState, **fields: Any) -> FrozenTrial:
        """The record of a trial with these parameters."""
        return FrozenTrial(
            number=number, state=state, params=self.external(), distributions=dict(self.distributions), **fields
        )


class World:
    """A study without an executor. ``finished`` only grows, so a sampler's cache may follow it."""

    def __init__(self, *directions: StudyDirection) -> None:
        self.directions = directions or (MINIMIZE,)
        self.finished: list[FrozenTrial] = []
        self.pending: dict[int, FrozenTrial] = {}
        self.known: dict[str, Distribution] = {}

    def copy(self, order: Sequence[int] | None = None) -> World:
        """Another study with the same content; ``order``: in which its trials ended, as indices."""
        other = World(*self.directions)
        other.finished = list(self.finished) if order is None else [self.finished[i] for i in order]
        other.pending, other.known = dict(self.pending), dict(self.known)
        return other

    def view(self, n: int | None = None, asking: FrozenTrial | None = None) -> StudyView:
        """What a sampler sees when ``n`` trials (None: all) have ended and the trial ``asking`` asks."""
        n = len(self.finished) if n is None else n
        pending = {**self.pending, **({asking.number: asking} if asking else {})}
        trials = tuple(pending[number] for number in sorted(pending))
        return StudyView(self.directions, n + len(trials), Finished(self.finished, n), lambda: trials)

    def put(self, trial: FrozenTrial) -> None:
        """Add a trial, or let a pending one go on or end."""
        self.pending.pop(trial.number, None)
        if trial.state.is_finished():
            self.finished.append(trial)
        else:
            self.pending[trial.number] = trial
        self.known.update(trial.distributions)

    def play(self, sampler: Sampler, number: int, objective: Objective, n: int | None = None) -> Played:
        """What trial ``number`` is given for all that the objective asks for; the study stays as it is.

        Raises:
            AssertionError: the sampler foresees what it was not asked for, or gives a value that it may not.
        """
        known, played = dict(self.known), Played({}, {})

        def seen() -> StudyView:
            foreseen = {name: space[name].to_external_repr(value) for name, value in ahead.items()}
            asking = FrozenTrial(
                number=number,
                state=RUNNING,
                params=foreseen | played.external(),
                distributions={name: space[name] for name in ahead} | played.distributions,
            )
            return self.view(n, asking)

        space: Mapping[str, Distribution] = {}
        ahead: Mapping[str, float] = {}
        fixed = {}
        if isinstance(sampler, GridSampler):  # the ledger gives each trial its cell
            cell = sampler.grid.params(sampler.grid.cell_at(number % sampler.grid.size))
            fixed = {name: DISCRETE[name].to_internal_repr(value) for name, value in cell.items()}
        view = seen()
        space = sampler.search_space(view, known)
        assert known == self.known, "search_space() changed what it was given"
        assert all(known[name] == dist for name, dist in space.items()), "search_space() must choose among the known"
        ahead = sampler.sample_relative(view, number, dict(space)) if space else {}
        assert list(ahead) == list(space) or ahead.keys() == space.keys(), (list(ahead), list(space))
        for name, value in ahead.items():
            check_value(name, value, space[name])

        def suggest(name: str, dist: Distribution) -> Any:
            if name not in played.values:
                if name in fixed:
                    value = fixed[name]
                elif name in ahead and dist.contains(ahead[name]):
                    value = ahead[name]
                else:
                    value = sampler.sample_independent(seen(), number, name, dist)
                check_value(name, value, dist)
                played.values[name], played.distributions[name] = value, dist
            return played.distributions[name].to_external_repr(played.values[name])

        objective(suggest)
        line = sampler.explain(view, number, space)
        assert isinstance(line, str)
        assert "\n" not in line
        return played


def check_value(name: str, value: Any, dist: Distribution) -> None:
    """In the range, on the grid, a plain float, and the same after a round trip through the objective's view of it."""
    assert type(value) is float, f"{name}: {value!r} is no plain float"
    assert dist.contains(value), f"{name}: {value!r} is not in {dist}"
    assert dist.to_internal_repr(dist.to_external_repr(value)) == value


def loss_of(played: Played) -> float:
    """A smooth loss in [0, 1]: the mean squared distance of each parameter from 0.3 of its range."""
    found = [_share(value, played.distributions[name]) for name, value in played.values.items()]
    return sum((share - 0.3) ** 2 for share in found) / max(1, len(found))


def _share(value: float, dist: Distribution) -> float:
    if dist.single():
        return 0.3
    if isinstance(dist, CategoricalDistribution):
        return value / len(dist.choices)
    low, high = float(dist.low), float(dist.high)
    if dist.log:
        return (math.log(value) - math.log(low)) / (math.log(high) - math.log(low))
    return (value / 2 - low / 2) / (high / 2 - low / 2)


def history(
    objective: Objective,
    n: int,
    *directions: StudyDirection,
    state: TrialState = COMPLETE,
    told: Callable[[int, float], Mapping[str, Any]] | None = None,
    world: World | None = None,
) -> World:
    """A study with ``n`` trials of random search.

    ``told(i, loss)``: fields of the i-th record; by default each objective's value: the loss, and powers of 1 - loss.
    """
    world = World(*directions) if world is None else world
    for i in range(n):
        number = len(world.finished) + len(world.pending)
        played = world.play(RandomSampler(7), number, objective)
        loss = loss_of(played)
        if told is not None:
            fields = dict(told(i, loss))
        else:
            fields = {"values": values_of_loss(loss, world.directions)} if state is COMPLETE else {}
        world.put(played.trial(number, fields.pop("state", state), **fields))
    return world


def values_of_loss(loss: float, directions: Sequence[StudyDirection]) -> tuple[float, ...]:
    """Values of conflicting objectives, each with the sign its direction wants."""
    losses = [loss if k == 0 else (1 - loss) ** (k + 1) for k in range(len(directions))]
    return tuple(-v if d is MAXIMIZE else v for v, d in zip(losses, directions, strict=True))


def mirrored(world: World) -> World:
    """The same study with every direction turned round and every value negated."""
    other = World(*(MINIMIZE if d is MAXIMIZE else MAXIMIZE for d in world.directions))
    for trial in (*world.finished, *world.pending.values()):
        fields = {name: getattr(trial, name) for name in FrozenTrial.__dataclass_fields__}
        fields["values"] = None if trial.values is None else tuple(-v for v in trial.values)
        fields["intermediate_values"] = {step: -v for step, v in trial.intermediate_values.items()}
        other.put(FrozenTrial(**fields))
    other.known = dict(world.known)
    return other
