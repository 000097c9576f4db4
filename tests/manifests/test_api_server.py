"""A real API server with KubeRay's CRDs: each overlay as a server-side dry run, which stores nothing.

No package of PyPI or Debian brings such a server, so CI has none, and this skips there, visibly. Where there is one
(kind, say), RTL_KUBECONFIG names the configuration by which kubectl reaches it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from .reading import OVERLAYS, copied, kubectl


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_server_accepts_the_overlay(overlay: str, tmp_path: Path) -> None:
    config = os.environ.get("RTL_KUBECONFIG")
    if not config:
        pytest.skip("no API server: RTL_KUBECONFIG names the kubectl configuration of one with KubeRay's CRDs")
    copied(tmp_path)
    command = ["--kubeconfig", config, "apply", "--dry-run=server", "--validate=strict"]
    done = kubectl(*command, "-k", f"cluster/kuberay/{overlay}", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
