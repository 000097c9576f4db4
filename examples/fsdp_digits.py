"""Trials of two processes: FSDP (fully_shard) on handwritten digits, with sharded checkpoints.

    python examples/fsdp_digits.py

Each process holds a part of the model and writes a part of each checkpoint, by torch.distributed.checkpoint: all ranks
get the same directory from `trial.checkpoint_dir`, and it is published when all of them have written. A trial that goes
on may have another number of processes: torch divides the checkpoint anew. It runs on CPUs with gloo; on GPUs add
`--num-gpus 1`.
"""

from __future__ import annotations

import argparse

import torch
import torch.distributed as dist
import torch.distributed.checkpoint as dcp
from sklearn.datasets import load_digits
from torch import nn
from torch.distributed.checkpoint.state_dict import get_state_dict, set_state_dict
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.nn import functional as F  # noqa: N812

import raytune_lite as rtl
from raytune_lite.report.summary import print_summary

MAX_EPOCHS = 9


def build(width: int, device: str, world_size: int) -> nn.Module:
    """A network whose parameters are divided among the ranks."""
    net = nn.Sequential(nn.Linear(64, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 10))
    net = net.to(device)
    mesh = init_device_mesh(device.partition(":")[0], (world_size,))
    for layer in (net[0], net[2], net[4]):
        fully_shard(layer, mesh=mesh)
    fully_shard(net, mesh=mesh)
    return net


def objective(trial: rtl.Trial) -> float:
    """Validation error (a share of 450 images) after up to 9 epochs."""
    torch.set_num_threads(1)
    trial.init_process_group()
    device = f"cuda:{torch.cuda.current_device()}" if torch.cuda.is_available() else "cpu"
    digits = load_digits()
    x = (torch.tensor(digits.data, dtype=torch.float32) / 16.0).to(device)
    y = torch.tensor(digits.target).to(device)
    order = torch.randperm(len(y), generator=torch.Generator().manual_seed(0))
    train, valid = order[:1347], order[1347:]
    torch.manual_seed(trial.number)

    net = build(trial.suggest_int("width", 16, 64, log=True), device, trial.world_size)
    optimizer = torch.optim.AdamW(net.parameters(), lr=trial.suggest_float("lr", 1e-4, 0.1, log=True))
    checkpoint = trial.load_checkpoint_dir()
    if checkpoint is not None:
        model_state, optimizer_state = get_state_dict(net, optimizer)
        dcp.load({"model": model_state, "optimizer": optimizer_state}, checkpoint_id=checkpoint)
        set_state_dict(net, optimizer, model_state_dict=model_state, optim_state_dict=optimizer_state)

    error = 1.0
    for epoch in range((trial.resumed_from_step or 0) + 1, MAX_EPOCHS + 1):
        shuffled = train[torch.randperm(len(train), generator=torch.Generator().manual_seed(epoch))]
        for batch in shuffled.split(128):
            mine = batch[trial.rank :: trial.world_size]
            optimizer.zero_grad()
            F.cross_entropy(net(x[mine]), y[mine]).backward()
            optimizer.step()
        with torch.no_grad():
            part = valid[trial.rank :: trial.world_size]
            wrong = (net(x[part]).argmax(1) != y[part]).sum().float()
        dist.all_reduce(wrong)
        error = wrong.item() / len(valid)
        with trial.checkpoint_dir(step=epoch) as directory:
            model_state, optimizer_state = get_state_dict(net, optimizer)
            dcp.save({"model": model_state, "optimizer": optimizer_state}, checkpoint_id=directory)
        trial.report(error, step=epoch)
        if trial.should_prune():
            raise rtl.TrialPruned
    return error


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--storage", default="sqlite:///fsdp.db")
    parser.add_argument("--max-trials", type=int, default=6, help="the study's total, also when run again")
    parser.add_argument("--workers", type=int, default=2, help="processes of a trial")
    parser.add_argument("--num-gpus", type=float, default=0, help="GPUs of a process")
    args = parser.parse_args()
    study = rtl.create_study(
        study_name="fsdp-digits",
        storage=args.storage,
        load_if_exists=True,
        sampler=rtl.samplers.RandomSampler(seed=0),
        pruner=rtl.pruners.ASHAPruner(1, MAX_EPOCHS, 3, mode="promote"),
    )
    study.optimize(
        objective,
        max_trials=args.max_trials,
        workers=args.workers,
        resources={"num_cpus": 1, "num_gpus": args.num_gpus},
        show_progress_bar=True,
    )
    print_summary(study, unit="epoch", full=MAX_EPOCHS)


if __name__ == "__main__":
    main()
