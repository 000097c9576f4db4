"""Optuna's own tests, with our package in the place of Optuna: which pass, and why the others do not.

``python tests/compat/optunas_tests.py OPTUNA [FILE ...] [-- PYTEST_OPTION ...]``: OPTUNA is a checkout of Optuna 5.0.0,
whose tests no package of it has. FILE: below its ``tests``; without one, ``FILES``. The answer is the table of
``docs/from_optuna.md``. It is 0 where every test passes or is listed in ``DIFFERENCES``, and every listed one fails.

In files below OPTUNA/tests, ``import optuna`` finds our names first, and Optuna's where we have none: its private
functions, its testing tools. ``optimize`` runs inline, as those objectives are closures over the test.
"""

from __future__ import annotations

import builtins
import collections
import contextlib
import functools
import importlib
import importlib.util
import re
import sys
import tempfile
import types
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from differences import DIFFERENCES
from differences_samplers import SAMPLERS

FILES = (
    "artifacts_tests",
    "samplers_tests",
    "search_space_tests",
    "study_tests",
    "test_callbacks.py",
    "test_distributions.py",
    "trial_tests",
)
LISTED = {**DIFFERENCES, **SAMPLERS}
OURS, THEIRS = "raytune_lite", "optuna"
# modules whose public names are not taken from Optuna where ours lacks them: what is missing shall fail
WHOLE = ("optuna", "optuna.trial", "optuna.study", "optuna.exceptions", "optuna.distributions")


class Both(types.ModuleType):
    """A module of ours by Optuna's name; Optuna's own names where ours has none."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        ours = _module(OURS + self.__name__[len(THEIRS) :])
        found = getattr(ours, name, self) if ours is not None else self
        if found is not self and not isinstance(found, types.ModuleType):
            return found
        inner = f"{self.__name__}.{name}"
        if found is not self or _module(inner) is not None:
            return both(inner)
        if self.__name__ in WHOLE and not name.startswith("_"):
            raise AttributeError(f"{OURS} has no {inner}")
        return getattr(importlib.import_module(self.__name__), name)


@functools.cache
def both(name: str) -> Both:
    return Both(name)


def _module(name: str) -> types.ModuleType | None:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def _importer(tests: Path, real: Callable[..., Any]) -> Callable[..., Any]:
    """``__import__`` that answers the files below ``tests`` with ours."""

    def find(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:  # noqa: A002
        asked = level == 0 and name.partition(".")[0] == THEIRS
        if not asked or not str((globals or {}).get("__file__")).startswith(f"{tests}/"):
            return real(name, globals, locals, fromlist, level)
        if _module(OURS + name[len(THEIRS) :]) is None and _module(name) is None:
            return real(name, globals, locals, fromlist, level)  # its error
        return both(name) if fromlist else both(THEIRS)

    return find


def _storages() -> types.ModuleType:
    """``optuna.testing.storages`` for ours: a database in memory, and one in a file."""
    from raytune_lite.storages import InMemoryStorage, RDBStorage

    @contextlib.contextmanager
    def supplier(mode: str, **_: Any) -> Iterator[RDBStorage]:
        if mode == "inmemory":
            yield InMemoryStorage()
            return
        with tempfile.TemporaryDirectory() as folder:
            yield RDBStorage(f"sqlite:///{folder}/study.db")

    module = types.ModuleType("optuna.testing.storages")
    module.__dict__.update(STORAGE_MODES=["inmemory", "sqlite"], STORAGE_MODES_HEARTBEAT=["sqlite"])
    module.__dict__["StorageSupplier"] = supplier
    return module


@contextlib.contextmanager
def in_its_place(tests: Path) -> Iterator[None]:
    """Have the files below ``tests`` find ours as Optuna."""
    import optuna.testing

    from raytune_lite.study import Study

    optimize, real = Study.optimize, builtins.__import__
    patch = pytest.MonkeyPatch()
    patch.setitem(sys.modules, "optuna.testing.storages", _storages())
    patch.setattr(optuna.testing, "storages", sys.modules["optuna.testing.storages"], raising=False)
    patch.setattr(Study, "optimize", functools.wraps(optimize)(functools.partialmethod(optimize, executor="inline")))
    patch.setattr(builtins, "__import__", _importer(tests, real))
    try:
        yield
    finally:
        patch.undo()


class Counts:
    """What became of each test, and the last line of why."""

    def __init__(self, tests: Path) -> None:
        self.tests = tests
        self.found: dict[str, dict[str, str]] = collections.defaultdict(dict)  # file -> test -> "" or why it failed
        self.skipped = collections.Counter[str]()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        file, _, test = report.nodeid.partition("::")
        file = file.rpartition("tests/")[2] if "tests/" not in file else file.split("tests/", 1)[1]
        if report.skipped:
            self.skipped[file] += 1
        elif report.failed:
            self.found[file][test] = _why(report)
        elif report.when == "call":
            self.found[file].setdefault(test, "")

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.found[report.nodeid.split("tests/", 1)[1]]["(import)"] = str(report.longrepr)[-200:]

    def surprises(self) -> list[str]:
        """Tests that fail and are not listed, and listed ones that pass or are not there."""
        said = []
        for file, tests in self.found.items():
            listed = {test: reason for reason, tests in LISTED.get(file, {}).items() for test in tests}
            used = set[str]()
            for test, why in tests.items():
                name = test if test in listed else re.sub(r"\[.*", "", test)
                used |= {name} & listed.keys() if why else set()
                if why and name not in listed:
                    said.append(f"{file}::{test}: {why}")
            said += [f"{file}::{test} is listed as different, and does not fail" for test in listed.keys() - used]
        return said

    def table(self) -> str:
        """Markdown: a row for each file, with the reasons and how many tests each stands for."""
        rows = ["| file | pass | differ | why, and how many |", "|---|---|---|---|"]
        total = collections.Counter[str]()
        for file, tests in sorted(self.found.items()):
            listed = {test: reason for reason, tests in LISTED.get(file, {}).items() for test in tests}
            failed = [test for test, why in tests.items() if why]
            why = collections.Counter(listed.get(t, listed.get(re.sub(r"\[.*", "", t), "?")) for t in failed)
            reasons = "; ".join(f"{reason} ({n})" for reason, n in why.most_common())
            rows.append(f"| `{file}` | {len(tests) - len(failed)} | {len(failed)} | {reasons} |")
            total.update(passed=len(tests) - len(failed), failed=len(failed))
        return "\n".join([*rows, f"| all | {total['passed']} | {total['failed']} | |"])


def _why(report: pytest.TestReport) -> str:
    text = str(getattr(report.longrepr, "reprcrash", None) or report.longrepr)
    return re.sub(r"\s+", " ", text.rpartition(".py:")[2])[:200]


def main(arguments: list[str]) -> int:
    options = arguments[arguments.index("--") + 1 :] if "--" in arguments else []
    names = arguments[: arguments.index("--")] if "--" in arguments else arguments
    if not names:
        print(__doc__)
        return 2
    checkout = Path(names[0]).resolve()
    counts = Counts(checkout / "tests")
    files = [str(checkout / "tests" / name) for name in names[1:] or FILES]
    quiet = ["-q", "-c", "/dev/null", "--rootdir", str(checkout), "-p", "no:cacheprovider", "--timeout", "60"]
    shown = ["--tb=no", "--show-capture=no", "-W", "ignore", "-rN", "--continue-on-collection-errors"]
    sys.dont_write_bytecode = True
    with in_its_place(checkout / "tests"), warnings.catch_warnings():
        pytest.main([*quiet, *shown, *options, *files], plugins=[counts])
    print(counts.table())
    surprises = counts.surprises()
    print(*surprises, sep="\n")
    return 1 if surprises else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
