"""The journal, its read models and the inbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_BigInteger = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _journal()
    _executions()
    _steps_and_approvals()
    _inbox()


def _journal() -> None:
    op.create_table(
        "journal",
        sa.Column("position", _BigInteger, primary_key=True, autoincrement=True),
        sa.Column("execution", _BigInteger, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("at_ms", _BigInteger, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.Column("checksum", _BigInteger, nullable=False),
        sa.UniqueConstraint("execution", "seq"),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )


def _executions() -> None:
    op.create_table(
        "executions",
        sa.Column("id", _BigInteger, primary_key=True, autoincrement=False),
        sa.Column("query", sa.Text, nullable=False),
        sa.Column("user", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("steps_total", sa.Integer, nullable=False),
        sa.Column("steps_done", sa.Integer, nullable=False),
        sa.Column("created_at_ms", _BigInteger, nullable=False),
        sa.Column("updated_at_ms", _BigInteger, nullable=False),
        sa.Column("ended", sa.Integer, nullable=False),
        sa.Column("owner", sa.Text, nullable=True),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("last_seq", sa.Integer, nullable=False),
        sa.Column("last_checksum", _BigInteger, nullable=False),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_executions_unfinished",
        "executions",
        ["id"],
        sqlite_where=sa.text("ended = 0"),
        postgresql_where=sa.text("ended = 0"),
    )


def _steps_and_approvals() -> None:
    op.create_table(
        "execution_steps",
        sa.Column("execution", _BigInteger, primary_key=True),
        sa.Column("step", sa.Text, primary_key=True),
        sa.Column("agent", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("started_at_ms", _BigInteger, nullable=True),
        sa.Column("ended_at_ms", _BigInteger, nullable=True),
        sqlite_with_rowid=False,
        sqlite_strict=True,
    )
    op.create_table(
        "pending_approvals",
        sa.Column("execution", _BigInteger, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("step", sa.Text, nullable=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.Column("asked_at_ms", _BigInteger, nullable=False),
        sa.Column("decided_at_ms", _BigInteger, nullable=True),
        sqlite_strict=True,
    )


def _inbox() -> None:
    op.create_table(
        "inbox",
        sa.Column("id", _BigInteger, primary_key=True, autoincrement=True),
        sa.Column("execution", _BigInteger, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.Column("created_at_ms", _BigInteger, nullable=False),
        sa.Column("outcome", sa.Text, nullable=True),
        sa.Column("settled_at_ms", _BigInteger, nullable=True),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(
        "ix_inbox_unsettled",
        "inbox",
        ["execution"],
        sqlite_where=sa.text("outcome IS NULL"),
        postgresql_where=sa.text("outcome IS NULL"),
    )
