"""Benchmarks print no ratio that a busy machine has made."""

from __future__ import annotations

import argparse
import importlib.util
import json
import math
import multiprocessing
import os
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from raytune_lite.core.messages import Decision
from raytune_lite.core.view import StudyIdentity
from raytune_lite.trial import StudyDirection

FOLDER = Path(__file__).parent.parent / "benchmarks"
spec = importlib.util.spec_from_file_location("_load", FOLDER / "_load.py")
load = importlib.util.module_from_spec(spec)
sys.modules["_load"] = load
spec.loader.exec_module(load)

BURN = "import time\nend = time.time() + 60\nwhile time.time() < end: pass"


def load_of(machine, own, seconds=0.05):
    """What a meter reads if the machine and our processes take so many CPU seconds meanwhile."""
    looks = iter([(100.0, 50.0), (100.0 + machine, 50.0 + own)])
    meter = load.Meter(look=lambda: next(looks))
    time.sleep(seconds)
    return meter.read()


def test_our_own_work_is_no_load_of_others():
    assert load_of(machine=0.02, own=0.02).others == 0.0
    assert load_of(machine=10.0, own=0.01).others == 1.0


def test_a_ratio_of_a_quiet_machine_is_printed():
    assert load.ratio("0.45", [load.Load(0.5, 0.01), load.Load(2.0, load.LIMIT)]) == "0.45"


def test_a_ratio_of_a_busy_machine_is_refused_with_the_reason_and_the_way_out():
    text = load.ratio("0.45", [load.Load(0.5, 0.01), load.Load(9.0, 0.5)])
    assert "0.45" not in text
    assert "50 %" in text
    assert "--force" in text


def test_a_forced_ratio_is_marked():
    text = load.ratio("0.45", [load.Load(9.0, 0.5)], force=True)
    assert text.startswith("0.45")
    assert "FORCED" in text


def test_a_system_that_does_not_tell_refuses_nothing(monkeypatch, tmp_path):
    monkeypatch.setattr(load, "PROC", tmp_path)
    found = load.Meter().read()
    assert found.others is None
    assert load.ratio("0.45", [found]) == "0.45"


@pytest.mark.skipif(not Path("/proc/stat").exists(), reason="needs /proc")
def test_a_child_is_ours_and_a_process_of_another_is_not():
    # the children of the first process are ours as long as it lives, and stay ours afterwards
    own = load.OwnProcesses()
    shell = subprocess.Popen(
        ["sh", "-c", f'{sys.executable} -c "{BURN}" & echo $!; sleep 60'], stdout=subprocess.PIPE, text=True
    )
    child = int(shell.stdout.readline())
    try:
        start = own.seconds()[1]
        seen = wait_for(lambda: own.seconds()[1] - start > 0.1)
        shell.kill()
        shell.wait()
        orphan = own.seconds()[1]
        seen_orphan = wait_for(lambda: own.seconds()[1] - orphan > 0.1)
    finally:
        os.kill(child, 9)
    assert seen
    assert seen_orphan
    stranger = load.OwnProcesses()
    assert os.getppid() not in {pid for pid, _ in stranger._known}


@pytest.mark.skipif(not Path("/proc/stat").exists(), reason="needs /proc")
@pytest.mark.parametrize("reaped_by", ["its parent", "the system"])
def test_what_an_ended_child_took_is_counted_once(reaped_by):
    """In a process of its own: this one may have children of other tests."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        took = pool.submit(what_an_ended_child_took, reaped_by).result()
    assert 0.5 < took < 1.2


def what_an_ended_child_took(reaped_by):
    """CPU seconds, as they are counted, of a grandchild that works for 0.7 s."""
    ignore = "import signal; signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n" if reaped_by == "the system" else ""
    child = "import time\nwhile time.process_time() < 0.7: pass\ntime.sleep(1.5)"
    parent = f"import subprocess, sys, time\n{ignore}subprocess.run([sys.executable, '-c', {child!r}])\ntime.sleep(60)"
    own = load.OwnProcesses()
    start, n = own.seconds()[1], len(own._known)
    process = subprocess.Popen([sys.executable, "-c", parent])
    try:
        assert wait_for(lambda: len(own._known) == n + 2)
        assert wait_for(lambda: len(own._known) == n + 1)
        return own.seconds()[1] - start
    finally:
        process.kill()
        process.wait()


def wait_for(condition):
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("path", sorted(FOLDER.glob("[a-z]*.py")), ids=lambda path: path.stem)
def test_every_benchmark_looks_at_the_load(path):
    assert "import _load" in path.read_text()


def test_the_functions_that_are_timed_by_layer_exist(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    layers = importlib.import_module("layers")
    for places in (*layers.DRIVER.values(), *layers.WORKER.values()):
        for place in places:
            layers.resolve(place)


def test_force_is_a_flag():
    parser = argparse.ArgumentParser()
    load.add_force(parser)
    assert parser.parse_args(["--force"]).force
    assert not parser.parse_args([]).force


@pytest.mark.long
def test_the_benchmark_of_scale_runs_and_prints_exponents():
    sizes = ["--trials", "20,40", "--paused", "2,4", "--asked", "5,10", "--samplers", "random"]
    done = subprocess.run([sys.executable, FOLDER / "scale.py", *sizes], capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr  # 1: at these sizes noise may look like growth
    lines = [line for line in done.stdout.splitlines() if "   exponent " in line]
    assert len(lines) == 2 * 11 + 2 + 3, done.stdout  # times and memory, bytes, questions
    for what in ("check, compacted", "open, from a snapshot", "random: a claim, with paused trials", "file"):
        assert any((line.strip().startswith(what) and "40:" in line) or "4:" in line for line in lines), what


def learning_curves(folder, n=60, epochs=9):
    """A table as LCBench's are: the higher x, the better from the first epoch on; one curve is no number from 3 on."""
    rng = np.random.default_rng(0)
    hp = rng.random((n, 2)) * [0.98, 0.0] + [0.01, 0.5]
    hp[:, 1] = np.linspace(0.1, 0.9, n)
    steps = np.arange(1, epochs + 1)
    accuracy = 0.5 * hp[:, :1] + 0.3 * (1 - 1 / steps)
    accuracy[7, 2:] = np.nan
    seconds = steps * np.linspace(1.0, 4.0, n)[:, None]
    names = ["learning_rate", "momentum"]
    np.savez(folder / "lcbench_toy.npz", hp_names=names, hp=hp, val_balanced_accuracy=accuracy, seconds=seconds)


def test_the_benchmark_of_pruners_runs_goes_on_and_repeats_itself(tmp_path):
    learning_curves(tmp_path)
    methods = "full/random,one-epoch/random,asha/random,asha/tpe,asha-stop/random,median/random"
    command = [sys.executable, FOLDER / "multifidelity.py", "--data", tmp_path, "--methods", methods, "--workers", "4"]

    def run(name, seeds):
        command_of_it = [*command, "--out", tmp_path / name, "--seeds", str(seeds)]
        done = subprocess.run(command_of_it, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done, [json.loads(line) for line in (tmp_path / name).read_text().splitlines()]

    done, lines = run("curves.jsonl", 1)
    assert "4 workers: regret after so many full trainings (1 tables, 1 blocks)" in done.stdout
    assert [line["error"] for line in lines] == [""] * 6
    of = {line["method"]: line for line in lines}
    assert of["asha/random"]["promotions"] > 5
    assert of["asha/random"]["trials"] > 2 * of["full/random"]["trials"]
    assert of["asha/random"]["held_nan"] == 0
    assert of["one-epoch/random"]["epochs"] == of["one-epoch/random"]["complete"]
    for line in lines:
        assert line["curve"][-1][0] <= 3.0
        assert [point[1] for point in line["curve"]] == sorted((p[1] for p in line["curve"]), reverse=True)
    done, lines = run("curves.jsonl", 2)
    assert "6 of 6 runs done" in done.stderr  # the first seed was there
    assert [line["seed"] for line in lines] == [0] * 6 + [1] * 6
    # again, the same
    _, again = run("again.jsonl", 1)
    times = ("decision_us", "claim_us", "ask_ms", "cpu", "others")
    for line in lines[:6]:
        twin = next(other for other in again if other["method"] == line["method"])
        assert {k: v for k, v in line.items() if k not in times} == {k: v for k, v in twin.items() if k not in times}


def test_rays_rules_are_those_of_ray(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    rules = importlib.import_module("_ray_rules")
    study = StudyIdentity("study", (StudyDirection.MINIMIZE,))
    rng = np.random.default_rng(0)
    judge, others = rules.RayASHA(1, 9, 3).judge(study), []
    for number in range(200):
        loss = math.nan if number % 10 == 3 else float(rng.integers(20))
        stops = bool(others) and loss > np.nanpercentile(others, 100 / 3)  # NaN is never above
        assert (judge.report(number, 1, (loss,)).decision is Decision.STOP) == stops
        others.append(loss)
    judge = rules.RayMedian().judge(study)
    curves = rng.random((30, 4))
    curves[5, 2] = math.nan
    for number, curve in enumerate(curves):
        for step in range(1, 5):
            means = [other[:step].mean() for other in curves[:number] if np.isfinite(other[:step].mean())]
            best = min(curve[:step].tolist())
            stops = len(means) >= 3 and not np.median(means) >= best
            assert (judge.report(number, step, (curve[step - 1],)).decision is Decision.STOP) == stops


def test_a_grown_table_has_its_own_configurations_and_mixtures_between_them(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(FOLDER))
    tables = importlib.import_module("_tables")
    learning_curves(tmp_path)
    small, large = tables.load(str(tmp_path), "lcbench_toy"), tables.load(str(tmp_path), "lcbench_toy", 0, 5)
    assert len(large) == 5 * len(small)
    assert (large.losses[: len(small)] == small.losses)[~np.isnan(small.losses)].all()
    assert large.best == small.best
    assert ((large.units >= 0) & (large.units <= 1)).all()
    for i, (name, dist) in enumerate(large.space.items()):
        assert all(dist.contains(value) for value in large.configs[:, i]), name
    # the loss of a mixture lies between those of the table
    assert np.nanmax(large.losses) <= np.nanmax(small.losses)
    assert small.regret([small.best, math.nan]).tolist() == [0.0, 1.0]


def test_the_parts_of_the_cluster_benchmark_can_be_asked_for_one_by_one():
    command = [sys.executable, str(FOLDER / "cluster.py")]
    done = subprocess.run([*command, "--help"], capture_output=True, text=True, check=True, timeout=60)
    assert all(part in done.stdout for part in ("throughput", "first", "submit", "killed", "driver", "slots"))
    wrong = subprocess.run([*command, "all"], capture_output=True, text=True, check=False, timeout=60)
    assert wrong.returncode == 2
    assert "invalid choice: 'all'" in wrong.stderr
