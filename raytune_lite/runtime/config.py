"""What a run is started with, and the limits that hold for every run."""

from __future__ import annotations

import dataclasses
import os
import socket
from dataclasses import dataclass

from ..core.protocols import Pruner, Sampler
from ..core.retries import RetryPolicy
from ..exceptions import StorageError

LEASE = 60.0  # seconds an attempt is trusted without an answer: Ray lets a task run on for minutes behind a partition
LEAST_LEASE = 5.0  # seconds; below, a busy machine would cost attempts
STORAGE_PATIENCE = 120.0  # seconds a database that fails is tried again before the run is paused
CHECKPOINTS_KEPT = 2  # of a trial that may be resumed: the newest, and the one before it in case that is damaged
OWNER_LEASE = 15.0  # seconds a driver is trusted without a commit


@dataclass(frozen=True, slots=True, kw_only=True)
class RunConfig:
    """All that a driver needs to run a study; plain data, so it can be sent to another process.

    ``timeout``, ``lease``, ``trial_timeout`` and ``storage_patience`` are in seconds. ``checkpoint_dir_is_given``: the
    user has named it, so each node must see it. ``log_dir``: where logs of trials lie if that is a URL. ``secret``:
    what the tokens of the run's attempts are made of; None: they need none. ``held``: trials that somebody in the
    script's process has got from ``ask`` and not told yet. ``n_gpus``: of a trial, for its metrics. ``surroundings``,
    ``price``, ``prices``, ``max_cost``, ``moves_at``, ``shares_gpus``: see RunStarted. ``study_attrs``: see
    StudyFacts.user_attrs. ``tells_choices``: a notice says how trials are chosen.
    """

    storage: str = dataclasses.field(repr=False)  # it may hold a password
    study_name: str
    run: str
    sampler: Sampler | None = None
    pruner: Pruner | None = None
    n_trials: int | None = None
    max_trials: int | None = None
    timeout: float | None = None
    retries: RetryPolicy = RetryPolicy()
    checkpoint_dir: str | None = None
    log_dir: str | None = None
    durable: bool = True
    lease: float = LEASE
    trial_timeout: float | None = None
    storage_patience: float = STORAGE_PATIENCE
    checkpoint_dir_is_given: bool = False
    secret: bytes | None = dataclasses.field(default=None, repr=False)
    held: tuple[int, ...] = ()
    max_checkpoint_bytes: int | None = None
    n_gpus: float = 0.0
    surroundings: str = "{}"
    price: float = 0.0
    prices: str = "{}"
    max_cost: float | None = None
    moves_at: tuple[int, ...] = ()
    study_attrs: tuple[tuple[str, str], ...] = ()
    shares_gpus: bool = False
    tells_choices: bool = True


def new_run_id() -> str:
    """A name for one run of one process, unique over hosts and restarts."""
    return f"{socket.gethostname()}-{os.getpid()}-{os.urandom(4).hex()}"


def given_up(error: StorageError, seconds: float) -> StorageError:
    """What ends a run whose database has failed for so long."""
    return StorageError(
        f"the database has failed for {seconds:.0f} s, so the run is paused: {error} What was acknowledged is stored; "
        "when the database works again, the same command goes on from there."
    )


__all__ = [
    "CHECKPOINTS_KEPT", "LEASE", "LEAST_LEASE", "OWNER_LEASE", "STORAGE_PATIENCE", "RunConfig", "given_up",
    "new_run_id",
]  # fmt: skip
