"""Ranks on two nodes write one checkpoint at a URL, each its own part; one is killed in the middle of its upload."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ..object_server import BUCKET, serving
from .apart_script import KILLED

pytest.importorskip("torch")
ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.ray, pytest.mark.timeout(300)]


def test_ranks_on_two_nodes_save_at_a_url_and_a_death_in_the_upload_publishes_nothing(tmp_path: Path) -> None:
    with serving() as s3:
        done = subprocess.run(
            [sys.executable, "-m", "tests.cluster.apart_script", str(tmp_path), f"s3://{BUCKET}/apart"],
            cwd=ROOT, env={**os.environ, **s3.environment()}, capture_output=True, text=True, timeout=280, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    together, apart = (json.loads(line[7:]) for line in done.stdout.splitlines() if line.startswith("RESULT "))
    assert together["outcomes"] == ["complete"]
    assert apart["outcomes"] == ["worker_crash", "complete"], apart["messages"]
    assert apart["resumed"] == [None, KILLED - 1], "what was half uploaded is no checkpoint"
    assert (apart["params"], apart["reports"]) == (together["params"], together["reports"])
    assert apart["published"] == apart["kept"] != []
    assert apart["half_written"] == []
    assert {"__0_0.distcp", "__1_0.distcp", ".metadata"} <= set(apart["files"])
    assert not apart["groups_left"]
