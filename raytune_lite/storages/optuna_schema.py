"""Optuna's tables (its schema 12), so that its tools read our studies. Its names, keys and indexes may not differ."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

OPTUNA_SCHEMA = 12
OPTUNA_HEAD = "v3.2.0.a"
OPTUNA_OLDER_HEADS = (
    "v0.9.0.a", "v1.2.0.a", "v1.3.0.a", "v2.4.0.a", "v2.6.0.a", "v3.0.0.a", "v3.0.0.b", "v3.0.0.c", "v3.0.0.d",
)  # fmt: skip
OPTUNA_VERSION = "5.0.0"  # version_info names the release whose schema this is
NAME_LENGTH = 512

metadata = sa.MetaData()

DOUBLE = sa.Float(precision=53)
LONG_BYTES = sa.LargeBinary().with_variant(mysql.LONGBLOB(), "mysql", "mariadb")
LONG_TEXT = sa.Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")  # MySQL's TEXT ends at 64 KiB
_STATES = ("RUNNING", "COMPLETE", "PRUNED", "FAIL", "WAITING")


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
        sa.Column("value_json", LONG_TEXT),
        sa.UniqueConstraint(parent.split(".")[1], "key"),
    )


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
    sa.Column("param_value", DOUBLE),  # internal: the index of a choice
    sa.Column("distribution_json", LONG_TEXT),
    sa.UniqueConstraint("trial_id", "param_name"),
)
trial_values = sa.Table(
    "trial_values",
    metadata,
    _key("trial_value_id"),
    _parent("trials.trial_id"),
    sa.Column("objective", sa.Integer, nullable=False),
    sa.Column("value", DOUBLE),
    sa.Column("value_type", sa.Enum("FINITE", "INF_POS", "INF_NEG", name="trialvaluetype"), nullable=False),
    sa.UniqueConstraint("trial_id", "objective"),
)
trial_intermediate_values = sa.Table(
    "trial_intermediate_values",
    metadata,
    _key("trial_intermediate_value_id"),
    _parent("trials.trial_id"),
    sa.Column("step", sa.Integer, nullable=False),
    sa.Column("intermediate_value", DOUBLE),
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
