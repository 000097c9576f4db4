"""The operator's rules, and what no schema looks at: volumes, secrets, accounts, who may talk to whom, Kueue."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from . import reading
from .operator_rules import operator_faults, pod_faults
from .reading import JOBS, OVERLAYS, Document, containers, keyed, pod_templates, put, ray_object, ray_pods, rendered

HEAD = "spec/rayClusterSpec/headGroupSpec"
WORKER = "spec/rayClusterSpec/workerGroupSpecs/0"


def faults(documents: list[Document]) -> list[str]:
    found = [fault for one in documents if one["kind"] in ("RayJob", "RayCluster") for fault in operator_faults(one)]
    return found + [f"{name}: {fault}" for name, pod in pod_templates(documents) for fault in pod_faults(pod)]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_an_overlay_keeps_the_operators_rules_and_its_pods_are_consistent(overlay: str) -> None:
    assert faults(rendered(overlay)) == []


@pytest.mark.parametrize(
    ("where", "value", "fault"),
    [
        ("metadata/name", "Rtl_Digits", "DNS-1035"),
        ("metadata/name", "a" * 48, "DNS-1035"),
        ("spec/backoffLimit", -1, "negative"),
        ("spec/shutdownAfterJobFinishes", False, "ttl without"),
        ("spec/ttlSecondsAfterFinished", -1, "ttl is negative"),
        ("spec/preRunningDeadlineSeconds", 0, "not positive"),
        ("spec/deletionStrategy", {}, "beside shutdownAfterJobFinishes"),
        ("spec/clusterSelector", {"a": "b"}, "with clusterSelector"),
        ("spec/submissionMode", "SidecarMode", "submitter pod in SidecarMode"),
        ("spec/submissionMode", "InteractiveMode", "in InteractiveMode"),
        ("spec/entrypoint", "", "no entrypoint"),
        ("spec/rayClusterSpec/rayVersion", "2.51.0", "tokens need"),
        ("spec/rayClusterSpec/enableInTreeAutoscaling", False, "without enableInTreeAutoscaling"),
        ("spec/rayClusterSpec/gcsFaultToleranceOptions", {}, "no redisAddress"),
        ("spec/rayClusterSpec/gcsFaultToleranceOptions", {"backend": "rocksdb"}, "feature gate"),
        (f"{HEAD}/rayStartParams/num-cpus", "2", "head may run trials"),
        (f"{HEAD}/template/spec/restartPolicy", "Always", "restartPolicy"),
        (f"{WORKER}/replicas", 9, "out of their bounds"),
        (f"{WORKER}/suspend", True, "suspended group"),
        (f"{WORKER}/labels/a", "not a label", "is no label"),
        (f"{WORKER}/rayStartParams/labels", "a=b", "labels twice"),
        ("spec/rayClusterSpec/workerGroupSpecs/1/groupName", "gpu", "one name"),
        (f"{WORKER}/template/spec/volumes", [], "gpu: no volume 'checkpoints'"),
        (f"{WORKER}/template/spec/containers/0/volumeMounts", [], "nobody mounts"),
        (f"{WORKER}/template/spec/containers/0/resources/limits/nvidia.com|gpu", "2", "request != limit"),
        (f"{WORKER}/template/spec/containers/0/image", "", "no image"),
        (f"{WORKER}/template/spec/containers/0/image", "REGISTRY/raytune-lite:latest", "no image with a version"),
        (f"{WORKER}/template/spec/containers/0/volumeMounts/1/mountPath", "/mnt/checkpoints", "two mounts"),
        (f"{WORKER}/template/spec/containers/0/lifecycle", ..., "not told before"),
        (f"{WORKER}/template/spec/terminationGracePeriodSeconds", 100, "killed before"),
        (f"{WORKER}/template/spec/securityContext", {}, "not restricted"),
        (f"{WORKER}/template/spec/containers/0/securityContext", ..., "runs with privileges"),
    ],
)
def test_the_rules_catch(where: str, value: Any, fault: str) -> None:
    document = ray_object("overlays/gpu")
    put(document, where, value)
    found = faults([document])
    assert any(fault in one for one in found), found


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_object_that_is_named_exists(overlay: str) -> None:
    documents = rendered(overlay)
    names = {(one["kind"], one["metadata"]["name"]) for one in documents}
    assert len(names) == len(documents)
    secrets = {one["metadata"]["name"]: one for one in documents if one["kind"] == "Secret"}
    references = [*keyed(documents, "secretKeyRef"), *keyed(documents, "secretRef")]
    assert references
    for reference in references:
        assert reference.get("key", "") in {"", *secrets[reference["name"]]["data"]}
    for secret in keyed(documents, "secret"):
        assert {item["key"] for item in secret.get("items", [])} <= set(secrets[secret["secretName"]]["data"])
    accounts = {name for kind, name in names if kind == "ServiceAccount"}
    assert set(keyed(documents, "serviceAccountName")) <= accounts
    claims = {one["metadata"]["name"]: one for one in documents if one["kind"] == "PersistentVolumeClaim"}
    assert {claim["claimName"] for claim in keyed(documents, "persistentVolumeClaim")} == set(claims)
    # a promoted trial resumes on another node; a cluster of kind's has one
    mode = "ReadWriteOnce" if overlay == "overlays/kind" else "ReadWriteMany"
    assert all(claim["spec"]["accessModes"] == [mode] for claim in claims.values())


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_only_the_head_holds_the_database_password(overlay: str) -> None:
    holders = {
        name
        for name, pod in pod_templates(rendered(overlay))
        for reference in [*keyed(pod, "secretKeyRef"), *keyed(pod, "secretRef"), *keyed(pod, "secret")]
        if "rtl-database" in reference.values()
    }
    assert holders == {"head", "rtl-postgresql"}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_url_of_the_database_has_no_password_and_libpq_finds_it(overlay: str) -> None:
    (head,) = [pod for name, pod in ray_pods(ray_object(overlay)) if name == "head"]
    (container,) = containers(head["spec"])
    variables = {one["name"]: one for one in container["env"]}
    services = [one["metadata"]["name"] for one in rendered(overlay) if one["kind"] == "Service"]
    assert variables["RTL_STORAGE"]["value"] == "postgresql+psycopg2://rtl@rtl-postgresql:5432/rtl"
    assert "rtl-postgresql" in services
    assert variables["PGPASSWORD"]["valueFrom"] == {"secretKeyRef": {"name": "rtl-database", "key": "password"}}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_ray_containers_leave_their_probes_to_the_operator_and_others_have_them(overlay: str) -> None:
    for name, pod in pod_templates(rendered(overlay)):
        (container,) = containers(pod["spec"])
        probes = {probe for probe in container if probe.endswith("Probe")}
        if name.startswith("rtl-"):
            assert probes >= {"readinessProbe", "livenessProbe"}, name
        else:
            assert not probes, name


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_only_the_heads_pod_can_talk_to_the_api_server(overlay: str) -> None:
    mounting = [n for n, pod in pod_templates(rendered(overlay)) if pod["spec"]["automountServiceAccountToken"]]
    assert mounting == ["head"]  # the autoscaler runs there
    assert not [one for one in rendered(overlay) if one["kind"] in ("Role", "ClusterRole", "RoleBinding")]


def selects(selector: Document, labels: Document) -> bool:
    return all(labels.get(key) == value for key, value in selector["matchLabels"].items())


def may_connect(documents: list[Document], client: Document, server: Document, port: int) -> bool:
    """Whether the policies let a pod with the labels ``client`` of this namespace open a connection."""
    policies = [one["spec"] for one in documents if one["kind"] == "NetworkPolicy"]
    applying = [spec for spec in policies if selects(spec["podSelector"], server) and "Ingress" in spec["policyTypes"]]
    rules = [rule for spec in applying for rule in spec["ingress"]]
    return not applying or any(
        selects(source["podSelector"], client)
        and ("ports" not in rule or port in [one["port"] for one in rule["ports"]])
        for rule in rules
        for source in rule["from"]
    )


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_network_policies_say_who_may_talk_to_whom(overlay: str) -> None:
    documents = rendered(overlay)
    labels = {name: pod["metadata"]["labels"] for name, pod in pod_templates(documents)}
    head, database = labels["head"], labels["rtl-postgresql"]
    workers = [found for name, found in labels.items() if name.startswith(("gpu", "cpu"))]
    assert workers
    stranger = {"app": "somebody-else"}
    assert may_connect(documents, head, database, 5432)
    assert not may_connect(documents, head, database, 22)
    for worker in workers:
        assert may_connect(documents, worker, head, 41234)  # the driver's socket: the system chooses its port
        assert may_connect(documents, head, worker, 41234)
        assert not may_connect(documents, worker, database, 5432)
    for server, port in ((head, 8265), (head, 41234), (head, 10001), (workers[0], 8076), (database, 5432)):
        assert not may_connect(documents, stranger, server, port)
    if "submitter" in labels:
        assert may_connect(documents, labels["submitter"], head, 8265)
        assert not may_connect(documents, labels["submitter"], head, 41234)
        assert not may_connect(documents, labels["submitter"], database, 5432)
    if "rtl-redis" in labels:
        assert may_connect(documents, head, labels["rtl-redis"], 6379)
        assert not may_connect(documents, workers[0], labels["rtl-redis"], 6379)


@pytest.mark.parametrize("overlay", JOBS)
def test_checkpoints_lie_where_all_pods_see_them(overlay: str) -> None:
    document = ray_object(overlay)
    directory = shlex.split(document["spec"]["entrypoint"])[-1]
    for name, pod in ray_pods(document):
        claimed = [volume["name"] for volume in pod["spec"]["volumes"] if "persistentVolumeClaim" in volume]
        (container,) = containers(pod["spec"])
        mounts = [mount["mountPath"] for mount in container["volumeMounts"] if mount["name"] in claimed]
        if overlay == "overlays/s3":
            assert directory.startswith("s3://")
            assert not mounts
            assert container["envFrom"] == [{"secretRef": {"name": "rtl-s3"}}]
        else:
            assert any(Path(directory).is_relative_to(mount) for mount in mounts), name


@pytest.mark.parametrize("overlay", JOBS)
def test_a_retry_runs_a_command_that_resumes(overlay: str) -> None:
    spec = ray_object(overlay)["spec"]
    assert spec["backoffLimit"] > 0
    assert "--max-trials" in spec["entrypoint"]  # the study's total; --n-trials would start more with every retry
    assert "--study" in spec["entrypoint"]


@pytest.mark.parametrize("overlay", JOBS)
def test_a_trial_fits_into_one_worker(overlay: str) -> None:
    words = shlex.split(ray_object(overlay)["spec"]["entrypoint"])
    given = dict(zip(words[2::2], words[3::2], strict=True))
    for name, pod in ray_pods(ray_object(overlay)):
        limits = containers(pod["spec"])[0]["resources"]["limits"]
        if name != "head":
            assert float(given["--num-cpus"]) <= float(limits["cpu"])
            assert float(given.get("--num-gpus", 0)) <= float(limits.get("nvidia.com/gpu", 0))


@pytest.mark.parametrize("overlay", JOBS)
def test_the_entrypoint_reaches_the_script_through_both_shells(overlay: str, tmp_path: Path) -> None:
    # the operator puts the entrypoint, as it is, into the submitter pod's bash; `ray job submit` joins the words it
    # gets with shlex.join; the head's job supervisor gives that to /bin/sh
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nfor word in \"$@\"; do printf '%s\\n' \"$word\"; done\n")
    python.chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    entrypoint = ray_object(overlay)["spec"]["entrypoint"]
    submitter = subprocess.run(
        ["bash", "-c", f"printf '%s\\0' {entrypoint}"], env=environment, capture_output=True, text=True, check=True
    )
    words = shlex.join(submitter.stdout.split("\0")[:-1])
    head = subprocess.run(["/bin/sh", "-c", words], env=environment, capture_output=True, text=True, check=True)
    script, *options = head.stdout.splitlines()
    assert script == "/opt/raytune-lite/examples/digits.py"  # see the Dockerfile
    assert options == shlex.split(entrypoint)[2:]
    given = dict(zip(options[::2], options[1::2], strict=True))
    # an argument with a password would stand in `ps` and in Ray's list of jobs
    assert set(given) <= {"--study", "--max-trials", "--num-cpus", "--num-gpus", "--checkpoint-dir"}


def test_kueue_gets_what_it_asks_for() -> None:
    document = ray_object("overlays/kueue")
    assert document["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "studies"
    assert document["metadata"]["annotations"] == {"kueue.x-k8s.io/elastic-job": "true"}  # the autoscaler is on
    spec = document["spec"]
    assert spec["shutdownAfterJobFinishes"] is True
    assert "clusterSelector" not in spec
    assert "activeDeadlineSeconds" not in spec
    for _, pod in pod_templates([document]):  # what is counted against a quota
        assert all(one["resources"]["requests"] for one in containers(pod["spec"]))
    assert {key: value for key, value in document["spec"].items() if key != "activeDeadlineSeconds"} == {
        key: value for key, value in ray_object("overlays/gpu")["spec"].items() if key != "activeDeadlineSeconds"
    }


def test_the_gpu_groups_say_on_which_market_they_are() -> None:
    for overlay in ("overlays/gpu", "overlays/s3", "overlays/kueue", "raycluster"):
        groups = reading.cluster_spec(ray_object(overlay))["workerGroupSpecs"]
        found = {group["groupName"]: group["labels"]["ray.io/market-type"] for group in groups}
        assert found == {"gpu": "on-demand", "gpu-spot": "spot"}


def test_the_small_overlay_fits_a_laptop() -> None:
    unit = {"Mi": 1 << 20, "Gi": 1 << 30}
    total = 0
    for _, pod in pod_templates(rendered("overlays/kind")):
        memory = containers(pod["spec"])[0]["resources"]["limits"]["memory"]
        total += int(memory[:-2]) * unit[memory[-2:]]
    memory = reading.cluster_spec(ray_object("overlays/kind"))["autoscalerOptions"]["resources"]["limits"]["memory"]
    total += int(memory[:-2]) * unit[memory[-2:]]
    assert total < 6.5 * (1 << 30)
    assert not list(keyed(rendered("overlays/kind"), "nvidia.com/gpu"))
