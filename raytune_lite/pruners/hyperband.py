"""Hyperband: trials in brackets, of which each begins to compare them at another rung.

Owns how many brackets there are, and which trial is in which. The judge is ``ladder.LadderJudge``.

Source: Li et al. 2018, "Hyperband: A Novel Bandit-Based Approach to Hyperparameter Optimization", JMLR 18(185); the
shares and the bracket of a trial as in Optuna 5.0, ``optuna/pruners/_hyperband.py``.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any
from zlib import crc32

from ..arguments import integer
from ..core.bounds import MAX_STEP
from ..core.messages import PutRung
from ..core.protocols import Judge
from ..core.view import Losses, Prefix, Rung, StudyIdentity
from .base import BasePruner
from .halving import FirstCompleteJudge, check_or_auto, check_shares, refuse_bootstrap, share_of
from .ladder import LadderJudge, Track, levels, refuse_crossed
from .ranking import Key, RankedRung


@dataclass(frozen=True, slots=True)
class HyperbandPruner(BasePruner):
    """Successive halving in several brackets, so that not all trials are judged as early.

    There are ``floor(log_eta(max_resource / min_resource)) + 1`` brackets. Bracket b is successive halving whose
    lowest rung is at ``min_resource * eta**b``. Which bracket a trial is in follows from its number and the study's
    name, as in Optuna: many are in bracket 0, few in the last.

    In mode "stop" each bracket has rungs of its own and judges as SuccessiveHalvingPruner does. In mode "promote" all
    brackets share one ladder, as ASHAPruner's: a trial is compared with all that came to a level, and its bracket
    says at which level it pauses for the first time. One bracket (ASHAPruner) is the better choice for many parallel
    trials, in the experience of others (see docs/pruners.md).

    What differs from Optuna's:

    * The number of brackets is computed with integers. Optuna's logarithm loses a bracket where max_resource is
      certain powers: 243 with reduction_factor 3, 1000 with 10.
    * "auto" is decided once for the study, by the first COMPLETE trial that reported; see SuccessiveHalvingPruner.
      Until then every trial is shown in bracket 0.
    * Samplers see the trials of all brackets. Optuna's see those of the asking trial's.

    Args:
        min_resource: step of the lowest rung of bracket 0.
        max_resource: step at which a full training ends. "auto", in mode "stop": the last step of the first COMPLETE
            trial that reported, plus 1, as steps count from 0; in mode "promote": that step. Until then nothing is
            stopped or paused.
        reduction_factor: eta.
        bootstrap_count: nobody passes a rung as long as n is not above it: such trials end, in mode "promote" pause.
        mode: "stop" (Optuna's) or "promote".

    Raises:
        ValueError: an argument out of its range; min_resource above max_resource; ``bootstrap_count`` with "auto".
    """

    min_resource: int = 1
    max_resource: int | str = "auto"
    reduction_factor: int = 3
    bootstrap_count: int = 0
    mode: str = field(default="stop", kw_only=True)

    def __post_init__(self) -> None:
        given = {
            "min_resource": integer("min_resource", self.min_resource, 1, "it is the step of the lowest rung"),
            "max_resource": check_or_auto("max_resource", self.max_resource, "it is the last step of a full training"),
            **check_shares(self.reduction_factor, self.bootstrap_count, self.mode),
        }
        for name, value in given.items():
            object.__setattr__(self, name, value)
        refuse_crossed(self.min_resource, self.max_resource)
        refuse_bootstrap("max_resource", self.max_resource, self.bootstrap_count)

    @property
    def judges_several(self) -> bool:
        """False: a rung has one order."""
        return False

    def spec(self) -> dict[str, Any]:
        """``{"name": "HyperbandPruner", **arguments}``."""
        return {"name": "HyperbandPruner", **{name: getattr(self, name) for name in self.__dataclass_fields__}}

    def judge(self, study: StudyIdentity) -> Judge:
        """Empty rungs for one study."""
        if isinstance(self.max_resource, int):
            return self._ladder(study.name, self.max_resource)
        extra = 1 if self.mode == "stop" else 0
        return FirstCompleteJudge(lambda last_step: self._ladder(study.name, last_step + extra))

    def brackets(self, study_name: str, max_resource: int) -> Brackets:
        """The brackets of a study in which a full training ends at ``max_resource``."""
        # floor(log) + 1 by multiplication: log(243) / log(3) is 4.999...
        n = len(levels(self.min_resource, max_resource + 1, self.reduction_factor))
        return Brackets.of(study_name, max(1, n), self.reduction_factor)

    def _ladder(self, study_name: str, max_resource: int) -> LadderJudge:
        brackets = self.brackets(study_name, max_resource)
        rule, eta = share_of(self.reduction_factor, self.bootstrap_count, self.mode), self.reduction_factor
        if self.mode == "promote":
            shared = [rule.rung(level) for level in levels(self.min_resource, max_resource, eta)]
            tracks = [Track.of(shared[b:]) for b in range(brackets.n)]
            return SharedLadderJudge(rule, False, tracks, [*shared], brackets.of_trial)
        # where max_resource, once it is known, is below min_resource, Optuna stops nothing
        high = MAX_STEP + 1 if max_resource >= self.min_resource else 0
        own = [[rule.rung(level, b) for level in levels(self.min_resource, high, eta, b)] for b in range(brackets.n)]
        ladder = sorted((rung for rungs in own for rung in rungs), key=lambda rung: (rung.level, rung.bracket))
        return LadderJudge(rule, True, [Track.of(rungs) for rungs in own], [*ladder], brackets.of_trial)


@dataclass(frozen=True, slots=True)
class Brackets:
    """Which trial is in which bracket.

    Args:
        study_name: by which trials of the same number are in different brackets.
        ends: how many of ``ends[-1]`` trials are in a bracket or in one before it.
    """

    study_name: str
    ends: tuple[int, ...]

    @classmethod
    def of(cls, study_name: str, n: int, eta: int) -> Brackets:
        """n brackets, with the shares of Hyperband's paper: ceil(n / (s + 1) * eta**s), s = n - 1 for the first."""
        return cls(study_name, tuple(accumulate(-(-n * eta**s // (s + 1)) for s in reversed(range(n)))))

    @property
    def n(self) -> int:
        """How many there are."""
        return len(self.ends)

    def of_trial(self, number: int) -> int:
        """The bracket of a trial: Optuna's."""
        return bisect_right(self.ends, crc32(f"{self.study_name}_{number}".encode()) % self.ends[-1])


_Shown = tuple[list[int], list[Losses]]


@dataclass(slots=True)
class SharedLadderJudge(LadderJudge):
    """Brackets that share rungs: samplers see those of each bracket apart."""

    shown: dict[tuple[int, int], _Shown] = field(default_factory=dict, compare=False)  # (bracket, level) -> who, what

    def _record(
        self, number: int, rung: RankedRung, losses: Losses, how: str, *, waits: bool
    ) -> tuple[Key, PutRung]:
        self._show(number, rung.level, losses)
        return LadderJudge._record(self, number, rung, losses, how, waits=waits)

    def _show(self, number: int, level: int, losses: Losses) -> None:
        numbers, values = self.shown.setdefault((self.bracket(number), level), ([], []))
        numbers.append(number)
        values.append(losses)

    def rungs(self) -> tuple[Rung, ...]:
        """See HasRungs."""
        return tuple(
            Rung(level, bracket, Prefix(numbers), Prefix(losses))
            for (bracket, level), (numbers, losses) in sorted(self.shown.items(), key=lambda item: item[0])
        )

    def load(self, data: Any) -> None:
        """See ``Dumps``."""
        LadderJudge.load(self, data)
        for rung in self.ladder:
            for number, losses in zip(rung.numbers, rung.losses, strict=True):
                self._show(number, rung.level, losses)


__all__ = ["Brackets", "HyperbandPruner"]
