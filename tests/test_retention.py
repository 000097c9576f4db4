"""Which checkpoints of paused trials are kept: by what the run can still promote, and by the limit of bytes."""

from __future__ import annotations

import json
import random

import pytest

import raytune_lite as rtl
from raytune_lite.checkpoints import layout
from raytune_lite.core import messages as m
from raytune_lite.core.messages import Decision
from raytune_lite.core.view import StudyIdentity
from raytune_lite.display.tables import size
from raytune_lite.pruners import ASHAPruner
from raytune_lite.report.summary import summary
from raytune_lite.trial import StudyDirection, TrialState

from .core_tools import Shell, dump, reopened

PAUSED = TrialState.PAUSED


def started(n_trials=None, pruner=None, **more):
    shell = Shell()
    pruner = ASHAPruner(1, 9, 3) if pruner is None else pruner
    shell.do(m.RunStarted, run="r", n_trials=n_trials, pruner=json.dumps(pruner.spec()), checkpoints_kept=2,
             keeps_resumed=True, **{"frees_paused": True, **more})  # fmt: skip
    return shell


def ref(number, attempt=1, step=1, n_bytes=10):
    place = layout.place(number, attempt, step)
    return m.CheckpointRef(step=step, attempt=attempt, uri=place, digest="0" * 64, size=n_bytes)


def begin(shell, n):
    """So many new trials, all under way."""
    return [shell.claim(f"slot {shell.state.next_number}").number for _ in range(n)]


def pause(shell, number, loss, n_bytes=10):
    """It reaches the lowest rung, saves there, and leaves unless it goes on."""
    if shell.report(number, (1, loss), checkpoint=ref(number, n_bytes=n_bytes)) is Decision.PAUSE:
        shell.end(number, "interrupted")


def kept(shell):
    return [trial.number for trial in shell.state.trials.values() if trial.checkpoints]


def test_a_paused_trial_that_the_run_can_no_more_promote_loses_its_checkpoint_at_once():
    shell = started(6)  # at most 6 at the lowest rung: its best 2 go on
    begin(shell, 6)
    pause(shell, 0, 1.0)
    pause(shell, 1, 2.0)
    assert kept(shell) == [0, 1]
    pause(shell, 2, 3.0)
    assert kept(shell) == [0, 1], "two are better already"
    assert shell.state.trials[2].state is PAUSED
    pause(shell, 3, 4.0)
    assert kept(shell) == [0, 1]
    pause(shell, 4, 1.5)
    assert kept(shell) == [0, 4], "and now there are two better than trial 1"
    assert dump(shell.fold()) == dump(shell.state)
    assert dump(reopened(shell.state)) == dump(shell.state)


def test_nothing_is_dropped_while_there_is_no_bound_or_in_runs_of_older_logs():
    for shell in (started(), started(6, frees_paused=False)):
        for number in begin(shell, 5):
            pause(shell, number, float(number))
        assert kept(shell) == [0, 1, 2, 3, 4]


def test_a_run_that_is_extended_may_promote_such_a_trial_which_then_begins_anew():
    shell = started(3)
    for number in begin(shell, 3):
        pause(shell, number, float(number))
    assert kept(shell) == [0]
    shell.do(m.RunExtended, key="more", n_trials=3)
    assert shell.claim("promoted").number == 0
    for number in begin(shell, 3):
        pause(shell, number, float(number))
    again = shell.claim("promoted, too")
    assert (again.number, again.checkpoint, again.last_step) == (1, None, 1)
    assert dump(shell.fold()) == dump(shell.state)


def test_past_the_limit_the_least_promising_trial_loses_its_checkpoint():
    shell = started(max_checkpoint_bytes=35)
    begin(shell, 5)
    for number, loss in enumerate((3.0, 1.0, 2.0)):
        pause(shell, number, loss)
    assert kept(shell) == [0, 1, 2]
    pause(shell, 3, 4.0, n_bytes=5)
    assert kept(shell) == [0, 1, 2, 3], "35 bytes are not too many"
    pause(shell, 4, 2.5)
    assert kept(shell) == [1, 2, 4], "without the worst one it would be 40"
    assert dump(shell.fold()) == dump(shell.state)


def test_a_running_trial_keeps_its_checkpoint_past_the_limit():
    shell = started(pruner=ASHAPruner(5, 9, 3), max_checkpoint_bytes=5)
    number = shell.claim("a").number
    shell.report(number, (1, 1.0), checkpoint=ref(number))
    assert kept(shell) == [number]


@pytest.mark.parametrize("seed", range(60))
def test_no_future_promotes_what_is_out_of_reach_and_few_checkpoints_live(seed):
    """Random studies: who is out of reach once is never promoted; at most N / (eta - 1) + W checkpoints live."""
    rng = random.Random(seed)
    n, slots, top, eta = rng.randint(1, 60), rng.randint(1, 6), rng.choice((3, 9, 27)), rng.choice((2, 3, 4))
    judge = ASHAPruner(1, top, eta).judge(StudyIdentity("s", (StudyDirection.MINIMIZE,)))
    steps, running, paused, lost, most = {}, [], set(), set(), 0
    while True:
        while len(running) < slots:
            found = next((number for number in judge.promotable(paused.__contains__)), None)
            if found is not None:
                assert found not in lost
                judge.promote(found)
                paused.discard(found)
            elif len(steps) < n:
                found = len(steps)
                steps[found] = 0
            else:
                break
            running.append(found)
        if not running:
            break
        number = rng.choice(running)
        steps[number] += 1
        loss = rng.choice((rng.random(), rng.random() / steps[number], 0.5, float("nan")))
        decision = judge.report(number, steps[number], (loss,)).decision
        if decision is not Decision.CONTINUE or steps[number] == top or rng.random() < 0.05:
            running.remove(number)
        if number not in running and decision is Decision.PAUSE:
            paused.add(number)
        elif number not in running:
            judge.end(number, (loss,) if steps[number] == top else None)
        found = judge.out_of_reach(n, len(running))
        assert all(map(judge.is_out_of_reach, found))
        assert not lost & set(found), "named twice"
        lost.update(found)
        other = ASHAPruner(1, top, eta).judge(StudyIdentity("s", (StudyDirection.MINIMIZE,)))
        other.load(json.loads(json.dumps(judge.dump())))
        assert other.limits == judge.limits
        assert [sorted(limit.near) for limit in other.limits] == [sorted(limit.near) for limit in judge.limits]
        most = max(most, len(paused - lost) + len(running))
    assert most <= n / (eta - 1) + slots
    assert {number for number in judge.waiting if judge.is_out_of_reach(number)} == lost & judge.waiting.keys()
    order = list(judge.least_promising())
    assert sorted(order) == sorted(judge.waiting)


def test_a_limit_that_is_no_number_of_bytes_is_refused():
    study = rtl.create_study()
    with pytest.raises(ValueError, match="max_checkpoint_bytes must be an integer >= 1 or None, got 0"):
        study.optimize(lambda trial: 0.0, 1, executor="inline", max_checkpoint_bytes=0)
    study.close()


def test_status_says_what_the_checkpoints_take():
    def objective(trial):
        trial.save_checkpoint({"weights": [0.0] * 100}, 1)
        trial.report(1.0, 1)
        return 1.0

    study = rtl.create_study()
    study.optimize(objective, 2, executor="inline")
    total = sum(kept.size for _, kept in study.checkpoints)
    assert f"  checkpoints: 1 kept, {size(total)}" in summary(study)
    study.close()


@pytest.mark.parametrize(
    ("n_bytes", "shown"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.00 kB"), (12_345, "12.3 kB"), (999_499, "999 kB"), (999_500, "1.00 MB"),
     (9_996_000, "10.0 MB"), (4 * 10**15, "4000 TB")],
)  # fmt: skip
def test_sizes_are_shown_with_three_figures(n_bytes, shown):
    assert size(n_bytes) == shown
