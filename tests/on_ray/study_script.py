"""A script that tests kill: trains a tiny torch model with dropout and shuffling, and logs every epoch it really ran.

    python study_script.py STORAGE LOG [--n-trials N] [--epochs E] [--pause SECONDS] [--crash-at EPOCH] [--grid]
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from typing import Any

import torch
from torch import nn

import raytune_lite as rtl

EPOCHS = 9


def train(trial: rtl.Trial, log: str, pause: float, crash_at: int, epochs: int) -> float:
    """One curve, a function of the trial's number alone, however often it is interrupted."""
    torch.set_num_threads(1)
    torch.manual_seed(trial.number)
    lr = trial.suggest_float("lr", 0.01, 0.3, log=True)
    x = torch.linspace(-1, 1, 64).unsqueeze(1)
    y = torch.sin(3 * x)
    model = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Dropout(0.2), nn.Linear(16, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)
    first, state = 1, trial.load_checkpoint()
    if state is not None:
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["rng"])
        first = state["epoch"] + 1
    loss = torch.zeros(())
    for epoch in range(first, epochs + 1):
        for batch in torch.randperm(64).split(16):
            loss = ((model(x[batch]) - y[batch]) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        write(log, number=trial.number, attempt=trial.attempt, epoch=epoch, pid=os.getpid(), loss=loss.item())
        if epoch == crash_at and trial.attempt == 1:
            os.kill(os.getpid(), signal.SIGKILL)  # before this epoch is saved: it must be trained again
        trial.save_checkpoint(
            {
                "model": model.state_dict(),
                "optimizer": optimizer.state_dict(),
                "rng": torch.get_rng_state(),
                "epoch": epoch,
            },
            step=epoch,
        )
        trial.report(loss.item(), step=epoch)
        if trial.should_prune():
            raise rtl.TrialPruned
        time.sleep(pause)
    return loss.item()


def write(log: str, **row: Any) -> None:
    """Append one line; O_APPEND keeps lines of several processes whole."""
    with open(log, "a", encoding="utf-8") as file:
        file.write(json.dumps({**row, "time": time.time()}) + "\n")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("storage")
    parser.add_argument("log")
    parser.add_argument("--max-trials", type=int, default=6)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--pause", type=float, default=0.0)
    parser.add_argument("--crash-at", type=int, default=0)
    parser.add_argument("--asha", action="store_true")
    args = parser.parse_args()
    study = rtl.create_study(
        study_name="killed",
        storage=args.storage,
        load_if_exists=True,
        sampler=rtl.samplers.RandomSampler(seed=3),
        pruner=rtl.pruners.ASHAPruner(1, 9, 3, mode="promote") if args.asha else rtl.pruners.NopPruner(),
    )
    try:
        study.optimize(
            lambda trial: train(trial, args.log, args.pause, args.crash_at, args.epochs),
            max_trials=args.max_trials,
            resources={"num_cpus": 0.5},
            max_concurrent=2,
        )
    except KeyboardInterrupt:
        print("interrupted", flush=True)
        return 130
    print("finished", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
