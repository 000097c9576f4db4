"""The driver's process is kept between the runs of one script; nothing of a run is left in it."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import raytune_lite as rtl
from raytune_lite.exceptions import StudyBusyError, TrialFailedError
from raytune_lite.runtime.on_ray import drivers

from ..chaos.processes import wait_for
from ..scripts import run as run_script
from .drivers import driver_pid

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("ray_cluster"), pytest.mark.timeout(240)]


@pytest.fixture(autouse=True)
def kept(monkeypatch: pytest.MonkeyPatch) -> drivers._Kept:
    """Each test begins without a kept process."""
    found = drivers._Kept()
    monkeypatch.setattr(drivers, "_kept", found)
    return found


def new_study(folder: Path, name: str = "study") -> rtl.Study:
    return rtl.create_study(
        storage=f"sqlite:///{folder}/{name}.db", study_name=name, sampler=rtl.samplers.RandomSampler(seed=1)
    )


def run(study: rtl.Study, objective: Callable[[rtl.Trial], float] = lambda trial: 1.0, n_trials: int = 1) -> int:
    """Run trials; the process of their driver."""
    pids: list[int] = []
    study.optimize(objective, n_trials=n_trials, callbacks=[lambda study, trial: pids.append(driver_pid(study))])
    assert len(set(pids)) == 1
    return pids[0]


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"ray::Driver")
    except OSError:
        return False


def test_the_next_run_has_the_same_process_whatever_its_study_and_however_the_last_one_ended(tmp_path: Path) -> None:
    study, other = new_study(tmp_path), new_study(tmp_path, "other")

    def broken(trial: rtl.Trial) -> float:
        raise KeyError("x")

    pid = run(study)
    assert is_alive(pid)
    assert run(study) == run(other) == pid
    with pytest.raises(TrialFailedError):
        other.optimize(broken, n_trials=1)
    assert run(study) == pid
    assert [len(study.trials), len(other.trials)] == [3, 2]
    assert [trial.state.name for trial in study.trials] == ["COMPLETE"] * 3
    assert {attempt.outcome for attempt in study.attempts} == {"complete"}


def test_between_two_runs_it_owns_nothing_has_no_file_open_and_does_not_listen(tmp_path: Path) -> None:
    study, addresses = new_study(tmp_path), list[Any]()

    def look(study: rtl.Study, _: rtl.FrozenTrial) -> None:
        owner = study._repository.owner(study._record)
        assert owner is not None
        addresses.append(json.loads(owner.address or ""))
        socket.create_connection((addresses[-1]["host"], addresses[-1]["port"]), 5).close()

    study.optimize(lambda trial: 1.0, n_trials=1, callbacks=[look])
    assert study._repository.owner(study._record) is None
    pid = run(study)
    study.optimize(lambda trial: 1.0, n_trials=1, executor="inline")  # nobody else has it
    links = [os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()]
    assert links
    assert not [link for link in links if "study.db" in link]
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((addresses[0]["host"], addresses[0]["port"]), 5)


def test_to_kill_it_between_two_runs_costs_nothing(tmp_path: Path) -> None:
    study = new_study(tmp_path)
    pid = run(study)
    os.kill(pid, signal.SIGKILL)
    after = run(study, n_trials=3)
    assert after != pid
    assert [trial.state.name for trial in study.trials] == ["COMPLETE"] * 4
    assert {trial.attempt for trial in study.trials} == {1}


def test_runs_of_two_threads_have_two_processes_and_both_are_kept(tmp_path: Path, kept: drivers._Kept) -> None:
    studies = [new_study(tmp_path, name) for name in ("a", "b")]
    both = threading.Barrier(2, timeout=60)

    def meet(study: rtl.Study, trial: rtl.FrozenTrial) -> None:
        if trial.number % 2 == 0:  # the first of the two of each run
            both.wait()  # while both run

    def at_once() -> set[int]:
        pids = dict[str, int]()

        def optimize(study: rtl.Study) -> None:
            def note(study: rtl.Study, trial: rtl.FrozenTrial) -> None:
                pids[study.study_name] = driver_pid(study)
                meet(study, trial)

            study.optimize(lambda trial: 1.0, n_trials=2, max_concurrent=1, callbacks=[note])

        threads = [threading.Thread(target=optimize, args=(study,)) for study in studies]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return set(pids.values())

    first = at_once()
    assert len(first) == 2
    assert len(kept._idle) == 2
    assert at_once() == first
    assert [[trial.state.name for trial in study.trials] for study in studies] == [["COMPLETE"] * 4] * 2


def test_no_more_are_kept_than_a_few_and_none_for_ever(
    tmp_path: Path, kept: drivers._Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drivers, "KEPT_MOST", 1)
    monkeypatch.setattr(drivers, "IDLE_FOR", 1.0)
    outer, inner = new_study(tmp_path, "outer"), new_study(tmp_path, "inner")
    pids = list[int]()
    outer.optimize(
        lambda trial: 1.0,
        n_trials=1,
        callbacks=[lambda study, trial: pids.extend([run(inner), driver_pid(study)])],  # a run beside this one
    )
    assert len(set(pids)) == 2
    wait_for("both to end", lambda: not any(map(is_alive, pids)))  # one is too many, the other is kept for 1 s
    assert kept._idle == []
    assert run(outer) not in pids


def test_a_process_that_may_not_move_is_not_taken_for_a_run_that_may(tmp_path: Path, kept: drivers._Kept) -> None:
    run(new_study(tmp_path))
    [(process, _)] = kept._idle
    assert drivers.start(pinned=False).place == (*process.place[:2], False)
    assert drivers.start(pinned=True) is process


def test_a_process_that_failed_is_not_kept(tmp_path: Path, kept: drivers._Kept) -> None:
    study = new_study(tmp_path)
    pid = run(study)
    study.ask()  # this process owns the study now, and renews its ownership
    double = rtl.load_study(study_name="study", storage=f"sqlite:///{tmp_path}/study.db")
    with pytest.raises(StudyBusyError):
        double.optimize(lambda trial: 1.0, n_trials=1)
    assert kept._idle == []
    wait_for("its end", lambda: not is_alive(pid))
    study.close()


SCRIPT = """
import json, sys
import ray
import raytune_lite as rtl
from tests.on_ray.drivers import driver_pid

pids = []
study = rtl.create_study(storage=sys.argv[1], study_name="s")
for _ in range(2):
    ray.init("local", num_cpus=1, include_dashboard=False, logging_level="ERROR", object_store_memory=80 << 20)
    for _ in range(2):
        study.optimize(lambda trial: 1.0, n_trials=1, callbacks=[lambda s, t: pids.append(driver_pid(s))])
    ray.shutdown()
print(json.dumps([pids, len(study.trials)]))
"""


def test_ray_that_was_shut_down_and_begun_again_gets_a_process_of_its_own(storage: str) -> None:
    done = run_script("-c", SCRIPT, storage, seconds=200)
    (a, b, c, d), n = json.loads(done.stdout.splitlines()[-1])
    assert a == b != c == d
    assert n == 4
    wait_for("their end", lambda: not is_alive(a) and not is_alive(d))
