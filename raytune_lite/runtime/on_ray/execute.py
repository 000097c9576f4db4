"""One run of a study on Ray, from the checks before it to the clean end, whatever ends it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from .. import by_step, signals
from ..config import RunConfig
from ..host import Host, RealHost
from ..interrupts import explained, is_explained
from ..launcher import WAY_ON, WAY_ON_WITHOUT_STORAGE, Launcher
from ..output import TrialOutput
from ..ports import Notice, ScriptObserver, Tasks
from ..ranks.request import differs, is_shared, total
from ..trial import Trial
from ..worker_settings import WorkerSettings
from . import cluster, placing
from .by_need import SCOUT, Need, TasksByNeed
from .drivers import Ask, RayDriverCalls, driver_process
from .groups import GroupTasks
from .joining import connect, what_connecting_is
from .objective import build_bound_tasks, build_rank, build_task, packed
from .output import folded_messages, follow
from .packed import PackedTasks
from .parcels import travelling
from .placing import GroupRequest
from .tasks import RayTasks


@dataclass(frozen=True, slots=True, kw_only=True)
class RayRun:
    """What to run on Ray, and how.

    Args:
        objective: called with a Trial in a worker process.
        config: the run; its study exists in the storage.
        catch: exceptions that fail a trial but not the run.
        resources: per trial, see ``cluster.RESOURCE_OPTIONS`` and ``by_step``; with ``bundles`` see ``ranks.request``,
            and ``is_shared`` there; or a function that gives it for a trial's parameters.
        max_concurrent: tasks at once, or None for as many as there is room for.
        one_trial_per_task: also where trials are so short that a task would run several.
        warm_workers: attempts with a GPU use processes of earlier ones.
        output: what becomes of what objectives print.
        pinned: the driver must stay on this node (a SQLite file lies here).
        began_at, launcher: see Launcher.began_at and its ``name``.
    """

    objective: Callable[[Trial], Any]
    config: RunConfig
    catch: tuple[type[Exception], ...] = ()
    resources: Mapping[str, Any] | Need | None = None
    max_concurrent: int | None = None
    one_trial_per_task: bool = False
    warm_workers: bool = False
    output: TrialOutput = "show"
    pinned: bool = False
    began_at: float | None = None
    launcher: str = ""


def execute(run: RayRun, observer: ScriptObserver, attach: Callable[[Ask], None]) -> None:
    """Run a study's trials as Ray tasks until its run is over.

    Args:
        run: what to run.
        observer: who follows it, in this thread.
        attach: given a function that sends an event of this process to the driver.

    Raises:
        ObjectiveNotPicklableError, InvalidResourcesError, InfeasibleResourcesError, RayUnavailableError: nothing was
            started.
        RuntimeEnvironmentError: the workers' environment cannot be set up, or lacks a module.
        StudyBusyError, SchemaVersionError, StorageError: the study cannot be opened, or its database failed for good.
        TrialFailedError, StudyAbortedError, KeyboardInterrupt: see Launcher.run.
    """
    try:
        _execute(run, observer, attach)
    except KeyboardInterrupt as error:
        if not is_explained(error):
            observer.notice("Interrupted. What was acknowledged is stored.")
        raise explained() from None  # not with all of Ray's frames


def _execute(run: RayRun, observer: ScriptObserver, attach: Callable[[Ask], None]) -> None:
    config, host = run.config, RealHost()
    resources, *later = [SCOUT] if callable(run.resources) else by_step.stages(run.resources or {})
    shares_gpus = is_shared(run.resources)
    if shares_gpus:
        resources = {**resources, "num_gpus": 1}  # as the first trials ask for
    group = placing.check_group(resources) if "bundles" in resources else None
    request = cluster.check_request(total(resources))
    later = [cluster.check_request(stage) for stage in later]
    n_gpus = 0.0 if shares_gpus else float(request.get("num_gpus") or 0.0)
    moves_at = () if callable(run.resources) else by_step.steps(run.resources)
    config = replace(config, n_gpus=n_gpus, moves_at=moves_at, shares_gpus=shares_gpus)
    packed(run.objective)  # refused here if it cannot travel
    packed(config.sampler, "the sampler")
    packed(config.pruner, "the pruner")
    if what := what_connecting_is():
        observer.phase(what)
    connect(observer.notice)
    follow(run.output, observer.notice)
    with (
        driver_process(pinned=run.pinned) as process,  # it starts beside the checks
        travelling(run.objective, observer.notice) as objective,
    ):
        if group is None:
            warnings = [cluster.refuse_infeasible(stage) for stage in (request, *later)]
        else:
            warnings = [placing.refuse_infeasible(group)]
        for warning in dict.fromkeys(filter(None, warnings)):
            observer.notice(warning)
        settings, calls = process.open(config), RayDriverCalls(process)
        if settings.previous_owner:
            observer.notice(f"took the study over from {settings.previous_owner}")
        attach(calls.ask)
        run = replace(run, objective=objective)
        if group is None:
            tasks: Tasks = _tasks(run, process.name, settings, request, host, observer.notice)
        else:
            tasks = _groups(run, process.name, settings, group, host)
        launcher = Launcher(
            calls,
            tasks,
            host,
            observer,
            study_name=config.study_name,
            max_concurrent=run.max_concurrent,
            way_on=WAY_ON if config.durable else WAY_ON_WITHOUT_STORAGE,
            began_at=run.began_at,
            name=run.launcher,
        )
        try:
            with signals.interrupting(), folded_messages():
                launcher.run()
        except KeyboardInterrupt:
            raise explained() from None


def _tasks(
    run: RayRun, driver_name: str, settings: WorkerSettings, request: Mapping[str, Any], host: Host, notice: Notice
) -> RayTasks:
    resources, is_warm = run.resources, run.warm_workers
    if differs(resources):
        functions = build_bound_tasks(run.objective, run.catch, driver_name, settings, run.output, is_warm)
        prices = json.loads(run.config.prices)
        if is_shared(resources):
            return PackedTasks(functions, request, host, notice, prices)
        given: Any = resources
        need: Need = given if callable(given) else lambda _: given
        return TasksByNeed(functions, need, run.catch, host, notice, request, prices)
    task = build_task(run.objective, run.catch, driver_name, settings, request, run.output, is_warm)
    return RayTasks(task, request, host, shares=not run.one_trial_per_task, secret=run.config.secret)


def _groups(run: RayRun, driver_name: str, settings: WorkerSettings, request: GroupRequest, host: Host) -> GroupTasks:
    """Trials of several processes. This run owns the study by now, so all groups of earlier runs are leftovers."""
    prefix = placing.group_prefix(run.config.storage, run.config.study_name)
    placing.remove_leftovers(prefix)
    start = build_rank(run.objective, run.catch, driver_name, settings, request, run.output)
    # a restarted process of a detached run counts its groups anew: "launcher" keeps them apart from those before
    names = [prefix, run.config.run.rpartition("-")[2], *filter(None, [run.launcher])]
    return GroupTasks(start, request, "-".join(names), host, run.config.secret)


__all__ = ["RayRun", "execute"]
