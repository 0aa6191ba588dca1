"""A thousand readers of one server, a hundred of which are cut off, and the server killed: what was
told, held against the journal."""

from __future__ import annotations

import asyncio
import random
import resource
import time
from pathlib import Path
from typing import NamedTuple

import httpx2
from tests.stream.process import Served
from tests.stream.reader import Reader, Told
from tests.stream.served import Worded, agents

from tizmor.assembly import Tizmor

PATH = "/api/events?topics=steps,logs"
_TOLD_OF = ("step", "log")
_TICKERS = 10
_CONNECTING = 50


class Shape(NamedTuple):
    """How much: `events` a second, `seconds` of each of the three parts of a run."""

    readers: int = 1000
    events: int = 100
    seconds: float = 20.0
    cuts: int = 100
    kills: int = 1


class Outcome(NamedTuple):
    """`lost` and `repeated` name readers and what was wrong; the figures are of the first part,
    before anything is cut. CPU in µs for each delivery, of the server's whole process."""

    readers: int
    deliveries: int
    deliveries_per_s: float
    p50_ms: int
    p99_ms: int
    server_cpu_us: float
    server_cpu_share: float
    memory_mb: float
    cuts: int
    kills: int
    told_in_all: int
    resyncs: int
    journaled: int
    lost: list[str]
    repeated: list[str]


async def run(folder: Path, shape: Shape, *, seed: int = 1) -> Outcome:
    """Begin a server, read from it, cut, kill, and judge."""
    dice = random.Random(seed)
    _allow_files(shape.readers * 2 + 200)
    served = Served(folder)
    await served.begin()
    told = Told()
    readers = [Reader(served.port, PATH, told) for _ in range(shape.readers)]
    try:
        await _tick(served.url, shape)
        for first in range(0, len(readers), _CONNECTING):
            await asyncio.gather(*(r.connect() for r in readers[first : first + _CONNECTING]))
        while any(reader.begins < 0 or not reader.ids for reader in readers):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        figures = await _measured(served, told, shape)
        cuts = await _cut(readers, shape, dice)
        for _ in range(shape.kills):
            served.kill()
            await served.begin()
            await asyncio.sleep(shape.seconds)
        await _stop_ticking(served.url)
        served_to_end = await _journaled(folder)
        await _all_told(readers, served_to_end[-1])
        lost, repeated = judge(readers, served_to_end)
    finally:
        for reader in readers:
            reader.end()
        served.end()
    return Outcome(
        readers=shape.readers,
        **figures,
        cuts=cuts,
        kills=shape.kills,
        told_in_all=told.deliveries,
        resyncs=told.resyncs,
        journaled=len(served_to_end),
        lost=lost,
        repeated=repeated,
    )


def judge(readers: list[Reader], journaled: list[int]) -> tuple[list[str], list[str]]:
    """What readers weren't told, or more than once or out of order, of what is in the journal."""
    lost, repeated = [], []
    for number, reader in enumerate(readers):
        expected = [position for position in journaled if position > reader.begins]
        if missing := set(expected) - set(reader.ids):
            lost.append(f"reader {number}: {len(missing)}, the first {min(missing)}")
        if reader.ids != sorted(set(reader.ids)) or set(reader.ids) - set(expected):
            repeated.append(f"reader {number}: {len(reader.ids)} told, {len(expected)} are there")
    return lost, repeated


async def _measured(served: Served, told: Told, shape: Shape) -> dict[str, float | int]:
    told.took_ms.clear()
    before, deliveries, began = served.uses(), told.deliveries, time.monotonic()
    await asyncio.sleep(shape.seconds)
    after, took_s = served.uses(), time.monotonic() - began
    deliveries = told.deliveries - deliveries
    cpu_s = after.cpu_s - before.cpu_s
    return {
        "deliveries": deliveries,
        "deliveries_per_s": round(deliveries / took_s),
        "p50_ms": told.percentile(0.5),
        "p99_ms": told.percentile(0.99),
        "server_cpu_us": round(cpu_s / max(deliveries, 1) * 1e6, 2),
        "server_cpu_share": round(cpu_s / took_s, 2),
        "memory_mb": round(after.memory / 1e6, 1),
    }


async def _cut(readers: list[Reader], shape: Shape, dice: random.Random) -> int:
    """Cut some of them off, at times of their own."""
    chosen = dice.sample(readers, shape.cuts)
    for reader in chosen:
        await asyncio.sleep(dice.uniform(0, 2 * shape.seconds / max(shape.cuts, 1)))
        reader.cut()
    return sum(reader.cuts for reader in readers)


async def _all_told(readers: list[Reader], last: int) -> None:
    """Wait until nobody has anything to come; who never gets it is judged."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if all(reader.ids and reader.ids[-1] >= last for reader in readers):
            return
        await asyncio.sleep(0.1)


async def _tick(url: str, shape: Shape) -> None:
    """Have it report so many findings a second, for longer than the run takes."""
    rate = max(1, shape.events // _TICKERS)
    async with httpx2.AsyncClient(base_url=url, timeout=30, trust_env=False) as client:
        for _ in range(min(_TICKERS, shape.events)):
            order = {"query": f"tick {rate} 1000000", "userId": "u"}
            (await client.post("/api/orchestrate", json=order)).raise_for_status()


async def _stop_ticking(url: str) -> None:
    async with httpx2.AsyncClient(base_url=url, timeout=30, trust_env=False) as client:
        for item in (await client.get("/api/executions?limit=1000")).json()["items"]:
            path = f"/api/orchestrate/{item['executionId']}/cancel"
            (await client.post(path)).raise_for_status()


async def _journaled(folder: Path) -> list[int]:
    """The positions of all that is to be told, as another process reads them from the journal."""
    async with Tizmor.open(folder, agents=agents(), planner=Worded(), write=False) as looking:
        while await looking.active():  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        found = [
            event.id
            for summary in await looking.list(limit=1000)
            for event in await looking.logs(summary.execution_id)
            if event.type in _TOLD_OF and event.id is not None
        ]
    return sorted(found)


def _allow_files(count: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard), hard))
