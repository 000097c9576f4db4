"""Choices that are lists, tuples and dicts: in the objective, in records, in other processes, and in Optuna."""

from __future__ import annotations

import csv
import io
import json
import pickle
import subprocess
import sys
import warnings
from typing import Any

import pytest

import raytune_lite as rtl
from raytune_lite.core.encoding import from_json, to_json
from raytune_lite.core.messages import ParamValue
from raytune_lite.distributions import CategoricalDistribution, distribution_to_json, json_to_distribution
from raytune_lite.exceptions import IncompatibleDistributionError, InvalidDistributionError, MessageError
from raytune_lite.samplers import GridSampler, PartialFixedSampler, RandomSampler
from raytune_lite.testing import FakeTrial

optuna = pytest.importorskip("optuna")
pytestmark = pytest.mark.filterwarnings("ignore:.*[Cc]hoices:UserWarning")

LAYERS = [(64,), (64, 64), [1, [2, (3,)]]]
RECORDED = [[64], [64, 64], [1, [2, [3]]]]
# with the names by which a message tells its records
OPTIONS = [{"kind": "sgd", "m": [0.9]}, {"_": "Claimed", "attributes": {"a": 1}, "name": "x", "texts": []}, None, True]


def objective(trial: Any) -> float:
    """Changes what it gets, as scripts do."""
    layers = trial.suggest_categorical("layers", LAYERS)
    assert [layers] == [known for known in LAYERS if known == layers and type(known) is type(layers)]
    option = trial.suggest_categorical("option", OPTIONS)
    assert option in OPTIONS
    assert not isinstance(trial, rtl.Trial) or type(trial.params["layers"]) is type(layers)
    size = len(layers) + trial.suggest_float("x", 0, 1)
    if isinstance(layers, list):
        layers.append(99)
    if isinstance(option, dict):
        option["m"] = 99
    return float(size)


def searched(storage: str, **arguments: Any) -> rtl.Study:
    study = rtl.create_study(study_name="s", storage=storage, **{"sampler": RandomSampler(seed=1), **arguments})
    study.optimize(objective, n_trials=8, executor="inline")
    return study


@pytest.fixture
def url(tmp_path: Any) -> str:
    return f"sqlite:///{tmp_path}/s.db"


def test_the_objective_sees_what_it_gave_and_records_have_json(url: str) -> None:
    study = searched(url)
    trials = study.trials
    assert {json.dumps(trial.params["layers"]) for trial in trials} == set(map(json.dumps, RECORDED))
    for trial in trials:
        assert list(trial.distributions["layers"].choices) == RECORDED
        assert trial.params["layers"] in RECORDED
        assert trial.params["option"] in OPTIONS
        assert trial.distributions["option"].choices == tuple(OPTIONS)
    trials[0].distributions["layers"].choices[0].append(5)
    trials[0].params["layers"].append(5)
    assert study.trials[0].params["layers"] in RECORDED
    assert rtl.load_study(study_name="s", storage=url).best_params == study.best_params


def test_a_callback_and_a_sampler_see_what_the_records_show(url: str) -> None:
    seen = []

    class Watches(optuna.samplers.RandomSampler):  # type: ignore[name-defined, misc]
        def sample_independent(self, study: Any, trial: Any, name: str, distribution: Any) -> Any:
            seen.extend(each.params["layers"] for each in study.trials if "layers" in each.params)
            hash(distribution)
            return super().sample_independent(study, trial, name, distribution)

    study = rtl.create_study(study_name="s", storage=url, sampler=Watches(seed=1))
    study.optimize(objective, n_trials=4, executor="inline",
                   callbacks=[lambda _, trial: seen.append(trial.params["layers"])])  # fmt: skip
    assert len(seen) >= 8
    assert all(layers in RECORDED for layers in seen)


def test_optuna_reads_ours_and_we_go_on_with_optunas(url: str, tmp_path: Any) -> None:
    study = searched(url)
    theirs = optuna.load_study(study_name="s", storage=url)
    assert [trial.params for trial in theirs.trials] == [dict(trial.params) for trial in study.trials]
    with pytest.raises(ValueError, match="dynamic value space"):
        theirs.optimize(objective, n_trials=1)  # Optuna's own records have lists too, and it does not go on with tuples
    old = f"sqlite:///{tmp_path}/theirs.db"
    first = optuna.create_study(study_name="s", storage=old, sampler=optuna.samplers.RandomSampler(seed=1))
    first.optimize(lambda trial: len(trial.suggest_categorical("layers", LAYERS)), n_trials=4)
    before = [json.loads(json.dumps(trial.params)) for trial in first.trials]
    ours = searched(old, load_if_exists=True)
    assert [dict(trial.params) for trial in ours.trials[:4]] == before
    assert len(ours.trials) == 12


def test_a_restart_with_lists_goes_on_with_what_tuples_began(url: str) -> None:
    searched(url)
    study = rtl.load_study(study_name="s", storage=url)
    study.optimize(lambda trial: len(trial.suggest_categorical("layers", RECORDED)), n_trials=1, executor="inline")
    with pytest.raises(IncompatibleDistributionError, match="layers"):
        study.optimize(lambda trial: len(trial.suggest_categorical("layers", [(64,), (65,)])), n_trials=1,
                       executor="inline")  # fmt: skip


@pytest.mark.parametrize("layers", [(64, 64), [64, 64]])
def test_a_value_is_given_as_a_tuple_or_as_a_list(url: str, layers: Any) -> None:
    study = rtl.create_study(study_name="s", storage=url)
    study.enqueue_trial({"layers": layers, "option": OPTIONS[1]})
    study.enqueue_trial({"layers": [64, 64], "option": dict(OPTIONS[1])}, skip_if_exists=True)  # type: ignore[call-overload]
    study.enqueue_trial({"layers": (64, 64), "option": dict(OPTIONS[1])}, skip_if_exists=True)  # type: ignore[call-overload]
    study.add_trial(rtl.create_trial(
        params={"layers": layers, "option": None}, value=5.0,
        distributions={"layers": CategoricalDistribution(LAYERS), "option": CategoricalDistribution(OPTIONS)},
    ))  # fmt: skip
    study.optimize(objective, n_trials=1, executor="inline")
    assert [trial.params["layers"] for trial in study.trials] == [[64, 64]] * 2
    asked = study.ask({"shape": CategoricalDistribution([layers])})
    assert asked.params == {"shape": layers}
    assert study.tell(asked, 9.0).params == {"shape": [64, 64]}


def test_known_trials_give_the_choice_of_the_call(url: str) -> None:
    study = searched(url)
    for trial in (study.best_trial, rtl.trial.FixedTrial(study.best_params), FakeTrial(study.best_params)):
        assert objective(trial) == study.best_value


@pytest.mark.parametrize("name", ["TPESampler", "GPSampler", "NSGAIISampler", "CmaEsSampler", "QMCSampler",
                                  "AutoSampler"])  # fmt: skip
def test_each_sampler_searches_them(url: str, name: str) -> None:
    startup = {"n_startup_trials": 3} if name in ("TPESampler", "GPSampler", "CmaEsSampler") else {}
    study = searched(url, sampler=getattr(rtl.samplers, name)(seed=1, **startup))
    again = searched(url, sampler=getattr(rtl.samplers, name)(seed=1, **startup), load_if_exists=True)
    assert len(study.trials) == len(again.trials) == 16


def test_a_grid_of_tuples_is_that_of_lists(url: str) -> None:
    def both(trial: Any) -> int:
        option = trial.suggest_categorical("option", OPTIONS)
        return len(trial.suggest_categorical("layers", LAYERS)) + (option is None)

    space: dict[str, Any] = {"layers": LAYERS, "option": OPTIONS}
    study = rtl.create_study(study_name="s", storage=url, sampler=GridSampler(space, seed=1))
    study.optimize(both, n_trials=5, executor="inline")
    grid = GridSampler({"layers": RECORDED, "option": OPTIONS}, seed=1)
    study = rtl.create_study(study_name="s", storage=url, sampler=grid, load_if_exists=True)
    study.optimize(both, executor="inline")
    assert len({json.dumps(trial.params, sort_keys=True) for trial in study.trials}) == len(study.trials) == 12
    assert grid.is_exhausted(study)
    with pytest.raises(ValueError, match="once"):
        GridSampler({"x": [(1,), [1]]})
    with pytest.raises(ValueError, match="map them to objects"):
        GridSampler({"x": [int, str]})  # type: ignore[list-item]


def test_every_path_of_a_tree_once(url: str) -> None:
    study = rtl.create_study(study_name="s", storage=url, sampler=rtl.samplers.BruteForceSampler(seed=1))

    def tree(trial: Any) -> int:
        layers = trial.suggest_categorical("layers", LAYERS)
        return len(layers) if len(layers) == 1 else len(trial.suggest_categorical("option", [{"a": 1}, {"a": [2]}]))

    study.optimize(tree, n_trials=2, executor="inline")
    rtl.load_study(study_name="s", storage=url, sampler=rtl.samplers.BruteForceSampler(seed=1)).optimize(
        tree, executor="inline"
    )
    assert sorted(json.dumps(trial.params, sort_keys=True) for trial in study.trials) == sorted(
        json.dumps(params, sort_keys=True)
        for params in [{"layers": [64]}]
        + [{"layers": layers, "option": {"a": a}} for layers in RECORDED[1:] for a in (1, [2])]
    )


def test_a_fixed_value_is_a_tuple(url: str) -> None:
    study = searched(url, sampler=PartialFixedSampler({"layers": (64, 64)}, RandomSampler(seed=1)))
    assert {json.dumps(trial.params["layers"]) for trial in study.trials} == {"[64, 64]"}


def test_population_based_training_explores_them(url: str) -> None:
    def member(trial: Any) -> float:
        layers = trial.suggest_categorical("layers", LAYERS)
        assert type(layers) in (tuple, list)
        assert layers in LAYERS
        trial.suggest_categorical("option", OPTIONS)
        x = trial.suggest_float("x", 0, 1)
        for step in range((trial.resumed_from_step or 0) + 1, 9):
            trial.save_checkpoint({"step": step}, step)
            trial.report(x + len(layers) + step, step)
            if trial.should_prune():
                raise rtl.TrialPruned
        return x + len(layers)

    study = rtl.create_study(study_name="s", storage=url, sampler=RandomSampler(seed=1),
                             pruner=rtl.pruners.PBTPruner(2, 8, 4, seed=1))  # fmt: skip
    study.optimize(member, n_trials=8, executor="inline")
    assert any("PAUSED" not in trial.state.name and "rtl" in str(trial.system_attrs) for trial in study.trials)
    assert all(trial.params["layers"] in RECORDED for trial in study.trials if trial.params)


def test_tables_reports_and_optunas_functions_take_them(url: str, tmp_path: Any) -> None:
    study = searched(url)
    frame = study.trials_dataframe()
    assert list(frame["params_layers"]) == [trial.params["layers"] for trial in study.trials]
    assert set(rtl.importance.get_param_importances(study)) == {"layers", "option", "x"}
    copy = f"sqlite:///{tmp_path}/copy.db"
    rtl.copy_study(from_study_name="s", from_storage=url, to_storage=copy)
    copied = rtl.load_study(study_name="s", storage=copy)
    assert [trial.params for trial in copied.trials] == [trial.params for trial in study.trials]


def run(*arguments: str) -> str:
    command = [sys.executable, "-m", "raytune_lite", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_command_line_shows_and_takes_them(url: str, tmp_path: Any) -> None:
    study = searched(url)
    where = ("--storage", url, "--study", "s")
    assert f"layers={study.trials[0].params['layers']}" in run("trials", *where)
    assert json.loads(run("best-trial", *where, "-f", "json"))["params"] == study.best_params
    rows = list(csv.DictReader(io.StringIO(run("export", *where, "--format", "csv"))))
    assert len(rows) == 8
    run("enqueue", *where, "layers=[64, 64]", f"option={json.dumps(OPTIONS[1])}", "x=0.5")
    study.optimize(objective, n_trials=1, executor="inline")
    assert study.trials[-1].params == {"layers": [64, 64], "option": OPTIONS[1], "x": 0.5}
    run("report", *where, "--out", str(tmp_path / "page.html"))
    assert "64, 64" in (tmp_path / "page.html").read_text()


# --- the distribution itself -----------------------------------------------------------------------------------------

EQUAL = [
    ([(1, 2), (3,)], [[1, 2], [3]]), ([{"a": 1, "b": (2,)}], [{"b": [2], "a": 1}]),
    ([[float("nan")]], [[float("nan")]]), ([[1]], [(1.0,)]), ([None, (1,)], [None, [1]]),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_equal_distributions_have_one_hash(one: Any, other: Any) -> None:
    first, second = CategoricalDistribution(one), CategoricalDistribution(other)
    assert first == second
    assert hash(first) == hash(second)
    assert json_to_distribution(distribution_to_json(first)) == first
    assert pickle.loads(pickle.dumps(first)) == first
    for choice, theirs in zip(one, other, strict=True):
        assert first.to_internal_repr(theirs) == first.to_internal_repr(choice)


@pytest.mark.parametrize(("one", "other"), [
    ([(1, 2)], [(2, 1)]), ([None], [float("nan")]), ([[None]], [[float("nan")]]), ([(1,)], [1]),
    ([{"a": 1}], [{"a": 2}]), ([[]], [{}]), ([(1,), (2,)], [(1,)]),
])  # fmt: skip
def test_others_differ(one: Any, other: Any) -> None:
    assert CategoricalDistribution(one) != CategoricalDistribution(other)


def test_choices_that_python_calls_equal_are_told_apart() -> None:
    distribution = CategoricalDistribution([(1,), (True,), (1.0,), 1, True, [[]], {}])
    for index, choice in enumerate([[1], [True], [1.0], 1, True, ([],), {}]):
        assert distribution.to_internal_repr(choice) == index
    for choices in ([(1,), [1]], [{"a": 1, "b": 2}, {"b": 2, "a": 1}], [[float("nan")], (float("nan"),)]):
        with pytest.raises(InvalidDistributionError, match="twice"):
            CategoricalDistribution(choices)


def test_its_json_is_optunas(recwarn: Any) -> None:
    theirs = optuna.distributions.CategoricalDistribution([*LAYERS, *OPTIONS])
    ours = CategoricalDistribution([*LAYERS, *OPTIONS])
    assert distribution_to_json(ours) == optuna.distributions.distribution_to_json(theirs)
    recwarn.clear()
    assert json_to_distribution(distribution_to_json(ours)) == ours
    assert not recwarn.list


@pytest.mark.parametrize("choices", [LAYERS, OPTIONS, [{"attributes": {}, "name": "FloatDistribution"}], [["_"]]])
def test_a_message_keeps_them_whatever_a_dict_holds(choices: Any) -> None:
    param = ParamValue(name="x", value=0.0, distribution=CategoricalDistribution(choices))
    found = from_json(to_json(param))
    assert found == param
    assert list(found.distribution.choices) == json.loads(json.dumps(choices))


@pytest.mark.parametrize(
    "texts", ['"[1]"', '["["]', "[1]", "null", '["[1]", "[1]"]', "[]", '["' + "[" * 100_000 + '"]']
)
def test_nonsense_in_a_message_is_refused(texts: str) -> None:
    text = '{"_":"ParamValue","name":"x","value":0.0,"distribution":{"name":"CategoricalDistribution",'
    with pytest.raises(MessageError):
        from_json(text + f'"attributes":{{"texts":{texts}}}}}}}')


def test_what_the_caller_changes_later_changes_no_choice() -> None:
    given: list[Any] = [[1], {"a": [2]}]
    distribution = CategoricalDistribution(given)
    given[0].append(9)
    given[1]["a"].append(9)
    distribution.choices[0].append(9)
    distribution.to_external_repr(1)["a"].append(9)
    assert distribution.choices == ([1], {"a": [2]})


class Net:
    """A class, as torch.nn.ReLU is one."""


@pytest.mark.parametrize(
    "choices", [[Net, int], [Net(), "a"], [{1, 2}], [b"x"], [lambda: 1], [{1: 2}], [(1, {"a": Net})]]
)
def test_what_json_cannot_hold_is_refused_with_the_way_out(choices: Any) -> None:
    way_out = r"by_name = \{.*trial\.suggest_categorical\(name, list\(by_name\)\)"
    with pytest.raises(InvalidDistributionError, match=way_out):
        CategoricalDistribution(choices)


def test_the_way_out_can_be_pasted() -> None:
    with pytest.raises(InvalidDistributionError) as caught:
        CategoricalDistribution([Net, FakeTrial])
    code = str(caught.value).partition("suggest names: ")[2]
    names: dict[str, Any] = {"Net": Net, "FakeTrial": FakeTrial, "trial": FakeTrial({"net": "Net"}), "name": "net"}
    definition, _, use = code.partition("; ")
    exec(definition, names)
    assert eval(use, names) is Net


def test_one_warning_as_in_optuna(url: str) -> None:
    study = rtl.create_study(study_name="s", storage=url)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("default")
        study.optimize(lambda trial: len(trial.suggest_categorical("x", [(1,), (2,)])), n_trials=3, executor="inline")
        study.trials  # noqa: B018
    assert [(one.category, one.filename) for one in seen] == [(UserWarning, __file__)]
