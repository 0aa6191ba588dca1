"""The database, looked at without changing it or keeping others from writing."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import msgspec

_DEADLINE_S = 5.0
_OPCODES_BETWEEN_LOOKS = 100_000


class DatabaseState(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured. `problem` is what `PRAGMA quick_check` or SQLite itself says, empty when
    nothing is wrong; `finished` is False when the check ran out of time."""

    size_bytes: int
    seconds: float
    journal_mode: str = ""
    journal_rows: int | None = None
    problem: str = ""
    finished: bool = True


def inspect(path: Path) -> DatabaseState:
    """Open the SQLite database read-only and check it, for five seconds at most.

    The file is only opened through SQLite: closing it any other way would drop the locks that this
    process holds on it (POSIX advisory locks belong to the process).
    """
    size, began = path.stat().st_size, time.monotonic()
    mode, rows, problem, finished = "", None, "", True
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=1)) as database:
            database.set_progress_handler(
                lambda: time.monotonic() - began > _DEADLINE_S, _OPCODES_BETWEEN_LOOKS
            )
            mode = str(database.execute("PRAGMA journal_mode").fetchone()[0])
            rows = _journal_rows(database)
            verdict = str(database.execute("PRAGMA quick_check(1)").fetchone()[0])
            problem = "" if verdict == "ok" else verdict
    except sqlite3.OperationalError as error:
        finished = error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT
        problem = str(error) if finished else ""
    except sqlite3.DatabaseError as error:
        problem = str(error)
    return DatabaseState(
        size_bytes=size,
        seconds=time.monotonic() - began,
        journal_mode=mode,
        journal_rows=rows,
        problem=problem,
        finished=finished,
    )


def _journal_rows(database: sqlite3.Connection) -> int | None:
    """The rows of the journal; None when there is no such table yet."""
    found = database.execute("SELECT 1 FROM sqlite_master WHERE name = 'journal'").fetchone()
    return int(database.execute("SELECT count(*) FROM journal").fetchone()[0]) if found else None
