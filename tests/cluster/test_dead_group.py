"""The raylet under one process of a trial dies while the next trial waits for its places."""

from __future__ import annotations

from pathlib import Path

import pytest

from .raylets import results

pytestmark = [pytest.mark.ray, pytest.mark.timeout(200)]
GOAL = 5.0  # seconds after Ray has called the node dead


@pytest.mark.parametrize("rank", [0, 1])
def test_a_group_whose_node_dies_is_placed_elsewhere_though_one_waits_for_places(tmp_path: Path, rank: int) -> None:
    (found,) = results("dead_group_script", tmp_path, rank)
    print(found["again"], found["known"])
    assert found["states"] == ["COMPLETE"] * 2
    assert found["outcomes"].count("node_lost") == 1
    assert found["again"] <= found["known"] + GOAL
    assert not found["groups_left"]
