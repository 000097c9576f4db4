"""GPU trials in processes that are used again, on a real Ray with GPUs that are not there."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from ..scripts import run
from .warm_script import LEAKS, LEAVES

pytestmark = pytest.mark.ray


def test_attempts_share_a_process_until_one_leaks_or_ray_gives_it_another_gpu(tmp_path: Path) -> None:
    done = run(Path(__file__).with_name("warm_script.py"), tmp_path, folder=tmp_path, seconds=200)
    one, two, auto = (json.loads(line) for line in done.stdout.splitlines() if line.startswith("{"))
    for study, n in ((one, 12), (two, 16), (auto, 12)):
        assert study["differences"] == []
        assert [number for number, _, outcome, _ in study["outcomes"] if outcome == "complete"] == list(range(n))
        begun = [number for number, _, outcome, _ in study["outcomes"] if outcome not in ("complete", "driver_lost")]
        assert begun == []  # no worker died: where a task was sent back, its attempt had not begun
        assert all(held == 0 for *_, held in study["ran"])  # none began in a process with a leak
        of_pid: dict[int, set[str]] = {}
        for pid, gpu, _ in study["ran"]:
            of_pid.setdefault(pid, set()).add(gpu)
        assert all(len(gpus) == 1 for gpus in of_pid.values())
    for study in (one, auto):
        check_changes(study["ran"])
    assert len({pid for pid, *_ in two["ran"]}) < len(two["ran"])
    for number, left in ((LEAKS, "3.00 GB of GPU memory (limit 1.00 GB"), (LEAVES, "1 child process(es) (limit 0)")):
        assert done.stdout.count(f"trial {number} (attempt ") + done.stderr.count(f"trial {number} (attempt ") == 2
        assert left in done.stdout + done.stderr


def check_changes(ran: list[Any]) -> None:
    """Trials one after another: a new process after each leak; else the same, unless the GPU is another one."""
    for number, ((pid, gpu, _), (next_pid, next_gpu, _)) in enumerate(pairwise(ran)):
        if number in (LEAKS, LEAVES):
            assert next_pid != pid
        elif gpu == next_gpu:
            assert next_pid == pid
