"""What became of a trial of several processes, from how its ranks ended. Decides nothing before it is sure.

The death of a process comes before exceptions: those of the others are its consequence. Of exceptions, the first one
counts that does not merely say that a connection to another rank broke. Without any, rank 0's end is the trial's.

Source: the first failure counts, as in torch.distributed.elastic.multiprocessing.errors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from ...core.encoding import event_from_json, event_to_json
from ...core.messages import AttemptEnded, FailureKind
from ...exceptions import MessageError
from ..hand import End
from ..handover import Returned

SETTLE = 2.0  # seconds after the first failure: what caused it may be heard of a moment later
CONSEQUENCE_PATIENCE = 30.0  # seconds that a broken connection waits for what broke it
LEAVE_PATIENCE = 5.0  # seconds that the others have to end after rank 0, which has waited for them itself
_SEVERITY = (FailureKind.NODE_LOST, FailureKind.OUT_OF_MEMORY)  # at the same moment these explain the others
_BROKEN_CONNECTION = (
    "connection closed by peer", "connection reset by peer", "connection refused", "broken pipe", "socket closed",
    "socket is closed", "remote process exited or there was a network error", "ncclremoteerror",
    "rank 0 does not answer",
)  # fmt: skip


class RankEnd(NamedTuple):
    """How a rank's task returned. ``at``: seconds since 1970, there. ``end``: its failure; of rank 0 also its result.

    None: it has followed to the end, or there was nothing to do.
    """

    rank: int
    at: float
    end: End | None


class RankLost(NamedTuple):
    """A rank's process is gone. ``seen_at``: by the launcher's clock."""

    member: int
    seen_at: float
    kind: FailureKind
    message: str


def decide(
    slot: str, ends: Mapping[int, RankEnd], losses: Sequence[RankLost], n: int, waited: float
) -> Returned | RankLost | None:
    """What became of the trial; None: it is not known yet.

    Args:
        slot: of the group.
        ends: of those members that have returned.
        losses: of those whose process is gone.
        n: members.
        waited: seconds since the first end or loss was seen.
    """
    are_all_known = len(ends) + len(losses) >= n
    leader = next((end for end in ends.values() if end.rank == 0), None)
    stands = leader is not None and not _has_failed(leader)
    failures = [end for end in ends.values() if _has_failed(end)]
    causes = [end for end in failures if not is_consequence(end)]
    if causes and not losses:
        if are_all_known or waited > SETTLE:
            return _of_failure(slot, min(causes, key=lambda end: end.at), leader)
        return None
    if stands and leader is not None and not causes:  # else it was told to stop, because another rank has failed
        return _of_leader(slot, leader) if are_all_known or waited > LEAVE_PATIENCE else None
    if losses:
        return first_of(losses) if are_all_known or waited > SETTLE else None
    if failures and (are_all_known or waited > CONSEQUENCE_PATIENCE):
        first = min(failures, key=lambda end: end.at)
        message = f"ranks of this trial lost their connection; rank {first.rank}: {_error_of(first)}"
        return RankLost(-1, 0.0, FailureKind.WORKER_CRASH, message)
    return None


def first_of(losses: Sequence[RankLost]) -> RankLost:
    """The loss that explains the others."""
    return min(losses, key=lambda loss: (loss.seen_at, loss.kind not in _SEVERITY, loss.member))


def is_consequence(end: RankEnd) -> bool:
    """Whether a failure only says that a connection to another rank broke."""
    text = _error_of(end).lower()
    return any(words in text for words in _BROKEN_CONNECTION)


def _has_failed(end: RankEnd) -> bool:
    return end.end is not None and end.end[1]


def _event_of(end: RankEnd) -> AttemptEnded | None:
    if end.end is None:
        return None
    try:
        event = event_from_json(end.end[0])
    except MessageError:
        return None
    return event if isinstance(event, AttemptEnded) else None


def _error_of(end: RankEnd) -> str:
    event = _event_of(end)
    return "" if event is None or event.failure is None else event.failure.error


def _of_failure(slot: str, failed: RankEnd, leader: RankEnd | None) -> Returned:
    """The trial failed with one rank's exception, and has all that rank 0 reported."""
    event, led = _event_of(failed), None if leader is None else _event_of(leader)
    assert failed.end is not None
    message, _, caught, seconds, packed, _ = failed.end
    if event is not None and led is not None:
        message = event_to_json(replace(event, progress=led.progress)).encode()
    return Returned(slot=slot, message=message, failed=True, caught=caught, seconds=seconds, packed=packed)


def _of_leader(slot: str, leader: RankEnd) -> Returned:
    if leader.end is None:
        return Returned(slot=slot)
    message, failed, caught, seconds, packed, _ = leader.end
    return Returned(slot=slot, message=message, failed=failed, caught=caught, seconds=seconds, packed=packed)


__all__ = ["RankEnd", "RankLost", "decide", "first_of", "is_consequence"]
