"""``python -m raytune_lite.runtime.simulator``: hunt through seeds, or play one again and see what happened."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from ..virtual.trace import LEGEND
from .hunt import Tally, hunt, minimise, note_transitions, read, written
from .simulation import play

COMMAND = "python -m raytune_lite.runtime.simulator"


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; answers the exit status: 1 when an invariant did not hold."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000, help="how many seeds to play (default 1000)")
    parser.add_argument("--first", type=int, default=0, help="the first of them (default 0)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: one a core)")
    parser.add_argument("--keep-on", action="store_true", help="play all seeds, also after one that fails")
    parser.add_argument("--transitions", type=Path, help="note counts of the table's rows in this JSON file")
    parser.add_argument("--seed", type=int, help="play this one seed")
    parser.add_argument("--only", help="with --seed: the faults that may strike, as a hunt prints them")
    parser.add_argument("--trace", action="store_true", help="with --seed: print a line an event")
    chosen = parser.parse_args(arguments)
    if chosen.seed is not None:
        return _play(chosen.seed, chosen.only, chosen.trace)
    return _hunt(range(chosen.first, chosen.first + chosen.seeds), chosen.jobs, chosen.keep_on, chosen.transitions)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _play(seed: int, only: str | None, trace: bool) -> int:
    result = play(seed, only=None if only is None else read(only), trace=trace)
    for line in (*LEGEND, *result.lines) if trace else ():
        _say(line)
    _say(f"seed {seed}: {result.events} events, {len(result.struck)} faults, {result.runs} runs")
    _say(f"FAILED: {result.failure}" if result.failure else "every invariant held")
    return int(bool(result.failure))


def _hunt(seeds: range, jobs: int, keep_on: bool, transitions: Path | None) -> int:
    began, said = time.monotonic(), [time.monotonic()]

    def progress(tally: Tally) -> None:
        if time.monotonic() - said[0] > 10:
            said[0] = time.monotonic()
            _say(f"{tally.seeds} of {len(seeds)} seeds, {len(tally.failed)} failed")

    tally = hunt(seeds, jobs=jobs, progress=progress, keep_on=keep_on)
    _say(tally.report(time.monotonic() - began, jobs))
    for seed, failure in tally.failed[1:]:
        _say(f"seed {seed} failed: {failure:.300}")
    if transitions is not None:
        note_transitions(transitions, "simulator", f"{tally.seeds} seeds", tally.transitions)
    if not tally.failed:
        _say("every invariant held")
        return 0
    seed, failure = tally.failed[0]
    _say(f"\nseed {seed} FAILED: {failure}\nlooking for the fewest faults that do it ...")
    smallest = minimise(seed, failure, play(seed).struck)
    _say(f"{len(smallest.struck)} faults are enough:")
    for name, n in smallest.struck:
        _say(f"    {name} #{n}")
    _say(f"play it again:\n    {COMMAND} --seed {seed} --trace --only '{written(smallest.struck)}'")
    return 1


if __name__ == "__main__":
    sys.exit(main())
