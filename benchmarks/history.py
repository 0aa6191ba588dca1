"""Fill Tizmor's database with executions that have ended: `python -m benchmarks.history DIR N`.

One execution of one step is run for real; its rows are then copied N times under other ids, with
checksums of their own. Five events each.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.contract import Site
from benchmarks.systems import tizmor_core
from benchmarks.throughput import Steps
from benchmarks.workloads import Shape
from tizmor.storage.chain import checksum
from tizmor.storage.sqlite import DATABASE

_Row = dict[str, Any]


def main() -> None:
    folder, count = Path(sys.argv[1]), int(sys.argv[2])
    asyncio.run(_run_one(folder))
    database = folder / ".tizmor" / DATABASE
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("BEGIN")
        copy(connection, count)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


async def _run_one(folder: Path) -> None:
    site = Site(folder=folder, shape=Shape.CHAIN, size=1, step=Steps(0).step)
    async with tizmor_core.opened(site) as engine:
        await engine.run("history")


def copy(connection: sqlite3.Connection, count: int) -> None:
    """Copy the newest ended execution `count` times, as if it had run long ago."""
    connection.row_factory = sqlite3.Row
    (model,) = _rows(
        connection, "SELECT * FROM executions WHERE ended = 1 ORDER BY id DESC LIMIT 1"
    )
    events = _rows(
        connection, "SELECT * FROM journal WHERE execution = ? ORDER BY seq", model["id"]
    )
    steps = _rows(connection, "SELECT * FROM execution_steps WHERE execution = ?", model["id"])
    oldest = connection.execute("SELECT min(id) FROM executions").fetchone()[0]
    numbers = range(oldest - count, oldest)
    _insert(connection, "executions", (_execution(model, events, n) for n in numbers))
    _insert(
        connection, "journal", itertools.chain.from_iterable(_events(events, n) for n in numbers)
    )
    _insert(connection, "execution_steps", (s | {"execution": n} for n in numbers for s in steps))


def _execution(model: _Row, events: list[_Row], number: int) -> _Row:
    return model | {"id": number, "last_checksum": _events(events, number)[-1]["checksum"]}


def _events(events: list[_Row], number: int) -> list[_Row]:
    """The events as another execution's, chained anew; their positions are given by the table."""
    copied, last = [], 0
    for event in events:
        last = checksum(last, number, event["seq"], event["at_ms"], event["payload"])
        copied.append(event | {"execution": number, "checksum": last, "position": None})
    return copied


def _rows(connection: sqlite3.Connection, sql: str, *values: object) -> list[_Row]:
    return [dict(row) for row in connection.execute(sql, values)]


def _insert(connection: sqlite3.Connection, table: str, rows: Iterator[_Row]) -> None:
    first = next(rows)
    columns, places = ", ".join(first), ", ".join(f":{column}" for column in first)
    # Names of columns come from the database's own schema.
    statement = f"INSERT INTO {table} ({columns}) VALUES ({places})"  # noqa: S608
    connection.executemany(statement, itertools.chain([first], rows))


if __name__ == "__main__":
    main()
