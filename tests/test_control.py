"""Commands for a running study, from another process: they find its owner through the database. No Ray here."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time

import pytest
from click.testing import CliRunner

import raytune_lite as rl
from raytune_lite.cli import cli
from raytune_lite.core import messages as m
from raytune_lite.exceptions import DriverUnreachableError, MessageError, StudyNotRunningError
from raytune_lite.runtime import control
from raytune_lite.runtime.host import RealHost
from raytune_lite.trial import TrialState

SCRIPT = """
import sys, time
import raytune_lite as rl

def objective(trial):
    x = trial.suggest_float("x", 0, 1)
    state = trial.load_checkpoint()
    for step in range(0 if state is None else state["step"] + 1, 5000):  # longer than any test looks at it
        trial.report(x, step)
        trial.save_checkpoint({"step": step}, step=step)
        time.sleep(0.05)
        if trial.should_prune():
            raise rl.TrialPruned
    return x

study = rl.create_study(study_name="s", storage=sys.argv[1], load_if_exists=True)
study.optimize(objective, n_trials=int(sys.argv[2]), executor=sys.argv[3], max_concurrent=2)
print("over")
"""


def wait_for(true, seconds=60):
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.05)
    return found


def stop_between_transactions(pid, file):
    """SIGSTOP; a process that is stopped inside a transaction keeps SQLite's lock, which nobody can take from it."""
    while True:
        os.kill(pid, signal.SIGSTOP)
        database = sqlite3.connect(file, timeout=0.2, isolation_level=None)
        with contextlib.closing(database), contextlib.suppress(sqlite3.OperationalError):
            database.execute("BEGIN IMMEDIATE")
            database.execute("ROLLBACK")
            return
        os.kill(pid, signal.SIGCONT)
        time.sleep(0.03)


@pytest.fixture
def running(storage, tmp_path):
    """Starts the script in another process; gives the study once a trial runs. Ends every script with the test."""
    scripts = []

    def start(n_trials=1, executor="inline"):
        path = tmp_path / "script.py"
        path.write_text(textwrap.dedent(SCRIPT))
        command = [sys.executable, str(path), storage, str(n_trials), executor]
        scripts.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True))
        rl.create_study(study_name="s", storage=storage, load_if_exists=True).close()
        study = rl.load_study(study_name="s", storage=storage)
        wait_for(lambda: any(trial.intermediate_values for trial in study.trials))
        return study, scripts[-1]

    yield start
    for script in scripts:
        script.kill()
        script.wait()


def states(study):
    return [trial.state.name for trial in study.trials]


def test_a_trial_is_stopped_from_another_process_and_its_run_goes_on(running):
    study, script = running(2)
    assert study.stop_trial(0) is TrialState.RUNNING
    wait_for(lambda: states(study)[:1] == ["PRUNED"] and len(study.trials) == 2)
    assert study.trials[0].value is not None  # its last report
    assert study.stop_trial(1) is TrialState.RUNNING
    assert script.communicate(timeout=60)[0].strip() == "over"
    assert states(study) == ["PRUNED", "PRUNED"]
    assert [attempt.outcome for attempt in study.attempts] != []


def test_a_paused_study_runs_nothing_until_it_goes_on_from_its_checkpoint(running):
    study, _ = running(1)
    assert study.pause() == 1
    wait_for(lambda: states(study) == ["WAITING"])
    n = len(study.trials[0].intermediate_values)
    time.sleep(1.0)
    assert (states(study), len(study.trials[0].intermediate_values)) == (["WAITING"], n)
    study.unpause()
    wait_for(lambda: len(study.trials[0].intermediate_values) > n + 3)
    assert study.trials[0].attempt == 2
    assert study.attempts[1].resumed_step >= n - 2
    steps = sorted(study.trials[0].intermediate_values)
    assert steps == list(range(len(steps)))


def test_a_run_is_extended_stopped_and_asked_for_a_trial_from_another_process(running):
    study, script = running(1)
    assert study.extend(n_trials=2) == 2
    study.enqueue_trial({"x": 0.25})
    study.stop_trial(0)
    wait_for(lambda: len(study.trials) >= 2 and study.trials[1].params == {"x": 0.25})
    study.stop()
    study.stop_trial(1)
    assert script.communicate(timeout=60)[0].strip() == "over"
    assert states(study) == ["PRUNED", "PRUNED"]


def test_a_command_that_is_sent_again_is_carried_out_once(running):
    study, _ = running(1)
    event = m.RunExtended(n_trials=5, key="the key")
    for _ in range(3):
        assert control.send(study._repository, study._record, event, RealHost()) == 5
    assert study.extend(n_trials=1) == 6


def test_a_refused_command_says_why(running):
    study, _ = running(1)
    with pytest.raises(MessageError, match="no trial 7; it has 1"):
        study.stop_trial(7)
    with pytest.raises(ValueError, match="n_slots must be an integer >= 1, got 0; pause"):
        study.resize(0)


def test_without_a_run_a_command_says_so_and_a_trial_is_kept_for_the_next(storage):
    study = rl.create_study(study_name="s", storage=storage)
    for command in (study.pause, study.unpause, study.stop, lambda: study.stop_trial(0), lambda: study.resize(1)):
        with pytest.raises(StudyNotRunningError, match="study 's' is not being run now"):
            command()
    study.enqueue_trial({"x": 0.5})
    assert states(study) == ["WAITING"]
    study.close()


def test_a_dead_owner_is_no_run(running, storage):
    study, script = running(1)
    os.kill(script.pid, 9)
    script.wait()
    with pytest.raises((StudyNotRunningError, DriverUnreachableError)):
        control.send(study._repository, study._record, m.StudyPaused(key="k"), RealHost(), patience=1.0)
    study.enqueue_trial({"x": 0.5})  # it is provably dead, so its study may be taken
    assert [trial.state.name for trial in study.trials] == ["WAITING", "WAITING"]


def test_what_is_no_command_is_refused(running):
    study, _ = running(1)
    for event in (m.RunFinished(run="x"), m.AttemptLost(number=0, attempt=1, kind=m.FailureKind.NODE_LOST)):
        with pytest.raises(MessageError, match="may send"):
            control.send(study._repository, study._record, event, RealHost())
    assert states(study) == ["RUNNING"]


def test_the_command_line_controls_a_run(running, storage):
    study, script = running(1)

    def call(*arguments, code=0):
        command = [*arguments, "--storage", storage, "--study", "s"]
        result = CliRunner().invoke(cli, command)
        assert result.exit_code == code, result.output
        return result.output

    assert "the run may start 3 more" in call("extend", "--n-trials", "3")
    assert json.loads(call("resize", "1", "--json")) == {"study": "s", "done": "resize", "slots": 1, "running": 0}
    assert "trial 1 waits" in call("enqueue", "x=0.125")
    assert json.loads(call("pause", "--json"))["running"] == 1
    wait_for(lambda: states(study)[0] == "WAITING")
    assert "goes on" in call("unpause")
    wait_for(lambda: states(study)[0] == "RUNNING")
    assert "trial 0 is stopped; it is running" in call("kill", "0")
    wait_for(lambda: len(study.trials[1].params) == 1)
    assert "nothing new starts" in call("stop")
    call("kill", "1")
    assert script.communicate(timeout=60)[0].strip() == "over"
    assert "is not being run now" in call("pause", code=1)
    assert "give one of --n-trials" in call("extend", code=2)
    assert study.trials[1].params == {"x": 0.125}


# --- who owns a study ------------------------------------------------------------------------------------------------


def call(storage, *arguments, code=0):
    result = CliRunner().invoke(cli, [*arguments, "--storage", storage, "--study", "s"])
    assert result.exit_code == code, result.output
    return result.output


def test_status_names_the_owner_says_whether_it_lives_and_what_the_same_command_would_do(running, storage):
    _, script = running(1)
    alive = call(storage, "status")
    assert f"owner: process {script.pid} on " in alive
    assert "; it lives\n    the same command would be refused until it ends" in alive
    script.kill()
    script.wait()
    dead = call(storage, "status")
    assert f"owner: process {script.pid} on " in dead
    assert "it gives no sign of life\n    the same command would take the study over, and continue 1 trial that" in dead


def test_a_living_owner_loses_its_study_only_by_force_and_its_run_ends(running, storage):
    study, script = running(1)
    assert "It lives" in call(storage, "release", code=1)
    assert states(study) == ["RUNNING"]
    said = json.loads(call(storage, "release", "--force", "--json"))
    assert (said["done"], f"process {script.pid} " in said["owner"]) == ("release", True)
    assert script.wait(30) != 0
    assert "nobody owned it" in call(storage, "release")


def test_an_owner_that_hangs_is_released_and_the_next_run_need_not_wait(running, storage):
    study, script = running(1)
    stop_between_transactions(script.pid, storage.removeprefix("sqlite:///"))
    assert f"taken from process {script.pid} " in call(storage, "release")
    began = time.monotonic()
    study.optimize(lambda trial: 1.0, n_trials=1, executor="inline")
    assert time.monotonic() - began < 5
    assert states(study)[0] == "COMPLETE"
    os.kill(script.pid, signal.SIGCONT)
    assert script.wait(30) != 0  # it is fenced
    assert states(study)[0] == "COMPLETE"
