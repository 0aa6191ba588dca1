"""What retention removes from SQLite, in transactions so short that nobody waits for them.

An execution with many events can't go at once. So its row is first marked as removed: for everybody
else it isn't there from then on. Its events go next, the last ones first, so that what is still
there is a sound beginning; its own row goes at the end. What a crash leaves half done, the next run
ends.
"""

from __future__ import annotations

import sqlite3
import time
from collections import deque
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple

from tizmor.ports.journal import Freed
from tizmor.storage.connection import storage_errors
from tizmor.storage.shared.removal import FORGET

Writing = Callable[[], AbstractContextManager[sqlite3.Connection]]

_SLICE_S = 0.01
_EVENTS = 256
_WORTH = 16
"""One page in so many must be free before the file is written anew."""

# What has carried a dry run out (see `tizmor.engine.rehearsal`) stays as long as that: else that
# would be carried out once more.
_ENDED = (
    "SELECT id, owner, last_seq FROM executions AS e"  # 2: see rows.REMOVED
    " WHERE ended = 2 OR (ended = 1 AND updated_at_ms < ?1 AND NOT EXISTS"
    " (SELECT 1 FROM executions AS dry WHERE dry.id = e.id - 1 AND dry.dry_run = 1"
    " AND NOT (dry.ended = 2 OR (dry.ended = 1 AND dry.updated_at_ms < ?1)))) ORDER BY id"
)
_SIZE = "SELECT count(*), coalesce(sum(length(payload)), 0) FROM journal WHERE execution = ?"
_LOG_LINES = "SELECT count(*) FROM logs WHERE execution = ?"
_CHECKPOINTS = "SELECT execution, length(payload) FROM execution_checkpoints"
_MARK = (
    "UPDATE executions SET ended = 2, owner = NULL WHERE id = ? AND owner IS ?"
    " AND (ended = 2 OR (ended = 1 AND updated_at_ms < ?))"
)
_ORPHANS = "SELECT id FROM inbox WHERE execution NOT IN (SELECT id FROM executions)"
_SOME_LINES = (
    "DELETE FROM logs WHERE id IN (SELECT id FROM logs WHERE execution = ? LIMIT 256) RETURNING id"
)
_SOME_SPANS = (
    "DELETE FROM traces WHERE execution = ?1 AND span_id IN"
    " (SELECT span_id FROM traces WHERE execution = ?1 LIMIT 256) RETURNING 1"
)
_LATE_SPANS = (
    "SELECT DISTINCT execution FROM traces WHERE execution NOT IN (SELECT id FROM executions)"
)
_SPANS = (
    "SELECT count(*), coalesce(sum(length(told) + length(name)), 0) FROM traces WHERE execution = ?"
)
_LAST_EVENTS = "DELETE FROM journal WHERE execution = ? AND seq > ?"
_UNUSED = "SELECT hash FROM blobs WHERE hash NOT IN (SELECT hash FROM blob_uses)"
_THE_REST = (
    "DELETE FROM execution_steps WHERE execution = ?",
    "DELETE FROM pending_approvals WHERE execution = ?",
    "DELETE FROM execution_checkpoints WHERE execution = ?",
    "DELETE FROM blob_uses WHERE execution = ?",
    *FORGET,
    "DELETE FROM cache_claims WHERE execution = ?",
    "DELETE FROM shared_context WHERE execution = ?",
    "DELETE FROM agent_messages WHERE execution = ?",
    "DELETE FROM budgets WHERE execution = ?",
    "DELETE FROM budget_reservations WHERE execution = ?",
    "DELETE FROM circuit_waits WHERE execution = ?",
    "DELETE FROM executions WHERE id = ?",
)


class Found(NamedTuple):
    """What can go: executions with their owner, who is dead, and their last event's number."""

    executions: Sequence[tuple[int, str | None, int]]
    freed: Freed


def survey(
    connection: sqlite3.Connection, ended_before_ms: int, is_alive: Callable[[str], bool]
) -> Found:
    """What would go, as of a snapshot. It only looks."""
    executions = [
        (number, owner, last_seq)
        for number, owner, last_seq in connection.execute(_ENDED, (ended_before_ms,))
        if owner is None or not is_alive(owner)
    ]
    numbers = {number for number, _, _ in executions}
    sizes = [connection.execute(_SIZE, (number,)).fetchone() for number in numbers]
    spans = [connection.execute(_SPANS, (number,)).fetchone() for number in numbers]
    checkpoints = [size for n, size in connection.execute(_CHECKPOINTS) if n in numbers]
    blobs = _unused_without(connection, numbers)
    lines = sum(connection.execute(_LOG_LINES, (number,)).fetchone()[0] for number in numbers)
    freed = Freed(
        executions=len(executions),
        events=sum(events for events, _ in sizes),
        spans=sum(number for number, _ in spans),
        blobs=len(blobs),
        log_lines=lines,
        bytes=sum(size for _, size in (*sizes, *spans)) + sum(checkpoints) + sum(blobs),
    )
    return Found(executions, freed)


def remove(writing: Writing, found: Found, ended_before_ms: int) -> Iterator[None]:
    """Remove it; each `next` is one transaction of some 10 ms."""
    left = deque(found.executions)
    yield from _in_slices(writing, lambda connection: _rows(connection, left, ended_before_ms))
    yield from _in_slices(writing, _orders)
    yield from _in_slices(writing, _late_spans)
    yield from _in_slices(writing, _blobs)


def is_worth_compacting(connection: sqlite3.Connection) -> bool:
    """Whether enough pages are free to write the file anew."""
    with storage_errors():
        free = connection.execute("PRAGMA freelist_count").fetchone()[0]
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
    return bool(free and free * _WORTH >= pages)


def compact(connection: sqlite3.Connection) -> None:
    """Give free pages back to the disk by writing the file anew.

    To be called when no other process uses the database: it takes as long as the file is large.
    """
    with storage_errors():
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _in_slices(
    writing: Writing, work: Callable[[sqlite3.Connection], Iterator[None]]
) -> Iterator[None]:
    """Begin the work in transaction after transaction, until it has nothing left to do."""
    left = True
    while left:
        with writing() as connection:
            until = time.monotonic() + _SLICE_S
            left = any(time.monotonic() >= until for _ in work(connection))
        yield


def _rows(
    connection: sqlite3.Connection,
    left: deque[tuple[int, str | None, int]],
    ended_before_ms: int,
) -> Iterator[None]:
    """Remove the executions that are left; yields after every millisecond or so."""
    while left:
        number, owner, last_seq = left[0]
        if connection.execute(_MARK, (number, owner, ended_before_ms)).rowcount:
            for above in reversed(range(0, last_seq, _EVENTS)):
                connection.execute(_LAST_EVENTS, (number, above))
                left[0] = (number, None, above)
                yield
            for some in (_SOME_LINES, _SOME_SPANS):
                while connection.execute(some, (number,)).fetchall():
                    yield
            for statement in _THE_REST:
                connection.execute(statement, (number,))
        left.popleft()
        yield


def _orders(connection: sqlite3.Connection) -> Iterator[None]:
    """Remove the commands to executions that are gone."""
    for row in connection.execute(_ORPHANS).fetchall():
        connection.execute("DELETE FROM inbox WHERE id = ?", row)
        yield


def _late_spans(connection: sqlite3.Connection) -> Iterator[None]:
    """Remove what was told of executions while they went."""
    for row in connection.execute(_LATE_SPANS).fetchall():
        while connection.execute(_SOME_SPANS, row).fetchall():
            yield


def _blobs(connection: sqlite3.Connection) -> Iterator[None]:
    """Remove the blobs that nobody refers to as of this transaction."""
    for row in connection.execute(_UNUSED).fetchall():
        connection.execute("DELETE FROM blobs WHERE hash = ?", row)
        yield


def _unused_without(connection: sqlite3.Connection, executions: Container[int]) -> list[int]:
    """The sizes of the blobs that nobody but these executions refers to."""
    uses = connection.execute("SELECT execution, hash FROM blob_uses")
    used = {digest for execution, digest in uses if execution not in executions}
    blobs = connection.execute("SELECT hash, length(content) FROM blobs")
    return [size for digest, size in blobs if digest not in used]
