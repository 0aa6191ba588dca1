"""A new database: all tables at once, marked as being of the newest version.

It needs no Alembic, whose import alone takes longer than all of this.
"""

from __future__ import annotations

import sqlite3

from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from tizmor.storage.connection import writing
from tizmor.storage.tables import metadata


def create(connection: sqlite3.Connection, version: str) -> None:
    """Make the tables in one transaction: an interrupted one leaves an empty database."""
    connection.execute("PRAGMA journal_mode = WAL")
    with writing(connection):
        for statement in statements():
            connection.execute(statement)
        connection.execute(
            "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL,"
            " CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
        )
        connection.execute("INSERT INTO alembic_version VALUES (?)", (version,))


def statements() -> list[str]:
    """What makes all tables and their indexes, on SQLite."""
    dialect = sqlite.dialect()
    tables = metadata.sorted_tables
    indexes = [
        index for table in tables for index in sorted(table.indexes, key=lambda i: str(i.name))
    ]
    creates = [CreateTable(table) for table in tables] + [CreateIndex(index) for index in indexes]
    return [str(create.compile(dialect=dialect)) for create in creates]
