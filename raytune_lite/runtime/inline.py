"""A study in this process, without Ray: ``ask`` and ``tell``, and trials that run one after another in this thread.

The driver and the launcher are the same as on Ray. pdb steps through an objective that runs so.
"""

from __future__ import annotations

import itertools
import math
import sys
import weakref
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from .. import logging
from ..checkpoints.store import CheckpointStore, open_store
from ..core import messages as m
from ..core.encoding import event_to_json
from ..distributions import Distribution
from ..exceptions import SamplerFailedError, SamplerRefusedError
from ..trial import FrozenTrial
from . import signals
from .attempt import AttemptResult, run_trial
from .config import RunConfig
from .control import ControlServer
from .driver import BUSY_AFTER, Driver
from .finished import KnownTrials
from .handover import Lost, Prefetched, Returned
from .host import Host, RealHost
from .launcher import WAY_ON, WAY_ON_WITHOUT_STORAGE, Launcher
from .output import TrialOutput, of_inline
from .ports import Observer, TasksHere
from .trial import Trial
from .worker_settings import WorkerSettings

NODE = "in-process"
IDLE_AFTER = 2.0  # seconds without a call after which a study that was opened for single calls is given back


class LocalStudy:
    """The driver of a study in this process, for callers of any thread; itself the Channel of its trials.

    The study is given back when this object is closed, or when it is no longer referenced.

    Args:
        config: the run.
        notice: prints a line for people.
        idle_after: see Driver.
    """

    def __init__(
        self, config: RunConfig, notice: Callable[[str], None] | None = None, *, idle_after: float | None = None
    ) -> None:
        # an attempt in this process cannot fall silent: it has no lease
        self.config = replace(config, lease=math.inf)
        self._host: Host = RealHost()
        driver: list[Driver] = []  # the server's thread must not hold this object
        server = ControlServer("127.0.0.1", lambda event: driver[0].ask(event, BUSY_AFTER), lambda: driver[0].handover)
        self.driver = Driver(
            self.config,
            self._host,
            notice or _say,
            has_sampler_thread=False,
            address=server.address,
            idle_after=idle_after,
        )
        driver.append(self.driver)
        self._close = weakref.finalize(self, _close, self.driver, server)
        try:
            self._settings = self.driver.settings()
        except BaseException:
            self.close()
            raise
        self._slots = itertools.count()
        self._known = KnownTrials(self._settings.study.created)

    @property
    def failed(self) -> bool:
        """Whether the driver answers no more: open another one on what is stored."""
        return self.driver.fatal is not None

    def send(self, event: m.Event) -> Any:
        """Handle one event and return its answer; it is stored when this returns."""
        return self.driver.ask(event)

    def ask(self, slot: str | None = None) -> Trial | None:
        """The next trial to work at, or None when there is none."""
        slot = slot or f"{self.config.run}/{next(self._slots)}"
        assignment = self.driver.ask(m.Claimed(slot=slot, node=NODE))
        if assignment is None:
            return None
        settings = self._settings
        limit = math.inf if settings.trial_timeout is None else settings.trial_timeout
        store = lru_cache(self._store)  # one an attempt: it knows which names the attempt has used
        return Trial(assignment, self, store, settings.n_objectives, limit, self._host, study=settings.study)

    def _store(self) -> CheckpointStore:
        return open_store(self._settings.checkpoint_root)

    def tell(self, result: AttemptResult) -> FrozenTrial:
        """Store how an attempt ended; answers the trial's record now, its dates naive and in UTC."""
        self.driver.ask(result.event())
        return self.driver.query(lambda session: session.record(result.number))

    def suggest(self, number: int, attempt: int, name: str, distribution: Distribution) -> m.ParamValue:
        """See delivery.Channel."""
        event = m.ParamAsked(number=number, attempt=attempt, name=name, distribution=distribution)
        param: m.ParamValue = self.driver.ask(event)
        return param

    def report(self, number: int, attempt: int, progress: m.Progress) -> tuple[m.Decision, str | m.Leave | None]:
        """See delivery.Channel."""
        return self.driver.report(m.Reported(number=number, attempt=attempt, progress=progress))

    def finished(self, number: int, attempt: int) -> list[FrozenTrial]:
        """See delivery.Channel."""
        return self._known.read(
            lambda seen: self.driver.ask(m.TrialsAsked(number=number, attempt=attempt, seen=seen))
        )

    def run(
        self,
        objective: Callable[[Trial], Any],
        *,
        catch: tuple[type[Exception], ...],
        observer: Observer,
        output: TrialOutput = "show",
    ) -> None:
        """Run trials one after another until the run is over; see Launcher.run for what it raises."""
        tasks = SerialTasks(self, objective, catch, self._settings, output)
        name, way_on = self.config.study_name, WAY_ON if self.config.durable else WAY_ON_WITHOUT_STORAGE
        launcher = Launcher(
            self.driver, tasks, self._host, observer, study_name=name, max_concurrent=1, way_on=way_on
        )
        with signals.interrupting():
            launcher.run()

    def close(self) -> None:
        """Give the study back."""
        self._close()


class SerialTasks(TasksHere):
    """Tasks that run in the caller's thread, when it waits for them."""

    prefetches = shares = False  # a callback after one trial may still stop the next

    def __init__(
        self,
        study: LocalStudy,
        objective: Callable[[Trial], Any],
        catch: tuple[type[Exception], ...],
        settings: WorkerSettings,
        output: TrialOutput = "show",
    ) -> None:
        self._study, self._objective, self._catch = study, objective, catch
        self._settings, self._output = settings, output
        self._queue: list[str] = []
        self._submitted = 0

    def submit(self, prefetched: Sequence[Prefetched] = ()) -> str:  # noqa: ARG002  (never prefetched)
        """See Tasks."""
        self._submitted += 1
        slot = f"{self._study.config.run}/task-{self._submitted}"
        self._queue.append(slot)
        return slot

    def wait(self, timeout: float, gather: float = 0.0) -> tuple[list[Returned], list[Lost]]:  # noqa: ARG002
        """Run the oldest task. See Tasks."""
        slot = self._queue.pop(0)
        try:
            trial = self._study.ask(slot)
        except (SamplerFailedError, SamplerRefusedError):
            trial = None  # the driver knows it, and ends the run
        if trial is None:
            return [Returned(slot=slot)], []
        n = self._settings.n_objectives
        logs = self._settings.log_root or self._settings.checkpoint_root
        with of_inline(self._output, logs, trial.number, trial.attempt):
            result = run_trial(self._objective, trial, catch=self._catch, n_objectives=n)
        return [
            Returned(
                slot=slot,
                message=event_to_json(result.event()).encode(),
                failed=result.failure is not None,
                caught=result.caught,
                exception=result.exception,
            )
        ], []

    def cancel(self, task: str) -> None:
        """See Tasks. Only one that has not begun can be here."""
        self._queue.remove(task)

    def capacity(self) -> int:
        """One."""
        return 1


def _close(driver: Driver, server: ControlServer) -> None:
    server.close()
    driver.close()


def _say(text: str) -> None:
    logging.tell(logging.WARNING, text)
    if logging.shows(logging.WARNING):
        print(f"raytune_lite: {text}", file=sys.stderr, flush=True)  # noqa: T201


__all__ = ["IDLE_AFTER", "LocalStudy", "SerialTasks"]
