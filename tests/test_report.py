"""Summaries and tables: what they say, at 80 columns, and that machines read the tables back."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import sys
from datetime import datetime, timedelta

import pytest

import raytune_lite as rl
from raytune_lite.core.retries import RetryPolicy
from raytune_lite.display import dataframe, tables
from raytune_lite.distributions import FloatDistribution
from raytune_lite.exceptions import CheckpointDiskError, StudyAbortedError
from raytune_lite.pruners import ASHAPruner
from raytune_lite.report.summary import print_summary, summary
from raytune_lite.samplers import GridSampler, RandomSampler
from raytune_lite.storages import trial_queries


def new_study(tmp_path, name="study", **options):
    return rl.create_study(storage=f"sqlite:///{tmp_path}/s.db", study_name=name, **options)


def train(trial):
    """Epochs 1 to 9, with a checkpoint each."""
    x = trial.suggest_float("x", 0, 1)
    state = trial.load_checkpoint()
    for epoch in range(state["epoch"] + 1 if state else 1, 10):
        trial.save_checkpoint({"epoch": epoch}, step=epoch)
        trial.report(x + 1 / epoch, epoch)
        if trial.should_prune():
            raise rl.TrialPruned
    return x


def square(trial):
    return trial.suggest_float("x", -1, 1) ** 2


@pytest.fixture(scope="module")
def paused(tmp_path_factory):
    """A study with promotions and resumes."""
    pruner = ASHAPruner(1, 9, 3)
    study = new_study(tmp_path_factory.mktemp("asha"), sampler=RandomSampler(3), pruner=pruner)
    study.optimize(train, n_trials=20, executor="inline")
    yield study
    study.close()


# --- the summary ---------------------------------------------------------------------------------------------------


def test_the_summary_names_the_best_value_its_params_and_the_states(paused):
    text = "\n".join(summary(paused))
    best = paused.best_trial
    assert f"best: {best.value:.6g} (trial {best.number}, the smallest)" in text
    assert f"x = {best.params['x']:.6g}" in text
    done = sum(trial.state is rl.TrialState.COMPLETE for trial in paused.trials)
    assert f"trials: 20 ({done} COMPLETE, {20 - done} PRUNED)" in text


def test_resumes_are_told_in_the_users_unit(paused):
    lines = summary(paused, unit="epoch")
    resumed = [a for a in paused.attempts if a.resumed_step is not None]
    assert resumed
    assert f"  resumes: {len(resumed)}" in lines
    for attempt in resumed[:1]:
        told = f"trial {attempt.number}: attempt {attempt.attempt} resumed at epoch {attempt.resumed_step}"
        assert f"    {told}" in lines


def test_promotions_are_those_of_the_rungs(paused):
    assert f"  promotions: {sum(rung.promoted for rung in paused.rungs)}" in summary(paused)


def test_steps_trained_are_counted_once_and_compared_with_full_training(paused):
    done = sum(len(trial.intermediate_values) for trial in paused.trials)
    share = f"{done} of 180 ({100 * done / 180:.0f} %)"
    assert f"  epochs trained: {share}" in summary(paused, unit="epoch", full=9)
    assert f"  steps trained: {share}" in summary(paused)  # the pruner knows max_resource


def test_full_training_is_not_guessed_where_reports_skip_steps(tmp_path):
    def sparse(trial):
        for step in (10, 20):
            trial.report(0.0, step)
        return 0.0

    study = new_study(tmp_path, pruner=ASHAPruner(1, 20, 3))
    study.optimize(sparse, n_trials=2, executor="inline")
    assert "  steps trained: 4" in summary(study)


def test_long_lists_end_in_a_count(tmp_path):
    def fail(trial):
        raise OSError("disk full\nsecond line " + "x" * 200)

    study = new_study(tmp_path)
    go_on = RetryPolicy(abort_after=None)
    study.optimize(fail, n_trials=20, catch=(OSError,), executor="inline", retries=go_on)
    lines = summary(study)
    assert "  failed: 20 trials" in lines
    assert "  attempts without a result: 20 exception" in lines
    assert "    trial 0: OSError: disk full" in lines
    assert "    and 12 more" in lines
    assert "  best: none yet, no trial is COMPLETE" in lines
    assert not any("second line" in line for line in lines)


def test_a_grid_shows_its_cells_and_those_that_were_retried(tmp_path):
    seen = set()

    def objective(trial):
        x, y = trial.suggest_int("x", 0, 1), trial.suggest_int("y", 0, 1)
        if (x, y) == (1, 0) and not seen:
            seen.add((x, y))
            raise OSError("once")
        return x + y

    study = new_study(tmp_path, sampler=GridSampler({"x": [0, 1], "y": [0, 1]}, seed=0))
    study.optimize(objective, catch=(OSError,), executor="inline")
    for reader in (study, rl.load_study(storage=f"sqlite:///{tmp_path}/s.db")):  # the recorded sampler too
        text = "\n".join(summary(reader))
        assert "grid: 4 cells: 4 done, 0 free, 0 dead" in text
        assert re.search(r"cells retried: 1\n    cell \d \(x=1 y=0\): 1 failed trial, now done", text)


def test_an_unfinished_grid_counts_cells_that_nobody_has_touched(tmp_path):
    study = new_study(tmp_path, sampler=GridSampler({"x": list(range(100))}))
    study.optimize(lambda trial: trial.suggest_int("x", 0, 99), n_trials=3, executor="inline")
    assert "  grid: 100 cells: 3 done, 97 free, 0 dead" in summary(study)


def test_trials_that_wait_for_the_checkpoints_disk_are_shown_with_the_reason(tmp_path):
    def objective(trial):
        raise CheckpointDiskError("No space left on device")

    study = rl.create_study(storage=f"sqlite:///{tmp_path}/s.db")
    with pytest.raises(StudyAbortedError, match="checkpoints' disk failed on it"):
        study.optimize(objective, n_trials=2, executor="inline", retries=RetryPolicy(abort_after=1))
    lines = summary(study)
    assert "  attempts without a result: 1 checkpoint_disk" in lines
    at = lines.index("  waiting for the checkpoints' disk: 1 trial")
    assert "trial 0: " in lines[at + 1]
    assert "No space left on device" in lines[at + 1]


def test_several_objectives_show_the_pareto_front(tmp_path):
    study = new_study(tmp_path, directions=["minimize", "maximize"])
    for values in ((1, 1), (2, 2), (3, 1)):
        study.tell(study.ask(), values)
    lines = summary(study)
    assert "  best: 2 trials on the Pareto front (minimize, maximize)" in lines
    assert "    trial 1: 2, 2" in lines


def test_an_empty_study_has_a_summary(tmp_path):
    assert "  trials: 0" in summary(new_study(tmp_path))


def test_a_study_in_memory_suggests_no_commands():
    study = rl.create_study()
    assert "raytune-lite" not in "\n".join(summary(study))
    assert study.storage is None


def test_lines_fit_80_columns_except_commands_which_stay_whole(tmp_path):
    def wide(trial):
        for i in range(30):
            trial.suggest_float(f"a_parameter_with_a_name_{i}", 0, 1)
        raise OSError("long " * 60) if trial.number else rl.TrialPruned

    study = new_study(tmp_path, name="naïve 学習 'quoted'")
    study.optimize(wide, n_trials=3, catch=(OSError,), executor="inline")
    study.optimize(lambda trial: sum(trial.suggest_float(f"p_{i}", 0, 1) for i in range(30)), 1, executor="inline")
    lines = summary(study)
    start = next(i for i, line in enumerate(lines) if line.startswith("next:"))
    assert max(map(len, lines[1:start])) <= 80
    assert "--study 'naïve 学習 '\"'\"'quoted'\"'\"''" in lines[start + 1]


def test_the_password_of_a_storage_is_not_printed(tmp_path, monkeypatch):
    from raytune_lite.storages import mask

    study = new_study(tmp_path)
    monkeypatch.setattr(type(study._repository), "url", mask("postgresql://me:s3cr3t@host/db"))
    text = "\n".join(summary(study))
    assert "s3cr3t" not in text
    assert "postgresql://me:***@host/db" in text
    assert "password in place of ***" in text


def test_a_name_cannot_move_the_cursor_of_a_terminal(tmp_path):
    text = "\n".join(summary(new_study(tmp_path, name="a\x1b[2Jb")))
    assert "\\x1b[2Jb" in text.splitlines()[0]


def test_labels_are_bold_on_a_terminal_and_plain_in_a_pipe(paused):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    pipe, terminal = io.StringIO(), Terminal()
    print_summary(paused, file=pipe)
    print_summary(paused, file=terminal)
    assert "\x1b" not in pipe.getvalue()
    assert "\x1b[1mstudy:\x1b[0m" in terminal.getvalue()
    assert re.sub(r"\x1b\[\d*m", "", terminal.getvalue()) == pipe.getvalue()


# --- tables --------------------------------------------------------------------------------------------------------


def frozen(number=0, values=(1.0,), **fields):
    start = datetime(2024, 1, 2, 3, 4, 5)
    return rl.FrozenTrial(
        **{
            "number": number,
            "state": rl.TrialState.COMPLETE,
            "values": values,
            "datetime_start": start,
            "datetime_complete": start + timedelta(seconds=1.5),
            "params": {"x": 0.5, "a": "b,c"},
            "user_attrs": {"note": [1, 2]},
            **fields,
        }
    )


def test_the_dataframe_has_optunas_columns(tmp_path):
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = new_study(tmp_path)
    study.optimize(square, n_trials=3, executor="inline")
    theirs = optuna.load_study(study_name="study", storage=f"sqlite:///{tmp_path}/s.db").trials_dataframe()
    ours = study.trials_dataframe()
    assert list(ours.columns) == [c for c in theirs.columns if not c.startswith("system_attrs")]
    assert ours["value"].tolist() == theirs["value"].tolist()
    assert ours["state"].tolist() == theirs["state"].tolist()
    assert ours["datetime_start"].tolist() == theirs["datetime_start"].tolist()


def test_several_values_get_a_column_each():
    trials = [frozen(values=(1.0, 2.0)), frozen(1, values=None, state=rl.TrialState.FAIL)]
    frame = dataframe.trials_dataframe(trials, dataframe.DEFAULT, None, 2, multi_index=False)
    assert list(frame.columns[1:3]) == ["values_0", "values_1"]
    assert math.isnan(frame["values_1"][1])


@pytest.mark.parametrize("directions", [["minimize"], ["minimize", "maximize"]])
def test_metric_names_are_columns_as_in_optuna(tmp_path, directions):
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    storage, names = f"sqlite:///{tmp_path}/s.db", ["loss", "acc"][: len(directions)]
    study = rl.create_study(storage=storage, study_name="s", directions=directions)
    assert study.metric_names is None
    study.set_metric_names(names)
    study.optimize(lambda trial: [trial.suggest_float("x", 0, 1)] * len(directions), n_trials=2, executor="inline")
    theirs = optuna.load_study(study_name="s", storage=storage)
    ours = study.trials_dataframe()
    assert study.metric_names == theirs.metric_names == names
    assert list(ours.columns) == [c for c in theirs.trials_dataframe().columns if not c.startswith("system_attrs")]
    for column in ours.columns[1 : 1 + len(names)]:
        assert ours[column].tolist() == theirs.trials_dataframe()[column].tolist()
    assert tables.as_csv(study.trials, names).split(",")[1].endswith("_loss")
    with pytest.raises(ValueError, match=r"one name for each of the . objective\(s\), got 3"):
        study.set_metric_names(["a", "b", "c"])
    with pytest.raises(TypeError, match="a metric's name must be a str"):
        study.set_metric_names([1] * len(names))
    study.close()


def test_an_empty_dataframe_has_its_columns():
    assert "number" in dataframe.trials_dataframe([], dataframe.DEFAULT, None, 1, multi_index=False).columns


def test_without_pandas_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=re.escape('pip install "raytune-lite[pandas]"')):
        dataframe.trials_dataframe([], dataframe.DEFAULT, None, 1, multi_index=False)


def test_csv_reads_back():
    rows = list(csv.DictReader(io.StringIO(tables.as_csv([frozen(), frozen(1, params={"x": 1.0}, values=None)]))))
    assert rows[0]["params_a"] == "b,c"
    assert rows[0]["duration"] == "1.5"
    assert json.loads(rows[0]["user_attrs_note"]) == [1, 2]
    assert rows[1]["params_a"] == rows[1]["value"] == ""


def test_json_has_no_word_for_infinity_so_it_is_text():
    record = tables.trial_record(frozen(values=(math.inf,), intermediate_values={3: math.nan}))
    read = json.loads(tables.as_json(record), parse_constant=pytest.fail)
    assert read["value"] == "inf"
    assert math.isnan(float(read["intermediate_values"]["3"]))
    assert read["datetime_start"] == "2024-01-02T03:04:05"


def test_a_trial_that_took_no_time_is_written():
    """Dates of MySQL have whole seconds, so this is what a short trial looks like there."""
    trial = frozen(datetime_complete=datetime(2024, 1, 2, 3, 4, 5))
    assert json.loads(tables.as_json(tables.trial_record(trial)))["duration"] == 0.0


def test_a_table_is_cut_to_a_terminal_and_whole_in_a_pipe():
    trials = [frozen(params={f"p{i}": i / 7 for i in range(20)})]
    assert max(map(len, tables.as_table(trials, 80).splitlines())) <= 80
    assert "p19=2.71429" in tables.as_table(trials)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.314, "0.31 s"), (41.2, "41 s"), (59.7, "1 min 0 s"), (125, "2 min 5 s"), (11520, "3 h 12 min")],
)
def test_durations_read_well(seconds, text):
    assert tables.duration(seconds) == text


def test_distributions_are_not_needed_to_show_a_trial():
    assert "x=0.5" in tables.as_table([frozen(distributions={"x": FloatDistribution(0, 1)})])


# --- large studies ---------------------------------------------------------------------------------------------------


@pytest.fixture
def mixed(tmp_path):
    """Trials in all states but RUNNING, with parameters and attributes that only some have."""
    study = new_study(tmp_path, sampler=RandomSampler(0))

    def objective(trial):
        x = trial.suggest_float("x", -1, 1)
        if trial.number % 3 == 0:
            trial.suggest_categorical("a,b", ["é", "\n"])
            trial.set_user_attr(f"note {trial.number % 2}", {"x": [x]})
        if trial.number % 5 == 4:
            raise ValueError("no")
        trial.report(math.nan if trial.number % 2 else x, 1)
        return x

    study.optimize(objective, n_trials=40, executor="inline", catch=(ValueError,))
    study.enqueue_trial({"x": 0.5})
    yield study
    study.close()


def watched(monkeypatch):
    """How many trials each read has read."""
    sizes = []
    load = trial_queries.load

    def counting(*given, **named):
        found = load(*given, **named)
        sizes.append(len(found))
        return found

    monkeypatch.setattr(trial_queries, "load", counting)
    return sizes


STATES = (None, (rl.TrialState.FAIL,), (rl.TrialState.COMPLETE, rl.TrialState.WAITING), (rl.TrialState.PAUSED,))


@pytest.mark.parametrize("states", STATES)
def test_trials_that_are_read_as_they_are_shown_are_the_same_trials(mixed, states, monkeypatch):
    monkeypatch.setattr(trial_queries, "_MOST", 3)
    monkeypatch.setattr(trial_queries, "_FIRST", 2)
    whole, sizes = mixed.get_trials(states=states), watched(monkeypatch)
    assert repr(list(mixed.iter_trials(states))) == repr(whole)
    assert max(sizes, default=0) <= 3
    columns = mixed.trial_columns(states)
    assert columns == tables.trial_rows(whole)[0]
    assert "".join(tables.csv_lines(mixed.iter_trials(states), columns)) == tables.as_csv(whole)
    records = [tables.trial_record(trial) for trial in whole]
    assert "".join(tables.json_lines(iter(records))) == tables.as_json(records) + "\n"


def test_where_a_study_stands_is_counted_by_the_database(mixed, monkeypatch):
    trials = mixed.trials
    sizes = watched(monkeypatch)
    lines = summary(mixed)
    assert sum(sizes) <= 8 + 9 < len(trials)  # the best candidates, and the failed trials that are shown
    counts = {state: sum(trial.state is state for trial in trials) for state in rl.TrialState}
    assert mixed.overview().states == {state: n for state, n in counts.items() if n}
    assert f"  failed: {counts[rl.TrialState.FAIL]} trials" in lines
    assert f"  steps trained: {counts[rl.TrialState.COMPLETE]}" in lines
