"""Optuna's own tests, with our package in the place of Optuna: which pass, and why the others do not.

``python tests/compat/optunas_tests.py OPTUNA [FILE ...] [-- PYTEST_OPTION ...]``: OPTUNA is a checkout of Optuna 5.0.0,
whose tests no package of it has. FILE: below its ``tests``; without one, ``FILES``. The answer is the table of
``docs/from_optuna.md``. It is 0 where every test passes or is listed in ``DIFFERENCES``, and every listed one fails.

In files below OPTUNA/tests, ``import optuna`` finds our names first, and Optuna's where we have none: its private
functions, its testing tools. ``optimize`` runs inline, as those objectives are closures over the test. The command
``optuna`` is ours, in this process; a journal file that it, or a test of it, is given is an SQLite file. The tests need
fakeredis; those of plots need plotly, matplotlib, kaleido, and Chrome or Chromium, which draws plotly's images.
"""

from __future__ import annotations

import builtins
import collections
import contextlib
import functools
import importlib
import importlib.util
import re
import subprocess
import sys
import tempfile
import types
import warnings
from collections.abc import Callable, Container, Iterator
from pathlib import Path
from typing import Any

import pytest
from differences import DIFFERENCES, UNORDERED
from differences_elsewhere import ELSEWHERE
from differences_plots import PLOTS
from differences_samplers import SAMPLERS
from optunas_command import Journal, instead_of

from raytune_lite.integrations.optuna.lending import lent
from raytune_lite.trial import FrozenTrial

FILES = (
    "artifacts_tests",
    "importance_tests/pedanova_tests/test_evaluator.py",
    "importance_tests/test_evaluator.py",
    "pruners_tests",
    "samplers_tests",
    "search_space_tests",
    "storages_tests/rdb_tests/test_storage.py",
    "storages_tests/test_callbacks.py",
    "storages_tests/test_heartbeat.py",
    "storages_tests/test_storages.py",
    "study_tests",
    "terminator_tests",
    "test_callbacks.py",
    "test_cli.py",
    "test_distributions.py",
    "test_imports.py",
    "test_logging.py",
    "test_multi_objective.py",
    "trial_tests",
    "visualization_tests",
)
# of Optuna's own parts, which we lend unchanged or have none of: no code of ours is in these tests
NOT_OURS = (
    "gp_tests",
    "hypervolume_tests",
    "importance_tests/fanova_tests",
    "importance_tests/pedanova_tests/test_scott_parzen_estimator.py",
    "storages_tests/journal_tests",
    "storages_tests/rdb_tests/test_models.py",
    "storages_tests/test_cached_storage.py",
    "storages_tests/test_grpc.py",
    "storages_tests/test_with_server.py",
    "test_convert_positional_args.py",
    "test_deprecated.py",
    "test_experimental.py",
    "test_transform.py",
)
OURS, THEIRS = "raytune_lite", "optuna"
LISTED = {**DIFFERENCES, **SAMPLERS, **ELSEWHERE, **PLOTS}
# modules whose private functions are given our studies as we give them to the public ones: in Optuna's classes
LENT = ("optuna.visualization.", "optuna.importance.", "optuna.terminator.")
# modules of Optuna's testing tools that make studies and trials: they are ours, too
FRESH = ("pytest_importance", "visualization")
# modules whose public names are not taken from Optuna where ours lacks them: what is missing shall fail
WHOLE = ("optuna", "optuna.trial", "optuna.study", "optuna.exceptions", "optuna.distributions")


class Both(types.ModuleType):
    """A module of ours by Optuna's name; Optuna's own names where ours has none."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if (self.__name__, name) == ("optuna.storages", "JournalStorage"):
            return Journal
        home = self.__name__.replace("optuna.study.study", "optuna.study")
        ours = _module(OURS + home[len(THEIRS) :])
        found = getattr(ours, name, self) if ours is not None else self
        if found is not self and not isinstance(found, types.ModuleType):
            return found
        inner = f"{self.__name__}.{name}"
        if found is not self or _module(inner) is not None:
            return both(inner)
        if self.__name__ in WHOLE and not name.startswith("_"):
            raise AttributeError(f"{OURS} has no {inner}")
        theirs = getattr(importlib.import_module(self.__name__), name)
        return lent(theirs) if self.__name__.startswith(LENT) and isinstance(theirs, types.FunctionType) else theirs


@functools.cache
def both(name: str) -> Both:
    return Both(name)


def _module(name: str) -> types.ModuleType | None:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def _importer(places: tuple[Path, ...], real: Callable[..., Any]) -> Callable[..., Any]:
    """``__import__`` that answers the files in ``places`` with ours."""
    below = tuple(f"{place}/" if place.is_dir() else str(place) for place in places)

    def find(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:  # noqa: A002
        asked = level == 0 and name.partition(".")[0] == THEIRS
        if not asked or not str((globals or {}).get("__file__")).startswith(below):
            return real(name, globals, locals, fromlist, level)
        if _module(OURS + name[len(THEIRS) :]) is None and _module(name) is None:
            return real(name, globals, locals, fromlist, level)  # its error
        return both(name) if fromlist else both(THEIRS)

    return find


def _storages() -> types.ModuleType:
    """``optuna.testing.storages`` for ours: a database in memory, and one in a file."""
    from raytune_lite.storages import InMemoryStorage, RDBStorage

    @contextlib.contextmanager
    def supplier(mode: str, file: Any = None, **_: Any) -> Iterator[RDBStorage]:
        if file is not None:
            yield Journal(file.name)
            return
        if mode == "inmemory":
            yield InMemoryStorage()
            return
        with tempfile.TemporaryDirectory() as folder:
            yield RDBStorage(f"sqlite:///{folder}/study.db")

    module = types.ModuleType("optuna.testing.storages")
    module.__dict__.update(STORAGE_MODES=["inmemory", "sqlite"], STORAGE_MODES_HEARTBEAT=["sqlite"])
    module.__dict__["StorageSupplier"] = supplier
    return module


def _equal(real: Callable[..., Any]) -> Callable[..., Any]:
    """``FrozenTrial.__eq__`` that compares with a trial of Optuna's, too: what a private function answers has some."""
    import optuna

    from raytune_lite.integrations.optuna.translation import their_trial

    def equal(trial: FrozenTrial, other: object) -> Any:
        return their_trial(trial) == other if isinstance(other, optuna.trial.FrozenTrial) else real(trial, other)

    return equal


@contextlib.contextmanager
def in_its_place(tests: Path) -> Iterator[None]:
    """Have the files below ``tests`` find ours as Optuna."""
    import optuna.testing

    from raytune_lite.study import Study

    tools = Path(next(iter(optuna.testing.__path__)))

    optimize, real, run = Study.optimize, builtins.__import__, instead_of(subprocess.run)
    patch = pytest.MonkeyPatch()
    patch.chdir(tempfile.mkdtemp())  # where a command without a storage makes its database
    patch.setitem(sys.modules, "optuna.testing.storages", _storages())
    patch.setattr(optuna.testing, "storages", sys.modules["optuna.testing.storages"], raising=False)
    patch.setattr(Study, "optimize", functools.wraps(optimize)(functools.partialmethod(optimize, executor="inline")))
    patch.setattr(FrozenTrial, "__eq__", _equal(FrozenTrial.__eq__))
    patch.setattr(builtins, "__import__", _importer((tests, *(tools / f"{name}.py" for name in FRESH)), real))
    for name in FRESH:
        patch.delitem(sys.modules, f"optuna.testing.{name}", raising=False)
    patch.setattr(subprocess, "run", run)  # check_output calls it
    patch.setattr(subprocess, "check_call", lambda command, **named: run(command, check=True, **named).returncode)
    try:
        with _images(patch):
            yield
    finally:
        patch.undo()


@contextlib.contextmanager
def _images(patch: pytest.MonkeyPatch) -> Iterator[None]:
    """One browser draws all images, from the first on: its start takes seconds."""
    try:
        import kaleido
        from plotly.graph_objects import Figure
    except ImportError:
        yield  # the tests that draw fail
        return

    def drawn(figure: Figure, *args: Any, **named: Any) -> Any:
        kaleido.start_sync_server(silence_warnings=True)
        return draw(figure, *args, **named)

    draw = Figure.write_image
    patch.setattr(Figure, "write_image", drawn)
    try:
        yield
    finally:
        kaleido.stop_sync_server(silence_warnings=True)


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
                name = _listed_as(test, listed)
                used |= {name} & listed.keys() if why else set()
                if why and name not in listed:
                    said.append(f"{file}::{test}: {why}")
            idle = [test for test in listed.keys() - used if listed[test] != UNORDERED]  # which passes at times
            said += [f"{file}::{test} is listed as different, and does not fail" for test in idle]
        return said

    def table(self) -> str:
        """Markdown: a row for each file, with the reasons and how many tests each stands for."""
        rows = ["| file | pass | differ | why, and how many |", "|---|---|---|---|"]
        total = collections.Counter[str]()
        for file, tests in sorted(self.found.items()):
            listed = {test: reason for reason, tests in LISTED.get(file, {}).items() for test in tests}
            failed = [test for test, why in tests.items() if why]
            why = collections.Counter(listed.get(_listed_as(test, listed), "?") for test in failed)
            reasons = "; ".join(f"{reason} ({n})" for reason, n in why.most_common())
            rows.append(f"| `{file}` | {len(tests) - len(failed)} | {len(failed)} | {reasons} |")
            total.update(passed=len(tests) - len(failed), failed=len(failed))
        return "\n".join([*rows, f"| all | {total['passed']} | {total['failed']} | |"])


def _listed_as(test: str, listed: Container[str]) -> str:
    """Under which name a test is listed: its own, without its parameters, or its class's."""
    name = re.sub(r"\[.*", "", test)
    return next((known for known in (test, name, test.partition("::")[0]) if known in listed), name)


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
    print(*(f"{file}: {n} skipped" for file, n in sorted(counts.skipped.items())), sep="\n")
    surprises = counts.surprises()
    print(*surprises, sep="\n")
    return 1 if surprises else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
