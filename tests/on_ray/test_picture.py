"""The README's picture is a recording: its script still runs, and what is kept is such a recording."""

from __future__ import annotations

import re
import runpy
import shutil
from typing import Any

import pytest
import ray

import raytune_lite as rtl

from .. import pages

pytestmark = [pytest.mark.ray, pytest.mark.kill, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    return runpy.run_path(str(pages.ROOT / "docs" / "make_picture.py"))


def said(picture: str, moment: int) -> str:
    """The texts of one moment of a picture, a line each."""
    group = re.search(rf'<g id="m{moment}">(.*?)</g>', picture, re.DOTALL)[1]  # type: ignore[index]
    return "\n".join(re.findall(r">([^<>]+)</text>", group))


def check(picture: str) -> None:
    assert "python train.py" in said(picture, 0)
    assert "kill" not in said(picture, 0)
    assert "kill -9 $(cat worker.pid)" in said(picture, 1)
    assert "worker_crash" in said(picture, 2)
    assert re.search(r"goes on after epoch [45]", said(picture, 3))
    assert "24 trials: " in said(picture, 4)
    assert "raytune-lite attempts" in said(picture, 4)


def test_the_picture_that_is_kept_shows_a_kill_and_a_study_that_goes_on(script: dict[str, Any]) -> None:
    check(script["PICTURE"].read_text(encoding="utf-8"))


def test_the_script_records_such_a_picture(
    ray_cluster: None, script: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", ray.get_runtime_context().gcs_address)  # one Ray is enough
    recording, folder = script["record"]()
    try:
        check(script["svg"](recording.frames))
        study = rtl.load_study(storage=f"sqlite:///{folder}/train.db")
        crashed = [attempt for attempt in study.attempts if attempt.outcome == "worker_crash"]
        assert len(crashed) == 1
        after = [a for a in study.attempts if a.number == crashed[0].number and a.attempt == crashed[0].attempt + 1]
        assert after[0].resumed_step in (4, 5)
        study.close()
    finally:
        shutil.rmtree(folder)
