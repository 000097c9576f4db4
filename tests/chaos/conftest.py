"""Fixtures of the chaos tests: each gets a World of its own, and nothing of it remains."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from .world import World

LONG = os.environ.get("RTL_CHAOS") == "long"  # bigger counts, for a night


@pytest.fixture
def world() -> Iterator[World]:
    """A World on a SQLite file."""
    made = World()
    yield made
    made.close()


facts: list[str] = []  # one line a scenario


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Keep the line of facts that a test has printed; tests may run in several processes."""
    if report.when == "call":
        facts.extend(line for line in report.capstdout.splitlines() if line.startswith("chaos | "))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The table of what was killed, and what came of it."""
    if facts:
        terminalreporter.section("chaos")
        terminalreporter.write_line("\n".join(facts))
