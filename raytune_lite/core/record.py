"""All that is known of one study, as one record, and what may be asked of it. Asking changes nothing.

The record is changed by handlers only: ``runs``, ``claims``, ``attempts`` and ``imports``, over the rules that they
share (``moves``, ``adoption``). ``state`` has the table of handlers and the one door, ``StudyState.handle``.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..distributions import Distribution
from ..trial import StudyDirection, TrialState
from .gpu_shares import GpuUse
from .kept import FinishedTrials, Trials
from .ledger import Ledger
from .messages import FailureKind, Leave
from .pending import PendingTrials
from .protocols import Branches, Breeder, Forecaster, Grid, HasRungs, Judge, Promoter, Pruner, Timed, Waits
from .retries import RetryPolicy
from .tree import Tree
from .trials import Transition
from .view import Finished, Losses, Pending, StudyIdentity, StudyView


@dataclass(slots=True)
class Run:
    """The run that is under way, or was the last one. The next run replaces it as a whole.

    ``common_failure``: how the run's trials failed so far, and how many of them; None once two of them failed in
    different ways, or one did not fail. ``disk_failures``: attempts that the checkpoints' disk ended since one was
    saved; ``has_saved``: whether any was, in this run. ``price``, ``max_cost``, ``shares_gpus``, ``moves_at``: see
    RunStarted; ``begun_at``: of the attempts that run, the sum of the times at which they began, where there is a
    price. ``surcharge``: of the attempts that run and have said a price, the sum of what it is above ``price``;
    ``surcharge_begun``: of the same amounts, each times the time at which its attempt began. ``leaving``: node that
    leaves -> when it will be gone, in seconds since the study was created; None: that is not known.
    """

    name: str | None = None
    began_at: float = 0.0  # seconds since the study was created
    budget: int | None = 0  # configurations that it may still start; None: no bound
    paused: bool = False  # by the user: nothing starts until it is unpaused
    slot_limit: int | None = None  # how many attempts at once, where the user has set it
    stopping: str | None = None  # why nothing starts any more
    aborted: str | None = None  # why the run was given up
    common_failure: tuple[str, int] | None = ("", 0)
    disk_failures: int = 0
    has_saved: bool = False
    retries: RetryPolicy = field(default_factory=RetryPolicy)
    checkpoints_kept: int = 1
    keeps_resumed: bool = False
    frees_paused: bool = False
    awaits_reports: bool = False
    max_checkpoint_bytes: int | None = None
    price: float = 0.0
    max_cost: float | None = None
    begun_at: float = 0.0
    surcharge: float = 0.0
    surcharge_begun: float = 0.0
    shares_gpus: bool = False
    leaving: dict[str, float | None] = field(default_factory=dict)
    moves_at: tuple[int, ...] = ()


@dataclass(slots=True)
class Lineage:
    """Trials that go on from checkpoints of others; see ``lineage``.

    ``waiting``: those that have not begun, oldest first. ``readers``: uri of a checkpoint -> how many trials, or heirs
    of trials, may still read it. ``damaged``: uris that turned out damaged when a child read them. ``n_ended``:
    children that have ended; no run's budget counts a child.
    """

    waiting: dict[int, None] = field(default_factory=dict)
    readers: dict[str, int] = field(default_factory=dict)
    damaged: dict[str, None] = field(default_factory=dict)
    n_ended: int = 0

    def dump(self) -> Any:
        """All of it, as JSON."""
        return [list(self.waiting), list(self.readers.items()), list(self.damaged), self.n_ended]

    @classmethod
    def load(cls, data: Any) -> Lineage:
        """Inverse of ``dump``; None gives an empty one."""
        if data is None:
            return cls()
        waiting, readers, damaged, n_ended = data
        return cls(dict.fromkeys(waiting), dict(map(tuple, readers)), dict.fromkeys(damaged), n_ended)


@dataclass(slots=True)
class StudyData:
    """What a study is, after the events so far. ``pruner_for``, ``grid_for``: make an algorithm of its spec's JSON.

    ``judge`` knows the reports; ``promoter``, ``waits``, ``forecaster``, ``breeder``, ``rungs`` and ``timed`` are the
    same object, if it follows Promoter, Waits, Forecaster, Breeder, HasRungs and Timed.
    ``n_judged``: how many objectives it judges, the first ones. A pruner of one is refused in a study of several, but
    older logs have it: it saw the reports of the first, and no results.
    """

    directions: tuple[StudyDirection, ...]
    pruner_for: Callable[[str], Pruner] = field(compare=False, repr=False)
    grid_for: Callable[[str], Grid | Branches | None] = field(compare=False, repr=False)
    name: str = ""
    n_events: int = 0

    # trials
    trials: Trials = field(init=False)
    next_number: int = 0
    finished: FinishedTrials = field(init=False)
    n_invalid: int = 0  # trials whose parameters cannot be evaluated
    best: int | None = None  # one objective: the number of the best COMPLETE trial
    counts: dict[TrialState, int] = field(default_factory=lambda: dict.fromkeys(TrialState, 0))
    transitions: dict[Transition, int] = field(default_factory=dict)  # how often each row of TRANSITIONS was taken
    space: dict[str, Distribution] = field(default_factory=dict)  # all parameters seen, with their newest distributions

    # who runs, and who goes next
    slots: dict[str, int] = field(default_factory=dict)  # slot -> trial number, while its attempt is live
    retry: dict[int, float] = field(default_factory=dict)  # trial to be tried again -> since when; inf: somebody has it
    paused: dict[int, None] = field(default_factory=dict)  # PAUSED trials, oldest first
    queue: deque[int] = field(default_factory=deque)  # enqueued trials, oldest first
    requests: dict[str, int | None] = field(default_factory=dict)  # key of a user's request -> its answer
    run: Run = field(default_factory=Run)
    under_way: PendingTrials = field(default_factory=PendingTrials, compare=False, repr=False)  # as samplers see them

    # the pruner
    pruner_spec: str = ""
    judge: Judge = field(init=False)
    promoter: Promoter | None = field(init=False)
    waits: Waits | None = field(init=False)
    forecaster: Forecaster | None = field(init=False)
    breeder: Breeder | None = field(init=False)
    rungs: HasRungs | None = field(init=False)
    timed: Timed | None = field(init=False)
    n_judged: int = field(init=False)
    promotions: int = 0
    lineage: Lineage = field(default_factory=Lineage)
    gpu_use: GpuUse = field(default_factory=GpuUse)
    cost: float = 0.0  # of all attempts that ended, in the runs whose slots have a price

    # the sampler's grid, or tree
    sampler_spec: str = ""
    ledger: Ledger | Tree | None = None

    def __post_init__(self) -> None:
        self.directions = tuple(self.directions)
        self.trials = Trials(self.paused)
        self.finished = FinishedTrials(self.trials)
        self.seat(self.pruner_for("{}"))

    def seat(self, pruner: Pruner) -> None:
        """From here on a new judge of this pruner judges the study."""
        self.judge = judge = pruner.judge(StudyIdentity(self.name, self.directions))
        self.promoter = judge if isinstance(judge, Promoter) else None
        self.waits = judge if isinstance(judge, Waits) else None
        self.forecaster = judge if isinstance(judge, Forecaster) else None
        self.breeder = judge if isinstance(judge, Breeder) else None
        self.rungs = judge if isinstance(judge, HasRungs) else None
        self.timed = judge if isinstance(judge, Timed) else None
        self.n_judged = len(self.directions) if pruner.judges_several else 1

    # --- what the shell may ask --------------------------------------------------------------------------------------

    def work(self, at: float = math.inf) -> int | None:
        """How many claims would be served at ``at``, with the retries that are due by then; None: no bound.

        Args:
            at: seconds since the study was created; infinity: whenever their delays are over.
        """
        if self.run.paused:
            return 0
        left, limit = self._left(at), self.run.slot_limit
        if limit is None:
            return left
        room = max(0, limit - len(self.slots))
        return room if left is None else min(left, room)

    def _left(self, at: float) -> int | None:
        """As ``work``, if there were slots for all of it."""
        if self.run.stopping:
            return 0
        old = sum(due <= at and due < math.inf for due in self.retry.values()) + sum(1 for _ in self.promotable())
        new = 0 if self.waits_for_disk(at) else self.n_new()
        return None if new is None else old + len(self.lineage.waiting) + new

    def n_new(self) -> int | None:
        """How many new configurations may begin, if there were slots for all of them; None: no bound."""
        bounds = [self.run.budget]
        if self.ledger is not None:
            bounds.append(self.ledger.free() + len(self.queue))
        if self.breeder is not None:
            under_way = len(self.slots) + len(self.paused) + len(self.retry) + len(self.lineage.waiting)
            bounds.append(max(0, self.breeder.population - under_way))
        return min((bound for bound in bounds if bound is not None), default=None)

    def waits_for_disk(self, at: float) -> bool:
        """Whether no new configuration may begin at ``at``: it could not save, as the trials that wait could not."""
        if not self.run.disk_failures:
            return False
        waiting = (number for number, due in self.retry.items() if due > at)
        return any(self.trials[number].failed is FailureKind.CHECKPOINT_DISK for number in waiting)

    def may_start(self, at: float) -> bool:
        """Whether an attempt may begin at ``at``."""
        run = self.run
        is_full = run.slot_limit is not None and len(self.slots) >= run.slot_limit
        return not (run.stopping or run.paused or is_full or self.is_used_up(at))

    def cost_at(self, at: float) -> float:
        """What all attempts have cost at ``at``, also those that run: the hours of each times its price."""
        run = self.run
        beside = run.surcharge * at - run.surcharge_begun
        if not run.price:
            return self.cost + max(0.0, beside) / 3600.0
        return self.cost + max(0.0, run.price * max(0.0, len(self.slots) * at - run.begun_at) + beside) / 3600.0

    def is_used_up(self, at: float) -> bool:
        """Whether the study has cost what this run may let it cost."""
        return self.run.max_cost is not None and self.cost_at(at) >= self.run.max_cost

    def live(self) -> list[tuple[int, int]]:
        """(number, attempt) of every running attempt."""
        return [(number, self.trials[number].attempt) for number in self.slots.values()]

    def is_over(self) -> bool:
        """Nothing runs and nothing is left to start, not later either. A paused run goes on later."""
        if self.run.paused and not self.run.stopping:
            return False
        return not self.slots and self._left(math.inf) == 0

    def n_started(self) -> int:
        """Configurations that ``max_trials`` counts: begun or added, without children and without invalid ones."""
        live = [trial for trial in self.trials.unpacked() if not trial.state.is_finished()]
        begun = sum(trial.attempt > 0 and trial.parent is None for trial in live)
        begun += sum(map(self.trials.is_packed, self.paused))  # where there are children, no paused trial is packed
        return len(self.finished) - self.lineage.n_ended + begun - self.n_invalid

    def should_stop(self, number: int, attempt: int, at: float = 0.0) -> str | Leave | None:
        """Why a live attempt must end; None: it goes on. A Leave: when it has saved."""
        trial = self.trials.get(number)
        if trial is None or trial.stop is None or trial.attempt != attempt:
            return None
        order = trial.stop
        if not order.waits_for_save:
            return order.reason
        return Leave(reason=order.reason, seconds=max(0.0, order.deadline - at) if order.deadline < math.inf else None)

    def overdue(self, at: float) -> list[tuple[int, int]]:
        """(number, attempt) of live attempts that should have ended by ``at``: their tasks are to be killed."""
        live = (self.trials[number] for number in self.slots.values())
        orders = [(trial, trial.stop) for trial in live if trial.stop is not None and not trial.stop.waits_for_save]
        return [(trial.number, trial.attempt) for trial, order in orders if order.deadline <= at]

    def is_paused(self, number: int) -> bool:
        """Whether a trial waits at a rung."""
        return number in self.paused

    def promotable(self) -> Iterable[int]:
        """Paused trials that may be promoted now, best first."""
        return self.promoter.promotable(self.is_paused) if self.promoter is not None else ()

    def view(self) -> StudyView:
        """The study as samplers see it now."""
        finished, rungs = Finished(self.finished, len(self.finished)), self.rungs
        if rungs is None:
            return StudyView(self.directions, self.n_events, finished, self._pending)
        return StudyView(self.directions, self.n_events, finished, self._pending, rungs.rungs, rungs.bracket)

    def _pending(self) -> Pending:
        """Trials under way: with a slot, paused, or to be tried again. Not those that another program runs."""
        return self.under_way.show(self)

    # --- values ------------------------------------------------------------------------------------------------------

    def losses(self, values: Sequence[float]) -> Losses:
        """Values of the objectives, with the sign changed where larger is better."""
        if len(values) == 1:  # most of all reports
            return (self.directions[0].sign * values[0],)
        return tuple([d.sign * value for d, value in zip(self.directions, values, strict=False)])

    def is_result(self, values: Sequence[float]) -> bool:
        """Whether these are a number for each objective."""
        return len(values) == len(self.directions) and not any(math.isnan(value) for value in values)


__all__ = ["Lineage", "Run", "StudyData"]
