"""Distributions against Optuna's, their JSON, their errors, and the unit interval."""

from __future__ import annotations

import json
import math
import pickle

import numpy as np
import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st

from raytune_lite import distributions
from raytune_lite.distributions import (
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
    check_compatibility,
    distribution_to_json,
    json_to_distribution,
)
from raytune_lite.exceptions import IncompatibleDistributionError, InvalidDistributionError

PAIRS = [
    (kind, kwargs)
    for kind, cases in {
        "FloatDistribution": [
            {"low": 0.0, "high": 1.0},
            {"low": -3, "high": 7},
            {"low": 1e-5, "high": 1e-1, "log": True},
            {"low": 0.1, "high": 0.7, "step": 0.2},
            {"low": -1.0, "high": 1.0, "step": 0.25},
            {"low": 2.5, "high": 2.5},
            {"low": 0, "high": 1e8, "step": 0.1},
        ],
        "IntDistribution": [
            {"low": 0, "high": 10},
            {"low": -5, "high": 5, "step": 5},
            {"low": 1, "high": 1024, "log": True},
            {"low": 4, "high": 4},
            {"low": 3, "high": 30, "step": 3},
        ],
        "CategoricalDistribution": [
            {"choices": ("sgd", "adam")},
            {"choices": (None, True, 3, 2.5, "x")},
            {"choices": (1,)},
            {"choices": ("a\"b", "é", "\N{PILE OF POO}")},
            {"choices": (math.inf, 0.0)},
        ],
    }.items()
    for kwargs in cases
]  # fmt: skip
OURS = {c.__name__: c for c in (FloatDistribution, IntDistribution, CategoricalDistribution)}


def both(kind, kwargs):
    return OURS[kind](**kwargs), getattr(optuna.distributions, kind)(**kwargs)  # optuna 5.0.0


@pytest.mark.parametrize(("kind", "kwargs"), PAIRS)
def test_json_is_optunas_text_and_reads_back_equal(kind, kwargs):
    ours, theirs = both(kind, kwargs)
    text = distribution_to_json(ours)
    assert text == optuna.distributions.distribution_to_json(theirs)
    assert json_to_distribution(text) == ours
    assert hash(json_to_distribution(text)) == hash(ours)
    assert optuna.distributions.json_to_distribution(text) == theirs
    assert pickle.loads(pickle.dumps(ours)) == ours


@pytest.mark.parametrize(("kind", "kwargs"), PAIRS)
def test_representations_agree_with_optuna(kind, kwargs):
    ours, theirs = both(kind, kwargs)
    assert ours.single() == theirs.single()
    for u in (0.0, 0.1, 0.5, 0.77, math.nextafter(1.0, 0.0)):
        internal = ours.from_unit(u)
        external = ours.to_external_repr(internal)
        assert external == theirs.to_external_repr(internal)
        assert type(external) is type(theirs.to_external_repr(internal))
        assert ours.to_internal_repr(external) == theirs.to_internal_repr(external) == internal
    if kind == "CategoricalDistribution":
        for i, choice in enumerate(kwargs["choices"]):
            assert ours.to_internal_repr(choice) == theirs.to_internal_repr(choice) == i


@pytest.mark.parametrize(("kind", "kwargs"), PAIRS)
@given(data=st.data())
def test_contains_agrees_with_optuna(kind, kwargs, data):
    ours, theirs = both(kind, kwargs)
    if kind == "CategoricalDistribution":
        value = float(data.draw(st.integers(-2, 7)))
    else:
        low, high = float(kwargs["low"]), float(kwargs["high"])
        step = kwargs.get("step") or 1
        if low == high or step == 0.1:
            step, n = 0.5, 2
        else:
            n = int((high - low) / step)
        tenths = data.draw(st.integers(-5, 10 * n + 5))
        value = low + tenths / 10 * step
        if step == 0.5 and high == 1e8:
            value = data.draw(st.sampled_from([0.0, 0.05, 0.3, 1e8, 1e8 + 0.1, -0.1]))
    assert ours.contains(value) == theirs._contains(value)


@pytest.mark.parametrize(("kind", "kwargs"), PAIRS)
@pytest.mark.parametrize("value", [math.nan, -math.inf])
def test_what_is_no_value_is_not_contained(kind, kwargs, value):
    assert not OURS[kind](**kwargs).contains(value)


@pytest.mark.parametrize(("kind", "kwargs"), PAIRS)
def test_infinity_is_not_contained(kind, kwargs):
    assert not OURS[kind](**kwargs).contains(math.inf)


def test_a_fractional_index_is_no_choice():
    assert not CategoricalDistribution(["a", "b"]).contains(0.5)  # Optuna truncates it


INPUT_ERRORS = [
    (FloatDistribution, {"low": 2.0, "high": 1.5}, ("2.0", "1.5", "low <= high")),
    (FloatDistribution, {"low": -0.5, "high": 1.0, "log": True}, ("-0.5", "low > 0")),
    (FloatDistribution, {"low": 0, "high": 1.0, "log": True}, ("0.0", "low > 0")),
    (FloatDistribution, {"low": 1, "high": 2, "log": True, "step": 0.5}, ("0.5", "log", "step")),
    (FloatDistribution, {"low": 0, "high": 1, "step": 0}, ("step must be > 0", "0.0")),
    (FloatDistribution, {"low": 0, "high": 1, "step": -0.1}, ("step", "-0.1")),
    (FloatDistribution, {"low": 0, "high": 1, "step": math.nan}, ("step", "nan")),
    (FloatDistribution, {"low": 0, "high": 1e300, "step": 1e-300}, ("step", "1e-300")),
    (FloatDistribution, {"low": math.nan, "high": 1}, ("low", "nan")),
    (FloatDistribution, {"low": 0, "high": math.nan}, ("high", "nan")),
    (FloatDistribution, {"low": 0, "high": math.inf}, ("high", "inf")),
    (FloatDistribution, {"low": -math.inf, "high": 0}, ("low", "-inf")),
    (FloatDistribution, {"low": None, "high": 0}, ("low", "None")),
    (FloatDistribution, {"low": "wide", "high": 0}, ("low", "'wide'")),
    (FloatDistribution, {"low": 0, "high": 10**400}, ("high", "1000")),
    (IntDistribution, {"low": 5, "high": 3}, ("5", "3", "low <= high")),
    (IntDistribution, {"low": 0, "high": 8, "log": True}, ("low=0", "low >= 1")),
    (IntDistribution, {"low": 1, "high": 8, "log": True, "step": 2}, ("step=2", "log")),
    (IntDistribution, {"low": 0, "high": 10, "step": 0}, ("step=0",)),
    (IntDistribution, {"low": 0, "high": 10, "step": -2}, ("step=-2",)),
    (IntDistribution, {"low": 0.5, "high": 10}, ("low", "0.5")),
    (IntDistribution, {"low": 0, "high": math.nan}, ("high", "nan")),
    (IntDistribution, {"low": 0, "high": math.inf}, ("high", "inf")),
    (IntDistribution, {"low": 0, "high": 10**400}, ("high", "1000")),
    (IntDistribution, {"low": "3", "high": 4}, ("low", "'3'")),
    (CategoricalDistribution, {"choices": []}, ("empty list",)),
    (CategoricalDistribution, {"choices": "adam"}, ("'adam'", "list")),
    (CategoricalDistribution, {"choices": {"b": 1}}, ("{'b': 1}", "list")),
    (CategoricalDistribution, {"choices": ["a", "b", "a"]}, ("'a'", "twice")),
    (CategoricalDistribution, {"choices": [math.nan, math.nan]}, ("nan", "twice")),
    (CategoricalDistribution, {"choices": [{1, 2}, {3, 4}]}, ("{1, 2}", "set")),
    (CategoricalDistribution, {"choices": [1j]}, ("1j", "complex")),
    (CategoricalDistribution, {"choices": [b"raw"]}, ("b'raw'", "bytes")),
]  # fmt: skip


@pytest.mark.parametrize(("cls", "kwargs", "parts"), INPUT_ERRORS)
def test_a_bad_input_is_refused_with_its_value_and_the_rule(cls, kwargs, parts):
    with pytest.raises(InvalidDistributionError) as caught:
        cls(**kwargs)
    for part in parts:
        assert part in str(caught.value)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("dist", "value"),
    [
        (FloatDistribution(0, 1), "wide"),
        (FloatDistribution(0, 1), None),
        (FloatDistribution(0, 1), math.nan),
        (FloatDistribution(0, 1), 10**400),
        (FloatDistribution(0.1, 1, log=True), 0.0),
        (FloatDistribution(0.1, 1, log=True), -1.5),
        (IntDistribution(0, 9), 1.5),
        (IntDistribution(0, 9), math.nan),
        (IntDistribution(0, 9), math.inf),
        (IntDistribution(0, 9), "x"),
        (IntDistribution(0, 9), 2**53 + 1),
        (IntDistribution(0, 9), 10**400),
        (IntDistribution(1, 9, log=True), 0),
        (CategoricalDistribution(["a", 1]), "b"),
        (CategoricalDistribution(["a", 1]), None),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_and_shown(dist, value):
    with pytest.raises(InvalidDistributionError) as caught:
        dist.to_internal_repr(value)
    assert repr(value)[:60] in str(caught.value)


def test_equal_numbers_of_different_types_are_different_choices():
    dist = CategoricalDistribution([1, True, 1.0, 0, False, None])
    assert [dist.to_internal_repr(choice) for choice in dist.choices] == [0, 1, 2, 3, 4, 5]
    assert type(dist.to_external_repr(1.0)) is bool


def test_a_numpy_scalar_finds_its_choice():
    import numpy as np

    assert CategoricalDistribution([1, 2, "x"]).to_internal_repr(np.int64(2)) == 1
    assert CategoricalDistribution([0.5]).to_internal_repr(np.float32(0.5)) == 0


def test_nan_choices_survive_json_and_stay_compatible():
    dist = CategoricalDistribution([float("nan"), 1.0])
    again = json_to_distribution(distribution_to_json(dist))
    assert again == dist
    assert hash(again) == hash(dist)
    assert again.to_internal_repr(float("nan")) == 0.0
    check_compatibility("x", dist, again)
    assert dist != CategoricalDistribution([float("nan"), 1.0, 2.0])
    assert dist != CategoricalDistribution([1.0, float("nan")])
    assert dist != "x"


@pytest.mark.parametrize(
    "text",
    ["", "{", "null", "[]", "3",
     '{"name": "UniformDistribution", "attributes": {}}', '{"name": "FloatDistribution"}',
     '{"name": "FloatDistribution", "attributes": {"low": 0, "high": 1, "width": 2}}',
     '{"name": "FloatDistribution", "attributes": {"low": 2, "high": 1}}', '{"name": [], "attributes": {}}',
     '{"name": "FloatDistribution", "attributes": 3}'],
)  # fmt: skip
def test_json_that_is_no_distribution_is_refused(text):
    with pytest.raises(InvalidDistributionError):
        json_to_distribution(text)


units = st.floats(0, 1, exclude_max=True)
reals = st.floats(allow_nan=False, allow_infinity=False)


@given(reals, reals, units)
def test_a_unit_point_always_lands_inside_a_float_range(a, b, u):
    dist = FloatDistribution(min(a, b), max(a, b))
    assert dist.contains(dist.from_unit(u))


@given(st.floats(5e-324, 1.7976931348623157e308), st.floats(5e-324, 1.7976931348623157e308), units)
def test_a_unit_point_always_lands_inside_a_log_range(a, b, u):
    dist = FloatDistribution(min(a, b), max(a, b), log=True)
    assert dist.contains(dist.from_unit(u))


@given(
    st.integers(-(10**9), 10**9),
    st.integers(1, 10**6),
    st.integers(-6, 6),
    st.integers(0, 10**9),
    units,
)
def test_a_unit_point_always_lands_on_the_grid_of_a_step(start, unit, exponent, n, u):
    # decimal texts, as a user writes them: low, high and step with the same number of decimals
    low, high, step = (float(f"{v}e{exponent}") for v in (start, start + n * unit, unit))
    dist = FloatDistribution(low, high, step=step)
    assert dist.contains(dist.from_unit(u))
    assert dist.contains(dist.high)
    assert not dist.contains(dist.from_unit(0.0) + step / 2) or n == 0 or abs(start) > 10**15 * unit


@given(st.integers(-(2**70), 2**70), st.integers(0, 2**70), units)
def test_a_unit_point_always_lands_inside_an_int_range(low, span, u):
    high = low + span
    holds_a_float = float(low) == low or float(high) == high or math.nextafter(float(low), math.inf) < high
    if holds_a_float:
        dist = IntDistribution(low, high)
        assert dist.contains(dist.from_unit(u))


@given(st.integers(-(2**40), 2**40), st.integers(1, 1000), st.integers(0, 2**40), units)
def test_a_unit_point_always_lands_on_the_grid_of_an_int_step(low, step, n, u):
    dist = IntDistribution(low, low + n * step, step=step)
    assert dist.contains(dist.from_unit(u))


@given(st.integers(1, 2**53), st.integers(1, 2**53), units)
def test_a_unit_point_always_lands_inside_an_int_log_range(a, b, u):
    dist = IntDistribution(min(a, b), max(a, b), log=True)
    assert dist.contains(dist.from_unit(u))


@given(st.integers(1, 50), units)
def test_a_unit_point_is_always_an_index(n, u):
    dist = CategoricalDistribution(list(range(n)))
    assert dist.contains(dist.from_unit(u))


def test_every_grid_point_has_the_same_share_of_the_unit_interval():
    for dist in (
        FloatDistribution(0, 1, step=0.25),
        IntDistribution(0, 4),
        IntDistribution(0, 20, step=5),
        CategoricalDistribution(["a", "b", "c", "d", "e"]),
    ):
        values = [dist.from_unit((i + 0.5) / 1000) for i in range(1000)]
        assert sorted(values.count(v) for v in dict.fromkeys(values)) == [200] * 5


def test_float_bounds_given_as_ints_become_floats_and_int_bounds_stay_exact():
    assert type(FloatDistribution(0, 1).low) is float
    assert type(IntDistribution(0.0, 4.0).high) is int
    assert json.loads(distribution_to_json(IntDistribution(0.0, 4.0)))["attributes"]["high"] == 4


def test_fine_grids_far_from_zero_hold_their_own_points():
    dist = FloatDistribution(1e6, 1e6 + 1, step=0.001)
    assert all(dist.contains(dist.from_unit(i / 1001)) for i in range(1001))
    assert not dist.contains(1e6 + 0.0005)


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        (FloatDistribution(0, 1), IntDistribution(0, 1), ("FloatDistribution", "IntDistribution")),
        (FloatDistribution(0.1, 1), FloatDistribution(0.1, 1, log=True), ("log",)),
        (CategoricalDistribution(["a"]), CategoricalDistribution(["a", "b"]), ("'b'", "choices")),
    ],
)
def test_a_name_keeps_its_kind_log_flag_and_choices_as_in_optuna(old, new, parts):
    def to_optuna(dist):
        return optuna.distributions.json_to_distribution(distribution_to_json(dist))

    with pytest.raises(IncompatibleDistributionError) as caught:
        check_compatibility("depth", old, new)
    assert all(part in str(caught.value) for part in (*parts, "'depth'", "depth_2"))
    with pytest.raises(ValueError, match=r".+"):
        optuna.distributions.check_distribution_compatibility(to_optuna(old), to_optuna(new))


def test_ranges_may_change_as_in_optuna():
    check_compatibility("x", FloatDistribution(0, 1), FloatDistribution(-5, 5, step=0.5))
    check_compatibility("x", IntDistribution(0, 1), IntDistribution(0, 9))


@pytest.mark.parametrize(
    "choices", [np.array([3, 1, 2]), range(3), {"b": 1, "a": 2}.keys(), {"b": 1, "a": 2}.values()]
)
def test_choices_may_be_whatever_has_an_order(choices):
    assert CategoricalDistribution(choices).choices == optuna.distributions.CategoricalDistribution(choices).choices


@pytest.mark.parametrize("choices", [{1, 2}, "ab", 5, (n for n in range(3)), np.array(3)])
def test_what_has_no_order_or_is_no_collection_is_refused(choices):
    with pytest.raises(InvalidDistributionError, match="choices must be a list or tuple, got "):
        CategoricalDistribution(choices)


# --- what Optuna has given up ----------------------------------------------------------------------------------------

OLDER = [
    ("UniformDistribution", (0, 1)),
    ("LogUniformDistribution", (1e-3, 1)),
    ("DiscreteUniformDistribution", (0, 1, 0.25)),
    ("IntUniformDistribution", (1, 9, 2)),
    ("IntLogUniformDistribution", (1, 9)),
]


@pytest.mark.filterwarnings("ignore::FutureWarning:optuna")
@pytest.mark.parametrize(("name", "arguments"), OLDER)
def test_an_older_name_makes_a_distribution_of_today_and_warns(name, arguments):
    with pytest.warns(FutureWarning, match=rf"{name} is an older name: write (Float|Int)Distribution\("):
        made = getattr(distributions, name)(*arguments)
    theirs = getattr(optuna.distributions, name)(*arguments)
    assert type(made).__name__ == type(theirs).__mro__[1].__name__
    assert (made.low, made.high, made.log, made.step) == (theirs.low, theirs.high, theirs.log, theirs.step)
    assert distributions.as_distribution(theirs) == made
    assert distributions.json_to_distribution(optuna.distributions.distribution_to_json(theirs)) == made


@pytest.mark.parametrize(
    "text",
    [
        '{"type": "float", "low": 0, "high": 1, "log": false}',
        '{"type": "float", "low": 0, "high": 1, "step": 0.5}',
        '{"type": "int", "low": 1, "high": 8, "log": true}',
        '{"type": "int", "low": 1, "high": 8, "step": null}',
        '{"type": "categorical", "choices": [1, "a", null]}',
    ],
)
def test_the_short_json_of_optuna_is_read(text):
    found = distributions.json_to_distribution(text)
    assert found == distributions.as_distribution(optuna.distributions.json_to_distribution(text))


@pytest.mark.parametrize("text", ['{"type": "complex"}', '{"type": "float", "low": 1}', '{"type": "int", "odd": 1}'])
def test_short_json_that_is_none_is_refused(text):
    with pytest.raises(InvalidDistributionError, match="type must be one of float, int, categorical"):
        distributions.json_to_distribution(text)
