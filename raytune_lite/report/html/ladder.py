"""The rung ladder of a report: who stood at each level, who was promoted, and at which place at that moment.

Knows no picture. Places are recomputed from the table of rungs and the times of the log; see ``moments``.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ...storages.records import AttemptRecord, RungRecord
from ...trial import TrialState
from .moments import Key, Moments, loss_at

SHOWN = 2_000  # promotions that are listed


class Promotion(NamedTuple):
    """When a trial was promoted from a rung: the event, its time, and whether its attempt simply went on."""

    event: int
    at: float
    in_place: bool


class Ladder:
    """All rungs of a study.

    Args:
        rungs: of the study.
        attempts: of the study.
        states: trial -> its state.
        moments: of its log.
        sign: -1 when larger values are better.
    """

    def __init__(
        self,
        rungs: Sequence[RungRecord],
        attempts: Sequence[AttemptRecord],
        states: Mapping[int, TrialState],
        moments: Moments,
        sign: int,
    ) -> None:
        self._moments, self._sign, self._states = moments, sign, states
        self._attempts = {(a.number, a.attempt): a for a in attempts}
        self.rungs: dict[tuple[int, int], list[RungRecord]] = {}  # (bracket, level), ascending
        self._highest: dict[int, int] = {}  # trial -> its highest level
        for rung in sorted(rungs, key=lambda rung: (rung.bracket, rung.level, rung.number)):
            self.rungs.setdefault((rung.bracket, rung.level), []).append(rung)
            self._highest[rung.number] = max(rung.level, self._highest.get(rung.number, 0))
        self._last_of: dict[Key, int] = {}  # attempt -> the highest level at which it arrived
        for (number, level), (_, _, attempt) in moments.arrivals.items():
            self._last_of[number, attempt] = max(level, self._last_of.get((number, attempt), 0))
        self.has_places = moments.is_exact and all(len(rung.losses) < 2 for rung in rungs)

    def document(self) -> dict[str, Any]:
        """JSON-able: ``levels``; ``promotions``, the earliest first; how many there are; whether places are known."""
        promotions = [found for rung in self.rungs.values() for found in self._promotions(rung)]
        promotions.sort(
            key=lambda found: (-1.0 if found["at"] is None else found["at"], found["trial"], found["level"])
        )
        return {
            "levels": [self._level(*key, found) for key, found in self.rungs.items()],
            "promotions": promotions[-SHOWN:],
            "n_promotions": len(promotions),
            "has_places": self.has_places,
        }

    def promotion(self, rung: RungRecord) -> Promotion | None:
        """When the trial was promoted from this rung; None: it was not, or the log does not say.

        A trial is promoted in place when the verdict at its report is to go on. Else its attempt ends as "paused", and
        the promotion is the claim with which its next attempt begins.
        """
        arrival = self._moments.arrivals.get((rung.number, rung.level))
        if arrival is None or not rung.promoted:
            return None
        event, at, number_of_attempt = arrival
        attempt = self._attempts.get((rung.number, number_of_attempt))
        is_last = self._last_of[rung.number, number_of_attempt] == rung.level
        if attempt is None or attempt.outcome != "paused" or not is_last:
            return Promotion(event, at, in_place=True)
        key = rung.number, number_of_attempt + 1
        if key not in self._attempts or key not in self._moments.claims:
            return None
        return Promotion(self._moments.claims[key], self._attempts[key].started, in_place=False)

    def highest_promoted(self) -> dict[int, RungRecord]:
        """trial -> the highest rung from which it was promoted."""
        found: dict[int, RungRecord] = {}
        for (_, _), rungs in sorted(self.rungs.items(), key=lambda item: item[0][1]):
            found.update((rung.number, rung) for rung in rungs if rung.promoted)
        return found

    def _level(self, bracket: int, level: int, found: Sequence[RungRecord]) -> dict[str, Any]:
        finite = sorted(rung.value for rung in found if math.isfinite(rung.value))
        went_on = [rung.value for rung in found if rung.promoted and math.isfinite(rung.value)]
        waiting = [rung for rung in found if self._states.get(rung.number) is TrialState.PAUSED and not rung.promoted]
        return {
            "bracket": bracket,
            "level": level,
            "n": len(found),
            "promoted": sum(rung.promoted for rung in found),
            "waiting": sum(self._highest[rung.number] == level for rung in waiting),
            "final": sum(rung.how == "final" for rung in found),
            "failed": sum(rung.how == "failed" for rung in found),
            "best": self._sign * finite[0] if finite else None,
            "median": self._sign * finite[len(finite) // 2] if finite else None,
            "worst_promoted": self._sign * max(went_on) if went_on else None,
        }

    def _promotions(self, found: Sequence[RungRecord]) -> list[dict[str, Any]]:
        """Each promotion from one rung, with the trial's place among those who stood there at that moment."""
        when = {rung.number: self.promotion(rung) for rung in found if rung.promoted}
        places = self._places(found, when) if self.has_places else {}
        listed = []
        for rung in found:
            if rung.promoted:
                moment, place = when[rung.number], places.get(rung.number)
                listed.append({
                    "trial": rung.number, "bracket": rung.bracket, "level": rung.level,
                    "value": self._sign * rung.value if math.isfinite(rung.value) else None,
                    "at": None if moment is None else moment.at,
                    "in_place": None if moment is None else moment.in_place,
                    "place": None if place is None else place[0], "of": None if place is None else place[1],
                })  # fmt: skip
        return listed

    def _places(self, found: Sequence[RungRecord], when: Mapping[int, Promotion | None]) -> dict[int, tuple[int, int]]:
        """trial -> (place, number of trials there) at its promotion, of equals the earlier arrival first."""
        arrivals = [self._moments.arrivals.get((rung.number, rung.level)) for rung in found]
        arrived = sorted(
            (arrival[0], rung.number, rung)
            for rung, arrival in zip(found, arrivals, strict=True)
            if arrival is not None
        )
        if len(arrived) < len(found):
            return {}
        order: list[tuple[float, int]] = []
        keys: dict[int, tuple[float, int]] = {}
        places: dict[int, tuple[int, int]] = {}
        following = 0
        for event, number in sorted((moment.event, number) for number, moment in when.items() if moment is not None):
            while following < len(arrived) and arrived[following][0] <= event:
                keys[arrived[following][1]] = key = (loss_at(arrived[following][2]), following)
                insort(order, key)
                following += 1
            places[number] = (bisect_left(order, keys[number]) + 1, len(order))
        return places


__all__ = ["Ladder", "Promotion"]
