"""The judge of all pruners that compare trials at rungs: by promotion (pause, resume) or by stopping.

Owns who stands where, who was promoted, and who never can be. Who is on top of a rung says the ranking rule. Knows no
clock, no parameters, no database: each method is a pure consequence of its arguments and of the calls before it, in
their order.

Rules that everything here keeps:

* A trial climbs the rungs of its bracket. It is recorded once at each, lowest first, and never at a rung below one
  where it is recorded already.
* The order of a rung is total.
* A trial that has lost ends, and is never promoted.

Source: Li et al. 2018, "A System for Massively Parallel Hyperparameter Tuning", arXiv:1810.05934, Algorithm 2.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ..core.messages import Decision, PromoteRung, PutRung, Row
from ..core.protocols import Verdict
from ..core.reasons import Reason, Show
from ..core.schedules import Levels, Schedule
from ..core.view import Losses, Prefix, Rung
from . import standing
from .ranking import Key, RankedRung, RankingRule

J = TypeVar("J", bound="LadderJudge")


def levels(low: int, high: int, eta: int, rate: int = 0) -> tuple[int, ...]:
    """The integers ``low * eta**(rate + k)`` below ``high``, ascending."""
    # Integers are multiplied: log(243)/log(3) = 4.999..., a logarithm would lose a rung (also 1000, 10).
    found = []
    level = low
    for _ in range(rate):
        if level >= high:
            break
        level *= eta
    while level < high:
        found.append(level)
        level *= eta
    return tuple(found)


def refuse_crossed(low: int | str, high: int | str) -> None:
    """A lowest rung above the end of a training.

    Raises:
        ValueError: min_resource is above max_resource.
    """
    if isinstance(low, int) and isinstance(high, int) and low > high:
        raise ValueError(
            f"min_resource <= max_resource must hold, got min_resource={low}, max_resource={high}; swap the two."
        )


@dataclass(frozen=True, slots=True)
class Track:
    """The rungs that the trials of one bracket climb, lowest first."""

    levels: Levels
    rungs: list[RankedRung]

    @classmethod
    def of(cls, rungs: Sequence[RankedRung]) -> Track:
        """A track over these rungs."""
        return cls(Levels(tuple(rung.level for rung in rungs)), list(rungs))


@dataclass(slots=True)
class LadderJudge:
    """One study's rungs. ``PutRung.losses`` is the loss as given: signed so that smaller is better.

    Args:
        rule: made the rungs.
        stops: a trial that is not on top ends; else it pauses, and may be promoted.
        tracks: one a bracket. They may share rungs.
        ladder: all rungs, each once, by level and bracket.
        bracket_of: the bracket of a trial; None: there is one.

    For one trial: ``following`` is the index in its track of the lowest rung where it is not recorded yet (absent: 0);
    ``waiting``, from a verdict of PAUSE until it is promoted, is its arrival at the rung where it waits, the last one
    where it is recorded; ``overshot`` is its largest step so far when it passed that rung by so much that another one,
    undecided, lies below; ``retired``: it will never run again.
    """

    rule: RankingRule
    stops: bool
    tracks: list[Track]
    ladder: list[RankedRung]
    bracket_of: Callable[[int], int] | None = field(default=None, compare=False)
    following: dict[int, int] = field(default_factory=dict)
    waiting: dict[int, int] = field(default_factory=dict)
    overshot: dict[int, int] = field(default_factory=dict)
    retired: set[int] = field(default_factory=set)  # membership only, never iterated

    @classmethod
    def of_levels(cls: type[J], rule: RankingRule, stops: bool, levels: Sequence[int], **own: Any) -> J:
        """A judge of one bracket with a rung at each level, where nobody is recorded. ``own``: of a subclass."""
        ladder = [rule.rung(level) for level in levels]
        return cls(rule, stops, [Track.of(ladder)], ladder, **own)

    def bracket(self, number: int) -> int:
        """The bracket of a trial."""
        return 0 if self.bracket_of is None else self.bracket_of(number)

    def _track(self, number: int) -> Track:
        return self.tracks[0] if self.bracket_of is None else self.tracks[self.bracket_of(number)]

    def schedule(self, number: int) -> Schedule:
        """The rungs. A trial that has passed one without a decision there is due again at its next step."""
        track, index, reached = self._track(number), self.following.get(number, 0), self.overshot.get(number, 0)
        if index == len(track.rungs) or reached < track.rungs[index].level:
            return track.levels
        return Levels(tuple(sorted({*track.levels.levels, reached + 1})))

    # --- reports -----------------------------------------------------------------------------------------------------

    def report(self, number: int, step: float, losses: Losses) -> Verdict:
        """Record a loss at the rungs that ``step`` reaches or passes, lowest first, while decided to go on.

        A decision stands: a trial that reports after PAUSE or STOP gets the same decision again, and nothing is
        recorded, until it is promoted. So the answer to a batch of reports is the answer to its last one.

        Args:
            number: the trial.
            step: resource it has used, the same unit as the levels.
            losses: smaller is better.

        Returns:
            CONTINUE, PAUSE or STOP, and the rows PutRung and PromoteRung.
        """
        if number in self.retired:
            return Verdict(Decision.STOP)
        if number in self.waiting:
            self._note_overshot(number, step)
            return Verdict(Decision.PAUSE)
        track, index = self._track(number).rungs, self.following.get(number, 0)
        if index == len(track) or step < track[index].level:
            return _CONTINUE
        rows: list[Row] = []
        decision = Decision.CONTINUE
        while decision is Decision.CONTINUE and index < len(track) and step >= track[index].level:
            rung = track[index]
            index += 1
            self.following[number] = index
            how = "exact" if step == rung.level else "late"
            decision, own = self._decide(number, rung, losses, how)
            rows += own
        if decision is Decision.PAUSE:
            self._note_overshot(number, step)
        return Verdict(decision, tuple(rows))

    def _note_overshot(self, number: int, step: float) -> None:
        track, index = self._track(number).rungs, self.following[number]
        if index < len(track) and step >= track[index].level and step >= self.overshot.get(number, 0):
            self.overshot[number] = int(step)

    def _decide(self, number: int, rung: RankedRung, losses: Losses, how: str) -> tuple[Decision, list[Row]]:
        """Record one result, and say what becomes of its trial."""
        has_lost = self.rule.has_lost(losses)
        if has_lost and not self.rule.counts_ends:
            self.retired.add(number)
            return Decision.STOP, []
        waits = not has_lost and not self.stops
        key, row = self._record(number, rung, losses, how, waits=waits)
        if waits:
            # Li et al. 2018, Algorithm 2 frees the worker here and calls get_job. When get_job would hand
            # back this very trial it is promoted in place: the same job, without saving and loading it. Every
            # unpromoted trial counts as available, also one with a verdict of PAUSE whose attempt is still
            # on its way out.
            self.waiting[number] = key[1]
            if self._next_job() != number:
                return Decision.PAUSE, [row]
            return Decision.CONTINUE, [row, *self.promote(number)]
        if not has_lost and rung.is_on_top(key):
            return Decision.CONTINUE, [row]
        # who has lost can never be promoted, so it need not keep a checkpoint: STOP in both modes
        self.retired.add(number)
        return Decision.STOP, [row]

    def _record(
        self, number: int, rung: RankedRung, losses: Losses, how: str, *, waits: bool
    ) -> tuple[Key, PutRung]:
        key = rung.record(number, losses, waits=waits)
        return key, PutRung(number=number, level=rung.level, losses=losses, how=how, bracket=self.bracket(number))

    def _next_job(self) -> int | None:
        """The paper's get_job with every unpromoted trial available; None: a new configuration."""
        for rung in self._from_the_top():
            for number in rung.candidates():
                return number
        return None

    def _from_the_top(self) -> Iterator[RankedRung]:
        """The rungs from which trials may be promoted, the highest first."""
        return reversed(self.ladder)

    def skip(self, number: int, step: int) -> None:
        """The trial has passed ``step`` before there were rungs: it is recorded at none of those up to there."""
        passed = self._track(number).levels.passed(step)
        if passed:
            self.following[number] = passed

    # --- ends --------------------------------------------------------------------------------------------------------

    def end(self, number: int, losses: Losses | None) -> tuple[Row, ...]:
        """The trial completed (its final loss) or failed (None); it is never promoted again.

        Where the rule counts ends, a result stands at every rung that the trial did not reach ("final"): it had
        nothing left to train. A failed or diverged trial has lost the rung it was on its way to ("failed"), and no
        other: it would not have got further. Both count in n. A trial that was stopped, pruned or ended before adds
        nothing; nor does one that fails while it waits, since it was on its way to no rung.
        """
        if number in self.retired:
            return ()
        # a failed trial has no value to keep: inf, the worst
        losses = (math.inf,) if losses is None else losses
        on_its_way = number not in self.waiting
        self.retire(number)
        if not self.rule.counts_ends:
            return ()
        track, index = self._track(number).rungs, self.following.get(number, 0)
        if self.rule.has_lost(losses):
            missed, how = track[index : index + on_its_way], "failed"
        else:
            missed, how = track[index:], "final"
        self.following[number] = index + len(missed)
        return tuple([self._record(number, rung, losses, how, waits=False)[1] for rung in missed])

    def retire(self, number: int) -> None:
        """The trial will not run again and is never promoted. Its records stay and count."""
        self.retired.add(number)
        if number in self.waiting:
            self._stop_waiting(number)

    # --- promotion ---------------------------------------------------------------------------------------------------

    def promotable(self, ready: Callable[[int], bool]) -> Iterator[int]:
        """Trials that may be promoted now, highest rung first, best first. Take one, promote it, ask again.

        Li et al. 2018, Algorithm 2, get_job: the rungs from the top down, in each the unpromoted of its top. Public
        copies of the pseudocode start at the rung of max_resource, which cannot promote; ours is not a rung, so the
        scan starts at the highest one there is.
        """
        for rung in self._from_the_top():
            for number in rung.candidates():
                if ready(number):
                    yield number

    def promote(self, number: int) -> tuple[Row, ...]:
        """The trial leaves the rung where it waits, for the next level.

        Raises:
            ValueError: it waits at no rung (never paused, promoted already, or ended).
        """
        if number not in self.waiting:
            raise ValueError(
                f"trial {number} waits at no rung; promote only what promotable() yields, and once."
            )
        rung = self._stop_waiting(number)
        return (PromoteRung(number=number, level=rung.level, bracket=self.bracket(number)),)

    def waits(self, number: int) -> bool:
        """See Waits."""
        return number in self.waiting

    def place(self, number: int) -> tuple[RankedRung, Key]:
        """Where a trial waits: the rung, and its key there."""
        rung = self._track(number).rungs[self.following[number] - 1]
        return rung, rung.key(self.waiting[number])

    def _stop_waiting(self, number: int) -> RankedRung:
        rung, key = self.place(number)
        del self.waiting[number]
        rung.take(key)
        return rung

    # --- what others see ---------------------------------------------------------------------------------------------

    def rungs(self) -> tuple[Rung, ...]:
        """The rungs as samplers see them, by bracket and level."""
        # a ladder without a top has rungs that nobody will ever reach
        found = [rung for rung in self.ladder if rung.numbers or self.rule.counts_ends]
        found.sort(key=lambda rung: (rung.bracket, rung.level))
        return tuple(Rung(rung.level, rung.bracket, Prefix(rung.numbers), Prefix(rung.losses)) for rung in found)

    def reason(self, number: int, step: int, losses: Losses, show: Show) -> Reason | None:  # noqa: ARG002
        """See Explains."""
        index = self.following.get(number, 0)
        if not index:
            return None
        rung, waits = self._track(number).rungs[index - 1], number in self.waiting
        first = self._next_job() if waits else None
        return standing.reason(
            rung, self.level_text(number, rung.level), number, losses, waits=waits, first=first, show=show
        )

    def level_text(self, number: int, level: int) -> str:
        """A rung of a trial, in words."""
        own = self.bracket_of is not None and len({rung.bracket for rung in self.ladder}) > 1
        return f"step {level}" + (f" of bracket {self.bracket(number)}" if own else "")

    def dump(self) -> Any:
        """See ``Dumps``. Rungs in the order of arrival; who waits, and may be promoted, as places in that order."""
        index = {id(rung): i for i, rung in enumerate(self.ladder)}
        waiting = [[number, index[id(self.place(number)[0])], arrival] for number, arrival in self.waiting.items()]
        rungs = [rung.dump() for rung in self.ladder]
        return [
            rungs, waiting, list(self.following.items()), list(self.overshot.items()), sorted(self.retired)
        ]  # fmt: skip

    def load(self, data: Any) -> None:
        """See ``Dumps``."""
        rungs, waiting, following, overshot, retired = data
        for rung, own in zip(self.ladder, rungs, strict=True):
            rung.load(own)
        self.waiting.update((number, arrival) for number, _, arrival in waiting)  # where it waits, follows
        self.following.update(map(tuple, following))
        self.overshot.update(map(tuple, overshot))
        self.retired.update(retired)


_CONTINUE = Verdict(Decision.CONTINUE)

__all__ = ["LadderJudge", "Track", "levels", "refuse_crossed"]
