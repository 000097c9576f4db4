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


def still(text: str) -> str:
    """A page without what differs each time: times, sizes of files, hosts, and how far columns are apart."""
    text = re.sub(r"\b\d+(\.\d+)? (s|ms|min \d+ s)\b", "T s", text)
    text = re.sub(r"goodput:? \d+ %.*", "GOODPUT", text)
    text = re.sub(r'("(wall_time|worked|duration)": )[\d.]+', r"\1T", text)
    text = re.sub(r'"datetime_(start|complete)": "[^"]+"', r'"datetime_\1": "D"', text)
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|\d:\d\d:\d\d\.\d+", "D", text)  # Optuna's formats
    text = re.sub(r"reports/s [▁-█]+ [\d.]+|best  +[▁-█]+", "SPARK", text)
    text = re.sub(r"study-\d+-[0-9a-f]+", "study-ID", text)
    return re.sub(r"stored in .*|[ -]{2,}", " ", text)


def test_the_page_is_what_the_commands_print(monkeypatch):
    monkeypatch.delenv("RTL_STORAGE", raising=False)
    script = runpy.run_path(str(ROOT / "docs" / "make_cli.py"))
    assert still(script["page"]()) == still(PAGE.read_text(encoding="utf-8")), "run: python docs/make_cli.py"


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
