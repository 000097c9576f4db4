"""All trials of a study by number, and the finished ones in the order in which they ended.

A trial that will not change any more is kept packed, as a line of text: a study of 100,000 trials then takes some tens
of MB and not some hundreds. Whoever asks for it gets its record, made for him.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, overload

from ..trial import FrozenTrial
from .packing import Packer
from .trials import TrialRecord


class Trials(Mapping[int, TrialRecord]):
    """Trial number -> record, in the order in which the trials came to be.

    A handler may change the record that ``[number]`` or ``get`` gives, whether or not the trial was packed: it is
    packed again when the event has been handled (``settle``). Records of ``values``, ``items`` and ``peek`` are to be
    read only.
    """

    def __init__(self) -> None:
        self.packer = Packer()
        self._kept: dict[int, TrialRecord | str] = {}
        self._loose: dict[int, None] = {}  # those that ``settle`` has to look at

    __hash__ = None  # type: ignore[assignment]  # it grows

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[int]:
        return iter(self._kept)

    def __contains__(self, number: object) -> bool:
        return number in self._kept

    def __getitem__(self, number: int) -> TrialRecord:
        found = self._kept[number]
        if type(found) is TrialRecord:
            return found
        trial = self._kept[number] = self.packer.unpack(found)  # type: ignore[arg-type]
        self._loose[number] = None
        return trial

    def get(self, number: int, default: None = None) -> TrialRecord | None:  # type: ignore[override]
        """The record of a trial, or None."""
        return self[number] if number in self._kept else default

    def __setitem__(self, number: int, trial: TrialRecord) -> None:
        self._kept[number] = trial

    def peek(self, number: int) -> TrialRecord:
        """The record of a trial, to read only. Any thread may ask."""
        found = self._kept[number]
        return self.packer.unpack(found) if isinstance(found, str) else found

    def values(self) -> Any:
        """The records, to read only."""
        return map(self.peek, list(self._kept))

    def items(self) -> Any:
        """(number, record), the records to read only."""
        return ((number, self.peek(number)) for number in list(self._kept))

    def unpacked(self, of: Iterable[int] | None = None) -> list[TrialRecord]:
        """The records that are not packed: all that may change, and all that have checkpoints; or those ``of`` some."""
        some = self._kept.values() if of is None else (self._kept[number] for number in of)
        return [trial for trial in some if isinstance(trial, TrialRecord)]

    def is_packed(self, number: int) -> bool:
        """Whether there is such a trial, and it will not change any more."""
        return isinstance(self._kept.get(number), str)

    # --- packing -----------------------------------------------------------------------------------------------------

    def loosen(self, number: int) -> None:
        """The trial may have become one that will not change any more."""
        self._loose[number] = None

    @property
    def is_settled(self) -> bool:
        """Whether ``settle`` has nothing to do."""
        return not self._loose

    def settle(self, best: int | None) -> None:
        """An event has been handled: pack what will not change. The ``best`` trial is looked at with each end."""
        for number in self._loose:
            trial = self._kept[number]
            is_done = isinstance(trial, TrialRecord) and trial.state.is_finished()
            if isinstance(trial, TrialRecord) and is_done and not (trial.checkpoints or trial.lent or number == best):
                self._kept[number] = self.packer.pack(trial)
        self._loose.clear()

    def lines(self) -> Iterator[str]:
        """Every record as a line; ``load`` takes them."""
        for found in self._kept.values():
            yield found if isinstance(found, str) else self.packer.pack(found)

    def load(self, lines: Iterator[tuple[int, bool, str]]) -> None:
        """Take in lines, each with its trial's number and whether it stays packed."""
        for number, stays, line in lines:
            self._kept[number] = line if stays else self.packer.unpack(line)


class FinishedTrials(Sequence[FrozenTrial]):
    """Finished trials in the order in which they ended, frozen when first looked at: only some samplers ever do."""

    def __init__(self, trials: Trials) -> None:
        self._trials = trials
        self._found: list[int | FrozenTrial] = []

    __hash__ = None  # type: ignore[assignment]  # it grows

    def append(self, number: int) -> None:
        """Add a trial that has just ended, and will not change again."""
        self._found.append(number)

    def load(self, numbers: list[int]) -> None:
        """Take in the numbers of trials that ended before."""
        self._found = [*numbers]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FinishedTrials) and self.numbers() == other.numbers()

    def numbers(self, first: int = 0, n: int | None = None) -> list[int]:
        """The numbers of the trials, or of ``n`` of them from the one at ``first`` on."""
        some = self._found if first == 0 and n is None else self._found[first : None if n is None else first + n]
        return [found if isinstance(found, int) else found.number for found in some]

    def __len__(self) -> int:
        return len(self._found)

    @overload
    def __getitem__(self, index: int) -> FrozenTrial: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[FrozenTrial]: ...
    def __getitem__(self, index: int | slice) -> FrozenTrial | Sequence[FrozenTrial]:
        if isinstance(index, slice):
            return [self[i] for i in range(len(self))[index]]
        found = self._found[index]
        if isinstance(found, int):
            found = self._found[index] = self._trials.peek(found).freeze()
        return found


__all__ = ["FinishedTrials", "Trials"]
