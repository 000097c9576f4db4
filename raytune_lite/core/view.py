"""What algorithms see of a study: StudyView, the immutable view that samplers read, and what it is made of.

A view shows the trials of one moment, without a copy of them, and nothing of it changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar, overload

from ..trial import FrozenTrial, StudyDirection, TrialState

T = TypeVar("T", covariant=True)
Losses = tuple[float, ...]  # one an objective, signed so that smaller is better; NaN and infinities may be among them


class Prefix(Sequence[T]):
    """The first ``n`` items of a list that only grows: what it held at one moment, without a copy."""

    __slots__ = ("_n", "source")

    def __init__(self, source: Sequence[T], n: int | None = None) -> None:
        self.source, self._n = source, len(source) if n is None else n

    def __len__(self) -> int:
        return self._n

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        if isinstance(index, slice):
            return [self.source[i] for i in range(self._n)[index]]
        return self.source[range(self._n)[index]]


class Finished(Prefix[FrozenTrial]):
    """The first ``n`` trials that ended, in the order in which they ended.

    A study only adds to its list of finished trials and never changes one, so a sampler may keep what it learnt from
    the first k and look at the rest alone. ``source`` is the same object in every view of one study: a key for that.
    """

    __slots__ = ()


Block = tuple[FrozenTrial, ...]


class Pending(Sequence[FrozenTrial]):
    """The trials under way at one moment, by number.

    ``blocks``: the same trials in parts. A part of which nothing has changed is the same object in the next view, so a
    sampler may keep what it learnt from it (see ``samplers.history.BlockCache``).
    """

    __slots__ = ("_n", "blocks")

    def __init__(self, blocks: Sequence[Block]) -> None:
        self.blocks, self._n = tuple(blocks), sum(map(len, blocks))

    def __len__(self) -> int:
        return self._n

    def __iter__(self) -> Iterator[FrozenTrial]:
        return (trial for block in self.blocks for trial in block)

    @overload
    def __getitem__(self, index: int) -> FrozenTrial: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[FrozenTrial]: ...
    def __getitem__(self, index: int | slice) -> FrozenTrial | Sequence[FrozenTrial]:
        return tuple(self)[index]


@dataclass(frozen=True, slots=True)
class StudyIdentity:
    """What of a study never changes: its name and its directions, one an objective."""

    name: str
    directions: tuple[StudyDirection, ...]


@dataclass(frozen=True, slots=True)
class Rung:
    """Who stood at one level of a bracket, in the order of arrival.

    Args:
        level: resource, as a step.
        bracket: its bracket; 0 where there is only one.
        numbers: the trials, each once.
        losses: what each of them had there, one an objective; inf for a trial that failed on its way there.
    """

    level: int
    bracket: int
    numbers: Sequence[int]
    losses: Sequence[Losses]


@dataclass(frozen=True, slots=True)
class StudyView:
    """What a sampler may know: directions, and the trials as they are after ``n_events`` events.

    ``finished``: COMPLETE, PRUNED and FAIL trials, in the order in which they ended. ``load_pending`` gives the trials
    that have parameters and no end yet (RUNNING, PAUSED, to be tried again), the asking one among them, as they are
    when it is called; their parameters are all that are known: used, suggested or fixed. ``load_rungs`` and
    ``bracket_of`` are the pruner's (HasRungs). Nothing is built before a sampler asks.
    """

    directions: tuple[StudyDirection, ...]
    n_events: int
    finished: Finished
    load_pending: Callable[[], Sequence[FrozenTrial]] = tuple
    load_rungs: Callable[[], Sequence[Rung]] = tuple
    bracket_of: Callable[[int], int] | None = None

    @classmethod
    def of(cls, directions: Sequence[StudyDirection], trials: Sequence[FrozenTrial]) -> StudyView:
        """A view of these trials, as if they had ended in the given order."""
        ended = tuple(trial for trial in trials if trial.state.is_finished())
        pending = tuple(trial for trial in trials if not trial.state.is_finished())
        return cls(tuple(directions), len(trials), Finished(ended, len(ended)), lambda: pending)

    def pending_blocks(self) -> tuple[Block, ...]:
        """Trials under way, the asking one too, in parts; see Pending."""
        pending = self.load_pending()
        return pending.blocks if isinstance(pending, Pending) else (tuple(pending),)

    def pending(self, number: int) -> list[FrozenTrial]:
        """Trials under way, without trial ``number``, which asks."""
        return [trial for trial in self.load_pending() if trial.number != number]

    def trials(self, *states: TrialState) -> list[FrozenTrial]:
        """All trials in number order, of the given states or all."""
        found = [trial for trial in (*self.finished, *self.load_pending()) if not states or trial.state in states]
        return sorted(found, key=lambda trial: trial.number)

    def rungs(self) -> tuple[Rung, ...]:
        """The pruner's rungs, by bracket and level; () when it has none."""
        return tuple(self.load_rungs())

    def bracket(self, number: int) -> int:
        """The bracket in which a trial that has started is judged; 0 where the pruner has only one, or no rungs."""
        return 0 if self.bracket_of is None else self.bracket_of(number)

    def still(self) -> StudyView:
        """The same view for another thread: what it would load later is loaded now."""
        pending, rungs = Pending(self.pending_blocks()), self.rungs()
        return replace(self, load_pending=lambda: pending, load_rungs=lambda: rungs)
