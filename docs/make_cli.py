"""Write what the commands in docs/cli.md print: ``python docs/make_cli.py``.

Each block of the page that is marked ``console`` is a session in one directory: lines after ``$`` are carried out, and
what they print on standard output takes the place of what stands below them; ``run`` is left silent. A block marked
``python`` that begins with ``# NAME`` is written to that file before. A session in which nothing but times has changed
stays as it is. ``tests/test_docs_cli.py`` does the same and compares.
"""

from __future__ import annotations

import os
import re
import shlex
import tempfile
from pathlib import Path

from click.testing import CliRunner

from raytune_lite.cli import cli

PAGE = Path(__file__).with_name("cli.md")
BLOCK = re.compile(r"^```(python|console)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_LONGEST = 30  # lines of one command's output; of a longer one the end is left out


def page(text: str | None = None) -> str:
    """The page, with what its commands print now."""
    text = PAGE.read_text(encoding="utf-8") if text is None else text
    here = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            return BLOCK.sub(_block, text)
        finally:
            os.chdir(here)


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


def _block(match: re.Match[str]) -> str:
    kind, body = match.groups()
    if kind == "python":
        name = body.partition("\n")[0].removeprefix("# ").strip()
        if name.endswith(".py"):
            Path(name).write_text(body, encoding="utf-8")
        return match.group()
    commands = [line[2:] for line in body.splitlines() if line.startswith("$ ")]
    now = "```console\n" + "".join(f"$ {command}\n{_printed(command)}" for command in commands) + "```"
    return match.group() if still(now) == still(match.group()) else now


def _printed(command: str) -> str:
    words = shlex.split(command)
    environment = {"COLUMNS": "120"}
    while "=" in words[0]:
        name, _, value = words.pop(0).partition("=")
        environment[name] = value
    assert words.pop(0) == "raytune-lite", command
    result = CliRunner().invoke(cli, words, env=environment)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    if words[0] == "run":
        return ""
    lines = result.stdout.replace(os.getcwd(), "/home/ada").splitlines()
    if len(lines) > _LONGEST:
        lines = [*lines[:_LONGEST], "..."]
    return "".join(f"{line.rstrip()}\n" for line in lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
