"""AutoSampler: which sampler it follows, that it follows exactly, and that the study's log says why."""

from __future__ import annotations

import pytest

import raytune_lite as rtl
from raytune_lite.core import messages as m
from raytune_lite.core.view import StudyView
from raytune_lite.distributions import CategoricalDistribution, FloatDistribution
from raytune_lite.samplers import (
    AutoSampler,
    CmaEsSampler,
    GPSampler,
    NSGAIIISampler,
    NSGAIISampler,
    TPESampler,
    sampler_from_spec,
)
from raytune_lite.trial import FrozenTrial, StudyDirection, TrialState

X, Y, KIND = FloatDistribution(-5, 5), FloatDistribution(0, 1), CategoricalDistribution(["a", "b"])


def history(n, *, categorical=False, conditional=False, objectives=1):
    """A view of ``n`` COMPLETE trials."""
    trials = []
    for number in range(n):
        x, y = (number * 0.37) % 10 - 5, (number * 0.61) % 1
        params, dists = {"x": x, "y": y}, {"x": X, "y": Y}
        if categorical:
            params["kind"], dists["kind"] = "ab"[number % 2], KIND
        if conditional and number % 2:
            params["z"], dists["z"] = y, Y
        values = tuple((x - k) ** 2 + y for k in range(objectives))
        trials.append(
            FrozenTrial(number=number, state=TrialState.COMPLETE, values=values, params=params, distributions=dists)
        )
    return StudyView.of([StudyDirection.MINIMIZE] * objectives, trials)


CASES = [
    (history(0), GPSampler, "fewer than 20 trials are COMPLETE"),
    (history(19), GPSampler, "fewer than 20 trials are COMPLETE"),
    (history(19, categorical=True), GPSampler, "fewer than 20"),
    (history(20), CmaEsSampler, "20 trials are COMPLETE, and all parameters are numerical"),
    (history(20, categorical=True), TPESampler, "parameter 'kind' is categorical"),
    (history(13, conditional=True), TPESampler, "some parameters are conditional"),
    (history(25, conditional=True), TPESampler, "some parameters are conditional"),
    (history(19, objectives=2), GPSampler, "fewer than 20"),
    (history(20, objectives=2), NSGAIISampler, "20 trials are COMPLETE"),
    (history(20, objectives=3, categorical=True), NSGAIISampler, "20 trials are COMPLETE"),
    (history(20, objectives=4), NSGAIIISampler, "20 trials are COMPLETE"),
]


@pytest.mark.parametrize(("view", "kind", "why"), CASES)
def test_it_says_whom_it_follows_and_why_and_follows_exactly(view, kind, why):
    auto, leader = AutoSampler(3, n_gp_trials=20), kind(seed=3)
    known = {"x": X, "y": Y, "kind": KIND, "z": Y}
    number = len(view.finished)
    space = auto.search_space(view, known)
    assert space == leader.search_space(view, known)
    assert auto.sample_relative(view, number, space) == leader.sample_relative(view, number, space)
    assert auto.sample_independent(view, number, "other", X) == leader.sample_independent(view, number, "other", X)
    said = auto.explain(view, number, space)
    assert said.startswith(f"{kind.__name__}: ")
    assert why in said


def test_the_reason_for_a_switch_is_in_the_log():
    study = rtl.create_study(sampler=AutoSampler(0, n_gp_trials=6))
    study.optimize(lambda t: t.suggest_float("x", -1, 1) ** 2, n_trials=9, executor="inline")
    log = study._repository.events(study._record)
    notes = list(dict.fromkeys(event.note for _, event, _ in log if isinstance(event, m.Suggested) and event.note))
    assert notes == [
        "GPSampler: fewer than 6 trials are COMPLETE",
        "CmaEsSampler: 6 trials are COMPLETE, and all parameters are numerical",
    ]
    study.close()


def test_it_is_the_default_of_a_study():
    study = rtl.create_study()
    study.optimize(lambda t: t.suggest_float("x", -1, 1) ** 2, n_trials=1, executor="inline")
    assert '"name": "AutoSampler"' in study.last_run.sampler
    study.close()


@pytest.mark.parametrize("wrong", [-1, 1.5, None, True, "9"])
def test_a_wrong_number_of_trials_is_refused(wrong):
    with pytest.raises(ValueError, match=r"n_gp_trials must be an integer >= 0, got ") as caught:
        AutoSampler(n_gp_trials=wrong)
    assert repr(wrong) in str(caught.value)


def test_it_comes_back_from_its_spec():
    auto = AutoSampler(4, n_gp_trials=30)
    assert auto.spec() == {"name": "AutoSampler", "n_gp_trials": 30, "seed": 4}
    assert sampler_from_spec(auto.spec()) == auto
