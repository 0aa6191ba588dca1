"""Dry runs through the engine, on every kind of journal; what they show is carried out once."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator

import pytest
from tests.unit.engine.house import House, Process, meet, plan, read

from tizmor.core.errors import UnknownExecution, UserError
from tizmor.core.origins import Source
from tizmor.core.plan import Step
from tizmor.engine.views import Execution, Status

STEPS = (read("search", text="docs"), meet("meeting"), read("after", "meeting"))


@pytest.fixture
async def process(any_house: House) -> AsyncIterator[Process]:
    async with any_house.process() as opened:
        yield opened


async def dry_run(process: Process, *steps: Step, recording: str | None = None) -> Execution:
    execution = await process.dry_run("q", plan=plan(*(steps or STEPS)), recording=recording)
    return await process.result(execution.id)


async def test_it_reads_prepares_and_makes_no_call_that_changes_something(
    process: Process, any_house: House
) -> None:
    done = await dry_run(process)
    assert done.status is Status.COMPLETED
    assert done.dry_run
    assert any_house.agents.did == ["read docs"]
    first, second = done.would_do
    assert (first.step, first.action, first.time) == ("meeting", "Meet: talk", "10:00")
    assert first.arguments == {"title": "talk", "at": 10}
    assert {name: origin.source for name, origin in first.origins.items()} == {
        "title": Source.REQUEST,
        "at": Source.AGENT,
    }
    assert (second.step, second.effect, second.unknown) == ("after", "read", ("/meeting/value",))
    assert done.waiting_for == ()
    assert "meeting" not in done.result
    assert await process.get(done.id) == done
    assert not (await process.replay(done.id)).differences


async def test_carrying_it_out_asks_nothing_that_was_shown(
    process: Process, any_house: House
) -> None:
    dry = await dry_run(process)
    begun = await process.carry_out(dry.id, by="dana")
    done = await process.result(begun.id)
    assert done.status is Status.COMPLETED
    assert done.carries_out == dry.id
    assert any_house.agents.did[1:] == ["read docs", "meet talk at 10", "read talk"]


async def test_a_call_that_differs_from_what_was_shown_asks(
    process: Process, any_house: House
) -> None:
    steps = read("search", text="docs"), meet("meeting", {"$ref": "/search/value"})
    dry = await dry_run(process, *steps)
    assert dry.would_do[0].arguments["title"] == "docs"
    any_house.agents.changed = "other"
    done = await process.result((await process.carry_out(dry.id)).id)
    assert done.status is Status.WAITING
    assert done.waiting_for[0].arguments == {"title": "other", "at": 10}


async def test_of_many_who_carry_it_out_at_once_one_does(any_house: House) -> None:
    async with any_house.process() as one, any_house.process() as two:
        dry = await dry_run(one)
        tries = [p.carry_out(dry.id) for p in (one, two, one, two)]
        outcomes = await asyncio.gather(*tries, return_exceptions=True)
        begun = [o for o in outcomes if isinstance(o, Execution)]
        assert len(begun) == 1
        assert all("carried out already" in str(o) for o in outcomes if o not in begun)
        await (one if one.owns(begun[0].id) else two).result(begun[0].id)
    assert any_house.agents.did.count("meet talk at 10") == 1
    # Not even a read is made by those that come too late.
    assert any_house.agents.did.count("read docs") == 2


async def test_only_a_dry_run_that_has_ended_is_carried_out(process: Process) -> None:
    real = await process.start("q", plan=plan(read("a")))
    await process.result(real.id)
    with pytest.raises(UserError, match="is no dry run"):
        await process.carry_out(real.id)
    with pytest.raises(UserError, match="did nothing that could be kept"):
        await process.fork((await dry_run(process)).id, "search")


async def test_a_recording_stands_for_what_would_be_read(
    process: Process, any_house: House
) -> None:
    real = await process.start("q", plan=plan(*STEPS), approve_all=True)
    await process.result(real.id)
    before = list(any_house.agents.did)
    dry = await process.result((await process.dry_run(recording=real.id)).id)
    assert dry.recording == real.id
    assert any_house.agents.did == before
    assert [call.step for call in dry.would_do] == ["meeting"]
    other = plan(read("search", text="other"), meet("meeting", {"$ref": "/search/value"}))
    dry = await process.result((await process.dry_run("q", plan=other, recording=real.id)).id)
    assert any_house.agents.did == [*before, "read other"]
    assert dry.would_do[0].arguments["title"] == "other"


async def test_a_forecast_stands_on_what_was_measured_and_a_dry_run_measures_no_effect(
    process: Process,
) -> None:
    await dry_run(process)
    told = await process.forecast(plan(*STEPS))
    assert told.unknown == ("Meet",)
    assert told.measurements["Read"] == 1
    real = await process.start("q", plan=plan(*STEPS), approve_all=True)
    await process.result(real.id)
    told = await process.forecast(plan(*STEPS))
    assert told.measurements == {"Read": 3, "Meet": 1}
    assert told.time_ms is not None
    assert told.few == ("Read", "Meet")


async def test_the_list_tells_dry_runs_from_runs(process: Process) -> None:
    dry = await dry_run(process)
    real = await process.carry_out(dry.id)
    await process.result(real.id)
    told = {summary.execution_id: summary.dry_run for summary in await process.list()}
    assert told == {dry.id: True, real.id: False}


async def test_what_retention_removed_is_not_carried_out_a_second_time(
    process: Process, any_house: House
) -> None:
    """The dry run has ended, and is gone before what it showed is done."""
    dry = await dry_run(process, Step(id="s", agent="SlowWrite"))
    begun = await process.carry_out(dry.id)
    dry_ended_ms = int(dt.datetime.fromisoformat(dry.updated_at).timestamp() * 1000)
    freed = await process.journal.gc(ended_before_ms=dry_ended_ms + 1)
    assert freed.executions == 1
    any_house.agents.hold.set()
    assert (await process.result(begun.id)).status is Status.COMPLETED
    with pytest.raises(UserError, match=f"{dry.id} was carried out already, by {begun.id}"):
        await process.carry_out(dry.id)
    assert any_house.agents.did == ["SlowWrite"]


async def test_a_dry_run_that_is_gone_is_told_as_such(process: Process) -> None:
    dry = await dry_run(process)
    await process.journal.gc(ended_before_ms=2**53)
    with pytest.raises(UnknownExecution):
        await process.carry_out(dry.id)
