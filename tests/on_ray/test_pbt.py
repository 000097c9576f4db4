"""Population based training on a real local Ray: new trials go on from checkpoints of others, in other processes."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

import raytune_lite as rtl
from raytune_lite.report.check import damages
from raytune_lite.trial import TrialState

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("ray_cluster")]

STEPS = 8


def climb(trial: rtl.Trial) -> float:
    """Gains ``rate`` at each step; the checkpoint has all that was gained, and by whom."""
    rate = trial.suggest_float("rate", 0.0, 1.0)
    state = trial.load_checkpoint() or {"step": 0, "gained": 0.0, "way": []}
    for step in range(state["step"] + 1, STEPS + 1):
        way = [*state["way"], [trial.number, step, rate]]
        state = {"step": step, "gained": state["gained"] + rate, "way": way}
        trial.set_user_attr("way", way)
        trial.save_checkpoint(state, step=step)
        trial.report(state["gained"], step)
        if trial.should_prune():
            raise rtl.TrialPruned
    return float(state["gained"])


def climb_and_die_once(trial: rtl.Trial, marks: str) -> float:
    """The first child that gets so far is killed after a step of its own."""
    report = trial.report

    def reported(value: float, step: int) -> None:
        report(value, step)
        mark = Path(marks) / "killed"
        if trial.parent is not None and step % 2 and not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)

    trial.report = reported  # type: ignore[method-assign]
    return climb(trial)


def check_forest(study: rtl.Study) -> list[rtl.FrozenTrial]:
    """Each child has gone on from its parent's checkpoint, with steps of its own; returns the children."""
    trials = {trial.number: trial for trial in study.trials}
    children = [trial for trial in trials.values() if trial.parent is not None]
    for child in children:
        assert child.parent is not None
        parent, at = trials[child.parent.trial], child.parent.step
        if not child.intermediate_values:  # it waits, or the run was over
            continue
        first = min(child.intermediate_values)
        assert first == at + 1
        assert child.intermediate_values[first] == parent.intermediate_values[at] + child.params["rate"]
        own = [(step, rate) for number, step, rate in child.user_attrs["way"] if number == child.number]
        assert own == [(step, child.params["rate"]) for step in child.intermediate_values]
        before = [entry for entry in child.user_attrs["way"] if entry[1] < first]
        assert before == parent.user_attrs["way"][: len(before)]
    assert all(trials[t.replaced_by].parent is not None for t in trials.values() if t.replaced_by is not None)
    assert list(damages(study, files=True)) == []
    return children


def population(storage: str, members: int = 4) -> rtl.Study:
    pruner = rtl.pruners.PBTPruner(2, STEPS, members, quantile_fraction=0.5, seed=1)
    sampler = rtl.samplers.RandomSampler(seed=2)
    return rtl.create_study(storage=storage, direction="maximize", pruner=pruner, sampler=sampler)


def test_children_go_on_from_their_parents_checkpoints_and_the_population_ends(storage: str) -> None:
    study = population(storage)
    study.optimize(climb, max_trials=4, max_concurrent=2)
    assert check_forest(study)
    assert {trial.state for trial in study.trials} <= {TrialState.COMPLETE, TrialState.PRUNED}
    assert len([trial for trial in study.trials if trial.parent is None]) == 4
    first = [trial.params["rate"] for trial in study.trials[:4]]
    assert study.best_value > STEPS * sum(first) / 4


def test_a_child_that_is_killed_goes_on_from_its_own_or_its_parents_checkpoint(storage: str, tmp_path: Path) -> None:
    study = population(storage)
    study.optimize(lambda trial: climb_and_die_once(trial, str(tmp_path)), max_trials=4, max_concurrent=2)
    assert (tmp_path / "killed").exists()
    children = check_forest(study)
    assert any(trial.attempt > 1 for trial in children)
    assert TrialState.FAIL not in {trial.state for trial in study.trials}
