"""Live progress of a run on the terminal, or plain lines when there is no terminal. Knows no Ray."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from ..runtime.ports import Plan
from .text import printable, printable_lines

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live

PLAIN_INTERVAL = 5.0  # seconds between lines when there is no terminal


class LiveProgress:
    """A context manager: ``update`` shows where the run stands, ``notice`` prints a line above it.

    Args:
        study_name: shown first.
        show: whether ``update`` shows anything; notices are printed all the same.
    """

    def __init__(self, study_name: str, *, show: bool) -> None:
        self.study_name, self.show = study_name, show
        self._start = time.monotonic()
        self._next_line = 0.0
        self._live: Live | None = None
        self._console: Console | None = None

    def __enter__(self) -> LiveProgress:
        if self.show:
            from rich.console import Console
            from rich.live import Live

            self._console = Console(stderr=True, highlight=False)
            if self._console.is_terminal:
                self._live = Live(console=self._console, refresh_per_second=4, transient=True)
                self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def update(self, plan: Plan) -> None:
        """Show where the run stands."""
        if not self.show:
            return
        if plan.commits:
            self.notice(f"stored in {plan.commits}")
        now = time.monotonic()
        if self._live is not None:
            from rich.text import Text

            self._live.update(Text(self._line(plan)))  # not a str: rich would read [red] in a name as markup
        elif now >= self._next_line:
            self._next_line = now + PLAIN_INTERVAL
            print(self._line(plan), file=sys.stderr, flush=True)  # noqa: T201

    def notice(self, text: str) -> None:
        """Print a line for people, whether or not progress is shown."""
        text = printable_lines(text)
        if self._console is not None:
            self._console.print(text, markup=False, soft_wrap=True)
        else:
            print(text, file=sys.stderr, flush=True)  # noqa: T201

    def _line(self, plan: Plan) -> str:
        shown = [f"{n} {state.lower()}" for state, n in sorted(plan.counts.items())] or ["starting"]
        best = f"best {plan.best[1]:.6g} (trial {plan.best[0]})" if plan.best else "no result yet"
        promoted = [f"{plan.promotions} promotions"] if plan.promotions else []
        elapsed = time.monotonic() - self._start
        return " | ".join([f"{printable(self.study_name)} {elapsed:5.1f} s", ", ".join(shown), *promoted, best])
