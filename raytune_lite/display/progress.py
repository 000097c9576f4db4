"""Live progress of a run: a view on a terminal, a text in a notebook, plain lines elsewhere. Knows no Ray.

Plain lines are rare, for the logs of a job: the first at once, then at most one a minute, and only when something has
changed, or after five quiet minutes.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .. import logging
from ..runtime.handover import Plan
from .frame import Scene, frame, line
from .text import printable_lines

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

FIRST_LINE = 10.0  # seconds until the first line about trials, where there is no terminal
PLAIN_INTERVAL = 60.0  # seconds between two lines
QUIET_INTERVAL = 300.0  # the same while nothing changes
LOOK_INTERVAL = 1.0  # seconds between two looks of a live view at where the study stands
TRIALS_A_SECOND = 10_000  # in a larger study it looks less often: a look takes the driver longer
FRAMES_A_SECOND = 2
_WINDOW = 120.0  # seconds over which the rate is taken
_one_view = threading.Lock()  # of a script that runs two studies at once in threads, the second prints lines


class LiveProgress:
    """A context manager: ``update`` shows where the run stands, ``notice`` prints a line above it.

    Args:
        study_name: shown first.
        show: whether ``update`` shows anything; notices are printed all the same.
        timeout: seconds that the run may start trials.
        live: False: plain lines on a terminal too; where the objective runs in this thread, pdb may be at work.
        notices: whether notices are printed.
        already: seconds for which the run has been under way.
    """

    def __init__(
        self,
        study_name: str,
        *,
        show: bool,
        timeout: float | None = None,
        live: bool = True,
        notices: bool = True,
        already: float = 0.0,
    ) -> None:
        self.study_name, self.show, self.timeout = study_name, show, timeout
        self._may_be_live, self._notices = live, notices
        self._start = time.monotonic() - already
        self._next_look = 0.0
        self._last_line, self._next_line, self._line_at = "", FIRST_LINE, 0.0
        self._begun: deque[tuple[float, int]] = deque()  # when, and how many trials had begun
        self.plan: Plan | None = None  # the newest
        self._shown: Plan | None = None  # the newest that has a Standing: all figures of a view are of one moment
        self._phase = "starting"
        self._live: Live | None = None
        self._console: Console | None = None
        self._display: Any = None  # a notebook's

    @property
    def elapsed(self) -> float:
        """Seconds since the run began, or since this was made."""
        return time.monotonic() - self._start

    def __enter__(self) -> LiveProgress:
        if not self.show:
            return self
        if self._may_be_live and _is_notebook():
            self._display = _notebook_display("starting ...")
        elif self._may_be_live and _has_terminal() and _one_view.acquire(blocking=False):
            self._start_live()
        return self

    def _start_live(self) -> None:
        from rich.console import Console
        from rich.live import Live

        self._console = Console(stderr=True, highlight=False)
        self._live = Live(
            console=self._console,
            get_renderable=self._rendered,
            refresh_per_second=FRAMES_A_SECOND,
            transient=True,
            redirect_stdout=_is_terminal(sys.stdout),  # what goes to a file stays there
        )
        self._live.start()

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            live, self._live = self._live, None
            try:
                live.stop()
            finally:
                _one_view.release()
        if self._display is not None:
            self._show_in_notebook()

    # --- what happens ------------------------------------------------------------------------------------------------

    @property
    def wants_standing(self) -> bool:
        """Whether the next plan shall say where the study stands: as often as it is shown."""
        if not self.show:
            return False
        is_viewed = self._live is not None or self._display is not None
        return self.elapsed >= (self._next_look if is_viewed else self._next_line)

    def phase(self, text: str) -> None:
        """What goes on before there are trials, for example "starting Ray"."""
        self._phase = text
        if self._live is None and self.show:
            if self._display is None:
                self.write(f"{text} ...")
            else:
                self._show_in_notebook()

    def update(self, plan: Plan) -> None:
        """Show where the run stands."""
        self.plan = plan
        if not self.show:
            return
        now, n = self.elapsed, sum(plan.counts.values()) - plan.counts.get("WAITING", 0)
        if not self._begun or n != self._begun[-1][1]:
            self._begun.append((now, n))
        while len(self._begun) > 2 and self._begun[1][0] < now - _WINDOW:
            self._begun.popleft()
        if plan.standing is None:
            return
        self._shown = plan
        self._next_look = now + LOOK_INTERVAL * max(1.0, n / TRIALS_A_SECOND)
        if self._display is not None:
            self._show_in_notebook()
        elif self._live is None:
            self._show_line(now)

    def notice(self, text: str) -> None:
        """Print a line for people, whether or not progress is shown, and log it."""
        logging.tell(logging.WARNING, text)
        if self._notices:
            self.write(text)

    def close(self, lines: Iterable[str]) -> None:
        """Log the last lines, and print them where progress is shown: below it, not in it."""
        lines = list(lines)
        logging.tell(logging.INFO, "\n".join(lines))
        for text in lines if self.show else ():
            self.write(text)

    # --- how it is shown ---------------------------------------------------------------------------------------------

    def scene(self) -> Scene:
        """What there is to show now."""
        now, plan = self.elapsed, self._shown
        left = None if self.timeout is None else self.timeout - now
        if plan is None or not plan.counts:
            return Scene(name=self.study_name, elapsed=now, phase=f"{self._phase} ...")
        return Scene(
            name=self.study_name,
            elapsed=now,
            counts=plan.counts,
            best=plan.best,
            promotions=plan.promotions,
            standing=plan.standing,
            rate=self._rate(now),
            left=left,
        )

    def _rate(self, now: float) -> float | None:
        """Trials begun a minute, of late."""
        (since, before), (_, n) = self._begun[0], self._begun[-1]
        return 60 * (n - before) / (now - since) if n >= before + 3 and now > since + 1.0 else None

    def _rendered(self) -> Text:
        from rich.text import Text

        width = self._console.width if self._console is not None else 80
        return Text("\n".join(frame(self.scene(), width)))  # not a str: rich would read [red] in a name as markup

    def _show_line(self, now: float) -> None:
        text = line(self.scene())
        what = text.partition(" | ")[2]  # without the time
        if what != self._last_line or now >= self._line_at + QUIET_INTERVAL:
            self.write(text)
            self._last_line, self._line_at = what, now
        self._next_line = now + PLAIN_INTERVAL

    def _show_in_notebook(self) -> None:
        self._display.update({"text/plain": "\n".join(frame(self.scene(), 100))}, raw=True)

    def write(self, text: str) -> None:
        """Print a line above what is shown."""
        text = printable_lines(text)
        if self._console is not None and self._live is not None:
            self._console.print(text, markup=False, soft_wrap=True)
        else:
            print(text, file=sys.stderr, flush=True)  # noqa: T201


def _has_terminal() -> bool:
    """Whether a live view can be drawn: a terminal that knows how to move its cursor, and not the log of a CI."""
    if os.environ.get("CI", "").lower() not in ("", "0", "false") or os.environ.get("TERM") in ("dumb", "unknown"):
        return False
    return _is_terminal(sys.stderr)


def _is_terminal(stream: Any) -> bool:
    try:
        return bool(stream.isatty())
    except (AttributeError, ValueError):  # it is closed, or something else stands in its place
        return False


def _is_notebook() -> bool:
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return type(shell).__name__ == "ZMQInteractiveShell"


def _notebook_display(text: str) -> Any:
    return sys.modules["IPython"].display.display({"text/plain": text}, raw=True, display_id=True)


__all__ = ["LiveProgress"]
