"""Rank 0 of a trial of several processes: a Trial whose calls the other ranks follow."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...checkpoints.manifest import Files
from ...checkpoints.store import object_store
from ...core.encoding import to_json
from ...core.messages import Assignment
from ...distributions import Distribution
from ...exceptions import CheckpointDiskError, is_pruned
from ..failures import AttemptInterrupted
from ..host import Host
from ..trial import Trial
from . import calls
from .calls import Over, Start
from .lead import Lead, RankFailed
from .places import RankPlace
from .store import Rendezvous

VISIBLE_PATIENCE = 30.0  # seconds in which a network file system must show what another node has written
STOP_PATIENCE = 2.0  # seconds that the others have to end when the trial was asked to stop


class LeadingTrial(Trial):
    """The trial as rank 0 has it.

    Args:
        arguments: see Trial.
        lead: what the other ranks follow.
        place: of this rank.
        rendezvous: how the ranks meet in torch.
        lease: seconds that the others have to end after this one.
    """

    def __init__(
        self, *arguments: Any, lead: Lead, place: RankPlace, rendezvous: Rendezvous, lease: float, clock: Host
    ) -> None:
        super().__init__(*arguments)
        self._lead, self._place, self._rendezvous, self._lease = lead, place, rendezvous, lease
        self._clock = clock
        self.rank, self.world_size, self.local_rank = place.rank, place.world_size, place.local_rank
        lead.trial = self.delivery
        shared: Assignment = replace(self._assignment, token=None)
        lead.begin(Start(to_json(shared), rendezvous.port, rendezvous.holds_store))

    def _suggest(self, name: str, distribution: Distribution) -> Any:
        value = super()._suggest(name, distribution)
        self._lead.add(calls.SUGGEST, f"{name!r}, {distribution}", json.loads(to_json(self._params[name])))
        return value

    def report(self, value: Any, step: int) -> None:
        """See Trial: this rank's value counts."""
        super().report(value, step)
        self._lead.add(calls.REPORT, f"step={int(step)}")

    def should_prune(self) -> bool:
        """See Trial: all ranks get this answer."""
        if self._lead.failed is not None:
            self._stop_because_of_a_rank()
        answer = super().should_prune()
        self._lead.add(calls.SHOULD_PRUNE, "", answer)
        return answer

    def should_checkpoint(self) -> bool:
        """See Trial: all ranks get this answer."""
        answer = super().should_checkpoint()
        self._lead.add(calls.SHOULD_CHECKPOINT, "", [answer, self.delivery.must_hurry])
        return answer

    @contextmanager
    def checkpoint_dir(self, step: int) -> Iterator[Path]:
        """See Trial: all ranks get this directory; it is published when all of them have left the block.

        At a URL the ranks on other nodes have directories of their own, and have uploaded them by then.
        """
        with super().checkpoint_dir(step) as directory:
            store, is_apart = self._checkpoints(), self._place.n_nodes > 1
            root = store.root  # at a URL the directory is one of this node, for the ranks on it
            where = directory.relative_to(root).as_posix() if isinstance(root, Path) else str(directory)
            objects = object_store(store) if is_apart else None
            uri = None if objects is None else objects.share(directory, self.number, self.attempt, int(step))
            call = self._lead.add(calls.CHECKPOINT, f"step={int(step)}", [where, uri])
            yield directory
            try:
                self._lead.wait_written(call)
                written = self._lead.wait_written(self._lead.add(calls.WRITTEN)) if is_apart else []
            except RankFailed:
                self._stop_because_of_a_rank()
            for files in written:
                if objects is None:
                    self._wait_visible(directory, files)
                else:
                    objects.add_part(directory, files)

    def _wait_visible(self, directory: Path, files: Files) -> None:
        """Wait until this node sees what others have written."""
        until = self._clock.monotonic() + VISIBLE_PATIENCE
        while missing := [name for name, (size, _) in files.items() if _size(directory / name) != size]:
            if self._clock.monotonic() > until:
                raise CheckpointDiskError(
                    f"trial {self.number}: {missing[0]}, which another rank has written into {directory}, is not seen "
                    f"on rank 0's node after {VISIBLE_PATIENCE:.0f} s. Do all nodes mount the same directory?"
                )
            self._clock.sleep(0.1)

    def _stop_because_of_a_rank(self) -> None:
        rank, why = self._lead.failed or (None, "it has left")
        self.delivery.interrupt(f"rank {rank} of this trial failed: {why}")
        self.delivery.check()

    def init_process_group(self, backend: str | None = None, timeout: float | None = None) -> None:
        """See Ranked."""
        port = self._rendezvous.hold(self.world_size)
        self._lead.add(calls.INIT_PROCESS_GROUP, "", port)
        self._rendezvous.join(self._place, backend, timeout)

    def finish(self, error: BaseException | None) -> None:
        """The objective has ended: with ``error``, or it has returned (None). Waits for the other ranks."""
        if error is None or is_pruned(error):
            self._lead.add(calls.END)
            self._lead.end(Over.ENDED)
            self._lead.wait_ended(self._lease)
            self._rendezvous.leave()
            return
        self._lead.end(Over.STOPPED)
        if isinstance(error, (AttemptInterrupted, KeyboardInterrupt)):
            self._lead.wait_ended(STOP_PATIENCE)


def leading(objective: Callable[[Trial], Any]) -> Callable[[Trial], Any]:
    """An objective whose end the other ranks learn of."""

    @functools.wraps(objective)
    def led(trial: Trial) -> Any:
        assert isinstance(trial, LeadingTrial)
        try:
            result = objective(trial)
        except BaseException as error:
            trial.finish(error)
            raise
        trial.finish(None)
        return result

    return led


def _size(path: Path) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return -1


__all__ = ["LeadingTrial", "leading"]
