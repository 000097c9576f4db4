"""One job of a sweep as an objective: compose the configuration, run the job in its directory, return its value.

Runs in a worker, so it carries what Hydra knows in the script: its configuration, where configurations are found, and
its singletons (stored configurations, resolvers, plugins).
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from types import TracebackType
from typing import Any

from hydra.core.singleton import Singleton
from hydra.core.utils import configure_log, env_override, run_job, setup_globals
from hydra.types import HydraContext
from omegaconf import DictConfig, open_dict

from ...exceptions import is_pruned
from ...runtime.trial import Trial
from .space import Space

_PREPARED: set[str] = set()  # sweeps whose singletons this process has


class Job:
    """The objective of a sweep.

    Args:
        key: of this sweep; no other has it.
        study_name: a part of ``hydra.job.id``.
        config: what the sweep was started with.
        hydra_context: Hydra's.
        task_function: the user's.
        space: the search space.
        extend: the user's ``custom_search_space``.
        sweep_dir: absolute.
    """

    def __init__(
        self,
        key: str,
        study_name: str,
        config: DictConfig,
        hydra_context: HydraContext,
        task_function: Callable[[DictConfig], Any],
        space: Space,
        extend: Callable[[DictConfig, Trial], None] | None,
        sweep_dir: str,
    ) -> None:
        self._key, self._study_name, self._config, self._context = key, study_name, config, hydra_context
        self._task_function, self._space, self._extend, self._sweep_dir = task_function, space, extend, sweep_dir
        self._singletons = Singleton.get_state()
        _PREPARED.add(key)  # this process has what it has

    def __call__(self, trial: Trial) -> Any:
        """Run the job of a trial."""
        self._prepare()
        overrides = self._overrides(trial)
        config = self._composed(overrides, trial)
        raised: list[tuple[Exception, TracebackType | None]] = []  # with the frames of the task alone

        @functools.wraps(self._task_function)
        def task(job_config: DictConfig) -> Any:
            try:
                return self._task_function(job_config)
            except Exception as error:
                raised.append((error, _below(error)))
                if is_pruned(error):  # for Hydra's callbacks this is no failure
                    return None
                raise

        try:
            done = run_job(
                hydra_context=self._context,
                task_function=task,
                config=config,
                job_dir_key="hydra.sweep.dir",
                job_subdir_key="hydra.sweep.subdir",
            )
        finally:
            configure_log(self._config.hydra.hydra_logging, self._config.hydra.verbose)
        if raised:
            error, frames = raised[0]
            raise error.with_traceback(frames)
        return done.return_value

    def compose(self, overrides: list[str]) -> DictConfig:
        """The configuration of a job with these overrides.

        Raises:
            HydraException: it cannot be composed.
        """
        loader, mine = self._context.config_loader, self._config.hydra
        copied = {name: mine.job.env_set[name] for name in mine.job.env_copy}
        with env_override(copied):
            return loader.load_sweep_config(self._config, overrides)

    def _prepare(self) -> None:
        if self._key not in _PREPARED:
            Singleton.set_state(self._singletons)
            _PREPARED.add(self._key)
        setup_globals()

    def _overrides(self, trial: Trial) -> list[str]:
        for name, parameter in self._space.searched.items():
            trial._suggest(name, parameter.distribution)
        for name, text in self._space.fixed.items():
            trial.set_user_attr(name, text)
        if self._extend is not None:
            self._extend(self._config, trial)
            both = sorted(trial.params.keys() & self._space.fixed.keys())
            if both:
                raise ValueError(
                    f"custom_search_space suggests {', '.join(both)}, which the command line or hydra.sweeper.params "
                    "has fixed; see trial.user_attrs there, and leave it out."
                )
        return self._space.overrides(trial.params)

    def _composed(self, overrides: list[str], trial: Trial) -> DictConfig:
        config = self.compose(overrides)
        with open_dict(config):
            config.hydra.job.num = trial.number
            config.hydra.job.id = f"{self._study_name}_{trial.number}_{trial.attempt}"
            config.hydra.sweep.dir = self._sweep_dir
            if trial.rank:  # rank 0 has the job's own directory
                config.hydra.sweep.subdir = f"{config.hydra.sweep.subdir}/rank_{trial.rank}"
            config.hydra.runtime.cwd = self._config.hydra.runtime.cwd  # a worker has another one
        return config


def _below(error: Exception) -> TracebackType | None:
    """The frames of an error below the one that caught it."""
    return error.__traceback__.tb_next if error.__traceback__ else None


def new_key() -> str:
    """A key for a sweep."""
    return os.urandom(8).hex()


__all__ = ["Job", "new_key"]
