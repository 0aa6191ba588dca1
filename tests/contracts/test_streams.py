"""Several servers on one database: what one of them tells, all tell, each event once."""

from __future__ import annotations

import asyncio
import re

from tests.contracts.conftest import Backend
from tests.unit.engine.house import House, Process, plan, read

from tizmor.engine.partials import NO_PARTIALS
from tizmor.engine.views import FiguresView
from tizmor.streaming.streams import Streams
from tizmor.streaming.topics import parse

TOPICS = parse("executions,steps,logs")
EACH = 4


def streams_of(process: Process) -> Streams:
    async def no_figures() -> FiguresView:
        return await process.figures()

    return Streams(process.journal, process._presenter, NO_PARTIALS, no_figures)


async def told(streams: Streams, after: int | None, ended: int) -> list[str]:
    """All that is told behind a position until so many executions have ended."""
    reading = await streams.read(TOPICS, after)
    said = ""
    async with asyncio.timeout(15):
        async for text in reading.chunks(lambda position: b"resync"):
            said += text.decode()
            if said.count('"status":"COMPLETED"') >= ended and said.count("event: execution") > 1:
                break
    streams.leave(reading)
    return [each for each in said.split("\n\n") if each]


async def test_all_servers_tell_the_same_in_the_same_order(backend: Backend) -> None:
    house = House()
    house.planner.plan_for = plan(read("a"), read("b", "a"), read("c", "b"))
    async with (
        house.process(journal=backend.open()) as one,
        house.process(journal=backend.open()) as two,
    ):
        servers = [streams_of(one), streams_of(two)]
        ends = 2 * EACH
        listening = [asyncio.create_task(told(each, 0, ends)) for each in servers]
        for _ in range(EACH):
            await asyncio.gather(one.start("?"), two.start("?"))
        first, second = await asyncio.gather(*listening)
        assert ids_of(first) == sorted(set(ids_of(first)))
        assert first == second
        again = await told(servers[0], 0, ends)
        assert again == first
        middle = ids_of(first)[len(first) // 3]
        rest = await told(servers[1], middle, 1)
        assert ids_of(rest)[0] > middle
        for each in servers:
            await each.close()


def ids_of(events: list[str]) -> list[int]:
    return [int(found) for event in events for found in re.findall(r"^id: (\d+)$", event, re.M)]
