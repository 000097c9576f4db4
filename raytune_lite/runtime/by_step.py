"""What an attempt asks for by how far its trial has come: ``"from_step": {27: {...}}`` in a request.

Low rungs on spot machines, the few long trials of the top rungs on those that stay. An attempt asks when it is placed.
One that reports such a step and is not paused there saves, and its trial goes on in another (``core.leaving``). Knows
no Ray.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..arguments import shown
from ..exceptions import InvalidResourcesError

FROM_STEP = "from_step"
RULE = "a dict of step -> the options that differ for trials that have reported this step or a later one"
_EXAMPLE = '{"num_gpus": 1, "from_step": {27: {"label_selector": {"ray.io/market-type": "on-demand"}}}}'


def at(request: Mapping[str, Any], step: int) -> dict[str, Any]:
    """What an attempt of a trial asks for that has reported ``step`` (0: none yet).

    Raises:
        InvalidResourcesError: what stands under ``from_step`` is none of RULE.
    """
    found = {name: value for name, value in request.items() if name != FROM_STEP}
    for first, options in _stages(request):
        if step >= first:
            found |= options
    return found


def stages(request: Mapping[str, Any]) -> list[dict[str, Any]]:
    """All requests that attempts may make, the first one that of a new trial.

    Raises:
        InvalidResourcesError: as ``at``.
    """
    return [at(request, step) for step in (0, *steps(request))]


def steps(request: Mapping[str, Any] | None) -> tuple[int, ...]:
    """The steps from which on attempts ask for something else, in rising order.

    Raises:
        InvalidResourcesError: as ``at``.
    """
    return tuple(first for first, _ in _stages(request or {}))


def _stages(request: Mapping[str, Any]) -> list[tuple[int, Mapping[str, Any]]]:
    given = request.get(FROM_STEP)
    if given is None:
        return []
    if not isinstance(given, Mapping) or not given:
        raise InvalidResourcesError(f"{FROM_STEP} must be {RULE}, got {shown(given)}; for example {_EXAMPLE}.")
    for step, options in given.items():
        if isinstance(step, bool) or not isinstance(step, int) or step < 1:
            raise InvalidResourcesError(
                f"a step of {FROM_STEP} must be an int >= 1, got {shown(step)}; for example {_EXAMPLE}."
            )
        if not isinstance(options, Mapping) or FROM_STEP in options:
            raise InvalidResourcesError(
                f"{FROM_STEP}[{step}] must be a dict of options as in resources, got {shown(options)}; for example "
                f"{_EXAMPLE}."
            )
    return sorted(given.items())


__all__ = ["FROM_STEP", "RULE", "at", "stages", "steps"]
