"""What the journal holds of an execution, folded."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from tizmor.core import checkpoint
from tizmor.core import events as ev
from tizmor.core.evolve import evolve
from tizmor.core.state import State
from tizmor.ports.journal import Journal, Record


async def fold(journal: Journal, execution: int) -> tuple[State, int]:
    """The state and the last sequence number: from the newest checkpoint on, where there is one."""
    stored = await journal.checkpoint(execution)
    state = None if stored is None else checkpoint.decode(execution, stored.payload)
    if stored is None or state is None:
        return fold_records(State(execution), await journal.read(execution))
    records = await journal.read(execution, after_seq=stored.seq)
    state, seq = fold_records(state, records)
    return state, seq or stored.seq


async def was_answered(
    journal: Journal,
    execution: int,
    question: str,
    *,
    value: str | None,
    arguments: dict[str, Any] | None,
) -> bool:
    """Whether a question got this very answer, with what was written beside it. Reads the whole
    journal of the execution."""
    events = (ev.decode(record.payload) for record in await journal.read(execution))
    return any(
        (event.id, event.value, event.arguments) == (question, value, arguments)
        for event in events
        if isinstance(event, ev.QuestionAnswered)
    )


async def fold_all(journal: Journal, executions: Sequence[int]) -> dict[int, tuple[State, int]]:
    """Many at once, for going on with thousands after a crash; each from its first event."""
    histories = await journal.read_all(executions)
    with _without_collection():
        return {
            execution: fold_records(State(execution), histories.pop(execution))
            for execution in executions
        }


@contextmanager
def _without_collection() -> Iterator[None]:
    """Make much that stays: looking for garbage among it again and again takes longer than it."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def fold_records(state: State, records: Iterable[Record]) -> tuple[State, int]:
    """The state after these events too, and the last one's sequence number; 0 without any."""
    seq = 0
    for record in records:
        evolve(state, ev.decode(record.payload), record.at_ms)
        seq = record.seq
    return state, seq
