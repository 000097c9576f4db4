"""The rungs of a study: who stands there, who was promoted, who waits, and what it takes to go on. Reads only."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..display.tables import align
from ..exceptions import RaytuneLiteError
from .following import Following

if TYPE_CHECKING:
    from ..storages.records import RungRecord
    from ..study.results import Results

NOWHERE = (-1, -1)  # bracket and level of a trial that came to no rung


@dataclass(frozen=True, slots=True, kw_only=True)
class RungView:
    """One rung.

    Args:
        bracket: its bracket; 0 where there is only one.
        level: its step, or seconds of training under ``resource="seconds"``.
        entries: by trial number.
        waiting: trials that are paused there.
        best: the best value there, and its trial; of the first objective. None: nobody has a finite one.
        bar: the value that the last one who may go on has, by the judge; None where nobody may, or it does not say.
        quota: how many may go on; None: the judge does not say.
    """

    bracket: int
    level: int
    entries: Sequence[RungRecord]
    waiting: Sequence[int]
    best: tuple[float, int] | None
    bar: float | None
    quota: int | None

    @property
    def promoted(self) -> int:
        """How many were promoted from here."""
        return sum(entry.promoted for entry in self.entries)


def rung_ladder(study: Results) -> list[RungView]:
    """The rungs, by bracket, the highest first.

    What the judge knows comes from folding the log. Where that cannot be done (a pruner of the user's own) the tables
    alone are shown, without the bar.

    Args:
        study: the study; it may be running.
    """
    try:
        following: Following | None = Following(study, n_notes=0)
    except (RaytuneLiteError, ValueError):
        following = None
    found: dict[tuple[int, int], list[RungRecord]] = {}
    for entry in study.rungs:
        found.setdefault((entry.bracket, entry.level), []).append(entry)
    waits: dict[tuple[int, int], list[int]] = {}
    if following is not None:
        for number in sorted(following.state.paused):
            waits.setdefault(following.at_rung.get(number, NOWHERE), []).append(number)
    sign = study.directions[0].sign
    views = []
    for bracket, level in sorted(found, key=lambda key: (key[0], -key[1])):
        entries = found[bracket, level]
        bar, quota = _bar(following, entries)
        finite = [(entry.value, entry.number) for entry in entries if math.isfinite(entry.value)]
        best = min(finite, default=None)
        views.append(RungView(
            bracket=bracket, level=level, entries=entries, waiting=waits.get((bracket, level), []),
            best=None if best is None else (sign * best[0], best[1]),
            bar=None if bar is None else sign * bar, quota=quota,
        ))  # fmt: skip
    return views


def _bar(following: Following | None, entries: Sequence[RungRecord]) -> tuple[float | None, int | None]:
    """What the judge says of a rung."""
    if following is None:
        return None, None
    numbers = [entry.number for entry in entries]
    reason = following.reason_at(entries[0].bracket, entries[0].level, numbers)
    if reason is None or "quota" not in reason.numbers:
        return None, None
    bar = reason.numbers["bar"]
    return None if math.isnan(bar) else bar, int(reason.numbers["quota"])


def table(rungs: Sequence[RungView], width: int | None = None) -> str:
    """The rungs as aligned text. ``width``: see ``display.tables.as_table``."""
    several = len({rung.bracket for rung in rungs}) > 1
    bracket = ["bracket"] if several else []
    header = [*bracket, "step", "came", "promoted", "paused", "may go on", "bar", "best", "trial"]
    rows = [
        [
            *([str(rung.bracket)] if several else []),
            str(rung.level),
            str(len(rung.entries)),
            str(rung.promoted),
            str(len(rung.waiting)),
            "-" if rung.quota is None else str(rung.quota),
            "-" if rung.bar is None else f"{rung.bar:.6g}",
            "-" if rung.best is None else f"{rung.best[0]:.6g}",
            "-" if rung.best is None else str(rung.best[1]),
        ]
        for rung in rungs
    ]
    return align([header, *rows], right=tuple(range(len(header))), width=width)


def record(rung: RungView) -> dict[str, Any]:
    """A rung as JSON-able data."""
    best = None if rung.best is None else {"value": rung.best[0], "number": rung.best[1]}
    entries = [
        {"number": entry.number, "losses": list(entry.losses), "how": entry.how, "promoted": entry.promoted}
        for entry in rung.entries
    ]
    return {
        "bracket": rung.bracket, "level": rung.level, "came": len(rung.entries), "promoted": rung.promoted,
        "waiting": list(rung.waiting), "quota": rung.quota, "bar": rung.bar, "best": best, "entries": entries,
    }  # fmt: skip


__all__ = ["RungView", "record", "rung_ladder", "table"]
