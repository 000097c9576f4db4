"""A study of Optuna's that shows what ours holds: its storage, and the random generators of a sampler.

The storage is a list of trials by number. Optuna's samplers read it, and may write attributes, which stay when the
trial goes on; all else is put in from outside.
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
_SOME_TIME = datetime(2000, 1, 1)  # when is of no consequence, but Optuna's trials have a date


class MirrorStudy(optuna.study.Study):
    """Optuna's view of the study. Its ``stop`` is heard, and not obeyed."""

    has_stopped = False

    def stop(self) -> None:
        """Note that a sampler wants to end the study."""
        self.has_stopped = True


class Mirror(BaseStorage):
    """The storage of one study; a trial's id is its number.

    Attributes:
        begun, asked: numbers of the trials for which before_trial, sample_relative was called.
        source, n_finished: of the view's finished trials, how many are here (see Finished.source).
    """

    def __init__(self, directions: Sequence[StudyDirection]) -> None:
        self.directions = [optuna.study.StudyDirection(int(direction)) for direction in directions]
        self._trials: list[OptunaTrial] = []
        self._attrs: dict[str, Any] = {}
        self._running: set[int] = set()  # numbers of the trials under way
        self._written: dict[int, dict[str, Any]] = {}  # attributes that samplers gave trials, by number
        self.begun: set[int] = set()
        self.asked: set[int] = set()
        self.source: object = None
        self.n_finished = 0

    # --- put in from outside -----------------------------------------------------------------------------------------

    @property
    def n_trials(self) -> int:
        """One more than the largest number here."""
        return len(self._trials)

    def is_before(self, view: StudyView) -> bool:
        """Whether the view shows this study, now or later."""
        same = view.finished.source is self.source and [*map(int, view.directions)] == [*map(int, self.directions)]
        return same and len(view.finished) >= self.n_finished

    def study(self, sampler: optuna.samplers.BaseSampler) -> MirrorStudy:
        """A study object over this storage, with nothing cached from before."""
        return MirrorStudy(_NAME, self, sampler, optuna.pruners.NopPruner())

    def open_trial(self, number: int) -> OptunaTrial:
        """Trial ``number``, RUNNING from now on; those before it that are not here are WAITING."""
        while len(self._trials) <= number:
            self._trials.append(self._made(len(self._trials), {}, OptunaState.WAITING))
        if self._trials[number].state == OptunaState.WAITING:
            self._trials[number] = self._made(number, {}, OptunaState.RUNNING)
            self._running.add(number)
        return self._trials[number]

    def show(self, number: int, told: Mapping[str, Any], state: OptunaState) -> None:
        """Let a trial be what is told of it, and the attributes that samplers gave it."""
        self.open_trial(number)
        self._trials[number] = self._made(number, told, state)
        if state.is_finished():
            self._running.discard(number)

    def show_pending(self, pending: Sequence[tuple[int, Mapping[str, Any]]]) -> None:
        """Let exactly these trials be under way."""
        for number in self._running - {number for number, _ in pending}:
            self._trials[number] = self._made(number, {}, OptunaState.WAITING)
            self._running.discard(number)
        for number, told in pending:
            self.show(number, told, OptunaState.RUNNING)

    def _made(self, number: int, told: Mapping[str, Any], state: OptunaState) -> OptunaTrial:
        fields: dict[str, Any] = {
            "values": None,
            "params": {},
            "distributions": {},
            "user_attrs": {},
            "intermediate_values": {},
            **told,
        }
        fields["system_attrs"] = {**told.get("system_attrs", {}), **self._written.get(number, {})}
        begin = None if state == OptunaState.WAITING else _SOME_TIME
        end = _SOME_TIME if state.is_finished() else None
        return OptunaTrial(
            number=number,
            trial_id=number,
            state=state,
            value=None,
            datetime_start=begin,
            datetime_complete=end,
            **fields,
        )

    @contextlib.contextmanager
    def untouched_if(self, untouched: bool) -> Iterator[None]:
        """Forget, when ``untouched``, what a sampler writes in the meantime."""
        if not untouched:
            yield
            return
        trials, attrs, written = list(self._trials), dict(self._attrs), dict(self._written)
        begun, asked, running = set(self.begun), set(self.asked), set(self._running)
        try:
            yield
        finally:
            self._trials, self._attrs, self._written = trials, attrs, written
            self.begun, self.asked, self._running = begun, asked, running

    # --- Optuna's storage interface: what samplers use ---------------------------------------------------------------

    def get_study_id_from_name(self, study_name: str) -> int:  # noqa: ARG002
        """0: there is one study."""
        return 0

    def get_study_name_from_id(self, study_id: int) -> str:  # noqa: ARG002
        """Its name."""
        return _NAME

    def get_study_directions(self, study_id: int) -> list[optuna.study.StudyDirection]:  # noqa: ARG002
        """One an objective."""
        return self.directions

    def get_study_user_attrs(self, study_id: int) -> dict[str, Any]:  # noqa: ARG002
        """None: our studies have no attributes."""
        return {}

    def get_study_system_attrs(self, study_id: int) -> dict[str, Any]:  # noqa: ARG002
        """What samplers wrote."""
        return dict(self._attrs)

    def set_study_system_attr(self, study_id: int, key: str, value: Any) -> None:  # noqa: ARG002
        """Keep a sampler's note."""
        self._attrs[key] = value

    def set_trial_system_attr(self, trial_id: int, key: str, value: Any) -> None:
        """Keep a sampler's note on a trial."""
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

    # --- what no sampler has a reason for ----------------------------------------------------------------------------

    def _refuse(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(
            "raytune_lite's mirror of a study is for samplers to read; make and change trials with raytune_lite."
        )

    create_new_study = delete_study = set_study_user_attr = get_all_studies = create_new_trial = _refuse
    set_trial_param = set_trial_state_values = set_trial_intermediate_value = set_trial_user_attr = _refuse


def draws(sampler: object) -> list[Callable[[int], None]]:
    """Setters of every random generator within a sampler, in the order in which they are found: each takes 32 bits.

    numpy's RandomState and Generator, Optuna's lazy one and torch's Generator are found in attributes, lists and
    dicts, at any depth. Generators behind functions, or the process's own, are not.
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
