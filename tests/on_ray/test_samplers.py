"""Samplers that learn, on a real local Ray: beside the driver's loop, through its death, and derived again later."""

from __future__ import annotations

import os
import signal
import statistics
import time
from contextlib import closing
from typing import Any

import pytest
from threadpoolctl import threadpool_limits

import raytune_lite as rtl
from raytune_lite.core import messages as m
from raytune_lite.exceptions import NoResultError, SamplerFailedError
from raytune_lite.runtime.config import RunConfig
from raytune_lite.runtime.session import Session
from raytune_lite.samplers import GPSampler
from raytune_lite.trial import TrialState

from .drivers import driver_pid

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("ray_cluster")]


def bowl(trial: rtl.Trial) -> float:
    x, y = trial.suggest_float("x", -5, 5), trial.suggest_float("y", 1e-3, 1e3, log=True)
    waits = []
    for step in range(1, 6):
        trial.report(x * x + step, step)
        began = time.perf_counter()
        trial.delivery.flush()
        waits.append(time.perf_counter() - began)
        time.sleep(0.02)
    trial.set_user_attr("waits", waits)
    trial.set_constraint("y is large", 1.0 - y)
    return x * x + abs(y - 3.0) / 100


def derived_again(storage: str) -> int:
    """Ask a fresh sampler for every suggestion in the log, with the part of the log that it saw."""
    config = RunConfig(storage=storage, study_name="s", run="reader")
    # Ray gives the driver one thread for linear algebra; with more, sums are rounded otherwise
    with threadpool_limits(1), closing(Session(config)) as session:
        log = session.repository.events(session.study)
        suggested = [event for _, event, _ in log if isinstance(event, m.Suggested) and event.params]
        for event in suggested:
            state, sampler = session.fold(log[: event.seen]), GPSampler(seed=3, n_startup_trials=4)
            view = state.view()
            values = sampler.sample_relative(view, event.number, sampler.search_space(view, state.space))
            assert {param.name: param.value for param in event.params} == values
    return len(suggested)


def test_a_gaussian_process_chooses_while_reports_go_on_and_a_killed_driver_goes_on_with_it(storage: str) -> None:
    fit = 0.2  # seconds, at least

    class Slow(GPSampler):
        def sample_relative(self, *arguments: Any) -> Any:
            time.sleep(fit)
            return super().sample_relative(*arguments)

    Slow.__name__ = "GPSampler"  # the study's record of it: what it chooses is what that one would
    study = rtl.create_study(study_name="s", storage=storage, sampler=Slow(seed=3, n_startup_trials=4))
    killed: list[int] = []

    def kill_the_driver(study: rtl.Study, trial: rtl.FrozenTrial) -> None:
        if trial.number == 8:
            killed.append(driver_pid(study))
            os.kill(killed[-1], signal.SIGKILL)

    study.optimize(bowl, n_trials=20, max_concurrent=3, callbacks=[kill_the_driver])
    assert len(killed) == 1
    assert [trial.state for trial in study.trials] == [TrialState.COMPLETE] * 20
    assert study.best_trial.is_feasible
    # fits and reports share one driver process: a report waits for no suggestion
    waits = [wait for trial in study.trials for wait in trial.user_attrs["waits"]]
    assert statistics.median(waits) < fit / 2
    study.close()
    assert derived_again(storage) >= 12


@pytest.mark.parametrize("in_background", [False, True])
@pytest.mark.parametrize("fails", ["sample_relative", "sample_independent"])
def test_a_samplers_bug_ends_the_run_as_the_samplers_and_fails_no_trial(
    storage: str, fails: str, in_background: bool
) -> None:
    class Broken(rtl.samplers.BaseSampler):
        def __init__(self, seed: int | None = 0) -> None:
            super().__init__(seed)
            self.in_background = in_background

        def search_space(self, view, known):
            return known if fails == "sample_relative" else {}

    def broken(self, view, number, *arguments):
        if number >= 3:
            raise ZeroDivisionError("no model")
        return getattr(rtl.samplers.BaseSampler, fails)(self, view, number, *arguments)

    setattr(Broken, fails, broken)
    study = rtl.create_study(study_name="s", storage=storage, sampler=Broken())

    def objective(trial: rtl.Trial) -> float:
        return trial.suggest_float("x", 0, 1)

    with pytest.raises(SamplerFailedError, match=r"sampler Broken failed for trial \d+: ZeroDivisionError") as caught:
        study.optimize(objective, n_trials=8, max_concurrent=2, catch=Exception)
    assert "in broken" in str(caught.value)
    states = [trial.state for trial in study.trials]
    assert states[:3].count(TrialState.COMPLETE) >= 2, states  # the third may have been under way when the run ended
    assert set(states) <= {TrialState.COMPLETE, TrialState.WAITING}
    study.sampler = rtl.samplers.RandomSampler(0)
    with pytest.raises(NoResultError, match=r"got {'loss': 1.0}; return the value to optimize"):
        study.optimize(lambda trial: {"loss": 1.0}, max_trials=len(states) + 1, max_concurrent=2)
    study.close()
