"""A real API server with KubeRay's CRDs: each overlay as a server-side dry run, and its pods under `restricted`.

No package of PyPI or Debian brings kube-apiserver, so CI has none, and this skips there, visibly. Where there are
kube-apiserver and etcd (Kubernetes' envtest has both), the tests start them: see api_server.py.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .api_server import binaries, serving, wait_until
from .reading import (
    OVERLAYS,
    Document,
    cluster_spec,
    copied,
    kubectl,
    load,
    pod_templates,
    put,
    ray_object,
    rendered,
)
from .test_schemas import CRD_DIRECTORY

CRDS = [CRD_DIRECTORY / f"ray.io_{kind}.yaml" for kind in ("rayclusters", "rayjobs")]
DRY = ["--namespace=studies", "apply", "--server-side", "--dry-run=server", "--validate=strict"]


class Api:
    """kubectl as an administrator of the server."""

    def __init__(self, config: Path) -> None:
        self._config = config

    def __call__(self, *words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        return kubectl("--kubeconfig", str(self._config), *words, cwd=cwd or self._config.parent)

    def dry(self, document: Document, folder: Path, *, namespace: str = "studies") -> subprocess.CompletedProcess[str]:
        """One object as a server-side dry run."""
        (folder / "object.json").write_text(json.dumps(document))
        return self(*DRY, f"--namespace={namespace}", "-f", str(folder / "object.json"))


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    """A server with KubeRay's CRDs and two namespaces that have the accounts; pods of one of them are restricted."""
    found = binaries()
    if isinstance(found, str):
        pytest.skip(found)
    missing = [str(path) for path in CRDS if not path.is_file()]
    if missing:
        pytest.skip(f"KubeRay's CRDs are not here ({', '.join(missing)}); set RTL_KUBERAY_CRDS")
    with serving(*found) as config:
        call = Api(config)

        def must(*words: str) -> None:
            done = call(*words)
            assert done.returncode == 0, done.stderr

        for path in CRDS:
            must("apply", "--server-side", "-f", str(path))
        wait_until(lambda: call("get", "rayclusters,rayjobs").returncode == 0, "KubeRay's kinds are not served")
        for namespace in ("studies", "restricted"):
            must("create", "namespace", namespace)
            for account in ("default", "rtl-head", "rtl-worker"):  # no controller makes the first one here
                must(f"--namespace={namespace}", "create", "serviceaccount", account)
        must("label", "namespace", "restricted", "pod-security.kubernetes.io/enforce=restricted")
        yield call


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_server_accepts_the_overlay(api: Api, overlay: str, tmp_path: Path) -> None:
    copied(tmp_path)
    done = api(*DRY, "-k", f"cluster/kuberay/{overlay}", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == len(rendered(overlay))


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_what_the_server_stores_is_what_the_files_say(api: Api, overlay: str, tmp_path: Path) -> None:
    """No field of a RayJob or a RayCluster is pruned: the server adds defaults, and drops nothing."""
    (tmp_path / "object.json").write_text(json.dumps(ray_object(overlay)))
    done = api(*DRY, "--output=yaml", "-f", str(tmp_path / "object.json"))
    assert done.returncode == 0, done.stderr
    (stored,) = load(done.stdout)
    assert lacking(ray_object(overlay)["spec"], stored["spec"]) == []


def lacking(asked: Any, stored: Any, where: str = "spec") -> list[str]:
    """Where ``stored`` lacks or changes what was asked for."""
    if isinstance(asked, dict) and isinstance(stored, dict):
        pairs = [(key, child, stored.get(key)) for key, child in asked.items()]
    elif isinstance(asked, list) and isinstance(stored, list) and len(asked) == len(stored):
        pairs = [(i, *pair) for i, pair in enumerate(zip(asked, stored, strict=True))]
    else:
        return [] if asked == stored else [f"{where}: {asked!r}, stored {stored!r}"]
    return [item for key, *pair in pairs for item in lacking(*pair, f"{where}/{key}")]


@pytest.mark.parametrize(
    ("where", "value"), [("spec/rayClusterSpec/headGroupSpec/rayStartParms", {}), ("spec/entrypoint", ["python"])]
)
def test_the_server_refuses_a_wrong_ray_job(api: Api, where: str, value: Any, tmp_path: Path) -> None:
    document = ray_object("job")
    put(document, where, value)
    done = api.dry(document, tmp_path)
    assert done.returncode != 0
    assert where.rpartition("/")[2] in done.stderr


@pytest.mark.parametrize("field", ["ingres", "policyType"])
def test_the_server_refuses_a_wrong_network_policy(api: Api, field: str, tmp_path: Path) -> None:
    policy = next(item for item in rendered("job") if item["kind"] == "NetworkPolicy")
    done = api.dry({**policy, "spec": {**policy["spec"], field: []}}, tmp_path)
    assert done.returncode != 0
    assert f".spec.{field}: field not declared in schema" in done.stderr


# --- pod security ----------------------------------------------------------------------------------------------------


def pods(overlay: str) -> Iterator[tuple[str, Document]]:
    """The overlay's pods as plain ones; the head with the container of the autoscaler that the operator adds."""
    spec = cluster_spec(ray_object(overlay))
    for name, template in pod_templates(rendered(overlay)):
        metadata = {**template.get("metadata", {}), "name": name}
        containers = list(template["spec"]["containers"])
        if name == "head" and spec.get("enableInTreeAutoscaling"):
            options = spec.get("autoscalerOptions", {})
            added = {"name": "autoscaler", "image": containers[0]["image"]}
            containers.append(added | {key: options[key] for key in ("securityContext", "resources") if key in options})
        pod = {**template["spec"], "containers": containers}
        yield name, {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": pod}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_pod_is_let_into_a_restricted_namespace(api: Api, overlay: str, tmp_path: Path) -> None:
    seen = []
    for name, pod in pods(overlay):
        done = api.dry(pod, tmp_path, namespace="restricted")
        assert (done.returncode, done.stderr) == (0, ""), name
        seen.append(name)
    assert {"head", "rtl-postgresql"} < set(seen)


@pytest.mark.parametrize(
    ("field", "value"), [("runAsNonRoot", False), ("allowPrivilegeEscalation", True), ("capabilities", {})]
)
def test_a_pod_with_more_rights_is_not(api: Api, field: str, value: Any, tmp_path: Path) -> None:
    pod = dict(pods("job"))["head"]
    pod["spec"]["containers"][0]["securityContext"][field] = value
    done = api.dry(pod, tmp_path, namespace="restricted")
    assert done.returncode != 0
    assert 'violates PodSecurity "restricted' in done.stderr
    assert api.dry(pod, tmp_path).returncode == 0  # and would be elsewhere
