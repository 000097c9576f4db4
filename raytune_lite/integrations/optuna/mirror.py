"""A copy of our study in Optuna's classes, for Optuna's samplers to read; and the random generators of a sampler.

The storage is a list of trials by number. Optuna's samplers read it and may write attributes, which are kept. The
trials themselves are written by OptunaSampler only.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import optuna
from numpy.random import Generator, RandomState, SeedSequence
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial as OptunaTrial
from optuna.trial import TrialState as OptunaState

from ...core.protocols import StudyView
from ...trial import StudyDirection

_NAME = "mirror"
_SOME_TIME = datetime(2000, 1, 1)  # Optuna's trials need a date; no sampler uses it


class MirrorStudy(optuna.study.Study):
    """Optuna's view of the study. ``stop`` is noted, and does not end our study."""

    has_stopped = False

    def stop(self) -> None:
        """Note that a sampler wants to end the study."""
        self.has_stopped = True


class Mirror(BaseStorage):
    """The storage of one study; a trial's id is its number.

    Attributes:
        begun: numbers of the trials for which before_trial was called.
        asked: numbers of the trials for which sample_relative was called.
        source: identifies the list of finished trials that was read, see Finished.source.
        n_finished: how many of its trials were read.
    """

    def __init__(self, directions: Sequence[StudyDirection]) -> None:
        self.directions = [optuna.study.StudyDirection(int(direction)) for direction in directions]
        self._trials: list[OptunaTrial] = []
        self._attrs: dict[str, Any] = {}
        self._running: set[int] = set()  # numbers of RUNNING trials
        self._written: dict[int, dict[str, Any]] = {}  # attributes that samplers gave trials, by number
        self.begun: set[int] = set()
        self.asked: set[int] = set()
        self.source: object = None
        self.n_finished = 0

    # --- written by OptunaSampler -------------------------------------------------------------------------------------

    @property
    def n_trials(self) -> int:
        """One more than the largest trial number."""
        return len(self._trials)

    def is_before(self, view: StudyView) -> bool:
        """Whether the view is of the same study, and not of an earlier moment."""
        same = view.finished.source is self.source and [*map(int, view.directions)] == [*map(int, self.directions)]
        return same and len(view.finished) >= self.n_finished

    def study(self, sampler: optuna.samplers.BaseSampler) -> MirrorStudy:
        """A new study object on this storage, with empty caches."""
        return MirrorStudy(_NAME, self, sampler, optuna.pruners.NopPruner())

    def open_trial(self, number: int) -> OptunaTrial:
        """Make trial ``number`` RUNNING and return it; missing trials before it become WAITING."""
        while len(self._trials) <= number:
            self._trials.append(self._made(len(self._trials), {}, OptunaState.WAITING))
        if self._trials[number].state == OptunaState.WAITING:
            self._trials[number] = self._made(number, {}, OptunaState.RUNNING)
            self._running.add(number)
        return self._trials[number]

    def show(self, number: int, fields: Mapping[str, Any], state: OptunaState) -> None:
        """Replace a trial by these fields, and by the attributes that samplers gave it."""
        self.open_trial(number)
        self._trials[number] = self._made(number, fields, state)
        if state.is_finished():
            self._running.discard(number)

    def show_pending(self, pending: Sequence[tuple[int, Mapping[str, Any]]]) -> None:
        """Make exactly these trials RUNNING: (number, fields) of each."""
        for number in self._running - {number for number, _ in pending}:
            self._trials[number] = self._made(number, {}, OptunaState.WAITING)
            self._running.discard(number)
        for number, fields in pending:
            self.show(number, fields, OptunaState.RUNNING)

    def _made(self, number: int, fields: Mapping[str, Any], state: OptunaState) -> OptunaTrial:
        complete: dict[str, Any] = {
            "values": None,
            "params": {},
            "distributions": {},
            "user_attrs": {},
            "intermediate_values": {},
            **fields,
        }
        complete["system_attrs"] = {**fields.get("system_attrs", {}), **self._written.get(number, {})}
        begin = None if state == OptunaState.WAITING else _SOME_TIME
        end = _SOME_TIME if state.is_finished() else None
        return OptunaTrial(
            number=number,
            trial_id=number,
            state=state,
            value=None,
            datetime_start=begin,
            datetime_complete=end,
            **complete,
        )

    @contextlib.contextmanager
    def unchanged_if(self, unchanged: bool) -> Iterator[None]:
        """A context; if ``unchanged``, what a sampler writes inside is forgotten at its end."""
        if not unchanged:
            yield
            return
        trials, attrs, written = list(self._trials), dict(self._attrs), dict(self._written)
        begun, asked, running = set(self.begun), set(self.asked), set(self._running)
        try:
            yield
        finally:
            self._trials, self._attrs, self._written = trials, attrs, written
            self.begun, self.asked, self._running = begun, asked, running

    # --- Optuna's storage interface: what samplers use ----------------------------------------------------------------

    def get_study_id_from_name(self, study_name: str) -> int:  # noqa: ARG002
        """0: there is one study only."""
        return 0

    def get_study_name_from_id(self, study_id: int) -> str:  # noqa: ARG002
        """The name of the only study."""
        return _NAME

    def get_study_directions(self, study_id: int) -> list[optuna.study.StudyDirection]:  # noqa: ARG002
        """One direction an objective."""
        return self.directions

    def get_study_user_attrs(self, study_id: int) -> dict[str, Any]:  # noqa: ARG002
        """Empty: attributes of our study are not copied."""
        return {}

    def get_study_system_attrs(self, study_id: int) -> dict[str, Any]:  # noqa: ARG002
        """The attributes that samplers wrote."""
        return dict(self._attrs)

    def set_study_system_attr(self, study_id: int, key: str, value: Any) -> None:  # noqa: ARG002
        """Keep an attribute that a sampler writes."""
        self._attrs[key] = value

    def set_trial_system_attr(self, trial_id: int, key: str, value: Any) -> None:
        """Keep an attribute that a sampler writes on a trial."""
        self._written[trial_id] = {**self._written.get(trial_id, {}), key: value}
        trial = self._trials[trial_id] = copy.copy(self._trials[trial_id])
        trial.system_attrs = {**trial.system_attrs, key: value}

    def get_trial(self, trial_id: int) -> OptunaTrial:
        """A trial by its number."""
        return self._trials[trial_id]

    def get_all_trials(
        self,
        study_id: int,  # noqa: ARG002
        deepcopy: bool = True,
        states: Container[OptunaState] | None = None,
    ) -> list[OptunaTrial]:
        """Trials in number order."""
        found = [trial for trial in self._trials if states is None or trial.state in states]
        return copy.deepcopy(found) if deepcopy else found

    # --- what no sampler needs ----------------------------------------------------------------------------------------

    def _refuse(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(
            "samplers may only read this copy of a study; make and change trials with raytune_lite."
        )

    create_new_study = delete_study = set_study_user_attr = get_all_studies = create_new_trial = _refuse
    set_trial_param = set_trial_state_values = set_trial_intermediate_value = set_trial_user_attr = _refuse


def draws(sampler: object) -> list[Callable[[int], None]]:
    """Functions that seed the random generators inside a sampler, in the order in which they are found.

    Each takes 32 bits. Generators of numpy, torch and Optuna are found in attributes, lists and dicts, at any depth.
    Generators inside functions, and global ones, are not found.
    """
    found: list[Callable[[int], None]] = []
    seen: set[int] = set()  # membership only

    def visit(value: Any) -> None:
        if id(value) in seen or isinstance(value, (str, bytes, int, float, type, OptunaTrial, optuna.study.Study)):
            return
        seen.add(id(value))
        if isinstance(value, RandomState):
            found.append(value.seed)
        elif isinstance(value, Generator):
            found.append(lambda bits: _set_generator(value, bits))
        elif type(value).__name__ == "Generator" and hasattr(value, "manual_seed"):
            found.append(lambda bits: value.manual_seed(bits) and None)
        elif type(value).__name__ == "LazyRandomState":
            visit(value.rng)
        elif isinstance(value, dict):
            for item in value.values():
                visit(item)
        elif isinstance(value, (list, tuple)):
            for item in value:
                visit(item)
        elif hasattr(value, "__dict__"):
            visit(vars(value))

    visit(sampler)
    return found


def _set_generator(generator: Generator, bits: int) -> None:
    kind: Any = type(generator.bit_generator)
    generator.bit_generator.state = kind(SeedSequence(bits)).state
