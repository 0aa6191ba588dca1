"""From the journal's events to what is told of them."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Sequence

import msgspec

from tizmor.core import events as ev
from tizmor.core.errors import EngineError, StorageFailed
from tizmor.core.evolve import evolve
from tizmor.core.ids import public_id
from tizmor.core.result import result
from tizmor.core.state import State
from tizmor.engine.present import Presenter
from tizmor.engine.projections import status_of
from tizmor.ports.journal import Journal, Record
from tizmor.streaming.entries import Entry, Frame, entry, frame
from tizmor.streaming.topics import EXECUTIONS

_AT_ONCE = 32
"""Events that are told without letting others run: a millisecond or two."""
_MOST_STEPS = 100_000
"""Steps of all executions whose state is kept."""
_OF_ITSELF = 10
"""An execution without steps takes up as much as that many."""
_log = logging.getLogger("tizmor.streaming")


class Teller:
    """Tells what came of each event, in the order of the feed. The states of the executions that
    were told of last are kept; others are read anew."""

    def __init__(self, journal: Journal, presenter: Presenter) -> None:
        self._journal = journal
        self._presenter = presenter
        self._told: OrderedDict[int, tuple[State, int]] = OrderedDict()
        self._steps: dict[int, int] = {}
        self._all_steps = 0
        self._unreadable: dict[int, None] = {}

    async def tell(self, records: Sequence[Record]) -> list[Entry]:
        """What is told of these events; what can't be read is passed over, and said in the log.
        Raises `StorageFailed`."""
        entries = []
        for number, record in enumerate(records, 1):
            try:
                told = await self._tell(record)
            except StorageFailed:
                raise
            except (EngineError, msgspec.MsgspecError, LookupError, ValueError) as error:
                self._pass_over(record, error)
            else:
                if told is not None:
                    entries.append(told)
            if number % _AT_ONCE == 0:
                await asyncio.sleep(0)
        return entries

    async def _tell(self, record: Record) -> Entry | None:
        if record.execution in self._unreadable:
            return None
        state, seq = self._told.get(record.execution) or (State(record.execution), 0)
        if seq != record.seq - 1:
            state = await self._state_before(record)
        told = tell(self._presenter, state, record)
        self._keep(state, record.seq)
        return told

    async def _state_before(self, record: Record) -> State:
        state = State(record.execution)
        for number, before in enumerate(await self._journal.read(record.execution), 1):
            if before.seq >= record.seq:
                break
            evolve(state, ev.decode(before.payload), before.at_ms)
            if number % _AT_ONCE == 0:
                await asyncio.sleep(0)
        return state

    def _keep(self, state: State, seq: int) -> None:
        number = state.execution
        self._all_steps -= self._steps.pop(number, 0)
        self._told.pop(number, None)
        if state.ended:
            return
        self._told[number] = (state, seq)
        self._steps[number] = _OF_ITSELF + len(state.steps)
        self._all_steps += self._steps[number]
        while self._all_steps > _MOST_STEPS and len(self._told) > 1:
            oldest, _ = self._told.popitem(last=False)
            self._all_steps -= self._steps.pop(oldest)

    def _pass_over(self, record: Record, error: Exception) -> None:
        self._told.pop(record.execution, None)
        self._all_steps -= self._steps.pop(record.execution, 0)
        self._unreadable[record.execution] = None
        _log.warning("%s can't be told of: %s", public_id(record.execution), error)


def tell(presenter: Presenter, state: State, record: Record) -> Entry | None:
    """Fold an event, and what is told of it. Raises as `decode` and `evolve`."""
    event = ev.decode(record.payload)
    before = _standing(state)
    evolve(state, event, record.at_ms)
    frames = list(_details(presenter, state, record, event))
    if _standing(state) != before:
        summary = presenter.news(state, record.position, record.at_ms)
        frames.append(frame("execution", summary, topics=EXECUTIONS, follows=False))
    if not frames:
        return None
    ends = isinstance(event, ev.Ended)
    return entry(record.position, record.execution, frames, ends=ends)


def _details(
    presenter: Presenter, state: State, record: Record, event: ev.Event
) -> Sequence[Frame]:
    partial = presenter.partial(state, record.at_ms, event)
    shown = presenter.event(state, record.position, record.at_ms, event)
    if shown is not None and isinstance(event, ev.Ended):
        shown = msgspec.structs.replace(shown, result=result(state), error=state.error)
    return [frame(view.type, view) for view in (partial, shown) if view is not None]


def _standing(state: State) -> tuple[object, ...]:
    """What a line in a list of executions says of it."""
    if not state.created_at_ms:
        return ()
    return (status_of(state), state.unfinished, len(state.steps), *map(len, _open(state)))


def _open(state: State) -> tuple[list[object], list[object]]:
    return list(state.open_gates()), list(state.open_questions())
