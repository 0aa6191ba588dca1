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
