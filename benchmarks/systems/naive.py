"""The plain way: asyncio, a table, and one commit for every event."""

from __future__ import annotations

import asyncio
import graphlib
import itertools
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from benchmarks.measure import RunOne
from benchmarks.workloads import Workload

SETTINGS = "SQLite WAL, synchronous=FULL, one commit an event, no read models"


@asynccontextmanager
async def opened(folder: Path, workload: Workload) -> AsyncIterator[RunOne]:
    connection = sqlite3.connect(folder / "naive.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(
        "CREATE TABLE journal (position INTEGER PRIMARY KEY, execution INTEGER, payload TEXT)"
    )
    numbers = itertools.count(1)

    def write(execution: int, **event: object) -> None:
        connection.execute(
            "INSERT INTO journal (execution, payload) VALUES (?, ?)",
            (execution, json.dumps(event)),
        )

    async def step(execution: int, name: str) -> None:
        write(execution, type="StepStarted", step=name, attempt=1)
        write(execution, type="StepSucceeded", step=name, output={"value": "v"})

    async def run_one() -> None:
        execution = next(numbers)
        write(execution, type="Created", query="nothing")
        write(execution, type="Planned", plan={k: list(v) for k, v in workload.edges.items()})
        order = graphlib.TopologicalSorter(workload.edges)
        order.prepare()
        while order.is_active():
            ready = order.get_ready()
            await asyncio.gather(*(step(execution, name) for name in ready))
            order.done(*ready)
        write(execution, type="Ended", status="COMPLETED")

    try:
        yield run_one
    finally:
        connection.close()
