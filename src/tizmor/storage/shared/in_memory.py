"""Work on shared tables in memory, at once: SQLite without a file, for tests and the simulator."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection
from typing import TypeVar

from tizmor.storage.fresh import statements
from tizmor.storage.shared.on_sqlite import Known, done
from tizmor.storage.shared.work import Moment, Work

_T = TypeVar("_T")


class MemoryTables:
    """What several imagined processes share."""

    def __init__(self) -> None:
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        for statement in statements():
            self.connection.execute(statement)


class MemoryShared:
    """The `Shared` of one imagined process."""

    def __init__(
        self,
        tables: MemoryTables,
        me: str,
        *,
        now_ms: Callable[[], int],
        known: Known,
        ring: Callable[[Collection[str]], None],
    ) -> None:
        self._tables = tables
        self._me = me
        self._now_ms = now_ms
        self._known = known
        self._ring = ring

    async def do(self, work: Callable[[Moment], Work[_T]]) -> _T:
        connection = self._tables.connection
        told: set[str] = set()
        connection.execute("BEGIN")
        try:
            result = done(connection, work(Moment(self._now_ms(), self._me)), self._known, told)
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
        self._ring(told)
        return result

    async def look(self, work: Callable[[Moment], Work[_T]]) -> _T:
        moment = Moment(self._now_ms(), self._me)
        return done(self._tables.connection, work(moment), self._known, set())
