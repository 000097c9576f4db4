"""What stands between driver, launcher and tasks: the ports, and the records that pass through them.

A worker process imports this, so it loads no database.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ..best import BestSoFar
from ..core.messages import FailureKind
from ..trial import FrozenTrial, StudyDirection


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """A task that ended by itself.

    ``message``: its AttemptEnded as JSON; None: it found nothing to do, or its attempt was given to another task.
    ``failed``: the attempt failed. ``caught``: ``catch`` lists the exception. ``exception``: the objective's own, where
    the task ran in this process. ``seconds``: how long the attempt took. ``packed``: the objective's exception, pickled
    in the task's process, where it ends the run. ``left``: what the attempt left behind there, for people; "": nothing.
    """

    slot: str
    message: bytes | None = None
    failed: bool = False
    caught: bool = True
    exception: BaseException | None = None
    seconds: float = 0.0
    packed: bytes | None = None
    left: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A task that ended without a result. ``stderr_tail``: what its process wrote last, where known.

    ``task``: the name of the task, where it held several slots; all of them are handed over together.
    """

    slot: str
    kind: FailureKind
    message: str
    exit_code: int | None = None
    stderr_tail: str = ""
    task: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefetched:
    """A trial that was claimed for a task that does not run yet.

    ``assignment``: as JSON. ``is_alone``: no other trial may be in the same task: an attempt of this one has ended
    before, perhaps with its task, and then it must be known which trial was at work.
    """

    slot: str
    assignment: bytes = field(repr=False)
    is_alone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RungStanding:
    """One rung, for people: ``n`` trials reached it, ``paused`` wait there, ``best`` is the best value there."""

    level: int
    bracket: int
    n: int
    paused: int
    best: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a run stands, for people, beyond what is in every plan.

    ``best``: as ``Study.best_trials_so_far``, the first few of ``n_best``. ``rungs``: the pruner's, by bracket and
    level. ``left``: new configurations that may still begin; None: no bound. ``pauses``: whether trials may be paused
    and go on later, so that nobody knows how many steps are left. ``elapsed``: seconds since the run began.
    ``room``: as in Handover.
    """

    best: tuple[BestSoFar, ...]
    n_best: int
    rungs: tuple[RungStanding, ...]
    left: int | None
    pauses: bool
    elapsed: float
    room: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """What the launcher sends to the driver, each thing until it is acknowledged.

    ``prefetch``: slots for which trials are to be claimed now, before their tasks are submitted. ``seen``: how many of
    the study's finished trials the launcher knows (None: it does not ask). ``draining``: the script is being stopped,
    so every attempt is to end. ``checked``: the slots that the last plan asked about, once the launcher has looked at
    its tasks since; those that had ended are in ``ended`` or ``lost``, now or before. ``standing``: whether the plan is
    to hold one. ``running``: for how many seconds the run has been under way, by the script's clock, which outlives
    every driver. ``n_tasks``: tasks that are queued or running; ``room``: trials that there is room for at once, None
    while nobody has looked; ``blocked``: why none of them begins, for people; ""
    while trials run, or where it is not known. ``leaving``: the nodes that will soon be gone, see NodesLeaving.
    ``binds``: every trial of the run is claimed before its task is
    submitted, so ``prefetch`` may wait for a slow sampler, and is sent again. ``queued``: slots that hold trials whose
    tasks have not begun, as far as the launcher knows: they keep their leases.
    ``begins``: this launcher has just begun, so it owns no task: attempts of this run that are live were another
    launcher's, whose process is dead, and are over.
    """

    ended: tuple[Returned, ...] = ()
    lost: tuple[Lost, ...] = ()
    prefetch: tuple[str, ...] = ()
    seen: int | None = None
    draining: bool = False
    checked: tuple[str, ...] = ()
    standing: bool = False
    running: float | None = None
    n_tasks: int = 0
    room: int | None = None
    blocked: str = ""
    leaving: tuple[tuple[str, float | None], ...] = ()
    binds: bool = False
    queued: tuple[str, ...] = ()
    begins: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The driver's order to the launcher, and what people may want to see.

    ``wanted``: tasks that should be queued or running now (None: as many as there is room for). ``max_tasks``: a bound
    on them that somebody set while the run was under way. ``over``: the run is finished. ``failed``: those of the ended
    trials just handed over that are FAIL now. ``prefetched``: for the slots that asked for a trial. ``cancel``: slots
    whose tasks are to be killed, because their attempts were given up. ``silent``: slots that are to be given up,
    unless their tasks have ended: the launcher is to look, see Handover. ``finished``: trials that ended since
    ``seen``, in the order of their ends; ``n_finished``: what to hand over as ``seen`` next time. ``aborted``: why the
    run was given up. ``commits``: at the end, how the database kept up. ``standing``: where it was asked for.
    ``unbegun``: of ``queued`` those whose tasks have not begun. ``put_off``: slots that asked for a trial, and wait for
    the sampler: they are to ask again.
    """

    wanted: int | None
    over: bool
    counts: dict[str, int]
    best: tuple[int, float] | None
    promotions: int
    max_tasks: int | None = None
    failed: tuple[int, ...] = ()
    prefetched: tuple[Prefetched, ...] = ()
    cancel: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    finished: tuple[FrozenTrial, ...] = ()
    n_finished: int = 0
    aborted: str = ""
    commits: str = ""
    standing: Standing | None = None
    unbegun: tuple[str, ...] = ()
    put_off: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyFacts:
    """What an objective can see of its study.

    ``created``: seconds since 1970 UTC. ``user_attrs``: (key, JSON text) as they were when the run began.
    """

    name: str = ""
    study_id: int = 0
    directions: tuple[StudyDirection, ...] = (StudyDirection.MINIMIZE,)
    created: float = 0.0
    user_attrs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings:
    """What every attempt of a run must know of its study.

    ``run``: the run's name. ``node``: the driver's; a local checkpoint path is good there only. ``marker``: what stands
    in the checkpoint directory, so that other nodes can tell whether they see it; None: it is not marked.
    ``must_see_checkpoints``: a node that does not see it may run no trial. ``lease``, ``trial_timeout``: seconds.
    ``log_root``: where what trials print is kept, if not there. ``address``, ``key``: of the driver process's socket;
    None: other machines have none. ``fingerprint``: of its certificate; None: no TLS there. ``local_address``: for
    processes on the driver's node. ``previous_owner``: whose study it was until now, if it was not given back.
    """

    n_objectives: int
    checkpoint_root: str
    lease: float
    trial_timeout: float | None = None
    run: str = ""
    node: str = ""
    marker: str | None = None
    must_see_checkpoints: bool = False
    log_root: str | None = None
    address: tuple[str, int] | None = None
    key: bytes = field(default=b"", repr=False)
    fingerprint: str | None = None
    local_address: tuple[str, int] | None = None
    previous_owner: str | None = None
    study: StudyFacts = StudyFacts()


LEASE_ADVICE = (
    "its process sent no message for a whole lease, and ended itself. An objective that holds the interpreter's lock "
    "for so long in one call needs a longer one: optimize(lease=...) or --lease, in seconds"
)


class DriverCalls(Protocol):
    """The driver as its launcher calls it."""

    def plan(self, handover: Handover, timeout: float | None = None) -> Plan:
        """Hand over what happened; answers what to do.

        Raises:
            DriverUnreachableError: no answer within ``timeout`` seconds.
            RaytuneLiteError: the run cannot go on.
        """

    def locate(self, slots: Sequence[str]) -> list[tuple[str, int] | None]:
        """The node and process of each slot's attempt; None where they are not known."""


class Tasks(Protocol):
    """What a launcher drives: Ray tasks, simulated tasks, or calls in this thread."""

    prefetches: bool
    """Whether a task may be given its trial before it runs."""
    shares: bool
    """Whether a task may be given several."""
    binds_first: bool
    """Whether every task must be given its trial: what it asks for depends on it."""

    def submit(self, prefetched: Sequence[Prefetched] = ()) -> str:
        """Queue a task and return its name, which is its (first) slot.

        Args:
            prefetched: what was claimed for it; nothing: it claims a trial when it runs.
        """

    def wait(self, timeout: float, gather: float = 0.0) -> tuple[list[Returned], list[Lost]]:
        """The tasks that have ended, each slot reported once, and those of one task together.

        Args:
            timeout: seconds to wait for the first one.
            gather: seconds to go on after the first one, so that one call hands over several.

        Raises:
            RaytuneLiteError: no task of this run can work.
        """

    def cancel(self, task: str) -> None:
        """Kill a task, if it can be reached, and forget it: ``wait`` will report none of its slots."""

    def capacity(self) -> int:
        """How many trials could run at once. May ask the cluster, so not to be called in a tight loop."""

    def leaving(self) -> dict[str, float | None]:
        """The nodes that will soon be gone -> seconds until then, None where that is not known.

        May ask the cluster, as ``capacity``.
        """

    def growth(self) -> int:
        """How many tasks are to be queued though there is no room, so that an autoscaler adds nodes; 0: there is none.

        May ask the cluster, as ``capacity``.
        """

    def claimable(self) -> int:
        """How many trials may be claimed now, as far as there is room, and one more. Where ``binds_first``."""

    def waits(self, slot: str) -> bool:
        """Whether the task of a slot cannot have begun, for want of room among this run's tasks."""

    def holds_up(self, slot: str) -> bool:
        """Whether a slot's task that waits for long keeps others from being claimed: smaller ones would overtake it.

        Not where it waits for nodes that the others do not want.
        """

    def explain(self, lost: list[Lost], calls: DriverCalls, *, at_once: bool = False) -> list[Lost]:
        """Begin to look into losses; those of them, and of calls before, of which it is known now how they ended.

        It takes no longer than a call of the driver. Each loss comes back once, within seconds; call it again for it.
        The slots of one task come back together.

        Args:
            lost: new losses.
            calls: say where their processes ran.
            at_once: all come back, with what is known.
        """

    def blocked(self) -> str:
        """Why tasks wait and none begins, in one line, as far as it can be known; empty when there is no reason."""


class TasksThatClaim:
    """What Tasks have in common whose trials need not be known before they are submitted."""

    __slots__ = ()
    binds_first = False

    def claimable(self) -> int:
        """See Tasks."""
        return 0

    def waits(self, slot: str) -> bool:  # noqa: ARG002
        """See Tasks."""
        return False

    def holds_up(self, slot: str) -> bool:  # noqa: ARG002
        """See Tasks."""
        return False


class TasksHere(TasksThatClaim):
    """What Tasks that do not leave this machine have in common: none is ever lost, and there is no autoscaler."""

    __slots__ = ()

    def leaving(self) -> dict[str, float | None]:
        """See Tasks."""
        return {}

    def growth(self) -> int:
        """See Tasks."""
        return 0

    def explain(self, lost: list[Lost], calls: DriverCalls, *, at_once: bool = False) -> list[Lost]:  # noqa: ARG002
        """See Tasks."""
        return lost

    def blocked(self) -> str:
        """See Tasks."""
        return ""


class Transport(Protocol):
    """One message to the driver, and its answer."""

    def call(self, message: bytes, timeout: float) -> bytes:
        """Deliver a message.

        Raises:
            TransportError: no answer within ``timeout`` seconds, or the other end is gone.
        """


class TransportError(Exception):
    """A message may or may not have arrived. All messages are idempotent, so it is sent again."""


class Observer(Protocol):
    """Who follows a run in the script."""

    @property
    def wants_trials(self) -> bool:
        """Whether plans shall hold the records of finished trials."""

    @property
    def wants_standing(self) -> bool:
        """Whether the next plan shall hold a Standing. It costs the driver some ms, so not more often than shown."""

    def update(self, plan: Plan) -> None:
        """A new plan has come. An exception ends the run."""

    def notice(self, text: str) -> None:
        """A line for people."""


class ScriptObserver(Observer, Protocol):
    """The same, also before there is a driver."""

    def phase(self, text: str) -> None:
        """What goes on now, in some words."""


Notice = Callable[[str], None]

__all__ = [
    "LEASE_ADVICE", "DriverCalls", "Handover", "Lost", "Notice", "Observer", "Plan", "Prefetched", "Returned",
    "RungStanding", "ScriptObserver", "Standing", "StudyFacts", "Tasks", "TasksHere", "TasksThatClaim",
    "Transport", "TransportError", "WorkerSettings",
]  # fmt: skip
