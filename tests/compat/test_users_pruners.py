"""A pruner that is written for Optuna, of Optuna's or with our names in its place, is an argument like any other."""

from __future__ import annotations

import threading

import pytest

import raytune_lite as ours
from raytune_lite import pruners
from raytune_lite.core.view import StudyIdentity
from raytune_lite.exceptions import TrialPruned
from raytune_lite.pruners import BasePruner, UserPruner
from raytune_lite.report.check import damages
from raytune_lite.trial import StudyDirection, TrialState

optuna = pytest.importorskip("optuna")


def curves(trial):
    x = trial.suggest_float("x", 0, 1)
    for step in range(1, 6):
        trial.report(x + 1 / step, step)
        if trial.should_prune():
            raise TrialPruned
    return x


def run(pruner, n_trials=12, func=curves, **given):
    study = ours.create_study(sampler=ours.samplers.RandomSampler(3), pruner=pruner, **given)
    study.optimize(func, n_trials=n_trials, executor="inline", show_progress_bar=False)
    return study


class LastPlace(BasePruner):
    """As in Optuna's tutorial: no call of super().__init__; ends whoever is last at its step."""

    def __init__(self, warmup_steps, warmup_trials):
        self.warmup_steps, self.warmup_trials = warmup_steps, warmup_trials

    def prune(self, study, trial):
        step = trial.last_step
        if not step:
            return False
        here = trial.intermediate_values[step]
        others = [
            t.intermediate_values[step] for t in study.get_trials(deepcopy=False) if step in t.intermediate_values
        ]
        return step >= self.warmup_steps and len(others) > self.warmup_trials and here >= max(others)


class TheirLastPlace(optuna.pruners.BasePruner):
    __init__, prune = LastPlace.__init__, LastPlace.prune


def expected_of_last_place():
    """Optuna runs the same objective with the same values of x."""
    values = [t.params["x"] for t in run(pruners.NopPruner()).trials]
    study = optuna.create_study(pruner=TheirLastPlace(2, 3))
    for x in values:
        study.enqueue_trial({"x": x})
    study.optimize(lambda trial: _as_optunas(curves, trial), n_trials=len(values))
    return [(t.state.name, t.intermediate_values, t.value) for t in study.trials]


def _as_optunas(func, trial):
    try:
        return func(trial)
    except TrialPruned:
        raise optuna.TrialPruned from None


@pytest.mark.parametrize("kind", [LastPlace, TheirLastPlace])
def test_a_users_pruner_decides_as_it_does_with_optuna(kind):
    given = kind(2, 3)
    study = run(given)
    assert study.pruner is given
    found = [(t.state.name, dict(t.intermediate_values), t.value) for t in study.trials]
    assert found == expected_of_last_place()
    assert 0 < sum(state == "PRUNED" for state, _, _ in found) < 12


def test_what_a_pruner_is_shown():
    shown = []

    class Looks:
        def __deepcopy__(self, memo):
            return self

        def prune(self, study, trial):
            trials = [(t.number, t.state, t.value) for t in study.trials]
            shown.append((study.study_name, study.direction, trial.number, trial.state, trials))
            return trial.number == 1

    def one(trial):
        trial.report(trial.number + 0.5, 1)
        if trial.should_prune():
            raise TrialPruned
        if trial.number == 2:
            raise ValueError
        return 7.0

    study = ours.create_study(pruner=Looks(), direction="maximize", study_name="s")
    study.optimize(one, n_trials=4, executor="inline", catch=ValueError, show_progress_bar=False)
    C, P, F, R = (TrialState[name] for name in ("COMPLETE", "PRUNED", "FAIL", "RUNNING"))
    assert [t.state for t in study.trials] == [C, P, F, C]
    ends = [(0, C, 7.0), (1, P, 1.5), (2, F, None)]
    for number, (name, direction, asked, state, trials) in enumerate(shown):
        assert (name, direction, asked, state) == ("s", StudyDirection.MAXIMIZE, number, R)
        assert trials == [*ends[:number], (number, R, None)]


def test_a_study_goes_on_with_the_same_object_and_reads_without_it(tmp_path):
    url = f"sqlite:///{tmp_path}/s.db"
    run(LastPlace(2, 3), storage=url, study_name="s").close()
    study = ours.load_study(study_name="s", storage=url)
    with pytest.raises(ValueError, match=r"LastPlace, which cannot be rebuilt.*pass the same object as pruner="):
        study.optimize(curves, n_trials=1, executor="inline")
    assert list(damages(study)) == []
    study.close()
    study = run(LastPlace(2, 3), 6, storage=url, study_name="s", load_if_exists=True)
    assert len(study.trials) == 18
    study.close()


def test_a_pruner_that_raises_ends_no_trial_and_is_named_once():
    class Wrong(BasePruner):
        def prune(self, study, trial):
            return trial.params["x"] > 0

    with pytest.warns(UserWarning, match=r"Wrong.prune raised KeyError\('x'\) at step 1 of trial 0") as caught:
        study = run(Wrong(), 3)
    assert len([w for w in caught if "Wrong" in str(w.message)]) == 1
    assert [t.state for t in study.trials] == [TrialState.COMPLETE] * 3


def test_what_cannot_be_served_is_refused_where_it_is_given(storage):
    class Locked(BasePruner):
        def __init__(self):
            self.lock = threading.Lock()

        def prune(self, study, trial):
            return False

    with pytest.raises(TypeError, match=r"one that can be copied.*Open files"):
        ours.create_study(pruner=Locked(), storage=storage)
    with pytest.raises(TypeError, match=r"make an object of the class, as LastPlace\(...\)"):
        ours.create_study(pruner=LastPlace, storage=storage)
    with pytest.raises(ValueError, match="judges a single objective"):
        ours.create_study(pruner=LastPlace(1, 1), directions=["minimize"] * 2, storage=storage)
    assert ours.get_all_study_names(storage) == []


OBJECTS = {
    "Nop": optuna.pruners.NopPruner(),
    "Median": optuna.pruners.MedianPruner(2, 1, 2, n_min_trials=2),
    "Percentile": optuna.pruners.PercentilePruner(25.0, 2),
    "SuccessiveHalving": optuna.pruners.SuccessiveHalvingPruner(1, 2),
    "SuccessiveHalving, auto": optuna.pruners.SuccessiveHalvingPruner(),
    "Hyperband": optuna.pruners.HyperbandPruner(1, 5, 2),
    "Threshold": optuna.pruners.ThresholdPruner(upper=1.2, n_warmup_steps=2),
    "Patient": optuna.pruners.PatientPruner(optuna.pruners.MedianPruner(1), 1),
    "Wilcoxon": optuna.pruners.WilcoxonPruner(p_threshold=0.2),
}


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
@pytest.mark.parametrize("name", OBJECTS)
def test_a_pruner_of_optunas_becomes_ours_and_decides_alike(name):
    given = OBJECTS[name]
    study = run(given, 20, study_name="s")
    assert type(study.pruner).__name__ == type(given).__name__
    theirs = optuna.create_study(pruner=given, study_name="s")
    for trial in study.trials:
        theirs.enqueue_trial(dict(trial.params))
    theirs.optimize(lambda trial: _as_optunas(curves, trial), n_trials=20)
    assert [(t.state.name, [*t.intermediate_values]) for t in study.trials] == [
        (t.state.name, [*t.intermediate_values]) for t in theirs.trials
    ]


def test_a_class_of_optunas_that_notes_rungs_on_trials():
    class Later(optuna.pruners.SuccessiveHalvingPruner):
        def prune(self, study, trial):
            return trial.last_step > 1 and super().prune(study, trial)

    study = run(Later(1, 2), 20)
    theirs = optuna.create_study(pruner=Later(1, 2))
    for trial in study.trials:
        theirs.enqueue_trial(dict(trial.params))
    theirs.optimize(lambda trial: _as_optunas(curves, trial), n_trials=20)
    assert [t.state.name for t in study.trials] == [t.state.name for t in theirs.trials]
    assert any(t.state is TrialState.PRUNED for t in study.trials)


@pytest.mark.parametrize("name", [*OBJECTS])
def test_our_pruners_say_for_a_trial_what_they_decided_in_the_run(name):
    if name == "SuccessiveHalving, auto":
        pytest.skip("min_resource is found once in a run, and anew for each question")
    study = run(OBJECTS[name], 20, study_name="s")
    pruner = study.pruner
    kinds = {trial.state: pruner.prune(_Before(study, trial), trial) for trial in study.trials}
    assert kinds.get(TrialState.PRUNED, True)
    for trial in study.trials:
        assert pruner.prune(_Before(study, trial), trial) is (trial.state is TrialState.PRUNED)


class _Before:
    """A study as it was when a trial reported last."""

    def __init__(self, study, trial):
        self.study_name, self.directions = study.study_name, study.directions
        self.trials = [t for t in study.trials if t.number <= trial.number]

    def get_trials(self, deepcopy=True, states=None):
        return self.trials


def test_a_class_that_changes_one_of_ours_in_optunas_way():
    class Lenient(pruners.MedianPruner):
        def prune(self, study, trial):
            return trial.last_step >= 4 and super().prune(study, trial)

    study = run(Lenient(n_startup_trials=2), 20)
    pruned = [t for t in study.trials if t.state is TrialState.PRUNED]
    assert pruned
    assert min(t.last_step for t in pruned) == 4


def test_a_judge_is_stored_and_goes_on_from_what_was_stored():
    pruner = UserPruner(LastPlace(1, 1))
    identity = StudyIdentity("s", (StudyDirection.MAXIMIZE,))
    one = pruner.judge(identity)
    reports = [(0, 1, -3.0), (0, 2, -4.0), (1, 1, -2.0), (2, 1, -1.0)]
    for number, step, loss in reports[:3]:
        one.report(number, step, (loss,))
    one.end(0, (-4.0,))
    one.end(1, None)
    two = pruner.judge(identity)
    two.load(one.dump())
    for number, step, loss in [(2, 1, -5.0), (3, 1, -6.0)]:
        assert two.report(number, step, (loss,)) == one.report(number, step, (loss,))
    assert two.trials == one.trials
    assert [t.value for t in two.trials.values()][:1] == [4.0]


@pytest.mark.parametrize("wrap", [lambda p: p, lambda p: pruners.PatientPruner(p, 2)])
def test_a_trial_that_fails_after_patience_let_it_go_on_is_shown_as_failed(wrap):
    """And one that patience gave up is shown as pruned."""
    shown = []

    class Stops(BasePruner):
        def prune(self, study, trial):
            shown.append([(t.number, t.state.name) for t in study.get_trials() if t.number < trial.number])
            return trial.last_step >= 2

    judge = wrap(pruners.PatientPruner(UserPruner(Stops()), 1)).judge(StudyIdentity("s", (StudyDirection.MINIMIZE,)))
    for number, losses, last in [(0, (3.0, 2.0, 1.0), "CONTINUE"), (1, (1.0, 2.0, 3.0, 4.0), "STOP")]:
        decisions = [judge.report(number, step, (loss,)).decision.name for step, loss in enumerate(losses, 1)]
        assert decisions[-1] == last
        judge.end(number, None)
    judge.report(2, 1, (1.0,))
    assert shown[-1] == [(0, "FAIL"), (1, "PRUNED")]
