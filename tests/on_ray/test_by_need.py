"""Trials that ask for what their parameters need, on a real Ray."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import ray

import raytune_lite as rtl
from raytune_lite.core.messages import AttemptBegan
from raytune_lite.exceptions import InfeasibleResourcesError, InvalidResourcesError, TrialFailedError
from raytune_lite.report.html import goodput
from raytune_lite.samplers import GridSampler
from raytune_lite.trial import TrialState

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("ray_cluster")]


def assigned(trial: rtl.Trial) -> float:
    size = trial.suggest_int("size", 1, 4)
    trial.set_user_attr("cpus", ray.get_runtime_context().get_assigned_resources()["CPU"])
    return float(size)


def needs(params: dict[str, Any]) -> dict[str, Any]:
    return {"num_cpus": params["size"] / 2}


def test_each_trial_gets_what_its_parameters_need_also_when_they_are_not_known_before(storage: str) -> None:
    study = rtl.create_study(storage=storage, sampler=rtl.samplers.RandomSampler(seed=1))
    study.optimize(assigned, n_trials=8, resources=needs)
    assert [trial.state for trial in study.trials] == [TrialState.COMPLETE] * 8
    assert all(trial.user_attrs["cpus"] == trial.params["size"] / 2 for trial in study.trials)
    assert study.trials[0].attempt == 2  # the first one found out which parameters there are
    by_attempt = {(a.number, a.attempt): a for a in study.attempts}
    assert by_attempt[0, 1].outcome == "interrupted"
    assert all(a.node for a in study.attempts)  # where it ran is known, though it was claimed before


def test_each_attempt_costs_what_it_asked_for(storage: str) -> None:
    study = rtl.create_study(storage=storage, sampler=rtl.samplers.RandomSampler(seed=1))
    study.optimize(assigned, n_trials=6, resources=needs, prices={"CPU": 36.0})
    sizes = {trial.number: trial.params["size"] for trial in study.trials}
    said = {(event.number, event.attempt): event.price for _, event, _ in study.kept_log()[1]
            if isinstance(event, AttemptBegan)}  # fmt: skip
    assert said == {(a.number, a.attempt): 36.0 if a.outcome == "interrupted" else 18.0 * sizes[a.number]
                    for a in study.attempts}  # fmt: skip
    used = goodput.read(study)
    assert used is not None
    hours = {(a.number, a.attempt): ((a.ended or 0.0) - a.started) / 3600.0 for a in study.attempts}
    assert used.cost == pytest.approx(sum(hours[key] * price for key, price in said.items()), rel=1e-6)


def test_parameters_of_a_grid_are_known_before_and_an_error_of_the_function_names_its_trial(storage: str) -> None:
    study = rtl.create_study(storage=storage, sampler=GridSampler({"size": [1, 2, 4]}, seed=0, max_failures=1))

    def picky(params: dict[str, Any]) -> dict[str, Any]:
        if params["size"] == 4:
            raise KeyError("no such machine")
        return {"num_cpus": -1} if params["size"] == 2 else {"num_cpus": 0.5}

    study.optimize(assigned, resources=picky, catch=(KeyError, InvalidResourcesError))
    ends = {trial.params.get("size"): trial.state for trial in study.trials if trial.state is TrialState.COMPLETE}
    assert ends == {1: TrialState.COMPLETE}
    failed = [trial.system_attrs["rtl:failure"]["error"] for trial in study.trials if trial.state is TrialState.FAIL]
    assert len(failed) == 2
    [ours] = [text for text in failed if "impossible request for trial" in text]
    [own] = [text for text in failed if text != ours]
    assert "{'size': 2}" in ours
    assert "KeyError: 'no such machine' (in resources=, for trial" in own
    assert "{'size': 4}" in own


def test_an_error_that_catch_does_not_list_ends_the_run(storage: str) -> None:
    study = rtl.create_study(storage=storage, sampler=GridSampler({"size": [3]}, seed=0))
    with pytest.raises(TrialFailedError, match=r"(?s)trial 0.*ZeroDivisionError.*\{'size': 3\}"):
        study.optimize(assigned, resources=lambda params: {"num_cpus": 1 / (params["size"] - 3)})
    assert study.trials[0].state is TrialState.FAIL


def test_what_can_never_be_placed_is_said_at_once_and_the_trial_is_kept(storage: str) -> None:
    study = rtl.create_study(storage=storage, sampler=GridSampler({"size": [400]}, seed=0))
    with pytest.raises(InfeasibleResourcesError, match=r"(?s)trial 0 with params \{'size': 400\}.*CPU: 400.*kept"):
        study.optimize(lambda trial: 1.0, resources=lambda params: {"num_cpus": params["size"]})
    assert study.trials[0].state is TrialState.WAITING
    study.optimize(lambda trial: 1.0, resources=lambda params: {"num_cpus": params["size"] / 400})
    assert study.trials[0].state is TrialState.COMPLETE


def test_a_parameter_that_the_objective_never_asks_for_is_an_error_that_says_so(storage: str) -> None:
    study = rtl.create_study(storage=storage)
    with pytest.raises(TrialFailedError, match=r"asks trial 0 for its parameter 'width', and the objective returns"):
        study.optimize(assigned, n_trials=1, resources=lambda params: {"num_cpus": params["width"]})


def test_the_attribute_of_an_objective_is_what_the_command_line_takes(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from raytune_lite.cli.base import cli

    (tmp_path / "script.py").write_text(
        "import ray\n"
        "def objective(trial):\n"
        "    size = trial.suggest_int('size', 1, 4)\n"
        "    trial.set_user_attr('cpus', ray.get_runtime_context().get_assigned_resources()['CPU'])\n"
        "    return size\n"
        "objective.resources = lambda params: {'num_cpus': params['size'] / 2}\n"
    )
    url = f"sqlite:///{tmp_path}/s.db"
    found = CliRunner().invoke(
        cli, ["run", f"{tmp_path}/script.py:objective", "--n-trials", "3", "--storage", url, "--study-name", "s"]
    )
    assert found.exit_code == 0, found.output
    trials = rtl.load_study(study_name="s", storage=url).trials
    assert [trial.user_attrs["cpus"] for trial in trials] == [trial.params["size"] / 2 for trial in trials]
