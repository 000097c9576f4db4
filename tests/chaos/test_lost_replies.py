"""Ray loses 20 % of the replies to its calls (its own fault injection): the study completes, exactly."""

from __future__ import annotations

import json

import pytest

from .conftest import LONG
from .world import World

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(900 if LONG else 300)]

SIDE = 8 if LONG else 4  # 512 or 64 cells; each lost reply to an actor call costs a second
LOSSES = {"num_failures": -1, "req_failure_prob": 0, "resp_failure_prob": 20, "in_flight_failure_prob": 0}


def test_a_grid_is_exact_though_a_fifth_of_the_replies_is_lost(world: World) -> None:
    """Both to the driver's actor calls and to the tasks themselves, whose results are then lost after they ran."""
    losses = json.dumps({"CoreWorkerService.grpc_client.PushTask": LOSSES})
    script = world.script(
        *("--grid", SIDE, "--cpus", 4, "--concurrent", 4, "--pause", 0.02, "--fault", "no-wire"),
        RAY_testing_rpc_failure=losses,
    )
    script.finish(800 if LONG else 240)
    facts = world.check("20 % of replies lost, actor calls only", grid=SIDE)
    assert facts.trials == {"COMPLETE": SIDE**3}
    assert facts.outcomes["worker_crash"] > 0, "no reply to a task was lost"
