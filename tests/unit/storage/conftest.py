from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.clocks import FixedClock

from tizmor.ports.journal import Append, ExecutionRow, Journal, NewExecution
from tizmor.storage.sqlite import DATABASE, open_sqlite


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / ".tizmor"


@pytest.fixture
async def journal(folder: Path, clock: FixedClock) -> AsyncIterator[Journal]:
    opened = open_sqlite(folder, create=True, clock=clock)
    yield opened
    await opened.close()


@pytest.fixture
def sql(folder: Path) -> Callable[..., list[Any]]:
    """Run one statement on the database, past the journal."""

    def run(statement: str, *values: object) -> list[Any]:
        with closing(sqlite3.connect(folder / DATABASE, isolation_level=None)) as connection:
            return connection.execute(statement, values).fetchall()

    return run


@pytest.fixture
def created() -> Callable[..., Append]:
    def build(execution: int, *payloads: bytes, **more: Any) -> Append:
        return Append(
            execution=execution,
            epoch=1,
            first_seq=1,
            events=[(1_000 + n, payload) for n, payload in enumerate(payloads)],
            create=NewExecution(query="request", user="me", created_at_ms=1),
            row=ExecutionRow(status="RUNNING"),
            **more,
        )

    return build
