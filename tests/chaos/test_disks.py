"""Disks that are full, damaged or read-only: a typed error, nothing acknowledged is lost, the same command goes on."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from raytune_lite.trial import TrialState

from .test_grid import kill_with_its_ray
from .world import World

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(240)]


def run(*command: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)


@pytest.fixture
def small_disk(world: World) -> Iterator[Path]:
    """A disk of 4 MiB."""
    path = world.root / "disk"
    path.mkdir()
    if os.geteuid() != 0 or run("mount", "-t", "tmpfs", "-o", "size=4m", "none", path).returncode != 0:
        pytest.skip("a small disk needs root and mount(8) with CAP_SYS_ADMIN")
    yield path
    assert run("umount", "-l", path).returncode == 0


def test_a_full_checkpoint_disk_is_said_and_waited_for_and_fails_no_trial(world: World, small_disk: Path) -> None:
    options = ("--trials", 8, "--epochs", 8, "--pause", 0.2, "--cpus", 4)
    options += ("--checkpoints", small_disk, "--ballast", 900_000)
    script = world.script(*options)
    script.until("the disk is full", lambda: "No space left on device" in script.text, 90)
    assert "Free space" in script.text
    world.snapshot()
    assert run("mount", "-o", "remount,size=64m", small_disk).returncode == 0
    script.finish()
    facts = world.check("checkpoint disk full, then enlarged, in one run")
    assert facts.trials == {"COMPLETE": 8}
    assert "checkpoint_disk" in {attempt.outcome for attempt in world.study().attempts}
    assert not list(small_disk.rglob(".writing-*")), "half a checkpoint was left behind"


def test_a_damaged_checkpoint_of_a_paused_trial_is_no_start_from_zero(world: World) -> None:
    # with this seed two of the first 14 trials, and three of the first 22, wait and are among the best 15 in the end
    options = ("--trials", 45, "--epochs", 9, "--pause", 0.05, "--cpus", 3, "--asha", "--seed", 15)
    script = world.script(*options)
    script.until("trials paused", lambda: len(world.rows("refused")) >= 14)
    kill_with_its_ray(world, script)
    paused = [trial.number for trial in world.snapshot().trials if trial.state is TrialState.PAUSED]
    assert len(paused) >= 6
    damaged = damage(world.root, paused)
    script = world.script(*options)
    script.finish()
    study = world.study()
    hurt = [a for a in study.attempts if a.outcome == "checkpoint_corrupt"]
    facts = world.check(f"{len(damaged)} checkpoints of paused trials damaged between two runs, {len(hurt)} promoted")
    assert hurt, "none of the damaged ones was promoted"
    assert {a.number for a in hurt} <= set(damaged)
    assert all("is damaged" in a.message for a in hurt)
    again = [a for a in study.attempts if a.number in damaged and a.attempt > 1 and a.resumed_step is None]
    assert not again, "a trial that had a checkpoint started from zero"
    failed = {trial.number for trial in study.trials if trial.state is TrialState.FAIL}
    assert failed <= {a.number for a in hurt}
    assert facts.trials["COMPLETE"] >= 1 or failed


def damage(root: Path, numbers: list[int]) -> list[int]:
    """Truncate every second trial's checkpoint file, flip one bit in the others'."""
    done = []
    for place, number in enumerate(numbers):
        files = [path for path in root.rglob(f"trial-{number:05d}/*/step-*/*") if not path.name.startswith(".")]
        for path in files:
            content = bytearray(path.read_bytes())
            if place % 2:
                content[len(content) // 2] ^= 1
            else:
                del content[len(content) // 2 :]
            path.write_bytes(content)
        if files:
            done.append(number)
    return done


def test_a_database_that_becomes_read_only_ends_the_run_and_no_more(world: World) -> None:
    """Immutable by chattr: unlike a file's mode, that holds for root too, and for files that are open."""
    if os.geteuid() != 0 or shutil.which("chattr") is None:
        pytest.skip("an immutable file needs root and chattr(1)")
    options = ("--trials", 6, "--epochs", 20, "--pause", 0.2, "--cpus", 3, "--patience", 4)
    script = world.script(*options)
    script.until("reports", lambda: len(world.rows("told")) >= 20)
    world.snapshot()
    # not study.db-shm: SQLite maps it, and a write to it would be a SIGBUS
    files = [world.root / "study.db", world.root / "study.db-wal"]
    if run("chattr", "+i", *files).returncode != 0:
        pytest.skip(f"chattr +i does not work on this file system: {files[0]}")
    try:
        assert script.wait(90) == 3, script.text
        assert "StorageError" in script.text
        between = world.script(*options)
        assert between.wait(60) == 3, between.text
        assert "StorageError" in between.text
        assert "writ" in between.text
    finally:
        assert run("chattr", "-i", *[path for path in files if path.exists()]).returncode == 0
    world.snapshot()
    world.script(*options).finish()
    facts = world.check("database read-only in mid-run and between runs")
    assert facts.trials == {"COMPLETE": 6}
