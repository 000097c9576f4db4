"""What an attempt leaves behind in a process that runs others after it; a fake probe, real threads and children."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

import raytune_lite as rl
from raytune_lite.core.encoding import event_to_json
from raytune_lite.core.messages import AttemptEnded, Outcome
from raytune_lite.runtime import leaks
from raytune_lite.runtime.handover import Returned
from raytune_lite.runtime.leaks import THREADS, Held, LeakGuard, look
from raytune_lite.runtime.on_ray import warm
from raytune_lite.runtime.telling import LEAKS_SHOWN, Telling

from .core_tools import Clock

GB, MB = 10**9, 10**6


class Probe:
    """A GPU of 10 GB, of which the process holds so much."""

    def __init__(self, held):
        self.bytes = held

    def held(self, share):
        return None if self.bytes is None else (self.bytes, 10 * GB)


class BrokenProbe:
    def held(self, share):
        raise OSError("no such library")


def after(guard, **held):
    """What an attempt leaves behind that ends with this."""
    guard.begin(lambda: Held(threads=2, memory=GB, gpu=0))
    return guard.end(lambda: Held(**{"threads": 2, "memory": GB, "gpu": 0, "gpu_most": GB, **held}))


# --- the rules -------------------------------------------------------------------------------------------------------


def test_what_is_within_the_limits_is_no_leak():
    guard = LeakGuard(Clock(0.0))
    assert after(guard, gpu=GB, memory=3 * GB, threads=2 + THREADS) == ""
    assert after(guard, gpu=GB, memory=3 * GB + leaks.MEMORY, threads=2 + THREADS) == ""


def test_each_kind_is_named_with_its_value_and_its_limit():
    assert after(LeakGuard(Clock(0.0)), gpu=3 * GB) == "3.00 GB of GPU memory (limit 1.00 GB; 3.00 GB of it new)"
    assert after(LeakGuard(Clock(0.0)), threads=3 + THREADS) == f"{THREADS + 1} threads (limit {THREADS})"
    assert after(LeakGuard(Clock(0.0)), children=(77,)) == "1 child process(es) (limit 0), pid 77"


def test_what_adds_up_over_attempts_is_a_leak_and_says_what_the_last_one_added():
    guard = LeakGuard(Clock(0.0))
    assert after(guard, gpu=700 * MB) == ""
    assert after(guard, gpu=900 * MB) == ""
    assert after(guard, gpu=1100 * MB) == "1.10 GB of GPU memory (limit 1.00 GB; 0.20 GB of it new)"


def test_memory_counts_from_the_end_of_the_first_attempt_which_has_imported():
    guard = LeakGuard(Clock(0.0))
    assert after(guard, memory=20 * GB) == ""
    assert after(guard, memory=21 * GB) == ""
    assert after(guard, memory=22 * GB) == "2.00 GB of memory (limit 1.07 GB; 1.00 GB of it new)"


def test_threads_and_children_have_a_moment_to_end():
    clock, seen = Clock(0.0), []

    def ending():
        seen.append(clock.now)
        return Held(children=(5,) if clock.now < 0.5 else ())

    guard = LeakGuard(clock)
    guard.begin(Held)
    assert guard.end(ending) == ""
    assert 0.5 <= clock.now <= leaks.PATIENCE
    assert len(seen) > 2
    assert after(guard, children=(5,)) != ""
    assert clock.now >= leaks.PATIENCE


# --- what is there ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("share", "most"), [(1.0, GB), (0.5, 500 * MB), (0.01, leaks.GPU_LEAST)], ids=["whole", "half", "small"]
)
def test_the_limit_of_gpu_memory_follows_from_the_share(share, most):
    found = look(Probe(300 * MB), share)
    assert (found.gpu, found.gpu_most) == (300 * MB, most)


@pytest.mark.parametrize("probe", [Probe(None), BrokenProbe(), object()], ids=["unknown", "fails", "has none"])
def test_a_probe_that_knows_nothing_sees_no_leak(probe):
    found = look(probe, 1.0)
    assert found.gpu is None
    assert after(LeakGuard(Clock(0.0)), gpu=found.gpu) == ""


@pytest.mark.skipif(sys.platform != "linux", reason="read from /proc")
def test_threads_children_and_memory_are_seen_and_helpers_of_multiprocessing_are_not():
    before = look(Probe(0), 1.0)
    assert before.memory is not None
    assert before.memory > 10 * MB
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    helper = "import time; 'multiprocessing.resource_tracker'; print(1, flush=True); time.sleep(60)"
    other = helper.replace("multiprocessing", "mine")
    processes = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) for code in (helper, other)]
    try:
        for process in processes:
            process.stdout.readline()
        found = look(Probe(0), 1.0)
        assert found.threads == before.threads + 1
        assert set(found.children) - set(before.children) == {processes[1].pid}
    finally:
        stop.set()
        thread.join()
        for process in processes:
            process.kill()
            process.communicate()
    assert look(Probe(0), 1.0).children == before.children


# --- the process -----------------------------------------------------------------------------------------------------


@pytest.fixture
def process(monkeypatch):
    """A WarmProcess, outside of Ray."""
    ended = []
    monkeypatch.setattr(warm.WarmProcess, "_end_after_task", lambda self: ended.append(1))
    found = warm.WarmProcess(Clock(0.0))
    found.ended = ended
    yield found
    if found._timer is not None:
        found._timer.cancel()


END = (b"{}", False, True, 1.0, None, "")


def test_a_process_keeps_the_gpu_with_which_it_began(process):
    assert process.begin(("0",), Probe(0), 1.0)
    assert process.end((END,), Probe(0), 1.0) == (END,)
    assert process.begin(("0",), Probe(0), 1.0)
    assert process.end((END,), Probe(0), 1.0) == (END,)
    assert process.ended == []
    assert not process.begin(("1",), Probe(0), 1.0)
    assert process.ended == [1]


def test_a_leak_travels_with_the_result_and_ends_the_process(process):
    process.begin(("0",), Probe(0), 1.0)
    ((*same, left),) = process.end((END,), Probe(2 * GB), 1.0)
    assert tuple(same) == END[:5]
    assert left.startswith("2.00 GB of GPU memory (limit 1.00 GB")
    assert process.ended == [1]
    assert process._timer is None


def test_an_idle_process_ends_and_one_at_work_does_not(process, monkeypatch):
    over = threading.Event()
    monkeypatch.setattr(warm, "IDLE", 0.05)
    monkeypatch.setattr(warm.os, "_exit", lambda code: over.set())
    process.begin(("0",), Probe(0), 1.0)
    process.end((END,), Probe(0), 1.0)
    process.begin(("0",), Probe(0), 1.0)
    process._end_if_idle()  # the timer was late
    assert not over.wait(0.2)
    process.end((END,), Probe(0), 1.0)
    assert over.wait(5.0)


# --- what people are told --------------------------------------------------------------------------------------------


def test_the_trials_that_leaked_are_named_the_first_at_once_the_others_at_the_end():
    said = []
    telling = Telling(Clock(0.0), said.append)
    for number in (4, 7, 7, 9, 11):
        event = AttemptEnded(number=number, attempt=2, outcome=Outcome.COMPLETE, values=(1.0,))
        telling.ended(Returned(slot="s", message=event_to_json(event).encode(), left="3 GB of GPU memory"), ())
    assert len(said) == LEAKS_SHOWN
    assert said[0].startswith("trial 4 (attempt 2) left behind in its worker process: 3 GB of GPU memory.")
    assert "leave warm_workers out" in said[0]
    telling.finish("s")
    assert said[LEAKS_SHOWN:] == ["5 attempts have leaked, and each cost a new process: of trials 4, 7, 9, 11"]


@pytest.mark.parametrize(
    ("given", "error", "text"),
    [
        ({"workers": 2}, ValueError, "warm_workers needs trials of one process, got 2"),
        ({"warm_workers": "yes"}, TypeError, "warm_workers"),
    ],
)
def test_what_warm_workers_cannot_be_is_refused(given, error, text):
    study = rl.create_study()
    with pytest.raises(error, match=text):
        study.optimize(lambda trial: 1.0, n_trials=1, **{"warm_workers": True, **given})
