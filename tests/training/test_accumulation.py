"""MultiSteps accumulates as torch does, survives NaN as said, counts it, and goes on from any micro-batch."""

from __future__ import annotations

import copy
import warnings

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils._python_dispatch import TorchDispatchMode

from raytune_lite.checkpoints.state_files import load_state, save_state
from raytune_lite.training import detection
from raytune_lite.training.accumulation import MultiSteps
from raytune_lite.training.detection import NonFiniteGradientError
from raytune_lite.training.precision import Precision
from raytune_lite.training.skipping import skip_large_updates, skip_not_finite
from raytune_lite.training.transforms import Transform, apply_if_finite, chain, clip_by_global_norm, zero_nans

NAN, INF = float("nan"), float("inf")


class One:
    """A float64 parameter of two elements under SGD(lr=1), so that it is minus the sum of the updates."""

    def __init__(self, every_k=2, *, dtype=torch.float64, **options):
        self.param = torch.nn.Parameter(torch.zeros(2, dtype=dtype))
        self.optimizer = torch.optim.SGD([self.param], 1.0)
        self.steps = MultiSteps(self.optimizer, every_k, named_parameters=[("w", self.param)], **options)

    def feed(self, *grads):
        """One micro-batch each; the parameter afterwards."""
        for grad in grads:
            values = grad if isinstance(grad, list) else [grad, grad]
            self.param.grad = torch.tensor(values, dtype=self.param.dtype)
            self.steps.step()
            assert self.param.grad is None
        return self.param.tolist()


def mlp(dtype=torch.float64):
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2)).to(dtype)


def batches(n, dtype=torch.float64):
    generator = torch.Generator().manual_seed(1)
    return [torch.randn(5, 3, dtype=dtype, generator=generator) for _ in range(n)]


# --- without NaN: as torch ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [torch.optim.SGD, torch.optim.AdamW])
@pytest.mark.parametrize(("reduce", "k"), [("mean", 1), ("mean", 3), ("sum", 3)])
def test_it_is_torchs_own_accumulation(make, reduce, k):
    mine, other = mlp(), mlp()
    optimizer, reference = make(mine.parameters(), 0.1), make(other.parameters(), 0.1)
    steps = MultiSteps(optimizer, k, reduce=reduce, transform=clip_by_global_norm(0.5))
    for i, x in enumerate(batches(7), 1):
        mine(x).square().mean().backward()
        assert steps.step() == steps.has_updated == (i % k == 0)
        (other(x).square().mean() / (k if reduce == "mean" else 1)).backward()
        if i % k == 0:
            norm = torch.nn.utils.clip_grad_norm_(other.parameters(), float("inf"))
            for param in other.parameters():
                param.grad *= min(1.0, 0.5 / norm)  # torch's own way divides by norm + 1e-6
            reference.step()
            reference.zero_grad()
        for a, b in zip(mine.parameters(), other.parameters(), strict=True):
            torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-12)
    assert (steps.gradient_step, steps.n_updates, steps.mini_step) == (7 // k, 7 // k, 7 % k)


def test_zero_grad_in_the_loop_does_no_harm_and_takes_back_what_was_not_stepped():
    mine = mlp()
    optimizer = torch.optim.SGD(mine.parameters(), 0.1)
    steps = MultiSteps(optimizer, 2, on_bad="keep", transform=(seen := Seen()))
    one, two = batches(2)
    for set_to_none, x in ((True, one), (False, two)):
        mine(torch.ones(5, 3).double()).sum().backward()
        optimizer.zero_grad(set_to_none=set_to_none)  # not for this loop, such as a discriminator's pass
        mine(x).sum().backward()
        steps.step()
    wanted = mlp()
    ((wanted(one).sum() + wanted(two).sum()) / 2).backward()
    for grad, param in zip(seen.grads, wanted.parameters(), strict=True):
        torch.testing.assert_close(grad, param.grad)


class Seen(Transform):
    def update(self, grads):
        self.grads = [None if grad is None else grad.clone() for grad in grads]
        return True


def test_a_reused_gradient_buffer_is_not_held():
    one, buffer = One(3), torch.ones(2, dtype=torch.float64)
    for value in (1.0, 2.0, 6.0):
        one.param.grad = buffer.fill_(value)
        one.steps.step()
    assert one.param.tolist() == [-3.0, -3.0]


def test_parameters_without_gradients_are_left_alone():
    used, late, unused, frozen = (torch.nn.Parameter(torch.ones(1)) for _ in range(4))
    frozen.requires_grad_(False)
    groups = [{"params": [used, late], "lr": 1.0}, {"params": [unused, frozen], "lr": 0.5, "weight_decay": 0.1}]
    steps = MultiSteps(torch.optim.AdamW(groups), 2, transform=chain(zero_nans(), clip_by_global_norm(1e9)))
    assert steps.names == ("param_groups[0][0]", "param_groups[0][1]", "param_groups[1][0]", "param_groups[1][1]")
    for i in range(4):
        loss = used + late if i == 1 else used
        loss.sum().backward()
        steps.step()
    assert unused.item() == frozen.item() == 1  # no weight decay, no state
    assert late in steps.optimizer.state
    assert unused not in steps.optimizer.state
    assert used.item() < late.item() < 1


def test_a_parameter_absent_from_a_micro_batch_counts_as_zero_there():
    a, b = torch.nn.Parameter(torch.zeros(1)), torch.nn.Parameter(torch.zeros(1))
    steps = MultiSteps(torch.optim.SGD([a, b], 1.0), 2)
    (a + b).sum().backward()
    steps.step()
    a.sum().backward()
    steps.step()
    assert (a.item(), b.item()) == (-1.0, -0.5)


def test_schedulers_step_with_the_optimizer_and_only_then():
    one = One(3)
    scheduler = torch.optim.lr_scheduler.StepLR(one.optimizer, step_size=1, gamma=0.5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # torch warns of a scheduler that runs ahead of its optimizer
        for _ in range(7):
            one.param.grad = torch.ones(2, dtype=torch.float64)
            if one.steps.step():
                scheduler.step()
    assert one.param.tolist() == [-1.5, -1.5]
    assert scheduler.get_last_lr() == [0.25]


def test_k_is_read_when_a_window_begins_and_at_no_other_time():
    asked = []

    def schedule(gradient_step):
        asked.append(gradient_step)
        return (1, 3, 2)[gradient_step]

    one = One(schedule)
    ends = []
    for _ in range(6):
        one.feed(1.0)
        ends.append(one.steps.has_updated)
    assert ends == [True, False, False, True, False, True]
    assert asked == [0, 1, 2]


# --- a NaN ----------------------------------------------------------------------------------------------------------

WINDOWS = ([1.0, 1.0], [NAN, 4.0], [1.0, 1.0], [3.0, 3.0])  # a NaN in the first of two windows


@pytest.mark.parametrize(
    ("options", "first", "counts"),
    [
        ({"on_bad": "zero"}, [-0.5, -2.5], (2, 0, 0, 1)),
        ({"on_bad": "zero", "divide_by": "k"}, [-0.5, -2.5], (2, 0, 0, 1)),
        ({"on_bad": "zero", "reduce": "sum"}, [-1.0, -5.0], (2, 0, 0, 1)),
        ({"on_bad": "skip_micro_batch"}, [-1.0, -1.0], (2, 1, 0, 1)),
        ({"on_bad": "skip_micro_batch", "divide_by": "k"}, [-0.5, -0.5], (2, 1, 0, 1)),
        ({"on_bad": "skip_micro_batch", "reduce": "sum"}, [-1.0, -1.0], (2, 1, 0, 1)),
        ({"on_bad": "skip_window"}, [0.0, 0.0], (1, 0, 1, 1)),
    ],
)
def test_a_nan_costs_what_was_chosen_and_nothing_of_the_next_window(options, first, counts):
    one = One(**options)
    assert one.feed(*WINDOWS[:2]) == first
    assert one.steps.found.last.tolist() == [True]
    after = one.feed(WINDOWS[2])
    assert after == first
    assert one.steps.found.last.tolist() == one.steps.found.any_in_window.tolist() == [False]
    update = 4.0 if options.get("reduce") == "sum" else 2.0
    assert one.feed(WINDOWS[3]) == [value - update for value in first]
    steps = one.steps
    found = (steps.n_updates, steps.n_skipped_micro_batches, steps.n_skipped_windows, steps.found.total.item())
    assert found == counts
    assert steps.gradient_step == 2


@pytest.mark.parametrize("on_bad", ["zero", "skip_micro_batch", "skip_window"])
def test_a_nan_first_in_a_window_is_remembered_until_the_next(on_bad):
    one = One(3, on_bad=on_bad)
    one.feed([NAN, 1.0], 1.0)
    assert one.steps.found.last.tolist() == [False]
    assert one.steps.found.any_in_window.tolist() == [True]
    one.feed(1.0)
    assert one.steps.found.any_in_window.tolist() == [True]
    assert one.steps.found.any_in_window.dtype == torch.bool


def test_what_is_bad_is_said():
    assert One(1).feed([INF, 1.0]) == [-INF, -1.0]
    assert One(1, bad="nonfinite").feed([INF, 1.0]) == [0.0, -1.0]
    assert One(1, bad="nonfinite", on_bad="skip_window").feed([INF, 1.0]) == [0.0, 0.0]
    one = One(1, on_bad="keep")
    assert torch.tensor(one.feed([NAN, 1.0])).isnan().tolist() == [True, False]


def test_a_window_of_bad_micro_batches_only_is_no_update():
    one = One(2, on_bad="skip_micro_batch")
    optimizer_steps = []
    one.optimizer.register_step_post_hook(lambda *_: optimizer_steps.append(1))
    assert one.feed(NAN, NAN) == [0.0, 0.0]
    assert not one.steps.has_updated
    assert (one.steps.n_skipped_windows, one.steps.gradient_step, optimizer_steps) == (1, 1, [])


def test_skip_functions_make_the_window_longer():
    one = One(2, skip=skip_not_finite)
    assert one.feed(1.0, NAN, INF) == [0.0, 0.0]
    assert (one.steps.mini_step, one.steps.n_skipped_micro_batches) == (1, 2)
    assert one.feed(3.0) == [-2.0, -2.0]
    large = One(2, skip=skip_large_updates(8.0))
    assert large.feed(1.0, 2.0, 1.0) == [-1.0, -1.0]  # 2 * 2**2 is not below 8
    steps = []
    own = One(1, skip=lambda _, gradient_step: steps.append(gradient_step) or (gradient_step == 0 and len(steps) < 3))
    own.feed(1.0, 1.0, 1.0, 1.0)
    assert steps == [0, 0, 0, 1]


@settings(max_examples=60, deadline=None)
@given(
    grads=st.lists(st.sampled_from([1.0, -2.0, 0.5, NAN, INF]), min_size=1, max_size=12),
    k=st.integers(1, 4),
    on_bad=st.sampled_from(["zero", "skip_micro_batch", "skip_window"]),
    divide_by=st.sampled_from(["valid", "k"]),
)
def test_every_history_is_that_of_a_loop_over_lists(grads, k, on_bad, divide_by):
    one = One(k, on_bad=on_bad, divide_by=divide_by, bad="nonfinite")
    one.feed(*grads)
    one.steps.flush()
    weight = 0.0
    for window in (grads[i : i + k] for i in range(0, len(grads), k)):
        good = [grad for grad in window if abs(grad) < INF]
        added = len(window) if on_bad == "zero" else len(good)
        if added == 0 or (on_bad == "skip_window" and len(good) < len(window)):
            continue
        weight -= sum(good) / (added if divide_by == "valid" else len(window))
    assert one.param.tolist() == pytest.approx([weight, weight], abs=1e-12)


def test_flush_divides_the_last_window_by_its_own_length():
    for divide_by, wanted in (("valid", -2.0), ("k", -4 / 3)):
        one = One(5, on_bad="skip_micro_batch", divide_by=divide_by)
        one.feed(1.0, NAN, 3.0)
        assert one.steps.flush()
        assert one.param.tolist() == pytest.approx([wanted, wanted])
        assert (one.steps.mini_step, one.steps.gradient_step) == (0, 1)
        assert not one.steps.flush()
        assert (one.steps.gradient_step, one.steps.has_updated) == (1, False)


def test_a_transform_that_refuses_leaves_the_optimizer_alone():
    one = One(2, on_bad="keep", transform=apply_if_finite(1))
    assert one.feed(1.0, INF) == [0.0, 0.0]
    assert not one.steps.has_updated
    assert one.feed(1.0, 3.0) == [-2.0, -2.0]
    assert (one.steps.n_skipped_windows, one.steps.gradient_step) == (1, 2)


# --- too many of them -----------------------------------------------------------------------------------------------


def two(every_k=2, **options):
    """Parameters a and b; only b's gradient is NaN where the micro-batch is."""
    params = {"layer.a": torch.nn.Parameter(torch.zeros(1)), "layer.b": torch.nn.Parameter(torch.zeros(1))}
    optimizer = torch.optim.SGD(params.values(), 1.0)
    steps = MultiSteps(optimizer, every_k, named_parameters=params.items(), **options)

    def feed(value):
        for param, grad in zip(params.values(), (1.0, value), strict=True):
            param.grad = torch.tensor([grad])
        return steps.step()

    return steps, feed, list(params.values())


@pytest.mark.parametrize(
    "options", [{"on_bad": "zero"}, {"on_bad": "skip_micro_batch"}, {"skip": skip_not_finite, "on_bad": "keep"}]
)
def test_too_many_bad_micro_batches_in_a_row_raise_and_name_the_parameter(options):
    steps, feed, params = two(4, max_consecutive=2, **options)
    for value in (NAN, NAN, 1.0, NAN, NAN):
        feed(value)
    before = (steps.mini_step, steps.accepted)
    with pytest.raises(NonFiniteGradientError, match=r"3 micro-batches in a row .*'layer.b'") as raised:
        feed(NAN)
    assert raised.value.names == ("layer.b",)
    assert (steps.mini_step, steps.accepted) == before or options["on_bad"] == "keep"
    while not feed(1.0):  # who catches it may go on
        assert steps.mini_step < 4
    assert all(torch.isfinite(param).all() for param in params)


def test_with_skip_window_the_row_is_one_of_windows():
    # every window has one NaN, so that no two micro-batches in a row do and yet nothing would ever be trained
    _, feed, params = two(2, max_consecutive=2, on_bad="skip_window")
    for value in (1.0, NAN, 1.0, NAN, 1.0):
        feed(value)
    with pytest.raises(NonFiniteGradientError, match=r"3 windows in a row .*'layer.b'"):
        feed(NAN)
    assert params[0].item() == 0
    feed(1.0)
    assert feed(1.0)


def test_on_a_device_too_many_raise_at_the_end_of_the_window_before_its_step(monkeypatch):
    as_on_a_device(monkeypatch)
    _, feed, params = two(3, max_consecutive=1)
    feed(NAN)
    feed(NAN)  # two in a row, noted on the device
    with pytest.raises(NonFiniteGradientError, match=r"2 micro-batches .*'layer.b'"):
        feed(1.0)
    assert [param.item() for param in params] == [0.0, 0.0]
    assert [feed(1.0) for _ in range(3)] == [False, False, True]


# --- what waits for a device ----------------------------------------------------------------------------------------


def as_on_a_device(monkeypatch):
    for module in ("detection", "transforms", "accumulation"):
        monkeypatch.setattr(f"raytune_lite.training.{module}.on_host", lambda tensors: False)


class Reads(TorchDispatchMode):
    """Counts the reads of a tensor's value by the host: what makes it wait for an accelerator."""

    def __init__(self):
        super().__init__()
        self.n = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = func.overloadpacket.__name__
        self.n += name in ("_local_scalar_dense", "item", "is_nonzero", "nonzero", "equal", "masked_select")
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize(
    ("options", "a_window"),
    [
        ({}, 0),
        ({"on_bad": "keep"}, 0),
        ({"max_consecutive": 3}, 1),
        ({"on_bad": "skip_window"}, 1),
        ({"on_bad": "skip_micro_batch"}, 4),
        ({"skip": skip_not_finite}, 4),
        ({"transform": chain(zero_nans(), apply_if_finite(2))}, 1),
    ],
)
def test_how_often_the_host_reads_the_device(options, a_window, monkeypatch):
    as_on_a_device(monkeypatch)
    options = {"transform": chain(zero_nans(), clip_by_global_norm(1.0)), **copy.deepcopy(options)}
    params = [torch.nn.Parameter(torch.zeros(3)) for _ in range(20)]
    steps = MultiSteps(torch.optim.SGD(params, 0.1, momentum=0.9), 4, **options)
    with Reads() as reads:
        for _ in range(8):
            for param in params:
                param.grad = torch.ones(3)
            steps.step()
    assert steps.n_updates == 2
    assert reads.n == 2 * a_window


def test_nothing_is_read_from_a_device_that_has_no_values():
    # a meta tensor has a shape and no memory: every read of a value raises
    params = [torch.nn.Parameter(torch.zeros(3, device="meta")) for _ in range(3)]
    transform = chain(zero_nans(), clip_by_global_norm(1.0))
    steps = MultiSteps(torch.optim.SGD(params, 0.1, momentum=0.9), 3, transform=transform)
    for _ in range(7):
        for param in params[:2]:
            param.grad = torch.ones(3, device="meta")
        steps.step()
    assert (steps.n_updates, steps.mini_step) == (2, 1)
    assert steps.found.last.device.type == "meta"


def test_parameters_may_lie_on_several_devices():
    params = [torch.nn.Parameter(torch.zeros(2)), torch.nn.Parameter(torch.zeros(2, device="meta"))]
    steps = MultiSteps(torch.optim.SGD(params, 1.0, foreach=False), 2, on_bad="keep")
    for value in (1.0, 3.0):
        for param in params:
            param.grad = torch.full((2,), value, device=param.device)
        steps.step()
    assert params[0].tolist() == [-2.0, -2.0]
    groups = detection.by_device([*params, None])
    assert {device.type: len(group) for device, group in groups.items()} == {"cpu": 1, "meta": 1}


# --- half precision and a loss scale --------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_gradients_are_summed_in_float32(dtype):
    one = One(512, dtype=dtype, reduce="sum", transform=(seen := Seen()))
    value, naive = 1 + 2.0**-7, torch.zeros(2, dtype=dtype)
    for _ in range(512):
        one.feed(value)
        naive += torch.full((2,), value, dtype=dtype)
    assert seen.grads[0].tolist() == [516.0, 516.0]
    assert seen.grads[0].dtype == dtype
    assert naive.tolist() != [516.0, 516.0]


def scaled(k=2, make=torch.optim.SGD, scaler=None, **options):
    param = torch.nn.Parameter(torch.zeros(2))
    scaler = scaler or torch.amp.GradScaler("cpu", init_scale=8.0, growth_interval=2)
    steps = MultiSteps(make([param], 1.0), k, scaler=scaler, named_parameters=[("w", param)], **options)

    def feed(*factors):
        for factor in factors:
            loss = (param * factor).sum()
            scaler.backward(loss) if isinstance(scaler, Precision) else scaler.scale(loss).backward()
            steps.step()

    return param, steps, feed, scaler


def fused(params, lr):
    return torch.optim.SGD(params, lr, fused=True)  # steps on the device, which then skips by itself


@pytest.mark.parametrize("bad", [INF, NAN])
@pytest.mark.parametrize("on_bad", [None, "keep"])
@pytest.mark.parametrize("make", [torch.optim.SGD, fused])
def test_an_overflow_costs_its_window_and_the_scaler_backs_off(bad, on_bad, make):
    transform = chain(zero_nans(), clip_by_global_norm(9.0))
    param, steps, feed, scaler = scaled(on_bad=on_bad, make=make, transform=transform)
    feed(bad, 1.0)
    assert scaler.get_scale() == 4.0
    assert param.tolist() == [0.0, 0.0]
    assert (steps.has_updated, steps.n_skipped_windows) == (False, 1)
    assert steps.found.any_in_window.tolist() == [on_bad is None]
    feed(1.0, 3.0)
    assert param.tolist() == [-2.0, -2.0]
    assert (steps.has_updated, scaler.get_scale()) == (True, 4.0)
    feed(1.0, 3.0)
    assert scaler.get_scale() == 8.0, "two good steps"


def test_transforms_see_gradients_without_the_loss_scale():
    param, _, feed, _ = scaled(transform=clip_by_global_norm(2.0))
    feed(1.0, 1.0)  # norm 1.41, times the scale 11.3
    assert param.tolist() == [-1.0, -1.0]


def test_an_update_that_a_transform_refuses_still_adapts_the_scale():
    for precision in (None, Precision("16-mixed", "cpu", init_scale=8.0)):
        param, steps, feed, scaler = scaled(1, scaler=precision, transform=apply_if_finite(3))
        feed(INF)
        assert (param.tolist(), steps.has_updated) == ([0.0, 0.0], False)
        assert (scaler.scale if precision else scaler.get_scale()) == 4.0
        feed(2.0)
        assert (param.tolist(), steps.has_updated) == ([-2.0, -2.0], True)


@pytest.mark.parametrize("name", ["32-true", "bf16-mixed", "16-mixed"])
def test_a_precision_is_stepped_once_a_window(name):
    precision = Precision(name, "cpu")
    param, steps, feed, _ = scaled(3, scaler=precision)
    feed(1.0, 2.0, 3.0, 1.0)
    assert param.tolist() == [-2.0, -2.0]
    assert (precision.taken_steps, precision.skipped_steps, precision.micro_batches) == (1, 0, 1)
    assert steps.on_bad == ("skip_window" if name == "16-mixed" else "zero")
    if name == "16-mixed":
        feed(INF, 1.0)
        assert (precision.taken_steps, precision.skipped_steps, steps.n_skipped_windows) == (1, 1, 1)
        assert precision.scale == 2.0**15


def test_windows_that_overflow_in_a_row_raise():
    _, _, feed, _ = scaled(max_consecutive=2)
    feed(INF, 1.0, 1.0, INF, INF)
    with pytest.raises(NonFiniteGradientError, match=r"3 windows in a row .*NaN or inf in the gradient of 'w'"):
        feed(1.0)


@pytest.mark.parametrize("options", [{"on_bad": "zero"}, {"on_bad": "skip_micro_batch"}, {"skip": skip_not_finite}])
def test_nothing_may_hide_an_overflow_from_the_scaler(options):
    with pytest.raises(ValueError, match="an overflow must reach the scaler"):
        scaled(**options)


def test_a_scaler_that_is_off_is_none():
    _, steps, _, _ = scaled(scaler=torch.amp.GradScaler("cpu", enabled=False))
    assert steps.on_bad == "zero"


# --- state ----------------------------------------------------------------------------------------------------------


class Counting(Transform):
    """Leaves of the kinds that arithmetic would promote."""

    def init(self, params):
        return {
            "mask": torch.zeros(2, dtype=torch.bool),
            "count": torch.zeros((), dtype=torch.int32),
            "mean": torch.zeros(2, dtype=torch.bfloat16),
        }

    def update(self, grads):
        self.leaves["mask"].logical_not_()
        self.leaves["count"].add_(1)
        self.leaves["mean"].add_(0.1)
        return True


def run(model, n, *, begin=0, state=None, stop=None):
    """Train on micro-batches [begin, n), k growing, NaN in some; a whole state at ``stop`` when given."""
    optimizer = torch.optim.AdamW(model.parameters(), 0.05)
    steps = MultiSteps(
        optimizer,
        lambda gradient_step: 2 + gradient_step % 2,
        transform=chain(zero_nans(), Counting(), apply_if_finite(1), clip_by_global_norm(0.3)),
        named_parameters=model.named_parameters(),
    )
    if state is not None:
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        steps.load_state_dict(state["steps"])
    found = None
    for i, x in enumerate(batches(n, next(model.parameters()).dtype)):
        if i < begin:
            continue
        if i == stop:
            found = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "steps": steps.state_dict()}
            found = copy.deepcopy(found)
        (model(x).square().mean() * (NAN if i in (2, 7) else 1.0)).backward()
        steps.step()
    return found, steps


def assert_equal_states(one, other):
    assert one.keys() == other.keys()
    for key, value in one.items():
        if isinstance(value, dict):
            assert_equal_states(value, other[key])
        elif isinstance(value, torch.Tensor):
            assert value.dtype == other[key].dtype, key
            assert torch.equal(value, other[key]), key
        else:
            assert value == other[key], key


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_run_that_stops_at_any_micro_batch_goes_on_bit_by_bit(dtype, tmp_path):
    n = 11
    whole = mlp(dtype)
    _, end = run(whole, n)
    for stop in range(n):
        state, _ = run(mlp(dtype), n, stop=stop)
        (tmp_path / str(stop)).mkdir()
        save_state(tmp_path / str(stop), state)  # weights_only
        again = mlp(dtype)
        _, steps = run(again, n, begin=stop, state=load_state(tmp_path / str(stop)))
        assert_equal_states(end.state_dict(), steps.state_dict())
        assert_equal_states(dict(whole.state_dict()), dict(again.state_dict()))
    leaves = end.state_dict()["transform"]["leaves"]
    kinds = {name: leaf.dtype for name, leaf in leaves.items()}
    assert kinds["0.found_nan"] == kinds["1.mask"] == kinds["2.last_finite"] == torch.bool
    assert kinds["1.count"] == kinds["2.notfinite_count"] == torch.int32
    assert kinds["1.mean"] == torch.bfloat16
    middle, _ = run(mlp(dtype), n, stop=1)
    assert {total.dtype for total in middle["steps"]["sums"].values()} == {torch.float32}


def test_between_windows_a_state_holds_no_sums():
    one = One(2)
    one.feed(1.0, 1.0)
    assert one.steps.state_dict()["sums"] == {}


def spoiled(change):
    one = One(3, transform=chain(zero_nans(), apply_if_finite(1)))
    one.feed(1.0)
    state = one.steps.state_dict()
    change(state)
    return state


@pytest.mark.parametrize(
    ("change", "leaf"),
    [
        (lambda s: s["params"].update(w=[[3], "torch.float64"]), r"params\['w'\]: .*\[\[2\].* expected, got \[\[3\]"),
        (lambda s: s["params"].update(w=[[2], "torch.float32"]), r"params\['w'\]: .*torch.float64.* expected"),
        (lambda s: s["params"].update(v=[[2], "torch.float64"]), r"params\['v'\]: in the state, but not here"),
        (lambda s: s["params"].clear(), r"params\['w'\]: not in the state"),
        (lambda s: s["sums"].update(w=torch.ones(2)), r"sums\['w'\]: .*torch.float64"),
        (lambda s: s["sums"].update(v=torch.ones(2)), r"sums\['v'\]: in the state, but not here"),
        (lambda s: s.update(sums=[1]), r"sums: a dict of tensors expected"),
        (lambda s: s["found"].update(last=torch.ones(1, dtype=torch.uint8)), r"found\['last'\]: .*torch.bool"),
        (lambda s: s["found"].pop("streak"), r"found\['streak'\]: not in the state"),
        (lambda s: s["counts"].update(mini_step=-1), r"counts\['mini_step'\]: an integer >= 0"),
        (lambda s: s["counts"].update(gradient_step=True), r"counts\['gradient_step'\]: an integer >= 0"),
        (lambda s: s["counts"].pop("accepted"), "counts: a dict of"),
        (lambda s: s.update(k=None), "k: the length of the open window"),
        (lambda s: s.update(k=1), "k: the length of the open window"),
        (lambda s: s.update(has_updated=0), "has_updated: a bool"),
        (lambda s: s.update(transform=None), "transform: a dict of 'params' and 'leaves' expected, got None"),
        (lambda s: s["transform"]["leaves"].pop("0.found_nan"), r"transform.leaves\['0.found_nan'\]: not in the state"),
        (lambda s: s.pop("sums"), "accumulation: a dict of"),
    ],
)
def test_a_state_of_another_model_is_refused_by_leaf_and_changes_nothing(change, leaf):
    one = One(3, transform=chain(zero_nans(), apply_if_finite(1)))
    one.feed(2.0, 2.0)
    before = one.steps.state_dict()
    with pytest.raises(ValueError, match=leaf):
        one.steps.load_state_dict(spoiled(change))
    assert_equal_states(before, one.steps.state_dict())
    one.steps.load_state_dict(spoiled(lambda s: None))
    assert one.steps.mini_step == 1


def test_a_state_with_a_transform_needs_one():
    one = One(3)
    with pytest.raises(ValueError, match="transform: in the state, but this MultiSteps has none"):
        one.steps.load_state_dict(spoiled(lambda s: None))
    with pytest.raises(ValueError, match="accumulation: a dict of"):
        one.steps.load_state_dict(None)


# --- what it refuses ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("k", [0, -1, 1.5, "2", None, True, NAN])
def test_a_window_has_at_least_one_micro_batch(k):
    with pytest.raises(ValueError, match=r"every_k must be an integer >= 1, got"):
        One(k)
    one = One(lambda gradient_step: k)
    with pytest.raises(ValueError, match=r"every_k\(0\) must be an integer >= 1, got"):
        one.feed(1.0)
    assert one.param.grad is not None, "nothing was taken"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"reduce": "max"}, r"reduce must be one of \['mean', 'sum'\], got 'max'"),
        ({"divide_by": 2}, r"divide_by must be one of \['valid', 'k'\], got 2"),
        ({"on_bad": "drop"}, r"on_bad must be one of \['zero', .*'skip_window', 'keep'\], got 'drop'"),
        ({"bad": "inf"}, r"bad must be one of \['nan', 'nonfinite'\], got 'inf'"),
        ({"max_consecutive": -1}, r"max_consecutive must be an integer >= 0 or None, got -1"),
        ({"skip": True}, "skip must be a function such as skip_not_finite, got True"),
        ({"skip": skip_not_finite, "on_bad": "skip_window"}, "on_bad must not be 'skip_window'"),
        ({"transform": zero_nans}, "transform must be a Transform"),
        ({"scaler": 1.0}, "scaler must be a torch.amp.GradScaler or a Precision, got 1.0"),
    ],
)
def test_options_that_do_not_exist_list_those_that_do(options, text):
    with pytest.raises((TypeError, ValueError), match=text):
        One(2, **options)


def test_closures_are_refused():
    one = One(2)
    one.param.grad = torch.ones(2, dtype=torch.float64)
    with pytest.raises(TypeError, match="takes no closure"):
        one.steps.step(lambda: None)
    assert one.param.grad is not None
    with pytest.raises(TypeError, match="LBFGS computes gradients itself"):
        MultiSteps(torch.optim.LBFGS([one.param]), 2)
    with pytest.raises(TypeError, match=r"must be a torch\.optim\.Optimizer"):
        MultiSteps([one.param], 2)


def test_a_sparse_gradient_is_refused_by_name_and_nothing_is_taken():
    table, dense = torch.nn.Embedding(3, 2, sparse=True), torch.nn.Linear(2, 1)
    params = [*dense.parameters(), *table.parameters()]
    steps = MultiSteps(torch.optim.SGD(params, 1.0), 2, named_parameters=table.named_parameters("table"))
    dense(table(torch.tensor([1]))).sum().backward()
    with pytest.raises(TypeError, match=r"gradient of 'table.weight' is torch.sparse_coo"):
        steps.step()
    assert all(param.grad is not None for param in params)
    assert steps.mini_step == 0


def test_a_step_without_backward_is_refused():
    one = One(2)
    with pytest.raises(RuntimeError, match=r"call loss.backward\(\)"):
        one.steps.step()


def test_an_optimizer_that_changed_is_refused():
    one = One(2)
    one.optimizer.add_param_group({"params": [torch.nn.Parameter(torch.zeros(1))]})
    one.param.grad = torch.ones(2, dtype=torch.float64)
    with pytest.raises(ValueError, match=r"make a MultiSteps after add_param_group"):
        one.steps.step()


def test_complex_parameters_and_names_given_twice_are_refused():
    one, other = (torch.nn.Parameter(torch.zeros(1)) for _ in range(2))
    with pytest.raises(ValueError, match="two parameters of the optimizer have one name"):
        MultiSteps(torch.optim.SGD([one, other], 1.0), 2, named_parameters=[("w", one), ("w", other)])
    odd = torch.nn.Parameter(torch.zeros(1, dtype=torch.complex64))
    with pytest.raises(TypeError, match=r"torch.complex64.*view_as_real"):
        MultiSteps(torch.optim.SGD([odd], 1.0), 2)


@pytest.mark.parametrize("answer", [1, None, torch.tensor([True])])
def test_a_skip_function_that_answers_with_no_bool_is_refused(answer):
    with pytest.raises(ValueError, match="a skip function must return a bool"):
        One(2, skip=lambda grads, gradient_step: answer).feed(1.0)
