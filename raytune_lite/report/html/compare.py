"""Two studies side by side, for ``raytune-lite report --compare``. Knows no picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ...display.tables import duration
from ...display.text import printable
from ...trial import TrialState
from .columns import Columns
from .facts import Facts
from .pictures import number

LEAST_PAIRS = 5
_RESAMPLES = 2_000


def comparison(documents: Sequence[dict[str, Any]], facts: Sequence[Facts]) -> dict[str, Any]:
    """Figures of two studies, and the differences of the configurations that both of them ran.

    Args:
        documents: of the two studies.
        facts: of the same.

    Raises:
        ValueError: the studies have several objectives, or different directions.
    """
    first, second = facts
    if first.directions != second.directions or len(first.directions) > 1:
        raise ValueError(
            f"two studies can be compared that have one objective and the same direction, got {first.name!r} with "
            f"{[d.name for d in first.directions]} and {second.name!r} with {[d.name for d in second.directions]}."
        )
    rows = [[label, *map(say, documents)] for label, say in _ROWS]
    return {
        "names": [printable(one.name) for one in facts],
        "rows": rows,
        "best": [found["histories"][0]["best"] for found in documents],
        "ended": [found["histories"][0]["n"] for found in documents],
        "pairs": paired(_by_params(first.columns), _by_params(second.columns)),
    }


def paired(first: dict[Any, float], second: dict[Any, float]) -> dict[str, Any]:
    """Second minus first for the configurations of both: their number, the mean, and its 95 % interval.

    The interval is a percentile bootstrap over the pairs, with a fixed seed. None for fewer than 5 pairs.

    Source: Efron and Tibshirani 1993, "An Introduction to the Bootstrap", chapter 13.
    """
    common = sorted(first.keys() & second.keys())
    differences = [second[key] - first[key] for key in common]
    found: dict[str, Any] = {"n": len(common), "mean": None, "low": None, "high": None}
    if len(common) < LEAST_PAIRS:
        return found
    import numpy as np

    values = np.asarray(differences)
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence(0)))
    means = [values[rng.integers(0, len(values), len(values))].mean() for _ in range(_RESAMPLES)]
    low, high = np.percentile(means, [2.5, 97.5])
    return {**found, "mean": number(float(values.mean())), "low": number(float(low)), "high": number(float(high))}


def _by_params(columns: Columns) -> dict[Any, float]:
    """Parameters -> the value of the first COMPLETE trial that has them."""
    found: dict[Any, float] = {}
    for row, state in enumerate(columns.states):
        value = columns.values[0][row]
        if state is TrialState.COMPLETE and math.isfinite(value):
            params = [(p.name, repr(p.values[row])) for p in columns.params.values() if p.values[row] == p.values[row]]
            found.setdefault(tuple(sorted(params)), value)
    return found


def _best(found: dict[str, Any]) -> str:
    best = found["best"]
    if best is None or best["values"][0] is None:
        return "none"
    at = f" at {best['where']}" if best["where"] else ""
    return f"{best['values'][0]:.6g}{at} (trial {best['trial']})"


def _time_of(name: str, found: dict[str, Any]) -> str:
    seconds = next(part["seconds"] for part in found["time"]["parts"] if part["name"] == name)
    capacity = found["time"]["capacity"]
    return f"{100 * seconds / capacity:.0f} %" if capacity else "none"


_ROWS = (
    ("best value", _best),
    ("trials", lambda found: f"{found['study']['n_trials']:,}"),
    ("COMPLETE", lambda found: f"{found['study']['states'].get('COMPLETE', 0):,}"),
    ("PRUNED", lambda found: f"{found['study']['states'].get('PRUNED', 0):,}"),
    ("FAIL", lambda found: f"{found['study']['states'].get('FAIL', 0):,}"),
    ("attempts", lambda found: f"{found['study']['n_attempts']:,}"),
    ("slot-time", lambda found: duration(found["time"]["capacity"])),
    ("of it useful", lambda found: _time_of("useful", found)),
    ("of it idle", lambda found: _time_of("idle", found)),
    ("sampler", lambda found: found["study"]["sampler"] or "none"),
    ("pruner", lambda found: found["study"]["pruner"] or "none"),
)

__all__ = ["comparison", "paired"]
