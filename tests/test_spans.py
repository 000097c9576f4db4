"""A study as OpenTelemetry spans: what the protocol's own package reads, and what the database says."""

from __future__ import annotations

import base64
import json

import pytest
from click.testing import CliRunner

import raytune_lite as rl
from raytune_lite.cli import cli
from raytune_lite.report import spans

proto = pytest.importorskip("opentelemetry.proto.trace.v1.trace_pb2")
json_format = pytest.importorskip("google.protobuf.json_format")


def objective(trial):
    x = trial.suggest_float("x", 0, 1)
    trial.suggest_categorical("kind", ["a", None, 3])
    saved = trial.load_checkpoint()
    for step in range(1 if saved is None else saved["step"] + 1, 4):
        trial.save_checkpoint({"step": step}, step=step)
        trial.report(x + 1 / step, step)
        if trial.should_prune():
            raise rl.TrialPruned
    if trial.number == 4:
        raise ValueError("bad\nvery bad")
    return float("inf") if trial.number == 0 else x


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("spans")
    made = rl.create_study(
        storage=f"sqlite:///{folder}/s.db", study_name="s", sampler=rl.samplers.RandomSampler(1),
        pruner=rl.pruners.ASHAPruner(1, 3, 3),
    )  # fmt: skip
    made.optimize(objective, n_trials=9, catch=Exception, executor="inline", show_progress_bar=False)
    return made


def parsed(text):
    """By the protocol's own package. Its JSON reader takes bytes as base64; OTLP writes ids as hexadecimal."""

    def fit(node):
        if isinstance(node, dict):
            return {k: base64.b64encode(bytes.fromhex(v)).decode() if k in ("traceId", "spanId", "parentSpanId") else
                    fit(v) for k, v in node.items()}  # fmt: skip
        return [fit(one) for one in node] if isinstance(node, list) else node

    found = proto.TracesData()
    json_format.Parse(json.dumps(fit(json.loads(text))), found)  # an unknown field is an error
    return found


def all_spans(study):
    return [s for line in spans.lines(study) for rs in parsed(line).resource_spans for ss in rs.scope_spans
            for s in ss.spans]  # fmt: skip


def attributes(owner):
    return {a.key: getattr(a.value, a.value.WhichOneof("value")) for a in owner.attributes}


def test_trials_are_in_the_study_attempts_in_their_trials_and_times_within_times(study):
    found = all_spans(study)
    by_id = {span.span_id: span for span in found}
    assert len(by_id) == len(found) == 1 + len(study.trials) + len(study.attempts)
    assert {len(span.span_id) for span in found} == {8}
    assert {len(span.trace_id) for span in found} == {16}
    assert len({span.trace_id for span in found}) == 1
    (root,) = [span for span in found if not span.parent_span_id]
    assert root.name == "study"
    for span in found:
        assert span.start_time_unix_nano <= span.end_time_unix_nano
        if span is not root:
            parent = by_id[span.parent_span_id]
            assert parent.start_time_unix_nano <= span.start_time_unix_nano
            assert span.end_time_unix_nano <= parent.end_time_unix_nano
            assert ("rtl.attempt" in attributes(span)) == (parent is not root)
    assert root.start_time_unix_nano == round(study.created * 1e9)


def test_attempts_and_trials_say_what_the_database_says(study):
    found = {span.name: span for span in all_spans(study)}
    for trial in study.trials:
        told = attributes(found[f"trial {trial.number}"])
        assert told["rtl.state"] == trial.state.name
        assert told["rtl.params.x"] == trial.params["x"]
        assert told.get("rtl.value") == (trial.values[0] if trial.values else None)
    for attempt in study.attempts:
        span = found[f"trial {attempt.number} attempt {attempt.attempt}"]
        told = attributes(span)
        assert told["rtl.outcome"] == attempt.outcome
        assert told.get("rtl.resumed_step") == attempt.resumed_step
        assert (span.end_time_unix_nano - span.start_time_unix_nano) / 1e9 == pytest.approx(
            attempt.ended - attempt.started, abs=1e-5
        )
        assert span.status.code == {"complete": 1, "exception": 2, "paused": 0}[attempt.outcome]
        if attempt.outcome == "exception":
            assert "bad" in span.status.message
            assert "\n" not in span.status.message


def test_reports_checkpoints_and_rungs_are_events_in_order_of_time(study):
    n = {"report": 0, "checkpoint": 0, "rung": 0}
    reported = {}
    for span in all_spans(study):
        times = [event.time_unix_nano for event in span.events]
        assert times == sorted(times)
        for event in span.events:
            n[event.name] += 1
            assert span.start_time_unix_nano <= event.time_unix_nano <= span.end_time_unix_nano + 1000
            if event.name == "report":
                told = attributes(event)
                reported[attributes(span)["rtl.trial"], told["rtl.step"]] = told["rtl.value"]
    assert reported == {(t.number, step): value for t in study.trials for step, value in t.intermediate_values.items()}
    assert n["checkpoint"] > 0
    assert 0 < n["rung"] <= len(study.rungs)


def test_the_same_study_gives_the_same_bytes_and_another_one_other_ids(study, tmp_path, monkeypatch):
    assert list(spans.lines(study)) == list(spans.lines(study))
    monkeypatch.setattr(spans, "SPANS_A_LINE", 4)
    assert len(list(spans.lines(study))) == -(-(1 + len(study.trials) + len(study.attempts)) // 4)
    other = rl.create_study(storage=f"sqlite:///{tmp_path}/s.db", study_name="s")
    other.optimize(objective, n_trials=1, executor="inline", show_progress_bar=False, catch=Exception)
    assert not {span.span_id for span in all_spans(other)} & {span.span_id for span in all_spans(study)}


def test_the_command_writes_the_lines_and_takes_no_table(study, tmp_path):
    run = CliRunner()
    path = tmp_path / "spans.jsonl"
    url = study.storage
    done = run.invoke(cli, ["export", "--storage", url, "--format", "otlp", "-o", str(path)])
    assert done.exit_code == 0, done.output
    assert path.read_text() == "".join(spans.lines(study))
    said = run.invoke(cli, ["export", "--storage", url, "--format", "otlp", "--table", "rungs"])
    assert said.exit_code != 0
    assert "leave out --table" in said.output
