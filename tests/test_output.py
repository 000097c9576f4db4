"""What an objective prints: its log, the lines of workers in the script, Ray's own notices."""

from __future__ import annotations

import io
import sys

import pytest
from click.testing import CliRunner
from ray._private import worker as ray_worker

import raytune_lite as rtl
from raytune_lite.cli import cli
from raytune_lite.runtime.on_ray import output as on_ray
from raytune_lite.runtime.output import TrialLog, captured, read_log


def talkative(trial):
    print(f"epoch 1 of trial {trial.number}")
    print("a warning", file=sys.stderr)
    return 1.0


# --- a log a trial ---------------------------------------------------------------------------------------------------


def test_a_log_has_what_was_printed_of_all_attempts(tmp_path, capsys):
    for attempt in (1, 2):
        with captured(TrialLog(str(tmp_path), 7, attempt)):
            print("hello")
            print("a warning", file=sys.stderr)
    print("after it")
    assert read_log(str(tmp_path), 7) == "--- attempt 1\nhello\na warning\n--- attempt 2\nhello\na warning\n"
    assert capsys.readouterr().out == "hello\nhello\nafter it\n"
    assert read_log(str(tmp_path), 8) is None


def test_an_objective_that_prints_nothing_makes_no_file(tmp_path):
    with captured(TrialLog(str(tmp_path), 7, 1)):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_log_has_a_bound_and_says_where_it_ends(tmp_path, capsys):
    with captured(TrialLog(str(tmp_path), 7, 1, limit=1000)):
        for _ in range(500):
            print("twelve chars")
    with captured(TrialLog(str(tmp_path), 7, 2, limit=1000)):
        print("more")
    text = read_log(str(tmp_path), 7)
    assert 900 < len(text) < 1200
    assert text.count("the log ends here: it has reached 1000 bytes") == 1
    assert capsys.readouterr().out.count("twelve chars") == 500


def test_a_disk_that_fails_costs_the_log_and_not_the_trial(tmp_path, capsys):
    (tmp_path / "logs").write_text("a file where the directory should be")
    with captured(TrialLog(str(tmp_path), 7, 1)):
        print("hello")
    assert capsys.readouterr().out == "hello\n"


def test_a_stream_that_the_objective_has_put_there_stays(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "stdout", sys.stdout)
    with captured(TrialLog(str(tmp_path), 7, 1)):
        own = sys.stdout = io.StringIO()
    assert sys.stdout is own


def test_a_stream_that_outlives_the_objective_still_works(tmp_path, capsys):
    with captured(TrialLog(str(tmp_path), 7, 1)):
        kept = sys.stdout
        assert not kept.isatty()
    kept.write("later\n")
    assert capsys.readouterr().out == "later\n"


@pytest.mark.parametrize(
    ("mode", "shown", "is_kept"), [("show", True, False), ("keep", False, True), ("hide", False, False)]
)
def test_inline_runs_do_as_they_are_told(tmp_path, capsys, mode, shown, is_kept):
    study = rtl.create_study(
        study_name="s", storage=f"sqlite:///{tmp_path}/s.db", sampler=rtl.samplers.RandomSampler(seed=1)
    )
    study.optimize(talkative, n_trials=2, executor="inline", trial_output=mode, show_progress_bar=False)
    said = capsys.readouterr()
    assert ("epoch 1 of trial 1" in said.out) is ("a warning" in said.err) is shown
    done = CliRunner().invoke(cli, ["logs", "1", "--storage", f"sqlite:///{tmp_path}/s.db"])
    if is_kept:
        assert done.stdout == "--- attempt 1\nepoch 1 of trial 1\na warning\n"
    else:
        assert done.exit_code == 2
        assert "trial 1 has no log here (" in done.stderr
        assert "the trial ran on this machine" in done.stderr
    assert "trial 5 has not been started" in CliRunner().invoke(
        cli, ["logs", "5", "--storage", f"sqlite:///{tmp_path}/s.db"]
    ).stderr


def test_another_word_is_refused():
    study = rtl.create_study()
    with pytest.raises(ValueError, match=r"trial_output must be 'show' .*, got 'print'"):
        study.optimize(talkative, n_trials=1, executor="inline", trial_output="print")


# --- in the script ---------------------------------------------------------------------------------------------------


def lines(*texts, **data):
    return {"pid": 77, "ip": "10.0.0.1", "is_err": False, "lines": list(texts), **data}


def test_lines_of_trials_bear_their_numbers_and_others_are_rays(capsys):
    others, notices = [], []
    handler = on_ray.WorkerLines(others.append)
    handler.notice = notices.append
    handler(lines("epoch 1", "epoch 1", task_name="trial 12"))
    handler(lines("10%\r20%\r30%", task_name="trial 3", is_err=True))
    handler(lines("imported", task_name="attempt"))
    handler(lines("of the user's own task", task_name="download"))
    handler(lines("raytune_lite: the database works again", "a traceback", actor_name="DriverActor"))
    said = capsys.readouterr()
    assert said.out == "[trial 12] epoch 1\n[trial 12] epoch 1\n[worker] imported\n"
    assert said.err == "[trial 3] 30%\n"
    assert notices == ["the database works again"]
    assert [data["lines"] for data in others] == [["of the user's own task"], ["a traceback"]]
    handler.shows = False
    handler(lines("epoch 2", task_name="trial 12"))
    handler(lines("of the user's own task", task_name="download"))
    assert capsys.readouterr().out == ""
    assert len(others) == 3


def test_it_stands_in_the_place_of_rays_handler_and_leaves_with_it():
    dispatcher = ray_worker.global_worker_stdstream_dispatcher
    before = list(dispatcher.handlers)
    got = []
    try:
        dispatcher.handlers = []
        on_ray.follow("show", print)  # log_to_driver=False: Ray shows no lines, and neither do we
        assert dispatcher.handlers == []
        dispatcher.add_handler("ray_print_logs", got.append)
        for mode in ("keep", "show", "keep"):
            on_ray.follow(mode, print)
        dispatcher.emit(lines("epoch 1", task_name="trial 1"))
        dispatcher.emit(lines("else", task_name="download"))
        assert [data["lines"] for data in got] == [["else"]]
        assert [name for name, _ in dispatcher.handlers] == ["ray_print_logs"]
    finally:
        dispatcher.handlers = before


def test_rays_notice_of_a_dead_worker_is_folded_and_others_are_not(monkeypatch):
    printed = []
    monkeypatch.setattr(ray_worker, "print_to_stdstream", lambda data, ignore_prefix: printed.append(data["lines"]))
    with on_ray.folded_messages():
        for text in ("A worker died or was killed while executing a task by an unexpected error.", "disk is full"):
            ray_worker.print_to_stdstream(lines(text, pid="raylet"), ignore_prefix=False)
    ray_worker.print_to_stdstream(lines("A worker died or was killed while executing a task", pid="raylet"), False)
    assert printed == [["disk is full"], ["A worker died or was killed while executing a task"]]
