"""The command line, mostly in this process: what it runs, what it prints, which code it exits with."""

from __future__ import annotations

import csv
import io
import json
import os
import pickle
import subprocess
import sys

import pytest
from click.testing import CliRunner

import raytune_lite as rl
from raytune_lite.cli import cli
from raytune_lite.pruners import ASHAPruner, MedianPruner, PatientPruner, pruner_names
from raytune_lite.samplers import AutoSampler
from raytune_lite.target import PortableObjective, load_target

SCRIPT = '''
from __future__ import annotations
import dataclasses
from beside import double
import raytune_lite as rl

@dataclasses.dataclass
class Point:
    x: float
    def norm(self) -> float:
        return half(double(self.x ** 2))

def half(x):
    return x / 2

def objective(trial):
    return Point(trial.suggest_float("x", -1, 1)).norm()

def fails(trial):
    raise KeyError("boom")

def sometimes(trial):
    if trial.number % 2:
        raise ValueError("odd")
    return 0.0

def stops(trial):
    raise KeyboardInterrupt

def cell(trial):
    return trial.suggest_categorical("a", [1, 2, 3])

def two(trial):
    return trial.suggest_float("x", 0, 1), trial.suggest_float("y", 0, 1)

if __name__ == "__main__":
    raise SystemExit("the script itself must not run")
'''


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working directory with src/train.py and a module beside it."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "train.py").write_text(SCRIPT)
    (tmp_path / "src" / "beside.py").write_text("def double(x):\n    return 2 * x\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "beside", raising=False)
    return tmp_path


def call(*args, code=0):
    result = CliRunner().invoke(cli, list(args))
    assert result.exit_code == code, result.output
    if code:
        assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def run(name="objective", *args, code=0):
    return call("run", f"src/train.py:{name}", "--executor", "inline", *args, code=code)


# --- run -----------------------------------------------------------------------------------------------------------


def test_run_makes_a_study_named_like_the_file_in_the_working_directory(folder):
    result = run("objective", "--n-trials", "3")
    assert (folder / "raytune_lite.db").exists()
    assert "study: train in sqlite:///" in result.stdout
    assert "trials: 3 (3 COMPLETE)" in result.stdout


def test_run_again_goes_on_with_the_study(folder):
    run("objective", "--n-trials", "3")
    assert "trials: 5 (5 COMPLETE)" in run("objective", "--n-trials", "2").stdout
    result = run("objective", "--max-trials", "5")
    assert "trials: 5 (5 COMPLETE)" in result.stdout
    assert "Nothing was left to run" in result.stderr


def test_run_takes_sampler_pruner_and_directions(folder):
    run("objective", "--n-trials", "2", "--seed", "7", "--pruner", "asha", "--max-resource", "9", "--asha-mode", "stop",
        "--reduction-factor", "4", "--direction", "maximize")  # fmt: skip
    study = rl.load_study(storage="sqlite:///raytune_lite.db")
    assert study.direction is rl.StudyDirection.MAXIMIZE
    assert json.loads(study.last_run.sampler) == AutoSampler(7).spec()
    pruner = json.loads(study.last_run.pruner)
    assert (pruner["name"], pruner["mode"], pruner["reduction_factor"]) == ("ASHAPruner", "stop", 4)
    run("objective", "--n-trials", "1")  # without options: as recorded
    assert json.loads(study.last_run.pruner) == pruner
    run("objective", "--n-trials", "1", "--sampler", "random", "--seed", "3")
    assert json.loads(study.last_run.sampler) == {"name": "RandomSampler", "seed": 3}


def test_run_offers_every_pruner_and_any_of_its_arguments(folder):
    run("objective", "--study", "m", "--n-trials", "1", "--pruner", "median", "--pruner-option", "n_startup_trials=2",
        "--pruner-option", "interval_steps=3")  # fmt: skip
    pruner = json.loads(rl.load_study(storage="sqlite:///raytune_lite.db", study_name="m").last_run.pruner)
    assert pruner == {**MedianPruner().spec(), "n_startup_trials": 2, "interval_steps": 3}
    run("objective", "--study", "a", "--n-trials", "1", "--pruner", "asha", "--pruner-option", "max_resource=9",
        "--pruner-option", "mode=stop", "--reduction-factor", "2")  # fmt: skip
    pruner = json.loads(rl.load_study(storage="sqlite:///raytune_lite.db", study_name="a").last_run.pruner)
    assert pruner == ASHAPruner(1, 9, 2, mode="stop").spec()
    for i, inside in enumerate(("median", '{"name": "asha", "max_resource": 9}')):
        run("objective", "--study", f"p{i}", "--n-trials", "1", "--pruner", "patient", "--pruner-option", "patience=3",
            "--pruner-option", f"wrapped_pruner={inside}")  # fmt: skip
        pruner = json.loads(rl.load_study(storage="sqlite:///raytune_lite.db", study_name=f"p{i}").last_run.pruner)
        assert pruner == PatientPruner((MedianPruner(), ASHAPruner(max_resource=9))[i], 3).spec()
    for name in pruner_names():
        assert name in run("objective", "--help").stdout


def test_a_grid_runs_to_its_end_without_a_budget(folder):
    result = run("cell", "--study", "g", "--grid", '{"a": [1, 2, 3]}')
    assert "grid: 3 cells: 3 done, 0 free, 0 dead" in result.stdout
    assert "Nothing was left to run" in run("cell", "--study", "g").stderr  # the recorded grid needs none either


def test_a_failed_trial_ends_the_run_with_the_users_traceback_and_code_1(folder):
    result = run("fails", "--n-trials", "2", code=1)
    assert "trial 0 (attempt 1) failed: KeyError: 'boom'" in result.stderr
    assert 'raise KeyError("boom")' in result.stderr
    assert "raytune_lite/" not in result.stderr
    assert "--catch" in result.stderr


def test_an_objectives_own_value_error_is_a_failed_run_not_wrong_input(folder):
    assert "ValueError: odd" in run("sometimes", "--n-trials", "2", code=1).stderr


def test_catch_goes_on_after_failed_trials(folder):
    result = run("sometimes", "--n-trials", "4", "--catch")
    assert "trials: 4 (2 COMPLETE, 2 FAIL)" in result.stdout
    assert "trial 1: ValueError: odd" in result.stdout


def test_an_interrupt_exits_130_with_two_lines(folder):
    result = run("stops", "--n-trials", "2", code=130)
    said = [line for line in result.stderr.splitlines() if "nterrupted" in line or "Stopped" in line]
    assert len(said) == 2
    assert "Run the same command again" in said[1]
    assert "Traceback" not in result.stderr
    assert rl.load_study(storage="sqlite:///raytune_lite.db").trials[0].state is rl.TrialState.WAITING


def test_a_password_on_the_command_line_is_warned_of(folder, monkeypatch):
    url = "postgresql://me:s3cr3t@127.0.0.1:1/db"
    monkeypatch.setenv("RTL_STORAGE", url)
    for given, warned in ((("--storage", url), True), (("--storage-env", "RTL_STORAGE"), False)):
        said = CliRunner().invoke(cli, ["status", *given]).stderr
        assert ("environment variable RTL_STORAGE" in said) is warned
        assert "s3cr3t" not in said


def test_a_module_is_found_in_the_working_directory(folder, monkeypatch):
    (folder / "mine_for_cli.py").write_text("def objective(trial):\n    return 1.0\n")
    call("run", "mine_for_cli:objective", "--executor", "inline", "--n-trials", "1")
    monkeypatch.delitem(sys.modules, "mine_for_cli")
    assert rl.get_all_study_names("sqlite:///raytune_lite.db") == ["mine_for_cli"]


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("src/train.py:nope", "it has: Point, half, objective, fails"),
        ("src/train.py", "did you mean src/train.py:objective?"),
        ("src/none.py:objective", "there is no file 'src/none.py'"),
        ("no_such_module:objective", "path/to/no_such_module.py:objective"),
        ("src/broken.py:objective", "ZeroDivisionError"),
        ("src/exits.py:objective", 'if __name__ == "__main__":'),
    ],
)
def test_a_target_that_cannot_be_loaded_is_explained(folder, target, told):
    (folder / "src" / "broken.py").write_text("\n1 / 0\n")
    (folder / "src" / "exits.py").write_text("raise SystemExit(1)\n")
    result = call("run", target, "--n-trials", "1", code=2)
    assert told in result.stderr
    assert "Traceback" not in result.stderr
    assert not (folder / "raytune_lite.db").exists()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ([], "say when to stop"),
        (["--n-trials", "0"], "x>=1"),
        (["--n-trials", "1", "--pruner", "asha"], "--max-resource"),
        (["--n-trials", "1", "--min-resource", "2"], "need --pruner asha"),
        (["--n-trials", "1", "--pruner", "asha", "--max-resource", "0"], "max_resource must be an integer >= 1"),
        (["--n-trials", "1", "--pruner", "best"], "'asha', 'hyperband', 'median', 'moasha', 'none'"),
        (["--n-trials", "1", "--pruner-option", "n_startup_trials=3"], "needs --pruner, one of asha, hyperband"),
        (["--n-trials", "1", "--pruner", "median", "--pruner-option", "patience"], "must be NAME=VALUE"),
        (["--n-trials", "1", "--pruner", "median", "--pruner-option", "patience=3"],
         "its arguments are n_startup_trials, n_warmup_steps, interval_steps, n_min_trials, among"),
        (["--n-trials", "1", "--pruner", "median", "--pruner-option", "interval_steps=0"], "interval_steps must be"),
        (["--n-trials", "1", "--pruner", "median", "--max-resource", "9"], "need --pruner asha"),
        (["--n-trials", "1", "--pruner", "median", "--direction", "minimize", "--direction", "maximize"],
         "MedianPruner judges a single objective, and this study has 2"),
        (["--sampler", "grid"], "needs its values"),
        (["--grid", "{x"], "must be JSON"),
        (["--grid", "{}", "--sampler", "tpe"], "leave out --sampler tpe"),
        (["--grid", '{"x": []}'], "at least one value"),
        (["--n-trials", "1", "--num-gpus", "1"], "--executor inline takes no"),
        (["--n-trials", "1", "--storage-env", "RTL_NO_SUCH"], "no such environment variable"),
    ],
)
def test_wrong_options_are_refused_before_anything_is_made(folder, options, told):
    assert told in run("objective", *options, code=2).stderr
    assert not (folder / "raytune_lite.db").exists()


def test_another_direction_for_a_study_that_exists_is_refused(folder):
    run("objective", "--n-trials", "1")
    result = run("objective", "--n-trials", "1", "--direction", "maximize", code=2)
    assert "exists with directions ['minimize']" in result.stderr


# --- shipping an objective -----------------------------------------------------------------------------------------


def test_a_files_objective_is_pickled_by_value_and_brings_its_folder(folder, tmp_path):
    cloudpickle = pytest.importorskip("ray.cloudpickle")
    data = tmp_path / "objective.pkl"
    data.write_bytes(cloudpickle.dumps(load_target("src/train.py:objective").objective))
    (folder / "src" / "train.py").unlink()  # a worker need not have it
    code = (
        "import pickle, sys, types\n"
        f"f = pickle.load(open({str(data)!r}, 'rb'))\n"
        "print(f(types.SimpleNamespace(suggest_float=lambda *a: 3.0)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd="/", check=False)
    assert done.stdout.strip() == "9.0", done.stderr


def test_a_shipped_objective_is_itself_again_after_pickling():
    again = pickle.loads(pickle.dumps(PortableObjective(abs, os.getcwd())))
    assert again(-2) == 2


@pytest.mark.ray
def test_a_file_with_a_module_beside_it_runs_on_ray(folder, ray_cluster):
    # the workers were started elsewhere: neither the file nor `beside` is importable there
    result = call("run", "src/train.py:objective", "--max-trials", "4", "--max-concurrent", "2", "--num-cpus", "0.5")
    assert "trials: 4 (4 COMPLETE)" in result.stdout
    result = call("run", "src/train.py:fails", "--study", "fails", "--n-trials", "2", "--max-concurrent", "1", code=1)
    assert "failed: KeyError: 'boom'" in result.stderr
    assert "--catch" in result.stderr


@pytest.mark.ray
def test_a_study_that_another_process_runs_is_refused_in_one_message(folder, ray_cluster):
    study = rl.create_study(storage="sqlite:///raytune_lite.db", study_name="train")
    study.ask()  # this process holds the study
    result = call("run", "src/train.py:objective", "--n-trials", "1", code=1)
    assert result.stderr.startswith("Error: study 'train' is being run by")
    assert "Traceback" not in result.stderr
    study.close()


# --- reading -------------------------------------------------------------------------------------------------------


@pytest.fixture
def read(folder):
    """A folder with one finished study."""
    run("objective", "--n-trials", "4", "--seed", "1")
    return folder


def test_status_prints_the_summary(read):
    assert "trials: 4 (4 COMPLETE)" in call("status").stdout


def test_best_is_the_best_trial(read):
    best = rl.load_study(storage="sqlite:///raytune_lite.db").best_trial
    assert json.loads(call("best", "--json").stdout)["number"] == best.number
    assert call("best").stdout.splitlines()[1] == f"  x = {best.params['x']!r}"


def test_best_of_several_objectives_is_the_front(folder):
    run("two", "--n-trials", "5", "--direction", "minimize", "--direction", "minimize")
    front = rl.load_study(storage="sqlite:///raytune_lite.db").best_trials
    assert [t["number"] for t in json.loads(call("best", "--json").stdout)] == [t.number for t in front]
    assert len(call("best").stdout.splitlines()) == len(front) + 1


def test_trials_parse_back_in_each_format(read):
    trials = rl.load_study(storage="sqlite:///raytune_lite.db").trials
    from_json = json.loads(call("trials", "--json").stdout)
    from_csv = list(csv.DictReader(io.StringIO(call("trials", "--csv").stdout)))
    assert [t["value"] for t in from_json] == [float(t["value"]) for t in from_csv] == [t.value for t in trials]
    assert [t["params"]["x"] for t in from_json] == [float(t["params_x"]) for t in from_csv]
    table = call("trials").stdout.splitlines()
    assert table[0].split() == ["number", "state", "value", "step", "attempts", "time", "params"]
    assert len(table) == 5


def test_trials_of_a_state_only(folder):
    run("sometimes", "--n-trials", "4", "--catch")
    assert [t["number"] for t in json.loads(call("trials", "--state", "fail", "--json").stdout)] == [1, 3]


def test_a_study_without_a_complete_trial_has_no_best_one(folder):
    run("sometimes", "--n-trials", "1")
    rl.create_study(storage="sqlite:///raytune_lite.db", study_name="empty").close()
    assert "no COMPLETE trial yet" in call("best", "--study", "empty", code=2).stderr
    assert json.loads(call("trials", "--study", "empty", "--json").stdout) == []


def test_names_of_any_script_work(folder):
    run("objective", "--n-trials", "1", "--study", "naïve 学習")
    assert call("studies").stdout == "naïve 学習\n"
    assert "study: naïve 学習 in" in call("status", "--study", "naïve 学習").stdout


def test_an_unknown_study_lists_the_known_ones(read):
    assert "it holds: 'train'" in call("status", "--study", "trian", code=2).stderr


def test_among_several_studies_one_must_be_chosen(read):
    run("objective", "--n-trials", "1", "--study", "other")
    assert "the storage holds: 'train', 'other'" in call("best", code=2).stderr


@pytest.mark.parametrize("command", ["status", "best", "trials", "studies"])
def test_reading_makes_no_database(folder, command):
    assert "there is no database sqlite:///typo.db" in call(command, "--storage", "sqlite:///typo.db", code=2).stderr
    assert not (folder / "typo.db").exists()


@pytest.mark.parametrize("url", ["postgresql+nope://me:s3cr3t@h/db", "oracle://me:s3cr3t@h/db", "me:s3cr3t@h"])
def test_a_password_is_never_printed(folder, url, monkeypatch):
    monkeypatch.setenv("RTL_TEST_URL", url)
    for options in (["--storage", url], ["--storage-env", "RTL_TEST_URL"]):
        for command in (["status"], ["run", "src/train.py:objective", "--n-trials", "1", "--executor", "inline"]):
            result = call(*command, *options, code=2)
            assert "s3cr3t" not in result.output


def test_the_url_may_come_from_the_environment(read, monkeypatch):
    monkeypatch.setenv("RTL_TEST_URL", "sqlite:///raytune_lite.db")
    assert call("studies", "--storage-env", "RTL_TEST_URL").stdout == "train\n"


@pytest.mark.parametrize("command", [[], ["run"], ["logs"], ["status"], ["best"], ["trials"], ["studies"]])
def test_every_help_shows_an_example(command):
    assert "Example:\n" in call(*command, "--help").stdout


def test_help_imports_nothing_heavy():
    code = (
        "import sys\nfrom raytune_lite.cli import cli\ncli(['run', '--help'], standalone_mode=False)\n"
        "print([m for m in ('ray', 'sqlalchemy', 'rich', 'numpy', 'torch', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_python_m_works(folder):
    done = subprocess.run(
        [sys.executable, "-m", "raytune_lite", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"raytune-lite, version {rl.__version__}\n"
