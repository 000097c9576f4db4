"""What a run shows: lines where there is no terminal, a frame on one, a text in a notebook, the result at its end."""

from __future__ import annotations

import dataclasses
import io
import os
import pty
import re
import subprocess
import sys
import time
import types

import pytest

import raytune_lite as rtl
from raytune_lite import logging
from raytune_lite.best import BestSoFar
from raytune_lite.display import progress as module
from raytune_lite.display.frame import Scene, counts_text, frame, line, trials_text
from raytune_lite.display.progress import LiveProgress
from raytune_lite.runtime.handover import Plan, RungStanding, Standing
from raytune_lite.trial import TrialState

PAUSED = TrialState.PAUSED


@pytest.fixture(autouse=True)
def verbosity_as_it_was():
    before = logging.get_verbosity()
    yield
    logging.set_verbosity(before)


def standing(n=10, left=6, pauses=True, best=None, rungs=True):
    found = best or BestSoFar(
        number=4, state=PAUSED, values=(0.03312345,), params={"lr": 0.0123456, "depth": 3}, step=9, is_rung=True
    )
    levels = [(1, n, n // 2, 0.5), (3, n // 3, n // 9, 0.1), (9, n // 9, 1, 0.0331), (27, 0, 0, None)] if rungs else []
    return Standing(
        best=(found,),
        n_best=1,
        rungs=tuple(RungStanding(level=a, bracket=0, n=b, paused=c, best=d) for a, b, c, d in levels),
        left=left,
        pauses=pauses,
        elapsed=130.0,
    )


def scene(n=10, **fields):
    counts, promotions = {"PAUSED": n - 3, "RUNNING": 3}, n // 3 + n // 9
    some = {"counts": counts, "promotions": promotions, "standing": standing(n), "rate": 41.3}
    return Scene(**{"name": "digits", "elapsed": 133.0, **some, **fields})


def plan(counts=None, best=None, **fields):
    some = {"wanted": 1, "over": False, "promotions": 0, "standing": standing()}
    return Plan(counts={"RUNNING": 1} if counts is None else counts, best=best, **{**some, **fields})


# --- text ------------------------------------------------------------------------------------------------------------


FRAMES = {
    (10, 80): """\
study digits                            3 running | 41.3 trials/min | 2 min 13 s
  best so far 0.0331234 at rung 9 (trial 4)
    lr=0.0123456 depth=3
  10 trials: 7 paused, 3 running; 4 promotions
  rung 9  ██                     1 in  1 paused  best 0.0331
  rung 3  ██████                 3 in  1 paused  best 0.1
  rung 1  ████████████████████  10 in  5 paused  best 0.5
  6 new trials to begin""",
    (10_000, 160): """\
study digits"""
    + " " * 108
    + """3 running | 41.3 trials/min | 2 min 13 s
  best so far 0.0331234 at rung 9 (trial 4)
    lr=0.0123456 depth=3
  10000 trials: 9997 paused, 3 running; 4444 promotions
  rung 9  ███                        1111 in     1 paused  best 0.0331
  rung 3  ████████                   3333 in  1111 paused  best 0.1
  rung 1  ████████████████████████  10000 in  5000 paused  best 0.5
  6 new trials to begin""",
}


@pytest.mark.parametrize(("n", "width"), FRAMES)
def test_a_frame(n, width):
    shown = frame(scene(n), width)
    assert "\n".join(shown) == FRAMES[n, width]
    assert all(len(text) <= width for text in shown)


@pytest.mark.parametrize("width", [20, 40, 80, 160])
@pytest.mark.parametrize("n", [10, 10_000])
def test_no_line_of_a_frame_is_longer_than_the_terminal_is_wide(n, width):
    params = {f"a_long_name_of_a_parameter_{i}": 0.5 for i in range(9)}
    best = BestSoFar(number=4, state=PAUSED, values=(1.0,), params=params, step=9)
    rungs = [RungStanding(level=3**i, bracket=b, n=n, paused=n, best=1e-9) for i in range(9) for b in range(4)]
    full = Standing(best=(best,), n_best=1, rungs=tuple(rungs), left=9, pauses=False, elapsed=1.0)
    lines = frame(scene(n, name="x" * 300, standing=full), width)
    assert all(len(text) <= width for text in lines)
    assert len(lines) < 20


def test_a_frame_of_ten_thousand_trials_takes_less_than_50_ms():
    big = scene(10_000)
    frame(big, 160)
    began = time.process_time()
    for _ in range(20):
        frame(big, 160)
    assert (time.process_time() - began) / 20 < 0.05


def test_a_line():
    assert line(scene()) == (
        "study digits  2 min 13 s | 7 paused, 3 running | 4 promotions | best so far 0.0331234 at rung 9 (trial 4) "
        "| 6 new trials to begin"
    )
    best = BestSoFar(number=7, state=TrialState.COMPLETE, values=(0.02,), step=27)
    done = scene(standing=standing(best=best), counts={"COMPLETE": 1, "RUNNING": 2}, promotions=1)
    assert "| 1 complete, 2 running | 1 promotion | best 0.02 (trial 7) |" in line(done)
    assert line(Scene(name="no-name-1234", elapsed=0.5, phase="starting Ray ...")) == "study  0.50 s | starting Ray ..."


def test_the_time_that_is_left_is_said_where_it_can_be_known_only():
    known = scene(standing=standing(left=10, pauses=False), rate=60.0, counts={"RUNNING": 4, "COMPLETE": 3})
    assert "10 new trials to begin, about 12 s left" in line(known)
    assert "about" not in line(scene(standing=standing(left=10, pauses=True), rate=60.0))
    assert "about" not in line(scene(standing=standing(left=None, pauses=False), rate=60.0))
    assert "at most 41 s until the timeout" in line(scene(left=41.0))
    last = scene(standing=standing(left=0, pauses=False), counts={"RUNNING": 1, "COMPLETE": 3})
    assert line(last).endswith("the last trials run")


def test_trials_are_counted_by_their_states():
    counts = {"RUNNING": 2, "COMPLETE": 3, "FAIL": 1, "WAITING": 0}
    assert counts_text(counts) == "3 complete, 2 running, 1 failed"
    assert trials_text({"COMPLETE": 1}, 1) == "1 trial: 1 complete; 1 promotion"


def test_several_objectives_show_how_many_are_on_the_front():
    best = BestSoFar(number=4, state=PAUSED, values=(1.0, 2.0), step=9, is_rung=True)
    assert "best so far at rung 9: 1 trial on the Pareto front" in line(scene(standing=standing(best=best)))


# --- lines, where there is no terminal -------------------------------------------------------------------------------


class Clock:
    def __init__(self, monkeypatch):
        self.now = 1000.0
        monkeypatch.setattr(module.time, "monotonic", lambda: self.now)


def test_lines_are_rare_and_say_something_new(monkeypatch, capsys):
    clock = Clock(monkeypatch)
    with LiveProgress("digits", show=True) as progress:
        progress.phase("starting Ray")
        assert capsys.readouterr().err == "starting Ray ...\n"
        shown = []
        for second in range(1000):
            clock.now = 1000.0 + second
            changed = min(second, 200) // 50  # something changes until second 200
            wanted = progress.wants_standing
            counts = {"COMPLETE": 1 + changed, "RUNNING": 1}
            progress.update(plan(counts, standing=standing() if wanted else None))
            if capsys.readouterr().err:
                shown.append(second)
    assert shown == [10, 70, 130, 190, 250, 550, 850]


def test_a_log_of_ci_gets_lines_though_it_has_a_terminal(monkeypatch):
    monkeypatch.setattr(sys, "stderr", types.SimpleNamespace(isatty=lambda: True))
    for name, value, expected in [("CI", "true", False), ("CI", "false", True), ("TERM", "dumb", False)]:
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.delenv("CI", raising=False)
        monkeypatch.setenv(name, value)
        assert module._has_terminal() is expected
    monkeypatch.setattr(sys, "stderr", None)
    assert not module._has_terminal()


# --- a terminal, a notebook ------------------------------------------------------------------------------------------


SCRIPT = """
import sys, time
from raytune_lite.display.progress import LiveProgress
from tests.test_progress import plan
with LiveProgress("digits", show=True) as progress:
    progress.phase("starting Ray")
    time.sleep(0.7)
    progress.update(plan())
    print("printed by the script")
    progress.notice("a notice")
    time.sleep(0.7)
progress.close(["the end"])
print("after it")
"""


def on_a_terminal(columns, tmp_path):
    """(what the terminal got, what standard output got) of SCRIPT, whose standard output is a file."""
    master, slave = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": str(columns), "LINES": "40"}
    environment.pop("CI", None)
    out = tmp_path / "out"
    with out.open("w") as file:
        script = subprocess.Popen([sys.executable, "-c", SCRIPT], stderr=slave, stdout=file, env=environment)
    os.close(slave)
    got = b""
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        got += part
    os.close(master)
    assert script.wait(60) == 0
    return got.decode(), out.read_text()


def test_a_terminal_gets_a_live_view_which_is_gone_at_the_end(tmp_path):
    shown, out = on_a_terminal(100, tmp_path)
    assert "starting Ray ..." in shown
    assert "best so far 0.0331234 at rung 9 (trial 4)" in shown
    assert "\x1b[2K" in shown  # lines are drawn again
    assert "a notice" in shown
    assert re.sub(r"\x1b\[[?\d;]*[A-Za-z]", "", shown).rstrip().endswith("the end")
    assert out == "printed by the script\nafter it\n"  # a pipe gets what the script prints and nothing else


def test_of_two_runs_at_once_one_has_the_view_and_the_other_prints_lines(monkeypatch, capsys):
    monkeypatch.setattr(module, "_has_terminal", lambda: True)
    for _ in range(2):  # the view is free again
        with LiveProgress("one", show=True) as one, LiveProgress("two", show=True) as two:
            assert (one._live is not None, two._live is not None) == (True, False)
            two.phase("starting Ray")
        assert "starting Ray ..." in capsys.readouterr().err


def test_a_notebook_gets_one_text_that_changes(monkeypatch):
    texts = []
    handle = types.SimpleNamespace(update=lambda data, raw: texts.append(data["text/plain"]))

    class ZMQInteractiveShell:
        pass

    def display(data, raw, display_id):
        assert raw
        assert display_id
        texts.append(data["text/plain"])
        return handle

    notebook = types.SimpleNamespace(get_ipython=ZMQInteractiveShell, display=types.SimpleNamespace(display=display))
    monkeypatch.setitem(sys.modules, "IPython", notebook)
    with LiveProgress("digits", show=True) as progress:
        progress.phase("starting Ray")
        progress.update(plan())
    assert texts[0] == "starting ..."
    assert "starting Ray ..." in texts[1]
    assert "best so far 0.0331234 at rung 9" in texts[2]


# --- a run -----------------------------------------------------------------------------------------------------------


def run(n_trials=3, **arguments):
    study = rtl.create_study(study_name="first", sampler=rtl.samplers.RandomSampler(seed=1))
    study.optimize(lambda trial: trial.suggest_int("x", 2, 2), n_trials=n_trials, executor="inline", **arguments)
    return study


def test_a_run_ends_with_its_result(capsys):
    run()
    lines = capsys.readouterr().err.splitlines()
    first = lines.index("study first:")
    assert lines[first + 1 : first + 4] == ["  best: 2 (trial 0, the smallest)", "    x = 2", "  3 trials: 3 complete"]
    assert re.fullmatch(r"  the run ended after [\d.]+ s", lines[first + 4])
    assert len(lines) == first + 5


@pytest.mark.parametrize(("show", "verbosity"), [(True, logging.INFO), (False, logging.INFO), (None, logging.WARNING)])
def test_the_result_is_left_out_where_somebody_says_so(capsys, show, verbosity):
    logging.set_verbosity(verbosity)
    run(show_progress_bar=show)
    assert capsys.readouterr().err == ""


def test_failures_are_shown_unless_the_verbosity_is_above_warning(capsys):
    def fail(trial):
        raise OSError("no luck")

    for verbosity, expected in ((logging.WARNING, True), (logging.ERROR, False)):
        logging.set_verbosity(verbosity)
        study = rtl.create_study(sampler=rtl.samplers.RandomSampler(seed=1))
        study.optimize(fail, n_trials=1, executor="inline", catch=OSError)
        assert ("no luck" in capsys.readouterr().err) is expected


def test_debug_tells_of_each_trial(capsys):
    logging.set_verbosity(logging.DEBUG)
    run(show_progress_bar=False)
    shown = capsys.readouterr().err
    assert [text for text in shown.splitlines() if text.startswith("trial ")] == [
        f"trial {n} COMPLETE: 2 (x=2)" for n in range(3)
    ]
    assert "stored in " in shown


def test_verbosity_is_a_number():
    assert rtl.logging.get_verbosity() == rtl.logging.INFO
    with pytest.raises(ValueError, match="verbosity must be an integer >= 0, got 'INFO'"):
        rtl.logging.set_verbosity("INFO")


def test_ask_and_tell_print_no_result(capsys):
    study = rtl.create_study(sampler=rtl.samplers.RandomSampler(seed=1))
    study.tell(study.ask(), 1.0)
    assert capsys.readouterr().err == ""


def test_an_interrupted_run_ends_with_its_result_and_one_that_fails_with_the_error(capsys):
    def interrupted(trial):
        if trial.number == 2:
            raise KeyboardInterrupt
        return 1.0

    study = rtl.create_study(study_name="first", sampler=rtl.samplers.RandomSampler(seed=1))
    with pytest.raises(KeyboardInterrupt):
        study.optimize(interrupted, n_trials=9, executor="inline")
    shown = capsys.readouterr().err
    assert "  best: 1 (trial 0, the smallest)\n" in shown
    assert "  the run was interrupted after " in shown
    with pytest.raises(ZeroDivisionError):
        study.optimize(lambda trial: 1 / 0, n_trials=9, executor="inline")
    assert "best" not in capsys.readouterr().err


def test_a_console_that_is_no_terminal_prints_lines(monkeypatch):
    monkeypatch.setattr(sys, "stderr", text := io.StringIO())
    with LiveProgress("digits", show=True) as progress:
        progress.phase("starting Ray")
    assert text.getvalue() == "starting Ray ...\n"


def test_what_ask_says_of_its_sampler_is_a_notice(capsys):
    for verbosity, expected in ((logging.INFO, 1), (logging.WARNING, 0)):
        logging.set_verbosity(verbosity)
        study = rtl.create_study()
        for _ in range(2):
            trial = study.ask()
            study.tell(trial, trial.suggest_float("x", 0, 1))
        assert capsys.readouterr().err.count("the next trials are chosen by") == expected


def test_how_trials_are_chosen_is_said_once_and_not_for_each_number_of_results(capsys):
    study = rtl.create_study(sampler=rtl.samplers.TPESampler(seed=1, n_startup_trials=4))
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=20, executor="inline")
    said = [line for line in capsys.readouterr().err.splitlines() if "the next trials are chosen by" in line]
    assert ["a startup trial" in said[0], "good trials against" in said[1], len(said)] == [True, True, 2]


def test_a_frame_says_how_many_slots_there_are_once_it_is_known():
    four = dataclasses.replace(standing(), room=4)
    assert " 3 of 4 slots busy | 41.3 trials/min | " in frame(scene(standing=four), 80)[0]
    one = dataclasses.replace(standing(), room=1)  # the study was given fewer slots, and the others still end
    assert " 3 of 3 slots busy |" in frame(scene(standing=one), 80)[0]
    assert " 3 running |" in frame(scene(), 80)[0]
