"""What a newcomer gets wrong, as a script prints it: the user's lines, one message, no wall of traceback."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

import raytune_lite as rl
from raytune_lite.exceptions import ObjectiveNotPicklableError, UpdateFinishedTrialError

MOST = 5  # frames: the script's call, ours that raises it again, the objective and what it calls

# script -> (what is printed, the frames of ours that may be shown)
SCRIPTS = {
    "raises": (
        """
def helper(x):
    raise ValueError("too large")
def objective(trial):
    return helper(trial.suggest_float("x", 0, 1))
rl.create_study().optimize(objective, n_trials=2, executor="inline")
""",
        ["ValueError: too large", 'raise ValueError("too large")', "in helper", "in objective", "in <module>"],
    ),
    "range": (
        """
def objective(trial):
    return trial.suggest_float("x", 1, 0)
rl.create_study().optimize(objective, n_trials=2, executor="inline")
""",
        ["low <= high must hold, got low=1.0, high=0.0; swap the two.", "in objective"],
    ),
    "none": (
        """
def objective(trial):
    trial.suggest_float("x", 0, 1)
rl.create_study().optimize(objective, n_trials=2, executor="inline")
""",
        ["the objective must return a number, got None; is a return statement missing?", "NoResultError"],
    ),
    "name": (
        """
rl.create_study(study_name="a", storage="sqlite:///s.db")
rl.load_study(study_name="b", storage="sqlite:///s.db")
""",
        ["no study named 'b' in this storage; it holds: 'a'."],
    ),
    "no_url": ('rl.create_study(storage="s.db")', ["did you mean sqlite:///s.db?"]),
    "no_directory": ('rl.create_study(storage="sqlite:///no/s.db")', ["there is no directory", "make it, or choose"]),
    "no_server": (
        'rl.create_study(storage="postgresql://me:SECRET@127.0.0.1:1/db".lower())',
        ["check that the server runs", "me:***@"],
    ),
    "sampler_class": (
        "rl.create_study(sampler=rl.samplers.TPESampler)",
        ["sampler must be an object such as", "make an object of the class: TPESampler()."],
    ),
    "n_trials": (
        'rl.create_study().optimize(lambda trial: 1.0, n_trials="10", executor="inline")',
        ["n_trials must be an integer >= 0 or None, got '10'"],
    ),
    "outside": (
        """
kept = []
def objective(trial):
    kept.append(trial)
    return trial.suggest_float("x", 0, 1)
rl.create_study().optimize(objective, n_trials=1, executor="inline")
kept[0].report(1.0, 1)
""",
        ["UpdateFinishedTrialError: trial 0 is over: its objective has returned"],
    ),
    "no_optuna": (
        """
sys.modules["optuna"] = None
rl.visualization.plot_slice(rl.create_study())
""",
        ["Install it: pip install 'raytune-lite[plots]'."],
    ),
    "no_pandas": (
        """
sys.modules["pandas"] = None
rl.create_study().trials_dataframe()
""",
        ['not installed here: pip install "raytune-lite[pandas]"'],
    ),
}


def printed(tmp_path, body, **environment):
    script = tmp_path / "script.py"
    script.write_text(f"import sys\nimport raytune_lite as rl\n{body}\n")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment}
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, env=environment, cwd=tmp_path, timeout=120
    )
    assert done.returncode == 1, done.stderr
    return done.stderr


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_prints_its_own_lines_and_one_message(tmp_path, name):
    body, parts = SCRIPTS[name]
    said = printed(tmp_path, body)
    assert all(part in said for part in parts), said
    assert said.count("Traceback (most recent call last)") == 1, said
    assert said.count('  File "') <= MOST, said
    assert said.count(f"{os.sep}raytune_lite{os.sep}") <= 3, said
    assert ":secret@" not in said


def test_all_frames_are_shown_on_demand(tmp_path):
    said = printed(tmp_path, SCRIPTS["raises"][0], RTL_TRACEBACK="full")
    assert "in _optimize_inline" in said
    assert "ValueError: too large" in said


def test_what_cannot_be_pickled_is_named():
    lock = threading.Lock()

    def objective(trial):
        with lock:
            return trial.suggest_float("x", 0, 1)

    with pytest.raises(ObjectiveNotPicklableError, match="lock") as caught:
        rl.create_study().optimize(objective, n_trials=1, show_progress_bar=False)
    assert "raytune_lite" not in str(caught.value).replace("raytune_lite.shared", "")


def test_a_trial_that_is_over_refuses_and_a_told_one_too():
    study = rl.create_study()
    trial = study.ask()
    study.tell(trial, 1.0)
    for call in (
        lambda: trial.report(1.0, 1),
        lambda: trial.suggest_float("y", 0, 1),
        lambda: trial.set_user_attr("k", 1),
    ):
        with pytest.raises(UpdateFinishedTrialError, match="trial 0 is over"):
            call()
    study.close()
