"""Whether an append that can't be written was written before.

A commit whose outcome is unknown comes again, unchanged. What it left is recognised event for
event, whoever owns the execution by now; nothing is read or written here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tizmor.ports.journal import Append
from tizmor.storage.chain import damage


class Found(NamedTuple):
    """What is stored of an append's execution: its owner, its epoch, the last event's number;
    `events` (position, time, payload) under the numbers of the append's own, and whether orders
    that it settles are still `unsettled`."""

    owner: str | None
    epoch: int
    seq: int
    events: Sequence[tuple[int, int, bytes]]
    unsettled: bool


def kept_at(
    append: Append,
    written: Sequence[tuple[int, bytes]],
    found: Found,
    me: str,
    *,
    retried: bool,
) -> int | None:
    """The position of its first event (0 when it has none), or None when nothing of it is kept.

    `written` are its events as this storage writes them. `retried` says of an append that creates
    an execution whether it was tried before: if not, its number was drawn by another, who may have
    written the very same events. Raises `JournalDamaged` when this process (`me`) owns the
    execution at that epoch and yet the journal doesn't end where the append begins: rows that were
    acknowledged are gone, or others stand in their place.
    """
    mine = found.owner == me
    another_began = found.epoch == 1 and not mine and found.owner is not None
    if append.create is not None and (not retried or another_began):
        return None
    if found.events and [(at_ms, payload) for _, at_ms, payload in found.events] == list(written):
        return found.events[0][0]
    if mine and found.epoch == append.epoch and append.create is None:
        raise damage(
            append.execution,
            append.first_seq,
            f"the stored journal ends with event {found.seq} instead",
        )
    released = found.owner is None and append.release
    here = (found.epoch, found.seq) == (append.epoch, append.first_seq - 1)
    # They are settled by the same commit: one that isn't says that there was none.
    kept = not append.events and (mine or released) and here and not found.unsettled
    return 0 if kept else None
