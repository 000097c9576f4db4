"""From the core's rows to table rows: which tables a Row changes and with which values.

A batch is grouped by statement and run in one fixed order, parents first; what makes room for a unique key (a trial
that failed gives up its cell, an attempt that ended its slot) goes before what takes it. Within a statement the rows
keep their order; between two statements on one key (a checkpoint put and dropped, a trial made and moved) only the
last word is kept.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..core import messages as m
from ..distributions import distribution_to_json
from ..exceptions import StorageError
from ..trial import TrialState
from .records import StudyRecord
from .statements import Cursor, Statements

_ORDER = (
    "state", "own_state", "own_trial", "end_attempt", "free_slot", "attempt", "take_slot", "param", "report", "value",
    "user_attr", "system_attr", "checkpoint", "drop_checkpoint", "rung", "promote", "cell",
)  # fmt: skip


_NOT_ENDED: tuple[Any, ...] = (None, None, "", None, None)  # ended, outcome, message, exit_code, last_words


def optuna_state(state: TrialState, attempt: int) -> str:
    """A state as Optuna's enum has it: a trial that began and is not over is RUNNING there."""
    if state == TrialState.PAUSED or (state == TrialState.WAITING and attempt > 0):
        return TrialState.RUNNING.name
    return state.name


def stored_float(value: float) -> tuple[float | None, str]:
    """A float as Optuna stores it: (number or NULL, FINITE | INF_POS | INF_NEG | NAN)."""
    if math.isfinite(value):
        return float(value), "FINITE"
    if math.isnan(value):
        return None, "NAN"
    return None, "INF_POS" if value > 0 else "INF_NEG"


def text_key(text: str) -> str:
    """The unique key of a text of any length: a checkpoint's uri, a slot."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def for_people(text: str) -> str:
    """Text that every database takes: a traceback may quote bytes that are no Unicode, or a NUL."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")


class Batch:
    """The rows of one transaction, sorted into statements.

    ``trial_ids``: number to trial_id of the trials that exist in Optuna's tables. Trials made by this batch are
    in ``created`` and join it only when the transaction has committed.
    """

    def __init__(self, study: StudyRecord, statements: Statements, trial_ids: Mapping[int, int]) -> None:
        self._study, self._statements, self._trial_ids = study, statements, trial_ids
        self.created: dict[int, int] = {}
        self._calls: dict[str, list[tuple[Any, ...]]] = {name: [] for name in _ORDER}
        self._checkpoints: dict[tuple[int, str], m.CheckpointRef | None] = {}
        self._own: dict[int, list[Any]] = {}  # number -> row of rtl_trials, of trials that begin in this batch
        self._attempts: dict[tuple[int, int], list[Any]] = {}  # (number, attempt) -> row, of attempts that do

    def run(self, cursor: Cursor, rows: Iterable[m.Row]) -> None:
        """Store ``rows`` in the open transaction.

        Raises:
            StorageError: a row of a trial that does not exist, or a value that the schema cannot hold.
        """
        later = []
        for row in rows:
            if isinstance(row, m.NewTrial):
                self._new_trial(cursor, row)
            else:
                later.append(row)
        for row in later:
            try:
                store = _STORE[type(row)]
            except KeyError:
                raise StorageError(f"no table is known for a row of type {type(row).__name__}.") from None
            store(self, row)
        self._add_checkpoints()
        self._calls["own_trial"] = [tuple(row) for row in self._own.values()]
        self._add_attempts()
        for name in _ORDER:
            if self._calls[name]:
                self._statements[name].run_many(cursor, self._calls[name])

    def _id(self, number: int) -> int:
        found = self.created.get(number)
        if found is None:
            found = self._trial_ids.get(number)
        if found is None:
            raise StorageError(f"study {self._study.name!r} has no trial {number} to write to.")
        return found

    def _date(self, at: float | None) -> Any:
        return None if at is None else self._statements.date(self._study.created + at)

    def _new_trial(self, cursor: Cursor, row: m.NewTrial) -> None:
        if row.number in self._trial_ids or row.number in self.created:
            raise StorageError(
                f"study {self._study.name!r} has a trial {row.number} already, made by another program while this "
                "run was going. Stop that program and start this run again: its trials are then taken in."
            )
        state = optuna_state(row.state, row.attempt)
        values = (self._study.study_id, row.number, state, self._date(row.started), self._date(row.completed))
        trial_id = self.created[row.number] = self._statements.insert_trial(cursor, values)
        self._own[row.number] = [trial_id, self._study.study_id, row.number, row.state.name, row.attempt, row.cell]

    def _adopt(self, row: m.AdoptTrial) -> None:
        if row.number in self._own:
            raise StorageError(f"study {self._study.name!r}: trial {row.number} is taken in twice.")
        trial_id = self._id(row.number)
        self._own[row.number] = [trial_id, self._study.study_id, row.number, row.state.name, 0, row.cell]

    def _set_state(self, row: m.SetState) -> None:
        trial_id = self._id(row.number)
        dates = self._date(row.started), self._date(row.completed)
        self._calls["state"].append((optuna_state(row.state, row.attempt), *dates, trial_id))
        if row.number in self._own:
            self._own[row.number][3:5] = row.state.name, row.attempt
        else:
            self._calls["own_state"].append((row.state.name, row.attempt, trial_id))

    def _param(self, row: m.PutParam) -> None:
        text = distribution_to_json(row.param.distribution)
        self._calls["param"].append((self._id(row.number), row.param.name, float(row.param.value), text))

    def _report(self, row: m.PutReport) -> None:
        self._calls["report"].append((self._id(row.number), int(row.step), *stored_float(row.values[0])))

    def _values(self, row: m.PutValues) -> None:
        for objective, value in enumerate(row.values):
            number, kind = stored_float(value)
            if kind == "NAN":  # Optuna's table has no word for it, and SQLite would keep a NULL that nobody can read
                raise StorageError(f"trial {row.number}: objective value {objective} is NaN; such a trial is FAIL.")
            self._calls["value"].append((self._id(row.number), objective, number, kind))

    def _attr(self, row: m.PutAttr) -> None:
        name = "system_attr" if row.system else "user_attr"
        self._calls[name].append((self._id(row.number), row.key, row.value_json))

    def _new_attempt(self, row: m.NewAttempt) -> None:
        key = row.number, row.attempt
        if key in self._attempts:
            raise StorageError(f"study {self._study.name!r}: trial {row.number} has an attempt {row.attempt} already.")
        self._attempts[key] = [row.slot, row.node, row.started, row.resumed_step, *_NOT_ENDED]

    def _end_attempt(self, row: m.EndAttempt) -> None:
        outcome = str(getattr(row.outcome, "value", row.outcome))
        end = (row.ended, outcome, for_people(row.message), row.exit_code, for_people(row.stderr_tail or "") or None)
        if (row.number, row.attempt) in self._attempts:
            self._attempts[row.number, row.attempt][4:] = end
        else:
            key = self._id(row.number), row.attempt
            self._calls["end_attempt"].append((*end, *key))
            self._calls["free_slot"].append(key)

    def _add_attempts(self) -> None:
        for (number, attempt), row in self._attempts.items():
            trial_id, ended = self._id(number), row[4]
            self._calls["attempt"].append((trial_id, attempt, *row))
            if ended is None:
                self._calls["take_slot"].append((self._study.study_id, text_key(row[0]), trial_id, attempt))

    def _put_checkpoint(self, row: m.PutCheckpoint) -> None:
        self._checkpoints[row.number, row.checkpoint.uri] = row.checkpoint

    def _drop_checkpoint(self, row: m.DropCheckpoint) -> None:
        self._checkpoints[row.number, row.uri] = None

    def _add_checkpoints(self) -> None:
        for (number, uri), ref in self._checkpoints.items():
            key = (self._id(number), text_key(uri))
            if ref is None:
                self._calls["drop_checkpoint"].append(key)
            else:
                values = (*key, uri, ref.attempt, int(ref.step), ref.digest, int(ref.size))
                self._calls["checkpoint"].append(values)

    def _rung(self, row: m.PutRung) -> None:
        value = stored_float(row.losses[0])
        self._calls["rung"].append((self._id(row.number), int(row.level), *value, row.how, False))

    def _promote(self, row: m.PromoteRung) -> None:
        self._calls["promote"].append((self._id(row.number), int(row.level)))

    def _cell(self, row: m.PutCell) -> None:
        self._calls["cell"].append((self._study.study_id, row.cell, row.state, row.number, row.failures))


_STORE: dict[type[m.Row], Callable[[Batch, Any], None]] = {
    m.AdoptTrial: Batch._adopt,
    m.SetState: Batch._set_state,
    m.PutParam: Batch._param,
    m.PutReport: Batch._report,
    m.PutValues: Batch._values,
    m.PutAttr: Batch._attr,
    m.NewAttempt: Batch._new_attempt,
    m.EndAttempt: Batch._end_attempt,
    m.PutCheckpoint: Batch._put_checkpoint,
    m.DropCheckpoint: Batch._drop_checkpoint,
    m.PutRung: Batch._rung,
    m.PromoteRung: Batch._promote,
    m.PutCell: Batch._cell,
}
