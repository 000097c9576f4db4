"""Record the README's picture: ``python docs/make_picture.py [FILE]`` writes docs/assets/kill.svg.

It starts a study in one real terminal, kills a worker with ``kill -9`` from a second one, and waits until the study is
over. What both terminals showed at five moments becomes one SVG that plays them one after another; a reader who does
not want motion gets the last one. Nothing is drawn that was not on a screen. ``tests/on_ray/test_picture.py`` runs it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import escape

import pyte

ROOT = Path(__file__).resolve().parent.parent
PICTURE = Path(__file__).with_name("assets") / "kill.svg"
COLUMNS, ROWS, ROWS_BELOW = 92, 15, 9
KILLED_AT = 5  # epochs
GOES_ON = rf"goes on after epoch [{KILLED_AT - 1}{KILLED_AT}]"  # the last report may not have been stored
TRAIN = f'''
import os, time
from pathlib import Path
import raytune_lite as rtl

PID_FILE = Path("worker.pid").resolve()

def objective(trial):
    lr = trial.suggest_float("lr", 0.01, 1.0, log=True)
    state = trial.load_checkpoint() or {{"epoch": 0, "weight": 10.0}}
    if state["epoch"]:
        print("goes on after epoch", state["epoch"])
    for epoch in range(state["epoch"] + 1, 28):
        time.sleep(0.25)
        state = {{"epoch": epoch, "weight": state["weight"] * (1 - lr)}}
        loss = state["weight"] ** 2 + 0.02
        trial.save_checkpoint(state, step=epoch)
        trial.report(loss, step=epoch)
        if epoch == {KILLED_AT} and trial.number > 5 and not PID_FILE.exists():
            PID_FILE.write_text(str(os.getpid()))
        if trial.should_prune():
            raise rtl.TrialPruned
    return loss

if __name__ == "__main__":
    study = rtl.create_study(study_name="train", storage="sqlite:///train.db", load_if_exists=True,
                             sampler=rtl.samplers.RandomSampler(seed=4),
                             pruner=rtl.pruners.ASHAPruner(1, 27, 3, mode="promote"))
    study.optimize(objective, max_trials=24, max_concurrent=2)
'''


@dataclass
class Terminal:
    """A program in a terminal of its own, and the screen that it shows."""

    command: list[str]
    folder: Path
    rows: int
    environment: dict[str, str]
    process: subprocess.Popen[bytes] = field(init=False)
    master: int = field(init=False)

    def __post_init__(self) -> None:
        self.screen = pyte.Screen(COLUMNS, self.rows)
        self.stream = pyte.ByteStream(self.screen)
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", self.rows, COLUMNS, 0, 0))
        self.process = subprocess.Popen(
            self.command, stdin=slave, stdout=slave, stderr=slave, cwd=self.folder, env=self.environment,
            start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )  # fmt: skip
        os.close(slave)

    def read(self) -> None:
        """Take in what has been printed."""
        while select.select([self.master], [], [], 0)[0]:
            try:
                printed = os.read(self.master, 65536)
            except OSError:  # the program has ended
                return
            if not printed:
                return
            self.stream.feed(printed)

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self.master, text.encode())

    def is_waiting(self) -> bool:
        """Whether the shell asks for the next command."""
        return self.text().rstrip().splitlines()[-1:] == ["$"]

    def text(self) -> str:
        """What the screen shows."""
        return "\n".join(line.rstrip() for line in self.screen.display)

    def frame(self) -> list[list[tuple[int, str, str, bool]]]:
        """Each row as (column, text, colour, bold) of the pieces that look alike."""
        rows = []
        for y in range(self.rows):
            pieces: list[tuple[int, str, str, bool]] = []
            for x in range(COLUMNS):
                char = self.screen.buffer[y][x]
                if pieces and pieces[-1][2:] == (char.fg, char.bold):
                    at, text, colour, bold = pieces[-1]
                    pieces[-1] = (at, text + char.data, colour, bold)
                else:
                    pieces.append((x, char.data, char.fg, char.bold))
            rows.append([piece for piece in pieces if piece[1].strip()])
        return rows


@dataclass
class Recording:
    """Two terminals, one above the other, and what they showed."""

    above: Terminal
    below: Terminal
    frames: list[list[list[tuple[int, str, str, bool]]]] = field(default_factory=list)

    def until(self, what: str, holds: Callable[[], bool], seconds: float = 120.0) -> None:
        """Follow both terminals until ``holds()``.

        Raises:
            TimeoutError: it did not hold within so many seconds; the message has what the terminals showed.
        """
        deadline = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > deadline:
                raise TimeoutError(f"waited {seconds:g} s until {what}:\n{self.above.text()}\n{self.below.text()}")
            self.above.read()
            self.below.read()
            time.sleep(0.02)

    def wait(self, seconds: float) -> None:
        """Follow both terminals for so long."""
        end = time.monotonic() + seconds
        self.until("time is over", lambda: time.monotonic() >= end, seconds + 5)

    def keep(self) -> None:
        """Keep what both terminals show now."""
        self.above.read()
        self.below.read()
        self.frames.append(self.above.frame() + self.below.frame())


def record() -> tuple[Recording, Path]:
    """Run the study, kill a worker, and keep what the terminals show. The folder has the study's database."""
    folder = Path(tempfile.mkdtemp(prefix="picture-"))
    (folder / "train.py").write_text(TRAIN, encoding="utf-8")
    command = folder / "raytune-lite"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m raytune_lite "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    environment = {
        **os.environ, "TERM": "xterm-256color", "PS1": r"\[\e[32m\]$ \[\e[0m\]", "PROMPT_COMMAND": "",
        "PYTHONPATH": str(ROOT),
        "PATH": f"{folder}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "RTL_STORAGE": "sqlite:///train.db",
    }  # fmt: skip
    environment.pop("CI", None)
    shell = ["bash", "--norc", "--noprofile", "-i"]
    with (
        _terminal(shell, folder, ROWS, environment) as above,
        _terminal(shell, folder, ROWS_BELOW, environment) as below,
    ):
        made = Recording(above, below)
        _play(made, folder)
    return made, folder


@contextlib.contextmanager
def _terminal(command: list[str], folder: Path, rows: int, environment: dict[str, str]) -> Iterator[Terminal]:
    terminal = Terminal(command, folder, rows, environment)
    try:
        yield terminal
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(terminal.process.pid, signal.SIGHUP)
        terminal.process.wait(10)
        os.close(terminal.master)


def _play(made: Recording, folder: Path) -> None:
    above, below = made.above, made.below
    made.until("both shells wait", lambda: above.is_waiting() and below.is_waiting())
    above.type("python train.py\n")
    made.until("a trial has come far", (folder / "worker.pid").exists)
    made.keep()
    below.type("kill -9 $(cat worker.pid)\n")
    made.wait(0.3)
    made.keep()
    made.until("the loss is noticed", lambda: "worker_crash" in above.text())
    made.keep()
    made.until("the trial goes on", lambda: re.search(GOES_ON, above.text()) is not None)
    made.wait(1.5)
    made.keep()
    made.until("the study is over", lambda: "the run ended after" in above.text())
    number = re.search(rf"trial (\d+)\] {GOES_ON}", above.text())[1]
    below.type(f"raytune-lite attempts | grep -E '^trial|^ +{number} ' | cut -c1-{COLUMNS}\n")
    made.until("the attempts are listed", lambda: "worker_crash" in below.text() and below.is_waiting())
    made.keep()


# --- the picture ------------------------------------------------------------------------------------------------------

WIDE, HIGH, LEFT, TOP = 8.0, 17, 14, 26
SECONDS = (3.0, 1.5, 3.0, 3.5, 7.0)  # how long each moment is shown
COLOURS = {
    "default": "#d4d4d4", "black": "#808080", "red": "#f48771", "green": "#89d185", "brown": "#dcdcaa",
    "blue": "#75beff", "magenta": "#d7a1e0", "cyan": "#4ec9b0", "white": "#ffffff",
}  # fmt: skip


def svg(frames: list[list[list[tuple[int, str, str, bool]]]]) -> str:
    """The moments as one picture that plays them."""
    width, between = COLUMNS * WIDE + 2 * LEFT, 34
    height = TOP + (ROWS + ROWS_BELOW) * HIGH + between + 12
    below = TOP + ROWS * HIGH + between
    total, start, rules, groups = sum(SECONDS), 0.0, [], []
    for number, (frame, seconds) in enumerate(zip(frames, SECONDS, strict=True)):
        first, last = 100 * start / total, 100 * (start + seconds) / total
        shown = f"{first:.2f}%, {last - 0.01:.2f}% {{ visibility: visible }}"
        before = f"0%, {first - 0.01:.2f}% {{ visibility: hidden }} " if number else ""
        after = f"{last:.2f}%, 100% {{ visibility: hidden }}" if number < len(frames) - 1 else ""
        rules.append(f"@keyframes m{number} {{ {before}{shown} {after} }}")
        rules.append(f"#m{number} {{ animation: m{number} {total:g}s step-end infinite }}")
        groups.append(f'<g id="m{number}">{_rows(frame, below)}</g>')
        start += seconds
    hidden = ", ".join(f"#m{number}" for number in range(len(frames) - 1))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height}" width="{width:g}" height="{height}" '
        'role="img" aria-label="A worker is killed with kill -9, and the study goes on">\n'
        "<style>text { font: 13px ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace; white-space: pre } "
        f"g {{ visibility: hidden }} {' '.join(rules)} @media (prefers-reduced-motion: reduce) "
        f"{{ {hidden} {{ animation: none; visibility: hidden }} #m{len(frames) - 1} "
        "{ animation: none; visibility: visible } }</style>\n"
        f'<rect width="100%" height="100%" rx="8" fill="#1e1e1e"/>\n'
        f'<rect y="{below - HIGH - 8}" width="100%" height="1" fill="#555"/>\n'
        f'<text x="{width - LEFT}" y="18" fill="#808080" text-anchor="end">terminal 1</text>\n'
        f'<text x="{width - LEFT}" y="{below - 8}" fill="#808080" text-anchor="end">terminal 2</text>\n'
        + "\n".join(groups)
        + "\n</svg>\n"
    )


def _rows(frame: list[list[tuple[int, str, str, bool]]], below: int) -> str:
    found = []
    for y, pieces in enumerate(frame):
        at = TOP + y * HIGH + 12 if y < ROWS else below + (y - ROWS) * HIGH + 12
        for column, text, colour, bold in pieces:
            start = len(text) - len(text.lstrip())
            shown = text.strip()
            fill = COLOURS.get(colour, f"#{colour}")
            weight = ' font-weight="bold"' if bold else ""
            found.append(
                f'<text x="{LEFT + (column + start) * WIDE:g}" y="{at}" textLength="{len(shown) * WIDE:g}" '
                f'lengthAdjust="spacingAndGlyphs" fill="{fill}"{weight}>{escape(shown)}</text>'
            )
    return "".join(found)


if __name__ == "__main__":
    where = Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURE
    where.write_text(svg(record()[0].frames), encoding="utf-8")
