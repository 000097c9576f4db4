"""The files in cluster/: accepted by the schemas of their readers, and consistent where no schema looks.

KubeRay's CRDs (ray.io_rayjobs.yaml, ray.io_rayclusters.yaml of v1.7.0, Apache-2.0) are found through
RTL_KUBERAY_CRDS or in ../shared/schemas; without them the schema tests skip, visibly.
"""

from __future__ import annotations

import copy
import functools
import json
import os
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

yaml = pytest.importorskip("yaml")
jsonschema = pytest.importorskip("jsonschema")

RAY_VERSION = "2.60.0"
REPOSITORY = Path(__file__).resolve().parents[1]
CLUSTER = REPOSITORY / "cluster"
KUBERAY = CLUSTER / "kuberay"
LAUNCHER_FILES = ["local.yaml", "aws-gpu.yaml"]
CRD_DIRECTORY = Path(os.environ.get("RTL_KUBERAY_CRDS") or REPOSITORY.parent / "shared" / "schemas")


def load(path: Path) -> list[dict[str, Any]]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return [document for document in yaml.load_all(path.read_text(), loader) if document]


@functools.cache
def _rayjob() -> dict[str, Any]:
    (document,) = load(KUBERAY / "rayjob.yaml")
    return document


@pytest.fixture
def rayjob() -> dict[str, Any]:
    return copy.deepcopy(_rayjob())


def manifests() -> list[dict[str, Any]]:
    return [document for path in sorted(KUBERAY.glob("*.yaml")) for document in load(path)]


# --- the cluster launcher -----------------------------------------------------------------------------------


def prepared(config: dict[str, Any]) -> dict[str, Any]:
    """What `ray up` does with the file before it starts anything."""
    util = pytest.importorskip("ray.autoscaler._private.util")
    config = util.prepare_config(copy.deepcopy(config))
    util.validate_config(config)
    return config


@pytest.mark.parametrize("name", LAUNCHER_FILES)
def test_ray_up_accepts_the_file(name: str) -> None:
    (config,) = load(CLUSTER / name)
    types = prepared(config)["available_node_types"]
    assert sum(node["max_workers"] for node in types.values()) >= 1


@pytest.mark.parametrize("name", LAUNCHER_FILES)
@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda config: config.update(max_worker=2), "max_worker"),
        (lambda config: config.update(idle_timeout_minutes="two"), "two"),
        (lambda config: config.pop("provider"), "provider"),
        (lambda config: config["auth"].update(ssh_usr="x"), "ssh_usr"),
    ],
)
def test_ray_up_refuses_a_spoilt_file(name: str, spoil: Callable[[Any], Any], words: str) -> None:
    (config,) = load(CLUSTER / name)
    spoil(config)
    with pytest.raises((jsonschema.ValidationError, KeyError), match=words):
        prepared(config)


def test_ray_up_refuses_a_head_type_that_does_not_exist() -> None:
    (config,) = load(CLUSTER / "aws-gpu.yaml")
    config["head_node_type"] = "haed"
    with pytest.raises((ValueError, KeyError), match="head"):
        prepared(config)


@pytest.mark.parametrize("name", LAUNCHER_FILES)
def test_the_launchers_head_runs_no_trials(name: str) -> None:
    (config,) = load(CLUSTER / name)
    head, worker = config["head_start_ray_commands"][-1], config["worker_start_ray_commands"][-1]
    assert {"--head", "--num-cpus=0", "--num-gpus=0"} <= set(head.split())
    assert "--autoscaling-config=~/ray_bootstrap_config.yaml" in head.split()
    assert "--address=$RAY_HEAD_IP:6379" in worker.split()
    assert "--num-cpus" not in worker
    if "available_node_types" in config:
        types = config["available_node_types"]
        assert types[config["head_node_type"]]["resources"] == {"CPU": 0, "GPU": 0}
        assert any(node["resources"].get("GPU", 0) > 0 for node in types.values())


def test_the_local_file_reaches_no_machine_until_it_is_edited() -> None:
    (config,) = load(CLUSTER / "local.yaml")
    provider = config["provider"]
    assert all(ip.startswith("192.0.2.") for ip in [provider["head_ip"], *provider["worker_ips"]])  # RFC 5737
    assert config["min_workers"] == config["max_workers"] == len(provider["worker_ips"])


# --- one Ray version, no password ---------------------------------------------------------------------------


def test_every_file_names_the_same_ray_version(rayjob: dict[str, Any]) -> None:
    for name in LAUNCHER_FILES:
        (config,) = load(CLUSTER / name)
        installs = " ".join(config["setup_commands"])
        assert re.findall(r"ray\[default\]==([\w.]+)", installs) == [RAY_VERSION]
    assert rayjob["spec"]["rayClusterSpec"]["rayVersion"] == RAY_VERSION
    images = {container["image"] for _, pod in pods(rayjob) for container in containers(pod)}
    assert len(images) == 1
    assert images.pop().endswith(f"-ray{RAY_VERSION}")
    assert f"Ray is pinned to {RAY_VERSION}" in (CLUSTER / "README.md").read_text()


PASSWORD_IN_URL = re.compile(r"\w+://[^\s/:@]*:([^\s@]+)@")
SECRET_WORD = re.compile(r"(?i)(password|passwd|secret[-_]?key|access[-_]?key|token)[\"']?\s*[:=]\s*(\S+)")


def literal_passwords(text: str) -> list[str]:
    found = [password for password in PASSWORD_IN_URL.findall(text) if password != "CHANGEME"]
    return found + [
        value for _, value in SECRET_WORD.findall(text) if value not in ("CHANGEME", "{valueFrom:")
    ]


def test_no_file_holds_a_password() -> None:
    files = [path for path in CLUSTER.rglob("*") if path.is_file()]
    assert len(files) >= 6
    for path in files:
        assert literal_passwords(path.read_text()) == [], path
    assert "CHANGEME" in (KUBERAY / "secret.example.yaml").read_text()
    assert literal_passwords("a: postgresql+psycopg2://rtl:hunter2@host/db") == ["hunter2"]
    assert literal_passwords("password: hunter2\nAWS_SECRET_KEY=abc") == ["hunter2", "abc"]


# --- KubeRay: the schema ------------------------------------------------------------------------------------


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
    (crd,) = load(path)
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


def complaints(document: dict[str, Any]) -> list[str]:
    errors = validator(document["kind"]).iter_errors(document)
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}" for error in errors]


def test_kuberay_accepts_the_rayjob(rayjob: dict[str, Any]) -> None:
    assert rayjob["apiVersion"] == "ray.io/v1"
    assert complaints(rayjob) == []


def test_its_cluster_alone_is_a_raycluster_too(rayjob: dict[str, Any]) -> None:
    cluster = {
        "apiVersion": "ray.io/v1",
        "kind": "RayCluster",
        "metadata": {"name": "rtl"},
        "spec": rayjob["spec"]["rayClusterSpec"],
    }
    assert complaints(cluster) == []


HEAD = "spec/rayClusterSpec/headGroupSpec"
WORKER = "spec/rayClusterSpec/workerGroupSpecs/0"


@pytest.mark.parametrize(
    ("where", "value", "words"),
    [
        ("spec/backofLimit", 1, "'backofLimit' was unexpected"),
        ("spec/backoffLimit", "two", "'two' is not of type 'integer'"),
        ("spec/shutdownAfterJobFinishes", "yes", "'yes' is not of type 'boolean'"),
        ("spec/rayClusterSpec/rayVersion", 2.6, "2.6 is not of type 'string'"),
        (f"{HEAD}/rayStartParams/num-cpus", 0, "0 is not of type 'string'"),
        (f"{HEAD}/template/spec/volume", [], "'volume' was unexpected"),
        (f"{WORKER}/template/spec/containers/0/resources/limit", {}, "'limit' was unexpected"),
        (f"{WORKER}/template/spec/containers/0/env", [{"nam": "X"}], "'nam' was unexpected"),
        (f"{WORKER}/template/spec/containers/0/resources/limits/cpu", 1.5j, "is not valid under any"),
        (f"{WORKER}/maxReplica", 1, "'maxReplica' was unexpected"),
        ("spec/rayClusterSpec/autoscalerOptions/version", "v3", "'v3' is not one of"),
        ("metadata/label", {}, "'label' was unexpected"),
    ],
)
def test_kuberays_schema_catches(rayjob: dict[str, Any], where: str, value: Any, words: str) -> None:
    *path, last = where.split("/")
    node: Any = rayjob
    for part in path:
        node = node[int(part)] if isinstance(node, list) else node[part]
    node[last] = value
    found = complaints(rayjob)
    assert any(words in complaint for complaint in found), found


# --- KubeRay: what no schema looks at -----------------------------------------------------------------------


def pods(rayjob: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    cluster = rayjob["spec"]["rayClusterSpec"]
    yield "head", cluster["headGroupSpec"]["template"]["spec"]
    for group in cluster["workerGroupSpecs"]:
        yield group["groupName"], group["template"]["spec"]


def containers(pod: dict[str, Any]) -> list[dict[str, Any]]:
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


def operator_faults(rayjob: dict[str, Any]) -> list[str]:
    """The rules of the operator's validation.go (v1.7.0) that this manifest can break, and those of a pod."""
    spec, faults = rayjob["spec"], []
    if not re.fullmatch(r"[a-z]([-a-z0-9]{0,45}[a-z0-9])?", rayjob["metadata"]["name"]):
        faults.append("the name is not DNS-1035 of at most 47 characters")
    if spec.get("backoffLimit", 0) < 0 or spec.get("submitterConfig", {}).get("backoffLimit", 0) < 0:
        faults.append("a backoffLimit is negative")
    if spec.get("ttlSecondsAfterFinished", 0) and not spec.get("shutdownAfterJobFinishes"):
        faults.append("a ttl without shutdownAfterJobFinishes")
    if "deletionStrategy" in spec and spec.get("shutdownAfterJobFinishes"):
        faults.append("a deletionStrategy beside shutdownAfterJobFinishes")
    deadlines = ("activeDeadlineSeconds", "preRunningDeadlineSeconds")
    faults += [f"{name} is not positive" for name in deadlines if spec.get(name, 1) <= 0]
    cluster = spec["rayClusterSpec"]
    if cluster["headGroupSpec"]["rayStartParams"].get("num-cpus") != "0":
        faults.append("the head may run trials")
    faults += [
        f"{group['groupName']}: replicas out of their bounds"
        for group in cluster["workerGroupSpecs"]
        if not group["minReplicas"] <= group["replicas"] <= group["maxReplicas"]
    ]
    for name, pod in pods(rayjob):
        faults.extend(f"{name}: {fault}" for fault in pod_faults(pod))
    return faults


def pod_faults(pod: dict[str, Any]) -> Iterator[str]:
    volumes = [volume["name"] for volume in pod.get("volumes", [])]
    if len(set(volumes)) != len(volumes):
        yield "a volume is named twice"
    for container in containers(pod):
        if not container.get("image"):
            yield "no image"
        mounts = container.get("volumeMounts", [])
        yield from (f"no volume {mount['name']!r}" for mount in mounts if mount["name"] not in volumes)
        if len({mount["mountPath"] for mount in mounts}) != len(mounts):
            yield "two mounts at one path"
        requests, limits = container["resources"]["requests"], container["resources"]["limits"]
        gpus = [name for name in {**requests, **limits} if name.endswith("/gpu")]
        yield from (f"{name}: request != limit" for name in gpus if requests.get(name) != limits.get(name))
        if requests["memory"] != limits["memory"]:
            yield "memory: request != limit"  # Ray sizes itself by the limit
        security = container.get("securityContext", {})
        if (
            security.get("allowPrivilegeEscalation") is not False
            or not pod["securityContext"]["runAsNonRoot"]
        ):
            yield "runs with privileges"


def test_the_rayjob_keeps_the_operators_rules_and_its_pods_are_consistent(rayjob: dict[str, Any]) -> None:
    assert operator_faults(rayjob) == []


@pytest.mark.parametrize(
    ("where", "value", "fault"),
    [
        ("metadata/name", "Rtl_Digits", "DNS-1035"),
        ("metadata/name", "a" * 48, "DNS-1035"),
        ("spec/backoffLimit", -1, "negative"),
        ("spec/shutdownAfterJobFinishes", False, "ttl without"),
        (f"{HEAD}/rayStartParams/num-cpus", "2", "head may run trials"),
        (f"{WORKER}/replicas", 9, "out of their bounds"),
        (f"{WORKER}/template/spec/volumes", [], "gpu: no volume 'checkpoints'"),
        (f"{WORKER}/template/spec/containers/0/resources/limits/nvidia.com|gpu", "2", "request != limit"),
        (f"{WORKER}/template/spec/containers/0/image", "", "no image"),
        (f"{WORKER}/template/spec/containers/0/volumeMounts/1/mountPath", "/mnt/checkpoints", "two mounts"),
    ],
)
def test_the_rules_catch(rayjob: dict[str, Any], where: str, value: Any, fault: str) -> None:
    *path, last = (part.replace("|", "/") for part in where.split("/"))
    node: Any = rayjob
    for part in path:
        node = node[int(part)] if isinstance(node, list) else node[part]
    node[last] = value
    assert any(fault in found for found in operator_faults(rayjob))


def test_every_secret_and_claim_that_is_named_exists(rayjob: dict[str, Any]) -> None:
    by_kind: dict[str, dict[str, Any]] = {}
    for document in manifests():
        by_kind.setdefault(document["kind"], {})[document["metadata"]["name"]] = document
    secrets, claims = by_kind["Secret"], by_kind["PersistentVolumeClaim"]
    references = [*keyed(rayjob, "secretKeyRef"), *keyed(rayjob, "secretRef")]
    assert references
    for reference in references:
        assert reference["name"] in secrets
        if "key" in reference:
            assert reference["key"] in secrets[reference["name"]]["stringData"]
    named = [claim["claimName"] for claim in keyed(rayjob, "persistentVolumeClaim")]
    assert set(named) == set(claims)
    # a promoted trial resumes on another node
    assert all(claim["spec"]["accessModes"] == ["ReadWriteMany"] for claim in claims.values())


def test_only_the_head_holds_the_database_secret(rayjob: dict[str, Any]) -> None:
    holders = [name for name, pod in pods(rayjob) if [*keyed(pod, "secretKeyRef"), *keyed(pod, "secretRef")]]
    assert holders == ["head"]


def test_the_checkpoint_directory_is_the_same_shared_mount_everywhere(rayjob: dict[str, Any]) -> None:
    directory = shlex.split(rayjob["spec"]["entrypoint"]).pop()
    for name, pod in pods(rayjob):
        claimed = [volume["name"] for volume in pod["volumes"] if "persistentVolumeClaim" in volume]
        mounts = [mount for mount in pod["containers"][0]["volumeMounts"] if mount["name"] in claimed]
        assert any(Path(directory).is_relative_to(mount["mountPath"]) for mount in mounts), name


def test_the_entrypoint_reaches_the_script_through_both_shells(
    rayjob: dict[str, Any], tmp_path: Path
) -> None:
    # KubeRay's BuildJobSubmitCommand puts the entrypoint, as it is, into the submitter pod's bash; `ray job
    # submit` joins the words it gets with shlex.join; the head's job supervisor gives that to /bin/sh.
    url = 'postgresql+psycopg2://rtl:p$HOME`x` "q"%2F*@db:5432/rtl'
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\nfor word in "$@" "$RTL_STORAGE"; do printf \'%s\\n\' "$word"; done\n')
    python.chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    submitter = subprocess.run(
        ["bash", "-c", f"printf '%s\\0' {rayjob['spec']['entrypoint']}"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    words = submitter.stdout.split("\0")[:-1]
    head = subprocess.run(
        ["/bin/sh", "-c", shlex.join(words)],
        env={**environment, "RTL_STORAGE": url},
        capture_output=True,
        text=True,
        check=True,
    )
    script, *options, storage = head.stdout.splitlines()
    assert script == "examples/digits.py"
    assert storage == url
    # an argument with the password would stand in `ps` and in Ray's list of jobs
    given = dict(zip(options[::2], options[1::2], strict=True))
    assert set(given) == {"--study", "--max-trials", "--num-gpus", "--checkpoint-dir"}


def test_the_core_objects_have_only_fields_that_exist() -> None:
    known = {
        "Secret": {"apiVersion", "kind", "metadata", "type", "stringData"},
        "PersistentVolumeClaim": {"apiVersion", "kind", "metadata", "spec"},
        "RayJob": {"apiVersion", "kind", "metadata", "spec"},
    }
    for document in manifests():
        assert set(document) == known[document["kind"]], document["kind"]
        json.dumps(document)  # no YAML date, set or other surprise
