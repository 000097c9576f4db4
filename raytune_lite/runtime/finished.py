"""The finished trials of a study on their way from the driver to an attempt, whose objective reads ``trial.study``.

The driver answers page by page, as plain JSON, and each page begins where the one before ended: finished trials are
counted in the order of their ends, which only grows. The process of the attempt keeps what it has got, as finished
trials never change, also for the next trials of the same run there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ..core.messages import TrialsAsked
from ..core.packing import Packer
from ..core.trials import TrialRecord
from ..exceptions import MessageError, StaleAttemptError
from ..trial import FrozenTrial, in_local_time

if TYPE_CHECKING:
    from ..core.state import StudyState  # a worker needs no handlers

MOST_TRIALS = 500  # of one page: every other attempt waits while it is made
MOST_TEXT = 1 << 20  # characters after which a page ends; one trial may be longer
MOST_KEPT = 1 << 26  # characters of all pages that are kept

_EPOCH = datetime(1970, 1, 1)  # naive UTC
# what other trials may know of a trial: not where it ran, and not where its checkpoints lie
_SHOWN = (
    "number", "state", "attempt", "started_at", "completed_at", "params", "reports", "user_attrs", "system_attrs",
    "values",
)  # fmt: skip

_Content = tuple[list[tuple[int, str]], list[tuple[str, str]], list[tuple[str, ...]]]
Page = tuple[int, int, list[tuple[int, str]], list[tuple[str, str]], list[tuple[str, ...]]]


class Pages:
    """The pages of one study. A full one is made once and kept: each new process asks for all of them.

    Args:
        most: trials of a page; None: MOST_TRIALS.
    """

    def __init__(self, most: int | None = None) -> None:
        self._most = most
        self._kept: dict[int, _Content] = {}  # by the trial that it begins with
        self._size = 0  # characters

    def page(self, state: StudyState, asked: TrialsAsked, trial_id: Callable[[int], int]) -> Page:
        """The finished trials from ``asked.seen`` on, as far as a page goes. Changes nothing of the study.

        Returns:
            What to ask for next; how many finished trials there are; (id of its row, packed record) of each trial here;
            the palette of these records: its pairs and its shapes.

        Raises:
            StaleAttemptError: the attempt is not live.
            MessageError: so many trials have not ended.
        """
        number, seen, total = asked.number, asked.seen, len(state.finished)
        sender = state.trials.peek(number) if number in state.trials else None
        if sender is None or sender.slot is None or sender.attempt != asked.attempt:
            raise StaleAttemptError(number, asked.attempt, "only a live attempt may ask for other trials")
        if seen > total:
            raise MessageError(f"seen must be in [0, {total}], the number of finished trials, got {seen}.")
        content = self._kept.get(seen) or self._made(state, seen, trial_id)
        return seen + len(content[0]), total, *content

    def _made(self, state: StudyState, seen: int, trial_id: Callable[[int], int]) -> _Content:
        packer, lines, size = Packer(), list[tuple[int, str]](), 0
        of_page = self._most or MOST_TRIALS
        most = of_page - seen % of_page  # whoever has seen some of a page goes on with the pages of all others
        for other in state.finished.numbers(seen, most):
            record = state.trials.peek(other)
            shown = TrialRecord(**{name: getattr(record, name) for name in _SHOWN})
            lines.append((trial_id(other), packer.pack(shown)))
            size += len(lines[-1][1])
            if size > MOST_TEXT:
                break
        content = lines, packer.palette.dump(), packer.palette.shapes
        is_full = len(lines) == most or size > MOST_TEXT
        if is_full and self._size + size <= MOST_KEPT:
            self._kept[seen], self._size = content, self._size + size
        return content


class KnownTrials:
    """The finished trials that a process has got of one run's study. Any thread may read.

    Args:
        created: when the study was created, in seconds since 1970 UTC.
    """

    def __init__(self, created: float) -> None:
        self._created = created
        self._seen = 0
        self._found: dict[int, FrozenTrial] = {}

    def read(self, ask: Callable[[int], Page]) -> list[FrozenTrial]:
        """All finished trials by number, with dates in local time; they are shared.

        Args:
            ask: has the driver answer with the page from this trial on.
        """
        while True:
            seen, total, lines, pairs, shapes = ask(self._seen)
            packer = Packer()
            packer.palette.load(pairs, shapes)
            for trial_id, line in lines:  # twice where two threads ask: they get the same
                record = packer.unpack(line)
                self._found[record.number] = in_local_time(dated(record, record.freeze(), self._created, trial_id))
            self._seen = max(self._seen, seen)
            if seen >= total:
                return [self._found[number] for number in sorted(self._found)]


def dated(record: TrialRecord, trial: FrozenTrial, created: float, trial_id: int) -> FrozenTrial:
    """The trial for users, with what the core does not know: its dates, naive and in UTC, and its id."""
    return replace(
        trial,
        datetime_start=_date(record.started_at, created),
        datetime_complete=_date(record.completed_at, created),
        user_attrs=dict(trial.user_attrs),
        trial_id=trial_id,
    )


def _date(at: float | None, created: float) -> datetime | None:
    return None if at is None else _EPOCH + timedelta(seconds=created + at)


__all__ = ["KnownTrials", "Page", "Pages", "dated"]
