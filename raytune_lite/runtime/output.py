"""What an objective prints: a log a trial, on the disk of the node where the attempt ran.

The attempt's ``sys.stdout`` and ``sys.stderr`` write there, too, while the objective runs. What other processes print,
and C code, is not among it. A disk that is full or not there costs the log, never the trial. Knows no Ray.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, TextIO

from ..checkpoints.layout import RUN_LOG, log_place

TrialOutput = Literal["show", "keep", "hide"]
LIMIT = 10 * 2**20  # bytes of one trial's log, of all attempts together
CUT = "\n(the log ends here: it has reached {limit} bytes; the objective goes on)\n"


class TrialLog:
    """The log of one attempt. The file is made when the first text comes.

    Args:
        root: the study's directory of checkpoints.
        number: of the trial.
        attempt: said in the file, above what it printed.
        limit: bytes.
        rank: of the trial's processes this one's; said in the file, where it is not 0. All of them write there.
    """

    def __init__(self, root: str, number: int, attempt: int, limit: int = LIMIT, *, rank: int = 0) -> None:
        self._path, self._limit = Path(root, log_place(number)), limit
        self._head = f"--- attempt {attempt}" + (f", rank {rank}" if rank else "")
        self._file: TextIO | None = None
        self._left = 0
        self._is_over = False

    def write(self, text: str) -> None:
        """Add text, unless the log is closed, or is full, or its disk fails."""
        if self._is_over or not text:
            return
        try:
            self._write(text)
        except (OSError, ValueError):  # ValueError: another thread has closed it
            self.close()

    def _write(self, text: str) -> None:
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("a", encoding="utf-8", errors="backslashreplace", buffering=1)
            self._left = self._limit - self._file.tell()
            text = f"{self._head}\n{text}" if self._left > 0 else text
        self._left -= len(text)
        if self._left > 0:
            self._file.write(text)
            return
        if self._left + len(text) > 0:  # it was not full before
            self._file.write(CUT.format(limit=self._limit))
        self.close()

    def close(self) -> None:
        """Nothing is added any more."""
        self._is_over = True
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.close()


class RunLog(TrialLog):
    """What the process of a detached run prints: notices, progress, the result. ``run``: said in the file, above it."""

    def __init__(self, root: str, run: str, limit: int = LIMIT) -> None:
        super().__init__(root, 0, 0, limit)
        self._path, self._head = Path(root, RUN_LOG), f"--- run {run}"


class _Tee:
    """A stream that writes to another one, if there is one, and to a log.

    Args:
        stream: None: what is written is seen in the log only.
        log: where else; None: nowhere.
        first: called before the first text.
    """

    def __init__(self, stream: Any, log: TrialLog | None, first: Callable[[], None] | None) -> None:
        self._stream, self._log, self._first = stream, log, first

    def write(self, text: str) -> int:
        if self._first is not None:
            first, self._first = self._first, None
            first()
        if self._log is not None and isinstance(text, str):
            self._log.write(text)
        if self._stream is not None:
            self._stream.write(text)
        return len(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        if self._stream is not None:
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:  # fileno, isatty, encoding, buffer: those of the stream
        stream = self.__dict__.get("_stream")
        return getattr(sys.__stdout__ if stream is None else stream, name)


@contextlib.contextmanager
def captured(
    log: TrialLog | None, *, passes_on: bool = True, first: Callable[[TextIO], None] | None = None
) -> Iterator[None]:
    """What this process prints meanwhile goes into ``log``, too.

    Args:
        log: closed at the end; None: there is none.
        passes_on: whether it goes where it would go without this.
        first: called with each of the two streams before the first text for it.
    """
    before = sys.stdout, sys.stderr
    tees = tuple(_tee(stream, log, passes_on, first) for stream in before)
    sys.stdout, sys.stderr = tees
    try:
        yield
    finally:
        if (sys.stdout, sys.stderr) == tees:  # else the objective has put something else there, which stays
            sys.stdout, sys.stderr = before
        if log is not None:
            log.close()


def _tee(stream: Any, log: TrialLog | None, passes_on: bool, first: Callable[[TextIO], None] | None) -> Any:
    announce = None if first is None else lambda: first(stream)
    return _Tee(stream if passes_on else None, log, announce)


def of_inline(mode: TrialOutput, root: str, number: int, attempt: int) -> contextlib.AbstractContextManager[None]:
    """Of a trial in the script's own process: its streams are left alone by "show", so that a debugger works there."""
    if mode == "show":
        return contextlib.nullcontext()
    return captured(TrialLog(root, number, attempt) if mode == "keep" else None, passes_on=False)


def read_log(root: str, number: int | None) -> str | None:
    """What a trial printed, or the detached runs (None), as far as it lies here; None: there is no such file.

    Raises:
        OSError: the file cannot be read.
    """
    try:
        place = RUN_LOG if number is None else log_place(number)
        return Path(root, place).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None


__all__ = ["LIMIT", "RunLog", "TrialLog", "TrialOutput", "captured", "of_inline", "read_log"]
