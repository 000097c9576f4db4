"""Same gradients in, same parameters out: the real Optax 0.2.8, wherever it is right; and where it is not, both shown.

Every case runs a whole trajectory and compares the parameters after each micro-batch, float64 to 1e-12 and float32 to
1e-6 (of values near 1).
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import torch

from raytune_lite.training.accumulation import MultiSteps
from raytune_lite.training.skipping import skip_large_updates, skip_not_finite
from raytune_lite.training.transforms import Transform, apply_if_finite, chain, clip_by_global_norm, zero_nans

if hasattr(jax, "enable_x64"):
    x64 = jax.enable_x64
else:  # older jax
    from jax.experimental import enable_x64 as x64

N = 13  # micro-batches of a trajectory: no multiple of a window
SHAPES = {"w": (3, 2), "b": (2,)}
START = {"w": np.linspace(-1, 1, 6).reshape(3, 2), "b": np.array([0.5, -0.25])}
NAN, INF = float("nan"), float("inf")
TOLERANCE = {"float64": 1e-12, "float32": 1e-6}

INNER: dict[str, tuple[Any, Any]] = {
    "sgd": (lambda: optax.sgd(0.1), lambda params: torch.optim.SGD(params, 0.1)),
    "momentum": (lambda: optax.sgd(0.1, 0.9), lambda params: torch.optim.SGD(params, 0.1, momentum=0.9)),
    "nesterov": (
        lambda: optax.sgd(0.1, 0.9, nesterov=True),
        lambda params: torch.optim.SGD(params, 0.1, momentum=0.9, nesterov=True),
    ),
    "adam": (lambda: optax.adam(0.05), lambda params: torch.optim.Adam(params, 0.05)),
    "adamw": (
        lambda: optax.adamw(0.05, weight_decay=0.1),
        lambda params: torch.optim.AdamW(params, 0.05, weight_decay=0.1),
    ),
}


def gradients(seed, *, bad=(), share=0.0, scale=1.0, n=N):
    """n micro-batches; each element becomes one of ``bad`` with probability ``share``, in half of them."""
    rng = np.random.default_rng(seed)
    batches = []
    for _ in range(n):
        batch = {name: rng.normal(size=shape) * scale for name, shape in SHAPES.items()}
        if bad and rng.random() < 0.5:
            for values in batch.values():
                mask = rng.random(values.shape) < share
                values[mask] = rng.choice(bad, size=mask.sum())
        batches.append(batch)
    return batches


@functools.lru_cache(maxsize=64)
def compiled(key):
    """One compilation a case: a scan over micro-batches that keeps the parameters after each."""
    make, dtype = key
    transform = make(jnp.dtype(dtype))

    def one(carry, grads):
        params, state = carry
        updates, state = transform.update(grads, state, params)
        params = optax.apply_updates(params, updates)
        return (params, state), params

    return jax.jit(lambda params, grads: jax.lax.scan(one, (params, transform.init(params)), grads)[1])


def optax_run(make, batches, dtype):
    """Parameters after each micro-batch. ``make``: the accumulators' dtype -> a GradientTransformation."""
    with x64(dtype == "float64"):
        params = {name: jnp.asarray(value, dtype) for name, value in START.items()}
        grads = {name: jnp.asarray(np.stack([batch[name] for batch in batches]), dtype) for name in SHAPES}
        found = compiled((make, dtype))(params, grads)
        return [{name: np.asarray(found[name][i], np.float64) for name in SHAPES} for i in range(len(batches))]


def torch_run(make_optimizer, batches, dtype, every_k, **options):
    kind = getattr(torch, dtype)
    params = {name: torch.nn.Parameter(torch.tensor(value, dtype=kind)) for name, value in START.items()}
    steps = MultiSteps(make_optimizer(list(params.values())), every_k, named_parameters=params.items(), **options)
    after = []
    for batch in batches:
        for name, param in params.items():
            param.grad = torch.tensor(batch[name], dtype=param.dtype)
        steps.step()
        after.append({name: param.detach().double().numpy().copy() for name, param in params.items()})
    return after, steps


def assert_same(ours, theirs, tolerance):
    for i, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
        for name in SHAPES:
            message = f"{name} after micro-batch {i}"
            np.testing.assert_allclose(mine[name], other[name], rtol=tolerance, atol=tolerance, err_msg=message)


@dataclass(frozen=True)
class Case:
    """``k`` for Optax where it is written in jax; ``bad`` elements are put into the gradients."""

    inner: str = "sgd"
    every_k: Any = 2
    k: Any = None
    mean: bool = True
    clip: float | None = None
    zero: bool = False  # Optax: zero_nans outside of MultiSteps. Ours: on_bad="zero", the default
    skip: str | None = None
    bad: tuple[float, ...] = ()
    scale: float = 1.0
    dtypes: tuple[str, ...] = ("float64",)

    def optax(self, dtype):
        inner = INNER[self.inner][0]()
        if self.clip:
            inner = optax.chain(optax.clip_by_global_norm(self.clip), inner)
        skip = {
            None: None,
            "not_finite": optax.skip_not_finite,
            "large": functools.partial(optax.skip_large_updates, max_squared_norm=8.0),
        }[self.skip]
        steps = optax.MultiSteps(
            inner, self.k or self.every_k, use_grad_mean=self.mean, should_skip_update_fn=skip, accumulator_dtype=dtype
        ).gradient_transformation()
        return optax.chain(optax.zero_nans(), steps) if self.zero else steps

    def optax_float32(self, dtype):
        return self.optax(jnp.float32)

    def ours(self):
        skip = {None: None, "not_finite": skip_not_finite, "large": skip_large_updates(8.0)}[self.skip]
        return {
            "transform": clip_by_global_norm(self.clip) if self.clip else None,
            "reduce": "mean" if self.mean else "sum",
            "on_bad": "zero" if self.zero else "keep",
            "skip": skip,
        }


def growing(gradient_step):
    return 1 if gradient_step < 2 else 3


def growing_in_jax(gradient_step):
    return jnp.where(gradient_step < 2, 1, 3)


CASES = {
    "k=1": Case(every_k=1, inner="adam"),
    "sgd": Case(dtypes=("float64", "float32")),
    "momentum, sum": Case("momentum", 3, mean=False),
    "nesterov": Case("nesterov", 3),
    # in float64 only: Optax takes 1 - 0.999**t in float32 too, which is 6e-5 off at t = 1
    "adam": Case("adam", 3),
    "adamw, sum": Case("adamw", 2, mean=False),
    "k schedule": Case("adam", growing, growing_in_jax),
    "k schedule, sum, zero_nans": Case("momentum", growing, growing_in_jax, mean=False, zero=True, bad=(NAN,)),
    "clip": Case("momentum", 2, clip=0.7, dtypes=("float64", "float32")),
    "clip that seldom clips": Case("adam", 2, clip=2.0),
    "zero_nans": Case("adam", 2, zero=True, bad=(NAN,)),
    "zero_nans, momentum": Case("momentum", 3, zero=True, bad=(NAN,), dtypes=("float64", "float32")),
    "zero_nans, clip": Case("adamw", 4, zero=True, clip=0.5, bad=(NAN,)),
    "skip_not_finite": Case("adam", 3, skip="not_finite", bad=(NAN, INF, -INF)),
    "skip_not_finite, schedule, sum": Case("sgd", growing, growing_in_jax, False, skip="not_finite", bad=(NAN,)),
    "skip_large_updates": Case("momentum", 2, skip="large", bad=(NAN,), clip=1.0),
    "skip_large_updates, sum": Case("adam", 3, mean=False, skip="large", scale=1.1),
}


@pytest.mark.parametrize(("name", "dtype"), [(name, dtype) for name, case in CASES.items() for dtype in case.dtypes])
def test_same_parameters_as_optax(name, dtype):
    case = CASES[name]
    make = case.optax
    for seed in range(4):
        batches = gradients(seed, bad=case.bad, share=0.2, scale=case.scale)
        theirs = optax_run(make, batches, dtype)
        ours, _ = torch_run(INNER[case.inner][1], batches, dtype, case.every_k, **case.ours())
        assert_same(ours, theirs, TOLERANCE[dtype])


def test_the_cases_do_what_their_names_say():
    # a clip that never clips, or a skip that never skips, would compare nothing
    for name in ("skip_not_finite", "skip_large_updates", "skip_large_updates, sum"):
        case = CASES[name]
        batches = gradients(0, bad=case.bad, share=0.2, scale=case.scale)
        _, steps = torch_run(INNER[case.inner][1], batches, "float64", case.every_k, **case.ours())
        assert 0 < steps.n_skipped_micro_batches < N - case.every_k
    norms = [np.sqrt(sum((grad**2).sum() for grad in batch.values())) for batch in gradients(0)]
    assert min(norms) < 2.0 < max(norms)
    assert any(np.isnan(grad).any() for batch in gradients(0, bad=(NAN,), share=0.2) for grad in batch.values())


@pytest.mark.parametrize("limit", [0, 2])
def test_apply_if_finite_is_that_of_optax(limit):
    # no MultiSteps around it here: with one, Optax's accumulators keep the NaN for ever
    def make(dtype):
        return optax.apply_if_finite(optax.chain(optax.clip_by_global_norm(0.7), optax.adam(0.05)), limit)

    for seed in range(4):
        batches = gradients(seed, bad=(NAN, INF), share=0.5)
        theirs = optax_run(make, batches, "float64")
        transform = chain(apply_if_finite(limit), clip_by_global_norm(0.7))
        ours, steps = torch_run(INNER["adam"][1], batches, "float64", 1, transform=transform, on_bad="keep")
        assert_same(ours, theirs, 1e-12)
    assert (steps.n_skipped_windows > 0) == (limit > 0)  # Optax applies the one after ``limit`` in a row


def test_zero_nans_is_that_of_optax_and_leaves_inf():
    def make(dtype):
        return optax.chain(optax.zero_nans(), optax.sgd(0.1))

    batches = gradients(1, bad=(NAN, INF), share=0.2)
    theirs = optax_run(make, batches, "float64")
    ours, _ = torch_run(INNER["sgd"][1], batches, "float64", 1, transform=zero_nans(), on_bad="keep")
    assert np.isinf(theirs[-1]["w"]).any()
    assert_same(ours, theirs, 1e-12)


def test_apply_if_finite_inside_a_window_is_optax_fed_with_the_windows_means():
    batches = gradients(3, bad=(INF,), share=0.1, n=18)
    means = [{name: sum(b[name] for b in batches[i : i + 3]) / 3 for name in SHAPES} for i in range(0, 18, 3)]
    assert 0 < sum(not all(np.isfinite(grad).all() for grad in mean.values()) for mean in means) < 5

    def make(dtype):
        return optax.apply_if_finite(optax.adam(0.05), 3)

    theirs = optax_run(make, means, "float64")
    ours, _ = torch_run(INNER["adam"][1], batches, "float64", 3, transform=apply_if_finite(3), on_bad="keep")
    assert_same(ours[2::3], theirs, 1e-12)


# --- half precision -------------------------------------------------------------------------------------------------


class Seen(Transform):
    """Keeps what it is given."""

    def update(self, grads):
        self.grads = [grad.clone() for grad in grads]
        return True


def test_bfloat16_gradients_are_summed_in_float32_as_in_optax():
    # 64 micro-batches of 1 + 1/64: a bfloat16 sum stands still at 256 and rounds each addend's last bits before
    k, value = 64, 1 + 1 / 64
    grads = [jnp.full(2, value, jnp.bfloat16)] * k
    steps = optax.MultiSteps(optax.identity(), k, use_grad_mean=False)
    params = jnp.zeros(2, jnp.bfloat16)
    state, update = steps.init(params), jax.jit(steps.update)
    for grad in grads:
        emitted, state = update(grad, state, params)
    param, seen = torch.nn.Parameter(torch.zeros(2, dtype=torch.bfloat16)), Seen()
    ours = MultiSteps(torch.optim.SGD([param], 0.0), k, reduce="sum", transform=seen)
    naive = torch.zeros(2, dtype=torch.bfloat16)
    for grad in grads:
        param.grad = torch.tensor(np.asarray(grad, np.float32)).bfloat16()
        naive += param.grad
        ours.step()
    assert emitted.dtype == jnp.bfloat16
    assert seen.grads[0].dtype == torch.bfloat16
    assert seen.grads[0].tolist() == np.asarray(emitted, np.float64).tolist() == [65.0, 65.0]
    assert naive.tolist() != [65.0, 65.0]


@pytest.mark.parametrize("inner", ["sgd", "momentum"])
def test_bfloat16_parameters_follow_optax(inner):
    # one rounding of a step is to 2**-9 of a value below 2; each of the 6 steps may differ by one, in either direction
    batches = gradients(5)
    theirs = optax_run(Case(inner, 2, zero=True).optax_float32, batches, "bfloat16")
    ours, _ = torch_run(INNER[inner][1], batches, "bfloat16", 2)
    assert_same(ours, theirs, 6 * 2.0**-8)


# --- where Optax is wrong -------------------------------------------------------------------------------------------

FOUR = ([1.0, 1.0], [NAN, 1.0], [1.0, 1.0], [1.0, 1.0])


def optax_four(transform):
    with x64(True):
        params = jnp.zeros(2)
        state, found = transform.init(params), []
        for grads in FOUR:
            updates, state = transform.update(jnp.asarray(grads), state, params)
            params = optax.apply_updates(params, updates)
            found.append(np.asarray(params).tolist())
    return found


def ours_four(**options):
    param = torch.nn.Parameter(torch.zeros(2, dtype=torch.float64))
    steps = MultiSteps(torch.optim.SGD([param], 1.0), 2, **options)
    found = []
    for grads in FOUR:
        param.grad = torch.tensor(grads, dtype=torch.float64)
        steps.step()
        found.append(param.tolist())
    return found


def test_one_nan_freezes_a_weight_in_optax_and_not_here():
    theirs = optax_four(optax.MultiSteps(optax.chain(optax.zero_nans(), optax.sgd(1.0)), 2).gradient_transformation())
    assert theirs == [[0, 0], [0, -1], [0, -1], [0, -2]]  # the first weight stays, for ever
    assert ours_four(transform=zero_nans()) == [[0, 0], [-0.5, -1], [-0.5, -1], [-1.5, -2]]


def test_without_a_transform_one_nan_poisons_optax_and_not_here():
    theirs = optax_four(optax.MultiSteps(optax.sgd(1.0), 2).gradient_transformation())
    assert np.isnan([params[0] for params in theirs[1:]]).all()
    assert ours_four() == [[0, 0], [-0.5, -1], [-0.5, -1], [-1.5, -2]]


def test_even_a_nan_that_is_kept_ends_with_its_window():
    # on_bad="keep" gives the optimizer what came, once; Optax's accumulators are NaN from then on
    class Seal(Transform):
        def update(self, grads):
            return not bool(torch.isnan(grads[0]).any())

    assert ours_four(on_bad="keep", transform=Seal()) == [[0, 0], [0, 0], [0, 0], [-1, -1]]


def test_the_right_order_in_optax_is_the_only_one_here():
    theirs = optax_four(optax.chain(optax.zero_nans(), optax.MultiSteps(optax.sgd(1.0), 2).gradient_transformation()))
    assert ours_four() == ours_four(transform=chain(zero_nans(), clip_by_global_norm(100.0))) == theirs
