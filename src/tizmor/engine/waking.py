"""Taking up executions that rest: one that is asked for, or many that are due at once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from tizmor.core.errors import StorageFailed, UserError
from tizmor.core.state import State
from tizmor.engine.history import fold, fold_all
from tizmor.engine.live import Live
from tizmor.engine.residence import Residence, Rest
from tizmor.ports.journal import Journal

_log = logging.getLogger("tizmor.engine")

_AGAIN_S = 1.0
_AT_ONCE = 500
"""Executions that are read back at a time."""
PASSING = (StorageFailed, UserError)
"""What is wrong with the database, and not with the execution that is read."""

TakeUp = Callable[[Rest, State, int], Live | None]
"""Goes on with a state that was read up to a sequence number; None when it isn't ours any more."""


class Waking:
    """Reads resting executions back. `set_aside` is told of each one that can't be read."""

    def __init__(
        self,
        journal: Journal,
        residence: Residence,
        *,
        take_up: TakeUp,
        set_aside: Callable[[int, Exception], None],
    ) -> None:
        self._journal = journal
        self._residence = residence
        self._take_up = take_up
        self._set_aside = set_aside
        self._due: list[int] = []
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    async def wake(self, execution: int) -> Live | None:
        """A resting execution back in memory. None when it isn't this process's. Raises
        `EngineError` when it can't be read."""
        if (live := self._residence.live.get(execution)) is not None:
            return live
        if (rest := self._residence.resting.get(execution)) is None:
            return None
        state, seq = await fold(self._journal, execution)
        if (live := self._residence.live.get(execution)) is not None:
            return live
        if self._residence.resting.get(execution) is not rest:
            return await self.wake(execution)  # it was here meanwhile, and has gone on
        return self._take_up(rest, state, seq)

    def due(self, execution: int) -> None:
        """There is room for it, and something for it to do."""
        self._due.append(execution)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._wake_due())

    def close(self) -> Sequence[asyncio.Task[None]]:
        """Take up nothing more; the tasks that are to be ended."""
        self._closed = True
        return [] if self._task is None else [self._task]

    async def _wake_due(self) -> None:
        """One look at the journal for many of them."""
        try:
            while self._due and not self._closed:
                batch, self._due = self._due[:_AT_ONCE], self._due[_AT_ONCE:]
                await self._wake_all([n for n in batch if n in self._residence.resting])
        finally:
            self._task = None

    async def _wake_all(self, executions: Sequence[int]) -> None:
        rests = {number: self._residence.resting[number] for number in executions}
        try:
            states = await fold_all(self._journal, executions)
        except PASSING:
            await self._later(executions)
            return
        except Exception:
            await self._later([n for n in executions if not await self._wake_alone(n)])
            return
        for number, (state, seq) in states.items():
            if self._residence.resting.get(number) is rests[number]:
                self._take_up(rests[number], state, seq)

    async def _wake_alone(self, execution: int) -> bool:
        """One whose journal is damaged doesn't hold up the others, and another process may try.
        False when it can't be read now, for nothing that is wrong with it."""
        try:
            await self._wake_or_let_go(execution)
        except PASSING:
            return False
        return True

    async def _wake_or_let_go(self, execution: int) -> None:
        try:
            await self.wake(execution)
        except PASSING:
            raise
        except Exception as error:
            await self._journal.let_go(execution)
            self._set_aside(execution, error)

    async def _later(self, executions: Sequence[int]) -> None:
        if executions:
            _log.warning("%d executions can't be read now", len(executions))
            await asyncio.sleep(_AGAIN_S)
        for number in executions:
            self._residence.postpone(number)
