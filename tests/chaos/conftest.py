"""Fixtures of the chaos tests: each gets a World of its own, and nothing of it remains."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from raytune_lite.core.trials import TRANSITIONS, written
from raytune_lite.runtime.simulator.hunt import note_transitions

from .world import World

LONG = os.environ.get("RTL_CHAOS") == "long"  # bigger counts, for a night


@pytest.fixture
def world() -> Iterator[World]:
    """A World on a SQLite file."""
    made = World()
    yield made
    made.close()


facts: list[str] = []  # one line a scenario
studies: list[Counter[str]] = []  # of each study: how often its trials took each row of the table of states


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Keep the line of facts that a test has printed; tests may run in several processes."""
    if report.when == "call":
        lines = report.capstdout.splitlines()
        facts.extend(line for line in lines if line.startswith("chaos | "))
        taken = [line.removeprefix("transitions | ") for line in lines if line.startswith("transitions | ")]
        studies.extend(Counter(json.loads(text)) for text in taken)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The table of what was killed, and what came of it."""
    if facts:
        terminalreporter.section("chaos")
        terminalreporter.write_line("\n".join(facts))
    if studies:
        taken = sum(studies, Counter[str]())
        terminalreporter.section("rows of the table of states")
        terminalreporter.write_line("\n".join(f"{taken[row]:10d}  {row}" for row in map(written, TRANSITIONS)))
        if path := os.environ.get("RTL_TRANSITIONS"):
            note_transitions(Path(path), "chaos", f"{len(studies)} studies", taken)
