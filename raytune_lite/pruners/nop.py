"""The pruner that never prunes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from ..core.messages import Decision, Row
from ..core.protocols import Verdict


@dataclass(frozen=True, slots=True)
class NopPruner:
    """Every trial runs to its own end."""

    @property
    def milestones(self) -> tuple[int, ...]:
        """(): no decision is ever due."""
        return ()

    def spec(self) -> dict[str, Any]:
        """``{"name": "NopPruner"}``."""
        return {"name": "NopPruner"}

    def rungs(self) -> _NopRungs:
        """A record that stays empty."""
        return _NopRungs()


@dataclass(slots=True)
class _NopRungs:
    """No rungs: every report continues, nothing waits."""

    def report(self, number: int, step: int, loss: float) -> Verdict:  # noqa: ARG002
        return Verdict(Decision.CONTINUE)

    def end(self, number: int, loss: float | None) -> tuple[Row, ...]:  # noqa: ARG002
        return ()

    def retire(self, number: int) -> None:
        pass

    def promotable(self, ready: Callable[[int], bool]) -> Iterable[int]:  # noqa: ARG002
        return ()

    def promote(self, number: int) -> tuple[Row, ...]:
        raise ValueError(
            f"trial {number} waits at no rung: NopPruner pauses nothing, so nothing can be promoted."
        )
