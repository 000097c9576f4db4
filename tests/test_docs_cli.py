"""docs/cli.md prints what the commands print, and names every command."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

from raytune_lite.cli import cli

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "cli.md"


def test_the_page_is_what_the_commands_print(monkeypatch):
    monkeypatch.delenv("RTL_STORAGE", raising=False)
    script = runpy.run_path(str(ROOT / "docs" / "make_cli.py"))
    assert script["page"]() == PAGE.read_text(encoding="utf-8"), "run: python docs/make_cli.py"


def test_the_page_names_every_command():
    table = PAGE.read_text(encoding="utf-8").split("|---|---|")[1].split("\n\n")[0]
    named = set(re.findall(r"`([a-z-]+)", table))
    assert named == set(cli.commands)


def test_completion_works_as_it_is_documented():
    environment = {**os.environ, "_RAYTUNE_LITE_COMPLETE": "bash_complete", "COMP_WORDS": "raytune-lite exp",
                   "COMP_CWORD": "1"}  # fmt: skip
    code = "from raytune_lite.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == {"plain,explain", "plain,export"}
