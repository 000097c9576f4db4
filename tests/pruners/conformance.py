"""What the conformance suite asks of every pruner. A new pruner joins by one line in CASES."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import optuna

from raytune_lite.core.protocols import Pruner
from raytune_lite.pruners import (
    ASHAPruner,
    HyperbandPruner,
    MedianPruner,
    MOASHAPruner,
    NopPruner,
    OnObjective,
    PASHAPruner,
    PatientPruner,
    PBTPruner,
    PercentilePruner,
    SuccessiveHalvingPruner,
    ThresholdPruner,
    WilcoxonPruner,
)


@dataclass(frozen=True, slots=True)
class Case:
    """One pruner with its arguments.

    ``peer``: the same one of Optuna's, when it promises Optuna's decisions. ``heeds_all``: reports at which nothing is
    due count too, in later decisions. ``differs_on_infinities``: its docstring says so, and its own tests show where.
    ``is_finite``: an infinite or NaN report keeps a trial, so verdicts are met with others.
    ``stops``, ``pauses``: which verdicts it has beside CONTINUE. ``obeys``: a trial that goes on in spite of its
    verdict is judged no more; by Optuna's it is. ``completes``: some trials of the suite's study are COMPLETE.
    ``is_directed``: values that are smaller where small ones are good are judged alike.
    """

    name: str
    make: Callable[[], Pruner]
    peer: Callable[[], optuna.pruners.BasePruner] | None = None
    heeds_all: bool = False
    differs_on_infinities: bool = False
    stops: bool = True
    pauses: bool = False
    is_finite: bool = False
    obeys: bool = False
    completes: bool = True
    is_directed: bool = True


def _percentile(name: str, *given: float, n_min_trials: int = 1) -> Case:
    return Case(
        name,
        lambda: PercentilePruner(*given, n_min_trials=n_min_trials),  # type: ignore[arg-type]
        lambda: optuna.pruners.PercentilePruner(*given, n_min_trials=n_min_trials),  # type: ignore[arg-type]
        heeds_all=True,
        differs_on_infinities=True,
    )


def _median(name: str, *given: int, n_min_trials: int = 1) -> Case:
    return Case(
        name,
        lambda: MedianPruner(*given, n_min_trials=n_min_trials),
        lambda: optuna.pruners.MedianPruner(*given, n_min_trials=n_min_trials),
        heeds_all=True,
        differs_on_infinities=True,
    )


def _halving(name: str, *given: int) -> Case:
    return Case(
        name,
        lambda: SuccessiveHalvingPruner(*given),
        lambda: optuna.pruners.SuccessiveHalvingPruner(*given),
        obeys=True,
    )


def _hyperband(name: str, *given: int) -> Case:
    return Case(
        name, lambda: HyperbandPruner(*given), lambda: optuna.pruners.HyperbandPruner(*given), obeys=True
    )


CASES = (
    Case("Nop", NopPruner, optuna.pruners.NopPruner, stops=False),
    Case("ASHA promote", lambda: ASHAPruner(1, 9, 3), pauses=True),
    Case("ASHA promote, halves", lambda: ASHAPruner(2, 9, 2), pauses=True),
    Case("ASHA stop", lambda: ASHAPruner(1, 9, 2, mode="stop")),
    Case("ASHA promote, by seconds", lambda: ASHAPruner(2, 9, 2, resource="seconds"), pauses=True),
    Case("ASHA stop, by seconds", lambda: ASHAPruner(1, 9, 3, mode="stop", resource="seconds")),
    Case("ASHA promote, by cost", lambda: ASHAPruner(1, 9, 3, cost="seconds"), pauses=True),
    Case("ASHA stop, by price", lambda: ASHAPruner(1, 9, 2, mode="stop", cost="price")),
    Case("ASHA by seconds and price", lambda: ASHAPruner(1, 9, 2, resource="seconds", cost="price"), pauses=True),
    Case("MO-ASHA promote", lambda: MOASHAPruner(1, 9, 3), pauses=True),
    Case("MO-ASHA stop", lambda: MOASHAPruner(1, 9, 2, "stop", tie="epsnet")),
    Case("ASHA without rungs", lambda: ASHAPruner(9, 9, 3), stops=False),
    _halving("Halving", 1, 3),
    _halving("Halving, later", 1, 4, 1, 2),
    Case("Halving auto", SuccessiveHalvingPruner),
    Case(
        "Halving promote",
        lambda: SuccessiveHalvingPruner(1, 2, 0, 2, mode="promote", max_resource=4),
        pauses=True,
    ),
    _hyperband("Hyperband", 1, 9, 4),
    Case("Hyperband auto", HyperbandPruner),
    Case("Hyperband promote", lambda: HyperbandPruner(1, 9, 2, mode="promote"), pauses=True),
    Case("PASHA", lambda: PASHAPruner(1, 9, 2), heeds_all=True, pauses=True, completes=False),
    Case("PASHA with one rung", lambda: PASHAPruner(2, 4, 2), heeds_all=True, pauses=True),
    Case("PBT", lambda: PBTPruner(2, 9, 4), pauses=True),
    Case("PBT, halves", lambda: PBTPruner(1, 9, 3, burn_in_period=2, quantile_fraction=0.5, seed=3), pauses=True),
    _median("Median"),
    _median("Median, at once", 0),
    _median("Median, sparse", 2, 2, 3, n_min_trials=2),
    Case("Median, reached", lambda: MedianPruner(2, among="reached"), heeds_all=True),
    _percentile("Percentile 25", 25.0, 0),
    _percentile("Percentile 0", 0.0, 1, 1, 2),
    _percentile("Percentile 66.6", 66.6, 0, n_min_trials=2),
    Case("Threshold", lambda: ThresholdPruner(-1.0, 1.0), lambda: optuna.pruners.ThresholdPruner(-1.0, 1.0),
         completes=False, is_directed=False),
    Case("Threshold, upper", lambda: ThresholdPruner(None, 0.5, 1, 3),
         lambda: optuna.pruners.ThresholdPruner(None, 0.5, 1, 3), completes=False, is_directed=False),
    Case("Patient alone", lambda: PatientPruner(None, 2), lambda: optuna.pruners.PatientPruner(None, 2),
         heeds_all=True),
    Case("Patient, median", lambda: PatientPruner(MedianPruner(0, 1, 2), 1, 0.25),
         lambda: optuna.pruners.PatientPruner(optuna.pruners.MedianPruner(0, 1, 2), 1, 0.25),
         heeds_all=True, differs_on_infinities=True),
    Case("Patient, ASHA", lambda: PatientPruner(ASHAPruner(1, 9, 2), 0), heeds_all=True, pauses=True),
    Case("Patient, ASHA stop", lambda: PatientPruner(ASHAPruner(1, 9, 2, mode="stop"), 1), heeds_all=True),
    Case("On an objective", lambda: OnObjective(0, MedianPruner(0)), lambda: optuna.pruners.MedianPruner(0),
         heeds_all=True, differs_on_infinities=True),
    Case("On an objective, ASHA", lambda: OnObjective(0, ASHAPruner(1, 9, 3)), pauses=True),
    Case("Wilcoxon", lambda: WilcoxonPruner(0.3), lambda: optuna.pruners.WilcoxonPruner(p_threshold=0.3),
         heeds_all=True, is_finite=True),
    Case("Wilcoxon, anytime", lambda: WilcoxonPruner(0.9, sequential="anytime"), heeds_all=True, is_finite=True),
    Case("Percentile, reached", lambda: PercentilePruner(30, 0, 2, 3, among="reached"), heeds_all=True),
)
