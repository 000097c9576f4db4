"""Failure is typed: each kind has its own budget, delay and consequence."""

from __future__ import annotations

import json
import math
import re
import sys
import time

import pytest
import torch

import raytune_lite as rtl
from raytune_lite.core import messages as m
from raytune_lite.core.retries import LONGEST_DELAY, RetryPolicy
from raytune_lite.exceptions import CheckpointCorruptedError, StudyAbortedError
from raytune_lite.runtime.failures import NonFiniteResult, failure_of, kind_of
from raytune_lite.samplers import GridSampler
from raytune_lite.trial import TrialState

from .core_tools import Shell, asha, ref

Kind = m.FailureKind
COMPLETE, FAIL, WAITING = TrialState.COMPLETE, TrialState.FAIL, TrialState.WAITING


def started(n_trials=None, **settings):
    shell = Shell()
    shell.run(n_trials, **settings)
    return shell


def fail(shell, number, kind, error="Error: x"):
    return shell.end(number, "fail", failure=m.Failure(error=error, kind=kind))


# --- the kind of an exception -----------------------------------------------------------------------------------------


def _foreign(module, name, base=Exception):
    return type(name, (base,), {"__module__": module})


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ValueError("x"), Kind.EXCEPTION),
        (rtl.TrialInvalid("batch > data"), Kind.INVALID),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"), Kind.GPU_OUT_OF_MEMORY),
        (RuntimeError("CUDA out of memory. Tried to allocate"), Kind.GPU_OUT_OF_MEMORY),
        (RuntimeError("HIP out of memory"), Kind.GPU_OUT_OF_MEMORY),
        (_foreign("cupy.cuda.memory", "OutOfMemoryError", MemoryError)("x"), Kind.GPU_OUT_OF_MEMORY),
        (_foreign("jaxlib._jax", "XlaRuntimeError", RuntimeError)("RESOURCE_EXHAUSTED: Out"), Kind.GPU_OUT_OF_MEMORY),
        (_foreign("jaxlib._jax", "XlaRuntimeError", RuntimeError)("INTERNAL: no"), Kind.EXCEPTION),
        (_foreign("mine", "OutOfMemoryError")("x"), Kind.EXCEPTION),
        (MemoryError(), Kind.OUT_OF_MEMORY),
        (OSError(12, "Cannot allocate memory"), Kind.OUT_OF_MEMORY),
        (SystemExit(3), Kind.WORKER_CRASH),
        (CheckpointCorruptedError("p", "a", "b"), Kind.CHECKPOINT_CORRUPT),
        (NonFiniteResult("nan"), Kind.NON_FINITE),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else value.value,
)
def test_the_kind_of_an_exception(error, kind):
    assert kind_of(error) is kind


def test_torchs_own_full_memory_on_the_cpu_is_the_hosts():
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 60, dtype=torch.uint8)
    assert kind_of(caught.value) is Kind.OUT_OF_MEMORY


@pytest.mark.parametrize(("code", "expected"), [(None, 0), (0, 0), (7, 7), ("bye", 1)])
def test_sys_exit_tells_its_code(code, expected):
    with pytest.raises(SystemExit) as caught:
        sys.exit(code)
    assert failure_of(caught.value).exit_code == expected
    assert failure_of(ValueError("x")).exit_code is None


# --- RetryPolicy ------------------------------------------------------------------------------------------------------


def test_a_budget_may_have_a_delay_that_doubles():
    policy = RetryPolicy(worker_crash=(3, 10.0), node_lost=(None, 400))
    assert [policy.delay(Kind.WORKER_CRASH, n) for n in range(3)] == [10.0, 20.0, 40.0]
    assert [policy.delay(Kind.NODE_LOST, n) for n in (0, 1, 10**6)] == [400.0, LONGEST_DELAY, LONGEST_DELAY]
    assert policy.allows(Kind.WORKER_CRASH, 2)
    assert not policy.allows(Kind.WORKER_CRASH, 3)
    assert policy.allows(Kind.NODE_LOST, 10**6)
    assert RetryPolicy(**json.loads(json.dumps(policy.spec()))) == policy


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"exception": -1}, "RetryPolicy.exception must be an integer >= 0 or None, got -1; None sets no bound"),
        ({"timeout": 1.5}, "RetryPolicy.timeout must be an integer >= 0 or None, got 1.5"),
        ({"timeout": True}, "got True"),
        ({"worker_crash": (1, 2, 3)}, "a number of retries or (retries, seconds), got (1, 2, 3)"),
        ({"worker_crash": (1, -2)}, "the delay must be a number of seconds >= 0, got -2"),
        ({"worker_crash": (1, math.nan)}, "got nan"),
        ({"worker_crash": "2"}, "got '2'"),
        ({"abort_after": 0}, "RetryPolicy.abort_after must be an integer >= 1 or None, got 0"),
    ],
)
def test_a_wrong_policy_is_refused(arguments, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        RetryPolicy(**arguments)


# --- what the core makes of them --------------------------------------------------------------------------------------


def test_a_delayed_retry_waits_while_others_go_on():
    shell = started(3, retries=RetryPolicy(worker_crash=(2, 10.0)))
    shell.claim("a")
    lost_at = shell.at + 1
    assert shell.lose(0) is WAITING
    assert shell.state.retry == {0: lost_at + 10.0}
    assert shell.claim("b").number == 1, "a new trial meanwhile"
    assert shell.state.work(shell.at) == 1, "one more new trial; the retry is not due"
    assert shell.state.work() == 2
    shell.end(1, "complete", 1.0)
    shell.claim("c")
    shell.end(2, "complete", 1.0)
    assert shell.state.work(shell.at) == 0
    assert not shell.state.is_over(), "a run is not over while a retry waits"
    assert shell.claim("early") is None
    shell.at = lost_at + 9.0
    assert shell.claim("due") == m.Assignment(number=0, attempt=2, started=2.0)
    assert shell.lose(0) is WAITING
    assert shell.state.retry[0] == shell.at + 20.0, "the second delay is twice as long"


def test_invalid_parameters_are_replaced_and_not_counted():
    shell = started(2, retries=RetryPolicy(exception=5))
    shell.claim("a")
    assert fail(shell, 0, Kind.INVALID) is FAIL, "never tried again"
    for number, slot in ((1, "b"), (2, "c")):
        assert shell.claim(slot).number == number
        shell.end(number, "complete", 1.0)
    assert shell.claim("d") is None
    assert shell.state.is_over()
    shell.run(max_trials=3, name="again")
    assert shell.state.run.budget == 1, "nor does it count for max_trials"


def test_an_invalid_trial_of_an_earlier_run_gives_nothing_back():
    shell = started(1)
    shell.claim("a")
    shell.run(1, name="second")  # the attempt is interrupted, and counts as an old one
    assert shell.claim("b").number == 0
    fail(shell, 0, Kind.INVALID)
    assert shell.state.run.budget == 1


def test_a_grid_cell_with_invalid_parameters_is_dead_at_once():
    shell = started(sampler=GridSampler({"x": [1, 2, 3]}, seed=1, max_failures=100))
    shell.claim("a")
    fail(shell, 0, Kind.INVALID)
    assert shell.state.ledger.counts() == {"free": 2, "leased": 0, "done": 0, "dead": 1}


@pytest.mark.parametrize(
    ("kind", "errors", "way"),
    [
        (Kind.WORKER_CRASH, ["attempt 1 lost: a", "attempt 1 lost: b", "attempt 1 lost: c"], "worker_crash"),
        (Kind.EXCEPTION, ["KeyError: 1", "KeyError: 2", "KeyError: 3"], "exception, KeyError"),
    ],
)
def test_a_run_whose_first_trials_fail_alike_is_given_up(kind, errors, way):
    shell = started(9, retries=RetryPolicy(worker_crash=0, abort_after=3))
    for number, error in enumerate(errors):
        assert not shell.state.run.aborted
        shell.claim(f"slot {number}")
        fail(shell, number, kind, error)
    why = f"each of its first 3 trials failed in the same way ({way}); the last: {errors[-1]}"
    assert shell.state.run.aborted == why
    assert shell.claim("more") is None
    assert shell.state.is_over()
    shell.run(9, retries=RetryPolicy(abort_after=3), name="again")
    assert shell.claim("now") is not None, "a new run starts afresh"


@pytest.mark.parametrize("other", ["complete", "pruned", "paused", "another error"])
def test_one_trial_that_ends_otherwise_and_the_run_goes_on(other):
    shell = started(20, pruner=asha(), retries=RetryPolicy(abort_after=3))
    shell.claim("other")
    if other == "paused":
        shell.report(0, (1, 0.5))
        shell.end(0, "pruned")
    elif other == "another error":
        fail(shell, 0, Kind.EXCEPTION, "KeyError: x")
    else:
        shell.end(0, other, *([1.0] if other == "complete" else []))
    for _ in range(9):
        shell.claim("slot")
        fail(shell, shell.state.slots["slot"], Kind.EXCEPTION, "ValueError: x")
    assert not shell.state.run.aborted


def test_a_damaged_checkpoint_leads_back_to_the_one_before_and_then_to_failure():
    shell = Shell()
    shell.do(m.RunStarted, run="r", n_trials=1, pruner=json.dumps(asha(1, 27).spec()), checkpoints_kept=2)
    shell.claim("a")
    for step in (1, 2, 3):
        shell.report(0, (step, 1.0), checkpoint=ref(step))
        shell.state.trials[0].pending = m.Decision.CONTINUE  # a lone trial is paused at 1; not the matter here
    kept = [checkpoint.step for checkpoint in shell.state.trials[0].checkpoints]
    assert kept == [2, 3], "the newest, and the one before it"
    shell.lose(0, "node_lost")
    for n, (slot, step) in enumerate((("b", 3), ("c", 2)), start=1):
        assert shell.claim(slot).checkpoint.step == step
        state = fail(shell, 0, Kind.CHECKPOINT_CORRUPT)
        assert state is (WAITING if step == 3 else FAIL), "never from zero without a word"
        assert shell.state.trials[0].retried.get(Kind.CHECKPOINT_CORRUPT, 0) == 1, n
    assert not shell.state.trials[0].checkpoints


def test_an_exception_of_that_name_without_a_checkpoint_has_the_budget_of_none():
    shell = started(1)
    shell.claim("a")
    assert fail(shell, 0, Kind.CHECKPOINT_CORRUPT) is FAIL


def test_each_attempt_is_recorded_with_its_exit_code_and_last_words():
    shell = started(1)
    shell.claim("a")
    lost = {"kind": Kind.WORKER_CRASH, "message": "gone", "exit_code": -11, "stderr_tail": "Segmentation fault"}
    commands = shell.do(m.AttemptLost, number=0, attempt=1, **lost)
    [row] = [command for command in commands if isinstance(command, m.EndAttempt)]
    assert (row.outcome, row.exit_code, row.stderr_tail) == ("worker_crash", -11, "Segmentation fault")


def test_a_log_of_before_there_were_kinds_is_read_as_it_was_meant():
    old = {"_": "RunStarted", "at": 0.0, "run": "r", "n_trials": 20, "max_trials": None, "pruner": "{}",
           "sampler": "{}", "retries": '{"exception": 0, "worker_crash": 2}'}  # fmt: skip
    from raytune_lite.core.encoding import event_from_json

    shell = Shell()
    shell.handle(event_from_json(json.dumps(old)))
    assert shell.state.run.retries.abort_after is None
    assert shell.state.run.checkpoints_kept == 1
    ended = {"_": "AttemptEnded", "at": 1.0, "number": 0, "attempt": 1, "outcome": "fail", "values": None,
             "progress": {"_": "Progress", "reports": [], "params": [], "user_attrs": [], "checkpoint": None},
             "failure": {"_": "Failure", "error": "E: x", "traceback": ""}}  # fmt: skip
    assert event_from_json(json.dumps(ended)).failure.kind is Kind.EXCEPTION


# --- a study in this process ------------------------------------------------------------------------------------------


def inline(objective, storage=None, **settings):
    study = rtl.create_study(storage=storage, sampler=rtl.samplers.RandomSampler(seed=1))
    study.optimize(objective, executor="inline", **settings)
    return study


def outcomes(study):
    return [(attempt.number, attempt.outcome) for attempt in study.attempts]


def test_trial_invalid_in_an_objective():
    def objective(trial):
        x = trial.suggest_float("x", 0, 1)
        if trial.number in (0, 2):
            raise rtl.TrialInvalid(f"x = {x} cannot be")
        return x

    study = inline(objective, n_trials=2)
    assert [trial.state.name for trial in study.trials] == ["FAIL", "COMPLETE", "FAIL", "COMPLETE"]
    assert outcomes(study)[0] == (0, "invalid")


def test_an_inline_trial_times_out_at_its_next_call_and_is_tried_again_from_its_checkpoint():
    resumed = []

    def objective(trial):
        state = trial.load_checkpoint() or {"step": 0}
        resumed.append(state["step"])
        for step in range(state["step"] + 1, 4):
            trial.report(1.0, step)
            trial.save_checkpoint({"step": step}, step)
            if trial.attempt == 1 and step == 2:
                time.sleep(0.6)
        return 1.0

    study = inline(objective, n_trials=1, trial_timeout=0.5, retries=RetryPolicy(timeout=1))
    assert outcomes(study) == [(0, "timeout"), (0, "complete")]
    assert resumed == [0, 2]
    assert "trial_timeout is over" in study.attempts[0].message


def test_an_inline_run_waits_for_a_delayed_retry():
    begun = []

    def objective(trial):
        begun.append(time.monotonic())
        if trial.attempt == 1:
            raise RuntimeError("once")
        return 1.0

    study = inline(objective, n_trials=1, retries=RetryPolicy(exception=(1, 0.4)), catch=(RuntimeError,))
    assert outcomes(study) == [(0, "exception"), (0, "complete")]
    assert begun[1] - begun[0] >= 0.4


def test_an_inline_run_is_given_up_with_a_clear_message():
    def objective(trial):
        raise rtl.TrialInvalid("/data/train.bin")

    study = rtl.create_study()
    with pytest.raises(StudyAbortedError) as caught:
        study.optimize(objective, n_trials=100, executor="inline")
    words = str(caught.value)
    assert "each of its first 10 trials failed in the same way (invalid, TrialInvalid)" in words
    assert "/data/train.bin" in words
    assert "abort_after=None" in words
    assert len(study.trials) == 10
    study.optimize(objective, max_trials=12, executor="inline", retries=RetryPolicy(abort_after=None), timeout=0.2)
    assert len(study.trials) > 10


def test_nan_full_memory_and_exit_are_what_they_are():
    def objective(trial):
        if trial.number == 0:
            return math.nan
        if trial.number == 1 and trial.attempt == 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        if trial.number == 2 and trial.attempt == 1:
            sys.exit(9)
        return 1.0

    study = inline(objective, n_trials=3)
    assert outcomes(study) == [
        (0, "non_finite"), (1, "gpu_out_of_memory"), (1, "complete"), (2, "worker_crash"), (2, "complete"),
    ]  # fmt: skip


def test_a_flipped_bit_in_a_checkpoint_leads_back_to_the_one_before(storage):
    def objective(trial):
        state = trial.load_checkpoint() or {"step": 0}
        for step in range(state["step"] + 1, 7):
            trial.report(float(step), step)
            trial.save_checkpoint({"step": step, "weight": torch.full((8,), float(step))}, step)
            if trial.attempt == 1 and step == 4:
                newest = trial._checkpoints().root.glob("trial-00000/attempt-1/step-4*/*")
                for path in newest:
                    if path.name != "manifest.json":
                        data = bytearray(path.read_bytes())
                        data[len(data) // 2] ^= 1
                        path.write_bytes(data)
                sys.exit(1)
        return float(state["step"])

    study = inline(objective, storage, n_trials=1)
    assert outcomes(study) == [(0, "worker_crash"), (0, "checkpoint_corrupt"), (0, "complete")]
    assert study.best_value == 3.0, "resumed from step 3, the one before the damaged one"
    assert "damaged" in study.attempts[1].message
    assert study.trials[0].intermediate_values == {step: float(step) for step in range(1, 7)}


def test_a_slow_trial_with_a_limit_that_it_keeps_is_left_alone():
    study = inline(lambda trial: trial.suggest_float("x", 0, 1), n_trials=3, trial_timeout=30.0)
    assert [trial.state for trial in study.trials] == [COMPLETE] * 3


def test_the_words_that_a_dead_process_leaves():
    from raytune_lite.runtime.on_ray.worker_logs import read_log

    log = ":job_id:01\n:task_name:attempt\nloading\nFatal Python error: Segmentation fault\n\nStack:\n  File \"a.py\"\n"
    assert read_log(log + "Extension modules: a, b (total: 2)\n").exit_code == -11
    assert read_log(log).stderr_tail.startswith("loading\nFatal Python error")
    assert read_log("Timeout (0:01:02)!\nThread 0x1\n").exit_code == 1
    assert read_log("raytune_lite: x; this process ends, the trial goes on elsewhere.").exit_code == 75
    assert read_log("a warning\n") == (None, "a warning")
    assert len(read_log("x" * 10_000).stderr_tail) == 2000
