"""The metrics endpoint of a real node. The session's Ray collects none, so one starts in a process of its own."""

from __future__ import annotations

import json
import os
import textwrap
from pathlib import Path

import pytest

from raytune_lite.metrics.catalogue import METRICS, PREFIX

from ..scripts import run

pytestmark = [pytest.mark.ray, pytest.mark.timeout(180)]

SCRIPT = textwrap.dedent("""
    import json, sys, time, urllib.request
    import ray, raytune_lite as rl

    def objective(trial):
        for step in (1, 2, 3):
            trial.report(trial.suggest_float("x", 0.0, 1.0), step)
            if trial.should_prune():
                raise rl.TrialPruned
        if trial.number == 3:
            raise ValueError("bad")
        return 1.0

    ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR",
             object_store_memory=80 << 20, _system_config={"metrics_report_interval_ms": 500})
    def served(metric, study):
        return [line[line.rindex(" "):] for line in text.splitlines() if metric in line and f'study="{study}"' in line]

    node, reports = ray.nodes()[0], {}
    url = f"http://{node['NodeManagerAddress']}:{node['MetricsExportPort']}/metrics"
    for name in ("first", "second"):  # two studies, one driver process
        study = rl.create_study(study_name=name, storage=f"sqlite:///{sys.argv[1]}/{name}.db",
                                pruner=rl.pruners.ASHAPruner(1, 3, 3))
        study.optimize(objective, n_trials=6, catch=Exception, max_checkpoint_bytes=1000, show_progress_bar=False)
        trials = {state: sum(t.state.name == state for t in study.trials) for state in ("COMPLETE", "FAIL", "PRUNED")}
        reports[name] = sum(len(t.intermediate_values) for t in study.trials)
        print("stored", name, len(study.attempts), reports[name], json.dumps(trials), sep=";")
    end = time.monotonic() + 60
    text = ""
    while not all(f" {n}.0" in served("rtl_reports_total", name) for name, n in reports.items()):
        assert time.monotonic() < end, text
        time.sleep(0.2)
        try:
            text = urllib.request.urlopen(url, timeout=5).read().decode()
        except OSError:
            pass
    time.sleep(1.5)  # what was exported together may be collected in two parts
    print(urllib.request.urlopen(url, timeout=5).read().decode())
    ray.shutdown()
""")


def samples(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Value by name and labels, of our metrics, without the labels that Ray adds."""
    from prometheus_client.parser import text_string_to_metric_families as families

    found = {}
    for family in families(text):
        for sample in family.samples:
            if sample.name.startswith(f"{PREFIX}rtl_"):
                ours = {k: v for k, v in sample.labels.items() if k in ("study", "state", "kind", "rung", "outcome")}
                found[sample.name, frozenset(ours.items())] = sample.value
    return found


def test_a_node_serves_the_numbers_of_each_study_for_prometheus(tmp_path: Path) -> None:
    env = {**os.environ, "RAY_enable_metrics_collection": "1", "HOME": str(tmp_path)}
    done = run("-c", SCRIPT, tmp_path, env=env)
    stored = [line.split(";") for line in done.stdout.splitlines() if line.startswith("stored;")]
    text = "\n".join(line for line in done.stdout.splitlines() if not line.startswith("stored;"))
    found = samples(text)
    assert len(stored) == 2
    for _, name, n_attempts, n_reports, states in stored:

        def value(metric: str, study: str = name, **labels: str) -> float:
            return found[f"{PREFIX}{metric}", frozenset({"study": study, **labels}.items())]

        for state, n in json.loads(states).items():
            assert value("rtl_trials", state=state) == n
        assert value("rtl_reports_total") == float(n_reports)
        of_study = [v for (metric, labels), v in found.items() if metric == f"{PREFIX}rtl_attempts_total"
                    and ("study", name) in labels]  # fmt: skip
        assert sum(of_study) == float(n_attempts)
        assert value("rtl_best_value") == 1.0
        assert value("rtl_checkpoint_bytes_limit") == 1000.0
        assert value("rtl_commit_seconds_count") > 0
        assert value("rtl_slots", state="busy") == 0.0  # the run is over
        assert value("rtl_slot_seconds_total", outcome="useful") > 0.0
    kinds = {name: metric.kind for name, metric in METRICS.items()}
    types = dict(line.split()[2:4] for line in text.splitlines() if line.startswith(f"# TYPE {PREFIX}rtl_"))
    for name, kind in types.items():
        assert kinds[name.removeprefix(PREFIX)] == kind
    assert "trial=" not in text.replace("otel", "")
    assert "number=" not in text
