"""What the pruner's judge gets of a trial, its reports and its end, and what follows for the trial."""

from __future__ import annotations

from collections.abc import Sequence

from . import lineage
from . import messages as m
from .messages import Decision, Row
from .protocols import Cost, Verdict
from .record import StudyData
from .trials import COMPLETE, PRUNED, TrialRecord


def is_judged(s: StudyData, number: int) -> bool:
    """Whether a decision is ever due in a trial, so that none of its reports may be lost."""
    return s.judge.schedule(number).next_after(-1) is not None


def resume_from(s: StudyData, trial: TrialRecord) -> m.CheckpointRef | None:
    """The checkpoint from which the trial's next attempt is to go on, see ``TrialRecord.resume_from``."""
    if not trial.checkpoints and not trial.borrows:
        return None
    is_first = not trial.dropped  # who has saved before, in another attempt, and never reported, will not report
    return trial.resume_from(is_judged(s, trial.number) or (s.run.awaits_reports and is_first))


def report(s: StudyData, trial: TrialRecord, step: int, values: tuple[float, ...]) -> Sequence[Row]:
    """A live attempt's first report of a step. The first verdict other than CONTINUE stands for the attempt."""
    verdict = _verdict(s, trial, step, values)
    rows = verdict.rows
    if trial.pending is Decision.CONTINUE:
        trial.pending = verdict.decision
        if s.breeder is not None and verdict.decision is not Decision.CONTINUE:
            trial.pending, more = lineage.decide(s, trial, step, verdict.decision)
            rows += more
    if rows:
        s.promotions += sum(isinstance(row, m.PromoteRung) for row in rows)
    if trial.pending is not Decision.CONTINUE:
        trial.verdicts[step] = (trial.attempt, trial.pending)
    return rows


def end(s: StudyData, trial: TrialRecord, *, ran_here: bool = True) -> Sequence[Row]:
    """The trial has ended. ``ran_here``: in a run of this study, while this judge judged it."""
    losses = s.losses(trial.values or ())
    has_result = trial.state is COMPLETE and len(losses) == s.n_judged == len(s.directions)
    if not has_result and s.promoter is not None and (trial.state is PRUNED or not ran_here):
        s.promoter.retire(trial.number)
    if s.timed is not None:
        s.timed.note_cost(trial.number, Cost(trial.trained, trial.user_attrs))
    return s.judge.end(trial.number, losses if has_result else None)


def history(s: StudyData, trial: TrialRecord) -> list[Row]:
    """All of a trial that this judge did not judge: what it reported, and how it ended."""
    rows: list[Row] = []
    for step, values in trial.reports.items():
        rows += _verdict(s, trial, step, values).rows
    return [*rows, *end(s, trial, ran_here=False)] if trial.state.is_finished() else rows


def _verdict(s: StudyData, trial: TrialRecord, step: int, values: tuple[float, ...]) -> Verdict:
    losses = s.losses(values)
    if len(losses) > s.n_judged:
        losses = losses[: s.n_judged]
    elif len(losses) < s.n_judged:  # imported from Optuna, whose table has the first objective only
        return Verdict(Decision.CONTINUE)
    if s.timed is not None:
        s.timed.note_cost(trial.number, Cost(trial.trained_at.get(step, 0.0), trial.user_attrs))
    return s.judge.report(trial.number, step, losses)


__all__ = ["end", "history", "is_judged", "report", "resume_from"]
