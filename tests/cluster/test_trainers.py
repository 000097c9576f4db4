"""Lightning and Hugging Face in trials of two processes: a trial that was paused goes on as if it had not been."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest

from ..object_server import BUCKET, serving
from .trainers_script import EPOCHS

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.ray, pytest.mark.timeout(360)]


@pytest.mark.parametrize("where", ["path", "url"])
@pytest.mark.parametrize("library", ["lightning", "transformers"])
def test_a_trial_of_two_processes_is_paused_and_goes_on_as_if_it_had_not_been(
    library: str, where: str, tmp_path: Path
) -> None:
    pytest.importorskip(library)
    with serving() if where == "url" else nullcontext():
        arguments = [library, str(tmp_path), *([f"s3://{BUCKET}/ranks"] if where == "url" else [])]
        done = subprocess.run(
            [sys.executable, "-m", "tests.cluster.trainers_script", *arguments],
            cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, timeout=340, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-4000:]
    paused, straight = (json.loads(line[7:]) for line in done.stdout.splitlines() if line.startswith("RESULT "))
    assert straight["states"] == ["COMPLETE"]
    assert paused["states"] == ["COMPLETE", "PRUNED"]
    assert not paused["groups_left"] + straight["groups_left"]
    assert paused["resumed"] == [[0, 1]]
    assert [len(reports) for reports in paused["reports"]] == [EPOCHS, 1]
    assert paused["reports"][0] == straight["reports"][0], "another curve than without the pause"
