"""A script that tests kill. Its objective logs every epoch that it really ran, to be compared with the study.

    python study_script.py STORAGE LOG [--max-trials N] [--pause SECONDS] [--asha] [--hold NUMBER EPOCH]

With ``--hold`` a trial waits after this epoch while there is a file LOG.hold: a run cannot end before a test is ready.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import time
from collections.abc import Sequence
from typing import Any, Protocol

import raytune_lite as rtl

EPOCHS = 9


class Model(Protocol):
    """Something with an epoch, a loss and a state that holds all of it, its random numbers too."""

    def epoch(self) -> float: ...
    def state(self) -> dict[str, Any]: ...
    def restore(self, state: dict[str, Any]) -> None: ...


class Walk:
    """A random walk of the loss: a learning curve without a learner, and without torch's seconds of import."""

    def __init__(self, seed: int, lr: float) -> None:
        self.rng, self.lr, self.loss = random.Random(seed), lr, 1.0

    def epoch(self) -> float:
        for _ in range(50):
            self.loss *= 1 - self.lr * self.rng.gauss(0.1, 0.3)
        return self.loss

    def state(self) -> dict[str, Any]:
        return {"rng": self.rng.getstate(), "loss": self.loss}

    def restore(self, state: dict[str, Any]) -> None:
        self.rng.setstate(state["rng"])
        self.loss = state["loss"]


class Net:
    """A tiny torch network with dropout and shuffling."""

    def __init__(self, seed: int, lr: float) -> None:
        import torch
        from torch import nn

        torch.set_num_threads(1)
        torch.manual_seed(seed)
        self.x = torch.linspace(-1, 1, 64).unsqueeze(1)
        self.y = torch.sin(3 * self.x)
        self.model = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Dropout(0.2), nn.Linear(16, 1))
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=lr, momentum=0.9)

    def epoch(self) -> float:
        import torch

        loss = torch.zeros(())
        for batch in torch.randperm(64).split(16):
            loss = ((self.model(self.x[batch]) - self.y[batch]) ** 2).mean()
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
        return loss.item()

    def state(self) -> dict[str, Any]:
        import torch

        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "rng": torch.get_rng_state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        import torch

        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["rng"])


def train(
    trial: rtl.Trial, log: str, *, model: type[Walk] | type[Net] = Walk, pause: float = 0, crash_at: int = 0,
    hold: Sequence[int] = (),
) -> float:
    """One curve, a function of the trial's number alone, however often it is interrupted."""
    learner: Model = model(trial.number, trial.suggest_float("lr", 0.01, 0.3, log=True))
    first, loss = 1, float("inf")
    checkpoint = trial.load_checkpoint()
    if checkpoint is not None:
        learner.restore(checkpoint["state"])
        first = checkpoint["epoch"] + 1
    for epoch in range(first, EPOCHS + 1):
        loss = learner.epoch()
        write(log, number=trial.number, attempt=trial.attempt, epoch=epoch, pid=os.getpid(), loss=loss)
        if epoch == crash_at and trial.attempt == 1:
            os.kill(os.getpid(), signal.SIGKILL)  # before this epoch is saved: it must be trained again
        trial.save_checkpoint({"state": learner.state(), "epoch": epoch}, step=epoch)
        trial.report(loss, step=epoch)
        if trial.should_prune():
            raise rtl.TrialPruned
        time.sleep(pause)
        while [trial.number, epoch] == list(hold) and os.path.exists(f"{log}.hold") and not trial.should_checkpoint():
            trial.should_prune()  # raises, when it is to end
            time.sleep(0.05)
    return loss


def write(log: str, **row: Any) -> None:
    """Append one line; O_APPEND keeps lines of several processes whole."""
    with open(log, "a", encoding="utf-8") as file:
        file.write(json.dumps({**row, "time": time.time()}) + "\n")


def main() -> int:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell ignores it for what it runs in the background
    parser = argparse.ArgumentParser()
    parser.add_argument("storage")
    parser.add_argument("log")
    parser.add_argument("--max-trials", type=int, default=6)
    parser.add_argument("--pause", type=float, default=0.0)
    parser.add_argument("--asha", action="store_true")
    parser.add_argument("--hold", type=int, nargs=2, default=())
    args = parser.parse_args()
    study = rtl.create_study(
        study_name="killed",
        storage=args.storage,
        load_if_exists=True,
        sampler=rtl.samplers.RandomSampler(seed=3),
        pruner=rtl.pruners.ASHAPruner(1, EPOCHS, 3, mode="promote") if args.asha else rtl.pruners.NopPruner(),
    )
    try:
        study.optimize(
            lambda trial: train(trial, args.log, pause=args.pause, hold=args.hold),
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
