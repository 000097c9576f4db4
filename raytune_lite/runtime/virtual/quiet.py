"""A quiet cluster in virtual time: the true launcher, driver, session and core, and no faults.

What is simulated: tasks (a fixed number of workers), and the training itself, which the objective looks up and lets
pass. Messages take no time; a free worker takes ``start`` seconds to begin its next task. What is true: all that
decides and stores, ``Trial`` and its buffer of reports, and the launcher. Left out: the heartbeats and the driver's
look at leases, because nothing fails here, and the rows in tables, because nobody reads them.
"""

from __future__ import annotations

import json
import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from ...checkpoints import layout
from ...checkpoints.directories import DirectoryStore
from ...core import messages as m
from ...core.encoding import event_to_json
from ...core.retries import RetryPolicy
from ...core.state import StudyState
from ...distributions import Distribution
from ...storages.memory import MemoryDatabase, MemoryStore
from ...trial import FrozenTrial, StudyDirection
from ..attempt import run_trial
from ..config import RunConfig
from ..driver import Driver
from ..finished import KnownTrials
from ..handover import Lost, Plan, Prefetched, Returned
from ..launcher import Launcher
from ..ports import TasksHere
from ..session import Session
from ..trial import Trial
from .host import T0, SimulatedHost
from .world import Process, Signal, World

START = 0.02  # seconds until a free worker begins its next task, where nothing else is said
NEVER = 10**12  # events between two snapshots
LONGEST = 1e12  # seconds of a run without a bound


class QuietHost(SimulatedHost):
    """A process that never waits for a lock, and whose leases nobody looks at."""

    def lock(self) -> Any:
        """One thread runs at a time, and none waits while it holds a lock."""
        return _FREE

    def start(self, body: Callable[[], None], name: str) -> None:
        """See Host."""
        if name != "leases":
            super().start(body, name)


class _FreeLock(nullcontext[Any]):
    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:  # noqa: ARG002
        return True

    def release(self) -> None:
        pass


_FREE = _FreeLock()


class LogStore(MemoryStore):
    """A study's log in memory, without its tables."""

    def commit(self, study: Any, epoch: int, entries: Sequence[Any], rows: Sequence[Any], **_: Any) -> None:  # noqa: ARG002
        """See Store."""
        self._database[study.name].log.extend(entries)

    def trial_id(self, study: Any, number: int) -> int:  # noqa: ARG002
        """See Store."""
        return number


class Checkpoints(DirectoryStore):
    """Checkpoints of which only the names exist. ``most``: how many there were at one time."""

    def __init__(self) -> None:
        super().__init__("/simulated")
        self.there: dict[str, None] = {}
        self.most = 0

    def begin(self, number: int, attempt: int, step: int) -> Path:
        """See CheckpointStore."""
        return Path(layout.place(number, attempt, step))

    def publish(self, temporary: Path, number: int, attempt: int, step: int) -> m.CheckpointRef:  # noqa: ARG002
        """See CheckpointStore."""
        uri = layout.place(number, attempt, step)
        self.there[uri] = None
        self.most = max(self.most, len(self.there))
        return m.CheckpointRef(step=step, attempt=attempt, uri=uri, digest="0" * 16, size=1)

    def abandon(self, temporary: Path) -> None:
        """See CheckpointStore."""

    def discard(self, uri: str) -> None:
        """See CheckpointStore."""
        self.there.pop(uri, None)

    def sweep(self, keep: Any, ended: Any = None) -> list[str]:  # noqa: ARG002
        """See CheckpointStore. Nobody dies, so nothing is left."""
        return []


@dataclass(slots=True)
class CpuTime:
    """CPU seconds of the driver: with reports that were to be decided, and with all else, samplers included."""

    decisions: int = 0
    deciding: float = 0.0
    claims: int = 0
    claiming: float = 0.0


class QuietCluster:
    """A study on a number of workers.

    Args:
        sampler, pruner: of the study.
        objective: is called in virtual time: ``world.sleep`` lets it pass.
        workers: trials at one time.
        enqueued: the first configurations, as external values.
        n_trials: how many the study may start; None: as many as there is time for.
        catch: exceptions of the objective that fail a trial and not the run.
        start: seconds until a free worker begins its next task.
        start_up: seconds that pass between a claim and the objective, by the trial's number.
    """

    def __init__(
        self,
        sampler: Any,
        pruner: Any,
        objective: Callable[[Trial], Any],
        *,
        workers: int,
        enqueued: Sequence[dict[str, Any]] = (),
        encode: Callable[[Any], str] = json.dumps,
        n_trials: int | None = None,
        catch: tuple[type[Exception], ...] = (),
        start: float = START,
        start_up: Callable[[int], float] = lambda _: 0.0,
    ) -> None:
        self.world = World(0, {})
        self.process = Process(self.world, "study")
        self.host = QuietHost(self.process)
        self.workers, self.objective, self.catch = workers, objective, catch
        self.start, self.start_up = start, start_up
        self.checkpoints, self.cpu = Checkpoints(), CpuTime()
        self.failure: BaseException | None = None
        self.finished = self.stopped = False
        self._database = MemoryDatabase()
        self._database.create_study("quiet", [StudyDirection.MINIMIZE], now=T0)
        config = RunConfig(
            storage="", study_name="quiet", run="run", sampler=sampler, pruner=pruner, durable=False, lease=math.inf,
            n_trials=n_trials, retries=RetryPolicy(abort_after=None),
        )  # fmt: skip
        self.session: Session | None = None
        self.driver = Driver(
            config, self.host, lambda _: None, open_session=lambda _: self._open(config), has_sampler_thread=False
        )
        self.driver.settings()
        for params in enqueued:
            self.driver.ask(m.TrialEnqueued(params=tuple((name, encode(value)) for name, value in params.items())))
        self.tasks = Tasks(self)

    def _open(self, config: RunConfig) -> Session:
        store = LogStore(self._database, as_json=False)
        self.session = Session(config, host=self.host, repository=store, checkpoints=self.checkpoints,
                               snapshot_every=NEVER)  # fmt: skip
        return self.session

    @property
    def state(self) -> StudyState:
        """The study's state."""
        assert self.session is not None, "the driver opens it when it begins"
        return self.session._state

    def stop(self) -> None:
        """Called by the objective: time stands still from now on, and ``run`` returns."""
        self.stopped = True

    def run(self, seconds: float = LONGEST) -> None:
        """Run the study for some seconds of virtual time; whatever is under way then is left as it is."""
        launcher = Launcher(
            self.driver, self.tasks, self.host, Silent(), study_name="quiet", max_concurrent=None, poll=seconds
        )

        def main() -> None:
            try:
                launcher.run()
            except Exception as error:  # noqa: BLE001  (raised again below, outside of the simulated process)
                self.failure = error
            self.finished = True

        self.process.start(main)
        self.world.run(lambda: self.finished or self.stopped, max_events=10**12, max_time=seconds)
        self.world.close()
        if self.failure is not None:
            raise self.failure


class Silent:
    """Nobody follows the run."""

    wants_trials = wants_standing = False

    def update(self, plan: Plan) -> None:
        """See Observer."""

    def notice(self, text: str) -> None:
        """See Observer."""


@dataclass(slots=True)
class Tasks(TasksHere):
    """The launcher's port: so many tasks run at one time, the oldest first; see ports.Tasks."""

    cluster: QuietCluster
    prefetches: bool = False
    shares: bool = False
    queue: deque[str] = field(default_factory=deque)
    running: int = 0
    submitted: int = 0
    ended: list[Returned] = field(default_factory=list)
    news: Signal = field(init=False)

    def __post_init__(self) -> None:
        self.news = Signal(self.cluster.world)

    def submit(self, prefetched: Sequence[Prefetched] = ()) -> str:  # noqa: ARG002  (never prefetched)
        """See ports.Tasks."""
        self.submitted += 1
        slot = f"task-{self.submitted}"
        self.queue.append(slot)
        self.cluster.world.after(self.cluster.start, self._begin)
        return slot

    def _begin(self) -> None:
        while self.queue and self.running < self.cluster.workers:
            self.running += 1
            slot = self.queue.popleft()
            self.cluster.process.start(partial(self._run, slot))

    def _run(self, slot: str) -> None:
        returned = self._attempt(slot)  # time passes
        self.ended.append(returned)
        self.running -= 1
        self.news.set()
        self.cluster.world.after(self.cluster.start, self._begin)

    def _attempt(self, slot: str) -> Returned:
        cluster = self.cluster
        channel = Channel(cluster)
        assignment = channel.claim(slot)
        if assignment is None:
            return Returned(slot=slot)
        start_up = cluster.start_up(assignment.number)
        if start_up > 0.0:
            cluster.world.sleep(start_up)
        trial = Trial(assignment, channel, lambda: cluster.checkpoints, 1, math.inf, cluster.host)
        result = run_trial(cluster.objective, trial, catch=cluster.catch)
        return Returned(
            slot=slot,
            message=event_to_json(result.event()).encode(),
            failed=result.failure is not None,
            caught=result.caught,
        )

    def wait(self, timeout: float, gather: float = 0.0) -> tuple[list[Returned], list[Lost]]:  # noqa: ARG002
        """See ports.Tasks."""
        if not self.ended:
            self.news.clear()
            self.news.wait(timeout)
        ended, self.ended = self.ended, []
        return ended, []

    def cancel(self, task: str) -> None:
        """See ports.Tasks."""
        if task in self.queue:
            self.queue.remove(task)

    def capacity(self) -> int:
        """See ports.Tasks."""
        return self.cluster.workers


class Channel:
    """An attempt's way to the driver, in the same process; it takes the CPU time of each call."""

    def __init__(self, cluster: QuietCluster) -> None:
        self._driver, self._cpu = cluster.driver, cluster.cpu

    def claim(self, slot: str) -> m.Assignment | None:
        """The trial to work at."""
        start = time.process_time()
        found: m.Assignment | None = self._driver.ask(m.Claimed(slot=slot, node="node"))
        self._cpu.claims += 1
        self._cpu.claiming += time.process_time() - start
        return found

    def suggest(self, number: int, attempt: int, name: str, distribution: Distribution) -> m.ParamValue:
        """See delivery.Channel."""
        found: m.ParamValue = self._driver.ask(
            m.ParamAsked(number=number, attempt=attempt, name=name, distribution=distribution)
        )
        return found

    def report(self, number: int, attempt: int, progress: m.Progress) -> tuple[m.Decision, str | m.Leave | None]:
        """See delivery.Channel."""
        start = time.process_time()
        found = self._driver.report(m.Reported(number=number, attempt=attempt, progress=progress))
        self._cpu.decisions += 1
        self._cpu.deciding += time.process_time() - start
        return found

    def finished(self, number: int, attempt: int) -> list[FrozenTrial]:
        """See delivery.Channel."""
        known = KnownTrials(0.0)
        return known.read(lambda seen: self._driver.ask(m.TrialsAsked(number=number, attempt=attempt, seen=seen)))
