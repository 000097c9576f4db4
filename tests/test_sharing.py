"""Data that trials share, where no Ray is: it is the object itself, and travels by value."""

from __future__ import annotations

import copy
import pickle

import raytune_lite as rtl
from raytune_lite.sharing import putting


def test_shared_data_is_the_object_itself_inline() -> None:
    data = [1.0, 2.0]
    held = rtl.shared(data)

    def objective(trial: rtl.Trial) -> float:
        assert held.get() is data
        return held.get()[trial.number]

    study = rtl.create_study()
    study.optimize(objective, n_trials=2, executor="inline")
    assert [trial.value for trial in study.trials] == [1.0, 2.0]


def test_shared_data_may_be_none() -> None:
    assert rtl.shared(None).get() is None


def test_a_copy_of_shared_data_has_the_data_with_it() -> None:
    held = rtl.shared({"x": 1})
    for other in (copy.deepcopy(held), pickle.loads(pickle.dumps(held))):
        assert other.get() == {"x": 1}
        assert other.get() is not held.get()


def test_shared_data_is_put_elsewhere_once_and_fetched_when_it_is_asked_for() -> None:
    puts: list[object] = []

    def put(value: object) -> _Fetch:
        puts.append(value)
        return _Fetch()

    held = rtl.shared("data")
    with putting(put):
        content = pickle.dumps([held, held])
    one, other = pickle.loads(content)
    assert puts == ["data"]
    assert one is other
    assert repr(held) == "shared(str)"
    assert repr(one) == "shared(...)"  # not fetched to be shown
    assert one.get() == "fetched"
    with putting(put):
        assert pickle.loads(pickle.dumps(one)).get() == "fetched"
    assert puts == ["data"]  # what came from there is not put there again


class _Fetch:
    def __call__(self) -> str:
        return "fetched"
