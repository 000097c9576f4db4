"""A true network partition: two namespaces and a cable between them, which is cut while attempts run behind it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from . import processes
from .processes import wait_for
from .world import World

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]
LEASE = 8.0
HEAD, FAR = "10.213.7.1", "10.213.7.2"


def ip(*words: str) -> str:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise OSError(f"ip {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


class Cable:
    """Two network namespaces, the head's and the far one's, with a veth pair between them."""

    def __init__(self) -> None:
        self.head, self.far = f"rtlh{os.getpid()}", f"rtlf{os.getpid()}"
        self.plug = f"rtlv{os.getpid()}"
        for name in (self.head, self.far):
            ip("netns", "add", name)
            ip("-n", name, "link", "set", "lo", "up")
        ip("link", "add", self.plug, "netns", self.head, "type", "veth", "peer", "name", "far0", "netns", self.far)
        for name, link, address in ((self.head, self.plug, HEAD), (self.far, "far0", FAR)):
            ip("-n", name, "address", "add", f"{address}/24", "dev", link)
            ip("-n", name, "link", "set", link, "up")
            ip("-n", name, "route", "add", "default", "dev", link)

    def cut(self) -> None:
        ip("-n", self.head, "link", "set", self.plug, "down")

    def join(self) -> None:
        ip("-n", self.head, "link", "set", self.plug, "up")

    def close(self) -> None:
        for name in (self.head, self.far):
            subprocess.run(["ip", "netns", "delete", name], capture_output=True, check=False)


@pytest.fixture
def cable() -> Iterator[Cable]:
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("a network partition needs root and ip(8) of iproute2")
    try:
        made = Cable()
    except OSError as error:
        pytest.skip(f"no network namespaces here: {error}")
    yield made
    made.close()


def start_raylet(world: World, namespace: str, *options: str) -> subprocess.Popen[bytes]:
    """`ray start --block` in a namespace."""
    ray = Path(sys.executable).with_name("ray")
    process = subprocess.Popen(
        ["ip", "netns", "exec", namespace, str(ray), "start", "--block", "--object-store-memory=83886080", *options],
        stdout=(world.root / f"ray-{namespace}").open("wb"),
        stderr=subprocess.STDOUT,
        env=world.env,
        cwd=world.root,
        start_new_session=True,
    )
    world.adopt(process)
    return process


def test_an_attempt_behind_a_partition_ends_itself_and_its_trial_goes_on(world: World, cable: Cable) -> None:
    (world.root / "far").mkdir()
    start_raylet(
        world, cable.head, "--head", f"--node-ip-address={HEAD}", "--port=6379", "--num-cpus=2",
        "--include-dashboard=false",
    )  # fmt: skip
    wait_for("the head", lambda: "Ray runtime started" in (world.root / f"ray-{cable.head}").read_text(), 60)
    far = start_raylet(
        world, cable.far, f"--address={HEAD}:6379", f"--node-ip-address={FAR}", "--num-cpus=3",
    )  # fmt: skip
    wait_for("the far node", lambda: "Ray runtime started" in (world.root / f"ray-{cable.far}").read_text(), 60)
    world.prefix = ("ip", "netns", "exec", cable.head)
    # both see one file system, and the driver's mark in it, as the nodes of a cluster do that mount one
    script = world.script(
        *("--trials", 5, "--epochs", 36, "--pause", 0.4, "--lease", LEASE), RAY_ADDRESS=f"{HEAD}:6379"
    )

    def cut_off() -> dict[int, dict[str, object]]:
        there = {one.pid for one in world.processes() if one.session == far.pid}
        return {pid: row for pid, row in world.live().items() if pid in there}

    def told(pid: int) -> list[dict[str, object]]:
        return [row for row in world.rows("told") if row["pid"] == pid]

    script.until("three attempts on the far side", lambda: len([p for p in cut_off() if len(told(p)) >= 3]) == 3, 90)
    victims = cut_off()
    cable.cut()
    cut = time.time()
    world.kills += 1
    wait_for("the cut-off attempts to end themselves", lambda: not any(map(processes.is_alive, victims)), LEASE + 20)
    ended = time.time() - cut
    world.snapshot()
    late = [row for pid in victims for row in told(pid) if float(str(row["began"])) > cut + 1]
    assert not late, f"acknowledged behind the partition: {late}"
    script.finish(150)
    facts = world.check(f"partition: 3 attempts cut off ended themselves after {ended:.0f} s (lease {LEASE:.0f} s)")
    assert facts.trials == {"COMPLETE": 5}
    study = world.study()
    lost = {(a.number, a.attempt): a for a in study.attempts if a.outcome != "complete"}
    assert set(lost) == {(row["number"], row["attempt"]) for row in victims.values()}, json.dumps(facts.losses)
    assert {a.outcome for a in lost.values()} <= {"lease_expired", "node_lost"}
