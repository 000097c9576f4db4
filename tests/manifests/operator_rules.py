"""What KubeRay's operator (v1.7.0, its validation.go) refuses beside its schemas, restated; and what a pod must be.

The operator says such a thing only in an object's events, after it was accepted: `kubectl apply` is content.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .reading import Document, cluster_spec, containers, ray_pods

NAME = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")  # DNS-1035
LABEL = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
MOST_GROUPS = 17  # Kueue: 18 sets of pods with the head's


def operator_faults(document: Document) -> list[str]:
    """What the operator would refuse in a RayJob or a RayCluster."""
    longest = 47 if document["kind"] == "RayJob" else 63
    name, faults = document["metadata"]["name"], []
    if not NAME.fullmatch(name) or len(name) > longest:
        faults.append(f"the name is not DNS-1035 of at most {longest} characters")
    if document["kind"] == "RayJob":
        faults += _of_a_job(document["spec"])
    faults += _of_a_cluster(cluster_spec(document))
    faults += [fault for group in cluster_spec(document)["workerGroupSpecs"] for fault in _of_a_group(group)]
    return faults


def _of_a_job(spec: Document) -> Iterator[str]:
    mode, retries = spec.get("submissionMode", "K8sJobMode"), spec.get("backoffLimit", 0)
    if retries < 0 or spec.get("submitterConfig", {}).get("backoffLimit", 0) < 0:
        yield "a backoffLimit is negative"
    if spec.get("ttlSecondsAfterFinished", 0) and not spec.get("shutdownAfterJobFinishes"):
        yield "a ttl without shutdownAfterJobFinishes"
    if spec.get("ttlSecondsAfterFinished", 0) < 0:
        yield "the ttl is negative"
    if "deletionStrategy" in spec and spec.get("shutdownAfterJobFinishes"):
        yield "a deletionStrategy beside shutdownAfterJobFinishes"
    if spec.get("suspend") and not spec.get("shutdownAfterJobFinishes"):
        yield "suspend without shutdownAfterJobFinishes"
    for deadline in ("activeDeadlineSeconds", "preRunningDeadlineSeconds"):
        if spec.get(deadline, 1) <= 0:
            yield f"{deadline} is not positive"
    if "clusterSelector" in spec and retries:
        yield "a backoffLimit with clusterSelector"
    if "clusterSelector" in spec and "rayClusterSpec" in spec:
        yield "clusterSelector beside rayClusterSpec"
    if mode == "InteractiveMode" and retries:
        yield "a backoffLimit in InteractiveMode"
    if mode == "SidecarMode" and {"submitterPodTemplate", "submitterConfig"} & set(spec):
        yield "a submitter pod in SidecarMode"
    if not spec.get("entrypoint") and mode != "InteractiveMode":
        yield "no entrypoint"


def _of_a_cluster(spec: Document) -> Iterator[str]:
    head, groups = spec["headGroupSpec"], spec["workerGroupSpecs"]
    if head["rayStartParams"].get("num-cpus") != "0":
        yield "the head may run trials"
    names = [group["groupName"] for group in groups]
    if len(set(names)) != len(names):
        yield "two worker groups have one name"
    if len(groups) > MOST_GROUPS:
        yield f"more than {MOST_GROUPS} worker groups"
    if spec.get("authOptions", {}).get("mode") == "token" and _version(spec) < (2, 52):
        yield "tokens need Ray 2.52"
    yield from _of_fault_tolerance(spec)
    options = spec.get("autoscalerOptions", {})
    if options and not spec.get("enableInTreeAutoscaling"):
        yield "autoscalerOptions without enableInTreeAutoscaling"
    for _, template in ray_pods({"kind": "RayCluster", "spec": spec}):
        if options.get("version") == "v2" and template["spec"].get("restartPolicy", "Never") != "Never":
            yield "autoscaler v2 with a restartPolicy other than Never"
    if spec.get("networkPolicy") or spec.get("tlsOptions"):
        yield "a field behind a feature gate that is off"


def _of_fault_tolerance(spec: Document) -> Iterator[str]:
    options, head = spec.get("gcsFaultToleranceOptions"), spec["headGroupSpec"]
    if options is None:
        return
    if options.get("backend", "redis") == "redis" and not options.get("redisAddress"):
        yield "no redisAddress"
    if options.get("backend") == "rocksdb":
        yield "rocksdb is behind a feature gate that is off"
    for container in containers(head["template"]["spec"]):
        given = {variable["name"] for variable in container.get("env", [])}
        if given & {"RAY_REDIS_ADDRESS", "REDIS_PASSWORD", "RAY_external_storage_namespace"}:
            yield "Redis is named in the head's environment too"
    if {"redis-password", "redis-username"} & set(head["rayStartParams"]):
        yield "Redis is named in rayStartParams too"


def _of_a_group(group: Document) -> Iterator[str]:
    name = group["groupName"]
    if not group.get("minReplicas", 0) <= group.get("replicas", 0) <= group.get("maxReplicas", 1 << 31):
        yield f"{name}: replicas out of their bounds"
    if group.get("suspend"):
        yield f"{name}: a suspended group under the autoscaler"
    if group.get("labels") and "labels" in group["rayStartParams"]:
        yield f"{name}: labels twice"
    for key, value in group.get("labels", {}).items():
        if not LABEL.fullmatch(str(value)) or not LABEL.fullmatch(key.split("/")[-1]):
            yield f"{name}: {key}={value} is no label"
    if group.get("resources") and "resources" in group["rayStartParams"]:
        yield f"{name}: resources twice"


def _version(spec: Document) -> tuple[int, ...]:
    return tuple(int(part) for part in spec["rayVersion"].split(".")[:2])


def pod_faults(template: Document) -> Iterator[str]:
    """What is inconsistent in a pod, or more than the level "restricted" allows."""
    pod = template["spec"]
    volumes = [volume["name"] for volume in pod.get("volumes", [])]
    if len(set(volumes)) != len(volumes):
        yield "a volume is named twice"
    for volume in [*pod.get("volumes", [])]:
        if "hostPath" in volume:
            yield "a volume of the host"
    mounted = {mount["name"] for one in containers(pod) for mount in one.get("volumeMounts", [])}
    yield from (f"nobody mounts {name!r}" for name in volumes if name not in mounted)
    security = pod.get("securityContext", {})
    if not security.get("runAsNonRoot") or security.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        yield "not restricted"
    if security.get("runAsUser", 0) == 0 or pod.get("hostNetwork") or pod.get("hostPID"):
        yield "runs as root, or in the host's namespaces"
    for container in containers(pod):
        yield from _of_a_container(container, volumes)
        if container["name"] == "ray-worker":
            command = keys_of(container, "lifecycle", "preStop", "exec").get("command") or []
            if command[:3] != ["raytune-lite", "drain", "--seconds"]:
                yield "its trials are not told before it is taken"
            elif int(command[3]) >= pod.get("terminationGracePeriodSeconds", 30):
                yield "it is killed before its trials have left"


def keys_of(found: Document, *names: str) -> Document:
    """What stands below these keys, one below the other; empty where one is missing."""
    for name in names:
        found = found.get(name) or {}
    return found


def _of_a_container(container: Document, volumes: list[str]) -> Iterator[str]:
    image = container.get("image", "")
    if not re.fullmatch(r".+:\d[\w.-]*", image):
        yield "no image with a version"
    mounts = container.get("volumeMounts", [])
    yield from (f"no volume {mount['name']!r}" for mount in mounts if mount["name"] not in volumes)
    if len({mount["mountPath"] for mount in mounts}) != len(mounts):
        yield "two mounts at one path"
    ports: list[Any] = [port["name"] for port in container.get("ports", [])]
    if len(set(ports)) != len(ports):
        yield "two ports of one name"
    requests, limits = container["resources"]["requests"], container["resources"]["limits"]
    gpus = [name for name in {**requests, **limits} if name.endswith("/gpu")]
    yield from (f"{name}: request != limit" for name in gpus if requests.get(name) != limits.get(name))
    if requests["memory"] != limits["memory"]:
        yield "memory: request != limit"  # Ray sizes itself by the limit
    security = container.get("securityContext", {})
    if security.get("allowPrivilegeEscalation") is not False or security.get("capabilities") != {"drop": ["ALL"]}:
        yield "runs with privileges"
