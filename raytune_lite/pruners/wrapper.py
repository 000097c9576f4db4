"""What pruners that wrap another one share: a judge around a judge. Owns no rule.

A wrapper gives every report to the judge inside. What that judge can do beside judging (promote trials, show rungs, be
stored) the judge around it can do too, and nothing else: the core looks for these protocols.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, cast

from ..arguments import wrong_type
from ..core.messages import ParamValue, Row
from ..core.protocols import Breeder, Cost, Dumps, Forecaster, HasRungs, Judge, Promoter, Pruner, Timed, Verdict, Waits
from ..core.reasons import Explains, Reason, Show
from ..core.schedules import Schedule
from ..core.view import Losses, Rung
from .user import UserJudge, UserPruner, is_for_studies


class WrapperJudge:
    """Passes everything on to the judge ``inner``.

    ``changes_decisions``: then it does not say which trials can never be promoted, and has none replaced. The judge
    inside reckons with its own decisions.
    """

    changes_decisions = False

    def __init__(self, inner: Judge) -> None:
        self.inner: Any = inner

    @classmethod
    def around(cls, inner: Judge, *arguments: Any) -> Judge:
        """A judge of this class with the protocols that ``inner`` follows."""
        parts = [part for protocol, part in _PARTS.items() if isinstance(inner, protocol)]
        if cls.changes_decisions:
            parts = [part for part in parts if part not in (_Forecasts, _Breeds)]
        return cast(Judge, _joined(cast(Any, cls), tuple(parts))(inner, *arguments))

    def schedule(self, number: int) -> Schedule:
        """That of the judge inside."""
        return cast(Schedule, self.inner.schedule(number))

    def report(self, number: int, step: int, losses: Losses) -> Verdict:
        """The verdict of the judge inside."""
        return cast(Verdict, self.inner.report(number, step, losses))

    def end(self, number: int, losses: Losses | None) -> tuple[Row, ...]:
        """The end is the inner judge's too."""
        return cast("tuple[Row, ...]", self.inner.end(number, losses))

    def overrule(self, number: int) -> None:
        """The trial goes on, though the judge inside says STOP: one that keeps whom it stopped is told."""
        if isinstance(self.inner, (WrapperJudge, UserJudge)):
            self.inner.overrule(number)

    def losses_inside(self, losses: Losses) -> Losses:
        """What the judge inside is given of a report."""
        return losses

    def shown(self, show: Show) -> Show:
        """How a loss of the judge inside is shown."""
        return show

    def own(self) -> Any:
        """What it knows beside the judge inside, as JSON."""

    def load_own(self, data: Any) -> None:
        """Take in what ``own`` gave."""


class _Promotes:
    inner: Any

    def promotable(self, ready: Callable[[int], bool]) -> Iterable[int]:
        return cast(Iterable[int], self.inner.promotable(ready))

    def promote(self, number: int) -> tuple[Row, ...]:
        return cast("tuple[Row, ...]", self.inner.promote(number))

    def retire(self, number: int) -> None:
        self.inner.retire(number)


class _Waits:
    inner: Any

    def waits(self, number: int) -> bool:
        return cast(bool, self.inner.waits(number))


class _Breeds:
    inner: Any

    @property
    def population(self) -> int:
        return cast(int, self.inner.population)

    @property
    def horizon(self) -> int:
        return cast(int, self.inner.horizon)

    def replace(self, number: int, saved: Callable[[int], int | None]) -> int | None:
        return cast("int | None", self.inner.replace(number, saved))

    def breed(self, number: int, step: int, params: tuple[ParamValue, ...]) -> tuple[ParamValue, ...]:
        return cast("tuple[ParamValue, ...]", self.inner.breed(number, step, params))

    def donates(self, number: int) -> bool:
        return cast(bool, self.inner.donates(number))


class _ShowsRungs:
    inner: Any

    def rungs(self) -> tuple[Rung, ...]:
        return cast("tuple[Rung, ...]", self.inner.rungs())

    def bracket(self, number: int) -> int:
        return cast(int, self.inner.bracket(number))


class _Forecasts:
    inner: Any

    def out_of_reach(self, n_trials: int, n_active: int) -> Sequence[int]:
        return cast(Sequence[int], self.inner.out_of_reach(n_trials, n_active))

    def is_out_of_reach(self, number: int) -> bool:
        return cast(bool, self.inner.is_out_of_reach(number))

    def least_promising(self) -> Sequence[int]:
        return cast(Sequence[int], self.inner.least_promising())


class _GoesByCost:
    inner: Any

    def note_cost(self, number: int, cost: Cost) -> None:
        self.inner.note_cost(number, cost)


class _SaysWhy:
    inner: Any
    losses_inside: Callable[[Losses], Losses]
    shown: Callable[[Show], Show]

    def reason(self, number: int, step: int, losses: Losses, show: Show) -> Reason | None:
        found = self.inner.reason(number, step, self.losses_inside(losses), self.shown(show))
        return cast("Reason | None", found)


class _IsStored:
    inner: Any
    own: Callable[[], Any]
    load_own: Callable[[Any], None]

    def dump(self) -> Any:
        return [self.own(), self.inner.dump()]

    def load(self, data: Any) -> None:
        own, inner = data
        self.load_own(own)
        self.inner.load(inner)


_PARTS: dict[Any, type] = {
    Promoter: _Promotes,
    Waits: _Waits,
    Breeder: _Breeds,
    HasRungs: _ShowsRungs,
    Forecaster: _Forecasts,
    Timed: _GoesByCost,
    Explains: _SaysWhy,
    Dumps: _IsStored,
}


@cache
def _joined(cls: Any, parts: tuple[Any, ...]) -> Any:
    return type(cls.__name__, (cls, *parts), {})


def checked(name: str, pruner: Any, rule: str) -> Pruner:
    """``pruner``, which argument ``name`` wraps and which must be ``rule``; one with Optuna's method in a UserPruner.

    Raises:
        TypeError: it is no pruner, or one with Optuna's method that cannot be copied.
    """
    if is_for_studies(pruner):
        return UserPruner(pruner)
    if isinstance(pruner, type) or not all(hasattr(pruner, part) for part in ("spec", "judge", "judges_several")):
        raise wrong_type(name, rule, pruner, "pruners are in raytune_lite.pruners")
    return cast(Pruner, pruner)


__all__ = ["WrapperJudge", "checked"]
