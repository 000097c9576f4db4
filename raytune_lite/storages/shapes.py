"""What the columns of a table are for: the owner of a row, the key among the rows of one owner, the values.

Derived from ``schema`` for the tables that rows of the core change. Everything that writes or compares such tables asks
here: the SQL statements, the tables in memory, the integrity check.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

from . import schema as t

Values = dict[str, Any]

# table -> the key among the rows of one trial (for the grid's cells: of one study, since a cell changes its trial)
_KEYS: dict[str, tuple[str, ...]] = {
    "trials": (),
    "rtl_trials": (),
    "trial_params": ("param_name",),
    "trial_intermediate_values": ("step",),
    "trial_values": ("objective",),
    "trial_user_attributes": ("key",),
    "trial_system_attributes": ("key",),
    "rtl_attempts": ("attempt",),
    "rtl_slots": (),
    "rtl_checkpoints": ("uri",),
    "rtl_reports": ("step",),
    "rtl_rungs": ("level",),
    "rtl_grid_cells": ("cell",),
}
_COPIES = {"trials": ("study_id", "number"), "rtl_trials": ("study_id", "number"), "rtl_slots": ("study_id",)}


@dataclass(frozen=True, slots=True)
class Shape:
    """One table.

    ``owner``: the column of its trial or study. ``key``: the key among the rows of one owner; ``values``: what a row
    holds besides. ``sql_key``: the columns by which SQL finds one row: owner and key, or, if ``is_digested``, a digest
    of the key. ``copies``: what an INSERT repeats of the study and the trial. ``columns``: all that it fills, in order.
    ``initial``: values of a new row that may be left out. ``take``: from a row's values to a tuple of them in order.
    ``is_plain``: an INSERT fills owner, key and values, and none may be left out.
    """

    name: str
    table: sa.Table
    owner: str
    key: tuple[str, ...]
    values: tuple[str, ...]
    sql_key: tuple[str, ...]
    is_digested: bool
    copies: tuple[str, ...]
    columns: tuple[str, ...]
    initial: Values
    take: Callable[[Values], tuple[Any, ...]]
    is_plain: bool


def _shape(table: sa.Table, key: tuple[str, ...]) -> Shape:
    owner = "trial_id" if "trial_id" in table.c else "study_id"
    digests = {column.info["digest_of"]: column.name for column in table.c if "digest_of" in column.info}
    sql_key = (owner, *(digests.get(name, name) for name in key))
    before = (*sql_key, *digests, *_COPIES.get(table.name, ()))
    primary = table.primary_key.columns
    counters = [column.name for column in primary if len(primary) == 1 and column.autoincrement is not False]
    values = [c for c in table.c if c.computed is None and c.name not in (*before, *counters)]
    initial = {column.name: column.info["initial"] for column in values if "initial" in column.info}
    return Shape(
        name=table.name,
        table=table,
        owner=owner,
        key=key,
        values=tuple(column.name for column in values),
        sql_key=sql_key,
        is_digested=bool(digests),
        copies=_COPIES.get(table.name, ()),
        columns=(*before, *(column.name for column in values)),
        initial=initial,
        take=_taker([column.name for column in values]),
        is_plain=owner == "trial_id" and before == (owner, *key) and not initial,
    )


def _taker(names: list[str]) -> Callable[[Values], tuple[Any, ...]]:
    if len(names) > 1:
        return itemgetter(*names)
    (name,) = names
    return lambda values: (values[name],)  # of one name, itemgetter makes no tuple


SHAPES = {name: _shape(t.metadata.tables[name], key) for name, key in _KEYS.items()}
