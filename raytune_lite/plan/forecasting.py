"""What a study will cost: by workers and rule the time to a target, from the curves of a small study.

The curves are completed (``completing``), drawn and trained in virtual time by the true scheduler (``cells``). Sampling
is random: an upper bound where the sampler learns.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING, Any

from ..arguments import integer, items, real, shown
from ..core.messages import FailureKind
from ..exceptions import NotEnoughDataError
from .cells import COHORTS, Cell, Draws, Rule, RungChance, cell, rungs
from .completing import Completer
from .curves import Curve, Recorded, first_step, read, with_reports

if TYPE_CHECKING:
    from ..study.results import Results

LEAST_CURVES, LEAST_LONG = 16, 5
TOP = 0.05
WORTH = 0.5  # of the ideal gain: more workers are recommended while they bring that much
INTERRUPTING = (FailureKind.NODE_LOST, FailureKind.WORKER_CRASH, FailureKind.OUT_OF_MEMORY, FailureKind.LEASE_EXPIRED)
_UNBOUNDED = 1e9  # seconds that stand for "never" where cells are compared


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a study like this one will cost.

    Args:
        study: the study whose curves were used.
        n_curves, n_cut: curves that are known, and how many of them end early.
        n_workers_known: the most attempts at once in it.
        target: the value to find; ``target_share``: the share of the curves that reached it.
        horizon: the step to which trials are trained here.
        n_past_last_rung: curves that were trained past the last step at which others were cut.
        cells: by workers, then by rule; the best rule of each number of workers first.
        recommended: one of them; None where none reaches the target often enough.
        floor: seconds that the fastest recorded trial took to the target; one that ended early may become a faster one.
        rungs: what each rung does to the eventual best; of ``rungs_rule``, the recommended rule, or the best one with
            rungs; None: no rule has some.
        start_up: seconds from a claim to the objective, the median.
        first_rung: seconds of training to the lowest of these rungs, the median.
        interruptions: an hour of a slot, as far as the study and ``spot`` say.
        checkpoint_bytes: of one checkpoint, the mean.
        price: of a slot-hour; None: not given.
        deadline: seconds; None: not given.
        budget: slot-hours; None: not given.
        simulations: of each cell.
    """

    study: str
    n_curves: int
    n_cut: int
    n_workers_known: int
    target: float
    target_share: float
    horizon: int
    n_past_last_rung: int
    cells: tuple[Cell, ...]
    recommended: Cell | None
    floor: float
    rungs: tuple[RungChance, ...]
    rungs_rule: Rule | None
    start_up: float
    first_rung: float
    interruptions: float
    checkpoint_bytes: float
    price: float | None
    deadline: float | None
    budget: float | None
    simulations: int

    def chance(self, one: Cell) -> float:
        """The share of a cell's simulations that reached the target within the deadline and the budget."""
        limit = _limit(one.workers, self.deadline, self.budget)
        return one.reached if math.isinf(limit) else one.within(limit)

    def best_of(self, workers: int) -> Cell:
        """The best cell of so many workers."""
        return next(one for one in self.cells if one.workers == workers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What is to be planned; see ``plan``."""

    target: float | None
    top: float
    workers: tuple[int, ...]
    etas: tuple[int, ...]
    min_resources: tuple[int, ...] | None
    price: float | None
    deadline: float | None
    budget: float | None
    spot: float | None
    simulations: int
    seed: int


def plan(
    study: Results,
    *,
    target: float | None = None,
    top: float = TOP,
    workers: Sequence[int] = (4, 8, 16, 32),
    etas: Sequence[int] = (2, 3, 4),
    min_resources: Sequence[int] | None = None,
    price: float | None = None,
    deadline: float | None = None,
    budget: float | None = None,
    spot: float | None = None,
    simulations: int = 60,
    seed: int = 0,
    on_cell: Callable[[int, int], Any] | None = None,
) -> Plan:
    """By workers, eta and min_resource: how long a study like this one takes to find a target, and what that costs.

    Args:
        study: with one objective; its curves are what is known. It is not changed.
        target: a value that trials of the study have reached; None: the best ``top`` of its trials reached it.
        top: a share of the trials, above 0 and at most 0.5; used where there is no ``target``.
        workers: trials at a time.
        etas: ASHA's reduction factors.
        min_resources: steps of the lowest rung; None: the first recorded step, and three times as far.
        price: money a slot-hour; None: what the study's latest run recorded (``optimize(prices=...)``), if it did.
        deadline: seconds; the chance to be there in time is shown.
        budget: slot-hours; the chance to be there for as much is shown.
        spot: mean seconds until a slot is taken away, on machines that may be; None: as often as in the study.
        simulations: of each cell.
        seed: of all draws; the same seed gives the same plan.
        on_cell: called with (cells that are done, cells in all).

    Returns:
        The plan.

    Raises:
        NotEnoughDataError: fewer than 16 curves, fewer than 5 that went on past the first step at which others ended,
            or a target that none has reached.
        ValueError, TypeError: an argument out of range; several objectives.
    """
    wishes = Wishes(
        target=None if target is None else real("target", target, "a number", "None takes the best of the study"),
        top=_share(top),
        workers=_whole("workers", workers, 1),
        etas=_whole("etas", etas, 2),
        min_resources=None if min_resources is None else _whole("min_resources", min_resources, 1),
        price=_positive("price", price, "money a slot-hour"),
        deadline=_positive("deadline", deadline, "seconds"),
        budget=_positive("budget", budget, "slot-hours"),
        spot=_positive("spot", spot, "seconds"),
        simulations=integer("simulations", simulations, 10, "fewer give no interval", 100_000),
        seed=integer("seed", seed, 0, "it is an integer >= 0"),
    )
    last = study.last_run
    if wishes.price is None and last is not None and last.price > 0.0:
        wishes = replace(wishes, price=last.price)
    return of_record(read(study), study.study_name, study.directions[0].sign, wishes, on_cell)


def of_record(
    record: Recorded, name: str, sign: int, wishes: Wishes, on_cell: Callable[[int, int], Any] | None = None
) -> Plan:
    """As ``plan``, of curves that have been read already. ``sign``: 1 to minimise, -1 to maximise.

    Raises:
        NotEnoughDataError: see ``plan``.
    """
    curves = with_reports(record.curves)
    refuse_too_few(curves, name)
    target, share = _target(curves, sign, wishes, name)
    rate = interruptions(record) + (1 / wishes.spot if wishes.spot else 0.0)
    completer = Completer(curves, _slowdown(curves, rate))
    others = [curve for curve in record.curves if not curve.steps and curve.is_whole]
    n_trials = max(64, min(1000, math.ceil(8 / share)), 2 * max(wishes.workers))
    draws = Draws(completer, others, n_trials, wishes.seed)
    rules = _rules(curves, completer.horizon, wishes)
    cells: list[Cell] = []
    for workers in wishes.workers:
        some = []
        for rule in rules:
            some.append(cell(draws, workers, rule, target, wishes.simulations))
            if on_cell is not None:
                on_cell(len(cells) + len(some), len(wishes.workers) * len(rules))
        cells += sorted(some, key=lambda one: one.score(_UNBOUNDED))
    recommended = _recommended(cells, wishes)
    laddered = _laddered(cells, recommended)
    last_cut = max((curve.steps[-1] for curve in curves if not curve.is_whole), default=0)
    return Plan(
        study=name,
        n_curves=len(curves),
        n_cut=sum(not curve.is_whole for curve in curves),
        n_workers_known=record.slots,
        target=sign * target,
        target_share=share,
        horizon=completer.horizon,
        n_past_last_rung=sum(curve.steps[-1] >= last_cut for curve in curves) if last_cut else len(curves),
        cells=tuple(cells),
        recommended=recommended,
        floor=_floor(curves, target),
        rungs=_rungs(draws, laddered, wishes, min(len(curves), 64)),
        rungs_rule=laddered,
        start_up=median(curve.start_up for curve in curves),
        first_rung=math.nan if laddered is None else _seconds_to(curves, laddered.min_resource or 1),
        interruptions=3600.0 * rate,
        checkpoint_bytes=record.checkpoint_bytes,
        price=wishes.price,
        deadline=wishes.deadline,
        budget=wishes.budget,
        simulations=wishes.simulations,
    )


# --- what is known ----------------------------------------------------------------------------------------------------


def refuse_too_few(curves: Sequence[Curve], name: str) -> None:
    """Refuse curves that no plan can stand on.

    Raises:
        NotEnoughDataError: there are fewer than 16, or fewer than 5 that went on past where others ended.
    """
    n = 2 * LEAST_CURVES
    way_out = (
        f"Run more trials; a pilot makes random ones, which stay in the study: raytune-lite run ... --pilot {n}, or "
        f"study.optimize(..., pilot={n})."
    )
    if len(curves) < LEAST_CURVES:
        raise NotEnoughDataError(
            f"study {name!r} has {len(curves)} trials with reports and times; a plan needs at least {LEAST_CURVES}. "
            f"{way_out}"
        )
    cut = [curve.steps[-1] for curve in curves if not curve.is_whole]
    first_cut = min(cut, default=0)
    n_long = sum(curve.is_whole or curve.steps[-1] > first_cut for curve in curves)
    if n_long < LEAST_LONG:
        raise NotEnoughDataError(
            f"study {name!r} has {len(curves)} curves, of which {n_long} go on past step {first_cut}, where the others "
            f"end; a plan needs at least {LEAST_LONG}, to know how a curve goes on. {way_out}"
        )


def _target(curves: Sequence[Curve], sign: int, wishes: Wishes, name: str) -> tuple[float, float]:
    """(a loss to find, the share of the curves that reached it)."""
    best = sorted(min((x for x in curve.losses if x == x), default=math.inf) for curve in curves)
    if wishes.target is None:
        target = best[max(0, math.ceil(wishes.top * len(best)) - 1)]
    else:
        target = sign * wishes.target
    n = sum(each <= target for each in best)
    if n == 0 or math.isinf(target):
        raise NotEnoughDataError(
            f"no trial of study {name!r} has reached the target {wishes.target}; the best value is "
            f"{sign * best[0]:.6g}. What no curve shows cannot be foreseen: choose a target up to there, or run more "
            "trials."
        )
    return target, n / len(best)


def interruptions(record: Recorded) -> float:
    """Attempts that were lost, a second of a slot."""
    lost = sum(record.losses.get(kind.value, 0) for kind in INTERRUPTING)
    return lost / record.worked if record.worked > 0.0 else 0.0


def _slowdown(curves: Sequence[Curve], rate: float) -> float:
    """How much longer training takes: an interruption costs a start-up and half the time between two reports."""
    pace = median(curve.ends[-1] / len(curve.steps) for curve in curves)
    return 1.0 + rate * (median(curve.start_up for curve in curves) + pace / 2)


def _seconds_to(curves: Sequence[Curve], step: int) -> float:
    """Seconds of training to a step, the median of those that came there."""
    found = [
        next(end for each, end in zip(curve.steps, curve.ends, strict=True) if each >= step)
        for curve in curves
        if curve.steps[-1] >= step
    ]
    return median(found) if found else math.nan


def _floor(curves: Sequence[Curve], target: float) -> float:
    times = [
        curve.start_up + next(end for loss, end in zip(curve.losses, curve.ends, strict=True) if loss <= target)
        for curve in curves
        if any(loss <= target for loss in curve.losses)
    ]
    return min(times)


# --- what is tried ----------------------------------------------------------------------------------------------------


def _rules(curves: Sequence[Curve], horizon: int, wishes: Wishes) -> list[Rule]:
    lows = wishes.min_resources
    if lows is None:
        first = first_step(curves)
        lows = tuple(low for low in (first, 3 * first) if low < horizon)
    found = [
        Rule(mode="promote", eta=eta, min_resource=low) for eta in wishes.etas for low in lows if low * eta <= horizon
    ]
    return [*found, Rule(mode="full")]


def _recommended(cells: Sequence[Cell], wishes: Wishes) -> Cell | None:
    """The best rule, with as many workers as are worth it.

    More workers are worth it while they bring at least half of the ideal gain (half the time for twice as many). With a
    deadline or a budget: the cheapest that is there with a chance of 80 %.
    """
    best = [next(one for one in cells if one.workers == workers) for workers in wishes.workers]
    if wishes.deadline is not None or wishes.budget is not None:
        return _cheapest(cells, wishes)
    best = [one for one in sorted(best, key=lambda one: one.workers) if math.isfinite(one.median)]
    if not best:
        return None
    found = best[0]
    for more in best[1:]:
        gain = math.log(found.median / more.median) / math.log(more.workers / found.workers)
        if gain < WORTH:
            break
        found = more
    return found


def _laddered(cells: Sequence[Cell], recommended: Cell | None) -> Rule | None:
    """The recommended rule; where it has no rungs, the best one with rungs."""
    workers = cells[0].workers if recommended is None else recommended.workers
    some = [one.rule for one in cells if one.workers == workers and one.rule.mode != "full"]
    if recommended is not None and recommended.rule.mode != "full":
        return recommended.rule
    return next(iter(some), None)


def _rungs(draws: Draws, rule: Rule | None, wishes: Wishes, n_trials: int) -> tuple[RungChance, ...]:
    if rule is None:
        return ()
    return tuple(rungs(draws, rule, wishes.workers[0], n_trials, min(COHORTS, wishes.simulations)))


def _cheapest(cells: Sequence[Cell], wishes: Wishes) -> Cell | None:
    good = [one for one in cells if one.within(_limit(one.workers, wishes.deadline, wishes.budget)) >= 0.8]
    return min(good, key=lambda one: (one.workers * one.median, one.workers), default=None)


def _limit(workers: int, deadline: float | None, budget: float | None) -> float:
    """Seconds that so many workers have: until the deadline, and until they have used the budget (slot-hours)."""
    seconds = math.inf if deadline is None else deadline
    return seconds if budget is None else min(seconds, 3600.0 * budget / workers)


# --- arguments --------------------------------------------------------------------------------------------------------


def _whole(name: str, given: Any, least: int) -> tuple[int, ...]:
    found = items(name, given, f"for example {name}=[{max(4, least)}, {max(8, least)}]")
    if not found:
        raise ValueError(f"{name} must have at least one number, got {shown(given)}.")
    checked = [integer(f"each of {name}", each, least, f"it is at least {least}", 100_000_000) for each in found]
    return tuple(sorted(set(checked)))


def _positive(name: str, given: Any, unit: str) -> float | None:
    if given is None:
        return None
    found = real(name, given, f"a number of {unit} above 0", "None leaves it out")
    if not 0.0 < found < math.inf:
        raise ValueError(f"{name} must be a number of {unit} above 0, got {shown(given)}; None leaves it out.")
    return found


def _share(given: Any) -> float:
    found = real("top", given, "a share above 0 and at most 0.5", "0.05 is the best twentieth")
    if not 0.0 < found <= 0.5:
        raise ValueError(
            f"top must be a share above 0 and at most 0.5, got {shown(given)}; 0.05 is the best twentieth."
        )
    return found


__all__ = ["LEAST_CURVES", "LEAST_LONG", "Plan", "Wishes", "of_record", "plan", "refuse_too_few"]
