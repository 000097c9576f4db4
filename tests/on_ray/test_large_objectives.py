"""Large objectives and shared data on Ray: put into the object store once, read where they are needed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import ray

import raytune_lite as rtl
from raytune_lite.runtime.on_ray import parcels

pytestmark = pytest.mark.ray
MB = 1 << 20


@pytest.fixture(autouse=True)
def _cluster(ray_cluster: None) -> None:
    pass


def test_an_objective_may_be_larger_than_ray_allows_and_the_variable_is_named(capfd: Any) -> None:
    big = np.ones(105 * MB // 8)

    def objective(trial: rtl.Trial) -> float:
        big[0] = trial.suggest_float("x", 0, 1)  # as with a small one: each process has a copy
        return float(big[0])

    study = rtl.create_study()
    study.optimize(objective, n_trials=2, max_concurrent=1)
    assert len(study.best_trials) == 1
    assert big[0] == 1.0
    said = capfd.readouterr().err
    assert "the objective is 105 MB large, 105 MB of it in its variable 'big'" in said
    assert "rtl.shared(big)" in said


def test_shared_data_is_put_once_read_in_place_and_forgotten_after_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = ray.put
    puts: list[str] = []

    def noted(value: Any) -> Any:
        ref = put(value)
        puts.append(ref.hex())
        return ref

    monkeypatch.setattr(ray, "put", noted)
    data = rtl.shared(np.arange(2 * MB // 8))

    def objective(trial: rtl.Trial) -> float:
        array = data.get()
        assert not array.flags.owndata
        assert not array.flags.writeable
        (tmp_path / str(os.getpid())).touch()
        return float(array[trial.suggest_int("i", 0, 9)])

    study = rtl.create_study()
    study.optimize(objective, n_trials=8, max_concurrent=3)
    assert [trial.value for trial in study.trials] == [trial.params["i"] for trial in study.trials]
    assert len(puts) == 2  # the data, and the objective that refers to it
    kept = ray._private.worker.global_worker.core_worker.get_all_reference_counts()
    assert not set(puts) & set(kept)


def test_what_is_small_does_not_go_through_the_object_store(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> None:
        raise AssertionError("put")

    monkeypatch.setattr(ray, "put", refuse)
    few = np.ones(parcels.LARGE // 16)
    with parcels.travelling(lambda trial: float(few[0]), print) as objective:
        assert not isinstance(objective, parcels._Parcel)
