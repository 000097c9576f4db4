"""`ray job submit --working-dir . -- python examples/digits.py` against a real head: the way a cluster runs a study."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import raytune_lite as rtl
from raytune_lite.trial import TrialState

from ..scripts import ROOT
from .heads import RAY, Head, started_head
from .leaving import SCRIPT, nothing_is_left

pytest.importorskip("aiohttp_cors", reason="Ray's job server is missing: pip install 'raytune-lite[jobs]'")
pytestmark = [pytest.mark.kill, pytest.mark.timeout(240)]

SOURCES = 20 << 20  # bytes; more than all of the repository's files, less than any .venv


class JobHead:
    """A head with a job server, and what was uploaded to it."""

    def __init__(self, head: Head) -> None:
        self.head = head

    def node(self) -> str:
        """Id of the head's one node."""
        [node] = self.head.get("/api/v0/nodes")["data"]["result"]["result"]
        return str(node["node_id"])

    def uploaded(self) -> list[Path]:
        """Every file of every working directory that a job was given."""
        packages = self.head.home.glob("ray/session_*/runtime_resources/working_dir_files/_ray_pkg_*")
        return [path for package in packages if package.is_dir() for path in package.rglob("*") if path.is_file()]

    def submit(self, *entrypoint: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*RAY, "job", "submit", "--address", self.head.url, "--working-dir", ".", "--", *entrypoint],
            cwd=ROOT,
            env=self.head.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=150,
            check=False,
        )


@pytest.fixture(scope="module")
def head() -> Iterator[JobHead]:
    with started_head(jobs=True) as found:
        yield JobHead(found)


def test_a_submitted_example_runs_its_study_on_the_head_it_was_submitted_to(head: JobHead, tmp_path: Path) -> None:
    storage = f"sqlite:///{tmp_path}/digits.db"
    command = ["python", "examples/digits.py", "--storage", storage, "--study", "submitted"]
    command += ["--n-trials", "4"]

    job = head.submit(*command)
    assert job.returncode == 0, job.stdout
    assert "study 'submitted': 0 trials so far" in job.stdout
    assert "trials: 4" in job.stdout.split("\nstudy: submitted in ")[1]  # the summary at the end
    study = rtl.load_study(study_name="submitted", storage=storage)
    trials = study.trials
    assert [trial.number for trial in trials] == [0, 1, 2, 3]
    assert {trial.state for trial in trials} <= {TrialState.COMPLETE, TrialState.PRUNED}
    errors = [error for trial in trials for error in trial.intermediate_values.values()]
    assert 0.0 <= min(errors) < 0.5  # guessing is 0.9; configuration 2 of seed 0 is at 0.1 after one epoch
    # the script joined the head by the RAY_ADDRESS that Ray gives to a job, and started no Ray of its own
    assert {attempt.node for attempt in study.attempts} == {head.node()}

    uploaded = head.uploaded()
    assert any(path.match("examples/digits.py") for path in uploaded)
    # Ray leaves out .git and .venv by default, and what .gitignore lists
    assert not [path for path in uploaded if {".git", ".venv", ".mypy_cache"} & set(path.parts)]
    written = [path for path in uploaded if "__pycache__" in path.parts]  # by the workers, who import from there
    assert sum(path.stat().st_size for path in set(uploaded) - set(written)) < SOURCES


def test_a_submitted_run_that_is_detached_goes_on_after_its_job_and_submitting_again_follows_the_job(
    head: JobHead, storage: str, tmp_path: Path
) -> None:
    followed = tmp_path / "followed"
    waits = f"import os\n    while not os.path.exists({str(followed)!r}): time.sleep(0.1)\n    sys.exit(3)"
    script = SCRIPT.replace("time.sleep(600)", waits)
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "train.py").write_text(script)

    def submit(*options: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "raytune_lite", "submit", "--address", head.head.url, "--name", "left"]
        command += [*options, "train.py", storage, "40", "0.1", "9999", str(tmp_path / "marks")]
        return subprocess.Popen(
            command, cwd=tmp_path / "work", env=head.head.environment(), stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    begun = submit("--no-wait")
    assert (begun.communicate(timeout=120)[0], begun.returncode) == ("submitted: job rtl-left\n", 0)
    again = submit()
    assert again.stdout is not None
    assert again.stdout.readline() == "already under way: job rtl-left\n"
    followed.touch()  # its job ends now, and not before
    said, _ = again.communicate(timeout=120)
    assert again.returncode == 3, said
    assert "left\n" in said  # the script's own line, from the log
    study = rtl.attach("left", storage=storage, show_progress_bar=False)
    assert [trial.state for trial in study.trials] == [TrialState.COMPLETE] * 40
    assert "rtl-left" in {job["submission_id"] for job in head.head.get("/api/jobs/")}
    nothing_is_left(head.head)
