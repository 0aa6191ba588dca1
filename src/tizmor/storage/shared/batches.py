"""Pieces of work from all over a process, done together: one transaction at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import Any, TypeVar

from tizmor.core.errors import StorageFailed
from tizmor.ports.clock import Clock
from tizmor.storage.shared.work import Moment, Work

_T = TypeVar("_T")

PATIENCE_S = 30.0
_RETRY_S = (0.05, 0.1, 0.25, 0.5)


class Piece:
    """A piece of work, and what came of it when it was last done."""

    def __init__(self, work: Callable[[Moment], Work[Any]]) -> None:
        self.work = work
        self.result: Any = None
        self.error: Exception | None = None
        self.answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def tell(self) -> None:
        """Answer whoever waits for it; nobody may."""
        if self.answer.done():
            return
        if self.error is not None:
            self.answer.set_exception(self.error)
        else:
            self.answer.set_result(self.result)


class Batches:
    """Has `do_all` do what has come up, as one transaction that answers whom to tell; `ring` tells
    them. A transaction that failed, or of which nobody knows, is done again for `patience_s`."""

    def __init__(
        self,
        do_all: Callable[[Collection[Piece]], Awaitable[Collection[str]]],
        ring: Callable[[Collection[str]], Awaitable[None]],
        clock: Clock,
        *,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._do_all = do_all
        self._ring = ring
        self._clock = clock
        self._patience_s = patience_s
        self._waiting: list[Piece] = []
        self._task: asyncio.Task[None] | None = None

    async def do(self, work: Callable[[Moment], Work[_T]]) -> _T:
        piece = Piece(work)
        self._waiting.append(piece)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())
        result: _T = await piece.answer
        return result

    async def close(self) -> None:
        """Wait until what was asked for is done."""
        while self._task is not None:
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        try:
            while self._waiting:
                pieces, self._waiting = self._waiting, []
                try:
                    told = await self._until_done(pieces)
                except Exception as error:
                    for piece in pieces:
                        piece.error = error
                    told = ()
                for piece in pieces:
                    piece.tell()
                if told:
                    await self._ring(told)
        finally:
            self._task = None

    async def _until_done(self, pieces: Collection[Piece]) -> Collection[str]:
        began = self._clock.monotonic()
        tries = 0
        while True:
            try:
                return await self._do_all(pieces)
            except StorageFailed:
                if self._clock.monotonic() - began >= self._patience_s:
                    raise
                await asyncio.sleep(_RETRY_S[min(tries, len(_RETRY_S) - 1)])
                tries += 1
