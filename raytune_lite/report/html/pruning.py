"""What ASHA would have spent on a study that did not prune: one sentence of the report, and a check."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...plan.curves import read, with_reports
from ...plan.replaying import of_record
from ...plan.words import verdict
from .facts import Facts
from .health import PASS, WARN, Card

if TYPE_CHECKING:
    from ...study.results import Results

LEAST_TRIALS, LEAST_STEPS = 16, 4  # with fewer reports there is nothing to decide
MOST_TRIALS = 1_000  # that are replayed: about a second of processor time
SAVING = 0.25  # of the slot-time, from which on it is worth a warning


def replayed(study: Results, facts: Facts) -> dict[str, Any] | None:
    """The replay of a study without pruner under ASHA, JSON-able; None where there is none to tell of.

    That is: the latest run had a pruner, there are several objectives, or fewer than 16 trials with 4 reports.
    """
    if len(facts.directions) != 1 or facts.run is None or not _is_without_pruner(facts.run.pruner):
        return None
    if facts.columns.n_with_curves < LEAST_TRIALS:
        return None
    record = read(study)
    if sum(len(curve.steps) >= LEAST_STEPS for curve in with_reports(record.curves)) < LEAST_TRIALS:
        return None
    n = len(record.curves)
    found = of_record(replace(record, curves=record.curves[:MOST_TRIALS]), study.study_name, facts.directions[0].sign)
    first = f"Of the first {MOST_TRIALS:,} of {n:,} trials: " if n > MOST_TRIALS else ""
    return {
        "text": first + verdict(found),
        "share": found.share if found.share == found.share else None,
        "keeps_best": found.keeps_best,
        "pruner": found.pruner,
        "workers": found.workers,
    }


def _is_without_pruner(spec: str) -> bool:
    try:
        return bool(json.loads(spec).get("name", "NopPruner") == "NopPruner")
    except (ValueError, AttributeError):
        return False


def card(found: dict[str, Any]) -> Card:
    """WARN when ASHA would have spent at most 75 % of the slot-time and kept the best trial."""
    name, share = "Bad trials do not run to their ends", found["share"]
    if share is None or share > 1 - SAVING or not found["keeps_best"]:
        return Card(name, PASS, found["text"])
    advice = (
        f"This study did not prune. {found['pruner']} would have saved {100 * (1 - share):.0f} %: pass a pruner to the "
        "next one, and save checkpoints. raytune-lite replay tries other rules on these records."
    )
    return Card(name, WARN, found["text"], advice)


__all__ = ["card", "replayed"]
