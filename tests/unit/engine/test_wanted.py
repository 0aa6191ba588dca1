"""What was asked for is remembered as long as it goes on."""

from __future__ import annotations

import pytest
from tests.unit.engine.house import House, finding, plan, read, until

from tizmor.core.errors import StorageFailed
from tizmor.core.ids import parse_id
from tizmor.core.plan import Step
from tizmor.engine import wanted
from tizmor.ports.journal import StoredExecution
from tizmor.storage.memory import MemoryJournal

SLOW = plan(Step(id="s", agent="Slow"))


async def test_results_that_nobody_asks_for_leave_nothing_behind(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wanted, "MANY", 20)
    async with house.process() as process:
        process._wanted._look_at = 20
        goes_on = await process.start("q", plan=SLOW, approve_all=True)
        await until(process, goes_on.id, finding)
        for _ in range(100):
            execution = await process.start("q", plan=plan(read("r")))
            live = process.pump.get(parse_id(execution.id) or 0)
            while live is not None and not (live.state.ended and live.all_durable):
                await live.changed.wait()
        assert len(process._wanted) <= 20
        number = parse_id(goes_on.id) or 0
        assert number in process._wanted
        assert process._wanted.approves_all(number)


class Away(MemoryJournal):
    """A journal that can't tell what is unfinished."""

    async def unfinished(self) -> list[StoredExecution]:
        raise StorageFailed("for a moment")


async def test_a_start_does_not_fail_because_it_can_not_be_looked_what_has_ended(
    house: House,
) -> None:
    async with house.process(journal=Away(house.memory, "away")) as process:
        process._wanted._look_at = 1
        execution = await process.start("q", plan=plan(read("r")))
        assert (await process.result(execution.id)).status.value == "COMPLETED"
