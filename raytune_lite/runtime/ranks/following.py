"""The ranks of a trial besides rank 0: a Trial that gets its answers from rank 0's log, and what runs it."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from ...checkpoints.disk import is_failing
from ...checkpoints.manifest import Files
from ...checkpoints.store import object_store
from ...core.encoding import from_json
from ...core.messages import Decision, Leave, ParamValue, Progress
from ...distributions import Distribution, as_distribution
from ...exceptions import CheckpointDiskError, CheckpointError, TrialDivergedError
from ..failures import AttemptInterrupted
from ..host import Host
from ..ports import Transport, TransportError
from ..reported import checked_step, checked_values
from ..trial import Trial
from . import calls
from .calls import Call, Over, Reply, Said, Start, reply_from_json
from .places import RankPlace
from .store import Rendezvous

ASK_TIMEOUT = 10.0  # seconds until a question that rank 0 has not answered is asked again
ENDED_PATIENCE = 2.0  # seconds for which rank 0 is told that this rank has ended: it may have ended first
REST = 0.2  # seconds until rank 0 is asked again when it could not be reached
WAIT_NOTICE = 60.0  # seconds of waiting for rank 0 until stderr says so; each later notice comes after twice as long


class LeaderGone(AttemptInterrupted):
    """Rank 0 cannot be reached for a whole lease."""


class Follower:
    """What one rank knows of rank 0's log.

    Args:
        rank: this one.
        open_transport: makes a connection to rank 0; raises TransportError when it cannot.
        host: clock and lock.
        lease: seconds after which rank 0 is given up when it does not answer.
        acknowledged: called with the time at which a message was sent that rank 0 has answered.
        order: what this process was told, if it will soon be gone.
    """

    def __init__(
        self,
        rank: int,
        open_transport: Callable[[], Transport],
        host: Host,
        lease: float,
        acknowledged: Callable[[float], None],
        order: Callable[[], Leave | None],
    ) -> None:
        self._rank, self._open, self._host, self._lease = rank, open_transport, host, lease
        self._acknowledged, self._order = acknowledged, order
        self._transports: dict[str, Transport] = {}  # one for the objective, one for the heartbeat
        self._theirs: list[Call] = []  # rank 0's, as far as they are known
        self._mine: list[Call] = []
        self._checked = 0  # calls of which both are known, and are alike
        self._over = Over.NOT_YET

    # --- asking ------------------------------------------------------------------------------------------------------

    def start(self) -> Start | None:
        """Wait for the trial; None: there is none for this group."""
        while True:
            reply = self._ask(Said(self._rank, since=-1))
            if reply.start is not None or reply.over == Over.NOTHING:
                return reply.start

    def note(self, kind: str, what: str) -> None:
        """This rank makes a call whose answer it does not need; it is compared with rank 0's later."""
        self._mine.append(Call(kind, what))
        self._compare()

    def call(self, kind: str, what: str = "") -> tuple[int, Any]:
        """Make a call; its number, and rank 0's answer to it. Waits until rank 0 has made it.

        Raises:
            TrialDivergedError: rank 0 has made another one, or has ended.
            AttemptInterrupted: rank 0 was stopped, or has failed.
        """
        self._mine.append(Call(kind, what))
        index = len(self._mine) - 1
        began = self._host.monotonic()
        patience = WAIT_NOTICE
        while len(self._theirs) <= index:
            self._compare()
            if self._over == Over.ENDED:
                raise TrialDivergedError(self._rank, index, str(self._mine[index]), "no call: its objective has ended")
            if self._over:
                raise AttemptInterrupted("rank 0 of this trial was stopped, or has failed")
            reply = self._ask(Said(self._rank, since=len(self._theirs)))
            self._theirs += reply.calls
            self._over = "" if reply.calls else reply.over  # its last calls first
            if self._host.monotonic() - began > patience:
                patience *= 2
                self._say_waiting(index, self._host.monotonic() - began)
        self._compare()
        return index, self._theirs[index].answer

    def _compare(self) -> None:
        for index in range(self._checked, min(len(self._mine), len(self._theirs))):
            mine, theirs = self._mine[index], self._theirs[index]
            if not mine.is_like(theirs):
                raise TrialDivergedError(self._rank, index, str(mine), str(theirs))
            self._checked = index + 1

    def _say_waiting(self, index: int, seconds: float) -> None:
        print(  # noqa: T201
            f"raytune_lite: rank {self._rank} has waited {seconds:.0f} s for rank 0 to make its call {index + 1}, "
            f"{self._mine[index]}. Every rank must make the same calls of its trial; if rank 0 waits for this rank in "
            "a collective, neither will go on.",
            file=sys.stderr,
            flush=True,
        )

    # --- telling -----------------------------------------------------------------------------------------------------

    def written(self, call: int, files: Files) -> None:
        """This rank has written its files of a checkpoint."""
        self._ask(Said(self._rank, written=call, files=files))

    def ended(self, failed: str = "") -> None:
        """This rank's objective has ended; ``failed``: with what exception. Rank 0 may have ended before."""
        with contextlib.suppress(LeaderGone):
            self._ask(Said(self._rank, ended=True, failed=failed), ENDED_PATIENCE)

    def report(self, number: int, attempt: int, progress: Progress) -> tuple[Decision, str | None]:  # noqa: ARG002
        """See delivery.Channel: the heartbeat's way. What this rank has buffered counts for nothing; that its process
        will soon be gone is rank 0's to know, too.
        """
        order = self._order()
        self._send(Said(self._rank, leaves=None if order is None else (order.reason, order.seconds)), "heartbeat")
        return Decision.CONTINUE, None

    def suggest(self, number: int, attempt: int, name: str, distribution: Distribution) -> NoReturn:
        """See delivery.Channel: never called, the answers come from rank 0."""
        raise NotImplementedError

    def finished(self, number: int, attempt: int) -> NoReturn:  # noqa: ARG002
        """See delivery.Channel: ranks might get other answers, and go different ways.

        Raises:
            RuntimeError: always.
        """
        raise RuntimeError(
            f"rank {self._rank} of a trial does not see the study's other trials, rank 0 does. Ask there "
            "(if trial.rank == 0) and broadcast what follows from it, for example with torch.distributed."
        )

    def _ask(self, said: Said, patience: float | None = None) -> Reply:
        """Send a message until it is answered; ``patience``: seconds, None: a lease.

        Raises:
            LeaderGone: no answer for so long.
        """
        until = self._host.monotonic() + (self._lease if patience is None else patience)
        while True:
            try:
                return self._send(said, "objective")
            except TransportError as error:
                if self._host.monotonic() > until:
                    raise LeaderGone(f"rank 0 does not answer for {self._lease:.0f} s: {error}") from error
                self._host.sleep(REST)

    def _send(self, said: Said, whose: str) -> Reply:
        sent_at = self._host.monotonic()
        try:
            if whose not in self._transports:
                self._transports[whose] = self._open()
            reply = reply_from_json(self._transports[whose].call(said.to_json(), ASK_TIMEOUT))
        except TransportError:
            self._transports.pop(whose, None)
            raise
        self._acknowledged(sent_at)
        return reply


class FollowerTrial(Trial):
    """The trial as a rank other than 0 has it: the same answers, and what it reports or sets counts for nothing.

    Args:
        arguments: see Trial; the channel is the follower.
        follower: what it knows of rank 0.
        place: of this rank.
        rendezvous: how the ranks meet in torch.
    """

    def __init__(self, *arguments: Any, follower: Follower, place: RankPlace, rendezvous: Rendezvous) -> None:
        super().__init__(*arguments)
        self._follower, self._place, self._rendezvous = follower, place, rendezvous
        self.rank, self.world_size, self.local_rank = place.rank, place.world_size, place.local_rank

    def _suggest(self, name: str, distribution: Distribution) -> Any:
        self.delivery.check()
        _, answer = self._follower.call(calls.SUGGEST, f"{name!r}, {distribution}")
        param = from_json(json.dumps(answer))
        assert isinstance(param, ParamValue)
        given = as_distribution(distribution)
        return self._as_given(param, given if given == param.distribution else param.distribution)

    def report(self, value: Any, step: int) -> None:
        """See Trial: rank 0's value counts, and this one is only checked."""
        checked_values(self.number, self._n_objectives, value, step)
        self.delivery.check()
        self._follower.note(calls.REPORT, f"step={checked_step(self.number, step)}")

    def should_prune(self) -> bool:
        """See Trial: rank 0's answer."""
        self.delivery.check()
        return bool(self._follower.call(calls.SHOULD_PRUNE)[1])

    def should_checkpoint(self) -> bool:
        """See Trial: rank 0's answer, whose node or that of another rank will soon be gone."""
        answer, is_urgent = self._follower.call(calls.SHOULD_CHECKPOINT)[1]
        if is_urgent:
            self.delivery.leave(Leave(reason="a node of this trial leaves", seconds=0.0))
        return bool(answer)

    def save_checkpoint(self, state: Mapping[str, Any], step: int) -> None:  # noqa: ARG002
        """See Trial: rank 0's state is stored."""
        self.delivery.check()
        call, _ = self._follower.call(calls.CHECKPOINT, f"step={checked_step(self.number, step)}")
        self._tell_written(call, dict)

    @contextmanager
    def checkpoint_dir(self, step: int) -> Iterator[Path]:
        """See Trial: the directory of all ranks; the names of their files must differ.

        At a URL it is rank 0's for the ranks on its node. Those on other nodes have directories of their own, which are
        uploaded here; rank 0 publishes the whole.
        """
        self.delivery.check()
        call, (where, uri) = self._follower.call(calls.CHECKPOINT, f"step={checked_step(self.number, step)}")
        store = self._checkpoints()
        objects = object_store(store) if uri is not None and self._place.node_rank > 0 else None
        directory = Path(store.root, where) if objects is None else objects.begin(self.number, self.attempt, int(step))
        files: Files = {}
        try:
            yield directory
            if objects is not None:
                files = objects.upload_part(directory, uri)
            elif self._place.n_nodes > 1:
                _sync_files(directory)
        except Exception as error:
            if isinstance(error, CheckpointError) or not is_failing(error, directory):
                raise
            raise CheckpointDiskError(
                f"trial {self.number}: the checkpoint of step {step} could not be written by rank {self.rank}: {error}."
                " Free space, or give the study another checkpoint directory; the previous checkpoint is untouched."
            ) from error
        finally:
            if objects is not None:
                objects.abandon(directory)
        self._tell_written(call, (lambda: _sizes(directory)) if uri is None else lambda: files)

    def _tell_written(self, call: int, files: Callable[[], Files]) -> None:
        """Tell rank 0; ranks on other nodes then tell what it must be able to see, once nobody writes any more."""
        self._follower.written(call, {})
        if self._place.n_nodes > 1:
            call, _ = self._follower.call(calls.WRITTEN)
            self._follower.written(call, files())

    def init_process_group(self, backend: str | None = None, timeout: float | None = None) -> None:
        """See Ranked."""
        self.delivery.check()
        _, port = self._follower.call(calls.INIT_PROCESS_GROUP)
        self._rendezvous.follow(port)
        self._rendezvous.join(self._place, backend, timeout)

    def finish(self) -> None:
        """The objective has ended, and rank 0's must too, here.

        Raises:
            TrialDivergedError: rank 0 goes on with another call.
        """
        self._follower.call(calls.END)
        self._rendezvous.leave()


def _sync_files(directory: Path) -> None:
    """What this node has written there is on the disk, for all nodes. Others may be at work there."""
    for path, _ in _walk(directory):
        with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
            os.fsync(file.fileno())


def _sizes(directory: Path) -> Files:
    return {name: (path.stat().st_size, "") for path, name in _walk(directory)}


def _walk(directory: Path) -> Iterator[tuple[Path, str]]:
    """The files below a directory, each with its name from there."""
    for folder, _, names in os.walk(directory):
        for name in names:
            path = Path(folder, name)
            yield path, path.relative_to(directory).as_posix()


__all__ = ["Follower", "FollowerTrial", "LeaderGone"]
