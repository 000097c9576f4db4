"""An independent judge of population based training: who may replace whom, and that no file goes which a reader needs.

It sees the committed rows alone. ``Forest`` knows parents, children and checkpoints, under any pruner; ``Population``
is the referee that knows PBT's rule, by sorting everything.

Source: Jaderberg et al. 2017, arXiv:1711.09846, Algorithm 1 and section 4.1.1.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping

from ...core import messages as m
from ...core.messages import Decision, PromoteRung, PutRung
from ...core.state import StudyState
from ...pruners import PBTPruner
from ...trial import PARENT_KEY, REPLACED_KEY
from .facts import TrialFacts
from .referee import Referee, Violate

_CORRUPT = m.FailureKind.CHECKPOINT_CORRUPT.value


class Forest:
    """Which trial goes on from which, by the committed rows."""

    def __init__(self, check: Callable[[bool, str], None]) -> None:
        self._check = check
        self.parents: dict[int, m.Parent] = {}  # child -> from where it goes on
        self.replaced: dict[int, int] = {}  # child -> whose place it took
        self._same: dict[int, list[str]] = {}  # child -> the uris that it may read: a step may be saved twice
        self._refs: dict[int, list[m.CheckpointRef]] = {}  # trial -> all that it ever saved
        self._first: dict[int, int] = {}  # child -> its first step
        self._dropped: list[str] = []  # in this commit
        self._new: dict[int, None] = {}  # children of this commit

    def take(self, row: m.Row, trials: Mapping[int, TrialFacts]) -> None:
        """A row of a commit; the facts have taken it in already."""
        number = row.number
        if isinstance(row, m.PutCheckpoint):
            self._refs.setdefault(number, []).append(row.checkpoint)
        elif isinstance(row, m.DropCheckpoint):
            self._dropped.append(row.uri)
        elif isinstance(row, m.PutAttr) and row.key == PARENT_KEY:
            self._born(number, row.value_json, trials)
        elif isinstance(row, m.PutAttr) and row.key == REPLACED_KEY:
            child = json.loads(row.value_json)
            self._check(child not in self.replaced, f"trial {child} takes the place of two trials")
            self.replaced[child] = number
            self._new[child] = None
        elif number not in self.parents:
            return
        elif isinstance(row, m.PutReport):
            want = self.parents[number].checkpoint.step + 1
            first = self._first.setdefault(number, row.step)
            self._check(first == want <= row.step, f"trial {number}: its first step is {first}, {want} is due")
        elif isinstance(row, m.NewAttempt) and row.attempt == 1:
            want = self.parents[number].checkpoint.step
            self._check(row.resumed_step == want, f"trial {number} began from step {row.resumed_step}, {want} is due")

    def _born(self, child: int, text: str, trials: Mapping[int, TrialFacts]) -> None:
        found = json.loads(text)
        parent, facts = trials[found["trial"]], trials[child]
        fit = [ref for ref in self._refs.get(found["trial"], ()) if ref.digest == found["digest"]]
        kept = [ref for ref in fit if ref.uri in parent.checkpoints and ref.step == found["step"]]
        self._check(bool(kept), f"trial {child} goes on from {text}, which is not kept")
        self._check(found["trial"] < child and facts.attempt == 0, f"trial {child} cannot go on from {found['trial']}")
        self._new[child] = None
        self.parents[child] = m.Parent(number=found["trial"], checkpoint=kept[-1])
        self._same[child] = [ref.uri for ref in kept]

    def settle(self, trials: Mapping[int, TrialFacts], referee: Referee) -> None:
        """A commit is over."""
        for child in self._new:
            self._check(child in self.replaced and child in self.parents, f"trial {child} has no parent, or no place")
            loser = self.replaced[child]
            referee.replaces(child, loser, self.parents[child].number)
            state = trials[loser].state.name
            self._check(state == "PRUNED", f"trial {loser} is replaced, and is {state}")
        self._new.clear()
        for uri in self._dropped:
            for child in self.readers(uri):
                kept = trials[self.parents[child].number].checkpoints
                is_left = any(other in kept for other in self._same[child])
                needed = not is_left and self._needs(child, trials[child])
                self._check(not needed, f"checkpoint {uri} is dropped, and trial {child} needs it")
        self._dropped.clear()

    def _needs(self, child: int, facts: TrialFacts) -> bool:
        """Whether a child has nothing else to go back to."""
        newest = max(facts.reports, default=-1)
        own = any(ref.uri in facts.checkpoints and ref.step <= newest for ref in self._refs.get(child, ()))
        return not (own or facts.state.is_finished() or _CORRUPT in facts.outcomes.values())

    def readers(self, uri: str) -> list[int]:
        """The children that may read a checkpoint."""
        return [child for child, uris in self._same.items() if uri in uris]


class Population(Referee):
    """Who stood at which ready point, and who lost there."""

    def __init__(self, violate: Violate, pruner: PBTPruner) -> None:
        super().__init__(violate)
        self.pruner = pruner
        self.points: dict[int, list[tuple[float, int]]] = {}  # in the order of arrival
        self.promoted: set[tuple[int, int]] = set()  # (level, trial); membership only
        self.last: dict[int, int] = {}  # trial -> the last ready point where it stood
        self.loses: dict[int, dict[int, None]] = {}  # trial -> the trials from which the one may go on that replaces it

    def fresh(self) -> Population:
        """One that has seen nothing."""
        return Population(self._violate, self.pruner)

    def put(self, row: PutRung) -> None:
        """A trial arrives at a ready point."""
        rule, number = self.pruner, row.number
        is_point = rule.first <= row.level < rule.max_resource and row.level % rule.perturbation_interval == 0
        self.check(is_point, f"trial {number} is recorded at {row.level}, which is no ready point")
        self.check(row.level > self.last.get(number, 0), f"trial {number} is recorded at {row.level} after a later one")
        self.check(number not in self.ended, f"trial {number} has ended and is recorded at {row.level}")
        before, self.last[number] = self.last.get(number), row.level
        loss = row.losses[0]
        self.points.setdefault(row.level, []).append((loss if math.isfinite(loss) else math.inf, number))
        level = row.level if before is None or self._share(len(self.points[row.level])) else before
        order = sorted(self.points[level], key=lambda entry: entry[0])  # stable: ties to the earliest
        (own,) = [i for i, entry in enumerate(order) if entry[1] == number]
        share = self._share(len(order))
        in_worst = share > 0 and own >= len(order) - share and order[own][0] > order[share - 1][0]
        self.loses.pop(number, None)
        if in_worst or not math.isfinite(loss):
            later = [each for each in self.points if each >= level]
            best = self._best(level) or [order[0][1]]
            self.loses[number] = dict.fromkeys([*best, *(n for each in later for n in self._best(each))])

    def _share(self, n: int) -> int:
        return int(n * self.pruner.quantile_fraction + 1e-9)

    def _best(self, level: int) -> list[int]:
        entries = sorted(self.points[level], key=lambda entry: entry[0])
        return [number for loss, number in entries[: self._share(len(entries))] if loss < math.inf]

    def promote(self, row: PromoteRung) -> None:
        """A trial goes on, at once or after a pause."""
        self.check(self.last.get(row.number) == row.level, f"trial {row.number} goes on from {row.level}: not its last")
        key = row.level, row.number
        self.check(key not in self.promoted, f"trial {row.number} goes on twice from {row.level}")
        self.promoted.add(key)

    def replaces(self, child: int, loser: int, parent: int) -> None:  # noqa: ARG002
        """Another trial takes a trial's place."""
        allowed = self.loses.get(loser, {})
        self.check(parent in allowed, f"trial {loser} is replaced from {parent}; the best were {list(allowed)}")

    def answered(self, number: int, attempt: int, last: int, answer: Decision) -> None:  # noqa: ARG002
        """Who is stopped has lost."""
        has_lost = number in self.loses or number in self.ended
        self.check(answer is not Decision.STOP or has_lost, f"trial {number} is stopped at {last}, and has not lost")

    def entries(self) -> list[tuple[int, int, bool]]:
        """(trial, level, whether it went on from there) of every record, sorted."""
        found = [(number, level) for level, entries in self.points.items() for _, number in entries]
        return sorted((number, level, (level, number) in self.promoted) for number, level in found)

    def compare(self, state: StudyState) -> None:
        """Who waits at a ready point by the state does so by the rows; the others there have lost."""
        assert state.promoter is not None
        theirs = list(state.promoter.promotable(lambda _: True))
        ours = [n for n, level in self.last.items() if n not in self.ended and (level, n) not in self.promoted]
        wrong = [n for n in theirs if n not in ours] + [n for n in ours if n not in theirs and n not in self.loses]
        self.check(not wrong, f"promotable by the state {theirs}, by the rows {ours}")
        members = len(state.slots) + len(state.paused) + len(state.retry) + len(state.lineage.waiting)
        self.check(members <= self.pruner.population_size, f"{members} members are under way")


__all__ = ["Forest", "Population"]
