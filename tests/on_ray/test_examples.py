"""Scripts as a user runs them, each with a Ray of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import raytune_lite as rtl
from raytune_lite.trial import TrialState

from ..scripts import ROOT, run

EXAMPLES = ROOT / "examples"
pytestmark = pytest.mark.ray


def test_the_grid_example_decides_every_cell_once_although_it_fails_at_random(tmp_path: Path) -> None:
    out = run(EXAMPLES / "grid.py", folder=tmp_path).stdout
    assert "100 cells: 100 done, 0 free, 0 dead" in out
    study = rtl.load_study(storage=f"sqlite:///{tmp_path}/grid.db")
    done = [tuple(trial.params.values()) for trial in study.get_trials(states=[TrialState.COMPLETE])]
    assert sorted(done) == [(x, y) for x in range(10) for y in range(10)]


def test_the_example_of_population_based_training_shows_from_whom_the_best_trial_went_on(tmp_path: Path) -> None:
    out = run(EXAMPLES / "pbt_digits.py", "--population", 4, folder=tmp_path).stdout
    study = rtl.load_study(storage=f"sqlite:///{tmp_path}/pbt.db")
    n_children = sum(trial.parent is not None for trial in study.trials)
    assert n_children
    assert len(study.trials) == 4 + n_children
    assert f"{n_children} trials took another one's place\n    from epoch  1: lr = " in out
    assert study.best_value < 0.2
    study.close()


def test_the_example_of_ddp_trains_with_two_processes_a_trial(tmp_path: Path) -> None:
    out = run(EXAMPLES / "ddp_digits.py", "--max-trials", 1, folder=tmp_path).stdout
    assert "ddp-digits in sqlite" in out
    study = rtl.load_study(storage=f"sqlite:///{tmp_path}/ddp.db")
    (trial,) = study.trials
    assert set(trial.intermediate_values) == set(range(1, 10)) or trial.state is TrialState.PRUNED
    assert trial.intermediate_values[1] < 0.9  # both halves were learned from
    study.close()


def test_gpus_are_shared_as_asked_and_hidden_from_those_who_did_not_ask(tmp_path: Path) -> None:
    done = run(Path(__file__).with_name("gpu_script.py"), tmp_path, folder=tmp_path)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    seen = {row["name"]: row["seen"] for row in rows}
    told = {row["name"]: row["told"] for row in rows}  # what the log says of each attempt
    assert [told[name] for name in ("whole", "none")] == [["0,1"], [""]]
    assert set(told["share"]) == {look["devices"] for look in seen["share"]}
    assert [{look["devices"] for look in seen[name]} for name in ("whole", "none")] == [{"0,1"}, {""}]
    assert {look["devices"] for look in seen["share"]} <= {"0", "1"}
    # each GPU attempt has a process of its own, so that the GPU's memory is free when it has ended
    assert len({look["pid"] for look in seen["share"] + seen["whole"]}) == 4
