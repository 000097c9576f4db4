"""cluster/slurm.sbatch with the true `ray symmetric-run` and a study: USR1 drains it, the requeued job ends it.

symmetric-run ends with `ray stop`, which kills every Ray that it sees. So all of this runs in namespaces of its own.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import raytune_lite as rtl
from raytune_lite.trial import TrialState

from ..chaos.processes import wait_for
from ..manifests.test_slurm import BATCH, fakes
from ..scripts import rows

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]
STUDY = Path(__file__).parents[1] / "on_ray" / "study_script.py"
APART = ("unshare", "-p", "-f", "-n", "-m", "--mount-proc", "--kill-child")
LOOPBACK = 'ip link set lo up && exec "$@"'
EPOCHS = 9  # of STUDY


@pytest.fixture
def folder() -> Iterator[Path]:
    if os.geteuid() != 0 or subprocess.run([*APART, "true"], check=False).returncode != 0 or not shutil.which("ip"):
        pytest.skip("namespaces of its own need root, unshare(1) and ip(8): `ray stop` would end other Rays here")
    found = Path(tempfile.mkdtemp(prefix="rtl-slurm-", dir="/tmp"))  # short: Ray's sockets lie below it
    yield found
    shutil.rmtree(found, ignore_errors=True)


def submit(folder: Path, environment: dict[str, str], *command: str) -> subprocess.Popen[bytes]:
    """The batch script as the first process of namespaces of its own; ``folder/batch.pid`` will have its pid there."""
    inside = f'echo "$BASHPID" >"$TMPDIR/batch.pid"; exec bash {BATCH} "$@"'
    with (folder / "job.log").open("ab") as log:
        return subprocess.Popen(
            [*APART, "sh", "-c", LOOPBACK, "sh", "bash", "-c", inside, "batch", *command],
            cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip


def batch_process(job: subprocess.Popen[bytes]) -> int:
    """The pid, out here, of the batch script: the child of unshare."""
    (child,) = Path(f"/proc/{job.pid}/task/{job.pid}/children").read_text().split()
    return int(child)


def test_a_study_is_drained_before_the_time_limit_and_the_requeued_job_ends_it(folder: Path) -> None:
    log, storage = folder / "study.log", f"sqlite:///{folder}/study.db"
    environment = {
        **fakes(folder, "srun", "scontrol"),
        "PATH": f"{folder}/programs:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(folder),
        "RAY_TMPDIR": str(folder),
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_enable_metrics_collection": "0",
        "RAY_worker_niceness": "0",
        "OMP_NUM_THREADS": "1",
    }
    command = (sys.executable, str(STUDY), storage, str(log), "--max-trials", "4", "--pause", "0.4", "--hold", "1", "3")
    hold = folder / "study.log.hold"
    hold.touch()  # trial 1 waits after its third epoch: the study cannot end before it is drained

    job = submit(folder, environment, *command)

    def is_at_work() -> bool:
        assert job.poll() is None, (folder / "job.log").read_text()
        return len(rows(log)) >= 6

    wait_for("six epochs", is_at_work, 120)
    os.kill(batch_process(job), signal.SIGUSR1)
    assert job.wait(90) == 0, (folder / "job.log").read_text()
    said = (folder / "job.log").read_text()
    assert "back into the queue" in said, said
    assert (folder / "log").read_text().splitlines() == ["requeue 4711"]
    before = rows(log)
    study = rtl.load_study(study_name="killed", storage=storage)
    assert any(trial.state not in (TrialState.COMPLETE, TrialState.FAIL) for trial in study.trials)
    study.close()
    hold.unlink()

    job = submit(folder, environment, *command)  # as Slurm does with a requeued job
    assert job.wait(150) == 0, (folder / "job.log").read_text()
    assert (folder / "log").read_text().splitlines() == ["requeue 4711"], "a study that has ended is not put back"
    study = rtl.load_study(study_name="killed", storage=storage)
    assert [trial.state for trial in study.trials] == [TrialState.COMPLETE] * 4
    study.close()
    # each trial saved and ended: no epoch was trained twice
    trained = [(row["number"], row["epoch"]) for row in rows(log)]
    assert sorted(trained) == [(number, epoch) for number in range(4) for epoch in range(1, EPOCHS + 1)]
    assert 6 <= len(before) < 4 * EPOCHS
