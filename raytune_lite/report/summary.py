"""Where a study stands, in about a dozen lines: printed by the examples and by ``raytune-lite status``. Reads only."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from ..core.messages import FailureKind
from ..core.protocols import Branches, Grid
from ..core.state import FAILURE_KEY
from ..display.result import result_lines
from ..display.tables import duration, params_text, shorten, size
from ..display.text import printable
from ..samplers import grid_from_spec
from ..trial import FrozenTrial, TrialState

if TYPE_CHECKING:
    from ..storages.records import Overview
    from ..study.results import Results

SHOWN = 8  # lines of one list, before "and N more"
WIDTH = 80
_STATES = ("COMPLETE", "PRUNED", "FAIL", "RUNNING", "PAUSED", "WAITING")
_KINDS = tuple(kind.value for kind in FailureKind)
_CELL_STATES = ("done", "free", "dead")


def summary(study: Results, *, unit: str = "step", full: int | None = None) -> list[str]:
    """The lines of ``print_summary``, without colour.

    Args:
        study: the study to read; it may be running.
        unit: what a step of ``trial.report`` is, in the singular: "epoch".
        full: steps of a full training, for "epochs trained: 312 of 1080 (29 %)". None: the pruner's max_resource,
            if it has one and every step was reported.

    Steps trained are the distinct (trial, step) pairs that were reported: a step that two attempts ran counts once.
    """
    seen = study.overview(SHOWN + 1)
    lines = [_title(study), *_best(study, seen), *_counts(seen), *_owner(study, seen), *_resumes(seen, unit)]
    lines += [*_checkpoints(seen), *_steps(study, seen, unit, full), *_wall_time(seen), *_goodput(study)]
    lines += [*_grid(study), *_failures(seen), *_next_commands(study)]
    return lines


def print_summary(
    study: Results, *, unit: str = "step", full: int | None = None, file: TextIO | None = None
) -> None:
    """Print where a study stands: plain text, its labels in bold on a terminal.

    Args:
        study: the study.
        unit: see ``summary``.
        full: see ``summary``.
        file: where to; None: standard output.
    """
    out = sys.stdout if file is None else file
    for line in summary(study, unit=unit, full=full):
        print(_bold_label(line) if out.isatty() else line, file=out)
    out.flush()


def _bold_label(line: str) -> str:
    """A line whose label, up to the colon, is bold; lines of the third level stay as they are."""
    label, colon, rest = line.partition(":")
    if not colon or line.startswith("   "):
        return line
    return f"\x1b[1m{label}{colon}\x1b[0m{rest}"


# --- the parts -----------------------------------------------------------------------------------------------------


def _title(study: Results) -> str:
    where = f" in {printable(study.storage)}" if study.storage else ""
    return f"study: {printable(study.study_name)}{where}"


def _best(study: Results, seen: Overview) -> Iterator[str]:
    best = study.best_trials_so_far
    if not best and TrialState.COMPLETE in seen.states:
        yield "  best: none yet, no COMPLETE trial meets its constraints"
        return
    yield from (f"  {line}" for line in result_lines(best, study.directions))


def _counts(seen: Overview) -> Iterator[str]:
    counts = {state.name: n for state, n in seen.states.items()}
    shown = ", ".join(f"{counts[state]} {state}" for state in _STATES if state in counts)
    yield f"  trials: {sum(counts.values())}" + (f" ({shown})" if shown else "")


def _owner(study: Results, seen: Overview) -> Iterator[str]:
    """Whose process runs the study, whether it lives, and what the command that runs it would do now."""
    found = study.find_owner()
    if found is None:
        return
    holder, alive = found
    if alive:
        yield f"  owner: {printable(holder)}; it lives"
        yield "    the same command would be refused until it ends"
        return
    yield f"  owner: {printable(holder)}; it gives no sign of life"
    running = seen.states.get(TrialState.RUNNING, 0)
    goes_on = f", and continue {_count(running, 'trial')} that it left RUNNING" if running else ""
    yield f"    the same command would take the study over{goes_on}"


def _resumes(seen: Overview, unit: str) -> Iterator[str]:
    if seen.promotions:
        yield f"  promotions: {seen.promotions}"
    if seen.n_resumed:
        yield f"  resumes: {seen.n_resumed}"  # the latest first: after a crash one looks for the last resumes
        lines = (f"trial {a.number}: attempt {a.attempt} resumed at {unit} {a.resumed_step}" for a in seen.resumed)
        yield from _some(lines, seen.n_resumed)


def _checkpoints(seen: Overview) -> Iterator[str]:
    if seen.n_checkpoints:
        yield f"  checkpoints: {seen.n_checkpoints} kept, {size(seen.checkpoint_bytes)}"


def _steps(study: Results, seen: Overview, unit: str, full: int | None) -> Iterator[str]:
    done = seen.n_steps
    if not done:
        return
    if full is None and done >= seen.last_steps:  # else not every step was reported
        full = _max_resource(study)
    line = f"  {unit}s trained: {done}"
    if full:
        whole = full * sum(seen.states.values())
        line += f" of {whole} ({100 * done / whole:.0f} %)"
    yield line


def _wall_time(seen: Overview) -> Iterator[str]:
    if not seen.n_ended:
        return
    wall, ratio = seen.last_end - seen.first_start, seen.worked / seen.busy if seen.busy > 0 else 0.0
    at_once = f", {ratio:.1f} at once" if ratio >= 1.1 else ""
    yield f"  wall time: {duration(wall)} ({duration(seen.worked)} in {_count(seen.n_ended, 'attempt')}{at_once})"


def _goodput(study: Results) -> Iterator[str]:
    from .html import goodput  # with it comes the whole page

    found = goodput.read(study)
    if found is None:
        return
    if found.share is not None:
        yield f"  goodput: {goodput.words(found)}"
    if found.cost is not None:
        yield f"  cost: {goodput.money(found.cost)} ({found.all / 3600:.3g} slot-hours)"


def grid_counts(study: Results) -> dict[str, int] | None:
    """Cells of the grid by state, and how many there are ("cells"); None where the study has no grid."""
    counts, grid = Counter(study.cell_counts()), recorded_grid(study)
    n_cells = sum(counts.values())
    if not n_cells and grid is None:
        return None
    size = n_cells if grid is None else grid.size
    counts["free"] += size - n_cells  # cells that were never handed out have no row
    others = sorted(state for state in counts if state not in _CELL_STATES)
    return {"cells": size, **{state: counts[state] for state in (*_CELL_STATES, *others)}}


def _grid(study: Results) -> Iterator[str]:
    counts, grid = grid_counts(study), recorded_grid(study)
    if counts is None:
        return
    shown = [f"{n} {state}" for state, n in counts.items() if state != "cells"]
    yield f"  grid: {_count(counts['cells'], 'cell')}: {', '.join(shown)}"
    n_retried, retried = study.retried_cells(SHOWN + 1)
    if n_retried:
        yield f"  cells retried: {n_retried}"

        def line(cell: Any) -> str:
            where = f" ({params_text(grid.params(cell.cell))})" if grid is not None else ""
            return f"cell {cell.cell}{where}: {_count(cell.failures, 'failed trial')}, now {cell.state}"

        yield from _some(map(line, retried), n_retried)


def _failures(seen: Overview) -> Iterator[str]:
    kinds = seen.outcomes
    if any(kind in kinds for kind in _KINDS):  # of all attempts, also of trials that were tried again
        yield f"  attempts without a result: {', '.join(f'{kinds[kind]} {kind}' for kind in _KINDS if kind in kinds)}"
    n_failed = seen.states.get(TrialState.FAIL, 0)
    if n_failed:
        yield f"  failed: {_count(n_failed, 'trial')}"
        yield from _some((f"trial {t.number}: {failure_text(t)}" for t in seen.failed), n_failed)
    if seen.n_waiting_for_disk:
        yield f"  waiting for the checkpoints' disk: {_count(seen.n_waiting_for_disk, 'trial')}"
        lines = (f"trial {a.number}: {_last_line(a.message)}" for a in seen.waiting_for_disk)
        yield from _some(lines, seen.n_waiting_for_disk)


def _next_commands(study: Results) -> Iterator[str]:
    url = study.storage
    if url is None:
        return
    which = f"--storage {_quoted(url)} --study {_quoted(study.study_name)}"
    yield "next:" + (" (with the password in place of ***)" if "***" in url else "")
    yield f"    {_command()} best {which}"
    yield f"    {_command()} trials {which}"
    yield f"    optuna-dashboard {_quoted(url)}    (pip install optuna-dashboard)"


def _quoted(text: str) -> str:
    """``text`` as a word of a shell; characters that a terminal must not get raw are escaped as in bash's $'...'."""
    if text.isprintable():
        return shlex.quote(text)
    body = "".join(
        c if c.isprintable() and c not in "'\\" else "".join(f"\\x{byte:02x}" for byte in c.encode("utf-8", "replace"))
        for c in text
    )
    return f"$'{body}'"


def _command() -> str:
    """How to call our command line here: by its name, or by its path when the environment is not activated."""
    beside = Path(sys.executable).with_name("raytune-lite")
    if shutil.which("raytune-lite") is None and beside.exists():
        return shlex.quote(os.path.relpath(beside) if beside.is_relative_to(Path.cwd()) else str(beside))
    return "raytune-lite"


# --- small things --------------------------------------------------------------------------------------------------


def failure_text(trial: FrozenTrial) -> str:
    """Why a trial failed, in one line."""
    stored = trial.system_attrs.get(FAILURE_KEY, {})
    error = stored.get("error") if isinstance(stored, dict) else None
    lines = str(error or "no reason is recorded").splitlines()
    return printable(lines[0] if lines else "")


def _last_line(traceback: str) -> str:
    """The error's own text, without its type."""
    line = traceback.strip().rpartition("\n")[2]
    return printable(line.partition(": ")[2] or line)


def recorded_grid(study: Results) -> Grid | None:
    """The grid of the sampler of the latest run."""
    grid = grid_from_spec(_spec(study, "sampler"))
    return None if isinstance(grid, Branches) else grid  # a tree has no cells


def _max_resource(study: Results) -> int | None:
    found = _spec(study, "pruner").get("max_resource")
    return found if isinstance(found, int) else None


def _spec(study: Results, what: str) -> dict[str, Any]:
    run = study.last_run
    spec = {} if run is None else json.loads(getattr(run, what))
    return spec if isinstance(spec, dict) else {}


def _some(lines: Iterable[str], n: int) -> Iterator[str]:
    """The first of ``n`` lines, each cut to the width, and how many are not shown."""
    shown = n if n <= SHOWN + 1 else SHOWN  # "and 1 more" would take as much room as the line itself
    for _, line in zip(range(shown), lines, strict=False):
        yield shorten(f"    {line}", WIDTH)
    if n > shown:
        yield f"    and {n - shown} more"


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


__all__ = ["failure_text", "grid_counts", "print_summary", "recorded_grid", "summary"]
