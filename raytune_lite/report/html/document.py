"""All numbers of a report as one JSON document: what the page shows, and nothing else. Reads the study; draws nothing.

Figures come from the tables as they are, times from the log. A study that runs meanwhile may end trials between two
queries, so that two parts of the document may differ by them.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ... import __version__
from ...display.tables import duration
from ...display.text import printable
from ...distributions import CategoricalDistribution, Distribution, FloatDistribution, IntDistribution
from ...integrations.importance import Importances, importances
from ...trial import StudyDirection, TrialState
from . import again, goodput, health, pictures, pruning
from .columns import Param
from .compare import comparison
from .facts import Facts
from .slot_time import KEPT
from .timeline import Lanes

if TYPE_CHECKING:
    from ...study.results import Results

VERSION = 1  # of the document's form


def document(study: Results, *, compare: Results | None = None) -> dict[str, Any]:
    """The numbers of a report on a study, as JSON-able data without NaN and infinities.

    Args:
        study: the study to read; it may be running, and is not changed.
        compare: None, or another study to put beside it.

    Raises:
        ValueError: the two cannot be compared.
    """
    facts = Facts(study)
    found = _of(facts, study)
    found["compare"] = None
    if compare is not None:
        other = Facts(compare)
        found["compare"] = comparison([found, _of(other, compare)], [facts, other])
    return found


def _of(facts: Facts, study: Results) -> dict[str, Any]:
    found = _parts(facts)
    found["replay"] = pruning.replayed(study, facts)
    found["health"] = [card.document() for card in _health(facts, found)]
    found["again"] = {
        "code": again.code(facts.name, facts.storage, facts.directions, facts.run),
        "recorded": again.recorded(facts.run),
        "not_recorded": again.not_recorded(facts.run),
    }
    return found


def _parts(facts: Facts) -> dict[str, Any]:
    columns, several = facts.columns, len(facts.directions) > 1
    return {
        "version": VERSION,
        "made_by": f"raytune_lite {__version__}",
        "study": _study(facts),
        "best": _best(facts),
        "histories": [pictures.history(columns, k) for k in range(len(facts.directions))],
        "ladder": facts.ladder.document() if facts.rungs else None,
        "curves": pictures.curves(columns) if columns.n_with_curves else None,
        "time": facts.time.document() | _goodput(facts),
        "timeline": Lanes(facts.time, facts.moments).document() if facts.attempts else None,
        "params": pictures.parameters(columns),
        "rows": pictures.rows(columns),
        "lines": pictures.rows(columns, pictures.LINES),
        "importances": [_importances(facts, k) for k in range(len(facts.directions))] if columns.params else [],
        "front": pictures.pareto(columns) if several else None,
        "grid": pictures.grid_map(facts.grid, facts.cells, columns),
    }


def _study(facts: Facts) -> dict[str, Any]:
    states = Counter(state.name for state in facts.columns.states)
    outcomes = Counter(attempt.outcome or "running" for attempt in facts.attempts)
    run = facts.run
    moments = facts.moments
    return {
        "name": printable(facts.name),
        "storage": None if facts.storage is None else printable(facts.storage),
        "directions": [direction.name.lower() for direction in facts.directions],
        "metrics": [printable(name) for name in facts.metrics],
        "states": {state: states[state] for state in pictures.STATES if state in states},
        "n_trials": len(facts.columns),
        "outcomes": {printable(outcome): n for outcome, n in sorted(outcomes.items())},
        "n_attempts": len(facts.attempts),
        "n_runs": len(moments.runs),
        "n_events_given_up": moments.n_given_up,
        "sampler": _name_of(run.sampler) if run is not None else None,
        "pruner": _name_of(run.pruner) if run is not None else None,
        "created": _date(facts.created),
        "last_event": _date(facts.created + moments.last_at) if moments.runs else None,
    }


def _best(facts: Facts) -> dict[str, Any] | None:
    """The best trial; while there is none the one that stands best, and ``where`` its value was reported."""
    columns, best, so_far = facts.columns, facts.best_row(), facts.so_far
    if best is not None:
        row, values, where = best, [column[best] for column in columns.values], ""
    elif so_far is not None and columns.row_of(so_far.number) >= 0:
        row, values, where = columns.row_of(so_far.number), list(so_far.values), so_far.where
    else:
        return None
    mine = [attempt for attempt in facts.attempts if attempt.number == columns.numbers[row]]
    seconds = sum(facts.moments.end_of(attempt) - attempt.started for attempt in mine)
    return {
        "trial": columns.numbers[row],
        "values": [pictures.number(value) for value in values],
        "where": where,
        "params": pictures.best_params(columns.params, row),
        "n_attempts": len(mine),
        "time": duration(seconds) if mine else None,
        "ended_as": columns.in_order_of_end().index(row) + 1 if columns.states[row].is_finished() else None,
    }


def _health(facts: Facts, found: dict[str, Any]) -> list[health.Card]:
    columns, several = facts.columns, len(facts.directions) > 1
    first: dict[str, Any] = {"shares": [], "why_not": "there are no parameters"}
    first = found["importances"][0] if found["importances"] else first
    cards = []
    if not several:
        cards.append(health.edge(columns, facts.best_row(), is_grid=facts.grid is not None))
    cards.append(health.idle_parameters(dict(first["shares"]), first["why_not"]))
    if facts.rungs and all(len(rung.losses) < 2 for rung in facts.rungs):
        cards.append(health.lowest_rung(facts.rungs))
    cards += [health.duplicates(columns), health.failures(facts.attempts)]
    seconds = {part["name"]: part["seconds"] for part in found["time"]["parts"]}
    worked = sum(seconds[name] for name in (*KEPT, "checkpoint"))
    cards.append(health.checkpoints(seconds["checkpoint"], worked))
    if found["replay"] is not None:
        cards.append(pruning.card(found["replay"]))
    if not several:
        cards.append(health.flattened(columns))
    return cards


def _importances(facts: Facts, objective: int) -> dict[str, Any]:
    columns = facts.columns
    params = list(columns.params.values())
    rows = [
        row for row, state in enumerate(columns.states)
        if state is TrialState.COMPLETE and math.isfinite(columns.values[objective][row])
    ]  # fmt: skip
    state = "COMPLETE"
    if (
        len(rows) < 10
    ):  # with promotion few trials are COMPLETE: then those that were pruned count, with their last value
        rows = [row for row, value in enumerate(columns.values[objective]) if math.isfinite(value)]
        state = "COMPLETE or PRUNED"
    trials = [
        (
            {p.name: _external(p, p.values[row]) for p in params if p.values[row] == p.values[row]},
            columns.values[objective][row],
        )
        for row in rows
    ]
    maximize = facts.directions[objective] is StudyDirection.MAXIMIZE
    found: Importances = importances(trials, {p.name: _distribution(p) for p in params}, maximize=maximize)
    return {
        "metric": printable(facts.metrics[objective]), "of": state, "method": found.method, "n": found.n,
        "shares": [[printable(name), pictures.number(share)] for name, share in found.shares.items()],
        "why_not": printable(found.why_not),
    }  # fmt: skip


def _external(param: Param, value: float) -> Any:
    if param.choices is not None:
        return param.choices[int(value)]
    return int(value) if param.is_int else value


def _distribution(param: Param) -> Distribution:
    """The parameter's widest range; a step does not matter here."""
    if param.choices is not None:
        return CategoricalDistribution(param.choices)
    if param.is_int:
        return IntDistribution(int(param.low), int(param.high), log=param.log)
    return FloatDistribution(param.low, param.high, log=param.log)


def _name_of(spec: str) -> str | None:
    try:
        name = json.loads(spec).get("name")
    except (ValueError, AttributeError):
        return None
    return printable(name) if isinstance(name, str) else None


def _date(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")


def _goodput(facts: Facts) -> dict[str, Any]:
    found = goodput.of_time(facts.time, facts.moments)
    return {"goodput": found.share, "cost": found.cost}


__all__ = ["VERSION", "document"]
