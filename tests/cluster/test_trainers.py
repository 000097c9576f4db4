"""Lightning and Hugging Face in trials of two processes: a trial that was paused goes on as if it had not been."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pytest

from ..object_server import BUCKET, serving
from .raylets import results
from .trainers_script import EPOCHS

pytestmark = [pytest.mark.ray, pytest.mark.timeout(360)]


@pytest.mark.parametrize("where", ["path", "url"])
@pytest.mark.parametrize("library", ["lightning", "transformers"])
def test_a_trial_of_two_processes_is_paused_and_goes_on_as_if_it_had_not_been(
    library: str, where: str, tmp_path: Path
) -> None:
    pytest.importorskip(library)
    with serving() if where == "url" else nullcontext():
        checkpoint_dir = [f"s3://{BUCKET}/ranks"] if where == "url" else []
        paused, straight = results("trainers_script", library, tmp_path, *checkpoint_dir, seconds=340)
    assert straight["states"] == ["COMPLETE"]
    assert paused["states"] == ["COMPLETE", "PRUNED"]
    assert not paused["groups_left"] + straight["groups_left"]
    assert paused["resumed"] == [[0, 1]]
    assert [len(reports) for reports in paused["reports"]] == [EPOCHS, 1]
    assert paused["reports"][0] == straight["reports"][0], "another curve than without the pause"
