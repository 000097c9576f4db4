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
import gc
import itertools
import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import _load

from raytune_lite.checkpoints import layout
from raytune_lite.core import messages as m
from raytune_lite.core.state import StudyState
from raytune_lite.core.view import StudyIdentity
from raytune_lite.distributions import FloatDistribution
from raytune_lite.pruners import ASHAPruner
from raytune_lite.trial import StudyDirection

PRUNERS = {mode: ASHAPruner(1, 81, 3, mode=mode) for mode in ("promote", "stop")}
LEVELS = (1, 3, 9, 27)
GROUP = 1000  # slots whose messages come together
SPACE = {f"x{i}": FloatDistribution(0.0, 1.0) for i in range(4)}


class Slot(NamedTuple):
    """What a slot is at: its trial, and the last step of it."""

    given: m.Assignment
    step: int


class Study:
    """A study in memory, of slots that are all busy. ``seconds``: CPU, by what it was spent on."""

    def __init__(self, mode: str) -> None:
        pruner, self._saves = PRUNERS[mode], mode == "promote"
        self.state = StudyState((StudyDirection.MINIMIZE,), lambda _: pruner, lambda _: None)
        self.seconds = Counter[str]()
        self._names = itertools.count()
        self._random = random.Random(0)
        self._handle("run", [m.RunStarted(run="run", pruner=json.dumps(pruner.spec()), sampler="{}")])

    def _handle(self, what: str, events: list[Any]) -> list[Any]:
        """The last command of each. The clock is read once for all of them: to read it may cost as much as an event."""
        handle = self.state.handle
        start = time.process_time()
        effects = [handle(event, 0.0) for event in events]
        self.seconds[what] += time.process_time() - start
        return [each.commands[-1] if each.commands else None for each in effects]

    def claim(self, n: int) -> list[Slot]:
        """A trial to work at, for each of ``n`` slots."""
        told = self._handle("claim", [m.Claimed(slot=f"slot {next(self._names)}") for _ in range(n)])
        asked = {i: self._suggested(each.number) for i, each in enumerate(told) if isinstance(each, m.Suggest)}
        answers = dict(zip(asked, self._handle("claim", list(asked.values())), strict=True))
        given = [answers.get(i, each).value for i, each in enumerate(told)]
        return [Slot(each, each.checkpoint.step if each.checkpoint else 0) for each in given]

    def _suggested(self, number: int) -> m.Suggested:
        draw = self._random.random
        params = [m.ParamValue(name=name, value=draw(), distribution=dist) for name, dist in SPACE.items()]
        return m.Suggested(number=number, params=tuple(params))

    def train(self, slots: list[Slot]) -> tuple[list[Slot], int]:
        """Each goes on to its next rung, or leaves its trial for another one; with how many decisions there were."""
        last = [slot for slot in slots if slot.step == LEVELS[-1]]
        others = [slot for slot in slots if slot.step != LEVELS[-1]]
        self._handle("end", [self._completed(slot) for slot in last])
        reached = [next(level for level in LEVELS if level > slot.step) for slot in others]
        reports = [self._reported(slot, level) for slot, level in zip(others, reached, strict=True)]
        verdicts = [each.value for each in self._handle("report", reports)]
        go_on, gone = [], []
        for slot, level, verdict in zip(others, reached, verdicts, strict=True):
            if verdict is m.Decision.CONTINUE:
                go_on.append(Slot(slot.given, level))
            else:
                ids = {"number": slot.given.number, "attempt": slot.given.attempt}
                gone.append(m.AttemptEnded(**ids, outcome=m.Outcome.PRUNED, progress=m.Progress()))
        self._handle("end", gone)
        return go_on + self.claim(len(slots) - len(go_on)), len(others)

    def _completed(self, slot: Slot) -> m.AttemptEnded:
        progress = m.Progress(reports=((81, (self._random.random(),)),))
        ids = {"number": slot.given.number, "attempt": slot.given.attempt}
        return m.AttemptEnded(**ids, outcome=m.Outcome.COMPLETE, values=(0.0,), progress=progress)

    def _reported(self, slot: Slot, level: int) -> m.Reported:
        number, attempt = slot.given.number, slot.given.attempt
        uri = layout.place(number, attempt, level)
        ref = m.CheckpointRef(step=level, attempt=attempt, uri=uri, digest="0" * 16, size=1) if self._saves else None
        reports = ((level, (self._random.random(),)),)
        params = slot.given.suggested if not slot.step else ()
        progress = m.Progress(reports=reports, params=params, checkpoint=ref)
        return m.Reported(number=number, attempt=attempt, progress=progress)


def decisions(mode: str, slots: int, reports: int) -> None:
    """Print the rates."""
    study, judge = Study(mode), PRUNERS[mode].judge(StudyIdentity("study", (StudyDirection.MINIMIZE,)))
    groups = [study.claim(GROUP) for _ in range(-(-slots // GROUP))]
    groups = [study.train(group)[0] for group in groups]  # the first round fills the lowest rung
    study.seconds.clear()
    n = 0
    for i in itertools.cycle(range(len(groups))):
        groups[i], more = study.train(groups[i])
        n += more
        if n >= reports:
            break
    total = sum(study.seconds.values())
    rounds = random.Random(0)
    start = time.process_time()
    for number in range(reports):
        judge.report(number, 1, (rounds.random(),))
    alone = (time.process_time() - start) / reports
    print(f"{mode}: {slots} slots, {n} decisions, {len(study.state.trials)} trials; a second of CPU:")
    for what, seconds in (("judge", alone), ("core", study.seconds["report"] / n), ("with claims", total / n)):
        print(f"  {what:12s} {1 / seconds:10,.0f} decisions ({1e6 * seconds:.1f} us)")


def memory(mode: str, trials: int) -> dict[str, Any]:
    """Resident bytes with so many trials."""
    before, study = resident(), Study(mode)
    slots = study.claim(GROUP)
    while len(study.state.trials) < trials:
        slots, _ = study.train(slots)
    after = resident()
    states = {kind.name: n for kind, n in study.state.counts.items() if n}
    return {"trials": len(study.state.trials), "bytes": after, "grown": after - before, "states": states}


def resident() -> int:
    """Bytes of this process in memory."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024


def memories(mode: str, sizes: list[int]) -> Iterator[dict[str, Any]]:
    """``memory`` of each size, each in a process of its own."""
    for size in sizes:
        command = [sys.executable, __file__, "--memory", str(size), "--modes", mode]
        yield json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)


def whole_numbers(text: str) -> list[int]:
    """Numbers with commas between them; none of an empty text."""
    return [int(n) for n in text.split(",") if n]


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slots", type=int, default=10_000)
    parser.add_argument("--reports", type=int, default=100_000)
    parser.add_argument("--trials", type=whole_numbers, default=[100_000, 1_000_000])
    parser.add_argument("--modes", type=lambda text: text.split(","), default=list(PRUNERS))
    parser.add_argument("--memory", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    gc.set_threshold(50_000, 20, 50)  # as the driver does
    gc.freeze()
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
