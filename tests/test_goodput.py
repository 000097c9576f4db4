"""Which share of the slot-hours counts, and what they cost, as status, watch and the report show it."""

from __future__ import annotations

import dataclasses
import json

import pytest
from click.testing import CliRunner

import raytune_lite as rl
from raytune_lite.cli import cli
from raytune_lite.core import messages as m
from raytune_lite.core.messages import FailureKind, Outcome
from raytune_lite.display.tables import percent
from raytune_lite.report.html import goodput
from raytune_lite.report.html.document import document
from raytune_lite.report.html.words import slot_time

from .core_tools import OpenSession, reports, study_config

HOUR = 3600.0


@pytest.fixture
def config(storage):
    return study_config(storage, price=2.0)


def told(session, number, attempt=1, trained=0.0, saves=None, step=1):
    ref = None
    if saves is not None:
        directory = session.checkpoints.begin(number, attempt, saves)
        (directory / "x").write_text("x")
        ref = session.checkpoints.publish(directory, number, attempt, saves)
    progress = m.Progress(reports=reports((step, 1.0)), checkpoint=ref, trained=trained)
    session.call(m.Reported(number=number, attempt=attempt, progress=progress))


@pytest.fixture
def study(config, clock, storage):
    """4 h useful; of a lost attempt 1 h kept and 1 h lost; 2 h discarded; and 100 h between two runs."""
    session = OpenSession(config, host=clock)
    for slot in "abc":
        session.call(m.Claimed(slot=slot, node="n"))
    clock.now += 1.0 * HOUR
    told(session, 0, trained=HOUR)
    told(session, 1, trained=HOUR, saves=1)
    told(session, 2, trained=HOUR)
    clock.now += 1.0 * HOUR
    session.call(m.AttemptLost(number=1, attempt=1, kind=FailureKind.WORKER_CRASH))
    session.call(m.AttemptEnded(number=2, attempt=1, outcome=Outcome.FAIL))
    told(session, 0, trained=2 * HOUR, step=2, saves=2)
    session.repository.close()  # killed
    clock.now += 100.0 * HOUR
    again = OpenSession(dataclasses.replace(config, run="run-2", price=4.0), host=clock)
    for slot in "de":
        session = again.call(m.Claimed(slot=slot, node="n"))
    clock.now += 0.5 * HOUR
    for number in (0, 1):
        again.call(m.AttemptEnded(number=number, attempt=2, outcome=Outcome.COMPLETE, values=(1.0,)))
    again.close()
    return rl.load_study(study_name="s", storage=storage)


def test_the_shares_and_the_cost_leave_out_the_time_between_two_runs(study):
    found = goodput.read(study)
    assert found.kept == pytest.approx((2.0 + 1.0 + 0.5 + 0.5) * HOUR, abs=20)
    assert found.lost == pytest.approx(1.0 * HOUR, abs=1)
    assert found.discarded == pytest.approx(2.0 * HOUR, abs=1)
    assert found.all == pytest.approx(7.0 * HOUR, abs=20)
    assert found.share == pytest.approx(4.0 / 7.0, abs=0.01)
    assert found.cost == pytest.approx(6.0 * 2.0 + 1.0 * 4.0, abs=0.02)
    overview = study.overview(3)
    assert overview.worked == pytest.approx(7.0 * HOUR, abs=20)
    assert overview.busy == pytest.approx(2.5 * HOUR, abs=20)


def test_the_core_has_counted_the_same_cost(study, config, clock):
    session = OpenSession(dataclasses.replace(config, run="run-3"), host=clock)
    assert session.state.cost == pytest.approx(goodput.read(study).cost, abs=1e-6)
    session.close()


def test_status_watch_and_the_report_say_the_same(study, storage):
    run = CliRunner()
    said = run.invoke(cli, ["status", "--storage", storage]).output
    assert "  goodput: 57 % (4 h 0 min kept, 1 h 0 min lost, 2 h 0 min discarded)" in said
    assert "  cost: 16.0" in said
    data = json.loads(run.invoke(cli, ["status", "--storage", storage, "--json"]).output)
    assert data["goodput"] == pytest.approx(4 / 7, abs=0.01)
    assert data["cost"] == pytest.approx(16.0, abs=0.02)
    assert data["worked"] == pytest.approx(data["slot_seconds"]["all"])
    shown = run.invoke(cli, ["watch", "--once", "--storage", storage]).output
    assert "goodput 57 % · cost 16.0" in shown
    made = document(study)
    assert made["time"]["goodput"] == data["goodput"]
    assert made["time"]["cost"] == data["cost"]
    assert "Goodput, the share of trained time that counts: 57 %. Cost of the attempts: 16.0" in slot_time(made)
    parts = {part["name"]: part["seconds"] for part in made["time"]["parts"]}
    kept = sum(parts[name] for name in ("useful", "promoted", "pruned", "paused"))
    assert kept / (kept + parts["lost"] + parts["discarded"]) == pytest.approx(data["goodput"])


def test_without_prices_there_is_no_cost_and_without_attempts_nothing(tmp_path):
    study = rl.create_study(storage=f"sqlite:///{tmp_path}/s.db", study_name="s")
    assert goodput.read(study) is None
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=2, executor="inline", show_progress_bar=False)
    assert goodput.read(study).cost is None
    assert goodput.read(study, most=1) is None  # it would take long


@pytest.mark.parametrize(("share", "text"), [(1.0, "100 %"), (0.9999, "99 %"), (0.5, "50 %"), (0.0, "0 %")])
def test_only_a_whole_share_is_100_percent(share, text):
    assert percent(share) == text


@pytest.mark.parametrize(("amount", "text"), [(0.0, "0.00"), (0.00123, "0.0012"), (1234.5, "1,234.50")])
def test_money_has_two_places_or_more_where_it_is_little(amount, text):
    assert goodput.money(amount) == text
