"""Rules that stop trials, written out naively: plain lists, everything computed anew at each report.

A rule answers by how much a trial must be stopped: above 0, it must; below 0, it goes on; near 0, rounding decides.

Source: Optuna 5.0, ``optuna/pruners``, with the true percentile beside an infinite value.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ...pruners import (
    MedianPruner,
    OnObjective,
    PatientPruner,
    PercentilePruner,
    ThresholdPruner,
    WilcoxonPruner,
)
from ...trial import StudyDirection

GOES_ON = -math.inf


@dataclass(slots=True)
class Seen:
    """All reports, as losses, by trial and step in the order of arrival; and the COMPLETE trials in their order.

    ``objective``: the one that is judged. ``results``: of trials that have some.
    """

    directions: tuple[StudyDirection, ...]
    objective: int = 0
    losses: dict[int, dict[int, float]] = field(default_factory=dict)
    complete: list[int] = field(default_factory=list)
    results: dict[int, tuple[float, ...]] = field(default_factory=dict)


Rule = Callable[[Seen, int, int, int], float]  # (what was seen, the trial, the step reported, its last step before)


def rule_of(pruner: Any) -> Rule | None:
    """The naive rule of a pruner that only stops; None: there is none here."""
    if isinstance(pruner, (MedianPruner, PercentilePruner)):
        return percentile_rule(pruner)
    if isinstance(pruner, ThresholdPruner):
        return threshold_rule(pruner)
    if isinstance(pruner, WilcoxonPruner):
        return wilcoxon_rule(pruner)
    if isinstance(pruner, OnObjective):
        return rule_of(pruner.pruner)
    if isinstance(pruner, PatientPruner):
        inner = _always if pruner.wrapped_pruner is None else rule_of(pruner.wrapped_pruner)
        return None if inner is None else patient_rule(pruner, inner)
    return None


def is_first(pruner: Any, step: int, before: int) -> bool:
    """Whether a report is the first one since the last step at which a decision was due."""
    steps = step - pruner.n_warmup_steps
    return bool(steps >= 0 and before < step - steps % pruner.interval_steps)


def judged(pruner: Any, losses: dict[int, float]) -> dict[int, float]:
    """The best so far at each step at which a decision was due."""
    found = {}
    steps = sorted(losses)
    for before, step in zip([-1, *steps], steps, strict=False):
        if is_first(pruner, step, before):
            numbers = [losses[s] for s in steps if s <= step and not math.isnan(losses[s])]
            found[step] = min(numbers, default=math.nan)
    return found


def percentile_rule(pruner: MedianPruner | PercentilePruner) -> Rule:
    """By how much the trial's best is worse than the percentile of the others' losses at this step."""
    share = pruner.percentile if isinstance(pruner, PercentilePruner) else 50.0

    def rule(seen: Seen, number: int, step: int, before: int) -> float:
        if not is_first(pruner, step, before):
            return GOES_ON
        if pruner.among == "completed":
            others = [seen.losses.get(n, {}) for n in seen.complete]
        else:
            others = [judged(pruner, losses) for n, losses in seen.losses.items() if n != number]
            others = [losses for losses in others if losses]
        if len(others) < max(1, pruner.n_startup_trials):
            return GOES_ON
        own = [loss for loss in seen.losses[number].values() if not math.isnan(loss)]
        if not own:
            return math.inf
        there = [losses[step] for losses in others if step in losses]
        bar = _percentile([loss for loss in there if not math.isnan(loss)], share)
        if bar is None or len(there) < pruner.n_min_trials:
            return GOES_ON
        value, is_exact = bar
        margin = min(own) - value
        return GOES_ON if margin == 0.0 and is_exact else margin

    return rule


def threshold_rule(pruner: ThresholdPruner) -> Rule:
    """Whether the latest value is outside of the limits."""

    def rule(seen: Seen, number: int, step: int, before: int) -> float:
        if not is_first(pruner, step, before):
            return GOES_ON
        value = seen.directions[seen.objective].sign * seen.losses[number][step]
        inside = (pruner.lower is None or value >= pruner.lower) and (pruner.upper is None or value <= pruner.upper)
        return GOES_ON if inside and not math.isnan(value) else math.inf

    return rule


def patient_rule(pruner: PatientPruner, inner: Rule) -> Rule:
    """The rule inside, where the last reports are no better than those before them."""

    def rule(seen: Seen, number: int, step: int, before: int) -> float:
        losses = [loss for _, loss in sorted(seen.losses[number].items())]
        parts = losses[: -pruner.patience - 1], losses[-pruner.patience - 1 :]
        best = [min((loss for loss in part if not math.isnan(loss)), default=math.nan) for part in parts]
        return inner(seen, number, step, before) if best[0] + pruner.min_delta < best[1] else GOES_ON

    return rule


def wilcoxon_rule(pruner: WilcoxonPruner) -> Rule:
    """How sure it is that the trial is worse than the best one, beyond what is asked for."""

    def rule(seen: Seen, number: int, step: int, before: int) -> float:  # noqa: ARG001
        own, theirs = seen.losses[number], seen.losses.get(_best(seen), {})
        pairs = [own[s] - theirs[s] for s in own if s in theirs]
        is_finite = all(map(math.isfinite, [*own.values(), *theirs.values()]))
        if len(pairs) < max(2, pruner.n_startup_steps) or not is_finite:
            return GOES_ON
        worse = statistics.fmean(own.values()) - statistics.fmean(theirs.values())
        if abs(worse) < 1e-9:
            return 0.0
        return GOES_ON if worse < 0 else _surplus(pruner, pairs)

    return rule


def _best(seen: Seen) -> int:
    """The COMPLETE trial with the best result, of equal ones the first; -1: there is none."""
    sign, i = seen.directions[seen.objective].sign, seen.objective
    return min((n for n in seen.complete if n in seen.results), key=lambda n: sign * seen.results[n][i], default=-1)


def _surplus(pruner: WilcoxonPruner, pairs: list[float]) -> float:
    if pruner.sequential == "none":
        from scipy.stats import wilcoxon

        return float(pruner.p_threshold - wilcoxon(pairs, alternative="greater", zero_method="zsplit").pvalue)
    wealth, signs = 1.0, [math.copysign(1.0, pair) for pair in pairs if pair]
    for i, sign in enumerate(signs):
        wealth *= 1 + sign * min(0.5, max(0.0, statistics.fmean(signs[:i] or [0.0])))
    return wealth * pruner.p_threshold - 1


def _always(_: Seen, __: int, step: int, before: int) -> float:
    return math.inf if step > before else GOES_ON


def _percentile(losses: list[float], share: float) -> tuple[float, bool] | None:
    """The percentile, and whether it is one of the losses themselves."""
    if not losses:
        return None
    losses = sorted(losses)
    place = (len(losses) - 1) * share / 100
    i = math.floor(place)
    if place == i:
        return losses[i], True
    return losses[i] + (losses[i + 1] - losses[i]) * (place - i), False


__all__ = ["Rule", "Seen", "rule_of"]
