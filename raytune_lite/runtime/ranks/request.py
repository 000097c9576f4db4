"""What a trial of several processes asks for: one bundle of resources a process, placed together. Knows no Ray."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ... import arguments
from ...exceptions import InvalidResourcesError
from ..by_step import FROM_STEP

STRATEGIES = {
    "PACK": "on as few nodes as there is room on",
    "STRICT_PACK": "on one node",
    "SPREAD": "on as many nodes as there is room on",
    "STRICT_SPREAD": "on a node each",
}
PLACEMENT_TIMEOUT = 600.0  # seconds
MOST_WORKERS = 10_000
AUTO = "auto"
_OF_GROUP = ("strategy", "placement_timeout")
_SHARED = ("runtime_env", "label_selector")  # of all processes alike
_NOT_OF_GROUP = ("scheduling_strategy", FROM_STEP)


def with_workers(resources: Mapping[str, Any] | None, workers: Any) -> Mapping[str, Any] | None:
    """The request of a trial, as ``bundles`` where it has several processes.

    Args:
        resources: of each process; or of the trial, with ``bundles``.
        workers: processes of a trial.

    Raises:
        TypeError, ValueError: ``workers`` is no integer >= 1, or both are given.
        InvalidResourcesError: what belongs to bundles is wrong, or is given without them.
    """
    n = arguments.integer("workers", workers, 1, "1 runs a trial in one process", MOST_WORKERS)
    given = dict(resources or {})
    if "bundles" in given and n > 1:
        raise ValueError(
            f"give either workers={n} (alike processes) or resources={{'bundles': [...]}} (one of each process), not "
            "both."
        )
    if "bundles" not in given and n == 1:
        for name in _OF_GROUP:
            if name in given:
                raise InvalidResourcesError(
                    f"{name} is for trials of several processes: give workers= as well, or resources={{'bundles': "
                    "[...]}; a trial of one process takes scheduling_strategy."
                )
        return resources
    for name in _NOT_OF_GROUP:
        if name in given:
            raise InvalidResourcesError(
                f"{name} is for trials of one process. Those of several ask for the same at each step; they take "
                f"strategy, one of {_strategies()}."
            )
    each = given["bundles"] if isinstance(given.get("bundles"), Sequence) else [given]
    if any(map(is_shared, [given, *each])):
        raise InvalidResourcesError(
            'num_gpus="auto" is for trials of one process: all processes of a trial ask for the same, whatever they '
            "need. Give a number, such as num_gpus=1, or leave out workers= and bundles."
        )
    found: dict[str, Any] = {name: given.pop(name) for name in _SHARED if name in given}
    found["strategy"] = _strategy(given.pop("strategy", "PACK"))
    found["placement_timeout"] = _seconds(given.pop("placement_timeout", PLACEMENT_TIMEOUT))
    if "bundles" not in given:
        return {**found, "bundles": [given] * n}
    found["bundles"] = _bundles(given.pop("bundles"))
    if given:
        raise InvalidResourcesError(
            f"resources has bundles, so {', '.join(map(repr, given))} belongs into each of them: "
            "resources={'bundles': [{'num_cpus': 4, 'num_gpus': 1}, ...]}."
        )
    return found


def _strategy(given: Any) -> str:
    if not isinstance(given, str) or given not in STRATEGIES:
        raise InvalidResourcesError(f"strategy must be one of {_strategies()}, got {arguments.shown(given)}.")
    return given


def _strategies() -> str:
    return ", ".join(f"{name!r} ({what})" for name, what in STRATEGIES.items())


def _seconds(given: Any) -> float:
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not given > 0:
        raise InvalidResourcesError(
            f"placement_timeout must be a number of seconds > 0, got {arguments.shown(given)}; a run whose trials "
            "cannot be placed for so long ends."
        )
    return float(given)


def _bundles(given: Any) -> list[Mapping[str, Any]]:
    """The bundles, each checked to be a mapping."""
    is_list = isinstance(given, Sequence) and not isinstance(given, (str, bytes))
    if not is_list or not given or not all(isinstance(bundle, Mapping) for bundle in given):
        raise InvalidResourcesError(
            "bundles must be a list of dicts, one for each process of a trial, such as "
            f"[{{'num_cpus': 4, 'num_gpus': 1}}] * 2, got {arguments.shown(given)}."
        )
    for bundle in given:
        wrong = [name for name in (*_SHARED, *_OF_GROUP, *_NOT_OF_GROUP) if name in bundle]
        if wrong:
            raise InvalidResourcesError(f"{wrong[0]} is one for all bundles: put it beside 'bundles', not into one.")
    return [dict(bundle) for bundle in given]


def is_shared(resources: Any) -> bool:
    """Whether trials share GPUs by what they are measured to need: ``num_gpus`` is "auto"."""
    return isinstance(resources, Mapping) and resources.get("num_gpus") == AUTO


def differs(resources: Any) -> bool:
    """Whether trials of one run may ask for different things: by a function, by their steps, by what was measured."""
    return callable(resources) or is_shared(resources) or FROM_STEP in (resources or {})


def total(request: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """What a trial asks for in all, as the request of one process; for prices and metrics."""
    if request is None or "bundles" not in request:
        return request
    found: dict[str, Any] = {"num_cpus": 0.0, "num_gpus": 0.0}
    custom: dict[str, float] = {}
    for bundle in request["bundles"]:
        for name, amount in {"num_cpus": 1, **bundle}.items():
            if name in ("num_cpus", "num_gpus", "memory"):
                found[name] = found.get(name, 0) + _number(amount)
            elif name == "resources" and isinstance(amount, Mapping):
                for kind, n in amount.items():
                    custom[kind] = custom.get(kind, 0) + _number(n)
            else:
                found[name] = amount
    return {**found, "resources": custom} if custom else found


def _number(given: Any) -> float:
    """0 for what is no number: amounts are checked on Ray."""
    return arguments.as_float(given) or 0.0


__all__ = ["AUTO", "PLACEMENT_TIMEOUT", "STRATEGIES", "differs", "is_shared", "total", "with_workers"]
