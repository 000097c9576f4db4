"""The slots whose tasks were submitted and have not ended, and which task has which of them. Knows no driver."""

from __future__ import annotations

from collections.abc import Iterator, Mapping


class SubmittedSlots(Mapping[str, str]):
    """Slot -> its task, oldest first. A task may have several slots. No question costs more with more slots."""

    def __init__(self) -> None:
        self._task_of: dict[str, str] = {}
        self._slots_of: dict[str, dict[str, None]] = {}

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __getitem__(self, slot: str) -> str:
        return self._task_of[slot]

    def __iter__(self) -> Iterator[str]:
        return iter(self._task_of)

    def __len__(self) -> int:
        return len(self._task_of)

    def add(self, slot: str, task: str) -> None:
        """A task has this slot, perhaps beside others."""
        self._task_of[slot] = task
        self._slots_of.setdefault(task, {})[slot] = None

    def end(self, slot: str) -> None:
        """What was to run in this slot has ended; nothing happens if that is known."""
        task = self._task_of.pop(slot, None)
        if task is not None:
            slots = self._slots_of[task]
            del slots[slot]
            if not slots:
                del self._slots_of[task]

    def end_task(self, task: str) -> list[str]:
        """A task has ended with all its slots: these, oldest first."""
        slots = list(self._slots_of.get(task, ()))
        for slot in slots:
            self.end(slot)
        return slots

    def tasks(self) -> list[str]:
        """The tasks, each once."""
        return list(self._slots_of)

    @property
    def n_tasks(self) -> int:
        """How many tasks there are."""
        return len(self._slots_of)


__all__ = ["SubmittedSlots"]
