"""What a driver counts of its study, read without Ray; and the files for Prometheus and Grafana."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import raytune_lite as rl
from raytune_lite.core import messages as m
from raytune_lite.core.messages import FailureKind
from raytune_lite.metrics.catalogue import METRICS, PREFIX, STUDY
from raytune_lite.metrics.meter import Meter
from raytune_lite.pruners import ASHAPruner
from raytune_lite.runtime.driver import Driver
from raytune_lite.runtime.handover import Handover
from raytune_lite.runtime.host import RealHost
from raytune_lite.runtime.session import Session

from .core_tools import reports, study_config

SECONDS = "rtl_slot_seconds_total"
MONITORING = Path(__file__).parents[1] / "cluster" / "monitoring"
DATA = Path(__file__).parent / "data"


@pytest.fixture
def config(storage):
    return study_config(storage)


class Bench:
    """A session with a Meter, and a clock that the test sets."""

    def __init__(self, config, clock, **settings):
        self.clock, self.meter = clock, Meter(n_gpus=0.5)
        self.session = Session(dataclasses.replace(config, **settings), host=clock, meter=self.meter)

    def claim(self, slot):
        return self.session.call(m.Claimed(slot=slot, node="n"))

    def report(self, number, *pairs, attempt=1, saves=None):
        ref = None
        if saves is not None:
            directory = self.session.checkpoints.begin(number, attempt, saves)
            (directory / "x").write_text("x" * 10)
            ref = self.session.checkpoints.publish(directory, number, attempt, saves)
        progress = m.Progress(reports=reports(*pairs), checkpoint=ref)
        return self.session.call(m.Reported(number=number, attempt=attempt, progress=progress))

    def end(self, number, outcome, value=None, attempt=1):
        values = None if value is None else (value,)
        event = m.AttemptEnded(number=number, attempt=attempt, outcome=m.Outcome(outcome), values=values)
        return self.session.call(event)

    def lose(self, number, kind, attempt=1):
        return self.session.call(m.AttemptLost(number=number, attempt=attempt, kind=kind))

    def read(self, room=None, n_tasks=0):
        found = self.session.measure(Handover(room=room, n_tasks=n_tasks))
        for name, _ in [*found.gauges, *found.counters]:
            assert name in METRICS
        return found


@pytest.fixture
def bench(config, clock):
    made = Bench(config, clock)
    yield made
    made.session.close()


def test_trials_attempts_reports_and_the_best_value_are_those_of_the_study(bench):
    for slot, value in (("a", 3.0), ("b", 2.0)):
        number = bench.claim(slot).number
        bench.report(number, (1, value), (2, value))
        bench.end(number, "complete", value)
    bench.claim("c")
    found = bench.read()
    assert found.gauges["rtl_trials", "COMPLETE"] == 2
    assert found.gauges["rtl_trials", "RUNNING"] == 1
    assert found.gauges["rtl_best_value", ""] == 2.0
    assert found.counters["rtl_attempts_total", "complete"] == 2
    assert found.counters["rtl_reports_total", ""] == 4
    assert len(found.observed["rtl_commit_seconds"]) >= 7  # three claims, two reports, two ends
    assert len(found.observed["rtl_suggest_seconds"]) == 3
    assert bench.read().observed == {}  # each duration is handed out once


def test_slots_are_busy_idle_or_wanted_and_idle_seconds_add_up_while_the_run_goes_on(bench, clock):
    bench.claim("a")
    found = bench.read(room=4, n_tasks=1)
    assert {k[1]: v for k, v in found.gauges.items() if k[0] == "rtl_slots"} == {"busy": 1, "idle": 3, "wanted": 0}
    clock.now += 10.0
    assert bench.read(room=4, n_tasks=6).gauges["rtl_slots", "wanted"] == 5
    assert bench.read(room=4).counters["rtl_slot_idle_seconds_total", ""] == pytest.approx(30.0)
    bench.session.call(m.StopRequested(reason="enough"))
    clock.now += 10.0
    found = bench.read(room=4)
    assert found.gauges["rtl_slots", "idle"] == 0  # nothing is to begin any more: this is no idleness
    assert found.counters["rtl_slot_idle_seconds_total", ""] == pytest.approx(30.0)


def test_seconds_are_useful_until_the_last_checkpoint_of_a_lost_attempt_and_lost_after_it(bench, clock):
    number = bench.claim("a").number
    clock.now += 5.0
    bench.report(number, (1, 1.0), saves=1)
    clock.now += 3.0
    bench.lose(number, FailureKind.WORKER_CRASH)
    assert bench.read().counters[SECONDS, "lost"] == pytest.approx(3.0)
    assert (SECONDS, "useful") not in bench.read().counters  # its trial may still fail
    assert bench.claim("b").number == number
    clock.now += 2.0
    bench.end(number, "complete", 1.0, attempt=2)
    counters = bench.read().counters
    assert counters[SECONDS, "useful"] == pytest.approx(5.0 + 2.0)
    assert counters["rtl_gpu_seconds_total", "useful"] == pytest.approx(3.5)  # half a GPU a trial
    assert counters["rtl_attempts_total", "worker_crash"] == counters["rtl_attempts_total", "complete"] == 1


def test_all_seconds_of_a_trial_that_failed_are_discarded(bench, clock):
    number = bench.claim("a").number
    clock.now += 4.0
    bench.report(number, (1, 1.0), saves=1)
    assert bench.read().gauges["rtl_checkpoint_bytes", ""] > 0
    clock.now += 1.0
    bench.end(number, "fail")
    counters = bench.read().counters
    assert counters[SECONDS, "discarded"] == pytest.approx(5.0)
    assert (SECONDS, "useful") not in counters
    assert (SECONDS, "lost") not in counters
    assert bench.read().gauges["rtl_checkpoint_bytes", ""] == 0


def test_a_lease_that_runs_out_and_a_promotion_are_counted(config, clock):
    bench = Bench(config, clock, pruner=ASHAPruner(1, 9, 3), lease=30.0, max_checkpoint_bytes=1000)
    for slot in "abc":
        number = bench.claim(slot).number
        assert bench.report(number, (1, float(number)), saves=1) is m.Decision.PAUSE or number == 2
        bench.end(number, "pruned")
    promoted = bench.claim("d")
    assert (promoted.number, promoted.attempt) == (0, 2)
    clock.now += 31.0
    bench.session.tick()
    found = bench.read()
    assert found.counters["rtl_promotions_total", "1"] == 1
    assert found.counters["rtl_leases_expired_total", ""] == 1
    assert found.counters["rtl_attempts_total", "lease_expired"] == 1
    assert found.gauges["rtl_checkpoint_bytes_limit", ""] == 1000
    bench.session.close()


def test_a_driver_that_begins_again_says_how_long_it_took_and_knows_since_when_attempts_run(config, clock):
    first = Bench(config, clock)
    number = first.claim("a").number
    assert "rtl_restart_seconds" not in first.read().observed  # a new study
    first.session.close()
    clock.now += 7.0
    again = Bench(config, clock)
    assert len(again.read().observed["rtl_restart_seconds"]) == 1
    again.end(number, "complete", 1.0)
    assert again.read().counters[SECONDS, "useful"] == pytest.approx(7.0)
    again.session.close()


def test_cost_is_counted_from_the_first_moment_of_the_driver_and_goes_on_while_attempts_run(config, clock):
    bench = Bench(config, clock, price=3600.0)
    bench.claim("a")
    clock.now += 3.0
    assert bench.read().counters["rtl_cost_dollars_total", ""] == pytest.approx(3.0)
    bench.end(0, "complete", 1.0)
    bench.claim("b")
    clock.now += 2.0
    assert bench.read().counters["rtl_cost_dollars_total", ""] == pytest.approx(5.0)
    bench.session.close()
    again = Bench(config, clock, price=3600.0)
    clock.now += 4.0
    assert again.read().counters["rtl_cost_dollars_total", ""] == pytest.approx(4.0)
    again.session.close()


def test_what_was_not_committed_is_not_counted(bench, monkeypatch):
    bench.claim("a")
    monkeypatch.setattr(bench.session.repository, "commit", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        bench.report(0, (1, 1.0))
    assert ("rtl_reports_total", "") not in bench.meter.read(bench.session._state, 0.0).counters


def test_a_meter_lives_as_long_as_its_driver_and_no_driver_has_one_by_itself(config):
    rl.create_study(study_name="t", storage=config.storage).close()
    config = dataclasses.replace(config, study_name="t", n_trials=5)
    driver = Driver(config, RealHost(), print, meter=Meter())
    try:
        driver.ask(m.Claimed(slot="a", node="n"))
        driver._drop_session()  # as after the database has failed
        driver.ask(m.Claimed(slot="b", node="n"))
        found = driver.query(lambda session: session.measure(driver.handover))
        assert len(found.observed["rtl_suggest_seconds"]) == 2
    finally:
        driver.close()
    other = Driver(dataclasses.replace(config, run="run-2"), RealHost(), print)
    try:
        assert other.query(lambda session: session.measure(other.handover)) is None
    finally:
        other.close()


# --- the files for Prometheus and Grafana ---------------------------------------------------------------------------


def rules():
    yaml = pytest.importorskip("yaml")
    (group,) = yaml.safe_load((MONITORING / "rules.yaml").read_text())["groups"]
    return group["rules"]


def dashboard():
    return json.loads((MONITORING / "grafana.json").read_text())


def expressions():
    for rule in rules():
        yield rule["alert"], rule["expr"]
    board = dashboard()
    for panel in board["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            yield variable["name"], variable["query"]["query"]


def test_each_expression_names_metrics_that_are_exported_and_labels_that_they_have():
    found = list(expressions())
    assert len(found) > 20
    used = set()
    for where, text in found:
        names = re.findall(r"\bray_\w+", text)
        assert names, where
        for name in names:
            metric = METRICS.get(name.removeprefix(PREFIX))
            if metric is None:
                base, _, part = name.removeprefix(PREFIX).rpartition("_")
                metric = METRICS.get(base)
                assert metric is not None, f"{where}: no metric {name}"
                assert metric.kind == "histogram", f"{where}: {name}"
                assert part in ("bucket", "count", "sum"), f"{where}: {name}"
            used.add(metric.name)
        allowed = {STUDY, "le"} | {label for name in METRICS if name in text for label in METRICS[name].labels}
        matched = [label for inside in re.findall(r"\{([^}]*)\}", text) for label in re.findall(r"(\w+)[=!]", inside)]
        grouped = [label.strip() for inside in re.findall(r"\b(?:by|on) \(([^)]*)\)", text)
                   for label in inside.split(",")]  # fmt: skip
        assert {*matched, *grouped} <= allowed, where
    assert used == set(METRICS), "a metric that nothing shows"


def test_the_alert_on_failures_lists_kinds_that_there_are():
    (text,) = re.findall(r'kind=~"([^"]*)"', next(rule["expr"] for rule in rules() if "Fail" in rule["alert"]))
    kinds = {kind.value for kind in FailureKind}
    assert kinds - set(text.split("|")) == {"driver_lost", "stopped"}  # these are nobody's fault
    assert set(text.split("|")) <= kinds


def test_the_rules_are_four_and_each_says_what_to_do():
    found = rules()
    assert len(found) == 4
    for rule in found:
        assert rule["annotations"].keys() == {"summary", "description"}
        assert "$labels.study" in rule["annotations"]["summary"]


def test_the_dashboard_has_panels_that_do_not_overlap_and_asks_the_source_that_is_chosen():
    board = dashboard()
    places = set()
    for panel in board["panels"]:
        at = panel["gridPos"]
        mine = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not mine & places
        assert at["x"] + at["w"] <= 24
        places |= mine
        for target in panel["targets"]:
            assert target["datasource"] == panel["datasource"] == {"type": "prometheus", "uid": "${source}"}
            assert 'study=~"$study"' in target["expr"]
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed (Debian: prometheus)")
def test_prometheus_own_tool_takes_the_rules_and_each_alert_fires_where_it_should():
    for command in (["check", "rules", MONITORING / "rules.yaml"], ["test", "rules", DATA / "rules_test.yaml"]):
        done = subprocess.run(["promtool", *command], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_page_lists_each_metric_with_its_kind_and_label():
    page = (Path(__file__).parents[1] / "docs" / "metrics.md").read_text()
    rows = dict(re.findall(r"^\| `(rtl_\w+)` \| (\w+ \| (?:`\w+`)?)", page, re.MULTILINE))
    wanted = {
        name: f"{metric.kind} | {''.join(f'`{label}`' for label in metric.labels)}" for name, metric in METRICS.items()
    }
    assert rows == wanted
