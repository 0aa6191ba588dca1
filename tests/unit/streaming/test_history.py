"""What was told of one execution from its first event on: once for all who ask, and bounded."""

from __future__ import annotations

import asyncio

import pytest
from tests.unit.engine.house import House, Process, gate_opened, meet, plan, read, until

from tizmor.core.ids import parse_id
from tizmor.streaming import history
from tizmor.streaming.history import Histories


async def ended(process: Process) -> int:
    execution = (await process.start("?")).id
    await process.result(execution)
    return parse_id(execution) or 0


async def test_it_is_told_once_for_all_who_ask_together_and_then_goes_on() -> None:
    house = House()
    async with house.process() as process:
        house.planner.plan_for = plan(read("a"), read("b", "a"))
        execution = await ended(process)
        told = Histories(process.journal, process._presenter)
        both = await asyncio.gather(*(told.behind(execution, 0) for _ in range(2)))
        assert both[0][0][-1].ends
        assert all(one is two for one, two in zip(both[0][0], both[1][0], strict=True))
        rest, reached = await told.behind(execution, both[0][0][2].position)
        assert (list(rest), reached) == (both[0][0][3:], both[0][1])


async def test_what_comes_later_is_told_behind_what_was() -> None:
    house = House()
    async with house.process() as process:
        house.planner.plan_for = plan(meet("m"))
        execution = (await process.start("?")).id
        told = Histories(process.journal, process._presenter)
        await until(process, execution, gate_opened)
        _, reached = await told.behind(parse_id(execution) or 0, 0)
        await process.approve(execution)
        await process.result(execution)
        rest, _ = await told.behind(parse_id(execution) or 0, reached)
        assert rest[-1].ends
        assert min(each.position for each in rest) > reached


async def test_only_those_asked_for_last_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Executions that people have watched and left don't stay in memory."""
    monkeypatch.setattr(history, "_MOST_EXECUTIONS", 3)
    house = House()
    async with house.process() as process:
        told = Histories(process.journal, process._presenter)
        executions = [await ended(process) for _ in range(6)]
        for execution in executions:
            await told.behind(execution, 0)
            assert len(told._told) <= 3
        assert list(told._told) == executions[-3:]
