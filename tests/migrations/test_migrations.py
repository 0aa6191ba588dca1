from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from tizmor.core.errors import StorageFailed, WorkspaceUnusable
from tizmor.drivers.embedded.clock import SystemClock
from tizmor.storage import migrate, schema
from tizmor.storage.chain import checksum
from tizmor.storage.migrate import back_up, configuration, upgrade
from tizmor.storage.schema import VERSION, prepare
from tizmor.storage.sqlite import open_sqlite
from tizmor.storage.tables import metadata

_PREPARE = (
    "import sys; from pathlib import Path; from tizmor.storage.sqlite import prepare;"
    " prepare(Path(sys.argv[1]))"
)


def objects(database: Path) -> dict[str, str]:
    """Every table and index as SQLite remembers its statement, white space aside."""
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        return {name: "".join(sql.split()) for name, sql in rows}


def versions(database: Path) -> list[str]:
    with closing(sqlite3.connect(database)) as connection:
        return [row[0] for row in connection.execute("SELECT version_num FROM alembic_version")]


def test_a_fresh_schema_is_the_sum_of_the_migrations(tmp_path: Path) -> None:
    prepare(tmp_path / "fresh.db")
    upgrade(tmp_path / "migrated.db")

    assert objects(tmp_path / "fresh.db") == objects(tmp_path / "migrated.db")
    assert versions(tmp_path / "fresh.db") == versions(tmp_path / "migrated.db") == [VERSION]


def test_the_migrations_make_what_the_tables_say(tmp_path: Path) -> None:
    upgrade(tmp_path / "migrated.db")
    engine = create_engine(f"sqlite:///{tmp_path / 'migrated.db'}")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_the_newest_migration_is_the_version() -> None:
    assert ScriptDirectory.from_config(configuration()).get_heads() == [VERSION]


def test_preparing_again_changes_nothing(tmp_path: Path) -> None:
    database = tmp_path / "tizmor.db"
    prepare(database)
    before = database.read_bytes()
    prepare(database)
    assert database.read_bytes() == before


def test_an_interrupted_creation_is_begun_again(tmp_path: Path) -> None:
    (tmp_path / "tizmor.db").touch()
    prepare(tmp_path / "tizmor.db")
    assert versions(tmp_path / "tizmor.db") == [VERSION]


@pytest.mark.parametrize("version", ["0005", "9999", "unknown"])
def test_a_newer_database_is_refused_untouched(tmp_path: Path, version: str) -> None:
    database = tmp_path / "tizmor.db"
    prepare(database)
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (version,))

    with pytest.raises(WorkspaceUnusable, match=r"newer Tizmor.*upgrade"):
        prepare(database)

    assert versions(database) == [version]


_NEXT = """
from alembic import op
revision = "0005"
down_revision = "0004"
def upgrade():
    op.execute("CREATE TABLE added (note TEXT)")
    op.execute({after!r})
"""


@pytest.fixture
def next_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let there be a migration 0005, which ends with a given statement."""

    def add(statement: str) -> None:
        versions = tmp_path / "versions"
        versions.mkdir()
        (versions / "0005_next.py").write_text(_NEXT.format(after=statement))
        config = configuration()
        config.set_main_option("path_separator", "newline")
        config.set_main_option(
            "version_locations", f"tizmor.storage:migrations/versions\n{versions}"
        )
        monkeypatch.setattr(migrate, "configuration", lambda: config)
        monkeypatch.setattr(schema, "VERSION", "0005")

    return add


def test_an_older_database_is_copied_and_migrated(
    tmp_path: Path, next_version: Callable[[str], None]
) -> None:
    database = tmp_path / "tizmor.db"
    prepare(database)
    next_version("INSERT INTO added VALUES ('here')")

    prepare(database)

    assert versions(database) == ["0005"]
    assert "added" in objects(database)
    assert versions(tmp_path / "tizmor-0004.backup.db") == ["0004"]
    assert "added" not in objects(tmp_path / "tizmor-0004.backup.db")


def test_a_migration_that_fails_leaves_the_database_as_it_was(
    tmp_path: Path, next_version: Callable[[str], None]
) -> None:
    database = tmp_path / "tizmor.db"
    prepare(database)
    before = objects(database)
    next_version("INSERT INTO nowhere VALUES (1)")

    with pytest.raises(StorageFailed, match="nowhere"):
        prepare(database)

    assert versions(database) == ["0004"]
    assert objects(database) == before


_SCHEMA_0001 = """
INSERT INTO executions VALUES
 (7, 'what we did', 'dana', 'COMPLETED', 1, 1, 10, 20, 1, NULL, 1, 2, {last}),
 (8, 'and then', 'dana', 'RUNNING', 2, 0, 11, 21, 0, '1-0000000000000000', 3, 0, 0);
INSERT INTO journal (execution, seq, at_ms, payload, checksum) VALUES
 (7, 1, 15, '{created}', {first}), (7, 2, 16, '{ended}', {last});
INSERT INTO execution_steps VALUES (7, 'search', 'DriveSearch', 'SUCCEEDED', 1, 15, 16);
INSERT INTO pending_approvals VALUES (7, 'g1', 'approval', 'meet', 'open', '{{}}', 15, NULL);
INSERT INTO inbox (execution, kind, payload, created_at_ms) VALUES (8, 'pause', '{{}}', 17);
"""


async def test_a_database_of_schema_0001_comes_with_its_data(tmp_path: Path) -> None:
    database = tmp_path / "tizmor.db"
    upgrade(database, to="0001")
    created = '{"type":"Created","query":"what we did","user":"dana"}'
    end = '{"type":"Ended","status":"COMPLETED"}'
    first = checksum(0, 7, 1, 15, created.encode())
    last = checksum(first, 7, 2, 16, end.encode())
    script = _SCHEMA_0001.format(created=created, ended=end, first=first, last=last)
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.executescript(re.sub(r"'(\{.*?\})'", r"CAST('\1' AS BLOB)", script))

    journal = open_sqlite(tmp_path, create=True, clock=SystemClock())

    ended, left = await journal.get(7), await journal.adopt(8)
    assert ended is not None
    assert left is not None
    assert (ended.query, ended.row.status, ended.row.steps_done) == ("what we did", "COMPLETED", 1)
    assert (ended.priority, ended.row.due_ms) == (0, None)
    written = [record.payload.decode() for record in await journal.read(7)]
    assert written == [created, end]
    assert (left.epoch, left.row.status) == (4, "RUNNING")
    assert [row.kind for row in await journal.pending()] == ["pause"]
    assert {state for _, state, _ in journal.check(deep=True)} == {"ok"}
    await journal.close()
    with closing(sqlite3.connect(database)) as connection:
        steps = connection.execute("SELECT step, status FROM execution_steps").fetchall()
        gates = connection.execute("SELECT id, state FROM pending_approvals").fetchall()
    assert (steps, gates) == ([("search", "SUCCEEDED")], [("g1", "open")])
    assert versions(tmp_path / "tizmor-0001.backup.db") == ["0001"]


_OF_TYPE = {"INTEGER": 7, "TEXT": "seven", "BLOB": b"7"}


def rows_of(database: Path) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables, the version's aside."""
    with closing(sqlite3.connect(database)) as connection:
        tables = [
            row[0]
            for row in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table'"
                " AND name NOT LIKE 'sqlite_%' AND name <> 'alembic_version'"
            )
        ]
        return {table: connection.execute(f"SELECT * FROM {table}").fetchall() for table in tables}


def fill(database: Path) -> None:
    """A row in every table."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        for table in rows_of(database):
            columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
            values = [_OF_TYPE[column[2]] for column in columns]
            places = ", ".join("?" * len(values))
            connection.execute(f"INSERT INTO {table} VALUES ({places})", values)


async def test_a_database_of_schema_0003_comes_with_its_data(tmp_path: Path) -> None:
    database = tmp_path / "tizmor.db"
    upgrade(database, to="0003")
    fill(database)
    before = rows_of(database)
    assert {len(rows) for rows in before.values()} == {1}

    prepare(database)

    after = rows_of(database)
    assert {table: after[table] for table in before} == before
    assert {table for table in after if after[table]} == set(before)
    assert versions(tmp_path / "tizmor-0003.backup.db") == ["0003"]
    assert rows_of(tmp_path / "tizmor-0003.backup.db") == before


def test_a_backup_holds_what_is_still_in_the_log(tmp_path: Path) -> None:
    database = tmp_path / "tizmor.db"
    prepare(database)
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute(
            "INSERT INTO inbox (execution, kind, payload, created_at_ms) VALUES (1, 'x', x'', 1)"
        )
        copy = back_up(database, "0001")

    assert copy.name == "tizmor-0001.backup.db"
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT kind FROM inbox").fetchall() == [("x",)]


def test_processes_that_open_at_once_create_once(tmp_path: Path) -> None:
    database = tmp_path / "tizmor.db"
    program = _PREPARE
    openers = [subprocess.Popen([sys.executable, "-c", program, str(database)]) for _ in range(3)]

    assert [opener.wait() for opener in openers] == [0, 0, 0]
    assert versions(database) == [VERSION]


def test_what_is_up_to_date_is_opened_without_the_schema_libraries(tmp_path: Path) -> None:
    database = tmp_path / "tizmor.db"
    prepare(database)
    program = f"{_PREPARE}; sys.exit(bool({{'sqlalchemy', 'alembic'}} & sys.modules.keys()))"

    assert (
        subprocess.run([sys.executable, "-c", program, str(database)], check=False).returncode == 0
    )


def test_what_is_fresh_is_made_without_alembic(tmp_path: Path) -> None:
    program = f"{_PREPARE}; sys.exit('alembic' in sys.modules)"

    made = subprocess.run([sys.executable, "-c", program, str(tmp_path / "new.db")], check=False)

    assert made.returncode == 0
