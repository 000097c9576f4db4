"""Many seeds on all cores; and of a history that fails, the fewest faults that still make it fail."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...core.trials import TRANSITIONS
from ...core.trials import written as written_row
from ..virtual.world import Strike
from .simulation import Result, play

CHUNK = 20  # seeds that a process takes at a time


@dataclass(slots=True)
class Tally:
    """What many histories came to."""

    seeds: int = 0
    events: int = 0
    commits: int = 0
    runs: int = 0
    seconds: float = 0.0
    faults: Counter[str] = field(default_factory=Counter)
    transitions: Counter[str] = field(default_factory=Counter)  # rows of the table of states, as text
    failed: list[tuple[int, str]] = field(default_factory=list)  # (seed, the invariant)

    def add(self, result: Result) -> None:
        """One more history."""
        self.seeds += 1
        self.events += result.events
        self.commits += result.commits
        self.runs += result.runs
        self.seconds += result.seconds
        self.faults.update(name for name, _ in result.struck)
        self.transitions.update(dict(result.transitions))
        if result.failure:
            self.failed.append((result.seed, result.failure))

    def merge(self, other: Tally) -> None:
        """Take in another tally."""
        self.seeds, self.events = self.seeds + other.seeds, self.events + other.events
        self.commits, self.runs = self.commits + other.commits, self.runs + other.runs
        self.seconds += other.seconds
        self.faults.update(other.faults)
        self.transitions.update(other.transitions)
        self.failed += other.failed

    def untaken(self) -> list[str]:
        """Rows of the table of states that no trial took."""
        return [row for row in map(written_row, TRANSITIONS) if not self.transitions[row]]

    def report(self, wall: float, jobs: int) -> str:
        """The tally in words."""
        lines = [
            f"{self.seeds} seeds in {wall:.0f} s on {jobs} cores: {self.seeds / max(wall, 1e-9):.1f} a second",
            f"{self.events} events, {self.commits} commits, {self.runs} runs, {self.seconds / 3600:.0f} hours",
            f"{sum(self.faults.values())} faults struck:",
            *(f"{n:10d}  {name}" for name, n in self.faults.most_common()),
            f"{sum(self.transitions.values())} steps of trials; never taken: {', '.join(self.untaken()) or 'none'}:",
            *(f"{self.transitions[name]:10d}  {name}" for name in map(written_row, TRANSITIONS)),
        ]
        return "\n".join(lines)


def hunt(
    seeds: Sequence[int],
    *,
    jobs: int | None = None,
    progress: Callable[[Tally], object] = lambda _: None,
    keep_on: bool = False,
) -> Tally:
    """Play seeds; stop after the first chunk with one that fails, unless ``keep_on``.

    Args:
        seeds: the seeds.
        jobs: processes; None: one a core.
        progress: called with the tally so far, now and then.
        keep_on: play all of them.
    """
    jobs = jobs or os.cpu_count() or 1
    chunks = [seeds[i : i + CHUNK] for i in range(0, len(seeds), CHUNK)]
    total = Tally()
    if jobs == 1:
        tallies: Iterable[Tally] = map(play_all, chunks)
        return _gather(tallies, total, progress, keep_on)
    # spawn: a fork of a process with threads may inherit their locks
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        return _gather(pool.imap_unordered(play_all, chunks), total, progress, keep_on)


def _gather(tallies: Iterable[Tally], total: Tally, progress: Callable[[Tally], object], keep_on: bool) -> Tally:
    for tally in tallies:
        total.merge(tally)
        progress(total)
        if total.failed and not keep_on:
            break
    total.failed.sort()
    return total


def play_all(seeds: Sequence[int]) -> Tally:
    """Play some seeds in this process."""
    tally = Tally()
    for seed in seeds:
        tally.add(play(seed))
    return tally


def note_transitions(path: Path, source: str, runs: str, counts: Mapping[str, int]) -> None:
    """Write how often each row of the table was taken into a JSON file, which keeps those of other sources.

    Args:
        path: the file.
        source: "simulator" or "chaos".
        runs: how much was played, for people.
        counts: by row, as text.
    """
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    rows = {row: counts.get(row, 0) for row in map(written_row, TRANSITIONS)}
    known[source] = {"runs": runs, "rows": rows}
    path.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")


def kind_of(failure: str) -> str:
    """A failure without its numbers: two histories of one kind fail in the same way."""
    return re.sub(r"[-+.\d]+", "#", failure)[:60]


def minimise(seed: int, failure: str, struck: Sequence[Strike], *, seconds: float = 60.0) -> Result:
    """The history with the fewest faults that fails in the same way: every fault that is left is needed.

    Args:
        seed: of the history.
        failure: its message.
        struck: its faults.
        seconds: time to search.

    Raises:
        ValueError: the seed does not fail again.

    Source: Zeller and Hildebrandt 2002, "Simplifying and Isolating Failure-Inducing Input", ddmin.
    """
    wanted, give_up = kind_of(failure), time.monotonic() + seconds

    def fails(faults: Sequence[Strike]) -> Result | None:
        result = play(seed, only=faults)
        return result if kind_of(result.failure) == wanted else None

    best = fails(struck)
    if best is None:
        raise ValueError(f"seed {seed} does not fail again: the simulation is not deterministic.")
    parts = 2
    while time.monotonic() < give_up:
        faults = list(best.struck)
        size = max(1, -(-len(faults) // parts))
        for i in range(0, len(faults), size):
            smaller = fails(faults[:i] + faults[i + size :])
            if smaller is not None and len(smaller.struck) < len(faults):
                best, parts = smaller, max(2, parts - 1)
                break
        else:
            if size == 1:
                break
            parts = min(len(faults), parts * 2)
    return best


def written(faults: Iterable[Strike]) -> str:
    """Faults as text, for a command line."""
    return ",".join(f"{name}#{n}" for name, n in faults)


def read(text: str) -> list[Strike]:
    """Inverse of ``written``."""
    found = []
    for item in re.split(r"(?<=\d),", text) if text else ():  # a fault's name may have a comma
        name, _, n = item.rpartition("#")
        found.append((name, int(n)))
    return found
