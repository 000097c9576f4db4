"""Follow a run that goes on elsewhere, as ``optimize`` shows one. Reads the database; changes nothing."""

from __future__ import annotations

from collections.abc import Callable

from .. import logging
from ..arguments import flag
from ..core.protocols import Pruner
from ..display.progress import LiveProgress
from ..exceptions import StudyNotRunningError
from ..runtime import control, planning
from ..runtime.config import OWNER_LEASE
from ..runtime.handover import Plan
from ..runtime.host import Host, RealHost
from ..runtime.interrupts import explained
from ..runtime.standing import Standings
from ..runtime.takeover import OwnerWatch
from ..study import load_study
from ..study.callbacks import closing
from ..study.run_end import RunEnd, how_it_ended
from ..study.study import Study
from .following import Following

LOOK = 1.0  # seconds between two looks at the database
RESTART = 120.0  # seconds a run whose process has died is waited for: Ray restarts the processes of a detached run
NOTE_PATIENCE = 15.0  # seconds a detached run that has given its study back has to note how it ended
ASK = 30.0  # seconds without a running trial, until the owner is asked why


def attach(
    study_name: str | None = None,
    *,
    storage: str,
    pruner: Pruner | None = None,
    show_progress_bar: bool | None = None,
) -> Study:
    """Follow the run of a study until it is over, from any process: one that was detached, or any other.

    Ctrl-C ends the following, not the run. A study that nobody runs is returned at once.

    Args:
        study_name: None: the only study of the storage.
        storage: its database URL.
        pruner: the run's, where its class is one of yours.
        show_progress_bar: None: progress, and the result at the end; True: progress alone; False: neither.

    Returns:
        The study, as ``load_study`` opens it.

    Raises:
        RaytuneLiteError: what ended a detached run, as ``optimize`` would have raised it: TrialFailedError,
            StudyAbortedError, ...; also where it had ended before this call.
        StudyNotRunningError: the run's processes are dead, and no others went on with it for 2 minutes.
        StudyNotFoundError: no study of this name.
        TypeError, ValueError: see ``load_study``.
    """
    show = show_progress_bar is None or flag("show_progress_bar", show_progress_bar)
    study = load_study(study_name=study_name, storage=storage, pruner=pruner)
    try:
        _Follower(study, RealHost(), shows=show and logging.shows(logging.INFO)).follow(ends=show_progress_bar is None)
    except BaseException:
        study.close()
        raise
    return study


class _Follower:
    """Follows one study."""

    def __init__(self, study: Study, host: Host, *, shows: bool) -> None:
        self._study, self._host, self._shows = study, host, shows
        self._following = Following(study, n_notes=0)
        self._standings, self._watch = Standings(), OwnerWatch(host)
        self._quiet_since = self._asked_at = host.monotonic()
        self._blocked = ""

    def follow(self, *, ends: bool) -> None:
        """``ends``: print the result at the end."""
        now = self._host.time() - self._study.created
        progress = LiveProgress(
            self._study.study_name, show=self._shows, notices=logging.shows(logging.WARNING),
            already=max(0.0, now - self._following.state.run.began_at) if self._is_run() else 0.0,
        )  # fmt: skip
        try:
            with progress:
                seconds = self._until_over(progress)
        except KeyboardInterrupt:
            name = self._study.study_name
            progress.notice(f"The run goes on. Follow it again: raytune-lite attach --study {name}; end it: "
                            f"raytune-lite stop --study {name}")  # fmt: skip
            raise explained() from None
        error = self._error()
        if error is not None:
            raise error
        if ends and (self._shows or logging.listens()):
            plan = self._plan(progress)
            progress.close(closing(self._study, plan, "ended", seconds))

    def _is_run(self) -> bool:
        return self._study._repository.owner(self._study._record) is not None

    def _until_over(self, progress: LiveProgress) -> float:
        """Follow until nobody runs the study; how long its last run took, in seconds."""
        following, gone_since = self._following, None
        while True:
            owner = self._study._repository.owner(self._study._record)
            following.update()
            progress.update(self._plan(progress))
            if owner is None:
                self._wait_for_note()
                following.update()
                return max(0.0, following.at - following.state.run.began_at)
            is_silent = self._watch.look(owner) > OWNER_LEASE
            if not (owner.is_dead or is_silent):
                gone_since = None
                self._say_why_nothing_runs(progress.notice)
            elif gone_since is None:
                gone_since = self._host.monotonic()
                progress.notice(
                    f"{owner.holder}, which ran the study, is dead or does not answer. Waiting for another one, "
                    f"for {RESTART:.0f} s: a detached run's processes are restarted."
                )
            elif self._host.monotonic() > gone_since + RESTART:
                raise StudyNotRunningError(self._study.study_name)
            self._host.sleep(LOOK)

    def _plan(self, progress: LiveProgress) -> Plan:
        state, now = self._following.state, self._host.time() - self._study.created
        return Plan(
            wanted=None,
            over=False,
            **planning.figures(state),
            standing=self._standings.read(state, now) if progress.wants_standing else None,
        )

    def _say_why_nothing_runs(self, notice: Callable[[str], None]) -> None:
        now = self._host.monotonic()
        if self._following.state.slots:
            self._quiet_since, self._blocked = now, ""
        elif now > max(self._quiet_since, self._asked_at) + ASK:
            self._asked_at = now
            found = control.status(self._study._repository, self._study._record)
            if found is not None and found.blocked and found.blocked != self._blocked:
                self._blocked = found.blocked
                notice(f"{found.n_tasks} trial(s) wait: {found.blocked}")

    def _wait_for_note(self) -> None:
        """The study is given back a moment before it is noted how the run ended."""
        give_up = self._host.monotonic() + NOTE_PATIENCE
        while (end := self._end()) is not None and not end.is_over and self._host.monotonic() < give_up:
            self._host.sleep(LOOK / 4)

    def _end(self) -> RunEnd | None:
        """What is noted of the study's last run; None: it was none that was detached."""
        end = how_it_ended(self._study)
        return end if end is not None and end.run == self._following.state.run.name else None

    def _error(self) -> Exception | None:
        end = self._end()
        return None if end is None else end.error()


__all__ = ["attach"]
