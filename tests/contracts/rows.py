"""Appends for journals, and waiting for what another process does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from tizmor.ports.journal import Append, ExecutionRow, NewExecution

_T = TypeVar("_T")


async def eventually(look: Callable[[], Awaitable[_T]]) -> _T:
    """The first answer that isn't empty."""
    async with asyncio.timeout(10):
        while True:
            if answer := await look():
                return answer
            await asyncio.sleep(0.02)


def created(execution: int, *payloads: str, **more: Any) -> Append:
    return Append(
        execution=execution,
        epoch=1,
        first_seq=1,
        events=events(*(payloads or ("begun",))),
        create=NewExecution(query=f"request {execution}", user="me", created_at_ms=execution),
        row=more.pop("row", ExecutionRow(status="RUNNING", updated_at_ms=1)),
        **more,
    )


def then(execution: int, first_seq: int, *payloads: str, **more: Any) -> Append:
    return Append(
        execution=execution,
        epoch=more.pop("epoch", 1),
        first_seq=first_seq,
        events=events(*payloads),
        **more,
    )


def events(*payloads: str) -> list[tuple[int, bytes]]:
    return [(1_000 + number, payload.encode()) for number, payload in enumerate(payloads)]
