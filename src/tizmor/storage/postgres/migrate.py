"""`tizmor migrate` on PostgreSQL: all missing migrations in one transaction, or none of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
import sqlalchemy as sa
from alembic import command
from sqlalchemy.ext.asyncio import create_async_engine

from tizmor.core.errors import StorageFailed, WorkspaceUnusable
from tizmor.storage.migrate import configuration
from tizmor.storage.postgres import position
from tizmor.storage.postgres.errors import opening_errors, storage_errors
from tizmor.storage.postgres.schema import newer, version
from tizmor.storage.postgres.wire import Connection, connect
from tizmor.storage.schema import VERSION

_ALONE = "SELECT pg_advisory_lock(hashtext('tizmor migrate'))"


async def upgrade(url: str, *, to: str = VERSION) -> str:
    """Bring the database to this version; a sentence about what was done.

    Of several at once, one migrates and the others find it done. Raises `WrongSetting`,
    `WorkspaceUnusable` for a newer database or a user who may not create tables, `StorageFailed`.
    """
    with opening_errors():
        connection = await connect(url, "migrate")
    try:
        with storage_errors():
            await connection.execute(_ALONE)
            before = await version(connection)
            if before == to:
                done = f"the database has schema {to}, the newest"
            elif before is not None and before > to:
                raise newer(before)
            else:
                await _migrate(url, to)
                done = (
                    f"the tables were made, with schema {to}"
                    if before is None
                    else f"the database was brought from schema {before} to {to}"
                )
            if to == VERSION:
                await position.mend_origin(connection)
            return done
    finally:
        connection.terminate()


async def _migrate(url: str, to: str) -> None:
    async def connected() -> Connection:
        return await connect(url, "migrate")

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connected)
    try:
        with _migration_errors():
            async with engine.begin() as connection:
                await connection.run_sync(_run, to)
    finally:
        await engine.dispose()


def _run(connection: sa.Connection, to: str) -> None:
    config = configuration()
    config.attributes["connection"] = connection
    command.upgrade(config, to)


@contextmanager
def _migration_errors() -> Iterator[None]:
    try:
        yield
    except sa.exc.DBAPIError as error:
        cause = getattr(error.orig, "__cause__", None)
        if isinstance(cause, asyncpg.InsufficientPrivilegeError):
            raise WorkspaceUnusable(
                f"the user of DATABASE_URL may not make tables ({cause}): migrate as their"
                " owner, or GRANT CREATE ON SCHEMA public"
            ) from error
        raise StorageFailed(f"the database could not be migrated ({cause})") from error
