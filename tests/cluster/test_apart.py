"""Ranks on two nodes write one checkpoint at a URL, each its own part; one is killed in the middle of its upload."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..object_server import BUCKET, serving
from .apart_script import KILLED
from .raylets import results

pytest.importorskip("torch")
pytestmark = [pytest.mark.ray, pytest.mark.timeout(300)]


def test_ranks_on_two_nodes_save_at_a_url_and_a_death_in_the_upload_publishes_nothing(tmp_path: Path) -> None:
    with serving():
        together, apart = results("apart_script", tmp_path, f"s3://{BUCKET}/apart", seconds=280)
    assert together["outcomes"] == ["complete"]
    assert apart["outcomes"] == ["worker_crash", "complete"], apart["messages"]
    assert apart["resumed"] == [None, KILLED - 1], "what was half uploaded is no checkpoint"
    assert (apart["params"], apart["reports"]) == (together["params"], together["reports"])
    assert apart["published"] == apart["kept"] != []
    assert apart["half_written"] == []
    assert {"__0_0.distcp", "__1_0.distcp", ".metadata"} <= set(apart["files"])
    assert not apart["groups_left"]
