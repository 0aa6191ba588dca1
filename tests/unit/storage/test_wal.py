from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tizmor.core.errors import JournalDamaged
from tizmor.storage.wal import refuse_damaged_log

_PAGE = 4096
_FRAME = 24 + _PAGE

_COMMIT_AND_DIE = """
import os, signal, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA journal_mode = WAL")
connection.execute("PRAGMA wal_autocheckpoint = 0")
connection.execute("CREATE TABLE notes (note TEXT)")
if sys.argv[2] == "used":
    for n in range(40):
        connection.execute("INSERT INTO notes VALUES (?)", (f"old {n}",))
    connection.execute("DELETE FROM notes")
    connection.execute("PRAGMA wal_checkpoint(RESTART)")
for n in range(8):
    connection.execute("INSERT INTO notes VALUES (?)", (f"note {n}",))
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(params=["new", "used"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A database whose process died after eight commits of one frame each, in a log that is new or
    was used before."""
    path = tmp_path / "tizmor.db"
    process = subprocess.run(
        [sys.executable, "-c", _COMMIT_AND_DIE, str(path), request.param], check=False
    )
    assert process.returncode == -signal.SIGKILL
    return path


def log(database: Path) -> Path:
    return database.with_name("tizmor.db-wal")


def frame_of(database: Path, note: int) -> int:
    """Where the frame begins whose commit wrote a note."""
    content = log(database).read_bytes()
    needle = f"note {note}".encode()
    return next(at for at in range(32, len(content), _FRAME) if needle in content[at : at + _FRAME])


def flip(database: Path, at: int) -> None:
    content = bytearray(log(database).read_bytes())
    content[at] ^= 1
    log(database).write_bytes(content)


def notes(database: Path) -> int:
    with closing(sqlite3.connect(database)) as connection:
        count: int = connection.execute("SELECT count(*) FROM notes").fetchone()[0]
        return count


def test_a_log_that_a_crash_left_whole_is_replayed(database: Path) -> None:
    refuse_damaged_log(database)
    assert notes(database) == 8


@pytest.mark.parametrize("byte", [24 + 4000, 0, 8, 16, 23])
@pytest.mark.parametrize("note", [0, 3, 5])
def test_damage_before_the_end_is_refused_until_a_human_decides(
    database: Path, note: int, byte: int
) -> None:
    """In the page, the page's number, the salt and the checksum of a frame."""
    flip(database, frame_of(database, note) + byte)
    damaged = log(database).read_bytes()

    for _ in range(2):
        with pytest.raises(JournalDamaged, match="log was damaged"):
            refuse_damaged_log(database)

    copy = database.with_name("tizmor.db-wal.damaged")
    assert copy.read_bytes() == damaged
    copy.rename(database.with_name("looked at"))
    refuse_damaged_log(database)
    assert notes(database) == note


def test_damage_of_the_last_commit_but_one_is_refused(database: Path) -> None:
    flip(database, frame_of(database, 6) + 24 + 100)
    with pytest.raises(JournalDamaged):
        refuse_damaged_log(database)


def test_a_torn_last_commit_is_a_crash(database: Path) -> None:
    flip(database, frame_of(database, 7) + 24 + 100)
    refuse_damaged_log(database)
    assert notes(database) == 7


def test_a_log_cut_short_is_a_crash(database: Path) -> None:
    content = log(database).read_bytes()
    log(database).write_bytes(content[: frame_of(database, 6) + 100])
    refuse_damaged_log(database)
    assert notes(database) == 6


def test_nothing_is_done_without_a_log(tmp_path: Path) -> None:
    refuse_damaged_log(tmp_path / "tizmor.db")
    assert list(tmp_path.iterdir()) == []
