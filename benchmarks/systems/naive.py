"""The plain way: asyncio, a table, and one commit for every event."""

from __future__ import annotations

import asyncio
import graphlib
import itertools
import json
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from benchmarks.contract import Engine, Site
from benchmarks.workloads import edges


class _Naive:
    def __init__(self, connection: sqlite3.Connection, site: Site) -> None:
        self._connection = connection
        self._edges = edges(site.shape, site.size)
        self._body = site.step
        self._numbers = itertools.count(1)

    async def run(self, execution: str) -> None:
        number = next(self._numbers)
        self._write(number, type="Created", query=execution)
        self._write(number, type="Planned", plan={k: list(v) for k, v in self._edges.items()})
        order = graphlib.TopologicalSorter(self._edges)
        order.prepare()
        running: dict[asyncio.Task[None], str] = {}
        while order.is_active():
            for name in order.get_ready():
                running[asyncio.create_task(self._step(number, name))] = name
            done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
                order.done(running.pop(task))
        self._write(number, type="Ended", status="COMPLETED")

    async def resume(self, executions: Sequence[str]) -> None:
        raise NotImplementedError("it can't go on after a crash")

    async def _step(self, execution: int, name: str) -> None:
        self._write(execution, type="StepStarted", step=name, attempt=1)
        await self._body(name)
        self._write(execution, type="StepSucceeded", step=name, output={"value": "v"})

    def _write(self, execution: int, **event: object) -> None:
        self._connection.execute(
            "INSERT INTO journal (execution, payload) VALUES (?, ?)",
            (execution, json.dumps(event)),
        )


@asynccontextmanager
async def opened(site: Site) -> AsyncIterator[Engine]:
    connection = sqlite3.connect(site.folder / "naive.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(
        "CREATE TABLE journal (position INTEGER PRIMARY KEY, execution INTEGER, payload TEXT)"
    )
    try:
        yield _Naive(connection, site)
    finally:
        connection.close()
