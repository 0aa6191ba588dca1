"""What the step pipeline needs: locks, quotas and kept answers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_BigInteger = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _locks()
    _quotas()
    _cache()
    _talk()
    _budgets()
    _figures()
    _breakers()
    _audit()
    _dry_runs()


def _locks() -> None:
    """Claims on named resources."""
    op.create_table(
        "resource_locks",
        sa.Column("id", _BigInteger, primary_key=True, autoincrement=True),
        sa.Column("resource", sa.Text, nullable=False),
        sa.Column("access", sa.Text, nullable=False),
        sa.Column("execution", _BigInteger, nullable=False),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("granted", sa.Integer, nullable=False),
        sa.Column("asked_at_ms", _BigInteger, nullable=False),
        sa.Column("granted_at_ms", _BigInteger, nullable=True),
        sa.UniqueConstraint(
            "execution", "step", "resource", name="uq_resource_locks_execution_step_resource"
        ),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_resource_locks_resource_id", "resource_locks", ["resource", "id"])
    op.create_index(
        "ix_resource_locks_resource_access_id", "resource_locks", ["resource", "access", "id"]
    )
    op.create_index(
        "ix_resource_locks_owner_granted_resource",
        "resource_locks",
        ["owner", "granted", "resource"],
    )


def _quotas() -> None:
    """Quotas, and who waits for a place within them."""
    op.create_table(
        "rate_limits",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("amount", _BigInteger, nullable=False),
        sa.Column("window_ms", _BigInteger, nullable=False),
        sa.Column("served", _BigInteger, nullable=False, server_default="0"),
        sa.Column("taken", _BigInteger, nullable=False, server_default="0"),
        sa.Column("left_amount", _BigInteger, nullable=False, server_default="0"),
        sa.Column("left_until_ms", _BigInteger, nullable=False, server_default="0"),
        sqlite_strict=True,
    )
    op.create_table(
        "rate_tickets",
        sa.Column("id", _BigInteger, primary_key=True, autoincrement=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("execution", _BigInteger, nullable=False),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("amount", _BigInteger, nullable=False),
        sa.Column("state", sa.Integer, nullable=False),
        sa.Column("at_ms", _BigInteger, nullable=False),
        sa.Column("rank", _BigInteger, nullable=False),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_rate_tickets_name_state_rank", "rate_tickets", ["name", "state", "rank"])
    op.create_index("ix_rate_tickets_name_state_at_ms", "rate_tickets", ["name", "state", "at_ms"])
    op.create_index(
        "ix_rate_tickets_execution_name_state_rank",
        "rate_tickets",
        ["execution", "name", "state", "rank"],
    )
    op.create_index("ix_rate_tickets_execution_step", "rate_tickets", ["execution", "step"])
    op.create_index("ix_rate_tickets_owner_state_name", "rate_tickets", ["owner", "state", "name"])


def _cache() -> None:
    """Kept answers, who works them out, and how often they served."""
    op.create_table(
        "cache_entries",
        sa.Column("id", _BigInteger, primary_key=True, autoincrement=True),
        sa.Column("key", sa.LargeBinary, nullable=False),
        sa.Column("meaning", sa.LargeBinary, nullable=True),
        sa.Column("agent", sa.Text, nullable=False),
        sa.Column("output", sa.LargeBinary, nullable=False),
        sa.Column("sources", sa.LargeBinary, nullable=False),
        sa.Column("size", _BigInteger, nullable=False),
        sa.Column("expires_at_ms", _BigInteger, nullable=False),
        sa.Column("used_at_ms", _BigInteger, nullable=False),
        sa.UniqueConstraint("key", name="uq_cache_entries_key"),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_cache_entries_meaning_id", "cache_entries", ["meaning", "id"])
    op.create_index("ix_cache_entries_agent_size", "cache_entries", ["agent", "size"])
    op.create_index("ix_cache_entries_expires_at_ms", "cache_entries", ["expires_at_ms"])
    op.create_index("ix_cache_entries_used_at_ms_size", "cache_entries", ["used_at_ms", "size"])
    op.create_table(
        "cache_claims",
        sa.Column("execution", _BigInteger, primary_key=True, autoincrement=False),
        sa.Column("step", sa.Text, primary_key=True),
        sa.Column("key", sa.LargeBinary, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("computing", sa.Integer, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("ix_cache_claims_key", "cache_claims", ["key"])
    op.create_index("ix_cache_claims_owner_computing", "cache_claims", ["owner", "computing"])
    op.create_table(
        "cache_counts",
        sa.Column("agent", sa.Text, primary_key=True),
        sa.Column("owner", sa.Text, primary_key=True),
        *(
            sa.Column(name, _BigInteger, nullable=False)
            for name in ("hits", "alike", "misses", "verified", "false_hits")
        ),
        sqlite_strict=True,
    )


def _talk() -> None:
    """What the steps of an execution have shared, and told each other."""
    op.create_table(
        "shared_context",
        sa.Column("execution", _BigInteger, primary_key=True, autoincrement=False),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.Column("untrusted", sa.Integer, nullable=False),
        sa.Column("at_ms", _BigInteger, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "agent_messages",
        sa.Column("execution", _BigInteger, primary_key=True, autoincrement=False),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("sender", sa.Text, nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("correlation", sa.Text, nullable=True),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.Column("untrusted", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=True),
        sa.Column("sent_at_ms", _BigInteger, nullable=False),
        sa.Column("due_ms", _BigInteger, nullable=True),
        sa.Column("ended_at_ms", _BigInteger, nullable=True),
        sqlite_strict=True,
    )


def _budgets() -> None:
    """What was spent and what is reserved, by account and by call."""
    op.create_table(
        "budgets",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("execution", _BigInteger, nullable=True),
        *(
            sa.Column(name, _BigInteger, nullable=False, server_default="0")
            for name in (
                "tokens",
                "microusd",
                "ms",
                "calls",
                "reserved_tokens",
                "reserved_microusd",
                "reserved_ms",
                "reserved_calls",
            )
        ),
        sqlite_strict=True,
    )
    op.create_index("ix_budgets_execution", "budgets", ["execution"])
    op.create_table(
        "budget_reservations",
        sa.Column("id", _BigInteger, primary_key=True, autoincrement=True),
        sa.Column("execution", _BigInteger, nullable=False),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("number", _BigInteger, nullable=False),
        sa.Column("state", sa.Integer, nullable=False),
        sa.Column("at_ms", _BigInteger, nullable=False),
        sa.Column("accounts", sa.Text, nullable=False),
        sa.Column("tokens", _BigInteger, nullable=False),
        sa.Column("microusd", _BigInteger, nullable=False),
        sa.Column("ms", _BigInteger, nullable=False),
        sa.Column("calls", _BigInteger, nullable=False),
        sa.Column("waits_for", sa.Text, nullable=True),
        sa.Column("measure", sa.Integer, nullable=True),
        sa.Column("bound", _BigInteger, nullable=True),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(
        "ix_budget_reservations_execution_step", "budget_reservations", ["execution", "step"]
    )
    op.create_index(
        "ix_budget_reservations_owner_number", "budget_reservations", ["owner", "number"]
    )
    op.create_index(
        "ix_budget_reservations_waits_for_id", "budget_reservations", ["waits_for", "id"]
    )


def _dry_runs() -> None:
    """Which executions do nothing."""
    op.add_column(
        "executions", sa.Column("dry_run", sa.Integer, nullable=False, server_default="0")
    )


def _figures() -> None:
    """What a step took and cost."""
    for name in ("queue_ms", "wait_ms", "run_ms", "tokens", "microusd"):
        op.add_column(
            "execution_steps", sa.Column(name, _BigInteger, nullable=False, server_default="0")
        )
    op.add_column(
        "execution_steps", sa.Column("cached", sa.Integer, nullable=False, server_default="0")
    )


def _breakers() -> None:
    """What fails again and again outside, and who waits for it."""
    op.create_table(
        "circuit_breakers",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("state", sa.Integer, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("window_ms", _BigInteger, nullable=False),
        sa.Column("calls", _BigInteger, nullable=False),
        sa.Column("failed", _BigInteger, nullable=False),
        sa.Column("until_ms", _BigInteger, nullable=False),
        sa.Column("pauses", sa.Integer, nullable=False),
        sa.Column("execution", _BigInteger, nullable=True),
        sa.Column("step", sa.Text, nullable=True),
        sa.Column("owner", sa.Text, nullable=True),
        sqlite_strict=True,
    )
    op.create_table(
        "circuit_waits",
        sa.Column("execution", _BigInteger, primary_key=True, autoincrement=False),
        sa.Column("step", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("at_ms", _BigInteger, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("ix_circuit_waits_owner_name", "circuit_waits", ["owner", "name"])


def _audit() -> None:
    """Decisions, in a chain of hashes."""
    op.create_table(
        "audit_log",
        sa.Column("number", _BigInteger, primary_key=True, autoincrement=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sqlite_strict=True,
    )
