"""A study's state as its driver has it, folded here from the log, and followed as the log grows. Changes nothing.

What is shown of a study's decisions comes from the very judge that made them: the log is folded with a judge that is
asked why, each time after it has decided. So there is no second rule that could say something else.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..core import messages as m
from ..core.messages import Decision, PromoteRung, PutRung, Row
from ..core.protocols import Branches, Grid, Judge, Pruner, Verdict
from ..core.reasons import Explains, Reason
from ..core.state import StudyState
from ..core.view import Losses, StudyIdentity
from ..exceptions import MessageError
from ..pruners.wrapper import WrapperJudge
from ..runtime.algorithms import Algorithms, no_collector
from ..runtime.history import History
from ..samplers import AutoSampler, grid_from_spec
from ..study.results import Results
from ..trial import StudyDirection, TrialState
from .narrative import Note, notes_of

_TURNS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A decision of a judge, and why.

    Args:
        number: the trial.
        step: of the report; None: it was promoted when a slot was free.
        decision: CONTINUE where it was promoted, or passed a rung.
        reason: what the judge says; None: it says nothing.
        rows: that record it.
    """

    number: int
    step: int | None
    decision: Decision
    reason: Reason | None
    rows: tuple[Row, ...] = ()


class _AskedJudge(WrapperJudge):
    """Passes everything on to the judge inside, and asks it why after each decision."""

    def __init__(
        self, inner: Judge, show: Callable[..., str], note: Callable[[Decided], None], only: int | None
    ) -> None:
        super().__init__(inner)
        self._show, self._note, self._only = show, note, only
        self._last: dict[int, tuple[int, Losses]] = {}
        self._stands: dict[int, Decision] = {}  # a decision that later reports of the same attempt only repeat
        self.asks = True

    def report(self, number: int, step: int, losses: Losses) -> Verdict:
        """See Judge."""
        verdict: Verdict = self.inner.report(number, step, losses)
        is_new = verdict.decision is not self._stands.get(number, Decision.CONTINUE)
        if verdict.rows or is_new:
            self._stands[number] = verdict.decision
            self._last[number] = step, losses
            self._say(number, step, verdict.decision, verdict.rows)
        return verdict

    def promote(self, number: int) -> tuple[Row, ...]:
        """See Promoter."""
        rows: tuple[Row, ...] = self.inner.promote(number)
        self._stands.pop(number, None)
        self._say(number, None, Decision.CONTINUE, rows)
        return rows

    def _say(self, number: int, step: int | None, decision: Decision, rows: tuple[Row, ...]) -> None:
        is_asked = self.asks and self._only in (None, number) and number in self._last  # a rank costs O(n)
        found = self.why(number, *self._last[number]) if is_asked else None
        self._note(Decided(number=number, step=step, decision=decision, reason=found, rows=rows))

    def why(self, number: int, step: int, losses: Losses) -> Reason | None:
        """What the judge inside says about a trial now."""
        inner = self.inner
        return inner.reason(number, step, losses, self._show) if isinstance(inner, Explains) else None

    def dump(self) -> Any:
        """See ``Dumps``: nothing of its own."""
        return self.inner.dump()

    def load(self, data: Any) -> None:
        """See ``Dumps``."""
        self.inner.load(data)


class _Asked:
    """A pruner whose judge is asked why."""

    def __init__(self, pruner: Pruner, seat: Callable[[Judge, StudyIdentity], Judge]) -> None:
        self._pruner, self._seat = pruner, seat
        self.judges_several = pruner.judges_several

    def spec(self) -> dict[str, Any]:
        return self._pruner.spec()

    def judge(self, study: StudyIdentity) -> Judge:
        return self._seat(self._pruner.judge(study), study)


class _Reading(Algorithms):
    """What a log is folded with, to read it."""

    def __init__(self, study: Results, seat: Callable[[Judge, StudyIdentity], Judge]) -> None:
        # the sampler is never asked: whether it can be made again does not matter
        super().__init__(study._record, study.last_run, AutoSampler(0), getattr(study, "pruner", None))
        self._seat = seat

    def _pruner_for(self, spec: str) -> Pruner:
        return _Asked(super()._pruner_for(spec), self._seat)

    def _grid_for(self, spec: str) -> Grid | Branches | None:
        try:
            return grid_from_spec(json.loads(spec))
        except ValueError:  # a sampler of the user's
            return None


class Following:
    """The state of a study after all events that are stored, and what they did in words.

    Args:
        study: the study; where its pruner is one of the user's, it must have that object.
        whole: from the first event that is kept on, instead of from a snapshot: then ``notes`` has all of them.
        only: note what happened to this trial alone; None: to all.
        n_notes: of a long log only the last so many events are put in words; None: all.

    Raises:
        MessageError: the log was changed by hand, or a pruner in it cannot be made from its spec.
        ValueError: the pruner of the latest run cannot be made from its spec.
    """

    def __init__(
        self, study: Results, *, whole: bool = False, only: int | None = None, n_notes: int | None = None
    ) -> None:
        self.study, self._only, self._n_notes = study, only, n_notes
        self._decided: list[Decided] = []
        self.notes: list[Note] = []
        self.reports: Counter[int] = Counter()  # second since the study was created -> reports stored in it
        self.results: list[tuple[float, float]] = []  # (when, the best value from then on), of one objective
        self.reported: dict[int, tuple[float, int]] = {}  # trial -> when its latest report came, and its step
        self.at_rung: dict[int, tuple[int, int]] = {}  # trial -> bracket and level of the last rung that it came to
        self.promoted: Counter[tuple[int, int]] = Counter()  # bracket and level -> trials promoted from there
        self.n_live = 0  # the most attempts at once that were seen in this run
        self.at = 0.0  # of the latest event
        algorithms = _Reading(study, self._seat)
        self._history = History(study._repository, study._record)
        self.state: StudyState = self._history.open(algorithms, whole=whole)[0]
        self.is_partial = self._history.begun_at > 0  # events before that are not noted
        with no_collector():
            self.update()
        if self.is_partial:
            self._catch_up()

    @property
    def seq(self) -> int:
        """How many events the state has seen."""
        return self._history.seq

    def show(self, loss: float, objective: int = 0) -> str:
        """A loss as the value that the objective gave."""
        directions: tuple[StudyDirection, ...] = self.state.directions
        return f"{directions[objective].sign * loss:.6g}" if objective < len(directions) else f"{loss:.6g}"

    def update(self) -> int:
        """Take in the events that have been stored since; answers how many there were."""
        entries = list(self._history.rest())
        worded = 0 if self._n_notes is None else max(0, len(entries) - self._n_notes)
        for i, entry in enumerate(entries):
            self._take(entry, is_worded=i >= worded)
        if self._n_notes is not None:
            del self.notes[: max(0, len(self.notes) - self._n_notes)]
        return len(entries)

    def _catch_up(self) -> None:
        """What a snapshot does not hold of the events before it: from the tables, and from the trials that ended."""
        for _ in range(_TURNS):  # until the tables were read while nothing was stored
            rungs = self.study.rungs
            if not self.update():
                break
        state = self.state
        self.promoted.clear()
        for entry in rungs:  # by level
            self.at_rung[entry.number] = entry.bracket, entry.level
            self.promoted[entry.bracket, entry.level] += entry.promoted
        self.results.clear()
        if len(state.directions) == 1:
            sign, best = state.directions[0].sign, float("inf")
            for number in state.finished.numbers():
                trial = state.trials.peek(number)
                if trial.state is TrialState.COMPLETE and trial.values and sign * trial.values[0] < best:
                    best = sign * trial.values[0]
                    self.results.append((trial.completed_at or 0.0, trial.values[0]))

    def _take(self, entry: m.LogEntry, *, is_worded: bool) -> None:
        state, event = self.state, entry.event
        is_worded = is_worded and (self._only is None or _touches(event, self._only))
        judge = state.judge
        if isinstance(judge, _AskedJudge):
            judge.asks = is_worded
        self._decided.clear()
        before = state.best
        try:
            effects = state.handle(event, entry.at)
        except Exception as error:  # as in Algorithms.fold: whatever a handler meets, the log cannot be followed
            raise MessageError(
                f"study {self.study.study_name!r}: event {self._history.seq} ({type(event).__name__}) cannot be "
                f"followed ({error!r:.300}); `raytune-lite check` compares the log with the tables."
            ) from error
        self.at = max(self.at, entry.at)
        self._count(event, entry.at, effects.commands)
        if state.best != before and state.best is not None:
            values = state.trials.peek(state.best).values
            self.results.append((entry.at, values[0] if values else float("nan")))
        if is_worded:
            found = notes_of(state, event, entry.at, effects.commands, tuple(self._decided))
            self.notes += [note for note in found if self._only in (None, note.number)]

    def _count(self, event: m.Event, at: float, commands: Sequence[m.Command]) -> None:
        for row in commands:
            if isinstance(row, PutRung):
                self.at_rung[row.number] = row.bracket, row.level
            elif isinstance(row, PromoteRung):
                self.promoted[row.bracket, row.level] += 1
        progress = getattr(event, "progress", None)
        if progress is not None and progress.reports:
            self.reports[int(at)] += len(progress.reports)
            self.reported[event.number] = at, progress.reports[-1][0]  # type: ignore[attr-defined]
        self.n_live = len(self.state.slots) if isinstance(event, m.RunStarted) else max(
            self.n_live, len(self.state.slots)
        )

    def _seat(self, inner: Judge, study: StudyIdentity) -> Judge:  # noqa: ARG002
        return _AskedJudge.around(inner, self.show, self._decided.append, self._only)

    def why(self, number: int) -> Reason | None:
        """What the judge says about a trial now; None: nothing, or the trial has reported nothing."""
        trial, judge = self.state.trials.peek(number), self.state.judge
        if trial.last_step < 0 or not isinstance(judge, _AskedJudge):
            return None
        losses = self.state.losses(trial.reports[trial.last_step])[: self.state.n_judged]
        return judge.why(number, trial.last_step, losses) if len(losses) == self.state.n_judged else None

    def reason_at(self, bracket: int, level: int, numbers: Sequence[int]) -> Reason | None:
        """What the judge says about one of these trials that stands at this rung and went no further; None: nothing."""
        there = (number for number in reversed(numbers) if self.at_rung.get(number) == (bracket, level))
        reasons = (self.why(number) for number in there)
        return next((found for found in reasons if found is not None and found.numbers.get("level") == level), None)


def _touches(event: m.Event, number: int) -> bool:
    """Whether an event may concern a trial: a claim and the ends of runs may concern any."""
    return getattr(event, "number", number) == number


__all__ = ["Decided", "Following"]
