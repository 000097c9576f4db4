"""The problems of benchmarks/search_quality.py: their optimum is one, both halves differ, a seed gives one instance."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parent.parent / "benchmarks"
sys.path.insert(0, str(FOLDER))
import _groups  # noqa: E402
import _problems  # noqa: E402
import search_quality  # noqa: E402
from _shapes import SHAPES, Shape  # noqa: E402

sys.path.remove(str(FOLDER))
TASKS = _problems.choose(list(_groups.TASKS), "all")


def drawn(problem, rng):
    params = {name: dist.to_external_repr(dist.from_unit(rng.random())) for name, dist in problem.space.items()}
    return problem.define(lambda name, _: params[name]) if problem.define else params


@pytest.mark.parametrize("kind", SHAPES)
def test_a_shape_is_least_where_it_says_and_one_in_the_middle(kind):
    rng = np.random.default_rng(0)
    shape = Shape(kind, 3, 1, "test")
    assert shape(shape.at) == pytest.approx(0.0, abs=1e-12)
    values = shape(rng.random((2000, 3)))
    near = shape(np.clip(shape.at + 0.01 * rng.standard_normal((500, 3)), 0.0, 1.0))
    assert values.min() > 0.0
    assert near.min() > 0.0
    assert 0.7 < np.median(values) < 1.4


@pytest.mark.parametrize("task", TASKS, ids=str)
def test_no_point_is_better_than_the_optimum(task):
    rng = np.random.default_rng(1)
    for seed in range(2):
        problem = _problems.load(task, seed)
        results = [problem.evaluate(drawn(problem, rng), i) for i in range(150)]
        good = [r for r in results if r.counts]
        assert good, "no random point counts"
        best = problem.best(results)
        # noise may make a trial look better than it is, and its true value is what counts
        assert problem.optimum <= best < np.inf
        assert len(good) == len(results) or task.suite in ("failing", "constraints")


def test_the_halves_share_no_task_and_no_shape():
    words = {half: {name.split("-")[0] for group in _groups.TASKS.values() for name, _ in group[half]}
             for half in _problems.HALVES}  # fmt: skip
    assert words["tune"] | words["report"] == set(SHAPES)
    # both have cones of two dimensions as fronts, but no function of one to minimise
    assert not words["tune"] & words["report"]
    assert [task for task in TASKS if _problems.Task.parse(str(task)) != task] == []


def test_a_run_is_repeated_bit_for_bit_and_counts_what_failed():
    run = search_quality.Run("failing/bowl-wall/3D", 1, 0, "ours/tpe", 50, 10)
    once, again = (search_quality.perform((run, "")) for _ in range(2))
    assert once["error"] == ""
    assert once["best"] == again["best"]
    assert 0 < once["useless"] == again["useless"] < 40


def test_a_sampler_of_another_python_is_asked_and_told(monkeypatch):
    monkeypatch.setenv("PEERS_PYTHON", sys.executable)
    record = search_quality.perform((search_quality.Run("noise/cone-10/2D", 2, 0, "peer/random", 50, 10), ""))
    assert record["error"] == ""
    assert 0.0 <= record["best"][50] < record["initial"]


def test_a_failed_trial_and_broken_constraints_do_not_count():
    problem = _problems.load(_problems.Task.parse("constraints/bowl-plane/4D"), 0)
    result = type(problem.evaluate(drawn(problem, np.random.default_rng(0)), 0))
    assert problem.best([result(None), result((-5.0,), (-5.0,), (0.1,))]) == np.inf
    assert problem.best([result((-5.0,), (-5.0,), (0.1,)), result((3.0,), (2.0,), (-1.0,))]) == 2.0
