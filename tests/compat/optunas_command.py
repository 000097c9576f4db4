"""Optuna's command line as its tests call it: ours, in this process, with SQLite files for journal files."""

from __future__ import annotations

import itertools
import os
import subprocess
from collections.abc import Callable
from typing import Any

from click.testing import CliRunner

from raytune_lite.cli import cli
from raytune_lite.storages import RDBStorage


def instead_of(run: Callable[..., Any]) -> Callable[..., Any]:
    """``subprocess.run`` that calls our command where the program is ``optuna``."""

    def call(command: Any, *more: Any, check: bool = False, env: Any = None, **named: Any) -> Any:
        if not isinstance(command, list) or command[:1] != ["optuna"]:
            return run(command, *more, check=check, env=env, **named)
        words = [f"sqlite:///{word}" if before == "--storage" and os.path.isfile(word) else word
                 for before, word in itertools.pairwise(command)]  # fmt: skip
        absent = {} if env is None else {name: env.get(name) for name in os.environ}
        found = CliRunner(env={**absent, **(env or {})}).invoke(cli, words)
        done = subprocess.CompletedProcess(command, found.exit_code, found.stdout_bytes, found.stderr_bytes)
        if check:
            done.check_returncode()
        return done

    return call


class Journal(RDBStorage):
    """A journal that is an SQLite file: a storage of ours, with the methods of Optuna's for whoever looks into it."""

    def __init__(self, backend: Any) -> None:
        super().__init__(f"sqlite:///{backend if isinstance(backend, str) else backend._file_path}")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.as_optuna(), name)
