"""The files of Ray's cluster launcher: accepted by Ray's own checks. One version of Ray, no password."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .reading import CLUSTER, KUBERAY, OVERLAYS, RAY_VERSION, cluster_spec, copied, keyed, kubectl, load, ray_object

jsonschema = pytest.importorskip("jsonschema")
LAUNCHER_FILES = ["ray-cluster.yaml", "aws-gpu.yaml"]


def config_of(name: str) -> dict[str, Any]:
    (config,) = load((CLUSTER / name).read_text())
    return config


def prepared(config: dict[str, Any]) -> dict[str, Any]:
    """What `ray up` does with the file before it starts anything."""
    util = pytest.importorskip("ray.autoscaler._private.util")
    config = util.prepare_config(copy.deepcopy(config))
    util.validate_config(config)
    return config


@pytest.mark.parametrize("name", LAUNCHER_FILES)
def test_ray_up_accepts_the_file(name: str) -> None:
    types = prepared(config_of(name))["available_node_types"]
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
    config = config_of(name)
    spoil(config)
    with pytest.raises((jsonschema.ValidationError, KeyError), match=words):
        prepared(config)


def test_ray_up_refuses_a_head_type_that_does_not_exist() -> None:
    config = config_of("aws-gpu.yaml")
    config["head_node_type"] = "haed"
    with pytest.raises((ValueError, KeyError), match="head"):
        prepared(config)


@pytest.mark.parametrize("name", LAUNCHER_FILES)
def test_the_launchers_head_runs_no_trials(name: str) -> None:
    config = config_of(name)
    head, worker = config["head_start_ray_commands"][-1], config["worker_start_ray_commands"][-1]
    assert {"--head", "--num-cpus=0", "--num-gpus=0"} <= set(head.split())
    assert "--autoscaling-config=~/ray_bootstrap_config.yaml" in head.split()
    assert "--address=$RAY_HEAD_IP:6379" in worker.split()
    assert "--num-cpus" not in worker
    if "available_node_types" in config:
        types = config["available_node_types"]
        assert types[config["head_node_type"]]["resources"] == {"CPU": 0, "GPU": 0}
        assert any(node["resources"].get("GPU", 0) > 0 for node in types.values())


def test_the_file_for_ones_own_machines_reaches_none_until_it_is_edited() -> None:
    config = config_of("ray-cluster.yaml")
    provider = config["provider"]
    assert all(ip.startswith("192.0.2.") for ip in [provider["head_ip"], *provider["worker_ips"]])  # RFC 5737
    assert config["min_workers"] == config["max_workers"] == len(provider["worker_ips"])


# --- one Ray version, no password ------------------------------------------------------------------------------------


def test_every_file_names_the_same_ray_version() -> None:
    for name in LAUNCHER_FILES:
        installs = " ".join(config_of(name)["setup_commands"])
        assert re.findall(r"ray\[default\]==([\w.]+)", installs) == [RAY_VERSION]
    assert re.findall(r"ray\[default\]==([\w.]+)", (CLUSTER / "Dockerfile").read_text()) == [RAY_VERSION]
    assert f"ray=={RAY_VERSION}" in (CLUSTER.parent / "constraints.txt").read_text().splitlines()
    for overlay in OVERLAYS:
        document = ray_object(overlay)
        assert cluster_spec(document)["rayVersion"] == RAY_VERSION
        assert set(keyed(document, "image")) == {f"REGISTRY/raytune-lite:0.1.0-ray{RAY_VERSION}"}
    assert f"Ray is pinned to {RAY_VERSION}" in (CLUSTER / "README.md").read_text()


PASSWORD_IN_URL = re.compile(r"\w+://[^\s/:@]*:([^\s@]+)@")
SECRET_WORD = re.compile(r"(?i)(password|passwd|secret[-_]?key|access[-_]?key|token)[\"']?\s*[:=][ \t]*(\S+)")
# a name of something, not a secret: a path, a variable, the start of a YAML flow mapping
NO_SECRET = re.compile(r"CHANGEME|true|false|\{|[\"']?\$|/|[\"']?\$\(|password[,}]|~|<")


def literal_passwords(text: str) -> list[str]:
    found = [password for password in PASSWORD_IN_URL.findall(text) if password != "CHANGEME"]
    return found + [value for _, value in SECRET_WORD.findall(text) if not NO_SECRET.match(value)]


def test_no_file_holds_a_password() -> None:
    files = [path for path in CLUSTER.rglob("*") if path.is_file() and path.suffix != ".json"]
    files = [path for path in files if path.suffix != ".env" or path.name.endswith(".example.env")]
    assert len(files) >= 20
    for path in files:
        assert literal_passwords(path.read_text()) == [], path
    for example in KUBERAY.rglob("*.example.env"):
        assert "CHANGEME" in example.read_text()
    assert literal_passwords("a: postgresql+psycopg2://rtl:hunter2@host/db") == ["hunter2"]
    assert literal_passwords("password: hunter2\nAWS_SECRET_KEY=abc") == ["hunter2", "abc"]


def test_an_overlay_without_its_password_file_is_refused_with_the_files_name(tmp_path: Path) -> None:
    copied(tmp_path, with_secrets=False)
    done = kubectl("kustomize", "cluster/kuberay/overlays/kind", cwd=tmp_path)
    assert done.returncode != 0
    assert "database.env" in done.stderr


def test_git_ignores_the_files_with_passwords_and_keeps_the_examples() -> None:
    rules = (CLUSTER.parent / ".gitignore").read_text().splitlines()
    ignored, kept = "cluster/kuberay/**/*.env", "!cluster/kuberay/**/*.example.env"
    assert rules.index(ignored) < rules.index(kept)
