"""One connection to the server, opened when it is first needed and again after it was lost."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import TypeAlias, TypeVar

import asyncpg

from tizmor.core.errors import StorageFailed
from tizmor.storage.postgres.errors import lost, storage_errors

CONNECT_S = 5.0
"""How long the server may take to answer a new connection."""

_GOODBYE_S = 2.0

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

_T = TypeVar("_T")


async def connect(url: str, purpose: str) -> Connection:
    """A connection, `tizmor PURPOSE` in `pg_stat_activity`. It raises asyncpg's own errors."""
    return await asyncpg.connect(
        url, timeout=CONNECT_S, server_settings={"application_name": f"tizmor {purpose}"}
    )


class Wire:
    """Lets one piece of work at a time use the connection.

    `prepare` is run on each new connection. Work that takes longer than `patience_s` has lost its
    connection: a network that swallows everything gives no other sign.
    """

    def __init__(
        self,
        url: str,
        purpose: str,
        *,
        prepare: Callable[[Connection], Awaitable[None]],
        patience_s: float,
    ) -> None:
        self._url = url
        self._purpose = purpose
        self._prepare = prepare
        self._patience_s = patience_s
        self._lock = asyncio.Lock()
        self._connection: Connection | None = None
        self._closed = False

    async def use(
        self, work: Callable[[Connection], Awaitable[_T]], *, repeatable: bool = True
    ) -> _T:
        """Do the work. When its connection goes meanwhile, `repeatable` work is done once more on a
        new one. Raises `StorageFailed` and `JournalDamaged`."""
        async with self._lock:
            with storage_errors():
                try:
                    return await self._attempt(work)
                except Exception as error:
                    if not (repeatable and lost(error)):
                        raise
                return await self._attempt(work)

    async def close(self) -> None:
        """End the connection; using it afterwards fails."""
        async with self._lock:
            self._closed = True
            if self._connection is not None and not self._connection.is_closed():
                with storage_errors():
                    await self._connection.close(timeout=_GOODBYE_S)
            self._connection = None

    async def _attempt(self, work: Callable[[Connection], Awaitable[_T]]) -> _T:
        connection = await self._opened()
        try:
            async with asyncio.timeout(self._patience_s):
                return await work(connection)
        except BaseException as error:
            if lost(error) or isinstance(error, asyncio.CancelledError):
                connection.terminate()
            elif connection.is_closed():
                raise ConnectionResetError("the connection was closed") from error
            raise

    async def _opened(self) -> Connection:
        if self._closed:
            raise StorageFailed("the journal was closed")
        if self._connection is None or self._connection.is_closed():
            connection = await connect(self._url, self._purpose)
            try:
                await self._prepare(connection)
            except BaseException:
                connection.terminate()
                raise
            self._connection = connection
        return self._connection


@lru_cache(maxsize=512)
def numbered(sql: str) -> str:
    """The statement with PostgreSQL's numbered placeholders."""
    numbers = itertools.count(1)
    first, *rest = sql.split("?")
    return first + "".join(f"${next(numbers)}{part}" for part in rest)
