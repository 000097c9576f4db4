"""Commands from another process to a run on Ray: real tasks end, save, wait and go on."""

from __future__ import annotations

import time
from typing import Any

from ..test_control import running, states, wait_for  # noqa: F401  (a fixture)


def test_a_run_on_ray_is_paused_resized_and_stopped_from_another_process(running: Any) -> None:  # noqa: F811
    study, script = running(4, "ray")
    wait_for(lambda: states(study).count("RUNNING") == 2)
    assert study.resize(1) == 1
    wait_for(lambda: states(study).count("RUNNING") == 1)
    victim = next(trial for trial in study.trials if trial.state.name == "WAITING")
    assert study.pause() == 1
    wait_for(lambda: states(study).count("RUNNING") == 0)
    before = {trial.number: dict(trial.intermediate_values) for trial in study.trials}
    time.sleep(1.0)
    assert {trial.number: dict(trial.intermediate_values) for trial in study.trials} == before
    study.unpause()
    study.resize(2)
    wait_for(lambda: states(study).count("RUNNING") == 2)
    assert study.trials[victim.number].state.name == "RUNNING"  # they go on first, before any new trial
    assert len(study.trials) == 2
    study.stop()
    for number in (0, 1):
        study.stop_trial(number)
    assert script.communicate(timeout=60)[0].strip() == "over"
    assert states(study) == ["PRUNED", "PRUNED"]
    assert {outcome for attempt in study.attempts if (outcome := attempt.outcome)} == {"interrupted"}
