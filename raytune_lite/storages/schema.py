"""The tables: Optuna's (its schema 12, so that its tools read our studies), and ours beside them.

Optuna's names, keys and indexes are its interface and may not differ. Ours have what Optuna's lack: a unique key for
every claim we make (one row a trial number, an event number, an attempt, a rung; a slot and a trial have one live
attempt; a cell has one trial that has not failed), and foreign keys.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

OPTUNA_SCHEMA = 12
OPTUNA_HEAD = "v3.2.0.a"
OPTUNA_OLDER_HEADS = (
    "v0.9.0.a", "v1.2.0.a", "v1.3.0.a", "v2.4.0.a", "v2.6.0.a", "v3.0.0.a", "v3.0.0.b", "v3.0.0.c", "v3.0.0.d",
)  # fmt: skip
OPTUNA_VERSION = "5.0.0"  # version_info names the release whose schema this is
OUR_SCHEMA = 2  # how an older one becomes this one: migrations.py
NAME_LENGTH = 512

metadata = sa.MetaData()

_STATES = ("RUNNING", "COMPLETE", "PRUNED", "FAIL", "WAITING")
_DOUBLE = sa.Float(precision=53)
_LONG_TEXT = sa.Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")  # MySQL's TEXT ends at 64 KiB


def _key(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, primary_key=True)


def _parent(column: str, nullable: bool = False) -> sa.Column[int]:
    """A reference as Optuna declares it: no action on delete."""
    return sa.Column(column.split(".")[1], sa.Integer, sa.ForeignKey(column), nullable=nullable)


def _attributes(table: str, parent: str) -> sa.Table:
    return sa.Table(
        table,
        metadata,
        _key(f"{table[:-1]}_id"),
        _parent(parent, nullable=True),
        sa.Column("key", sa.String(NAME_LENGTH)),
        sa.Column("value_json", _LONG_TEXT),
        sa.UniqueConstraint(parent.split(".")[1], "key"),
    )


# --- Optuna's ----------------------------------------------------------------------------------------------------

studies = sa.Table(
    "studies",
    metadata,
    _key("study_id"),
    sa.Column("study_name", sa.String(NAME_LENGTH), index=True, unique=True, nullable=False),
)
study_directions = sa.Table(
    "study_directions",
    metadata,
    _key("study_direction_id"),
    sa.Column("direction", sa.Enum("NOT_SET", "MINIMIZE", "MAXIMIZE", name="studydirection"), nullable=False),
    _parent("studies.study_id"),
    sa.Column("objective", sa.Integer, nullable=False),
    sa.UniqueConstraint("study_id", "objective"),
)
study_user_attributes = _attributes("study_user_attributes", "studies.study_id")
study_system_attributes = _attributes("study_system_attributes", "studies.study_id")
trials = sa.Table(
    "trials",
    metadata,
    _key("trial_id"),
    sa.Column("number", sa.Integer),
    sa.Column("study_id", sa.Integer, sa.ForeignKey("studies.study_id"), index=True),
    sa.Column("state", sa.Enum(*_STATES, name="trialstate"), nullable=False),
    sa.Column("datetime_start", sa.DateTime),  # naive UTC, both
    sa.Column("datetime_complete", sa.DateTime),
)
trial_user_attributes = _attributes("trial_user_attributes", "trials.trial_id")
trial_system_attributes = _attributes("trial_system_attributes", "trials.trial_id")
trial_params = sa.Table(
    "trial_params",
    metadata,
    _key("param_id"),
    _parent("trials.trial_id", nullable=True),
    sa.Column("param_name", sa.String(NAME_LENGTH)),
    sa.Column("param_value", _DOUBLE),  # internal: the index of a choice
    sa.Column("distribution_json", _LONG_TEXT),
    sa.UniqueConstraint("trial_id", "param_name"),
)
trial_values = sa.Table(
    "trial_values",
    metadata,
    _key("trial_value_id"),
    _parent("trials.trial_id"),
    sa.Column("objective", sa.Integer, nullable=False),
    sa.Column("value", _DOUBLE),
    sa.Column("value_type", sa.Enum("FINITE", "INF_POS", "INF_NEG", name="trialvaluetype"), nullable=False),
    sa.UniqueConstraint("trial_id", "objective"),
)
trial_intermediate_values = sa.Table(
    "trial_intermediate_values",
    metadata,
    _key("trial_intermediate_value_id"),
    _parent("trials.trial_id"),
    sa.Column("step", sa.Integer, nullable=False),
    sa.Column("intermediate_value", _DOUBLE),
    sa.Column(
        "intermediate_value_type",
        sa.Enum("FINITE", "INF_POS", "INF_NEG", "NAN", name="trialintermediatevaluetype"),
        nullable=False,
    ),
    sa.UniqueConstraint("trial_id", "step"),
)
trial_heartbeats = sa.Table(  # never written by us: our leases are in rtl_epochs
    "trial_heartbeats",
    metadata,
    _key("trial_heartbeat_id"),
    _parent("trials.trial_id"),
    sa.Column("heartbeat", sa.DateTime, nullable=False),
    sa.UniqueConstraint("trial_id"),
)
version_info = sa.Table(
    "version_info",
    metadata,
    sa.Column("version_info_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("schema_version", sa.Integer),
    sa.Column("library_version", sa.String(256)),
    sa.CheckConstraint("version_info_id=1"),
)
alembic_version = sa.Table(
    "alembic_version",
    metadata,
    sa.Column("version_num", sa.String(32), nullable=False),
    sa.PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)

OPTUNA_TABLES = tuple(metadata.tables)

# --- ours --------------------------------------------------------------------------------------------------------


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


def _big(name: str, nullable: bool = False, primary_key: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable, primary_key=primary_key, autoincrement=False)


HELD_CELL = "CASE WHEN state <> 'FAIL' THEN cell END"

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
    sa.Column("created", _DOUBLE, nullable=False),  # seconds since 1970 UTC
    sa.Column("specs", _LONG_TEXT, nullable=False),  # "{}": no longer used, and kept so that no table need be copied
)
rtl_epochs = sa.Table(
    "rtl_epochs",
    metadata,
    _owned_by("studies.study_id", primary_key=True),
    _big("epoch"),
    sa.Column("run", sa.Text, nullable=False),  # "": nobody holds the study
    sa.Column("holder", sa.Text, nullable=False),  # for people
    sa.Column("host", sa.Text, nullable=False),
    _big("pid"),
    sa.Column("pid_started", sa.Text, nullable=False),
    sa.Column("lease_until", _DOUBLE, nullable=False),  # seconds since 1970 UTC
)
rtl_events = sa.Table(
    "rtl_events",
    metadata,
    _owned_by("studies.study_id", primary_key=True),
    _big("seq", primary_key=True),  # 1, 2, 3, ... without a gap
    _big("epoch"),
    sa.Column("at", _DOUBLE, nullable=False),  # seconds since the study was created
    sa.Column("json", _LONG_TEXT, nullable=False),
)
rtl_trials = sa.Table(
    "rtl_trials",
    metadata,
    _owned_by("trials.trial_id", primary_key=True),
    _owned_by("studies.study_id"),
    _big("number"),
    sa.Column("state", sa.String(16), nullable=False),  # the true one; Optuna's enum has no PAUSED
    _big("attempt"),
    _big("cell", nullable=True),
    # the database's own work: two trials that have not failed cannot stand on one cell
    sa.Column("held_cell", sa.BigInteger, sa.Computed(HELD_CELL)),
    sa.UniqueConstraint("study_id", "number"),
    sa.Index("rtl_trials_held_cell", "study_id", "held_cell", unique=True),
)
rtl_attempts = sa.Table(
    "rtl_attempts",
    metadata,
    _owned_by("rtl_trials.trial_id", primary_key=True),
    _big("attempt", primary_key=True),
    sa.Column("slot", sa.Text, nullable=False),
    sa.Column("node", sa.Text, nullable=False),
    sa.Column("started", _DOUBLE, nullable=False),  # seconds since the study was created, both
    sa.Column("ended", _DOUBLE),
    sa.Column("outcome", sa.String(64)),
    sa.Column("message", _LONG_TEXT, nullable=False),
    _big("resumed_step", nullable=True),
    _big("exit_code", nullable=True),
    sa.Column("last_words", _LONG_TEXT),  # the tail of its stderr
)
rtl_slots = sa.Table(  # the live attempts: one a slot, one a trial
    "rtl_slots",
    metadata,
    _owned_by("studies.study_id", primary_key=True),
    sa.Column("slot_sha256", sa.String(64), primary_key=True),
    _owned_by("rtl_trials.trial_id", unique=True),
    _big("attempt"),
)
rtl_checkpoints = sa.Table(
    "rtl_checkpoints",
    metadata,
    _owned_by("rtl_trials.trial_id", primary_key=True),
    # sha256 of the uri: the unique key of a text of any length (MySQL indexes at most 3072 bytes)
    sa.Column("uri_sha256", sa.String(64), primary_key=True),
    sa.Column("uri", _LONG_TEXT, nullable=False),
    _big("attempt"),
    _big("step"),
    sa.Column("digest", sa.String(256), nullable=False),
    _big("size"),  # bytes
)
rtl_rungs = sa.Table(
    "rtl_rungs",
    metadata,
    _owned_by("rtl_trials.trial_id", primary_key=True),
    _big("level", primary_key=True),
    sa.Column("value", _DOUBLE),
    sa.Column("value_type", sa.String(8), nullable=False),  # FINITE, INF_POS, INF_NEG, NAN
    sa.Column("how", sa.String(16), nullable=False),
    sa.Column("promoted", sa.Boolean, nullable=False),
)
rtl_grid_cells = sa.Table(
    "rtl_grid_cells",
    metadata,
    _owned_by("studies.study_id", primary_key=True),
    _big("cell", primary_key=True),
    sa.Column("state", sa.String(16), nullable=False),
    _big("number"),
    _big("failures"),
    sa.Index("rtl_grid_cells_number", "study_id", "number", unique=True),  # a trial runs one cell in its life
)

OUR_TABLES = tuple(name for name in metadata.tables if name.startswith("rtl_"))

# SQLite checks foreign keys only where a connection asks for it, and Optuna's do not: without these triggers a study
# that Optuna deletes would leave our rows behind, and SQLite gives the freed study_id to the next study.
_BY_STUDY = ("rtl_grid_cells", "rtl_events", "rtl_epochs", "rtl_studies")
_BY_TRIAL = ("rtl_rungs", "rtl_checkpoints", "rtl_slots", "rtl_attempts", "rtl_trials")
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
