"""The checksums that tie the rows of one execution together.

Each row's checksum is the CRC-32 (ISO 3309, as in `zlib.crc32`) of its execution, sequence number,
time and payload, begun with the checksum of the row before; the first row begins with 0. So a row
that is changed, missing, doubled or put elsewhere is found by the row itself or by the next, and
the last one is held against what `executions` remembers of it. It guards against accidents of
disks and hands, not against someone who can compute a CRC.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Any, NamedTuple
from zlib import crc32

from tizmor.core.errors import JournalDamaged
from tizmor.core.ids import public_id
from tizmor.ports.journal import Record

_header = struct.Struct("<qqq").pack


class Link(NamedTuple):
    """Where a chain stands: the last sequence number and its row's checksum."""

    seq: int
    checksum: int


START = Link(0, 0)


def checksum(previous: int, execution: int, seq: int, at_ms: int, payload: bytes) -> int:
    return crc32(_header(execution, seq, at_ms) + payload, previous)


def checkpoint_checksum(execution: int, seq: int, payload: bytes) -> int:
    """A checkpoint stands for itself: the checksum of a first row without a time."""
    return checksum(START.checksum, execution, seq, 0, payload)


def damage(execution: int, seq: int, what: str) -> JournalDamaged:
    """The error that names the row."""
    return JournalDamaged(
        f"execution {public_id(execution)}, event {seq}: {what}; restore the database from a backup"
    )


def verified(links: dict[int, Link], rows: Iterable[tuple[Any, ...]]) -> list[Record]:
    """Rows (execution, position, seq, at_ms, payload, checksum) as records, each checked.

    `links` says for every execution where its chain stood before these rows, and afterwards where
    it stands. Raises `JournalDamaged` at the first row that is not what was written.
    """
    records = []
    current: int | None = None
    before, last = START
    for execution, position, seq, at_ms, payload, stored in rows:
        if execution != current:  # seldom: most rows come one behind the other
            if current is not None:
                links[current] = Link(before, last)
            current = execution
            before, last = links[execution]
        if seq != before + 1:
            raise damage(execution, before + 1, "the row is missing")
        try:
            last = crc32(_header(execution, seq, at_ms) + payload, last)
        except (TypeError, struct.error) as error:
            raise damage(execution, seq, "the row can't be read") from error
        if last != stored:
            raise damage(execution, seq, "the row is not what was written")
        before = seq
        records.append(
            Record(position=position, execution=execution, seq=seq, at_ms=at_ms, payload=payload)
        )
    if current is not None:
        links[current] = Link(before, last)
    return records
