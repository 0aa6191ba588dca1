"""A server under ten times everyday load for a while: does anything grow that shouldn't?"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.soak.answering import Answering, answering
from tests.soak.load import Load, again_and_again
from tests.soak.slope import Slope, slope
from tests.stream.process import Served, Uses

_MB = 1_000_000
_HOUR_S = 3600.0
_WARM = 0.5
"""The share of the time after which what is kept for a while has come to its size: the stream's log
is full after some seven minutes of this load."""


class Sample(NamedTuple):
    at_s: float
    uses: Uses
    database: int


class Outcome(NamedTuple):
    """`memory` in MB an hour; `files` and `threads` the least and the most once warm."""

    minutes: float
    executions: int
    requests: int
    streams: int
    events: int
    errors: dict[str, int]
    memory: Slope
    memory_mb: float
    files: tuple[int, int]
    threads: tuple[int, int]
    database_mb: float
    database_bytes_each: float
    cpu_share: float
    answering: Answering


async def run(folder: Path, *, minutes: float, live: int, seed: int = 1) -> Outcome:
    """Soak one server, then ask it with that many executions live."""
    served = Served(folder)
    await served.begin()
    samples: list[Sample] = []
    began = time.monotonic()

    def look() -> None:
        samples.append(Sample(time.monotonic() - began, served.uses(), _size(folder)))

    try:
        load = Load(served.url, random.Random(seed))
        looking = asyncio.create_task(again_and_again(look, max(0.2, minutes * 60 / 240)))
        await load.go_on(minutes * 60)
        looking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await looking
        asked = await answering(served.url, live, max(2.0, min(10.0, minutes * 10)))
    finally:
        code = served.end()
    if code:
        load.errors[f"the server ended with {code}"] += 1
    return judged(samples, load, asked, minutes)


def judged(samples: Sequence[Sample], load: Load, asked: Answering, minutes: float) -> Outcome:
    warm = samples[int(len(samples) * _WARM) :]
    ended = sum(load.ended.values())
    if load.ended.keys() - {"complete"}:
        load.errors[f"ended as {dict(load.ended)}"] += 1
    first, last = warm[0], warm[-1]
    grown = last.database - samples[0].database
    cpu_s = last.uses.cpu_s - first.uses.cpu_s
    return Outcome(
        minutes=minutes,
        executions=ended,
        requests=load.requests,
        streams=load.streams,
        events=load.events,
        errors=dict(load.errors),
        memory=slope([(s.at_s / _HOUR_S, s.uses.memory / _MB) for s in warm]),
        memory_mb=round(last.uses.memory / _MB, 1),
        files=_bounds([s.uses.files for s in warm]),
        threads=_bounds([s.uses.threads for s in warm]),
        database_mb=round(last.database / _MB, 2),
        database_bytes_each=round(grown / max(ended, 1)),
        cpu_share=round(cpu_s / (last.at_s - first.at_s), 3),
        answering=asked,
    )


def _bounds(counts: Sequence[int]) -> tuple[int, int]:
    return min(counts), max(counts)


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in (folder / ".tizmor").glob("tizmor.db*"))
