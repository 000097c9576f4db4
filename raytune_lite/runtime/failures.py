"""What went wrong in an objective: the kind of an exception, and its words. Goes by names: no framework is imported."""

from __future__ import annotations

import traceback
from typing import Any

from ..core.bounds import MAX_ERROR, MAX_TRACEBACK, clip
from ..core.messages import Failure, FailureKind
from ..exceptions import CheckpointCorruptedError, CheckpointDiskError, TrialFailedError, TrialInvalid
from ..tracebacks import folded


class AttemptInterrupted(BaseException):
    """The attempt must end: Ctrl-C, a stop order, or another attempt has taken its place. The trial may go on later."""


class DriverGone(AttemptInterrupted):
    """Nobody answers for a whole lease, or another driver has the study. The trial, not to blame, goes on later."""


class AttemptTimedOut(BaseException):
    """The attempt has run for longer than ``trial_timeout``."""


class InvalidResult(ValueError):  # noqa: N818
    """The objective returned something that is not a result."""


class ResultTypeError(InvalidResult):
    """The objective returned no numbers at all: None, a text, a dict."""


class NonFiniteResult(InvalidResult):
    """The objective returned NaN."""


# (root of the module, class): full GPU memory by type; by the message where the type says less
_GPU_TYPES = {
    ("torch", "OutOfMemoryError"),
    ("cupy", "OutOfMemoryError"),
    ("tensorflow", "ResourceExhaustedError"),
}
_GPU_WORDS = (
    "cuda out of memory", "hip out of memory", "cuda error: out of memory", "mps backend out of memory",
    "cublas_status_alloc_failed", "cudnn_status_alloc_failed",  # of a GPU whose memory is taken past torch
)  # fmt: skip
_JAX_TYPES = ("XlaRuntimeError", "JaxRuntimeError")
_HOST_WORDS = ("can't allocate memory", "cannot allocate memory")


def returned_no_number(failure: Failure) -> bool:
    """Whether a failure is that of an objective that returned None, a text, a dict; NaN is a number."""
    return failure.kind is FailureKind.EXCEPTION and failure.error.startswith(f"{ResultTypeError.__name__}: ")


def kind_of(error: BaseException) -> FailureKind:
    """The kind of an exception that an objective raised."""
    if isinstance(error, TrialInvalid):
        return FailureKind.INVALID
    if isinstance(error, AttemptTimedOut):
        return FailureKind.TIMEOUT
    if isinstance(error, SystemExit):
        return FailureKind.WORKER_CRASH
    if isinstance(error, NonFiniteResult):
        return FailureKind.NON_FINITE
    if isinstance(error, CheckpointCorruptedError):
        return FailureKind.CHECKPOINT_CORRUPT
    if isinstance(error, CheckpointDiskError):
        return FailureKind.CHECKPOINT_DISK
    if _is_full_gpu(error):
        return FailureKind.GPU_OUT_OF_MEMORY
    if isinstance(error, MemoryError) or (
        isinstance(error, (RuntimeError, OSError)) and any(words in str(error).lower() for words in _HOST_WORDS)
    ):
        return FailureKind.OUT_OF_MEMORY
    return FailureKind.EXCEPTION


def _is_full_gpu(error: BaseException) -> bool:
    names = {(cls.__module__.partition(".")[0], cls.__name__) for cls in type(error).__mro__}
    if names & _GPU_TYPES:
        return True
    if any(name in _JAX_TYPES for _, name in names):
        return "RESOURCE_EXHAUSTED" in str(error)
    return isinstance(error, RuntimeError) and any(words in str(error).lower() for words in _GPU_WORDS)


def failure_of(error: BaseException) -> Failure:
    """The record of an exception; of its traceback the user's frames, see ``tracebacks``."""
    return Failure(
        error=clip(f"{type(error).__name__}: {_text(error)}", MAX_ERROR),
        traceback=clip(_formatted(error), MAX_TRACEBACK),
        kind=kind_of(error),
        exit_code=_exit_code(error),
    )


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as worse:  # noqa: BLE001  (an exception's __str__ is the user's code)
        return f"<its text cannot be shown: {type(worse).__name__}>"


def _formatted(error: BaseException) -> str:
    frames = folded(error.__traceback__) or error.__traceback__  # all of them, where the fault is our own
    return "".join(traceback.format_exception(type(error), error, frames))


def typed_failure(failed: TrialFailedError, cause: BaseException | None) -> TrialFailedError:
    """The error as an instance of its cause's class as well: ``except ValueError`` catches it, too.

    ``args`` and other attributes are the cause's, which is ``cause``; the text is that of TrialFailedError. The error
    itself where there is no cause, or its class cannot be a second base.
    """
    if not isinstance(cause, Exception) or isinstance(failed, type(cause)):
        return failed
    kind: Any = type(cause)
    body = {"__doc__": kind.__doc__, "__module__": TrialFailedError.__module__, "__reduce__": _reduce_typed}
    try:
        cls = type(kind)(f"TrialFailedError({kind.__name__})", (TrialFailedError, kind), body)
        new = cls.__new__ if issubclass(kind, MemoryError) else kind.__new__  # which Python refuses for a subclass
        found: TrialFailedError = new(cls)
        vars(found).update(vars(cause))
        found.args = cause.args
    except Exception:  # noqa: BLE001  (the class is the user's code)
        return failed
    vars(found).update(vars(failed), cause=cause)
    for name in ("errno", "strerror", "filename", "filename2"):  # of OSError, which has them elsewhere
        if getattr(cause, name, None) is not None:
            setattr(found, name, getattr(cause, name))
    return found


def _reduce_typed(error: TrialFailedError) -> tuple[object, ...]:
    plain = TrialFailedError(error.number, error.attempt, error.error, error.traceback)
    return typed_failure, (plain, vars(error)["cause"])


def _exit_code(error: BaseException) -> int | None:
    """What the process would have ended with: sys.exit() is 0, sys.exit("text") is 1."""
    if not isinstance(error, SystemExit):
        return None
    if error.code is None or isinstance(error.code, int):
        return error.code or 0
    return 1


__all__ = [
    "AttemptInterrupted",
    "AttemptTimedOut",
    "DriverGone",
    "InvalidResult",
    "NonFiniteResult",
    "ResultTypeError",
    "failure_of",
    "kind_of",
    "returned_no_number",
    "typed_failure",
]
