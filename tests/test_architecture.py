"""The house has floors, one door for each heavy thing, and no circle. Reads the sources; imports almost nothing."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "raytune_lite"

# A module may import modules of its own package, and whatever stands on a line above. The longest prefix counts.
FLOORS = (
    ("exceptions", "lazy", "arguments", "masking", "tracebacks"),
    ("distributions", "logging", "notebook", "sharing"),
    ("base_trial",),
    ("trial",),
    ("best",),
    ("checkpoints.layout",),  # names only: the core refuses a checkpoint that lies elsewhere
    ("core",),
    ("metrics",),
    ("checkpoints",),
    ("frozen_study",),  # what samplers and pruners of users read
    ("pareto",),  # with numpy: samplers rank results, and pruners rungs
    ("pruners", "samplers", "training", "target"),
    ("integrations.optuna",),  # Optuna's samplers, pruners and functions on our studies, which are passed to it
    ("storages",),
    ("runtime",),
    ("runtime.on_ray", "display"),
    ("study",),
    ("integrations", "plan"),
    ("report", "testing"),
    ("artifacts", "callbacks", "importance", "integration", "search_space", "terminator", "visualization"),
    ("cli",),
    ("__main__",),
    ("",),  # raytune_lite/__init__.py: the public names, loaded on first use
)
FACADE = "__version__"  # the one thing that may be taken from the top

DOORS = {
    "ray": ("runtime.on_ray",),
    "sqlalchemy": ("storages",),
    "fsspec": ("checkpoints.remote",),
    "s3fs": (),
    "torch": ("checkpoints.state_files", "training", "integrations"),
    "scipy": ("samplers", "pruners.wilcoxon", "runtime.simulator.rules"),
    "cmaes": ("samplers.cmaes",),
    "greenlet": ("runtime.virtual.world",),
    "optuna": ("integrations.optuna", "integrations.importance"),
    "optuna_dashboard": ("integrations.dashboard",),
    "lightning": ("integrations.lightning",),
    "xgboost": ("integrations.xgboost",),
    "lightgbm": ("integrations.lightgbm",),
    "tensorboard": ("integrations.tensorboard",),
    "mlflow": ("integrations.mlflow",),
    "wandb": ("integrations.wandb",),
    "hydra": ("integrations.hydra",),
    "sklearn": ("integrations.importance", "integrations.sklearn"),
    "omegaconf": ("integrations.hydra",),
    "transformers": ("integrations.transformers",),
    "jax": ("integrations.jax",),
    "keras": ("integrations.keras",),
    "rich": ("display", "cli"),
    "click": ("cli",),
    "pandas": ("display", "study.results"),  # study.results: a return type only
    "pyarrow": ("display.parquet",),
}

# Who may read a clock. display.progress, target: what a person is shown; trials that a user makes have dates.
CLOCKS = ("runtime", "display.progress", "target", "base_trial", "trial")
CLOCK_CALLS = {"time", "monotonic", "perf_counter", "process_time", "time_ns", "monotonic_ns", "sleep"}
DATE_CALLS = {"now", "utcnow", "today"}

CORE_MAY_IMPORT = {
    "__future__", "bisect", "collections", "contextlib", "dataclasses", "enum", "itertools", "json", "math", "operator",
    "typing",
}  # fmt: skip

MAX_LINES = 400
MAX_FUNCTION = 60  # lines, with the docstring


def modules():
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = path
    return found


MODULES = modules()


@cache
def tree(name):
    return ast.parse(MODULES[name].read_text(encoding="utf-8"))


@pytest.fixture(scope="module", autouse=True)
def _trees_are_forgotten():
    """They are a million objects, which each look for garbage of later tests would visit."""
    yield
    tree.cache_clear()


@cache
def imports(name):
    """(ours, theirs): modules of this package, and top-level names of others; those under TYPE_CHECKING too."""
    ours, theirs = [], []
    package = name if MODULES[name].name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            theirs += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            theirs.append(node.module)
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".") if package else []
            base = base[: len(base) - node.level + 1] + ([node.module] if node.module else [])
            for alias in node.names:
                full = ".".join([*base, alias.name])
                target = full if full in MODULES else ".".join(base)
                if not (target == "" and alias.name == FACADE):
                    ours.append(target)
    return ours, theirs


def within(name, prefixes):
    return any(name == prefix or name.startswith(f"{prefix}.") for prefix in prefixes)


def floor(name):
    best = [
        (len(prefix), level, prefix)
        for level, prefixes in enumerate(FLOORS)
        for prefix in prefixes
        if name == prefix or (prefix and name.startswith(f"{prefix}."))
    ]
    assert best, f"{name} has no floor: give it one in FLOORS"
    _, level, prefix = max(best)
    return level, prefix


def test_imports_only_go_down():
    for name in MODULES:
        level, home = floor(name)
        for target in imports(name)[0]:
            below, other = floor(target)
            assert below < level or other == home, f"{name} imports {target}, which is not below it"


def test_there_is_no_circle_not_even_a_typing_one():
    graph = {name: [t for t in imports(name)[0] if t != name] for name in MODULES}
    # a package's own __init__ is loaded before its modules, and is no edge of theirs
    done, path = set(), []

    def visit(name):
        assert name not in path, f"circle: {' -> '.join([*path[path.index(name):], name])}"
        if name not in done:
            path.append(name)
            for target in graph[name]:
                visit(target)
            path.pop()
            done.add(name)

    for name in graph:
        visit(name)


def test_each_heavy_thing_has_one_door():
    for name in MODULES:
        for target in imports(name)[1]:
            package = target.split(".")[0]
            assert within(name, DOORS.get(package, (name,))), f"{name} imports {target}: its door is {DOORS[package]}"


def test_the_clock_is_read_in_the_runtime_only():
    for name in MODULES:
        if within(name, CLOCKS):
            continue
        for node in ast.walk(tree(name)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                owner, call = ast.unparse(node.func.value), node.func.attr
                assert not (owner == "time" and call in CLOCK_CALLS), f"{name}:{node.lineno} reads the clock"
                assert not (owner.endswith(("datetime", "date")) and call in DATE_CALLS), f"{name}:{node.lineno}"
            if isinstance(node, ast.ImportFrom) and node.module == "time":
                raise AssertionError(f"{name}:{node.lineno} imports from time")


def test_the_core_imports_nothing_that_acts():
    for name in MODULES:
        if within(name, ("core",)):
            assert {target.split(".")[0] for target in imports(name)[1]} <= CORE_MAY_IMPORT, name


GUARD = "runtime.suggest"  # it leaves the global generators as they were


def test_no_global_random_state():
    for name in MODULES.keys() - {GUARD}:
        assert "random" not in {target.split(".")[0] for target in imports(name)[1]}, name
        for node in ast.walk(tree(name)):
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) in ("np.random", "numpy.random"):
                assert node.attr in ("Generator", "Philox", "SeedSequence"), f"{name}:{node.lineno}"


def test_no_file_is_too_long():
    lines = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in MODULES.items()}
    assert not {name: count for name, count in lines.items() if count > MAX_LINES}


def test_no_function_is_too_long():
    long = {
        f"{name}.{node.name}": node.end_lineno - node.lineno
        for name in MODULES
        for node in ast.walk(tree(name))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.end_lineno - node.lineno >= MAX_FUNCTION
    }
    assert not long


def test_every_module_says_what_it_owns():
    assert not [name for name in MODULES if not ast.get_docstring(tree(name))]


def loaded_by(code):
    program = f"import sys\n{code}\nprint(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_the_package_is_cheap():
    loaded = loaded_by("import raytune_lite")
    assert loaded.isdisjoint({"ray", "torch", "sqlalchemy", "numpy", "pandas", "rich", "click"})
    assert "raytune_lite" in loaded


def test_help_costs_the_command_line_alone():
    loaded = loaded_by(
        "from raytune_lite.cli import main\nsys.argv = ['raytune-lite', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    print()"
    )
    assert loaded.isdisjoint({"ray", "torch", "sqlalchemy", "numpy", "scipy", "pandas"})
    assert "click" in loaded


def test_a_worker_process_loads_no_database_no_numpy_and_nothing_of_an_autoscaler():
    """Ray has loaded its part; a cold worker begins its first trial after ours."""
    code = "import ray\nbefore = set(sys.modules)\nimport raytune_lite.runtime.on_ray.task\n"
    added = set(loaded_by(f"{code}sys.modules = {{name: 0 for name in set(sys.modules) - before}}"))
    assert "raytune_lite" in added
    assert added.isdisjoint({"sqlalchemy", "numpy", "scipy", "click", "rich"})


def test_a_driver_loads_scipy_for_no_trial_of_a_study_that_has_no_results_yet():
    loaded = loaded_by(
        "import raytune_lite as r\nstudy = r.create_study()\nassert study.ask().suggest_float('x', 0, 1) == 0.5"
    )
    assert "sqlalchemy" in loaded
    assert "scipy" not in loaded


def test_samplers_and_pruners_cost_no_numpy_until_they_draw():
    loaded = loaded_by("import raytune_lite as r; r.samplers.RandomSampler(0); r.pruners.ASHAPruner(1, 9)")
    assert loaded.isdisjoint({"ray", "torch", "sqlalchemy", "numpy"})


def test_an_inline_study_imports_neither_ray_nor_torch():
    code = (
        "import raytune_lite as r; s = r.create_study();"
        "s.optimize(lambda t: t.suggest_float('x', 0, 1), n_trials=1, executor='inline')"
    )
    assert loaded_by(code).isdisjoint({"ray", "torch", "pandas"})


def test_every_public_name_loads():
    import raytune_lite

    for name in raytune_lite.__all__:
        assert getattr(raytune_lite, name) is not None
    with pytest.raises(AttributeError, match=r"has no attribute 'nothing'; it has .*FrozenTrial"):
        _ = raytune_lite.nothing
