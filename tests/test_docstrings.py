"""Public functions say in their docstrings what they raise. Reads the sources.

A function names each exception that its body raises, or a base of it; for ``__init__`` the class does. Left out are
the commands of the command line, whose docstrings are their help pages; implementations of a protocol ("See Store."),
which says it; and exceptions that the function may catch itself.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import re
from pathlib import Path

import raytune_lite as rtl
from raytune_lite import exceptions, testing, training

ROOT = Path(__file__).parent.parent / "raytune_lite"

SIGNALS = {"AttributeError", "NotImplementedError", "StopIteration", "SystemExit", "TrialPruned"} | {
    "Killed", "Violation",  # the simulator's ends of a process and of a history
}  # fmt: skip


def own_nodes(function: ast.FunctionDef):
    """The nodes of a function's body without those inside functions, classes, and the bodies of ``try ... except``."""
    stack = list(ast.iter_child_nodes(function))
    while stack:
        node = stack.pop()
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            yield node
            inner = node.body if isinstance(node, ast.Try) and node.handlers else []
            stack += [child for child in ast.iter_child_nodes(node) if child not in inner]


def raised(function: ast.FunctionDef) -> set[str]:
    found = set()
    for node in own_nodes(function):
        if isinstance(node, ast.Raise) and node.exc is not None:
            error = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            name = error.attr if isinstance(error, ast.Attribute) else getattr(error, "id", "")
            if name[:1].isupper():  # else: a variable, or a function that makes the error
                found.add(name)
    return found - SIGNALS


def names(error: str) -> list[str]:
    """The exception and its bases; only itself where it is not one of ours or Python's."""
    kind = getattr(exceptions, error, None) or getattr(builtins, error, None)
    return [error] if kind is None else [base.__name__ for base in kind.__mro__[:-3]] + [error]


def public_functions(tree: ast.Module):
    """(name, function, docstring) of each."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            is_command = any("command" in ast.unparse(decorator) for decorator in node.decorator_list)
            if not is_command:
                yield node.name, node, ast.get_docstring(node) or ""
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            for method in node.body:
                if isinstance(method, ast.FunctionDef):
                    if method.name in ("__init__", "__post_init__"):
                        yield f"{node.name}.{method.name}", method, ast.get_docstring(node) or ""
                    elif not method.name.startswith("_"):
                        yield f"{node.name}.{method.name}", method, ast.get_docstring(method) or ""


def test_a_public_function_says_what_it_raises() -> None:
    silent = [
        f"{path.relative_to(ROOT)}: {name} raises {error}"
        for path in sorted(ROOT.rglob("*.py"))
        for name, function, docstring in public_functions(ast.parse(path.read_text(encoding="utf-8")))
        for error in sorted(raised(function))
        if not docstring.startswith("See ") and not any(word in docstring for word in names(error))
    ]
    assert not silent, f"{'; '.join(silent)}: add it to Raises"


def test_the_check_finds_what_is_not_said() -> None:
    tree = ast.parse(
        'def f():\n    """Text."""\n    raise ValueError("x")\n'
        'def g():\n    """Text. Raises ValueError."""\n    raise MessageError("x")\n'
        'class C:\n    """Text."""\n    def __init__(self):\n        raise OSError\n'
        "    def _p(self):\n        raise OSError\n"
        'def h():\n    """Text."""\n    def inner():\n        raise OSError\n    raise\n'
        "    try:\n        raise OSError\n    except OSError:\n        pass\n"
    )
    found = {
        name: {error for error in raised(function) if not any(word in doc for word in names(error))}
        for name, function, doc in public_functions(tree)
    }
    assert found == {"f": {"ValueError"}, "g": set(), "C.__init__": {"OSError"}, "h": set()}


# --- arguments --------------------------------------------------------------------------------------------------------

# methods that the core calls; core/protocols.py explains their arguments
PROTOCOL = {"explain", "sample_independent", "sample_relative", "sample_within", "search_space", "judge", "load"}
NOT_CALLED_BY_USERS = {"Trial", "StudyDirection", "TrialState", "check_sampler", "check_pruner", "grid_from_spec",
                       "sampler_from_spec", "pruner_from_spec", "FloatDistribution.to_external_repr",
                       "IntDistribution.to_external_repr", "CategoricalDistribution.to_external_repr",
                       "HyperbandPruner.brackets", "skip_not_finite"}  # fmt: skip
SECONDS, STEPS = r"second", r"\bsteps?\b"
UNITS = {"timeout": SECONDS, "trial_timeout": SECONDS, "lease": SECONDS, "grace": SECONDS,
         "max_checkpoint_bytes": r"\bbytes\b", "min_resource": STEPS, "max_resource": STEPS, "n_warmup_steps": STEPS,
         "interval_steps": STEPS, "perturbation_interval": STEPS, "patience": r"\breports\b"}  # fmt: skip


def documented():
    """(name, docstring, names of its arguments) of each public function, class and method."""
    ranges = [rtl.distributions.FloatDistribution, rtl.distributions.IntDistribution,
              rtl.distributions.CategoricalDistribution]  # fmt: skip
    found = [getattr(home, name) for home in (rtl, rtl.samplers, rtl.pruners, training, testing)
             for name in home.__all__]  # fmt: skip
    for item in [*found, *ranges]:
        if inspect.isclass(item) and not issubclass(item, BaseException):
            yield item.__name__, item
            for name, method in inspect.getmembers(item, inspect.isfunction):
                if not name.startswith("_") and name not in PROTOCOL:
                    yield f"{item.__name__}.{name}", method
        elif inspect.isfunction(item):
            yield item.__name__, item


ARGUMENTS = {
    name: (inspect.getdoc(item) or "", [p for p in inspect.signature(item).parameters if p[0] != "_" and p != "self"])
    for name, item in documented()
    if name not in NOT_CALLED_BY_USERS
}


def test_every_public_argument_is_in_its_docstring() -> None:
    missing = {
        name: left
        for name, (text, arguments) in ARGUMENTS.items()
        if (left := [one for one in arguments if not re.search(rf"\b{re.escape(one)}\b", text)])
    }
    assert not missing


def test_an_argument_with_a_unit_says_it() -> None:
    checked = set()
    for name, (text, arguments) in ARGUMENTS.items():
        for one in set(arguments) & UNITS.keys() - ({"timeout"} if name == "RetryPolicy" else set()):  # a number there
            described = re.search(rf"^ +{one}: (.*?)(?=^ {{0,4}}\w+: |\n\n|\Z)", text, re.MULTILINE | re.DOTALL)
            assert described, f"{name}: {one} is not under Args"
            assert re.search(UNITS[one], described[1]), f"{name}: {one}: {described[1]}"
            checked.add(one)
    assert checked == UNITS.keys()
