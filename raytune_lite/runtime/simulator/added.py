"""The auditor's book of trials that run elsewhere: no slot claims one, and its end is told once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...core import messages as m
from ...trial import TrialState
from .facts import TrialFacts
from .referee import Referee


class Added:
    """Trials that were added in a state other than WAITING, or that another program wrote.

    Args:
        check: fails the history when its condition does not hold.
        trials: what the rows say of each trial.
    """

    def __init__(self, check: Callable[[bool, str], None], trials: dict[int, TrialFacts]) -> None:
        self._check, self._trials = check, trials
        self.told: dict[int, m.TrialAdded] = {}  # the end that stands, of those whose end a user told
        self.refusals = 0
        self._of_elsewhere: dict[int, None] = {}

    def imported(self, event: m.TrialAdded, referee: Referee) -> None:
        """A trial of another program, whose rows are there already but for ours; or a user tells the end of one."""
        assert event.number is not None
        number, state = event.number, TrialState(event.state)
        facts, params = self._trials.get(number), {param.name: param.value for param in event.params}
        self._check(facts is None or facts.external, f"trial {number} was ours and is imported")
        if state is not TrialState.WAITING:
            self._of_elsewhere[number] = None
        if event.key:  # the rows of this event say the rest
            self._trials.setdefault(number, TrialFacts(state=TrialState.RUNNING, params=params)).external = False
            self.told[number] = event
            return
        self._trials[number] = TrialFacts(
            state=state,
            external=state is TrialState.RUNNING,
            values=event.values,
            params=params,
            reports=dict(event.reports),
        )
        if state.is_finished():
            referee.valued(number, event.values)
            referee.gone(number, state)

    def take(self, events: Sequence[m.Event], rows: Sequence[m.Row]) -> None:
        """A transaction is in the database, and the trials are as it leaves them."""
        for row in rows:
            if isinstance(row, m.NewTrial) and row.attempt == 0 and row.state is not TrialState.WAITING:
                self._of_elsewhere[row.number] = None
            elif isinstance(row, m.NewAttempt):
                ours = row.number not in self._of_elsewhere
                self._check(ours, f"slot {row.slot} claims trial {row.number}, which was added and runs elsewhere")
        for event in events:
            if isinstance(event, m.TrialAdded) and event.number in self.told and event.key:
                facts = self._trials[event.number]
                rows_say, told = (int(facts.state), facts.values), (event.state, event.values)
                self._check(rows_say == told, f"trial {event.number} was told as {told}, the rows say {rows_say}")

    def acknowledged(self, event: m.TrialAdded) -> None:
        """Whoever told an end takes it for stored."""
        assert event.number is not None
        stands = self.told.get(event.number)
        is_same = stands is not None and stands.key == event.key
        self._check(is_same, f"the end {event.key} of trial {event.number} is acknowledged, and {stands} stands")

    def refused(self, event: m.TrialAdded) -> None:
        """Whoever told an end was told that another one stands."""
        self.refusals += 1
        assert event.number is not None
        facts, stands = self._trials.get(event.number), self.told.get(event.number)
        is_own = stands is not None and stands.key == event.key
        self._check(not is_own, f"the end {event.key} of trial {event.number} is stored, and was refused")
        runs = facts is None or facts.external
        self._check(not runs, f"the end {event.key} of trial {event.number} is refused, and the trial runs elsewhere")


__all__ = ["Added"]
