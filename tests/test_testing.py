"""What users test with: a trial without a study, a study that leaves nothing, and whether an objective resumes."""

from __future__ import annotations

import os
import random
import re
from pathlib import Path

import pytest

import raytune_lite as rtl
from raytune_lite.exceptions import ObjectiveNotPicklableError
from raytune_lite.testing import FakeTrial, assert_resumable, inline_study

EPOCHS = 4


def train(trial, *, uses="all", saves="all"):
    """A curve with a state of two numbers."""
    lr = trial.suggest_float("lr", 0.01, 0.3, log=True)
    state = {"weight": 1.0, "speed": 0.0, "epoch": 0}
    if uses != "nothing":
        state.update(trial.load_checkpoint() or {})
    for epoch in range(state["epoch"] + 1, EPOCHS + 1):
        state["speed"] = 0.5 * state["speed"] + lr
        state["weight"] *= 1 - state["speed"]
        trial.report(state["weight"], epoch)
        if saves == "nothing" or (saves == "every second" and epoch % 2):
            continue
        kept = {"weight": state["weight"], "epoch": epoch}
        trial.save_checkpoint(kept if saves == "half of it" else {**kept, "speed": state["speed"]}, epoch)
        if trial.should_prune():
            raise rtl.TrialPruned
    return state["weight"]


# --- assert_resumable ------------------------------------------------------------------------------------------------


def test_an_objective_that_resumes_is_killed_at_each_report(tmp_path):
    begun = tmp_path / "begun"

    def objective(trial):
        with begun.open("a") as file:
            file.write(f"{os.getpid()} {trial.resumed_from_step}\n")
        return train(trial)

    assert_resumable(objective, {"lr": 0.1})
    lines = [line.split() for line in begun.read_text().splitlines()]
    assert [step for _, step in lines] == ["None", "None", "None", "None", "1", "None", "2", "None", "3"]
    assert len({pid for pid, _ in lines}) == len(lines), "each run has a process of its own"


def test_checkpoints_may_be_rarer_than_reports():
    assert_resumable(lambda trial: train(trial, saves="every second"), max_kills=2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"saves": "half of it"}, r"killed at report 2 \(step 2\), it went on from the checkpoint of step 1. Step 2 "
         r"gave 0.81 then, and 0.765 without the kill. Something that training depends on"),
        ({"uses": "nothing"}, r"from the checkpoint of step 1, but its first report is of step 1: it trained again"),
        ({"saves": "nothing"}, r"the objective saves no checkpoint: killed at any of its 4 reports"),
    ],
)  # fmt: skip
def test_an_objective_that_does_not_resume_is_found(options, message):
    with pytest.raises(AssertionError, match=message):
        assert_resumable(lambda trial: train(trial, **options), {"lr": 0.1})


def test_a_result_that_differs_is_found():
    def objective(trial):
        return train(trial) + (trial.attempt > 1)

    with pytest.raises(AssertionError, match=r"and returned 1\.\d+ in the end; without the kill 0\."):
        assert_resumable(objective, max_kills=1)


def test_an_objective_that_never_repeats_is_told_apart():
    def objective(trial):
        trial.report(random.random(), 1)
        trial.save_checkpoint({}, 1)
        return 0.0

    with pytest.raises(AssertionError, match="gives other values each time it is run, killed or not: step 1 gave"):
        assert_resumable(objective)


def test_an_objective_that_fails_is_shown_with_its_traceback():
    def objective(trial):
        raise KeyError("no such file")

    with pytest.raises(RuntimeError, match=r"(?s)failed in another process:.*in objective.*KeyError: 'no such file'"):
        assert_resumable(objective)


def test_bad_arguments_are_refused():
    with pytest.raises(AssertionError, match="reports nothing"):
        assert_resumable(lambda trial: 0.5)
    with pytest.raises(TypeError, match="objective must be a function that takes"):
        assert_resumable(3)
    with pytest.raises(ValueError, match=r"rtol must be a number >= 0, got -1"):
        assert_resumable(train, rtol=-1)
    with pytest.raises(ValueError, match="max_kills must be an integer >= 1, got 0"):
        assert_resumable(train, max_kills=0)
    lock = __import__("threading").Lock()
    with pytest.raises(ObjectiveNotPicklableError, match="'lock'"):
        assert_resumable(lambda trial: train(trial) + bool(lock))


# --- FakeTrial -------------------------------------------------------------------------------------------------------


def test_a_fake_trial_gives_the_values_that_it_was_given():
    trial = FakeTrial({"lr": 0.1}, number=7)
    assert train(trial) == pytest.approx(0.9 * 0.85 * 0.825 * 0.8125)
    assert trial.params == {"lr": 0.1}
    assert trial.number == 7
    assert list(trial.reports) == [1, 2, 3, 4]
    assert trial.reports[1] == 0.9


def test_without_values_it_takes_the_middle():
    trial = FakeTrial(n_objectives=2)
    assert trial.suggest_float("x", 0.0, 1.0) == 0.5
    trial.report((1.0, 2.0), 1)
    assert trial.reports == {1: (1.0, 2.0)}


def test_it_is_pruned_where_the_test_says_and_goes_on():
    whole = FakeTrial({"lr": 0.1})
    value = train(whole)
    trial = FakeTrial({"lr": 0.1}, prune_at=2)
    with pytest.raises(rtl.TrialPruned):
        train(trial)
    assert list(trial.reports) == [1, 2]
    later = trial.next_attempt()
    assert (later.attempt, later.resumed_from_step, later.params) == (2, 2, {"lr": 0.1})
    assert train(later) == value
    assert later.reports == whole.reports


def test_what_a_fake_trial_lacks_is_said():
    with pytest.raises(ValueError, match=r"asks for parameter 'lr', and this FakeTrial has x; give it a value"):
        train(FakeTrial({"x": 1}))
    with pytest.raises(ValueError, match=r"parameter 'lr' of this FakeTrial is 7, which is not in FloatDistribution"):
        train(FakeTrial({"lr": 7}))
    with pytest.raises(ValueError, match="number must be an integer >= 0"):
        FakeTrial(number=-1)


# --- inline_study ----------------------------------------------------------------------------------------------------


def test_an_inline_study_runs_here_and_leaves_nothing():
    saved = []

    def objective(trial):
        with trial.checkpoint_dir(1) as folder:
            (folder / "file").write_text("x")
            saved.append((os.getpid(), folder))
        return train(trial)

    with inline_study(pruner=rtl.pruners.ASHAPruner(1, EPOCHS, 2, mode="promote")) as study:
        study.optimize(objective, n_trials=6)
        values = [trial.params for trial in study.trials]
    assert len(values) == 6
    assert {pid for pid, _ in saved} == {os.getpid()}
    assert not any(parent.exists() for _, folder in saved for parent in list(folder.parents)[:3])
    with inline_study() as study:
        study.optimize(train, n_trials=6)
        assert [trial.params for trial in study.trials] == values, "the sampler has a seed"


def test_the_page_runs_as_it_stands():
    page = (Path(__file__).parent.parent / "docs" / "testing.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    assert len(blocks) == 3
    names = {"__name__": "page"}
    for block in blocks:
        exec(compile(block, "docs/testing.md", "exec"), names)
    # and without the speed it says what the page says
    said = re.search(r"^```text\nAssertionError: (.*?)```", page, re.DOTALL | re.MULTILINE)[1]
    forgets = blocks[0].replace("(state, step", '({**state, "speed": 0.0}, step')
    with pytest.raises(AssertionError) as caught:
        exec(compile(forgets, "docs/testing.md", "exec"), names)
    assert str(caught.value).split() == said.split()
