"""What a user passes to a study and to a run, checked where it is given: before anything is made, stored or started.

Knows no database and no session. The words of the messages are those of ``arguments``.
"""

from __future__ import annotations

import inspect
import json
import math
import numbers
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Literal, cast, get_args

from .. import arguments
from ..checkpoints.layout import chosen_base, is_url
from ..core.bounds import MAX_STEP, check_name
from ..core.retries import RetryPolicy
from ..distributions import DISTRIBUTIONS, Distribution
from ..exceptions import InvalidResourcesError
from ..metrics.prices import EXAMPLE, checked, slot_price
from ..runtime import by_step
from ..runtime.config import LEASE, LEAST_LEASE
from ..runtime.output import TrialOutput
from ..runtime.ranks.request import AUTO, is_shared, total, with_workers
from ..trial import StudyDirection, parse_direction

Need = Callable[[dict[str, Any]], Mapping[str, Any]]  # a trial's parameters -> what it asks for
Request = Mapping[str, Any] | Need
Resources = Request | Literal["auto"]


def directions(direction: Any, several: Any) -> tuple[StudyDirection, ...] | None:
    """The directions that ``direction`` or ``directions`` name; None when neither is given.

    Raises:
        TypeError: ``directions`` is not a list.
        ValueError: both are given, an unknown direction, or no direction in the list.
    """
    if direction is not None and several is not None:
        raise ValueError("give either direction (one objective) or directions (several), not both.")
    if several is None:
        return None if direction is None else (parse_direction(direction),)
    found = tuple(map(parse_direction, arguments.items("directions", several, "one direction is direction='minimize'")))
    if not found:
        raise ValueError("directions must name at least one direction, got none.")
    return found


def same_directions(name: str, have: Sequence[StudyDirection], wanted: Sequence[StudyDirection]) -> None:
    """Refuse to continue a study in another direction: what is best would silently be the worst.

    Raises:
        ValueError: the directions differ.
    """
    if tuple(have) != tuple(wanted):
        stored, given = ([direction.name.lower() for direction in some] for some in (have, wanted))
        raise ValueError(
            f"study {name!r} exists with directions {stored}, and {given} was given; a study keeps its directions: "
            "leave them out to continue it, or choose another study_name."
        )


def study_name(name: Any) -> str:
    """The name of a study.

    Raises:
        TypeError, ValueError: it is no str, or one that no database can hold.
    """
    check_name("a study's name", name)
    found: str = name
    return found


def checkpoint_directory(given: Any) -> str | None:
    """An absolute path, a URL, or None for None.

    Raises:
        TypeError, ValueError: it is no path and no URL that can be opened here, or a URL with a password.
    """
    if given is None:
        return None
    hint = "on several nodes it is a path that all of them mount, or a URL such as s3://BUCKET/PATH"
    found = chosen_base(arguments.path("checkpoint_dir", given, hint))
    if is_url(found):
        from ..checkpoints.remote import check_installed

        check_installed(found)
    return found


# --- a run ---------------------------------------------------------------------------------------------------------


def objective(func: Any) -> None:
    """Refuse what cannot be called with a trial.

    Raises:
        TypeError: it is not a function of one argument, or a coroutine function.
    """
    arguments.function("func", func, ("trial",), "for example def objective(trial): return trial.suggest_float(...)")
    called = func if inspect.isfunction(func) or inspect.ismethod(func) else getattr(func, "__call__", None)  # noqa: B004
    if inspect.iscoroutinefunction(func) or inspect.iscoroutinefunction(called):
        way_out = "await inside it with asyncio.run(...)"
        raise arguments.wrong_type("func", "an ordinary function, without async", func, way_out)


def callbacks(given: Any, study: Any) -> list[partial[Any]]:
    """The callbacks of a run, each as a function of the trial.

    Raises:
        TypeError: not a list of functions of a study and a trial.
    """
    if given is None:
        return []
    hint = "each is called as callback(study, frozen_trial)"
    if callable(given) and not hasattr(given, "__iter__"):
        raise arguments.wrong_type("callbacks", "a list of functions", given, "pass callbacks=[...]; " + hint)
    found = arguments.items("callbacks", given, hint)
    return [partial(arguments.function("a callback", one, ("study", "trial"), hint), study) for one in found]


def exceptions(catch: Any) -> tuple[type[Exception], ...]:
    """The exceptions that ``catch`` lists.

    Raises:
        TypeError: something else than classes of exceptions.
    """
    hint = "pass classes, as in catch=(ValueError,)"
    found = [catch] if isinstance(catch, type) else arguments.items("catch", catch, hint)
    for kind in found:
        if not isinstance(kind, type) or not issubclass(kind, Exception):
            raise arguments.wrong_type("catch", "an Exception class or a list of them", kind, hint)
    return tuple(found)


def trial_output(given: Any) -> TrialOutput:
    """What becomes of what objectives print.

    Raises:
        ValueError: it is not "show", "keep" or "hide".
    """
    for known in get_args(TrialOutput):
        if isinstance(given, str) and given == known:
            return cast(TrialOutput, known)
    raise ValueError(
        "trial_output must be 'show' (shown with the trial's number, and kept in a log), 'keep' (only kept) or 'hide', "
        f"got {arguments.shown(given)}."
    )


def retry_policy(given: Any) -> RetryPolicy:
    """The retries of a run; the default policy for None.

    Raises:
        TypeError: it is not a RetryPolicy.
    """
    if given is None:
        return RetryPolicy()
    if not isinstance(given, RetryPolicy):
        raise arguments.wrong_type("retries", "a RetryPolicy", given, "for example RetryPolicy(exception=3)")
    return given


def budget(
    n_trials: Any = None,
    max_trials: Any = None,
    timeout: Any = None,
    retries: Any = None,
    trial_timeout: Any = None,
    lease: Any = LEASE,
    max_checkpoint_bytes: Any = None,
) -> dict[str, Any]:
    """What a run may use, as fields of a RunConfig.

    Raises:
        TypeError, ValueError: one of them is wrong.
    """
    no_bound, no_limit = "leave it out (None) for no bound", "None sets no limit"
    return {
        "n_trials": arguments.integer_or_none("n_trials", n_trials, 1, no_bound, MAX_STEP),
        "max_trials": arguments.integer_or_none("max_trials", max_trials, 1, no_bound, MAX_STEP),
        "timeout": arguments.seconds_or_none("timeout", timeout),
        "retries": retry_policy(retries),
        "trial_timeout": arguments.seconds_or_none("trial_timeout", trial_timeout),
        "lease": _lease(lease),
        "max_checkpoint_bytes": arguments.integer_or_none(
            "max_checkpoint_bytes", max_checkpoint_bytes, 1, no_limit, 2**63 - 1
        ),
    }


def _lease(given: Any) -> float:
    """The seconds that an attempt is trusted without a message.

    Raises:
        TypeError, ValueError: not a number, or too few.
    """
    hint = "a message comes each second"
    found = arguments.real("lease", given, "a number of seconds", hint)
    if not found >= LEAST_LEASE:
        raise ValueError(f"lease must be >= {LEAST_LEASE:g} seconds, got {arguments.shown(given)}; {hint}.")
    return found


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


def one_process(resources: Resources | None) -> None:
    """Refuse a trial of several processes in the script's own.

    Raises:
        ValueError: it has several.
    """
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
        ValueError: see ``slot_price``; ``max_cost`` is not above 0, or there are no prices to count by; trials ask for
            different things.
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
    if callable(resources) or by_step.FROM_STEP in (resources or {}) or is_shared(resources):
        what = 'num_gpus="auto"' if is_shared(resources) else f"{by_step.FROM_STEP} in resources"
        what = "a function as resources" if callable(resources) else what
        raise ValueError(
            f"prices needs one request for all trials, got {arguments.shown(prices)} and {what}: what a slot costs "
            "would differ from trial to trial. Leave prices out, or give one dict as resources."
        )
    return {"price": slot_price(found, resources), "prices": json.dumps(found, sort_keys=True), "max_cost": bound}


def tasks(
    resources: Request | None,
    max_concurrent: int | None,
    n_jobs: int | None,
    one_trial_per_task: bool,
    output: str,
    prices: Mapping[str, float] | None,
    max_cost: float | None,
) -> dict[str, Any]:
    """Arguments of RayRun, and ``costs``: those of RunConfig. ``resources``: see ``resource_request``.

    Raises:
        TypeError, ValueError: one of them is wrong; see ``optimize``.
    """
    return {
        "resources": resources,
        "costs": costs(prices, max_cost, resources if callable(resources) else total(resources)),
        "max_concurrent": _most_at_once(max_concurrent, n_jobs),
        "one_trial_per_task": arguments.flag("one_trial_per_task", one_trial_per_task),
        "output": trial_output(output),
    }


Leave = tuple[tuple[Callable[..., Any], ...], bool, bool | None]  # callbacks, gc_after_trial, show_progress_bar


def leave(
    detach: bool, executor: str, after: Sequence[partial[Any]], collect: bool, show: bool | None, *, is_kept: bool
) -> Leave | None:
    """What a run that is to outlive its script takes with it; None: it is not to.

    Args:
        detach: what the user passed.
        executor: "ray" can.
        after: see ``callbacks``.
        collect: ``gc_after_trial``.
        show: ``show_progress_bar``.
        is_kept: whether the study has a storage.

    Raises:
        TypeError: ``detach`` is no bool.
        ValueError: this run ends with the script.
    """
    if not arguments.flag("detach", detach):
        return None
    if executor != "ray":
        raise ValueError(
            f"detach=True needs executor='ray', got {arguments.shown(executor)}: an inline run is work of this "
            "process and ends with it. Leave out executor, or detach."
        )
    if not is_kept:
        raise ValueError(
            "detach=True needs a study with a storage: this one (storage=None) ends with the script. Pass "
            'storage="postgresql://..." to create_study, or storage="sqlite:////path/on/the/head.db".'
        )
    return tuple(one.func for one in after), collect, show


def _most_at_once(max_concurrent: int | None, n_jobs: int | None) -> int | None:
    """Trials at once: ``max_concurrent``, else ``n_jobs``, of which -1 sets no bound."""
    bound = arguments.integer_or_none("max_concurrent", max_concurrent, 1, "leave it out (None) for no bound")
    jobs = arguments.integer_or_none("n_jobs", n_jobs, -1, "1 runs one trial at a time, None and -1 set no bound")
    if jobs == 0:
        raise ValueError("n_jobs must not be 0: no trial would run; 1 runs one at a time, None and -1 set no bound.")
    return bound if bound is not None or jobs == -1 else jobs


def fixed_distributions(given: Any) -> dict[str, Distribution]:
    """The distributions that ``ask`` is given, by name.

    Raises:
        TypeError: it is no dict of names and distributions.
    """
    hint = 'for example {"x": FloatDistribution(0, 1)} of raytune_lite.distributions'
    found = arguments.mapping("fixed_distributions", {} if given is None else given, hint)
    for name, distribution in found.items():
        if not isinstance(distribution, DISTRIBUTIONS):
            raise arguments.wrong_type(f"fixed_distributions[{name!r}]", "a distribution", distribution, hint)
    return found


__all__ = [
    "Resources",
    "budget", "callbacks", "checkpoint_directory", "costs", "directions", "exceptions", "fixed_distributions",
    "objective", "resource_request", "same_directions", "study_name", "tasks",
]  # fmt: skip
