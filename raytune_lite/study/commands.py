"""Control commands to a running study, from its own script or from any other process.

A command goes to the owner of the study, whose address is in the database. It is an event: stored, and handled once.
"""

from __future__ import annotations

from typing import Any

from ..arguments import flag, integer, integer_or_none, seconds
from ..core import messages as m
from ..core.bounds import MAX_STEP
from ..core.events import GRACE
from ..exceptions import StudyBusyError
from ..runtime import control, takeover
from ..runtime.config import OWNER_LEASE
from ..runtime.host import RealHost
from ..trial import TrialState
from .results import Results

_GRACE = "running trials have so long to save and end"

class Commands(Results):
    """The commands of a Study. Each waits until it is stored; a run follows it within about a second.

    Each but ``release`` raises:
        StudyNotRunningError: no run of the study is under way.
        DriverUnreachableError: its owner did not answer for 30 s.
        MessageError: the run cannot do this now; the message says why.
        TypeError, ValueError: an argument is not the number that it must be.
    """

    def stop_trial(self, number: int, *, grace: float = GRACE) -> TrialState:
        """Stop one trial for good; it ends as PRUNED, with its last report as its value.

        A running trial finishes its step and ends at its next ``report()`` or ``should_prune()``.

        Args:
            number: the trial.
            grace: seconds until its task is killed, if it has not ended.

        Returns:
            The trial's state now: RUNNING until it has ended.
        """
        number = integer("number", number, 0, "trials are numbered from 0", MAX_STEP)
        event = m.TrialStopRequested(number=number, key=control.new_key(), grace=seconds("grace", grace, _GRACE))
        return TrialState(self._command(event))

    def pause(self, *, grace: float = GRACE) -> int:
        """Have the run hold no slot until ``unpause()``. Running trials save, end, and go on first then.

        Args:
            grace: seconds until the tasks of trials that have not ended are killed; they go on from their checkpoints.

        Returns:
            How many trials were running.
        """
        running: int = self._command(m.StudyPaused(key=control.new_key(), grace=seconds("grace", grace, _GRACE)))
        return running

    def unpause(self) -> None:
        """Have a paused run go on."""
        self._command(m.StudyUnpaused(key=control.new_key()))

    def extend(self, *, n_trials: int | None = None, max_trials: int | None = None) -> int | None:
        """Have the run start more configurations.

        Args:
            n_trials: how many more.
            max_trials: or the study's new total.

        Returns:
            How many the run may still start; None: there is no bound.
        """
        left: int | None = self._command(
            m.RunExtended(
                n_trials=integer_or_none("n_trials", n_trials, 1, "how many more", MAX_STEP),
                max_trials=integer_or_none("max_trials", max_trials, 1, "the study's new total", MAX_STEP),
                key=control.new_key(),
            )
        )
        return left

    def resize(self, n_slots: int, *, grace: float = GRACE) -> int:
        """Have the run use at most ``n_slots`` slots from now on.

        When more trials run, those end that lose least: lowest rung first, then the least work since the last
        checkpoint, then the youngest. They save, and go on first when there is room.

        Args:
            n_slots: trials at once.
            grace: seconds until the tasks of those that have not ended are killed.

        Returns:
            How many running trials must end for it.
        """
        n_slots = integer("n_slots", n_slots, 1, "pause() frees all slots", MAX_STEP)
        grace = seconds("grace", grace, _GRACE)
        victims: int = self._command(m.SlotsResized(n_slots=n_slots, key=control.new_key(), grace=grace))
        return victims

    def release(self, *, force: bool = False) -> str | None:
        """Take the study from its owner, for a person who knows that it hangs or is dead. The next run need not wait.

        An owner that lives after all can write no more: its run ends, and what it acknowledged stays.

        Args:
            force: also from an owner that lives.

        Returns:
            Who owned the study, for people; None: nobody did.

        Raises:
            StudyBusyError: its owner lives: it renewed its ownership within a few seconds.
        """
        is_forced = flag("force", force)
        found = takeover.observe(self._repository, self._record, RealHost())
        if found is None:
            return None
        owner, alive = found
        if alive and not is_forced:
            raise StudyBusyError(self.study_name, owner.holder, OWNER_LEASE)
        self._repository.release(self._record, owner.epoch)
        return owner.holder

    def _command(self, event: m.Event) -> Any:
        if self._runs_here():
            return self._send(event)
        return self._send_to_owner(event)

    def _send_to_owner(self, event: m.Event) -> Any:
        return control.send(self._repository, self._record, event, RealHost())

    def _runs_here(self) -> bool:
        raise NotImplementedError

    def _send(self, event: m.Event) -> Any:
        raise NotImplementedError


__all__ = ["Commands"]
