"""README's Python blocks run as they stand, and a second time: then the study is continued, and nothing is repeated."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import raytune_lite as rtl
from raytune_lite.trial import TrialState

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("ray_cluster")]

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def test_there_is_a_block() -> None:
    assert BLOCKS


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_a_block_runs_as_it_stands_and_a_second_time(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code = compile(BLOCKS[number], f"README.md, block {number}", "exec")
    found = []
    for _ in range(2):
        exec(code, {"__name__": "__main__"})
        study = rtl.load_study(storage="sqlite:///study.db")
        found.append([(trial.number, trial.state, trial.params) for trial in study.trials])
    assert found[0] == found[1]
    assert len(found[0]) == 64
    assert {state for _, state, _ in found[0]} == {TrialState.COMPLETE, TrialState.PRUNED}
