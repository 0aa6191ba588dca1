"""On PostgreSQL `tizmor migrate` alone makes and changes tables; everyone else asks and refuses."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.ext.asyncio import create_async_engine
from tests.contracts.postgres_server import PostgresServer

from tizmor.core.errors import WorkspaceUnusable, WrongSetting
from tizmor.ports.journal import ExecutionRow
from tizmor.storage.chain import checksum
from tizmor.storage.postgres.journal import open_postgres
from tizmor.storage.postgres.migrate import upgrade
from tizmor.storage.postgres.schema import TABLES
from tizmor.storage.postgres.tables import whole
from tizmor.storage.postgres.wire import connect
from tizmor.storage.schema import VERSION

CREATED, PAUSED = b'{"type":"Created","query":"what","user":"noa"}', b'{"type":"Paused"}'
_COLUMNS = (
    "SELECT table_name, column_name, data_type, is_nullable, column_default"
    " FROM information_schema.columns WHERE table_schema = 'public'"
    " AND table_name <> 'alembic_version' ORDER BY 1, ordinal_position"
)
_CONSTRAINTS = (
    "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text"
    " <> 'alembic_version' ORDER BY 1, 2"
)
_INDEXES = (
    "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'"
    " AND tablename <> 'alembic_version' ORDER BY 1"
)


@pytest.fixture
def empty(postgres_server: PostgresServer) -> Iterator[str]:
    """A database without a table."""
    name = postgres_server.new_database(empty=True)
    yield name
    postgres_server.drop_database(name)


def shape(server: PostgresServer, database: str) -> list[list[tuple[Any, ...]]]:
    return [
        [tuple(row) for row in server.execute(look, database=database)]
        for look in (_COLUMNS, _CONSTRAINTS, _INDEXES)
    ]


async def on_engine(url: str, work: Any) -> Any:
    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: connect(url, "test")
    )
    async with engine.begin() as connection:
        answer = await connection.run_sync(work)
    await engine.dispose()
    return answer


async def test_the_migrations_make_exactly_what_the_tables_say(
    postgres_server: PostgresServer, empty: str
) -> None:
    migrated = postgres_server.new_database(empty=True)
    await upgrade(postgres_server.url(migrated))
    await on_engine(postgres_server.url(empty), whole().create_all)

    def differences(connection: sa.Connection) -> list[Any]:
        return compare_metadata(MigrationContext.configure(connection), whole())

    assert shape(postgres_server, migrated) == shape(postgres_server, empty)
    assert await on_engine(postgres_server.url(migrated), differences) == []
    postgres_server.drop_database(migrated)


def test_the_rights_that_are_asked_for_are_on_all_tables() -> None:
    assert sorted(whole().tables) == sorted(TABLES)


async def test_an_empty_database_is_refused_with_the_line_that_makes_its_tables(
    postgres_server: PostgresServer, empty: str, server_clock: Any
) -> None:
    url = postgres_server.url(empty)
    for write in (True, False):
        with pytest.raises(WorkspaceUnusable, match="run `tizmor migrate`"):
            await open_postgres(url, write=write, clock=server_clock)
    assert shape(postgres_server, empty) == [[], [], []], "looking creates nothing"

    assert "tables were made" in await upgrade(url)
    assert "the newest" in await upgrade(url)
    journal = await open_postgres(url, write=True, clock=server_clock)
    await journal.close()


@pytest.mark.parametrize("version", ["9999", "a1b2c3d4e5f6"])
async def test_a_newer_database_is_refused_untouched(
    postgres: Any, server_clock: Any, version: str
) -> None:
    postgres.execute("UPDATE alembic_version SET version_num = $1", version)

    for refused in (
        open_postgres(postgres.url, write=True, clock=server_clock),
        upgrade(postgres.url),
    ):
        with pytest.raises(WorkspaceUnusable, match=r"newer Tizmor.*upgrade"):
            await refused

    assert postgres.execute("SELECT version_num FROM alembic_version")[0][0] == version


async def test_a_database_of_the_first_schema_is_refused_and_upgrades_with_its_data(
    postgres_server: PostgresServer, empty: str, server_clock: Any
) -> None:
    url = postgres_server.url(empty)
    await upgrade(url, to="0001")
    fill_first_schema(postgres_server, empty)

    with pytest.raises(WorkspaceUnusable, match=f"schema 0001.*{VERSION}.*tizmor migrate"):
        await open_postgres(url, write=False, clock=server_clock)
    await upgrade(url)

    journal = await open_postgres(url, write=True, clock=server_clock)
    assert [record.payload for record in await journal.read(7)] == [CREATED, PAUSED]
    taken = await journal.adopt(7)
    assert taken is not None
    assert (taken.query, taken.user, taken.epoch, taken.priority) == ("what", "noa", 4, 0)
    assert taken.row == ExecutionRow(
        status="WAITING", steps_total=2, steps_done=1, updated_at_ms=20
    )
    assert [row.payload for row in await journal.pending()] == [b"yes"]
    positions = [record.position for record in await journal.read_feed(0, 10)]
    assert positions == [1, 2]
    assert {state for _, state, _ in await asyncio.to_thread(journal.check, deep=True)} == {"ok"}
    await journal.close()


def fill_first_schema(server: PostgresServer, database: str) -> None:
    first = checksum(0, 7, 1, 10, CREATED)
    second = checksum(first, 7, 2, 20, PAUSED)
    for statement, values in (
        ("INSERT INTO journal VALUES (1, 7, 1, 10, $1, $2)", (CREATED, first)),
        ("INSERT INTO journal VALUES (2, 7, 2, 20, $1, $2)", (PAUSED, second)),
        (
            'INSERT INTO executions (id, query, "user", status, steps_total, steps_done,'
            " created_at_ms, updated_at_ms, ended, owner, epoch, last_seq, last_checksum)"
            " VALUES (7, 'what', 'noa', 'WAITING', 2, 1, 10, 20, 0, 'gone', 3, 2, $1)",
            (second,),
        ),
        ("INSERT INTO execution_steps VALUES (7, 's', 'Summary', 'DONE', 1, 10, 20)", ()),
        (
            "INSERT INTO inbox (execution, kind, payload, created_at_ms)"
            " VALUES (7, 'approve', 'yes', 30)",
            (),
        ),
    ):
        server.execute(statement, *values, database=database)


async def test_of_several_that_migrate_at_once_one_does(
    postgres_server: PostgresServer, empty: str
) -> None:
    said = await asyncio.gather(*(upgrade(postgres_server.url(empty)) for _ in range(3)))

    assert sorted("made" in sentence for sentence in said) == [False, False, True]


async def test_a_user_who_may_only_read_may_look_and_is_told_what_is_missing(
    postgres: Any, server_clock: Any
) -> None:
    postgres.execute("DROP ROLE IF EXISTS reader")
    postgres.execute("CREATE ROLE reader LOGIN")
    url = postgres.server.url(postgres.database, user="reader")

    with pytest.raises(WorkspaceUnusable, match=r"user reader .*SELECT"):
        await open_postgres(url, write=False, clock=server_clock)
    postgres.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
    looking = await open_postgres(url, write=False, clock=server_clock)
    assert await looking.recent() == []
    await looking.close()
    with pytest.raises(WorkspaceUnusable, match=r"user reader .*journal \(INSERT\).*GRANT"):
        await open_postgres(url, write=True, clock=server_clock)
    with pytest.raises(WorkspaceUnusable, match="may not make tables"):
        await migrate_again_as(url, postgres)


async def migrate_again_as(url: str, postgres: Any) -> None:
    postgres.execute("DROP SCHEMA public CASCADE")
    postgres.execute("CREATE SCHEMA public")
    postgres.execute("GRANT USAGE ON SCHEMA public TO reader")
    await upgrade(url)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://noa:gEhEim@127.0.0.1:1/tizmor",
        "postgresql://noa:gEhEim@127.0.0.1:1/tizmor?sslmode=gEhEim",
        "postgresql://noa:gEhEim@host.invalid/tizmor",
        "postgresql://noa:gEhEim@/none?host={folder}",
        "postgresql://noa:gEhEim@/postgres?host={folder}",
        "postgresql://tizmor:gEhEim@/none?host={folder}",
        "postgresql://tizmor:gEhEim@/postgres?host={folder}&gEhEim=1",
    ],
)
async def test_a_url_that_leads_nowhere_is_refused_without_its_password(
    postgres_server: PostgresServer, server_clock: Any, url: str
) -> None:
    with pytest.raises(WrongSetting) as refused:
        await open_postgres(
            url.format(folder=postgres_server.folder), write=True, clock=server_clock
        )

    assert str(refused.value).startswith("DATABASE_URL: ")
    assert "a right example: DATABASE_URL=postgresql://" in str(refused.value)
    if "gEhEim=1" not in url:
        assert "gEhEim" not in str(refused.value)
