"""What launcher and driver tell one another: what has become of tasks, and what is to be done. Records only.

A worker process imports this, so it loads no database.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ..best import BestSoFar
from ..core.messages import FailureKind
from ..trial import FrozenTrial


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


__all__ = ["Handover", "Lost", "Plan", "Prefetched", "Returned", "RungStanding", "Standing"]
