"""What the core asks of algorithms: Sampler, Pruner and its Judge, Grid. What they read is in ``view``.

Algorithms never see a Study, a database or a clock. They are values: two objects with the same ``spec()`` decide
alike, so a study's history can be folded again by any process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from ..distributions import Distribution
from .messages import Decision, ParamValue, Row
from .schedules import Schedule
from .view import Losses, Rung, StudyIdentity, StudyView


class Grid(Protocol):
    """A finite search space as index arithmetic. Cells are integers in [0, size)."""

    @property
    def size(self) -> int:
        """Number of cells."""

    @property
    def max_failures(self) -> int:
        """Failed trials after which a cell is DEAD."""

    def cell_at(self, position: int) -> int:
        """The cell visited at ``position`` of the shuffled order: a bijection of [0, size)."""

    def params(self, cell: int) -> dict[str, Any]:
        """External parameter values of a cell."""

    def cell_of(self, params: Mapping[str, Any]) -> int | None:
        """The cell with exactly these values, or None when they are not on the grid."""


@runtime_checkable
class Branches(Protocol):
    """A search space that is learnt by running: in which order its tree grows. Nothing of it is known beforehand."""

    @property
    def max_failures(self) -> int:
        """Failed trials after which a node is DEAD."""

    def below(self, address: bytes, name: str, index: int) -> bytes:
        """The address of value ``index`` of parameter ``name`` at ``address``; b"" is the root."""

    def order(self, address: bytes, size: int) -> Callable[[int], int]:
        """A bijection of [0, size): the order in which the values at ``address`` are handed out."""

    def pick(self, address: bytes, number: int, n: int) -> int:
        """Which of ``n`` ways down trial ``number`` takes at ``address``, in [0, n)."""


class Sampler(Protocol):
    """Chooses parameters from (view, trial number, seed) alone; holds no state that a restart would lose.

    A cache that can be rebuilt from any view is not such a state. One call at a time: samplers need not be thread-safe.
    """

    @property
    def seed(self) -> int:
        """All randomness derives from this seed and the trial number."""

    @property
    def grid(self) -> Grid | Branches | None:
        """The grid whose cells the ledger hands out, or the order of its tree, or None."""

    @property
    def in_background(self) -> bool:
        """Whether a call may take long (more than some milliseconds), so that other work must not wait for it."""

    @property
    def draws_globally(self) -> bool:
        """Whether a call may use the process's own random generators, so that they must be restored after it."""

    def spec(self) -> dict[str, Any]:
        """JSON-able: ``{"name": ..., **arguments}``."""

    def explain(self, view: StudyView, number: int, space: Mapping[str, Distribution]) -> str:
        """One line for people on how ``sample_relative`` chose for this trial; "" when there is nothing to say."""

    def search_space(self, view: StudyView, known: Mapping[str, Distribution]) -> Mapping[str, Distribution]:
        """Which of the parameters ``known`` in this study the sampler wants to choose ahead, together."""

    def sample_relative(
        self, view: StudyView, number: int, space: Mapping[str, Distribution]
    ) -> Mapping[str, float]:
        """Internal values for the whole of ``space``, chosen before the trial starts."""

    def sample_independent(self, view: StudyView, number: int, name: str, distribution: Distribution) -> float:
        """Internal value for one parameter that was not suggested."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A pruner's decision and the rows that record it."""

    decision: Decision
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class Cost:
    """What a trial has cost so far, in all its attempts.

    Args:
        seconds: for which it has trained, without queueing, pauses and waits for the driver, as far as is known: 0 for
            what was reported before the study had a judge that goes by time, or elsewhere.
        user_attrs: its user attributes, as JSON texts; to be read at once, as it changes later.
    """

    seconds: float
    user_attrs: Mapping[str, str]


class Judge(Protocol):
    """What a pruner knows of one study. Only the core calls it; every call is a consequence of one logged event.

    A judge may follow optional protocols: Promoter, Waits, Forecaster, Breeder, HasRungs, Timed. One that only stops
    trials by their steps needs none.
    """

    def schedule(self, number: int) -> Schedule:
        """Where decisions are due in a trial. Asked when an attempt starts; changes nothing."""

    def report(self, number: int, step: int, losses: Losses) -> Verdict:
        """The first report of a step of a trial. Called for every one, in the order of arrival.

        Also for steps at which nothing is due (the answer is CONTINUE without rows), and after a verdict of PAUSE or
        STOP: that verdict stands for the attempt, and what is returned later does not change it.
        """

    def end(self, number: int, losses: Losses | None) -> tuple[Row, ...]:
        """The trial will not run again: its result when it is COMPLETE, else None."""


@runtime_checkable
class Promoter(Protocol):
    """A judge that pauses trials and promotes some of them later."""

    def promotable(self, ready: Callable[[int], bool]) -> Iterable[int]:
        """Trials that may be promoted now, best first from the highest rung; ``ready(number)``: it is paused."""

    def promote(self, number: int) -> tuple[Row, ...]:
        """The trial goes on from the rung where it waits.

        Raises:
            ValueError: it waits nowhere.
        """

    def retire(self, number: int) -> None:
        """The trial is never promotable again.

        Called before ``end`` for a trial that was pruned, or that ended without a result before this judge was there
        or elsewhere. A trial that fails in a run of the study has ``end`` alone.
        """


@runtime_checkable
class Waits(Protocol):
    """A promoter that repeats a verdict of PAUSE at each later report, due or not, until the trial is promoted."""

    def waits(self, number: int) -> bool:
        """Whether a trial's next report is answered so. A retry is: of an attempt that failed after its PAUSE."""


@runtime_checkable
class Forecaster(Protocol):
    """A promoter that knows which of the trials that wait can never be promoted."""

    def out_of_reach(self, n_trials: int, n_active: int) -> Sequence[int]:
        """The trials of which it has become clear that nothing can promote them; each is named once.

        ``n_trials``: the study never has more; ``n_active``: trials under way that are not paused. Where ``n_trials``
        is larger than before, all begins anew.
        """

    def is_out_of_reach(self, number: int) -> bool:
        """Whether this is known of a trial that waits."""

    def least_promising(self) -> Sequence[int]:
        """The trials that wait, from the lowest rung's worst to the highest rung's best."""


@runtime_checkable
class Breeder(Protocol):
    """A promoter that has new trials take the place of those that it stops: they go on from others' checkpoints.

    A verdict of STOP means that the trial should be replaced: the core asks ``replace`` at once. A trial with a verdict
    of PAUSE is promoted in place, unless a trial that is further back waits for a slot. Trials that go first are new
    ones, as long as fewer than ``population`` are under way; then those with the lowest step.
    """

    @property
    def population(self) -> int:
        """How many trials may be under way."""

    @property
    def horizon(self) -> int:
        """A checkpoint of this step, or a later one, has nothing left to train."""

    def replace(self, number: int, saved: Callable[[int], int | None]) -> int | None:
        """The trial from whose newest checkpoint the one goes on that takes this trial's place.

        Args:
            number: a trial that was just told STOP.
            saved: the step of the newest checkpoint of a trial, below the horizon; None when there is none.

        Returns:
            A trial that ``saved`` has a step of; or None when no trial will do: it is then as if the verdict had been
            PAUSE.
        """

    def breed(self, number: int, step: int, params: tuple[ParamValue, ...]) -> tuple[ParamValue, ...]:
        """The new trial ``number`` goes on after ``step`` of a trial with these parameters; returns its own."""

    def donates(self, number: int) -> bool:
        """Whether others may still go on from a trial that is COMPLETE."""


@runtime_checkable
class HasRungs(Protocol):
    """A judge that compares trials at levels of one resource: what samplers may learn from."""

    def rungs(self) -> tuple[Rung, ...]:
        """All rungs as they are now, by bracket and level."""

    def bracket(self, number: int) -> int:
        """The bracket of a trial: the same answer for ever once the trial has started."""


@runtime_checkable
class Timed(Protocol):
    """A judge that goes by how long trials have trained, or by what they say that they cost."""

    def note_cost(self, number: int, cost: Cost) -> None:
        """What a trial had cost at the report, or at the end, that the judge is told next."""


@runtime_checkable
class Dumps(Protocol):
    """What a snapshot of a study can hold: a judge, a ledger. A judge that does not follow it is folded each time."""

    def dump(self) -> Any:
        """All that it knows, as JSON."""

    def load(self, data: Any) -> None:
        """Take in what ``dump`` gave, in a new object."""


class Pruner(Protocol):
    """A rule for ending or pausing trials by their reports: a value, from which each study gets a judge."""

    @property
    def judges_several(self) -> bool:
        """Whether it can judge a study of several objectives."""

    def spec(self) -> dict[str, Any]:
        """JSON-able: ``{"name": ..., **arguments}``."""

    def judge(self, study: StudyIdentity) -> Judge:
        """A judge of this study that has seen nothing yet."""
