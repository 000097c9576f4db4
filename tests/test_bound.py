"""Trials that are claimed before their tasks are submitted, and may wait for long: their leases, their order, their
bounds. No Ray.
"""

from __future__ import annotations

import time

import pytest

import raytune_lite as rtl
from raytune_lite.core import messages as m
from raytune_lite.core.encoding import from_json
from raytune_lite.distributions import FloatDistribution
from raytune_lite.exceptions import InvalidResourcesError, StaleAttemptError
from raytune_lite.report.explain import explain, lines
from raytune_lite.runtime import by_step
from raytune_lite.runtime import driver as drivers
from raytune_lite.runtime.bound import BEHIND, STALL, START_PATIENCE, BoundTrials
from raytune_lite.runtime.failures import AttemptInterrupted
from raytune_lite.runtime.handover import Handover, Plan
from raytune_lite.runtime.room import arrange, largest, places
from raytune_lite.runtime.scout import ScoutTrial, UnknownParam, params_before, scouting
from raytune_lite.samplers import RandomSampler

from .core_tools import Clock, OpenSession, dump, study_config
from .test_driver import Bench
from .test_worker import FakeChannel

UNIT = FloatDistribution(0.0, 1.0)


class FakeTasks:
    def __init__(self, room=4):
        self.room, self.without_room, self.aside = room, set(), set()

    def claimable(self):
        return self.room

    def waits(self, slot):
        return slot in self.without_room

    def holds_up(self, slot):
        return slot not in self.aside


def plan(**fields):
    return Plan(wanted=None, over=False, counts={}, best=None, promotions=0, **fields)


# --- the launcher's side ---------------------------------------------------------------------------------------------


def test_nothing_is_claimed_behind_a_task_that_has_waited_and_a_few_where_nodes_may_be_added():
    clock, tasks = Clock(), FakeTasks()
    bound = BoundTrials(tasks, clock)
    assert bound.claims(None, None, 0, 0) == 4
    bound.submitted("large")
    clock.now += STALL + 0.1
    bound.submitted("small")
    assert bound.claims(None, None, 2, 0) == 0
    tasks.room = 100
    assert bound.claims(None, None, 2, growth=256) == BEHIND - 1  # "small" is one of them
    bound.answered(plan(unbegun=("small",)))  # the large one has begun
    assert bound.claims(None, None, 2, 0) == 100
    clock.now += STALL + 0.1
    assert bound.claims(None, None, 2, 0) == 0


def test_what_waits_for_the_sampler_is_among_the_few_behind_a_task_that_has_waited():
    clock, tasks = Clock(), FakeTasks(100)
    bound = BoundTrials(tasks, clock)
    bound.submitted("large")
    clock.now += STALL + 0.1
    bound.answered(plan(unbegun=("large",), put_off=("ahead-2", "ahead-3", "ahead-4")))
    assert bound.claims(None, None, 1, growth=256) == BEHIND - 3


def test_a_task_that_waits_for_other_nodes_holds_up_nobody():
    clock, tasks = Clock(), FakeTasks()
    bound = BoundTrials(tasks, clock)
    tasks.aside.add("late")
    bound.submitted("late")
    clock.now += STALL + 0.1
    assert bound.claims(None, None, 1, 0) == 4
    bound.submitted("large")
    clock.now += STALL + 0.1
    assert bound.claims(None, None, 2, 0) == 0


def test_bounds_of_the_user_and_of_the_plan_hold_and_what_waits_for_the_sampler_counts():
    bound = BoundTrials(FakeTasks(10), Clock())
    assert bound.claims(3, None, 1, 0) == 2
    assert bound.claims(None, 5, 1, 0) == 4
    bound.answered(plan(put_off=("ahead-1", "ahead-2")))
    assert bound.claims(3, None, 1, 0) == 0
    assert bound.claims(None, None, 1, 0) == 8
    assert bound.queued() == ("ahead-1", "ahead-2")


def test_a_task_without_room_is_waited_for_and_one_with_room_for_so_long():
    clock, tasks = Clock(), FakeTasks()
    bound = BoundTrials(tasks, clock)
    bound.submitted("a")
    tasks.without_room.add("a")
    clock.now += 100 * START_PATIENCE
    assert bound.queued() == ("a",)
    tasks.without_room.clear()
    assert bound.queued() == ("a",)
    clock.now += START_PATIENCE + 1
    assert bound.queued() == ()


def test_what_a_trial_asks_for_changes_with_the_steps_that_it_has_reported():
    spot, steady = {"label_selector": {"market": "spot"}}, {"label_selector": {"market": "steady"}}
    request = {"num_cpus": 2, **spot, "from_step": {27: {**steady, "num_cpus": 4}, 9: {"num_cpus": 3}}}
    assert by_step.at(request, 0) == {"num_cpus": 2, **spot} == by_step.at(request, 8)
    assert by_step.at(request, 9) == {"num_cpus": 3, **spot} == by_step.at(request, 26)
    assert by_step.at(request, 100) == {"num_cpus": 4, **steady}
    assert by_step.stages(request) == [by_step.at(request, step) for step in (0, 9, 27)]
    assert by_step.stages({"num_cpus": 1}) == [{"num_cpus": 1}]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([27], r"from_step must be a dict of step -> .*got \[27\]; for example"),
        ({}, r"from_step must be .*got \{\}"),
        ({"27": {}}, r"a step of from_step must be an int >= 1, got '27'"),
        ({0: {}}, r"must be an int >= 1, got 0"),
        ({27: "spot"}, r"from_step\[27\] must be a dict of options as in resources, got 'spot'"),
        ({27: {"from_step": {}}}, r"from_step\[27\] must be a dict"),
    ],
)
def test_what_stands_under_from_step_is_checked(given, message):
    with pytest.raises(InvalidResourcesError, match=message):
        by_step.at({"from_step": given}, 0)


def test_room_is_found_first_fit_and_the_oldest_first():
    nodes = [{"GPU": 2.0, "CPU": 8.0}, {"GPU": 4.0, "CPU": 8.0}]
    tasks = {"a": {"GPU": 1.0}, "b": {"GPU": 4.0}, "c": {"GPU": 2.0}, "d": {"GPU": 1.0, "CPU": 1.0}}
    left, waiting = arrange(tasks, nodes)
    assert list(waiting) == ["c"]
    assert [free.gpus for free in left] == [[0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]
    assert left[0].amounts["CPU"] == 7.0
    _, waiting = arrange({"a": {"GPU": 1.0}}, nodes, lambda _task, i: i == 5)
    assert list(waiting) == ["a"]
    assert largest([{"GPU": 1.0}, {"GPU": 0.5, "CPU": 2.0}]) == {"GPU": 1.0, "CPU": 2.0}
    assert places({"GPU": 1.0}, {"GPU": 0.1}) == 10
    assert places({"GPU": -1.0}, {"GPU": 1.0}) == 0


def test_a_share_of_a_gpu_is_of_one_gpu_and_who_needs_a_whole_one_has_it_alone():
    node = {"GPU": 2.0}
    assert places(node, {"GPU": 0.6}) == 2  # not 3
    assert places(node, {"GPU": 0.5}) == 4
    two = {"a": {"GPU": 0.6}, "b": {"GPU": 0.6}}
    _, waiting = arrange({**two, "whole": {"GPU": 1.0}}, [{"GPU": 1.0}, {"GPU": 1.0}])
    assert list(waiting) == ["whole"]
    left, waiting = arrange({**two, "c": {"GPU": 0.3}, "whole": {"GPU": 1.0}}, [{"GPU": 2.0}])
    assert list(waiting) == ["whole"]  # 0.5 is free, on no GPU more than 0.4
    assert sorted(round(free, 3) for free in left[0].gpus) == [0.1, 0.4]
    left, waiting = arrange({"a": {"GPU": 0.5}, "b": {"GPU": 0.5}, "whole": {"GPU": 1.0}}, [{"GPU": 2.0}])
    assert not waiting  # the second one goes to the GPU of the first
    assert left[0].places({"GPU": 0.1}) == 0


# --- the driver's side -----------------------------------------------------------------------------------------------


@pytest.fixture
def session(storage, clock):
    session = OpenSession(study_config(storage, lease=30.0), host=clock)
    yield session
    session.close()


def test_a_trial_whose_task_waits_keeps_its_lease_and_loses_it_like_any_other_once_its_task_has_begun(session, clock):
    session.apply([m.Claimed(slot="ahead-1", prefetched=True)])
    for _ in range(20):
        clock.now += 25
        found = session.plan(Handover(queued=("ahead-1",)))
        session.tick()
        assert found.unbegun == ("ahead-1",)
    assert session.state.live() == [(0, 1)]
    session.apply([m.AttemptBegan(number=0, attempt=1, node="node-7", pid=12)])
    assert session.plan(Handover(queued=("ahead-1",))).unbegun == ()
    clock.now += 31
    session.plan(Handover(queued=("ahead-1",)))
    session.tick()
    assert [a.outcome for a in session.repository.attempts(session.study)] == ["lease_expired"]


def test_a_trial_whose_task_is_never_heard_of_costs_no_retry(session, clock):
    session.apply([m.Claimed(slot="ahead-1", prefetched=True)])
    clock.now += 31
    session.tick()
    [attempt] = session.repository.attempts(session.study)
    assert attempt.outcome == "driver_lost"
    assert session.state.trials[0].retried == {}
    with pytest.raises(StaleAttemptError):  # its task must not begin it any more
        session.apply([m.AttemptBegan(number=0, attempt=1, node="node-7", pid=12)])
    assert session.plan(Handover()).cancel == ("ahead-1",)


def test_where_and_when_an_attempt_began_is_stored_once(session, clock):
    session.apply([m.Claimed(slot="ahead-1", prefetched=True)])
    clock.now += 9
    began = m.AttemptBegan(number=0, attempt=1, node="node-7", pid=12)
    session.apply([began])
    before = session.state.n_events
    clock.now += 9
    session.apply([began, m.AttemptBegan(number=0, attempt=1, node="node-8", pid=1)])
    assert session.state.n_events == before
    [attempt] = session.repository.attempts(session.study)
    assert (attempt.node, attempt.started) == ("node-7", pytest.approx(9))
    assert session.locate(["ahead-1"]) == [("node-7", 12)]
    assert dump(session.fold(session.repository.events(session.study))) == dump(session.state)


def test_a_restarted_driver_knows_whose_task_has_not_begun(storage, clock):
    config = study_config(storage, lease=30.0)
    first = OpenSession(config, host=clock)
    first.apply([m.Claimed(slot="ahead-1", prefetched=True), m.Claimed(slot="ahead-2", prefetched=True)])
    first.apply([m.AttemptBegan(number=0, attempt=1, node="n", pid=1)])
    again = OpenSession(config, host=clock)
    assert again.plan(Handover(queued=("ahead-1", "ahead-2"))).unbegun == ("ahead-2",)
    again.close()


def test_time_in_the_queue_costs_nothing(storage, clock):
    session = OpenSession(study_config(storage, price=3600.0, lease=1e6), host=clock)
    session.apply([m.Claimed(slot="ahead-1", prefetched=True)])
    clock.now += 100
    session.apply([m.AttemptBegan(number=0, attempt=1, node="n", pid=1)])
    clock.now += 7
    assert session.state.cost_at(session.now()) == pytest.approx(7.0)
    session.apply([m.AttemptEnded(number=0, attempt=1, outcome=m.Outcome.COMPLETE, values=(1.0,))])
    assert session.state.cost == pytest.approx(7.0)
    session.close()


class Slow(RandomSampler):
    in_background = True

    def sample_independent(self, view, number, name, distribution):
        time.sleep(0.3)
        return super().sample_independent(view, number, name, distribution)

    def search_space(self, view, known):
        return {"x": UNIT}

    def sample_relative(self, view, number, space):
        time.sleep(0.3)
        return {"x": 0.25}


def test_a_claim_that_waits_for_a_slow_sampler_is_put_off_and_answered_under_the_same_name(storage):
    driver = Bench(storage, sampler=Slow(0)).driver
    found = driver.plan(Handover(prefetch=("ahead-1",), binds=True))
    assert (found.prefetched, found.put_off) == ((), ("ahead-1",))
    until = time.monotonic() + 10
    while not found.prefetched and time.monotonic() < until:
        time.sleep(0.05)
        found = driver.plan(Handover(prefetch=found.put_off, binds=True, queued=found.put_off))
    [item] = found.prefetched
    assert item.slot == "ahead-1"
    assert params_before(from_json(item.assignment)) == {"x": 0.25}
    assert found.put_off == ()
    driver.close()


def test_a_claim_that_is_answered_while_the_plan_is_made_is_not_lost(storage, monkeypatch):
    driver, slots = Bench(storage, sampler=Slow(0)).driver, ("ahead-1", "ahead-2")
    found = driver.plan(Handover(prefetch=slots, binds=True))
    assert found.put_off == slots
    packed = drivers.prefetched
    # the first trial is being packed while the sampler answers for the second one
    monkeypatch.setattr(drivers, "prefetched", lambda *one: time.sleep(0.6) or packed(*one))
    given = dict.fromkeys(())
    until = time.monotonic() + 20
    while found.put_off and time.monotonic() < until:
        time.sleep(0.05)
        found = driver.plan(Handover(prefetch=found.put_off, binds=True, queued=(*given, *found.put_off)))
        given.update(dict.fromkeys(item.slot for item in found.prefetched))
    assert sorted(given) == list(slots)
    driver.close()


# --- parameters that are not known before --------------------------------------------------------------------------


def scout(name="width", **fields):
    channel = FakeChannel()
    assignment = m.Assignment(**{"number": 3, "attempt": 1, **fields})
    return ScoutTrial(name, assignment, channel, lambda: None, 1, 1e9, Clock()), channel


def test_parameters_before_a_trial_begins_are_those_suggested_fixed_and_used():
    suggested = (m.ParamValue(name="x", value=0.25, distribution=UNIT),)
    found = params_before(m.Assignment(number=0, attempt=1, suggested=suggested, fixed=(("k", '"a"'),)))
    assert found == {"x": 0.25, "k": "a"}
    with pytest.raises(UnknownParam, match="width"):
        found["width"]
    assert found.get("width", 7) == 7


def test_an_attempt_that_finds_out_a_parameter_ends_when_it_has_it():
    trial, channel = scout(suggested=(m.ParamValue(name="width", value=0.5, distribution=UNIT),))
    trial.suggest_float("other", 0, 1)
    with pytest.raises(AttemptInterrupted, match="'width' is known now"):
        trial.suggest_float("width", 0, 1)
    assert [p.name for p in channel.told[-1].params] == ["width"]  # delivered: the next attempt has it


@pytest.mark.parametrize("use", [lambda t: t.report(1.0, 1), lambda t: t.save_checkpoint({"a": 1}, 1)])
def test_an_objective_that_does_not_ask_for_it_is_told_the_way_out(use):
    trial, _ = scout()
    trial.suggest_float("x", 0, 1)
    with pytest.raises(InvalidResourcesError, match=r"parameter 'width'.*before it\s.*params\.get\('width'"):
        use(trial)


def test_such_an_attempt_gives_no_result():
    trial, _ = scout()
    with pytest.raises(InvalidResourcesError, match="returns before"):
        scouting(lambda _: 1.0)(trial)


def test_prices_need_one_request_for_all_trials_inline_which_places_none(storage):
    study = rtl.create_study(storage=storage)
    for asked in (lambda _: {"num_cpus": 1}, {"from_step": {2: {"num_cpus": 2}}}):
        with pytest.raises(ValueError, match="prices needs one request for all trials"):
            study.optimize(lambda _: 1.0, n_trials=1, resources=asked, prices={"CPU": 1.0}, executor="inline")
    with pytest.raises(TypeError, match="resources must be"):
        study.optimize(lambda _: 1.0, n_trials=1, resources=lambda a, b: a)
    assert study.trials == []


def test_explain_says_that_a_claimed_trial_waits_for_room(session, clock, storage):
    session.apply([m.Claimed(slot="ahead-1", prefetched=True)])
    clock.now += 90
    session.apply([m.Claimed(slot="ahead-2", prefetched=True)])
    session.close()
    found = explain(rtl.load_study(study_name="s", storage=storage), 0)
    assert any("its task has not begun" in line for line in lines(found))
    assert any("room for what it asks for" in line for line in lines(found))
