"""Trials of several processes on clusters of several raylets: who is where, who dies, who waits for whom."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

import raytune_lite as rtl

from ..scripts import ROOT, rows
from ..scripts import run as run_script
from .ranks_script import STEPS, linear_problem
from .raylets import results

pytestmark = [pytest.mark.ray, pytest.mark.timeout(360)]


def run(case: str, folder: Path, *, seconds: float = 340, **variables: str) -> list[dict[str, Any]]:
    """What a case of the script says; none left a placement group."""
    found = results("ranks_script", case, folder, seconds=seconds, **variables)
    assert not any(row["groups_left"] for row in found)
    return found


def test_three_ranks_on_three_nodes_train_and_save_together(tmp_path: Path) -> None:
    (row,) = run("spanning", tmp_path)
    assert row["states"] == ["COMPLETE"] * 2
    assert row["values"] == [[111.0]] * 2
    for attrs in row["attrs"]:
        nodes = attrs["nodes"]
        assert len({node for node, _, _ in nodes}) == 3
        assert [local for _, local, _ in nodes] == [0, 0, 0]
        assert {gpus for _, _, gpus in nodes} <= {"0", "1"}
    assert row["parts"] == ["part-0", "part-1", "part-2"]


def test_rank_1_killed_at_each_step_costs_one_attempt_each(tmp_path: Path) -> None:
    (row,) = run("deaths", tmp_path)
    assert row["states"] == ["COMPLETE"] * len(STEPS)
    assert sorted(row["outcomes"]) == ["complete"] * len(STEPS) + ["worker_crash"] * len(STEPS)
    assert sum("rank 1 of 2" in message for message in row["messages"]) == len(STEPS)


def test_two_studies_whose_groups_do_not_fit_together_take_turns(tmp_path: Path) -> None:
    found = run("two_studies", tmp_path, RTL_TRIALS="6")
    assert [row["states"] for row in found] == [["COMPLETE"] * 6] * 2
    assert all(set(row["outcomes"]) == {"complete"} for row in found)


@pytest.mark.timeout(920)
def test_200_trials_of_two_studies_at_once_run_once_each_with_one_waiting_group_a_study(tmp_path: Path) -> None:
    n = int(os.environ.get("RTL_TRIALS", "100"))
    found = run("two_hundred", tmp_path, seconds=900, RTL_TRIALS=str(n))  # 3.5 s a trial on a machine of load 16
    print([(row["seconds"], row["pending"], row["at_once"], row["looks"]) for row in found])
    params = {}
    for name, row in zip(("one", "two"), found, strict=True):
        assert row["states"] == ["COMPLETE"] * n
        assert row["outcomes"] == ["complete"] * n
        assert (row["pending"] <= 1, row["at_once"]) == (True, 2)
        assert row["looks"] > 20
        params |= {(name, number): given["x"] for number, given in enumerate(row["params"])}
    ran = rows(tmp_path / "ran")
    assert sorted((name, number, rank) for name, number, _, rank, _ in ran) == sorted(
        (name, number, rank) for name, number in params for rank in (0, 1)
    )
    assert all((attempt, x) == (1, params[name, number]) for name, number, attempt, _, x in ran)


def test_four_processes_on_two_nodes_train_as_one_process_with_all_rows_would(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    (row,) = run("four", tmp_path)
    assert row["states"] == ["COMPLETE"] * 2
    for params, reports, attrs in zip(row["params"], row["reports"], row["attrs"], strict=True):
        x, y, net = linear_problem()
        optimizer = torch.optim.SGD(net.parameters(), lr=params["lr"])
        losses = []
        for _ in range(10):
            optimizer.zero_grad()
            loss = ((net(x) - y) ** 2).mean()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        assert list(reports.values()) == pytest.approx(losses, rel=1e-5)
        nodes = attrs["nodes"]
        assert [rank for _, rank, _ in nodes] == [0, 1, 2, 3]
        assert [local for _, _, local in nodes] == [0, 1, 0, 1]
        assert len({node for node, _, _ in nodes}) == 2


def test_a_signal_to_any_rank_makes_all_save_and_costs_no_retry(tmp_path: Path) -> None:
    (row,) = run("sigterm", tmp_path)
    assert row["states"] == ["COMPLETE"] * 2
    assert row["outcomes"] == ["interrupted", "complete"] * 2
    got = "its process got SIGTERM"
    assert row["messages"] == [f"rank 1 of this trial: {got}", "", got, ""]
    saved = [int(value[0]) for value in row["values"]]
    assert all(5 <= step <= 20 for step in saved), saved  # a rank tells rank 0 with its next heartbeat
    assert [len(reports) for reports in row["reports"]] == [30, 30]
    steps = rows(tmp_path / "steps")
    for number in (0, 1):
        for rank in (0, 1):
            first, second = ([s for n, a, r, s in steps if (n, a, r) == (number, i, rank)] for i in (1, 2))
            assert second == list(range(saved[number] + 1, 31))
            assert first in (list(range(1, saved[number] + n)) for n in (1, 2)), "the next step may have begun"


def test_a_rank_that_comes_30_seconds_late_gets_the_same_answers(tmp_path: Path) -> None:
    (row,) = run("lagging", tmp_path)
    assert row["states"] == ["COMPLETE"]
    assert row["seen"][0] == row["seen"][1]
    assert row["seen"][0] == [row["params"][0]["x"], row["params"][0]["y"]]


def test_a_stopped_rank_ends_its_attempt_by_its_silence(tmp_path: Path) -> None:
    row, after = run("stopped", tmp_path)
    assert row["states"] == ["COMPLETE"]
    assert row["outcomes"] == ["lease_expired", "complete"]
    assert "rank 1 of this trial sent no message for 5 s" in row["messages"][0]
    assert after["stopped_is_gone"]


def test_a_lost_node_under_another_rank_costs_the_work_since_the_last_checkpoint(tmp_path: Path) -> None:
    (row,) = run("node_lost", tmp_path)
    assert row["states"] == ["COMPLETE"]
    assert row["values"] == [[3.0]]
    assert len(row["outcomes"]) == 2
    assert row["outcomes"][0] in ("node_lost", "worker_crash")


def test_a_drained_node_under_another_rank_makes_all_ranks_save_and_leave(tmp_path: Path) -> None:
    (row,) = run("drained", tmp_path)
    assert row["states"] == ["COMPLETE"]
    assert row["outcomes"] == ["interrupted", "complete"]
    assert row["values"][0][0] > 1.0  # it went on from what was saved
    assert not row["begun_on_leaving"]


def test_no_trial_meets_at_a_port_that_is_in_use(tmp_path: Path) -> None:
    (row,) = run("port_busy", tmp_path)
    assert row["states"] == ["COMPLETE"] * 4
    assert {attrs["agent"] for attrs in row["attrs"]} == {"True"}


def test_the_example_of_fsdp_goes_on_from_checkpoints_that_both_ranks_wrote(tmp_path: Path) -> None:
    run_script(ROOT / "examples" / "fsdp_digits.py", "--max-trials", 3, folder=tmp_path, seconds=300)
    study = rtl.load_study(storage=f"sqlite:///{tmp_path}/fsdp.db")
    assert any(attempt.resumed_step for attempt in study.attempts)
    assert len(study.trials) == 3
    kept = [{path.name for path in folder.iterdir()} for folder in tmp_path.rglob("step-*") if folder.is_dir()]
    assert all({"__0_0.distcp", "__1_0.distcp", ".metadata"} <= names for names in kept)
    study.close()
