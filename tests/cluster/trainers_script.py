"""Lightning and Hugging Face in trials of two processes; says what became of them.

    python -m tests.cluster.trainers_script lightning|transformers FOLDER [CHECKPOINT_DIR]

Two studies: one whose first trial is paused at a rung and goes on, one in which it is not.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import raytune_lite as rtl

from .raylets import cluster, new_study, say

EPOCHS = 2
RATES = (0.005, 0.5)  # by trial: the first one is the best, but is paused until the other has come to the rung
ROWS = 32


def with_lightning(trial: rtl.Trial, folder: str) -> float:
    """Dropout of each rank's own, a loader that shuffles, a schedule: each lost piece of state changes the curve."""
    import logging

    import lightning as L
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    from raytune_lite.integrations.lightning import RaytuneLiteCallback

    class Net(L.LightningModule):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 1))

        def training_step(self, batch: Any, _: int) -> Any:
            return ((self.net(batch[0]) - batch[1]) ** 2).mean()

        def validation_step(self, batch: Any, _: int) -> None:
            self.log("val_loss", ((self.net(batch[0]) - batch[1]) ** 2).mean(), sync_dist=True)

        def configure_optimizers(self) -> Any:
            optimizer = torch.optim.Adam(self.parameters(), lr=RATES[trial.number])
            return {"optimizer": optimizer, "lr_scheduler": torch.optim.lr_scheduler.StepLR(optimizer, 1, 0.7)}

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    torch.set_num_threads(1)
    L.seed_everything(trial.rank, verbose=False)
    x = torch.randn(2 * ROWS, 4, generator=torch.Generator().manual_seed(0))
    train, valid = TensorDataset(x[:ROWS], x[:ROWS].sum(1, keepdim=True)), TensorDataset(x[ROWS:], x[ROWS:, :1])
    report = RaytuneLiteCallback(trial, monitor="val_loss")
    trainer = L.Trainer(
        max_epochs=EPOCHS, accelerator="cpu", strategy="ddp", devices=2, callbacks=[report], logger=False,
        enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False,
    )  # fmt: skip
    trainer.fit(Net(), DataLoader(train, 4, shuffle=True), DataLoader(valid, 8), ckpt_path=report.ckpt_path)
    return float(trainer.callback_metrics["val_loss"])


def with_transformers(trial: rtl.Trial, folder: str) -> float:
    """A tiny BERT with dropout, without a download."""
    import torch
    import transformers
    from transformers import BertConfig, BertForSequenceClassification, TrainingArguments

    from raytune_lite.integrations.transformers import RaytuneLiteCallback

    def sentences(seed: int) -> Any:
        tokens = torch.randint(2, 32, (ROWS, 8), generator=torch.Generator().manual_seed(seed))
        return [{"input_ids": row, "labels": (row[0] > 16).long()} for row in tokens]

    transformers.utils.logging.set_verbosity_error()
    torch.set_num_threads(1)
    transformers.set_seed(1)
    config = BertConfig(
        vocab_size=32, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=8,
    )  # fmt: skip
    report = RaytuneLiteCallback(trial, monitor="eval_loss")
    arguments = TrainingArguments(
        f"{folder}/{trial.study.study_name}-{trial.number}", num_train_epochs=EPOCHS, per_device_train_batch_size=4,
        eval_strategy="epoch", save_strategy="no", logging_strategy="no", learning_rate=RATES[trial.number],
        use_cpu=True, report_to=[], disable_tqdm=True, dataloader_pin_memory=False,
    )  # fmt: skip
    trainer = transformers.Trainer(
        BertForSequenceClassification(config), arguments, callbacks=[report],
        train_dataset=sentences(0), eval_dataset=sentences(1),
    )  # fmt: skip
    assert arguments.world_size == trial.world_size
    trainer.train(resume_from_checkpoint=report.resume_from_checkpoint)
    return float(trainer.state.log_history[-1].get("eval_loss") or trainer.evaluate()["eval_loss"])


def main(which: str, folder: str, checkpoint_dir: str | None = None) -> None:
    body = {"lightning": with_lightning, "transformers": with_transformers}[which]
    studies = {
        "paused": (rtl.pruners.ASHAPruner(1, EPOCHS, 2, mode="promote"), len(RATES)),
        "straight": (rtl.pruners.NopPruner(), 1),
    }
    with cluster({"num_cpus": 2}):
        for name, (pruner, n) in studies.items():
            where = checkpoint_dir or f"{folder}/ckpt"
            study = new_study(Path(folder), name, pruner=pruner, checkpoint_dir=where)
            study.optimize(lambda trial: body(trial, folder), n_trials=n, workers=2, resources={"num_cpus": 1})
            say(study, resumed=[(a.number, a.resumed_step) for a in study.attempts if a.resumed_step])


if __name__ == "__main__":
    main(*sys.argv[1:])
