"""What the server needs: who may ask, what was answered, metrics and logs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_BigInteger = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _tokens()
    _answers()
    _metrics()
    _logs()
    _traces()


def _tokens() -> None:
    """What others may ask with."""
    op.create_table(
        "tokens",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("created_at_ms", _BigInteger, nullable=False),
        sa.Column("expires_at_ms", _BigInteger, nullable=True),
        sa.Column("revoked_at_ms", _BigInteger, nullable=True),
        sa.Column("used_at_ms", _BigInteger, nullable=True),
        sqlite_strict=True,
    )
    op.create_table(
        "token_sessions",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("token", sa.Text, nullable=False),
        sa.Column("expires_at_ms", _BigInteger, nullable=False),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_token_sessions_token_expires_at_ms", "token_sessions", ["token", "expires_at_ms"]
    )
    op.create_index("ix_token_sessions_expires_at_ms", "token_sessions", ["expires_at_ms"])


def _answers() -> None:
    """Requests that are to be carried out once, and their answers."""
    op.create_table(
        "kept_answers",
        sa.Column("caller", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("fingerprint", sa.LargeBinary, nullable=False),
        sa.Column("execution", _BigInteger, nullable=False),
        sa.Column("owner", sa.Text, nullable=True),
        sa.Column("answer", sa.LargeBinary, nullable=True),
        sa.Column("at_ms", _BigInteger, nullable=False),
        sa.Column("gone", sa.Integer, nullable=False, server_default="0"),
        sqlite_strict=True,
    )
    op.create_index("ix_kept_answers_execution", "kept_answers", ["execution"])
    op.create_index("ix_kept_answers_at_ms", "kept_answers", ["at_ms"])


def _metrics() -> None:
    """What executions took, added up, and how far that has come."""
    op.create_table(
        "metrics",
        sa.Column("span_ms", _BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at_ms", _BigInteger, primary_key=True, autoincrement=False),
        sa.Column("measure", sa.Text, primary_key=True),
        sa.Column("label", sa.Text, primary_key=True),
        sa.Column("outcome", sa.Text, primary_key=True),
        sa.Column("bucket", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("number", _BigInteger, nullable=False),
        sa.Column("total", _BigInteger, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "feed_positions",
        sa.Column("reader", sa.Text, primary_key=True),
        sa.Column("position", _BigInteger, nullable=False),
        sqlite_strict=True,
    )


def _logs() -> None:
    """Log lines."""
    op.create_table(
        "logs",
        sa.Column("id", _BigInteger, primary_key=True, autoincrement=True),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("number", _BigInteger, nullable=False),
        sa.Column("at_ms", _BigInteger, nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("logger", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("fields", sa.Text, nullable=False),
        sa.Column("execution", _BigInteger, nullable=True),
        sa.Column("step", sa.Text, nullable=True),
        sa.Column("attempt", sa.Integer, nullable=True),
        sa.Column("trace_id", sa.Text, nullable=True),
        sa.Column("span_id", sa.Text, nullable=True),
        sa.UniqueConstraint("owner", "number", name="uq_logs_owner_number"),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_logs_execution_id", "logs", ["execution", "id"])


def _traces() -> None:
    """What took how long, and how far that has been told and sent."""
    op.create_table(
        "traces",
        sa.Column("execution", _BigInteger, primary_key=True, autoincrement=False),
        sa.Column("span_id", sa.Text, primary_key=True),
        sa.Column("parent_span_id", sa.Text, nullable=True),
        sa.Column("trace_id", sa.Text, nullable=False),
        sa.Column("part", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("start_ms", _BigInteger, nullable=False),
        sa.Column("end_ms", _BigInteger, nullable=True),
        sa.Column("error", sa.Text, nullable=True),
        sa.Column("told", sa.LargeBinary, nullable=False),
        sa.Column("sent", sa.Integer, nullable=True),
        sqlite_with_rowid=False,
        sqlite_strict=True,
    )
    op.create_index(
        "ix_traces_unsent",
        "traces",
        ["execution"],
        sqlite_where=sa.text("sent = 0"),
        postgresql_where=sa.text("sent = 0"),
    )
    op.create_table(
        "trace_progress",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("owner", sa.Text, nullable=True),
        sa.Column("position", _BigInteger, nullable=False),
        *(
            sa.Column(name, _BigInteger, nullable=False)
            for name in ("sent", "refused", "given_up", "lost")
        ),
        sqlite_strict=True,
    )
