"""The results of a study: its trials, the best ones, attempts, rungs, cells. Reads the database; changes no trial."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ..arguments import flag, integer, items, wrong_type
from ..best import BestSoFar, front
from ..core.bounds import MAX_STEP
from ..core.messages import CheckpointRef, LogEntry, RunStarted
from ..exceptions import StudyNotFoundError
from ..notebook import html_table, one_line
from ..runtime import takeover
from ..runtime.host import RealHost
from ..storages.holders import InMemoryStorage, RDBStorage, get_storage
from ..storages.integrity import Difference
from ..storages.records import AttemptRecord, CellRecord, Overview, RungRecord
from ..storages.repository import Repository
from ..trial import FrozenTrial, StudyDirection, TrialState, as_state
from .attributes import Attributes
from .trial_cache import TrialCache, copied

if TYPE_CHECKING:
    import pandas as pd


def check_findable(repository: Repository, study_name: str) -> None:
    """Refuse a name that no database can look for.

    Raises:
        TypeError: ``study_name`` is not a str.
        StudyNotFoundError: it holds half a surrogate pair.
    """
    if not isinstance(study_name, str):
        raise wrong_type("study_name", "a str", study_name, "None takes the only study of the storage")
    try:
        study_name.encode()
    except UnicodeEncodeError:
        raise StudyNotFoundError(study_name, tuple(repository.study_names())) from None


class Results(Attributes):
    """The reading half of a Study. Each property reads the database when it is used, while others may write it.

    Args:
        study_name: the study's name.
        storage: URL of its database, or an RDBStorage.

    Raises:
        StudyNotFoundError: no study of this name.
        StorageURLError, SchemaVersionError, StorageError: the storage cannot be used.
        TypeError: the name is not a str.
    """

    def __init__(self, study_name: str, storage: str | RDBStorage) -> None:
        self._holder = get_storage(storage)  # of a temporary file, which is there as long as its holder
        durable = not isinstance(self._holder, InMemoryStorage)
        self._repository = Repository.open(self._holder, durable=durable)
        try:
            check_findable(self._repository, study_name)
            self._record = self._repository.load_study(study_name)
        except BaseException:
            self._repository.close()
            raise
        self.study_name, self._durable = study_name, durable
        self._cache = TrialCache(self._repository, self._record)

    def __repr__(self) -> str:
        """In one line, without a look into the database."""
        senses = [direction.name.lower() for direction in self.directions]
        where = ("direction", repr(senses[0])) if len(senses) == 1 else ("directions", senses)
        parts = [("study_name", repr(self.study_name)), ("storage", repr(self.storage)), where]
        return one_line(type(self).__name__, parts)

    def _repr_html_(self) -> str:
        """The result so far, and how many trials there are, for a notebook."""
        from ..display.result import result_lines

        counts = self._repository.state_counts(self._record)
        result = " ".join(line.strip() for line in result_lines(self.best_trials_so_far, self.directions))
        rows = [("storage", self.storage or "in memory"), ("result", result)]
        return html_table(f"Study {self.study_name}", [*rows, *((state.name, counts[state]) for state in counts)])

    @property
    def directions(self) -> list[StudyDirection]:
        """One direction an objective."""
        return list(self._record.directions)

    @property
    def direction(self) -> StudyDirection:
        """The direction of a study with one objective.

        Raises:
            RuntimeError: the study has several objectives; see ``directions``.
        """
        self._single_objective("direction")
        return self.directions[0]

    @property
    def trials(self) -> list[FrozenTrial]:
        """All trials in number order, read from the database now."""
        return self.get_trials()

    def get_trials(self, deepcopy: bool = True, states: Iterable[TrialState] | None = None) -> list[FrozenTrial]:
        """Trials in number order, as they are stored now. Finished ones never change, and are read once.

        Args:
            deepcopy: False: the finished ones among the records are shared by all calls, and must not be changed.
            states: only trials in one of these states; None: all.

        Raises:
            TypeError: ``states`` is not a list of TrialState, or ``deepcopy`` is not a bool.
        """
        is_copied, wanted = flag("deepcopy", deepcopy), None if states is None else _states(states)
        if wanted is not None and not self._cache.is_warm:
            return self._repository.trials_in(self._record, wanted)
        found = [trial for trial in self._cache.read() if wanted is None or trial.state in wanted]
        return [copied(trial) for trial in found] if is_copied else found

    def iter_trials(self, states: Iterable[TrialState] | None = None) -> Iterator[FrozenTrial]:
        """The trials of ``get_trials`` one after another, of which only some are in memory at once.

        Args:
            states: only trials in one of these states; None: all.

        Raises:
            TypeError: ``states`` is not a list of TrialState.
        """
        return self._repository.stream(self._record, None if states is None else _states(states))

    def trial_columns(self, states: Iterable[TrialState] | None = None) -> list[str]:
        """The columns of ``trials_dataframe`` for the trials in one of ``states``; None: for all."""
        from ..display.tables import column_names

        found = self._repository.columns(self._record, None if states is None else _states(states))
        return column_names(*found, self.metric_names)

    def overview(self, shown: int = 8) -> Overview:
        """Where the study stands, in figures that the database counts; ``shown``: how many of each list."""
        return self._repository.overview(self._record, shown)

    def state_counts(self) -> dict[TrialState, int]:
        """The number of trials in each state; states that no trial has are left out."""
        return self._repository.state_counts(self._record)

    def trial_states(self) -> dict[int, TrialState]:
        """The state of each trial, by its number, in number order."""
        return self._repository.trial_states(self._record)

    def cell_counts(self) -> dict[str, int]:
        """The number of grid cells that were handed out so far, by state."""
        return self._repository.cell_counts(self._record)

    def retried_cells(self, shown: int = 8) -> tuple[int, list[CellRecord]]:
        """How many grid cells had a failed trial, and the first ``shown`` of them."""
        return self._repository.retried_cells(self._record, shown)

    @property
    def attempts(self) -> list[AttemptRecord]:
        """All attempts, by trial number and attempt."""
        return self._repository.attempts(self._record)

    def attempts_of(self, number: int) -> list[AttemptRecord]:
        """The attempts of one trial, the first one first; [] where there is none.

        Raises:
            ValueError: ``number`` is no integer >= 0.
        """
        return self._repository.attempts_of(self._record, _number(number))

    def get_trial(self, number: int) -> FrozenTrial:
        """One trial, of which only its own rows are read.

        Raises:
            ValueError: the study has no such trial, or ``number`` is no integer >= 0.
        """
        found = self._repository.trial(self._record, _number(number))
        if found is None:
            n = sum(self.state_counts().values())
            raise ValueError(f"study {self.study_name!r} has no trial {number}; it has {n}, numbered from 0.")
        return found

    @property
    def rungs(self) -> list[RungRecord]:
        """All rung records, by level and trial number."""
        return self._repository.rungs(self._record)

    @property
    def cells(self) -> list[CellRecord]:
        """The grid cells that were handed out so far, by index."""
        return self._repository.cells(self._record)

    @property
    def checkpoints(self) -> list[tuple[int, CheckpointRef]]:
        """(trial number, checkpoint) of every kept checkpoint, by trial number and step."""
        return self._repository.checkpoints(self._record)

    def kept_log(self) -> tuple[int, Iterator[LogEntry]]:
        """How many of the first events were given up by compaction, and all later ones, read as they are used."""
        return self._repository.kept_log(self._record)

    @property
    def study_id(self) -> int:
        """The id of the study's row in the database, by which Optuna's tools name it."""
        return self._record.study_id

    @property
    def created(self) -> float:
        """When the study was created, seconds since 1970 UTC: the zero of all times of attempts and events."""
        return self._record.created

    def differences(self) -> list[Difference]:
        """The rows that differ from what the log of events implies; empty unless the tables were changed by hand."""
        return self._repository.differences(self._record)

    def find_owner(self) -> tuple[str, bool] | None:
        """Who owns the study, and whether it lives; None: nobody does. Watches for a few seconds.

        An owner that is neither provably dead nor heard of in that time counts as dead here.
        """
        found = takeover.observe(self._repository, self._record, RealHost())
        return None if found is None else (found[0].holder, found[1])

    @property
    def last_run(self) -> RunStarted | None:
        """The start of the latest run: its budget, and the specs of its sampler and pruner. None before the first."""
        return self._repository.last_run(self._record)

    @property
    def storage(self) -> str | None:
        """The storage URL, its password masked; None when the study exists only as long as this object."""
        return self._repository.url if self._durable else None

    @property
    def best_trial(self) -> FrozenTrial:
        """The feasible COMPLETE trial with the best value (the earliest of equals).

        Raises:
            ValueError: no trial is COMPLETE yet, or none of them meets its constraints.
            RuntimeError: the study has several objectives; see best_trials.
        """
        self._single_objective("best_trial")
        best = self._repository.best_trial(self._record)
        if best is None:
            raise ValueError(f"study {self.study_name!r} has no best trial: {self._why_no_best()}")
        return best

    @property
    def best_value(self) -> float:
        """Value of best_trial.

        Raises:
            ValueError, RuntimeError: see ``best_trial``.
        """
        value = self.best_trial.value
        return float("nan") if value is None else value

    @property
    def best_params(self) -> dict[str, Any]:
        """Parameters of best_trial, by name, as the objective saw them.

        Raises:
            ValueError, RuntimeError: see ``best_trial``.
        """
        return dict(self.best_trial.params)

    @property
    def best_trials(self) -> list[FrozenTrial]:
        """The Pareto front: feasible COMPLETE trials that no other one beats in every objective."""
        signs = [direction.sign for direction in self.directions]
        feasible = [trial for trial in self._complete() if trial.is_feasible]
        return front((t, [s * v for s, v in zip(signs, t.values or (), strict=True)]) for t in feasible)

    @property
    def best_so_far(self) -> BestSoFar:
        """The trial that stands best now: the best trial; while none is COMPLETE, the best of those that came furthest.

        Those are the trials at the highest rung that any has reached, by their values there; where the pruner has no
        rungs, the trials whose last reports are at the highest step. Failed trials, and those that miss their
        constraints, do not count.

        Raises:
            ValueError: no trial has a result or a report that counts.
            RuntimeError: the study has several objectives; see best_trials_so_far.
        """
        self._single_objective("best_so_far")
        found = self.best_trials_so_far
        if not found:
            raise ValueError(f"study {self.study_name!r} has no best trial: {self._why_no_best()}")
        return found[0]

    @property
    def best_trials_so_far(self) -> list[BestSoFar]:
        """The Pareto front of the trials that ``best_so_far`` compares; with one objective that trial alone."""
        single = None if len(self.directions) > 1 else self._repository.best_trial(self._record)
        best = self.best_trials if len(self.directions) > 1 else [single] if single is not None else []
        return [_as_best(trial) for trial in best] or self._repository.furthest(self._record)

    def _why_no_best(self) -> str:
        """In one sentence, which names the trial that stands best where none is COMPLETE."""
        if any(True for _ in self.iter_trials((TrialState.COMPLETE,))):
            return "none of its COMPLETE trials meets its constraints."
        reported = self._repository.furthest(self._record)
        if not reported:
            return "it has no COMPLETE trial yet, and no trial has reported a value that counts."
        best = reported[0]
        return (
            f"it has no COMPLETE trial yet. Best so far: {best.value:.6g} at {best.where} (trial {best.number}, "
            f"{best.state.name}); study.best_so_far has it, with its parameters."
        )

    def _complete(self) -> list[FrozenTrial]:
        return self.get_trials(states=(TrialState.COMPLETE,))

    def trials_dataframe(self, attrs: Iterable[str] | None = None, multi_index: bool = False) -> pd.DataFrame:
        """Trials as a pandas DataFrame, one row a trial, with Optuna's column names.

        Args:
            attrs: the fields of FrozenTrial to show, in this order; None: those that Optuna shows, without
                ``system_attrs``.
            multi_index: whether columns have two levels, ``("params", "x")`` instead of ``params_x``.

        Raises:
            ImportError: pandas is not installed; it is an optional extra.
            TypeError: ``attrs`` is no list of names, or ``multi_index`` no bool.
            ValueError: FrozenTrial has no such field.
        """
        from ..display.dataframe import DEFAULT, trials_dataframe

        names = DEFAULT if attrs is None else items("attrs", attrs, 'for example ("number", "value", "params")')
        nested = flag("multi_index", multi_index)
        return trials_dataframe(self.get_trials(deepcopy=False), names, self.metric_names, len(self.directions), nested)

    def _single_objective(self, what: str) -> None:
        if len(self._record.directions) > 1:
            raise RuntimeError(f"{what} needs a single objective; this study has {len(self._record.directions)}.")


def _as_best(trial: FrozenTrial) -> BestSoFar:
    return BestSoFar(
        number=trial.number,
        state=trial.state,
        values=tuple(trial.values or ()),
        params=trial.params,
        step=trial.last_step,
    )


def _number(given: Any) -> int:
    return integer("number", given, 0, "trials are numbered from 0", MAX_STEP)


def _states(given: Any) -> tuple[TrialState, ...]:
    hint = "for example states=(TrialState.COMPLETE,)"
    found = items("states", given, hint)
    known = tuple(state for given_state in found if (state := as_state(given_state)) is not None)
    if len(known) != len(found):
        raise wrong_type("states", "a list of TrialState", found, hint)
    return known
