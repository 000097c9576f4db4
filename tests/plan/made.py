"""Curves and studies that are made for a test."""

from __future__ import annotations

import math
import random
import time

import raytune_lite as rl
from raytune_lite.plan.curves import Curve, Recorded
from raytune_lite.samplers import RandomSampler
from raytune_lite.trial import TrialState


def curve(number, losses, *, seconds=1.0, start_up=0.0, tail=0.0, state=TrialState.COMPLETE, first=1):
    """A trial that reported these losses, each after so many seconds."""
    steps = tuple(range(first, first + len(losses)))
    return Curve(
        number=number,
        steps=steps,
        losses=tuple(map(float, losses)),
        ends=tuple(seconds * (k + 1) for k in range(len(losses))),
        start_up=start_up,
        tail=tail,
        state=state,
        loss=float(losses[-1]) if state is TrialState.COMPLETE and losses else None,
    )


def record(curves, *, slots=1):
    """A study of these curves."""
    return Recorded(
        curves=tuple(curves), n_without_times=0, slots=slots, seconds=0.0, losses={}, worked=0.0, checkpoint_bytes=0.0
    )


def random_curves(n, seed, *, steps=27, whole=True):
    """Curves that fall, cross, and take different times."""
    rng = random.Random(seed)
    found = []
    for number in range(n):
        end, speed, seconds = rng.random(), rng.uniform(2, 8), rng.uniform(0.5, 2.0)
        losses = [end + math.exp(-k / speed) * rng.uniform(0.8, 1.2) for k in range(1, steps + 1)]
        found.append(curve(number, losses, seconds=seconds, start_up=rng.uniform(0, 0.5), tail=rng.uniform(0, 0.5)))
    return found


def train(trial):
    """27 steps of a loss that falls; trials of number 7, 17, ... fail."""
    lr, noise = trial.suggest_float("lr", 1e-4, 1, log=True), random.Random(trial.number)
    loss, saved = abs(math.log10(lr) + 2) / 4, trial.load_checkpoint()
    values = [loss + math.exp(-step / 5) * noise.uniform(0.8, 1.2) for step in range(1, 28)]
    for step in range(saved["step"] + 1 if saved else 1, 28):
        trial.save_checkpoint({"step": step}, step=step) if step in (1, 3, 9) else time.sleep(0.002)
        trial.report(values[step - 1], step)
        if trial.number % 10 == 7 and step == 2:
            raise ValueError("bad luck")
        if trial.should_prune():
            raise rl.TrialPruned
    return values[-1]


def study(folder, name="study", n=40, prices=None, **options):
    """A study of ``train`` in a database, run inline."""
    made = rl.create_study(storage=f"sqlite:///{folder}/study.db", study_name=name, sampler=RandomSampler(3), **options)
    made.optimize(train, n_trials=n, executor="inline", catch=ValueError, show_progress_bar=False, prices=prices)
    return made
