"""A compacted log: all else of the study is as before, it can be continued, and what is lost is said."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3

import pytest
from click.testing import CliRunner

import raytune_lite as rtl
from raytune_lite.cli import cli
from raytune_lite.exceptions import StorageError, StudyBusyError, StudyNotFoundError
from raytune_lite.report.summary import summary
from raytune_lite.runtime.config import RunConfig
from raytune_lite.runtime.session import Session
from raytune_lite.samplers import TPESampler
from raytune_lite.storages import Repository

from . import test_integrity as studies

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
KINDS = [studies.whole_asha, studies.whole_grid, studies.whole_of_optuna, studies.whole_of_two_objectives]


def seen(study):
    """All that readers get."""
    assert repr(list(study.iter_trials())) == repr(study.trials)
    read = study.trial_columns(), study.trials, study.best_trials
    rows = study.attempts, study.rungs, study.cells, study.checkpoints
    # what was trained twice, and what it cost, is in the log alone
    lines = [line for line in summary(study) if not line.startswith(("  goodput:", "  cost:"))]
    return repr((read, rows)), lines, study.last_run


def more(storage):
    """Four more trials; returns what they were given and gave."""
    with contextlib.closing(rtl.load_study(study_name="s", storage=storage)) as study:
        begun = len(study.trials)
        study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=4, executor="inline")
        assert study.differences() == []
        return [(trial.number, trial.params, trial.values, trial.state) for trial in study.trials[begun:]]


@pytest.mark.parametrize("make", KINDS)
def test_all_but_the_log_is_as_before_and_the_study_goes_on(make, any_storage, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with contextlib.closing(make(any_storage)) as study:
        study.close()
        before = seen(study)
        for _ in range(2):  # a second time there is nothing left to give up
            rtl.compact_study(study_name="s", storage=any_storage)
            assert seen(study) == before
            assert study.differences() == []
        if make is not studies.whole_grid and make is not studies.whole_of_two_objectives:
            assert len(more(any_storage)) == 4
            assert rtl.compact_study(study_name="s", storage=any_storage).events > 4
            assert study.differences() == []


def test_a_study_suggests_what_it_would_have_suggested(tmp_path):
    url, copy = f"sqlite:///{tmp_path}/a.db", f"sqlite:///{tmp_path}/b.db"
    sampler = TPESampler(seed=3, n_startup_trials=4)
    with contextlib.closing(rtl.create_study(storage=url, study_name="s", sampler=sampler)) as study:
        studies.run(study, lambda trial: trial.suggest_float("x", 0, 1), 12)
    shutil.copy(tmp_path / "a.db", tmp_path / "b.db")
    with contextlib.closing(sqlite3.connect(tmp_path / "a.db")) as raw:
        n_events = raw.execute("SELECT count(*) FROM rtl_events").fetchone()[0]
    found = rtl.compact_study(study_name="s", storage=copy)
    assert found.events == n_events
    assert more(url) == more(copy)
    with contextlib.closing(sqlite3.connect(tmp_path / "b.db")) as raw:
        assert raw.execute("SELECT count(*) FROM rtl_events WHERE seq < ?", (n_events,)).fetchone()[0] == 1  # its run


recorded = studies.recorded
EDITS = [edit for edit in studies.EDITS if edit[0] not in ("rtl_events", "rtl_slots")]


@pytest.mark.parametrize(("table", "edit"), EDITS)
def test_a_row_that_is_changed_later_is_noticed(table, edit, recorded, tmp_path):
    storage = f"sqlite:///{shutil.copy(recorded, tmp_path / 'changed.db')}"
    rtl.compact_study(study_name="s", storage=storage)
    study = rtl.load_study(study_name="s", storage=storage)
    studies.change(study, storage, edit)
    found = {difference.table for difference in study.differences()}
    assert found == {"trials"}, table


def test_a_study_that_is_damaged_is_left_as_it_is(storage, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    study = studies.whole_asha(storage)
    studies.change(study, storage, "UPDATE rtl_trials SET attempt = 9 WHERE number = 2")
    with pytest.raises(StorageError, match=r"1 rows differ .* Nothing was changed"):
        rtl.compact_study(study_name="s", storage=storage)
    assert len(study.differences()) == 1  # the log is there


def test_a_damaged_base_is_named(storage, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    study = studies.whole_asha(storage)
    study.close()
    rtl.compact_study(study_name="s", storage=storage)
    studies.change(study, storage, "UPDATE rtl_snapshot_parts SET data = X'00'")
    config = RunConfig(storage=storage, study_name="s", run="next", durable=False)
    for use in (study.differences, lambda: Session(config)):
        with pytest.raises(StorageError, match="the compacted log was changed by hand"):
            use()


def test_a_study_that_somebody_runs_is_refused(storage):
    with contextlib.closing(rtl.create_study(storage=storage, study_name="s")) as study:
        study.ask()
        repository = Repository.open(storage)
        record = repository.load_study("s")
        with pytest.raises(StudyBusyError), _renewed(study):
            rtl.compact_study(study_name="s", storage=storage)
        assert len(repository.events(record)) > 0
        repository.close()
    with pytest.raises(StudyNotFoundError):
        rtl.compact_study(study_name="another", storage=storage)


@contextlib.contextmanager
def _renewed(study):
    """The owner, which is this process, shows that it lives each time somebody looks."""
    owner = Repository.owner

    def renewing(self, record):
        study.enqueue_trial({"x": 0.5})
        return owner(self, record)

    Repository.owner = renewing
    try:
        yield
    finally:
        Repository.owner = owner


def test_the_command_says_what_became_of_the_file(storage, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    studies.whole_asha(storage).close()
    done = CliRunner().invoke(cli, ["compact", "--storage", storage, "--study", "s"])
    assert done.exit_code == 0, done.output
    assert "events were given up; the file has" in done.output
    repository = Repository.open(storage)
    with pytest.raises(StorageError, match=r"its log was compacted.* can be continued"):
        repository.events(repository.load_study("s"))
    repository.close()
