"""Several trials on one GPU, on a real Ray with GPUs that are not there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import raytune_lite as rtl
from raytune_lite.exceptions import InfeasibleResourcesError

from ..scripts import run
from .packing_script import TOGETHER

pytestmark = pytest.mark.ray


def test_trials_share_gpus_by_what_was_measured_and_who_takes_more_gets_more(tmp_path: Path) -> None:
    done = run(Path(__file__).with_name("packing_script.py"), tmp_path, folder=tmp_path)
    shared, blind, wrong = (json.loads(line) for line in done.stdout.splitlines() if line[0] in '{["')
    assert shared["differences"] == []
    attempts = shared["attempts"]
    shares = {(number, attempt): share for number, attempt, share, *_ in attempts}
    n_alone = sum(share == 1.0 for share in shares.values())
    assert 3 <= n_alone <= 6  # measured one on each GPU; some were claimed before the third had ended
    assert set(shares.values()) == {1.0, 0.25, 0.5}  # 4 * 1.1 * 2.1 GB of 10 GB
    assert (shares[7, 1], shares[7, 2]) == (0.25, 0.5)
    assert [outcome for number, *_, outcome in attempts if number == 7] == ["gpu_out_of_memory", "complete"]
    others = [(peak, outcome) for number, _, _, peak, outcome in attempts if number != 7]
    assert others == [(2_100_000_000, "complete")] * 13  # the one that took too much was the one that failed
    ran = shared["ran"]
    assert [share for *_, share, _ in ran] == [shares[number, 2 if number == 7 else 1] for number in range(14)]
    assert len({pid for *_, pid in ran}) == 14  # a process each
    for moment, *_ in ran:
        for gpu in "01":
            there = [share for began, ended, which, share, _ in ran if which == gpu and began <= moment < ended]
            assert sum(there) <= 1.0
    last = max(ran[number][0] for number in TOGETHER)
    assert all(began <= last < ended for began, ended, *_ in (ran[number] for number in TOGETHER))  # five on two GPUs
    assert blind == [[1.0, None, "complete"]] * 5
    assert "No module named 'no_such_module'" in wrong


@pytest.mark.usefixtures("ray_cluster")
def test_a_cluster_without_gpus_is_refused_at_once(storage: str) -> None:
    study = rtl.create_study(storage=storage)
    with pytest.raises(InfeasibleResourcesError, match="GPU: 1"):
        study.optimize(lambda trial: 1.0, n_trials=1, resources="auto")
