"""May this process use this database? Asked once, before anything is read or written.

On PostgreSQL only `tizmor migrate` migrates: several processes, of several versions, may use it.
"""

from __future__ import annotations

from collections.abc import Sequence

import asyncpg

from tizmor.core.errors import WorkspaceUnusable
from tizmor.storage.postgres import position
from tizmor.storage.postgres.errors import opening_errors
from tizmor.storage.postgres.wire import Connection, connect
from tizmor.storage.schema import VERSION

TABLES = (
    "agent_messages",
    "audit_log",
    "blob_uses",
    "blobs",
    "cache_claims",
    "cache_counts",
    "cache_entries",
    "budget_reservations",
    "budgets",
    "circuit_breakers",
    "circuit_waits",
    "execution_checkpoints",
    "execution_steps",
    "executions",
    "feed_positions",
    "inbox",
    "journal",
    "journal_origin",
    "kept_answers",
    "logs",
    "metrics",
    "owners",
    "pending_approvals",
    "rate_limits",
    "rate_tickets",
    "resource_locks",
    "shared_context",
    "trace_progress",
    "traces",
    "token_sessions",
    "tokens",
)
_VERSION = "alembic_version"
_READ = ("SELECT",)
_WRITE = ("SELECT", "INSERT", "UPDATE", "DELETE")
_FORBIDDEN = (
    "SELECT t.name || ' (' || p.privilege || ')'"
    " FROM unnest($1::text[]) AS t(name), unnest($2::text[]) AS p(privilege)"
    " WHERE NOT has_table_privilege(to_regclass(t.name), p.privilege) ORDER BY 1"
)


async def refuse_unusable(url: str, *, write: bool) -> None:
    """Raises `WrongSetting` for a URL that leads nowhere, `WorkspaceUnusable` for a schema of
    another version, a user without the rights, or a server that takes no writes."""
    with opening_errors():
        connection = await connect(url, "opening")
        try:
            await _refuse_rights(connection, [_VERSION], _READ)
            refuse_version(await version(connection))
            if write and await connection.fetchval("SELECT pg_is_in_recovery()"):
                raise WorkspaceUnusable(
                    "the server of DATABASE_URL is a standby and takes no writes: name the primary"
                )
            await _refuse_rights(connection, TABLES, _WRITE if write else _READ)
            await position.origin(connection)
        finally:
            connection.terminate()


async def version(connection: Connection) -> str | None:
    """The stored version; None when there is none."""
    try:
        found = await connection.fetch(f"SELECT version_num FROM {_VERSION}")
    except asyncpg.UndefinedTableError:
        return None
    return str(found[0][0]) if found else None


def refuse_version(stored: str | None) -> None:
    """Raises `WorkspaceUnusable` unless it is this one's own."""
    if stored == VERSION:
        return
    if stored is None:
        raise WorkspaceUnusable(
            "the database of DATABASE_URL has no tables of Tizmor yet: run `tizmor migrate`"
        )
    if stored < VERSION:
        raise WorkspaceUnusable(
            f"the database of DATABASE_URL has schema {stored}, this Tizmor needs {VERSION}: run"
            " `tizmor migrate`"
        )
    raise newer(stored)


def newer(stored: str) -> WorkspaceUnusable:
    return WorkspaceUnusable(
        f"the database of DATABASE_URL was written by a newer Tizmor, or by another program (schema"
        f" {stored}, this one knows {VERSION}): upgrade Tizmor, or use a database of its own"
    )


async def _refuse_rights(
    connection: Connection, tables: Sequence[str], rights: Sequence[str]
) -> None:
    missing = [row[0] for row in await connection.fetch(_FORBIDDEN, tables, rights)]
    if missing:
        user = await connection.fetchval("SELECT current_user")
        raise WorkspaceUnusable(
            f"the user {user} of DATABASE_URL lacks rights on {', '.join(missing)}: let the owner"
            f" of the tables GRANT {', '.join(rights)} ON ALL TABLES IN SCHEMA public, and USAGE"
            f" ON ALL SEQUENCES IN SCHEMA public, TO {user}"
        )
