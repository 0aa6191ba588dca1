"""Bringing an older database up to date with Alembic, after a copy of it was made."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from tizmor.core.errors import StorageFailed
from tizmor.storage.connection import connect, storage_errors


def configuration() -> Config:
    """Alembic's settings, made here so that no file beside the package is needed."""
    config = Config()
    config.set_main_option("script_location", "tizmor.storage:migrations")
    return config


def back_up(database: Path, version: str) -> Path:
    """Copy the database as it is, its log included, beside it; the name tells its version."""
    copy = database.with_name(f"{database.stem}-{version}.backup{database.suffix}")
    unfinished = copy.with_suffix(".part")
    with (
        storage_errors(),
        closing(connect(database)) as source,
        closing(sqlite3.connect(unfinished)) as target,
    ):
        source.backup(target)
    os.replace(unfinished, copy)
    return copy


def upgrade(database: Path, *, to: str = "head") -> None:
    """Run the migrations that are missing, all in one transaction: all of them or none."""
    engine = sa.create_engine("sqlite://", creator=lambda: connect(database, create=True))
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode = WAL")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            config = configuration()
            config.attributes["connection"] = connection
            command.upgrade(config, to)
            connection.exec_driver_sql("COMMIT")
    except sa.exc.DatabaseError as error:
        raise StorageFailed(f"the database could not be migrated ({error.orig})") from error
    finally:
        engine.dispose()
