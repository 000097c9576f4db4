"""Population based training: members that fall behind are replaced by copies of better ones, with other parameters.

Owns who stood at which ready point with what loss, who waits there, and how a copy's parameters differ. A replaced
member ends, and a new trial goes on from the better one's checkpoint, so each trial has one set of parameters for ever.

Source: Jaderberg et al. 2017, "Population Based Training of Neural Networks", arXiv:1711.09846, Algorithm 1.
"""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..arguments import as_float, integer, items, shown
from ..core.messages import Decision, ParamValue, PromoteRung, PutRung, Row
from ..core.protocols import Verdict
from ..core.reasons import Reason, Show, ordinal
from ..core.schedules import Every
from ..core.view import Losses, Prefix, Rung, StudyIdentity
from .base import BasePruner
from .explore import drawn, explored

_NAMES = (
    "perturbation_interval", "max_resource", "population_size", "burn_in_period", "quantile_fraction",
    "resample_probability", "perturbation_factors", "perturbed_params", "seed",
)  # fmt: skip


@dataclass(frozen=True, slots=True, init=False)
class PBTPruner(BasePruner):
    """Population based training.

    ``population_size`` trials, the members, train side by side. Ready points are the multiples of
    ``perturbation_interval`` from ``burn_in_period`` on and below ``max_resource``. A member that reaches one is
    compared with all that ever reached it; one of the first, before there are 1/``quantile_fraction`` of them, with all
    that reached the ready point before. If it is in the worst ``quantile_fraction`` it is *replaced*: it ends as
    PRUNED, and a new trial goes on from the newest checkpoint of a member drawn from the best ``quantile_fraction`` of
    that ready point or of a later one, with that member's parameters, changed. The new trial's ``parent`` says from
    where; its first step is the one after the checkpoint's. A loss that is not finite is worse than all others, and
    such a member is replaced as soon as there is anyone to go on from.

    Members beyond the number of slots take turns: one that is ahead pauses at its ready point. The objective must save
    checkpoints, best at each ready point and before it reports, or nobody can go on from anybody. Any sampler chooses
    the first parameters. ``n_trials`` counts these alone; when a member ends, the next one begins, as long as
    ``n_trials`` allows.

    It differs from Ray Tune's: a replaced trial keeps its own curve and parameters; losses are compared at equal steps;
    a changed value stays in its distribution; members with NaN do not train to the end; members that finished can be
    gone on from.

    Args:
        perturbation_interval: steps between two ready points.
        max_resource: step at which a full training ends; neither a ready point nor a checkpoint to go on from.
        population_size: members under way at most.
        burn_in_period: no ready point lies below this step.
        quantile_fraction: share of the worst, and of the best, in (0, 0.5].
        resample_probability: with it a parameter is drawn anew from its distribution, instead of being changed.
        perturbation_factors: a number is multiplied by one of these, then clipped to its range and rounded to its
            steps; an integer, and a float with steps, moves by at least one step. Of a choice among ascending or
            descending numbers a neighbour is taken; other choices are drawn anew.
        perturbed_params: names of the parameters that may change; the others keep the parent's values, as they must
            where they give a network its shape. None: all. Those that PartialFixedSampler fixes never change.
        seed: which draws are made; an integer >= 0.

    Raises:
        ValueError: an argument out of its range; the message says the range.

    Source: Jaderberg et al. 2017, section 4.1.1 (truncation selection; perturb, resample). The arguments have the
    names, and most of them the defaults, of Ray Tune 2.60, ``ray.tune.schedulers.PopulationBasedTraining``.
    """

    perturbation_interval: int
    max_resource: int
    population_size: int
    burn_in_period: int
    quantile_fraction: float
    resample_probability: float
    perturbation_factors: tuple[float, ...]
    perturbed_params: tuple[str, ...] | None
    seed: int

    def __init__(
        self,
        perturbation_interval: int = 1,
        max_resource: int | None = None,
        population_size: int = 20,
        *,
        burn_in_period: int = 0,
        quantile_fraction: float = 0.25,
        resample_probability: float = 0.25,
        perturbation_factors: Sequence[float] = (0.8, 1.2),
        perturbed_params: Sequence[str] | None = None,
        seed: int = 0,
    ) -> None:
        if max_resource is None:
            raise ValueError("max_resource must be given, got None; it is the last step of a full training.")
        values = (
            integer("perturbation_interval", perturbation_interval, 1, "it is the steps between two ready points"),
            integer("max_resource", max_resource, 1, "it is the last step of a full training"),
            integer("population_size", population_size, 2, "one member alone has nobody to go on from"),
            integer("burn_in_period", burn_in_period, 0, "no ready point lies below this step"),
            _fraction("quantile_fraction", quantile_fraction, 0.5, "the best and the worst must not overlap"),
            _fraction("resample_probability", resample_probability, 1.0, "0 changes every value by a factor"),
            _factors(perturbation_factors),
            None if perturbed_params is None else _names(perturbed_params),
            integer("seed", seed, 0, "the same seed makes the same draws"),
        )
        if not values[4]:
            raise ValueError(f"quantile_fraction must be > 0, got {shown(quantile_fraction)}; 0.25 is usual.")
        for name, value in zip(_NAMES, values, strict=True):
            object.__setattr__(self, name, value)

    @property
    def judges_several(self) -> bool:
        """False: a ready point has one order."""
        return False

    @property
    def first(self) -> int:
        """The first ready point, if it lies below ``max_resource``."""
        every = self.perturbation_interval
        return max(1, -(-self.burn_in_period // every)) * every

    def spec(self) -> dict[str, Any]:
        """``{"name": "PBTPruner", **arguments}``."""
        found = {name: getattr(self, name) for name in _NAMES}
        plain = {name: list(value) if isinstance(value, tuple) else value for name, value in found.items()}
        return {"name": "PBTPruner", **plain}

    def judge(self, study: StudyIdentity) -> _PBTJudge:  # noqa: ARG002
        """A judge that knows no member."""
        return _PBTJudge(self)


def _names(given: Any) -> tuple[str, ...]:
    found = items("perturbed_params", given, "for example ['learning_rate']")
    if not all(isinstance(name, str) for name in found):
        raise ValueError(f"perturbed_params must be names of parameters, got {shown(given)}; None: all may change.")
    return tuple(found)


def _fraction(name: str, given: Any, most: float, why: str) -> float:
    found = as_float(given)
    if found is None or not 0.0 <= found <= most:
        raise ValueError(f"{name} must be a number in [0, {most}], got {shown(given)}; {why}.")
    return found


def _factors(given: Any) -> tuple[float, ...]:
    found = [as_float(each) for each in items("perturbation_factors", given, "for example (0.8, 1.2)")]
    factors = tuple(each for each in found if each is not None and 0.0 < each < math.inf)
    if not factors or len(factors) != len(found):
        raise ValueError(
            f"perturbation_factors must be numbers > 0, at least one, got {shown(given)}; (0.8, 1.2) is usual."
        )
    return factors


# --- exploit -----------------------------------------------------------------------------------------------------

_Key = tuple[float, int, int]  # (loss, or inf when it is not finite; arrival at the ready point; trial number)


@dataclass(slots=True)
class _Point:
    """A ready point: who ever stood there, best first; and in the order of arrival, as samplers see them."""

    order: list[_Key] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    losses: list[Losses] = field(default_factory=list)

    def add(self, number: int, loss: float) -> int:
        """Record an arrival; returns which one it is, from 0."""
        arrival = len(self.numbers)
        self.numbers.append(number)
        self.losses.append((loss,))
        insort(self.order, self.key(arrival))
        return arrival

    def key(self, arrival: int) -> _Key:
        (loss,) = self.losses[arrival]
        return loss if math.isfinite(loss) else math.inf, arrival, self.numbers[arrival]


@dataclass(slots=True)
class _PBTJudge:
    """One study's members. See ``Judge``, ``Promoter``, ``Breeder`` and ``HasRungs`` for the methods.

    ``points``: by step. For one trial: ``following`` is the next ready point, when it is not the first; ``waiting`` the
    one where its verdict was PAUSE, until it goes on; ``losing`` the one where it was STOP, and the one by which it
    lost; ``before`` the last one where it stands, and which arrival it is there. ``diverged``: trials whose last report
    was no number: nobody goes on from them. ``ended``: trials that will not run again. ``finished``: (result, number)
    of those of them that others may go on from, best first.
    """

    pruner: PBTPruner
    points: dict[int, _Point] = field(default_factory=dict)
    following: dict[int, int] = field(default_factory=dict)
    waiting: dict[int, int] = field(default_factory=dict)
    losing: dict[int, tuple[int, int]] = field(default_factory=dict)
    before: dict[int, tuple[int, int]] = field(default_factory=dict)
    diverged: dict[int, None] = field(default_factory=dict)
    ended: set[int] = field(default_factory=set)  # membership only, never iterated
    finished: list[tuple[float, int]] = field(default_factory=list)

    @property
    def population(self) -> int:
        return self.pruner.population_size

    @property
    def horizon(self) -> int:
        return self.pruner.max_resource

    def schedule(self, number: int) -> Every:  # noqa: ARG002
        return Every(self.pruner.first, self.pruner.perturbation_interval)

    # --- reports ---------------------------------------------------------------------------------------------------

    def report(self, number: int, step: int, losses: Losses) -> Verdict:
        """Record the loss at each ready point that ``step`` reaches or passes, up to one where the trial loses.

        A ready point that a trial passes after a verdict of PAUSE is left out: it has no record there.
        """
        if math.isfinite(losses[0]):
            self.diverged.pop(number, None)
        elif number not in self.ended:
            self.diverged[number] = None
        if number in self.ended or number in self.losing:
            return Verdict(Decision.STOP)
        if number in self.waiting:
            self._skip(number, step)
            return Verdict(Decision.PAUSE)
        rows: list[Row] = []
        decision, every = Decision.CONTINUE, self.pruner.perturbation_interval
        point = self.following.get(number, self.pruner.first)
        while point <= step and point < self.pruner.max_resource and decision is not Decision.STOP:
            how = "exact" if point == step else "late"
            rows.append(PutRung(number=number, level=point, losses=losses, how=how))
            lost_by = self._arrive(number, point, losses[0])
            decision = Decision.PAUSE if lost_by is None else Decision.STOP
            self.waiting[number], self.following[number] = point, point + every
            if lost_by is not None:
                self.losing[number] = self.waiting.pop(number), lost_by
            point += every
        if decision is not Decision.CONTINUE:
            self._skip(number, step)
        return Verdict(decision, tuple(rows))

    def _skip(self, number: int, step: int) -> None:
        every, point = self.pruner.perturbation_interval, self.following[number]
        self.following[number] = max(point, (step // every + 1) * every)

    def _arrive(self, number: int, step: int, loss: float) -> int | None:
        """Record a trial at a ready point; returns the one by which it loses, if it does.

        That is this one, or the one before while too few have come here: of members of one speed, those that come
        first everywhere would never be compared with anybody.
        """
        point = self.points.setdefault(step, _Point())
        arrival, before = point.add(number, loss), self.before.get(number)
        self.before[number] = step, arrival
        if before is not None and not self._share(len(point.order)):
            step, arrival = before
            point = self.points[step]
        if not math.isfinite(loss):
            return step
        key, order = point.key(arrival), point.order
        share = self._share(len(order))
        # one that is as good as the best share stays: nothing would be gained
        return step if share and key >= order[-share] and key[0] > order[share - 1][0] else None

    def _share(self, n: int) -> int:
        """How many of ``n`` the best, or the worst, share has; 0 while there are fewer than 1/quantile_fraction."""
        return math.floor(n * self.pruner.quantile_fraction + 1e-9)

    def reason(self, number: int, step: int, losses: Losses, show: Show) -> Reason | None:  # noqa: ARG002
        if number not in self.before:
            return None
        step = self.losing[number][1] if number in self.losing else self.before[number][0]
        order = self.points[step].order
        rank = 1 + next(i for i, key in enumerate(order) if key[2] == number)
        text = f"{ordinal(rank)} of {len(order)} at step {step}, where the last {self._share(len(order))} are replaced"
        return Reason(text=text, holds=number not in self.losing, missing="a free slot" * (number in self.waiting))

    # --- exploit: from whom a new trial goes on ----------------------------------------------------------------------

    def replace(self, number: int, saved: Callable[[int], int | None]) -> int | None:
        point, lost_by = self.losing[number]
        donors = self._donors(lost_by, saved)
        if donors:
            return donors[int(drawn(self.pruner.seed, number, "parent") * len(donors))]
        del self.losing[number]
        self.waiting[number] = point
        return None

    def _donors(self, point: int, saved: Callable[[int], int | None]) -> list[int]:
        """By number: the best share of this ready point and of later ones, with checkpoints of this step or later."""
        found: dict[int, None] = {}
        for level, others in self.points.items():
            if level >= point:
                # one who has diverged does not wait until there are enough for a share
                share = self._share(len(others.order)) or (level == point)
                found.update(dict.fromkeys(n for loss, _, n in others.order[:share] if loss < math.inf))
        donors = []
        for member in sorted(found):
            step = None if member in self.losing or member in self.diverged else saved(member)
            if step is not None and step >= point:
                donors.append(member)
        return donors

    def breed(self, number: int, step: int, params: tuple[ParamValue, ...]) -> tuple[ParamValue, ...]:
        every, first = self.pruner.perturbation_interval, self.pruner.first
        self.following[number] = max(first, (step // every + 1) * every)
        rule = self.pruner
        names, share, factors = rule.perturbed_params, rule.resample_probability, rule.perturbation_factors
        return tuple(
            explored(param, number, seed=rule.seed, resample=share, factors=factors)
            if names is None or param.name in names
            else param
            for param in params
        )

    def donates(self, number: int) -> bool:
        """Of the trials that are COMPLETE the best, as many as the best share of the population has."""
        return any(number == other for _, other in self.finished)

    # --- taking turns ------------------------------------------------------------------------------------------------

    def promotable(self, ready: Callable[[int], bool]) -> Iterator[int]:
        """Members that wait, the lowest ready point first, then who has waited longest."""
        for number in sorted(self.waiting, key=self.waiting.__getitem__):
            if ready(number):
                yield number

    def promote(self, number: int) -> tuple[Row, ...]:
        if number not in self.waiting:
            raise ValueError(
                f"trial {number} waits at no ready point; promote only what promotable() yields, and once."
            )
        return (PromoteRung(number=number, level=self.waiting.pop(number)),)

    # --- ends --------------------------------------------------------------------------------------------------------

    def retire(self, number: int) -> None:
        self.ended.add(number)
        self.waiting.pop(number, None)
        self.losing.pop(number, None)

    def end(self, number: int, losses: Losses | None) -> tuple[Row, ...]:
        self.retire(number)
        self.following.pop(number, None)
        self.before.pop(number, None)
        self.diverged.pop(number, None)
        if losses is not None and math.isfinite(losses[0]):
            insort(self.finished, (losses[0], number))
            del self.finished[max(1, self._share(self.pruner.population_size)) :]
        return ()

    # --- what samplers see, and snapshots ----------------------------------------------------------------------------

    def rungs(self) -> tuple[Rung, ...]:
        return tuple(
            Rung(level, 0, Prefix(self.points[level].numbers), Prefix(self.points[level].losses))
            for level in sorted(self.points)
        )

    def bracket(self, number: int) -> int:  # noqa: ARG002
        return 0

    def waits(self, number: int) -> bool:
        return number in self.waiting

    def dump(self) -> Any:
        """See ``Dumps``."""
        points = [[step, at.numbers, [loss for (loss,) in at.losses]] for step, at in self.points.items()]
        maps = [list(each.items()) for each in (self.following, self.waiting)]
        pairs = [[[n, *pair] for n, pair in each.items()] for each in (self.losing, self.before)]
        finished = [list(each) for each in self.finished]
        return [points, maps, pairs, list(self.diverged), sorted(self.ended), finished]

    def load(self, data: Any) -> None:
        """See ``Dumps``."""
        points, maps, pairs, diverged, ended, finished = data
        for step, numbers, losses in points:
            point = self.points[step] = _Point()
            for number, loss in zip(numbers, losses, strict=True):
                point.add(number, loss)
        for each, found in zip((self.following, self.waiting), maps, strict=True):
            each.update(map(tuple, found))
        for pair, found in zip((self.losing, self.before), pairs, strict=True):
            pair.update((number, (first, second)) for number, first, second in found)
        self.diverged.update(dict.fromkeys(diverged))
        self.ended.update(ended)
        self.finished.extend(tuple(each) for each in finished)
