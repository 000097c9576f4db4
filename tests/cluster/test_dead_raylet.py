"""A raylet dies on which CPUs were free: its trial does not wait until Ray calls the node dead."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.ray, pytest.mark.timeout(200)]


def test_lost_trials_run_again_before_ray_calls_their_node_dead(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.cluster.dead_raylet_script", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-4000:]
    found = json.loads(next(line[7:] for line in done.stdout.splitlines() if line.startswith("RESULT ")))
    print(found)
    assert found["states"] == ["COMPLETE"] * 2
    assert [kill["is_known"] for kill in found["kills"]] == [False, False], found
    assert all(kill["again"] < kill["known"] for kill in found["kills"])
