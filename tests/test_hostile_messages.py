"""Whatever bytes arrive as a message: the record that was sent, or a MessageError; never another error, never code."""

from __future__ import annotations

import dataclasses
import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raytune_lite.core import bounds
from raytune_lite.core import messages as m
from raytune_lite.core.encoding import event_from_json, event_to_json, from_json, message_from_json, to_json
from raytune_lite.distributions import (
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
    distribution_from_dict,
    distribution_to_json,
    json_to_distribution,
)
from raytune_lite.exceptions import InvalidDistributionError, MessageError
from raytune_lite.pruners import ASHAPruner, NopPruner, pruner_from_spec
from raytune_lite.samplers import GridSampler, RandomSampler, sampler_from_spec

from .core_tools import brief, plain

relaxed = settings(deadline=None, max_examples=150)
ints = st.integers(0, 2**31 - 1)
texts = st.text(st.characters(codec="utf-8"), max_size=20)
floats = st.floats()
vectors = st.lists(floats, min_size=1, max_size=3).map(tuple)
distributions = st.one_of(
    st.builds(FloatDistribution, st.floats(-1e9, 0), st.floats(0, 1e9)),
    st.builds(FloatDistribution, st.floats(1e-9, 1), st.floats(1, 1e9), log=st.just(True)),
    st.builds(IntDistribution, st.integers(-(10**9), 0), st.integers(0, 10**9)),
    st.builds(
        CategoricalDistribution,
        st.lists(st.none() | st.booleans() | st.integers() | texts, min_size=1, max_size=5, unique_by=repr),
    ),
)
params = st.builds(m.ParamValue, name=texts, value=st.floats(allow_nan=False, allow_infinity=False),
                   distribution=distributions)  # fmt: skip
refs = st.builds(m.CheckpointRef, step=ints, attempt=ints, uri=texts, digest=texts, size=st.integers(0, 2**63 - 1))
progresses = st.builds(
    m.Progress,
    reports=st.lists(st.tuples(ints, vectors), max_size=4).map(tuple),
    params=st.lists(params, max_size=2).map(tuple),
    user_attrs=st.lists(st.tuples(texts, texts), max_size=2).map(tuple),
    checkpoint=st.none() | refs,
)
failures = st.builds(m.Failure, error=texts, traceback=texts, kind=st.sampled_from(m.FailureKind))
events = st.one_of(
    st.builds(m.Claimed, slot=texts, node=texts),
    st.builds(m.ParamAsked, number=ints, attempt=ints, name=texts, distribution=distributions),
    st.builds(m.Reported, number=ints, attempt=ints, progress=progresses),
    st.builds(
        m.AttemptEnded, number=ints, attempt=ints, outcome=st.sampled_from(m.Outcome),
        progress=progresses, values=st.none() | st.lists(floats, max_size=3).map(tuple), failure=st.none() | failures,
    ),
    st.builds(m.AttemptLost, number=ints, attempt=ints, kind=st.sampled_from(m.FailureKind)),
    st.builds(m.RunStarted, run=texts, n_trials=st.none() | ints),
    st.builds(m.TrialEnqueued, params=st.lists(st.tuples(texts, texts), max_size=2).map(tuple)),
)  # fmt: skip
junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def report(**changes):
    event = m.Reported(number=3, attempt=1, progress=m.Progress(reports=((1, (0.5,)),)))
    data = json.loads(event_to_json(event))
    data["progress"] |= {k[9:]: changes.pop(k) for k in list(changes) if k.startswith("progress_")}
    return json.dumps(data | changes)


@relaxed
@given(events)
def test_an_event_read_back_is_the_event_written(event):
    assert plain(event_from_json(event_to_json(event))) == plain(event)


def test_a_distribution_is_not_taken_for_an_equal_one():
    for low, choices in ((0.0, [0.0, 1]), (-0.0, [-0.0, 1]), (0, [0, True]), (False, [False, 1.0])):
        for made in (FloatDistribution(low, 1.0), CategoricalDistribution(choices)):
            event = m.Reported(
                number=0, attempt=1, progress=m.Progress(params=(m.ParamValue(name="x", value=0.5, distribution=made),))
            )
            for _ in range(2):
                assert plain(event_from_json(event_to_json(event))) == plain(event)


@relaxed
@given(st.binary(max_size=60) | st.text(max_size=60))
def test_bytes_that_are_no_event_are_refused_as_such(garbage):
    with pytest.raises(MessageError, match=r"not an? (event|message)"):
        event_from_json(garbage)


@relaxed
@given(events, st.data())
def test_an_event_with_any_one_field_replaced_is_an_event_of_the_declared_types_or_refused(event, data):
    tree = json.loads(event_to_json(event))
    target = tree
    while True:
        keys = sorted(target) if isinstance(target, dict) else range(len(target))
        key = data.draw(st.sampled_from(keys))
        if isinstance(target[key], (dict, list)) and target[key] and data.draw(st.booleans()):
            target = target[key]
            continue
        target[key] = data.draw(junk)
        break
    try:
        found = event_from_json(json.dumps(tree))
    except MessageError as error:
        brief(error)
    else:
        assert_typed(found)


def assert_typed(record):
    """Every field of a record has a type that its annotation allows; checked by words, not by the decoder's table."""
    for field in dataclasses.fields(record):
        value, hint = getattr(record, field.name), str(field.type)
        if value is None:
            assert "None" in hint, (field.name, value)
        elif dataclasses.is_dataclass(value) and not isinstance(value, (FloatDistribution, IntDistribution)):
            if not isinstance(value, CategoricalDistribution):
                assert_typed(value)
        elif hint.startswith("tuple"):
            assert isinstance(value, tuple), (field.name, value)
        elif hint.split(" ")[0] in ("int", "float", "str", "bool"):
            assert type(value).__name__ == hint.split(" ")[0], (field.name, value)


BAD_FIELDS = [
    {"number": "abc"}, {"number": -1}, {"number": 1.5}, {"number": True}, {"number": 10**40}, {"number": None},
    {"attempt": -1}, {"attempt": [1]}, {"more": 1},
    {"progress": None}, {"progress": {}}, {"progress": [1]}, {"_": "Nothing"}, {"_": None}, {"_": ["Reported"]},
    {"progress_reports": [[math.nan, 0.5]]}, {"progress_reports": [[-1, 0.5]]}, {"progress_reports": [[1.5, 0.5]]},
    {"progress_reports": [[2**31, 0.5]]}, {"progress_reports": [[True, 0.5]]}, {"progress_reports": [[1, "0.5"]]},
    {"progress_reports": [[1, None]]}, {"progress_reports": [[1]]}, {"progress_reports": [[1, 2, 3]]},
    {"progress_reports": {"1": 0.5}}, {"progress_reports": "11"}, {"progress_reports": [[1, True]]},
    {"progress_reports": [[1, 10**400]]}, {"progress_reports": [[1, [[0.5]]]]},
    {"progress_reports": [[1, ["0.5"]]]}, {"progress_reports": [[1, [0.5, None]]]}, {"progress_reports": [[1, {}]]},
    {"progress_user_attrs": [["k", 1]]}, {"progress_user_attrs": [[1, "1"]]},
    {"progress_params": [["x", 0.5]]}, {"progress_checkpoint": {"step": 1}}, {"progress_more": 1},
]  # fmt: skip


@pytest.mark.parametrize("changes", BAD_FIELDS, ids=repr)
def test_a_field_of_another_type_is_refused(changes):
    assert event_from_json(report()).progress.reports == ((1, (0.5,)),)
    with pytest.raises(MessageError):
        event_from_json(report(**changes))


def test_an_int_where_a_float_belongs_is_taken_as_one():
    [(_, (value,)), (_, several)] = event_from_json(report(progress_reports=[[1, [2]], [2, [3, 4.5]]])).progress.reports
    assert (type(value), value) == (float, 2.0)
    assert list(map(type, several)) == [float, float]


def test_a_report_of_version_0_1_0_is_a_single_number():
    text = report(progress_reports=[[1, 0.5], [2, 3], [3, math.nan]])
    assert repr(event_from_json(text).progress.reports) == "((1, (0.5,)), (2, (3.0,)), (3, (nan,)))"


@pytest.mark.parametrize("text", ["[" * 200_000, '{"a":' * 100_000, "9" * 100_000, "1" + "0" * 5_000])
def test_deep_and_long_json_is_refused_without_a_crash(text):
    with pytest.raises(MessageError) as caught:
        event_from_json(text)
    assert len(str(caught.value)) < 2000
    with pytest.raises(InvalidDistributionError):
        json_to_distribution(text)


@pytest.mark.parametrize("row", [None, 1, 1.5, [], {}])
def test_a_log_row_that_is_no_text_is_refused(row):
    with pytest.raises(MessageError):
        event_from_json(row)


def test_only_the_kinds_that_a_way_takes_pass_it():
    claim = m.Claimed(slot="s")
    assert message_from_json(event_to_json(claim).encode(), m.Claimed) == claim
    with pytest.raises(MessageError, match="may send Reported here, got a Claimed"):
        message_from_json(event_to_json(claim).encode(), m.Reported)


def test_a_message_is_bounded_in_bytes_and_in_items():
    def told(n):
        progress = m.Progress(reports=tuple((i, (0.5,)) for i in range(n)))
        return event_to_json(m.Reported(number=0, attempt=1, progress=progress)).encode()

    assert len(message_from_json(told(bounds.MAX_ITEMS), m.Reported).progress.reports) == bounds.MAX_ITEMS
    with pytest.raises(MessageError, match=f"may hold {bounds.MAX_ITEMS} reports, got .* Send them in several"):
        message_from_json(told(bounds.MAX_ITEMS + 1), m.Reported)
    with pytest.raises(MessageError, match=f"may have {bounds.MAX_MESSAGE} bytes, got .* file of a checkpoint"):
        message_from_json(told(1_000_000), m.Reported)


def test_what_is_no_record_is_not_written():
    with pytest.raises(TypeError, match="of type object"):
        to_json([object()])
    assert from_json(to_json([None, True, 1, 1.5, "a"])) == [None, True, 1, 1.5, "a"]


# --- distributions and specs ----------------------------------------------------------------------------------------


@relaxed
@given(distributions)
def test_a_distribution_read_back_is_the_one_written(distribution):
    assert json_to_distribution(distribution_to_json(distribution)) == distribution


@relaxed
@given(junk, st.sampled_from(["FloatDistribution", "IntDistribution", "CategoricalDistribution"]), st.data())
def test_junk_is_no_distribution_and_says_so(value, name, data):
    attributes = data.draw(st.dictionaries(st.sampled_from(["low", "high", "log", "step", "choices"]), junk))
    for tree in (value, {"name": name, "attributes": attributes}, {"name": value, "attributes": attributes}):
        try:
            found = distribution_from_dict(tree)
        except InvalidDistributionError as error:
            brief(error)
        else:
            assert found.contains(found.from_unit(0.5))


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        (FloatDistribution, {"low": "0", "high": 1}),
        (FloatDistribution, {"low": 0.1, "high": 1, "log": "no"}),
        (IntDistribution, {"low": 0, "high": 1, "log": []}),
        (IntDistribution, {"low": 10**400, "high": 10**401}),
    ],
)
def test_texts_and_lists_are_no_bounds(kind, arguments):
    with pytest.raises(InvalidDistributionError):
        kind(**arguments)


def test_a_million_choices_take_a_moment_not_an_hour():
    dist = CategoricalDistribution(list(range(300_000)))
    assert dist.to_internal_repr(299_999) == 299_999
    with pytest.raises(InvalidDistributionError, match="must differ") as caught:
        CategoricalDistribution([*range(300_000), 7])
    assert len(str(caught.value)) < 1000
    with pytest.raises(ValueError, match="use short names"):
        bounds.check_distribution("x", dist)


@pytest.mark.parametrize(
    "made", [RandomSampler(3), GridSampler({"x": [1, "a", None]}, seed=1), ASHAPruner(1, 9, 3), NopPruner()]
)
def test_a_spec_read_back_makes_the_same_algorithm(made):
    spec = json.loads(json.dumps(made.spec()))
    again = (pruner_from_spec if hasattr(made, "judge") else sampler_from_spec)(spec)
    assert again.spec() == made.spec()


@relaxed
@given(junk, st.sampled_from(["RandomSampler", "GridSampler", "ASHAPruner", "NopPruner"]), st.data())
def test_a_spec_of_junk_is_a_value_error(value, name, data):
    names = ["seed", "search_space", "max_failures", "min_resource", "max_resource", "reduction_factor", "mode"]
    arguments = data.draw(st.dictionaries(st.sampled_from(names), junk, max_size=4))
    for spec in (value, {"name": value}, {"name": name, **arguments}, {"name": name, "more": value}):
        for build in (pruner_from_spec, sampler_from_spec):
            try:
                build(spec)
            except ValueError as error:
                brief(error)


def test_specs_whose_rows_no_database_could_hold_are_refused():
    with pytest.raises(ValueError, match="nobody could run them"):
        GridSampler({f"x{i}": range(10) for i in range(19)}, seed=0)
    with pytest.raises(ValueError, match="count epochs"):
        ASHAPruner(1, 10**100, 2)


# --- names and texts ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "a\nb", "\U0001f600", "\u202eabc", "../..", "[red]", "x'; DROP TABLE", "\x1b[2J"])
def test_odd_names_are_names(name):
    bounds.check_name("a name", name)


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "x" * 513, "x" * 10**7])
def test_names_that_no_database_holds_are_refused_in_few_words(name):
    with pytest.raises(ValueError, match="valid Unicode without NUL") as caught:
        bounds.check_name("a name", name)
    assert len(str(caught.value)) < 300


@relaxed
@given(st.text() | st.text('"\\\n\0\U0001f600a'), st.integers(100, 3000))
def test_a_clipped_text_fits_as_json_and_is_whole_when_it_may_be(text, limit):
    long = text * 100
    clipped = bounds.clip(long, limit)
    assert len(json.dumps(clipped)) <= limit
    assert clipped == long or len(json.dumps(long)) > limit


@pytest.mark.parametrize("text", ["{", "nope", "'a'", "[" * 100_000, '"\ud800"', "1" * 70_000])
def test_an_attribute_must_be_json_that_fits(text):
    with pytest.raises(ValueError, match="attribute"):
        bounds.check_json("attribute 'k'", text)
