"""Where a trial stands at its rung, in words and numbers: what a judge of rungs says when it is asked why.

Reads the entries of a rung and its ranking rule. Computes ranks anew, O(n), as only people ask. Decides nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from ..core.reasons import Reason, Show, ordinal
from ..core.view import Losses
from .ranking import RankedRung, TopShare


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One entry of a rung.

    Args:
        n: how many stand at the rung.
        rank: from 1; of equal entries that the rule does not tell apart each has the first one's.
        quota: how many are on top.
        own: what the trial has there.
        bar: the loss of the last one on top; NaN where nobody is, or where a loss alone does not rank.
        least: how many there must be for this rank to be on top, if those to come are not better; None: it depends.
    """

    n: int
    rank: int
    quota: int
    own: Losses
    bar: float
    least: int | None

    @property
    def is_on_top(self) -> bool:
        """Whether the rule lets it go on."""
        return self.rank <= self.quota


def standing(rung: RankedRung, arrival: int) -> Standing:
    """The entry that came to a rung after ``arrival`` others."""
    rule: Any = rung.rule  # type: ignore[attr-defined]
    if not isinstance(rule, TopShare):
        return _in_order(rung, arrival, rule)
    keys = [(math.inf if rule.has_lost(losses) else losses[0], i) for i, losses in enumerate(rung.losses)]
    order, n, mine = sorted(keys), len(keys), keys[arrival]
    by_count = type(rule) is TopShare
    quota = rule.quota(n) if by_count else sum(rung.is_on_top(key) for key in keys)
    rank = 1 + sum(key[0] < mine[0] if rule.like_optuna else key < mine for key in keys)
    least = max(rank * rule.eta, rule.bootstrap + 1) if by_count else None
    return Standing(n=n, rank=rank, quota=quota, own=rung.losses[arrival],
                    bar=order[quota - 1][0] if quota else math.nan, least=least)  # fmt: skip


def _in_order(rung: Any, arrival: int, rule: Any) -> Standing:
    """Of a rung that ranks by more than one loss: see ``moasha``."""
    n = len(rung.numbers)
    rank = 1 + rung._ranked(n).index(arrival)
    quota = max(rule.at_least, n // rule.eta)
    return Standing(n=n, rank=rank, quota=quota, own=rung.losses[arrival], bar=math.nan, least=rank * rule.eta)


def reason(
    rung: RankedRung, place: str, number: int, losses: Losses, *, waits: bool, first: int | None, show: Show
) -> Reason | None:
    """Why a trial may leave a rung that it reached, or may not; None: it passed before there were rungs.

    Args:
        rung: the rung.
        place: the rung in words.
        number: the trial.
        losses: its latest report.
        waits: it waits there.
        first: who is promoted next.
        show: a loss for people.
    """
    rule: Any = rung.rule  # type: ignore[attr-defined]
    arrival = next((i for i in reversed(range(len(rung.numbers))) if rung.numbers[i] == number), None)
    if arrival is None or rule.has_lost(rung.losses[arrival]):
        own = losses if arrival is None else rung.losses[arrival]
        if not rule.has_lost(own):
            return None
        text = f"at {place} it had {_values(own, show)}, with which no trial goes on"
        return Reason(text=text, holds=False, numbers={"level": rung.level, "own": own[0]})
    at = standing(rung, arrival)
    numbers = {"level": rung.level, "n": at.n, "rank": at.rank, "quota": at.quota, "own": at.own[0], "bar": at.bar}
    is_behind = waits and at.is_on_top and first not in (None, number)
    return Reason(
        text=f"{ordinal(at.rank)} of {at.n} at {place}; {_bar(at, show)}{_top(rule, at)}"
        + (f"; trial {first} goes on before it" if is_behind else ""),
        holds=at.is_on_top and not is_behind,
        numbers=numbers,
        missing=_missing(at, place) if waits else "",
    )


def _top(rule: Any, at: Standing) -> str:
    if at.quota:
        return "the best one goes on" if at.quota == 1 else f"the best {at.quota} go on"
    return f"nobody goes on before there are {max(1 if rule.at_least else rule.eta, _bootstrap(rule) + 1)}"


def _bootstrap(rule: Any) -> int:
    return int(getattr(rule, "bootstrap", 0))


def _bar(at: Standing, show: Show) -> str:
    if math.isnan(at.bar):
        return "" if len(at.own) == 1 else f"it has {_values(at.own, show)}, and "
    return f"it has {show(at.own[0])}, the bar is {show(at.bar)}, and "


def _values(losses: Losses, show: Show) -> str:
    return ", ".join(show(loss, i) for i, loss in enumerate(losses))


def _missing(at: Standing, place: str) -> str:
    if at.is_on_top:
        return "a free slot"
    if at.least is None:
        return f"more trials at {place} that are not better"
    k = at.least - at.n
    return f"{k} more {'trial' if k == 1 else 'trials'} at {place} that {'is' if k == 1 else 'are'} not better"


__all__ = ["Standing", "reason", "standing"]
