"""Who waits for the journal to grow is woken by whoever's commit, and nobody else is bothered."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest
from tests.contracts.conftest import Backend
from tests.contracts.rows import created

from tizmor.storage import wakes


@pytest.fixture
def no_fallback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody looks of themselves."""
    monkeypatch.setattr(wakes, "FALLBACK_S", 3600.0)


async def _until_woken(growth: AsyncIterator[None]) -> None:
    async for _ in growth:
        return


async def _obeys(wakes: AsyncIterator[None], heard: Counter[str]) -> None:
    """As each process that writes does."""
    async for _ in wakes:
        heard["orders"] += 1


async def _grows(growth: AsyncIterator[None], heard: Counter[str]) -> None:
    async for _ in growth:
        heard["growth"] += 1


async def test_a_commit_of_this_process_wakes_it(backend: Backend, no_fallback: None) -> None:
    journal = backend.open()
    waiting = asyncio.create_task(_until_woken(journal.growth()))
    async with asyncio.timeout(20):
        for number in range(1, 1000):
            await journal.commit([created(number)])
            await asyncio.wait([waiting], timeout=0.01)
            if waiting.done():
                return


async def test_a_commit_of_another_process_wakes_it(backend: Backend, no_fallback: None) -> None:
    """Without that anybody looked: it was called."""
    reader, writer = backend.open(), backend.open()
    obeying = asyncio.create_task(_obeys(writer.wakes(), Counter()))
    await writer.commit([created(1)])
    waiting = asyncio.create_task(_until_woken(reader.growth()))
    async with asyncio.timeout(20):
        for number in range(2, 2000):
            await writer.commit([created(number)])
            await asyncio.wait([waiting], timeout=0.01)
            if waiting.done():
                break
    obeying.cancel()


async def test_a_commit_is_no_order(backend: Backend, no_fallback: None) -> None:
    """Who waits for orders isn't woken by what others commit, though it also waits for growth."""
    reader, writer = backend.open(), backend.open()
    heard: Counter[str] = Counter()
    tasks = [asyncio.create_task(_obeys(writer.wakes(), Counter()))]
    await reader.commit([created(1)])
    tasks += [
        asyncio.create_task(_obeys(reader.wakes(), heard)),
        asyncio.create_task(_grows(reader.growth(), heard)),
    ]
    async with asyncio.timeout(20):
        number = 1
        while heard["growth"] < 5:
            number += 1
            await writer.commit([created(number)])
            await asyncio.sleep(0.01)
    assert heard["orders"] <= 1  # PostgreSQL's connection itself was news
    for task in tasks:
        task.cancel()


async def test_it_looks_of_itself_when_nobody_calls(backend: Backend) -> None:
    async with asyncio.timeout(10):
        await _until_woken(backend.open().growth())
