"""Mixed precision: no evaluation, swap or step inside a region is ever paid for later; skipped steps are told."""

from __future__ import annotations

import contextlib
import copy
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402
from torch.overrides import TorchFunctionMode  # noqa: E402
from torch.utils.checkpoint import checkpoint  # noqa: E402

from raytune_lite.training.precision import PRECISIONS, Precision  # noqa: E402

MIXED = ["bf16-mixed", "16-mixed"]
X = torch.randn(16, 8, generator=torch.Generator().manual_seed(1))
Y = torch.randn(16, 1, generator=torch.Generator().manual_seed(2))


def build(seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(8, 8), nn.Dropout(0.5), nn.ReLU(), nn.Linear(8, 1)).eval()


def loss_of(model, x=X, y=Y):
    return F.mse_loss(model(x).float(), y)


def gradients(model):
    return [None if p.grad is None else p.grad.clone() for p in model.parameters()]


def same(first, second):
    return len(first) == len(second) and all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


def plain_gradients(precision):
    """What one forward and backward give, with nothing between; scaled as ``precision`` scales."""
    model = build()
    with torch.autocast("cpu", dtype=PRECISIONS[precision]):
        loss = loss_of(model)
    (loss * (1 if precision == "bf16-mixed" else 1024.0)).backward()
    return gradients(model)


def make(name, **settings):
    return Precision(name, "cpu", init_scale=1024.0, **settings)


# --- two ways to have the fault back -------------------------------------------------------------------------------


class OldCache(TorchFunctionMode):
    """Autocast's copies of weights as torch kept them up to 2.10: a copy serves whatever grad mode it was made in.

    The installed torch need not have that fault (2.13 has not), so this simulates it for ``linear``. Like the real one
    it keeps copies only while autocast and its cache are on, and drops them with ``clear_autocast_cache``, which
    autocast calls where its outermost region ends. A run of this file with torch 2.5.1, which has the real fault,
    passes too.
    """

    def __init__(self):
        super().__init__()
        self.copies = {}

    def __torch_function__(self, func, types, args=(), kwargs=None):
        if func is F.linear and torch.is_autocast_enabled("cpu") and torch.is_autocast_cache_enabled():
            args = [self.copy_of(value) for value in args]
        return func(*args, **(kwargs or {}))

    def copy_of(self, value):
        if not (isinstance(value, torch.Tensor) and value.is_leaf and value.requires_grad):
            return value
        if id(value) not in self.copies:
            self.copies[id(value)] = value.to(torch.get_autocast_dtype("cpu"))
        return self.copies[id(value)]


@pytest.fixture
def old_cache(monkeypatch):
    cache, clear = OldCache(), torch.clear_autocast_cache

    def clear_both():
        cache.copies.clear()
        clear()

    monkeypatch.setattr(torch, "clear_autocast_cache", clear_both)
    with cache:
        yield cache


@pytest.fixture
def without_guard(monkeypatch):
    """Every region keeps copies, also those of Precision."""
    made = torch.autocast

    def caching(*args, **kwargs):
        return made(*args, **{**kwargs, "cache_enabled": True})

    monkeypatch.setattr(torch, "autocast", caching)


# --- regions -------------------------------------------------------------------------------------------------------


def test_each_name_has_its_dtype_and_32_true_is_true_inside_another_region():
    model = build()
    for name, dtype in PRECISIONS.items():
        with Precision(name, "cpu").forward():
            assert model(X).dtype is (dtype or torch.float32)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        with Precision("32-true", "cpu").forward():
            assert torch.equal(model(X), build()(X))
        assert model(X).dtype is torch.bfloat16


@pytest.mark.parametrize("name", MIXED)
@pytest.mark.parametrize("evaluations", [1, 3])
@pytest.mark.parametrize("how", ["evaluate", "no_grad", "inference_mode"])
def test_an_evaluation_first_then_a_training_forward_in_one_region(name, evaluations, how):
    precision, model = make(name), build()
    with precision.forward():
        for _ in range(evaluations):
            with {"evaluate": lambda: precision.evaluate(model)}.get(how, lambda: getattr(torch, how)())():
                assert not model(X).requires_grad
        loss = loss_of(model)
        precision.backward(loss)  # manual optimisation, all of it in the region
    assert same(gradients(model), plain_gradients(name))


@pytest.mark.parametrize("name", MIXED)
@pytest.mark.parametrize("how", ["evaluate", "no_grad"])
def test_the_same_where_copies_made_without_grad_are_kept(name, how, old_cache):
    test_an_evaluation_first_then_a_training_forward_in_one_region(name, 2, how)
    assert not old_cache.copies


def test_the_simulated_cache_has_the_fault(old_cache):
    model = build()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        with torch.no_grad():
            model(X)
        assert len(old_cache.copies) == 4
        loss = loss_of(model)
    with pytest.raises(RuntimeError, match="element 0 of tensors does not require grad"):
        loss.backward()
    assert not old_cache.copies


@pytest.mark.parametrize("name", MIXED)
def test_without_the_guard_the_simulated_fault_is_back(name, old_cache, without_guard):
    with pytest.raises(RuntimeError, match="the loss does not require grad"):
        test_an_evaluation_first_then_a_training_forward_in_one_region(name, 1, "no_grad")


@pytest.mark.parametrize("name", MIXED)
@pytest.mark.parametrize("training_first", [True, False])
def test_evaluations_between_two_training_forwards_of_one_region(name, training_first):
    precision, model = make(name), build()
    with precision.forward():
        losses = [loss_of(model)] if training_first else []
        with precision.evaluate(model):
            loss_of(model)
        losses.append(loss_of(model))
        with precision.evaluate(model), precision.evaluate(model):
            loss_of(model)
        losses.append(loss_of(model))
    for loss in losses:
        precision.backward(loss / len(losses))
    assert precision.micro_batches == len(losses)
    torch.testing.assert_close(gradients(model), plain_gradients(name), rtol=0.02, atol=0.02)


# --- a weight changed in place ----------------------------------------------------------------------------------------


def double(model):
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(2.0)


def fresh_output(model, dtype):
    with torch.no_grad(), torch.autocast("cpu", dtype=dtype):
        return copy.deepcopy(model)(X)


@pytest.mark.parametrize("name", MIXED)
def test_a_weight_changed_in_place_in_a_region_is_seen_by_the_next_forward(name):
    precision, model = make(name), build()
    with precision.forward():
        model(X)
        double(model)
        after = model(X)
    assert torch.equal(after, fresh_output(model, precision.dtype))


def test_without_the_guard_a_changed_weight_is_not_seen(without_guard):
    model = build()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        before = model(X)
        double(model)
        if not torch.equal(model(X), before):
            pytest.skip(f"torch {torch.__version__} sees a changed weight by itself")
    with pytest.raises(AssertionError):
        test_a_weight_changed_in_place_in_a_region_is_seen_by_the_next_forward("bf16-mixed")


@pytest.mark.parametrize("name", MIXED)
@pytest.mark.parametrize("foreign", [False, True])
def test_an_ema_swap_inside_a_region_is_seen_and_so_is_the_swap_back(name, foreign):
    """Also in a region of somebody else's, which keeps copies: evaluate() drops them on its way out."""
    precision, model, ema = make(name), build(0), build(7)
    theirs = [parameter.detach().clone() for parameter in ema.parameters()]
    mine = [parameter.detach().clone() for parameter in model.parameters()]

    def put(weights):
        for parameter, weight in zip(model.parameters(), weights, strict=True):
            parameter.data.copy_(weight)

    region = torch.autocast("cpu", dtype=precision.dtype) if foreign else precision.forward()
    with region:
        first = model(X)
        with precision.evaluate(model):
            put(theirs)
            of_ema = model(X)
            put(mine)
            of_mine = model(X)
        again = model(X)
        with precision.evaluate(model):
            put(theirs)
        left_in = model(X)
    assert torch.equal(of_ema, fresh_output(ema, precision.dtype))
    assert torch.equal(left_in, of_ema)
    assert torch.equal(of_mine, first)
    assert torch.equal(again, first)
    assert first.requires_grad
    assert again.requires_grad


@pytest.mark.parametrize("name", MIXED)
@pytest.mark.parametrize("foreign", [False, True])
def test_a_step_inside_a_region_is_seen_by_the_next_forward(name, foreign):
    precision, model = make(name), build()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    region = torch.autocast("cpu", dtype=precision.dtype) if foreign else precision.forward()
    with region:
        for _ in range(3):
            before = loss_of(model)
            precision.backward(before)
            assert precision.step(optimizer)
            optimizer.zero_grad()
        after = model(X)
        assert torch.is_autocast_enabled("cpu")
    assert torch.equal(after, fresh_output(model, precision.dtype))


@pytest.mark.parametrize("cls", ["Adafactor", "AdamW"])
def test_a_step_computes_the_same_inside_a_region_as_outside(cls):
    """Adafactor multiplies matrices, which autocast would do in half precision."""
    found = []
    for inside in (True, False):
        precision, model = make("bf16-mixed"), build()
        optimizer = getattr(torch.optim, cls)(model.parameters(), lr=0.1)
        with precision.forward():
            loss = loss_of(model)
            precision.backward(loss)
            if inside:
                precision.step(optimizer)
        if not inside:
            precision.step(optimizer)
        found.append([parameter.detach() for parameter in model.parameters()])
    assert same(*found)


# --- evaluate leaves everything as found ------------------------------------------------------------------------------


def modes(*models):
    nesting = torch.autocast_increment_nesting()
    torch.autocast_decrement_nesting()
    return (
        torch.is_grad_enabled(), torch.is_inference_mode_enabled(), torch.is_autocast_enabled("cpu"),
        torch.get_autocast_dtype("cpu"), torch.is_autocast_cache_enabled(), nesting,
        [module.training for model in models for module in model.modules()],
    )  # fmt: skip


class Touchy(nn.Module):
    def train(self, mode=True):
        raise KeyError("train")


def mixed_model():
    model = build().train()
    model[0].eval()  # a frozen layer in a model that trains
    model[1].inner = nn.Dropout()
    model[1].inner.eval()
    return model


@pytest.mark.parametrize("name", PRECISIONS)
@pytest.mark.parametrize("ambient", ["plain", "no_grad", "inference_mode", "foreign", "forward"])
@pytest.mark.parametrize("fails", [False, True])
def test_evaluate_leaves_autocast_grad_mode_and_training_as_found(name, ambient, fails):
    precision, model, other = make(name), mixed_model(), mixed_model().eval()
    ambients = {
        "plain": contextlib.nullcontext,
        "no_grad": torch.no_grad,
        "inference_mode": torch.inference_mode,
        "foreign": lambda: torch.autocast("cpu", dtype=torch.float16),
        "forward": precision.forward,
    }
    with ambients[ambient]():
        before = modes(model, other)
        caught = pytest.raises(ZeroDivisionError) if fails else contextlib.nullcontext()
        with caught, precision.evaluate(model, other):
            inside = modes(model, other)
            with precision.evaluate(model):
                pass
            assert modes(model, other) == inside
            if fails:
                raise ZeroDivisionError
        assert modes(model, other) == before
    assert inside[0] is False
    assert not any(inside[-1])
    assert inside[2] == (name != "32-true")


def test_a_model_that_fails_to_enter_eval_mode_is_left_as_found():
    model = nn.Sequential(nn.Linear(2, 2), nn.Dropout())
    model.add_module("touchy", Touchy())
    precision = make("bf16-mixed")
    before = modes(model)
    with pytest.raises(KeyError), precision.evaluate(model):
        pass
    assert modes(model) == before


@pytest.mark.parametrize("name", PRECISIONS)
def test_an_evaluation_gives_the_same_numbers_wherever_it_is(name):
    precision, model = make(name), build().train()
    with precision.evaluate(model):
        outside = model(X)
    with precision.forward(), precision.evaluate(model):
        inside = model(X)
    with torch.autocast("cpu", dtype=torch.float16), precision.evaluate(model):
        within_another = model(X)
    assert outside.dtype is inside.dtype is within_another.dtype
    assert torch.equal(outside, inside)
    assert torch.equal(outside, within_another)


@settings(max_examples=60, deadline=None)
@given(st.recursive(st.just([]), lambda inner: st.lists(st.tuples(st.sampled_from("feEn"), inner), max_size=3)))
def test_any_nesting_leaves_everything_as_found(tree):
    """f: forward, e: evaluate, E: evaluate left by an exception, n: no_grad; at the leaves a training forward."""
    precision, model = make("bf16-mixed"), mixed_model()

    def walk(branches):
        before = modes(model)
        for kind, inner in branches:
            entered = {"f": precision.forward, "n": torch.no_grad}.get(kind, lambda: precision.evaluate(model))()
            with contextlib.suppress(ZeroDivisionError), entered:
                walk(inner)
                if kind == "E":
                    raise ZeroDivisionError
            assert modes(model) == before
        out = model(X)
        assert out.requires_grad == torch.is_grad_enabled()

    walk(tree)


# --- gradient checkpointing ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MIXED)
@pytest.mark.parametrize("reentrant", [True, False])
@pytest.mark.parametrize("inside", [True, False])
@pytest.mark.parametrize("old", [True, False])
def test_gradient_checkpointing_beside_evaluations(name, reentrant, inside, old, request):
    """The first layer is used by the checkpointed part and again after it: its copy is made without grad first."""
    if old:
        request.getfixturevalue("old_cache")

    def train(segment):
        precision, model = make(name), build()
        model.train()  # dropout: the recomputation must draw the same mask
        torch.manual_seed(3)
        x = X.clone().requires_grad_()
        with precision.forward():
            with precision.evaluate(model):
                model(x)
            hidden = segment(nn.Sequential(*model[:3]), x)
            loss = F.mse_loss(model[3](model[0](hidden.float())).float(), Y)
            with precision.evaluate(model):
                model(x)
            if inside:
                precision.backward(loss)
        if not inside:
            precision.backward(loss)
        assert modes(model)[:2] == (True, False)
        return gradients(model)

    plain = train(lambda part, x: part(x))
    assert same(train(lambda part, x: checkpoint(part, x, use_reentrant=reentrant)), plain)


def test_without_the_guard_a_reentrant_checkpoint_loses_gradients(old_cache, without_guard):
    with pytest.raises((AssertionError, RuntimeError)):
        test_gradient_checkpointing_beside_evaluations("bf16-mixed", True, True, False, None)


# --- the loss scale --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("k", [1, 3])
def test_a_window_equals_torchs_own_recipe_bit_for_bit(k):
    """The oracle: torch.amp.GradScaler as its documentation uses it, with accumulation and clipping."""
    mine, theirs = build(), build()
    ours, reference = (torch.optim.AdamW(model.parameters(), lr=0.05) for model in (mine, theirs))
    precision = Precision("16-mixed", "cpu", init_scale=2.0**15, growth_interval=2)
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**15, growth_interval=2)
    for window in range(8):
        parts = [(part * (60000.0 if window == 4 else 1.0), y) for part, y in zip(X.chunk(k), Y.chunk(k), strict=True)]
        for x, y in parts:
            with precision.forward():
                loss = loss_of(mine, x, y) / k
            precision.backward(loss)
            with torch.autocast("cpu", dtype=torch.float16):
                loss = loss_of(theirs, x, y) / k
            scaler.scale(loss).backward()
        if window % 2:
            precision.unscale_(ours)
            nn.utils.clip_grad_norm_(mine.parameters(), 0.1)
            scaler.unscale_(reference)
            nn.utils.clip_grad_norm_(theirs.parameters(), 0.1)
        scale = scaler.get_scale()
        scaler.step(reference)
        scaler.update()
        assert precision.step(ours) == (scaler.get_scale() >= scale)
        assert same(list(mine.parameters()), list(theirs.parameters()))
        assert precision.scale == scaler.get_scale()
        ours.zero_grad()
        reference.zero_grad()
    assert precision.skipped_steps >= 1
    assert precision.taken_steps + precision.skipped_steps == 8
    assert all(torch.isfinite(parameter).all() for parameter in mine.parameters())


@pytest.mark.parametrize("poison", [math.inf, math.nan])
@pytest.mark.parametrize("unscaled_before", [False, True])
def test_an_overflow_is_reported_counted_and_changes_no_weight(poison, unscaled_before):
    precision, model = make("16-mixed"), build()
    optimizer = torch.optim.Adam(model.parameters())
    before = [parameter.clone() for parameter in model.parameters()]
    precision.backward(loss_of(model))
    model[0].weight.grad[0, 0] = poison
    if unscaled_before:
        precision.unscale_(optimizer)
    assert precision.step(optimizer) is False
    assert same(list(model.parameters()), before)
    assert not optimizer.state
    assert (precision.skipped_steps, precision.taken_steps, precision.scale) == (1, 0, 512.0)
    optimizer.zero_grad()
    precision.backward(loss_of(model))
    assert precision.step(optimizer) is True
    assert (precision.skipped_steps, precision.taken_steps, precision.scale) == (1, 1, 512.0)
    assert not same(list(model.parameters()), before)


def test_a_fused_optimizer_is_skipped_too():
    precision, model = make("16-mixed"), build()
    optimizer = torch.optim.Adam(model.parameters(), fused=True)
    for poison in (math.inf, 1.0):
        before = [parameter.clone() for parameter in model.parameters()]
        precision.backward(loss_of(model))
        model[3].bias.grad.mul_(poison)
        assert precision.step(optimizer) == (poison == 1.0)
        assert same(list(model.parameters()), before) == (poison != 1.0)
        optimizer.zero_grad()


def test_optimizers_of_one_window_step_together_or_not_at_all():
    precision, model = make("16-mixed"), build()
    first, second = (torch.optim.SGD(model[index].parameters(), lr=0.1) for index in (0, 3))
    before = [parameter.clone() for parameter in model.parameters()]
    precision.backward(loss_of(model))
    model[3].bias.grad.fill_(math.inf)
    assert not precision.step(first, second)
    assert same(list(model.parameters()), before)
    for optimizer in (first, second):
        optimizer.zero_grad()
    precision.backward(loss_of(model))
    assert precision.step(first, second)
    assert (precision.taken_steps, precision.skipped_steps, precision.scale) == (1, 1, 512.0)

    # stepped one by one, the second would be divided by another scale than its gradients were multiplied by
    precision.backward(loss_of(model))
    assert precision.step(first)
    with pytest.raises(RuntimeError, match=r"stepped together: precision.step\(first, second\)"):
        precision.step(second)


@pytest.mark.parametrize("name", ["32-true", "bf16-mixed"])
def test_the_other_precisions_always_step(name):
    precision, model = make(name), build()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    precision.backward(loss_of(model))
    assert precision.step(optimizer) is True
    assert (precision.scale, precision.scaler, precision.taken_steps, precision.skipped_steps) == (None, None, 1, 0)


def test_a_step_without_any_gradient_is_none_to_torch_and_to_us():
    precision, model = make("16-mixed"), build()
    other = torch.optim.SGD(build().parameters(), lr=0.1)
    precision.backward(loss_of(model))
    assert precision.step(other)
    assert precision.scale == 1024.0


# --- bad input -------------------------------------------------------------------------------------------------------


def test_an_unknown_precision_lists_the_right_ones():
    for wrong in ("fp16", "16", 16, None):
        with pytest.raises(ValueError, match=r"one of \['32-true', 'bf16-mixed', '16-mixed'\], got"):
            Precision(wrong)


def test_a_device_that_cannot_do_it_lists_those_that_can():
    with pytest.raises(ValueError, match=r"'16-mixed' works on devices \['cpu', 'cuda'\], got 'meta'"):
        Precision("16-mixed", "meta")
    with pytest.raises(ValueError, match="such as 'cpu' or 'cuda:0', got 'gpu'"):
        Precision("16-mixed", "gpu")
    with Precision("32-true", "meta").forward():
        pass


def test_a_missing_cuda_is_an_error_and_not_a_slow_run(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert Precision("16-mixed").device.type == "cpu"
    with pytest.raises(ValueError, match=r"torch finds no CUDA. Use one of \['cpu'\]"):
        Precision("bf16-mixed", "cuda:1")


def test_a_dtype_that_autocast_lacks_is_an_error_and_not_a_warning(monkeypatch):
    class Refusing:
        def __init__(self, *args, **kwargs):
            import warnings

            warnings.warn("In CPU autocast, but the target dtype is not supported. Disabling autocast.", stacklevel=2)

    monkeypatch.setattr(torch, "autocast", Refusing)
    with pytest.raises(ValueError, match=r"'16-mixed' does not work on 'cpu' with torch .*not supported"):
        Precision("16-mixed", "cpu")


@pytest.mark.parametrize("wrong", [{"init_scale": 0.0}, {"init_scale": math.inf}, {"growth_interval": 0}])
def test_a_scale_out_of_range_is_refused(wrong):
    with pytest.raises(ValueError, match=f"{next(iter(wrong))} must be"):
        Precision("16-mixed", "cpu", **wrong)


@pytest.mark.parametrize("name", PRECISIONS)
def test_calls_in_a_wrong_order_are_errors_in_every_precision(name):
    precision, model = make(name), build()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with pytest.raises(ValueError, match="needs an optimizer"):
        precision.step()
    for early in (precision.step, precision.unscale_):
        with pytest.raises(RuntimeError, match=r"without a backward\(\)"):
            early(optimizer)
    with precision.evaluate(model):
        loss = loss_of(model)
    with pytest.raises(RuntimeError, match=r"computed in evaluate\(\) or under no_grad"):
        precision.backward(loss)
    precision.backward(loss_of(model))
    precision.unscale_(optimizer)
    with pytest.raises(RuntimeError, match="called twice"):
        precision.unscale_(optimizer)
    with pytest.raises(RuntimeError, match=r"backward\(\) came after unscale_\(\)"):
        precision.backward(loss_of(model))
    with pytest.raises(RuntimeError, match="between unscale_"):
        precision.state_dict()
    assert precision.step(optimizer)
    precision.backward(loss_of(model), retain_graph=True)
    assert precision.state_dict()["micro_batches"] == 1


# --- state -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PRECISIONS)
def test_a_loaded_state_goes_on_alike(name):
    first, model = make(name, growth_interval=2), build()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(3):
        first.backward(loss_of(model))
        first.step(optimizer)
    first.backward(loss_of(model))
    second = Precision(name, "cpu", growth_interval=7)
    second.load_state_dict(first.state_dict())
    assert second.state_dict() == first.state_dict()
    assert second.scale == first.scale == (2048.0 if name == "16-mixed" else None)
    assert second.micro_batches == 1
    for precision in (first, second):
        model[0].weight.grad[0, 0] = math.inf
        precision.step(optimizer)
    assert second.state_dict() == first.state_dict()


def test_another_state_is_refused_and_nothing_is_changed():
    precision = make("16-mixed")
    before, good = precision.state_dict(), make("16-mixed").state_dict()
    for wrong, said in (
        (make("bf16-mixed").state_dict(), "precision: '16-mixed' expected, got 'bf16-mixed'"),
        ({}, "got None"),
        ({**good, "taken_steps": -1}, "taken_steps: an integer >= 0 expected, got -1"),
        ({**good, "scaler": {}}, "scaler: a dict of"),
    ):
        with pytest.raises(ValueError, match=said):
            precision.load_state_dict(wrong)
        assert precision.state_dict() == before
