"""Each kind of run outlives its script, killed with -9: those whose trials ask by their parameters, are groups of
processes, share GPUs, keep their checkpoints at a URL, or are stored in PostgreSQL. Then with their own process killed.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import raytune_lite as rtl
from raytune_lite.trial import TrialState

from ..chaos.processes import kill, wait_for
from ..object_server import BUCKET, S3, serving
from ..on_ray.heads import Head, started_head
from ..on_ray.leaving import left_by, nothing_is_left
from ..scripts import rows
from ..servers import Server
from .left_script import STEPS, value

pytestmark = [pytest.mark.kill, pytest.mark.timeout(240)]
N = 8  # trials
ENDS, FOUND_OUT = ("complete", "paused", "pruned"), ("interrupted",)  # the last: it only looked for a parameter
AT_NO_COST = {"driver_lost", "interrupted"}  # the second: Ray sends SIGTERM first, and the attempt had time
KINDS = ["function", "workers", "auto", "url", "postgresql"]


@pytest.fixture(scope="module")
def s3() -> Iterator[S3]:
    with serving() as found:
        yield found


@pytest.fixture(scope="module")
def head(s3: S3) -> Iterator[Head]:
    """Its workers know the way to the object store."""
    with started_head(num_cpus=2, num_gpus=2) as found:
        yield found


class Left:
    """A run that a script has left."""

    def __init__(self, head: Head, kind: str, folder: Path, request: pytest.FixtureRequest, seconds: float) -> None:
        self.kind, self.log = kind, folder / "log"
        self.storage, more = f"sqlite:///{folder}/study.db", list[str]()
        if kind == "postgresql":
            server: Server = request.getfixturevalue("postgresql_server")
            self.storage = server.url()
            more = [str(folder / "checkpoints")]
        if kind == "url":
            more = [f"s3://{BUCKET}/{folder.name}"]
        name = "plain" if kind in ("url", "postgresql") else kind
        left_by(
            head, "-m", "tests.cluster.left_script", name, self.storage, str(self.log), str(N), str(seconds), *more
        )
        self.study = rtl.load_study(study_name="left", storage=self.storage)

    def follow(self) -> rtl.Study:
        return rtl.attach("left", storage=self.storage, show_progress_bar=False)

    def check(self, study: rtl.Study) -> None:
        """Every trial has ended with its own curve, and the database agrees with its log."""
        trials = study.trials
        assert len(trials) == N
        states = Counter(trial.state for trial in trials)
        assert set(states) <= {TrialState.COMPLETE, TrialState.PRUNED}
        assert states[TrialState.PRUNED] == 0 or self.kind in ("url", "postgresql")
        for trial in trials:
            size, found = trial.params["size"], trial.intermediate_values
            assert found == {step: value(size, step) for step in range(1, len(found) + 1)}
            assert trial.state is TrialState.PRUNED or (len(found), trial.value) == (STEPS, value(size, STEPS))
        assert not study.differences()
        n_ranks = 2 if self.kind == "workers" else 1
        for _, _, rank, _, size, cpus, gpus, _ in rows(self.log):
            assert rank < n_ranks
            assert self.kind != "function" or cpus == size / 2
            assert self.kind != "auto" or gpus in (1.0, 0.25)  # 4 x 1.1 x 2.1 GB of 10 GB

    def trained(self) -> Counter[tuple[Any, ...]]:
        """How often each rank trained each step of each trial."""
        return Counter((number, rank, step) for number, _, rank, step, *_ in rows(self.log))


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_run_goes_on_to_its_end_when_its_script_is_killed(
    head: Head, kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    left = Left(head, kind, tmp_path, request, 0.1)
    study = left.follow()
    left.check(study)
    assert {attempt.outcome for attempt in study.attempts} <= {*ENDS, *(FOUND_OUT if kind == "function" else ())}
    assert set(left.trained().values()) == {1}, "a step was trained twice"
    n_ranks = 2 if kind == "workers" else 1
    assert len(left.trained()) == n_ranks * sum(len(trial.intermediate_values) for trial in study.trials)
    if kind == "auto":
        assert {attempt.num_gpus for attempt in study.attempts} == {1.0, 0.25}
    nothing_is_left(head)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_run_goes_on_when_its_process_in_the_cluster_is_killed_too(
    head: Head, kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    left = Left(head, kind, tmp_path, request, 0.2)
    ended: list[rtl.Study] = []
    follower = threading.Thread(target=lambda: ended.append(left.follow()), daemon=True)
    follower.start()
    wait_for("two trials at work", lambda: len({number for number, *_ in rows(left.log)}) >= 2 and _is_midway(left))
    [pid] = head.actors("RunActor")
    kill(pid)
    follower.join(90)
    assert ended, "attach has not ended"
    left.check(ended[0])
    lost = [attempt for attempt in ended[0].attempts if attempt.outcome not in ENDS]
    assert lost
    assert {attempt.outcome for attempt in lost} <= AT_NO_COST, [attempt.message for attempt in lost]
    assert max(left.trained().values()) <= 2
    nothing_is_left(head)


def _is_midway(left: Left) -> bool:
    """An attempt has steps behind it and before it."""
    last = rows(left.log)[-1]
    return bool(2 <= last[3] <= STEPS - 4)


