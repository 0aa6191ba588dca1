from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.api.scene import Api, served


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    """A served workspace."""
    async with served(tmp_path) as api:
        yield api
