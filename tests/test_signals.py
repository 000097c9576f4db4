"""SIGTERM and SIGHUP of a script: its run is drained, it says how to go on, and ends with the signal's exit code."""

from __future__ import annotations

import functools
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest

import raytune_lite as rl
from raytune_lite.runtime import signals
from raytune_lite.runtime.current import at_work
from raytune_lite.runtime.failures import AttemptInterrupted
from raytune_lite.testing import FakeTrial

SCRIPT = """
import os, signal, sys, time
import raytune_lite as rl

def objective(trial):
    for step in range(400):
        trial.report(0.5, step)
        if step == 3:
            print("runs", flush=True)
        time.sleep(0.05)
    return 0.5

if "ignores" in sys.argv:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
if "handles" in sys.argv:
    signal.signal(signal.SIGTERM, lambda *_: os.write(1, b"mine\\n"))  # print() may be under way
study = rl.create_study(study_name="s", storage=sys.argv[1], load_if_exists=True)
try:
    study.optimize(objective, n_trials=1, executor="inline")
finally:
    print("finally", flush=True)
"""


def start(storage, tmp_path, *options):
    path = tmp_path / "script.py"
    path.write_text(textwrap.dedent(SCRIPT))
    command = [sys.executable, str(path), storage, *options]
    heard = functools.partial(signal.signal, signal.SIGHUP, signal.SIG_DFL)  # under nohup it is ignored, and inherited
    script = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heard
    )
    assert script.stdout.readline() == "runs\n"
    return script


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_the_run_is_drained_says_how_to_go_on_and_ends_with_the_signals_code(storage, tmp_path, number):
    script = start(storage, tmp_path)
    script.send_signal(number)
    out, err = script.communicate(timeout=60)
    assert script.returncode == 128 + number
    assert out == "finally\n"
    assert f"Interrupted (ended by {number.name})" in err
    assert "Run the same command again to go on" in err
    assert "Traceback" not in err
    study = rl.load_study(study_name="s", storage=storage)
    [attempt] = study.attempts
    assert attempt.outcome == "interrupted"
    assert len(study.trials[0].intermediate_values) >= 4
    assert study.find_owner() is None


def test_a_signal_that_the_user_handles_or_ignores_is_left_as_it_is(storage, tmp_path):
    script = start(storage, tmp_path, "ignores", "handles")
    script.send_signal(signal.SIGHUP)
    script.send_signal(signal.SIGTERM)
    assert script.stdout.readline() == "mine\n"
    time.sleep(0.5)
    assert script.poll() is None
    script.kill()
    script.wait()


def test_the_handlers_before_are_put_back_and_another_thread_changes_none():
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)]

    def inside(found):
        with signals.interrupting():
            found.append([signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)])

    found = []
    inside(found)
    assert found[0] != before
    thread = threading.Thread(target=inside, args=(found,))
    thread.start()
    thread.join()
    assert found[1] == before
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)] == before


def test_the_signal_is_remembered_where_a_library_answers_it_with_an_interrupt_of_its_own():
    """Ray's calls do."""

    def end():
        with signals.interrupting():
            try:
                os.kill(os.getpid(), signal.SIGTERM)
                time.sleep(5)
            except KeyboardInterrupt:
                raise KeyboardInterrupt from None

    with pytest.raises(SystemExit) as ended:
        end()
    assert ended.value.code == 128 + signal.SIGTERM


# --- a notice to a worker process ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["SIGTERM", "SIGUSR1"])
def test_the_first_signal_is_a_notice_and_the_second_does_what_the_first_would_have_done(name):
    code = f"""
    import os, signal
    from raytune_lite.runtime import signals
    with signals.announcing(lambda order: print(order.reason, order.seconds, flush=True)):
        os.kill(os.getpid(), signal.{name})
        print("goes on", flush=True)
        os.kill(os.getpid(), signal.{name})
        print("not here")
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False)
    assert done.stdout == f"its process got {name} 30.0\ngoes on\n", done.stderr
    assert done.returncode == -getattr(signal, name)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGUSR1"])
def test_in_an_objective_the_second_signal_ends_the_attempt_at_no_cost(name):
    number, told = getattr(signal, name), []
    before = signal.getsignal(number)  # Ray's, where a test before this one has begun it here
    with signals.announcing(told.append), at_work(FakeTrial()):
        os.kill(os.getpid(), number)
        with pytest.raises(AttemptInterrupted, match=f"^its process got {name} twice$"):
            os.kill(os.getpid(), number)
        assert signal.getsignal(number) == before  # by default the third one ends the process
    assert [order.reason for order in told] == [f"its process got {name}"]


def test_the_users_own_handlers_stay_before_while_and_after():
    got, told = [], []
    former = signal.signal(signal.SIGUSR1, lambda *_: got.append("user"))
    try:
        with signals.announcing(told.append):
            os.kill(os.getpid(), signal.SIGUSR1)
            mine = signal.signal(signal.SIGTERM, lambda *_: got.append("objective"))  # set by the objective
        os.kill(os.getpid(), signal.SIGTERM)
        assert (got, told) == (["user", "objective"], [])
        assert mine not in (None, signal.SIG_DFL)
    finally:
        signal.signal(signal.SIGUSR1, former)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def test_outside_the_main_thread_nothing_is_handled():
    found = []

    def run():
        with signals.announcing(found.append):
            found.append(signal.getsignal(signal.SIGUSR1))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert found == [signal.SIG_DFL]
