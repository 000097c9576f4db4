"""A task with several trials: what it begins, returns, delivers early and gives back. No Ray, no database."""

from __future__ import annotations

import pytest

from raytune_lite.core import messages as m
from raytune_lite.core.encoding import event_from_json, to_json
from raytune_lite.core.messages import Assignment, Outcome
from raytune_lite.core.schedules import Never
from raytune_lite.exceptions import StaleAttemptError, TrialPruned
from raytune_lite.runtime.failures import AttemptInterrupted, DriverGone
from raytune_lite.runtime.hand import HAND_SECONDS
from raytune_lite.runtime.heartbeat import Heartbeat
from raytune_lite.runtime.host import RealHost
from raytune_lite.runtime.task import Place, returned, run_task
from raytune_lite.runtime.worker_settings import WorkerSettings


class Clock(RealHost):
    """Time that passes only when an objective says so; no thread, no switch."""

    def __init__(self):
        self.now = 0.0

    def monotonic(self):
        return self.now

    def start(self, body, name):
        pass

    def arm(self, seconds):
        pass

    def disarm(self):
        pass


class Channel:
    """Notes the ends that come before the task returns; ``errors``: raised by the next of them."""

    def __init__(self, bench):
        self.bench = bench

    def begin(self, assignment):
        self.token = assignment.token

    def end(self, event):
        if self.bench.errors:
            raise self.bench.errors.pop(0)
        self.bench.early.append((event.number, event.outcome, self.token))

    def report(self, number, attempt, progress):
        return m.Decision.CONTINUE, None


class Bench:
    """One task, and its beats."""

    def __init__(self, n):
        self.host, self.errors, self.early, self.begun, self.stores = Clock(), [], [], [], 0
        self.heartbeat = Heartbeat(self.host, lease=60.0)
        self.texts = [
            to_json(Assignment(number=i, attempt=1, schedule=Never(), token=f"token {i}")).encode() for i in range(n)
        ]

    def beat(self):
        if self.heartbeat._settle is not None:
            self.heartbeat._settle()

    def run(self, objective):
        def noted(trial):
            self.begun.append(trial.number)
            return objective(trial)

        def store():
            self.stores += 1
            return object()

        place = Place(
            slot="a", node="n", pid=1, host=self.host, heartbeat=self.heartbeat, channel=lambda: Channel(self),
            store=store,
        )  # fmt: skip
        settings = WorkerSettings(n_objectives=1, checkpoint_root="/nowhere", lease=60.0)
        result = run_task(noted, (ValueError,), settings, place, self.texts)
        assert self.heartbeat._settle is None
        return [None if end is None else event_from_json(end[0]).outcome for end in result], result


def test_short_trials_run_one_after_another_and_all_their_ends_are_returned():
    bench = Bench(3)

    def objective(trial):
        bench.host.now += 0.01
        bench.beat()
        if trial.number == 1:
            raise TrialPruned
        return 0.5

    outcomes, result = bench.run(objective)
    assert outcomes == [Outcome.COMPLETE, Outcome.PRUNED, Outcome.COMPLETE]
    assert bench.begun == [0, 1, 2]
    assert bench.early == []
    items = returned(["s0", "s1", "s2"], result)
    assert [(item.slot, item.failed, item.caught) for item in items] == [(f"s{i}", False, True) for i in range(3)]
    assert [item.seconds for item in items] == [pytest.approx(0.01)] * 3


def test_each_attempt_has_a_store_of_its_own():
    bench = Bench(3)
    stores = []
    bench.run(lambda trial: stores.append((trial._checkpoints(), trial._checkpoints())) or 1.0)
    assert all(first is second for first, second in stores)
    assert bench.stores == 3


def test_a_trial_that_takes_long_holds_back_neither_a_result_nor_another_trial():
    bench = Bench(4)

    def objective(trial):
        bench.beat()  # too early: nothing is given back
        if trial.number == 1:
            assert bench.early == []
            bench.host.now += HAND_SECONDS + 0.1
            bench.beat()
            bench.beat()  # nothing twice
        return 0.5

    outcomes, _ = bench.run(objective)
    assert outcomes == [Outcome.COMPLETE, Outcome.COMPLETE, None, None]
    assert bench.begun == [0, 1]
    assert bench.early == [
        (0, Outcome.COMPLETE, "token 0"), (2, Outcome.INTERRUPTED, "token 2"), (3, Outcome.INTERRUPTED, "token 3"),
    ]  # fmt: skip


def test_without_a_beat_nothing_begins_either_once_the_second_is_over():
    bench = Bench(3)

    def objective(trial):
        bench.host.now += HAND_SECONDS + 0.1
        return 0.5

    outcomes, _ = bench.run(objective)
    assert outcomes == [Outcome.COMPLETE, None, None]


@pytest.mark.parametrize("error", [DriverGone("nobody"), AttemptInterrupted("no"), ConnectionError("no")])
def test_what_nobody_has_heard_is_delivered_at_the_next_beat_and_never_begun(error):
    bench = Bench(3)

    def objective(trial):
        bench.host.now += HAND_SECONDS + 0.1
        bench.errors = [error]
        bench.beat()
        assert bench.early == []
        bench.beat()
        assert [number for number, _, _ in bench.early] == [1, 2]
        return 0.5

    bench.run(objective)
    assert bench.begun == [0]


def test_a_driver_that_refuses_an_end_is_not_asked_again():
    bench = Bench(3)

    def objective(trial):
        bench.host.now += HAND_SECONDS + 0.1
        bench.errors = [StaleAttemptError(1, 1, 2)]
        bench.beat()
        bench.beat()
        return 0.5

    bench.run(objective)
    assert [number for number, _, _ in bench.early] == [2]


@pytest.mark.parametrize(
    ("error", "goes_on"), [(ValueError("listed"), True), (KeyError("not listed"), False), (DriverGone("gone"), False)]
)
def test_after_a_failure_that_may_end_the_run_nothing_begins(error, goes_on):
    bench = Bench(2)

    def objective(trial):
        if trial.number == 0:
            raise error
        return 0.5

    outcomes, _ = bench.run(objective)
    assert (outcomes[1] is Outcome.COMPLETE) == goes_on
    assert bench.begun == ([0, 1] if goes_on else [0])
