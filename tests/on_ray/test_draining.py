"""``raytune-lite drain``: the machine of a head of its own is drained, as a pod's preStop hook does it."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

import raytune_lite as rtl

from ..chaos.processes import wait_for
from .heads import Head, started_head

pytestmark = [pytest.mark.ray, pytest.mark.timeout(240)]

SCRIPT = """
import sys, time
import raytune_lite as rtl

def objective(trial):
    for step in range((trial.resumed_from_step or 0) + 1, 5000):
        time.sleep(0.05)
        trial.report(1 / step, step)
        if trial.should_checkpoint():
            trial.save_checkpoint({"step": step}, step)
    return 1.0

study = rtl.create_study(study_name="s", storage=sys.argv[1])
study.optimize(objective, n_trials=2, show_progress_bar=False)
"""


def test_trials_save_before_their_machine_is_taken(tmp_path: Path) -> None:
    with started_head() as head:
        _drained(head, f"sqlite:///{tmp_path}/s.db", tmp_path)


def _drained(head: Head, url: str, tmp_path: Path) -> None:
    script = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, url], env=head.joined(), cwd=tmp_path, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    said: list[str] = []
    threading.Thread(target=lambda: said.extend(script.stdout or ()), daemon=True).start()
    try:
        wait_for("two trials with reports", lambda: _n_reporting(url) == 2, 90.0, 0.5)
        done = subprocess.run(
            [sys.executable, "-m", "raytune_lite", "drain", "--seconds", "40"], env=head.joined(),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=90, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout
        assert "is drained: its trials save" in done.stdout
        wait_for("both attempts to have left", lambda: _outcomes(url) == ["interrupted"] * 2, 40.0, 0.5)
    finally:
        script.kill()
        script.wait(10)


def test_without_ray_there_is_nothing_to_drain(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "raytune_lite", "drain"], env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path),
        "RAY_TMPDIR": str(tmp_path), "PYTHONPATH": str(Path(rtl.__file__).parents[1])},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "no Ray runs on this machine" in done.stdout


def _study(url: str) -> rtl.Study:
    return rtl.load_study(study_name="s", storage=url)


def _n_reporting(url: str) -> int:
    if not Path(url.removeprefix("sqlite:///")).exists() or "s" not in rtl.get_all_study_names(storage=url):
        return 0
    return sum(bool(trial.intermediate_values) for trial in _study(url).trials)


def _outcomes(url: str) -> list[str | None]:
    return [attempt.outcome for attempt in _study(url).attempts]
