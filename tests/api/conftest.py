from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.api.scene import Api, served
from tests.contracts.postgres_server import PostgresServer

ON_BOTH = {"decisions", "executions", "inboxes", "openapi", "parts", "recovery", "workspace"}
"""Tests that are about what the database keeps or finds: `test_NAME.py`, run on PostgreSQL, too."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "api" in metafunc.fixturenames:
        name = metafunc.module.__name__.rpartition(".test_")[2]
        databases = ["sqlite", "postgresql"] if name in ON_BOTH else ["sqlite"]
        metafunc.parametrize("api", databases, indirect=True)


@pytest.fixture
async def api(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Api]:
    """A served workspace."""
    if request.param == "sqlite":
        async with served(tmp_path) as api:
            yield api
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    database = server.empty_database()
    async with served(tmp_path, database_url=server.url(database)) as api:
        yield api
    server.give_back(database)
