"""Who follows a run in the script's process: progress and the result at its end, callbacks, garbage collection."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable, Iterable, Iterator, Sequence

from .. import logging
from ..arguments import flag
from ..display.frame import trials_text
from ..display.progress import LiveProgress
from ..display.result import result_lines
from ..display.tables import duration, trial_line
from ..display.text import study_label
from ..exceptions import RaytuneLiteError
from ..runtime.config import RunConfig
from ..runtime.handover import Plan
from ..trial import FrozenTrial, TrialState, in_local_time
from .results import Results

FRONT_READ = 5000  # COMPLETE trials of a study with several objectives: of more, the end of a run reads no front


class AfterTrial:
    """Calls the callbacks after each finished trial, in their order, then collects garbage if that was asked for.

    Args:
        callbacks: each takes the finished trial; the study is bound already.
        collect: whether to collect garbage.
    """

    def __init__(self, callbacks: Sequence[Callable[[FrozenTrial], None]], collect: bool) -> None:
        self._callbacks, self._collect = tuple(callbacks), collect
        self.wanted = bool(callbacks) or collect

    def trials(self, finished: Iterable[FrozenTrial]) -> None:
        """These trials are finished; their dates are naive and in UTC."""
        for trial in finished:
            shown = in_local_time(trial)
            for callback in self._callbacks:
                callback(shown)
            if self._collect:
                gc.collect()


class RunObserver:
    """Who follows a run in this process: the progress display, and what follows finished trials. See ports.Observer."""

    def __init__(self, progress: LiveProgress, after: AfterTrial) -> None:
        self._progress, self._after = progress, after
        self._tells_trials, self._logs_trials = logging.shows(logging.DEBUG), logging.listens()
        self.wants_trials = after.wanted or self._tells_trials or self._logs_trials

    @property
    def wants_standing(self) -> bool:
        """See ports.Observer."""
        return self._progress.wants_standing

    def phase(self, text: str) -> None:
        """What goes on before there are trials."""
        self._progress.phase(text)

    def update(self, plan: Plan) -> None:
        """A new plan has come."""
        self._progress.update(plan)
        for trial in plan.finished if self._tells_trials or self._logs_trials else ():
            line = trial_line(trial)
            logging.tell(logging.INFO, line)
            if self._tells_trials:
                self._progress.write(line)
        if plan.commits and self._tells_trials:
            self._progress.write(f"stored in {plan.commits}")
        self._after.trials(plan.finished)

    def notice(self, text: str) -> None:
        """A line for people."""
        self._progress.notice(text)


def followed(
    study: Results,
    config: RunConfig,
    callbacks: Sequence[Callable[[FrozenTrial], None]],
    collect: bool,
    show: bool | None,
    executor: str,
) -> contextlib.AbstractContextManager[RunObserver]:
    """Follows a run of ``study`` while the body runs it, and prints the result when it is over or was interrupted.

    Args:
        study: to read the result from.
        config: the run.
        callbacks: see AfterTrial.
        collect: see AfterTrial.
        show: None: progress, and the result at the end; True: progress alone; False: neither.
        executor: with "inline" trials run in this thread, so a debugger may be at work on the terminal.

    Raises:
        TypeError: ``show`` is neither None nor a bool, or ``collect`` is no bool.
    """
    after = AfterTrial(callbacks, flag("gc_after_trial", collect))
    is_shown = (show is None or flag("show_progress_bar", show)) and logging.shows(logging.INFO)
    progress = LiveProgress(
        study.study_name,
        show=is_shown,
        timeout=config.timeout,
        live=executor != "inline",
        notices=logging.shows(logging.WARNING),
    )
    return _followed(study, progress, after, ends_with_result=show is None and (is_shown or logging.listens()))


@contextlib.contextmanager
def _followed(
    study: Results, progress: LiveProgress, after: AfterTrial, *, ends_with_result: bool
) -> Iterator[RunObserver]:
    how = "ended"
    try:
        with progress:
            yield RunObserver(progress, after)
    except KeyboardInterrupt:
        how = "was interrupted"
        raise
    except BaseException:
        how = ""  # the error is what there is to read
        raise
    finally:
        if how and ends_with_result and progress.plan is not None:
            progress.close(closing(study, progress.plan, how, progress.elapsed))


def closing(study: Results, plan: Plan, how: str, seconds: float) -> list[str]:
    """The last lines of a run: the result first, then how many trials there are, and how long it took."""
    trials = trials_text(plan.counts, plan.promotions)
    several = len(study.directions) > 1
    if several and plan.counts.get(TrialState.COMPLETE.name, 0) > FRONT_READ:
        best = ["best: study.best_trials has the Pareto front"]
    else:
        try:
            best = list(result_lines(study.best_trials_so_far, study.directions))
        except RaytuneLiteError as error:  # the run is stored, and must not look as if it failed
            best = [f"best: cannot be read now ({error})"]
    lines = [*best, trials, f"the run {how} after {duration(seconds)}"]
    return [f"{study_label(study.study_name)}:", *(f"  {line}" for line in lines)]


__all__ = ["AfterTrial", "RunObserver", "closing", "followed"]
