"""What a user passes to a study and to a run, checked where it is given: before anything is made, stored or started.

Knows no database and no session. The words of the messages are those of ``arguments``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, cast, get_args

from .. import arguments
from ..checkpoints.layout import chosen_base, is_url
from ..core.bounds import MAX_STEP, check_name
from ..core.retries import RetryPolicy
from ..distributions import DISTRIBUTIONS, Distribution, as_distribution
from ..runtime.config import LEASE, LEAST_LEASE
from ..runtime.output import TrialOutput
from ..trial import StudyDirection, parse_direction


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
        "n_trials": arguments.integer_or_none("n_trials", n_trials, 0, no_bound, MAX_STEP),
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


def fixed_distributions(given: Any) -> dict[str, Distribution]:
    """The distributions that ``ask`` is given, by name.

    Raises:
        TypeError: it is no dict of names and distributions.
    """
    hint = 'for example {"x": FloatDistribution(0, 1)} of raytune_lite.distributions'
    found = {}
    for name, one in arguments.mapping("fixed_distributions", {} if given is None else given, hint).items():
        found[name] = distribution = as_distribution(one)
        if not isinstance(distribution, DISTRIBUTIONS):
            raise arguments.wrong_type(f"fixed_distributions[{name!r}]", "a distribution", distribution, hint)
    return found


__all__ = [
    "budget", "callbacks", "checkpoint_directory", "directions", "exceptions", "fixed_distributions", "leave",
    "objective", "same_directions", "study_name", "trial_output",
]  # fmt: skip
