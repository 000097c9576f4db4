"""The user's objective on its way to the workers: whether it can travel, and the Ray task that calls it there."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import ray
from ray import cloudpickle

from ...exceptions import ObjectiveNotPicklableError
from ...sharing import to_cluster
from ..output import TrialOutput
from ..ranks.fate import RankEnd
from ..ranks.running import Group
from ..scout import scouting
from ..task import Result
from ..tokens import Ticket
from ..worker_settings import WorkerSettings
from .groups import StartRank
from .placing import GroupRequest
from .rank_task import run_ray_rank
from .task import run_ray_task
from .warm import CALLS, warm_environment


class BoundTasks(NamedTuple):
    """Remote functions of trials with GPUs, and of others. ``warm_run``: see ``task_options``."""

    with_gpu: Any
    without: Any
    warm_run: str | None

    def of(self, request: Mapping[str, Any]) -> Any:
        """The one for a checked request, with its options."""
        function = self.with_gpu if request.get("num_gpus") else self.without
        return function.options(**task_options(request, warm_run=self.warm_run))


def build_task(
    objective: Callable[..., Any],
    catch: tuple[type[Exception], ...],
    name: str,
    settings: WorkerSettings,
    request: Mapping[str, Any],
    output: TrialOutput = "show",
    is_warm: bool = False,
) -> Any:
    """The remote function of this run, exported once. Ray never retries it: the ledger issues attempts.

    ``is_warm``: attempts with a GPU use processes of earlier ones. Else each has a new process: the GPU's memory is
    free when the task has ended.
    """
    is_warm = is_warm and bool(request.get("num_gpus"))
    options = task_options(request, warm_run=settings.run if is_warm else None)

    def attempt(ticket: Ticket | None, *prefetched: bytes) -> Result:
        return run_ray_task(objective, catch, name, settings, ticket, prefetched, output, is_warm=is_warm)

    if options.get("num_gpus"):
        options["max_calls"] = CALLS if is_warm else 1
    return ray.remote(max_retries=0, **options)(attempt)  # Ray prints the function's name: see output.TASK


def task_options(request: Mapping[str, Any], *, warm_run: str | None = None) -> dict[str, Any]:
    """A checked request as options of a Ray task. ``warm_run``: whose processes run several attempts with a GPU."""
    options = dict(request)
    if warm_run is not None and options.get("num_gpus"):
        options["runtime_env"] = warm_environment(request, warm_run)
    elif not options.get("num_gpus") and ray.cluster_resources().get("GPU"):
        env = dict(options.get("runtime_env") or {})
        env["env_vars"] = {"CUDA_VISIBLE_DEVICES": "", **env.get("env_vars", {})}  # num_gpus=0 alone hides nothing
        options["runtime_env"] = env
    return options


def build_bound_tasks(
    objective: Callable[..., Any],
    catch: tuple[type[Exception], ...],
    name: str,
    settings: WorkerSettings,
    output: TrialOutput = "show",
    is_warm: bool = False,
) -> BoundTasks:
    """As ``build_task``, for a run whose tasks ask for different things.

    Each takes the Assignment that was claimed for it; the parameter that it is to find out, or None; and what it costs
    an hour, or None.
    """

    def remote(is_warm: bool, **options: Any) -> Any:
        def attempt(prefetched: bytes, scouts_for: str | None = None, price: float | None = None) -> Result:
            found = objective if scouts_for is None else scouting(objective)
            return run_ray_task(
                found, catch, name, settings, None, (prefetched,), output,
                is_bound=True, scouts_for=scouts_for, is_warm=is_warm, price=price,
            )  # fmt: skip

        return ray.remote(max_retries=0, **options)(attempt)

    with_gpu = remote(is_warm, max_calls=CALLS if is_warm else 1)
    return BoundTasks(with_gpu, remote(False), settings.run if is_warm else None)


def build_rank(
    objective: Callable[..., Any],
    catch: tuple[type[Exception], ...],
    name: str,
    settings: WorkerSettings,
    request: GroupRequest,
    output: TrialOutput = "show",
) -> StartRank:
    """Starts the task of a rank, see GroupTasks. Each has a process of its own, which ends with the attempt: what is
    left of a process group in it can disturb nobody.
    """

    def attempt(group: Group, member: int) -> RankEnd:
        return run_ray_rank(objective, catch, name, settings, output, group, member)

    shared = task_options({**request.shared, "num_gpus": float(request.has_gpus)})
    shared = {name: shared[name] for name in ("runtime_env",) if name in shared}
    task = ray.remote(max_retries=0, max_calls=1, **shared)(attempt)

    def start(bundle: Mapping[str, Any], where: Mapping[str, Any], group: Group, member: int) -> Any:
        return task.options(**bundle, **where).remote(group, member)

    return start


def packed(objective: Any, what: str = "the objective") -> bytes:
    """The objective as it travels to another process; ``pickle.loads`` reads it there.

    Args:
        objective: the objective, or another function that must travel.
        what: what it is, for the message.

    Raises:
        ObjectiveNotPicklableError: naming the variable at fault.
    """
    try:
        with to_cluster():
            return bytes(cloudpickle.dumps(objective))
    except Exception as error:  # noqa: BLE001  (pickling runs code of any class)
        with to_cluster():
            culprit = _unpicklable_variable(objective)
        is_objective = what == "the objective"
        is_inline_too = what in ("the objective", "the sampler", "the pruner")
        way_out = 'run with executor="inline"' if is_inline_too else "run without detach=True"
        raise ObjectiveNotPicklableError(
            f"{what} {getattr(objective, '__qualname__', objective)!r} cannot be sent to "
            f"{'a worker' if is_objective else 'another process'}: {culprit} ({type(error).__name__}: {error}). Create "
            f"that object inside {'the objective' if is_objective else 'it'}, or {way_out}."
        ) from None


def captured(objective: Any) -> dict[str, Any]:
    """The variables outside an objective that it uses, by name."""
    found: dict[str, Any] = {}
    unwrapped = inspect.unwrap(objective)
    function = unwrapped if inspect.isfunction(unwrapped) else type(objective).__call__
    with contextlib.suppress(TypeError):
        scope = inspect.getclosurevars(function)
        found = {**scope.globals, **scope.nonlocals}
    return found | {f"self.{k}": v for k, v in getattr(objective, "__dict__", {}).items()}


def _unpicklable_variable(objective: Callable[..., Any]) -> str:
    for name, value in captured(objective).items():
        try:
            cloudpickle.dumps(value)
        except Exception:  # noqa: BLE001
            return f"its variable {name!r} of type {type(value).__name__} cannot be pickled"
    return "something it refers to cannot be pickled"


__all__ = ["BoundTasks", "build_bound_tasks", "build_rank", "build_task", "captured", "packed", "task_options"]
