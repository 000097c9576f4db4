"""The raylet under one process of a trial dies while the next trial waits for its places."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.ray, pytest.mark.timeout(200)]
GOAL = 5.0  # seconds after Ray has called the node dead


@pytest.mark.parametrize("rank", [0, 1])
def test_a_group_whose_node_dies_is_placed_elsewhere_though_one_waits_for_places(tmp_path: Path, rank: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.cluster.dead_group_script", str(tmp_path), str(rank)],
        cwd=ROOT, capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-4000:]
    found = json.loads(next(line[7:] for line in done.stdout.splitlines() if line.startswith("RESULT ")))
    print(found)
    assert found["states"] == ["COMPLETE"] * 2
    assert found["outcomes"].count("node_lost") == 1
    assert found["again"] <= found["known"] + GOAL, found
    assert not found["left"]
