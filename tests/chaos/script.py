"""The study that the chaos tests kill. Its objective writes a log of its own, to be compared with what the study says.

    python script.py STORAGE LOG [options]          run; the same command goes on

The log: one JSON object a line, appended (O_APPEND keeps lines of several processes whole). ``what`` is one of

    started   an attempt has its trial: node, resumed (step of its checkpoint, or null)
    epoch     an epoch was computed: step, value
    told      the driver answered, so these reports and this checkpoint are stored: step, value, saved, began (when
              the call was made)
    returns   the objective is about to return this value
    refused   a call of the trial ended the attempt: the exception's name
"""

from __future__ import annotations

import argparse
import dataclasses
import faulthandler
import itertools
import json
import os
import random
import select
import signal
import sys
import time
from typing import Any

import ray

import raytune_lite as rtl

NAME = "chaos"


def next_loss(loss: float, number: int, lr: float, epoch: int) -> float:
    """One epoch of a learning curve without a learner: it depends on all epochs before, and on nothing else."""
    return loss * (1 - lr * random.Random(f"{number}/{epoch}").gauss(0.1, 0.3))


def curve(number: int, lr: float, epochs: int) -> dict[int, float]:
    """The curve that nobody interrupts."""
    steps = range(1, epochs + 1)
    losses = itertools.accumulate(steps, lambda loss, epoch: next_loss(loss, number, lr, epoch), initial=1.0)
    return dict(zip(steps, list(losses)[1:], strict=True))


def cell_value(a: int, b: int, c: int) -> float:
    return a * 10_000 + b * 100 + c


class Objective:
    """A learning curve with a checkpoint each epoch, or a grid cell."""

    def __init__(self, log: str, args: argparse.Namespace) -> None:
        self.log, self.args = log, args

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Unpickled in a worker, before it claims anything: the place to break its wires."""
        self.__dict__.update(state)
        install(self.args.fault)

    def __call__(self, trial: rtl.Trial) -> float:
        node = ray.get_runtime_context().get_node_id()
        self.write(trial, "started", node=node, resumed=trial.resumed_from_step)
        try:
            value = self.cell(trial) if self.args.grid else self.train(trial)
        except BaseException as error:
            self.write(trial, "refused", error=type(error).__name__)
            raise
        self.write(trial, "returns", value=value)
        return value

    def train(self, trial: rtl.Trial) -> float:
        lr = trial.suggest_float("lr", 0.01, 0.3, log=True)
        kept = trial.load_checkpoint() or {"loss": 1.0, "epoch": 0}
        loss = kept["loss"]
        for epoch in range(kept["epoch"] + 1, self.args.epochs + 1):
            loss = next_loss(loss, trial.number, lr, epoch)
            time.sleep(self.args.pause)
            self.write(trial, "epoch", step=epoch, value=loss)
            began = time.time()
            trial.report(loss, step=epoch)
            # delivers the report too
            state = {"loss": loss, "epoch": epoch, "ballast": "x" * self.args.ballast}
            trial.save_checkpoint(state, step=epoch)
            self.write(trial, "told", step=epoch, value=loss, saved=True, began=began)
            if trial.should_prune():
                raise rtl.TrialPruned
            while epoch == self.args.hold and os.path.exists(f"{self.log}.hold"):
                time.sleep(0.05)
        return loss

    def cell(self, trial: rtl.Trial) -> float:
        a, b, c = (trial.suggest_int(name, 0, self.args.grid - 1) for name in "abc")
        time.sleep(self.args.pause)
        return cell_value(a, b, c)

    def write(self, trial: rtl.Trial, what: str, **row: Any) -> None:
        row = {"what": what, "number": trial.number, "attempt": trial.attempt, **row, "pid": os.getpid()}
        with open(self.log, "ab", buffering=0) as file:
            file.write(json.dumps({**row, "at": time.time()}).encode() + b"\n")


def install(faults: str) -> None:
    """Break something of this worker process, for good. Several words, separated by commas:

    ``no-wire``: every message goes as a Ray actor call.
    ``no-switch``: the dead man's switch is not set, so that a stopped process goes on when it wakes.
    ``no-cancel``: nor does the launcher have Ray end it (see ``main``).
    ``in-flight``: kill -9 of this process around an attempt's fourth checkpoint's report: in attempt 1 before it is
    sent, in attempt 2 while the driver handles it, in attempt 3 once the answer is there but nobody has read it.
    """
    from raytune_lite.runtime.channel import FastLine
    from raytune_lite.runtime.sockets import framed
    from raytune_lite.runtime.tokens import split

    call, reported = FastLine.call, []

    def die(line: FastLine, message: bytes, attempt: int) -> None:
        if attempt > 1:
            wire: Any = line._connection
            assert wire is not None, "the wire is not connected"
            wire._socket.sendall(framed(message))
            if attempt > 2:
                assert select.select([wire._socket], [], [], 30)[0]
        os.kill(os.getpid(), signal.SIGKILL)

    def deadly(line: FastLine, message: bytes, timeout: float) -> bytes | None:
        event = json.loads(split(message)[1])
        if event["_"] == "Reported" and event["progress"]["checkpoint"]:
            reported.append((event["number"], event["attempt"]))
            if reported.count(reported[-1]) == 4 and event["attempt"] <= 3:
                die(line, message, event["attempt"])
        return call(line, message, timeout)

    if "no-switch" in faults:
        faulthandler.dump_traceback_later = lambda *a, **k: None  # type: ignore[assignment]
    if "no-wire" in faults:
        FastLine.call = lambda line, message, timeout: None  # type: ignore[method-assign]
    if "in-flight" in faults:
        FastLine.call = deadly  # type: ignore[method-assign]


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("storage")
    parser.add_argument("log")
    parser.add_argument("--trials", type=int, default=6, help="the study's total")
    parser.add_argument("--epochs", type=int, default=9)
    parser.add_argument("--pause", type=float, default=0.1, help="seconds an epoch or a cell takes")
    parser.add_argument("--hold", type=int, default=0, help="after this epoch trials wait while there is LOG.hold")
    parser.add_argument("--ballast", type=int, default=0, help="bytes that a checkpoint carries")
    parser.add_argument("--asha", action="store_true")
    parser.add_argument("--seed", type=int, default=3, help="of the sampler, and so of all losses")
    parser.add_argument("--grid", type=int, default=0, help="values on each of three axes, instead of a curve")
    parser.add_argument("--cpus", type=int, default=0, help="start a Ray of its own with so many")
    parser.add_argument("--concurrent", type=int, default=None)
    parser.add_argument("--lease", type=float, default=None)
    parser.add_argument("--patience", type=float, default=None, help="seconds that a failing database is tried again")
    parser.add_argument("--fault", default="")
    parser.add_argument("--checkpoints", default=None)
    return parser.parse_args(arguments)


def main(args: argparse.Namespace) -> None:
    if args.cpus:
        ray.init(
            "local", num_cpus=args.cpus, include_dashboard=False, logging_level="ERROR", object_store_memory=80 << 20
        )
    axis = list(range(args.grid))
    sampler: Any = rtl.samplers.RandomSampler(seed=args.seed)
    if args.grid:
        sampler = rtl.samplers.GridSampler({"a": axis, "b": axis, "c": axis}, seed=args.seed)
    study = rtl.create_study(
        study_name=NAME,
        storage=args.storage,
        load_if_exists=True,
        sampler=sampler,
        pruner=rtl.pruners.ASHAPruner(1, args.epochs, 3, mode="promote") if args.asha else rtl.pruners.NopPruner(),
        checkpoint_dir=args.checkpoints,
    )
    shorter = {"lease": args.lease, "storage_patience": args.patience}
    shorter = {name: seconds for name, seconds in shorter.items() if seconds is not None}
    config = study._config
    if "no-cancel" in args.fault:
        ray.cancel = lambda *a, **k: None
    study._config = lambda *a, **k: dataclasses.replace(config(*a, **k), **shorter)  # type: ignore[method-assign]
    print("begins", flush=True)
    study.optimize(
        Objective(args.log, args),
        max_trials=None if args.grid else args.trials,
        max_concurrent=args.concurrent,
        # a chaos test kills as often as it likes: no trial fails of it
        retries=rtl.RetryPolicy(worker_crash=None, lease_expired=None),
    )
    print("finished", flush=True)


if __name__ == "__main__":
    try:
        main(parse())
    except rtl.exceptions.RaytuneLiteError as error:
        print(f"{type(error).__name__}: {error}", flush=True)
        sys.exit(3)
