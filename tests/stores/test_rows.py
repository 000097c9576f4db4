"""Rows become the same tables in every store, however they are cut into batches."""

from __future__ import annotations

import json
import math
import random

import pytest

from raytune_lite.core import messages as m
from raytune_lite.core.encoding import event_from_json
from raytune_lite.storages.memory import Tables
from raytune_lite.storages.shapes import SHAPES
from raytune_lite.trial import StudyDirection, TrialState

from ..core_tools import T0
from ..histories.folding import Folded, lines_of, recorded
from .places import KIND, LAYERS, LR, REF, begin, comparable, new, subclasses

ROWS = [
    new(0, cell=10**12, started=1.25),
    *[m.PutParam(number=0, param=param) for param in (LR, LAYERS, KIND)],
    begin(0, slot="slot", started=1.25),
    *[m.PutReport(number=0, step=i, values=(v,)) for i, v in enumerate([0.5, math.inf, -math.inf, math.nan])],
    m.PutReport(number=0, step=9, values=(math.nan, 0.1)),
    m.PutAttr(number=0, key="k'\"\n", value_json='{"ü": [1, null]}'),
    m.PutAttr(number=0, key="sys", value_json="1", system=True),
    m.PutCheckpoint(number=0, checkpoint=REF),
    m.PutRung(number=0, level=3, losses=(0.5,), how="exact", bracket=2),
    m.PutRung(number=0, level=9, losses=(math.nan, 1 / 3), how="failed"),
    m.PromoteRung(number=0, level=3, bracket=2),
    m.PutCell(number=0, cell=10**12, state="LEASED", failures=2),
    m.EndAttempt(
        number=0, attempt=1, outcome="paused", ended=2.5, message="bad \0 \udcff", exit_code=-9, stderr_tail="Zo\udcff",
        gpu_peak=24 << 30,
    ),
    begin(0, attempt=2, slot="slot2", started=3.0, resumed_step=4, num_gpus=0.1429),
    m.BeginAttempt(number=0, attempt=2, node="n2", started=3.5),
    m.PutValues(number=0, values=(math.inf, 0.1)),
    m.SetState(number=0, state=TrialState.PAUSED, attempt=2, completed=4.5),
]
FINITE = {"value_type": "FINITE"}
EXPECTED = {
    "trials": {(0,): {"state": "RUNNING"}},
    "rtl_trials": {(0,): {"state": "PAUSED", "attempt": 2, "cell": 10**12}},
    "trial_intermediate_values": {
        (0, step): {"intermediate_value": value, "intermediate_value_type": kind}
        for step, value, kind in [
            (0, 0.5, "FINITE"), (1, None, "INF_POS"), (2, None, "INF_NEG"), (3, None, "NAN"), (9, None, "NAN"),
        ]
    },
    "rtl_reports": {(0, 9): {"values_json": "[NaN, 0.1]"}},
    "trial_values": {(0, 0): {"value": None, "value_type": "INF_POS"}, (0, 1): {"value": 0.1, **FINITE}},
    "trial_user_attributes": {(0, "k'\"\n"): {"value_json": '{"ü": [1, null]}'}},
    "trial_system_attributes": {(0, "sys"): {"value_json": "1"}},
    "rtl_attempts": {
        (0, 1): {
            "slot": "slot", "node": "n", "started": 1.25, "ended": 2.5, "outcome": "paused",
            "message": "bad \\x00 \\udcff", "resumed_step": None, "exit_code": -9, "stderr_tail": "Zo\\udcff",
            "num_gpus": None, "gpu_peak": 24 << 30,
        },
        (0, 2): {
            "slot": "slot2", "node": "n2", "started": 3.5, "ended": None, "outcome": None, "message": "",
            "resumed_step": 4, "exit_code": None, "stderr_tail": None, "num_gpus": 0.1429, "gpu_peak": None,
        },
    },
    "rtl_checkpoints": {(0, REF.uri): {"attempt": 1, "step": 4, "digest": "ab" * 32, "size": 1 << 40}},
    "rtl_rungs": {
        (0, 3): {"value": 0.5, **FINITE, "how": "exact", "promoted": True, "bracket": 2, "losses_json": None},
        (0, 9): {
            "value": None, "value_type": "NAN", "how": "failed", "promoted": False, "bracket": 0,
            "losses_json": f"[NaN, {1 / 3!r}]",
        },
    },
    "rtl_grid_cells": {(10**12,): {"state": "LEASED", "number": 0, "failures": 2}},
}  # fmt: skip


def test_the_list_of_rows_above_is_complete():
    assert {type(row) for row in ROWS} | {m.DropCheckpoint, m.AdoptTrial} == subclasses(m.Row)
    assert set(EXPECTED) | {"trial_params", "rtl_slots"} == set(SHAPES)


@pytest.mark.parametrize("size", [1, 3, 100])
def test_every_row_is_stored_in_its_columns(place, store, study, epoch, size):
    for first in range(0, len(ROWS), size):
        store.commit(study, epoch, [], ROWS[first : first + size])
    tables = place.tables(study)
    assert {name: tables[name] for name in EXPECTED} == EXPECTED
    params = {key[1]: row["param_value"] for key, row in tables["trial_params"].items()}
    assert params == {"lr": 1e-3, "layers": 3.0, "kind": 1.0}
    kind = tables["trial_params"][0, "kind"]["distribution_json"]
    assert kind["attributes"]["choices"] == [None, True, 1.5, "a'\";--"]
    assert {key: row["attempt"] for key, row in tables["rtl_slots"].items()} == {(0,): 2}


def rows_of(value):
    return [
        m.PutParam(number=0, param=m.ParamValue(name="lr", value=value, distribution=LR.distribution)),
        m.PutReport(number=0, step=1, values=(value,)),
        m.PutReport(number=0, step=2, values=(value, value)),
        m.PutRung(number=0, level=1, losses=(value,), how="exact"),
        m.PutValues(number=0, values=(value,)),
        m.PutAttr(number=0, key="k", value_json=json.dumps(value)),
        m.PutCheckpoint(number=0, checkpoint=m.CheckpointRef(step=1, attempt=1, uri="u", digest=str(value), size=1)),
        m.PutCell(number=0, cell=0, state=str(value), failures=0),
    ]


@pytest.mark.parametrize("batches", [[[0.25, 0.5, 0.75]], [[0.25], [0.5, 0.75]], [[0.25], [0.5], [0.75]]], ids=len)
def test_the_first_value_of_a_param_a_report_and_a_rung_stands_and_the_last_of_all_else(
    place, store, study, epoch, batches
):
    store.commit(study, epoch, [], [new(0)])
    for values in batches:
        store.commit(study, epoch, [], [row for value in values for row in rows_of(value)])
    tables = place.tables(study)
    assert tables["trial_params"][0, "lr"]["param_value"] == 0.25
    assert tables["trial_intermediate_values"][0, 1]["intermediate_value"] == 0.25
    assert tables["rtl_reports"][0, 2]["values_json"] == "[0.25, 0.25]"
    assert tables["rtl_rungs"][0, 1]["value"] == 0.25
    assert tables["trial_values"][0, 0]["value"] == 0.75
    assert tables["trial_user_attributes"][0, "k"]["value_json"] == "0.75"
    assert tables["rtl_checkpoints"][0, "u"]["digest"] == "0.75"
    assert tables["rtl_grid_cells"][0,]["state"] == "0.75"


def test_a_rung_entry_that_is_there_is_promoted_also_where_it_is_put_again(place, store, study, epoch):
    put, promote = m.PutRung(number=0, level=1, losses=(0.5,), how="exact"), m.PromoteRung(number=0, level=1)
    store.commit(study, epoch, [], [new(0), put])
    again = m.PutRung(number=0, level=1, losses=(0.75,), how="late")
    store.commit(study, epoch, [], [again, promote])
    [row] = place.tables(study)["rtl_rungs"].values()
    assert (row["value"], row["how"], row["promoted"]) == (0.5, "exact", True)


def test_of_a_checkpoint_put_and_dropped_in_one_batch_the_last_change_counts(place, store, study, epoch):
    put, drop = m.PutCheckpoint(number=0, checkpoint=REF), m.DropCheckpoint(number=0, uri=REF.uri)
    for rows, n in (([new(0), put, drop], 0), ([drop, put], 1), ([put, drop, put], 1), ([drop], 0), ([drop], 0)):
        store.commit(study, epoch, [], rows)
        assert len(place.tables(study)["rtl_checkpoints"]) == n


def test_states_follow_each_other_in_order_within_a_batch(place, store, study, epoch):
    states = [m.SetState(number=0, state=state, attempt=1) for state in TrialState]
    store.commit(study, epoch, [], [new(0, TrialState.WAITING, 0), *states])
    assert place.tables(study)["rtl_trials"] == {(0,): {"state": states[-1].state.name, "attempt": 1, "cell": None}}


def test_an_end_of_nothing_and_a_drop_of_nothing_change_nothing(place, store, study, epoch):
    store.commit(study, epoch, [], [new(0)])
    before = place.tables(study)
    store.commit(study, epoch, [], [
        m.EndAttempt(number=0, attempt=7, outcome="complete", ended=1.0), m.DropCheckpoint(number=0, uri="u"),
        m.PromoteRung(number=0, level=9),
    ])  # fmt: skip
    assert place.tables(study) == before


@pytest.mark.parametrize("path", recorded(), ids=lambda path: path.stem)
def test_a_recorded_history_leads_to_the_same_tables_however_it_is_cut_into_batches(place, store, path):
    """In memory row after row, in SQL a batch of changes at once: of two ways that differ, one is wrong."""
    history = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    directions, times = history["directions"], history.get("at")
    study = place.create_study("s", [StudyDirection[name] for name in directions], T0)
    epoch = store.acquire(study, run="r", lease=1e9, now=T0)
    state, expected, batch, chance = Folded(directions).state, Tables(), ([], []), random.Random(path.stem)
    for seq, line in enumerate(lines_of(path)):
        if chance.random() < 0.2:
            store.commit(study, epoch, *batch)
            batch = [], []
        event, at = event_from_json(line), times[seq] if times else json.loads(line)["at"]
        if isinstance(event, m.TrialAdded) and event.imported:
            store.commit(study, epoch, *batch)  # the other program takes the next number
            batch = [], []
            expected.put_external(event)
            place.put_external(study, event)
        rows = [row for row in state.handle(event, at).commands if isinstance(row, m.Row)]
        for row in rows:
            expected.apply([row])
        batch[0].append(m.LogEntry(at, event))
        batch[1].extend(rows)
    store.commit(study, epoch, *batch)
    assert place.tables(study) == comparable(expected.tables)
    assert len(store.events(study)) == len(lines_of(path))
