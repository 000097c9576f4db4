"""All trials of a study by number, and the finished ones in the order in which they ended.

A trial that has ended, or waits at a rung, is kept packed, as a line of text: a study of 100,000 trials then takes
some tens of MB and not some hundreds. Whoever asks for it gets its record, made for him.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, overload

from ..trial import FrozenTrial
from .packing import Packer
from .trials import PAUSED, TrialRecord


class Trials(Mapping[int, TrialRecord]):
    """Trial number -> record, in the order in which the trials came to be.

    A handler may change the record that ``[number]`` or ``get`` gives, whether or not the trial was packed: it is
    packed again when the event has been handled (``settle``). Records of ``values``, ``items`` and ``peek`` are to be
    read only.

    Args:
        paused: those that are PAUSED, as the study has them.
    """

    def __init__(self, paused: Mapping[int, None]) -> None:
        self.packer = Packer()
        self._paused = paused
        self._kept: dict[int, TrialRecord | str] = {}
        self._unpacked: dict[int, TrialRecord] = {}
        self._ended: dict[int, None] = {}  # those of the unpacked ones that have ended
        self._loose: dict[int, None] = {}  # those that ``settle`` has to look at
        self._packed_bytes = 0  # of the checkpoints of packed trials

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
        trial = self.packer.unpack(found)  # type: ignore[arg-type]
        self[number] = trial
        self._packed_bytes -= _n_bytes(trial)
        self._loose[number] = None
        return trial

    def get(self, number: int, default: None = None) -> TrialRecord | None:  # type: ignore[override]
        """The record of a trial, or None."""
        return self[number] if number in self._kept else default

    def __setitem__(self, number: int, trial: TrialRecord) -> None:
        self._kept[number] = self._unpacked[number] = trial

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

    def unpacked(self) -> list[TrialRecord]:
        """The records that are not packed, by number: of trials under way, and of ended ones that have checkpoints."""
        return [self._unpacked[number] for number in sorted(self._unpacked)]

    def ended(self) -> list[TrialRecord]:
        """The unpacked records of trials that had ended before this event, by number."""
        return [self._unpacked[number] for number in sorted(self._ended)]

    def is_packed(self, number: int) -> bool:
        """Whether there is such a trial, and its record is a line."""
        return isinstance(self._kept.get(number), str)

    def is_closed(self, number: int) -> bool:
        """Whether there is such a trial, and it will not change any more."""
        return self.is_packed(number) and number not in self._paused

    def has_checkpoints(self, number: int) -> bool:
        """Whether a trial has any that it has not given up."""
        found = self._kept[number]
        return self.packer.has_checkpoints(found) if isinstance(found, str) else bool(found.checkpoints)

    def checkpoint_bytes(self) -> int:
        """Bytes of all checkpoints that trials have."""
        return self._packed_bytes + sum(map(_n_bytes, self._unpacked.values()))

    # --- packing -----------------------------------------------------------------------------------------------------

    def loosen(self, number: int) -> None:
        """The trial may have become one that can be packed."""
        self._loose[number] = None

    @property
    def is_settled(self) -> bool:
        """Whether ``settle`` has nothing to do."""
        return not self._loose

    def settle(self, best: int | None, *, packs_paused: bool) -> None:
        """An event has been handled: pack what need not be looked at soon.

        Args:
            best: this trial is not packed: it is looked at with each end.
            packs_paused: nor are PAUSED trials, without it.
        """
        for number in self._loose:
            trial = self._unpacked.get(number)
            if trial is None:
                continue
            if number != best and _is_at_rest(trial, packs_paused):
                self._kept[number] = self.packer.pack(trial)
                self._packed_bytes += _n_bytes(trial)
                del self._unpacked[number]
                self._ended.pop(number, None)
            elif trial.state.is_finished():
                self._ended[number] = None
        self._loose.clear()

    def lines(self) -> Iterator[str]:
        """Every record as a line; ``load`` takes them."""
        for found in self._kept.values():
            yield found if isinstance(found, str) else self.packer.pack(found)

    def load(self, lines: Iterator[tuple[int, bool, str]]) -> None:
        """Take in lines, each with its trial's number and whether it stays packed."""
        for number, stays, line in lines:
            if not stays:
                self[number] = trial = self.packer.unpack(line)
                if trial.state.is_finished():
                    self._ended[number] = None
                continue
            self._kept[number] = line
            if self.packer.has_checkpoints(line):
                self._packed_bytes += _n_bytes(self.packer.unpack(line))


def _n_bytes(trial: TrialRecord) -> int:
    return sum([ref.size for ref in trial.checkpoints])


def _is_at_rest(trial: TrialRecord, packs_paused: bool) -> bool:
    if trial.state is PAUSED:
        return packs_paused
    return trial.state.is_finished() and not (trial.checkpoints or trial.lent)


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
