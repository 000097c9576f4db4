"""Studies of trials over several processes on a cluster of several raylets; says what became of them.

    python -m tests.cluster.ranks_script CASE FOLDER
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ray
from ray.util.placement_group import placement_group_table

import raytune_lite as rtl
from raytune_lite.core.messages import AttemptEnded

from .raylets import cluster, new_study, say

STEPS = ("start", "suggest", "report", "prune", "checkpoint", "end")


def spanning(folder: Path) -> None:
    """Three ranks on three nodes, with gloo between them and a checkpoint of all."""

    def objective(trial: rtl.Trial) -> float:
        import torch
        import torch.distributed as dist

        trial.init_process_group()
        total = torch.tensor([float(10**trial.rank)])
        dist.all_reduce(total)
        node = ray.get_runtime_context().get_node_id()
        nodes: list[Any] = [None] * trial.world_size
        dist.all_gather_object(nodes, (node, trial.local_rank, os.environ["CUDA_VISIBLE_DEVICES"]))
        trial.set_user_attr("nodes", nodes)
        x = trial.suggest_float("x", 0, 1)
        with trial.checkpoint_dir(1) as shared:
            (shared / f"part-{trial.rank}").write_text("x" * (trial.rank + 1))
        trial.report(x, 1)
        found = trial.load_checkpoint_dir()
        assert found is None
        return float(total.item())

    with cluster({"num_cpus": 1}, {"num_cpus": 2, "num_gpus": 2}, {"num_cpus": 2, "num_gpus": 2},
                 {"num_cpus": 2, "num_gpus": 2}):  # fmt: skip
        study = new_study(folder)
        study.optimize(
            objective, n_trials=2, workers=3, resources={"num_gpus": 1, "num_cpus": 1, "strategy": "STRICT_SPREAD"}
        )
        parts = sorted({path.name for path in (folder / "ckpt").rglob("part-*")})
        gpus = {event.progress.gpus for _, event, _ in study.kept_log()[1] if isinstance(event, AttemptEnded)}
        say(study, parts=parts, gpus=sorted(gpus))


def deaths(folder: Path) -> None:
    """Rank 1 is killed once at each step of the protocol."""

    def objective(trial: rtl.Trial) -> float:
        def dies_at(step: str) -> None:
            if trial.rank == 1 and trial.attempt == 1 and STEPS[trial.number] == step:
                os.kill(os.getpid(), signal.SIGKILL)

        dies_at("start")
        x = trial.suggest_float("x", 0, 1)
        dies_at("suggest")
        for epoch in range((trial.resumed_from_step or 0) + 1, 3):
            with trial.checkpoint_dir(epoch) as shared:
                dies_at("checkpoint")
                (shared / str(trial.rank)).write_text(str(epoch))
            trial.report(x, epoch)
            dies_at("report")
            trial.should_prune()
            dies_at("prune")
        dies_at("end")
        return x

    with cluster({"num_cpus": 4}):
        study = new_study(folder)
        study.optimize(objective, n_trials=len(STEPS), workers=2, resources={"num_cpus": 1})
        say(study)


def two_studies(folder: Path) -> None:
    """Two studies, each of groups of 3 GPUs, share 4 GPUs on two nodes: one trial at a time in all, and all end."""
    n = int(os.environ.get("RTL_TRIALS", "6"))

    def objective(trial: rtl.Trial) -> float:
        return trial.suggest_float("x", 0, 1)

    def run(study: rtl.Study) -> None:
        study.optimize(
            objective, n_trials=n, workers=3, resources={"num_gpus": 1, "num_cpus": 0.1}, show_progress_bar=False
        )

    with cluster({"num_cpus": 2, "num_gpus": 2}, {"num_cpus": 2, "num_gpus": 2}):
        studies = [new_study(folder, name) for name in ("one", "two")]
        threads = [threading.Thread(target=run, args=(study,)) for study in studies]
        began = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for study in studies:
            say(study, seconds=time.monotonic() - began)


def two_hundred(folder: Path) -> None:
    """Two studies at once, 100 groups of two processes each, on two nodes that hold two groups at a time."""
    n = int(os.environ.get("RTL_TRIALS", "100"))
    seen, over = list[dict[str, Counter[str]]](), threading.Event()

    def objective(trial: rtl.Trial) -> float:
        x = trial.suggest_float("x", 0, 1)
        with open(folder / "ran", "a", encoding="utf-8") as file:  # O_APPEND keeps lines of several processes whole
            file.write(json.dumps([trial.study.study_name, trial.number, trial.attempt, trial.rank, x]) + "\n")
        return x

    def run(study: rtl.Study) -> None:
        study.optimize(objective, n_trials=n, workers=2, resources={"num_cpus": 1}, show_progress_bar=False)

    def watch() -> None:
        """By state and study, how many groups there are."""
        while not over.wait(0.2):
            states: dict[str, Counter[str]] = {"PENDING": Counter(), "CREATED": Counter()}
            for found in placement_group_table().values():
                if found["state"] in states:
                    states[found["state"]][found["name"].split("-")[1]] += 1
            seen.append(states)

    with cluster({"num_cpus": 2}, {"num_cpus": 2}):
        studies = [new_study(folder, name) for name in ("one", "two")]
        threads = [threading.Thread(target=run, args=(study,)) for study in studies]
        watcher, began = threading.Thread(target=watch), time.monotonic()
        for thread in (*threads, watcher):
            thread.start()
        for thread in threads:
            thread.join()
        over.set()
        watcher.join()
        for study in studies:
            name = study.study_name
            say(
                study, seconds=time.monotonic() - began, looks=len(seen),
                pending=max(states["PENDING"][name] for states in seen),
                at_once=max(states["CREATED"].total() for states in seen),
            )  # fmt: skip


def four(folder: Path) -> None:
    """Four processes on two nodes train one model by DistributedDataParallel; each has a quarter of the rows."""

    def objective(trial: rtl.Trial) -> float:
        import torch
        import torch.distributed as dist
        from torch.nn.parallel import DistributedDataParallel

        torch.set_num_threads(1)
        trial.init_process_group()
        x, y, net = linear_problem()
        model = DistributedDataParallel(net)
        optimizer = torch.optim.SGD(model.parameters(), lr=trial.suggest_float("lr", 0.05, 0.2))
        mine = slice(trial.rank, None, trial.world_size)
        total = torch.zeros(())
        for step in range(1, 11):
            optimizer.zero_grad()
            loss = ((model(x[mine]) - y[mine]) ** 2).mean()
            loss.backward()
            optimizer.step()
            total = loss.detach() / trial.world_size
            dist.all_reduce(total)
            trial.report(float(total), step)
        nodes: list[Any] = [None] * trial.world_size
        dist.all_gather_object(nodes, (ray.get_runtime_context().get_node_id(), trial.rank, trial.local_rank))
        trial.set_user_attr("nodes", nodes)
        return float(total)

    with cluster({"num_cpus": 2}, {"num_cpus": 2}):
        study = new_study(folder)
        study.optimize(objective, n_trials=2, workers=4, resources={"num_cpus": 1})
        say(study)


def linear_problem() -> tuple[Any, Any, Any]:
    """Rows, targets and a model, always the same."""
    import torch

    generator = torch.Generator().manual_seed(0)
    x = torch.randn(64, 8, generator=generator)
    torch.manual_seed(0)
    return x, x @ torch.randn(8, 1, generator=generator), torch.nn.Linear(8, 1)


def sigterm(folder: Path) -> None:
    """The process of rank 1 gets SIGTERM, of the next trial that of rank 0: all save, and the trial goes on anew."""

    def objective(trial: rtl.Trial) -> float:
        first = (trial.resumed_from_step or 0) + 1
        state = trial.load_checkpoint() or {"step": 0}
        for step in range(first, 31):
            time.sleep(0.1)
            with open(folder / "steps", "a", encoding="utf-8") as file:
                file.write(json.dumps([trial.number, trial.attempt, trial.rank, step]) + "\n")
            if step == 5 and trial.attempt == 1 and trial.rank == 1 - trial.number:
                os.kill(os.getpid(), signal.SIGTERM)
            trial.report(float(step), step)
            if trial.should_checkpoint():
                trial.save_checkpoint({"step": step}, step)
        return float(state["step"])

    with cluster({"num_cpus": 2}):
        study = new_study(folder)
        study.optimize(
            objective, n_trials=2, workers=2, resources={"num_cpus": 1}, retries=rtl.RetryPolicy(worker_crash=0)
        )
        say(study)


def lagging(folder: Path) -> None:
    """Rank 1 comes LAG seconds late to everything; rank 0 waits for it at its end."""
    lag = float(os.environ.get("RTL_LAG", "30"))

    def objective(trial: rtl.Trial) -> float:
        x = trial.suggest_float("x", 0, 1)
        if trial.rank == 1:
            time.sleep(lag)
        for step in range(1, 4):
            trial.report(x, step)
            assert trial.should_prune() is False
        y = trial.suggest_int("y", 0, 1000)
        Path(folder, f"seen-{trial.rank}").write_text(json.dumps([x, y]))
        return x + y

    with cluster({"num_cpus": 4}):
        study = new_study(folder)
        study.optimize(objective, n_trials=1, workers=2)
        say(study, seen=[json.loads(Path(folder, f"seen-{rank}").read_text()) for rank in (0, 1)])


def stopped(folder: Path) -> None:
    """Rank 1's process is stopped (SIGSTOP): its silence ends the attempt, and another one begins."""

    def objective(trial: rtl.Trial) -> float:
        x = trial.suggest_float("x", 0, 1)
        if trial.attempt == 1 and trial.rank == 1:
            Path(folder, "pid").write_text(str(os.getpid()))
            os.kill(os.getpid(), signal.SIGSTOP)
        trial.report(x, 1)
        with trial.checkpoint_dir(1) as shared:
            (shared / str(trial.rank)).write_text("")
        return x

    with cluster({"num_cpus": 4}):
        study = new_study(folder)
        began = time.monotonic()
        study.optimize(objective, n_trials=1, workers=2, lease=5)
        say(study, seconds=time.monotonic() - began)
        pid = int(Path(folder, "pid").read_text())
        say(study, stopped_is_gone=not Path(f"/proc/{pid}").exists())


def node_lost(folder: Path) -> None:
    """The node of rank 1 dies: the trial goes on elsewhere, from its last checkpoint."""

    def objective(trial: rtl.Trial) -> float:
        first = (trial.resumed_from_step or 0) + 1
        for epoch in range(first, 5):
            with trial.checkpoint_dir(epoch) as shared:
                (shared / str(trial.rank)).write_text(str(epoch))
            trial.report(1.0, epoch)
            if epoch == 2 and trial.attempt == 1:
                node = ray.get_runtime_context().get_node_id()
                Path(folder, f"node-{trial.rank}").write_text(node)
                time.sleep(60)
        return float(first)

    with cluster({"num_cpus": 0}, *[{"num_cpus": 1}] * 3) as raylets:

        def kill() -> None:
            while not Path(folder, "node-1").exists() or not Path(folder, "node-1").read_text():
                time.sleep(0.1)
            time.sleep(1)
            node = Path(folder, "node-1").read_text()
            raylet = next(one for one in raylets if one.node_id == node)
            raylet.kill_raylet()

        threading.Thread(target=kill, daemon=True).start()
        study = new_study(folder)
        began = time.monotonic()
        study.optimize(objective, n_trials=1, workers=2, resources={"num_cpus": 1, "strategy": "STRICT_SPREAD"})
        say(study, seconds=time.monotonic() - began)


def drained(folder: Path) -> None:
    """The node of another rank than 0 is drained: all ranks learn it from should_checkpoint, save, and go elsewhere."""
    import subprocess

    def objective(trial: rtl.Trial) -> float:
        Path(folder, f"node-{trial.attempt}-{trial.rank}").write_text(ray.get_runtime_context().get_node_id())
        first = (trial.resumed_from_step or 0) + 1
        for epoch in range(first, 200):
            time.sleep(0.2)
            trial.report(1.0, epoch)
            if trial.should_checkpoint():
                trial.save_checkpoint({"epoch": epoch}, epoch)
            if trial.attempt == 2 and epoch >= first + 3:
                break
        return float(first)

    with cluster({"num_cpus": 0}, *[{"num_cpus": 1}] * 3):

        def drain() -> None:
            while not Path(folder, "node-1-1").exists() or not Path(folder, "node-1-1").read_text():
                time.sleep(0.1)
            time.sleep(2)
            node = Path(folder, "node-1-1").read_text()
            address = ray.get_runtime_context().gcs_address
            command = [
                *(sys.executable, "-m", "ray.scripts.scripts", "drain-node", "--address", address, "--node-id", node),
                *("--reason", "DRAIN_NODE_REASON_PREEMPTION", "--reason-message", "a test"),
                *("--deadline-remaining-seconds", "60"),
            ]
            subprocess.run(command, check=True, capture_output=True)

        threading.Thread(target=drain, daemon=True).start()
        study = new_study(folder)
        study.optimize(objective, n_trials=1, workers=2, resources={"num_cpus": 1, "strategy": "STRICT_SPREAD"})
        left = Path(folder, "node-1-1").read_text()
        say(study, begun_on_leaving=[path.name for path in folder.glob("node-2-*") if path.read_text() == left])


def port_busy(folder: Path) -> None:
    """Each trial meets at a port of its own, though trials follow one another and the one before may still be open."""

    def objective(trial: rtl.Trial) -> float:
        import torch.distributed as dist

        dist.init_process_group("gloo")  # torch's own call, by the environment alone
        trial.set_user_attr("port", os.environ["MASTER_PORT"])
        trial.set_user_attr("agent", os.environ["TORCHELASTIC_USE_AGENT_STORE"])
        dist.barrier()
        return 1.0

    globals()["dist"] = __import__("torch.distributed").distributed  # as where the objective's module imports torch
    objective.__globals__["dist"] = globals()["dist"]

    def with_torch(trial: rtl.Trial) -> float:
        assert dist is not None  # type: ignore[name-defined]  # noqa: F821
        return objective(trial)

    with cluster({"num_cpus": 4}):
        study = new_study(folder)
        study.optimize(with_torch, n_trials=4, workers=2, resources={"num_cpus": 1})
        say(study)


CASES: dict[str, Callable[[Path], None]] = {
    case.__name__: case
    for case in (
        spanning, deaths, two_studies, two_hundred, four, sigterm, lagging, stopped, node_lost, drained, port_busy,
    )
}

if __name__ == "__main__":
    CASES[sys.argv[1]](Path(sys.argv[2]))
