"""What passes between the driver, the launcher and the tasks. Light: a worker process imports it, but no database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ... import exceptions
from ...core import messages as m
from ...core.encoding import to_json
from ...trial import FrozenTrial
from .wire import Address

RPC_TIMEOUT = 10.0  # seconds

@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What every attempt of a run must know of its study."""

    n_objectives: int
    checkpoint_root: str
    node: str  # the driver's; a local checkpoint path is good there only
    lease: float
    address: Address  # of the driver process's socket, and the key to it
    key: bytes
    taken_from: str = ""  # whose study it was until now, where nobody gave it back
    trial_timeout: float | None = None  # seconds one attempt may take

    @property
    def rpc_timeout(self) -> float:
        """Seconds one call to the driver may take before it is sent again; all calls are idempotent."""
        return min(RPC_TIMEOUT, self.lease / 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A slot whose task ended without a word."""

    slot: str
    kind: m.FailureKind
    message: str
    exit_code: int | None = None
    last_words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The driver's order to the launcher, and what people may want to see.

    ``wanted``: tasks that should be queued or running now (None: as many as the cluster takes). ``over``: the run is
    finished. ``states``: what became of the trials of the ended attempts just handed in, by trial number. ``bound``:
    (slot, Assignment as JSON) of the slots that the launcher asked work for.
    """

    wanted: int | None
    over: bool
    states: dict[int, int]
    counts: dict[str, int]
    best: tuple[int, float] | None
    promotions: int
    finished: tuple[FrozenTrial, ...] = ()
    commits: str = ""  # at the end: how the database kept up
    aborted: str = ""  # why the run was given up
    given_up: tuple[str, ...] = ()  # slots whose tasks are to be killed: their attempts were given up
    bound: tuple[tuple[str, bytes], ...] = ()


BUSY = b'"busy"'  # the answer to an attempt that shall ask again


def refusal(error: Exception) -> bytes:
    """An error as JSON: the name and arguments of one of ours, else its text."""
    ours = type(error).__module__ == exceptions.__name__
    name, arguments = (type(error).__name__, error.args) if ours else ("ValueError", (f"{error}",))
    return to_json({"error": name, "args": arguments}).encode()


_DEPOSED = tuple(f'{{"error":"{name}"'.encode() for name in ("FencedError", "StorageError", "StudyBusyError"))


def is_deposed(answer: bytes) -> bool:
    """Whether an answer says that its sender drives the study no longer: not a word about the attempt."""
    return answer.startswith(_DEPOSED)


def raise_refusal(reply: Any) -> None:
    """Raise the error that a reply carries, if it is one."""
    if isinstance(reply, dict):
        error = ValueError if reply["error"] == "ValueError" else getattr(exceptions, reply["error"])
        raise error(*reply["args"])


__all__ = ["BUSY", "Lost", "Plan", "Terms", "is_deposed", "raise_refusal", "refusal"]
