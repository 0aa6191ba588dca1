from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.contracts.postgres_server import PostgresServer, binaries, started

from tizmor.drivers.embedded.clock import SystemClock


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
