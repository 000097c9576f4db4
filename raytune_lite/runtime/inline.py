"""The same session without Ray, in this process: ``ask``/``tell``, and objectives that pdb can step through."""

from __future__ import annotations

import contextlib
import itertools
import math
import threading
import time
import weakref
from collections.abc import Callable
from typing import Any

from ..core import messages as m
from ..distributions import Distribution
from ..exceptions import FencedError, StorageError, StudyAbortedError
from ..trial import TrialState
from .attempt import AttemptResult, run_trial
from .session import OWNER_LEASE, RunConfig, Session
from .trial import Trial


class LocalSession:
    """A Session for callers in this process, safe to use from several threads; itself the Channel of its trials.

    A keeper thread renews this process's hold on the study while an objective runs for long.
    """

    def __init__(self, config: RunConfig) -> None:
        self.session = Session(config)
        self._lock = threading.RLock()
        self._slots = itertools.count()
        self._closed = threading.Event()
        # neither holds on to this object: a study that nobody holds any more is given back
        target, arguments = _keep, (weakref.ref(self), self._closed)
        threading.Thread(target=target, args=arguments, name="raytune_lite-keeper", daemon=True).start()
        self._close = weakref.finalize(self, _close, self.session, self._lock, self._closed)

    def call(self, event: m.Event) -> Any:
        """Handle one event and return its answer; it is stored when this returns."""
        with self._lock:
            return self.session.call(event)

    def ask(self) -> Trial | None:
        """The next trial to work at, or None when there is none."""
        assignment = self.call(m.Claimed(slot=f"{self.session.config.run}/{next(self._slots)}", node="in-process"))
        if assignment is None:
            return None
        n_objectives = len(self.session.study.directions)
        limit = self.session.config.trial_timeout
        time_limit = math.inf if limit is None else limit
        return Trial(assignment, self, lambda: self.session.checkpoints, n_objectives, time_limit)

    def tell(self, ended: AttemptResult) -> TrialState:
        """Store how an attempt ended; answers the trial's state now."""
        with self._lock:
            state: TrialState = self.session.call(ended.event())
            return state

    def suggest(self, number: int, attempt: int, name: str, distribution: Distribution) -> m.ParamValue:
        """See Channel."""
        event = m.ParamAsked(number=number, attempt=attempt, name=name, distribution=distribution)
        return self.call(event)  # type: ignore[no-any-return]

    def report(self, number: int, attempt: int, progress: m.Progress) -> tuple[m.Decision, str | None]:
        """See Channel."""
        return self.call(m.Reported(number=number, attempt=attempt, progress=progress)), None

    def run(
        self,
        objective: Callable[[Trial], Any],
        *,
        catch: tuple[type[Exception], ...],
        after_trial: Callable[[int, TrialState], None],
        is_late: Callable[[], bool],
    ) -> None:
        """Run trials one after another until the run is over, or ``is_late`` says so.

        Raises:
            Exception: whatever the objective raised and ``catch`` does not list; the trial is stored as FAIL.
            KeyboardInterrupt: the interrupted trial goes on when the study is run again.
        """
        while not is_late():
            trial = self.ask()
            if trial is None:
                if not self._wait_for_retry():
                    break
                continue
            ended = run_trial(objective, trial, catch=catch, n_objectives=len(self.session.study.directions))
            state = self.tell(ended)
            if ended.outcome is m.Outcome.INTERRUPTED and ended.exception is not None:
                raise ended.exception
            if state is TrialState.FAIL and not ended.caught and ended.exception is not None:
                raise ended.exception
            after_trial(trial.number, state)
            if self.session.state.aborted:
                raise StudyAbortedError(self.session.config.study_name, self.session.state.aborted)
        else:
            self.call(m.StopRequested(reason="timeout"))
        self.call(m.RunFinished(run=self.session.config.run))

    def _wait_for_retry(self) -> bool:
        """Sleep until a delayed retry may be due; False when there is none to wait for."""
        due = self.session.state.retry
        if not due or self.session.state.stopping:
            return False
        time.sleep(min(0.5, max(0.0, min(due.values()) - self.session.now())))
        return True

    def close(self) -> None:
        """Give the study back."""
        self._close()


def _keep(reference: weakref.ref[LocalSession], closed: threading.Event) -> None:
    while not closed.wait(OWNER_LEASE / 3):
        local = reference()
        if local is None:
            return
        with local._lock:
            if closed.is_set():
                return
            try:
                local.session.keep()
            except FencedError:
                return  # the next call learns of it
            except StorageError:
                pass  # perhaps the next turn succeeds; if not, the next call learns of it
        del local  # while this thread waits, it may be forgotten


def _close(session: Session, lock: threading.RLock, closed: threading.Event) -> None:
    closed.set()
    with lock, contextlib.suppress(StorageError):  # a hold that cannot be given back ends by itself
        session.close()
