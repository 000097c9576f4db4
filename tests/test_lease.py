"""``lease=``: how long an attempt is trusted without a message, and who says so when it was over. Starts no Ray."""

from __future__ import annotations

from typing import Any

import pytest
from click.testing import CliRunner

import raytune_lite as rtl
from raytune_lite.cli import cli
from raytune_lite.core.messages import FailureKind
from raytune_lite.runtime.config import LEASE, RunConfig
from raytune_lite.runtime.handover import Lost
from raytune_lite.runtime.host import RealHost
from raytune_lite.runtime.on_ray import execute, tasks
from raytune_lite.runtime.on_ray.worker_logs import read_log


@pytest.fixture
def configs(monkeypatch: pytest.MonkeyPatch) -> list[RunConfig]:
    """What would be run on Ray."""
    found: list[RunConfig] = []
    monkeypatch.setattr(execute, "execute", lambda run, *_: found.append(run.config))
    return found


def test_a_lease_is_what_the_run_is_started_with(configs: list[RunConfig], storage: str) -> None:
    study = rtl.create_study(storage=storage, study_name="s")
    study.optimize(lambda trial: 1.0, n_trials=1)
    study.optimize(lambda trial: 1.0, n_trials=1, lease=600)
    study.close()
    assert [config.lease for config in configs] == [LEASE, 600]


@pytest.mark.parametrize("lease", [0, 4.9, float("nan"), -1])
def test_a_lease_shorter_than_a_few_messages_is_refused(lease: float, storage: str) -> None:
    with pytest.raises(ValueError, match="lease must be >= 5 seconds, got"):
        rtl.create_study(storage=storage).optimize(lambda trial: 1.0, n_trials=1, lease=lease)


def test_the_command_line_has_it(
    configs: list[RunConfig], storage: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "train.py").write_text("def objective(trial):\n    return 1.0\n")
    monkeypatch.chdir(tmp_path)
    command = ["run", "train.py:objective", "--storage", storage, "--n-trials", "1", "--lease"]
    assert CliRunner().invoke(cli, [*command, "300"]).exit_code == 0
    assert [config.lease for config in configs] == [300]
    assert CliRunner().invoke(cli, [*command, "1"]).exit_code == 2


def test_a_worker_that_ended_because_its_lease_was_over_says_how_to_get_a_longer_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    switched = read_log("Timeout (0:01:02)!\nThread 0x1\n")
    monkeypatch.setattr(tasks.ExitReader, "ask", lambda reader, places: None)
    monkeypatch.setattr(tasks.ExitReader, "answered", lambda reader, at_once: {"a": switched})

    class Calls:
        def locate(self, slots: Any) -> Any:
            return [("node", 1) for _ in slots]

    lost = [Lost(slot="a", kind=FailureKind.WORKER_CRASH, message="The worker died unexpectedly")]
    [found] = tasks.RayTasks(None, {}, RealHost()).explain(lost, Calls())  # type: ignore[arg-type]
    assert found.kind is FailureKind.LEASE_EXPIRED
    assert "optimize(lease=...) or --lease" in found.message
