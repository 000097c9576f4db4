"""The rendered objects against published schemas: KubeRay's CRDs, strictly, and Kubernetes' own.

KubeRay's CRDs (ray.io_rayjobs.yaml, ray.io_rayclusters.yaml of v1.7.0, Apache-2.0) are found through
RTL_KUBERAY_CRDS or in ../shared/schemas; without them these tests skip, visibly.
"""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import Any

import pytest

from .reading import OVERLAYS, REPOSITORY, Document, cluster_spec, load, pod_templates, put, ray_object, rendered

jsonschema = pytest.importorskip("jsonschema")

CRD_DIRECTORY = Path(os.environ.get("RTL_KUBERAY_CRDS") or REPOSITORY.parent / "shared" / "schemas")
KUBERNETES = "1.36"
HEAD = "spec/rayClusterSpec/headGroupSpec"
WORKER = "spec/rayClusterSpec/workerGroupSpecs/0"


def strict(schema: Any) -> Any:
    """A CRD's openAPIV3Schema as a JSON schema that refuses unknown fields, as `kubectl` does by default."""
    if isinstance(schema, list):
        return [strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    result = {
        key: {name: strict(child) for name, child in value.items()} if key == "properties" else strict(value)
        for key, value in schema.items()
        if not key.startswith("x-") and key not in ("description", "format", "default", "nullable")
    }
    if schema.get("x-kubernetes-int-or-string"):
        result.pop("type", None)
        result["anyOf"] = [{"type": "integer"}, {"type": "string"}]
    open_ended = schema.get("x-kubernetes-preserve-unknown-fields") or "additionalProperties" in schema
    if "properties" in schema and not open_ended:
        result["additionalProperties"] = False
    if "required" in result:
        defaulted = [name for name, child in schema.get("properties", {}).items() if "default" in child]
        result["required"] = [name for name in result["required"] if name not in defaulted]
    if schema.get("nullable") and isinstance(result.get("type"), str):
        result["type"] = [result["type"], "null"]
    return result


@functools.cache
def validator(kind: str) -> Any:
    path = CRD_DIRECTORY / f"ray.io_{kind.lower()}s.yaml"
    if not path.is_file():
        pytest.skip(f"KubeRay's CRD {path} is not here; set RTL_KUBERAY_CRDS to KubeRay's config/crd/bases")
    (crd,) = load(path.read_text())
    (version,) = [version for version in crd["spec"]["versions"] if version["name"] == "v1"]
    schema = strict(version["schema"]["openAPIV3Schema"])
    # an object's metadata is the API server's business, and open in every CRD
    schema["properties"]["metadata"] = {
        "type": "object",
        "required": ["name"],
        "additionalProperties": False,
        "properties": {name: {} for name in ("name", "namespace", "labels", "annotations")},
    }
    return jsonschema.Draft202012Validator(schema)


def complaints(document: Document) -> list[str]:
    errors = validator(document["kind"]).iter_errors(document)
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}" for error in errors]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_kuberay_accepts_it(overlay: str) -> None:
    document = ray_object(overlay)
    assert document["apiVersion"] == "ray.io/v1"
    assert complaints(document) == []


def test_a_jobs_cluster_alone_is_a_raycluster_too() -> None:
    spec = cluster_spec(ray_object("overlays/gpu"))
    cluster = {"apiVersion": "ray.io/v1", "kind": "RayCluster", "metadata": {"name": "rtl"}, "spec": spec}
    assert complaints(cluster) == []


@pytest.mark.parametrize(
    ("where", "value", "words"),
    [
        ("spec/backofLimit", 1, "'backofLimit' was unexpected"),
        ("spec/backoffLimit", "two", "'two' is not of type 'integer'"),
        ("spec/shutdownAfterJobFinishes", "yes", "'yes' is not of type 'boolean'"),
        ("spec/submitterPodTemplate/spec/container", [], "'container' was unexpected"),
        ("spec/rayClusterSpec/rayVersion", 2.6, "2.6 is not of type 'string'"),
        (f"{HEAD}/rayStartParams/num-cpus", 0, "0 is not of type 'string'"),
        (f"{HEAD}/template/spec/volume", [], "'volume' was unexpected"),
        (f"{WORKER}/template/spec/containers/0/resources/limit", {}, "'limit' was unexpected"),
        (f"{WORKER}/template/spec/containers/0/env", [{"nam": "X"}], "'nam' was unexpected"),
        (f"{WORKER}/template/spec/containers/0/resources/limits/cpu", 1.5j, "is not valid under any"),
        (f"{WORKER}/maxReplica", 1, "'maxReplica' was unexpected"),
        ("spec/rayClusterSpec/autoscalerOptions/version", "v3", "'v3' is not one of"),
        ("spec/rayClusterSpec/authOptions/mode", "tokens", "'tokens' is not one of"),
        ("metadata/label", {}, "'label' was unexpected"),
    ],
)
def test_kuberays_schema_catches(where: str, value: Any, words: str) -> None:
    document = ray_object("overlays/gpu")
    put(document, where, value)
    found = complaints(document)
    assert any(words in complaint for complaint in found), found


# --- Kubernetes' own objects, and the pods inside KubeRay's ----------------------------------------------------------


def core_objects(overlay: str) -> list[Document]:
    """Every object that is not KubeRay's, and a Pod for each pod template."""
    documents = rendered(overlay)
    found = [document for document in documents if not document["apiVersion"].startswith("ray.io/")]
    for name, template in pod_templates(documents):
        metadata = {"name": name, **template["metadata"]}
        found.append({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]})
    return found


def check_core(document: Document) -> None:
    checker = pytest.importorskip("kubernetes_validate", reason="pip install kubernetes-validate")
    checker.validate(document, KUBERNETES, strict=True)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_kubernetes_accepts_the_other_objects_and_the_pods(overlay: str) -> None:
    found = core_objects(overlay)
    kinds = {document["kind"] for document in found}
    assert kinds >= {"Secret", "Service", "ServiceAccount", "NetworkPolicy", "StatefulSet", "Pod"}
    for document in found:
        check_core(document)


@pytest.mark.parametrize(
    ("kind", "where", "value"),
    [
        ("Pod", "spec/containers/0/resource", {}),
        ("Pod", "spec/containers/0/readinessProbe", {"exec": {"comand": []}}),
        ("Pod", "spec/volumes/0/persistentVolumeClam", {}),
        ("NetworkPolicy", "spec/ingres", []),
        ("StatefulSet", "spec/replicas", "one"),
        ("Service", "spec/ports/0/port", ...),
        ("Secret", "dat", {}),
    ],
)
def test_kubernetes_schemas_catch(kind: str, where: str, value: Any) -> None:
    document = next(document for document in core_objects("overlays/gpu") if document["kind"] == kind)
    put(document, where, value)
    with pytest.raises(Exception, match=r"(?s)unexpected|not of type|required|Additional"):
        check_core(document)
