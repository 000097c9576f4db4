"""Pruners in studies: of several objectives, of the user's own, and what samplers see of them."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import optuna
import pytest

import raytune_lite as rtl
from raytune_lite.core import messages as m
from raytune_lite.core.messages import Decision
from raytune_lite.core.protocols import Verdict
from raytune_lite.core.schedules import Levels
from raytune_lite.core.view import Rung, StudyView
from raytune_lite.pruners import ASHAPruner, MedianPruner, NopPruner
from raytune_lite.samplers import RandomSampler
from raytune_lite.trial import StudyDirection, TrialState

from ..core_tools import Shell, dump

MINIMIZE, MAXIMIZE = StudyDirection.MINIMIZE, StudyDirection.MAXIMIZE
DOCS = Path(__file__).parents[2] / "docs"

# --- several objectives ----------------------------------------------------------------------------------------------


def of_two(trial):
    x = trial.suggest_float("x", 0.0, 1.0)
    for step in range(1, 4):
        trial.report((x / step, math.nan if step == 2 else step), step)
        if trial.should_prune():
            raise rtl.TrialPruned
    if x < 0.5:
        raise rtl.TrialPruned
    return x, 1.0 - x


def two(storage=None, **arguments):
    return rtl.create_study(directions=["minimize", "maximize"], sampler=RandomSampler(1), storage=storage, **arguments)


def test_a_study_of_several_objectives_keeps_the_first_one_where_optuna_has_room_for_one(storage):
    study = two(storage, study_name="s")
    study.optimize(of_two, n_trials=6, executor="inline")
    for trial in study.trials:
        x = trial.params["x"]
        assert trial.intermediate_values == {1: x, 2: x / 2, 3: x / 3}
        assert repr(trial.reports) == repr({1: (x, 1.0), 2: (x / 2, math.nan), 3: (x / 3, 3.0)})
        pruned = x < 0.5
        assert (trial.state, trial.values) == ((TrialState.PRUNED, [x / 3, 3.0]) if pruned else
                                               (TrialState.COMPLETE, [x, 1.0 - x]))  # fmt: skip
    assert {trial.state for trial in study.trials} == {TrialState.PRUNED, TrialState.COMPLETE}
    assert study.differences() == []
    theirs = optuna.load_study(study_name="s", storage=storage)
    assert [t.intermediate_values for t in theirs.trials] == [dict(t.intermediate_values) for t in study.trials]


@pytest.mark.parametrize("pruner", [ASHAPruner(1, 9), MedianPruner()], ids=lambda p: type(p).__name__)
def test_a_pruner_of_one_objective_is_refused_before_a_study_of_several_is_made(pruner, storage):
    name = type(pruner).__name__
    message = rf"{name} judges a single objective, and this study has 2; pass pruner=OnObjective\(0, {name}\("
    with pytest.raises(ValueError, match=message):
        two(storage, study_name="s", pruner=pruner)
    assert rtl.get_all_study_names(storage) == []
    two(storage, study_name="s").close()
    with pytest.raises(ValueError, match=message):
        rtl.load_study(study_name="s", storage=storage, pruner=pruner)
    study = rtl.load_study(study_name="s", storage=storage)
    with pytest.raises(ValueError, match=message):
        study.pruner = pruner
    assert study.trials == []
    study.optimize(of_two, n_trials=1, executor="inline")
    study.close()


@pytest.mark.parametrize("pruner", ["asha", ASHAPruner, 3])
def test_what_is_no_pruner_is_refused_with_those_there_are(pruner, storage):
    with pytest.raises(TypeError, match=r"pruner must be an object such as .*ASHAPruner, .*MedianPruner, NopPruner"):
        rtl.create_study(pruner=pruner, storage=storage)
    assert rtl.get_all_study_names(storage) == []


def test_a_recorded_pruner_of_one_objective_is_named_and_another_one_is_the_way_out(storage):
    """Such a study could be made before it was refused."""
    two(storage, study_name="s").close()
    asha, message = ASHAPruner(1, 9), "ASHAPruner judges a single objective"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ASHAPruner, "judges_several", True)
        study = rtl.load_study(study_name="s", storage=storage, pruner=asha)
        study.optimize(lambda trial: (1.0, 2.0), n_trials=2, executor="inline")
        study.close()
    study = rtl.load_study(study_name="s", storage=storage)
    with pytest.raises(ValueError, match=message):
        study.optimize(of_two, n_trials=1, executor="inline")
    study.close()
    study = rtl.load_study(study_name="s", storage=storage, pruner=NopPruner())
    study.optimize(of_two, n_trials=1, executor="inline")
    assert len(study.trials) == 3
    study.close()


def test_a_log_of_several_objectives_under_a_pruner_of_one_folds_as_it_did():
    """It saw the reports of the first objective, of added trials, and a trial that completed had no result for it."""
    shell = Shell(MAXIMIZE, MINIMIZE)
    shell.run(pruner=ASHAPruner(1, 9, 3))
    assignment = shell.claim()
    rows = shell.do(m.AttemptEnded, number=assignment.number, attempt=1, outcome=m.Outcome.COMPLETE, values=(1.0, 2.0))
    assert m.PutRung(number=0, level=1, losses=(math.inf,), how="failed") in rows
    added = {"number": None, "state": int(TrialState.PRUNED), "reports": ((1, (0.5,)),)}
    assert m.PutRung(number=1, level=1, losses=(-0.5,), how="exact") in shell.do(m.TrialAdded, **added)
    assert dump(shell.fold()) == dump(shell.state)


def test_added_trials_bring_one_number_for_each_objective(storage):
    study = two(storage)
    vectors = {1: (0.5, 2), 2: [0.25, 3.5]}
    study.add_trial(rtl.create_trial(values=(0.5, 1.0), intermediate_values=vectors))
    assert study.trials[0].intermediate_values == {1: 0.5, 2: 0.25}
    assert study.trials[0].reports == {1: (0.5, 2.0), 2: (0.25, 3.5)}
    wrong = rtl.create_trial(values=(0.5, 1.0), intermediate_values={1: 0.5})
    with pytest.raises(ValueError, match=r"reported \(0.5,\) at step 1, the study has 2 objective\(s\)"):
        study.add_trial(wrong)
    one = rtl.create_study(storage=storage)
    with pytest.raises(ValueError, match=r"reported \(0.5, 2\) at step 1, the study has 1 objective\(s\)"):
        one.add_trial(rtl.create_trial(value=0.5, intermediate_values=vectors))
    assert len(study.trials) == 1
    one.close()
    study.close()


def test_a_record_has_its_reports_as_vectors_for_any_number_of_objectives():
    one = rtl.create_trial(value=1.0, intermediate_values={1: 0.5, 3: 0.25})
    assert (one.reports, one.intermediate_vectors) == ({1: (0.5,), 3: (0.25,)}, {})
    several = rtl.create_trial(values=(1.0, 2.0), intermediate_values={1: (0.5, 2.0)})
    assert (several.reports, several.intermediate_values) == ({1: (0.5, 2.0)}, {1: 0.5})
    assert rtl.create_trial(value=1.0).reports == {}


def test_a_message_with_another_number_of_values_is_refused():
    shell = Shell(MINIMIZE, MAXIMIZE)
    shell.run()
    number = shell.claim().number
    before = dump(shell.state)
    for values in ((0.5,), (0.5, 1.0, 2.0), ()):
        with pytest.raises(rtl.exceptions.MessageError, match=r"each of its 2 objective\(s\), got"):
            shell.report(number, (1, values))
    assert dump(shell.state) == before
    assert shell.report(number, (1, (0.5, 1.0))) is Decision.CONTINUE


# --- what samplers see -----------------------------------------------------------------------------------------------


class Looks(RandomSampler):
    """A sampler that keeps what it was shown."""

    seen = None

    def spec(self):
        return {**super().spec(), "name": "RandomSampler"}

    def sample_independent(self, view, number, name, distribution):
        Looks.seen[number] = view.rungs(), [view.bracket(n) for n in range(number + 1)]
        return super().sample_independent(view, number, name, distribution)


def test_a_sampler_sees_the_rungs_as_they_were_when_it_was_asked():
    Looks.seen = {}

    def objective(trial):
        x = trial.suggest_float("x", 0.0, 1.0)
        for step in range(1, 10):
            trial.report(x if trial.number else math.nan, step)
            if trial.should_prune():
                raise rtl.TrialPruned
        return x

    study = rtl.create_study(pruner=ASHAPruner(1, 9, 3, mode="stop"), sampler=Looks(3), direction="maximize")
    study.optimize(objective, n_trials=5, executor="inline")
    assert list(Looks.seen) == list(range(5))
    reached = {}
    for number, (rungs, brackets) in Looks.seen.items():
        assert [(rung.level, rung.bracket) for rung in rungs] == [(1, 0), (3, 0)]
        assert brackets == [0] * (number + 1)
        assert [list(rung.numbers) for rung in rungs] == [
            [n for n in range(number) if n in reached.get(level, ())] for level in (1, 3)
        ]
        for level in (1, 3):
            if study.trials[number].last_step >= level:
                reached.setdefault(level, []).append(number)
    nan, *others = Looks.seen[4][0][0].losses
    assert math.isnan(nan[0])
    assert others == [(-study.trials[n].params["x"],) for n in (1, 2, 3)]


def test_a_view_for_another_thread_does_not_change_while_the_study_goes_on():
    shell = Shell()
    shell.run(pruner=ASHAPruner(1, 9, 3))
    for number in range(4):
        shell.claim(f"s{number}")
        shell.report(number, (1, float(number)))
        if number == 1:
            still = shell.state.view().still()
    assert list(still.rungs()[0].numbers) == [0, 1]
    assert still.rungs()[0].losses[-1] == (1.0,)
    assert list(shell.state.view().rungs()[0].numbers) == [0, 1, 2, 3]


def test_without_rungs_a_view_has_none_and_one_bracket():
    shell = Shell()
    shell.run(pruner=MedianPruner())
    assert (shell.state.view().rungs(), shell.state.view().bracket(7)) == ((), 0)
    assert StudyView.of([MINIMIZE], []).rungs() == ()


def test_a_view_shows_the_brackets_of_a_judge_that_has_several():
    rungs = (Rung(1, 0, [0, 2], [(0.5,), (0.25,)]), Rung(3, 1, [1], [(0.5,)]))
    view = StudyView.of([MINIMIZE], [])
    view = type(view)(view.directions, 3, view.finished, tuple, lambda: rungs, lambda number: number % 2)
    for shown in (view, view.still()):
        assert shown.rungs() == rungs
        assert [shown.bracket(number) for number in range(4)] == [0, 1, 0, 1]


class Brackets:
    """A pruner as wide as the port: trials of odd numbers begin at level 3, all objectives count, half are promoted."""

    judges_several = True

    def spec(self):
        return {"name": "Brackets"}

    def judge(self, study):
        return BracketsJudge(study)


class BracketsJudge:
    """At a level a trial pauses; it is promoted when a worse sum of losses came after it."""

    def __init__(self, study):
        assert (study.name, study.directions) == ("s", (MINIMIZE, MAXIMIZE))
        self.held = {(0, 1): [], (0, 3): [], (1, 3): []}  # (bracket, level) -> (number, losses)
        self.waiting, self.reached = {}, {}

    def bracket(self, number):
        return number % 2

    def schedule(self, number):
        return Levels((3,) if number % 2 else (1, 3))

    def report(self, number, step, losses):
        key = number % 2, step
        if number in self.waiting:
            return Verdict(Decision.PAUSE)
        if key not in self.held:
            return Verdict(Decision.CONTINUE)
        self.held[key].append((number, losses))
        self.waiting[number] = key
        row = m.PutRung(number=number, level=step, losses=losses, how="exact", bracket=key[0])
        return Verdict(Decision.PAUSE, (row,))

    def end(self, number, losses):
        self.waiting.pop(number, None)
        return ()

    def promotable(self, ready):
        for number, key in self.waiting.items():
            own = next(sum(losses) for n, losses in self.held[key] if n == number)
            later = self.held[key][[n for n, _ in self.held[key]].index(number) :]
            if ready(number) and any(sum(losses) > own for _, losses in later):
                yield number

    def promote(self, number):
        bracket, level = self.waiting.pop(number)
        return (m.PromoteRung(number=number, level=level, bracket=bracket),)

    def retire(self, number):
        self.waiting.pop(number, None)

    def rungs(self):
        return tuple(Rung(level, bracket, *(zip(*held, strict=True) if held else ((), ())))
                     for (bracket, level), held in self.held.items())  # fmt: skip


def test_a_pruner_with_brackets_levels_of_each_trial_and_losses_of_all_objectives_needs_nothing_but_the_port(storage):
    def objective(trial):
        x = trial.suggest_float("x", 0.0, 1.0)
        for step in range(1, 5):
            trial.report((x, step - x), step)
            if trial.should_prune():
                raise rtl.TrialPruned
        return x, x

    study = two(storage, study_name="s", pruner=Brackets())
    study.optimize(objective, n_trials=9, executor="inline")
    study.optimize(objective, n_trials=3, executor="inline")  # folds the log, with a new judge
    rungs = {(rung.bracket, rung.level): [] for rung in study.rungs}
    assert rungs.keys() == {(0, 1), (0, 3), (1, 3)}
    for rung in study.rungs:
        assert rung.number % 2 == rung.bracket
        x = study.trials[rung.number].params["x"]
        assert rung.losses == (x, x - rung.level)
        rungs[rung.bracket, rung.level].append(rung.promoted)
    assert sum(map(sum, rungs.values())) >= 3
    assert {trial.state for trial in study.trials} == {TrialState.COMPLETE, TrialState.PRUNED}
    # odd trials are decided at 3 for the first time
    assert all(trial.last_step >= 3 for trial in study.trials if trial.number % 2)
    study.close()


# --- of the user's own -----------------------------------------------------------------------------------------------


def test_the_pruner_in_the_documentation_works(storage):
    text = (DOCS / "pruners.md").read_text(encoding="utf-8")
    names = {}
    exec(next(code for code in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "class StopAbove" in code), names)

    def objective(trial):
        x = trial.suggest_float("x", 0.0, 1.0)
        for step in range(4):
            trial.report(x, step)
            if trial.should_prune():
                raise rtl.TrialPruned
        return x

    pruner = names["StopAbove"](0.5)
    study = rtl.create_study(study_name="s", storage=storage, pruner=pruner, sampler=RandomSampler(1))
    study.optimize(objective, n_trials=8, executor="inline")
    for trial in study.trials:
        pruned = trial.params["x"] > 0.5
        assert trial.state is (TrialState.PRUNED if pruned else TrialState.COMPLETE)
        assert trial.last_step == (1 if pruned else 3)  # the first decision is due at step 1
    assert {trial.state for trial in study.trials} == {TrialState.PRUNED, TrialState.COMPLETE}
    study.close()
    again = rtl.load_study(study_name="s", storage=storage)
    with pytest.raises(ValueError, match="'StopAbove'; a pruner of your own cannot be rebuilt"):
        again.optimize(objective, n_trials=1, executor="inline")
    again.pruner = pruner
    again.optimize(objective, n_trials=2, executor="inline")
    assert len(again.trials) == 10
    assert json.loads(again.last_run.pruner) == {"name": "StopAbove", "limit": 0.5}
    again.close()
