"""How often, and how soon, a trial may be tried again, by the kind of its failure. A value; the counting is
StudyState's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from ..arguments import integer_or_none, shown
from .messages import FailureKind

LONGEST_DELAY = 600.0  # seconds
Budget = int | None | tuple[int | None, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """Retries of one trial: each kind of failure has a budget of its own, and a delay.

    A budget is a number of retries, None for no bound, or a pair of it and a delay in seconds:
    ``RetryPolicy(worker_crash=3, node_lost=(None, 30.0))``. The delay doubles with each retry, up to ten minutes. A
    retry is the same trial's next attempt and resumes from its last checkpoint. A lost driver and an interruption are
    not counted. Invalid parameters (TrialInvalid) stay invalid and are never tried again; another trial takes their
    place.

    Args:
        exception: after the objective raised.
        non_finite: after it returned NaN.
        timeout: after ``trial_timeout``.
        gpu_out_of_memory: after the GPU's memory was full.
        worker_crash: after the worker process died (segfault, ``kill -9``, ``sys.exit``).
        out_of_memory: after the host's memory was full.
        lease_expired: after the worker fell silent for a whole lease.
        node_lost: after the node died or was preempted.
        checkpoint_corrupt: after the checkpoint to resume from was damaged. The retry goes back to the checkpoint
            before it; without one the trial fails. Counted anew when the trial gets further than before.
        checkpoint_disk: after the disk of the checkpoints was full, or failed. Meanwhile no new configuration begins.
            Counted anew when the trial has saved again.
        abort_after: end the run with StudyAbortedError when each of its first so many trials failed, all in the same
            way, or when so many attempts ended because of the checkpoints' disk, and none has saved in this run; None:
            never.

    Raises:
        ValueError: a budget that is not None or an integer >= 0, a delay that is not a number of seconds >= 0.
    """

    exception: Budget = 0
    non_finite: Budget = 0
    timeout: Budget = 0
    gpu_out_of_memory: Budget = 1
    worker_crash: Budget = 2
    out_of_memory: Budget = 2
    lease_expired: Budget = 2
    node_lost: Budget = None
    checkpoint_corrupt: Budget = 2
    checkpoint_disk: Budget = (None, 10.0)
    abort_after: int | None = 10

    def __post_init__(self) -> None:
        for field in fields(self):
            given = getattr(self, field.name)
            if field.name == "abort_after":
                object.__setattr__(self, field.name, _count(field.name, given, 1))
            else:
                object.__setattr__(self, field.name, _budget(field.name, given))

    def allows(self, kind: FailureKind, before: int) -> bool:
        """Whether one more retry is allowed after ``before`` earlier retries of this kind."""
        budget = self._of(kind)[0]
        return budget is None or before < budget

    def is_bounded(self, kind: FailureKind) -> bool:
        """Whether there is a bound on the retries of this kind."""
        return self._of(kind)[0] is not None

    def delay(self, kind: FailureKind, before: int) -> float:
        """Seconds until the retry that follows ``before`` earlier ones of this kind."""
        first = self._of(kind)[1]
        return min(first * 2.0 ** min(before, 64), LONGEST_DELAY)

    def _of(self, kind: FailureKind) -> tuple[int | None, float]:
        found: Budget = getattr(self, kind.value, 0)
        return found if isinstance(found, tuple) else (found, 0.0)

    def spec(self) -> dict[str, Any]:
        """JSON-able arguments."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def _budget(name: str, given: Any) -> Budget:
    """A budget in one of its two forms; JSON has made a list of the pair."""
    if not isinstance(given, Sequence) or isinstance(given, str):
        return _count(name, given, 0)
    if len(given) != 2:
        raise ValueError(f"RetryPolicy.{name} must be a number of retries or (retries, seconds), got {shown(given)}.")
    retries, delay = given
    if isinstance(delay, bool) or not isinstance(delay, (int, float)) or not 0 <= delay < math.inf:
        raise ValueError(f"RetryPolicy.{name}: the delay must be a number of seconds >= 0, got {shown(delay)}.")
    return (_count(name, retries, 0), float(delay))


def _count(name: str, given: Any, least: int) -> int | None:
    return integer_or_none(f"RetryPolicy.{name}", given, least, "None sets no bound")
