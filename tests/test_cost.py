"""What a study costs, and that nothing begins once it has cost what it may: prices=, max_cost=."""

from __future__ import annotations

import dataclasses
import json

import pytest
from click.testing import CliRunner

import raytune_lite as rl
from raytune_lite.cli import cli
from raytune_lite.core import messages as m
from raytune_lite.core.encoding import event_from_json, event_to_json
from raytune_lite.core.messages import FailureKind, Outcome
from raytune_lite.exceptions import MessageError
from raytune_lite.metrics.prices import attempt_price, checked, slot_price
from raytune_lite.runtime.config import OWNER_LEASE
from raytune_lite.runtime.handover import Handover
from raytune_lite.study.requests import costs

from .core_tools import T0, Clock, OpenSession, dump, study_config

HOUR = 3600.0


@pytest.fixture
def config(storage):
    return study_config(storage, price=2.0, max_cost=10.0)


def claim(session, slot):
    return session.call(m.Claimed(slot=slot, node="n"))


def end(session, number, attempt=1):
    event = m.AttemptEnded(number=number, attempt=attempt, outcome=Outcome.COMPLETE, values=(1.0,))
    return session.call(event)


def cost(session):
    return session.state.cost_at(session.now())


# --- what a slot costs -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prices", "resources", "wanted"),
    [
        ({"CPU": 0.5}, None, 0.5),
        ({"CPU": 0.5, "GPU": 4.0}, {"num_cpus": 2, "num_gpus": 0.25}, 2.0),
        ({"GPU": 4.0}, {"num_gpus": 1}, 4.0),
        ({"GPU": 4.0, "H100": 9.0}, {"num_gpus": 2, "accelerator_type": "H100"}, 18.0),
        ({"GPU": 4.0, "H100": 9.0}, {"num_gpus": 2, "accelerator_type": "T4"}, 8.0),
        ({"TPU": 1.5, "CPU": 0}, {"resources": {"TPU": 4}}, 6.0),
    ],
)
def test_a_slot_costs_its_resources_times_their_prices(prices, resources, wanted):
    assert slot_price(checked(prices), resources) == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("prices", "resources", "text"),
    [
        ({"gpu": 4.0}, None, "Ray's name of this resource is 'GPU'"),
        ({"CPU": -1}, None, "prices['CPU'] must be a finite number >= 0, got -1"),
        ({"CPU": float("inf")}, None, "finite number"),
        ({"CPU": 1.0}, {"num_gpus": 1}, '"GPU": 0 says that they cost nothing'),
        ({"CPU": 1.0}, {"num_gpus": 1, "accelerator_type": "H100"}, "'GPU' or 'H100'"),
        ({"TPU": 1.0}, None, "gives a trial no price: it asks for CPU: 1"),
        ({}, None, "gives a trial no price"),
    ],
)
def test_prices_that_give_no_cost_are_refused(prices, resources, text):
    with pytest.raises(ValueError, match="price") as caught:
        slot_price(checked(prices), resources)
    assert text in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"max_cost": 5}, "max_cost needs prices"),
        ({"max_cost": 0, "prices": {"CPU": 1}}, "max_cost must be a finite amount of money > 0, got 0"),
        ({"max_cost": "5", "prices": {"CPU": 1}}, "max_cost must be an amount of money > 0 or None, got '5'"),
        ({"prices": 3.5}, "prices must be a dict, got 3.5"),
        ({"prices": {"CPU": "3"}}, "prices['CPU'] must be a number, got '3'"),
    ],
)
def test_a_wrong_price_is_refused_before_anything_starts(arguments, text):
    study = rl.create_study()
    with pytest.raises((TypeError, ValueError)) as caught:
        study.optimize(lambda trial: 1.0, n_trials=1, executor="inline", **arguments)
    assert text in str(caught.value)
    assert study.trials == []


# --- the bound -------------------------------------------------------------------------------------------------------


def test_nothing_begins_once_the_study_has_cost_so_much_and_running_attempts_end_by_themselves(config, clock):
    session = OpenSession(config, host=clock)
    for slot in "abcd":
        claim(session, slot)
    clock.now += 1.0 * HOUR
    end(session, 0)
    assert cost(session) == pytest.approx(8.0)
    clock.now += HOUR / 3 - 1.0
    assert claim(session, "e") is not None  # 9.998
    clock.now += 1.0
    assert claim(session, "f") is None  # also before the driver has looked
    plan = session.plan(Handover())
    assert session.state.run.stopping == "max_cost"
    assert not plan.over  # four attempts run
    clock.now += 10.0
    for number in (1, 2, 3, 4):
        end(session, number)
    assert session.plan(Handover()).over
    assert session.state.cost == pytest.approx(2.0 * (4.0 + 1.0 + 1.0 / 3600 + 40.0 / 3600), rel=1e-6)
    assert dump(session.state) == dump(session.fold(session.repository.events(session.study)))
    session.close()


def test_a_driver_that_begins_again_goes_on_with_the_same_sum_also_under_a_wrong_clock(config, clock):
    session = OpenSession(config, host=clock)
    claim(session, "a")
    clock.now += 2.0 * HOUR
    claim(session, "b")
    session.repository.close()  # killed
    clock.now += 0.5 * HOUR
    clock.ahead = -50 * HOUR
    again = OpenSession(config, host=clock)
    assert cost(again) == pytest.approx(2.0 * 3.0)
    again.close()


class Elsewhere(Clock):
    """Another machine, up for another time, with a wall clock that is a day ahead."""

    def __init__(self, clock):
        super().__init__()
        self.of, self.ahead = clock, 24 * HOUR

    def time(self):
        return self.of.now + self.ahead

    def monotonic(self):
        return self.of.now - T0 + 77.0

    elapsed = monotonic

    def machine(self):
        return "there"


def test_a_driver_that_begins_again_on_another_machine_waits_for_the_launchers_clock(config, clock):
    session = OpenSession(config, host=clock)
    claim(session, "a")
    clock.now += 2.0 * HOUR
    session.plan(Handover(running=2.0 * HOUR))
    claim(session, "b")
    session.repository.close()  # killed with its machine
    clock.now += 60.0
    again = OpenSession(config, host=Elsewhere(clock))
    assert cost(again) == pytest.approx(4.0)  # time stands still until the launcher has said how late it is
    again.plan(Handover(running=2.0 * HOUR + 60.0))
    assert cost(again) == pytest.approx(2.0 * (2.0 + 2 * 60.0 / HOUR))
    clock.now += 1.0 * HOUR
    assert cost(again) == pytest.approx(2.0 * (4.0 + 2 * 60.0 / HOUR))
    assert again.now() == pytest.approx(3.0 * HOUR + 60.0)
    again.close()


def test_the_next_run_counts_what_the_ones_before_have_cost_each_at_its_price_and_not_the_time_between(config, clock):
    session = OpenSession(config, host=clock)
    claim(session, "a")
    clock.now += 1.0 * HOUR
    session.keep()  # the driver lives, and nothing is logged
    session.repository.close()  # killed
    clock.now += 100.0 * HOUR
    again = OpenSession(dataclasses.replace(config, run="run-2", price=4.0), host=clock)
    assert again.state.cost == pytest.approx(2.0, abs=2.0 * OWNER_LEASE / HOUR)
    assert cost(again) == again.state.cost
    claim(again, "b")
    clock.now += 1.0 * HOUR
    assert cost(again) == pytest.approx(6.0, abs=0.01)
    end(again, 0, attempt=2)
    again.close()
    third = OpenSession(dataclasses.replace(config, run="run-3", price=0.0, max_cost=None), host=clock)
    assert claim(third, "c") is not None
    clock.now += 9.0 * HOUR
    assert cost(third) == pytest.approx(6.0, abs=0.01)  # nobody knows what that run costs
    assert dump(third.state) == dump(third.fold(third.repository.events(third.study)))
    third.close()
    fourth = OpenSession(dataclasses.replace(config, run="run-4", max_cost=5.0), host=clock)
    assert claim(fourth, "d") is None
    assert fourth.plan(Handover()).over
    fourth.close()


def test_an_attempt_that_was_given_up_and_ended_after_all_is_charged_once_and_to_its_end(config, clock):
    session = OpenSession(config, host=clock)
    number = claim(session, "a").number
    clock.now += 1.0 * HOUR
    session.call(m.AttemptLost(number=number, attempt=1, kind=FailureKind.LEASE_EXPIRED))
    clock.now += 0.5 * HOUR
    end(session, number)
    assert session.state.cost == pytest.approx(2.0 * 1.5)
    session.close()


# --- a price an attempt ----------------------------------------------------------------------------------------------


@pytest.fixture
def by_attempt(storage):
    return study_config(storage, price=0.0, max_cost=20.0, prices='{"GPU": 2.0}')


def begin(session, slot, price):
    """A bound trial whose task begins; its number."""
    number = session.call(m.Claimed(slot=slot, prefetched=True)).number
    session.call(m.AttemptBegan(number=number, attempt=1, node="n", pid=1, price=price))
    return number


def test_attempts_that_say_a_price_cost_it_from_their_beginning_also_after_a_crash(by_attempt, clock):
    session = OpenSession(by_attempt, host=clock)
    waiting = session.call(m.Claimed(slot="ahead-1", prefetched=True)).number
    large = begin(session, "ahead-2", 8.0)
    clock.now += 1.0 * HOUR
    small = begin(session, "ahead-3", 0.5)
    assert cost(session) == pytest.approx(8.0)  # what waits costs nothing
    session.call(m.AttemptBegan(number=small, attempt=1, node="n", pid=1, price=99.0))  # said again
    clock.now += 0.5 * HOUR
    assert cost(session) == pytest.approx(8.0 * 1.5 + 0.25)
    session.repository.close()  # killed
    again = OpenSession(by_attempt, host=clock)
    assert cost(again) == pytest.approx(8.0 * 1.5 + 0.25)
    end(again, large)
    again.call(m.AttemptBegan(number=waiting, attempt=1, node="n", pid=1, price=0.0))
    clock.now += 1.0 * HOUR
    assert cost(again) == pytest.approx(8.0 * 1.5 + 0.75)
    end(again, small)
    end(again, waiting)
    assert again.state.cost == cost(again) == pytest.approx(8.0 * 1.5 + 0.75)
    assert (again.state.run.surcharge, again.state.run.surcharge_begun) == (0.0, 0.0)
    begin(again, "ahead-4", 8.0)
    clock.now += 1.0 * HOUR
    assert again.call(m.Claimed(slot="ahead-5", prefetched=True)) is None  # 20.75 of 20
    assert dump(again.state) == dump(again.fold(again.repository.events(again.study)))
    again.close()


def test_an_attempt_without_a_price_costs_that_of_its_runs_slots_beside_one_that_has_its_own(config, clock):
    session = OpenSession(config, host=clock)
    usual, dear = begin(session, "ahead-1", None), begin(session, "ahead-2", 5.0)
    clock.now += 1.0 * HOUR
    assert cost(session) == pytest.approx(2.0 + 5.0)
    end(session, dear)
    end(session, usual)
    assert session.state.cost == pytest.approx(7.0)
    session.close()


def test_an_attempt_that_was_given_up_and_ended_after_all_costs_its_own_price_to_its_end(by_attempt, clock):
    session = OpenSession(by_attempt, host=clock)
    number = begin(session, "ahead-1", 3.0)
    clock.now += 1.0 * HOUR
    session.call(m.AttemptLost(number=number, attempt=1, kind=FailureKind.LEASE_EXPIRED))
    clock.now += 1.0 * HOUR
    end(session, number)
    assert session.state.cost == pytest.approx(6.0)
    session.close()


def test_the_next_run_does_not_pay_for_the_time_in_which_nobody_worked_at_an_attempt_with_a_price(by_attempt, clock):
    session = OpenSession(by_attempt, host=clock)
    begin(session, "ahead-1", 3.0)
    clock.now += 1.0 * HOUR
    session.keep()
    session.repository.close()  # killed
    clock.now += 100.0 * HOUR
    again = OpenSession(dataclasses.replace(by_attempt, run="run-2"), host=clock)
    assert cost(again) == again.state.cost == pytest.approx(3.0, abs=3.0 * OWNER_LEASE / HOUR)
    again.close()


@pytest.mark.parametrize("price", [-1.0, float("inf"), float("nan")])
def test_what_is_no_price_is_refused_and_changes_nothing(by_attempt, clock, price):
    session = OpenSession(by_attempt, host=clock)
    number = session.call(m.Claimed(slot="ahead-1", prefetched=True)).number
    with pytest.raises(MessageError, match="a price must be a finite amount of money"):
        session.call(m.AttemptBegan(number=number, attempt=1, node="n", pid=1, price=price))
    assert session.state.trials[number].node is None
    session.close()


def test_an_attempt_that_an_earlier_version_logged_has_the_price_of_its_run():
    event = m.AttemptBegan(number=0, attempt=1, node="n", pid=1, price=2.0)
    data = json.loads(event_to_json(event))
    assert event_from_json(json.dumps(data)) == event
    del data["price"]
    assert event_from_json(json.dumps(data)) == dataclasses.replace(event, price=None)


@pytest.mark.parametrize(
    ("resources", "price"),
    [
        (lambda _: {}, 0.0),
        ({"num_gpus": "auto"}, 0.0),
        ({"num_gpus": 1, "from_step": {9: {"num_gpus": 2}}}, 0.0),
        ({"num_gpus": 2}, 5.0),
    ],
)
def test_a_run_has_one_price_where_all_of_its_trials_ask_for_the_same(resources, price):
    found = costs({"GPU": 2.0, "CPU": 1.0}, 7.0, resources)
    assert found == {"price": price, "prices": '{"CPU": 1.0, "GPU": 2.0}', "max_cost": 7.0}


def test_each_step_of_a_request_needs_a_price():
    with pytest.raises(ValueError, match="prices has none for 'GPU'"):
        costs({"CPU": 1.0}, None, {"num_cpus": 1, "from_step": {9: {"num_gpus": 2}}})


def test_an_attempt_that_asks_for_nothing_with_a_price_costs_nothing():
    assert attempt_price({"GPU": 3.0}, {"num_cpus": 1}) == 0.0
    assert attempt_price({"GPU": 3.0}, {"num_gpus": 0.25}) == 0.75
    with pytest.raises(ValueError, match="prices has none for 'GPU'"):
        attempt_price({"CPU": 3.0}, {"num_gpus": 1})


# --- inline, and the command -----------------------------------------------------------------------------------------


def test_a_study_run_inline_stops_at_its_cost_and_records_its_prices(tmp_path):
    study = rl.create_study(storage=f"sqlite:///{tmp_path}/s.db", study_name="s")
    prices = {"CPU": 3600.0 * 100}  # 100 a second

    def objective(trial):
        import time

        time.sleep(0.02)
        return 1.0

    study.optimize(objective, executor="inline", prices=prices, max_cost=40.0, show_progress_bar=False)
    n = len(study.trials)
    assert 1 <= n <= 20  # 2 each, and a little more
    assert json.loads(study.last_run.prices) == prices
    study.optimize(objective, executor="inline", prices=prices, max_cost=40.0, show_progress_bar=False)
    assert len(study.trials) == n  # all of it is used
    study.optimize(objective, executor="inline", n_trials=2, show_progress_bar=False)
    assert len(study.trials) == n + 2


def test_the_command_takes_prices_and_says_why_nothing_is_left(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text("def objective(trial):\n    return trial.suggest_float('x', 0, 1)\n")
    where = ["--storage", "sqlite:///s.db", "--executor", "inline", "--sampler", "random"]
    command = ["run", "train.py:objective", *where]
    used = CliRunner().invoke(cli, [*command, "--prices", "CPU=1e9", "--max-cost", "0.01"])
    assert used.exit_code == 0, used.output
    again = CliRunner().invoke(cli, [*command, "--prices", "CPU=1e9", "--max-cost", "0.01"])
    assert "Nothing was left to run: the study has all the trials that were asked for, or has cost what" in again.output
    for wrong, text in (
        (["--max-cost", "5"], "--max-cost needs --prices"),
        (["--prices", "GPU"], "--prices must be NAME=MONEY"),
        (["--prices", "gpu=3", "--n-trials", "1"], "Ray's name of this resource is 'GPU'"),
    ):
        said = CliRunner().invoke(cli, [*command, *wrong])
        assert said.exit_code != 0
        assert text in said.output
