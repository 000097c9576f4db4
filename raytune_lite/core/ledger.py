"""The assignment ledger: which trial holds which grid cell, and until when each live attempt is trusted.

``Ledger`` is part of the study's record: a cell is FREE, LEASED to a trial, DONE or DEAD, and only one recorded result
can ever make it DONE. ``Leases`` is not: deadlines belong to the process that watches them, and a restarted driver
grants every live attempt a new one. Knows no clock and no Ray.
"""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..distributions import Distribution
from .messages import PutCell
from .protocols import Grid


class CellState(str, enum.Enum):
    """State of one grid cell."""

    FREE = "free"
    LEASED = "leased"
    DONE = "done"
    DEAD = "dead"


@dataclass(slots=True)
class Cell:
    """A cell that was touched at least once: its state, the trial that holds or decided it, its failed trials."""

    state: CellState
    number: int
    failures: int = 0


class Ledger:
    """Hands out the cells of a grid, each to one trial at a time.

    Untouched cells cost nothing: they are the positions from ``cursor`` on in the grid's shuffled order.
    """

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.cells: dict[int, Cell] = {}
        self.held: dict[int, int] = {}  # trial number -> cell, while LEASED
        self.cursor = 0
        self.returned: deque[int] = deque()  # failed cells that are FREE again, oldest first
        self._free = grid.size

    def claim(self, number: int) -> tuple[int, PutCell] | None:
        """Lease the next FREE cell to a trial: a failed one that came back, else the next untouched one."""
        if not self._free:  # before the cursor moves: a claim that finds nothing is not logged
            return None
        if self.returned:
            cell = self.returned.popleft()
            return cell, self._lease(cell, number)
        while True:
            cell = self.grid.cell_at(self.cursor)
            self.cursor += 1
            if cell not in self.cells:
                return cell, self._lease(cell, number)

    def claim_params(self, number: int, params: Mapping[str, Any]) -> tuple[int, PutCell] | None:
        """Lease the cell with exactly these values, if there is one and it is FREE (enqueued, added trials)."""
        cell = self.grid.cell_of(params)
        if cell is None or (cell in self.cells and self.cells[cell].state is not CellState.FREE):
            return None
        if cell in self.cells:
            self.returned.remove(cell)
        return cell, self._lease(cell, number)

    claim_below = claim_params  # cells have nothing below them

    def params(self, number: int) -> dict[str, Any]:
        """External values of the cell that a trial holds; {} for a trial that holds none."""
        return self.grid.params(self.held[number]) if number in self.held else {}

    def asked(self, number: int, name: str, distribution: Distribution, value: float) -> None:
        """A trial uses a parameter for the first time: nothing new to a grid."""

    def done(self, number: int) -> tuple[PutCell, ...]:
        """The trial has a result: its cell will never be handed out again."""
        return self._close(number, CellState.DONE)

    def failed(self, number: int, is_final: bool = False) -> tuple[PutCell, ...]:
        """The trial failed: its cell is FREE again, or DEAD once ``max_failures`` trials have failed on it.

        ``is_final``: no other trial could do better (its parameters are invalid).
        """
        cell = self.held.get(number)
        if cell is None:
            return ()
        self.cells[cell].failures += 1
        if is_final or self.cells[cell].failures >= self.grid.max_failures:
            return self._close(number, CellState.DEAD)
        self.returned.append(cell)
        return self._close(number, CellState.FREE)

    def free(self) -> int:
        """Number of FREE cells, untouched or returned."""
        return self._free

    def counts(self) -> dict[str, int]:
        """Cells by state; the values sum to the grid's size."""
        found = dict.fromkeys((state.value for state in CellState), 0)
        for cell in self.cells.values():
            found[cell.state.value] += 1
        found["free"] += self.grid.size - len(self.cells)
        return found

    def dump(self) -> Any:
        """See ``Dumps``."""
        cells = [[index, cell.state.value, cell.number, cell.failures] for index, cell in self.cells.items()]
        return [cells, list(self.held.items()), self.cursor, list(self.returned)]

    def rows(self) -> list[PutCell]:
        """What is stored of the cells."""
        return [
            PutCell(number=cell.number, cell=index, state=cell.state.value, failures=cell.failures)
            for index, cell in self.cells.items()
        ]

    def load(self, data: Any) -> None:
        """See ``Dumps``."""
        cells, held, self.cursor, returned = data
        for index, word, number, failures in cells:
            self.cells[index] = cell = Cell(CellState(word), number, failures)
            self._free -= cell.state is not CellState.FREE
        self.held.update(map(tuple, held))
        self.returned.extend(returned)

    def _lease(self, cell: int, number: int) -> PutCell:
        failures = self.cells[cell].failures if cell in self.cells else 0
        self.cells[cell] = Cell(CellState.LEASED, number, failures)
        self.held[number] = cell
        self._free -= 1
        return PutCell(number=number, cell=cell, state=CellState.LEASED.value, failures=failures)

    def _close(self, number: int, state: CellState) -> tuple[PutCell, ...]:
        cell = self.held.pop(number, None)
        if cell is None:
            return ()
        self.cells[cell].state = state
        self._free += state is CellState.FREE
        return (PutCell(number=number, cell=cell, state=state.value, failures=self.cells[cell].failures),)


class Leases:
    """Deadlines of live attempts, in seconds of whatever clock the caller stamps ``now`` with."""

    def __init__(self, length: float) -> None:
        self.length = length
        self._deadlines: dict[tuple[int, int], float] = {}

    def grant(self, number: int, attempt: int, now: float) -> None:
        """Start or renew a lease."""
        self._deadlines[number, attempt] = now + self.length

    def end(self, number: int, attempt: int) -> None:
        """Forget an attempt that is over."""
        self._deadlines.pop((number, attempt), None)

    def expired(self, now: float) -> list[tuple[int, int]]:
        """(trial number, attempt) of every lease that has run out, oldest first."""
        late = [(deadline, key) for key, deadline in self._deadlines.items() if deadline < now]
        return [key for _, key in sorted(late)]
