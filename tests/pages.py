"""The code blocks of a page, and how a test runs them.

A page is one session in one directory, its blocks in their order:

* a ``python`` block that begins with ``# NAME.py`` is written to that file; any other one is carried out, all of a page
  in one namespace;
* of a ``console`` block the lines behind ``$`` are commands, of a ``bash`` block all lines;
* a comment above a block says more: ``<!-- skip: why -->``; ``<!-- ray -->``: it needs a real Ray;
  ``<!-- studies: a b -->``: studies that the reader has. For pages that a real shell runs:
  ``<!-- first: command -->`` is what a reader waits for, ``<!-- until: command -->`` what a reader repeats the block
  for.
"""

from __future__ import annotations

import contextlib
import os
import re
import runpy
import shlex
import sys
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from types import ModuleType
from typing import Any

from click.testing import CliRunner

import raytune_lite as rtl
from raytune_lite.cli import cli

ROOT = Path(__file__).parent.parent
PAGES = sorted(
    path
    for pattern in ("README.md", "CONTRIBUTING.md", "docs/**/*.md", "cluster/*.md", "examples/*.md")
    for path in ROOT.glob(pattern)
)
RUN = ("python", "console", "bash")
_BLOCK = re.compile(r"((?:^<!-- [^\n]*-->\n)*)^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """One block of a page: its language, its text, the line where it begins, and what the comments above it say."""

    language: str
    text: str
    line: int
    marks: dict[str, str]

    @property
    def file(self) -> str | None:
        found = re.match(r"# (\S+\.py)\n", self.text) if self.language == "python" else None
        return found[1] if found else None

    @property
    def commands(self) -> list[str]:
        text = self.text.replace("\\\n", " ")
        if self.language == "console":
            return [line[2:] for line in text.splitlines() if line.startswith("$ ")]
        lines = [line.strip() for line in text.splitlines()]
        return [line for line in lines if line and not line.startswith("#")]


def blocks(path: Path) -> list[Block]:
    """All blocks of a page that a reader can run."""
    text = path.read_text(encoding="utf-8")
    found = []
    for match in _BLOCK.finditer(text):
        comments, language, body = match.groups()
        if language in RUN:
            marks = dict(_mark(comment) for comment in re.findall(r"<!-- (.*?) -->", comments))
            found.append(Block(language, body, text.count("\n", 0, match.start(2)) + 1, marks))
    return found


def _mark(comment: str) -> tuple[str, str]:
    name, _, rest = comment.partition(": ")
    return name, rest


@dataclass
class Session:
    """Runs blocks in this process, in the working directory. ``executor``: of runs that name none."""

    name: str
    executor: str = "inline"
    module: ModuleType = field(default_factory=lambda: ModuleType("__main__"))  # a script's: sent to workers by value

    def run(self, block: Block) -> None:
        for name in block.marks.get("studies", "").split():
            study = rtl.create_study(study_name=name, storage="sqlite:///raytune_lite.db")
            study.optimize(_objective, n_trials=8, executor="inline", show_progress_bar=False)
            study.close()
        if block.file:
            Path(block.file).write_text(block.text, encoding="utf-8")
        elif block.language == "python":
            code = compile("\n" * block.line + block.text, self.name, "exec")
            with self._executor():
                exec(code, vars(self.module))
        else:
            for command in block.commands:
                self._command(command, f"{self.name}:{block.line}")

    def _command(self, command: str, where: str) -> None:
        words = shlex.split(command, comments=True)
        while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
            name, _, value = words.pop(0).partition("=")
            os.environ[name] = value
        match words:
            case ["raytune-lite", *rest]:
                with self._executor():
                    result = CliRunner().invoke(cli, self._with_executor(rest))
                assert result.exit_code == 0, f"{where}: {command}\n{result.output}\n{result.exception!r}"
            case ["python", script, *arguments]:
                before, sys.argv = sys.argv, [script, *arguments]
                try:
                    with self._executor():
                        runpy.run_path(script, run_name="__main__")
                finally:
                    sys.argv = before
            case ["export", setting]:
                name, _, value = setting.partition("=")
                os.environ[name] = value
            case ["mkdir", folder]:
                Path(folder).mkdir()
            case ["cd", folder]:
                os.chdir(folder)
            case _:
                raise AssertionError(f"{where}: {command!r} is not run here; put <!-- skip: why --> above its block")

    def _with_executor(self, words: list[str]) -> list[str]:
        """``raytune-lite run`` as it runs here: inline it takes none of Ray's options, and samplers cost time."""
        if words[0] != "run" or "--executor" in words:
            return words
        if self.executor == "inline":
            words = shlex.split(re.sub(r"--(num-cpus|num-gpus|memory|max-concurrent) \S+", "", shlex.join(words)))
        if "--sampler" not in words:
            words = [*words, "--sampler", "random"]
        return [*words, "--executor", self.executor]

    @contextlib.contextmanager
    def _executor(self) -> Any:
        """Runs that name no executor have this session's, studies without a sampler one that is quick."""
        optimize = rtl.Study.optimize

        @wraps(optimize)
        def optimized(study: rtl.Study, *args: Any, **options: Any) -> None:
            study.sampler = study.sampler or rtl.samplers.RandomSampler(seed=0)
            optimize(study, *args, **{"executor": self.executor, "show_progress_bar": False, **options})

        rtl.Study.optimize = optimized  # type: ignore[method-assign]
        main, sys.modules["__main__"] = sys.modules["__main__"], self.module
        try:
            yield
        finally:
            rtl.Study.optimize = optimize  # type: ignore[method-assign]
            sys.modules["__main__"] = main


def _objective(trial: rtl.Trial) -> float:
    x = trial.suggest_float("x", 0.0, 1.0)
    for step in range(1, 10):
        trial.report(x + 1 / step, step=step)
    return x


def shell_script(page: list[Block]) -> str:
    """The whole page as one script of a real shell: it ends with the first command that fails."""
    parts = ["set -e\n"]
    for block in page:
        if "skip" in block.marks:
            continue
        if block.language == "python":
            target = f"cat > {block.file}" if block.file else "python -"
            parts.append(f"{target} <<'END_OF_BLOCK'\n{block.text}END_OF_BLOCK\n")
            continue
        body = "\n".join(block.commands)
        said = "".join(f"echo {shlex.quote('$ ' + line)}\n" for line in block.commands)
        if "first" in block.marks:
            parts.append(block.marks["first"] + "\n")
        if "until" in block.marks:
            until = block.marks["until"]
            body = f"for i in $(seq 20); do\n( {body} ) || true\nsleep 2\nif {until}; then break; fi\ndone"
        parts.append(f"{said}{body}\n")
    return "".join(parts)
