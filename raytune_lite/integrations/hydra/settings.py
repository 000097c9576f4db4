"""What ``hydra.sweeper`` has, as data: Hydra loads it whenever an application starts, so it imports nothing heavy.

The first nine keys are those of Hydra's Optuna sweeper, with its meanings; the others are ours.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The keys of ``hydra.sweeper``, each with its default.

    Attributes:
        sampler: chosen with ``hydra/sweeper/sampler``.
        direction: "minimize" or "maximize", or a list, one for each value that the task function returns.
        storage: a database URL; None: the study ends with this command.
        study_name: a study of this name in the storage goes on; None: a name of its own.
        n_trials: new configurations that this command starts; None: 20, or all cells of a grid, unless ``max_trials``,
            ``timeout`` or ``max_cost`` is given.
        n_jobs: jobs at once; None or -1: as many as the cluster has room for.
        max_failure_rate: of the trials that this command finishes; above it the sweep is stopped.
        params: the search space, as overrides: ``lr: tag(log, interval(1e-4, 1e-1))``.
        custom_search_space: ``module.function``, called as ``function(config, trial)`` after ``params``.
        pruner: chosen with ``hydra/sweeper/pruner``.
        resources: of one job, as in ``optimize``: ``num_cpus``, ``num_gpus``, ``memory``, ...
        workers: processes of one job, each with these resources; see "Trials over several processes".
        timeout: seconds, see ``optimize``.
        max_trials: bound on the study's trials, for a command that is run again.
        trial_timeout: seconds of one attempt.
        retries: arguments of ``RetryPolicy``.
        executor: "ray", or "inline": one after another in this process.
        checkpoint_dir: see ``create_study``.
        max_checkpoint_bytes: see ``optimize``.
        trial_output: see ``optimize``.
        prices: see ``optimize``.
        max_cost: see ``optimize``.
    """

    sampler: Any = None
    direction: Any = "minimize"
    storage: str | None = None
    study_name: str | None = None
    n_trials: int | None = None
    n_jobs: int | None = None
    max_failure_rate: float = 0.0
    params: Mapping[str, Any] | None = None
    custom_search_space: str | None = None
    pruner: Any = None
    resources: Mapping[str, Any] = field(default_factory=lambda: {"num_cpus": None, "num_gpus": None, "memory": None})
    workers: int = 1
    timeout: float | None = None
    max_trials: int | None = None
    trial_timeout: float | None = None
    retries: Mapping[str, Any] = field(default_factory=dict)
    executor: str = "ray"
    checkpoint_dir: str | None = None
    max_checkpoint_bytes: int | None = None
    trial_output: str = "show"
    prices: Mapping[str, Any] | None = None
    max_cost: float | None = None


KEYS = tuple(one.name for one in fields(Settings))


def checked(given: Mapping[str, Any]) -> Settings:
    """The settings of a configuration.

    Raises:
        ValueError: an unknown key.
    """
    unknown = [key for key in given if key not in KEYS]
    if unknown:
        near = difflib.get_close_matches(unknown[0], KEYS, 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise ValueError(f"hydra.sweeper has no key {', '.join(unknown)}{hint} It has {', '.join(KEYS)}.")
    return Settings(**given)


_MULTIPLE = {"min_resource": 1, "max_resource": None, "reduction_factor": 3}
_STEPS = {"n_startup_trials": 5, "n_warmup_steps": 0, "interval_steps": 1, "n_min_trials": 1, "among": "completed"}
_POPULATION = {"seed": None, "population_size": 50, "mutation_prob": None, "crossover_prob": 0.9, "swapping_prob": 0.5}

# hydra/sweeper/sampler=<name>: the class and its arguments, with their defaults
SAMPLERS: dict[str, tuple[str, dict[str, Any]]] = {
    "auto": ("AutoSampler", {"seed": None, "n_gp_trials": 250, "random_fraction": 0.0}),
    "bruteforce": ("BruteForceSampler", {"seed": None, "max_failures": 4}),
    "cmaes": ("CmaEsSampler", {
        "seed": None, "x0": None, "sigma0": None, "n_startup_trials": 1, "consider_pruned_trials": False,
        "restart_strategy": None, "popsize": None, "inc_popsize": 2, "use_separable_cma": False, "with_margin": False,
        "lr_adapt": False,
    }),
    "gp": ("GPSampler", {
        "seed": None, "n_startup_trials": 10, "deterministic_objective": False, "random_fraction": 0.0,
    }),
    "grid": ("GridSampler", {"seed": None, "max_failures": 4}),
    "nsgaii": ("NSGAIISampler", dict(_POPULATION)),
    "nsgaiii": ("NSGAIIISampler", {"seed": None, "population_size": 50, "dividing_parameter": None}),
    "qmc": ("QMCSampler", {"qmc_type": "sobol", "scramble": True, "seed": None}),
    "random": ("RandomSampler", {"seed": None}),
    "tpe": ("TPESampler", {
        "seed": None, "n_startup_trials": 10, "n_ei_candidates": 24, "prior_weight": 1.0, "multivariate": True,
        "group": True, "constant_liar": True, "random_fraction": 0.0,
    }),
}  # fmt: skip

# hydra/sweeper/pruner=<name>, as on the command line of raytune-lite
PRUNERS: dict[str, tuple[str, dict[str, Any]]] = {
    "asha": ("ASHAPruner", {
        **_MULTIPLE, "mode": "promote", "min_early_stopping_rate": 0, "resource": "steps", "cost": None,
    }),
    "hyperband": ("HyperbandPruner", {**_MULTIPLE, "max_resource": "auto", "bootstrap_count": 0, "mode": "stop"}),
    "median": ("MedianPruner", dict(_STEPS)),
    "moasha": ("MOASHAPruner", {**_MULTIPLE, "mode": "promote", "min_early_stopping_rate": 0, "tie": "crowding"}),
    "none": ("NopPruner", {}),
    "pasha": ("PASHAPruner", dict(_MULTIPLE)),
    "pbt": ("PBTPruner", {
        "perturbation_interval": 1, "max_resource": None, "population_size": 20, "burn_in_period": 0,
        "quantile_fraction": 0.25, "resample_probability": 0.25, "perturbation_factors": [0.8, 1.2],
        "perturbed_params": None, "seed": 0,
    }),
    "percentile": ("PercentilePruner", {"percentile": 25.0, **_STEPS}),
    "successivehalving": ("SuccessiveHalvingPruner", {
        "min_resource": "auto", "reduction_factor": 4, "min_early_stopping_rate": 0, "bootstrap_count": 0,
        "mode": "stop", "max_resource": None,
    }),
    "threshold": ("ThresholdPruner", {"lower": None, "upper": None, "n_warmup_steps": 0, "interval_steps": 1}),
    "wilcoxon": ("WilcoxonPruner", {"p_threshold": 0.1, "n_startup_steps": 2, "sequential": "none"}),
}  # fmt: skip

__all__ = ["KEYS", "PRUNERS", "SAMPLERS", "Settings", "checked"]
