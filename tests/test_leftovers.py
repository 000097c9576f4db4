"""What killed attempts leave on the checkpoint disk goes: with the next attempt, at the run's end, and it is shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

import raytune_lite as rtl
from raytune_lite.checkpoints.directories import DirectoryStore
from raytune_lite.cli import cli
from raytune_lite.core import messages as m
from raytune_lite.report.check import half_written
from raytune_lite.runtime.config import RunConfig
from raytune_lite.samplers import RandomSampler
from raytune_lite.storages import Repository
from raytune_lite.trial import StudyDirection

from .core_tools import T0, Clock, OpenSession, open_driver, ref


@pytest.fixture
def config(storage: str) -> RunConfig:
    repository = Repository.open(storage)
    repository.create_study("s", [StudyDirection.MINIMIZE], now=T0)
    repository.close()
    return RunConfig(storage=storage, study_name="s", run="r", sampler=RandomSampler(0), durable=False, lease=60.0)


@pytest.fixture
def session(config: RunConfig) -> Iterator[OpenSession]:
    found = OpenSession(config, host=Clock())
    yield found
    found.close()


def begin(store: DirectoryStore, number: int, attempt: int, step: int) -> Path:
    """Half of a checkpoint."""
    directory = store.begin(number, attempt, step)
    (directory / "weights").write_bytes(b"x" * 200_000)
    return directory


def publish(store: DirectoryStore, number: int, attempt: int, step: int) -> m.CheckpointRef:
    return store.publish(begin(store, number, attempt, step), number, attempt, step)


def lose(session: OpenSession, number: int, attempt: int) -> None:
    session.call(m.AttemptLost(number=number, attempt=attempt, kind=m.FailureKind.NODE_LOST))


def test_the_next_attempt_of_a_trial_deletes_what_the_one_before_left(session: OpenSession) -> None:
    store = session.checkpoints
    for slot in "ab":
        session.call(m.Claimed(slot=slot, node="n"))
    kept = publish(store, 0, 1, 1)
    session.call(m.Reported(number=0, attempt=1, progress=m.Progress(reports=((1, (1.0,)),), checkpoint=kept)))
    unreported, half, of_another = publish(store, 0, 1, 2), begin(store, 0, 1, 3), begin(store, 1, 1, 1)
    lose(session, 0, 1)
    assert half.is_dir()
    again = session.call(m.Claimed(slot="c", node="n"))
    assert (again.number, again.checkpoint) == (0, kept)
    assert not half.exists()
    assert not (store.root / unreported.uri).exists()
    store.verify(kept)
    assert of_another.is_dir(), "its attempt is live"
    own = begin(store, 0, 2, 2)
    session.call(m.Claimed(slot="c", node="n"))  # sent again
    assert own.is_dir()


def test_a_run_that_ends_in_good_order_leaves_nothing_half_written(config: RunConfig) -> None:
    driver = open_driver(config)
    driver.ask(m.Claimed(slot="a", node="n"))
    driver.ask(m.Claimed(slot="b", node="n"))
    store = DirectoryStore(driver.settings().checkpoint_root)
    half, of_the_living, unknown = begin(store, 0, 1, 3), begin(store, 1, 1, 1), begin(store, 7, 1, 1)
    driver.ask(m.AttemptLost(number=0, attempt=1, kind=m.FailureKind.WORKER_CRASH))
    driver.close()
    assert not half.exists()
    assert of_the_living.is_dir(), "its attempt has not ended"
    assert unknown.is_dir(), "a trial that this driver does not know may be a newer driver's"


def test_a_driver_that_has_lost_its_study_deletes_nothing(config: RunConfig) -> None:
    driver = open_driver(config)
    driver.ask(m.Claimed(slot="a", node="n"))
    driver.ask(m.AttemptLost(number=0, attempt=1, kind=m.FailureKind.NODE_LOST))
    root = driver.settings().checkpoint_root
    other = Repository.open(config.storage)
    study = other.load_study("s")
    other.acquire(study, run="other", lease=60.0, now=T0, silent=other.owner(study))
    half = begin(DirectoryStore(root), 0, 1, 3)
    driver.close()
    other.close()
    assert half.is_dir()


def test_a_study_in_this_process_cleans_up_after_itself(storage: str) -> None:
    def objective(trial: rtl.Trial) -> float:
        if trial.attempt == 1:
            begin(trial._checkpoints(), trial.number, 1, 1)
            raise SystemExit(1)
        assert not list(trial._checkpoints().root.rglob(".writing-*"))
        if trial.number == 1:
            begin(trial._checkpoints(), trial.number, 2, 1)
        return 1.0

    study = rtl.create_study(storage=storage)
    study.optimize(objective, n_trials=2, executor="inline")
    assert not list(Path(study.checkpoint_root).rglob(".writing-*"))


def test_the_check_of_files_shows_half_written_checkpoints(storage: str) -> None:
    study = rtl.create_study(storage=storage, study_name="s")
    study.optimize(lambda trial: 1.0, n_trials=1, executor="inline")
    trial = study.ask()
    half = begin(DirectoryStore(study.checkpoint_root), 0, 1, 3)
    begin(DirectoryStore(study.checkpoint_root), trial.number, 1, 1)
    shown = f"trial-00000/attempt-1/{half.name} (0.2 MB)"
    assert half_written(study) == [shown], "a live attempt may be writing"
    done = CliRunner().invoke(cli, ["check", "--storage", storage, "--study", "s", "--files"])
    study.close()
    assert done.exit_code == 0
    assert f"half a checkpoint {shown}: its process was killed" in done.output


def test_a_sweep_of_some_attempts_leaves_the_others(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    old, new, other = begin(store, 3, 1, 1), begin(store, 3, 2, 1), begin(store, 4, 1, 1)
    assert [item[:3] for item in store.half_written()] == [
        (path.relative_to(tmp_path).as_posix(), *key) for path, key in ((old, (3, 1)), (new, (3, 2)), (other, (4, 1)))
    ]
    assert store.sweep([], {3: 1}) == []
    assert [path.exists() for path in (old, new, other)] == [False, True, True]
    store.sweep([ref(9, number=9).uri], {3: 2, 5: 1})
    assert [path.exists() for path in (old, new, other)] == [False, False, True]
