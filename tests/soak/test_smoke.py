"""What `make soak` does, for seconds."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.soak.run import run
from tests.soak.slope import slope


async def test_a_server_under_load_makes_no_error(tmp_path: Path) -> None:
    outcome = await run(tmp_path, minutes=0.1, live=20)
    assert outcome.errors == {}
    assert outcome.executions > 0
    assert outcome.answering.requests > 0
    assert outcome.files[1] < 100


def test_a_line_is_found_with_its_error() -> None:
    """Held against the formulas of the textbook, by hand: 2 and 0 on a line, 0.2 and its error off
    it."""
    assert slope([(0, 1), (1, 3), (2, 5)]) == (2.0, 0.0)
    found = slope([(0, 0), (1, 1), (2, 0), (3, 1)])
    assert found.per == pytest.approx(0.2)
    assert found.error == pytest.approx((0.8 / 2 / 5) ** 0.5)


def test_what_grows_is_told_from_what_only_wavers() -> None:
    steady = slope([(x, 100 + (-1) ** x) for x in range(100)])
    growing = slope([(x, 100 + x / 10 + (-1) ** x) for x in range(100)])
    assert steady.surely < 0 < growing.surely


def test_two_points_make_no_line_with_an_error() -> None:
    with pytest.raises(ValueError, match="three"):
        slope([(0, 1), (1, 2)])
