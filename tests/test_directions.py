"""A direction's sign turns values into losses, everywhere in the same way."""

from __future__ import annotations

import pytest

import raytune_lite
from raytune_lite.samplers import RandomSampler
from raytune_lite.trial import StudyDirection, parse_direction


@pytest.mark.parametrize(("word", "sign", "best"), [("minimize", 1, -2.0), ("maximize", -1, 5.0)])
def test_the_best_trial_has_the_smallest_loss(word, sign, best):
    direction = parse_direction(word)
    assert direction.sign == sign
    assert min([3.0, -2.0, 5.0], key=lambda value: direction.sign * value) == best
    study = raytune_lite.create_study(direction=word, sampler=RandomSampler(0))
    study.optimize(lambda trial: [3.0, -2.0, 5.0][trial.number], n_trials=3, executor="inline")
    assert study.best_value == best
    study.close()


def test_the_front_has_the_losses_that_no_other_trial_beats():
    study = raytune_lite.create_study(directions=["minimize", "maximize"])
    values = [(1.0, 1.0), (2.0, 3.0), (2.0, 2.0), (0.5, 0.0)]
    study.optimize(lambda trial: values[trial.number], n_trials=4, executor="inline")
    assert [trial.number for trial in study.best_trials] == [0, 1, 3]
    study.close()


def test_a_direction_that_is_not_set_counts_as_minimize():
    assert StudyDirection.NOT_SET.sign == 1
