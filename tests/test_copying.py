"""Studies copied and merged: what is kept, what is left out and said, and what is refused before anything is made."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

import raytune_lite as rl
from raytune_lite.cli import cli
from raytune_lite.exceptions import DuplicatedStudyError, IncompatibleDistributionError, StudyNotFoundError
from raytune_lite.pruners import ASHAPruner
from raytune_lite.samplers import RandomSampler
from raytune_lite.study import merge_studies
from raytune_lite.trial import TrialState

optuna = pytest.importorskip("optuna")


@pytest.fixture
def url(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return f"sqlite:///{tmp_path}/s.db"


def train(trial):
    x = trial.suggest_float("x", 0, 1)
    trial.suggest_categorical("c", ["a", "b"])
    trial.set_user_attr("n", [trial.number])
    trial.set_constraint("size", x - 0.9)
    trial.report(x, 1)
    if trial.number == 2:
        raise ValueError("no")
    if trial.number == 3:
        raise rl.TrialPruned
    return x


def make(url, name, seed=0, n=5, **fields):
    study = rl.create_study(study_name=name, storage=url, sampler=RandomSampler(seed), **fields)
    study.optimize(train, n_trials=n, executor="inline", catch=ValueError, show_progress_bar=False)
    study.set_user_attr("owner", name)
    study.close()
    return rl.load_study(study_name=name, storage=url)


def facts(trial):
    """What a copy must keep; ``rtl:merged_from`` is beside it."""
    own = {key: value for key, value in trial.system_attrs.items() if key != "rtl:merged_from"}
    return (trial.state, trial.values, trial.params, trial.distributions, trial.user_attrs, own,
            trial.intermediate_values)  # fmt: skip


def test_a_merged_study_has_the_trials_of_all_and_says_where_they_come_from(url, tmp_path):
    first, other = make(url, "a"), f"sqlite:///{tmp_path}/other.db"
    second = make(other, "b", seed=1, n=3)
    second.set_user_attr("place", "node 2")
    second.enqueue_trial({"x": 0.5})
    second.ask(lease=60)
    second.enqueue_trial({"x": 0.75})
    second.close()
    found = merge_studies(from_studies=[("a", url), ("b", other)], to_storage=url, to_study_name="all")
    merged = rl.load_study(study_name="all", storage=url)
    sources = [*first.trials, *rl.load_study(study_name="b", storage=other).trials]
    taken = [trial for trial in sources if trial.state.is_finished()]
    assert [facts(trial) for trial in merged.trials if trial.state.is_finished()] == [facts(trial) for trial in taken]
    assert [trial.number for trial in merged.trials] == list(range(found.trials))
    assert [trial.system_attrs["rtl:merged_from"] for trial in merged.trials if trial.state.is_finished()] == [
        *({"study": "a", "number": n} for n in range(5)), *({"study": "b", "number": n} for n in range(3))
    ]  # fmt: skip
    (waiting,) = (trial for trial in merged.trials if trial.state is TrialState.WAITING)
    assert waiting.system_attrs == {"fixed_params": {"x": 0.75}, "rtl:merged_from": {"study": "b", "number": 4}}
    assert sum(found.left_out.values()) == len(sources) - found.trials
    assert merged.user_attrs == {"owner": "a", "place": "node 2"}
    assert found.attributes_left_out == ("owner",)
    assert merged.best_value == min(t.value for t in taken if t.state is TrialState.COMPLETE and t.is_feasible)
    assert merged.differences() == []
    merged.optimize(train, n_trials=2, executor="inline", catch=ValueError, show_progress_bar=False)
    merged.close()


def test_paused_trials_are_left_out_and_counted(url):
    study = rl.create_study(study_name="p", storage=url, sampler=RandomSampler(0), pruner=ASHAPruner(1, 9, 3))

    def objective(trial):
        for step in range(1, 10):
            trial.report(trial.suggest_float("x", 0, 1), step)
            if step == 1 and trial.number == 3:
                trial.study.stop()
            if trial.should_prune():
                raise rl.TrialPruned
        return 1.0

    study.optimize(objective, n_trials=6, executor="inline", show_progress_bar=False)
    n = study.state_counts()[TrialState.PAUSED]
    study.close()
    assert n
    found = merge_studies(from_studies=[("p", url)], to_storage=url, to_study_name="all")
    assert found.left_out == {"PAUSED": n}


def test_what_cannot_become_one_is_refused_and_nothing_is_made(url):
    make(url, "a")
    make(url, "up", direction="maximize")
    ints = rl.create_study(study_name="ints", storage=url)
    ints.optimize(lambda t: float(t.suggest_int("x", 0, 1)), n_trials=1, executor="inline", show_progress_bar=False)
    ints.close()
    for other, error, says in (
        ("up", ValueError, "different directions cannot become one: 'a' has ['minimize'], 'up' has ['maximize']"),
        ("ints", IncompatibleDistributionError, "studies 'a' and 'ints' cannot become one"),
        ("none", StudyNotFoundError, "no study named 'none'"),
    ):
        with pytest.raises(error) as caught:
            merge_studies(from_studies=[("a", url), (other, url)], to_storage=url, to_study_name="all")
        assert says in str(caught.value)
    for wrong in ([], "a", [("a",)]):
        with pytest.raises((ValueError, TypeError), match="from_studies"):
            merge_studies(from_studies=wrong, to_storage=url, to_study_name="all")
    with pytest.raises(DuplicatedStudyError):
        merge_studies(from_studies=[("a", url)], to_storage=url, to_study_name="ints")
    assert rl.get_all_study_names(url) == ["a", "up", "ints"]


def test_a_study_in_optunas_journal_is_copied(url, tmp_path):
    path = str(tmp_path / "journal.log")
    storage = optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(path))
    theirs = optuna.create_study(study_name="j", storage=storage, directions=["minimize", "maximize"])
    theirs.set_metric_names(["loss", "speed"])
    theirs.set_user_attr("owner", "ada")
    theirs.optimize(lambda t: (t.suggest_float("x", 0, 1), t.suggest_int("n", 1, 9, log=True)), n_trials=4)
    theirs.enqueue_trial({"x": 0.5, "n": 2})
    for source in (path, storage):
        rl.copy_study(from_study_name="j", from_storage=source, to_storage=url, to_study_name=str(type(source)))
        ours = optuna.load_study(study_name=str(type(source)), storage=url)
        assert ours.directions == theirs.directions
        assert ours.metric_names == ["loss", "speed"]
        assert ours.user_attrs == {"owner": "ada"}
        assert [facts(trial) for trial in ours.trials] == [facts(trial) for trial in theirs.trials]
    with pytest.raises(StudyNotFoundError, match="it holds: 'j'"):
        rl.copy_study(from_study_name="k", from_storage=path, to_storage=url)


def test_a_copy_that_fails_leaves_nothing_behind(url, monkeypatch):
    make(url, "a")
    monkeypatch.setattr(rl.Study, "add_trial", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        rl.copy_study(from_study_name="a", from_storage=url, to_storage=url, to_study_name="b")
    assert rl.get_all_study_names(url) == ["a"]


def test_copy_and_merge_on_the_command_line(url, tmp_path):
    def call(*args, code=0):
        result = CliRunner().invoke(cli, list(args))
        assert result.exit_code == code, result.output
        return result.stdout if not code else result.stderr

    make(url, "a")
    other = f"sqlite:///{tmp_path}/other.db"
    assert call("copy", "a", "--storage", url, "--to-storage", other) == "a: 5 trial(s).\n"
    said = call("merge", "a", "--from", other, "a", "--into", "all", "--storage", url, "--json")
    assert json.loads(said) == {"study": "all", "trials": 10, "left_out": {}, "attributes_left_out": []}
    assert "exists in this storage already" in call("copy", "a", "--storage", url, code=2)
    assert "name the studies to merge" in call("merge", "--into", "x", "--storage", url, code=2)
    path = str(tmp_path / "journal.log")
    storage = optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(path))
    optuna.create_study(study_name="j", storage=storage).optimize(lambda t: t.suggest_float("x", 0, 1), n_trials=2)
    assert call("copy", "j", "--storage", path, "--to-storage", url) == "j: 2 trial(s).\n"
