"""The trials under way, as samplers see them: as if frozen at each question, but frozen once for each change."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from raytune_lite.core import messages as m
from raytune_lite.core.trials import JsonValues, TrialRecord
from raytune_lite.core.view import Pending, StudyView
from raytune_lite.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from raytune_lite.samplers import GPSampler, NSGAIISampler, TPESampler
from raytune_lite.samplers.history import BlockCache
from raytune_lite.samplers.tpe.parzen import Frame
from raytune_lite.samplers.tpe.pending import PendingRows
from raytune_lite.trial import FrozenTrial, StudyDirection, TrialState

from .core_tools import UNIT, Shell, asha

SPACE = {"n": IntDistribution(1, 6), "c": CategoricalDistribution(["a", "b"])}
FLOATS = {"x": UNIT, "y": FloatDistribution(1e-3, 1.0, log=True)}


def started():
    shell = Shell()
    shell.run(None, pruner=asha(high=10**8, eta=10**6))  # nobody is promoted
    return shell


def shown(shell):
    return shell.state.view().load_pending()


def pause(shell, **progress):
    """A new trial waits at the first rung. Not through the shell, whose checks look at all trials each time."""
    handle, number = shell.state.handle, shell.state.next_number
    handle(m.Claimed(slot=f"slot {number}"), 1.0)
    handle(m.Suggested(number=number, params=()), 1.0)
    progress = m.Progress(reports=((1, (float(number),)),), **progress)
    handle(m.AttemptEnded(number=number, attempt=1, outcome=m.Outcome.PRUNED, progress=progress), 1.0)
    assert shell.state.trials[number].state is TrialState.PAUSED
    return number


@pytest.fixture
def frozen(monkeypatch):
    """The numbers of the trials that are frozen, one after another."""
    numbers, freeze = [], TrialRecord.freeze

    def counted(self, *arguments):
        numbers.append(self.number)
        return freeze(self, *arguments)

    monkeypatch.setattr(TrialRecord, "freeze", counted)
    return numbers


def test_a_question_costs_what_has_changed_since_the_last_one(frozen):
    shell = started()
    for _ in range(200):
        pause(shell)
    before = shown(shell)
    frozen.clear()
    assert shown(shell) is before
    number = pause(shell)
    after = shown(shell)
    assert frozen == [number]
    assert [trial.number for trial in after] == list(range(201))
    assert sum(a is b for a, b in zip(before.blocks, after.blocks, strict=False)) == len(before.blocks) - 1
    assert len(before) == 200  # as it was


def test_what_was_suggested_and_what_is_fixed_is_seen_without_a_row_that_says_so():
    shell = started()
    shell.ask(m.TrialEnqueued, params=(("x", "0.25"), ("later", '"b"')))
    number = shell.claim().number
    assert [dict(trial.params) for trial in shown(shell)] == [{}]
    other = shell.state.next_number
    shell.state.handle(m.Claimed(slot="other"), 1.0)
    assert [dict(trial.params) for trial in shown(shell)] == [{}, {}]
    x = m.ParamValue(name="x", value=0.5, distribution=UNIT)
    shell.state.handle(m.Suggested(number=other, params=(x,)), 1.0)
    assert [dict(trial.params) for trial in shown(shell)] == [{}, {"x": 0.5}]
    choice = m.ParamValue(name="later", value=0.0, distribution=CategoricalDistribution(["a", "b"]))
    for known, params in ((x, {"x": 0.25}), (choice, {"x": 0.25, "later": "b"})):
        # the study comes to know a parameter, and with it what the first trial is going to use
        shell.report(other, params=(known,))
        assert dict(shown(shell)[0].params) == params
    shell.report(number, params=(replace(x, value=0.25),))
    assert dict(shown(shell)[0].params) == {"x": 0.25, "later": "b"}


def test_a_choice_of_another_type_is_another_one():
    shell = started()
    shell.ask(m.TrialEnqueued, params=(("c", "1"),))
    shell.claim("a")
    other = shell.claim("b").number
    seen = []
    for choices in ([1, 2], [True, 2]):
        dist = CategoricalDistribution(choices)
        shell.state.trials[other].params.clear()
        shell.report(other, params=(m.ParamValue(name="c", value=0.0, distribution=dist),))
        seen.append(shown(shell)[0].params)
    assert repr([dict(params) for params in seen]) == "[{'c': 1}, {'c': True}]"


def test_user_attributes_are_parsed_when_they_are_looked_at(monkeypatch):
    shell, parsed = started(), []
    pause(shell, user_attrs=(("text", json.dumps("x" * 50)), ("list", "[1, null]")))
    monkeypatch.setattr("raytune_lite.core.trials.json.loads", lambda text: (parsed.append(text), text)[1])
    (trial,) = shown(shell)
    assert parsed == []
    assert trial.user_attrs["list"] == "[1, null]"
    assert trial.user_attrs["list"] == "[1, null]"
    assert parsed == ["[1, null]"]


def test_late_json_is_a_mapping_like_any_other():
    values = JsonValues({"a": "[1]", "b": '"x"'})
    assert values == {"a": [1], "b": "x"} == dict(values)
    assert repr(values) == repr({"a": [1], "b": "x"})
    assert (len(values), list(values), values.get("c"), "a" in values) == (2, ["a", "b"], None, True)
    with pytest.raises(KeyError):
        values["c"]


# --- samplers that keep what they learnt from blocks ---------------------------------------------------------------


def trial(number, space, state=TrialState.PAUSED, **more):
    params = {name: dist.to_external_repr(dist.from_unit((number * 7919 % 997) / 997)) for name, dist in space.items()}
    return FrozenTrial(number=number, state=state, params=params, distributions=space, **more)


def under_way(n, space):
    """Paused ones with reports, running ones, and one that lacks a parameter."""
    some = []
    for i in range(n):
        state, reports = (TrialState.RUNNING, {}) if i % 5 == 0 else (TrialState.PAUSED, {1: i % 13 / 13, 3: i % 7 / 7})
        some.append(trial(i, space if i % 11 else {}, state, intermediate_values=reports))
    return some


def view_of(blocks, space):
    ended = [trial(1000 + i, space, TrialState.COMPLETE, values=(i % 9 / 9,)) for i in range(20)]
    view = StudyView.of((StudyDirection.MINIMIZE,), ended)
    return replace(view, load_pending=lambda: Pending(blocks))


@pytest.mark.parametrize("make", [TPESampler, NSGAIISampler, GPSampler], ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("space", [SPACE, FLOATS], ids=["finite", "floats"])
def test_a_suggestion_does_not_depend_on_how_pending_trials_are_parted_nor_on_what_is_cached(make, space):
    options = {"population_size": 10} if make is NSGAIISampler else {}
    trials = under_way(60, space)
    whole, parts = (tuple(trials),), tuple(tuple(trials[i : i + 8]) for i in range(0, 60, 8))
    asking = 35  # running, with parameters
    used = make(seed=1, **options)
    for blocks in (parts[:3], parts):  # the second time most is known
        again = used.sample_relative(view_of(blocks, space), asking, space)
    assert again == make(seed=1, **options).sample_relative(view_of(whole, space), asking, space)
    without = tuple(t for t in trials if t.number != asking)
    assert again == make(seed=1, **options).sample_relative(view_of((without,), space), asking, space)


def test_each_block_is_read_once():
    read = []
    cache = BlockCache(lambda block: (read.append(len(block)), len(block))[1])
    trials = under_way(6, FLOATS)
    parts = (tuple(trials[:4]), tuple(trials[4:]))
    assert cache.of(view_of(parts, FLOATS)) == [4, 2]
    assert cache.of(view_of((parts[0], tuple(trials[4:5])), FLOATS)) == [4, 1]
    assert cache.of(view_of(parts, FLOATS)) == [4, 2]
    assert read == [4, 2, 1, 2]


def test_rows_of_trials_under_way_are_those_in_range_without_the_one_that_asks():
    frame = Frame(SPACE)
    rows = partial(PendingRows(frame, 1.0).of, view_of((tuple(under_way(20, SPACE)),), SPACE))
    assert rows(-1).numbers.tolist() == [i for i in range(20) if i % 11]
    assert rows(3).numbers.tolist() == [i for i in range(20) if i % 11 and i != 3]
    assert rows(3).paused.tolist() == [i % 5 > 0 for i in range(20) if i % 11 and i != 3]
    assert np.isfinite(rows(3).points.units).all()
