"""Tune a small CNN on scikit-learn's handwritten digits with promotion ASHA: real data, no download.

    python examples/digits.py                                   # this machine, a SQLite file in this directory
    ray submit cluster/ray-cluster.yaml examples/digits.py      # a cluster, the same script

Each epoch saves a checkpoint and reports the validation error. At the rungs (1, 3, 9 epochs) a trial is paused and
its slot is freed; the best third of each rung continues from its checkpoint. Run the script again, and it continues the
study.
"""

from __future__ import annotations

import argparse
import os
import sys
import time

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F  # noqa: N812

import raytune_lite as rtl
from raytune_lite.report.summary import print_summary

MAX_EPOCHS = 27


def data() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """1,797 images of 8 x 8 pixels: training (1,347) and validation (450), always the same split."""
    digits = load_digits()
    images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16.0
    labels = torch.tensor(digits.target)
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))
    train, valid = order[:1347], order[1347:]
    return images[train], labels[train], images[valid], labels[valid]


def build_model(width: int, depth: int, dropout: float) -> nn.Module:
    layers: list[nn.Module] = []
    channels = 1
    for _ in range(depth):
        layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
        channels = width
    return nn.Sequential(*layers, nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(dropout), nn.Linear(width * 16, 10))


def build_optimizer(trial: rtl.Trial, model: nn.Module) -> torch.optim.Optimizer:
    lr = trial.suggest_float("lr", 1e-4, 0.3, log=True)
    weight_decay = trial.suggest_float("weight_decay", 1e-6, 1e-2, log=True)
    if trial.suggest_categorical("optimizer", ["sgd", "adamw"]) == "sgd":
        momentum = trial.suggest_float("momentum", 0.0, 0.99)  # a parameter that exists only for SGD
        return torch.optim.SGD(model.parameters(), lr=lr, weight_decay=weight_decay, momentum=momentum)
    return torch.optim.AdamW(model.parameters(), lr=lr, weight_decay=weight_decay)


def objective(trial: rtl.Trial) -> float:
    """Validation error (a share of 450 images) after up to 27 epochs."""
    torch.set_num_threads(1)
    torch.manual_seed(trial.number)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    x, y, x_valid, y_valid = (tensor.to(device) for tensor in data())

    model = build_model(
        width=trial.suggest_int("width", 4, 32, log=True),
        depth=trial.suggest_int("depth", 1, 3),
        dropout=trial.suggest_float("dropout", 0.0, 0.5),
    ).to(device)
    batch_size = trial.suggest_categorical("batch_size", [32, 64, 128])
    optimizer = build_optimizer(trial, model)

    first = 1
    checkpoint = trial.load_checkpoint()
    if checkpoint is not None:
        model.load_state_dict(checkpoint["model"])
        optimizer.load_state_dict(checkpoint["optimizer"])
        torch.set_rng_state(checkpoint["rng"])
        first = checkpoint["epoch"] + 1

    error = 1.0
    for epoch in range(first, MAX_EPOCHS + 1):
        model.train()
        for batch in torch.randperm(len(y)).split(batch_size):
            loss = F.cross_entropy(model(x[batch]), y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            error = (model(x_valid).argmax(1) != y_valid).float().mean().item()
        trial.save_checkpoint(
            {
                "model": model.state_dict(),
                "optimizer": optimizer.state_dict(),
                "rng": torch.get_rng_state(),
                "epoch": epoch,
            },
            step=epoch,
        )
        trial.report(error, step=epoch)
        if trial.should_prune():
            raise rtl.TrialPruned
    return error


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = os.environ.get("RTL_STORAGE", "sqlite:///digits.db")
    parser.add_argument("--storage", default=default, help="database URL; one with a password in RTL_STORAGE")
    parser.add_argument("--study", default="digits", help="name of the study")
    parser.add_argument("--max-trials", type=int, help="the study's total, also when run again [40]")
    parser.add_argument("--n-trials", type=int, help="instead: new configurations that this run starts")
    parser.add_argument("--num-cpus", type=float, default=1, help="CPUs per trial")
    parser.add_argument("--num-gpus", type=float, default=0, help="GPUs per trial; a fraction shares one")
    parser.add_argument("--checkpoint-dir", help="where checkpoints lie; on several nodes a path all of them mount")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    study = rtl.create_study(
        study_name=args.study,
        storage=args.storage,
        load_if_exists=True,
        direction="minimize",
        sampler=rtl.samplers.RandomSampler(seed=args.seed),
        pruner=rtl.pruners.ASHAPruner(1, MAX_EPOCHS, 3, mode="promote"),
        checkpoint_dir=args.checkpoint_dir,
    )
    print(f"study {args.study!r}: {len(study.trials)} trials so far")
    start = time.monotonic()
    try:
        study.optimize(
            objective,
            n_trials=args.n_trials,
            max_trials=args.max_trials or (None if args.n_trials else 40),
            resources={"num_cpus": args.num_cpus, "num_gpus": args.num_gpus},
            show_progress_bar=True,
        )
    except KeyboardInterrupt:
        return 130
    print(f"\nthis run: {time.monotonic() - start:.0f} s")
    print_summary(study, unit="epoch", full=MAX_EPOCHS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
