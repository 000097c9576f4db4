"""Trials of two processes: DistributedDataParallel on scikit-learn's handwritten digits, pruned by promotion ASHA.

    python examples/ddp_digits.py

Both processes of a trial run the objective. Each trains on half of every batch; torch averages the gradients. All ranks
make the same calls of the trial: they get the same parameters and the same decisions, rank 0's report counts, and rank
0's state is the checkpoint. On GPUs add `resources={"num_gpus": 1}`: one GPU a process, nccl between them.
"""

from __future__ import annotations

import argparse

import torch
import torch.distributed as dist
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F  # noqa: N812
from torch.nn.parallel import DistributedDataParallel

import raytune_lite as rtl
from raytune_lite.report.summary import print_summary

MAX_EPOCHS = 9


def data() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """1,797 images of 64 pixels: training (1,347) and validation (450), always the same split."""
    digits = load_digits()
    images, labels = torch.tensor(digits.data, dtype=torch.float32) / 16.0, torch.tensor(digits.target)
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))
    train, valid = order[:1347], order[1347:]
    return images[train], labels[train], images[valid], labels[valid]


def objective(trial: rtl.Trial) -> float:
    """Validation error (a share of 450 images) after up to 9 epochs."""
    torch.set_num_threads(1)
    trial.init_process_group()
    device = f"cuda:{torch.cuda.current_device()}" if torch.cuda.is_available() else "cpu"
    x, y, x_valid, y_valid = (tensor.to(device) for tensor in data())
    torch.manual_seed(trial.number)  # the same model and the same batches in each rank

    width = trial.suggest_int("width", 8, 64, log=True)
    lr = trial.suggest_float("lr", 1e-4, 0.3, log=True)
    batch_size = trial.suggest_categorical("batch_size", [64, 128])
    net = nn.Sequential(nn.Linear(64, width), nn.ReLU(), nn.Linear(width, 10)).to(device)
    optimizer = torch.optim.AdamW(net.parameters(), lr=lr)
    first = 1
    checkpoint = trial.load_checkpoint()
    if checkpoint is not None:
        net.load_state_dict(checkpoint["net"])
        optimizer.load_state_dict(checkpoint["optimizer"])
        torch.set_rng_state(checkpoint["rng"])
        first = checkpoint["epoch"] + 1
    model = DistributedDataParallel(net)

    error = 1.0
    for epoch in range(first, MAX_EPOCHS + 1):
        for batch in torch.randperm(len(y)).split(batch_size):
            mine = batch[trial.rank :: trial.world_size]  # this rank's part
            optimizer.zero_grad()
            F.cross_entropy(model(x[mine]), y[mine]).backward()
            optimizer.step()
        with torch.no_grad():
            part = slice(trial.rank, None, trial.world_size)
            wrong = (net(x_valid[part]).argmax(1) != y_valid[part]).sum().float()
        dist.all_reduce(wrong)  # over all ranks
        error = wrong.item() / len(y_valid)
        state = {"net": net.state_dict(), "optimizer": optimizer.state_dict(), "rng": torch.get_rng_state()}
        trial.save_checkpoint({**state, "epoch": epoch}, step=epoch)
        trial.report(error, step=epoch)
        if trial.should_prune():
            raise rtl.TrialPruned
    return error


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--storage", default="sqlite:///ddp.db")
    parser.add_argument("--max-trials", type=int, default=9, help="the study's total, also when run again")
    parser.add_argument("--workers", type=int, default=2, help="processes of a trial")
    parser.add_argument("--num-gpus", type=float, default=0, help="GPUs of a process")
    args = parser.parse_args()
    study = rtl.create_study(
        study_name="ddp-digits",
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
