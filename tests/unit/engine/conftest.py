from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.engine.house import House


@pytest.fixture
async def house() -> House:
    """A workspace whose journal is in memory."""
    return House()


@pytest.fixture(params=["memory", "sqlite"])
async def any_house(request: pytest.FixtureRequest, tmp_path: Path) -> House:
    """A workspace on every kind of journal in turn."""
    return House(tmp_path if request.param == "sqlite" else None)
