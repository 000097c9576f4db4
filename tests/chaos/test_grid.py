"""1,000 grid cells, 8 workers, something killed each second: 1,000 results, none of them twice."""

from __future__ import annotations

import random
import threading

import pytest

from . import processes
from .conftest import LONG
from .world import Script, World

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(1200 if LONG else 400)]

SIDE = 20 if LONG else 10  # 8,000 or 1,000 cells
SECONDS = 0.15  # a cell takes
AT_WORK = 3  # a machine under load starts less than one worker a second: none is killed when fewer than these work
DRIVER_EVERY = 100  # cells between two kills of the driver


class Reaper(threading.Thread):
    """Kills a random worker each second, and the driver actor whenever it has got so many cells done."""

    def __init__(self, world: World, seed: int) -> None:
        super().__init__(name="reaper", daemon=True)
        self.world, self.random = world, random.Random(seed)
        self.drivers = 0
        self._over = threading.Event()

    def run(self) -> None:
        again = len(self.world.rows("returns")) + DRIVER_EVERY
        while not self._over.wait(1.0):
            if len(self.world.rows("returns")) >= again:
                self.drivers += self.world.kill(*self.world.drivers())
                again += DRIVER_EVERY
            workers = self.world.workers()
            if len(workers) >= AT_WORK:
                self.world.kill(self.random.choice(workers))

    def stop(self) -> None:
        self._over.set()
        self.join()


def test_a_grid_through_random_kills_has_each_result_once(world: World) -> None:
    options = ("--grid", SIDE, "--cpus", 8, "--concurrent", 8, "--pause", SECONDS)
    reaper = Reaper(world, seed=1)
    script = world.script(*options)
    half = SIDE**3 // 2
    script.until("the first cells", lambda: len(world.rows("returns")) >= 10, 60)
    reaper.start()
    try:
        script.until(f"{half} cells", lambda: len(world.rows("returns")) >= half, 900 if LONG else 150)
        world.snapshot()
        kill_with_its_ray(world, script)
        world.snapshot()
        world.script(*options).finish(600 if LONG else 150)
    finally:
        reaper.stop()
    facts = world.check(f"grid of {SIDE**3} cells, of them {reaper.drivers} kills of the driver", grid=SIDE)
    assert facts.trials == {"COMPLETE": SIDE**3}
    assert reaper.drivers >= 3
    assert world.kills >= 15
    # what is evaluated again is what a kill interrupted: an attempt each worker, and 8 with the script
    assert facts.attempts <= SIDE**3 + world.kills + 8


def kill_with_its_ray(world: World, script: Script) -> None:
    """The script dies; the Ray that it had started is taken down too, before the same command starts another."""
    script.kill()
    world.kills += 1
    processes.kill(*[one.pid for one in world.processes() if one.session == script.process.pid])
