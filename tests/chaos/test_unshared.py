"""A node that does not see the checkpoint directory: the run ends with the reason before that node claims a trial."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .processes import wait_for
from .world import World

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(180)]
HIDE = 'mount --make-rprivate / && mount -t tmpfs none "$1" && shift && exec "$@"'  # in a mount namespace of its own


def start_raylet(world: World, name: str, *command: str) -> None:
    process = subprocess.Popen(
        command,
        stdout=(world.root / name).open("wb"),
        stderr=subprocess.STDOUT,
        env=world.env,
        cwd=world.root,
        start_new_session=True,
    )
    world.adopt(process)
    wait_for(name, lambda: "Ray runtime started" in (world.root / name).read_text(), 60)


def test_a_run_on_a_node_that_does_not_see_the_checkpoint_directory_ends_before_a_trial(world: World) -> None:
    if os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"], check=False).returncode != 0:
        pytest.skip("a mount that one node lacks needs root and unshare(1) with CAP_SYS_ADMIN")
    shared = world.root / "shared"
    shared.mkdir()
    ray, port = str(Path(sys.executable).with_name("ray")), "6391"
    common = ("--block", "--object-store-memory=83886080")
    start_raylet(
        world, "head", ray, "start", "--head", f"--port={port}", "--num-cpus=0", "--include-dashboard=false", *common
    )
    start_raylet(
        world, "blind", "unshare", "-m", "sh", "-c", HIDE, "sh", str(shared),
        ray, "start", f"--address=127.0.0.1:{port}", "--num-cpus=2", *common,
    )  # fmt: skip
    options = ("--trials", 3, "--epochs", 3)
    script = world.script(*options, "--checkpoints", shared, RAY_ADDRESS=f"127.0.0.1:{port}")
    assert script.wait(90) == 3, script.text
    assert f"does not see the checkpoint directory {shared}" in script.text
    assert "all nodes mount" in script.text
    assert world.study().trials == []
    assert not list(shared.rglob("*")), "nothing is left there"
    world.script(*options, RAY_ADDRESS=f"127.0.0.1:{port}").finish()  # a directory that both nodes see
    assert world.check("a node does not see the checkpoint directory").trials == {"COMPLETE": 3}
