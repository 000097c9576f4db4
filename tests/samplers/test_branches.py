"""Branches of a conditional space: which is drawn, what is held in it, and that AutoSampler's process stays in it."""

from __future__ import annotations

import pytest

from raytune_lite.core.view import StudyView
from raytune_lite.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from raytune_lite.samplers import AutoSampler, GPSampler, TPESampler
from raytune_lite.samplers.branches import branch_of_a_good_trial
from raytune_lite.samplers.history import History
from raytune_lite.trial import FrozenTrial, StudyDirection, TrialState

KIND, DEEP = CategoricalDistribution(["net", "tree", "linear"]), IntDistribution(1, 3)
RATE, LEAVES = FloatDistribution(1e-4, 1.0, log=True), IntDistribution(2, 100)
LOSS = CategoricalDistribution(["l1", "l2"])
KNOWN = {"kind": KIND, "rate": RATE, "leaves": LEAVES, "loss": LOSS, "deep": DEEP}


def trial(number, kind, value, state=TrialState.COMPLETE, **params):
    params = {"kind": kind, **params}
    attrs = {"constraints:c": params.pop("broken")} if "broken" in params else {}
    return FrozenTrial(
        number=number, state=state, values=None if value is None else (value,), params=params,
        distributions={name: KNOWN[name] for name in params}, system_attrs=attrs,
    )  # fmt: skip


def study(n=40):
    """Trees are best, and best with 40 leaves; of nets all have the same depth."""
    found = []
    for i in range(n):
        kind, leaves = ("net", "tree", "linear")[i % 3], 2 + 37 * i % 99
        own = {"net": {"rate": 10.0 ** -(i % 4), "deep": 2}, "tree": {"leaves": leaves, "loss": ("l1", "l2")[i % 2]},
               "linear": {"loss": ("l1", "l2")[i % 2]}}[kind]  # fmt: skip
        value = {"net": 0.93 + 0.01 * (i % 4), "tree": 0.9 + 0.002 * abs(leaves - 40), "linear": 3.0}[kind]
        found.append(trial(i, kind, value, **own))
    return found


def branches(trials, numbers=range(60), known=KNOWN):
    history = History().update(StudyView.of([StudyDirection.MINIMIZE], trials))
    return [branch_of_a_good_trial(history, known, 0, number) for number in numbers]


def test_the_branches_of_the_best_quarter_are_drawn_alike():
    found = [tuple(branch.space) for branch in branches(study())]
    net, tree = ("deep", "kind", "rate"), ("kind", "leaves", "loss")
    assert set(found) == {net, tree}  # none of the linear ones is good
    assert 18 < found.count(net) < 42  # 30 of 60, although most of the good are trees: 1 % false alarms
    assert found == [tuple(branch.space) for branch in branches(study())]


def test_what_all_trials_of_a_branch_have_in_common_is_held():
    for branch in branches(study()):
        if "deep" in branch.space:
            assert branch.held == {"kind": 0.0, "deep": 2.0}  # never the rate: it is no discrete parameter
        else:
            assert branch.held == {"kind": 1.0}


def test_failed_and_infeasible_trials_have_no_branch():
    bad = [trial(100, "linear", None, TrialState.FAIL, loss="l1"), trial(101, "linear", -9.0, loss="l1", broken=1.0)]
    assert branches([*study(), *bad]) == branches(study())
    assert branches(bad) == [None] * 60
    assert branches([]) == [None] * 60


def test_a_branch_whose_parameters_are_not_asked_for_any_more_is_none():
    assert set(branches(study(), known={"kind": KIND})) == {None}


@pytest.mark.parametrize("seed", range(3))
def test_a_process_within_a_branch_holds_what_is_held(seed):
    view = StudyView.of([StudyDirection.MINIMIZE], study())
    tree = {name: KNOWN[name] for name in ("kind", "leaves", "loss")}
    found = GPSampler(seed=seed, n_startup_trials=6).sample_within(view, 40, tree, {"kind": 1.0})
    assert found.keys() == tree.keys()
    assert found["kind"] == 1.0
    assert 2 <= found["leaves"] <= 100
    small = {name: KNOWN[name] for name in ("kind", "loss")}  # few points: all are looked at
    assert GPSampler(seed=seed).sample_within(view, 40, small, {"kind": 2.0})["kind"] == 2.0
    assert GPSampler(seed=seed).sample_within(view, 40, small, {"kind": 2.0, "loss": 0.0}) == {}
    assert GPSampler(seed=seed, n_startup_trials=30).sample_within(view, 40, tree, {"kind": 1.0}) == {}


def test_auto_takes_tpe_and_a_process_in_turns_warm_as_cold():
    trials, auto = study(60), AutoSampler(1)
    for n in (20, 41, 42, 43, 44, 60):
        view = StudyView.of([StudyDirection.MINIMIZE], trials[:n])
        found = auto.sample_relative(view, n, KNOWN)
        assert found == AutoSampler(1).sample_relative(view, n, KNOWN)
        by_tpe = TPESampler(1).sample_relative(view, n, KNOWN)
        assert (found == by_tpe) == (n % 2 == 1)
        assert ("in turn" in auto.explain(view, n, KNOWN)) == (n % 2 == 0)


def test_auto_finds_a_better_leaf_than_all_so_far():
    """The tree's optimum is at 40 leaves of 2 to 100; most suggestions for the branch of the trees come close."""
    close = 0
    for seed in range(4):
        view = StudyView.of([StudyDirection.MINIMIZE], study(30))
        for number in range(30, 42, 2):
            found = AutoSampler(seed).sample_relative(view, number, KNOWN)
            close += found["kind"] == 1.0 and 30 <= found["leaves"] <= 50
    assert close >= 6
