"""Tune a Lightning module on scikit-learn's handwritten digits with promotion ASHA: real data, no download.

    python examples/lightning_digits.py --max-trials 9          # this machine, a SQLite file in this directory

The callback reports the validation error of each epoch. At the rungs (1 and 3 epochs) it saves the trainer's
checkpoint and the trial is paused; the best third of each rung continues from there, as if it had not been paused.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import warnings

import lightning
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F  # noqa: N812
from torch.utils.data import DataLoader, TensorDataset

import raytune_lite as rtl
from raytune_lite.integrations.lightning import RaytuneLiteCallback
from raytune_lite.report.summary import print_summary

MAX_EPOCHS = 9


def data() -> tuple[TensorDataset, TensorDataset]:
    """1,797 images of 8 x 8 pixels: training (1,347) and validation (450), always the same split."""
    digits = load_digits()
    images = torch.tensor(digits.data, dtype=torch.float32) / 16.0
    labels = torch.tensor(digits.target)
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))
    train, valid = order[:1347], order[1347:]
    return TensorDataset(images[train], labels[train]), TensorDataset(images[valid], labels[valid])


class Digits(lightning.LightningModule):
    def __init__(self, lr: float, width: int, dropout: float) -> None:
        super().__init__()
        self.lr = lr
        self.net = nn.Sequential(nn.Linear(64, width), nn.ReLU(), nn.Dropout(dropout), nn.Linear(width, 10))

    def training_step(self, batch: list[torch.Tensor], _: int) -> torch.Tensor:
        images, labels = batch
        return F.cross_entropy(self.net(images), labels)

    def validation_step(self, batch: list[torch.Tensor], _: int) -> None:
        images, labels = batch
        self.log("val_error", (self.net(images).argmax(1) != labels).float().mean())

    def configure_optimizers(self) -> dict[str, object]:
        optimizer = torch.optim.AdamW(self.parameters(), lr=self.lr)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, MAX_EPOCHS)
        return {"optimizer": optimizer, "lr_scheduler": schedule}


def objective(trial: rtl.Trial) -> float:
    """Validation error (a share of 450 images) after up to 9 epochs."""
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module=r"lightning\.")  # few workers: the data is in memory
    torch.set_num_threads(1)
    lightning.seed_everything(trial.number, verbose=False)
    train, valid = data()
    module = Digits(
        lr=trial.suggest_float("lr", 1e-4, 0.3, log=True),
        width=trial.suggest_int("width", 8, 256, log=True),
        dropout=trial.suggest_float("dropout", 0.0, 0.5),
    )
    report = RaytuneLiteCallback(trial, monitor="val_error")
    trainer = lightning.Trainer(
        max_epochs=MAX_EPOCHS,
        precision=trial.suggest_categorical("precision", ["32-true", "bf16-mixed"]),
        accumulate_grad_batches=trial.suggest_categorical("accumulate", [1, 2]),
        callbacks=[report],
        devices=1,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(module, DataLoader(train, 64, shuffle=True), DataLoader(valid, 450), ckpt_path=report.ckpt_path)
    return trainer.callback_metrics["val_error"].item()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = os.environ.get("RTL_STORAGE", "sqlite:///lightning_digits.db")
    parser.add_argument("--storage", default=default, help="database URL; one with a password in RTL_STORAGE")
    parser.add_argument("--study", default="lightning-digits", help="name of the study")
    parser.add_argument("--max-trials", type=int, help="the study's total, also when run again [18]")
    parser.add_argument("--n-trials", type=int, help="instead: new configurations that this run starts")
    parser.add_argument("--executor", choices=["ray", "inline"], default="ray", help="inline: in this process")
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
    try:
        study.optimize(
            objective,
            n_trials=args.n_trials,
            max_trials=args.max_trials or (None if args.n_trials else 18),
            executor=args.executor,
            resources=None if args.executor == "inline" else {"num_cpus": args.num_cpus, "num_gpus": args.num_gpus},
            show_progress_bar=True,
        )
    except KeyboardInterrupt:
        return 130
    print_summary(study, unit="epoch", full=MAX_EPOCHS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
