"""Trials of several processes, with the true driver and true sockets; each process is a thread here."""

from __future__ import annotations

import pickle
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import raytune_lite as rtl
from raytune_lite.checkpoints.store import open_store
from raytune_lite.core.encoding import event_from_json, event_to_json
from raytune_lite.core.messages import AttemptEnded, Failure, FailureKind, Outcome, Progress
from raytune_lite.exceptions import CheckpointError, TrialDivergedError, TrialFailedError
from raytune_lite.runtime.handover import Returned
from raytune_lite.runtime.ranks import fate
from raytune_lite.runtime.ranks.calls import Call, Reply, Said, Start, reply_from_json, reply_to_json
from raytune_lite.runtime.ranks.fate import CONSEQUENCE_PATIENCE, SETTLE, RankEnd, RankLost, decide
from raytune_lite.runtime.ranks.places import Member, arrange, environment, unshared_checkpoints
from raytune_lite.testing import FakeTrial
from raytune_lite.trial import TrialState

from .object_server import BUCKET, serving
from .rank_tools import Killed, optimize


def new_study(folder: Path, **given: Any) -> rtl.Study:
    given.setdefault("sampler", rtl.samplers.RandomSampler(seed=3))
    return rtl.create_study(storage=f"sqlite:///{folder}/ranks.db", **given)


def curve(trial: rtl.Trial) -> float:
    """All kinds of calls: parameters that nobody foresees, reports, decisions, checkpoints."""
    x = trial.suggest_float("x", -5, 5)
    state = trial.load_checkpoint() or {"step": 0}
    if trial.suggest_categorical("kind", ["flat", "steep"]) == "steep":
        x *= trial.suggest_int("factor", 1, 4)
    for step in range(state["step"] + 1, 10):
        trial.save_checkpoint({"step": step}, step)
        trial.report(x * x + 1 / step + 1000 * trial.rank, step)
        if trial.should_prune():
            raise rtl.TrialPruned
    return x * x if trial.rank == 0 else float("nan")


def told(study: rtl.Study) -> list[Any]:
    """What a study holds of its trials, without times."""
    return [(t.number, t.state, t.params, t.intermediate_values, t.values, t.attempt) for t in study.trials]


# --- oracle: the same objective in one process ------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_a_trial_of_several_processes_has_the_params_reports_and_decisions_of_one_process(
    tmp_path: Path, workers: int
) -> None:
    pruner = rtl.pruners.ASHAPruner(1, 9, 3, mode="promote")
    alone, together = (new_study(tmp_path, study_name=name, pruner=pruner) for name in ("alone", "together"))
    alone.optimize(curve, n_trials=9, executor="inline")
    optimize(together, curve, workers, n_trials=9)
    assert told(together) == told(alone)
    assert {trial.state for trial in together.trials} == {TrialState.COMPLETE, TrialState.PRUNED}
    assert any(trial.attempt > 1 for trial in together.trials)


def test_a_rank_that_lags_gets_the_same_answers(tmp_path: Path) -> None:
    seen: dict[int, list[Any]] = {0: [], 1: []}

    def lagging(trial: rtl.Trial) -> float:
        x = trial.suggest_float("x", 0, 1)
        seen[trial.rank].append(x)
        for step in range(3):
            time.sleep(0.2 * trial.rank)
            trial.report(x, step)
            seen[trial.rank].append(trial.should_prune())
        seen[trial.rank].append(trial.suggest_int("late", 0, 1000))
        return x

    study = new_study(tmp_path)
    optimize(study, lagging, 2, n_trials=1)
    assert seen[0] == seen[1]
    assert len(seen[0]) == 5
    assert study.trials[0].state is TrialState.COMPLETE


def test_each_rank_knows_which_one_it_is(tmp_path: Path) -> None:
    seen = []

    def look(trial: rtl.Trial) -> float:
        seen.append((trial.rank, trial.world_size, trial.local_rank))
        return 0.0

    optimize(new_study(tmp_path), look, 3, n_trials=1, nodes=["a", "b", "a"])
    assert sorted(seen) == [(0, 3, 0), (1, 3, 1), (2, 3, 0)]


def test_rank_0_sees_other_trials_and_another_rank_is_told_to_ask_there(tmp_path: Path) -> None:
    seen: dict[int, list[Any]] = {0: [], 1: []}

    def look(trial: rtl.Trial) -> float:
        try:
            seen[trial.rank].append([other.number for other in trial.study.trials])
        except RuntimeError as error:
            seen[trial.rank].append(str(error))
        return 0.0

    optimize(new_study(tmp_path), look, 2, n_trials=2)
    assert seen[0] == [[0], [0, 1]]
    assert len(seen[1]) == 2
    assert all("rank 1 of a trial does not see the study's other trials, rank 0 does" in text for text in seen[1])


def test_a_trial_of_one_process_is_rank_0_of_1(tmp_path: Path) -> None:
    trial = FakeTrial()
    assert (trial.rank, trial.world_size, trial.local_rank) == (0, 1, 0)


# --- ranks that diverge -----------------------------------------------------------------------------------------------


def diverged(tmp_path: Path, of_rank_1: Callable[[rtl.Trial], Any]) -> str:
    """The failure of a trial whose rank 1 does something more."""

    def objective(trial: rtl.Trial) -> float:
        x = trial.suggest_float("x", 0, 1)
        if trial.rank == 1:
            of_rank_1(trial)
        trial.report(x, 1)
        trial.should_prune()
        return x

    with pytest.raises(TrialFailedError) as caught:
        optimize(new_study(tmp_path), objective, 2, n_trials=1)
    return str(caught.value)


def test_a_rank_that_asks_for_one_more_parameter_is_named_with_its_call(tmp_path: Path) -> None:
    text = diverged(tmp_path, lambda trial: trial.suggest_int("extra", 0, 3))
    assert "TrialDivergedError: rank 1 has diverged from rank 0: its call 2 of the trial is suggest('extra', " in text
    assert "that of rank 0 is report(step=1)" in text
    assert "(in rank 1 of 2)" in text


def test_a_rank_that_asks_for_another_range_is_named(tmp_path: Path) -> None:
    def objective(trial: rtl.Trial) -> float:
        return trial.suggest_float("x", 0, 1 + trial.rank)

    with pytest.raises(TrialFailedError, match=r"high=2.0.* and that of rank 0 is suggest\('x'.*high=1.0"):
        optimize(new_study(tmp_path), objective, 2, n_trials=1)


def test_a_rank_that_reports_another_step_or_saves_alone_is_named(tmp_path: Path) -> None:
    assert "is report(step=7), and that of rank 0 is report(step=1)" in diverged(tmp_path, lambda t: t.report(0.0, 7))
    assert "is checkpoint(step=1), and that of rank 0 is report" in diverged(
        tmp_path, lambda trial: trial.save_checkpoint({}, 1)
    )


def test_a_rank_that_returns_early_is_named(tmp_path: Path) -> None:
    def objective(trial: rtl.Trial) -> float:
        if trial.rank == 1:
            return 0.0
        trial.report(1.0, 1)
        return 1.0

    with pytest.raises(TrialFailedError, match="is the end of the objective, and that of rank 0 is report"):
        optimize(new_study(tmp_path), objective, 2, n_trials=1)


def test_a_rank_that_goes_on_when_rank_0_has_returned_is_named(tmp_path: Path) -> None:
    def objective(trial: rtl.Trial) -> float:
        if trial.rank == 1:
            trial.report(1.0, 1)
            trial.should_prune()
        return 1.0

    with pytest.raises(TrialFailedError, match=r"is report.step=1., and that of rank 0 is the end of the objective"):
        optimize(new_study(tmp_path), objective, 2, n_trials=1)


def test_the_error_names_both_and_pickles() -> None:
    error = pickle.loads(pickle.dumps(TrialDivergedError(3, 4, "report(step=2)", "should_prune()")))
    assert (error.rank, error.call) == (3, 4)
    assert "rank 3 has diverged from rank 0: its call 5 of the trial is report(step=2)" in str(error)


# --- what ends a trial ------------------------------------------------------------------------------------------------


def test_an_exception_in_another_rank_fails_the_trial_with_it(tmp_path: Path) -> None:
    def objective(trial: rtl.Trial) -> float:
        trial.report(1.0, 1)
        if trial.rank == 1:
            raise ValueError("bad shard")
        for step in range(2, 1000):
            trial.report(1.0, step)
            if trial.should_prune():
                raise rtl.TrialPruned
            time.sleep(0.01)
        return 1.0

    study = new_study(tmp_path)
    with pytest.raises(TrialFailedError, match=r"ValueError: bad shard .in rank 1 of 2.") as caught:
        optimize(study, objective, 2, n_trials=1)
    assert 'raise ValueError("bad shard")' in str(caught.value)
    assert "ranks/running.py" not in str(caught.value)  # the user's frames only
    assert study.trials[0].state is TrialState.FAIL
    assert 1 in study.trials[0].intermediate_values  # what rank 0 had reported counts


def test_an_exception_that_catch_lists_ends_its_trial_only(tmp_path: Path) -> None:
    def objective(trial: rtl.Trial) -> float:
        if trial.rank == 1 and trial.number == 0:
            raise ValueError("bad shard")
        trial.should_prune()
        return 1.0

    study = new_study(tmp_path)
    optimize(study, objective, 2, n_trials=2, catch=(ValueError,))
    assert [trial.state.name for trial in study.trials] == ["FAIL", "COMPLETE"]


STEPS = ("start", "suggest", "report", "prune", "checkpoint", "end")


@pytest.mark.parametrize("step", STEPS)
def test_the_death_of_rank_1_at_any_step_costs_an_attempt_and_no_result(
    tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fate, "SETTLE", 0.3)
    lives = threading.Event()

    def dies_at(here: str, trial: rtl.Trial) -> None:
        if trial.rank == 1 and here == step and not lives.is_set():
            lives.set()
            raise Killed

    def objective(trial: rtl.Trial) -> float:
        dies_at("start", trial)
        x = trial.suggest_float("x", 0, 1)
        dies_at("suggest", trial)
        first = (trial.resumed_from_step or 0) + 1
        for epoch in range(first, 3):
            with trial.checkpoint_dir(epoch) as directory:
                dies_at("checkpoint", trial)
                (directory / str(trial.rank)).write_text(str(epoch))
            trial.report(x, epoch)
            dies_at("report", trial)
            trial.should_prune()
            dies_at("prune", trial)
        dies_at("end", trial)
        return x

    study = new_study(tmp_path)
    optimize(study, objective, 2, n_trials=1)
    assert [(trial.state, trial.attempt) for trial in study.trials] == [(TrialState.COMPLETE, 2)]
    assert [attempt.outcome for attempt in study.attempts] == ["worker_crash", "complete"]


def test_a_rank_that_falls_silent_ends_the_attempt(tmp_path: Path) -> None:
    release = threading.Event()

    def objective(trial: rtl.Trial) -> float:
        if trial.rank == 1 and trial.attempt == 1:
            release.wait(10)  # as a stopped process: it sends nothing
        trial.report(1.0, 1)
        trial.should_prune()
        if trial.attempt == 1:
            with trial.checkpoint_dir(1):
                pass
        return 1.0

    study = new_study(tmp_path)
    threading.Timer(3.5, release.set).start()
    groups, _ = optimize(study, objective, 2, n_trials=1, lease=1.0)
    assert study.trials[0].attempt == 2
    assert any("rank 1 of this trial sent no message for 1 s" in why for why in groups.deaths)


# --- checkpoints ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["disk", "memory://ranks"])
def test_a_checkpoint_is_published_when_all_ranks_have_written(tmp_path: Path, where: str) -> None:
    found: list[list[str]] = []

    def objective(trial: rtl.Trial) -> float:
        directory = trial.load_checkpoint_dir()
        if directory is not None:
            found.append(sorted(path.name for path in directory.iterdir() if path.name.isdigit()))
        for epoch in range((trial.resumed_from_step or 0) + 1, 10):
            with trial.checkpoint_dir(epoch) as folder:
                time.sleep(0.02 * trial.rank)
                (folder / str(trial.rank)).write_text(str(epoch))
            trial.report(float(trial.number), epoch)
            if trial.should_prune():
                raise rtl.TrialPruned
        return float(trial.number)

    base = str(tmp_path / "ckpt") if where == "disk" else where
    study = new_study(tmp_path, pruner=rtl.pruners.ASHAPruner(1, 9, 3, mode="promote"), checkpoint_dir=base)
    optimize(study, objective, 4, n_trials=4, nodes=["a", "a", "b", "b"])
    assert found
    assert all(names == ["0", "1", "2", "3"] for names in found)


def test_at_a_url_a_part_that_cannot_be_uploaded_publishes_nothing_and_is_tried_again(tmp_path: Path) -> None:
    seen: list[list[str]] = []

    def objective(trial: rtl.Trial) -> float:
        assert trial.load_checkpoint_dir() is None
        if trial.rank == 0 and trial.attempt == 1:
            s3.after(2)  # one of the other node's three files will be there
        elif trial.rank == 0:
            s3.fault = None
            seen.append(open_store(study.checkpoint_root).published())
        with trial.checkpoint_dir(1) as folder:
            for name in "abc":
                (folder / f"{name}-{trial.rank}").write_text(name)
        trial.report(1.0, 1)
        return float(trial.attempt)

    with serving() as s3:
        study = new_study(tmp_path, checkpoint_dir=f"s3://{BUCKET}/ranks")
        optimize(study, objective, 2, n_trials=1, nodes=["a", "b"])
        assert [attempt.outcome for attempt in study.attempts] == ["checkpoint_disk", "complete"]
        uploaded = "a part of the checkpoint trial-00000/attempt-1/step-1 could not be uploaded"
        assert uploaded in study.attempts[0].message
        [(_, ref)] = study.checkpoints
        assert (seen, ref.uri) == ([[]], "trial-00000/attempt-2/step-1")
        store = open_store(study.checkpoint_root)
        assert (store.published(), store.half_written()) == ([ref.uri], [])
        there = {path.name for path in store.verify(ref).glob("[a-c]*")}
        assert there == {f"{name}-{rank}" for name in "abc" for rank in (0, 1)}


def test_at_a_url_two_ranks_may_write_one_name_only_if_they_write_the_same(tmp_path: Path) -> None:
    def objective(trial: rtl.Trial) -> float:
        with trial.checkpoint_dir(1) as folder:
            (folder / "config").write_text("same")
            if trial.number == 1:
                (folder / "part").write_text(str(trial.rank))
        return 1.0

    study = new_study(tmp_path, checkpoint_dir="memory://names")
    with pytest.raises(TrialFailedError, match="two ranks have written different files 'part' into one checkpoint"):
        optimize(study, objective, 3, n_trials=2, nodes=["a", "b", "c"])
    assert [ref.uri for _, ref in study.checkpoints] == ["trial-00000/attempt-1/step-1"]


def test_a_checkpoint_that_one_rank_could_not_write_is_not_published(tmp_path: Path) -> None:
    def objective(trial: rtl.Trial) -> float:
        with trial.checkpoint_dir(1) as folder:
            (folder / str(trial.rank)).write_text("half")
            if trial.rank == 1:
                raise RuntimeError("no shard")
        return 1.0

    study = new_study(tmp_path)
    with pytest.raises(TrialFailedError, match="no shard"):
        optimize(study, objective, 2, n_trials=1)
    assert not list(Path(study.checkpoint_root).rglob("step-*"))


def test_a_local_path_with_ranks_on_two_nodes_is_refused_before_the_trial(tmp_path: Path) -> None:
    study = new_study(tmp_path)
    with pytest.raises(CheckpointError, match=r"2 nodes .a, b., and b does not see .*STRICT_PACK"):
        optimize(study, lambda trial: 1.0, 2, n_trials=1, nodes=["a", "b"], blind=["b"])
    assert not study.trials


def test_what_ranks_on_one_node_do_not_see_is_left_to_the_trial() -> None:
    blind = Member(node="a", ip="", pid=1, sees_checkpoints=False)
    assert unshared_checkpoints([blind, blind], "/x") == ""


# --- who is which rank ------------------------------------------------------------------------------------------------


def test_ranks_go_node_by_node_and_by_the_lowest_gpu() -> None:
    members = [
        Member(node=node, ip=f"ip-{node}", pid=i, gpus=gpus)
        for i, (node, gpus) in enumerate([("b", ("10",)), ("a", ("1", "0")), ("b", ("2",)), ("a", ("3", "2"))])
    ]
    ranks = arrange(members)
    assert [(place.rank, place.member, place.node_rank, place.local_rank) for place in ranks] == [
        (0, 2, 0, 0), (1, 0, 0, 1), (2, 1, 1, 0), (3, 3, 1, 1),
    ]  # fmt: skip
    assert [(place.devices, place.device) for place in ranks] == [
        (("2", "10"), 0), (("2", "10"), 1), (("0", "1", "2", "3"), 0), (("0", "1", "2", "3"), 2),
    ]  # fmt: skip
    assert {place.leader.ip for place in ranks} == {"ip-b"}
    assert {(place.world_size, place.local_world_size, place.n_nodes) for place in ranks} == {(4, 2, 2)}


def test_the_environment_is_that_of_torchrun() -> None:
    members = [Member(node="a", ip="10.0.0.1", pid=i, gpus=(str(i),)) for i in range(2)]
    found = environment(arrange(members)[1], "g", 1234, holds_store=True)
    assert found == {
        "RANK": "1", "LOCAL_RANK": "1", "NODE_RANK": "0", "GROUP_RANK": "0", "WORLD_SIZE": "2",
        "LOCAL_WORLD_SIZE": "2", "MASTER_ADDR": "10.0.0.1", "MASTER_PORT": "1234", "TORCHELASTIC_RUN_ID": "g",
        "TORCHELASTIC_RESTART_COUNT": "0", "TORCHELASTIC_USE_AGENT_STORE": "True",
        "TORCH_NCCL_ASYNC_ERROR_HANDLING": "1", "CUDA_VISIBLE_DEVICES": "0,1", "ACCELERATE_TORCH_DEVICE": "cuda:1",
    }  # fmt: skip
    cpu = environment(arrange([Member(node="a", ip="", pid=1)])[0], "g", 1, holds_store=False)
    assert not {"CUDA_VISIBLE_DEVICES", "ACCELERATE_TORCH_DEVICE"} & set(cpu)
    assert cpu["TORCHELASTIC_USE_AGENT_STORE"] == "False"


def test_what_ranks_say_travels_as_json() -> None:
    reply = Reply((Call("suggest", "'x'", {"a": 1}), Call("report", "step=1")), Start("{}", 7, True), "ended")
    assert reply_from_json(reply_to_json(reply)) == reply
    said = Said(2, since=3, written=1, files={"a/b": (4, "")}, ended=True, failed="why")
    assert Said.from_json(said.to_json()) == said
    here = Member(node="a", ip="b", pid=3, host="c", gpus=("1", "2"), sees_checkpoints=False)
    assert Member.from_json(here.to_json()) == here


# --- what became of a trial -------------------------------------------------------------------------------------------


def end(rank: int, at: float, error: str | None = None, outcome: Outcome = Outcome.COMPLETE) -> RankEnd:
    """A rank's end: with an error, with rank 0's result, or as another rank that has followed."""
    if error is None and rank:
        return RankEnd(rank, at, None)
    failure = None if error is None else Failure(error=error)
    event = AttemptEnded(
        number=5,
        attempt=1,
        outcome=outcome if error is None else Outcome.FAIL,
        failure=failure,
        values=(1.0,) if error is None and outcome is Outcome.COMPLETE else None,
        progress=Progress(reports=((1, (2.0,)),)) if rank == 0 else Progress(),
    )
    return RankEnd(rank, at, (event_to_json(event).encode(), error is not None, True, 1.0, None, ""))


def crash(member: int, at: float = 0.0, kind: FailureKind = FailureKind.WORKER_CRASH) -> RankLost:
    return RankLost(member, at, kind, f"{member} died")


BROKEN = "RuntimeError: [gloo] Connection closed by peer [127.0.0.1]:4711"


def test_the_first_exception_that_is_no_broken_connection_counts() -> None:
    ends = {0: end(0, 1.0, BROKEN), 1: end(1, 3.0, "KeyError: 'a'"), 2: end(2, 2.0, "ValueError: b")}
    found = decide("s", ends, [], 3, 0.0)
    assert isinstance(found, Returned)
    event = event_from_json(found.message or b"")
    assert isinstance(event, AttemptEnded)
    assert event.failure is not None
    assert event.failure.error == "ValueError: b"
    assert event.progress.reports == ((1, (2.0,)),)  # rank 0's


def test_a_death_explains_the_exceptions_of_the_others() -> None:
    ends = {0: end(0, 1.0, "RuntimeError: something odd"), 1: end(1, 1.0, BROKEN)}
    assert decide("s", ends, [crash(2)], 3, 0.0) == crash(2)
    assert decide("s", {0: ends[0]}, [crash(2)], 3, 0.0) is None  # rank 1 may still say something
    assert decide("s", {0: ends[0]}, [crash(2)], 3, SETTLE + 0.1) == crash(2)


def test_rank_0_that_was_told_to_stop_hides_no_death() -> None:
    """Seed 3000037: one rank had raised and another was dead; the trial counted as interrupted, and cost no retry."""
    ends = {0: end(0, 2.0, outcome=Outcome.INTERRUPTED), 1: end(1, 1.0, "RuntimeError: something odd")}
    assert decide("s", ends, [crash(2)], 3, 0.0) == crash(2)


def test_the_first_of_several_deaths_counts_and_the_loss_of_a_node_explains_those_of_its_moment() -> None:
    crashes = [crash(0, 5.0), crash(1, 4.0), crash(2, 4.0, FailureKind.NODE_LOST)]
    assert decide("s", {}, crashes, 3, 0.0) == crashes[2]
    assert decide("s", {}, [crash(0, 3.0), *crashes[1:]], 3, 0.0) == crash(0, 3.0)


def test_a_broken_connection_waits_for_its_cause_and_is_no_failure_of_the_objective() -> None:
    ends = {0: end(0, 1.0, BROKEN)}
    assert decide("s", ends, [], 2, SETTLE + 1) is None
    found = decide("s", ends, [], 2, CONSEQUENCE_PATIENCE + 1)
    assert isinstance(found, RankLost)
    assert found.kind is FailureKind.WORKER_CRASH
    assert "rank 0: RuntimeError: [gloo] Connection closed" in found.message


def test_rank_0_alone_decides_when_nobody_failed() -> None:
    leader = end(0, 1.0)
    assert decide("s", {0: leader}, [], 2, 0.0) is None
    found = decide("s", {0: leader, 1: end(1, 2.0)}, [], 2, 0.0)
    assert isinstance(found, Returned)
    assert not found.failed
    assert found.message == leader.end[0]  # type: ignore[index]
    # a process that dies when all is said costs nothing
    assert isinstance(decide("s", {0: leader}, [crash(1)], 2, 0.0), Returned)
    assert isinstance(decide("s", {0: leader, 1: end(1, 2.0, BROKEN)}, [], 2, 0.0), Returned)
    assert decide("s", {0: RankEnd(0, 1.0, None), 1: end(1, 2.0)}, [], 2, 0.0) == Returned(slot="s")
