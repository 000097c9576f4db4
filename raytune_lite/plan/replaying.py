"""What a recorded study would have cost under another pruner, or with other workers: its own curves, our scheduler.

Only what the records cover is told. A trial that was stopped at a step when it was recorded cannot be trained past it;
where the other rule would have let it go on, it is left out of both sums and counted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..arguments import integer_or_none
from ..exceptions import NotEnoughDataError
from ..trial import TrialState
from .curves import Curve, Recorded, first_step, longest, read, with_reports
from .rules import named, pruner_of
from .training import Training, refuse_breeders, simulate

if TYPE_CHECKING:
    from ..study.results import Results

DEFAULT = "asha(eta=3)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """A study under another rule.

    Args:
        study: its name.
        pruner: the rule, as text.
        workers: trials at a time, here.
        n_trials: that were replayed: those with reports, and those that failed or completed without one.
        n_left_out: trials of which no times are known.
        cut: trials that the rule would have let go on past the end of their records; they are in neither sum.
        recorded: slot-seconds of the other trials as they were recorded.
        replayed: slot-seconds of the same trials under the rule.
        recorded_wall: seconds in which a slot was busy when the study was recorded, on ``recorded_slots`` slots.
        recorded_slots: the most attempts at once then.
        wall: seconds of the whole study under the rule, on ``workers``.
        best: the best COMPLETE trial of the records; None: there is none.
        best_value: its value.
        found: the trial that the rule ends with as its best; None: there is none.
        found_value: its recorded value; of one that is not COMPLETE in the records, its last report.
        dropped: trials that were COMPLETE with a better value than ``found`` and that the rule ended, the best first.
    """

    study: str
    pruner: str
    workers: int
    n_trials: int
    n_left_out: int
    cut: tuple[int, ...]
    recorded: float
    replayed: float
    recorded_wall: float
    recorded_slots: int
    wall: float
    best: int | None
    best_value: float | None
    found: int | None
    found_value: float | None
    dropped: tuple[int, ...]

    @property
    def n_covered(self) -> int:
        """The trials whose records reach as far as the rule lets them go: those in both sums."""
        return self.n_trials - len(self.cut)

    @property
    def share(self) -> float:
        """What the rule spends of the recorded slot-time, over the trials that both have; NaN: there are none."""
        return self.replayed / self.recorded if self.recorded > 0.0 else math.nan

    @property
    def keeps_best(self) -> bool:
        """Whether the rule ends with a trial that is as good as the best of the records."""
        return self.best is not None and self.found_value is not None and self.found_value == self.best_value


def replay(study: Results, pruner: Any = DEFAULT, *, workers: int | None = None) -> Replay:
    """What a study would have spent under another pruner: its own curves and times, in the recorded order of trials.

    Args:
        study: with one objective, finished or not; it is not changed.
        pruner: an object, or a text such as "asha(eta=3, min=1)" (see ``rules.pruner_of``).
        workers: trials at a time; None: the most that ran at once in the study.

    Returns:
        The sums, and which trials the rule would have ended too early.

    Raises:
        NotEnoughDataError: no trial has reported anything.
        ValueError: several objectives; no such pruner; a pruner that changes parameters; workers below 1.
    """
    n = integer_or_none("workers", workers, 1, "None takes as many as the study had", 100_000)
    return of_record(read(study), study.study_name, study.directions[0].sign, pruner, n)


def of_record(record: Recorded, name: str, sign: int, pruner: Any = DEFAULT, workers: int | None = None) -> Replay:
    """As ``replay``, of curves that have been read already. ``sign``: 1 to minimise, -1 to maximise.

    Raises:
        NotEnoughDataError, ValueError: see ``replay``.
    """
    reported = with_reports(record.curves)
    if not reported:
        raise NotEnoughDataError(
            f"study {name!r} has no trial that reported a value with its times ({record.n_without_times} were added "
            "or imported); a pruner decides by reports. Call trial.report(value, step) in the objective."
        )
    # a trial that failed or completed without a report costs the same under any rule
    curves = [curve for curve in record.curves if curve.steps or curve.is_whole]
    rule = pruner_of(pruner, first=first_step(reported), last=max(1, longest(reported)))
    refuse_breeders(rule)
    n = record.slots if workers is None else workers
    training, cluster = simulate(curves, rule, n)
    return _replay(record, name, sign, named(rule), n, curves, training, cluster)


def _replay(
    record: Recorded, name: str, sign: int, rule: str, workers: int, curves: Sequence[Curve], training: Training,
    cluster: Any,
) -> Replay:  # fmt: skip
    covered = [k for k in range(len(curves)) if k not in training.cut]
    states = [cluster.state.trials[k].state if k in cluster.state.trials else None for k in range(len(curves))]
    best, found = _best(curves), _found(curves, states, cluster)
    dropped: list[int] = []
    if found is not None:
        bar = _value(curves[found])
        worse = [
            k for k in covered
            if states[k] is not TrialState.COMPLETE and curves[k].loss is not None and _value(curves[k]) < bar
        ]  # fmt: skip
        dropped = sorted(worse, key=lambda k: (_value(curves[k]), k))
    return Replay(
        study=name,
        pruner=rule,
        workers=workers,
        n_trials=len(curves),
        n_left_out=record.n_without_times,
        cut=tuple(curves[k].number for k in sorted(training.cut)),
        recorded=sum(curves[k].worked for k in covered),
        replayed=sum(training.seconds[k] for k in covered),
        recorded_wall=record.seconds,
        recorded_slots=record.slots,
        wall=float(cluster.world.now),
        best=None if best is None else curves[best].number,
        best_value=None if best is None else sign * _value(curves[best]),
        found=None if found is None else curves[found].number,
        found_value=None if found is None else sign * _value(curves[found]),
        dropped=tuple(curves[k].number for k in dropped),
    )


def _value(curve: Curve) -> float:
    """The recorded result, or the last report of a trial that has none; inf for NaN."""
    found = curve.loss if curve.loss is not None else curve.losses[-1] if curve.losses else math.inf
    return found if found == found else math.inf


def _best(curves: Sequence[Curve]) -> int | None:
    complete = [k for k, curve in enumerate(curves) if curve.loss is not None and math.isfinite(curve.loss)]
    return min(complete, key=lambda k: (_value(curves[k]), k), default=None)


def _found(curves: Sequence[Curve], states: Sequence[TrialState | None], cluster: Any) -> int | None:
    """The best COMPLETE trial under the rule; while there is none, the best of those that came furthest."""
    complete = [k for k, state in enumerate(states) if state is TrialState.COMPLETE and curves[k].loss is not None]
    if complete:
        return min(complete, key=lambda k: (_value(curves[k]), k))
    reached: dict[int, float] = {}
    furthest = -1
    for k, state in enumerate(states):
        trial = cluster.state.trials[k] if state is not None and state is not TrialState.FAIL else None
        if trial is None or trial.last_step < 0:
            continue
        loss = dict(zip(curves[k].steps, curves[k].losses, strict=True)).get(trial.last_step, math.nan)
        if trial.last_step > furthest:
            furthest, reached = trial.last_step, {}
        if trial.last_step == furthest and loss == loss:
            reached[k] = loss
    return min(reached, key=lambda k: (reached[k], k), default=None)


__all__ = ["DEFAULT", "Replay", "of_record", "replay"]
