"""Checkpoints in an object store outlive the machine that wrote them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..object_server import BUCKET, serving
from ..scripts import rows
from .elsewhere_script import KILL_AT, STEPS
from .raylets import results

pytestmark = [pytest.mark.ray, pytest.mark.timeout(200)]


def test_a_trial_resumes_from_s3_on_another_raylet_than_the_one_that_saved(tmp_path: Path) -> None:
    with serving():
        (found,) = results("elsewhere_script", tmp_path, f"s3://{BUCKET}/elsewhere")
    assert found["states"] == ["COMPLETE"] * 2
    assert [len(reports) for reports in found["reports"]] == [STEPS] * 2
    assert found["differences"] == []
    first, second = found["nodes"]
    (lost,) = (attempt for attempt in found["attempts"] if attempt[2] == first)
    assert lost[3] in ("node_lost", "worker_crash")
    (again,) = (attempt for attempt in found["attempts"] if attempt[:2] == [lost[0], lost[1] + 1])
    assert (again[2], again[3]) == (second, "complete")
    assert KILL_AT - 3 <= again[4] <= KILL_AT + 3, "an upload may have been on its way"
    trained = rows(tmp_path / "log")
    assert {(node, disk) for *_, node, disk in trained} == set(zip(found["nodes"], found["disks"], strict=True))
    mine = [(attempt, step) for number, attempt, step, *_ in trained if number == lost[0]]
    assert [step for attempt, step in mine if attempt == again[1]] == list(range(again[4] + 1, STEPS + 1))
