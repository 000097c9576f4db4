"""What noisy and stepped results change in GPSampler: another look at a place that is known well is worth less."""

from __future__ import annotations

import numpy as np
import pytest

from raytune_lite.core.view import StudyView
from raytune_lite.distributions import FloatDistribution
from raytune_lite.samplers.gp import build
from raytune_lite.samplers.gp.acquisition import LogEI
from raytune_lite.samplers.gp.build import Builder
from raytune_lite.samplers.gp.data import Reader
from raytune_lite.samplers.gp.fit import Prior
from raytune_lite.samplers.gp.posterior import Posterior
from raytune_lite.samplers.gp.space import Space
from raytune_lite.trial import FrozenTrial, StudyDirection, TrialState

LINE = {"x": FloatDistribution(-5.0, 5.0)}
HERE = Space(LINE)
KNOWN, UNKNOWN = np.array([[0.2]]), np.array([[0.8]])  # in the unit cube: x = -3 and 3


def history(deviation: float, state: TrialState = TrialState.COMPLETE, step: float = 0.0) -> StudyView:
    """Ten trials along the line, then 30 about x = -3, rounded to a ``step``; the last one has ``state``."""
    rng = np.random.default_rng(0)
    at = np.concatenate([np.linspace(-5.0, 5.0, 10), -3.0 + 0.3 * rng.standard_normal(30)])
    trials = []
    for number, x in enumerate(at.tolist()):
        value = 0.25 * min((x + 3.0) ** 2, 0.3 + (x - 2.0) ** 2) + deviation * rng.standard_normal()
        value = step * round(value / step) if step else value
        ended = state if number == len(at) - 1 else TrialState.COMPLETE
        told = {"values": (value,)} if ended is TrialState.COMPLETE else {}
        told |= {"intermediate_values": {1: value}} if ended is TrialState.PRUNED else {}
        trials.append(FrozenTrial(number=number, state=ended, params={"x": x}, distributions=LINE, **told))
    return StudyView.of((StudyDirection.MINIMIZE,), trials)


def changes(view: StudyView, monkeypatch, *, deterministic: bool = False) -> list[float]:
    """How much less the logarithm of EI is for noise and steps at a known place, and at an unknown one."""
    data = Reader().read(view, 40, HERE)

    def values():
        acquisition = Builder(HERE, deterministic).goal(data, np.random.default_rng(1)).acquisition
        return acquisition.value(np.vstack([KNOWN, UNKNOWN]))

    found = values()
    with monkeypatch.context() as patch:
        patch.setattr(Builder, "_surplus", lambda *_: 0.0)
        patch.setattr(build, "_half_step", lambda _: 0.0)
        return (values() - found).tolist()


def test_with_noise_another_look_at_a_known_place_is_worth_less(monkeypatch):
    known, unknown = changes(history(0.5), monkeypatch)
    assert known > unknown + 0.5
    assert unknown > 0.0


@pytest.mark.parametrize(
    ("view", "deterministic"),
    [
        (history(0.0), False),
        (history(0.5), True),
        (history(0.5, TrialState.PRUNED), False),  # it counts by its rank, which says nothing of noise
        (history(0.0, TrialState.PRUNED, step=0.005), False),
        (history(0.5, TrialState.FAIL), False),
    ],
    ids=["no noise", "deterministic_objective", "a stopped trial", "a stopped trial and steps", "a failed trial"],
)
def test_elsewhere_nothing_changes(view, deterministic, monkeypatch):
    assert changes(view, monkeypatch, deterministic=deterministic) == [0.0, 0.0]


def test_where_results_rise_in_steps_another_look_at_a_known_place_is_worth_less(monkeypatch):
    known, unknown = changes(history(0.0, step=0.005), monkeypatch, deterministic=True)
    assert known > unknown + 0.5
    assert unknown >= 0.0


def test_half_a_step_is_known_by_a_best_value_that_trials_share():
    stepped = np.array([3, 1, 1, 2, 4, 5, 7, 7, 9, 9], np.float64)
    assert build._half_step(stepped) == 0.5
    assert build._half_step(0.25 * stepped) == 0.125
    assert build._half_step(np.append(stepped, 0.0)) == 0.0  # the best is alone
    assert build._half_step(stepped[:9]) == 0.0  # too few
    assert build._half_step(np.ones(20)) == 0.0  # no step is known


def test_ei_is_multiplied_by_the_share_of_the_deviation_that_one_observation_removes():
    rng = np.random.default_rng(2)
    units, y, at = rng.random((12, 1)), rng.standard_normal(12), rng.random((5, 1))
    posterior = Posterior(HERE, np.append(Prior(1).centre[:2], np.log(0.3)), units)
    alpha, best = posterior.solve(y)[:, None], np.array([np.median(y)])
    before = posterior.at(at, alpha)[1]
    after = [posterior.append(point[None]).at(point[None], np.zeros((13, 1)))[1][0] for point in at]
    got = LogEI(posterior, alpha, best, noise=posterior.noise).value(at) - LogEI(posterior, alpha, best).value(at)
    np.testing.assert_allclose(np.exp(got), 1.0 - np.sqrt(after / before), rtol=1e-6)
