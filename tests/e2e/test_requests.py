"""Requests that were written independently of the planner, each set on a workspace of its own."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.clocks import FixedClock
from tests.e2e.requests import workspace as studio
from tests.e2e.requests.judge import judge
from tests.e2e.requests_second import workspace as second

from tizmor import Tizmor
from tizmor.cli.commands.plan import plan_line

NOW = dt.datetime.fromisoformat("2026-11-22T09:00:00+02:00")
"""The moment for which the expected dates were worked out."""
SETS = {"requests": studio.build, "requests_second": second.build}
MUST_BE_RIGHT = 16
EFFECTS = {"Calendar"}


async def _plans(name: str, folder: Path) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Each request of a set with its plan, as `tizmor plan --json` prints it."""
    SETS[name](folder, NOW.date())
    requests = json.loads((Path(__file__).parent / name / "requests.json").read_text("utf-8"))
    async with Tizmor.open(folder, clock=FixedClock(NOW), write=False) as tizmor:
        made = [await tizmor.plan(request["query"]) for request in requests]
        plans = [plan_line(plan, await tizmor.forecast(plan)) for plan in made]
    return list(zip(requests, [json.loads(msgspec.json.encode(p)) for p in plans], strict=True))


@pytest.mark.parametrize("name", SETS)
async def test_at_least_sixteen_of_twenty_plans_are_right(name: str, tmp_path: Path) -> None:
    """Judged by rules that were committed before the planner was tried on the requests."""
    wrong = {
        request["id"]: faults
        for request, plan in await _plans(name, tmp_path / "workspace")
        if (faults := judge(request["expect"], plan))
    }
    assert len(wrong) <= 20 - MUST_BE_RIGHT, wrong


@pytest.mark.parametrize("name", SETS)
async def test_what_is_not_understood_is_asked_rather_than_done(name: str, tmp_path: Path) -> None:
    """A plan that is wrong changes nothing in the world, unless a meeting was asked for."""
    acted = [
        request["id"]
        for request, plan in await _plans(name, tmp_path / "workspace")
        if EFFECTS.intersection(step["agent"] for step in plan["steps"])
        and not plan["questions"]
        and "Calendar" not in request["expect"]["agents"]
    ]
    assert acted == []
