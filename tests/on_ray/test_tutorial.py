"""The tutorial, word for word, in a real shell: with its kill -9 of a worker and of the script.

Only the Ray is the tests' own, so that none has to start four times.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import ray

import raytune_lite as rtl
from raytune_lite.trial import TrialState

from .. import pages

PAGE = pages.ROOT / "docs" / "tutorial.md"
SHORTER = {"time.sleep(0.5)": "time.sleep(0.2)", "max_trials=80": "max_trials=50"}  # a reader wants to look around
pytestmark = [pytest.mark.ray, pytest.mark.kill, pytest.mark.timeout(400)]


def test_the_tutorial_runs_word_for_word(ray_cluster: None, tmp_path: Path) -> None:
    command = tmp_path / "bin" / "raytune-lite"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m raytune_lite "$@"\n')
    command.chmod(0o755)
    path = f"{command.parent}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    address = ray.get_runtime_context().gcs_address
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(pages.ROOT), "RAY_ADDRESS": address}
    script = pages.shell_script(pages.blocks(PAGE))
    for long, short in SHORTER.items():
        assert long in script
        script = script.replace(long, short)
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=380, check=False
    )
    assert done.returncode == 0, f"{done.stdout[-5000:]}\n{done.stderr[-3000:]}"

    assert "it gives no sign of life" in done.stdout  # status, after the kill of the script
    assert "worker_crash" in done.stdout
    assert "took the study over" in done.stderr
    folder = tmp_path / "tune"
    storage = f"sqlite:///{folder}/tutorial.db"
    first = rtl.load_study(study_name="first", storage=storage)
    assert [attempt.outcome for attempt in first.attempts] == ["complete"] * 20  # also after the second start
    study = rtl.load_study(study_name="train", storage=storage)
    assert len(study.trials) == 50
    assert {trial.state for trial in study.trials} == {TrialState.COMPLETE, TrialState.PRUNED}
    outcomes = {attempt.outcome for attempt in study.attempts}
    assert {"worker_crash", "driver_lost", "paused", "complete"} <= outcomes
    lost = {(a.number, a.attempt) for a in study.attempts if a.outcome in ("worker_crash", "driver_lost")}
    after = [a for a in study.attempts if (a.number, a.attempt - 1) in lost]
    assert len(after) == len(lost)  # each was tried again
    crashed = {(a.number, a.attempt) for a in study.attempts if a.outcome == "worker_crash"}
    # it had been promoted, so it had saved
    assert all(a.resumed_step for a in after if (a.number, a.attempt - 1) in crashed)
    for trial in study.get_trials(states=[TrialState.COMPLETE]):
        assert list(trial.intermediate_values) == list(range(1, 28))  # no epoch is missing, whatever was killed
    assert (folder / "report.html").stat().st_size > 10_000
    assert len((folder / "trials.csv").read_text().splitlines()) == 51
    assert study.best_value < 0.11
    first.close()
    study.close()
