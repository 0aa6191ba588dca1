"""What PostgreSQL has beside `tizmor.storage.tables`, where SQLite has files and locks."""

from __future__ import annotations

import sqlalchemy as sa

from tizmor.storage.tables import metadata as shared

metadata = sa.MetaData(naming_convention=shared.naming_convention)

# Who owns executions, until when by the server's clock; `process` lets its own machine see it dead.
owners = sa.Table(
    "owners",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("until", sa.DateTime(timezone=True), nullable=False),
    sa.Column("process", sa.Text, nullable=False),
)

# One row, where there is any: see `position`.
journal_origin = sa.Table(
    "journal_origin",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("transactions", sa.BigInteger, nullable=False),
)


def whole() -> sa.MetaData:
    """All tables of a database on PostgreSQL."""
    tables = sa.MetaData(naming_convention=shared.naming_convention)
    for part in (shared, metadata):
        for table in part.sorted_tables:
            table.to_metadata(tables)
    return tables
