"""How to run a study again: as code, from what its database records, and what it does not record. Knows no picture."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ... import pruners, samplers
from ...core.messages import RunStarted
from ...display.text import printable, printable_lines
from ...trial import StudyDirection


def code(name: str, storage: str | None, directions: Sequence[StudyDirection], run: RunStarted | None) -> str:
    """The Python code that goes on with the study, or runs it anew under another name."""
    arguments = [f"study_name={name!r}"]
    if storage is not None:
        arguments.append(f"storage={storage!r}")
    words = [direction.name.lower() for direction in directions]
    arguments.append(f"direction={words[0]!r}" if len(words) == 1 else f"directions={words!r}")
    limits = []
    if run is not None:
        arguments += [f"sampler={made('samplers', run.sampler)}", f"pruner={made('pruners', run.pruner)}"]
        limits = [
            f"{what}={value}"
            for what, value in (
                ("n_trials", run.n_trials), ("max_trials", run.max_trials),
                ("max_checkpoint_bytes", run.max_checkpoint_bytes),
            )
            if value is not None
        ]  # fmt: skip
    arguments.append("load_if_exists=True")
    lines = ["import raytune_lite as rtl", "", "study = rtl.create_study("]
    lines += [f"    {argument}," for argument in arguments]
    lines += [")", f"study.optimize({', '.join(['objective', *limits])})"]
    return printable_lines("\n".join(lines))


def made(package: str, text: str) -> str:
    """A recorded spec as the Python expression that makes the same object; "..." for a class that is not ours."""
    try:
        spec = json.loads(text)
    except ValueError:
        return "None"
    return _expression(package, spec) if isinstance(spec, Mapping) and spec.get("name") else "None"


def _expression(package: str, spec: Mapping[str, Any]) -> str:
    name, own = spec["name"], samplers.__all__ if package == "samplers" else pruners.__all__
    if name not in own:
        return "..."
    arguments = [
        f"{key}={_expression(package, value) if isinstance(value, Mapping) and 'name' in value else repr(value)}"
        for key, value in spec.items()
        if key != "name"
    ]
    return f"rtl.{package}.{name}({', '.join(arguments)})"


def recorded(run: RunStarted | None) -> list[tuple[str, str]]:
    """(what, its text) of what a run was started with, beside the study: see ``study.surroundings``."""
    found = _surroundings(run)
    said = []
    if found.get("command"):
        said.append(("command", str(found["command"])))
    packages = found.get("packages")
    if isinstance(packages, Mapping) and found.get("python"):
        versions = {"Python": found["python"], **packages}
        said.append(("versions", ", ".join(f"{name} {version}" for name, version in versions.items())))
    if "resources" in found:
        asked = json.dumps(found["resources"]) if found["resources"] else "those of Ray's tasks (one CPU)"
        most = found.get("max_concurrent")
        at_once = "as many at once as there is room for" if most is None else f"at most {most} at once"
        said.append(("resources of a trial", f"{asked}, {at_once}"))
    return [(what, printable(text)) for what, text in said]


def not_recorded(run: RunStarted | None) -> list[str]:
    """What it takes to run the study again, and is not recorded."""
    missing, found = ["the objective's code and its commit"], _surroundings(run)
    if not found.get("command"):
        missing.append("the command")
    if "resources" not in found:
        missing.append("the resources of a trial and the number of slots")
    if "packages" not in found:
        missing.append("the versions of Python and of the packages")
    return missing


def _surroundings(run: RunStarted | None) -> dict[str, Any]:
    """Of an older run, or one that no script has started, nothing."""
    try:
        found = json.loads("{}" if run is None else run.surroundings)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


__all__ = ["code", "made", "not_recorded", "recorded"]
