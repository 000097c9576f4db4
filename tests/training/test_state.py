"""A run that was killed, paused or promoted at any step gives the same curve as one that was not, bit for bit."""

from __future__ import annotations

import collections
import copy
import importlib
import importlib.util
import io
import random
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402
from torch.optim import lr_scheduler  # noqa: E402

import raytune_lite as rtl  # noqa: E402
from raytune_lite.checkpoints.state_files import load_state, save_state  # noqa: E402
from raytune_lite.exceptions import CheckpointError  # noqa: E402
from raytune_lite.training.loader import ResumableLoader  # noqa: E402
from raytune_lite.training.precision import PRECISIONS, Precision  # noqa: E402
from raytune_lite.training.state import capture_state, restore_state  # noqa: E402

REPOSITORY = Path(__file__).resolve().parents[2]


class Digits(torch.utils.data.Dataset):
    """22 samples, each with noise that the dataset draws from all three global generators."""

    def __init__(self, n=22):
        self.x = torch.randn(n, 6, generator=torch.Generator().manual_seed(5))

    def __len__(self):
        return len(self.x)

    def __getitem__(self, index):
        noise = random.random() + np.random.random() + torch.rand(()).item()
        return self.x[index] + 0.1 * noise, self.x[index].sum()


class Accumulation:
    """Sums the gradients of k micro-batches apart from ``.grad``: a part with a state of its own."""

    def __init__(self, optimizer, k):
        self.parameters = [p for group in optimizer.param_groups for p in group["params"]]
        self.k, self.done, self.sums = k, 0, [torch.zeros_like(p) for p in self.parameters]

    def add(self):
        """Take ``.grad``; at the end of a window give the sums, and say so."""
        self.done = (self.done + 1) % self.k
        for total, parameter in zip(self.sums, self.parameters, strict=True):
            total += parameter.grad
            parameter.grad = None if self.done else total.clone()
            if not self.done:
                total.zero_()
        return not self.done

    def state_dict(self):
        return {"done": self.done, "sums": self.sums}

    def load_state_dict(self, state):
        self.done, self.sums = state["done"], state["sums"]


class Run:
    """A training loop with everything that a curve may hang on. ``noise`` is what a new process differs in."""

    def __init__(self, noise=0, precision="16-mixed", window="grad", workers=0):
        random.seed(noise)
        np.random.seed(noise)
        torch.manual_seed(noise)
        self.model = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.Dropout(0.4), nn.ReLU(), nn.Linear(8, 1))
        self.ema = copy.deepcopy(self.model).eval()
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=0.02)
        self.scheduler = lr_scheduler.OneCycleLR(self.optimizer, 0.1, total_steps=40)
        self.precision = Precision(precision, "cpu", init_scale=2.0**8, growth_interval=3)
        # 6 batches an epoch, the last of 2 samples
        self.loader = ResumableLoader(Digits(), 4, seed=11, num_workers=workers, persistent_workers=workers > 0)
        self.window, self.accumulation = window, None
        if window == "local":
            self.accumulation = Accumulation(self.optimizer, 3)
        elif window == "MultiSteps":
            module = pytest.importorskip("raytune_lite.training.accumulation")
            transforms = importlib.import_module("raytune_lite.training.transforms")
            self.accumulation = module.MultiSteps(
                self.optimizer, 3, transform=transforms.clip_by_global_norm(1.0), scaler=self.precision
            )
        self.generator, self.numpy_generator = torch.Generator().manual_seed(noise), np.random.default_rng(noise)
        self.seen, self.curve = 0, []

    def things(self):
        names = ("model", "ema", "optimizer", "scheduler", "precision", "loader", "generator", "numpy_generator")
        things = {name: getattr(self, name) for name in names}
        return things if self.accumulation is None else {**things, "accumulation": self.accumulation}

    def capture(self, **options):
        return capture_state(**self.things(), seen=self.seen, curve=list(self.curve), **options)

    def restore(self, state):
        values = restore_state(state, **self.things())
        self.seen, self.curve = values["seen"], values["curve"]
        return self

    def to(self, until):
        """Train on until so many micro-batches have been seen."""
        for _ in self.states(until):
            pass
        return self

    def states(self, until):
        """Train on; yields after each micro-batch, where a state may be taken."""
        while self.seen < until:
            self.model.train()
            for x, y in self.loader:
                self._train(x, y)
                yield
                if self.seen == until:
                    return
            with self.precision.evaluate(self.ema):
                self.curve.append(self.ema(Digits().x).sum().item())

    def _train(self, x, y):
        self.seen += 1
        noise = torch.rand(x.shape, generator=self.generator) + float(self.numpy_generator.random())
        x = x + 0.01 * noise * random.random() * np.random.random()
        with self.precision.forward():
            loss = F.mse_loss(self.model(x).squeeze(1).float(), y) / 3
        self.precision.backward(loss)
        if self.seen == 8 and self.precision.scaler is not None:
            self.model[0].weight.grad[0, 0] = float("inf")  # an overflow, in mid-window
        self.curve.append((loss.item(), self.precision.scale, self.scheduler.get_last_lr()[0]))
        if self._step():
            self.scheduler.step()
        for average, parameter in zip(self.ema.parameters(), self.model.parameters(), strict=True):
            average.data.lerp_(parameter.data, 0.1)

    def _step(self):
        if self.window == "MultiSteps":
            return self.accumulation.step()
        if self.accumulation.add() if self.accumulation else self.seen % 3 == 0:
            self.precision.unscale_(self.optimizer)
            nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            stepped = self.precision.step(self.optimizer)
            self.optimizer.zero_grad()
            return stepped
        return False


def leaves(value, path=""):
    """Every leaf of a state with its path; tensors and arrays as (dtype, shape, bytes), floats exactly."""
    if isinstance(value, dict):
        return [leaf for key, item in value.items() for leaf in leaves(item, f"{path}[{key!r}]")]
    if isinstance(value, (list, tuple)):
        return [leaf for index, item in enumerate(value) for leaf in leaves(item, f"{path}[{index}]")]
    if isinstance(value, torch.Tensor):
        flat = value.detach().contiguous().view(-1).view(torch.uint8) if value.numel() else value
        return [(path, value.dtype, tuple(value.shape), flat.numpy().tobytes())]
    return [(path, type(value), value.hex() if isinstance(value, float) else value)]


def as_it_is(state, folder):
    return state


def through_torch(state, folder):
    torch.save(state, folder / "state.pt")
    return torch.load(folder / "state.pt", weights_only=True)


def through_save_state(state, folder):
    save_state(folder, state)
    return load_state(folder)


STEPS = 15  # two epochs and a half; an update each third


# --- the same curve ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("window", ["grad", "local", "MultiSteps"])
@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_run_that_is_cut_at_any_step_gives_the_same_curve(precision, window, tmp_path):
    whole = Run(0, precision, window)
    cuts = [whole.capture()] + [whole.capture() for _ in whole.states(STEPS)]
    end = leaves(whole.capture())
    assert len(whole.curve) == STEPS + 2
    assert whole.precision.skipped_steps == (precision == "16-mixed")
    assert len(cuts) == STEPS + 1
    ways = (as_it_is, through_torch, through_save_state)
    for step, state in enumerate(cuts):
        folder = tmp_path / str(step)
        folder.mkdir()
        # a new process: other weights, and generators that stand elsewhere
        again = Run(100 + step, precision, window).restore(ways[step % 3](state, folder))
        assert leaves(again.capture()) == leaves(state), step
        assert leaves(again.to(STEPS).capture()) == end, step


def test_a_run_that_is_cut_after_every_step_gives_the_same_curve(tmp_path):
    whole = Run(0).to(STEPS)
    state = Run(0).capture()
    for step in range(1, STEPS + 1):
        folder = tmp_path / str(step)
        folder.mkdir()
        state = through_save_state(Run(50 + step).restore(state).to(step).capture(), folder)
    assert leaves(state) == leaves(whole.capture())


@pytest.mark.parametrize("left_out", ["generators", "gradients", "a part"])
def test_each_part_of_the_state_matters(left_out):
    """The curve above would catch it: without a part it is another curve."""
    end = Run(0).to(STEPS).curve
    cut = Run(0).to(10).capture()
    if left_out == "generators":
        cut["rng"] = None
    elif left_out == "gradients":
        cut["gradients"] = None
    else:
        for name in list(cut["objects"]):
            state = copy.deepcopy(cut)
            again = Run(9)
            kept = again.things()
            del state["objects"][name], state["about"][name], kept[name]
            values = restore_state(state, **kept)
            again.seen, again.curve = values["seen"], values["curve"]
            assert again.to(STEPS).curve != end, name
        return
    assert Run(9).restore(cut).to(STEPS).curve != end


@pytest.mark.parametrize("name", ["python", "numpy", "torch"])
def test_each_generator_matters(name):
    end, cut = Run(0).to(STEPS).curve, Run(0).to(8).capture()
    cut["rng"][name] = Run(9).capture()["rng"][name]
    assert Run(9).restore(cut).to(STEPS).curve != end


def test_workers_change_nothing_and_what_they_prefetched_does_not_count():
    """Resumed in mid-epoch with other numbers of workers than the run began with."""
    end = leaves(Run(0).to(STEPS).capture())
    for first, second in ((2, 0), (0, 2), (2, 1)):
        cut = Run(0, workers=first).to(8).capture()
        assert (cut["objects"]["loader"]["epoch"], cut["objects"]["loader"]["position"]) == (1, 2)
        assert leaves(Run(7, workers=second).restore(cut).to(STEPS).capture()) == end


CHILD = """
import os, signal, sys
from pathlib import Path
import torch
sys.path.insert(0, sys.argv[1])
from tests.training.test_state import Run, leaves
file, die_at = Path(sys.argv[2]), int(sys.argv[3])
run = Run(os.getpid())
if file.exists():
    run.restore(torch.load(file, weights_only=True))
else:
    run = Run(0)
for _ in run.states(12):
    torch.save(run.capture(), file.with_suffix(".new"))
    os.replace(file.with_suffix(".new"), file)
    if run.seen == die_at:
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_process_killed_in_mid_window_and_mid_epoch_leaves_the_same_curve(tmp_path):
    file = tmp_path / "state.pt"
    for die_at, code in ((4, -signal.SIGKILL), (11, -signal.SIGKILL), (0, 0)):
        command = [sys.executable, "-c", CHILD, str(REPOSITORY), str(file), str(die_at)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=150, check=False)
        assert done.returncode == code, done.stderr[-2000:]
    assert leaves(torch.load(file, weights_only=True)) == leaves(Run(0).to(12).capture())


# --- in a study -------------------------------------------------------------------------------------------------------


class Trains:
    """An objective: epochs of Run, with the trial's learning rate, a checkpoint and a report each."""

    def __init__(self, cut_short=()):
        self.cut_short = set(cut_short)  # (number, step) at which the attempt breaks off, once each

    def __call__(self, trial):
        lr = trial.suggest_float("lr", 1e-3, 1.0, log=True)
        checkpoint = trial.load_checkpoint()
        run = self.begin(trial.number, lr, noise=trial.number + 1000 * trial.attempt)
        if checkpoint is None:
            run = self.begin(trial.number, lr, noise=trial.number)
        else:
            run.restore(checkpoint)
        for _ in run.states(9 * 2):
            trial.save_checkpoint(run.capture(), step=run.seen)
            if (trial.number, run.seen) in self.cut_short:
                self.cut_short.remove((trial.number, run.seen))
                raise OSError("the node went away")
            if run.seen % 2 == 0:
                trial.report(run.curve[-1][0], step=run.seen // 2)
                if trial.should_prune():
                    raise rtl.TrialPruned
        return run.curve[-1][0]

    @staticmethod
    def begin(number, lr, noise):
        run = Run(noise, list(PRECISIONS)[number % 3])
        run.scheduler.base_lrs = [lr]
        run.optimizer.param_groups[0]["weight_decay"] = lr
        return run

    def alone(self, number, lr):
        """The whole curve of one trial that nobody interrupts: epoch -> value."""
        run, values = self.begin(number, lr, noise=number), {}
        for _ in run.states(9 * 2):
            if run.seen % 2 == 0:
                values[run.seen // 2] = run.curve[-1][0]
        return values


def test_paused_promoted_and_broken_off_trials_report_what_uninterrupted_ones_do(storage, tmp_path):
    objective = Trains(cut_short=[(0, 1), (2, 3), (4, 7), (4, 17), (5, 1)])
    study = rtl.create_study(
        storage=storage,
        sampler=rtl.samplers.RandomSampler(0),
        pruner=rtl.pruners.ASHAPruner(1, 9, 3, mode="promote"),
        checkpoint_dir=tmp_path / "checkpoints",
    )
    retries = rtl.RetryPolicy(exception=2, abort_after=None)
    study.optimize(objective, n_trials=9, executor="inline", retries=retries, catch=(OSError,))
    for trial in study.trials:
        alone = objective.alone(trial.number, trial.params["lr"])
        values = dict(trial.intermediate_values)
        assert values == {epoch: alone[epoch] for epoch in values}
    lengths = sorted(len(trial.intermediate_values) for trial in study.trials)
    assert lengths[0] == 1
    assert lengths[-1] == 9
    assert not {spot for spot in objective.cut_short if spot[1] < 3}
    promoted = [trial for trial in study.trials if len(trial.intermediate_values) > 1 and trial.attempt > 1]
    assert promoted


# --- what a state is --------------------------------------------------------------------------------------------------


def test_a_state_is_plain_and_stays_as_it_was_when_the_training_goes_on():
    run = Run(0).to(4)
    state = run.capture()
    before = leaves(state)
    run.to(10)
    Run(5).restore(state).to(12)
    Run(6).restore(state)  # twice, although the first one trained on
    assert leaves(state) == before
    assert list(state["objects"]["model"]) == list(run.model.state_dict())
    assert state["values"]["seen"] == 4
    assert leaves(Run(6).restore(state).to(10).capture()) == leaves(run.capture())


def test_weights_that_are_one_tensor_are_saved_once_and_others_are_not_mixed_up():
    model = nn.ModuleList([nn.Linear(300, 300, bias=False), nn.Linear(300, 300, bias=False)])
    model[1].weight = model[0].weight
    file = io.BytesIO()
    torch.save(capture_state(model=model, rng=False), file)
    assert 360_000 < len(file.getvalue()) < 400_000
    # states that are made when they are asked for may lie where the one before lay
    generators = {f"g{index}": torch.Generator().manual_seed(index) for index in range(20)}
    state = capture_state(**generators)
    for index, name in enumerate(generators):
        assert torch.equal(state["objects"][name], torch.Generator().manual_seed(index).get_state())


def test_values_of_every_plain_kind_come_back_as_they_were(tmp_path):
    values = {
        "step": 7, "best": float("inf"), "name": "a", "none": None, "scalar": np.float32(0.1), "flag": True,
        "array": np.arange(3, dtype=np.int16), "tuple": (1, [2.0, {"x": {3, 4}}]), "big": 2**70, "bytes": b"ab",
        "counter": collections.Counter("aab"), "tensor": torch.tensor([1.5], dtype=torch.bfloat16),
        "__rtl__": "int", "nested": {"__rtl__": "ndarray", "of": [1]},
    }  # fmt: skip
    model = nn.Linear(2, 2)
    for index, way in enumerate((as_it_is, through_torch, through_save_state)):
        folder = tmp_path / str(index)
        folder.mkdir()
        back = restore_state(way(capture_state(model=model, **values), folder), model=model)
        assert list(back) == list(values)
        for name, value in values.items():
            assert type(back[name]) is type(value), name
            if isinstance(value, (np.ndarray, torch.Tensor)):
                assert back[name].dtype == value.dtype
                assert (back[name] == value).all()
            else:
                assert back[name] == value, name


def test_only_what_is_asked_for_is_kept():
    run = Run(0).to(4)
    slim = capture_state(model=run.model, rng=False, gradients=False)
    assert (slim["rng"], slim["gradients"], slim["values"]) == (None, None, {})
    run.model[0].weight.grad = before = torch.ones_like(run.model[0].weight)
    torch.manual_seed(1)
    draws = torch.get_rng_state()
    restore_state(slim, model=run.model)
    assert torch.equal(torch.get_rng_state(), draws)
    assert run.model[0].weight.grad is before
    full = capture_state(model=run.model)
    torch.manual_seed(2)
    draws = torch.get_rng_state()
    restore_state(full, model=run.model, rng=False)
    assert torch.equal(torch.get_rng_state(), draws)


def test_gradients_that_the_state_has_not_are_none_after_a_restore():
    model = nn.Linear(2, 2)
    state = capture_state(model=model)
    model(torch.ones(1, 2)).sum().backward()
    restore_state(state, model=model)
    assert model.weight.grad is None


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("name", PRECISIONS)
def test_a_run_on_a_gpu_goes_on_alike_and_its_state_is_on_the_cpu(name, tmp_path):
    def build(seed):
        torch.manual_seed(seed)
        model = nn.Sequential(nn.Linear(8, 8), nn.Dropout(0.5), nn.Linear(8, 1)).cuda()
        return {
            "model": model, "optimizer": torch.optim.Adam(model.parameters()), "precision": Precision(name, "cuda")
        }  # fmt: skip

    def train(things, steps):
        losses = []
        for _ in range(steps):
            with things["precision"].forward():
                loss = things["model"](torch.randn(4, 8, device="cuda")).float().square().mean()
            things["precision"].backward(loss)
            things["precision"].step(things["optimizer"])
            things["optimizer"].zero_grad()
            losses.append(loss.item())
        return losses

    first = build(0)
    train(first, 3)
    state = through_torch(capture_state(**first), tmp_path)
    assert {leaf.device.type for leaf in state["objects"]["model"].values()} == {"cpu"}
    assert len(state["rng"]["cuda"]) == torch.cuda.device_count()
    losses, second = train(first, 5), build(1)
    restore_state(state, **second)
    assert train(second, 5) == losses


class Keeps(torch.optim.Optimizer):
    """Keeps a mask, a counter and a float32 sum beside bfloat16 weights."""

    def __init__(self, parameters):
        super().__init__(parameters, {})

    @torch.no_grad()
    def step(self, closure=None):
        for parameter in self.param_groups[0]["params"]:
            kept = self.state[parameter]
            if not kept:
                kept["mask"] = parameter > 0
                kept["count"] = torch.zeros((), dtype=torch.int32)
                kept["sum"] = torch.zeros_like(parameter, dtype=torch.float32)
                kept["nested"] = {"sums": [torch.full((2,), 1 / 3, dtype=torch.float64)]}
            kept["count"] += 1
            kept["sum"] += parameter.grad.float() / 3
            parameter -= 0.01 * kept["sum"].to(parameter.dtype)


def test_what_an_optimizer_keeps_comes_back_in_its_own_dtypes():
    """torch's load_state_dict casts it to the parameter's dtype: masks and counters become bfloat16, sums too."""

    def build():
        model = nn.Linear(3, 2).bfloat16()
        return model, Keeps(model.parameters())

    model, optimizer = build()
    model(torch.ones(1, 3, dtype=torch.bfloat16)).sum().backward()
    optimizer.step()
    state = capture_state(model=model, optimizer=optimizer)
    again, second = build()
    restore_state(state, model=again, optimizer=second)
    assert leaves(second.state_dict()) == leaves(optimizer.state_dict())
    again, second = build()
    second.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    assert leaves(second.state_dict()) != leaves(optimizer.state_dict())  # else this package need not do it


SCHEDULERS = {
    "StepLR": lambda o: lr_scheduler.StepLR(o, 2),
    "MultiStepLR": lambda o: lr_scheduler.MultiStepLR(o, [1, 3]),
    "CosineAnnealingWarmRestarts": lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 3),
    "OneCycleLR": lambda o: lr_scheduler.OneCycleLR(o, 0.5, total_steps=20, cycle_momentum=False),
    "CyclicLR": lambda o: lr_scheduler.CyclicLR(o, 0.01, 0.1, step_size_up=3, cycle_momentum=False),
    "LambdaLR": lambda o: lr_scheduler.LambdaLR(o, lambda step: 0.9**step),
    "SequentialLR": lambda o: lr_scheduler.SequentialLR(
        o, [lr_scheduler.LinearLR(o, 0.1, total_iters=3), lr_scheduler.ExponentialLR(o, 0.9)], [3]
    ),
    "ReduceLROnPlateau": lambda o: lr_scheduler.ReduceLROnPlateau(o, patience=1),
}


@pytest.mark.parametrize("name", SCHEDULERS)
@pytest.mark.parametrize("cls", ["SGD", "Adam", "Adagrad", "NAdam", "Rprop", "Adafactor"])
def test_schedules_and_optimizers_of_torch_go_on_alike(name, cls, tmp_path):
    def build(seed):
        torch.manual_seed(seed)
        model = nn.Linear(3, 3)
        options = {"momentum": 0.9} if cls == "SGD" else {}
        optimizer = getattr(torch.optim, cls)(model.parameters(), lr=0.05, **options)
        return {"model": model, "optimizer": optimizer, "scheduler": SCHEDULERS[name](optimizer)}

    def train(things, steps):
        for _ in range(steps):
            loss = things["model"](torch.randn(4, 3)).square().mean()
            things["optimizer"].zero_grad()
            loss.backward()
            things["optimizer"].step()
            things["scheduler"].step(*([loss.item()] if name == "ReduceLROnPlateau" else []))
        return things

    first = train(build(0), 4)
    state = through_torch(capture_state(**first), tmp_path)
    end = leaves(capture_state(**train(first, 4)))
    second = build(1)
    restore_state(state, **second)
    assert leaves(capture_state(**train(second, 4))) == end


# --- bad input: named, and nothing changed ----------------------------------------------------------------------------


def net(width=4, dtype=torch.float32, depth=2):
    layers = {f"layer{index}": nn.Linear(3, 3, dtype=dtype) for index in range(1, depth)}
    return nn.Sequential(collections.OrderedDict({**layers, f"layer{depth}": nn.Linear(3, width, dtype=dtype)}))


def pair(optimizer=torch.optim.Adam, **options):
    model = net(**options)
    return {"model": model, "optimizer": optimizer(model.parameters(), lr=0.1)}


def swapped(things):
    return torch.optim.Adam(list(things["model"].parameters())[::-1], lr=0.1)


OTHERS = {
    r"model.layer2.weight: shape (4, 3) expected, got (5, 3)": lambda: pair(width=5),
    r"the gradients of model.layer2.bias: shape (4,) expected, got (5,)": lambda: pair(width=5),
    r"optimizer.param_groups[0]['params'][2] (model.layer2.weight): shape (4, 3) expected, got (5, 3)": lambda: pair(
        width=5
    ),
    r"model.layer1.weight: torch.float32 expected, got torch.bfloat16": lambda: pair(dtype=torch.bfloat16),
    r"model.layer3.bias: in the state, but not here": lambda: pair(depth=3),
    r"optimizer: parameter groups of [4] parameters expected, got [6]": lambda: pair(depth=3),
    r"model.layer2.weight: not in the state": lambda: pair(depth=1),
    r"optimizer: the state of Adam expected, got that of 'SGD'": lambda: pair(torch.optim.SGD),
}


@pytest.mark.parametrize("said", OTHERS)
def test_the_state_of_another_model_or_optimizer_is_refused_by_leaf(said):
    others = OTHERS[said]()
    others["model"](torch.ones(1, 3, dtype=others["model"][0].weight.dtype)).sum().backward()
    mine = pair()
    mine["model"](torch.ones(1, 3)).sum().backward()
    mine["optimizer"].step()
    state, before = capture_state(**others), leaves(capture_state(**mine))
    with pytest.raises(CheckpointError) as caught:
        restore_state(state, **mine)
    assert said in str(caught.value)
    assert "nothing was changed" in str(caught.value)
    assert leaves(capture_state(**mine)) == before


def test_an_optimizer_with_its_parameters_in_another_order_is_refused():
    mine, theirs = pair(width=3), pair(width=3)
    theirs["optimizer"] = swapped(theirs)
    with pytest.raises(CheckpointError, match=r"\[0\]: model.layer1.weight expected, got model.layer2.bias"):
        restore_state(capture_state(**theirs), **mine)


def test_missing_and_unknown_parts_are_named():
    mine = pair()
    state = capture_state(**mine)
    with pytest.raises(CheckpointError, match="optimizer: in the state, but not given, so it would start afresh"):
        restore_state(state, model=mine["model"])
    with pytest.raises(CheckpointError, match=r"ema: given, but not in the state, which has \['model', 'optimizer'\]"):
        restore_state(state, **mine, ema=net())


def test_an_object_without_a_state_is_refused_and_a_data_loader_is_told_of_ours():
    plain = torch.utils.data.DataLoader(Digits())
    with pytest.raises(TypeError, match=r"loader must have state_dict.*got DataLoader.*ResumableLoader"):
        capture_state(loader=plain)
    with pytest.raises(TypeError, match="step must have state_dict"):
        restore_state(capture_state(step=1), step=1)
    with pytest.raises(CheckpointError, match=r"values\['valid'\] is a torch\..*DataLoader, which a checkpoint"):
        capture_state(valid=plain)
    scheduler = lr_scheduler.StepLR(pair()["optimizer"], 1)
    scheduler.strange = {"deep": [Digits()]}
    with pytest.raises(CheckpointError, match=r"\['scheduler'\]\['strange'\]\['deep'\]\[0\] is a .*Digits, which"):
        capture_state(scheduler=scheduler)
    loop = []
    loop.append(loop)
    with pytest.raises(CheckpointError, match="values is nested too deeply"):
        capture_state(loop=loop)


def test_a_model_that_is_not_initialised_is_told_how():
    lazy = nn.LazyLinear(3)
    with pytest.raises(CheckpointError, match=r"model.weight: not initialised yet; pass one batch through"):
        restore_state(capture_state(model=nn.Linear(2, 3)), model=lazy)


def _damaged(change):
    state = Run(0).to(4).capture()
    change(state)
    return state


DAMAGED = {
    "no state": (lambda s: s.clear(), r"a state of capture_state\(\) has version=1 and"),
    "newer": (lambda s: s.update(version=2), "version=1"),
    "a section": (lambda s: s.update(objects=[1]), "damaged"),
    "about": (lambda s: s["about"].clear(), "damaged"),
    "a tag": (lambda s: s["values"].update(seen={"__rtl__": "ndarray", "of": 3}), "damaged"),
    "model": (lambda s: s["objects"].update(model=7), "model: a dict of tensors expected, got 7"),
    "a tensor": (lambda s: s["objects"]["model"].update({"0.bias": 1.0}), "model.0.bias: a tensor expected, got 1.0"),
    "python": (lambda s: s["rng"].update(python=(3, (1, 2), None)), "rng.python: a generator's state expected"),
    "torch": (lambda s: s["rng"].update(torch=torch.zeros(9, dtype=torch.uint8)), "rng.torch: a generator's state"),
    "numpy": (lambda s: s["rng"].update(numpy={"bit_generator": "PCG64"}), "rng.numpy: .*its bit generator is MT19937"),
    "no torch": (lambda s: s["rng"].pop("torch"), "rng.torch: a generator's state expected, got None"),
    "cuda": (lambda s: s["rng"].update(cuda=[torch.zeros(16)] * 99), "rng.cuda: .* CUDA devices are here, got .* 99"),
    "cuda's form": (lambda s: s["rng"].update(cuda=[torch.zeros(16)]), "rng.cuda: tensors of bytes expected"),
    "no list": (lambda s: s["rng"].update(cuda=3), "damaged .*TypeError"),
    "an about": (lambda s: s["about"].update(optimizer=3), "damaged .*TypeError"),
    "gradients": (lambda s: s["gradients"].update(model=[1]), "gradients of model: a dict of tensors expected"),
    "a gradient": (lambda s: s["gradients"]["model"].update(x=1), "gradients of model.x: in the state, but not here"),
    "optimizer": (lambda s: s["objects"].update(optimizer={}), "optimizer refused its state.*KeyError"),
    "scheduler": (lambda s: s["objects"].update(scheduler=None), "scheduler refused its state"),
    "precision": (lambda s: s["objects"]["precision"].clear(), "precision refused .*'16-mixed' expected, got None"),
    "loader": (lambda s: s["objects"]["loader"].update(size=21), "loader refused .* size: 22 expected, got 21"),
    "generator": (lambda s: s["objects"].update(generator=torch.zeros(3)), "generator refused"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_state_is_refused_and_nothing_is_changed(name):
    change, said = DAMAGED[name]
    state, run = _damaged(change), Run(3).to(7)
    before = leaves(run.capture())
    with pytest.raises(CheckpointError, match=f"(?s){said}.*") as caught:
        run.restore(state)
    assert "othing was changed" in str(caught.value)
    assert leaves(run.capture()) == before
    assert leaves(run.to(9).capture()) == leaves(Run(3).to(9).capture())  # it goes on as if nobody had tried


def test_a_state_that_is_none_is_told_what_one_is():
    for wrong in (None, [], {"training": {}}):
        with pytest.raises(CheckpointError, match=r"checkpoint\['training'\]"):
            restore_state(wrong, model=net())
