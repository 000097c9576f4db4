"""The loop of ``raytune-lite watch``: it draws frames, and hands keys to the commands of a study."""

from __future__ import annotations

import contextlib
import os
import select
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..display.screen import Line
    from ..study import Study
    from .watch_source import Source

_NOTES, _FILTERED = 20, 2_000  # decisions that a frame has; that a filter looks at
_LONGEST = 60  # characters that may be typed


@dataclass(slots=True)
class _Prompt:
    """What is typed below a frame. ``text``: with {} where the answer stands. ``act``: what Enter does with it."""

    text: str
    act: Callable[[str], None]
    is_number: bool = True
    typed: str = ""


class Watch:
    """The loop: frames, keys, and what the keys ask for.

    Args:
        source: frames.
        study: what keys act on; None: they change nothing.
        ascii_only: see ``screen.lines``.
        interval: seconds between frames.
    """

    def __init__(self, source: Source, study: Study | None, *, ascii_only: bool, interval: float) -> None:
        self._source, self._study, self._ascii, self._interval = source, study, ascii_only, interval
        self._message = ""  # what the last key led to
        self._prompt: _Prompt | None = None
        self._filter = ""
        self._page: list[str] = []  # in place of the frame: the keys, or a trial
        self._is_over = False
        self._frame: Any = None

    def run(self) -> None:
        """Draw until q."""
        from ..display import screen

        with _keys() as next_key, screen.Terminal(sys.stdout, screen.console_for(sys.stdout)) as terminal:
            size = os.get_terminal_size()
            while not self._is_over:
                self._frame = self._source.frame(_FILTERED if self._filter else _NOTES)
                key: str | None = "redraw"
                while key is not None and not self._is_over:  # a key is answered at once
                    if os.get_terminal_size() != size:
                        size = os.get_terminal_size()
                        terminal.forget()
                    terminal.show(self._lines(size.columns, size.lines))
                    key = next_key(self._interval)
                    for one in key or "":
                        self._press(one)

    # --- what is shown -----------------------------------------------------------------------------------------------

    def _lines(self, columns: int, rows: int) -> list[Line]:
        from ..display import screen

        if self._page:
            return screen.page(self._page, columns, rows, ascii_only=self._ascii)
        keys = screen.KEYS if self._study is not None else screen.READ_ONLY_KEYS
        if self._prompt is not None:
            keys = self._prompt.text.format(self._prompt.typed + "_")
        elif self._message:
            keys = self._message
        elif self._filter:
            keys = f"decisions with {self._filter!r} alone; / asks anew"
        return screen.lines(self._filtered(), columns, rows, ascii_only=self._ascii, keys=keys)

    def _filtered(self) -> Any:
        """The frame with those decisions alone that have the filter's text in them; "#17": of trial 17."""
        if not self._filter:
            return self._frame
        wanted = self._filter.lower()
        notes = [
            note for note in self._frame.notes
            if wanted in note.text.lower() or wanted in (f"#{note.number}", note.kind)
        ]  # fmt: skip
        return replace(self._frame, notes=notes)

    def _show_trial(self, typed: str) -> None:
        def read() -> None:
            from ..exceptions import RaytuneLiteError
            from ..report import trial_page

            try:
                self._page = list(trial_page.lines(trial_page.trial_page(self._source.study, int(typed))))
                self._message = ""
            except (ValueError, RaytuneLiteError) as error:
                self._message = str(error)

        self._message = f"trial {typed} ..."
        threading.Thread(target=read, daemon=True).start()  # it folds the log again, to say why

    # --- keys --------------------------------------------------------------------------------------------------------

    def _press(self, key: str) -> None:
        self._message = ""
        if self._prompt is not None:
            self._type(key)
        elif key in ("\x03", "\x04") or (key == "q" and not self._page):
            self._is_over = True
        elif self._page:
            self._page = []
        elif key in ("h", "?"):
            from ..display import screen

            self._page = ["raytune-lite watch", "", *screen.HELP]
        elif key in ("\r", "\n"):
            self._prompt = _Prompt("show trial {}: digits, then Enter; Esc leaves it", self._show_trial)
        elif key == "/":
            text = "decisions with {}: then Enter; nothing shows all; #17 is trial 17"
            self._prompt = _Prompt(text, self._set_filter, is_number=False)
        elif self._study is None:
            self._message = "--readonly: no key changes anything" if key in "pkr+-" else ""
        else:
            self._change(key, self._study)

    def _change(self, key: str, study: Study) -> None:
        """A key that changes the study."""
        if key == "p":
            paused = self._frame.state == "paused"
            self._do("go on" if paused else "pause", study.unpause if paused else study.pause)
        elif key in ("+", "-", "="):
            n = len(self._frame.slots) + self._frame.idle + (-1 if key == "-" else 1)
            if n >= 1:
                self._do(f"{n} slot(s)", study.resize, n)
            else:
                self._message = "no slot can go: p pauses the study"
        elif key == "k":
            text = "stop trial {} for good: digits, then Enter; Esc leaves it"
            self._prompt = _Prompt(text, lambda n: self._do(f"stop trial {n}", study.stop_trial, int(n)))
        elif key == "r":
            text = "run the configuration of trial {} again, as a new trial: digits, then Enter; Esc leaves it"
            self._prompt = _Prompt(text, lambda n: self._do(f"trial {n} again", _run_again, study, int(n)))

    def _set_filter(self, typed: str) -> None:
        self._filter = typed
        self._frame = self._source.frame(_FILTERED if typed else _NOTES)

    def _type(self, key: str) -> None:
        prompt = self._prompt
        assert prompt is not None
        if key in ("\r", "\n"):
            self._prompt = None
            if prompt.typed or not prompt.is_number:
                prompt.act(prompt.typed)
        elif key in ("\x7f", "\b"):
            prompt.typed = prompt.typed[:-1]
        elif key == "\x1b" or not key.isprintable() or (prompt.is_number and not key.isdigit()):
            self._prompt = None
        elif len(prompt.typed) < (9 if prompt.is_number else _LONGEST):
            prompt.typed += key

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


def _run_again(study: Study, number: int) -> None:
    trial = study.get_trial(number)
    if not trial.params:
        raise ValueError(f"trial {number} has asked for no parameter yet")
    study.enqueue_trial(trial.params)


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


__all__ = ["Watch"]
