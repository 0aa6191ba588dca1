"""Alembic's entry: runs the migrations on the connection that `tizmor.storage.migrate` hands in."""

from __future__ import annotations

from alembic import context

from tizmor.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=False,
)
context.run_migrations()
