"""Transforms rewrite gradients as said, find what is bad and nothing else, and keep their state's dtypes."""

from __future__ import annotations

import math
import pickle

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from raytune_lite.arguments import shown
from raytune_lite.training import detection
from raytune_lite.training.detection import NonFiniteGradientError, find_bad, global_norm
from raytune_lite.training.skipping import decision, skip_large_updates, skip_not_finite
from raytune_lite.training.transforms import Transform, apply_if_finite, chain, clip_by_global_norm, zero_nans

NAN, INF = float("nan"), float("inf")
CPU = torch.device("cpu")


def params(**shapes):
    shapes = shapes or {"w": (2, 2), "b": (3,)}
    return {name: torch.nn.Parameter(torch.zeros(shape)) for name, shape in shapes.items()}


def bound(transform, like=None):
    transform.bind(like or params())
    return transform


@pytest.fixture
def as_on_a_device(monkeypatch):
    """The way of an accelerator, on the CPU: nothing is read to decide what to do."""
    monkeypatch.setattr(detection, "on_host", lambda tensors: False)
    monkeypatch.setattr("raytune_lite.training.transforms.on_host", lambda tensors: False)


# --- what is bad ----------------------------------------------------------------------------------------------------

DTYPES = [torch.float64, torch.float32, torch.bfloat16, torch.float16]
ODD = {
    torch.float64: [1e308, -1e308],
    torch.float32: [3e38, -3e38],
    torch.bfloat16: [3e38, -3e38],
    torch.float16: [6e4, -6e4],
}


@st.composite
def tensors(draw):
    """Up to three gradients of some dtypes, with the largest finite values, NaN and inf in them; or None."""
    found = []
    for _ in range(draw(st.integers(1, 3))):
        dtype = draw(st.sampled_from(DTYPES))
        values = st.lists(st.sampled_from([0.0, -0.0, 1.0, *ODD[dtype], NAN, INF, -INF]), max_size=6)
        found.append(draw(st.none() | values.map(lambda items, dtype=dtype: torch.tensor(items, dtype=dtype))))
    return found


def expected(grads, bad):
    test = torch.isnan if bad == "nan" else (lambda grad: ~torch.isfinite(grad))
    return [grad is not None and bool(test(grad).any()) for grad in grads]


@pytest.mark.parametrize("bad", ["nan", "nonfinite"])
@settings(max_examples=150, deadline=None)
@given(grads=tensors())
def test_bad_is_found_exactly_also_where_sums_overflow(bad, grads):
    assert find_bad(grads, bad, CPU).tolist() == expected(grads, bad)


@pytest.mark.parametrize("bad", ["nan", "nonfinite"])
@settings(max_examples=100, deadline=None)
@given(grads=tensors())
def test_an_accelerator_finds_and_cleans_the_same(bad, grads):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(detection, "on_host", lambda tensors: False)
        flags = find_bad(grads, bad, CPU)
        there = [None if grad is None else grad.clone() for grad in grads]
        detection.clean_(there, flags, bad)
    assert flags.dtype == torch.bool
    assert flags.tolist() == expected(grads, bad)
    detection.clean_(grads, flags, bad)
    for here, other in zip(grads, there, strict=True):
        assert here is other is None or torch.equal(here, other)
    assert not any(expected(grads, bad))


def test_the_norm_is_that_of_all_and_overflows_in_no_half_precision():
    grads = [torch.full((100,), 1e4, dtype=torch.float16), None, torch.full((4,), 5e4, dtype=torch.bfloat16)]
    exact = math.sqrt(sum(float(grad.double().square().sum()) for grad in grads if grad is not None))
    assert float(global_norm(grads)) == pytest.approx(exact, rel=1e-6)
    assert global_norm([torch.ones(3, dtype=torch.float64)]).dtype == torch.float64
    assert float(global_norm([None])) == 0


# --- zero_nans ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["host", "device"])
def test_zero_nans_leaves_inf_unless_told(way, request):
    if way == "device":
        request.getfixturevalue("as_on_a_device")
    for bad, wanted in (("nan", [0.0, INF, -INF, 2.0]), ("nonfinite", [0.0, 0.0, 0.0, 2.0])):
        transform = bound(zero_nans(bad), params(w=(4,), b=(1,)))
        grads = [torch.tensor([NAN, INF, -INF, 2.0]), torch.tensor([1.0])]
        assert transform(grads)
        assert grads[0].tolist() == wanted
        assert transform.leaves["found_nan"].tolist() == [True, False]
        assert transform.leaves["found_nan"].dtype == torch.bool


def test_found_nan_is_of_the_last_call_and_absent_gradients_have_none():
    transform = bound(zero_nans())
    transform([torch.full((2, 2), NAN), None])
    assert transform.leaves["found_nan"].tolist() == [True, False]
    transform([None, torch.full((3,), NAN)])
    assert transform.leaves["found_nan"].tolist() == [False, True]
    transform([torch.ones(2, 2), torch.ones(3)])
    assert transform.leaves["found_nan"].tolist() == [False, False]


# --- clip_by_global_norm --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["host", "device"])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_clipping_is_torchs_where_the_norm_is_too_large_and_nothing_else(way, dtype, request):
    if way == "device":
        request.getfixturevalue("as_on_a_device")
    like = {name: torch.nn.Parameter(param.to(dtype)) for name, param in params().items()}
    torch.manual_seed(0)
    for scale in (0.01, 10.0):
        transform = bound(clip_by_global_norm(1.0), like)
        grads = [torch.randn(param.shape, dtype=dtype) * scale for param in like.values()]
        before = [grad.clone() for grad in grads]
        for param, grad in zip(like.values(), before, strict=True):
            param.grad = grad.clone()
        torch.nn.utils.clip_grad_norm_(like.values(), 1.0)  # it divides by norm + 1e-6
        assert transform(grads)
        if scale < 1:
            assert all(torch.equal(a, b) for a, b in zip(grads, before, strict=True))
        for grad, param in zip(grads, like.values(), strict=True):
            torch.testing.assert_close(grad, param.grad, rtol=2e-6, atol=0)
        like = {name: torch.nn.Parameter(param.detach()) for name, param in like.items()}


@pytest.mark.parametrize("way", ["host", "device"])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_gradients_are_clipped_by_a_factor_of_full_precision(way, dtype, request):
    if way == "device":
        request.getfixturevalue("as_on_a_device")
    like = {"w": torch.nn.Parameter(torch.zeros(300, dtype=dtype)), "b": torch.nn.Parameter(torch.zeros(3))}
    transform = bound(clip_by_global_norm(1.0), like)
    # a float16 norm of it is inf, and the factor 2e-6 has five bits in float16
    grads = [torch.full((300,), 3e4, dtype=dtype), torch.ones(3)]
    transform(grads)
    assert float(global_norm(grads)) == pytest.approx(1.0, rel=2.0**-8)  # each element is rounded once


# --- apply_if_finite and chain --------------------------------------------------------------------------------------


def test_apply_if_finite_gives_up_after_so_many_in_a_row():
    # Optax 0.2.8, max_consecutive_errors=2: the third and every later bad one goes through, until a finite one
    transform = bound(apply_if_finite(2), params(w=(2,)))
    good, bad = torch.ones(2), torch.tensor([1.0, INF])
    answers = [transform([grad.clone()]) for grad in (bad, good, bad, bad, bad, bad, good, bad)]
    assert answers == [False, True, False, False, True, True, True, False]
    leaves = transform.leaves
    assert (leaves["notfinite_count"].item(), leaves["total_notfinite"].item()) == (1, 6)
    assert leaves["last_finite"].item() is False
    assert [leaf.dtype for leaf in leaves.values()] == [torch.int32, torch.bool, torch.int32]


def test_a_chain_runs_in_order_and_ends_where_an_update_is_left_out():
    calls = []

    class Call(Transform):
        def __init__(self, name):
            super().__init__()
            self.name = name

        def update(self, grads):
            calls.append((self.name, grads[0].tolist()))
            return True

    transform = chain(Call("first"), zero_nans(), Call("second"), apply_if_finite(1), chain(Call("third")))
    transform = bound(transform, params(w=(2,)))
    assert transform([torch.tensor([NAN, 1.0])])
    assert not transform([torch.tensor([INF, 1.0])])
    assert [name for name, _ in calls] == ["first", "second", "third", "first", "second"]
    assert calls[1][1] == [0.0, 1.0]
    assert list(transform.leaves) == ["1.found_nan", "3.notfinite_count", "3.last_finite", "3.total_notfinite"]


# --- state ----------------------------------------------------------------------------------------------------------


class Kinds(Transform):
    """A leaf of every kind that a state may have; each changes at each call."""

    def init(self, params):
        return {
            "mask": torch.zeros(3, dtype=torch.bool),
            "count": torch.zeros((), dtype=torch.int32),
            "mean": torch.zeros(2, 2, dtype=torch.bfloat16),
            "exact": torch.zeros(2, dtype=torch.float64),
        }

    def update(self, grads):
        self.leaves["mask"].logical_xor_(torch.tensor([True, False, True]))
        self.leaves["count"].add_(1)
        self.leaves["mean"].lerp_(grads[0].bfloat16(), 0.5)
        self.leaves["exact"].add_(1 / 3)
        return True


DTYPES_OF_KINDS = {"mask": torch.bool, "count": torch.int32, "mean": torch.bfloat16, "exact": torch.float64}


def test_state_keeps_its_dtypes_leaf_by_leaf():
    transform = bound(Kinds())
    for _ in range(3):
        transform([torch.full((2, 2), 0.3), None])
    state = transform.state_dict()
    transform([torch.ones(2, 2), None])
    assert state["leaves"]["count"].item() == 3, "a copy"
    other = bound(Kinds())
    other.load_state_dict(state)
    for each in (transform.leaves, state["leaves"], other.leaves):
        assert {name: leaf.dtype for name, leaf in each.items()} == DTYPES_OF_KINDS
    other([torch.ones(2, 2), None])
    assert all(torch.equal(leaf, other.leaves[name]) for name, leaf in transform.leaves.items())
    with pytest.raises(TypeError):
        transform.leaves["count"] = torch.ones(())  # a leaf cannot be replaced by one of another dtype
    with pytest.raises(RuntimeError, match="can't be cast"):
        transform.leaves["count"].add_(0.5)


def spoiled(change):
    state = bound(Kinds()).state_dict()
    change(state)
    return state


@pytest.mark.parametrize(
    ("state", "leaf"),
    [
        (spoiled(lambda s: s["leaves"].update(mask=torch.ones(3).int())), r"leaves\['mask'\].*torch.int32"),
        (spoiled(lambda s: s["leaves"].update(mean=torch.ones(2, 3).bfloat16())), r"leaves\['mean'\].*\[2, 3\]"),
        (spoiled(lambda s: s["leaves"].pop("count")), r"leaves\['count'\]: not in the state"),
        (spoiled(lambda s: s["leaves"].update(more=torch.ones(1))), r"leaves\['more'\]: in the state, but not here"),
        (spoiled(lambda s: s["leaves"].update(count=3)), r"leaves\['count'\]: a tensor expected, got 3"),
        (spoiled(lambda s: s["params"].update(w=[[5, 5], "torch.float32"])), r"params\['w'\].*\[5, 5\]"),
        (spoiled(lambda s: s["params"].pop("b")), r"params\['b'\]: not in the state"),
        (spoiled(lambda s: s.update(params=dict(reversed(s["params"].items())))), "in this order"),
        (spoiled(lambda s: s.update(params=None)), "params: a dict of leaves expected, got None"),
        (spoiled(lambda s: s.update(leaves=None)), "leaves: a dict of leaves expected, got None"),
        (bound(zero_nans()).state_dict(), r"leaves\['found_nan'\]: in the state, but not here"),
        ({}, "a dict of 'params' and 'leaves' expected"),
        (None, "a dict of 'params' and 'leaves' expected"),
    ],
)
def test_a_state_that_does_not_fit_is_refused_by_leaf_and_changes_nothing(state, leaf):
    transform = bound(Kinds())
    transform([torch.ones(2, 2), None])
    before = transform.state_dict()
    with pytest.raises(ValueError, match=leaf):
        transform.load_state_dict(state)
    assert all(torch.equal(leaf, transform.leaves[name]) for name, leaf in before["leaves"].items())


@pytest.mark.parametrize(
    ("grads", "text"),
    [
        ([torch.ones(2, 2)], "one gradient .* for each of the 2 parameters"),
        ([torch.ones(3), torch.ones(2, 2)], r"of 'w' must be torch.float32 of shape \(2, 2\).*got .*\(3,\)"),
        ([torch.ones(2, 2), torch.ones(3, dtype=torch.float64)], "gradient of 'b' must be .* got torch.float64"),
    ],
)
def test_gradients_of_other_parameters_are_refused_by_name(grads, text):
    transform = bound(zero_nans())
    grads[0].fill_(NAN)
    with pytest.raises(ValueError, match=text):
        transform(grads)
    assert grads[0].isnan().all()


def test_a_transform_belongs_to_one_set_of_parameters():
    transform = zero_nans()
    with pytest.raises(ValueError, match=r"call bind\(dict"):
        transform([torch.ones(1)])
    bound(transform)
    with pytest.raises(ValueError, match=r"bound to .*'w'.* already"):
        bound(transform)
    with pytest.raises(ValueError, match="at least one parameter"):
        zero_nans().bind({})
    twice = zero_nans()
    with pytest.raises(ValueError, match="already"):
        bound(chain(twice, twice))


# --- arguments, skip functions, errors ------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [0, -1.0, NAN, INF, "1", None, True, [1]])
def test_a_norm_is_a_finite_number_above_0(value):
    for make in (clip_by_global_norm, skip_large_updates):
        with pytest.raises(ValueError, match="must be a finite number > 0, got"):
            make(value)


@pytest.mark.parametrize("value", [-1, 1.5, "2", None, True])
def test_a_count_is_an_integer(value):
    with pytest.raises(ValueError, match=r"max_consecutive must be an integer >= 0, got"):
        apply_if_finite(value)


def test_wrong_choices_list_the_right_ones():
    with pytest.raises(ValueError, match=r"bad must be one of \['nan', 'nonfinite'\], got 'inf'"):
        zero_nans("inf")
    with pytest.raises(TypeError, match=r"call it: zero_nans\(\)"):
        chain(zero_nans)


def test_skip_functions_see_what_they_say():
    good, nan, inf = torch.tensor([3.0, 4.0]), torch.tensor([NAN, 1.0]), torch.tensor([INF, -INF])
    assert [decision(skip_not_finite([good, grad], 0)) for grad in (good, nan, inf)] == [False, True, True]
    limits = [decision(skip_large_updates(limit)([good], 0)) for limit in (24.9, 25.0, 25.1)]
    assert limits == [True, True, False]  # "below", as in Optax
    assert decision(skip_large_updates(1e30)([nan], 0))


@pytest.mark.parametrize("answer", [1, None, torch.tensor(1), torch.tensor([True]), "yes"])
def test_a_skip_function_must_answer_with_a_bool(answer):
    with pytest.raises(ValueError, match="must return a bool") as refused:
        decision(answer)
    assert shown(answer) in str(refused.value)


def test_the_error_names_parameters_and_survives_a_process_border():
    error = NonFiniteGradientError(3, 2, tuple(f"layer.{i}" for i in range(12)), "nonfinite")
    assert "3 micro-batches in a row" in str(error)
    assert "NaN or inf in the gradient of 'layer.0', 'layer.1'" in str(error)
    assert "and 2 more" in str(error)
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.names, again.streak) == (str(error), error.names, 3)
    assert "the last without any NaN" in str(NonFiniteGradientError(1, 0, ()))
