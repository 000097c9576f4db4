"""The numbers of a report are those of the database, and those of a naive recomputation."""

from __future__ import annotations

import itertools
import json
import math
import sqlite3
from dataclasses import replace

import optuna
import pytest
import scipy.stats

import raytune_lite as rl
from raytune_lite.core import messages as m
from raytune_lite.core.events import LogEntry
from raytune_lite.pruners import ASHAPruner
from raytune_lite.report.html import again, health, pictures
from raytune_lite.report.html.columns import Columns
from raytune_lite.report.html.compare import paired
from raytune_lite.report.html.document import document
from raytune_lite.report.html.facts import Facts
from raytune_lite.report.html.ladder import Ladder
from raytune_lite.report.html.moments import Moments, Reader
from raytune_lite.report.html.slot_time import SlotTime
from raytune_lite.report.html.timeline import Lanes
from raytune_lite.report.html.words import headline
from raytune_lite.runtime.algorithms import Algorithms
from raytune_lite.storages.records import AttemptRecord
from raytune_lite.study.compaction import compact_study
from raytune_lite.study.surroundings import command
from raytune_lite.trial import StudyDirection, TrialState

from . import studies


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("studies")


@pytest.fixture(scope="module")
def asha(asha_study):
    return asha_study


@pytest.fixture(scope="module")
def found(asha):
    return document(asha)


def query(where, name, sql):
    return sqlite3.connect(f"{where}/{name}.db").execute(sql).fetchall()


def test_it_is_json_without_nan(found):
    assert json.loads(json.dumps(found, allow_nan=False)) == json.loads(json.dumps(found))


def test_counts_are_the_tables(asha_folder, found):
    assert found["study"]["states"] == dict(
        query(asha_folder, "asha", "SELECT state, count(*) FROM rtl_trials GROUP BY state")
    )
    assert found["study"]["outcomes"] == dict(
        query(asha_folder, "asha", "SELECT outcome, count(*) FROM rtl_attempts GROUP BY outcome")
    )
    levels = query(
        asha_folder,
        "asha",
        "SELECT level, count(*), sum(promoted), min(value) FROM rtl_rungs GROUP BY level ORDER BY level",
    )
    assert [(o["level"], o["n"], o["promoted"], o["best"]) for o in found["ladder"]["levels"]] == levels
    assert found["ladder"]["n_promotions"] == sum(row[2] for row in levels)


def test_the_best_is_the_studys_and_optunas(asha_folder, asha, found):
    theirs = optuna.load_study(study_name="asha", storage=f"sqlite:///{asha_folder}/asha.db")
    assert found["best"]["trial"] == asha.best_trial.number == theirs.best_trial.number
    assert found["best"]["values"] == [pytest.approx(theirs.best_value, rel=1e-5)]
    assert {param["name"] for param in found["best"]["params"]} == set(theirs.best_params)
    lr = next(param for param in found["best"]["params"] if param["name"] == "lr")
    assert lr["position"] == pytest.approx((math.log10(theirs.best_params["lr"]) + 4) / 4, abs=1e-5)


def test_the_history_is_the_best_so_far_in_the_order_of_ends(asha, found):
    ended = sorted((t for t in asha.trials if t.state.is_finished()), key=lambda t: (t.datetime_complete, t.number))
    best, expected = math.inf, []
    for place, trial in enumerate(ended, start=1):
        if trial.state is TrialState.COMPLETE and trial.value < best:
            best = trial.value
            expected.append([place, pytest.approx(best, rel=1e-5), trial.number])
    assert found["histories"][0]["best"] == expected
    assert [point[1] for point in found["histories"][0]["points"]] == [trial.number for trial in ended]


def test_before_a_trial_is_complete_the_best_so_far_is_shown_as_what_it_is(folder):
    study = studies.asha(folder, n=2)
    found = document(study)
    best = study.best_so_far
    assert best.where == "rung 1"
    assert (found["best"]["trial"], found["best"]["where"]) == (best.number, best.where)
    assert found["best"]["values"] == [pytest.approx(best.value, rel=1e-5)]
    assert "at rung 1" in headline(found)
    study.close()


def naive_places(study):
    """(trial, level) -> (place, number there) at its promotion, from the rows that a fold of the log gives."""
    algorithms = Algorithms(study._record, study.last_run, None, None)
    state, there, places = algorithms.new_state(), {}, {}
    for at, event, _ in study.kept_log()[1]:
        for row in state.handle(event, at).commands:
            if isinstance(row, m.PutRung):
                there.setdefault(row.level, []).append((row.losses[0], row.number))
            if isinstance(row, m.PromoteRung):
                order = sorted(there[row.level], key=lambda item: item[0])
                places[row.number, row.level] = ([n for _, n in order].index(row.number) + 1, len(order))
    return places


def test_places_of_promotions_are_those_of_a_fold_of_the_log(asha, found):
    places = {(p["trial"], p["level"]): (p["place"], p["of"]) for p in found["ladder"]["promotions"]}
    assert found["ladder"]["has_places"]
    assert len(places) > 15
    assert places == naive_places(asha)
    assert all(place <= of // 3 for place, of in places.values())  # the paper's rule: in the top third
    assert {p["in_place"] for p in found["ladder"]["promotions"]} == {True, False}


def test_a_study_whose_pruner_changed_says_that_places_are_not_known(folder):
    study = studies.new(folder, "changed", pruner=rl.pruners.NopPruner())
    study.optimize(studies.train, n_trials=2, executor="inline", catch=ValueError)
    study.pruner = ASHAPruner(1, 27, 3)
    study.optimize(studies.train, n_trials=6, executor="inline", catch=ValueError)
    ladder = document(study)["ladder"]
    assert not ladder["has_places"]
    assert all(p["place"] is None for p in ladder["promotions"])
    study.close()


def test_slot_time_adds_up_and_each_attempt_has_all_its_seconds(asha, found):
    facts = Facts(asha)
    for attempt in asha.attempts:
        assert sum(facts.time.parts(attempt).seconds.values()) == pytest.approx(attempt.ended - attempt.started)
    worked = sum(a.ended - a.started for a in asha.attempts)
    span = max(a.ended for a in asha.attempts) - min(a.started for a in asha.attempts)
    parts = {part["name"]: part["seconds"] for part in found["time"]["parts"]}
    assert found["time"]["slots"][0]["slots"] == 1
    assert parts["idle"] == pytest.approx(span - worked)
    assert found["time"]["capacity"] == pytest.approx(span)
    failed = sum(a.ended - a.started for a in asha.attempts if asha.trials[a.number].state is TrialState.FAIL)
    assert 0 < parts["discarded"] <= failed
    assert parts["useful"] > 0
    assert parts["promoted"] > 0


def attempt(number, of, started, ended, outcome, resumed=None):
    return AttemptRecord(
        number=number, attempt=of, slot=f"s{number}.{of}", node="n", started=started, ended=ended, outcome=outcome,
        message="", resumed_step=resumed,
    )  # fmt: skip


def reported(at, step):
    progress = m.Progress(reports=((step, (0.5,)),), trained=at - 0.5)
    return LogEntry(float(at), m.Reported(number=0, attempt=1, progress=progress))


def test_lost_time_is_what_came_after_the_step_from_which_the_next_attempt_went_on():
    attempts = [attempt(0, 1, 0.0, 10.0, "worker_crash"), attempt(0, 2, 12.0, 20.0, "complete", resumed=3)]
    log = [
        LogEntry(0.0, m.RunStarted(run="r")),
        *(reported(at, step) for at, step in ((2, 1), (4, 3), (8, 5))),
        LogEntry(20.0, m.AttemptEnded(number=0, attempt=2, outcome=m.Outcome.COMPLETE, values=(0.1,))),
    ]  # fmt: skip
    moments = Reader(attempts, []).read(0, log)
    states = {0: TrialState.COMPLETE}
    time = SlotTime(attempts, states, moments, Ladder([], attempts, states, moments, 1))
    assert time.parts(attempts[0]).seconds == {"start_up": 0.5, "lost": 6.0, "useful": 3.5}
    assert time.parts(attempts[1]).seconds == {"useful": 8.0}
    parts = {part["name"]: part["seconds"] for part in time.document()["parts"]}
    assert parts["idle"] == pytest.approx(2.0)


def test_an_attempt_of_a_dead_run_ends_with_its_runs_last_event_and_not_when_the_next_one_began():
    attempts = [attempt(0, 1, 1.0, 90_000.0, "driver_lost"), attempt(0, 2, 90_001.0, 90_005.0, "complete")]
    log = [
        LogEntry(0.0, m.RunStarted(run="a")),
        LogEntry(7.0, m.Reported(number=0, attempt=1, progress=m.Progress(reports=((1, (0.5,)),)))),
        LogEntry(90_000.0, m.RunStarted(run="b")),
        LogEntry(90_005.0, m.AttemptEnded(number=0, attempt=2, outcome=m.Outcome.COMPLETE, values=(0.1,))),
    ]
    moments, states = Reader(attempts, []).read(0, log), {0: TrialState.COMPLETE}
    time = SlotTime(attempts, states, moments, Ladder([], attempts, states, moments, 1))
    assert time.parts(attempts[0]).seconds == {"lost": 6.0}
    assert time.document()["capacity"] == pytest.approx(10.0)


def test_a_slot_of_an_earlier_run_may_come_again_as_ray_gives_the_ids_of_tasks_again_on_a_new_cluster():
    attempts = [
        replace(attempt(0, 1, 1.0, 5.0, "paused"), slot="a"), replace(attempt(1, 1, 2.0, 6.0, "paused"), slot="b"),
        replace(attempt(1, 2, 60.0, 65.0, "complete", resumed=1), slot="a"),
    ]  # fmt: skip
    claims = [(1.0, "a"), (2.0, "b"), (60.0, "a")]
    log = [LogEntry(0.0, m.RunStarted(run="r")), *(LogEntry(at, m.Claimed(slot=slot)) for at, slot in claims)]
    assert Reader(attempts, []).read(0, log).claims == {(0, 1): 2, (1, 1): 3, (1, 2): 4}


def test_time_in_checkpoints_has_its_name_and_an_attempt_lies_in_the_lanes_of_its_gpu():
    spans = [(0.0, 10.0, "complete"), (0.0, 8.0, "complete"), (1.0, 5.0, "fail")]
    attempts = [attempt(k, 1, *span) for k, span in enumerate(spans)]
    told = [
        m.Progress(trained=9.5, saving=2.0, gpus="1"), m.Progress(trained=7.5, gpus="0"), m.Progress(saving=9.0),
    ]  # fmt: skip
    ended = {"attempt": 1, "outcome": m.Outcome.COMPLETE, "values": (0.1,)}
    log = [LogEntry(0.0, m.RunStarted(run="r"))]
    log += [LogEntry(5.0, m.Reported(number=0, attempt=1, progress=m.Progress(trained=4.5, saving=1.0, gpus="1")))]
    log += [
        LogEntry(one.ended, m.AttemptEnded(number=k, progress=told[k], **ended)) for k, one in enumerate(attempts)
    ]
    moments = Reader(attempts, []).read(0, log)
    states = {0: TrialState.COMPLETE, 1: TrialState.COMPLETE, 2: TrialState.FAIL}
    time = SlotTime(attempts, states, moments, Ladder([], attempts, states, moments, 1))
    assert time.parts(attempts[0]).seconds == pytest.approx({"start_up": 0.5, "useful": 7.5, "checkpoint": 2.0})
    assert "checkpoint" not in time.parts(attempts[2]).seconds  # all of a failed trial is discarded
    drawn = Lanes(time, moments).document()
    assert [(lane["gpus"], lane["lane"]) for lane in drawn["lanes"]] == [("", 0), ("0", 0), ("1", 0)]
    assert {bar[4]: drawn["lanes"][bar[0]]["gpus"] for bar in drawn["bars"]} == {0: "1", 1: "0", 2: ""}


@pytest.mark.parametrize(("saving", "status"), [(0.0, "NONE"), (1.0, "PASS"), (2.0, "WARN"), (4.0, "FAIL")])
def test_checkpoints_that_take_much_of_the_time_are_told(saving, status):
    assert health.checkpoints(saving, 10.0).status == status


def test_what_a_run_was_started_with_is_told_and_what_is_missing_is_named(folder, monkeypatch):
    monkeypatch.setattr("sys.argv", ["pytest", "tests"])  # a worker of xdist has no command line
    study = rl.create_study(storage=f"sqlite:///{folder}/again.db", study_name="again")
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=2, executor="inline", max_concurrent=3,
                   resources={"num_cpus": 2, "runtime_env": {"env_vars": {"TOKEN": "hunter2"}}})  # fmt: skip
    told = document(study)["again"]
    said = dict(told["recorded"])
    assert f"raytune_lite {rl.__version__}" in said["versions"]
    assert said["resources of a trial"] == '{"num_cpus": 2}, at most 3 at once'
    assert "pytest" in said["command"]
    assert told["not_recorded"] == ["the objective's code and its commit"]
    assert "hunter2" not in json.dumps(told)
    assert len(again.not_recorded(m.RunStarted(run="old"))) == 4  # as earlier versions began one


@pytest.mark.parametrize(
    ("argv", "shown"),
    [
        (["train.py", "--lr", "0.1"], "python train.py --lr 0.1"),
        (["/venv/bin/raytune-lite", "run", "train.py:objective"], "raytune-lite run train.py:objective"),
        (["t.py", "--storage", "postgresql://me:hunter2@host/db"], "python t.py --storage 'postgresql://me:***@host/db'"),
        (["t.py", "--api-key", "hunter2", "-n", "3"], "python t.py --api-key '***' -n 3"),
        (["t.py", "--token=hunter2", "-n", "3"], "python t.py '--token=***' -n 3"),
        (["t.py", "--db-password", "hunter2"], "python t.py --db-password '***'"),
        (["t.py", "--max-tokens", "9"], "python t.py --max-tokens '***'"),  # rather too much than too little
        (["t.py", "db.password=hunter2", "lr=0.1"], "python t.py 'db.password=***' lr=0.1"),
        (["-c"], ""),
        (["/lib/ipykernel_launcher.py", "-f", "x.json"], ""),
        ([], ""),
    ],
)
def test_a_command_is_told_without_what_may_be_a_secret(argv, shown):
    assert command(argv) == shown


def test_overlapping_attempts_get_lanes_of_their_own():
    spans = [(0, 4), (1, 3), (3, 6), (4, 5), (10_000, 10_002)]
    attempts = [attempt(k, 1, float(start), float(end), "complete") for k, (start, end) in enumerate(spans)]
    moments, states = Moments(last_at=10_002.0), dict.fromkeys(range(5), TrialState.COMPLETE)
    time = SlotTime(attempts, states, moments, Ladder([], attempts, states, moments, 1))
    drawn = Lanes(time, moments).document()
    assert [bar[0] for bar in drawn["bars"]] == [0, 1, 1, 0, 0]
    assert drawn["n_lanes"] == 2
    assert len(drawn["gaps"]) == 1  # the long time without any attempt is cut out
    assert drawn["length"] == pytest.approx(8 * 1.05)
    for one, other in itertools.combinations(drawn["bars"], 2):
        assert one[0] != other[0] or one[2] <= other[1] or other[2] <= one[1]


def test_the_pareto_front_is_the_studys(folder):
    study = studies.two(folder)
    front = document(study)["front"]
    assert sorted(p[0] for p in front["points"] if p[1]) == [trial.number for trial in study.best_trials]
    assert front["n_front"] == len(study.best_trials)
    study.close()


def test_the_grid_map_is_the_table_of_cells(folder):
    study = studies.grid(folder)
    found = document(study)
    assert found["grid"]["counts"] == {"done": 7, "free": 5}
    assert {c[0]: c[2] for c in found["grid"]["cells"]} == {c.cell: c.number for c in study.cells}
    assert [axis["values"] for axis in found["grid"]["axes"]] == [["1", "2", "3"], ["'u'", "'v'", "'w'", "'x'"]]
    assert found["best"]["values"] == [study.best_value]
    study.close()


def test_importances_are_optunas(asha, found):
    complete = [t for t in asha.trials if t.values is not None and t.state is not TrialState.FAIL]
    share = found["importances"][0]
    assert share["n"] == len([t for t in complete if t.state is TrialState.COMPLETE]) or share["n"] == len(complete)
    assert sum(part for _, part in share["shares"]) == pytest.approx(1, abs=1e-4)
    assert share["shares"][0][0] == "lr"


def test_without_optuna_the_section_says_how_to_install_it(monkeypatch, asha):
    import sys

    monkeypatch.setitem(sys.modules, "optuna", None)
    found = document(asha)
    assert "pip install 'raytune-lite[viz]'" in found["importances"][0]["why_not"]
    assert next(card for card in found["health"] if "parameter" in card["name"])["status"] == "NONE"


# --- cards ---------------------------------------------------------------------------------------------------------


def columns_of(values, params, state=TrialState.COMPLETE):
    dist = rl.distributions.FloatDistribution(0, 1)
    return Columns.read(
        (
            rl.trial.FrozenTrial(number=k, state=state, values=(value,), params={"x": x}, distributions={"x": dist})
            for k, (value, x) in enumerate(zip(values, params, strict=True))
        ),
        (StudyDirection.MINIMIZE,),
    )


@pytest.mark.parametrize(
    ("x", "status"), [(0.5, "PASS"), (0.03, "PASS"), (0.01, "WARN"), (0.99, "WARN"), (1.0, "WARN")]
)
def test_a_best_trial_at_an_edge_warns(x, status):
    assert health.edge(columns_of([1.0, 0.0], [0.5, x]), 1, is_grid=False).status == status


@pytest.mark.parametrize(("n_equal", "status"), [(0, "PASS"), (5, "PASS"), (6, "WARN"), (21, "FAIL")])
def test_duplicates_are_counted(n_equal, status):
    xs = [k / 200 for k in range(100 - n_equal)] + [0.0] * n_equal
    card = health.duplicates(columns_of([0.0] * 100, xs))
    assert card.status == status
    assert card.text.startswith(f"{n_equal} of 100 trials")


@pytest.mark.parametrize(("n", "status"), [(10, "PASS"), (11, "WARN"), (31, "FAIL")])
def test_failures_are_counted_by_kind(n, status):
    every = [attempt(k, 1, 0.0, 1.0, "exception" if k < n else "complete") for k in range(100)]
    card = health.failures([*every, *(attempt(200 + k, 1, 0.0, 1.0, "driver_lost") for k in range(900))])
    assert card.status == status
    assert f"{n} exception" in card.text


def test_the_rank_correlation_is_scipys(asha):
    card = health.lowest_rung(asha.rungs)
    assert card.status in ("PASS", "WARN", "FAIL", "NONE")
    a, b = [1.0, 2.0, 2.0, 5.0, 3.0, 0.5], [3.0, 1.0, 1.0, 9.0, 2.0, 2.0]
    assert health.spearman(a, b) == pytest.approx(scipy.stats.spearmanr(a, b).statistic)
    assert health.spearman([1.0, 1.0], [1.0, 2.0]) == 0.0


def test_a_lowest_rung_in_the_opposite_order_fails():
    from raytune_lite.storages.records import RungRecord

    rungs = [
        RungRecord(number=k, level=level, value=float(k if level == 1 else -k), how="exact", promoted=False)
        for k in range(12) for level in (1, 3)
    ]  # fmt: skip
    card = health.lowest_rung(rungs)
    assert card.status == "FAIL"
    assert "-1.00" in card.text


def test_a_search_that_brings_nothing_new_warns_and_one_that_improves_does_not():
    flat = [1.0 - k / 100 for k in range(60)] + [0.9] * 60
    assert health.flattened(columns_of(flat, [0.5] * 120)).status == "WARN"
    assert health.flattened(columns_of([1.0 - k / 200 for k in range(120)], [0.5] * 120)).status == "PASS"
    assert health.flattened(columns_of([1.0] * 5, [0.5] * 5)).status == "NONE"


# --- size ----------------------------------------------------------------------------------------------------------


def test_thinning_keeps_both_ends_and_the_best():
    assert pictures.thinned(range(10), 20) == list(range(10))
    assert pictures.thinned(range(1000), 5) == [0, 250, 500, 749, 999]
    n = 10_000
    columns = columns_of([abs(k - 7_777) + 1.0 for k in range(n)], [k / n for k in range(n)])
    rows = pictures.rows(columns)
    assert rows["n"] == n
    assert len(rows["rows"]) <= pictures.ROWS
    assert 7_777 in {row[0] for row in rows["rows"]}


def test_curves_are_evenly_spaced_and_bounded_however_many_there_are():
    from raytune_lite.report.html.columns import BEST, SAMPLE

    trials = (
        rl.trial.FrozenTrial(number=k, state=TrialState.COMPLETE, values=(float(k),), intermediate_values={1: float(k)})
        for k in range(5_000)
    )
    found = Columns.read(trials, (StudyDirection.MAXIMIZE,))
    assert found.n_with_curves == 5_000
    assert SAMPLE <= len(found.curves) <= 2 * SAMPLE + BEST
    assert {4_999, 4_998} <= found.curves.keys()  # the best
    steps = {b - a for a, b in itertools.pairwise(sorted(found.curves)[:-BEST])}
    assert len(steps) == 1


# --- two studies ---------------------------------------------------------------------------------------------------


def test_a_paired_comparison_has_the_mean_difference_of_what_both_ran():
    first = {k: float(k) for k in range(20)}
    second = {k: float(k) + 1 + 0.1 * (k % 3) for k in range(10, 40)}
    found = paired(first, second)
    expected = [1 + 0.1 * (k % 3) for k in range(10, 20)]
    assert found["n"] == 10
    assert found["mean"] == pytest.approx(sum(expected) / 10, rel=1e-5)
    assert found["low"] < found["mean"] < found["high"]
    assert paired({1: 0.0}, {1: 1.0}) == {"n": 1, "mean": None, "low": None, "high": None}


def test_a_compacted_study_is_reported_without_places(folder):
    (folder / "c").mkdir()
    study = studies.asha(folder / "c", n=20)
    study.close()
    url = f"sqlite:///{folder}/c/asha.db"
    compact_study(study_name="asha", storage=url)
    found = document(rl.load_study(study_name="asha", storage=url))
    assert found["study"]["n_events_given_up"] > 0
    assert found["study"]["n_trials"] == 20
    assert not found["ladder"]["has_places"]
