"""Scripts that tests run in processes of their own: to a good end, and what they write meanwhile."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


def run(
    *arguments: object, folder: Path = ROOT, env: Mapping[str, str] = os.environ, seconds: float = 150.0
) -> subprocess.CompletedProcess[str]:
    """Python with these arguments, which must end well within ``seconds``."""
    command = [sys.executable, *map(str, arguments)]
    try:
        done = subprocess.run(
            command, cwd=folder, env=env, capture_output=True, text=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired as late:
        said = b"".join(text[-4000:] for text in (late.stdout, late.stderr) if text)
        raise AssertionError(f"not over after {seconds:.0f} s; it printed\n{said.decode(errors='replace')}") from None
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done


def rows(log: Path) -> list[Any]:
    """One JSON value of each line; a line that is being written is not there yet."""
    lines = log.read_text().splitlines(keepends=True) if log.exists() else []
    return [json.loads(line) for line in lines if line.endswith("\n")]
