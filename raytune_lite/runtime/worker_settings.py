"""What every attempt of a run must know of its study and of the way to its driver. Data only."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..trial import StudyDirection


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyFacts:
    """What an objective can see of its study.

    ``created``: seconds since 1970 UTC. ``user_attrs``: (key, JSON text) as they were when the run began.
    """

    name: str = ""
    study_id: int = 0
    directions: tuple[StudyDirection, ...] = (StudyDirection.MINIMIZE,)
    created: float = 0.0
    user_attrs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings:
    """What every attempt of a run must know of its study.

    ``run``: the run's name. ``node``: the driver's; a local checkpoint path is good there only. ``marker``: what stands
    in the checkpoint directory, so that other nodes can tell whether they see it; None: it is not marked.
    ``must_see_checkpoints``: a node that does not see it may run no trial. ``lease``, ``trial_timeout``: seconds.
    ``log_root``: where what trials print is kept, if not there. ``address``, ``key``: of the driver process's socket;
    None: other machines have none. ``fingerprint``: of its certificate; None: no TLS there. ``local_address``: for
    processes on the driver's node. ``previous_owner``: whose study it was until now, if it was not given back.
    """

    n_objectives: int
    checkpoint_root: str
    lease: float
    trial_timeout: float | None = None
    run: str = ""
    node: str = ""
    marker: str | None = None
    must_see_checkpoints: bool = False
    log_root: str | None = None
    address: tuple[str, int] | None = None
    key: bytes = field(default=b"", repr=False)
    fingerprint: str | None = None
    local_address: tuple[str, int] | None = None
    previous_owner: str | None = None
    study: StudyFacts = StudyFacts()


__all__ = ["StudyFacts", "WorkerSettings"]
