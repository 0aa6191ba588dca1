"""The history of the schema, for Alembic. A migration, once released, is never edited."""
