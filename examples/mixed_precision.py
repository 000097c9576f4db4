"""Mixed precision, accumulation and exact resumption in an objective, on scikit-learn's handwritten digits.

    python examples/mixed_precision.py                          # on Ray, with this machine's CPUs
    python examples/mixed_precision.py --executor inline        # in this process, one trial after another

Each trial trains in "32-true", "bf16-mixed" or "16-mixed", accumulates gradients over two micro-batches, and validates
a moving average of its weights. Its checkpoint is its whole state: weights, moments, schedule, loss scale, position in
the data, random numbers, and the gradients of an open window. So a trial that is paused at a rung and promoted has the
same curve as one that is not. Run the script again, and it continues the study.
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
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

import raytune_lite as rtl
from raytune_lite.report.summary import print_summary
from raytune_lite.training.loader import ResumableLoader
from raytune_lite.training.precision import Precision
from raytune_lite.training.state import capture_state, restore_state

MAX_EPOCHS = 9
MICRO_BATCHES = 2  # of 32 images, to one step


def data() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """1,797 images of 64 pixels: training (1,347) and validation (450), always the same split."""
    digits = load_digits()
    images = torch.tensor(digits.data, dtype=torch.float32) / 16.0
    labels = torch.tensor(digits.target)
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))
    train, valid = order[:1347], order[1347:]
    return images[train], labels[train], images[valid], labels[valid]


def objective(trial: rtl.Trial) -> float:
    """Validation error (a share of 450 images) of the averaged weights after up to 9 epochs."""
    torch.set_num_threads(1)
    torch.manual_seed(trial.number)
    precision = Precision(trial.suggest_categorical("precision", ["32-true", "bf16-mixed", "16-mixed"]))
    x, y, x_valid, y_valid = (tensor.to(precision.device) for tensor in data())

    width = trial.suggest_int("width", 16, 256, log=True)
    dropout = trial.suggest_float("dropout", 0.0, 0.5)
    model = nn.Sequential(nn.Linear(64, width), nn.ReLU(), nn.Dropout(dropout), nn.Linear(width, 10))
    model.to(precision.device)
    average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.98))
    optimizer = torch.optim.AdamW(model.parameters(), lr=trial.suggest_float("lr", 1e-4, 0.1, log=True))
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=MAX_EPOCHS * 22)
    # batches of indices: the data is in memory
    loader = ResumableLoader(range(len(y)), 32, seed=trial.number, draws=False)

    parts = {"model": model, "average": average, "optimizer": optimizer, "scheduler": schedule}
    parts |= {"loader": loader, "precision": precision}
    checkpoint = trial.load_checkpoint()
    if checkpoint is not None:
        restore_state(checkpoint, **parts)

    error = 1.0
    while loader.epoch < MAX_EPOCHS:
        model.train()
        for batch in loader:
            with precision.forward():
                loss = F.cross_entropy(model(x[batch]), y[batch]) / MICRO_BATCHES
            precision.backward(loss)
            if precision.micro_batches == MICRO_BATCHES:
                precision.unscale_(optimizer)
                nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                if precision.step(optimizer):  # False: gradients had overflowed, and the loss scale was halved
                    schedule.step()
                    average.update_parameters(model)
                optimizer.zero_grad()
        with precision.evaluate(average):  # may stand anywhere, also inside forward()
            error = (average(x_valid).argmax(1) != y_valid).float().mean().item()
        trial.save_checkpoint(capture_state(**parts), step=loader.epoch)  # of 43 micro-batches one may be left over
        trial.report(error, step=loader.epoch)
        if trial.should_prune():
            raise rtl.TrialPruned
    trial.set_user_attr("skipped_steps", precision.skipped_steps)
    return error


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    storage = os.environ.get("RTL_STORAGE", "sqlite:///mixed_precision.db")
    parser.add_argument("--storage", default=storage, help="database URL; one with a password in RTL_STORAGE")
    parser.add_argument("--study", default="mixed-precision", help="name of the study")
    parser.add_argument("--max-trials", type=int, default=18, help="the study's total, also when run again")
    parser.add_argument("--executor", choices=["ray", "inline"], default="ray", help="inline: in this process")
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
    start = time.monotonic()
    resources = {"num_cpus": 1, "num_gpus": args.num_gpus} if args.executor == "ray" else None
    try:
        study.optimize(
            objective,
            max_trials=args.max_trials,
            resources=resources,
            executor=args.executor,
            show_progress_bar=True,  # without the result at the end: print_summary says more
        )
    except KeyboardInterrupt:
        return 130
    print(f"\nthis run: {time.monotonic() - start:.0f} s")
    print_summary(study, unit="epoch", full=MAX_EPOCHS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
