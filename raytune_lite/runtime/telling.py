"""What a launcher tells people of its trials' failures and losses, and which failure ends the run. Knows no Ray."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable, Sequence

from ..core.encoding import event_from_json
from ..core.messages import AttemptEnded, Failure, FailureKind
from ..exceptions import MessageError, NoResultError, TrialFailedError
from .failures import returned_no_number, typed_failure
from .handover import Lost, Returned
from .host import Host
from .ports import Notice

LOSS_NOTICE = 10.0  # seconds between notices of lost attempts; those in between are counted
TRACEBACKS_SHOWN = 3  # caught failures shown whole; the database keeps them all
STUCK_NOTICE = 30.0  # seconds without a trial, while tasks wait, until a notice says why; each later one comes after
STUCK_NOTICE_MOST = 600.0  # twice as long, up to this
LEAKS_SHOWN = 3  # attempts that left something behind in their process, told at once; the others at the end
LEAKS_NAMED = 20  # trials
DISK_NOTICE = 30.0  # seconds between notices that the checkpoints' disk fails: it fails all trials at once


class Telling:
    """The notices of one run. ``failed``: the first failure that ends the run."""

    def __init__(self, host: Host, notice: Notice) -> None:
        self._host, self._notice = host, notice
        self.failed: BaseException | None = None
        self._shown = 0
        self._n_invalid, self._no_result = 0, ""  # trials that returned what is no result, and what the last one did
        self._has_others = False  # whether an attempt ended otherwise
        self._disk_noticed_at = self._loss_noticed_at = -math.inf
        self._n_losses = 0  # that no notice has told of
        self._leaks: list[int] = []  # trials that left something behind, one for each attempt

    def finish(self, study_name: str) -> None:
        """At the end of a run; says which trials have leaked, too.

        Raises:
            NoResultError: all of its trials returned what is no result.
        """
        if len(self._leaks) > LEAKS_SHOWN:
            named = ", ".join(map(str, sorted(set(self._leaks))[:LEAKS_NAMED]))
            self._notice(f"{len(self._leaks)} attempts have leaked, and each cost a new process: of trials {named}")
        if self._no_result and not self._has_others:
            raise NoResultError(study_name, self._n_invalid, self._no_result)

    def ended(self, item: Returned, failed: Sequence[int]) -> None:
        """Show the failure of a trial for good; keep it to be raised when ``catch`` does not list it.

        Args:
            item: how an attempt ended.
            failed: the trials that are FAIL now, of those that were handed over with it.
        """
        if item.left:
            self._say_leak(item)
        if not item.failed:
            self._has_others = self._has_others or item.message is not None
            if isinstance(item.exception, KeyboardInterrupt):  # the task ran in this thread
                self.failed = self.failed or item.exception
            return
        event = _end_of(item)
        if event is None or event.failure is None:
            return  # the driver has refused it, and failed the trial
        failure = event.failure
        if event.number not in failed:  # it is tried again
            self._say_retry(event.number, failure)
            return
        if not item.caught:
            error = TrialFailedError(event.number, event.attempt, failure.error, failure.traceback)
            self.failed = self.failed or item.exception or typed_failure(error, _unpacked(item.packed))
            return
        self._shown += 1
        text = failure.traceback.rstrip() if self._shown <= TRACEBACKS_SHOWN else failure.error
        if returned_no_number(failure):
            text = self._no_result = failure.error.partition(": ")[2]
            self._n_invalid += 1
        else:
            self._has_others = True
        self._notice(f"trial {event.number} (attempt {event.attempt}) failed: {text}")

    def lost(self, lost: Sequence[Lost]) -> None:
        """Say that workers died. Many may die at once: the last one is named, the others are counted."""
        self._n_losses += len(lost)
        now = self._host.monotonic()
        if lost and now - self._loss_noticed_at >= LOSS_NOTICE:
            self._loss_noticed_at, n, self._n_losses = now, self._n_losses, 0
            last = lost[-1]
            code = "" if last.exit_code is None else f", exit code {last.exit_code}"
            which = "an attempt was" if n == 1 else f"{n} attempts were"
            said = last.message.strip().partition("\n")[0][:200].rstrip(".")
            self._notice(
                f"{which} lost ({last.kind.value}{code}): {said}. The driver tries each again, as its retries allow"
            )

    def _say_leak(self, item: Returned) -> None:
        event = _end_of(item)
        if event is None:
            return
        self._leaks.append(event.number)
        if len(self._leaks) <= LEAKS_SHOWN:
            self._notice(
                f"trial {event.number} (attempt {event.attempt}) left behind in its worker process: {item.left}. With "
                "warm_workers=True the next attempt would have less, so the process was ended, and another one begins. "
                "Release it in the objective: drop models and tensors that globals or callbacks hold, join threads and "
                "processes. Or leave warm_workers out."
            )

    def _say_retry(self, number: int, failure: Failure) -> None:
        """Say what a person should know, or can mend, while the trial is tried again."""
        if failure.kind is FailureKind.CHECKPOINT_CORRUPT:
            self._notice(f"trial {number} goes back to the checkpoint before: {failure.error}")
        elif failure.kind is FailureKind.CHECKPOINT_DISK:
            now = self._host.monotonic()
            if now - self._disk_noticed_at >= DISK_NOTICE:
                self._disk_noticed_at = now
                self._notice(
                    f"trial {number} cannot use the checkpoints' disk, and is tried again later; its earlier "
                    f"checkpoints are kept, and nothing new begins meanwhile: {failure.error}"
                )


class Standstill:
    """Says why, when tasks wait and none of them begins: a run never hangs silently.

    Args:
        host: clock.
        notice: prints a line for people.
        blocked: why tasks wait and none begins; "" where it is not known.
    """

    def __init__(self, host: Host, notice: Notice, blocked: Callable[[], str]) -> None:
        self._host, self._notice, self._ask = host, notice, blocked
        self._since, self._patience = host.monotonic(), STUCK_NOTICE
        self.blocked = ""  # why no task begins, as it was said last

    def moved(self) -> None:
        """A task has ended."""
        self._since = self._host.monotonic()

    def look(self, running: int, queued: int) -> None:
        """``running``: trials. ``queued``: slots of all tasks, those that run too."""
        now = self._host.monotonic()
        if running or not queued:
            self._since, self._patience, self.blocked = now, STUCK_NOTICE, ""
        elif now - self._since > self._patience:
            self._since, self._patience = now, min(2 * self._patience, STUCK_NOTICE_MOST)
            self.blocked = self._ask()
            if self.blocked:
                self._notice(f"{queued} trial(s) wait: {self.blocked}")


def _unpacked(packed: bytes | None) -> BaseException | None:
    """An exception of the objective's; Ray has unpickled what else its task returned."""
    try:
        found = None if packed is None else pickle.loads(packed)
    except Exception:  # noqa: BLE001  (a module that this process lacks; a class whose constructor takes more)
        return None
    return found if isinstance(found, BaseException) else None


def _end_of(item: Returned) -> AttemptEnded | None:
    try:
        event = event_from_json(item.message or b"")
    except MessageError:
        return None
    return event if isinstance(event, AttemptEnded) else None


__all__ = ["Standstill", "Telling"]
