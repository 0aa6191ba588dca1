"""The tables of the journal and of its read models: the only truth about the schema.

The migrations must add up to exactly this; `tests/migrations` proves it. Tables are STRICT, so that
a value of another type is refused when it is written and not met when it is read.
"""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

_BigInteger = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

journal = sa.Table(
    "journal",
    metadata,
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

executions = sa.Table(
    "executions",
    metadata,
    sa.Column("id", _BigInteger, primary_key=True, autoincrement=False),
    sa.Column("query", sa.Text, nullable=False),
    sa.Column("user", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("steps_total", sa.Integer, nullable=False),
    sa.Column("steps_done", sa.Integer, nullable=False),
    sa.Column("created_at_ms", _BigInteger, nullable=False),
    sa.Column("updated_at_ms", _BigInteger, nullable=False),
    # 0 goes on or waits, 1 has ended, 2 is being removed by retention: it isn't there any more.
    sa.Column("ended", sa.Integer, nullable=False),
    sa.Column("owner", sa.Text, nullable=True),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("last_seq", sa.Integer, nullable=False),
    sa.Column("last_checksum", _BigInteger, nullable=False),
    sa.Column("priority", sa.Integer, nullable=False, server_default="0"),
    sa.Column("due_ms", _BigInteger, nullable=True),
    sa.Column("dry_run", sa.Integer, nullable=False, server_default="0"),
    sqlite_strict=True,
)

# Partial, so that finding what must go on after a crash costs the same whatever the history.
sa.Index(
    "ix_executions_unfinished",
    executions.c.id,
    sqlite_where=sa.text("ended = 0"),
    postgresql_where=sa.text("ended = 0"),
)

execution_steps = sa.Table(
    "execution_steps",
    metadata,
    sa.Column("execution", _BigInteger, primary_key=True),
    sa.Column("step", sa.Text, primary_key=True),
    sa.Column("agent", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("started_at_ms", _BigInteger, nullable=True),
    sa.Column("ended_at_ms", _BigInteger, nullable=True),
    sa.Column("queue_ms", _BigInteger, nullable=False, server_default="0"),
    sa.Column("wait_ms", _BigInteger, nullable=False, server_default="0"),
    sa.Column("run_ms", _BigInteger, nullable=False, server_default="0"),
    sa.Column("tokens", _BigInteger, nullable=False, server_default="0"),
    sa.Column("microusd", _BigInteger, nullable=False, server_default="0"),
    sa.Column("cached", sa.Integer, nullable=False, server_default="0"),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)

pending_approvals = sa.Table(
    "pending_approvals",
    metadata,
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

inbox = sa.Table(
    "inbox",
    metadata,
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

sa.Index(
    "ix_inbox_unsettled",
    inbox.c.execution,
    sqlite_where=sa.text("outcome IS NULL"),
    postgresql_where=sa.text("outcome IS NULL"),
)

# The newest one only: it shortens a fold, and losing it loses nothing.
execution_checkpoints = sa.Table(
    "execution_checkpoints",
    metadata,
    sa.Column("execution", _BigInteger, primary_key=True, autoincrement=False),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("payload", sa.LargeBinary, nullable=False),
    sa.Column("checksum", _BigInteger, nullable=False),
    sqlite_strict=True,
)

# Large values by the SHA-256 of their bytes: one that occurs often is stored once.
blobs = sa.Table(
    "blobs",
    metadata,
    sa.Column("hash", sa.LargeBinary, primary_key=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
    sqlite_strict=True,
)

blob_uses = sa.Table(
    "blob_uses",
    metadata,
    sa.Column("execution", _BigInteger, primary_key=True, autoincrement=False),
    sa.Column("hash", sa.LargeBinary, primary_key=True),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)

# Decisions in a chain of hashes: see `tizmor.ports.audit`. It outlives the executions it tells of.
audit_log = sa.Table(
    "audit_log",
    metadata,
    sa.Column("number", _BigInteger, primary_key=True, autoincrement=False),
    sa.Column("payload", sa.LargeBinary, nullable=False),
    sa.Column("hash", sa.LargeBinary, nullable=False),
    sqlite_strict=True,
)

# Claims on named resources. `id` is the place in line and the fencing token.
resource_locks = sa.Table(
    "resource_locks",
    metadata,
    sa.Column("id", _BigInteger, primary_key=True, autoincrement=True),
    sa.Column("resource", sa.Text, nullable=False),
    sa.Column("access", sa.Text, nullable=False),
    sa.Column("execution", _BigInteger, nullable=False),
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("granted", sa.Integer, nullable=False),
    sa.Column("asked_at_ms", _BigInteger, nullable=False),
    sa.Column("granted_at_ms", _BigInteger, nullable=True),
    sa.UniqueConstraint("execution", "step", "resource"),
    sa.Index(None, "resource", "id"),
    sa.Index(None, "resource", "access", "id"),
    sa.Index(None, "owner", "granted", "resource"),
    sqlite_autoincrement=True,
    sqlite_strict=True,
)

# Quotas as they were last asked for; `served` is the rank of the last ticket that was granted.
rate_limits = sa.Table(
    "rate_limits",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("amount", _BigInteger, nullable=False),
    sa.Column("window_ms", _BigInteger, nullable=False),
    sa.Column("served", _BigInteger, nullable=False, server_default="0"),
    sa.Column("taken", _BigInteger, nullable=False, server_default="0"),
    sa.Column("left_amount", _BigInteger, nullable=False, server_default="0"),
    sa.Column("left_until_ms", _BigInteger, nullable=False, server_default="0"),
    sqlite_strict=True,
)

# Places within quotas; `shared/quotas.py` says what their states are.
rate_tickets = sa.Table(
    "rate_tickets",
    metadata,
    sa.Column("id", _BigInteger, primary_key=True, autoincrement=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("execution", _BigInteger, nullable=False),
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("amount", _BigInteger, nullable=False),
    sa.Column("state", sa.Integer, nullable=False),
    sa.Column("at_ms", _BigInteger, nullable=False),
    sa.Column("rank", _BigInteger, nullable=False),
    sa.Index(None, "name", "state", "rank"),
    sa.Index(None, "name", "state", "at_ms"),
    sa.Index(None, "execution", "name", "state", "rank"),
    sa.Index(None, "execution", "step"),
    sa.Index(None, "owner", "state", "name"),
    sqlite_autoincrement=True,
    sqlite_strict=True,
)

# Answers that are kept. `key` and `meaning` are hashes: what was asked can't be read from them.
cache_entries = sa.Table(
    "cache_entries",
    metadata,
    sa.Column("id", _BigInteger, primary_key=True, autoincrement=True),
    sa.Column("key", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("meaning", sa.LargeBinary, nullable=True),
    sa.Column("agent", sa.Text, nullable=False),
    sa.Column("output", sa.LargeBinary, nullable=False),
    sa.Column("sources", sa.LargeBinary, nullable=False),
    sa.Column("size", _BigInteger, nullable=False),
    sa.Column("expires_at_ms", _BigInteger, nullable=False),
    sa.Column("used_at_ms", _BigInteger, nullable=False),
    sa.Index(None, "meaning", "id"),
    sa.Index(None, "agent", "size"),
    sa.Index(None, "expires_at_ms"),
    sa.Index(None, "used_at_ms", "size"),
    sqlite_autoincrement=True,
    sqlite_strict=True,
)

# Who works an answer out (`computing` 1), and who waits for it (0).
cache_claims = sa.Table(
    "cache_claims",
    metadata,
    sa.Column("execution", _BigInteger, primary_key=True, autoincrement=False),
    sa.Column("step", sa.Text, primary_key=True),
    sa.Column("key", sa.LargeBinary, nullable=False),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("computing", sa.Integer, nullable=False),
    sa.Index(None, "key"),
    sa.Index(None, "owner", "computing"),
    sqlite_strict=True,
)

# What each process has counted so far; with no owner, what those have that are dead.
cache_counts = sa.Table(
    "cache_counts",
    metadata,
    sa.Column("agent", sa.Text, primary_key=True),
    sa.Column("owner", sa.Text, primary_key=True),
    sa.Column("hits", _BigInteger, nullable=False),
    sa.Column("alike", _BigInteger, nullable=False),
    sa.Column("misses", _BigInteger, nullable=False),
    sa.Column("verified", _BigInteger, nullable=False),
    sa.Column("false_hits", _BigInteger, nullable=False),
    sqlite_strict=True,
)

# All versions of the values that the steps of an execution have shared.
shared_context = sa.Table(
    "shared_context",
    metadata,
    sa.Column("execution", _BigInteger, primary_key=True, autoincrement=False),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("payload", sa.LargeBinary, nullable=False),
    sa.Column("untrusted", sa.Integer, nullable=False),
    sa.Column("at_ms", _BigInteger, nullable=False),
    sqlite_strict=True,
)

# Messages between the steps of an execution, dead letters with their reason.
agent_messages = sa.Table(
    "agent_messages",
    metadata,
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

# What was spent on an account, and what is reserved; `execution` where it is only one's own.
budgets = sa.Table(
    "budgets",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("execution", _BigInteger, nullable=True, index=True),
    sa.Column("tokens", _BigInteger, nullable=False, server_default="0"),
    sa.Column("microusd", _BigInteger, nullable=False, server_default="0"),
    sa.Column("ms", _BigInteger, nullable=False, server_default="0"),
    sa.Column("calls", _BigInteger, nullable=False, server_default="0"),
    sa.Column("reserved_tokens", _BigInteger, nullable=False, server_default="0"),
    sa.Column("reserved_microusd", _BigInteger, nullable=False, server_default="0"),
    sa.Column("reserved_ms", _BigInteger, nullable=False, server_default="0"),
    sa.Column("reserved_calls", _BigInteger, nullable=False, server_default="0"),
    sqlite_strict=True,
)

# Calls that wait for a budget (state 0), have reserved what they may use (1), or may have used it
# before their process died (2).
budget_reservations = sa.Table(
    "budget_reservations",
    metadata,
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
    sa.Index(None, "execution", "step"),
    sa.Index(None, "owner", "number"),
    sa.Index(None, "waits_for", "id"),
    sqlite_autoincrement=True,
    sqlite_strict=True,
)

# Breakers before which something has failed: closed (0), open until a time (1), or tried by one
# call (2). `calls` and how many of them `failed` are those since `window_ms`.
circuit_breakers = sa.Table(
    "circuit_breakers",
    metadata,
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

# Who is held by which breaker.
circuit_waits = sa.Table(
    "circuit_waits",
    metadata,
    sa.Column("execution", _BigInteger, primary_key=True, autoincrement=False),
    sa.Column("step", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("at_ms", _BigInteger, nullable=False),
    sa.Index(None, "owner", "name"),
    sqlite_strict=True,
)

# What others may ask the server with: see `tizmor.ports.tokens`. `hash` is argon2's.
tokens = sa.Table(
    "tokens",
    metadata,
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

# Browsers that have shown a token; `digest` is the SHA-256 of what they keep.
token_sessions = sa.Table(
    "token_sessions",
    metadata,
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    sa.Column("token", sa.Text, nullable=False),
    sa.Column("expires_at_ms", _BigInteger, nullable=False),
    sa.Index(None, "token", "expires_at_ms"),
    sa.Index(None, "expires_at_ms"),
    sqlite_strict=True,
)

# Requests that are to be carried out once, and their answers: see `tizmor.ports.answers`.
kept_answers = sa.Table(
    "kept_answers",
    metadata,
    sa.Column("caller", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("fingerprint", sa.LargeBinary, nullable=False),
    sa.Column("execution", _BigInteger, nullable=False),
    sa.Column("owner", sa.Text, nullable=True),
    sa.Column("answer", sa.LargeBinary, nullable=True),
    sa.Column("at_ms", _BigInteger, nullable=False),
    # 1 when what it began has been removed by retention.
    sa.Column("gone", sa.Integer, nullable=False, server_default="0"),
    sa.Index(None, "execution"),
    sa.Index(None, "at_ms"),
    sqlite_strict=True,
)

# What executions took and cost, added up (`tizmor.ports.metrics`): by the minute (`span_ms`
# 60,000), older ones by the hour, and since ever (0).
metrics = sa.Table(
    "metrics",
    metadata,
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

# Up to which of the journal's positions a reader of it has come.
feed_positions = sa.Table(
    "feed_positions",
    metadata,
    sa.Column("reader", sa.Text, primary_key=True),
    sa.Column("position", _BigInteger, nullable=False),
    sqlite_strict=True,
)

# Log lines (`tizmor.ports.logs`): `number` counts those of the process that wrote them, `owner`.
logs = sa.Table(
    "logs",
    metadata,
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
    sa.UniqueConstraint("owner", "number"),
    sa.Index(None, "execution", "id"),
    sqlite_autoincrement=True,
    sqlite_strict=True,
)

# What took how long in each execution, told from its journal or by its agents. `sent`: 0 is to be
# sent, 1 was, 2 was given up; with none nobody wants it.
traces = sa.Table(
    "traces",
    metadata,
    sa.Column("execution", _BigInteger, primary_key=True, autoincrement=False),
    sa.Column("span_id", sa.Text, primary_key=True),
    sa.Column("parent_span_id", sa.Text, nullable=True),
    sa.Column("trace_id", sa.Text, nullable=False),
    sa.Column("part", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("start_ms", _BigInteger, nullable=False),
    sa.Column("end_ms", _BigInteger, nullable=True),
    sa.Column("error", sa.Text, nullable=True),
    # JSON: what is said of it, its links, and what was said of its error.
    sa.Column("told", sa.LargeBinary, nullable=False),
    sa.Column("sent", sa.Integer, nullable=True),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)

# Partial, so that finding what is to be sent costs the same whatever was sent before.
sa.Index(
    "ix_traces_unsent",
    traces.c.execution,
    sqlite_where=sa.text("sent = 0"),
    postgresql_where=sa.text("sent = 0"),
)

# One row: how far the journal has been told, and who tells it; what became of what was to be sent.
trace_progress = sa.Table(
    "trace_progress",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("owner", sa.Text, nullable=True),
    sa.Column("position", _BigInteger, nullable=False),
    sa.Column("sent", _BigInteger, nullable=False),
    sa.Column("refused", _BigInteger, nullable=False),
    sa.Column("given_up", _BigInteger, nullable=False),
    sa.Column("lost", _BigInteger, nullable=False),
    sqlite_strict=True,
)
