"""A frame of ``raytune-lite watch`` as lines of text, and a terminal on which only changed lines are written again.

Knows no study: a frame is any object with the fields of ``report.frame.Frame``.
"""

from __future__ import annotations

import io
import math
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO

from .frame import counts_text
from .tables import duration, percent, shorten
from .text import printable

if TYPE_CHECKING:
    from rich.console import Console

LEAST_WIDTH, LEAST_HEIGHT = 60, 12
_BARS, _ASCII_BARS = "▁▂▃▄▅▆▇█", "_.-=+*%#"
_FULL, _ASCII_FULL = ("█", "░"), ("#", ".")
_BAR = 10  # columns
_WHY = 2  # lines
_SPARK = 40  # columns at most
KEYS = "p pause  + - slots  k kill  r again  Enter trial  / filter  h help  q quit"
READ_ONLY_KEYS = "Enter trial  / filter  h help  q quit"
HELP = (
    "p    pause the study: running trials save and end; again: let it go on",
    "+ -  one slot more, or less",
    "k    stop one trial for good; asks for its number",
    "r    run a trial's configuration again, as a new trial; asks for its number",
    "Enter  show one trial: attempts, reports, decisions; asks for its number",
    "/    show only decisions with a text in them: promoted, failed, #17",
    "h    this page; any key leaves it",
    "q    leave; the study goes on",
    "",
    "A rung's row: how many came, were promoted, and are paused there; the best",
    "value, and the bar: what the last one has that may go on.",
    "A slot's row: the trial, how far it is to its next decision, and its speed.",
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line and its style, in rich's words."""

    text: str
    style: str = ""


def lines(frame: Any, width: int, height: int, *, ascii_only: bool = False, keys: str = KEYS) -> list[Line]:
    """A frame in at most ``height`` lines of at most ``width`` columns.

    Args:
        frame: what is to be seen.
        width: columns; with less than 60 lines are cut.
        height: lines, at least 12.
        ascii_only: no character that ASCII has not; other characters of names become "?".
        keys: the last line.
    """
    columns, width, height = width, max(width, LEAST_WIDTH), max(height, LEAST_HEIGHT)
    head, foot = list(_head(frame)), list(_why(frame, width))
    spark = list(_sparks(frame, width, ascii_only))
    rest = height - len(head) - len(foot) - len(spark) - 1 - 3  # the keys, and three titles
    n_rungs = min(len(frame.rungs), max(1, rest // 3))
    n_slots = min(len(frame.slots) + (frame.idle > 0), max(1, (rest - n_rungs) // 2))
    n_notes = max(1, rest - n_rungs - n_slots)
    found = [*head, *_rungs(frame, n_rungs, ascii_only), *_slots(frame, n_slots, ascii_only), *spark]
    found += [*_notes(frame, n_notes), *foot]
    found = [*found[: height - 1], Line(keys, "reverse")]
    return [Line(_fit(line.text, columns, ascii_only), line.style) for line in found]


def page(texts: Sequence[str], width: int, height: int, *, ascii_only: bool = False) -> list[Line]:
    """Text in place of a frame: what fits on the screen, with a last line that says how to leave it."""
    room = max(1, height - 2)
    shown = texts if len(texts) < height else [*texts[:room], f"... {len(texts) - room} more lines"]
    found = [Line(_fit(text, width, ascii_only), "" if i else "bold") for i, text in enumerate(shown)]
    return [*found, Line(_fit("any key goes back", width, ascii_only), "reverse")]


def _fit(text: str, width: int, ascii_only: bool) -> str:
    text = shorten(text, width)
    return text.replace("·", "|").encode("ascii", "replace").decode() if ascii_only else text


# --- parts ---------------------------------------------------------------------------------------------------------


def _head(frame: Any) -> Iterator[Line]:
    sense = " and ".join(frame.directions)
    best, found = "no result yet", [rung for rung in frame.rungs if rung.best is not None]
    if found and len(frame.directions) == 1:
        highest = max(found, key=lambda rung: rung.level)
        best = f"best so far {highest.best:.6g} at step {highest.level}"
    if frame.best is not None:
        value, number, ago = frame.best
        best = f"best {value:.6g} (trial {number}, {duration(ago)} ago)"
    yield Line(f"{printable(frame.study)} · {sense} · {frame.state} · {duration(frame.seconds)} · {best}", "bold")
    counts = counts_text({state.upper(): n for state, n in frame.counts.items()})
    left = "" if frame.left is None else f" · {frame.left} left"
    used = "" if frame.goodput is None else f" · goodput {percent(frame.goodput)}"
    used += "" if frame.cost is None else f" · cost {frame.cost:,.2f}"
    promotions = f" · {frame.promotions} promotions" if frame.promotions else ""
    yield Line(f"{counts}{left}{promotions}{used}")


def _rungs(frame: Any, n: int, ascii_only: bool) -> Iterator[Line]:
    if not frame.rungs:
        yield Line("rungs: none reached", "dim")
        return
    yield Line(f"rungs: {len(frame.rungs)}" + (f", the highest {n}" if n < len(frame.rungs) else ""), "dim")
    most = max(rung.came for rung in frame.rungs)
    wide, several = max(len(str(rung.level)) for rung in frame.rungs), len({r.bracket for r in frame.rungs}) > 1
    for rung in frame.rungs[:n]:
        bracket = f"{rung.bracket}:" if several else ""
        best = "" if rung.best is None else f" · best {rung.best:.4g}"
        bar = "" if rung.bar is None else f" · bar {rung.bar:.4g}"
        shown = _bar(rung.came / most, ascii_only)
        yield Line(f"  {bracket}{rung.level:>{wide}} {shown} {rung.came} came · {rung.promoted} promoted · "
                   f"{rung.paused} paused{best}{bar}")  # fmt: skip


def _slots(frame: Any, n: int, ascii_only: bool) -> Iterator[Line]:
    n_live = len(frame.slots)
    room = n - (frame.idle > 0)
    more = f", the first {room}" if room < n_live else ""
    yield Line(f"slots: {n_live} busy" + (f", {frame.idle} idle" if frame.idle else "") + more, "dim")
    for slot in frame.slots[: max(0, room)]:
        part = slot.step / slot.due if slot.due else 1.0
        to = f"step {slot.step}" + ("" if slot.due is None else f" of {slot.due}")
        rate = "" if slot.rate is None else f" · {slot.rate:.3g} steps/s"
        value = "" if slot.value is None else f" · {slot.value:.4g}"
        again = "" if slot.attempt == 1 else f" · attempt {slot.attempt}"
        stop = f" · ends: {printable(slot.stopping)}" if slot.stopping else ""
        yield Line(f"  trial {slot.number:<5} {_bar(part, ascii_only)} {to}{value}{rate} · "
                   f"{duration(slot.seconds)}{again}{stop}")  # fmt: skip
    if frame.idle:
        yield Line(f"  {frame.idle} slot(s) idle", "red")


def _sparks(frame: Any, width: int, ascii_only: bool) -> Iterator[Line]:
    columns = min(_SPARK, width - 30)
    if frame.bests:
        yield Line(f"best      {spark(frame.bests, columns, ascii_only)} {frame.bests[-1]:.6g}")
    yield Line(f"reports/s {spark(frame.rates, columns, ascii_only, low=0.0)} {frame.rate:.1f}")


def _notes(frame: Any, n: int) -> Iterator[Line]:
    yield Line("last:", "dim")
    for note in frame.notes[-n:]:
        who = "" if note.number is None else f"#{note.number} "
        yield Line(f"  {duration(note.at):>11} {who}{note.text}", _STYLES.get(note.kind, ""))


_STYLES = {"failed": "red", "retried": "yellow", "promoted": "green", "passed": "green", "complete": "bold"}


def _why(frame: Any, width: int) -> Iterator[Line]:
    found = textwrap.wrap(f"why: {printable(frame.why)}", width, subsequent_indent="     ") if frame.why else []
    if len(found) > _WHY:
        found = [*found[: _WHY - 1], shorten(f"{found[_WHY - 1]} ...", width)]
    yield from (Line(text, "yellow") for text in found)


def _bar(part: float, ascii_only: bool) -> str:
    full, empty = _ASCII_FULL if ascii_only else _FULL
    n = round(_BAR * min(max(part, 0.0), 1.0))
    return full * n + empty * (_BAR - n)


def spark(values: Sequence[float], columns: int, ascii_only: bool = False, *, low: float | None = None) -> str:
    """Values as a row of bars, the last ones at the right; of more values than columns the means.

    Args:
        values: finite ones are drawn; others are blanks.
        columns: how many at most.
        ascii_only: with ASCII's characters.
        low: the value of the lowest bar; None: the least one.
    """
    bars = _ASCII_BARS if ascii_only else _BARS
    shown = _means(values, columns)
    finite = [value for value in shown if math.isfinite(value)]
    if not finite:
        return " " * len(shown)
    bottom = min(finite) if low is None else low
    span = max(finite) - bottom
    top = len(bars) - 1
    return "".join(
        (bars[round(top * (value - bottom) / span)] if span > 0 else bars[0]) if math.isfinite(value) else " "
        for value in shown
    )


def _means(values: Sequence[float], columns: int) -> list[float]:
    n = len(values)
    if n <= columns:
        return list(values)
    parts = [values[n * i // columns : n * (i + 1) // columns] for i in range(columns)]
    return [sum(part) / len(part) for part in parts]


# --- the terminal --------------------------------------------------------------------------------------------------


class Terminal:
    """Writes lines on a terminal's other screen, and again only those that have changed: little over a slow line.

    Args:
        file: the terminal.
        console: rich's, for colours as the terminal has them; it obeys NO_COLOR.
    """

    def __init__(self, file: TextIO, console: Console) -> None:
        self._file, self._console = file, console
        self._shown: list[Line] = []
        self.n_written = 0  # characters, in all

    def __enter__(self) -> Terminal:
        self._write("\x1b[?1049h\x1b[?25l\x1b[2J")
        return self

    def __exit__(self, *_: object) -> None:
        self._write("\x1b[?25h\x1b[?1049l")

    def show(self, found: Sequence[Line]) -> None:
        """Show these lines from the top down."""
        parts = []
        for row in range(max(len(found), len(self._shown))):
            line = found[row] if row < len(found) else Line("")
            if row >= len(self._shown) or self._shown[row] != line:
                parts.append(f"\x1b[{row + 1};1H{self._styled(line)}\x1b[K")
        self._shown = list(found)
        self._write("".join(parts))

    def forget(self) -> None:
        """Write everything again: the terminal's size has changed."""
        self._shown = []
        self._write("\x1b[2J")

    def _styled(self, line: Line) -> str:
        return styled(line, self._console)

    def _write(self, text: str) -> None:
        if text:
            self.n_written += len(text)
            self._file.write(text)
            self._file.flush()


def styled(line: Line, console: Console) -> str:
    """A line with the terminal's codes for its style."""
    if not line.style:
        return line.text
    from rich.style import Style

    return Style.parse(line.style).render(line.text, color_system=None if console.no_color else _colours(console))


def _colours(console: Console) -> Any:
    from rich.color import ColorSystem

    known = {"standard": ColorSystem.STANDARD, "256": ColorSystem.EIGHT_BIT, "truecolor": ColorSystem.TRUECOLOR}
    return known.get(console.color_system or "")


def console_for(file: TextIO | io.StringIO) -> Console:
    """rich's console for a file."""
    from rich.console import Console

    return Console(file=file, highlight=False)


__all__ = ["HELP", "KEYS", "READ_ONLY_KEYS", "Line", "Terminal", "console_for", "lines", "page", "spark", "styled"]
