"""Trial over a fake channel: what travels and when; run_trial's outcomes; the heartbeat."""

from __future__ import annotations

import contextlib
import math
import subprocess
import sys
import threading
import time
import warnings

import pytest

from raytune_lite.checkpoints.directories import DirectoryStore
from raytune_lite.core import messages as m
from raytune_lite.core.messages import Decision, Outcome
from raytune_lite.core.schedules import Every, Levels, Never
from raytune_lite.distributions import FloatDistribution
from raytune_lite.exceptions import CheckpointCorruptedError, CheckpointError, StaleAttemptError, TrialPruned
from raytune_lite.runtime.attempt import run_trial
from raytune_lite.runtime.failures import AttemptInterrupted
from raytune_lite.runtime.heartbeat import EXIT_CODE, Heartbeat
from raytune_lite.runtime.host import RealHost
from raytune_lite.runtime.trial import Trial

from .core_tools import Clock


class FakeChannel:
    """Answers from a script, remembers what it was told."""

    def __init__(self):
        self.told, self.asked = [], []
        self.decisions = {}  # step -> decision
        self.stop, self.error = None, None

    def suggest(self, number, attempt, name, distribution):
        self.asked.append(name)
        return m.ParamValue(name=name, value=distribution.from_unit(0.5), distribution=distribution)

    def report(self, number, attempt, progress):
        if self.error is not None:
            raise self.error
        self.told.append(progress)
        last = progress.reports[-1][0] if progress.reports else None
        return self.decisions.get(last, Decision.CONTINUE), self.stop

    @property
    def reports(self):
        return [progress.reports for progress in self.told]


@pytest.fixture
def channel():
    return FakeChannel()


@pytest.fixture
def store(tmp_path):
    return DirectoryStore(tmp_path / "checkpoints")


def trial_on(channel, store=None, n_objectives=1, host=None, **fields):
    """On a clock that stands still: an attempt says how long it has trained, and a test compares what it says."""
    assignment = m.Assignment(**{"number": 3, "attempt": 1, **fields})
    return Trial(assignment, channel, lambda: store, n_objectives, host=host or Clock())


# --- what travels, and when --------------------------------------------------------------------------------------


def test_reports_between_due_steps_cost_no_call(channel):
    trial = trial_on(channel, schedule=Levels((3, 9)))
    for step in range(1, 3):
        trial.report(step / 10, step)
        assert not trial.should_prune()
    assert channel.told == []
    channel.decisions[3] = Decision.PAUSE
    trial.report(0.3, 3)
    assert trial.should_prune()
    assert channel.reports == [((1, (0.1,)), (2, (0.2,)), (3, (0.3,)))]
    assert trial.should_prune()  # a decision stands and costs nothing
    assert len(channel.told) == 1


def test_the_first_report_past_a_due_step_is_due_too_and_once(channel):
    trial = trial_on(channel, schedule=Levels((3, 9)))
    for step in (2, 5, 6, 8, 10, 11):
        trial.report(0.0, step)
        trial.should_prune()
    assert [told[-1][0] for told in channel.reports] == [5, 10]


def test_every_step_can_be_due_and_none(channel):
    trial = trial_on(channel, schedule=Every())
    for step in (0, 1):
        trial.report(0.0, step)
        trial.should_prune()
        trial.should_prune()
    assert channel.reports == [((0, (0.0,)),), ((1, (0.0,)),)]
    never = trial_on(other := FakeChannel(), schedule=Never())
    never.report(0.0, 1)
    assert not never.should_prune()
    assert other.told == []


def test_a_resumed_attempt_asks_for_no_decision_that_was_made(channel):
    trial = trial_on(channel, schedule=Levels((1, 3, 9)), last_step=3)
    for step in (2, 3):
        trial.report(0.0, step)
        assert not trial.should_prune()
    assert channel.told == []
    trial.report(0.0, 9)
    trial.should_prune()
    assert channel.reports == [((2, (0.0,)), (3, (0.0,)), (9, (0.0,)))]


def test_the_first_value_of_a_step_stands_with_a_warning(channel):
    trial = trial_on(channel)
    trial.report(1.0, 1)
    with pytest.warns(UserWarning, match="step 1 was reported already; the first value stands"):
        trial.report(2.0, 1)
    trial.delivery.flush()
    with pytest.warns(UserWarning, match="step 1"):
        trial.report(3.0, 1)
    assert channel.reports == [((1, (1.0,)),)]


def test_parameters_and_attributes_travel_with_the_next_message(channel):
    dist = FloatDistribution(0.0, 1.0)
    suggested = (m.ParamValue(name="x", value=0.25, distribution=dist),)
    trial = trial_on(channel, fixed=(("k", "2"),), suggested=suggested)
    assert (trial.suggest_float("x", 0, 1), trial.suggest_int("k", 1, 3)) == (0.25, 2)
    trial.set_user_attr("a", [1])
    assert channel.asked == []
    trial.delivery.flush()
    [progress] = channel.told
    assert [p.name for p in progress.params] == ["x", "k"]
    assert progress.user_attrs == (("a", "[1]"),)
    trial.delivery.flush()
    assert channel.told[1] == m.Progress()


def test_a_parameter_that_was_not_suggested_is_one_call_and_the_same_name_none(channel):
    trial = trial_on(channel)
    assert trial.suggest_float("x", 0, 1) == trial.suggest_float("x", 0, 1) == 0.5
    assert channel.asked == ["x"]
    with pytest.warns(RuntimeWarning, match="suggested twice"):
        assert trial.suggest_float("x", 0.7, 1) == 0.5
    with pytest.raises(ValueError, match="use another parameter name"):
        trial.suggest_int("x", 0, 1)


def test_a_suggested_value_outside_the_new_range_is_asked_for_again(channel):
    suggested = (m.ParamValue(name="x", value=0.25, distribution=FloatDistribution(0.0, 1.0)),)
    trial = trial_on(channel, suggested=suggested)
    assert trial.suggest_float("x", 1, 2) == 1.5
    assert channel.asked == ["x"]


def test_a_later_attempt_knows_the_parameters_and_attributes_of_the_earlier_one(channel):
    param = m.ParamValue(name="x", value=0.25, distribution=FloatDistribution(0.0, 1.0))
    trial = trial_on(channel, attempt=2, params=(param,), user_attrs=(("a", "1"),))
    assert trial.suggest_float("x", 0, 1) == 0.25
    assert (trial.params, trial.user_attrs, trial.attempt) == ({"x": 0.25}, {"a": 1}, 2)


def test_what_could_not_be_delivered_is_put_back_in_order_and_travels_next_time(channel):
    trial = trial_on(channel, schedule=Levels((2,)))
    trial.suggest_float("x", 0, 1)
    trial.report(0.1, 1)
    trial.report(0.2, 2)
    trial.set_user_attr("a", 1)
    channel.error = ConnectionError("gone")
    with pytest.raises(ConnectionError):
        trial.should_prune()
    trial.set_user_attr("a", 2)
    trial.report(0.3, 3)
    channel.error = None
    trial.should_prune()
    [progress] = channel.told
    assert progress.reports == ((1, (0.1,)), (2, (0.2,)), (3, (0.3,)))
    assert progress.user_attrs == (("a", "2"),)
    assert progress.order == 2  # the one that failed may have arrived, and a copy of it may come late


# --- bad reports -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "step", "error", "parts"),
    [
        ("0.5", 1, TypeError, ["trial 3", "'0.5'", "str", "float(loss)"]),
        (None, 1, TypeError, ["None", "float(loss)"]),
        (1j, 1, TypeError, ["1j", "complex"]),
        (0.5, 1.0, TypeError, ["step", "1.0", "integer"]),
        (0.5, True, TypeError, ["step", "True"]),
        (0.5, -1, ValueError, ["step must be >= 0", "-1", "count epochs"]),
        (0.5, 2**31, ValueError, ["step must be <= 2147483647", "2147483648"]),
    ],
)
def test_a_bad_report_says_the_value_the_rule_and_the_way_out(channel, value, step, error, parts):
    trial = trial_on(channel)
    with pytest.raises(error) as caught:
        trial.report(value, step)
    assert all(part in str(caught.value) for part in parts)
    trial.delivery.flush()
    assert channel.reports == [()]


def test_numbers_of_numpy_and_torch_are_numbers(channel):
    import numpy as np

    trial = trial_on(channel)
    trial.report(np.float32(0.5), np.int64(1))
    trial.report(np.array(0.25), 2)
    torch = pytest.importorskip("torch")
    trial.report(torch.tensor(0.125), 3)
    trial.delivery.flush()
    assert channel.reports == [((1, (0.5,)), (2, (0.25,)), (3, (0.125,)))]
    assert all(type(step) is int and type(value) is float for step, (value,) in channel.reports[0])


def test_with_several_objectives_a_report_has_one_number_each(channel):
    import numpy as np

    trial = trial_on(channel, n_objectives=2, schedule=Levels((3,)))
    trial.report((0.5, 2), 1)
    trial.report([math.nan, np.float32(0.25)], np.int64(2))
    assert channel.told == []
    trial.report(np.array([1.5, -math.inf]), 3)
    trial.should_prune()
    assert repr(channel.reports) == "[((1, (0.5, 2.0)), (2, (nan, 0.25)), (3, (1.5, -inf)))]"


@pytest.mark.parametrize("value", [0.5, (), (0.5,), (0.5, 1.0, 2.0), "ab", None, {"a": 0.5}, (0.5, "1"), (0.5, None)])
def test_a_report_of_another_length_or_kind_is_refused_and_says_what_is_needed(channel, value):
    trial = trial_on(channel, n_objectives=2)
    with pytest.raises(TypeError, match=r"trial 3: report\(\) needs (2 numbers, one for each|a number)"):
        trial.report(value, 1)
    trial.delivery.flush()
    assert channel.reports == [()]


def test_a_tuple_is_no_report_of_a_single_objective(channel):
    with pytest.raises(TypeError, match=r"needs a number, got \(0.5, 1.0\)"):
        trial_on(channel).report((0.5, 1.0), 1)


def test_an_attribute_must_be_json(channel):
    with pytest.raises(TypeError, match=r"'a' must be JSON-able .*object"):
        trial_on(channel).set_user_attr("a", object())


# --- interruption ------------------------------------------------------------------------------------------------


def test_a_stale_attempt_ends_at_its_next_word(channel):
    trial = trial_on(channel)
    channel.error = StaleAttemptError(3, 1, "attempt 2 is")
    with pytest.raises(AttemptInterrupted, match="is not live"):
        trial.delivery.flush()
    for act in (lambda: trial.report(0.0, 1), trial.should_prune, lambda: trial.suggest_float("x", 0, 1)):
        with pytest.raises(AttemptInterrupted):
            act()
    with pytest.raises(AttemptInterrupted), trial.checkpoint_dir(1):
        pass


def test_what_a_driver_refuses_from_an_attempt_that_was_given_up_stays_for_its_end(channel):
    """Its end counts while no other attempt has begun; without parameters and reports it would be half a result."""
    trial = trial_on(channel)
    trial.report(0.5, 1)
    channel.error = StaleAttemptError(3, 1, "it was given up")
    with pytest.raises(AttemptInterrupted):
        trial.delivery.flush()
    assert trial.delivery.drain().reports == ((1, (0.5,)),)


def test_told_to_stop_with_an_answer_it_ends_at_its_next_word(channel):
    trial = trial_on(channel, schedule=Every())
    channel.stop = "the study was interrupted"
    trial.report(0.0, 1)
    with pytest.raises(AttemptInterrupted, match="interrupted"):
        trial.should_prune()


def test_a_report_counts_also_when_the_attempt_must_end_there(channel, store):
    """An order to end comes with the answer to a checkpoint: the report of that step is the objective's next word."""
    trial = trial_on(channel, store, last_step=None)
    channel.stop = "the study was paused"

    def objective(trial):
        trial.save_checkpoint({"epoch": 1}, step=1)
        trial.report(0.5, 1)

    ended = run_trial(objective, trial)
    assert (ended.outcome, ended.progress.reports) == (Outcome.INTERRUPTED, ((1, (0.5,)),))


def test_code_that_catches_every_exception_does_not_swallow_an_interruption():
    assert not issubclass(AttemptInterrupted, Exception)


# --- checkpoints -------------------------------------------------------------------------------------------------


def test_a_checkpoint_is_on_disk_and_told_when_save_returns_and_the_next_attempt_loads_it(channel, store):
    trial = trial_on(channel, store)
    assert (trial.load_checkpoint(), trial.resumed_from_step) == (None, None)
    trial.report(0.5, 4)
    trial.save_checkpoint({"epoch": 4, "w": [1.0, None]}, step=4)
    [progress] = channel.told
    assert progress.reports == ((4, (0.5,)),)
    again = trial_on(channel, store, attempt=2, checkpoint=progress.checkpoint)
    assert again.load_checkpoint() == {"epoch": 4, "w": [1.0, None]}
    assert again.resumed_from_step == 4


def test_a_damaged_checkpoint_raises_and_is_no_start_from_zero(channel, store):
    trial = trial_on(channel, store)
    with trial.checkpoint_dir(1) as path:
        (path / "w").write_text("abc")
    ref = channel.told[0].checkpoint
    (store.verify(ref) / "w").write_text("xyz")
    with pytest.raises(CheckpointCorruptedError):
        trial_on(channel, store, checkpoint=ref).load_checkpoint_dir()


def test_a_checkpoint_block_that_raises_publishes_nothing(channel, store):
    trial = trial_on(channel, store)

    def fail_in_the_middle():
        with trial.checkpoint_dir(1) as path:
            (path / "w").write_text("abc")
            raise KeyError

    with pytest.raises(KeyError):
        fail_in_the_middle()
    assert channel.told == []
    assert store.sweep([]) == []


def test_a_checkpoint_that_cannot_be_written_says_the_path_and_the_way_out(channel, tmp_path):
    (tmp_path / "file").write_text("")
    trial = trial_on(channel, DirectoryStore(tmp_path / "file" / "below"))
    with pytest.raises(CheckpointError, match=r"move it, or choose another checkpoint directory"):
        trial.save_checkpoint({"a": 1}, step=1)


def test_the_newest_of_two_checkpoints_survives_a_failed_delivery(channel, store):
    trial = trial_on(channel, store)
    channel.error = ConnectionError()
    for step in (1, 2):
        with pytest.raises(ConnectionError):
            trial.save_checkpoint({"step": step}, step=step)
    channel.error = None
    trial.delivery.flush()
    assert channel.told[0].checkpoint.step == 2


# --- run_trial ---------------------------------------------------------------------------------------------------


def outcome_of(objective, channel=None, **settings):
    return run_trial(objective, trial_on(channel or FakeChannel()), **settings)


def test_a_number_completes_and_carries_what_is_buffered():
    def objective(trial):
        trial.report(0.5, 1)
        return 2

    ended = outcome_of(objective)
    assert (ended.outcome, ended.values, ended.progress.reports) == (Outcome.COMPLETE, (2.0,), ((1, (0.5,)),))


def test_trial_pruned_and_interruptions():
    def prune(_):
        raise TrialPruned

    def interrupt(_):
        raise KeyboardInterrupt

    assert outcome_of(prune).outcome is Outcome.PRUNED
    ended = outcome_of(interrupt)
    assert (ended.outcome, type(ended.exception)) == (Outcome.INTERRUPTED, KeyboardInterrupt)


def test_a_failure_carries_the_users_traceback_only():
    def inner():
        raise KeyError("k")

    ended = outcome_of(lambda trial: inner())
    assert ended.outcome is Outcome.FAIL
    assert ended.failure.error == "KeyError: 'k'"
    assert "in inner" in ended.failure.traceback
    assert "runtime/attempt.py" not in ended.failure.traceback
    assert not ended.caught
    assert outcome_of(lambda trial: inner(), catch=(LookupError,)).caught


@pytest.mark.parametrize(
    ("result", "n", "match"),
    [
        (float("nan"), 1, "returned nan: NaN is not a result"),
        (None, 1, "must return a number, got None; is a return statement missing"),
        ("1.0", 1, "must return a number, got '1.0'"),
        ((1.0, 2.0), 1, r"must return a number, got \(1.0, 2.0\)"),
        (1.0, 2, "must return 2 numbers, got 1.0"),
        ((1.0, float("nan")), 2, "NaN"),
    ],
)
def test_a_result_that_is_none_fails_its_trial_and_never_the_study(result, n, match):
    ended = outcome_of(lambda trial: result, n_objectives=n)
    assert (ended.outcome, ended.caught) == (Outcome.FAIL, True)
    with pytest.raises(ValueError, match=match):
        raise ended.exception


def test_infinity_is_a_result():
    assert outcome_of(lambda trial: float("inf")).values == (float("inf"),)
    assert outcome_of(lambda trial: (1, 2.5), n_objectives=2).values == (1.0, 2.5)


# --- the heartbeat -----------------------------------------------------------------------------------------------


class WatchedHost(RealHost):
    """Notes the end of the process, and the switch, instead of ending the tests."""

    def __init__(self):
        self.exits, self.reasons, self.armed = [], [], []

    def die(self, code, why):
        self.exits.append(code)
        self.reasons.append(why)

    def arm(self, seconds):
        self.armed.append(seconds)

    def disarm(self):
        self.armed.append(None)


@pytest.fixture
def host():
    return WatchedHost()


def test_a_beat_delivers_the_buffer_and_renews(channel, host):
    trial = trial_on(channel)
    trial.report(0.5, 1)
    trial.delivery.acknowledged_at -= 100
    Heartbeat(host, lease=10).renew(trial)
    assert channel.reports == [((1, (0.5,)),)]
    assert time.monotonic() - trial.delivery.acknowledged_at < 5
    assert host.exits == []


def test_a_process_that_nobody_answers_for_a_lease_ends_itself(channel, host):
    trial = trial_on(channel, host=host)
    trial.report(0.5, 1)
    heartbeat = Heartbeat(host, lease=10)
    heartbeat.watch(trial)
    channel.error = ConnectionError("gone")
    heartbeat.renew(trial)
    assert host.exits == []
    trial.delivery.acknowledged_at -= 11
    heartbeat.renew(trial)
    assert host.exits == [EXIT_CODE]
    assert "no answer from the driver for 10 s (ConnectionError)" in host.reasons[0]
    host.exits.clear()
    heartbeat.leave()  # the trial has ended in the meantime
    heartbeat.renew(trial)
    assert host.exits == []


def test_the_switch_is_armed_while_a_trial_is_watched_and_at_no_other_time(channel, host):
    heartbeat = Heartbeat(host, lease=10, interval=0.0)
    heartbeat.acknowledged(time.monotonic() - 3)  # of the claim
    assert host.armed == []
    heartbeat.watch(trial_on(channel))
    [seconds] = host.armed
    assert 8 < seconds < 10, "the lease counts from the claim"
    heartbeat.acknowledged()
    assert 11 < host.armed[-1] <= 12
    heartbeat.leave()
    assert host.armed[-1] is None
    heartbeat.acknowledged()  # a late answer to a beat
    heartbeat.leave()
    assert len(host.armed) == 3


def test_a_trial_claimed_ahead_gets_the_switch_with_its_first_beat(channel, host):
    heartbeat = Heartbeat(host, lease=10)
    heartbeat.acknowledged(time.monotonic() - 1000)  # a late answer of long ago
    trial = trial_on(channel)
    heartbeat.watch(trial, is_short=True)
    heartbeat.leave()
    assert host.armed == [], "a trial of a millisecond costs no thread"
    limited = Trial(m.Assignment(number=3, attempt=1), channel, lambda: None, 1, 0.5)
    heartbeat.watch(limited, is_short=True)
    assert 10 < host.armed[0] <= 10.5
    heartbeat.leave()
    heartbeat.watch(trial, is_short=True)
    heartbeat.acknowledged()  # as a beat's answer does
    assert 11 < host.armed[-1] <= 12


def test_a_trial_claimed_ahead_whose_first_beat_is_refused_ends_all_the_same(channel, host):
    """Its objective may never call the trial again; without the switch its process went on (seed 31605)."""
    heartbeat, trial = Heartbeat(host, lease=10), trial_on(channel, host=host)
    heartbeat.watch(trial, is_short=True)
    channel.error = StaleAttemptError(3, 1, "attempt 2 is")
    trial.delivery.acknowledged_at -= 3
    heartbeat.renew(trial)
    [seconds] = host.armed
    assert 8 < seconds < 10, "the lease counts from the beginning of the attempt"


def test_a_process_that_was_left_is_not_ended_while_it_holds_the_interpreters_lock():
    code = (
        "from raytune_lite.runtime.heartbeat import Heartbeat\n"
        "from raytune_lite.runtime.host import RealHost\n"
        "from raytune_lite.runtime.trial import Trial\n"
        "from raytune_lite.core.messages import Assignment\n"
        "import ctypes\n"
        "beat = Heartbeat(RealHost(), lease=-1.5)\n"
        "beat.watch(Trial(Assignment(number=0, attempt=1), None, None))\n"
        "{leave}\n"
        "ctypes.PyDLL(None).sleep(2)\n"  # in C, and a PyDLL keeps the lock
    )
    ended = [
        subprocess.run([sys.executable, "-c", code.format(leave=leave)], capture_output=True, check=False).returncode
        for leave in ("beat.leave()", "pass")
    ]
    assert ended == [0, 1]


def test_a_beat_that_learns_of_the_end_lets_the_objective_find_out(channel, host):
    trial = trial_on(channel)
    trial.delivery.acknowledged_at -= 100
    channel.error = StaleAttemptError(3, 1, "attempt 2 is")
    heartbeat = Heartbeat(host, lease=10)
    heartbeat.watch(trial)
    heartbeat.renew(trial)
    assert host.exits == []
    with pytest.raises(AttemptInterrupted):
        trial.should_prune()


def test_no_warning_in_ordinary_use(channel):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        trial = trial_on(channel, schedule=Every())
        for step in range(3):
            trial.suggest_float("x", 0, 1)
            trial.report(0.0, step)
            trial.should_prune()


@pytest.mark.parametrize("name", ["x" * 513, "a\ud800", "a\0b"])
def test_a_name_that_no_database_holds_is_refused_before_it_travels(channel, name):
    trial = trial_on(channel)
    with pytest.raises(ValueError, match="at most 512 characters"):
        trial.suggest_float(name, 0, 1)
    with pytest.raises(ValueError, match="valid Unicode"):
        trial.set_user_attr(name, 1)
    assert trial.delivery.drain() == m.Progress()


# --- how long it has trained ---------------------------------------------------------------------------------------


class SlowChannel(FakeChannel):
    """The driver takes 100 s for each answer."""

    def __init__(self, clock):
        super().__init__()
        self.clock = clock

    def suggest(self, *arguments):
        self.clock.now += 100.0
        return super().suggest(*arguments)

    def report(self, *arguments):
        self.clock.now += 100.0
        return super().report(*arguments)


@pytest.mark.parametrize("is_timed", [False, True])
def test_training_is_what_the_objective_does_between_its_waits_for_the_driver(store, is_timed):
    clock = Clock()
    channel = SlowChannel(clock)
    assignment = m.Assignment(number=3, attempt=1, schedule=Levels((2, 4)), is_timed=is_timed)
    trial = Trial(assignment, channel, lambda: store, host=clock)

    def objective(trial):
        clock.now += 0.5
        trial.suggest_float("x", 0, 1)
        for step in range(1, 5):
            clock.now += 1.0
            trial.report(0.5, step)
            trial.should_prune()
            if step == 3:
                trial.save_checkpoint({"step": step}, step)
                trial.delivery.deliver()  # the heartbeat's thread, meanwhile: 100 s of training
        clock.now += 2.0
        return 0.5

    end = run_trial(objective, trial)
    assert [progress.trained for progress in channel.told] == [2.5, 3.5, 3.5, 104.5]
    assert end.progress.trained == 106.5
    stamps = [progress.trained_at for progress in channel.told]
    assert stamps == ([((2, 2.5),), (), (), ((4, 104.5),)] if is_timed else [(), (), (), ()])


def test_the_time_in_checkpoints_is_told_without_the_wait_for_the_driver(store):
    clock = Clock()
    channel = SlowChannel(clock)
    trial = Trial(m.Assignment(number=3, attempt=1, schedule=Every()), channel, lambda: store, host=clock, gpus="0,1")

    def objective(trial):
        for step in (1, 2):
            clock.now += 1.0
            trial.report(0.5, step)
            with trial.checkpoint_dir(step) as directory:
                clock.now += 0.25 * step
                (directory / "weights").write_text("w")
        with contextlib.suppress(RuntimeError), trial.checkpoint_dir(3):
            clock.now += 2.0  # what comes to nothing takes its time, too
            raise RuntimeError
        return 0.5

    end = run_trial(objective, trial)
    assert [progress.saving for progress in channel.told] == [0.25, 0.75]
    assert [progress.gpus for progress in channel.told] == ["0,1", "0,1"]
    assert (end.progress.saving, end.progress.trained) == (2.75, 4.75)
    saved = channel.told[-1].checkpoint
    assignment = m.Assignment(number=3, attempt=2, checkpoint=saved)
    resumed = Trial(assignment, channel, lambda: Slow(store, clock), host=clock)
    assert resumed.load_checkpoint_dir() is not None
    assert resumed.delivery.drain().saving == 3.0


class Slow:
    """A store that takes 3 s to read a checkpoint."""

    def __init__(self, store, clock):
        self.store, self.clock = store, clock

    def verify(self, ref):
        self.clock.now += 3.0
        return self.store.verify(ref)


def test_a_wait_for_the_heartbeats_delivery_is_no_training():
    """The connection is lost while the heartbeat delivers: the objective, at its next call, waits for it."""
    clock, channel = Clock(), FakeChannel()
    trial = Trial(m.Assignment(number=3, attempt=1), channel, lambda: None, host=clock)
    taken, free = threading.Event(), threading.Event()

    def deliver():
        with trial.delivery.delivering:
            taken.set()
            free.wait(10.0)
            clock.now += 60.0

    beat = threading.Thread(target=deliver)
    beat.start()
    taken.wait(10.0)
    clock.now += 1.0
    threading.Timer(0.05, free.set).start()
    trial.should_prune()
    beat.join()
    assert trial.delivery.time.trained() == 1.0


def test_a_delivery_that_failed_keeps_its_stamps():
    clock, channel = Clock(), FakeChannel()
    assignment = m.Assignment(number=3, attempt=1, schedule=Every(), is_timed=True)
    trial = Trial(assignment, channel, lambda: None, host=clock)
    channel.error = OSError("nobody there")
    for step in range(2):
        clock.now += 1.0
        trial.report(0.5, step)
        with pytest.raises(OSError, match="nobody"):
            trial.should_prune()
    channel.error = None
    trial.should_prune()
    assert channel.told[0].trained_at == ((0, 1.0), (1, 2.0))
