"""What a preempted node costs on three raylets: nothing where its attempts save, else their work since their saves."""

from __future__ import annotations

from pathlib import Path

import pytest

from .preemption import SAVE_EVERY, STEP, STEPS, run

pytestmark = [pytest.mark.ray, pytest.mark.timeout(240)]


def test_attempts_on_a_drained_node_save_and_lose_nothing_and_those_that_do_not_lose_their_work(tmp_path: Path) -> None:
    with_order, without = run(tmp_path / "heeds", "--command"), run(tmp_path / "ignores", "--ignores")
    print(f"slot-seconds lost a preempted attempt: {with_order['lost_seconds_each']} with, "
          f"{without['lost_seconds_each']} without")  # fmt: skip
    for found in (with_order, without):
        assert found["preempted"] >= 1
        assert found["states"] == ["COMPLETE"] * 4
        assert found["reports"] == [STEPS] * 4
        assert found["begun_on_leaving"] == 0
    assert set(with_order["outcomes"]) == {"interrupted"}
    assert with_order["lost_seconds_each"] <= 2 * STEP
    assert set(without["outcomes"]) <= {"node_lost", "worker_crash"}
    assert 16 * STEP <= without["lost_seconds_each"] < SAVE_EVERY * STEP
