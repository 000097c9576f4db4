"""A head that `ray start` started, with token authentication: what a script is told that joins it by RAY_ADDRESS."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from .heads import Head, started_head

pytestmark = [pytest.mark.kill, pytest.mark.timeout(180)]

SCRIPT = """
import sys
import raytune_lite as rtl
rtl.create_study().optimize(lambda trial: 1.0, n_trials=1, resources={"num_cpus": float(sys.argv[1])})
print("done")
"""


@pytest.fixture(scope="module")
def head(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Head]:
    token = tmp_path_factory.mktemp("head") / "token"
    token.write_text("0123456789abcdef0123456789abcdef")
    with started_head(RAY_AUTH_MODE="token", RAY_AUTH_TOKEN_PATH=str(token)) as found:
        yield found


def run(num_cpus: int, environment: dict[str, str]) -> tuple[int, str]:
    command = [sys.executable, "-c", SCRIPT, str(num_cpus)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout + done.stderr


def test_without_the_token_it_says_which_variable_to_set(head: Head) -> None:
    without = {name: value for name, value in head.joined().items() if not name.startswith("RAY_AUTH")}
    code, said = run(1, without)
    assert code == 1
    assert "asks for a token. Set RAY_AUTH_MODE=token (it is not set)" in said.splitlines()[-1]
    assert said.count("InvalidAuthToken") <= 1, said  # Ray's own line; it would try for 20 s, a line a second


def test_what_no_node_has_is_refused_and_the_rest_runs(head: Head) -> None:
    code, said = run(64, head.joined())
    assert code == 1
    assert "CPU: 64" in said.splitlines()[-1]
    assert "no autoscaler" in said.splitlines()[-1]
    code, said = run(1, head.joined())
    assert (code, "done" in said) == (0, True), said
