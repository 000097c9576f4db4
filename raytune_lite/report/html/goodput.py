"""Which share of the slot-hours of a study counts, and what they cost: the figures of the bar, without a page.

Goodput is the trained time that counts, in trials that are COMPLETE, PRUNED or PAUSED, of all trained time that was
judged: with what was lost (trained again) and discarded (in trials that failed). Start-up, checkpoints and idle slots
are in neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ...display.tables import duration, percent
from ...trial import TrialState
from .ladder import Ladder
from .moments import Moments, Reader
from .slot_time import KEPT, SlotTime

if TYPE_CHECKING:
    from ...study.results import Results

MOST_ATTEMPTS = 10_000  # of a study whose log is read for a line of ``status``


class Goodput(NamedTuple):
    """Seconds of attempts: ``kept`` counts, ``lost`` was trained again, ``discarded`` is in trials that failed.

    ``all``: the length of all attempts, with everything else. ``cost``: of them, each at its price, or its run's; None:
    there were no prices.
    """

    kept: float
    lost: float
    discarded: float
    all: float
    cost: float | None

    @property
    def share(self) -> float | None:
        """Goodput, 0 to 1; None while nothing has been judged."""
        judged = self.kept + self.lost + self.discarded
        return self.kept / judged if judged > 0.0 else None


def of_time(time: SlotTime, moments: Moments) -> Goodput:
    """The goodput of attempts whose time is sorted already."""
    total: dict[str, float] = {}
    whole = cost = 0.0
    for attempt in time.attempts:
        for name, seconds in time.parts(attempt).seconds.items():
            total[name] = total.get(name, 0.0) + seconds
        length, run = moments.end_of(attempt) - attempt.started, moments.run_of(attempt.started)
        whole += length
        of_run = moments.runs[run][1].price if run >= 0 else 0.0
        cost += length * moments.prices.get((attempt.number, attempt.attempt), of_run) / 3600.0
    return Goodput(
        kept=sum(total.get(name, 0.0) for name in KEPT),
        lost=total.get("lost", 0.0),
        discarded=total.get("discarded", 0.0),
        all=whole,
        cost=cost if moments.prices or any(run.price for _, run in moments.runs) else None,
    )


def read(study: Results, most: int = MOST_ATTEMPTS) -> Goodput | None:
    """The goodput of a study, from its log; None: no attempt began, there are more than ``most``, or a compaction has
    given up events, without which nobody knows what was trained twice.
    """
    attempts = study.attempts
    if not attempts or len(attempts) > most:
        return None
    n_given_up, log = study.kept_log()
    if n_given_up:
        return None
    states, rungs = study.trial_states(), study.rungs
    waiting = {number for number, state in states.items() if state is TrialState.WAITING}  # membership only
    kept = {number: ref.step for number, ref in study.checkpoints if number in waiting} if waiting else {}
    moments = Reader(attempts, rungs, kept).read(n_given_up, log)
    ladder = Ladder(rungs, attempts, states, moments, study.directions[0].sign)
    return of_time(SlotTime(attempts, states, moments, ladder), moments)


def words(found: Goodput) -> str:
    """``93 % (1.2 h kept, 4 min lost)``."""
    if found.share is None:
        return "nothing has been judged yet"
    parts = [f"{duration(found.kept)} kept"]
    parts += [f"{duration(seconds)} {name}" for name, seconds in (("lost", found.lost), ("discarded", found.discarded))
              if seconds > 0.0]  # fmt: skip
    return f"{percent(found.share)} ({', '.join(parts)})"


def money(amount: float) -> str:
    """An amount with two places, or more where it is small."""
    return f"{amount:,.2f}" if amount >= 1.0 or amount == 0.0 else f"{amount:.2g}"


__all__ = ["MOST_ATTEMPTS", "Goodput", "money", "of_time", "read", "words"]
