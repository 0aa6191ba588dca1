from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator

import pytest
from tests.contracts.postgres_server import PostgresServer, binaries, started


class SystemClock:
    def now(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC)

    def now_ms(self) -> int:
        return int(self.now().timestamp() * 1000)

    def monotonic(self) -> float:
        return time.monotonic()


@pytest.fixture
def server_clock() -> SystemClock:
    return SystemClock()


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    """A server that a test may stop, crash and start."""
    if binaries() is None:
        pytest.skip("PostgreSQL is not installed")
    with started() as server:
        yield server
