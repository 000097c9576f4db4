"""A trial that one process asks for and another one tells: one result, also when two tell at once."""

from __future__ import annotations

import contextlib
import json
import math
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

import raytune_lite as rl
from raytune_lite.cli import cli
from raytune_lite.core import messages as m
from raytune_lite.core.messages import Outcome
from raytune_lite.distributions import FloatDistribution, distribution_to_json
from raytune_lite.exceptions import MessageError, StaleAttemptError, StorageError
from raytune_lite.samplers import RandomSampler
from raytune_lite.trial import TrialState

from .core_tools import Shell, dump

WAITING, COMPLETE, FAIL = TrialState.WAITING, TrialState.COMPLETE, TrialState.FAIL
SPACE = {"x": FloatDistribution(0, 1)}
X = m.ParamValue(name="x", value=0.5, distribution=SPACE["x"])

# --- the rules -----------------------------------------------------------------------------------------------------


def asked(seconds=100.0):
    """Trial 0 is held for so long from second 3 on; its parameter is stored."""
    shell = Shell()
    shell.run(5)
    shell.claim("asked")
    shell.ask(m.TrialHeld, number=0, attempt=1, seconds=seconds, progress=m.Progress(params=(X,)))
    return shell


def tell(shell, value=1.0, attempt=1, key="k", **fields):
    fields = {"outcome": Outcome.COMPLETE, "values": (value,), **fields}
    return shell.ask(m.HeldEnded, number=0, attempt=attempt, key=key, **fields)


def test_a_held_trial_is_left_alone_by_runs_and_told_once():
    shell = asked()
    for name in ("second", "third"):
        shell.run(1, name=name)
        assert shell.claim(name).number != 0
    assert shell.state.trials[0].state is WAITING
    assert tell(shell, 0.25) == COMPLETE
    assert tell(shell, 0.25) == COMPLETE  # the same request, sent again
    for key in ("another", "third"):
        with pytest.raises(MessageError, match="cannot tell trial 0: it is COMPLETE, and the first result stands"):
            tell(shell, 0.75, key=key)
    assert shell.state.trials[0].values == (0.25,)
    assert shell.state.trials[0].params["x"] == X
    assert dump(shell.fold()) == dump(shell.state)


def test_a_trial_whose_lease_is_over_goes_on_in_the_next_run_and_its_old_attempt_is_refused():
    shell = asked(10.0)
    shell.at = 50.0
    shell.run(1, name="second")
    again = shell.claim("again")
    assert (again.number, again.attempt) == (0, 2)
    with pytest.raises(MessageError, match="its attempt 1 was given up, and attempt 2 has begun"):
        tell(shell)
    with pytest.raises(MessageError, match="it is RUNNING, and nobody holds it"):
        tell(shell, attempt=2)  # a run works at it
    assert shell.end(0, "complete", 2.0) is COMPLETE
    assert dump(shell.fold()) == dump(shell.state)


def test_a_result_after_the_lease_counts_until_the_trial_is_begun_again():
    shell = asked(10.0)
    shell.at = 50.0
    shell.run(0, name="second")
    shell.run(0, name="third")
    assert tell(shell) == COMPLETE
    assert dump(shell.fold()) == dump(shell.state)


def test_a_live_held_trial_is_told_too_and_its_slot_is_free():
    shell = asked()
    assert tell(shell, outcome=Outcome.FAIL, values=None, failure=m.Failure(error="E: no")) == FAIL
    assert not shell.state.slots
    with pytest.raises(StaleAttemptError):
        shell.ask(m.TrialHeld, number=0, attempt=1, seconds=1.0)


@pytest.mark.parametrize("wrong", [0.0, -1.0, math.nan])
def test_what_cannot_be_is_refused_and_changes_nothing(wrong):
    shell = asked()
    before = dump(shell.state)
    with pytest.raises(MessageError, match="above 0"):
        shell.ask(m.TrialHeld, number=0, attempt=1, seconds=wrong)
    with pytest.raises(MessageError, match="needs a key"):
        tell(shell, key="")
    with pytest.raises(MessageError, match="no such trial"):
        shell.ask(m.HeldEnded, number=9, attempt=1, key="k", outcome=Outcome.FAIL)
    assert dump(shell.state) == before


# --- studies -------------------------------------------------------------------------------------------------------


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/s.db"


def load(url):
    return rl.load_study(study_name="s", storage=url)


def test_a_trial_is_told_by_its_number_through_another_study_object(url):
    first = rl.create_study(study_name="s", storage=url, sampler=RandomSampler(0))
    trial = first.ask(SPACE, lease=60)
    other = load(url)
    told = other.tell(trial.number, 0.5)
    assert (told.state, told.value, told.params) == (COMPLETE, 0.5, trial.params)
    for study in (first, other):
        with pytest.raises(ValueError, match="it is COMPLETE, and the first result stands"):
            study.tell(0, 1.0)
        assert study.tell(0, 1.0, skip_if_finished=True).value == 0.5
    assert other.differences() == []
    first.close()
    other.close()


def test_reports_and_attributes_of_the_process_that_asked_are_told_with_the_result(url):
    study = rl.create_study(study_name="s", storage=url)
    trial = study.ask(SPACE, lease=60)
    trial.report(0.75, 1)
    trial.set_user_attr("k", "v")
    study._route.close()  # given back, as after a while without a call
    told = study.tell(trial, 0.5)
    assert (told.value, told.intermediate_values, told.user_attrs) == (0.5, {1: 0.75}, {"k": "v"})
    study.close()


def test_a_run_leaves_held_trials_alone_and_samplers_know_of_them(url):
    study = rl.create_study(study_name="s", storage=url)
    study.ask(SPACE, lease=60)
    study.close()
    seen = []

    class Watching(RandomSampler):
        def suggest(self, view, *args, **kwargs):
            seen.append([t.number for t in view.pending])
            return super().suggest(view, *args, **kwargs)

    runs = load(url)
    runs.sampler = Watching(0)
    runs.optimize(lambda t: t.suggest_float("x", 0, 1), n_trials=2, executor="inline", show_progress_bar=False)
    assert [t.state for t in runs.trials] == [WAITING, COMPLETE, COMPLETE]
    assert all(0 in numbers for numbers in seen)
    assert runs.tell(0, 0.5).value == 0.5
    runs.close()


def test_a_trial_from_before_a_run_gets_no_parameters_and_the_error_says_how_to_tell_it():
    with contextlib.closing(rl.create_study(sampler=RandomSampler(0))) as study:
        trial = study.ask()
        x = trial.suggest_float("x", 0, 1)
        study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=1, executor="inline")
        with pytest.raises(StorageError, match=r"a run of it began.*study\.tell\(number, value\)"):
            trial.suggest_float("y", 0, 1)
        told = study.tell(trial.number, 1.0)
        assert (told.params, told.value) == ({"x": x}, 1.0)


def test_a_held_trial_is_told_while_another_run_is_under_way(url):
    study = rl.create_study(study_name="s", storage=url)
    study.ask(SPACE, lease=60)
    study.close()
    teller, runs = load(url), load(url)

    def objective(trial):
        return teller.tell(0, 0.5).value  # through the run's own driver: it owns the study

    runs.optimize(objective, n_trials=1, executor="inline", show_progress_bar=False)
    assert [(t.state, t.value) for t in runs.trials] == [(COMPLETE, 0.5)] * 2
    runs.close()
    teller.close()


TELLER = """
import sys
import raytune_lite as rl
url, value = sys.argv[1:]
study = rl.load_study(study_name="s", storage=url)
print("ready", flush=True)
sys.stdin.readline()
try:
    study.tell(0, float(value))
    print("told", flush=True)
except ValueError as error:
    print(f"refused {error}", flush=True)
study.close()
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/s.db"
    return request.getfixturevalue("postgresql_server").url("asking")


def test_of_two_processes_that_tell_at_once_one_wins_and_the_other_is_told_so(database):
    study = rl.create_study(study_name="s", storage=database, sampler=RandomSampler(0))
    params = study.ask(SPACE, lease=60).params
    study.close()
    command = [sys.executable, "-c", TELLER, database]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    tellers = [
        subprocess.Popen([*command, value], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        for value in ("0.25", "0.75")
    ]
    for teller in tellers:
        assert teller.stdout.readline() == "ready\n"
    for teller in tellers:
        teller.stdin.write("go\n")
        teller.stdin.flush()
    said = [teller.communicate(timeout=60)[0] for teller in tellers]
    assert sorted(text.split()[0] for text in said) == ["refused", "told"], said
    winner = 0.25 if said[0].startswith("told") else 0.75
    trial = load(database).trials[0]
    assert (trial.state, trial.value, trial.params) == (COMPLETE, winner, params)
    loser = next(text for text in said if text.startswith("refused"))
    assert "cannot tell trial 0: it is COMPLETE, and the first result stands." in loser
    assert load(database).differences() == []


# --- the command line ----------------------------------------------------------------------------------------------


def call(*args, code=0):
    result = CliRunner().invoke(cli, list(args))
    assert result.exit_code == code, result.output
    return result.stdout if not code else result.stderr


@pytest.fixture
def commands(url, monkeypatch):
    monkeypatch.setenv("RTL_STORAGE", url)
    call("create-study", "--study-name", "s", "--directions", "minimize", "maximize")
    return json.dumps({name: json.loads(distribution_to_json(dist)) for name, dist in SPACE.items()})


def test_ask_and_tell_on_the_command_line(commands, url):
    first = json.loads(call("ask", "--study-name", "s", "--search-space", commands))
    second = call("ask", "--sampler", "RandomSampler", "--sampler-kwargs", '{"seed": 3}', "--search-space", commands,
                  "-f", "value", "--flatten").split()  # fmt: skip
    assert (first["number"], set(first["params"]), second[0]) == (0, {"x"}, "1")
    assert json.loads(call("ask"))["params"] == {}
    assert call("tell", "--trial-number", "0", "--values", "-0.5", "-1.5") == ""
    assert "it is COMPLETE, and the first" in call("tell", "--trial-number", "0", "--values", "1", "1", code=2)
    assert call("tell", "--trial-number", "0", "--values", "1", "1", "--skip-if-finished") == ""
    call("tell", "--trial-number", "1", "--state", "fail")
    found = load(url).trials
    assert [t.state for t in found] == [COMPLETE, FAIL, WAITING]
    assert (found[0].values, found[0].params) == ([-0.5, -1.5], first["params"])
    assert found[1].params == {"x": float(second[1])}


def test_ask_says_what_is_wrong(commands):
    assert "--sampler must be one of AutoSampler, " in call("ask", "--sampler", "Nope", code=2)
    assert "--search-space must be JSON" in call("ask", "--search-space", "{", code=2)
    assert "seeds" in call("ask", "--sampler", "RandomSampler", "--sampler-kwargs", '{"seeds": 1}', code=2)
    assert "the study has no such trial" in call("tell", "--trial-number", "7", "--values", "1", "1", code=2)
    assert "write --values 1" in call("tell", "--trial-number", "0", "1", code=2)
