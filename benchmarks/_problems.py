"""Functions to minimise, with a known optimum: COCO's bbob and bbob-mixint, the tables of HPOLib, and ``_groups``.

COCO draws a new optimum (and a new rotation) for each instance, inside [-4, 4] and away from the centre, for bbob and
bbob-mixint alike; a few functions keep theirs in a corner (f5), at +-2.1 (f20) or at +-1.25 (f24) with random signs. So
no point that a sampler may prefer, such as the centre, has an advantage. Seed k of a benchmark is instance k + 1.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import _groups
import numpy as np
from _problem import Problem, Result

from raytune_lite.distributions import CategoricalDistribution, Distribution, FloatDistribution, IntDistribution

SUITES = ("bbob", "bbob-mixint", "hpolib", *_groups.TASKS)
HALVES = ("tune", "report")
HPOLIB = ("naval_propulsion", "parkinsons_telemonitoring", "protein_structure", "slice_localization")

_COCO = ("bbob", "bbob-mixint")

# One function of each of COCO's five groups a half, each in two dimensions: (function, dimensions).
_BBOB = {
    "tune": ((3, (2, 10)), (7, (5, 20)), (13, (2, 10)), (15, (5, 20)), (21, (5, 10))),
    "report": ((2, (5, 20)), (8, (2, 10)), (10, (5, 20)), (18, (2, 10)), (22, (5, 20))),
}
_MIXINT = {"tune": ((3, (5,)), (7, (10,)), (15, (10,))), "report": ((2, (5,)), (8, (10,)), (18, (10,)))}


@dataclass(frozen=True, slots=True, order=True)
class Task:
    """One function in one dimension (HPOLib: one table, which has nine parameters). ``suite``: its group."""

    suite: str
    function: str
    dimension: int

    @property
    def half(self) -> str:
        """Constants are chosen on "tune", results are reported on "report": odd and even functions, tables in turn."""
        if self.suite in _groups.TASKS:
            return next(half for half in HALVES if (self.function, self.dimension) in _groups.TASKS[self.suite][half])
        if self.suite == "hpolib":
            return HALVES[1] if HPOLIB.index(self.function) >= len(HPOLIB) // 2 else HALVES[0]
        return HALVES[int(self.function) % 2 == 0]

    def __str__(self) -> str:
        function = f"f{int(self.function):02d}" if self.suite in _COCO else self.function
        return f"{self.suite}/{function}/{self.dimension}D"

    @classmethod
    def parse(cls, text: str) -> Task:
        """Inverse of ``str``."""
        suite, function, dimension = text.split("/")
        name = str(int(function[1:])) if suite in _COCO else function
        return cls(suite, name, int(dimension[:-1]))


def choose(
    suites: Sequence[str], half: str, functions: Iterable[int] = (), dimensions: Iterable[int] = (), data: str = ""
) -> list[Task]:
    """The tasks of ``half`` ("all": both): a small set that takes a night, or all of ``functions`` x ``dimensions``."""
    functions, dimensions = tuple(functions), tuple(dimensions)
    found = []
    for suite, chosen in (("bbob", _BBOB), ("bbob-mixint", _MIXINT)):
        pairs = [pair for part in HALVES for pair in chosen[part]]
        if functions:
            every = dimensions or ((2, 5, 10, 20) if suite == "bbob" else (5, 10))
            pairs = [(function, every) for function in functions]
        elif dimensions:
            pairs = [(function, dimensions) for function, _ in pairs]
        if suite in suites:
            found += [Task(suite, str(function), d) for function, some in pairs for d in some]
    if "hpolib" in suites and data:
        found += [Task("hpolib", name, 9) for name in HPOLIB if _table_path(data, name).exists()]
    for suite, halves in _groups.TASKS.items():
        chosen = [Task(suite, name, d) for part in HALVES for name, d in halves[part]]
        found += chosen if suite in suites else []
    there = [task for task in found if task.suite != "bbob-mixint" or task.dimension >= 5]  # it begins at 5
    return [task for task in there if half in ("all", task.half)]


def load(task: Task, seed: int, data: str = "") -> Problem:
    """The task's instance for a seed (HPOLib: the same table for all)."""
    if task.suite in _groups.TASKS:
        return _groups.load(task.suite, task.function, task.dimension, seed)
    return _hpolib(task, data) if task.suite == "hpolib" else _coco(task, seed + 1)


# --- COCO ------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def _suite(suite: str, instance: int) -> Any:
    import cocoex

    return cocoex.Suite(suite, f"instances:{instance}", "")


def _coco(task: Task, instance: int) -> Problem:
    suite = _suite(task.suite, instance)
    problem = suite.get_problem_by_function_dimension_instance(int(task.function), task.dimension, instance)
    n_ints = problem.number_of_integer_variables
    space: dict[str, Distribution] = {}
    for i, (low, high) in enumerate(zip(problem.lower_bounds, problem.upper_bounds, strict=True)):
        whole = i < n_ints
        space[f"x{i}"] = IntDistribution(int(low), int(high)) if whole else FloatDistribution(float(low), float(high))
    names = list(space)

    def evaluate(params: dict[str, Any], _: int) -> Result:
        return Result.of(float(problem(np.array([params[name] for name in names], dtype=float))))

    with _in_a_folder_of_its_own():
        problem._best_parameter("print")  # the only way to get the optimum from cocoex
        best = np.array(Path("._bbob_problem_best_parameter.txt").read_text().split(), dtype=float)
    return Problem(space, evaluate, float(problem(best)))


@contextlib.contextmanager
def _in_a_folder_of_its_own() -> Iterator[None]:
    home = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(home)


# --- HPOLib ----------------------------------------------------------------------------------------------------------


def _table_path(data: str, name: str) -> Path:
    return Path(data) / f"hpolib_{name}.npz"


@lru_cache(maxsize=4)
def _table(data: str, name: str) -> tuple[list[str], list[list[Any]], Any]:
    with np.load(_table_path(data, name), allow_pickle=False) as arrays:
        # the mean over the four training seeds of a cell: an objective without noise, whose optimum is known
        mean = arrays["valid_mse"].astype(float).mean(axis=-1)
        return [str(name) for name in arrays["names"]], json.loads(str(arrays["choices"])), mean


def _hpolib(task: Task, data: str) -> Problem:
    names, choices, table = _table(data, task.function)
    space: dict[str, Distribution] = {}
    for name, values in zip(names, choices, strict=True):
        # numbers keep their order, as an integer that counts the choices; texts have no order
        words = any(isinstance(value, str) for value in values)
        space[name] = CategoricalDistribution(values) if words else IntDistribution(0, len(values) - 1)

    def evaluate(params: dict[str, Any], _: int) -> Result:
        return Result.of(float(table[tuple(int(space[name].to_internal_repr(params[name])) for name in names)]))

    return Problem(space, evaluate, float(table.min()))
