"""raytune-lite watch: what a frame holds, how it is drawn, what it costs, and a real terminal with a running study."""

from __future__ import annotations

import io
import json
import os
import re
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

import raytune_lite as rl
from raytune_lite.cli import cli
from raytune_lite.core import messages as m
from raytune_lite.core.state import StudyState
from raytune_lite.display import screen
from raytune_lite.pruners import ASHAPruner, pruner_from_spec
from raytune_lite.pruners.nop import NopPruner
from raytune_lite.report.following import Following
from raytune_lite.report.frame import Framing, finished
from raytune_lite.samplers import RandomSampler
from raytune_lite.storages.repository import Repository

SHOTS = Path(__file__).parent / "data" / "watch"
ALIVE = ("host-1 (pid 7)", True)


def pruner_for(spec):
    return NopPruner() if spec == "{}" else pruner_from_spec(json.loads(spec))


def log_of(n_trials, n_slots=4, every=2.0):
    """A log as a driver writes it: promotion ASHA, each event ``every`` seconds after the one before."""
    state = StudyState((rl.StudyDirection.MINIMIZE,), pruner_for, lambda spec: None, "shot")
    log, now = [], 0.0

    def take(event):
        nonlocal now
        now += every
        effects = state.handle(event, now)
        if effects.changed:
            log.append(m.LogEntry(now, event))
        return effects

    spec = json.dumps(ASHAPruner(1, 27, 3).spec())
    take(m.RunStarted(run="r", max_trials=n_trials + 5, pruner=spec, sampler='{"name": "RandomSampler", "seed": 0}'))
    slot = 0
    while state.next_number < n_trials or len(state.slots) < n_slots:
        while len(state.slots) < n_slots:
            slot += 1
            take(m.Claimed(slot=f"s{slot}", node="node-1", pid=slot))
            trial = state.trials[state.slots[f"s{slot}"]]
            if trial.suggested is None:
                take(m.Suggested(number=trial.number, params=()))
        if state.next_number >= n_trials:
            break
        number = next(iter(state.slots.values()))
        trial = state.trials[number]
        step = {0: 1, 1: 3, 3: 9, 9: 27}[max(0, trial.last_step)]
        value = (number * 7919 % 1009) / 1009 + 1 / step
        progress = m.Progress(reports=((step, (value,)),))
        if number % 17 == 16:
            failure = m.Failure(error="ValueError: unlucky", traceback="ValueError: unlucky")
            take(m.AttemptEnded(number=number, attempt=trial.attempt, outcome=m.Outcome.FAIL, failure=failure))
        elif step == 27:
            take(m.AttemptEnded(number=number, attempt=trial.attempt, outcome=m.Outcome.COMPLETE, values=(value,),
                                progress=progress))  # fmt: skip
        elif take(m.Reported(number=number, attempt=trial.attempt, progress=progress)) and trial.pending is not (
            m.Decision.CONTINUE
        ):
            take(m.AttemptEnded(number=number, attempt=trial.attempt, outcome=m.Outcome.PRUNED))
    return log, now


def stored(folder, n_trials, **how):
    """A study whose log is in a database, with no other row; what follows it, and when its last event was."""
    log, now = log_of(n_trials, **how)
    url = f"sqlite:///{folder}/{n_trials}.db"
    study = rl.create_study(study_name="shot", storage=url)
    repository = Repository.open(url, durable=False)
    record = repository.load_study("shot")
    epoch = repository.acquire(record, run="r", lease=15.0, now=time.time())
    for start in range(0, len(log), 5000):
        repository.commit(record, epoch, log[start : start + 5000], (), flush=False)
    return Following(study, n_notes=200), repository, record, epoch, now


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return stored(tmp_path_factory.mktemp("small"), 10)


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    return stored(tmp_path_factory.mktemp("large"), 10_000, n_slots=64, every=0.05)


def text_of(frame, width, height, **how):
    return "".join(f"{line.text}\n" for line in screen.lines(frame, width, height, **how))


# --- snapshots -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (160, 48)])
@pytest.mark.parametrize("size", ["small", "large"])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_a_frame_is_drawn_as_it_was(size, columns, rows, ascii_only, request):
    """RTL_SHOTS=1 writes them anew; look at them then."""
    following, _, _, _, now = request.getfixturevalue(size)
    frame = Framing(following).frame(now + 3.0, ALIVE)
    text = text_of(frame, columns, rows, ascii_only=ascii_only)
    path = SHOTS / f"{size}-{columns}{'-ascii' if ascii_only else ''}.txt"
    if os.environ.get("RTL_SHOTS"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
    assert all(len(line) <= columns for line in text.splitlines())
    assert len(text.splitlines()) <= rows
    assert not ascii_only or text.isascii()


# --- what a frame holds --------------------------------------------------------------------------------------------


def climb(trial):
    x = trial.suggest_float("x", 0, 1)
    for step in range(1, 28):
        trial.report(x + 1 / step, step)
        if trial.should_prune():
            raise rl.TrialPruned
    return x


def test_the_figures_of_a_frame_are_those_of_the_database():
    study = rl.create_study(study_name="s", pruner=ASHAPruner(1, 9, 3), sampler=RandomSampler(0))
    following = Following(study)
    for total in (20, 40):  # the second time only what is new is read
        study.optimize(climb, max_trials=total, executor="inline")
        following.update()
        frame = Framing(following).frame(following.at, None)
        counts = study.state_counts()
        assert frame.counts == {state.name.lower(): n for state, n in counts.items()}
        assert finished(frame.counts) == total
        by_level = {}
        for entry in study.rungs:
            by_level.setdefault(entry.level, []).append(entry)
        assert {line.level: (line.came, line.promoted) for line in frame.rungs} == {
            level: (len(entries), sum(entry.promoted for entry in entries)) for level, entries in by_level.items()
        }
        assert frame.best[:2] == (study.best_value, study.best_trial.number)
        assert frame.bests[-1] == study.best_value
        n_reports = sum(len(trial.intermediate_values) for trial in study.trials)
        assert sum(following.reports.values()) >= n_reports  # a step may be reported by two attempts
        assert frame.promotions == sum(entry.promoted for entry in study.rungs)
        assert "no run is under way" in frame.why


def test_bars_are_those_that_the_rungs_command_shows():
    from raytune_lite.report.rung_ladder import rung_ladder

    pruner = ASHAPruner(1, 27, 3)
    study = rl.create_study(study_name="s", pruner=pruner, sampler=RandomSampler(0), direction="maximize")
    study.optimize(climb, max_trials=30, executor="inline")
    lines = {line.level: (line.bar, line.best) for line in Framing(Following(study)).frame(0.0, None).rungs}
    assert lines == {rung.level: (rung.bar, rung.best and rung.best[0]) for rung in rung_ladder(study)}


def test_a_frame_after_a_snapshot_is_the_frame_without_one(tmp_path):
    """A long study is opened from a snapshot: what happened before is taken from the tables."""
    from raytune_lite.study import compact_study

    url = f"sqlite:///{tmp_path}/s.db"
    study = rl.create_study(study_name="s", storage=url, pruner=ASHAPruner(1, 9, 3), sampler=RandomSampler(0))
    study.optimize(climb, max_trials=20, executor="inline")
    before = Framing(Following(study)).frame(9.0, None)
    study.close()
    compact_study(study_name="s", storage=url)
    following = Following(rl.load_study(storage=url))
    assert following.is_partial
    after = Framing(following).frame(9.0, None)
    assert (after.counts, after.rungs, after.best, after.promotions) == (
        before.counts, before.rungs, before.best, before.promotions
    )  # fmt: skip
    assert after.bests[-1] == before.bests[-1]


def test_idle_slots_say_why(small):
    following, _, _, _, now = small
    following.n_live = 6
    framing = Framing(following)
    assert (framing.frame(now, ALIVE).idle, framing.frame(now + 4.0, ALIVE).why) == (0, "")  # for a moment
    frame = framing.frame(now + 6.0, ALIVE)
    assert (len(frame.slots), frame.idle) == (4, 2)
    assert "could begin now, and no slot has asked for one" in frame.why
    following.n_live = 4
    assert Framing(following).frame(now, ALIVE).why == ""


# --- what it costs -------------------------------------------------------------------------------------------------


def test_a_frame_of_10_000_trials_costs_at_most_50_ms(large):
    """Of processor time, with what is new since the last frame: reports of all 64 slots, and the drawing."""
    following, repository, record, epoch, now = large
    framing, costs = Framing(following), []
    terminal = screen.Terminal(io.StringIO(), screen.console_for(io.StringIO()))
    for i in range(6):
        live = [following.state.trials.peek(number) for number in following.state.slots.values()]
        events = [
            m.Reported(number=t.number, attempt=t.attempt,
                       progress=m.Progress(user_attrs=(("frame", str(i)),), order=i + 1))
            for t in live
        ]
        repository.commit(record, epoch, [m.LogEntry(now + i, event) for event in events], (), flush=False)
        began = time.process_time()
        assert following.update() == 64
        terminal.show(screen.lines(framing.frame(now + i, ALIVE), 160, 48))
        costs.append(time.process_time() - began)
    print(f"ms a frame: {[round(1000 * cost, 1) for cost in costs]}, load {os.getloadavg()}")
    assert min(costs) < 0.05


def test_only_lines_that_changed_are_written_again():
    out = io.StringIO()
    terminal = screen.Terminal(out, screen.console_for(out))
    terminal.show([screen.Line("one"), screen.Line("two", "bold")])
    n = terminal.n_written
    terminal.show([screen.Line("one"), screen.Line("two", "bold")])
    assert terminal.n_written == n
    terminal.show([screen.Line("one"), screen.Line("2")])
    assert out.getvalue().endswith("\x1b[2;1H2\x1b[K")


# --- lines ---------------------------------------------------------------------------------------------------------


def test_sparklines():
    assert screen.spark([0, 1, 2, 3, 4, 5, 6, 7], 8) == "▁▂▃▄▅▆▇█"
    assert screen.spark([0, 7], 8, ascii_only=True) == "_#"
    assert screen.spark([1.0, float("nan"), 1.0], 8) == "▁ ▁"
    assert screen.spark([float("nan")], 8) == " "
    assert len(screen.spark(list(range(100)), 40)) == 40
    assert screen.spark([5.0, 5.0], 8, low=0.0) == "██"


def test_a_name_cannot_act_on_the_terminal(tmp_path):
    study = rl.create_study(study_name="a\x1b[2Jb\nc", storage=f"sqlite:///{tmp_path}/s.db")
    study.optimize(lambda t: 1.0, 1, executor="inline")
    text = text_of(Framing(Following(study)).frame(1.0, None), 80, 24)
    assert "\x1b" not in text
    assert "a\\x1b[2Jb\\nc" in text


# --- the command ---------------------------------------------------------------------------------------------------


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RTL_STORAGE", "sqlite:///s.db")
    study = rl.create_study(study_name="s", storage="sqlite:///s.db", pruner=ASHAPruner(1, 27, 3))
    study.optimize(climb, max_trials=9, executor="inline")
    return study


def test_once_prints_a_frame_and_ends(run):
    result = CliRunner().invoke(cli, ["watch", "--once"], env={"COLUMNS": "100"})
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("s · minimize · over · ")
    assert "\x1b" not in result.stdout
    assert "why: no run is under way" in result.stdout
    plain = CliRunner().invoke(cli, ["watch", "--once", "--ascii"], env={"COLUMNS": "60"}).stdout
    assert plain.isascii()
    assert max(map(len, plain.splitlines())) <= 60


SCRIPT = """
import time
import raytune_lite as rl

def objective(trial):
    x = trial.suggest_float("x", 0, 1)
    for step in range(1, 28):
        time.sleep(0.02)
        trial.report(x + 1 / step, step)
        if trial.should_prune():
            raise rl.TrialPruned
    return x

study = rl.create_study(study_name="live", storage="sqlite:///live.db", pruner=rl.pruners.ASHAPruner(1, 27, 3))
study.optimize(objective, n_trials=100000, executor="inline")
"""


class Pty:
    """A watch on a terminal of 80 x 24, and what stands there."""

    def __init__(self, *arguments):
        import fcntl
        import pty
        import struct
        import termios

        self.rows, self.text, self.raw = [""] * 24, "", ""
        keyboard, terminal = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        command = [sys.executable, "-m", "raytune_lite", "watch", *arguments]
        environment = {**os.environ, "TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8"}
        self.process = subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal, env=environment)
        os.close(terminal)
        self.fd = keyboard

    def until(self, pattern, seconds=60.0):
        """Read until a line matches."""
        end = time.monotonic() + seconds
        while not any(re.search(pattern, row) for row in self.rows):
            assert time.monotonic() < end, f"{pattern} is not in:\n" + "\n".join(self.rows)
            self.read(0.2)

    def read(self, seconds):
        if select.select([self.fd], [], [], seconds)[0]:
            try:
                self.text += os.read(self.fd, 65536).decode("utf-8", "replace")
            except OSError:  # it has ended
                return
            parts = re.split(r"\x1b\[(\d+);1H", self.text)
            for row, content in zip(parts[1::2], parts[2::2], strict=True):
                self.rows[int(row) - 1] = re.sub(r"\x1b\[[?0-9;]*[a-zA-Z]", "", content)
            self.raw, self.text = self.raw + self.text, parts[-1] if len(parts) == 1 else ""

    def press(self, keys):
        os.write(self.fd, keys.encode())

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.fd)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pty")
def test_on_a_terminal_it_follows_and_controls_a_study_of_another_process(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RTL_STORAGE", "sqlite:///live.db")
    monkeypatch.setenv("NO_COLOR", "1")
    runner = subprocess.Popen([sys.executable, "-c", SCRIPT], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    pty = None
    try:
        end = time.monotonic() + 60
        while not (tmp_path / "live.db").exists() or not rl.get_all_study_names("sqlite:///live.db"):
            assert time.monotonic() < end
            time.sleep(0.2)
        pty = Pty("--interval", "0.3")
        pty.until(r"^live · minimize · running · ")
        pty.until(r"^  trial \d+ +[█░]{10} step")
        pty.until(r"#\d+ paused: \d+(st|nd|rd|th) of \d+ at step")
        pty.press("p")
        pty.until(r"^live · minimize · paused")
        pty.until(r"^why: needs the study to go on: it is paused")
        pty.press("p")
        pty.until(r"^live · minimize · running")
        pty.press("k0\r")
        pty.until(r"stop trial 0: ")
        pty.press("r0\r")
        pty.until(r"trial 0 again: done")
        pty.press("h")
        pty.until(r"^p    pause the study")
        pty.press("h")
        pty.until(r"^live · minimize")
        pty.press("q")
        assert pty.process.wait(20) == 0
        assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", pty.raw)  # NO_COLOR
        seen = rl.load_study(storage="sqlite:///live.db")
        assert seen.get_trial(0).state is not rl.TrialState.PAUSED
        again = [trial for trial in seen.trials if trial.number and trial.params == seen.get_trial(0).params]
        assert again or any(trial.state is rl.TrialState.WAITING for trial in seen.trials)
    finally:
        runner.kill()
        runner.wait()
        if pty is not None:
            pty.close()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pty")
def test_readonly_keys_change_nothing(run):
    pty = Pty("--readonly")
    try:
        pty.until(r"^s · minimize · over")
        pty.until(r"^Enter trial  / filter  h help  q quit")
        pty.press("r")
        pty.until(r"--readonly: no key changes anything")
        pty.press("\r0\r")
        pty.until(r"^trial 0")
        pty.until(r"^any key goes back")
        pty.press("q")  # back to the frame
        pty.until(r"^s · minimize · over")
        pty.press("\r999\r")
        pty.until(r"has no trial 999")
        pty.press("/promoted\r")
        pty.until(r"^decisions with 'promoted' alone")
        shown = [row for row in pty.rows if re.match(r" +[\d.]+ (s|min|h).* #\d+ ", row)]
        assert shown
        assert all("promoted" in row.lower() for row in shown)
        pty.press("/\x7f\r")
        pty.until(r"^Enter trial")
        pty.press("q")
        assert pty.process.wait(20) == 0
    finally:
        pty.close()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pty")
def test_the_last_slot_is_not_taken_away(run):
    pty = Pty()
    try:
        pty.until(r"^s · minimize · over")
        pty.press("-")
        pty.until(r"no slot can go: p pauses the study")
        pty.press("q")
        assert pty.process.wait(20) == 0
    finally:
        pty.close()
