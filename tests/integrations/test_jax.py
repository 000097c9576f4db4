"""Pytrees of JAX in checkpoints: every bit, keys and bfloat16 too; an interrupted training equals a straight one."""

from __future__ import annotations

import numpy as np
import pytest

import raytune_lite as rtl
from raytune_lite.core.retries import RetryPolicy
from raytune_lite.exceptions import CheckpointError
from raytune_lite.pruners import ASHAPruner, NopPruner

jax = pytest.importorskip("jax")
optax = pytest.importorskip("optax")
import jax.numpy as jnp  # noqa: E402

from raytune_lite.checkpoints.state_files import load_state, save_state  # noqa: E402
from raytune_lite.integrations.jax import capture_pytree, restore_pytree  # noqa: E402

EPOCHS = 4
X = np.random.default_rng(0).normal(size=(32, 4)).astype("float32")
OPTIMIZER = optax.chain(optax.clip(1.0), optax.adam(optax.cosine_decay_schedule(0.1, 40)))


def raw(leaf):
    if isinstance(leaf, jax.Array) and jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
        return str(jax.random.key_impl(leaf)), np.asarray(jax.random.key_data(leaf)).tobytes()
    return str(jnp.asarray(leaf).dtype), np.asarray(leaf).tobytes()


def assert_same(one, other):
    assert jax.tree.structure(one) == jax.tree.structure(other)
    assert [raw(leaf) for leaf in jax.tree.leaves(one)] == [raw(leaf) for leaf in jax.tree.leaves(other)]


def test_every_bit_of_a_pytree_comes_back(tmp_path):
    special = jnp.array([np.nan, -0.0, np.inf, 1e-45])
    tree = {
        "params": {"w": special, "half": special.astype(jnp.bfloat16), "eight": special.astype(jnp.float8_e4m3fn)},
        "state": OPTIMIZER.init({"w": special}),
        "keys": (jax.random.key(3), jax.random.split(jax.random.key(4, impl="rbg"), 2), jax.random.PRNGKey(5)),
        "numpy": np.arange(3, dtype=np.uint8),
        "numbers": [1, 0.1, True, None],
        "none": jnp.zeros((0, 3)),
    }
    save_state(tmp_path, {"tree": capture_pytree(tree)})
    like = jax.tree.map(lambda leaf: leaf, tree)
    found = restore_pytree(like, load_state(tmp_path)["tree"])
    assert_same(found, tree)
    assert [type(leaf) for leaf in jax.tree.leaves(found)] == [type(leaf) for leaf in jax.tree.leaves(tree)]
    draws = [jax.random.normal(one["keys"][0], (3,)) for one in (found, tree)]
    np.testing.assert_array_equal(*draws)


@pytest.mark.parametrize(
    ("like", "message"),
    [
        ({"a": jnp.zeros(3)}, r"has 2 leaves and this pytree 1; the first that differ are \['b'\] there and \['a'\]"),
        ({"b": jnp.zeros(3)}, r"has 2 leaves and this pytree 1; the first that differ are \['c'\] there and none here"),
        ({"b": jnp.zeros(3), "c": jnp.zeros(3)}, r"\['c'\] has shape, dtype and key .*, None\) here"),
        ({"b": jnp.zeros(4), "c": jax.random.key(0)}, r"\['b'\] has shape, dtype and key \(\(3,\), dtype\('float32'\)"),
        ({"b": np.zeros(3), "c": jax.random.key(0)}, r"\['b'\] has .* and \(\(3,\), dtype\('float64'\), None\) here"),
        ({"b": jnp.zeros(3), "c": jax.random.key(0, impl="rbg")}, r"\['c'\] has .*'threefry2x32'\) in .*'rbg'\) here"),
    ],
)  # fmt: skip
def test_a_pytree_that_is_another_one_is_refused(like, message):
    with pytest.raises(CheckpointError, match=message):
        restore_pytree(like, capture_pytree({"b": jnp.zeros(3), "c": jax.random.key(0)}))


def test_a_leaf_that_cannot_be_stored_is_named():
    with pytest.raises(TypeError, match=r"\['a'\]\[0\] is a str, which is no array"):
        capture_pytree({"a": ["text"]})


@jax.jit
def train(state):
    """An epoch in a random order, with dropout; the key is part of the state."""

    def step(state, batch):
        params, inner, key = state
        key, mask = jax.random.split(key)
        kept = jax.random.bernoulli(mask, 0.7, batch.shape)
        grads = jax.grad(lambda p: ((jnp.tanh((batch * kept) @ p["w"]) @ p["v"] - batch.sum(1)) ** 2).mean())(params)
        updates, inner = OPTIMIZER.update(grads, inner, params)
        return (optax.apply_updates(params, updates), inner, key), None

    params, inner, key = state
    key, order = jax.random.split(key)
    batches = jax.random.permutation(order, jnp.asarray(X)).reshape(-1, 8, 4)
    return jax.lax.scan(step, (params, inner, key), batches)[0]


class Runs:
    """An objective that crashes after some of its saves, and the state that each trial ended with."""

    def __init__(self, *crashes):
        self.crashes, self.states, self.resumed = list(crashes), {}, []

    def __call__(self, trial):
        key, one, two = jax.random.split(jax.random.key(trial.number), 3)
        params = {"w": jax.random.normal(one, (4, 8)), "v": jax.random.normal(two, (8,))}
        state, first = (params, OPTIMIZER.init(params), key), 1
        self.resumed.append((trial.number, trial.resumed_from_step))
        checkpoint = trial.load_checkpoint()
        if checkpoint is not None:
            state, first = restore_pytree(state, checkpoint["state"]), checkpoint["epoch"] + 1
        for epoch in range(first, EPOCHS + 1):
            state = train(state)
            params = state[0]
            loss = float(((jnp.tanh(X @ params["w"]) @ params["v"] - X.sum(1)) ** 2).mean()) + trial.number
            trial.save_checkpoint({"state": capture_pytree(state), "epoch": epoch}, step=epoch)
            trial.report(loss, step=epoch)
            if epoch in self.crashes:
                self.crashes.remove(epoch)
                raise OSError("crash")
            if trial.should_prune():
                raise rtl.TrialPruned
        self.states[trial.number] = state
        return loss


def test_a_crashed_and_a_promoted_training_equal_a_straight_one():
    straight, crashed, paused = Runs(), Runs(1, 2, 3), Runs()
    curves = []
    alone, with_others = (NopPruner(), 1), (ASHAPruner(1, 4, 2), 4)
    for runs, (pruner, n_trials) in ((straight, alone), (crashed, alone), (paused, with_others)):
        study = rtl.create_study(sampler=rtl.samplers.RandomSampler(0), pruner=pruner)
        study.optimize(runs, n_trials=n_trials, executor="inline", retries=RetryPolicy(exception=3))
        curves.append(study.trials[0].intermediate_values)
    assert crashed.resumed == [(0, None), (0, 1), (0, 2), (0, 3)]
    assert [step for number, step in paused.resumed if number == 0] == [None, 1, 2]
    assert curves[1] == curves[0] == curves[2]
    assert_same(crashed.states[0], straight.states[0])
    assert_same(paused.states[0], straight.states[0])
