"""The result of a study in a few lines: the best trial, or what stands best while none is COMPLETE. Reads nothing."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..best import BestSoFar
from ..trial import StudyDirection, TrialState
from .tables import value_text
from .text import printable

WIDTH = 80
SHOWN = 8  # lines of one list, before "and N more"


def result_lines(best: Sequence[BestSoFar], directions: Sequence[StudyDirection]) -> Iterator[str]:
    """The best trial, or what stands best, with its parameters; with several objectives the Pareto front.

    Args:
        best: ``Study.best_trials_so_far``.
        directions: of the study, one an objective.
    """
    if not best:
        yield "best: none yet, no trial is COMPLETE"
    elif len(directions) > 1:
        yield from _front(best, directions)
    else:
        first = best[0]
        sense = "largest" if directions[0].sign < 0 else "smallest"
        if first.state is TrialState.COMPLETE:
            yield f"best: {first.value:.6g} (trial {first.number}, the {sense})"
        else:
            yield f"best so far: {first.value:.6g} at {first.where} (trial {first.number}, {first.state.name})"
            yield f"  not a final result: of the trials that came as far as {first.where}, it has the {sense} value"
        yield from params_lines(first.params)


def _front(best: Sequence[BestSoFar], directions: Sequence[StudyDirection]) -> Iterator[str]:
    senses = ", ".join(direction.name.lower() for direction in directions)
    n = f"{len(best)} trial{'' if len(best) == 1 else 's'} on the Pareto front ({senses})"
    is_done = best[0].state is TrialState.COMPLETE
    yield f"best: {n}" if is_done else f"best so far at {best[0].where}: {n}; not a final result"
    shown = len(best) if len(best) <= SHOWN + 1 else SHOWN
    for item in best[:shown]:
        yield f"  trial {item.number}: {', '.join(f'{value:.6g}' for value in item.values)}"
    if len(best) > shown:
        yield f"  and {len(best) - shown} more"


def params_lines(params: Mapping[str, Any], indent: str = "  ") -> Iterator[str]:
    """Parameters, wrapped at 80 columns; nothing where there are none."""
    if params:
        pairs = ", ".join(f"{printable(name)} = {value_text(value)}" for name, value in params.items())
        width = WIDTH - 2  # whoever shows them may indent them
        yield from textwrap.wrap(pairs, width, initial_indent=indent, subsequent_indent=indent, break_long_words=False)


__all__ = ["params_lines", "result_lines"]
