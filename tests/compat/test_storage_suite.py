"""Optuna's suite for authors of storages.

No storage of ours is written through Optuna's storage protocol: every change of a study is an event of its log, decided
by its owner. So two halves are asked: Optuna's own storage writes and reads in a database that has our tables; and what
it writes, our studies read (``Study.as_optuna()``). The suite's other tests write to one storage alone.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import raytune_lite as ours

optuna = pytest.importorskip("optuna")

from optuna.storages import BaseStorage  # noqa: E402
from optuna.testing.pytest_storages import StorageTestCase  # noqa: E402

from raytune_lite.integrations.optuna.reading import StudyStorage  # noqa: E402

READING = (
    "test_get_trial_param_and_get_trial_params", "test_get_trial_user_attrs", "test_get_trial_system_attrs",
    "test_get_trial", "test_get_all_trials", "test_get_all_trials_params_order",
    "test_get_all_trials_deepcopy_option", "test_get_all_trials_state_option", "test_get_n_trials",
    "test_get_n_trials_state_option", "test_get_best_trial", "test_get_best_trial_for_multi_objective_optimization",
    "test_get_trial_number_from_id", "test_set_and_get_study_directions", "test_set_and_get_study_user_attrs",
    "test_set_and_get_study_system_attrs", "test_set_trial_state_values_for_floats",
    "test_set_trial_intermediate_value_for_floats", "test_set_and_get_trial_user_attr_for_floats",
)  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of ours, in which a study was."""
    path = tmp_path_factory.mktemp("storages") / "made.db"
    study = ours.create_study(storage=f"sqlite:///{path}", study_name="gone")
    study.optimize(lambda t: t.suggest_float("x", 0, 1), n_trials=1, executor="inline", show_progress_bar=False)
    study.close()
    ours.delete_study(study_name="gone", storage=f"sqlite:///{path}")
    return path


class TestOptunasStorageOnOurTables(StorageTestCase):
    @pytest.mark.skip("writes 100 trials, by calls that the other tests make")
    def test_get_all_studies(self) -> None: ...

    @pytest.fixture
    def storage(self, made: Path, tmp_path: Path) -> Iterator[BaseStorage]:
        yield from opened(made, tmp_path)


def opened(made: Path, tmp_path: Path) -> Iterator[Any]:
    shutil.copy(made, tmp_path / "s.db")
    storage = ours.storages.RDBStorage(f"sqlite:///{tmp_path}/s.db").as_optuna()
    yield storage
    storage.engine.dispose()


class ReadByOurs(StudyStorage):
    """Optuna's storage writes, our studies read: each by itself, as a storage of ours is one of a single study."""

    def __init__(self, theirs: Any) -> None:
        self.theirs = theirs
        self.opened: dict[int, StudyStorage] = {}

    def _of(self, study_id: int) -> StudyStorage:
        name = self.theirs.get_study_name_from_id(study_id)
        if study_id not in self.opened:
            self.opened[study_id] = StudyStorage(ours.load_study(study_name=name, storage=str(self.theirs.url)))
        return self.opened[study_id]

    def _of_trial(self, trial_id: int) -> StudyStorage:
        found = [s for s in self.theirs.get_all_studies() if trial_id in self._ids(s._study_id)]
        if not found:
            raise KeyError(trial_id)
        return self._of(found[0]._study_id)

    def _ids(self, study_id: int) -> list[int]:
        return [trial._trial_id for trial in self.theirs.get_all_trials(study_id, deepcopy=False)]

    def get_study_directions(self, study_id: int) -> Any:
        return self._of(study_id).get_study_directions(study_id)

    def get_study_user_attrs(self, study_id: int) -> Any:
        return self._of(study_id).get_study_user_attrs(study_id)

    def get_study_system_attrs(self, study_id: int) -> Any:
        return self._of(study_id).get_study_system_attrs(study_id)

    def get_all_studies(self) -> Any:
        return [self._of(study._study_id).get_all_studies()[0] for study in self.theirs.get_all_studies()]

    def get_trial(self, trial_id: int) -> Any:
        return self._of_trial(trial_id).get_trial(trial_id)

    def get_all_trials(self, study_id: int, deepcopy: bool = True, states: Any = None) -> Any:
        return self._of(study_id).get_all_trials(study_id, deepcopy, states)


for _name in (
    "create_new_study", "set_study_user_attr", "set_study_system_attr", "create_new_trial", "set_trial_param",
    "set_trial_state_values", "set_trial_intermediate_value", "set_trial_user_attr", "set_trial_system_attr",
):  # fmt: skip
    setattr(ReadByOurs, _name, lambda self, *given, _name=_name, **named: getattr(self.theirs, _name)(*given, **named))


class TestOursReadWhatOptunaWrites:
    @pytest.fixture
    def storage(self, made: Path, tmp_path: Path) -> Iterator[BaseStorage]:
        for storage in opened(made, tmp_path):
            yield ReadByOurs(storage)


for _name in READING:
    setattr(TestOursReadWhatOptunaWrites, _name, getattr(StorageTestCase, _name))
