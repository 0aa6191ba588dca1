"""Exit codes, as the command line promises them."""

from __future__ import annotations

import pytest

from tizmor.cli.ends import exit_code
from tizmor.engine.views import Status

CODES = {
    "COMPLETED": 0,
    "FAILED": 1,
    "WAITING": 3,
    "PAUSED": 3,
    "REJECTED": 4,
    "CANCELLED": 4,
    "PLANNING": 130,
    "RUNNING": 130,
    "INTERRUPTED": 130,
}


@pytest.mark.parametrize("status", Status)
def test_every_status_has_its_exit_code(status: Status) -> None:
    assert exit_code(status) == CODES[status.value]
