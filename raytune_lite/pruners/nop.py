"""The pruner that never prunes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..core.messages import Decision, Row
from ..core.protocols import Verdict
from ..core.schedules import Never
from ..core.view import Losses, StudyIdentity
from .base import BasePruner


@dataclass(frozen=True, slots=True)
class NopPruner(BasePruner):
    """Every trial runs to its own end."""

    @property
    def judges_several(self) -> bool:
        """True: it judges nothing."""
        return True

    def spec(self) -> dict[str, Any]:
        """``{"name": "NopPruner"}``."""
        return {"name": "NopPruner"}

    def judge(self, study: StudyIdentity) -> _NopJudge:  # noqa: ARG002
        """A judge that lets everything go on."""
        return _NopJudge()


_CONTINUE = Verdict(Decision.CONTINUE)


@dataclass(slots=True)
class _NopJudge:
    """Every report continues, nothing is recorded."""

    def schedule(self, number: int) -> Never:  # noqa: ARG002
        return Never()

    def report(self, number: int, step: int, losses: Losses) -> Verdict:  # noqa: ARG002
        return _CONTINUE

    def end(self, number: int, losses: Losses | None) -> tuple[Row, ...]:  # noqa: ARG002
        return ()

    def dump(self) -> None:
        """Nothing is kept."""

    def load(self, data: Any) -> None:
        """See ``dump``."""
