"""Checkpoints, blobs for large values, priorities and the next timer of an execution; on PostgreSQL
leases, and where its positions begin."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_BigInteger = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column(
        "executions", sa.Column("priority", sa.Integer, nullable=False, server_default="0")
    )
    op.add_column("executions", sa.Column("due_ms", _BigInteger, nullable=True))
    op.create_table(
        "execution_checkpoints",
        sa.Column("execution", _BigInteger, primary_key=True, autoincrement=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.Column("checksum", _BigInteger, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "blobs",
        sa.Column("hash", sa.LargeBinary, primary_key=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "blob_uses",
        sa.Column("execution", _BigInteger, primary_key=True, autoincrement=False),
        sa.Column("hash", sa.LargeBinary, primary_key=True),
        sqlite_with_rowid=False,
        sqlite_strict=True,
    )
    if op.get_bind().dialect.name == "postgresql":
        _only_on_postgresql()


def _only_on_postgresql() -> None:
    op.create_table(
        "owners",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("process", sa.Text, nullable=False),
    )
    op.create_table(
        "journal_origin",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("transactions", sa.BigInteger, nullable=False),
    )
