"""The trials under way as samplers see them: frozen once for each change, in blocks that the next view shares.

Thousands of trials may wait at rungs while a sampler is asked for one more. A question costs by what has changed since
the last one, not by how many there are. Nothing is kept before somebody asks: most samplers never do.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from typing import Protocol

from ..distributions import Distribution
from ..trial import FrozenTrial
from . import messages as m
from .kept import Trials
from .messages import Command, ParamValue
from .trials import TrialRecord
from .view import Block, Pending

_BLOCK = 64  # numbers that share a block
_MOST_CHANGED = 10_000  # trials noted as changed: with more, all are frozen anew
_NAMED_BY_ROWS = (m.Claimed, m.TrialEnqueued)  # events that do not name their trial

_Known = tuple[Distribution | None, ...]


class Study(Protocol):
    """What is read of a study; see StudyData."""

    @property
    def trials(self) -> Trials:
        """By number."""

    @property
    def slots(self) -> Mapping[str, int]:
        """Slot -> trial number."""

    @property
    def paused(self) -> Mapping[int, None]:
        """PAUSED trials."""

    @property
    def retry(self) -> Mapping[int, float]:
        """Trials to be tried again."""

    @property
    def space(self) -> Mapping[str, Distribution]:
        """All parameters seen."""


class PendingTrials:
    """The trials of one study with a slot, paused, or to be tried again. Not those that another program runs."""

    def __init__(self) -> None:
        self._blocks: dict[int, Block] | None = None  # number // _BLOCK -> its trials, by number; None: to be made
        self._changed: dict[int | None, None] = {}
        self._unused: dict[int, _Known] = {}  # trials with fixed parameters that they have not used -> what is known
        self._shown = Pending(())

    def note(self, event: m.Event, commands: list[Command]) -> None:
        """An event has been handled. What changes a trial has the trial's number, in the event or in its rows."""
        if self._blocks is None:
            return
        number = getattr(event, "number", None)
        if (number is None and not isinstance(event, _NAMED_BY_ROWS)) or len(self._changed) > _MOST_CHANGED:
            self._blocks = None  # it concerns the whole run
            return
        self._changed[number] = None
        for command in commands:
            self._changed[getattr(command, "number", None)] = None

    def show(self, study: Study) -> Pending:
        """The trials as they are now."""
        if self._blocks is None:
            self._blocks, self._unused, self._shown = {}, {}, Pending(())
            self._changed = dict.fromkeys((*study.slots.values(), *study.paused, *study.retry))
        for number, known in self._unused.items():
            now = () if number in self._changed else _known(study, study.trials.peek(number))
            if any(a is not b for a, b in zip(known, now, strict=False)):  # equal ones may have choices 1 and True
                self._changed[number] = None
        self._changed.pop(None, None)
        if self._changed:
            self._renew(study, self._blocks)
            self._changed = {}
            self._shown = Pending(tuple([self._blocks[key] for key in sorted(self._blocks)]))
        return self._shown

    def _renew(self, study: Study, blocks: dict[int, Block]) -> None:
        """Freeze anew what has changed, and make the blocks in which it stands."""
        touched: dict[int, dict[int, FrozenTrial]] = {}
        for number in self._changed:
            if number is None or number not in study.trials:
                continue
            key = number // _BLOCK
            if key not in touched:
                touched[key] = {trial.number: trial for trial in blocks.get(key, ())}
            touched[key].pop(number, None)
            self._unused.pop(number, None)
            trial = None if study.trials.is_closed(number) else study.trials.peek(number)
            if trial is not None and (trial.slot in study.slots or number in study.paused or number in study.retry):
                touched[key][number] = trial.freeze(_expected(study, trial))
                if known := _known(study, trial):
                    self._unused[number] = known
        for key, trials in touched.items():
            if trials:
                blocks[key] = tuple([trials[number] for number in sorted(trials)])
            else:
                blocks.pop(key, None)


def _unused(trial: TrialRecord) -> list[tuple[str, str]]:
    """The fixed parameters that a trial has not used."""
    return [(name, text) for name, text in trial.fixed if name not in trial.params]


def _known(study: Study, trial: TrialRecord) -> _Known:
    """On what in the study it depends which of them it is expected to use."""
    return tuple([study.space.get(name) for name, _ in _unused(trial)])


def _expected(study: Study, trial: TrialRecord) -> dict[str, ParamValue]:
    """The parameters that a trial is going to use, as far as that is known: suggested or fixed."""
    expected = {param.name: param for param in trial.suggested or ()}
    for name, text in _unused(trial):
        dist = study.space.get(name)
        if dist is not None:
            with contextlib.suppress(ValueError):  # fixed to what this parameter cannot be: its attempt will fail
                value = dist.to_internal_repr(json.loads(text))
                expected[name] = ParamValue(name=name, value=value, distribution=dist)
    return expected


__all__ = ["PendingTrials"]
