"""How often a trial may be tried again, by the kind of its end. A value; the counting is StudyState's."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from .messages import LossKind


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """Retries of one trial, each kind with its own budget; None: no bound.

    A retry is the same trial's next attempt and resumes from its last checkpoint. A lost driver and an interruption
    are nobody's fault and are not counted.

    Args:
        exception: retries after the objective raised.
        worker_crash: retries after the worker process died (segfault, ``kill -9``, ``sys.exit``).
        out_of_memory: retries after the node's memory guard killed the worker.
        lease_expired: retries after the worker fell silent for a whole lease.
        node_lost: retries after the node died or was preempted.

    Raises:
        ValueError: a budget that is not None or an integer >= 0.
    """

    exception: int | None = 0
    worker_crash: int | None = 2
    out_of_memory: int | None = 2
    lease_expired: int | None = 2
    node_lost: int | None = None

    def __post_init__(self) -> None:
        for name, budget in asdict(self).items():
            if budget is not None and (not isinstance(budget, int) or budget < 0):
                raise ValueError(f"RetryPolicy.{name} must be None (no bound) or an integer >= 0, got {budget!r}.")

    def allows(self, kind: LossKind | str, before: int) -> bool:
        """Whether one more retry is allowed after ``before`` earlier retries of this kind."""
        budget: int | None = getattr(self, str(getattr(kind, "value", kind)), None)
        return budget is None or before < budget

    def spec(self) -> dict[str, Any]:
        """JSON-able arguments."""
        return asdict(self)
