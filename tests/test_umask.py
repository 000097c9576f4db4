"""What a study writes on a disk has the user's umask, or stricter modes; nothing is world-readable under 077."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import os, sys
import raytune_lite as rtl

def objective(trial):
    print("hello")
    x = trial.suggest_float("x", 0, 1)
    for epoch in range(3):
        trial.save_checkpoint({"epoch": epoch}, step=epoch)
        trial.report(x, step=epoch)
    if trial.number == 0:                                   # the files of a database at work
        for name in os.listdir(HERE):
            if name.startswith("s.db") and os.path.isfile(os.path.join(HERE, name)):
                with open(os.path.join(HERE, "seen"), "a") as seen:
                    seen.write(f"{name} {os.stat(os.path.join(HERE, name)).st_mode & 0o777:o}\\n")
    return x

HERE = os.getcwd()
if __name__ == "__main__":
    from raytune_lite.report.html import write_report
    study = rtl.create_study(study_name="s", storage="sqlite:///s.db")
    study.optimize(objective, n_trials=2, executor=sys.argv[1], max_concurrent=1)
    write_report(study, "report.html")
    rtl.create_study(study_name="t").optimize(lambda trial: 1.0, n_trials=1, executor="inline")
"""


def modes(folder: Path, umask: int, executor: str) -> dict[str, int]:
    """The mode of each file and directory that a run makes under this umask."""
    (folder / "script.py").write_text(SCRIPT)
    temporary = folder / "tmp"
    temporary.mkdir()
    before = {path for path in folder.rglob("*")}  # noqa: C416  (a copy)
    done = subprocess.run(
        [sys.executable, "script.py", executor], cwd=folder, capture_output=True, text=True, check=False, timeout=120,
        preexec_fn=lambda: os.umask(umask) and None, env={**os.environ, "TMPDIR": str(temporary)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = {
        str(path.relative_to(folder)): stat.S_IMODE(path.stat().st_mode)
        for path in folder.rglob("*")
        if path not in before and not path.is_symlink() and "__pycache__" not in path.parts
    }
    at_work = [line.split() for line in (folder / "seen").read_text().splitlines()]
    return {**found, **{f"at work: {name}": int(mode, 8) for name, mode in at_work}}


def check(found: dict[str, int], umask: int) -> None:
    assert {name for name, mode in found.items() if mode & umask} == set()
    names = " ".join(found)
    for expected in ("s.db", "at work: s.db-wal", "report.html", "state.json", ".rtl-manifest.json"):
        assert expected in names, names


@pytest.mark.parametrize("umask", [0o077, 0o022])
def test_files_of_a_study_have_the_umask(tmp_path: Path, umask: int) -> None:
    found = modes(tmp_path, umask, "inline")
    check(found, umask)
    if umask == 0o022:
        assert found["s.db"] == 0o644, "a file that others may read stays readable where the user wants it"
