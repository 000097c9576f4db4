"""Runtime environments of workers: whether one can work, checked before a run; and what to say when one did not.

Ray sets one up on each node before the first task there. What is wrong in it shows only then, in Ray's words.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from ray.runtime_env import RuntimeEnv

from ...arguments import shown
from ...exceptions import InvalidResourcesError, RuntimeEnvironmentError

PACKAGE = "raytune_lite"
SHOWN = 12  # lines of the log of a set-up that failed
SHOWN_WIDTH = 300
_INTERNAL = ("_", "java_")
_LOCAL = ("working_dir", "py_modules")  # Ray uploads local folders for a whole job only
_SHIP = f"""  ray.init(runtime_env={{"py_modules": [{PACKAGE}]}})"""


def check_runtime_env(value: Any) -> None:
    """Refuse a ``runtime_env`` of a trial that Ray would ignore in part, or fail to set up.

    Raises:
        InvalidResourcesError: an unknown field (the valid ones are listed), or a value that Ray refuses.
    """
    if not isinstance(value, Mapping):
        raise InvalidResourcesError(f"runtime_env must be a dict, got {shown(value)}; see Ray's runtime environments.")
    valid = sorted(name for name in RuntimeEnv.known_fields if not name.startswith(_INTERNAL))
    has_plugins = bool(os.environ.get("RAY_RUNTIME_ENV_PLUGINS"))  # they bring fields of their own
    for name in value:
        if name not in RuntimeEnv.known_fields and not has_plugins:
            raise InvalidResourcesError(
                f"runtime_env has no field {shown(name)}, which Ray would ignore; valid fields are {', '.join(valid)}."
            )
    for name in _LOCAL:
        found = value.get(name)
        for item in found if isinstance(found, (list, tuple)) else () if found is None else (found,):
            if not isinstance(item, str) or "://" not in item:
                raise InvalidResourcesError(
                    f"runtime_env's {name} for a trial takes URIs only, got {shown(item)}: Ray uploads local folders "
                    "once, for the whole job. Give it to `ray job submit --working-dir .`, or before optimize() call "
                    f'ray.init(runtime_env={{"{name}": ...}}).'
                )
    try:
        RuntimeEnv(**value)
    except Exception as error:  # noqa: BLE001  (Ray's checks raise of every kind)
        raise InvalidResourcesError(f"runtime_env is refused by Ray: {str(error).strip()[:500]}") from None


def set_up_error(error: Exception) -> RuntimeEnvironmentError:
    """Why Ray could not set up the workers' environment, with the end of pip's or conda's own output."""
    text = str(getattr(error, "error_message", None) or error)
    lines = [line.rstrip()[:SHOWN_WIDTH] for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if re.search(r"\berror\b|no matching|could not|not found", line, re.IGNORECASE)]
    chosen = (telling or lines)[-SHOWN:]
    return RuntimeEnvironmentError(
        "the workers' runtime_env cannot be set up, so no trial can run. Ray says:\n  " + "\n  ".join(chosen) + "\n"
        "Correct runtime_env (its pip or conda packages, its URIs) and run again; better, install what trials need in "
        "the nodes' image."
    )


def cannot_load(text: str) -> RuntimeEnvironmentError | None:
    """What to do where a worker could not import a module; None when ``text`` does not say so.

    Args:
        text: what Ray says of it, with the worker's traceback.
    """
    found = re.findall(r"No module named '([^']+)'", text)
    if not found:
        return None
    module = found[-1]
    if module.split(".")[0] == PACKAGE:
        return RuntimeEnvironmentError(
            f"a worker could not import {PACKAGE} (No module named {module!r}): it is not installed on the workers, or "
            f"in another version. Install it in the nodes' image; or ship yours: before optimize() call\n{_SHIP}\n"
            "or submit the script in the folder that holds it: ray job submit --working-dir . -- python script.py"
        )
    return RuntimeEnvironmentError(
        f"a worker process could not load what it runs: No module named {module!r} there. Install it on the nodes, or "
        "ship it: ray job submit --working-dir . -- python script.py; or before optimize() call "
        'ray.init(runtime_env={"working_dir": "."}); a package of PyPI: resources={"runtime_env": {"pip": [...]}}.'
    )


__all__ = ["cannot_load", "check_runtime_env", "set_up_error"]
