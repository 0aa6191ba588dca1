"""A private PostgreSQL server for tests: Debian's own binaries, a socket in a folder, no port.

The server refuses to run as root, so root runs it as `postgres` or `nobody`. It dies with the
process that started it. It doesn't sync: what a crash of the server itself may lose is lost only
where `synchronous_commit` is off, and it is on; only a crash of the machine needs the sync.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import asyncpg

from tizmor.storage.postgres.migrate import upgrade

ROOT_OF_BINARIES = Path("/usr/lib/postgresql")
_USERS = ("postgres", "nobody")
_START_S = 60.0
_OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "64MB",
    "max_connections": "200",
    "log_min_messages": "panic",
    "deadlock_timeout": "200ms",
}
_TEMPLATE = "tizmor_template"
_SHAPE = (
    "SELECT md5(string_agg(line, ';' ORDER BY line)) FROM ("
    " SELECT concat_ws(' ', c.relname, c.relkind, c.relacl, a.attname, a.atttypid, a.attnotnull)"
    " FROM pg_class AS c LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid"
    " WHERE c.relnamespace = 'public'::regnamespace"
    " UNION ALL SELECT concat_ws(' ', conname, pg_get_constraintdef(oid)) FROM pg_constraint"
    " UNION ALL SELECT concat_ws(' ', tgname, tgenabled) FROM pg_trigger"
    " UNION ALL SELECT concat_ws(' ', proname, prosrc) FROM pg_proc"
    " WHERE pronamespace = 'public'::regnamespace"
    " UNION ALL SELECT version_num FROM alembic_version) AS lines (line)"
)
"""SQL: what a database's tables are, beside their rows."""
_LEFT = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
_EMPTY = """DO $$ DECLARE used text; BEGIN
    SELECT string_agg(oid::regclass::text, ', ') INTO used FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
        AND relname <> 'alembic_version' AND pg_relation_size(oid) > 0;
    IF used IS NOT NULL THEN EXECUTE 'TRUNCATE ' || used || ' RESTART IDENTITY'; END IF;
END $$"""

_T = TypeVar("_T")


def binaries() -> Path | None:
    """The newest installed server's; None when there is none."""
    found = sorted(ROOT_OF_BINARIES.glob("*/bin/postgres"), key=lambda file: int(file.parts[-3]))
    return found[-1].parent if found else None


class PostgresServer:
    """One server, `start`ed and `stop`ped at will; its databases stay until `remove`."""

    def __init__(self, **options: str) -> None:
        folder = binaries()
        assert folder is not None, "PostgreSQL is not installed"
        self._binaries = folder
        self._options = _OPTIONS | options
        self._made = 0
        self._empty: list[str] = []
        self._shape: str | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._user = _unprivileged() if os.getuid() == 0 else None
        self.folder = Path(tempfile.mkdtemp(prefix="tizmor-pg-"))
        if self._user is not None:
            os.chown(self.folder, self._user.pw_uid, self._user.pw_gid)
        self._run("initdb", "--pgdata", self._data, "--username", "tizmor", "--auth", "trust",
                  "--encoding", "UTF8", "--no-locale", "--no-sync")  # fmt: skip

    def url(self, database: str = "postgres", user: str = "tizmor") -> str:
        return f"postgresql://{user}@/{database}?host={self.folder}"

    def start(self) -> None:
        options = [
            word for name, value in self._options.items() for word in ("-c", f"{name}={value}")
        ]
        self._process = subprocess.Popen(
            self._as_user("postgres", "-D", self._data, "-k", str(self.folder), *options),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        until = time.monotonic() + _START_S
        while subprocess.run(
            self._command("pg_isready", "-q", "-h", str(self.folder)), check=False
        ).returncode:
            assert self._process.poll() is None, "the server ended"
            assert time.monotonic() < until, "the server doesn't start"
            time.sleep(0.02)

    def stop(self, *, immediately: bool = False) -> None:
        """End it as `pg_ctl stop` does: `fast`, or `immediate`, which is a crash."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT if immediately else signal.SIGINT)
            self._process.wait()
            self._process = None

    def restart(self, *, immediately: bool = False) -> None:
        self.stop(immediately=immediately)
        self.start()

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder)

    def execute(
        self, statement: str, *values: object, database: str = "postgres"
    ) -> list[asyncpg.Record]:
        """Run one statement on a connection of its own. Blocks, and may be called where an event
        loop runs."""
        return _in_thread(self._execute(statement, values, database))

    def make_template(self) -> None:
        """Make the database from which `new_database` copies: empty, with the newest schema."""
        self.execute(f"CREATE DATABASE {_TEMPLATE}")
        _in_thread(upgrade(self.url(_TEMPLATE)))

    def new_database(self, *, empty: bool = False) -> str:
        """The name of a new database, with the newest schema or none."""
        self._made += 1
        name = f"tizmor_{self._made}"
        template = "template0" if empty else _TEMPLATE
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return name

    def empty_database(self) -> str:
        """The name of a database with the newest schema and no rows, which was used before or is
        new: making one takes ten times as long as emptying it."""
        return self._empty.pop() if self._empty else self.new_database()

    def give_back(self, name: str) -> None:
        """Let others have it; what isn't as the schema says any more is dropped."""
        if self._shape is None:
            self._shape = _in_thread(self._shape_of(_TEMPLATE))
        if _in_thread(self._emptied(name)) == self._shape:
            self._empty.append(name)
        else:
            self.drop_database(name)

    async def _shape_of(self, name: str) -> str:
        return str((await self._execute(_SHAPE, (), name))[0][0])

    async def _emptied(self, name: str) -> str | None:
        """Its shape; None when not even the table of the version is there."""
        connection = await asyncpg.connect(self.url(name))
        try:
            await connection.execute(_LEFT)
            await connection.execute(_EMPTY)
            return str(await connection.fetchval(_SHAPE))
        except asyncpg.UndefinedTableError:
            return None
        finally:
            connection.terminate()

    def drop_database(self, name: str) -> None:
        self.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    async def _execute(
        self, statement: str, values: Sequence[object], database: str
    ) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.url(database))
        try:
            return await connection.fetch(statement, *values)
        finally:
            connection.terminate()

    @property
    def _data(self) -> str:
        return str(self.folder / "data")

    def _command(self, program: str, *arguments: str) -> list[str]:
        return [str(self._binaries / program), *arguments]

    def _as_user(self, program: str, *arguments: str) -> list[str]:
        become = ["setpriv", "--pdeathsig", "INT"]
        if self._user is not None:
            become += ["--reuid", str(self._user.pw_uid), "--regid", str(self._user.pw_gid),
                       "--clear-groups"]  # fmt: skip
        return [*become, *self._command(program, *arguments)]

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            self._as_user(program, *arguments), check=True, cwd=self.folder,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip


def _unprivileged() -> pwd.struct_passwd:
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return next(known[name] for name in _USERS if name in known)


def _in_thread(work: Coroutine[Any, Any, _T]) -> _T:
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


@contextmanager
def started() -> Iterator[PostgresServer]:
    """A server that runs, with a template that has the newest schema; removed at the end."""
    server = PostgresServer()
    try:
        server.start()
        server.make_template()
        yield server
    finally:
        server.remove()
