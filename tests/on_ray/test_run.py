"""Studies on a real local Ray: the whole path, from a claim to the end of the run."""

from __future__ import annotations

import json
import os
import pickle
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import ray

import raytune_lite as rtl
from raytune_lite.exceptions import (
    InfeasibleResourcesError,
    InvalidResourcesError,
    ObjectiveNotPicklableError,
    RaytuneLiteError,
    RuntimeEnvironmentError,
    TrialFailedError,
)
from raytune_lite.runtime import telling
from raytune_lite.runtime.on_ray import cluster
from raytune_lite.runtime.on_ray.tasks import RayTasks
from raytune_lite.trial import TrialState

from ..chaos.processes import wait_for

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("ray_cluster")]


def curve(trial: rtl.Trial) -> float:
    x = trial.suggest_float("x", -5, 5)
    scale = trial.suggest_categorical("scale", ["flat", "steep"])
    factor = trial.suggest_int("factor", 1, 4) if scale == "steep" else 1
    for step in range(1, 10):
        trial.report(factor * x * x + 1 / step, step)
        if trial.should_prune():
            raise rtl.TrialPruned
    return factor * x * x


def test_promotion_asha_pauses_and_promotes_until_nothing_is_promotable(storage: str) -> None:
    pruner = rtl.pruners.ASHAPruner(1, 9, 3, mode="promote")
    study = rtl.create_study(storage=storage, pruner=pruner, sampler=rtl.samplers.RandomSampler(seed=1))
    study.optimize(curve, n_trials=27, max_concurrent=3)
    states = [trial.state for trial in study.trials]
    assert len(states) == 27
    assert set(states) == {TrialState.COMPLETE, TrialState.PRUNED}
    # floor(27 / 3) = 9 reach the second rung and floor(9 / 3) = 3 the end, give or take early promotions
    assert sum(trial.last_step is not None and trial.last_step >= 3 for trial in study.trials) >= 9
    assert states.count(TrialState.COMPLETE) >= 3
    steep = [trial for trial in study.trials if trial.params["scale"] == "steep"]
    assert steep
    assert all(("factor" in trial.params) == (trial in steep) for trial in study.trials)


def test_a_paused_trial_is_promoted_when_others_came_after_it(storage: str) -> None:
    study = rtl.create_study(storage=storage, pruner=rtl.pruners.ASHAPruner(1, 9, 3, mode="promote"))
    for n in range(9):  # each is worse than those before it, so none is promoted as it arrives
        study.enqueue_trial({"x": n / 2, "scale": "flat"})
    study.optimize(curve, n_trials=9, max_concurrent=1)
    assert [trial.number for trial in study.trials if trial.attempt > 1] == [0, 1, 2]
    assert [trial.state for trial in study.trials] == [TrialState.COMPLETE] + [TrialState.PRUNED] * 8


def test_the_same_study_inline_and_on_ray_has_the_same_parameters(tmp_path: Path) -> None:
    params = []
    for executor in ("inline", "ray"):
        study = rtl.create_study(sampler=rtl.samplers.RandomSampler(seed=7))
        study.optimize(curve, n_trials=6, executor=executor)  # type: ignore[arg-type]
        params.append([trial.params for trial in study.trials])
    assert params[0] == params[1]


def test_every_grid_cell_has_one_result_though_trials_fail(storage: str) -> None:
    def fragile(trial: rtl.Trial) -> float:
        x, y = trial.suggest_int("x", 0, 4), trial.suggest_int("y", 0, 3)
        if trial.number % 3 == 0:
            raise RuntimeError("every third trial fails")
        return float(x * y)

    space = {"x": list(range(5)), "y": list(range(4))}
    study = rtl.create_study(storage=storage, sampler=rtl.samplers.GridSampler(space, seed=0, max_failures=20))
    study.optimize(fragile, catch=RuntimeError, max_concurrent=4)
    done = [tuple(t.params.values()) for t in study.trials if t.state is TrialState.COMPLETE]
    assert sorted(done) == sorted((x, y) for x in range(5) for y in range(4))
    assert any(trial.state is TrialState.FAIL for trial in study.trials)


def test_an_uncaught_exception_ends_the_run_with_its_remote_traceback(storage: str) -> None:
    def broken(trial: rtl.Trial) -> float:
        raise KeyError("no such column")

    study = rtl.create_study(storage=storage)
    with pytest.raises(TrialFailedError, match="no such column") as caught:
        study.optimize(broken, n_trials=5, max_concurrent=1)
    assert "in broken" in str(caught.value)
    failed = study.trials[0]
    assert failed.state is TrialState.FAIL
    assert "in broken" in failed.system_attrs["rtl:failure"]["traceback"]


def test_a_nan_result_fails_its_trial_and_not_the_study(storage: str) -> None:
    study = rtl.create_study(storage=storage)
    study.optimize(lambda trial: float("nan") if trial.number == 1 else 1.0, n_trials=3)
    assert [trial.state.name for trial in study.trials] == ["COMPLETE", "FAIL", "COMPLETE"]
    assert "NaN" in study.trials[1].system_attrs["rtl:failure"]["error"]


def test_callbacks_see_each_finished_trial_and_may_stop_the_study(storage: str) -> None:
    seen: list[int] = []

    def callback(study: rtl.Study, trial: rtl.FrozenTrial) -> None:
        seen.append(trial.number)
        if len(seen) == 3:
            study.stop()

    study = rtl.create_study(storage=storage)
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), callbacks=[callback], max_concurrent=1)
    assert seen == [trial.number for trial in study.trials]
    assert 3 <= len(seen) <= 4


def test_enqueued_trials_run_first(storage: str) -> None:
    study = rtl.create_study(storage=storage)
    study.enqueue_trial({"x": 0.25})
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=2, max_concurrent=1)
    assert study.trials[0].params == {"x": 0.25}
    assert len(study.trials) == 2


def test_n_trials_counts_this_call_and_max_trials_the_study(storage: str) -> None:
    study = rtl.create_study(storage=storage)
    study.optimize(lambda trial: 1.0, n_trials=3)
    study.optimize(lambda trial: 1.0, n_trials=3, max_trials=5)
    assert len(study.trials) == 5
    study.optimize(lambda trial: 1.0, max_trials=5)
    assert len(study.trials) == 5


def test_no_more_trials_run_at_once_than_asked(storage: str, tmp_path: Path) -> None:
    log = tmp_path / "log"

    def slow(trial: rtl.Trial) -> float:
        with log.open("a") as file:
            file.write("+\n")
        until = time.monotonic() + 60
        while log.read_text().count("+") < 2 and time.monotonic() < until:  # the first one waits for the second
            time.sleep(0.05)
        time.sleep(0.05)
        with log.open("a") as file:
            file.write("-\n")
        return 1.0

    study = rtl.create_study(storage=storage)
    study.optimize(slow, n_trials=8, max_concurrent=2, resources={"num_cpus": 0.1})
    running = highest = 0
    for line in log.read_text().split():
        running += 1 if line == "+" else -1
        highest = max(highest, running)
    assert highest == 2


def test_timeout_starts_nothing_new_and_lets_running_trials_end(storage: str) -> None:
    study = rtl.create_study(storage=storage)
    study.optimize(lambda trial: 1.0, n_trials=8)  # so that there are workers
    start = time.monotonic()
    study.optimize(lambda trial: time.sleep(0.3) or 1.0, timeout=2.0)  # type: ignore[func-returns-value]
    assert time.monotonic() - start < 20
    assert len(study.trials) > 8
    assert all(trial.state is TrialState.COMPLETE for trial in study.trials)


def test_an_unknown_resource_lists_the_valid_ones(storage: str) -> None:
    study = rtl.create_study(storage=storage)
    with pytest.raises(InvalidResourcesError, match=r"(?s)unknown resource 'gpus'.*num_gpus.*scheduling_strategy"):
        study.optimize(curve, n_trials=1, resources={"gpus": 1})
    with pytest.raises(InvalidResourcesError, match=r"num_gpus above 1 must be whole, got 1\.5"):
        study.optimize(curve, n_trials=1, resources={"num_gpus": 1.5})
    assert study.trials == []


@pytest.mark.parametrize(
    ("resources", "reason"),
    [
        ({"num_gpus": 2}, r"(?s)asks for CPU: 1, GPU: 2.*CPU: 4.*no autoscaler"),
        ({"num_cpus": 64}, r"asks for CPU: 64"),
        ({"accelerator_type": "A100"}, r"asks for CPU: 1, accelerator_type A100"),
        ({"label_selector": {"zone": "in(a, b)"}}, r"with the labels \{zone: in\(a, b\)\}.*Correct label_selector"),
    ],
)
def test_what_a_local_ray_can_never_grant_is_refused_each_time(
    storage: str, resources: dict[str, Any], reason: str
) -> None:
    study = rtl.create_study(storage=storage)
    for _ in range(2):  # Ray is initialised already: as in a cell of a notebook that is run again
        with pytest.raises(InfeasibleResourcesError, match=reason):
            study.optimize(lambda trial: 1.0, n_trials=1, resources=resources)
    assert study.trials == []


def until_said(capfd: Any, text: str) -> str:
    """All that was said on stderr when this was."""
    said: list[str] = []

    def is_said() -> bool:
        said.append(capfd.readouterr().err)
        return text in "".join(said)

    wait_for(f"{text!r} to be said", is_said)
    return "".join(said)


def test_a_request_waits_for_an_autoscaler_and_says_so(
    storage: str, capfd: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "may_grow", lambda: True)
    monkeypatch.setattr(telling, "STUCK_NOTICE", 0.3)
    study = rtl.create_study(storage=storage)
    run = threading.Thread(target=study.optimize, args=(lambda trial: 1.0, 7), kwargs={"resources": {"num_gpus": 2}})
    run.daemon = True
    run.start()
    # so many requests does the autoscaler see
    said = until_said(capfd, "7 trial(s) wait: a trial asks for CPU: 1, GPU: 2")
    study.stop()
    run.join(30)
    assert not run.is_alive()
    assert "GPU: 2" in said.splitlines()[0]
    assert "wait until an autoscaler adds one" in said.splitlines()[0]
    assert study.trials == []


def test_trials_that_wait_for_other_work_say_so(
    storage: str, tmp_path: Path, capfd: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "STUCK_NOTICE", 0.5)
    over = tmp_path / "over"

    @ray.remote(num_cpus=4)
    def other() -> None:
        while not over.exists():
            time.sleep(0.05)

    busy = other.remote()
    wait_for("the other work to begin", lambda: not ray.available_resources().get("CPU"))
    study = rtl.create_study(storage=storage)
    run = threading.Thread(target=study.optimize, args=(lambda trial: 1.0, 1), daemon=True)
    run.start()
    try:
        until_said(capfd, "trial(s) wait: a trial asks for CPU: 1, and other work on this cluster holds it")
    finally:
        over.touch()
    ray.get(busy)
    run.join(60)
    assert [trial.state for trial in study.trials] == [TrialState.COMPLETE]


def test_what_the_waiting_tasks_hold_themselves_is_no_other_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ray gives a task its CPUs before its process has been set up."""
    [node] = ray.nodes()[:1]
    monkeypatch.setattr(ray._private.state, "available_resources_per_node", lambda: {node["NodeID"]: {"CPU": 0.0}})
    for queued, reason in ((4, "there is room for them, but none has begun"), (3, "other work on this cluster holds")):
        assert reason in cluster.waiting({"num_cpus": 1}, queued)


@pytest.mark.parametrize(
    ("labels", "status", "expected"),
    [
        ({}, {"node_1a2b": 1}, False),  # `ray start --head`, without an autoscaler: each node has a type of its own
        ({}, {"ray.head.default": 1}, True),
        ({}, {}, None),  # it has not seen its nodes yet
        ({"ray.io/node-group": "gpu"}, {"node_1a2b": 1}, True),  # version 2, KubeRay
    ],
)
def test_whether_an_autoscaler_is_at_work_is_read_from_rays_own_records(
    monkeypatch: pytest.MonkeyPatch, labels: dict[str, str], status: dict[str, int], expected: bool | None
) -> None:
    assert cluster.may_grow() is False  # ray.init() in this process
    monkeypatch.setattr(ray._private.worker._global_node, "head", False)
    monkeypatch.setattr(cluster, "living_nodes", lambda: [{"Labels": labels}])
    report = json.dumps({"autoscaler_report": {"active_nodes": status}})
    monkeypatch.setattr(cluster, "_internal_kv_get", lambda name: report.encode())
    assert cluster.may_grow() is expected


def test_labels_of_nodes_are_matched_as_ray_does() -> None:
    node = {"Labels": {"zone": "a"}}
    expected = {"a": True, "b": False, "!a": False, "!b": True, "in(a,b)": True, "!in(b, c)": True, "!in(a)": False}
    assert {condition: cluster._matches(node, "zone", condition) for condition in expected} == expected
    assert not cluster._matches(node, "market", "spot")
    assert cluster._matches(node, "market", "!spot")


@pytest.mark.parametrize(
    ("runtime_env", "message"),
    [
        ({"pips": ["x"]}, r"no field 'pips'.*valid fields are.*pip"),
        ("pip", r"must be a dict.*got 'pip'"),
        ({"working_dir": "."}, r"working_dir for a trial takes URIs only.*ray job submit --working-dir"),
        ({"py_modules": [rtl]}, r"py_modules for a trial takes URIs only.*ray\.init"),
        ({"pip": ["a"], "conda": "b"}, r"refused by Ray"),
    ],
)
def test_a_runtime_env_that_cannot_work_is_refused_before_anything_starts(
    storage: str, runtime_env: Any, message: str
) -> None:
    study = rtl.create_study(storage=storage)
    with pytest.raises(InvalidResourcesError, match=message):
        study.optimize(curve, n_trials=1, resources={"runtime_env": runtime_env})
    assert study.attempts == []


def test_a_runtime_env_that_cannot_be_set_up_ends_the_run_with_the_reason(storage: str) -> None:
    study = rtl.create_study(storage=storage)
    resources = {"runtime_env": {"py_modules": ["file:///no/such/package.zip"]}}
    with pytest.raises(RuntimeEnvironmentError, match=r"(?s)cannot be set up.*no/such/package"):
        study.optimize(curve, n_trials=3, resources=resources)
    assert study.attempts == []


def test_a_worker_without_this_package_is_told_how_to_ship_it(storage: str) -> None:
    class Absent:
        def __reduce__(self) -> Any:
            return __import__, ("raytune_lite.of_another_version",)

    absent = Absent()
    with pytest.raises(RuntimeEnvironmentError, match=r'(?s)raytune_lite.*ray\.init\(runtime_env=\{"py_modules"'):
        rtl.create_study(storage=storage).optimize(lambda trial: 1.0 if absent else 0.0, n_trials=1)


def test_the_storage_url_is_not_among_the_arguments_that_ray_keeps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ray writes the arguments of a constructor to its control store, and those of a method nowhere."""
    from raytune_lite.runtime.config import RunConfig
    from raytune_lite.runtime.on_ray import drivers

    kept: list[Any] = []
    calls: list[tuple[str, tuple[Any, ...]]] = []

    class Method:
        def __init__(self, name: str) -> None:
            self.name = name

        def remote(self, *arguments: Any) -> None:
            calls.append((self.name, arguments))
            if self.name == "open":
                raise InterruptedError

    class Handle:
        def __getattr__(self, name: str) -> Method:
            return Method(name)

    class Remote:
        def __init__(self, _: type) -> None:
            pass

        def options(self, **options: Any) -> Remote:
            kept.append(options)
            return self

        def remote(self, *arguments: Any) -> Handle:
            kept.extend(arguments)
            return Handle()

    monkeypatch.setattr(ray, "remote", Remote)
    monkeypatch.setattr(drivers, "_kept", drivers._Kept())
    config = RunConfig(storage="postgresql://me:s3cr3t@host/db", study_name="s", run="r")
    with pytest.raises(InterruptedError), drivers.driver_process(pinned=False) as process:
        process.open(config)
    assert [name for name, _ in calls] == ["host", "open"]
    assert all(pickle.loads(arguments[-1]) == config for _, arguments in calls)
    assert len(kept) == 3
    assert b"s3cr3t" not in pickle.dumps(kept)


def test_an_objective_that_fails_to_load_on_a_worker_ends_the_run_and_says_how_to_ship_it(
    storage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Fussy:
        def __reduce__(self) -> Any:
            return __import__, ("module_that_is_here_only",)

    fussy, submit = Fussy(), RayTasks.submit
    known: list[Any] = []  # at each task that is submitted, why it cannot work

    def noted(self: RayTasks, *arguments: Any) -> str:
        slot = submit(self, *arguments)
        known.append(self._broken)
        return slot

    monkeypatch.setattr(RayTasks, "submit", noted)
    with pytest.raises(RaytuneLiteError, match=r"(?s)module_that_is_here_only.*working-dir"):
        rtl.create_study(storage=storage).optimize(lambda trial: 1.0 if fussy else 0.0, n_trials=1)
    assert set(known) == {None}, "a task was submitted that cannot work: it would be cancelled while it fails"


def test_an_objective_that_cannot_travel_names_its_variable(storage: str) -> None:
    lock = threading.Lock()

    def objective(trial: rtl.Trial) -> float:
        with lock:
            return 1.0

    study = rtl.create_study(storage=storage)
    with pytest.raises(ObjectiveNotPicklableError, match=r"variable 'lock'"):
        study.optimize(objective, n_trials=1)
    assert study.trials == []


def test_short_trials_that_kill_their_workers_lose_no_cell(storage: str, tmp_path: Path) -> None:
    """So short that they are claimed ahead of their tasks: a killed worker takes claimed trials with it."""
    marks = tmp_path / "killed"
    marks.mkdir()

    def deadly(trial: rtl.Trial) -> float:
        x = trial.suggest_int("x", 0, 599)
        if x % 150 == 75:
            try:
                (marks / str(x)).mkdir()  # once for each of four cells
            except FileExistsError:
                return float(x)
            os.kill(os.getpid(), signal.SIGKILL)
        return float(x)

    study = rtl.create_study(storage=storage, sampler=rtl.samplers.GridSampler({"x": list(range(600))}, seed=0))
    study.optimize(deadly)
    trials = study.trials
    assert {trial.state for trial in trials} == {TrialState.COMPLETE}
    assert sorted(trial.params["x"] for trial in trials) == list(range(600))
    assert len(list(marks.iterdir())) == 4
    assert any(attempt.node == "" for attempt in study.attempts), "no trial was claimed ahead"


@pytest.mark.parametrize("one_trial_per_task", [False, True])
def test_a_task_runs_several_trials_that_are_short_unless_it_may_not(storage: str, one_trial_per_task: bool) -> None:
    def objective(trial: rtl.Trial) -> float:
        import ray

        trial.set_user_attr("task", ray.get_runtime_context().get_task_id())
        return trial.suggest_float("x", 0, 1)

    study = rtl.create_study(storage=storage, sampler=rtl.samplers.RandomSampler(seed=0))
    study.optimize(objective, n_trials=400, one_trial_per_task=one_trial_per_task)
    trials, attempts = study.trials, study.attempts
    assert [trial.number for trial in trials if trial.state is TrialState.COMPLETE] == list(range(400))
    assert len({attempt.slot for attempt in attempts}) == len(attempts) == 400
    tasks = {trial.user_attrs["task"] for trial in trials}
    assert (len(tasks) == 400) if one_trial_per_task else (len(tasks) < 350)


def test_short_trials_that_are_suddenly_long_are_spread_over_the_cluster_again(storage: str, tmp_path: Path) -> None:
    """A task that has several trials, of which one takes seconds, gives the others back: none waits for it."""

    def objective(trial: rtl.Trial) -> float:
        x, until = trial.suggest_int("x", 0, 399), time.monotonic() + 60
        (tmp_path / f"{x}.begun").touch()
        while x == 300 and len(list(tmp_path.glob("*.begun"))) < 400:
            assert time.monotonic() < until, "others wait for the long one"
            time.sleep(0.1)
        return float(x)

    study = rtl.create_study(storage=storage, sampler=rtl.samplers.GridSampler({"x": list(range(400))}, seed=0))
    study.optimize(objective)
    trials = study.trials
    assert sorted(trial.params["x"] for trial in trials) == list(range(400))
    assert {trial.state for trial in trials} == {TrialState.COMPLETE}


def test_storage_none_keeps_the_study_for_this_object(tmp_path: Path) -> None:
    study = rtl.create_study()
    study.optimize(curve, n_trials=3)
    assert len(study.trials) == 3
    assert study.best_value == min(trial.value for trial in study.trials if trial.value is not None)


def test_gpu_less_trials_see_no_gpu_and_gpu_trials_get_new_processes(storage: str) -> None:
    """Only what can be seen without a GPU: the options the task is made with."""
    from raytune_lite.runtime.on_ray.objective import build_task
    from raytune_lite.runtime.worker_settings import WorkerSettings

    settings = WorkerSettings(n_objectives=1, checkpoint_root="/tmp", lease=60.0)
    task = build_task(curve, (), "driver", settings, {"num_cpus": 1, "num_gpus": 0.5})
    assert task._default_options["max_calls"] == 1
    assert task._default_options["max_retries"] == 0
    assert build_task(curve, (), "driver", settings, {"num_cpus": 1})._default_options.get("max_calls", 0) == 0
