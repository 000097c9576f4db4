"""How much each parameter matters, by Optuna's own functions. Imports Optuna when it is asked."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..distributions import Distribution

INSTALL = "pip install 'raytune-lite[viz]'"
MOST = 200  # trials of fANOVA, whose forest grows with them; with more PED-ANOVA is used
_MOST_PED = 2_000


@dataclass(frozen=True, slots=True)
class Importances:
    """The shares of the parameters, which add up to 1, the largest first.

    ``method``: "fANOVA" or "PED-ANOVA"; ``n``: from how many trials; ``why_not``: why there are none.
    """

    shares: Mapping[str, float]
    method: str = ""
    n: int = 0
    why_not: str = ""


def importances(
    trials: Sequence[tuple[Mapping[str, Any], float]], distributions: Mapping[str, Distribution], *, maximize: bool
) -> Importances:
    """The importance of each parameter for a value.

    Args:
        trials: parameters and value of each finished trial. Optuna's functions use those that all trials have.
        distributions: of the parameters.
        maximize: larger values are better (PED-ANOVA asks what makes a trial one of the best).

    Source: Hutter et al. 2014 (fANOVA), for up to 200 trials and with scikit-learn; else Watanabe et al. 2023
    (PED-ANOVA).
    """
    common = [name for name in distributions if all(name in params for params, _ in trials)]
    if len(trials) < 10 or len(common) < 2:
        few = f"{len(trials)} trials with a value" if len(trials) < 10 else f"{len(common)} parameters in all trials"
        return Importances({}, why_not=f"it takes 10 trials with a value and 2 parameters; there are {few}")
    try:
        import optuna
    except ImportError:
        return Importances({}, why_not=f"Optuna is not installed here: {INSTALL}")
    step = -(-len(trials) // _MOST_PED)
    chosen = trials[::step]
    has_forest = len(chosen) <= MOST and _has_sklearn()
    with warnings.catch_warnings(), _quiet(optuna):
        warnings.simplefilter("ignore")
        study = _study(optuna, chosen, {name: distributions[name] for name in common}, maximize)
        module = optuna.importance
        evaluator = module.FanovaImportanceEvaluator(seed=0) if has_forest else module.PedAnovaImportanceEvaluator()
        try:
            found = module.get_param_importances(study, evaluator=evaluator, params=common)
        except (ValueError, RuntimeError) as error:  # such as: all values are equal
            return Importances({}, why_not=f"Optuna could not say ({error})")
    return Importances(
        {name: float(share) for name, share in found.items()}, "fANOVA" if has_forest else "PED-ANOVA", len(chosen)
    )


def _has_sklearn() -> bool:
    try:
        import sklearn.ensemble  # noqa: F401
    except ImportError:
        return False
    return True


@contextlib.contextmanager
def _quiet(optuna: Any) -> Iterator[None]:
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)


def _study(
    optuna: Any,
    trials: Iterable[tuple[Mapping[str, Any], float]],
    distributions: Mapping[str, Distribution],
    maximize: bool,
) -> Any:
    """A study of Optuna's in memory with these trials."""
    from .optuna.translation import hashable_values, translated

    study = optuna.create_study(direction="maximize" if maximize else "minimize")
    theirs = {name: translated(distribution) for name, distribution in distributions.items()}
    study.add_trials(
        [
            optuna.trial.create_trial(
                params=hashable_values({name: params[name] for name in theirs}), distributions=theirs, value=value
            )
            for params, value in trials
        ]
    )
    return study


__all__ = ["INSTALL", "Importances", "importances"]
