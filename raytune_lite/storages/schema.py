"""Our own tables, beside Optuna's (``optuna_schema``). Each column is declared here once.

Ours have what Optuna's lack: a unique key for everything that there can be only once (a trial's number, an event's, an
attempt, a trial's entry at a rung; a slot and a trial have one live attempt; a cell has one trial that has not failed),
and foreign keys.

A column's ``info`` says how a stored value is checked (``check``), how it is made fit for every database (``write``),
and what a new row holds before anything is known (``initial``). The SQL of the writes, the readers, the tables in
memory and the integrity check follow from these declarations: a new column needs a line here, a field of the same name
in a row of ``core.messages`` and in a record of ``records``, and a step in ``migrations``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from . import stored
from .optuna_schema import (
    DOUBLE,
    LONG_BYTES,
    LONG_TEXT,
    NAME_LENGTH,
    OPTUNA_HEAD,
    OPTUNA_OLDER_HEADS,
    OPTUNA_SCHEMA,
    OPTUNA_TABLES,
    OPTUNA_VERSION,
    alembic_version,
    metadata,
    studies,
    study_directions,
    study_system_attributes,
    study_user_attributes,
    trial_intermediate_values,
    trial_params,
    trial_system_attributes,
    trial_user_attributes,
    trial_values,
    trials,
    version_info,
)

__all__ = [
    "IS_RUN_START",
    "NAME_LENGTH",
    "OPTUNA_HEAD",
    "OPTUNA_OLDER_HEADS",
    "OPTUNA_SCHEMA",
    "OPTUNA_TABLES",
    "OPTUNA_VERSION",
    "OUR_SCHEMA",
    "OUR_TABLES",
    "SQLITE_TRIGGERS",
    "alembic_version",
    "metadata",
    "rtl_attempts",
    "rtl_checkpoints",
    "rtl_epochs",
    "rtl_events",
    "rtl_grid_cells",
    "rtl_reports",
    "rtl_rungs",
    "rtl_slots",
    "rtl_snapshot_parts",
    "rtl_snapshots",
    "rtl_studies",
    "rtl_trials",
    "rtl_version",
    "studies",
    "study_directions",
    "study_system_attributes",
    "study_user_attributes",
    "tables_for",
    "trial_intermediate_values",
    "trial_params",
    "trial_system_attributes",
    "trial_user_attributes",
    "trial_values",
    "trials",
    "version_info",
]

OUR_SCHEMA = 5  # how an older one becomes this one: migrations.py

# --- kinds of columns ----------------------------------------------------------------------------------------------


def _column(
    name: str,
    kind: Any,
    check: stored.Check,
    *,
    nullable: bool = False,
    initial: Any = None,
    write: Callable[[Any], Any] | None = None,
    **arguments: Any,
) -> sa.Column[Any]:
    info: dict[str, Any] = {"check": stored.optional(check) if nullable else check}
    if initial is not None or nullable:
        info["initial"] = initial
    if write is not None:
        info["write"] = write
    return sa.Column(name, kind, nullable=nullable, info=info, **arguments)


def _whole(name: str, low: int = 0, **arguments: Any) -> sa.Column[int]:
    return _column(name, sa.BigInteger, stored.whole(low), autoincrement=False, **arguments)


def _text(name: str, kind: Any = sa.Text, **arguments: Any) -> sa.Column[str]:
    return _column(name, kind, stored.text, **arguments)


def _seconds(name: str, **arguments: Any) -> sa.Column[float]:
    return _column(name, DOUBLE, stored.number, **arguments)


def _digest_of(column: str) -> sa.Column[str]:
    """The sha256 of a text column: its unique key (MySQL indexes at most 3072 bytes)."""
    return sa.Column(f"{column}_sha256", sa.String(64), primary_key=True, info={"digest_of": column})


def _owned_by(column: str, **arguments: bool) -> sa.Column[int]:
    """A reference that goes with its parent: Optuna's delete_study knows nothing of our tables."""
    return sa.Column(
        column.split(".")[1],
        sa.Integer,
        sa.ForeignKey(column, ondelete="CASCADE"),
        nullable=False,
        autoincrement=False,
        **arguments,  # type: ignore[arg-type]
    )


# --- the database and its studies ----------------------------------------------------------------------------------

rtl_version = sa.Table(
    "rtl_version",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.CheckConstraint("id=1"),
)
rtl_studies = sa.Table(
    "rtl_studies",
    metadata,
    _owned_by("studies.study_id", primary_key=True),
    _seconds("created"),  # since 1970 UTC
    _text("specs", LONG_TEXT),  # "{}": no longer used, and kept so that no table need be copied
)
rtl_epochs = sa.Table(  # who owns a study
    "rtl_epochs",
    metadata,
    _owned_by("studies.study_id", primary_key=True),
    _whole("epoch"),
    _text("run"),  # "": it has no owner
    _text("holder"),  # for people
    _text("host"),
    _whole("pid"),
    _text("pid_started"),
    _seconds("lease_until"),  # since 1970 UTC
    _text("address", nullable=True),  # JSON: how another process reaches the owner
)
rtl_events = sa.Table(
    "rtl_events",
    metadata,
    _owned_by("studies.study_id", primary_key=True),
    _whole("seq", primary_key=True),  # 1, 2, 3, ... without a gap
    _whole("epoch"),
    _seconds("at"),  # since the study was created
    _text("json", LONG_TEXT),
)

rtl_snapshots = sa.Table(  # what the log up to ``seq`` folds to
    "rtl_snapshots",
    metadata,
    _owned_by("studies.study_id", primary_key=True),
    _column("kind", sa.String(8), stored.word("cache", "base"), primary_key=True),  # base: the log before it is gone
    _whole("seq"),
    _seconds("at"),  # of the last event
    _text("code", sa.String(64)),  # by which the log was folded
    _text("log_digest", sa.String(64)),  # sha256 of the log from the base on
    _text("digest", sa.String(64)),  # sha256 of the parts
)
rtl_snapshot_parts = sa.Table(
    "rtl_snapshot_parts",
    metadata,
    _owned_by("studies.study_id", primary_key=True),
    _column("kind", sa.String(8), stored.text, primary_key=True),
    _whole("part", primary_key=True),
    sa.Column("data", LONG_BYTES, nullable=False),  # compressed lines, see core.snapshot
)

_RUN_START = '{"_":"RunStarted"'  # the JSON of an event has its type first
_BEGINNING = sa.func.substr(rtl_events.c.json, sa.literal_column("1"), sa.literal_column(str(len(_RUN_START))))
IS_RUN_START = sa.literal_column(f"'{_RUN_START}'") == _BEGINNING  # no parameters: statements have theirs in an order

# --- trials, and what they hold ------------------------------------------------------------------------------------

_HELD_CELL = "CASE WHEN state <> 'FAIL' THEN cell END"

rtl_trials = sa.Table(
    "rtl_trials",
    metadata,
    _owned_by("trials.trial_id", primary_key=True),
    _owned_by("studies.study_id"),
    _whole("number"),
    # the true state: Optuna's enum has no PAUSED
    _column("state", sa.String(16), stored.state, write=lambda state: state.name),
    _whole("attempt", initial=0),
    _whole("cell", nullable=True),
    # the database computes it: two trials that have not failed cannot have one cell
    sa.Column("held_cell", sa.BigInteger, sa.Computed(_HELD_CELL)),
    sa.UniqueConstraint("study_id", "number"),
    sa.Index("rtl_trials_held_cell", "study_id", "held_cell", unique=True),
)
rtl_attempts = sa.Table(
    "rtl_attempts",
    metadata,
    _owned_by("rtl_trials.trial_id", primary_key=True),
    _whole("attempt", primary_key=True),
    _text("slot"),
    _text("node"),
    _seconds("started"),  # since the study was created, both
    _seconds("ended", nullable=True),
    _text("outcome", sa.String(64), nullable=True, write=lambda outcome: str(getattr(outcome, "value", outcome))),
    _text("message", LONG_TEXT, initial="", write=stored.for_people),
    _whole("resumed_step", nullable=True),
    _whole("exit_code", stored.INT64[0], nullable=True),
    _text("stderr_tail", LONG_TEXT, nullable=True, write=stored.for_people),
    _seconds("num_gpus", nullable=True),
    _whole("gpu_peak", nullable=True),  # bytes
)
rtl_slots = sa.Table(  # the live attempts: one a slot, one a trial
    "rtl_slots",
    metadata,
    _owned_by("studies.study_id", primary_key=True),
    sa.Column("slot_sha256", sa.String(64), primary_key=True),
    _owned_by("rtl_trials.trial_id", unique=True),
    _whole("attempt"),
)
rtl_checkpoints = sa.Table(
    "rtl_checkpoints",
    metadata,
    _owned_by("rtl_trials.trial_id", primary_key=True),
    _digest_of("uri"),
    _text("uri", LONG_TEXT),
    _whole("attempt"),
    _whole("step"),
    _text("digest", sa.String(256)),
    _whole("size"),  # bytes
)
rtl_reports = sa.Table(  # of studies with several objectives; Optuna's table keeps the first one's values
    "rtl_reports",
    metadata,
    _owned_by("rtl_trials.trial_id", primary_key=True),
    _whole("step", primary_key=True),
    _column("values_json", LONG_TEXT, stored.real_floats),
)
rtl_rungs = sa.Table(
    "rtl_rungs",
    metadata,
    _owned_by("rtl_trials.trial_id", primary_key=True),
    _whole("level", primary_key=True),
    _column("value", DOUBLE, stored.number, nullable=True),  # NULL: not finite, see value_type
    _column("value_type", sa.String(8), stored.text),  # FINITE, INF_POS, INF_NEG, NAN
    # how the value came to stand at this rung
    _column("how", sa.String(16), stored.word("exact", "late", "final", "failed")),
    _column("promoted", sa.Boolean, stored.flag, initial=False),
    _whole("bracket", initial=0, server_default="0"),
    _column("losses_json", LONG_TEXT, stored.real_floats, nullable=True),  # of several objectives
)
rtl_grid_cells = sa.Table(
    "rtl_grid_cells",
    metadata,
    _owned_by("studies.study_id", primary_key=True),
    _whole("cell", primary_key=True),
    _text("state", sa.String(16)),
    _whole("number"),
    _whole("failures"),
    sa.Index("rtl_grid_cells_number", "study_id", "number", unique=True),  # a trial runs one cell in its life
)

OUR_TABLES = tuple(name for name in metadata.tables if name.startswith("rtl_"))

# SQLite checks foreign keys only where a connection asks for it, and Optuna's do not: without these triggers a study
# that Optuna deletes would leave our rows behind, and SQLite gives the freed study_id to the next study.
_BY_STUDY = ("rtl_grid_cells", "rtl_snapshot_parts", "rtl_snapshots", "rtl_events", "rtl_epochs", "rtl_studies")
_BY_TRIAL = ("rtl_reports", "rtl_rungs", "rtl_checkpoints", "rtl_slots", "rtl_attempts", "rtl_trials")
SQLITE_TRIGGERS = tuple(f"DROP TRIGGER IF EXISTS rtl_{table}_deleted" for table in ("studies", "trials")) + tuple(
    f"CREATE TRIGGER rtl_{table}_deleted AFTER DELETE ON {table} BEGIN "
    + " ".join(f"DELETE FROM {ours} WHERE {key} = OLD.{key};" for ours in owned)
    + " END"
    for table, key, owned in (("studies", "study_id", _BY_STUDY), ("trials", "trial_id", _BY_TRIAL))
)


def tables_for(dialect: sa.Dialect) -> sa.MetaData:
    """The tables as this kind of server wants them declared."""
    if dialect.name == "sqlite":
        return metadata
    exact = sa.MetaData()
    for table in metadata.sorted_tables:
        copy = table.to_metadata(exact)
        if dialect.name != "postgresql":
            copy.kwargs.update({
                f"{dialect.name}_charset": "utf8mb4", f"{dialect.name}_engine": "InnoDB",
                f"{dialect.name}_collate": _exact_collation(dialect),
            })  # fmt: skip
        else:
            for column in copy.c:
                if column.computed is not None:
                    column.computed.persisted = True  # before version 18 it knows no other
    return exact


def _exact_collation(dialect: sa.Dialect) -> str:
    """MySQL's usual collations take names that differ in case, accents or spaces at the end for one name."""
    if getattr(dialect, "is_mariadb", False):
        return "utf8mb4_nopad_bin"
    # the older one takes "a" and "a " for one name
    return "utf8mb4_0900_bin" if (dialect.server_version_info or ()) >= (8, 0, 17) else "utf8mb4_bin"
