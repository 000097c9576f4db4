"""An attempt's checkpoints: written, published and read, for the objective that asks its Trial for them.

Where publishing takes long (an upload), a thread does it while the objective goes on. One checkpoint is on its way, and
one waits at most: a newer one takes its place. If a decision may pause the trial, the report that it needs is held back
until the checkpoints that were saved before are published, so a pause never loses what was saved. An attempt ends when
all is published. A failure is raised where the objective saves again or needs a decision, or else at its end, unless a
newer checkpoint was published meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ..checkpoints.disk import is_failing
from ..checkpoints.store import CheckpointStore
from ..core.messages import Assignment, CheckpointRef
from ..exceptions import CheckpointDiskError, CheckpointError
from .delivery import Delivery
from .failures import AttemptInterrupted, DriverGone
from .host import Host

_LOOK = 1.0  # seconds after which who waits for an upload looks whether the attempt is to end


class Saving:
    """The checkpoints of one attempt.

    Args:
        assignment: the attempt.
        delivery: takes what is published to the driver.
        store: gives the checkpoint store when it is needed, always the same one.
        host: its threads and locks.
    """

    def __init__(
        self, assignment: Assignment, delivery: Delivery, store: Callable[[], CheckpointStore], host: Host
    ) -> None:
        self._number, self._attempt, self._resumed = assignment.number, assignment.attempt, assignment.checkpoint
        self._delivery, self._open, self._host = delivery, store, host
        self._has_worked = assignment.checkpoint is not None  # this trial has saved there
        self._used: CheckpointStore | None = None
        self._lock = host.lock()  # of what follows, for moments
        self._idle = host.event()  # nothing is being published
        self._idle.set()
        self._next: tuple[Path, int] | None = None  # what waits: a written directory, and its step
        self._failure: CheckpointError | None = None  # of the newest
        self._is_known = False  # the objective got that failure, and goes on
        self._is_given_up = False  # nobody needs what is published from now on

    @property
    def _store(self) -> CheckpointStore:
        if self._used is None:
            self._used = self._open()
        return self._used

    # --- writing -----------------------------------------------------------------------------------------------------

    @contextmanager
    def write(self, step: int) -> Iterator[Path]:
        """A directory for the files of a checkpoint, which is published when the block ends without an exception.

        Raises:
            CheckpointDiskError, CheckpointError: see ``Trial.checkpoint_dir``; also of a checkpoint before this one.
        """
        self._raise_failure()
        with self._delivery.time.saving():
            store = self._store
            with self._disk():
                directory = store.begin(self._number, self._attempt, step)
            try:
                yield directory
            except BaseException as error:
                # asked before the files are deleted: they may be what fills the disk
                is_disk = isinstance(error, Exception) and not isinstance(error, CheckpointError)
                is_disk = is_disk and is_failing(error, directory)
                store.abandon(directory)
                if not is_disk:
                    raise
                raise CheckpointDiskError(
                    f"trial {self._number}: the checkpoint of step {step} could not be written: {error}. Free space, "
                    "or give the study another checkpoint directory; the previous checkpoint is untouched."
                ) from error
            if store.publishes_beside:
                self._publish_beside(directory, step)
                return
            with self._disk():
                published = store.publish(directory, self._number, self._attempt, step)
            self._has_worked = True
        self._delivery.add_checkpoint(published)

    @contextmanager
    def _disk(self) -> Iterator[None]:
        """Where a place has worked for this trial before, whatever is said of it now is the disk's failure."""
        try:
            yield
        except CheckpointError as error:
            if self._has_worked and isinstance(error.__cause__, OSError):
                raise CheckpointDiskError(str(error)) from error.__cause__
            raise

    def _publish_beside(self, directory: Path, step: int) -> None:
        try:
            self._store.check(directory)
        except BaseException:
            self._store.abandon(directory)
            raise
        with self._lock:
            replaced, self._next = self._next, (directory, step)
            starts = self._idle.is_set()
            self._idle.clear()
            self._delivery.hold(True)
        if replaced is not None:
            self._store.abandon(replaced[0])
        if starts:
            self._host.start(self._publish_all, "upload")

    # --- the thread --------------------------------------------------------------------------------------------------

    def _publish_all(self) -> None:
        while (item := self._take()) is not None:
            directory, step = item
            try:
                with self._disk():
                    published = self._store.publish(directory, self._number, self._attempt, step)
            except Exception as error:  # noqa: BLE001  (whatever it is, the objective's thread must hear of it)
                with self._lock:
                    self._failure = _as_ours(self._number, step, error)
                continue
            with self._lock:
                self._failure, self._has_worked = None, True
                if self._next is None:
                    self._delivery.hold(False)  # the reports that waited travel with it
            if not self._is_given_up:
                self._deliver(published)

    def _take(self) -> tuple[Path, int] | None:
        """What is to be published next; None: nothing, and the thread is over."""
        with self._lock:
            item, self._next = self._next, None
            if item is None:
                self._idle.set()
        return item

    def _deliver(self, published: CheckpointRef) -> None:
        try:
            self._delivery.add_published(published)
        except DriverGone:  # it stays in the buffer: the end of the attempt takes it along
            pass
        except AttemptInterrupted:  # another attempt has taken this one's place
            self.give_up()
        except Exception:  # noqa: BLE001  (as for a heartbeat: the next delivery takes it along)
            pass

    # --- waiting -----------------------------------------------------------------------------------------------------

    def before_decision(self) -> None:
        """Wait until what was saved is published, before a report is delivered after which the trial may be paused.

        Raises:
            CheckpointError: it could not be published.
            AttemptInterrupted, AttemptTimedOut: the attempt must end.
        """
        if self._delivery.pauses:
            self._wait(checks=True)
            self._raise_failure()

    def settle(self, *, is_needed: bool = True) -> None:
        """Wait until what was saved is published: the attempt ends.

        Args:
            is_needed: somebody may go on from the newest checkpoint. Else what waits is dropped; no failure matters.

        Raises:
            CheckpointError: it is needed, and could not be published.
        """
        if not is_needed:
            self._drop()
        self._wait()
        if is_needed:
            self._raise_failure()
        else:
            self.release()

    def release(self) -> None:
        """Reports wait for no checkpoint any more."""
        self._delivery.hold(False)

    def wait(self) -> None:
        """Wait until what was saved is published or has failed."""
        self._wait()

    def give_up(self) -> None:
        """Nobody needs what is not published yet, and nobody waits for it."""
        self._is_given_up = True
        self._drop()
        self.release()

    def close(self) -> None:
        """Delete what was copied to this machine."""
        if self._used is not None:
            self._used.close()

    def _drop(self) -> None:
        with self._lock:
            dropped, self._next = self._next, None
        if dropped is not None:
            self._store.abandon(dropped[0])

    def _wait(self, *, checks: bool = False) -> None:
        if self._idle.is_set():
            return
        with self._delivery.time.waiting():
            while not self._idle.wait(_LOOK):
                if checks:
                    self._delivery.check()

    def _raise_failure(self) -> None:
        """Raise the failure of what was saved before, once. Until then, and at the end that follows, reports wait."""
        with self._lock:
            if self._failure is None or self._is_known:
                if self._failure is not None:  # the objective has caught it, and goes on without saving
                    self._failure, self._is_known = None, False
                    self._delivery.hold(self._next is not None)
                return
            self._is_known = True
            raise self._failure

    # --- reading -----------------------------------------------------------------------------------------------------

    def read(self) -> Path | None:
        """The directory of the checkpoint to resume from, verified; None when there is none.

        Raises:
            CheckpointCorruptedError, CheckpointDiskError: see ``Trial.load_checkpoint``.
        """
        if self._resumed is None:
            return None
        with self._disk():
            return self._store.verify(self._resumed)


def _as_ours(number: int, step: int, error: Exception) -> CheckpointError:
    if isinstance(error, CheckpointError):
        return error
    return CheckpointDiskError(
        f"trial {number}: the checkpoint of step {step} could not be published: {type(error).__name__}."
    )


__all__ = ["Saving"]
