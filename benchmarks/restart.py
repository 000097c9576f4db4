"""How long a driver takes to open a large study again, and how much memory it then has.

    python benchmarks/restart.py [--trials 10000] [--reports 10] [--each 1]

A study is made through the real session (SQLite), then opened several times as a new run does it: a snapshot of the
state is read and verified, the log behind it is read and folded, and the rest is done (the tables are checked, the
study is acquired, trials of other programs are looked for, the run begins). ``--each``: reports in one message; 1 is an
objective whose epochs take a second or more, so that each report is a separate message and event, and the log is as
long as it can be.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import _load

from raytune_lite.core import messages as m
from raytune_lite.core.view import StudyView
from raytune_lite.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from raytune_lite.pruners import ASHAPruner
from raytune_lite.runtime.algorithms import Algorithms
from raytune_lite.runtime.config import RunConfig
from raytune_lite.runtime.history import History
from raytune_lite.runtime.session import Session
from raytune_lite.samplers import RandomSampler
from raytune_lite.storages import Repository
from raytune_lite.trial import StudyDirection

SPACE = {
    "lr": FloatDistribution(1e-5, 1.0, log=True),
    "width": IntDistribution(16, 1024, log=True),
    "activation": CategoricalDistribution(["relu", "gelu", "silu"]),
    "dropout": FloatDistribution(0.0, 0.5),
}
BATCH = 400  # requests of one transaction
AT_ONCE = 100  # trials that run side by side


def config(url: str, run: str, reports: int) -> RunConfig:
    return RunConfig(
        storage=url, study_name="large", run=run, sampler=RandomSampler(0), durable=False,
        # rungs at 1, 3, 9, ...; nothing is stopped, so that every trial reports all its steps
        pruner=ASHAPruner(1, 3 * reports, 3),
    )  # fmt: skip


def build(url: str, trials: int, reports: int, each: int) -> None:
    repository = Repository.open(url, durable=False)
    repository.create_study("large", [StudyDirection.MINIMIZE])
    repository.close()
    session = Session(config(url, "build", reports))
    for first in range(0, trials, AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, trials))
        events: list[m.Event] = [m.Claimed(slot=f"slot-{number}", node="node") for number in numbers]
        claimed = dispatch(session, events)
        told = dict.fromkeys(numbers, ())
        for start in range(1, reports + 1, each):
            steps = range(start, min(start + each, reports + 1))
            events = [report(session, number, told, steps) for number in numbers]
            dispatch(session, events)
        events = [
            m.AttemptEnded(number=n, attempt=1, outcome=m.Outcome.COMPLETE, values=(float(n % 997),))
            for n in numbers
        ]
        dispatch(session, events)
        assert len(claimed) == len(numbers)
    session.close()


def report(session: Session, number: int, told: dict[int, tuple[()]], steps: range) -> m.Event:
    params: tuple[m.ParamValue, ...] = ()
    if told.pop(number, None) is not None:  # the first message carries the parameters
        sampler, view = session.sampler, StudyView.of((StudyDirection.MINIMIZE,), ())
        params = tuple(
            m.ParamValue(name=name, value=sampler.sample_independent(view, number, name, dist), distribution=dist)
            for name, dist in SPACE.items()
        )
    values = tuple((step, (1.0 + (number % 997) / (step + number),)) for step in steps)
    return m.Reported(number=number, attempt=1, progress=m.Progress(reports=values, params=params))


def dispatch(session: Session, events: list[m.Event]) -> list[object]:
    answers: list[object] = []
    for start in range(0, len(events), BATCH):
        answers += session.apply(events[start : start + BATCH])
    return answers


def resident() -> float:
    """Memory of this process now, MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def open_once(url: str, reports: int) -> None:
    """Open the study as a new run and print: snapshot, log, all (seconds), MiB before and after."""
    before = resident()
    spent = {"open": 0.0, "fold": 0.0}

    def timed(owner: type, name: str) -> None:
        original = getattr(owner, name)

        def wrapper(*args: object) -> object:
            start = time.perf_counter()
            try:
                return original(*args)
            finally:
                spent[name] += time.perf_counter() - start

        setattr(owner, name, wrapper)

    timed(History, "open")
    timed(Algorithms, "fold")
    start = time.perf_counter()
    session = Session(config(url, f"run-{time.time_ns()}", reports))
    total, read, folded = time.perf_counter() - start, spent["open"], spent["fold"]
    size = resident()
    n_events, n_trials = len(session.repository.events(session.study)), len(session.repository.trials(session.study))
    print(read, folded, total, before, size, n_trials, n_events)
    session.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--reports", type=int, default=10, help="of one trial")
    parser.add_argument("--each", type=int, default=1, help="reports in one message")
    parser.add_argument("--times", type=int, default=5, help="how often the study is opened")
    parser.add_argument("--open", metavar="URL", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.open:
        open_once(given.open, given.reports)
        return
    with tempfile.TemporaryDirectory() as directory:
        url = f"sqlite:///{directory}/study.db"
        meter = _load.Meter()
        start = time.perf_counter()
        build(url, given.trials, given.reports, given.each)
        built = time.perf_counter() - start
        size = os.path.getsize(f"{directory}/study.db") / 2**20
        print(f"{given.trials} trials, {given.trials * given.reports} reports, {given.each} a message: "
              f"made in {built:.0f} s, {size:.0f} MiB on disk ({meter.read()})")  # fmt: skip
        command = [sys.executable, __file__, "--open", url, "--reports", str(given.reports)]
        runs = [
            list(map(float, subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()))
            for _ in range(given.times)
        ]
        load = meter.read()
    read, fold, total, before, after = (statistics.median(column) for column in list(zip(*runs, strict=True))[:5])
    print(f"{runs[0][6]:.0f} events; median of {given.times}: opened in {total:.2f} s = "
          f"snapshot {read:.2f} + log {fold:.2f} + rest {total - read - fold:.2f}; "
          f"memory {after:.0f} MiB, {after - before:.0f} of it the study's ({load})")  # fmt: skip


if __name__ == "__main__":
    main()
