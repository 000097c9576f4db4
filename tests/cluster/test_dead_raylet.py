"""A raylet dies on which CPUs were free: its trial does not wait until Ray calls the node dead."""

from __future__ import annotations

from pathlib import Path

import pytest

from .raylets import results

pytestmark = [pytest.mark.ray, pytest.mark.timeout(200)]


def test_lost_trials_run_again_before_ray_calls_their_node_dead(tmp_path: Path) -> None:
    (found,) = results("dead_raylet_script", tmp_path)
    print(found["kills"])
    assert found["states"] == ["COMPLETE"] * 2
    assert [kill["is_known"] for kill in found["kills"]] == [False, False]
    assert all(kill["again"] < kill["known"] for kill in found["kills"])
