"""What a pilot measured: what trials take, how they end, whether a plan can be made. Reads a study; runs nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from ..display.tables import duration, size
from ..exceptions import NotEnoughDataError
from .curves import longest, read, with_reports
from .forecasting import refuse_too_few

if TYPE_CHECKING:
    from ..study.results import Results


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """What the trials of a study take.

    Args:
        study: its name.
        n_curves: trials with reports and times.
        n_whole: of these, trials that ran to their ends.
        longest: the largest step that one has reported.
        step_seconds: of a trial's time for a step: the 10 %, 50 % and 90 % quantile over the trials.
        start_up: seconds from a claim to the objective, the median.
        tail: seconds from the last report to the end, the median of the trials that ran to their ends.
        checkpoint_bytes: the mean; 0: none was saved.
        saving: the share of the training that went into writing and reading checkpoints.
        losses: attempts that ended without a result, by kind.
        why_no_plan: what is missing for a plan; "": nothing is.
    """

    study: str
    n_curves: int
    n_whole: int
    longest: int
    step_seconds: tuple[float, float, float]
    start_up: float
    tail: float
    checkpoint_bytes: float
    saving: float
    losses: dict[str, int]
    why_no_plan: str


def measure(study: Results) -> Measures:
    """What a study's trials take, as far as it is recorded.

    Args:
        study: with one objective; it is not changed.

    Raises:
        NotEnoughDataError: no trial has reported anything with its time.
        ValueError: it has several objectives.
    """
    record = read(study)
    curves = with_reports(record.curves)
    if not curves:
        raise NotEnoughDataError(
            f"study {study.study_name!r} has no trial that reported a value with its time; call trial.report(value, "
            "step) in the objective."
        )
    paces = [curve.pace for curve in curves]
    low, middle, high = (float(np.quantile(paces, q)) for q in (0.1, 0.5, 0.9))
    why = ""
    try:
        refuse_too_few(curves, study.study_name)
    except NotEnoughDataError as error:
        why = str(error)
    return Measures(
        study=study.study_name,
        n_curves=len(curves),
        n_whole=sum(curve.is_whole for curve in curves),
        longest=longest(curves),
        step_seconds=(low, middle, high),
        start_up=median(curve.start_up for curve in curves),
        tail=median([curve.tail for curve in curves if curve.is_whole] or [0.0]),
        checkpoint_bytes=record.checkpoint_bytes,
        saving=record.saving,
        losses=record.losses,
        why_no_plan=why,
    )


def lines(found: Measures) -> list[str]:
    """The measures for a terminal."""
    low, middle, high = map(_short, found.step_seconds)
    said = [
        f"pilot {found.study}: {found.n_curves} trials with reports, {found.n_whole} of them to their ends; the "
        f"longest to step {found.longest}",
        f"  a step      {middle} (80 % of the trials: {low} to {high})",
        f"  start-up    {_short(found.start_up)}"
        + (f"; after the last report {_short(found.tail)}" if found.n_whole else ""),
    ]
    if found.checkpoint_bytes:
        said.append(
            f"  checkpoint  {size(found.checkpoint_bytes)}; {100 * found.saving:.0f} % of the training is writing and "
            "reading them"
        )
    if found.losses:
        said.append(f"  failures    {_counts(found.losses)}")
    said.append(f"  {found.why_no_plan}" if found.why_no_plan else f"  next: raytune-lite plan {found.study}")
    return said


def _counts(losses: dict[str, int]) -> str:
    ordered: Sequence[tuple[str, int]] = sorted(losses.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{n} {kind}" for kind, n in ordered)


def _short(seconds: float) -> str:
    return f"{1000 * seconds:.3g} ms" if seconds < 1.0 else duration(seconds)


__all__ = ["Measures", "lines", "measure"]
