"""A sweep: one run of a study whose objective is a Hydra job.

Owns what becomes of failed jobs, and what the sweep leaves in its directory. Who runs the jobs, and when, is
``optimize``'s: no job waits for a batch.
"""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from hydra.errors import CompactHydraException
from hydra.types import HydraContext
from hydra.utils import get_method
from omegaconf import DictConfig, OmegaConf

from ...arguments import integer_or_none, real, shown
from ...core.retries import RetryPolicy
from ...exceptions import RaytuneLiteError
from ...storages.url import mask
from ...study import Study, create_study
from ...trial import FrozenTrial, TrialState
from . import algorithms
from .job import Job, new_key
from .settings import Settings, checked
from .space import Space, parse, written

log = logging.getLogger(__name__)
LAUNCHER = "hydra._internal.core_plugins.basic_launcher.BasicLauncher"
N_TRIALS = 20
RESULTS = "optimization_results.yaml"


class SweeperConfigError(CompactHydraException, ValueError):
    """``hydra.sweeper`` or an override cannot be used; nothing was run. Hydra prints the message alone."""


class SweepFailedError(CompactHydraException, RuntimeError):
    """More jobs failed than ``max_failure_rate`` allows; the message has the first one's traceback."""


class Sweep:
    """Runs the jobs of one ``--multirun``.

    Args:
        given: ``hydra.sweeper``, without what is Hydra's own.

    Raises:
        SweeperConfigError: an unknown key, or a launcher that would launch the jobs a second time.
    """

    def __init__(
        self,
        given: Mapping[str, Any],
        hydra_context: HydraContext,
        task_function: Callable[[DictConfig], Any],
        config: DictConfig,
    ) -> None:
        launcher = OmegaConf.select(config, "hydra.launcher._target_")
        if launcher != LAUNCHER:
            raise SweeperConfigError(
                f"hydra/launcher must be basic with this sweeper, got {shown(launcher)}: each job is a task of "
                "raytune_lite already, on Ray. Leave the launcher out; hydra.sweeper.n_jobs and hydra.sweeper.resources"
                " say how many jobs run at once, and on what."
            )
        with _explained():
            self._settings = checked(given)
        self._context, self._task_function, self._config = hydra_context, task_function, config
        self._dir = os.path.abspath(str(config.hydra.sweep.dir))

    def run(self, arguments: Sequence[str]) -> None:
        """Run jobs until the budget is used, then write the results.

        Args:
            arguments: the overrides of the command line.

        Raises:
            SweeperConfigError: the search space or a setting cannot be used; nothing was run.
            SweepFailedError: more jobs failed than are allowed.
        """
        settings = self._settings
        with _explained():
            space = self._space(arguments)
            extend = _function(settings.custom_search_space)
            study, budget = self._study(space)
            rate = _rate(settings.max_failure_rate)
        failures = Failures(rate, None if budget is None else budget - _done(study, settings))
        try:
            job = Job(new_key(), study.study_name, self._config, self._context, self._task_function, space, extend,
                      self._dir)  # fmt: skip
            job.compose(space.first())  # what cannot be composed is refused before a job begins
            Path(self._dir).mkdir(parents=True, exist_ok=True)
            OmegaConf.save(self._config, Path(self._dir, "multirun.yaml"))
            self._say(study)
            with _explained():
                options = self._options(rate)
            study.optimize(job, catch=(Exception,), callbacks=[failures], **options)
            failures.check(study)
            self._write_results(study)
        finally:
            study.close()

    def _space(self, arguments: Sequence[str]) -> Space:
        params = self._settings.params or {}
        if not isinstance(params, Mapping):
            raise ValueError(f"hydra.sweeper.params must be a mapping of overrides, got {shown(params)}.")
        own = [f"{key}={value if isinstance(value, str) else written(value)}" for key, value in params.items()]
        return parse([*own, *arguments], self._context.config_loader)

    def _study(self, space: Space) -> tuple[Study, int | None]:
        """The study, and how many trials it is to have, or this command is to start, as far as that is known."""
        settings = self._settings
        sampler = algorithms.sampler(settings.sampler, space)
        grid = getattr(sampler, "grid", None)
        if settings.storage is not None and not isinstance(settings.storage, str):
            raise ValueError(
                f"hydra.sweeper.storage must be a database URL such as sqlite:///study.db, got "
                f"{shown(settings.storage)}."
            )
        study = create_study(
            storage=settings.storage,
            sampler=sampler,
            pruner=algorithms.pruner(settings.pruner),
            study_name=settings.study_name,
            load_if_exists=True,
            directions=_directions(settings.direction),
            checkpoint_dir=settings.checkpoint_dir,
        )
        self._n_trials = self._new_trials(has_end=grid is not None)
        cells = math.prod(map(len, space.grid().values())) if settings.sampler and _is_grid(settings.sampler) else None
        bounds = [n for n in (self._n_trials, settings.max_trials, cells) if n is not None]
        return study, min(bounds, default=None)

    def _new_trials(self, *, has_end: bool) -> int | None:
        settings = self._settings
        n = integer_or_none("hydra.sweeper.n_trials", settings.n_trials, 1, "it counts new configurations")
        others = (settings.max_trials, settings.timeout, settings.max_cost)
        return N_TRIALS if n is None and not has_end and all(other is None for other in others) else n

    def _options(self, rate: float) -> dict[str, Any]:
        """The arguments of ``optimize``."""
        settings = self._settings
        retries = {"abort_after": None, **settings.retries} if rate == 1.0 else dict(settings.retries)
        options = {
            name: getattr(settings, name)
            for name in ("timeout", "max_trials", "trial_timeout", "executor", "max_checkpoint_bytes", "trial_output",
                         "prices", "max_cost", "workers")
        }  # fmt: skip
        options["n_trials"] = self._n_trials
        options["retries"] = _retry_policy(retries)
        if settings.executor != "inline":
            resources = {name: value for name, value in settings.resources.items() if value is not None}
            options["resources"] = resources or None
            options["max_concurrent"] = None if settings.n_jobs == -1 else settings.n_jobs
        return options

    # --- what it says and leaves -------------------------------------------------------------------------------------

    def _say(self, study: Study) -> None:
        settings = self._settings
        log.info("Study name: %s", study.study_name)
        if settings.storage is None:
            log.info("Storage: none; with hydra.sweeper.storage=sqlite:///study.db the same command goes on after a "
                     "crash")  # fmt: skip
        else:
            log.info("Storage: %s", mask(settings.storage))
        log.info("Sampler: %s, pruner: %s", type(study.sampler).__name__, type(study.pruner).__name__)
        log.info("Directions: %s", [direction.name.lower() for direction in study.directions])
        log.info("Jobs are in %s", self._dir)

    def _write_results(self, study: Study) -> None:
        found: dict[str, Any] = {"name": "raytune_lite"}
        best = study.best_trials
        if not best:
            log.warning("No job has returned a result, so there is no %s.", RESULTS)
            return
        if len(study.directions) == 1:
            found |= {"best_params": best[0].params, "best_value": best[0].value}
            log.info("Best parameters: %s", best[0].params)
            log.info("Best value: %s", best[0].value)
        else:
            found["solutions"] = [{"params": one.params, "values": list(one.values or ())} for one in best]
            log.info("Number of Pareto solutions: %d", len(best))
        OmegaConf.save(OmegaConf.create(found), Path(self._dir, RESULTS))


class Failures:
    """Counts the trials that a sweep finishes, and stops it when too many have failed. A callback of ``optimize``.

    Args:
        rate: the part of them that may fail, from 0 to 1.
        planned: how many there will be; None: not known.
    """

    def __init__(self, rate: float, planned: int | None) -> None:
        self._rate, self._planned = rate, planned
        self._finished = 0
        self._failed: list[tuple[int, str]] = []  # number, what went wrong
        self._has_stopped = False

    def __call__(self, study: Study, trial: FrozenTrial) -> None:
        """A trial is finished."""
        if trial.state is TrialState.FAIL:
            last = study.attempts_of(trial.number)[-1:]
            if last and last[0].outcome == "invalid":  # another configuration takes its place
                return
            self._failed.append((trial.number, last[0].message if last else ""))
        self._finished += 1
        if self._is_hopeless and not self._has_stopped:
            self._has_stopped = True
            study.stop()

    @property
    def _is_hopeless(self) -> bool:
        """Whether too many have failed, even if no other one will."""
        if not self._rate:
            return bool(self._failed)
        return self._planned is not None and len(self._failed) > self._rate * max(self._planned, self._finished)

    def check(self, study: Study) -> None:
        """The sweep is over.

        Raises:
            SweepFailedError: too many have failed.
        """
        if len(self._failed) > self._rate * self._finished:
            number, message = self._failed[0]
            raise SweepFailedError(
                f"{len(self._failed)} of {self._finished} jobs failed, and "
                f"hydra.sweeper.max_failure_rate={self._rate:g} allows fewer; the sweep was stopped. The first was "
                f"trial {number}:\n\n{message.rstrip()}\n\nFix the cause and run again, or allow more. Study "
                f"{study.study_name!r} has all trials."
            )


class _explained:  # noqa: N801  (a context manager)
    """What is wrong with the configuration, as an error of which Hydra prints the message alone."""

    def __enter__(self) -> None:
        """Nothing to do."""

    def __exit__(self, kind: Any, error: Any, frames: Any) -> None:
        """Raise it as SweeperConfigError."""
        is_ours = isinstance(error, (TypeError, ValueError, RaytuneLiteError))
        if is_ours and not isinstance(error, CompactHydraException):
            raise SweeperConfigError(str(error)) from error


def _directions(given: Any) -> list[Any]:
    several = given if isinstance(given, (list, tuple)) else [given]
    return [getattr(one, "name", one) for one in several]  # the Optuna sweeper's is an Enum


def _is_grid(node: Any) -> bool:
    return isinstance(node, Mapping) and str(node.get("_target_", "")).endswith(".GridSampler")


def _done(study: Study, settings: Settings) -> int:
    """Trials that are there already, where the budget counts them."""
    return sum(study.state_counts().values()) if settings.max_trials is not None else 0


def _rate(given: Any) -> float:
    hint = "it is the part of the jobs that may fail"
    found = real("hydra.sweeper.max_failure_rate", given, "a number from 0 to 1", hint)
    if not 0.0 <= found <= 1.0:
        raise ValueError(f"hydra.sweeper.max_failure_rate must be a number from 0 to 1, got {shown(given)}; {hint}.")
    return found


def _function(name: Any) -> Callable[..., Any] | None:
    """The user's function ``module.function``; None where none is named."""
    if name is None:
        return None
    try:
        return get_method(name)
    except Exception as error:
        raise ValueError(
            f"hydra.sweeper.custom_search_space must name a function that can be imported, as module.function, got "
            f"{shown(name)} ({type(error).__name__}: {error})."
        ) from error


def _retry_policy(given: Mapping[str, Any]) -> RetryPolicy:
    try:
        return RetryPolicy(**given)
    except TypeError:
        known = ", ".join(RetryPolicy().spec())
        raise ValueError(
            f"hydra.sweeper.retries has the arguments of RetryPolicy, {known}; got {shown(given)}."
        ) from None


__all__ = ["Failures", "Sweep", "SweepFailedError", "SweeperConfigError"]
