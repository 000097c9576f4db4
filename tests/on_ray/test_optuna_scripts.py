"""Scripts as users of Optuna write them, with only the import changed, on Ray."""

from __future__ import annotations

import textwrap

import pytest

from ..scripts import run
from .heads import started_head

pytest.importorskip("optuna")
pytestmark = pytest.mark.ray

SCRIPTS = {
    "a sampler of one's own": """
        import numpy as np

        class Annealing(optuna.samplers.BaseSampler):
            def __init__(self, temperature=100):
                self._rng = np.random.RandomState(1)
                self._temperature = temperature
                self._current = None

            def infer_relative_search_space(self, study, trial):
                return optuna.search_space.intersection_search_space(study.get_trials(deepcopy=False))

            def sample_relative(self, study, trial, search_space):
                if search_space == {}:
                    return {}
                best = study.best_trial
                if self._current is None or self._rng.uniform() < 0.5:
                    self._current = best
                found = {}
                for name, distribution in search_space.items():
                    assert isinstance(distribution, optuna.distributions.FloatDistribution)
                    width = (distribution.high - distribution.low) * 0.1
                    low = max(distribution.low, self._current.params[name] - width)
                    high = min(distribution.high, self._current.params[name] + width)
                    found[name] = self._rng.uniform(low, high)
                return found

            def sample_independent(self, study, trial, name, distribution):
                return optuna.samplers.RandomSampler().sample_independent(study, trial, name, distribution)

        def objective(trial):
            x, y = trial.suggest_float("x", -10, 10), trial.suggest_float("y", -5, 5)
            return x**2 + y

        study = optuna.create_study(sampler=Annealing())
        study.optimize(objective, n_trials=6, n_jobs=1)
        assert len(study.trials) == 6 and isinstance(study.sampler, Annealing)
        for before, after in zip(study.trials, study.trials[1:]):
            assert min(abs(after.params["x"] - t.params["x"]) for t in study.trials[: after.number]) <= 2
    """,
    "pruners": """
        import optuna as original

        class LastPlace(optuna.pruners.BasePruner):
            def __init__(self, warmup_steps):
                self._warmup_steps = warmup_steps

            def prune(self, study, trial):
                step = trial.last_step
                others = study.get_trials(deepcopy=False)
                here = [t.intermediate_values[step] for t in others if step in t.intermediate_values]
                return step >= self._warmup_steps and len(here) > 1 and trial.intermediate_values[step] == max(here)

        def objective(trial):
            for step in range(4):
                trial.report(trial.number, step)
                if trial.should_prune():
                    raise optuna.TrialPruned()
            return trial.number

        for pruner in (LastPlace(2), original.pruners.ThresholdPruner(upper=0.5, n_warmup_steps=2)):
            study = optuna.create_study(pruner=pruner)
            study.optimize(objective, n_trials=3, n_jobs=1)
            assert [(t.state.name, t.last_step) for t in study.trials] == [
                ("COMPLETE", 3), ("PRUNED", 2), ("PRUNED", 2)
            ], study.trials
    """,
    "a sampler of Optuna's": """
        import optuna as original

        def objective(trial):
            return trial.suggest_float("x", -10, 10) ** 2

        values = []
        for seed in (1, 2):
            study = optuna.create_study(sampler=original.samplers.TPESampler(seed=seed, n_startup_trials=2))
            study.optimize(objective, n_trials=3, n_jobs=1)
            values.append([trial.params for trial in study.trials])
        assert values[0] != values[1], values
    """,
    "a sampler that cannot travel": """
        import threading

        class Locked(optuna.samplers.BaseSampler):
            def __init__(self):
                self.lock = threading.Lock()

            def __deepcopy__(self, memo):
                return self

            def infer_relative_search_space(self, study, trial):
                return {}

            def sample_relative(self, study, trial, search_space):
                return {}

            def sample_independent(self, study, trial, name, distribution):
                return 1.0

        study = optuna.create_study(sampler=Locked())
        try:
            study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=1)
        except TypeError as error:
            assert "the sampler" in str(error) and 'executor="inline"' in str(error), error
        else:
            raise AssertionError("it was sent")
    """,
}


@pytest.fixture(scope="module")
def head():
    with started_head() as found:
        yield found


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_runs_with_only_the_import_changed(name, tmp_path, head):
    script = tmp_path / "script.py"
    script.write_text("import raytune_lite as optuna\n" + textwrap.dedent(SCRIPTS[name]), encoding="utf-8")
    run(script, folder=tmp_path, env=head.joined())
