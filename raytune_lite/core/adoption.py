"""What a study holds already, when a pruner, a grid or a trial comes to it later.

An adopted pruner judges the trials that exist, and an adopted grid gives them their cells. After that it cannot be
changed, because the log is folded with it.
"""

from __future__ import annotations

from collections.abc import Sequence

from . import judging
from .ledger import Ledger
from .messages import Command, Row
from .protocols import Pruner
from .record import StudyData
from .tree import Tree, ledger_for
from .trials import FAIL, TrialRecord


def check_pruner(s: StudyData, spec: str) -> Pruner:
    """The pruner of this spec, if the study may still adopt it.

    Raises:
        ValueError: another one has judged its trials.
    """
    pruner = s.pruner_for(spec)
    if any(t.attempt and t.reports and judging.is_judged(s, t.number) for t in s.trials.values()):
        raise ValueError(
            f"this study's trials were judged by {s.pruner_spec}; they cannot be judged again by {spec}. "
            "Continue it with the same pruner (load_study() without pruner= does), or start another study."
        )
    return pruner


def adopt_pruner(s: StudyData, spec: str, pruner: Pruner) -> list[Command]:
    """A judge of this pruner, which gets the reports and ends of all trials so far."""
    s.pruner_spec = spec
    s.seat(pruner)
    return [row for trial in s.trials.values() for row in judging.history(s, trial)]


def adopt_sampler(s: StudyData, spec: str) -> list[Command]:
    """The sampler's grid or tree, with the cells that the trials so far hold.

    Raises:
        ValueError: cells of another grid are decided; nothing was changed.
    """
    grid, commands = s.grid_for(spec), list[Command]()
    if s.ledger is not None and s.ledger.cells:
        raise ValueError(
            f"this study's grid is {s.sampler_spec}; cells of it are decided already, so it cannot become "
            f"{spec}. Continue with the same GridSampler, or start another study."
        )
    ledger = ledger_for(grid) if grid is not None else None
    for number in s.trials if ledger is not None else ():
        commands += adopt_cell(ledger, s.trials[number])
    s.sampler_spec, s.ledger = spec, ledger
    return commands


def adopt_cell(ledger: Ledger | Tree | None, trial: TrialRecord, starts: bool = False) -> Sequence[Row]:
    """Let a trial that chose its parameters elsewhere own its cell or path, so that no other trial runs it again.

    ``starts``: it begins now, and may be given further parameters.
    """
    if ledger is None or trial.external or trial.state is FAIL:
        return ()
    claimed = (ledger.claim_below if starts else ledger.claim_params)(trial.number, trial.chosen())
    if claimed is None:
        return ()
    trial.cell, row = claimed
    for param in trial.params.values():
        ledger.asked(trial.number, param.name, param.distribution, param.value)
    done = ledger.done(trial.number) if trial.state.is_finished() else ()
    return done if row is None else (row, *done)
