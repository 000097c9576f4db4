"""The Hydra sweeper on real Hydra: the search space, directories, resumption, failures, pruning. Without Ray."""

from __future__ import annotations

import functools
import inspect
import logging
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import raytune_lite as rtl
from raytune_lite.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

pytest.importorskip("hydra")
from hydra import version
from hydra._internal.callbacks import Callbacks
from hydra._internal.hydra import Hydra
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.plugins import Plugins
from hydra.errors import HydraException, OverrideParseException
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, RunMode
from omegaconf import OmegaConf

from raytune_lite.integrations.hydra import algorithms
from raytune_lite.integrations.hydra.settings import KEYS, PRUNERS, SAMPLERS
from raytune_lite.integrations.hydra.space import Space, parse, written
from raytune_lite.integrations.hydra.sweep import Failures, Sweep, SweeperConfigError, SweepFailedError

CONFIG = """
defaults:
  - override hydra/sweeper: raytune_lite
x: 1
y: 1
z: 1
"""
# as for Hydra's Optuna sweeper; only the sweeper's name is ours
SPHERE = """
defaults:
  - override hydra/sweeper: raytune_lite
  - override hydra/sweeper/sampler: tpe
hydra:
  sweeper:
    sampler:
      seed: 123
    direction: minimize
    study_name: sphere
    storage: null
    n_trials: 5
    n_jobs: 1
    max_failure_rate: 0.0
    params:
      x: range(-5.5, 5.5, step=0.5)
      y: choice(-5, 0, 5)
x: 1
y: 1
z: 1
"""


@pytest.fixture
def sweep(tmp_path, hydra_restore_singletons):
    """``sweep(task, *overrides, config=...)`` runs ``--multirun`` inline; its directory is ``tmp_path/out``."""
    handlers = logging.getLogger().handlers[:]
    version.setbase("1.3")

    def run(task, *overrides, config=CONFIG):
        (tmp_path / "config.yaml").write_text(config)
        app = str(tmp_path / "app.py")
        hydra = Hydra.create_main_hydra_file_or_module(app, None, ".", "app")
        own = [f"hydra.sweep.dir={tmp_path}/out", "hydra.sweeper.executor=inline"]
        try:
            return hydra.multirun("config", task, [*own, *overrides])
        finally:
            GlobalHydra.instance().clear()

    rtl.logging.set_verbosity(rtl.logging.WARNING)
    yield run
    rtl.logging.set_verbosity(rtl.logging.INFO)
    logging.getLogger().handlers[:] = handlers


def loss(cfg):
    return cfg.x**2 + cfg.y**2


def folders(tmp_path):
    return sorted(int(path.name) for path in (tmp_path / "out").iterdir() if path.is_dir())


# --- the search space ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("x=choice(1,2)", CategoricalDistribution([1, 2])),
        ("x=true,false", CategoricalDistribution([True, False])),
        ("x=a,null", CategoricalDistribution(["a", None])),
        ("x=choice('5',5)", CategoricalDistribution(["5", 5])),
        ("x=[8,16],[32]", CategoricalDistribution(["[8,16]", "[32]"])),
        ("x=shuffle(range(1,3))", CategoricalDistribution([1, 2])),
        ("x=shuffle(c,a,b)", CategoricalDistribution(["c", "a", "b"])),
        ("x=range(1,4)", IntDistribution(1, 3)),
        ("x=range(0,10,4)", IntDistribution(0, 8, step=4)),
        ("x=range(4,1,-1)", IntDistribution(2, 4)),
        ("x=tag(log,range(1,4))", IntDistribution(1, 3, log=True)),
        ("x=range(0.5,5.5,step=1)", FloatDistribution(0.5, 4.5, step=1)),
        ("x=range(0,0.9,0.3)", FloatDistribution(0, 0.6, step=0.3)),
        ("x=range(0,1,0.1)", FloatDistribution(0, 0.9, step=0.1)),
        ("x=interval(1,5)", FloatDistribution(1, 5)),
        ("x=int(interval(1,5))", IntDistribution(1, 5)),
        ("x=tag(log,interval(1e-4,1))", FloatDistribution(1e-4, 1, log=True)),
        ("x=tag(log,int(interval(1,5)))", IntDistribution(1, 5, log=True)),
    ],
)
def test_an_override_is_a_distribution(override, expected):
    assert parse([override]).searched["x"].distribution == expected


def test_other_overrides_are_fixed_and_the_later_of_two_counts():
    space = parse(["x=range(1,4)", "+new=1,2", "y=a b", "~z", "~w=3", "x=5", "new=7"])
    assert space.searched == {}
    assert space.overrides({}) == [r"y=a\ b", "x=5", "+new=7", "~z", "~w=3"]
    assert parse(["x=1", "x=1,2"]).fixed == {}


@pytest.mark.parametrize("override", ["x=range(3,3)", "x=range(3,1)", "x=range(1,3,-1)"])
def test_an_empty_range_is_refused(override):
    with pytest.raises(ValueError, match=r"the range is empty; range\(start, stop, step\) has the values before stop"):
        parse([override])


def read_back(text):
    return OverridesParser.create().parse_overrides([f"x={text}"])[0].value()


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8))
@example("5")
@example("null")
@example("a,b")
@example("it's")
@example("a=b c")
@example("\\")
@example("[1]")
@example("${x}")
def test_every_text_is_read_back_as_the_same_text(text):
    assert read_back(written(text)) == text


def test_containers_keep_the_types_of_what_is_in_them():
    value = {"a": ["5", 5, None, True, 0.5], "b c": {"d": "x,y"}}
    assert read_back(written(value)) == value


def test_a_choice_arrives_at_the_job_as_it_was_written(sweep):
    seen = []
    task = functools.partial(lambda seen, cfg: seen.append(cfg.x) or 0.0, seen)
    texts = """x=choice('5', 5, 'a b', 'c=d,e', "it's", [1, '2'], {k: v}, 1e-5)"""
    sweep(task, texts, "hydra/sweeper/sampler=grid")
    assert len(seen) == 8
    for value in ("5", 5, "a b", "c=d,e", "it's", [1, "2"], {"k": "v"}, 1e-5):
        assert any(value == one and type(value) in (type(one), list, dict) for one in seen), value


@pytest.mark.parametrize("sampler", ["grid", "random"])
def test_the_end_of_a_range_is_not_in_it_whatever_the_sampler(sweep, sampler):
    seen = []
    sweep(lambda cfg: seen.append(cfg.x) or 0.0, "x=range(1,4)", f"hydra/sweeper/sampler={sampler}",
          "hydra.sweeper.n_trials=5")  # fmt: skip
    assert len(seen) == (3 if sampler == "grid" else 5)
    assert set(seen) <= {1, 2, 3}


def test_a_grid_runs_each_combination_once_and_needs_finitely_many(sweep):
    seen = []
    grid = ["hydra/sweeper/sampler=grid", "z=a,b"]
    sweep(lambda cfg: seen.append((cfg.x, cfg.z)) or 0.0, "x=range(0,0.9,0.3)", *grid)
    assert sorted(seen) == [(x, z) for x in (0.0, 0.3, 0.6) for z in "ab"]
    with pytest.raises(SweeperConfigError, match=r"x is an interval of floats; use choice\(\) or range\(\)"):
        sweep(loss, "x=interval(0,1)", *grid)


def test_a_function_of_the_users_adds_parameters_and_sees_what_is_fixed(sweep, tmp_path, monkeypatch):
    (tmp_path / "extend_space.py").write_text(
        "def configure(cfg, trial):\n"
        "    assert trial.user_attrs['y'] == '2'\n"
        "    x = trial.params['x']\n"
        "    trial.suggest_float('z', x - cfg.y, x + cfg.y)\n"
        "    trial.suggest_float('+w', 0, 1)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    custom = "hydra.sweeper.custom_search_space=extend_space.configure"
    seen = []
    sweep(lambda cfg: seen.append(cfg) or cfg.z + cfg.w, "x=interval(0,9)", "y=2", custom, "hydra.sweeper.n_trials=3")
    assert len(seen) == 3
    assert all(abs(cfg.z - cfg.x) <= cfg.y and 0 <= cfg.w <= 1 for cfg in seen)
    assert "+w" in OmegaConf.load(tmp_path / "out" / "optimization_results.yaml").best_params
    with pytest.raises(SweepFailedError, match="custom_search_space suggests z, which the command line"):
        sweep(loss, "x=interval(0,9)", "y=2", "z=3", custom, "hydra.sweeper.n_trials=3")


# --- what a sweep leaves ---------------------------------------------------------------------------------------------


def test_a_file_for_hydras_optuna_sweeper_runs_with_another_name_of_the_sweeper(sweep, tmp_path):
    assert sweep(loss, "~z", config=SPHERE) is None
    found = OmegaConf.load(tmp_path / "out" / "optimization_results.yaml")
    assert found.name == "raytune_lite"
    assert found.best_value == loss(found.best_params)
    assert folders(tmp_path) == list(range(5))
    assert OmegaConf.load(tmp_path / "out" / "multirun.yaml").hydra.sweeper.n_trials == 5
    job = tmp_path / "out" / "3" / ".hydra"
    assert "z" not in OmegaConf.load(job / "config.yaml")
    assert len(OmegaConf.load(job / "overrides.yaml")) == 3
    hydra = OmegaConf.load(job / "hydra.yaml").hydra
    assert (hydra.job.num, hydra.job.id) == (3, "sphere_3_1")


def test_a_sweep_of_the_same_study_goes_on_in_new_directories(sweep, tmp_path, storage):
    ran = []
    named = [f"hydra.sweeper.storage={storage}", "hydra.sweeper.study_name=s", "x=interval(0,1)"]
    for n, command in enumerate([["hydra.sweeper.n_trials=1"], ["hydra.sweeper.max_trials=3"]] * 2):
        sweep(lambda cfg: ran.append(rtl.current_trial().number) or cfg.x, *named, *command)
        assert ran == list(range((1, 3, 4, 4)[n]))
    assert folders(tmp_path) == ran
    written_by = [OmegaConf.load(tmp_path / "out" / str(n) / ".hydra" / "hydra.yaml").hydra.job.num for n in ran]
    assert written_by == ran


@pytest.mark.parametrize(
    ("overrides", "n_trials", "max_trials"),
    [([], 20, None), (["hydra.sweeper.max_trials=7"], None, 7), (["hydra/sweeper/sampler=grid"], None, None)],
)
def test_without_a_bound_there_are_twenty_trials(sweep, monkeypatch, overrides, n_trials, max_trials):
    seen = {}
    monkeypatch.setattr(rtl.Study, "optimize", lambda study, job, **options: seen.update(options))
    sweep(loss, "x=1,2", "hydra.sweeper.executor=ray", "hydra.sweeper.n_jobs=3", "hydra.sweeper.resources.num_gpus=0.5",
          *overrides)  # fmt: skip
    assert (seen["n_trials"], seen["max_trials"]) == (n_trials, max_trials)
    assert (seen["max_concurrent"], seen["resources"]) == (3, {"num_gpus": 0.5})


def test_several_values_are_several_objectives(sweep, tmp_path):
    sweep(lambda cfg: (cfg.x, -cfg.x), "x=interval(0,1)", "hydra.sweeper.direction=[minimize,maximize]",
          "hydra.sweeper.n_trials=3", "hydra/sweeper/sampler=nsgaii")  # fmt: skip
    found = OmegaConf.load(tmp_path / "out" / "optimization_results.yaml")
    assert len(found.solutions) == 1  # one x is best in both
    assert found.solutions[0]["values"][1] == -found.solutions[0].params.x


# --- failures --------------------------------------------------------------------------------------------------------


def failing(bad):
    def task(cfg):
        if rtl.current_trial().number in bad:
            raise ArithmeticError("no such loss")
        return cfg.x

    return task


def test_a_job_that_fails_stops_the_sweep_and_has_no_value(sweep, tmp_path, storage):
    command = ["x=interval(0,1)", "hydra.sweeper.n_trials=6", f"hydra.sweeper.storage={storage}"]
    with pytest.raises(SweepFailedError, match="1 of 3 jobs failed") as caught:
        sweep(failing({2}), *command)
    shown = str(caught.value)
    assert "The first was trial 2" in shown
    assert "no such loss" in shown
    assert "hydra/core" not in shown  # the frames are the user's
    study = rtl.load_study(storage=storage)
    assert [trial.state.name for trial in study.trials] == ["COMPLETE"] * 2 + ["FAIL"]
    assert study.trials[2].values is None
    study.close()


@pytest.mark.parametrize(
    ("rate", "planned", "states", "stopped_after", "raises"),
    [
        (0.0, None, "ccf", 3, True),
        (0.5, 4, "ffcc", None, False),  # a batch of one job would have failed at once
        (0.25, 4, "ff", 2, True),  # 2 of 4 is too many, whatever the others do
        (0.25, 4, "fccc", None, False),
        (0.25, None, "fffc", None, True),  # how many there will be is not known
        (0.0, None, "cic", None, False),  # invalid parameters are no failure: another trial takes their place
        (1.0, 4, "ffff", None, False),
    ],
)
def test_the_failure_rate_is_that_of_the_sweep_not_of_a_batch(rate, planned, states, stopped_after, raises):
    stops = []
    outcomes = {"f": "exception", "i": "invalid"}
    study = SimpleNamespace(
        study_name="s",
        stop=lambda: stops.append(number + 1),
        attempts_of=lambda number: [SimpleNamespace(outcome=outcomes[states[number]], message="ValueError: lr")],
    )
    failures = Failures(rate, planned)
    for number, state in enumerate(states):
        kind = rtl.TrialState.COMPLETE if state == "c" else rtl.TrialState.FAIL
        failures(study, SimpleNamespace(number=number, state=kind))
    assert stops == ([stopped_after] if stopped_after else [])
    if raises:
        n = states.count("f")
        with pytest.raises(SweepFailedError, match=rf"{n} of {len(states)} jobs failed, .*max_failure_rate={rate:g}"):
            failures.check(study)
    else:
        failures.check(study)


def test_a_failed_job_is_tried_again_first_in_its_own_directory(sweep, tmp_path):
    ids = []

    def task(cfg):
        trial = rtl.current_trial()
        ids.append((trial.number, trial.attempt))
        if trial.attempt == 1:
            raise OSError("flaky")
        return cfg.x

    sweep(task, "x=interval(0,1)", "hydra.sweeper.n_trials=2", "+hydra.sweeper.retries.exception=1")
    assert ids == [(0, 1), (0, 2), (1, 1), (1, 2)]
    assert folders(tmp_path) == [0, 1]
    assert OmegaConf.load(tmp_path / "out" / "1" / ".hydra" / "hydra.yaml").hydra.job.id.endswith("_1_2")


# --- pruning ---------------------------------------------------------------------------------------------------------


def test_a_task_reports_pauses_and_goes_on_from_its_checkpoint(sweep, tmp_path):
    epochs = []

    def task(cfg):
        trial = rtl.current_trial()
        first = (trial.load_checkpoint() or {"epoch": 0})["epoch"] + 1
        for epoch in range(first, 4):
            epochs.append((trial.number, epoch))
            trial.save_checkpoint({"epoch": epoch}, step=epoch)
            trial.report(cfg.x + 1 / epoch, step=epoch)
            if trial.should_prune():
                raise rtl.TrialPruned
        return cfg.x

    asha = ["hydra/sweeper/pruner=asha", "hydra.sweeper.pruner.max_resource=3", "hydra/sweeper/sampler=random"]
    sweep(task, "x=interval(0,1)", *asha, "hydra.sweeper.n_trials=4", "hydra.sweeper.sampler.seed=0")
    assert len(epochs) < 4 * 3
    assert len(epochs) == len(set(epochs))  # nobody began anew
    assert (tmp_path / "out" / "optimization_results.yaml").exists()


def test_there_is_a_current_trial_while_its_objective_runs_and_no_other_time():
    seen = []

    def objective(trial):
        seen.append(rtl.current_trial() is trial)
        if trial.number == 0:
            raise rtl.TrialPruned
        return 0.0

    assert rtl.current_trial() is None
    study = rtl.create_study()
    study.optimize(objective, n_trials=2, executor="inline", show_progress_bar=False)
    assert seen == [True, True]
    assert rtl.current_trial() is None
    study.ask()
    assert rtl.current_trial() is None


# --- refusals --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def composed():
    """What Hydra gives to a sweeper, composed once."""
    handlers = logging.getLogger().handlers[:]
    version.setbase("1.3")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "config.yaml").write_text(CONFIG)
        hydra = Hydra.create_main_hydra_file_or_module(f"{folder}/app.py", None, ".", "app")
        overrides = [f"hydra.sweep.dir={folder}/out", "hydra.sweeper.executor=inline"]
        try:
            config = hydra.compose_config("config", overrides, RunMode.MULTIRUN, with_log_configuration=False)
        finally:
            GlobalHydra.instance().clear()
        yield config, HydraContext(config_loader=hydra.config_loader, callbacks=Callbacks(config))
        logging.getLogger().handlers[:] = handlers


ASHA = {"_target_": "raytune_lite.pruners.ASHAPruner"}
MEDIAN = {"_target_": "raytune_lite.pruners.MedianPruner", "eta": 3}


@pytest.mark.parametrize(
    ("changed", "overrides", "message"),
    [
        ({"prunner": "asha"}, [], "hydra.sweeper has no key prunner; did you mean pruner?"),
        ({"max_failure_rate": 2}, [], "must be a number from 0 to 1, got 2"),
        ({"n_trials": 0}, [], "n_trials must be an integer >= 1 or None, got 0"),
        ({"direction": "up"}, [], "direction must be"),
        ({"storage": {"url": "x"}}, [], "storage must be a database URL such as sqlite:///study.db, got {'url'"),
        ({"pruner": ASHA}, [], "max_resource must be given"),
        ({"pruner": MEDIAN}, [], "MedianPruner has no argument eta=3; it has n_startup_trials"),
        ({"retries": {"excption": 1}}, [], "retries has the arguments of RetryPolicy, exception"),
        ({"params": ["x"]}, [], "params must be a mapping of overrides"),
        ({"custom_search_space": "nosuch.function"}, [], "nosuch"),
        ({"workers": 2}, [], "workers"),
        ({"executor": "dask"}, [], "executor must be 'ray' or 'inline', got 'dask'"),
        ({}, ["x=range(4,4)"], "the range is empty"),
        ({}, ["nosuch=1,2"], "Could not override 'nosuch'"),
    ],
)
def test_what_is_wrong_is_refused_before_a_job_runs(composed, changed, overrides, message):
    config, context = composed
    node = OmegaConf.to_container(config.hydra.sweeper)
    given = {key: value for key, value in node.items() if not key.startswith("_")} | changed
    ran = []
    with pytest.raises((HydraException, ValueError)) as caught:
        Sweep(given, context, ran.append, config).run(["y=interval(0,1)", *overrides])
    assert message in str(caught.value)
    assert not ran


def test_another_launcher_is_refused_with_the_reason(sweep):
    node = {"_target_": "hydra_plugins.another.Launcher"}
    ConfigStore.instance().store(group="hydra/launcher", name="another", node=node)
    with pytest.raises(SweeperConfigError, match=r"hydra/launcher must be basic .* each job is a task"):
        sweep(loss, "hydra/launcher=another", "x=1,2")


# --- samplers and pruners --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("family", "known"), [("samplers", SAMPLERS), ("pruners", PRUNERS)])
def test_each_name_has_the_arguments_and_defaults_of_its_class(family, known):
    module = getattr(rtl, family)
    more = {"sigma0", "max_resource", "percentile"}
    for cls, arguments in known.values():
        parameters = inspect.signature(getattr(module, cls)).parameters
        for name, value in arguments.items():
            default = parameters[name].default
            default = list(default) if isinstance(default, tuple) else default
            assert default == value or name in more or name == "seed", (cls, name)
    if family == "pruners":
        names = set(module.pruner_names()) - {"patient", "onobjective"}
        assert names == set(known)


def test_samplers_of_optunas_configuration_are_read_as_ours():
    node = {"_target_": "optuna.samplers.TPESampler", "seed": 1, "consider_prior": None, "prior_weight": None,
            "n_startup_trials": 10, "n_ei_candidates": 24, "multivariate": False,
            "warn_independent_sampling": None}  # fmt: skip
    space = Space(searched={}, fixed={})
    made = algorithms.sampler(node, space)
    assert isinstance(made, rtl.samplers.TPESampler)
    assert made.spec()["seed"] == 1
    assert made.spec()["multivariate"] is False
    wrapped = {"_target_": "raytune_lite.pruners.PatientPruner", "patience": 2,
               "wrapped_pruner": {"_target_": "optuna.pruners.MedianPruner"}}  # fmt: skip
    assert algorithms.pruner(wrapped).spec()["wrapped_pruner"]["name"] == "MedianPruner"
    with pytest.warns(UserWarning, match="consider_endpoints=True changes nothing here"):
        algorithms.sampler({**node, "consider_endpoints": True}, space)
    with pytest.raises(TypeError, match=r"TPESampler.* unexpected keyword argument 'considers_tails'"):
        algorithms.sampler({**node, "considers_tails": True}, space)
    with pytest.raises(ValueError, match="must be chosen on the defaults list"):
        algorithms.sampler("tpe", space)


def test_hydra_finds_the_sweeper_and_another_plugins_samplers_stay(sweep):
    assert "RaytuneLiteSweeper" in [cls.__name__ for cls in Plugins.instance().discover(Sweeper)]
    from hydra_plugins.raytune_lite_sweeper import config

    theirs = {"_target_": "optuna.samplers.RandomSampler", "seed": 7}
    ConfigStore.instance().store(group="hydra/sweeper/sampler", name="random", node=theirs)
    config._store("hydra/sweeper/sampler", "random", {"_target_": "raytune_lite.samplers.RandomSampler"})
    node = ConfigStore.instance().load("hydra/sweeper/sampler/random.yaml").node
    assert node._target_ == "optuna.samplers.RandomSampler"


def test_each_key_of_the_sweeper_is_an_argument_of_a_study_or_a_run():
    known = {*inspect.signature(rtl.create_study).parameters, *inspect.signature(rtl.Study.optimize).parameters}
    own = {"max_failure_rate", "params", "custom_search_space"}
    assert set(KEYS) <= known | own


def test_a_parse_error_is_hydras_own():
    with pytest.raises(OverrideParseException):
        parse(["x=choice(1"])
