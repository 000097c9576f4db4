"""What a Trial says of its ranks, where it runs in one process."""

from __future__ import annotations


class Ranked:
    """A trial of one process; those of several say otherwise."""

    rank: int = 0
    """Which of the trial's processes this is, from 0. Rank 0 reports, and its result is the trial's."""
    world_size: int = 1
    """How many processes the trial has, see ``optimize(workers=...)``."""
    local_rank: int = 0
    """Which of the trial's processes on this node this is, from 0."""

    def init_process_group(self, backend: str | None = None, timeout: float | None = None) -> None:
        """Call ``torch.distributed.init_process_group`` for the ranks of this trial; each of them has to call it.

        The variables of torchrun are set too, so that libraries which read them need no call of this. A trial of one
        process gets a group of one, which is kept for the trials after it in the same process.

        Args:
            backend: as torch's. None: gloo, with nccl for tensors on GPUs where the trial has GPUs.
            timeout: seconds that a collective may take. None: torch's default.

        Raises:
            ImportError: torch is not installed.
            TrialDivergedError: rank 0 does not call it here.
        """
        from ...training.processes import join_alone

        join_alone(backend, timeout)


__all__ = ["Ranked"]
