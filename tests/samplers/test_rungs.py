"""Samplers beside a pruner with rungs: a process over parameters and level, and trials that are drawn at random."""

from __future__ import annotations

import dataclasses
import json
import math

import numpy as np
import pytest
from scipy.special import ndtri

import raytune_lite as rtl
from raytune_lite.base_trial import CONSTRAINT_PREFIX
from raytune_lite.core import messages as m
from raytune_lite.core.view import Rung, StudyView
from raytune_lite.distributions import FloatDistribution
from raytune_lite.pruners import ASHAPruner
from raytune_lite.samplers import (
    AutoSampler,
    CmaEsSampler,
    GPSampler,
    RandomSampler,
    TPESampler,
    sampler_from_spec,
)
from raytune_lite.samplers.base import DRAWN
from raytune_lite.samplers.gp.fit import MEAN_VARIANCE, Objective, Prior
from raytune_lite.samplers.gp.kernel import matern52, squared_distances
from raytune_lite.samplers.gp.levels import RungProcess
from raytune_lite.samplers.gp.posterior import Posterior
from raytune_lite.samplers.gp.rungs import MOST_HIGHER, MOST_LOWEST, RungRows, chosen, entries_of, values_of
from raytune_lite.samplers.gp.space import Space
from raytune_lite.trial import FrozenTrial, StudyDirection, TrialState

MIN, MAX = StudyDirection.MINIMIZE, StudyDirection.MAXIMIZE
COMPLETE, PAUSED, PRUNED, RUNNING = TrialState.COMPLETE, TrialState.PAUSED, TrialState.PRUNED, TrialState.RUNNING
SQUARE = {"x": FloatDistribution(-1.0, 1.0), "y": FloatDistribution(-1.0, 1.0)}
NOTHING = np.empty(0, np.int64), np.empty(0), np.empty(0, np.int64)


def rung(level, losses, first=0, bracket=0):
    """A rung at which trials ``first``, ``first`` + 1, ... stand."""
    return Rung(level, bracket, range(first, first + len(losses)), [(loss,) for loss in losses])


def normal_scores(n):
    return ndtri((np.arange(1, n + 1) - 0.5) / n)


def climb(n, *, eta=3, levels=(1, 3, 9), seed=0, bias=0.2, state=PAUSED, sign=1):
    """A view of ``n`` trials on a ladder: the best third goes on. Below the top the optimum x = 0.5 seems to be at
    0.5 - bias, and less so at higher levels."""
    draw = RandomSampler(seed)
    points = [{k: draw.sample_independent(None, i, k, dist) for k, dist in SQUARE.items()} for i in range(n)]

    def loss(i, level):
        shift = bias / level if level < 27 else 0.0
        return sign * ((points[i]["x"] - 0.5 + shift) ** 2 + (points[i]["y"] - 0.5 + shift) ** 2)

    here, rungs, reports = list(range(n)), [], [{} for _ in range(n)]
    for level in levels:
        for i in here:
            reports[i][level] = loss(i, level)
        rungs.append(Rung(level, 0, here, [(sign * reports[i][level],) for i in here]))
        here = sorted(here, key=lambda i: sign * reports[i][level])[: len(here) // eta]
    trials = []
    for i in range(n):
        done = i in here
        trials.append(
            FrozenTrial(
                number=i,
                state=COMPLETE if done else state,
                values=(loss(i, 27),) if done else None,
                params=points[i],
                distributions=SQUARE,
                intermediate_values=reports[i] | ({27: loss(i, 27)} if done else {}),
            )
        )
    view = StudyView.of([MIN if sign > 0 else MAX], trials)
    return dataclasses.replace(view, load_rungs=lambda: tuple(rungs))


def ask(sampler, view, number=1000):
    return dict(sampler.sample_relative(view, number, sampler.search_space(view, SQUARE)))


# --- what stands at the rungs -----------------------------------------------------------------------------------------


def test_values_are_normal_scores_that_keep_a_higher_rung_among_those_it_came_from():
    numbers = np.arange(9)
    lowest, higher = np.arange(9.0), np.array([7.0, 5.0, 6.0])  # trials 0, 1 and 2, best first at the lowest
    found = values_of([(numbers, lowest), (numbers[:3], higher)])
    z = normal_scores(9)
    assert found[:9] == pytest.approx(z)
    own = normal_scores(3)[[2, 0, 1]]
    assert found[9:] == pytest.approx(z[:3].mean() + max(0.3, z[:3].std()) * own)


def test_the_values_of_two_that_were_alike_below_keep_some_distance():
    found = values_of([(np.arange(4), np.zeros(4)), (np.array([1, 3]), np.array([2.0, 1.0]))])
    assert found[:4] == pytest.approx(0.0, abs=1e-12)
    assert found[4:] == pytest.approx(-0.3 * normal_scores(2))


def test_what_is_not_finite_ranks_worst_and_alike():
    found = values_of([(np.arange(4), np.array([math.nan, 1.0, math.inf, -math.inf]))])
    assert found[1] < found[0] == found[2] == found[3]


def test_brackets_share_levels_and_trials_that_completed_stand_at_the_top():
    rungs = [rung(1, [3.0, 1.0]), rung(3, [0.5]), rung(3, [0.7, 0.2], first=5, bracket=1)]
    found = entries_of(rungs, np.array([0, 9]), np.array([0.1, 0.3]), np.array([7, 8]))
    assert found.levels == (1, 3, 8)
    assert found.counts() == [(8, 2), (3, 3), (1, 2)]
    assert found.numbers.tolist() == [0, 1, 0, 5, 6, 0, 9]
    assert found.heights == pytest.approx([0.0, math.log(3) / math.log(8 / 3), math.log(8) / math.log(8 / 3)])


@pytest.mark.parametrize(("levels", "top"), [((1, 3, 9), 27), ((2, 4), 8), ((5,), 15), ((1,), 3), ((0, 1), 2)])
def test_before_a_trial_completes_the_top_is_one_step_above_the_highest_rung(levels, top):
    found = entries_of([rung(level, [1.0]) for level in levels], *NOTHING)
    assert found.levels == (*levels, top)
    assert np.isfinite(found.heights).all()
    assert (np.diff(found.heights) >= 0).all()


@pytest.mark.parametrize(("last", "top"), [(10, 10), (26, 26), (9, 27), (1000, 27), (-1, 27)])
def test_the_top_is_where_trials_completed_if_that_can_be(last, top):
    """Levels in seconds are no steps."""
    rungs = [rung(level, [1.0]) for level in (1, 3, 9)]
    assert entries_of(rungs, np.array([0]), np.array([0.5]), np.array([last])).levels[-1] == top


def test_a_study_without_rungs_has_no_entries():
    assert entries_of([], *NOTHING) is None


def test_the_rows_are_most_of_the_higher_levels_and_a_sample_of_the_lowest():
    higher = [float((37 * i) % 200) for i in range(200)]
    entries = entries_of([rung(1, range(1000)), rung(3, higher)], *NOTHING)
    every = np.arange(entries.n)
    rows = chosen(entries, every, 7, 5)
    low, high = rows[rows < 1000], rows[rows >= 1000]
    assert (len(low), len(high), len(set(rows.tolist()))) == (MOST_LOWEST, MOST_HIGHER, MOST_LOWEST + MOST_HIGHER)
    best = {i for i in range(200) if higher[i] < MOST_HIGHER // 2}
    newest = [i for i in reversed(range(200)) if i not in best][: MOST_HIGHER - len(best)]
    assert {i - 1000 for i in high.tolist()} == best | set(newest)
    assert chosen(entries, every, 7, 5).tolist() == rows.tolist()
    for other in (chosen(entries, every, 7, 6), chosen(entries, every, 8, 5)):
        assert other[other >= 1000].tolist() == high.tolist()
        assert other.tolist() != rows.tolist()
    few = entries_of([rung(1, range(9)), rung(3, [1.0])], *NOTHING)
    assert chosen(few, np.arange(10), 7, 5).tolist() == list(range(10))


# --- the process ------------------------------------------------------------------------------------------------------


def process_rows(n=14, seed=0):
    here = Space({**SQUARE, "z": FloatDistribution(0.0, 1.0)})
    rng = np.random.default_rng(seed)
    entries = entries_of([rung(1, rng.normal(size=n - 5)), rung(3, rng.normal(size=4)), rung(9, [0.3])], *NOTHING)
    return here, RungRows(entries, n - 5, np.arange(n), rng.random((n, 3))), rng


def test_the_process_is_that_of_dense_algebra_at_the_top_level():
    here, rows, rng = process_rows()
    process = RungProcess.of(here, Prior(here.d), rows)
    theta, t = process.posterior.theta, rows.heights
    assert t.max() < 0.0, "no row stands at the top level"
    length = np.exp(theta[: here.d])

    def covariance(a, b, apart):
        decay = np.exp(-np.abs(apart) / process.reach)
        return np.exp(theta[here.d]) * matern52(squared_distances(a / length, b / length)) * decay + MEAN_VARIANCE

    known = covariance(rows.units, rows.units, t[:, None] - t)
    known += (np.exp(theta[here.d + 1])) * np.eye(len(t))
    at = rng.random((5, here.d))
    cross = covariance(at, rows.units, -t[None, :])
    mean = cross @ np.linalg.solve(known, process.y)
    variance = np.exp(theta[here.d]) + MEAN_VARIANCE - np.einsum("ij,ji->i", cross, np.linalg.solve(known, cross.T))
    found = process.posterior.at(at, process.posterior.solve(process.y)[:, None])
    assert found[0][:, 0] == pytest.approx(mean, rel=1e-6, abs=1e-8)
    assert found[1] == pytest.approx(variance, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("how", ["append", "with_block"])
def test_points_that_are_appended_stand_at_the_top_level(how):
    here, rows, rng = process_rows()
    process, more, at = RungProcess.of(here, Prior(here.d), rows), rng.random((3, 3)), rng.random((4, 3))
    t = np.concatenate([rows.heights, np.zeros(3)])
    whole = Posterior(
        here,
        process.posterior.theta,
        np.vstack([rows.units, more]),
        np.exp(-np.abs(t[:, None] - t) / process.reach),
        np.exp(t / process.reach),
    )
    y = np.concatenate([process.y, [0.3, -0.2, 0.1]])
    grown = getattr(process.posterior, how)(more)
    for mine, its in zip(grown.at(at, grown.solve(y)[:, None]), whole.at(at, whole.solve(y)[:, None]), strict=True):
        assert mine == pytest.approx(its, rel=1e-7, abs=1e-9)
    assert grown.covariance(at) == pytest.approx(whole.covariance(at), rel=1e-7, abs=1e-9)


def test_the_gradients_heed_the_levels():
    here, rows, rng = process_rows()
    process = RungProcess.of(here, Prior(here.d), rows)
    alpha, at = process.posterior.solve(process.y)[:, None], 0.2 + 0.6 * rng.random((3, 3))
    _, _, by_mean, by_variance = process.posterior.with_gradients(at, alpha)
    for c in range(3):
        step = np.zeros(3)
        step[c] = 1e-6
        up, down = process.posterior.at(at + step, alpha), process.posterior.at(at - step, alpha)
        assert by_mean[:, 0, c] == pytest.approx((up[0] - down[0])[:, 0] / 2e-6, rel=1e-4, abs=1e-6)
        assert by_variance[:, c] == pytest.approx((up[1] - down[1]) / 2e-6, rel=1e-4, abs=1e-6)
    ties = np.exp(-np.abs(rows.heights[:, None] - rows.heights))
    objective = Objective(rows.units, here.owner, process.y, Prior(3), ties=ties)
    theta = Prior(3).centre + 0.3
    slope = [(objective(theta + s)[0] - objective(theta - s)[0]) / 2e-6 for s in 1e-6 * np.eye(5)]
    assert objective(theta)[1] == pytest.approx(slope, rel=1e-4, abs=1e-5)


# --- GPSampler --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("state", "sign"), [(PAUSED, 1), (PRUNED, 1), (PAUSED, -1)])
def test_it_learns_from_all_rungs_where_the_optimum_of_the_top_level_is(state, sign):
    away = [
        math.dist(ask(GPSampler(seed=seed), climb(81, seed=seed, state=state, sign=sign)).values(), (0.5, 0.5))
        for seed in range(4)
    ]
    assert sorted(away)[2] < 0.15, "the lowest rung alone says (0.3, 0.3), 0.28 from there"


def test_a_fresh_sampler_suggests_the_same_and_says_why():
    view, old = climb(81), GPSampler(seed=3)
    for number in (997, 998):
        ask(old, view, number)
    once = ask(old, view)
    fresh = GPSampler(seed=3)
    said = fresh.explain(view, 1000, SQUARE)
    assert ask(fresh, view) == once
    assert fresh.explain(view, 1000, SQUARE) == said == old.explain(view, 1000, SQUARE)
    assert said.startswith("rung model: 3 at 27, 9 at 9, 27 at 3, 81 at 1; l_t ")
    assert said.endswith((" 1", " 4"))
    assert ask(GPSampler(seed=4), view) != once
    assert ask(GPSampler(seed=3), dataclasses.replace(view, load_rungs=tuple)) != once


def test_a_model_waits_for_enough_trials_at_the_rungs():
    assert "9 of 10 trials" in GPSampler(seed=0).explain(climb(9), 50, SQUARE)
    assert "rung model" in GPSampler(seed=0).explain(climb(10), 50, SQUARE)


def test_running_trials_are_kept_away_from():
    view = climb(30)
    once = ask(GPSampler(seed=0), view)
    waiting = FrozenTrial(number=500, state=RUNNING, params=once, distributions=SQUARE)
    pending = (*view.load_pending(), waiting)
    assert math.dist(ask(GPSampler(seed=0), dataclasses.replace(view, load_pending=lambda: pending)).values(),
                     once.values()) > 1e-3  # fmt: skip


@pytest.mark.parametrize(
    "rungs",
    [
        (rung(1, [math.inf] * 30),),
        (rung(1, [0.0] * 30), rung(3, [])),
        (rung(1, [float(i) for i in range(30)]), rung(3, [math.nan, -math.inf, 1.0])),
        (rung(1, [1.0] * 15), rung(4, [2.0] * 15, first=15, bracket=1)),
        (rung(1, [1.0] * 15), rung(1, [2.0] * 15, first=15, bracket=1)),
        (rung(1, [1.0] * 30, first=5000),),  # of trials that nothing else is known of
    ],
)
def test_odd_rungs_give_a_suggestion(rungs):
    view = dataclasses.replace(climb(30), load_rungs=lambda: rungs)
    for name, value in ask(GPSampler(seed=0), view).items():
        assert SQUARE[name].contains(value)
    assert "\n" not in GPSampler(seed=0).explain(view, 1000, SQUARE)


def test_with_constraints_or_several_objectives_rungs_count_for_nothing():
    view = climb(30)
    several = dataclasses.replace(
        view, directions=(MIN, MIN), finished=StudyView.of([MIN, MIN], []).finished, load_pending=tuple
    )
    assert "rung" not in GPSampler(seed=0).explain(several, 1000, SQUARE)
    attrs = {CONSTRAINT_PREFIX + "memory": -1.0}
    bound = [dataclasses.replace(t, system_attrs=attrs) for t in view.trials()]
    bounded = dataclasses.replace(StudyView.of([MIN], bound), load_rungs=view.load_rungs)
    assert "rung" not in GPSampler(seed=0).explain(bounded, 1000, SQUARE)


# --- trials drawn at random -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [GPSampler, TPESampler, AutoSampler])
def test_a_share_of_the_trials_is_that_of_random_search(kind):
    view, plain, sampler = climb(30), kind(seed=5), kind(seed=5, random_fraction=0.5)
    other = RandomSampler(seed=5)
    n = 0
    for number in range(100, 124):
        uniform = {name: other.sample_independent(view, number, name, dist) for name, dist in SQUARE.items()}
        if sampler.explain(view, number, SQUARE) == DRAWN:
            n += 1
            assert ask(sampler, view, number) == uniform
            assert sampler.sample_independent(view, number, "x", SQUARE["x"]) == uniform["x"]
        elif n < 3:  # the model's, which takes longer
            assert ask(sampler, view, number) == ask(plain, view, number) != uniform
    assert 4 <= n <= 20
    without = dataclasses.replace(view, load_rungs=tuple)
    assert not any(sampler.explain(without, number, SQUARE) == DRAWN for number in range(100, 124))


@pytest.mark.parametrize("kind", [GPSampler, TPESampler, AutoSampler])
def test_the_share_is_in_the_spec_where_it_is_not_0(kind):
    sampler = kind(seed=1, random_fraction=0.25)
    assert sampler.spec()["random_fraction"] == 0.25
    assert sampler_from_spec(json.loads(json.dumps(sampler.spec()))) == sampler
    assert "random_fraction" not in kind(seed=1).spec(), "specs of earlier versions name the same sampler"
    for wrong in (-0.1, 1.5, math.nan):
        with pytest.raises(ValueError, match=r"random_fraction must be in \[0, 1\], got "):
            kind(seed=1, random_fraction=wrong)
    with pytest.raises(TypeError, match="random_fraction must be a number"):
        kind(seed=1, random_fraction="third")


# --- AutoSampler ------------------------------------------------------------------------------------------------------


def test_auto_beside_a_pruner_with_rungs():
    view = climb(81)
    assert ask(AutoSampler(seed=2), view) == ask(GPSampler(seed=2), view)
    late = AutoSampler(seed=2, n_gp_trials=3)
    assert late.explain(view, 1000, SQUARE) == "TPESampler: 3 trials are COMPLETE, and a pruner with rungs judges"
    assert ask(late, view) == ask(TPESampler(seed=2), view)
    without = dataclasses.replace(view, load_rungs=tuple)
    assert ask(late, without) == ask(CmaEsSampler(seed=2), without)


def test_a_study_under_asha_uses_the_rungs_and_its_log_says_so():
    study = rtl.create_study(sampler=GPSampler(seed=0), pruner=ASHAPruner(1, 9))

    def objective(trial):
        x = trial.suggest_float("x", -1.0, 1.0)
        for step in range(1, 10):
            trial.report((x - 0.3) ** 2 + 1.0 / step, step)
            if trial.should_prune():
                raise rtl.TrialPruned
        return (x - 0.3) ** 2

    study.optimize(objective, n_trials=25, executor="inline")
    log = study._repository.events(study._record)
    notes = [event.note for _, event, _ in log if isinstance(event, m.Suggested)]
    assert notes[-1].startswith("rung model: ")
    assert abs(study.best_params["x"] - 0.3) < 0.1
    study.close()
