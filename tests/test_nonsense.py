"""Calls of public functions with nonsense: each is accepted, or refused by an error that somebody wrote.

Each argument of each function gets each value of NONSENSE in turn. An error is written when the line that raised it is
a ``raise`` of this package, and its type is one that the documentation allows. Anything else is raw: an AttributeError
from the middle of a function, a RecursionError out of the message itself, whatever a library says of a value that we
should have refused. Without Ray.
"""

from __future__ import annotations

import ast
import inspect
import itertools
import math
import traceback
import warnings
from collections import Counter
from functools import cache, partial
from pathlib import Path

import numpy as np
import optuna
import pytest
import torch

import raytune_lite as rl
from raytune_lite import distributions, pruners, samplers
from raytune_lite.distributions import FloatDistribution
from raytune_lite.exceptions import RaytuneLiteError
from raytune_lite.integrations.optuna import OptunaSampler
from raytune_lite.plan import plan, replay
from raytune_lite.plan.rules import pruner_of
from raytune_lite.training import (
    MultiSteps,
    Precision,
    ResumableLoader,
    apply_if_finite,
    capture_state,
    clip_by_global_norm,
    restore_state,
    skip_large_updates,
    zero_nans,
)

PACKAGE = Path(rl.__file__).parent
WRITTEN = (RaytuneLiteError, TypeError, ValueError, RuntimeError)


class Plain:
    """A class, and objects, of nothing that anybody wants."""


class Unshowable:
    def __repr__(self):
        raise OSError("no repr today")


def nested():
    found = []
    for _ in range(20_000):
        found = [found]
    return found


NONSENSE = [
    None, True, 0, -1, 3, 2**70, 10**400, 1.5, math.nan, math.inf, 1j, "", "tpe", "x" * 600, "a\0b", "\ud800", b"x",
    [], [1], ["x"], (0, 1), {}, {"x": 1}, {1: 2}, {"x": (0, 1)}, {"x": nested()}, nested(), set(), object(), Plain,
    Unshowable(), lambda: 0, np.int64(0), np.array([1.0, 2.0]), np.array(3.0), ...,
]  # fmt: skip


@cache
def raising_lines(file):
    """The lines of a file's ``raise`` statements."""
    tree = ast.parse(Path(file).read_text(encoding="utf-8"))
    found = (range(node.lineno, node.end_lineno + 1) for node in ast.walk(tree) if isinstance(node, ast.Raise))
    return frozenset(itertools.chain.from_iterable(found))


def is_written(error):
    """Whether somebody wrote this error for whoever called."""
    frame, line = list(traceback.walk_tb(error.__traceback__))[-1]
    file = frame.f_code.co_filename
    return isinstance(error, WRITTEN) and Path(file).is_relative_to(PACKAGE) and line in raising_lines(file)


def shown(value):
    try:
        return repr(value)[:60]
    except BaseException as error:  # noqa: BLE001
        return f"<{type(value).__name__}: {type(error).__name__}>"


class Calls:
    """Counts calls, and notes the raw errors. ``study``: whose session no call may break."""

    def __init__(self):
        self.n, self.outcomes, self.raw, self.study = 0, Counter(), [], None

    def each(self, name, function, good, arguments=None):
        """``function(**good)`` works; then each of ``arguments`` (all of ``good``) is replaced by each value."""
        accepted = self.outcomes["accepted"]
        self.one(name, function, good, "nothing", None)
        assert self.outcomes["accepted"] > accepted, f"{name}: the good arguments are refused: {self.raw}"
        for argument in arguments or good:
            for value in NONSENSE:
                self.one(name, function, {**good, argument: value}, argument, value)

    def one(self, name, function, given, argument, value):
        self.n += 1
        try:
            function(**given)
        except Exception as error:  # noqa: BLE001
            text = str(error)
            if is_written(error) and text.strip() and len(text) < 5_000:
                self.outcomes["refused"] += 1
            else:
                self.outcomes["raw"] += 1
                where = traceback.extract_tb(error.__traceback__)[-1]
                self.raw.append(f"{name}({argument}={shown(value)}): {type(error).__name__}: {text[:80]} at "
                                f"{Path(where.filename).name}:{where.lineno}")  # fmt: skip
        else:
            self.outcomes["accepted"] += 1
        local = None if self.study is None else self.study._route._local
        if local is not None and local.failed:
            self.raw.append(f"{name}({argument}={shown(value)}) ends the session: {local.driver.fatal!r}")
            self.study = None

    def check(self, at_least):
        """No call had a raw error, and enough were made."""
        assert self.n >= at_least, self.n
        assert not self.raw, f"{len(self.raw)} of {self.n} calls:\n" + "\n".join(self.raw)


@pytest.fixture
def calls():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield Calls()


@pytest.fixture
def study(storage):
    made = rl.create_study(study_name="s", storage=storage, sampler=samplers.RandomSampler(0))
    yield made
    made.close()
    opened = rl.load_study(study_name="s", storage=storage)  # whatever was called, the study is whole
    opened.optimize(lambda trial: trial.suggest_float("fine", 0, 1), n_trials=1, executor="inline")
    assert opened.differences() == []
    opened.close()


def optional(function):
    """The arguments that have a default."""
    parameters = inspect.signature(function).parameters.values()
    kinds = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    return [p.name for p in parameters if p.default is not p.empty and p.kind not in kinds]


def test_studies(calls, storage, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = itertools.count()

    def create(study_name="given", **given):
        rl.create_study(**{"storage": storage, **given}, study_name=study_name).close()

    def fresh(**given):
        create(study_name=f"study-{next(names)}", **given)

    calls.each("create_study", fresh, {}, [name for name in optional(rl.create_study) if name != "study_name"])
    calls.each("create_study", create, {"study_name": "another", "load_if_exists": True})
    good = {"study_name": "another", "storage": storage}
    calls.each("load_study", lambda **given: rl.load_study(**given).close(), good, ["study_name", "storage", "sampler",
               "pruner", "checkpoint_dir"])  # fmt: skip
    calls.each("attach", lambda **given: rl.attach(**given).close(), {**good, "show_progress_bar": False},
               ["study_name", "storage", "pruner", "show_progress_bar"])  # fmt: skip
    for value in NONSENSE:
        calls.one("delete_study", rl.delete_study, {"study_name": value, "storage": storage}, "study_name", value)
        calls.one("delete_study", rl.delete_study, {"study_name": "another", "storage": value}, "storage", value)
        calls.one("compact_study", rl.compact_study, {"study_name": value, "storage": storage}, "study_name", value)
        calls.one("compact_study", rl.compact_study, {"study_name": "another", "storage": value}, "storage", value)
        calls.one("get_all_study_names", rl.get_all_study_names, {"storage": value}, "storage", value)
    calls.check(500)


def test_optimize(calls, study):
    def run(**given):
        study.optimize(**{"func": lambda trial: 0.5, "executor": "inline", **given})

    stop = {"n_trials": 1, "callbacks": [lambda study, trial: study.stop()]}
    calls.each("optimize", run, stop, ["func", "executor", *optional(rl.Study.optimize)])
    calls.check(500)


def test_methods_of_a_study(calls, study):
    with_x = {"params": {"x": 0.5}, "user_attrs": {"a": 1}, "skip_if_exists": True}
    calls.study = study
    calls.each("enqueue_trial", study.enqueue_trial, with_x)
    calls.each("ask", study.ask, {"fixed_distributions": {"y": FloatDistribution(0, 1)}})

    def tell(**given):
        study.tell(**{"trial": study.ask(), **given})

    calls.each("tell", tell, {"values": 0.5, "state": None, "skip_if_finished": True})
    calls.each("tell", tell, {"values": 0.5}, ["trial"])
    calls.each("add_trial", study.add_trial, {"trial": rl.create_trial(value=0.5)})
    calls.each("add_trials", study.add_trials, {"trials": [rl.create_trial(value=0.5)]})
    calls.each("get_trials", study.get_trials, {"states": (rl.TrialState.COMPLETE,)})
    calls.each("set_user_attr", study.set_user_attr, {"key": "k", "value": 1})
    calls.each("set_metric_names", study.set_metric_names, {"metric_names": ["loss"]})
    commands = [("stop_trial", {"number": 0, "grace": 1.0}), ("pause", {"grace": 1.0}), ("extend", {"n_trials": 1}),
                ("extend", {"max_trials": 9}), ("resize", {"n_slots": 1, "grace": 1.0})]  # fmt: skip
    for name, good in commands:
        for argument, value in itertools.product(good, NONSENSE):
            calls.one(name, getattr(study, name), {**good, argument: value}, argument, value)
    calls.check(600)


def test_a_trial(calls, study):
    names = (f"p{i}" for i in itertools.count())
    trial, calls.study = study.ask(), study

    def fresh(suggest):
        return lambda **given: suggest(**{"name": next(names), **given})

    calls.each("suggest_float", fresh(trial.suggest_float), {"low": 0.0, "high": 1.0, "step": None, "log": False})
    calls.each("suggest_int", fresh(trial.suggest_int), {"low": 0, "high": 4, "step": 1, "log": False})
    calls.each("suggest_categorical", fresh(trial.suggest_categorical), {"choices": ["a", "b"]})
    calls.each("suggest_float", trial.suggest_float, {"name": "y", "low": 0, "high": 1}, ["name"])
    calls.each("set_user_attr", trial.set_user_attr, {"key": "k", "value": 1})
    calls.each("set_constraint", trial.set_constraint, {"key": "c", "value": 1.0})
    calls.each("report", trial.report, {"value": 0.5, "step": 1})
    calls.each("save_checkpoint", trial.save_checkpoint, {"state": {"a": 1}, "step": 1})
    study.tell(trial, 0.5)
    calls.check(500)


def test_a_study_of_two_objectives(calls, storage):
    study = rl.create_study(storage=storage, directions=["minimize", "maximize"])
    trial = study.ask()
    calls.each("report", trial.report, {"value": (0.5, 1.0), "step": 1})

    def tell(**given):
        study.tell(study.ask(), **given)

    calls.each("tell", tell, {"values": (0.5, 1.0), "state": None})
    study.close()
    calls.check(100)


def test_records_and_distributions(calls):
    given = {"value": 0.5, "params": {"x": 0.5}, "distributions": {"x": FloatDistribution(0, 1)}}
    calls.each("create_trial", rl.create_trial, given, optional(rl.create_trial))
    whole, choice = distributions.IntDistribution, distributions.CategoricalDistribution
    calls.each("FloatDistribution", FloatDistribution, {"low": 1.0, "high": 3.0, "log": False, "step": None})
    calls.each("IntDistribution", whole, {"low": 1, "high": 3, "log": False, "step": 1})
    calls.each("CategoricalDistribution", choice, {"choices": ["a", 1]})
    for dist in (FloatDistribution(0, 1), whole(0, 4), choice(["a"])):
        for value in NONSENSE:
            calls.one("to_internal_repr", dist.to_internal_repr, {"external": value}, "external", value)
    calls.each("json_to_distribution", distributions.json_to_distribution, {
        "text": distributions.distribution_to_json(FloatDistribution(0, 1)),
    })  # fmt: skip
    calls.check(600)


GOOD = {
    "GridSampler": {"search_space": {"x": [1, 2]}},
    "PilotSampler": {"base_sampler": samplers.RandomSampler(0), "until": 3},
    "PartialFixedSampler": {"fixed_params": {"x": 1}, "base_sampler": samplers.RandomSampler(0)},
    "ASHAPruner": {"max_resource": 9},
    "MOASHAPruner": {"max_resource": 9},
    "OnObjective": {"index": 0, "pruner": pruners.NopPruner()},
    "PASHAPruner": {"max_resource": 9},
    "PBTPruner": {"max_resource": 9},
    "PatientPruner": {"wrapped_pruner": None, "patience": 1},
    "PercentilePruner": {"percentile": 25},
    "ThresholdPruner": {"lower": 0.0},
}


def test_samplers_and_pruners(calls):
    for home in (samplers, pruners):
        for name in home._HOMES:
            cls = getattr(home, name)
            good = GOOD.get(name, {})
            calls.each(name, cls, good, list(dict.fromkeys([*good, *optional(cls)])) or ["nothing"][:0])
    good = {"sampler": optuna.samplers.RandomSampler(), "seed": 0}
    calls.each("OptunaSampler", OptunaSampler, good)
    calls.each("UserSampler", samplers.UserSampler, good)
    calls.each("UserPruner", pruners.UserPruner, {"pruner": optuna.pruners.NopPruner()})
    calls.each("RetryPolicy", rl.RetryPolicy, {}, optional(rl.RetryPolicy))
    for value in NONSENSE:
        for function in (samplers.sampler_from_spec, pruners.pruner_from_spec):
            calls.one(function.__name__, function, {"spec": value}, "spec", value)
    calls.check(1500)


def test_replay_and_plan(calls, study):
    calls.each("pruner_of", pruner_of, {"given": "asha(eta=3)", "last": 9}, ["given"])
    # this study has no curves: what is left after the arguments is refused, too
    good = {"target": 0.5, "top": 0.05, "workers": [2], "etas": [3], "min_resources": [1], "price": 1.0, "seed": 0,
            "deadline": 9.0, "budget": 1.0, "spot": 9.0, "simulations": 10}  # fmt: skip
    for argument, value in itertools.product(good, NONSENSE):
        calls.one("plan", partial(plan, study), {**good, argument: value}, argument, value)
    for value in NONSENSE:
        calls.one("replay", partial(replay, study), {"workers": value}, "workers", value)
    calls.check(300)


def test_training(calls):
    calls.each("apply_if_finite", apply_if_finite, {"max_consecutive": 3})
    calls.each("clip_by_global_norm", clip_by_global_norm, {"max_norm": 1.0})
    names = ["dataset", "seed", *optional(ResumableLoader)]
    calls.each("ResumableLoader", ResumableLoader, {"dataset": [1.0, 2.0], "batch_size": 1, "seed": 0}, names)
    calls.each("Precision", Precision, {}, optional(Precision))
    optimizer = torch.optim.SGD(torch.nn.Linear(2, 1).parameters(), lr=0.1)
    good = {"optimizer": optimizer, "every_k": 2}
    calls.each("MultiSteps", MultiSteps, good, [*good, *optional(MultiSteps)])
    calls.each("capture_state", capture_state, {}, optional(capture_state))
    calls.each("restore_state", restore_state, {"state": capture_state()}, ["state", *optional(restore_state)])
    calls.each("zero_nans", zero_nans, {"bad": "nan"})
    calls.each("skip_large_updates", skip_large_updates, {"max_norm_sq": 1.0})
    calls.check(1000)


def test_the_check_finds_raw_errors():
    calls = Calls()
    calls.one("len", lambda: len(3), {}, "", None)
    calls.one("attribute", lambda: None.spec(), {}, "", None)
    calls.one("ours", lambda: rl.create_trial(), {}, "", None)
    calls.one("fine", lambda: rl.create_trial(value=1.0), {}, "", None)
    calls.one("inside", lambda: FloatDistribution(0, 1).contains("x"), {}, "", None)
    assert calls.outcomes == {"raw": 3, "refused": 1, "accepted": 1}
