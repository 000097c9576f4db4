"""Checkpoints behind S3's protocol on a real Ray: pauses, promotions, a kill -9 with an upload on its way."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import raytune_lite as rtl
from raytune_lite.checkpoints.store import open_store
from raytune_lite.report.check import damages, half_written, orphans

from ..object_server import BUCKET, SECRET, serving
from ..scripts import rows, run
from .object_store_script import STEPS, value

SCRIPT = Path(__file__).with_name("object_store_script.py")
pytestmark = [pytest.mark.kill, pytest.mark.timeout(240)]


def test_a_study_with_checkpoints_in_an_object_store_pauses_promotes_and_survives_a_kill(tmp_path: Path) -> None:
    storage, url, log = f"sqlite:///{tmp_path}/study.db", f"s3://{BUCKET}/deep/er", tmp_path / "log"
    with serving():
        done = run(SCRIPT, storage, url, env={**os.environ, "RTL_TEST_LOG": str(log)}, seconds=200)
        said = done.stdout + done.stderr
        study = rtl.load_study(storage=storage, checkpoint_dir=url)
        assert study.checkpoint_root == Path(f"{log}.root").read_text()
        for trial in study.trials:
            x, found = trial.params["x"], dict(trial.intermediate_values)
            assert found == {step: value(x, step) for step in range(1, len(found) + 1)}
        assert study.best_trial.value == value(study.best_trial.params["x"], STEPS)
        (killed,) = (attempt for attempt in study.attempts if attempt.outcome == "worker_crash")
        begun = {(number, attempt): (step, resumed) for number, attempt, step, resumed in rows(log)}
        assert all(step == (resumed or 0) for step, resumed in begun.values())
        after = (killed.number, killed.attempt + 1)
        assert begun[after][0] == 1, "step 2 was not reported, so nobody goes on from it"
        promoted = [a for a in study.attempts if a.attempt > 1 and (a.number, a.attempt) != after]
        assert promoted
        assert all(begun[a.number, a.attempt][0] in (1, 3) for a in promoted), "each begins at its rung"
        assert list(damages(study, files=True)) == orphans(study) == half_written(study) == []
        store = open_store(study.checkpoint_root)
        assert store.published() == sorted(ref.uri for _, ref in study.checkpoints) != []
        assert not store.is_marked(study.last_run.run if study.last_run is not None else "")
    assert SECRET not in said
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or SECRET.encode() not in path.read_bytes(), path
