"""One run of a study on Ray, from the checks before it to the clean end, whatever ends it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from ...core import messages as m
from ...exceptions import RaytuneLiteError
from ..session import RunConfig
from ..trial import Trial
from . import cluster
from .driver import CONCURRENCY, Driver
from .launcher import Launcher
from .objective import build_task, check_picklable
from .task import NAMESPACE
from .terms import Plan, Terms

Remote = Callable[[m.Event], Any]


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
        if terms.taken_from:
            notice(f"took the study over from {terms.taken_from}")
        attach(lambda event: ray.get(driver.send.remote(event)))
        launcher = Launcher(
            driver,
            build_task(objective, catch, driver_name(config), terms, request),
            request,
            study_name=config.study_name,
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


@contextlib.contextmanager
def driving(config: RunConfig, *, pinned: bool) -> Iterator[tuple[Any, Terms]]:
    """A driver actor for the length of a run; the study is given back at the end, whatever happened."""
    driver, terms = start_driver(config, pinned=pinned)
    try:
        yield driver, terms
    finally:
        with contextlib.suppress(Exception):
            ray.get(driver.close.remote(), timeout=10)
        ray.kill(driver)


def start_driver(config: RunConfig, *, pinned: bool) -> tuple[Any, Terms]:
    """Create the study's driver actor on this node and wait until it owns the study; returns its handle and terms.

    ``pinned``: it may not move to another node (SQLite and local checkpoints lie here). 0 CPUs; restarted for ever;
    calls in flight are sent again to the restarted actor.
    """
    here = ray.get_runtime_context().get_node_id()
    options = {
        "name": driver_name(config),
        "namespace": NAMESPACE,
        "num_cpus": 0,
        "max_concurrency": CONCURRENCY,
        "max_restarts": -1,
        "max_task_retries": -1,
        "scheduling_strategy": NodeAffinitySchedulingStrategy(here, soft=not pinned),
    }
    driver = ray.remote(Driver).options(**options).remote(config, here, ray.util.get_node_ip_address())
    return driver, ray.get(driver.ready.remote())


def driver_name(config: RunConfig) -> str:
    """One driver actor a run: the database, not the name, keeps a second one off the study."""
    return f"driver:{config.run}"
