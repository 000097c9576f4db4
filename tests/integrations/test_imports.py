"""Nobody pays for a library that is not used, and a missing one names the extra that brings it."""

from __future__ import annotations

import subprocess
import sys

import pytest

LIBRARIES = ("lightning", "transformers", "jax", "keras", "xgboost", "lightgbm", "tensorboard", "mlflow", "wandb")
HEAVY = (*LIBRARIES, "pytorch_lightning", "torch")


def run(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_importing_the_package_or_its_integrations_loads_no_library():
    done = run(f"import sys, raytune_lite, raytune_lite.integrations; print([n for n in {HEAVY} if n in sys.modules])")
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.parametrize("name", LIBRARIES)
def test_a_missing_library_is_an_import_error_that_names_the_extra(name):
    missing = "".join(f"sys.modules[{module!r}] = None; " for module in (*HEAVY, "lightning_fabric"))
    done = run(f"import sys; {missing}import raytune_lite.integrations.{name}")
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError: ")
    assert f"pip install 'raytune-lite[{name}]'" in last
