"""How the database file is opened, how it is written to, and what its errors mean.

Write-ahead log, every commit synced (`synchronous=FULL`): what was committed survives the loss of
power, and readers never wait for the writer.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from tizmor.core.errors import EngineError, JournalDamaged, StorageFailed

BUSY_S = 10.0
"""How long one process waits for another's transaction before it gives up."""

_CHECKPOINT_PAGES = 2000
_LOG_LIMIT_BYTES = 64 << 20
_AT_ONCE: AbstractContextManager[None] = nullcontext()

_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_ADVICE = {
    sqlite3.SQLITE_FULL: "the disk is full: free some space and resume",
    sqlite3.SQLITE_READONLY: "it can't be written: check who may write to the workspace",
    sqlite3.SQLITE_PERM: "it can't be written: check who may write to the workspace",
    sqlite3.SQLITE_CANTOPEN: "it can't be opened: check the workspace's folder and its permissions",
    sqlite3.SQLITE_IOERR: "the disk refused to read or write: check it and resume",
    sqlite3.SQLITE_BUSY: f"another process kept it locked for {BUSY_S:.0f} s: end it, or try again",
    sqlite3.SQLITE_LOCKED: "another connection kept it locked: try again",
}


def connect(path: Path, *, create: bool = False) -> sqlite3.Connection:
    """A connection in autocommit mode that any one thread at a time may use."""
    with storage_errors():
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?{_mode(path, create=create)}",
            uri=True,
            timeout=BUSY_S,
            isolation_level=None,
            check_same_thread=False,
        )
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        # What is deleted is wiped where that writes no page more than the deletion itself.
        connection.execute("PRAGMA secure_delete = FAST")
        connection.execute(f"PRAGMA journal_size_limit = {_LOG_LIMIT_BYTES}")
    return connection


def _mode(path: Path, *, create: bool) -> str:
    """How to open the file. On a file system that nobody can write there is no place for the log's
    index; without a log the file is whole as it lies, and is read so."""
    if create:
        return "mode=rwc"
    if not path.exists() or not os.statvfs(path).f_flag & os.ST_RDONLY:
        return "mode=rw"
    log = path.with_name(f"{path.name}-wal")
    return "mode=ro" if log.exists() and log.stat().st_size else "mode=ro&immutable=1"


def connect_to_read(path: Path) -> sqlite3.Connection:
    """A connection that refuses to write."""
    connection = connect(path)
    connection.execute("PRAGMA query_only = ON")
    return connection


@contextmanager
def writing(
    connection: sqlite3.Connection, turn: AbstractContextManager[None] = _AT_ONCE
) -> Iterator[None]:
    """One durable transaction: all of it, or nothing when anything is raised.

    It takes the write lock at its beginning (`BEGIN IMMEDIATE`): a transaction that begins by
    reading can't wait for the lock, it would fail at once.
    """
    with storage_errors():
        with turn:
            connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


@contextmanager
def snapshot(connection: sqlite3.Connection) -> Iterator[None]:
    """Several reads that see the database as of one commit."""
    with storage_errors():
        connection.execute("BEGIN")
        try:
            yield
        finally:
            connection.execute("ROLLBACK")


@contextmanager
def storage_errors() -> Iterator[None]:
    """SQLite's errors as Tizmor's: `JournalDamaged` or `StorageFailed`, with what to do."""
    try:
        yield
    except sqlite3.ProgrammingError:
        raise
    except sqlite3.DatabaseError as error:
        raise _translated(error) from error


@contextmanager
def file_errors(path: Path) -> Iterator[None]:
    """The file system's errors about one file as `StorageFailed`, with what to do."""
    try:
        yield
    except OSError as error:
        raise StorageFailed(
            f"{path} can't be used ({error.strerror}): check the disk and who may write to the"
            " workspace"
        ) from error


def _translated(error: sqlite3.DatabaseError) -> EngineError:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code in _DAMAGED:
        return JournalDamaged(f"the database is damaged ({error}): restore it from a backup")
    if code == sqlite3.SQLITE_CONSTRAINT:
        return JournalDamaged(f"the database holds what it should not ({error})")
    advice = _ADVICE.get(code)
    reason = f"the database could not be used ({error})"
    return StorageFailed(f"{reason}: {advice}" if advice else reason)
