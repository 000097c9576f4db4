"""The Hydra sweeper on a Ray of its own: jobs in worker processes."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import raytune_lite as rtl
from raytune_lite.trial import TrialState

from ..scripts import run

pytest.importorskip("hydra")
pytestmark = pytest.mark.ray
APP = Path(__file__).with_name("hydra_app.py")


def test_jobs_run_on_workers_with_what_the_script_knows_and_none_waits_for_a_batch(tmp_path: Path) -> None:
    run(
        APP, "--multirun", "hydra/sweeper=raytune_lite", "hydra.sweep.dir=jobs",
        "hydra.job.chdir=true", "hydra.job.env_copy=[RTL_COPIED]", "+hydra.job.env_set.RTL_SET=set",
        "hydra.sweeper.storage=sqlite:///study.db", "hydra.sweeper.study_name=s", "hydra.sweeper.n_trials=4",
        "hydra.sweeper.n_jobs=2", "hydra.sweeper.resources.num_cpus=0.5", "x=interval(0,1)",
        folder=tmp_path, env={**os.environ, "RTL_COPIED": "copied"},
    )  # fmt: skip
    jobs = tmp_path / "jobs"
    seen = [json.loads((jobs / str(n) / "seen.json").read_text()) for n in range(4)]
    assert [job["id"] for job in seen] == [f"s_{n}_1" for n in range(4)]
    assert len({job["pid"] for job in seen}) >= 2
    for n, job in enumerate(seen):
        assert (job["copied"], job["set"], job["typed"]) == ("copied", "set", True)
        assert job["cwd"] == str(jobs / str(n))
        assert (job["start"], job["file"]) == (str(tmp_path), str(tmp_path / "data"))
    study = rtl.load_study(storage=f"sqlite:///{tmp_path}/study.db")
    assert [trial.state for trial in study.trials] == [TrialState.COMPLETE] * 4
    assert [float(job["twice"]) for job in seen] == [2 * trial.params["x"] for trial in study.trials]
    first, *others = study.trials
    assert all(first.datetime_complete > trial.datetime_start for trial in others)
    study.close()


def test_each_process_of_a_job_runs_the_task_in_a_directory_of_its_own(tmp_path: Path) -> None:
    run(
        APP, "--multirun", "hydra/sweeper=raytune_lite", "hydra.sweep.dir=jobs", "others=0",
        "hydra.sweeper.n_trials=1", "hydra.sweeper.workers=2", "hydra.sweeper.resources.num_cpus=0.5",
        "x=interval(0,1)", folder=tmp_path,
    )  # fmt: skip
    job = tmp_path / "jobs" / "0"
    first, second = (json.loads((folder / "seen.json").read_text()) for folder in (job, job / "rank_1"))
    assert first["pid"] != second["pid"]
    assert first["twice"] == second["twice"]
    assert (job / "rank_1" / ".hydra" / "overrides.yaml").exists()
