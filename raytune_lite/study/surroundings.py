"""What a person needs to run a study again, beside what the study itself records: command, versions, resources."""

from __future__ import annotations

import json
import platform
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .. import __version__
from ..arguments import shown
from ..masking import masked_words
from ..storages.url import mask
from .requests import Resources

PACKAGES = (  # whose versions are recorded, where the script has imported them
    "ray", "torch", "lightning", "transformers", "optax", "jax", "keras", "tensorflow", "sklearn", "xgboost",
    "lightgbm", "optuna", "numpy", "pandas",
)  # fmt: skip
MOST = 2_000  # characters of a command


def surroundings(resources: Resources | None, max_concurrent: int | None) -> str:
    """JSON text: {"command", "python", "packages": {name: version}, "resources", "max_concurrent"}.

    The command is the script and its arguments, without what may be a secret in them: "" in a notebook or a REPL. The
    environment of ``resources`` (``runtime_env``) is left out, which may hold secrets too.
    """
    packages = {"raytune_lite": __version__}
    for name in PACKAGES:
        version = getattr(sys.modules.get(name), "__version__", None)
        if isinstance(version, str):
            packages[name] = version
    asked: Any = f"{getattr(resources, '__name__', type(resources).__name__)}(params), a function of the script"
    if resources is None or isinstance(resources, Mapping):
        asked = {name: value for name, value in (resources or {}).items() if name != "runtime_env"}
    found = {
        "command": command(sys.argv),
        "python": platform.python_version(),
        "packages": packages,
        "resources": asked,
        "max_concurrent": max_concurrent,
    }
    try:
        return json.dumps(found, default=shown)
    except (ValueError, TypeError, RecursionError):  # nonsense in the resources; Ray refuses it, inline nobody reads it
        return json.dumps({**found, "resources": shown(asked)})


def command(argv: Sequence[str]) -> str:
    """A script's command as one may type it; "" where there is no script."""
    if not argv or not argv[0] or argv[0] in ("-", "-c") or "ipykernel" in argv[0]:
        return ""
    program = Path(argv[0])
    words = [program.name] if program.suffix != ".py" else ["python", argv[0]]
    words += [mask(word) if "://" in word or "@" in word else word for word in masked_words(argv[1:])]
    text = shlex.join(words)
    return text if len(text) <= MOST else text[: MOST - 3] + "..."


__all__ = ["command", "surroundings"]
