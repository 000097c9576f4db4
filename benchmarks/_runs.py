"""Runs of a benchmark that goes on where it was: results line by line, of which the newest of a run counts."""

from __future__ import annotations

import json
import multiprocessing
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import _load

R = TypeVar("R")  # a frozen dataclass: equal runs give equal results


def read(path: Path, kind: type[R]) -> dict[R, dict[str, Any]]:
    """The newest line of each run of this ``kind``; a line that was cut off is ignored.

    A line of an older version may lack what has a default value.
    """
    found: dict[R, dict[str, Any]] = {}
    for line in path.read_text().splitlines() if path.exists() else ():
        try:
            record = json.loads(line)
            names = kind.__dataclass_fields__.keys() & record.keys()  # type: ignore[attr-defined]
            run = kind(**{name: record[name] for name in names})
        except (ValueError, TypeError, AttributeError):
            continue
        found[run] = record
    return found


def carry_out(
    perform: Callable[[Any], dict[str, Any]],
    work: Sequence[Any],
    out: Path,
    jobs: int,
    minutes: float,
    meter: _load.Meter,
) -> None:
    """Perform work in processes and write each result down as it comes; stop when the minutes are spent.

    ``meter``: how busy other processes were stands beside each result.
    """
    end = time.monotonic() + 60 * minutes
    context = multiprocessing.get_context("spawn")
    done, began = 0, time.monotonic()
    with context.Pool(jobs, maxtasksperchild=50) as pool, out.open("a") as lines:
        waiting = pool.imap_unordered(perform, work)
        while done < len(work) and time.monotonic() < end:
            try:
                record = waiting.next(timeout=1.0)
            except multiprocessing.TimeoutError:
                continue
            lines.write(json.dumps(record | {"others": meter.read().others}) + "\n")
            lines.flush()
            done += 1
            if done % 20 == 0:
                left = (time.monotonic() - began) / done * (len(work) - done)
                print(f"{done} of {len(work)} runs, {left / 60:.0f} minutes left", file=sys.stderr)
        pool.terminate()
    print(f"{done} of {len(work)} runs done{'' if done == len(work) else ': the budget is spent'}.", file=sys.stderr)
