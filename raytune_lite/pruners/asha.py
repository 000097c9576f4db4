"""ASHA, asynchronous successive halving: one study's rungs, by promotion (pause, resume) or by stopping.

Owns who is recorded at which rung, who was promoted, and who can never be. Knows no clock, no parameters, no
database: each method is a pure consequence of its arguments and of the calls before it, in their order.

Rules that everything here keeps:

* Levels are exact integers, ``min_resource * reduction_factor**(k + s)`` below ``max_resource``, which is
  where a trial ends and no rung.
* A trial is recorded once a rung, lowest first, and never at a rung below one where it is recorded already.
* Order is total: (loss, arrival at the rung). Equal losses go to the earliest, so exactly floor(n / eta) are
  on top.
* Non-finite losses rank worst, count in n, and are never promoted.

Source: Li et al. 2018, "A System for Massively Parallel Hyperparameter Tuning",
arXiv:1810.05934, Algorithm 2.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ..arguments import integer, shown
from ..core.messages import Decision, PromoteRung, PutRung, Row
from ..core.protocols import Losses, Prefix, Rung, StudyIdentity, Verdict
from ..core.schedules import Levels

_MAX_LEVEL = 2**63 - 1
_MODES = ("promote", "stop")


@dataclass(frozen=True, slots=True)
class ASHAPruner:
    """Asynchronous successive halving.

    In mode "promote" (the paper's) a trial that reaches a rung and is not in its top 1/reduction_factor
    *pauses*: its checkpoint is kept, its slot freed, and it is promoted when enough worse results have come
    in. In mode "stop" such a trial ends for good, and the first at a rung always goes on; nothing needs a
    checkpoint.

    The value that counts at a rung is the report at its level, or the first one past it.

    Args:
        min_resource: step (as given to ``trial.report``) of the lowest rung.
        max_resource: step at which a full training ends; it is no rung.
        reduction_factor: eta; the top 1/eta of a rung goes on, to eta times the resource.
        mode: "promote" or "stop".
        min_early_stopping_rate: s; the lowest rung is at ``min_resource * eta**s``.

    Raises:
        ValueError: an argument out of its range; the message says the range.

    Source: Li et al. 2018, Algorithm 2 (R = max_resource, r = min_resource, eta, s).
    """

    min_resource: int
    max_resource: int
    reduction_factor: int
    mode: str
    min_early_stopping_rate: int

    def __init__(
        self,
        min_resource: int = 1,
        max_resource: int | None = None,
        reduction_factor: int = 3,
        *,
        mode: str = "promote",
        min_early_stopping_rate: int = 0,
    ) -> None:
        low = integer("min_resource", min_resource, 1, "it is the step of the lowest rung, counted from 1")
        if max_resource is None:
            raise ValueError("max_resource must be given, got None; it is the last step of a full training.")
        high = integer("max_resource", max_resource, 1, "it is the last step of a full training")
        if low > high:
            raise ValueError(
                f"min_resource <= max_resource must hold, got min_resource={low}, max_resource={high}; "
                "swap the two."
            )
        eta = integer(
            "reduction_factor", reduction_factor, 2, "ASHA keeps the top 1/reduction_factor of a rung"
        )
        if not isinstance(mode, str) or mode not in _MODES:
            raise ValueError(
                f"mode must be one of {list(_MODES)}, got {shown(mode)}; 'promote' is the paper's algorithm."
            )
        why = "each unit multiplies the lowest rung by reduction_factor; 0 is the paper's advice"
        rate = integer("min_early_stopping_rate", min_early_stopping_rate, 0, why)
        for name, value in zip(
            ("min_resource", "max_resource", "reduction_factor", "mode", "min_early_stopping_rate"),
            (low, high, eta, str(mode), rate),
            strict=True,
        ):
            object.__setattr__(self, name, value)
        if self.levels and self.levels[-1] > _MAX_LEVEL:
            raise ValueError(
                f"max_resource must leave rungs below {_MAX_LEVEL} (the database's integer), got {shown(high)}; "
                "count epochs."
            )

    @property
    def judges_several(self) -> bool:
        """False: a rung has one order."""
        return False

    @property
    def levels(self) -> tuple[int, ...]:
        """The rung levels, ascending; () when none is below max_resource."""
        # Integers are multiplied: log(243)/log(3) = 4.999..., a logarithm would lose a rung (also 1000, 10).
        levels = []
        level = self.min_resource
        for _ in range(self.min_early_stopping_rate):
            if level >= self.max_resource:
                break
            level *= self.reduction_factor
        while level < self.max_resource:
            levels.append(level)
            level *= self.reduction_factor
        return tuple(levels)

    def spec(self) -> dict[str, Any]:
        """``{"name": "ASHAPruner", **arguments}``."""
        return {
            "name": "ASHAPruner",
            "min_resource": self.min_resource,
            "max_resource": self.max_resource,
            "reduction_factor": self.reduction_factor,
            "mode": self.mode,
            "min_early_stopping_rate": self.min_early_stopping_rate,
        }

    def judge(self, study: StudyIdentity) -> _ASHAJudge:  # noqa: ARG002
        """Empty rungs for one study."""
        levels = Levels(self.levels)
        return _ASHAJudge(self.reduction_factor, self.mode == "stop", levels, [_Rung(level) for level in levels.levels])


_Key = tuple[float, int, int]  # (loss, or inf when it is not finite; arrival at the rung; trial number)


@dataclass(slots=True)
class _Rung:
    """Everyone recorded at ``level``, best first, and those of them that may still be promoted.

    ``insort`` finds the place in O(log n); the shift after it is one memmove of pointers, 80 kB at 10,000
    trials, which costs less than a balanced tree's bookkeeping in Python.
    """

    level: int
    recorded: list[_Key] = field(default_factory=list)
    unpromoted: list[_Key] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)  # in the order of arrival, as losses: what samplers see
    losses: list[Losses] = field(default_factory=list)

    def record(self, number: int, losses: Losses, *, waits: bool) -> _Key:
        key = self.key(len(self.recorded), number, losses[0])
        self.numbers.append(number)
        self.losses.append(losses)
        insort(self.recorded, key)
        if waits:
            insort(self.unpromoted, key)
        return key

    @staticmethod
    def key(arrival: int, number: int, loss: float) -> _Key:
        return (loss if math.isfinite(loss) else math.inf, arrival, number)

    def rank(self, key: _Key) -> int:
        return bisect_left(self.recorded, key)

    def take(self, key: _Key) -> None:
        """Nobody promotes this entry (any more); it still counts in n."""
        del self.unpromoted[bisect_left(self.unpromoted, key)]

    def candidates(self, eta: int) -> list[_Key]:
        """The unpromoted among the top floor(n / eta), best first."""
        quota = len(self.recorded) // eta
        if quota == 0:
            return []
        # recorded[quota] exists (eta >= 2) and is the first that is not on top
        return self.unpromoted[: bisect_left(self.unpromoted, self.recorded[quota])]


@dataclass(slots=True)
class _ASHAJudge:
    """One study's rungs. ``PutRung.losses`` is the loss as given: signed so that smaller is better.

    For one trial: ``following`` is the index of the lowest rung where it is not recorded yet (absent: 0);
    ``waiting`` is the rung where its verdict was PAUSE, until it is promoted; ``overshot`` is its largest step
    so far when it passed that rung by so much that another one, undecided, lies below; ``retired``: it will
    never run again.
    """

    eta: int
    stops: bool
    levels: Levels
    ladder: list[_Rung]
    following: dict[int, int] = field(default_factory=dict)
    waiting: dict[int, tuple[_Rung, _Key]] = field(default_factory=dict)
    overshot: dict[int, int] = field(default_factory=dict)
    retired: set[int] = field(default_factory=set)  # membership only, never iterated

    def schedule(self, number: int) -> Levels:
        """The rungs. A trial that has passed one without a decision there is due again at its next step."""
        index, reached = self.following.get(number, 0), self.overshot.get(number, 0)
        if index == len(self.ladder) or reached < self.ladder[index].level:
            return self.levels
        return Levels(tuple(sorted({*self.levels.levels, reached + 1})))

    def report(self, number: int, step: int, losses: Losses) -> Verdict:
        """Record a loss at the rungs that ``step`` reaches or passes, lowest first, while decided to go on.

        A decision stands: a trial that reports after PAUSE or STOP gets the same decision again, and nothing is
        recorded, until it is promoted. So the answer to a batch of reports is the answer to its last one.

        Args:
            number: the trial.
            step: resource it has used, the same unit as the levels.
            losses: one; smaller is better; NaN and infinities have lost, whatever their sign.

        Returns:
            CONTINUE, PAUSE or STOP, and the rows PutRung and PromoteRung.
        """
        if number in self.retired:
            return Verdict(Decision.STOP)
        if number in self.waiting:
            self._note_overshot(number, step)
            return Verdict(Decision.PAUSE)
        rows: list[Row] = []
        decision = Decision.CONTINUE
        index = self.following.get(number, 0)
        while decision is Decision.CONTINUE and index < len(self.ladder) and step >= self.ladder[index].level:
            rung = self.ladder[index]
            index += 1
            self.following[number] = index
            how = "exact" if step == rung.level else "late"
            rows.append(PutRung(number=number, level=rung.level, losses=losses, how=how))
            decision = self._decide(number, rung, losses)
            if decision is Decision.CONTINUE and not self.stops:
                rows.extend(self.promote(number))
        if decision is Decision.PAUSE:
            self._note_overshot(number, step)
        return Verdict(decision, tuple(rows))

    def _note_overshot(self, number: int, step: int) -> None:
        index = self.following[number]
        if index < len(self.ladder) and step >= max(self.ladder[index].level, self.overshot.get(number, 0)):
            self.overshot[number] = step

    def _decide(self, number: int, rung: _Rung, losses: Losses) -> Decision:
        """Record one result, and say what becomes of its trial."""
        is_finite = math.isfinite(losses[0])
        promotable = is_finite and not self.stops
        key = rung.record(number, losses, waits=promotable)
        if promotable:
            # Li et al. 2018, Algorithm 2 frees the worker here and calls get_job. When get_job would hand
            # back this very trial it is promoted in place: the same job, without saving and loading it. Every
            # unpromoted trial counts as available, also one with a verdict of PAUSE whose attempt is still
            # on its way out.
            self.waiting[number] = (rung, key)
            return Decision.CONTINUE if self._next_job() == number else Decision.PAUSE
        # The minimum of 1 lets the first at a rung go on; Optuna's SuccessiveHalvingPruner and Determined
        # have it too. An equal loss ranks behind the earlier ones.
        if is_finite and rung.rank(key) < max(1, len(rung.recorded) // self.eta):
            return Decision.CONTINUE
        # a non-finite loss can never be promoted, so it need not keep a checkpoint: STOP in both modes
        self.retired.add(number)
        return Decision.STOP

    def _next_job(self) -> int | None:
        """The paper's get_job with every unpromoted trial available; None: a new configuration."""
        return next(iter(self.promotable(lambda _: True)), None)

    def end(self, number: int, losses: Losses | None) -> tuple[Row, ...]:
        """The trial completed (its final loss) or failed (None); it is never promoted again.

        A finite loss stands at every rung that the trial did not reach ("final"): it had nothing left to
        train. A failed or diverged trial has lost the rung it was on its way to ("failed"), and no other: it
        would not have got further. Both count in n. A trial that was stopped, pruned or ended before adds
        nothing; nor does one that fails while it waits, since it was on its way to no rung.
        """
        if number in self.retired:
            return ()
        # a failed trial has no value to keep: inf, the worst
        losses = (math.inf,) if losses is None else losses
        finished = math.isfinite(losses[0])
        on_its_way = number not in self.waiting
        self.retire(number)
        index = self.following.get(number, 0)
        if finished:
            missed, how = self.ladder[index:], "final"
        else:
            missed, how = self.ladder[index : index + on_its_way], "failed"
        self.following[number] = index + len(missed)
        for rung in missed:
            rung.record(number, losses, waits=False)
        return tuple(PutRung(number=number, level=rung.level, losses=losses, how=how) for rung in missed)

    def retire(self, number: int) -> None:
        """The trial will not run again and is never promoted. Its records stay and count."""
        self.retired.add(number)
        if number in self.waiting:
            rung, key = self.waiting.pop(number)
            rung.take(key)

    def promotable(self, ready: Callable[[int], bool]) -> Iterator[int]:
        """Trials that may be promoted now, highest rung first, best first. Take one, promote it, ask again.

        Li et al. 2018, Algorithm 2, get_job: the rungs from the top down, in each the unpromoted of its top
        floor(n / eta). Public copies of the pseudocode start at the rung of max_resource, which cannot
        promote; ours is not a rung, so the scan starts at the highest one there is.
        """
        for rung in reversed(self.ladder):
            for _, _, number in rung.candidates(self.eta):
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
        rung, key = self.waiting.pop(number)
        rung.take(key)
        return (PromoteRung(number=number, level=rung.level),)

    def rungs(self) -> tuple[Rung, ...]:
        """The rungs as samplers see them, lowest first."""
        return tuple(Rung(rung.level, 0, Prefix(rung.numbers), Prefix(rung.losses)) for rung in self.ladder)

    def bracket(self, number: int) -> int:  # noqa: ARG002
        """0: there is one bracket."""
        return 0

    def dump(self) -> Any:
        """See ``Dumps``. Rungs in the order of arrival; who waits, and may be promoted, as places in that order."""
        index = {id(rung): i for i, rung in enumerate(self.ladder)}
        rungs = [
            [rung.numbers, [losses[0] for losses in rung.losses], [arrival for _, arrival, _ in rung.unpromoted]]
            for rung in self.ladder
        ]
        waiting = [[number, index[id(rung)], key[1]] for number, (rung, key) in self.waiting.items()]
        return [
            rungs, waiting, list(self.following.items()), list(self.overshot.items()), sorted(self.retired)
        ]

    def load(self, data: Any) -> None:
        """See ``Dumps``."""
        rungs, waiting, following, overshot, retired = data
        keys = []
        for rung, (numbers, losses, unpromoted) in zip(self.ladder, rungs, strict=True):
            rung.numbers, rung.losses = numbers, [(loss,) for loss in losses]
            arrived = [rung.key(i, number, losses[i]) for i, number in enumerate(numbers)]
            rung.recorded, rung.unpromoted = sorted(arrived), sorted(arrived[i] for i in unpromoted)
            keys.append(arrived)
        self.waiting.update((number, (self.ladder[i], keys[i][arrival])) for number, i, arrival in waiting)
        self.following.update(map(tuple, following))
        self.overshot.update(map(tuple, overshot))
        self.retired.update(retired)
