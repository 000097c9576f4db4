"""Two raylets at an address that other machines could reach: attempts on the driver's node speak no TLS, others do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(200)]

SCRIPT = """
import sys
import ray
from ray.cluster_utils import Cluster
import raytune_lite as rtl

HOST = ray.util.get_node_ip_address()
if HOST.startswith("127."):
    sys.exit(77)
options = {"node_ip_address": HOST, "object_store_memory": 80 << 20, "include_dashboard": False}
cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, **options})
cluster.add_node(num_cpus=1, **options)
ray.init(cluster.address, logging_level="ERROR")
DRIVER = ray.get_runtime_context().get_node_id()

def objective(trial):
    from raytune_lite.runtime.on_ray import task
    import time
    trial.report(0.5, step=1)
    trial.should_prune()                                  # a round trip
    (line,) = task._lines.values()
    trial.set_user_attr("socket", type(line._connection._socket).__name__)
    trial.set_user_attr("is_drivers", ray.get_runtime_context().get_node_id() == DRIVER)
    time.sleep(0.5)
    return 1.0

study = rtl.create_study(study_name="tls", storage="sqlite:///tls.db")
study.optimize(objective, n_trials=6, resources={"num_cpus": 1})
print(sorted({(trial.user_attrs["is_drivers"], trial.user_attrs["socket"]) for trial in study.trials}))
"""


def test_tls_is_spoken_between_nodes_only(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    command = [sys.executable, "script.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=180)
    if done.returncode == 77:
        pytest.skip("this machine has no address but 127.0.0.1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[(False, 'SSLSocket'), (True, 'socket')]" in done.stdout, done.stdout
