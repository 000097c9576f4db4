"""What a user passes to a run of how its trials run: what each asks for, what that costs, how many at once, in which
processes. Checked where it is given, as in ``checks``; which names there are on a cluster, and how much, is Ray's.
"""

from __future__ import annotations

import json
import math
import numbers
from collections.abc import Callable, Mapping
from typing import Any, Literal

from .. import arguments
from ..exceptions import InvalidResourcesError
from ..metrics.prices import EXAMPLE, checked, slot_price
from ..runtime import by_step
from ..runtime.ranks.request import AUTO, differs, is_shared, total, with_workers
from .checks import trial_output

Need = Callable[[dict[str, Any]], Mapping[str, Any]]  # a trial's parameters -> what it asks for
Request = Mapping[str, Any] | Need
Resources = Request | Literal["auto"]


def resource_request(given: Any, workers: Any = 1) -> Request | None:
    """What a trial asks for, or a function that says it for a trial's parameters; None for None. Which names there are,
    and how much, is checked on Ray. "auto" is ``{"num_gpus": "auto"}``.

    Args:
        given: of a trial, or of each of its processes.
        workers: processes of a trial. With several the request has ``bundles``, see ``ranks.request``.

    Raises:
        TypeError: it is no dict of names and no function of one argument, or ``workers`` no integer.
        ValueError: ``workers`` is below 1, or given beside bundles, or beside a function.
        InvalidResourcesError: an option of the wrong type.
    """
    if given is None:
        return with_workers(None, workers)
    if isinstance(given, str) and given == AUTO:
        given = {"num_gpus": AUTO}
    if callable(given) and not isinstance(given, Mapping):
        hint = 'for example resources=lambda params: {"num_gpus": 4 if params["width"] > 1000 else 1}'
        function: Need = arguments.function("resources", given, ("params",), hint)
        if workers != 1:
            raise ValueError(
                f"workers must be 1 where resources is a function, got {arguments.shown(workers)}: all groups of "
                "processes of a run ask for the same. Give resources as a dict, or leave workers out."
            )
        return function
    found = arguments.mapping("resources", given, 'for example resources={"num_cpus": 2, "num_gpus": 0.5} or "auto"')
    for name, value in found.items():
        if value is not None and name in _OPTIONS and not _OPTIONS[name][0](value):
            rule = _OPTIONS[name][1]
            got = arguments.shown(value)
            raise InvalidResourcesError(f"{name} must be {rule}, got {got}; leave it out for Ray's default.")
    if is_shared(found) and by_step.FROM_STEP in found:
        raise InvalidResourcesError(
            f'num_gpus="auto" finds what a trial needs, {by_step.FROM_STEP} says it: leave out one, or give a number.'
        )
    by_step.stages(found)
    return with_workers(found, workers)


def one_process(resources: Request | None, prices: str) -> None:
    """Refuse what a trial in the script's own process cannot have: others beside it, or a price of its own.

    Raises:
        ValueError: it has several, or ``prices`` (JSON) has some and what trials ask for differs.
    """
    if prices != "{}" and differs(resources):
        raise ValueError(
            'executor="inline" places no trial by what it asks for, so prices needs one request for all trials, got '
            f"{arguments.shown(resources)}: leave out prices, give one dict as resources, or use executor=\"ray\"."
        )
    if isinstance(resources, Mapping) and "bundles" in resources:
        n = len(resources["bundles"])
        raise ValueError(
            f'executor="inline" runs a trial in this process, and {n} processes were asked for: leave out workers= and '
            'bundles (trial.world_size is 1 then), or use executor="ray".'
        )


def _is_strategy(value: Any) -> bool:
    if isinstance(value, str):
        return value in ("DEFAULT", "SPREAD")
    return type(value).__module__.partition(".")[0] == "ray"


def _are_amounts(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(name, str) and isinstance(amount, numbers.Real) and not isinstance(amount, bool)
        for name, amount in value.items()
    )


# those options of Ray's whose wrong type Ray itself reports badly, or not at all
_OPTIONS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "resources": (_are_amounts, 'a dict of custom resources, {"name": amount}'),
    "accelerator_type": (lambda value: isinstance(value, str), "a str, for example 'A100'"),
    "scheduling_strategy": (_is_strategy, "'DEFAULT', 'SPREAD' or an object of ray.util.scheduling_strategies"),
    "label_selector": (lambda value: isinstance(value, Mapping), "a dict of node labels"),
    "fallback_strategy": (lambda value: isinstance(value, (list, tuple)), 'a list of {"label_selector": {...}}'),
    "runtime_env": (lambda value: isinstance(value, Mapping), "a dict, see Ray's runtime environments"),
}


def costs(prices: Any, max_cost: Any, resources: Request | None) -> dict[str, Any]:
    """What RunConfig is to know of prices: ``price``, ``prices`` and ``max_cost``.

    Raises:
        TypeError: ``prices`` is no dict of names and numbers, or ``max_cost`` no number.
        ValueError: see ``slot_price``; ``max_cost`` is not above 0, or there are no prices to count by.
    """
    bound = None
    if max_cost is not None:
        hint = "leave it out for no bound"
        bound = arguments.real("max_cost", max_cost, "an amount of money > 0 or None", hint)
        if not 0 < bound < math.inf:
            raise ValueError(f"max_cost must be a finite amount of money > 0, got {arguments.shown(max_cost)}; {hint}.")
        if prices is None:
            raise ValueError(f"max_cost needs prices, {EXAMPLE}; got max_cost={arguments.shown(max_cost)} alone.")
    if prices is None:
        return {}
    found = checked(prices)
    of_stages = [] if callable(resources) else [slot_price(found, stage) for stage in _stages(resources)]
    price = 0.0 if differs(resources) else of_stages[0]  # 0: each attempt says its own
    return {"price": price, "prices": json.dumps(found, sort_keys=True), "max_cost": bound}


def _stages(resources: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    """What a trial asks for, first and at later steps; a whole GPU where it will have a share."""
    stages = by_step.stages(resources or {})
    return [{**stage, "num_gpus": 1} if is_shared(stage) else stage for stage in stages]


def tasks(
    resources: Request | None,
    at_once: int | None,
    one_trial_per_task: bool,
    warm_workers: bool,
    output: str,
    prices: Mapping[str, float] | None,
    max_cost: float | None,
) -> dict[str, Any]:
    """Arguments of RayRun, and ``costs``: those of RunConfig. ``resources``: see ``resource_request``.

    Raises:
        TypeError, ValueError: one of them is wrong; see ``optimize``.
    """
    is_warm = arguments.flag("warm_workers", warm_workers)
    if is_warm and isinstance(resources, Mapping) and "bundles" in resources:
        raise ValueError(
            f"warm_workers needs trials of one process, got {len(resources['bundles'])}: what is left of a process "
            "group would disturb the next one. Leave out warm_workers, or workers and bundles."
        )
    return {
        "resources": resources,
        "costs": costs(prices, max_cost, resources if callable(resources) else total(resources)),
        "max_concurrent": at_once,
        "one_trial_per_task": arguments.flag("one_trial_per_task", one_trial_per_task),
        "warm_workers": is_warm,
        "output": trial_output(output),
    }


def most_at_once(max_concurrent: Any, n_jobs: Any) -> int | None:
    """Trials at once: ``max_concurrent``, else ``n_jobs``, of which -1 sets no bound.

    Raises:
        TypeError, ValueError: one of them is no such number.
    """
    bound = arguments.integer_or_none("max_concurrent", max_concurrent, 1, "leave it out (None) for no bound")
    jobs = arguments.integer_or_none("n_jobs", n_jobs, -1, "1 runs one trial at a time, None and -1 set no bound")
    if jobs == 0:
        raise ValueError("n_jobs must not be 0: no trial would run; 1 runs one at a time, None and -1 set no bound.")
    return bound if bound is not None or jobs == -1 else jobs


__all__ = ["Resources", "costs", "most_at_once", "one_process", "resource_request", "tasks"]
