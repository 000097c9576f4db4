"""One local Ray for the whole session, with its own HOME so that nothing of the developer's is touched."""

from __future__ import annotations

import gc
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

pytest_plugins = ("tests.servers",)

# how long an example takes says how busy the machine is
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
# else each process that a test starts, and each worker of Ray's, would compile the package again: a second of CPU time
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
# before anybody imports numpy or torch: processes are compared bit by bit, and tests run beside each other
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
# before anybody imports ray: a bare ray.init() would switch token authentication on in the real HOME
os.environ["RAY_AUTH_MODE"] = "disabled"
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
os.environ.setdefault("RAY_worker_niceness", "0")
os.environ["RAY_enable_metrics_collection"] = "0"  # noqa: SIM112  (Ray's own spelling)
os.environ["RAY_DEDUP_LOGS"] = "0"
os.environ.pop("RAY_ADDRESS", None)
# Ray's files, and the address of a head that ran here once or runs now; short, for the sake of its socket paths
os.environ["RAY_TMPDIR"] = tempfile.mkdtemp(prefix="rtl-", dir="/tmp")


def pytest_unconfigure() -> None:
    """Everything of Ray's that the session wrote goes."""
    shutil.rmtree(os.environ["RAY_TMPDIR"], ignore_errors=True)


def pytest_collection_finish() -> None:
    """What the modules of the tests hold, stays; a look for garbage need not visit these millions of objects."""
    gc.freeze()


@pytest.fixture(scope="session")
def ray_cluster() -> Iterator[None]:
    """A local Ray with 4 CPUs; every test on Ray uses it."""
    import ray

    home, os.environ["HOME"] = os.environ.get("HOME"), tempfile.mkdtemp(prefix="home-", dir=os.environ["RAY_TMPDIR"])
    ray.init(
        address="local",  # never a head that somebody runs on this machine
        num_cpus=4,
        include_dashboard=False,
        log_to_driver=False,
        logging_level="ERROR",
        object_store_memory=80 << 20,
    )
    yield
    ray.shutdown()
    if home is not None:
        os.environ["HOME"] = home


@pytest.fixture
def storage(tmp_path: Path) -> str:
    """URL of a SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path}/study.db"


@pytest.fixture
def clock() -> object:
    """A core_tools.Clock: a host whose time passes when the test says so."""
    from .core_tools import Clock

    return Clock()
