"""Where a study stands, in about a dozen lines: printed by the examples and by ``raytune-lite status``. Reads only."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from ..core.messages import FailureKind
from ..core.protocols import Branches, Grid
from ..core.state import FAILURE_KEY
from ..display.tables import duration, params_text, shorten, value_text
from ..display.text import printable
from ..samplers import grid_from_spec
from ..trial import FrozenTrial, TrialState

if TYPE_CHECKING:
    from ..storages.records import AttemptRecord
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
    trials, attempts = study.trials, study.attempts
    lines = [_title(study), *_best(study, trials), *_counts(trials), *_owner(study, trials)]
    lines += _resumes(study, attempts, unit)
    lines += [*_steps(study, trials, unit, full), *_wall_time(attempts)]
    lines += [*_grid(study), *_failures(trials, attempts), *_next_commands(study)]
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


def _best(study: Results, trials: Sequence[FrozenTrial]) -> Iterator[str]:
    complete = [trial for trial in trials if trial.state is TrialState.COMPLETE]
    if not any(trial.is_feasible for trial in complete):
        why = "no COMPLETE trial meets its constraints" if complete else "no trial is COMPLETE"
        yield f"  best: none yet, {why}"
        return
    if len(study.directions) > 1:
        front = study.best_trials
        names = ", ".join(direction.name.lower() for direction in study.directions)
        yield f"  best: {_count(len(front), 'trial')} on the Pareto front ({names})"
        values = (f"trial {t.number}: {', '.join(f'{v:.6g}' for v in t.values or ())}" for t in front)
        yield from _some(values, len(front))
        return
    best = study.best_trial
    sense = "largest" if study.direction.sign < 0 else "smallest"
    yield f"  best: {best.value:.6g} (trial {best.number}, the {sense})"
    if best.params:
        pairs = [f"{printable(name)} = {value_text(value)}" for name, value in best.params.items()]
        yield from textwrap.wrap(
            ", ".join(pairs), WIDTH, initial_indent="    ", subsequent_indent="    ", break_long_words=False
        )


def _counts(trials: Sequence[FrozenTrial]) -> Iterator[str]:
    counts = Counter(trial.state.name for trial in trials)
    shown = ", ".join(f"{counts[state]} {state}" for state in _STATES if counts[state])
    yield f"  trials: {len(trials)}" + (f" ({shown})" if shown else "")


def _owner(study: Results, trials: Sequence[FrozenTrial]) -> Iterator[str]:
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
    running = sum(trial.state is TrialState.RUNNING for trial in trials)
    goes_on = f", and continue {_count(running, 'trial')} that it left RUNNING" if running else ""
    yield f"    the same command would take the study over{goes_on}"


def _resumes(study: Results, attempts: Sequence[AttemptRecord], unit: str) -> Iterator[str]:
    promotions = sum(rung.promoted for rung in study.rungs)
    if promotions:
        yield f"  promotions: {promotions}"
    resumed = [attempt for attempt in attempts if attempt.resumed_step is not None]
    if resumed:
        yield f"  resumes: {len(resumed)}"
        # the latest first: after a crash one looks for the last resumes
        latest = sorted(resumed, key=lambda attempt: attempt.started, reverse=True)
        yield from _some(
            (f"trial {a.number}: attempt {a.attempt} resumed at {unit} {a.resumed_step}" for a in latest),
            len(resumed),
        )


def _steps(study: Results, trials: Sequence[FrozenTrial], unit: str, full: int | None) -> Iterator[str]:
    done = sum(len(trial.intermediate_values) for trial in trials)
    if not done:
        return
    if full is None and done >= sum(trial.last_step or 0 for trial in trials):  # else not every step was reported
        full = _max_resource(study)
    line = f"  {unit}s trained: {done}"
    if full:
        whole = full * len(trials)
        line += f" of {whole} ({100 * done / whole:.0f} %)"
    yield line


def _wall_time(attempts: Sequence[AttemptRecord]) -> Iterator[str]:
    ended = [(a.started, a.ended) for a in attempts if a.ended is not None]
    if not ended:
        return
    wall = max(end for _, end in ended) - min(start for start, _ in ended)
    worked = sum(end - start for start, end in ended)
    busy = _covered(ended)  # the time between two runs of the study does not count
    at_once = f", {worked / busy:.1f} at once" if busy > 0 and worked / busy >= 1.1 else ""
    yield f"  wall time: {duration(wall)} ({duration(worked)} in {_count(len(ended), 'attempt')}{at_once})"


def _covered(intervals: Iterable[tuple[float, float]]) -> float:
    """Length of the union of (start, end) pairs."""
    total, reached = 0.0, float("-inf")
    for start, end in sorted(intervals):
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total


def _grid(study: Results) -> Iterator[str]:
    cells, grid = study.cells, _recorded_grid(study)
    if not cells and grid is None:
        return
    counts = Counter(cell.state for cell in cells)
    size = len(cells) if grid is None else grid.size
    counts["free"] += size - len(cells)  # cells that were never handed out have no row
    shown = [f"{counts[state]} {state}" for state in _CELL_STATES]
    shown += [f"{n} {state}" for state, n in sorted(counts.items()) if state not in _CELL_STATES]
    yield f"  grid: {_count(size, 'cell')}: {', '.join(shown)}"
    retried = [cell for cell in cells if cell.failures]
    if retried:
        yield f"  cells retried: {len(retried)}"

        def line(cell: Any) -> str:
            where = f" ({params_text(grid.params(cell.cell))})" if grid is not None else ""
            return f"cell {cell.cell}{where}: {_count(cell.failures, 'failed trial')}, now {cell.state}"

        yield from _some(map(line, retried), len(retried))


def _failures(trials: Sequence[FrozenTrial], attempts: Sequence[AttemptRecord]) -> Iterator[str]:
    kinds = Counter(attempt.outcome for attempt in attempts if attempt.outcome in _KINDS)
    if kinds:  # of all attempts, also of trials that were tried again
        yield f"  attempts without a result: {', '.join(f'{kinds[kind]} {kind}' for kind in _KINDS if kinds[kind])}"
    failed = [trial for trial in trials if trial.state is TrialState.FAIL]
    if failed:
        yield f"  failed: {_count(len(failed), 'trial')}"
        yield from _some((f"trial {t.number}: {failure_text(t)}" for t in failed), len(failed))
    newest = {attempt.number: attempt for attempt in attempts}
    waiting = [newest[t.number] for t in trials if t.state is TrialState.WAITING and t.number in newest]
    cut_off = [attempt for attempt in waiting if attempt.outcome == FailureKind.CHECKPOINT_DISK.value]
    if cut_off:
        yield f"  waiting for the checkpoints' disk: {_count(len(cut_off), 'trial')}"
        yield from _some((f"trial {a.number}: {_last_line(a.message)}" for a in cut_off), len(cut_off))


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


def _recorded_grid(study: Results) -> Grid | None:
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


__all__ = ["failure_text", "print_summary", "summary"]
