"""The command that follows a study on the terminal: it draws frames, and hands keys to the commands of a study."""

from __future__ import annotations

import contextlib
import math
import os
import select
import sys
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import click

from .base import cli, open_study, study_options

if TYPE_CHECKING:
    from ..display.screen import Line
    from ..report.frame import Frame
    from ..runtime.control import Status
    from ..study import Study

_INTERVAL, _INTERVAL_FAR = 1.0, 2.0  # seconds between frames; the second over ssh
_ASK = 5.0  # seconds between questions to the owner why slots are idle
_SUM = 30.0  # seconds between two readings of the goodput, at least
_NOTES = 200  # events of the past that are put in words when it begins


@cli.command()
@study_options
@click.option("--once", is_flag=True, help="Print one frame and end. So also where the output is no terminal.")
@click.option("--readonly", is_flag=True, help="No key changes anything.")
@click.option("--ascii", "ascii_only", is_flag=True, help="Only characters that ASCII has.")
@click.option("--interval", type=click.FloatRange(0.1, 3600.0), metavar="SECONDS",
              help="Between two frames.  [default: 1, over ssh 2]")  # fmt: skip
def watch(
    storage: str | None,
    storage_env: str | None,
    study_name: str | None,
    once: bool,
    readonly: bool,
    ascii_only: bool,
    interval: float | None,
) -> None:
    """Follow a study: best, rungs, slots, decisions in words, and why slots are idle.

    It reads the database alone, from any machine; keys act on the run that is under way. NO_COLOR is obeyed.

    \b
    Example:
      raytune-lite watch --study train
      raytune-lite watch --study train --once
    """
    from ..display import screen

    study = open_study(storage, storage_env, study_name)
    ascii_only = ascii_only or not _prints_blocks()
    source = _Source(study)
    if once or not sys.stdout.isatty():
        source.add_up()
        size = os.terminal_size((_columns(), 40)) if not sys.stdout.isatty() else os.get_terminal_size()
        for line in screen.lines(source.frame(), size.columns, size.lines, ascii_only=ascii_only, keys="")[:-1]:
            click.echo(screen.styled(line, screen.console_for(sys.stdout)) if sys.stdout.isatty() else line.text)
        return
    far = "SSH_CONNECTION" in os.environ
    seconds = interval or (_INTERVAL_FAR if far else _INTERVAL)
    _Watch(source, None if readonly else study, ascii_only=ascii_only, interval=seconds).run()


def _columns() -> int:
    with contextlib.suppress(ValueError):
        return int(os.environ.get("COLUMNS", ""))
    return 80


def _prints_blocks() -> bool:
    try:
        "█▁·".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


class _Source:
    """Frames of a study."""

    def __init__(self, study: Study) -> None:
        from ..report.following import Following
        from ..report.frame import Framing
        from ..runtime.host import RealHost
        from ..runtime.takeover import LIFE, OwnerWatch

        self.study, self._host, self._life = study, RealHost(), LIFE
        self._watch = OwnerWatch(self._host)
        self._following = Following(study, n_notes=_NOTES)
        self._framing = Framing(self._following)
        self._asked: Status | None = None  # what the owner said last
        self._next_ask = self._host.monotonic()
        self._asking: threading.Thread | None = None
        self._next_sum = self._host.monotonic()

    def frame(self) -> Frame:
        """The study now; takes in what has been stored since the last one."""
        self._following.update()
        now = self._host.time() - self.study._record.created
        if self._host.monotonic() >= self._next_sum:
            self._next_sum = math.inf
            threading.Thread(target=self.add_up, daemon=True).start()  # it reads the whole log
        found = self._framing.frame(now, self._owner(), asked=self._asked)
        self._ask_owner(found)
        return found

    def add_up(self) -> None:
        """Read which share of the slot-hours counts."""
        from ..exceptions import RaytuneLiteError
        from ..report.html import goodput

        began = self._host.monotonic()
        with contextlib.suppress(RaytuneLiteError):
            found = goodput.read(self.study)
            self._framing.goodput = None if found is None else found.share
        now = self._host.monotonic()
        self._next_sum = now + max(_SUM, 50 * (now - began))

    def _ask_owner(self, found: Frame) -> None:
        """While slots are idle, now and then, and beside the frames: an owner may be slow to answer."""
        if found.state != "running" or (found.slots and not found.idle):
            self._asked = None
        elif self._host.monotonic() >= self._next_ask and (self._asking is None or not self._asking.is_alive()):
            self._next_ask = self._host.monotonic() + _ASK
            self._asking = threading.Thread(target=self._ask, daemon=True)
            self._asking.start()

    def _ask(self) -> None:
        from ..exceptions import RaytuneLiteError
        from ..runtime import control

        with contextlib.suppress(RaytuneLiteError):
            self._asked = control.status(self.study._repository, self.study._record)

    def _owner(self) -> tuple[str, bool] | None:
        """As ``Results.find_owner``, without waiting: an owner is taken to live until it has been silent."""
        owner = self.study._repository.owner(self.study._record)
        if owner is None:
            return None
        return owner.holder, not owner.is_dead and self._watch.look(owner) <= self._life


class _Watch:
    """The loop: frames, keys, and what the keys ask for.

    Args:
        source: frames.
        study: what keys act on; None: they change nothing.
        ascii_only: see ``screen.lines``.
        interval: seconds between frames.
    """

    def __init__(self, source: _Source, study: Study | None, *, ascii_only: bool, interval: float) -> None:
        self._source, self._study, self._ascii, self._interval = source, study, ascii_only, interval
        self._message = ""  # what the last key led to
        self._typed: str | None = None  # the number of a trial to stop, while it is typed
        self._helps = self._is_over = False
        self._frame: Any = None

    def run(self) -> None:
        """Draw until q."""
        from ..display import screen

        with _keys() as next_key, screen.Terminal(sys.stdout, screen.console_for(sys.stdout)) as terminal:
            size = os.get_terminal_size()
            while not self._is_over:
                self._frame = self._source.frame()
                key: str | None = "redraw"
                while key is not None and not self._is_over:  # a key is answered at once
                    if os.get_terminal_size() != size:
                        size = os.get_terminal_size()
                        terminal.forget()
                    terminal.show(self._lines(size.columns, size.lines))
                    key = next_key(self._interval)
                    for one in key or "":
                        self._press(one)

    def _lines(self, columns: int, rows: int) -> list[Line]:
        from ..display import screen

        if self._helps:
            return [screen.Line("raytune-lite watch", "bold"), screen.Line(""), *map(screen.Line, screen.HELP)]
        keys = screen.KEYS if self._study is not None else screen.READ_ONLY_KEYS
        if self._typed is not None:
            keys = f"stop trial {self._typed}_ for good: digits, then Enter; Esc leaves it"
        elif self._message:
            keys = self._message
        return screen.lines(self._frame, columns, rows, ascii_only=self._ascii, keys=keys)

    def _press(self, key: str) -> None:
        self._message = ""
        if self._typed is not None:
            self._type(key)
        elif key in ("q", "\x03", "\x04"):
            self._is_over = True
        elif key in ("h", "?"):
            self._helps = not self._helps
        elif self._study is None:
            self._message = "--readonly: no key changes anything" if key in "pk+-" else ""
        elif key == "p":
            paused = self._frame.state == "paused"
            self._do("go on" if paused else "pause", self._study.unpause if paused else self._study.pause)
        elif key in ("+", "-", "="):
            n = len(self._frame.slots) + self._frame.idle + (-1 if key == "-" else 1)
            if n >= 1:
                self._do(f"{n} slot(s)", self._study.resize, n)
            else:
                self._message = "no slot can go: p pauses the study"
        elif key == "k":
            self._typed = ""

    def _type(self, key: str) -> None:
        typed = self._typed or ""
        if key.isdigit() and len(typed) < 9:
            self._typed = typed + key
        elif key in ("\x7f", "\b"):
            self._typed = typed[:-1]
        elif key in ("\r", "\n") and typed and self._study is not None:
            self._typed = None
            self._do(f"stop trial {typed}", self._study.stop_trial, int(typed))
        else:
            self._typed = None

    def _do(self, what: str, command: Callable[..., Any], *arguments: Any) -> None:
        """Ask the run, beside the frames: it may take seconds."""

        def ask() -> None:
            try:
                command(*arguments)
                self._message = f"{what}: done"
            except Exception as error:  # noqa: BLE001  (whatever it is, it is shown, and the study goes on)
                self._message = f"{what}: {error}"

        self._message = f"{what} ..."
        threading.Thread(target=ask, daemon=True).start()


@contextlib.contextmanager
def _keys() -> Iterator[Callable[[float], str | None]]:
    """A function that waits for keys for some seconds; None: none came."""
    try:
        import termios
        import tty
    except ImportError:  # Windows: Ctrl-C ends it
        from ..runtime.host import RealHost

        yield lambda seconds: RealHost().sleep(seconds)
        return
    keyboard = sys.stdin.fileno()
    before = termios.tcgetattr(keyboard)
    try:
        tty.setcbreak(keyboard)
        yield lambda seconds: _key(keyboard, seconds)
    finally:
        termios.tcsetattr(keyboard, termios.TCSADRAIN, before)


def _key(keyboard: int, seconds: float) -> str | None:
    ready, _, _ = select.select([keyboard], [], [], seconds)
    if not ready:
        return None
    typed = os.read(keyboard, 64).decode("ascii", "replace")
    return typed[:1] if typed.startswith("\x1b") else typed or "q"  # an arrow is Esc; "": the terminal is gone
