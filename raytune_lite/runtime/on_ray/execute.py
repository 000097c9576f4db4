"""One run of a study on Ray, from the checks before it to the clean end, whatever ends it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import ray

from ...core import messages as m
from ...exceptions import RaytuneLiteError
from ..session import RunConfig
from ..worker import Trial
from . import cluster
from .launcher import Launcher, build_task, check_picklable, driver_name, driving
from .terms import Plan

Remote = Callable[[type[m.Event], dict[str, Any]], Any]


def execute(
    objective: Callable[[Trial], Any],
    config: RunConfig,
    *,
    catch: tuple[type[Exception], ...],
    resources: Mapping[str, Any] | None,
    max_concurrent: int | None,
    pinned: bool,
    attach: Callable[[Remote], None],
    watch: Callable[[Plan], object],
    with_trials: bool,
    notice: Callable[[str], None],
) -> None:
    """Run a study's trials as Ray tasks until its run is over.

    Args:
        objective: called with a Trial in a worker process.
        config: the run; its study exists in the storage.
        catch: exceptions that fail a trial but not the run.
        resources: per trial, see ``cluster.RESOURCE_OPTIONS``.
        max_concurrent: tasks at once, or None for as many as there is room for.
        pinned: the driver must stay on this node (a SQLite file lies here).
        attach: given a function that sends an event of this process to the driver.
        watch: called with each Plan, in this thread.
        with_trials: plans shall hold the records of finished trials.
        notice: prints a line for people.

    Raises:
        TrialFailedError: an objective raised what ``catch`` does not list.
        KeyboardInterrupt: after running trials were stopped and everything acknowledged was stored.
    """
    request = cluster.check_request(resources)
    check_picklable(objective)
    own = cluster.connect()
    warning = cluster.refuse_infeasible(request, own_local_ray=own)
    if warning:
        notice(warning)
    with _own_errors(), driving(config, pinned=pinned) as (driver, terms):
        attach(lambda kind, fields: ray.get(driver.send.remote(kind, fields)))
        launcher = Launcher(
            driver,
            build_task(objective, catch, driver_name(config), terms, request),
            request,
            max_concurrent=max_concurrent,
            watch=watch,
            with_trials=with_trials,
            notice=notice,
        )
        try:
            launcher.run()
        except KeyboardInterrupt:
            notice("Interrupted: telling running trials to stop; what was acknowledged is stored.")
            launcher.drain()
            notice("Stopped. Run the same command again to go on: interrupted trials continue from their checkpoints.")
            raise
        except BaseException:
            launcher.drain()
            raise


@contextlib.contextmanager
def _own_errors() -> Iterator[None]:
    """An error of ours that the driver actor raised (StudyBusyError, ...) as itself, without Ray's traceback."""
    try:
        yield
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, RaytuneLiteError):
            raise error.cause from None
        raise
