"""The schema's version: asked by one SELECT on every open, brought up to date only when it differs.

A process that finds the right version imports neither SQLAlchemy nor Alembic: they would take most
of a second of every command's start. This is the one module that imports inside functions.
"""

from __future__ import annotations

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tizmor.core.errors import WorkspaceUnusable
from tizmor.storage.connection import connect, storage_errors

VERSION = "0004"
"""The newest migration. Versions are numbers of four digits, so they order as text."""

_LOCK = "schema.lock"


def prepare(database: Path) -> None:
    """Let the database have this version's schema: create it when there is none, migrate an older.

    Two processes that open at once do it once. Raises `WorkspaceUnusable` for a newer database or
    one that isn't Tizmor's, `StorageFailed` when the disk refuses.
    """
    if _version(database) == VERSION:
        return
    with _alone(database.with_name(_LOCK)):
        version = _version(database)
        if version is None:
            _create(database)
        elif version < VERSION:
            _migrate(database, version)
        elif version > VERSION:
            raise WorkspaceUnusable(
                f"the database was written by a newer Tizmor (schema {version}, this one knows"
                f" {VERSION}): upgrade Tizmor"
            )


def _version(database: Path) -> str | None:
    """The stored version; None when there is no database or nothing in it."""
    if not database.exists():
        return None
    with closing(connect(database)) as connection, storage_errors():
        try:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_ERROR:
                raise
            row = None
        if row is not None:
            return str(row[0])
        if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            raise WorkspaceUnusable(f"{database.name} isn't a database of Tizmor: move it away")
        return None


def _create(database: Path) -> None:
    from tizmor.storage.fresh import create

    with closing(connect(database, create=True)) as connection, storage_errors():
        create(connection, VERSION)


def _migrate(database: Path, version: str) -> None:
    from tizmor.storage.migrate import back_up, upgrade

    back_up(database, version)
    upgrade(database)


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """One process at a time; the kernel frees the lock of one that dies."""
    with lock.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
