"""A write-ahead log that a crash left behind: torn at its end, or damaged before it?

SQLite replays the log up to the first frame whose checksum is wrong and forgets the rest without a
word. At the end of the log that is right: the frame belongs to a commit that a crash cut short and
nobody was told of. Before the end it isn't: commits that were acknowledged would be lost. The two
are told apart by what follows. Each frame's checksum begins with the stored one of the frame
before, and a commit is synced before the next one begins; so behind a broken frame, an unbroken run
of frames that holds the ends of two commits proves that the first of them had been acknowledged.

The format is https://www.sqlite.org/fileformat2.html#the_write_ahead_log.
"""

from __future__ import annotations

import shutil
import sqlite3
import struct
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from tizmor.core.errors import JournalDamaged
from tizmor.storage.connection import connect, storage_errors

_HEADER_BYTES = 32
_FRAME_HEADER_BYTES = 24
_BIG_ENDIAN_MAGIC = 0x377F0683
_header = struct.Struct(">8I")
_frame_header = struct.Struct(">6I")


class _Frame(NamedTuple):
    """One that isn't `valid` is broken, or is left from an earlier use of the file."""

    valid: bool
    ends_commit: bool


def refuse_damaged_log(database: Path) -> None:
    """Raise `JournalDamaged` when the log is damaged before its end, and keep a copy of it.

    To be called before the database is used, when no other process uses it. As long as the copy
    lies beside the database, it is refused again: what was acknowledged may be in it alone.
    """
    log = database.with_name(f"{database.name}-wal")
    copy = database.with_name(f"{database.name}-wal.damaged")
    if not copy.exists():
        if not log.exists() or log.stat().st_size <= _HEADER_BYTES:
            return
        with storage_errors(), closing(connect(database)) as connection:
            if not _lost_commits(log.read_bytes(), _replayed(connection)):
                return
            shutil.copyfile(log, copy)
    raise JournalDamaged(
        f"the database's log was damaged before its end, and the commits behind that are lost: "
        f"restore the database from a backup, or move {copy.name} away to go on without them"
    )


def _replayed(connection: sqlite3.Connection) -> int:
    """How many of the log's frames SQLite goes by."""
    frames: int = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()[1]
    return frames


def _lost_commits(log: bytes, replayed: int) -> bool:
    """Whether a commit that was acknowledged stands behind the frames that SQLite goes by."""
    broken = False
    commits = 0
    for frame in _frames(log, replayed):
        if not frame.valid:
            broken, commits = True, 0
        commits += frame.ends_commit
        if broken and commits == 2:
            return True
    return False


def _frames(log: bytes, replayed: int) -> Iterator[_Frame]:
    """The frames behind those, each held against the one before it."""
    magic, _, page_bytes, _, *salts, one, two = _header.unpack_from(log)
    words = struct.Struct(f"{'>' if magic == _BIG_ENDIAN_MAGIC else '<'}{2 + page_bytes // 4}I")
    size = _FRAME_HEADER_BYTES + page_bytes
    first = _HEADER_BYTES + replayed * size
    before = [one, two] if replayed == 0 else _frame_header.unpack_from(log, first - size)[4:]
    for at in range(first, len(log) - size + 1, size):
        _, commit, *frame_salts, one, two = _frame_header.unpack_from(log, at)
        ours = frame_salts == salts
        covered = log[at : at + 8] + log[at + _FRAME_HEADER_BYTES : at + size]
        valid = ours and _checksum(before, words.unpack(covered)) == (one, two)
        yield _Frame(valid, ours and commit != 0)
        before = [one, two]


def _checksum(start: Sequence[int], words: Sequence[int]) -> tuple[int, int]:
    first, second = start
    for even, odd in zip(words[::2], words[1::2], strict=True):
        first = (first + even + second) & 0xFFFFFFFF
        second = (second + odd + first) & 0xFFFFFFFF
    return first, second
