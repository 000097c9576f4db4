"""The decision core: a study is the fold of ``StudyState.handle`` over its events.

Owns every rule about what a trial may do next. Knows no clock (times come in), no database (rows go out as commands)
and no Ray. Two rules keep it exact: a handler refuses before it changes anything, and everything it changes follows
from the event, its time and the record alone, so replaying the log gives the same state.

The record is ``record.StudyData``; each handler is a function of (record, event, time); the table below says which
handles what. What may become of a trial is the table in ``trials``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from . import attempts, claims, control, held, imports, leaving, retention, runs
from . import messages as m
from .record import StudyData
from .trials import FAILURE_KEY, TRANSITIONS, Effects, TrialRecord

HANDLERS: Mapping[type[m.Event], Callable[[StudyData, Any, float], Effects]] = {
    m.RunStarted: runs.run_started,
    m.RunFinished: runs.run_finished,
    m.StopRequested: runs.stop_requested,
    m.TrialEnqueued: imports.trial_enqueued,
    m.TrialAdded: imports.trial_added,
    m.TrialHeld: held.held,
    m.HeldEnded: held.ended,
    m.TrialStopRequested: control.trial_stop_requested,
    m.StudyPaused: control.study_paused,
    m.StudyUnpaused: control.study_unpaused,
    m.RunExtended: control.run_extended,
    m.SlotsResized: control.slots_resized,
    m.NodesLeaving: leaving.nodes_leaving,
    m.Claimed: claims.claimed,
    m.AttemptBegan: claims.attempt_began,
    m.Suggested: claims.suggested,
    m.ParamAsked: attempts.param_asked,
    m.ParamSet: attempts.param_set,
    m.Reported: attempts.reported,
    m.AttemptEnded: attempts.attempt_ended,
    m.AttemptLost: attempts.attempt_lost,
}


class StudyState(StudyData):
    """One study. ``handle`` is the only door through which it changes."""

    __slots__ = ()

    def handle(self, event: m.Event, at: float) -> Effects:
        """Decide what an event leads to, and become the state after it.

        Args:
            event: what happened.
            at: when it was taken in, seconds since the study was created.

        Raises:
            StaleAttemptError: the event is of an attempt that is not live; nothing was changed.
            IncompatibleDistributionError: a parameter changed its kind; nothing was changed.
            ValueError: the event asks for what cannot be; nothing was changed.
        """
        effects = HANDLERS[type(event)](self, event, at)
        self.n_events += effects.changed
        if effects.changed and self.paused:
            effects.commands.extend(retention.of_paused(self, effects.commands))
        if not self.trials.is_settled:
            self.trials.settle(self.best, packs_paused=self.breeder is None)
        self.under_way.note(event, effects.commands)
        return effects


__all__ = ["FAILURE_KEY", "HANDLERS", "TRANSITIONS", "Effects", "StudyState", "TrialRecord"]
