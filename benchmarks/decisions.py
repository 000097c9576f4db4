"""The core's own figures: decisions a second with 10,000 slots, and memory with 10^6 trials.

    python benchmarks/decisions.py [--slots 10000] [--reports 100000] [--trials 100000,1000000]

ASHA with rungs 1, 3, 9 and 27, all slots busy; trials have four parameters and no other attribute. In mode "promote"
each report brings a checkpoint, and nearly all trials are PAUSED in the end; in mode "stop" they are PRUNED.

Decisions: "judge" is the pruner's part alone, of a new trial's report at the lowest rung, where most are; "core" is
``StudyState.handle`` of a report with a decision due, judge included; "with claims" counts all that a decision brings
with it, too: ends, claims, promotions, new trials. Nothing is stored, and nothing is encoded.

Memory: a process for each number of trials; its resident size, and what of it came with the trials. CPU times are not
lengthened by other processes (much).
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import _load

from raytune_lite.checkpoints import layout
from raytune_lite.core import messages as m
from raytune_lite.core.protocols import StudyIdentity
from raytune_lite.core.state import StudyState
from raytune_lite.distributions import FloatDistribution
from raytune_lite.pruners import ASHAPruner
from raytune_lite.trial import StudyDirection

PRUNERS = {mode: ASHAPruner(1, 81, 3, mode=mode) for mode in ("promote", "stop")}
LEVELS = (1, 3, 9, 27)
SPACE = {f"x{i}": FloatDistribution(0.0, 1.0) for i in range(4)}


class Study:
    """A study in memory, of slots that are all busy. ``seconds``: CPU, by what it was spent on."""

    def __init__(self, mode: str) -> None:
        pruner, self._saves = PRUNERS[mode], mode == "promote"
        self.state = StudyState((StudyDirection.MINIMIZE,), lambda _: pruner, lambda _: None)
        self.seconds = Counter[str]()
        self._slots = itertools.count()
        self._random = random.Random(0)
        self._do("run", m.RunStarted, run="run", pruner=json.dumps(pruner.spec()), sampler="{}")

    def _do(self, what: str, kind: Any, **fields: Any) -> Any:
        event = kind(**fields)
        start = time.process_time()
        commands = self.state.handle(event, 0.0).commands
        self.seconds[what] += time.process_time() - start
        return commands[-1] if commands else None

    def claim(self) -> tuple[m.Assignment, int]:
        """A trial to work at, and its last step."""
        told = self._do("claim", m.Claimed, slot=f"slot {next(self._slots)}")
        if isinstance(told, m.Suggest):
            draw = self._random.random
            params = tuple(m.ParamValue(name=name, value=draw(), distribution=dist) for name, dist in SPACE.items())
            told = self._do("claim", m.Suggested, number=told.number, params=params)
        given = told.value
        return given, given.checkpoint.step if given.checkpoint else 0

    def train(self, given: m.Assignment, step: int) -> int | None:
        """Go on to the next rung; its level, or None if the trial has left its slot."""
        number, attempt = given.number, given.attempt
        level = next((level for level in LEVELS if level > step), None)
        ids = {"number": number, "attempt": attempt}
        if level is None:
            progress = m.Progress(reports=((81, (self._random.random(),)),))
            self._do("end", m.AttemptEnded, **ids, outcome=m.Outcome.COMPLETE, values=(0.0,), progress=progress)
            return None
        uri = layout.place(number, attempt, level)
        ref = m.CheckpointRef(step=level, attempt=attempt, uri=uri, digest="0" * 16, size=1) if self._saves else None
        reports = ((level, (self._random.random(),)),)
        params = given.suggested if not step else ()
        progress = m.Progress(reports=reports, params=params, checkpoint=ref)
        decision = self._do("report", m.Reported, **ids, progress=progress).value
        if decision is m.Decision.CONTINUE:
            return level
        self._do("end", m.AttemptEnded, **ids, outcome=m.Outcome.PRUNED, progress=m.Progress())
        return None


def decisions(mode: str, slots: int, reports: int) -> None:
    """Print the rates."""
    study, judge = Study(mode), PRUNERS[mode].judge(StudyIdentity("study", (StudyDirection.MINIMIZE,)))
    busy = [study.claim() for _ in range(slots)]
    for i, (given, step) in enumerate(busy):  # the first round fills the lowest rung
        busy[i] = next_of(study, given, step)
    study.seconds.clear()
    n = 0
    for _ in range(-(-reports // slots)):
        for i, (given, step) in enumerate(busy):
            n += step != LEVELS[-1]
            busy[i] = next_of(study, given, step)
    total = sum(study.seconds.values())
    rounds = random.Random(0)
    start = time.process_time()
    for number in range(reports):
        judge.report(number, 1, (rounds.random(),))
    alone = (time.process_time() - start) / reports
    print(f"{mode}: {slots} slots, {n} decisions, {len(study.state.trials)} trials; a second of CPU:")
    for what, seconds in (("judge", alone), ("core", study.seconds["report"] / n), ("with claims", total / n)):
        print(f"  {what:12s} {1 / seconds:10,.0f} decisions ({1e6 * seconds:.1f} us)")


def next_of(study: Study, given: m.Assignment, step: int) -> tuple[m.Assignment, int]:
    """What a slot has next."""
    level = study.train(given, step)
    return study.claim() if level is None else (given, level)


def memory(mode: str, trials: int) -> dict[str, Any]:
    """Resident bytes with so many trials."""
    before, study = resident(), Study(mode)
    busy: list[tuple[m.Assignment, int]] = [study.claim() for _ in range(1000)]
    for i in itertools.cycle(range(len(busy))):
        busy[i] = next_of(study, *busy[i])
        if len(study.state.trials) >= trials:
            break
    states = Counter(trial.state.name for trial in study.state.trials.values())
    after = resident()
    return {"trials": trials, "bytes": after, "grown": after - before, "states": dict(states)}


def resident() -> int:
    """Bytes of this process in memory."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024


def memories(mode: str, sizes: list[int]) -> Iterator[dict[str, Any]]:
    """``memory`` of each size, each in a process of its own."""
    for size in sizes:
        command = [sys.executable, __file__, "--memory", str(size), "--modes", mode]
        yield json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slots", type=int, default=10_000)
    parser.add_argument("--reports", type=int, default=100_000)
    parser.add_argument("--trials", type=lambda text: [int(n) for n in text.split(",")], default=[100_000, 1_000_000])
    parser.add_argument("--modes", type=lambda text: text.split(","), default=list(PRUNERS))
    parser.add_argument("--memory", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.memory:
        print(json.dumps(memory(args.modes[0], args.memory)))
        return 0
    meter = _load.Meter()
    for mode in args.modes:
        decisions(mode, args.slots, args.reports)
        for found in memories(mode, args.trials):
            each, size = found["grown"] / found["trials"], found["bytes"] / 2**20
            print(f"  {found['trials']:,} trials: {size:,.0f} MiB, {each:.0f} bytes a trial; {found['states']}")
    print(meter.read())
    return 0


if __name__ == "__main__":
    sys.exit(main())
