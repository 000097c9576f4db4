"""A plan as a table and sentences for a terminal, and as data for programs. From the plan alone."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

from ..display.tables import align, duration, size
from .cells import HIGH, LOW, Cell
from .forecasting import LEAST_LONG, Plan

SHOWN = 3  # rules of each number of workers
HEAVY = 0.25  # of the time to the lowest rung: a start-up that is worth a line
MISSES = 0.9  # a rule that finds the target less often is marked


def lines(plan: Plan, *, every: bool = False) -> list[str]:
    """A plan for a terminal.

    Args:
        plan: to show.
        every: all rules; else the best of each number of workers, and training to the end.
    """
    return [*_head(plan), align(_rows(plan, every), right=(0, 1, 2, 5, 6, 7, 8, 9)), *_below(plan)]


def _head(plan: Plan) -> list[str]:
    price = "" if plan.price is None else f", {plan.price:g} a slot-hour"
    aim = f"target {plan.target:.6g}, which {100 * plan.target_share:.0f} % of them reached"
    said = [
        f"study {plan.study}: {plan.n_curves} curves, {plan.n_cut} of them end early{price}",
        f"  {aim}; 80 % intervals of {plan.simulations} simulations; random search",
    ]
    if plan.n_past_last_rung < LEAST_LONG:
        said.append(
            f"  only {plan.n_past_last_rung} curve(s) tell how one goes on towards step {plan.horizon}: take what "
            "depends on it as a guess"
        )
    return [*said, ""]


def _rows(plan: Plan, every: bool) -> list[list[str]]:
    head = ["workers", "eta", "r_min", "mode", "time to target", "slot-h", "cost", "busy", "promotions", "peak disk"]
    is_limited = plan.deadline is not None or plan.budget is not None
    head += ["chance"] if is_limited else []
    rows = [[*head, ""]]
    for workers in sorted({cell.workers for cell in plan.cells}):
        of = [cell for cell in plan.cells if cell.workers == workers]
        some = [cell for k, cell in enumerate(of) if every or k < SHOWN or cell.rule.mode == "full"]
        rows += [_row(plan, cell, is_limited) for cell in some]
    if plan.price is None:
        rows = [row[:6] + row[7:] for row in rows]
    return rows


def _row(plan: Plan, cell: Cell, is_limited: bool) -> list[str]:
    hours = [cell.workers * cell.quantile(q) / 3600.0 for q in (0.5, LOW, HIGH)]
    rule, mark = cell.rule, []
    if cell == plan.recommended:
        mark.append("<- recommended")
    if cell.reached < MISSES:
        mark.append(f"finds the target in {100 * cell.reached:.0f} % of runs")
    row = [
        str(cell.workers),
        "-" if rule.eta is None else str(rule.eta),
        "-" if rule.min_resource is None else str(rule.min_resource),
        rule.mode,
        _span(cell.median, cell.quantile(LOW), cell.quantile(HIGH)),
        f"{_number(hours[0])} ({_number(hours[1])}-{_number(hours[2])})",
        "" if plan.price is None else _number(plan.price * hours[0]),
        f"{100 * cell.busy:.0f} %",
        f"{cell.promotions:.0f}",
        _disk(plan, cell),
    ]
    return [*row, *([f"{100 * plan.chance(cell):.0f} %"] if is_limited else []), "; ".join(mark)]


_UNITS = ((3600.0, "h"), (120.0, "min"), (0.0, "s"))  # from so many seconds on


def _span(middle: float, low: float, high: float) -> str:
    """ "39 min (15-91)"."""
    if math.isinf(middle):
        return "never"
    unit = next(name for least, name in _UNITS if middle >= least)
    one = {"h": 3600.0, "min": 60.0, "s": 1.0}[unit]
    return f"{_number(middle / one)} {unit} ({_number(low / one)}-{_number(high / one)})"


def _number(value: float) -> str:
    """Two digits that count."""
    if math.isinf(value):
        return "never"
    return f"{value:.0f}" if value >= 9.95 else f"{value:.2g}"


def _disk(plan: Plan, cell: Cell) -> str:
    if not cell.checkpoints:
        return "-"
    return size(cell.checkpoints * plan.checkpoint_bytes) if plan.checkpoint_bytes else f"{cell.checkpoints:.0f} saved"


# --- below the table --------------------------------------------------------------------------------------------------


def _below(plan: Plan) -> list[str]:
    said = ["", *_knee(plan), f"the fastest recorded trial took {duration(plan.floor)} to the target."]
    said += _rung_lines(plan)
    if plan.first_rung > 0 and plan.start_up > HEAVY * plan.first_rung:
        said.append(
            f"start-up: {duration(plan.start_up)} before {duration(plan.first_rung)} of training to the lowest rung; "
            "raise min_resource."
        )
    if plan.interruptions > 0:
        said.append(f"interruptions: {plan.interruptions:.2g} an hour of a slot are in these times.")
    said.append("slot-hours are those of all workers until the target is found, busy or not.")
    return said


def _knee(plan: Plan) -> list[str]:
    """What one more worker brings, by the best rules."""
    best = [plan.best_of(workers) for workers in sorted({cell.workers for cell in plan.cells})]
    parts = []
    for few, many in pairwise(best):
        if math.isfinite(few.median) and math.isfinite(many.median):
            saved = max(0.0, few.median - many.median) / (many.workers - few.workers)
            parts.append(f"{duration(saved)} from {few.workers} to {many.workers}")
    if plan.recommended is None:
        why = "no rule is in time with a chance of 80 %" if plan.deadline or plan.budget else "no rule finds the target"
        return [f"nothing is recommended: {why}."]
    return [f"one more worker saves {', '.join(parts)}."] if parts else []


def _rung_lines(plan: Plan) -> list[str]:
    if not plan.rungs or plan.rungs_rule is None:
        return []
    rule = plan.rungs_rule
    dropped = ", ".join(f"step {rung.level} {100 * rung.dropped:.0f} %" for rung in plan.rungs)
    told = ", ".join(f"step {rung.level} {rung.correlation:.2f}" for rung in plan.rungs)
    return [
        f"the eventual best is dropped at {dropped} (eta {rule.eta}, min_resource {rule.min_resource}).",
        f"rank correlation with the end: {told}.",
    ]


# --- data -------------------------------------------------------------------------------------------------------------


def record(plan: Plan) -> dict[str, Any]:
    """A plan as JSON-able data; what is infinite is to be made None by whoever writes it."""
    return {
        "study": plan.study, "curves": plan.n_curves, "cut": plan.n_cut, "target": plan.target,
        "target_share": plan.target_share, "horizon": plan.horizon, "simulations": plan.simulations,
        "floor": plan.floor, "start_up": plan.start_up, "first_rung": plan.first_rung,
        "interruptions_per_slot_hour": plan.interruptions, "price": plan.price,
        "cells": [_cell_record(plan, cell) for cell in plan.cells],
        "rungs": [
            {"step": rung.level, "drops_the_best": rung.dropped, "rank_correlation": rung.correlation}
            for rung in plan.rungs
        ],
    }  # fmt: skip


def _cell_record(plan: Plan, cell: Cell) -> dict[str, Any]:
    low, middle, high = (cell.quantile(q) for q in (LOW, 0.5, HIGH))
    return {
        "workers": cell.workers, "mode": cell.rule.mode, "eta": cell.rule.eta, "min_resource": cell.rule.min_resource,
        "seconds": middle, "seconds_low": low, "seconds_high": high, "reached": cell.reached,
        "slot_hours": cell.workers * middle / 3600.0,
        "cost": None if plan.price is None else plan.price * cell.workers * middle / 3600.0,
        "busy": cell.busy, "promotions": cell.promotions, "checkpoints": cell.checkpoints,
        "chance": plan.chance(cell), "recommended": cell == plan.recommended,
    }  # fmt: skip


__all__ = ["lines", "record"]
