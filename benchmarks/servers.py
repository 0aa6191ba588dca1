"""The servers that some systems need, private to this run: PostgreSQL and Prefect's.

Each is started when first asked for and ended with the run. A system is given a URL to an empty
database (Prefect: the server's); the server's process is told beside it, to count its CPU.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from benchmarks.catalog import Server
from benchmarks.cost import bytes_in
from benchmarks.environments import python_of

_START_S = 90.0
_ACCOUNT = "postgres"
"""PostgreSQL refuses to run as root; Debian's package brings this account."""
_PREFECT = "prefect"


class NotAvailable(Exception):
    """The server can't be started here; the message says why."""


class Running(Protocol):
    pids: tuple[int, ...]
    environment: dict[str, str]
    """Variables for the processes that use it."""

    def new_database(self) -> str:
        """A URL that leads to an empty database, as far as the server has such."""
        ...

    def stored_bytes(self) -> int:
        """What is stored in the newest database."""
        ...


class Servers:
    """All servers of a run, started on demand."""

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self._running: dict[Server, Running] = {}
        self._failed: dict[Server, str] = {}
        self._postgres: _Postgres | None = None

    def __enter__(self) -> Servers:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def get(self, server: Server) -> Running:
        """Raises `NotAvailable`, every time for the same reason."""
        if server in self._failed:
            raise NotAvailable(self._failed[server])
        if server not in self._running:
            try:
                self._running[server] = self._start(server)
            except NotAvailable as error:
                self._failed[server] = str(error)
                raise
        return self._running[server]

    def _start(self, server: Server) -> Running:
        if self._postgres is None:
            self._postgres = self._stack.enter_context(postgresql())
        if server is Server.POSTGRESQL:
            return self._postgres
        return self._stack.enter_context(prefect(self._postgres))


class _Postgres:
    def __init__(self, binaries: Path, sockets: Path, as_account: list[str], pid: int) -> None:
        self.pids: tuple[int, ...] = (pid,)
        self.environment: dict[str, str] = {}
        self._psql = [*as_account, str(binaries / "psql"), "-h", str(sockets), "-U", _ACCOUNT]
        self._sockets = sockets
        self._numbers = itertools.count(1)
        self._name = ""
        self._empty_bytes = 0

    def new_database(self) -> str:
        if self._name:
            self._say(f"DROP DATABASE {self._name} WITH (FORCE)")
        self._name = f"bench_{next(self._numbers)}"
        url = self.create(self._name)
        self._empty_bytes = self.size(self._name)
        return url

    def stored_bytes(self) -> int:
        return self.size(self._name) - self._empty_bytes

    def create(self, name: str) -> str:
        """A database that stays as long as the server."""
        self._say(f"CREATE DATABASE {name}")
        return f"postgresql://{_ACCOUNT}@/{name}?host={self._sockets}"

    def size(self, name: str) -> int:
        return int(self._say(f"SELECT pg_database_size('{name}')"))

    def _say(self, sql: str) -> str:
        command = [*self._psql, "-d", "postgres", "-XAtc", sql]
        return subprocess.run(
            command, check=True, capture_output=True, text=True, cwd=self._sockets
        ).stdout.strip()


@contextmanager
def postgresql() -> Iterator[_Postgres]:
    """A cluster of its own with the defaults (fsync and synchronous_commit on), on a Unix socket
    that only its account and root reach. Only `max_connections` is raised."""
    binaries = _postgres_binaries()
    as_account = _as_account()
    folder = Path(tempfile.mkdtemp(prefix="bench-pg-", dir=os.environ.get("BENCH_FOLDER")))
    if as_account:
        shutil.chown(folder, _ACCOUNT)
    try:
        cluster = folder / "cluster"
        subprocess.run(
            [*as_account, binaries / "initdb", "-D", cluster, "-U", _ACCOUNT, "-A", "trust",
             "-E", "UTF8", "--no-locale"],
            check=True, capture_output=True, cwd=folder,
        )  # fmt: skip
        options = f"-k {folder} -c listen_addresses='' -c max_connections=300"
        control = [*as_account, str(binaries / "pg_ctl"), "-D", str(cluster), "-w"]
        subprocess.run(
            [*control, "-l", folder / "log", "-o", options, "start"],
            check=True, stdout=subprocess.DEVNULL, cwd=folder,
        )  # fmt: skip
        try:
            pid = int((cluster / "postmaster.pid").read_text().split()[0])
            yield _Postgres(binaries, folder, as_account, pid)
        finally:
            subprocess.run(
                [*control, "-m", "fast", "stop"],
                check=True, stdout=subprocess.DEVNULL, cwd=folder,
            )  # fmt: skip
    except subprocess.CalledProcessError as error:
        raise NotAvailable(f"PostgreSQL did not start: {error}") from error
    finally:
        shutil.rmtree(folder)


def _postgres_binaries() -> Path:
    """The newest version's, as Debian installs them, or those on the path."""
    installed = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = sorted(installed, key=lambda initdb: int(initdb.parts[-3]))
    if newest:
        return newest[-1].parent
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    raise NotAvailable("PostgreSQL's server is not installed (Debian: apt-get install postgresql)")


def _as_account() -> list[str]:
    if os.geteuid() != 0:
        return []
    try:
        pwd.getpwnam(_ACCOUNT)
    except KeyError as error:
        raise NotAvailable(
            f"PostgreSQL refuses to run as root, and there is no account {_ACCOUNT!r}"
        ) from error
    return ["runuser", "-u", _ACCOUNT, "--"]


class _PrefectServer:
    """Tasks of the same inputs find the results that are kept: each database goes with an empty
    folder for them."""

    def __init__(self, pid: int, postgres: _Postgres, url: str, folder: Path) -> None:
        self.pids: tuple[int, ...] = (pid, *postgres.pids)
        self.environment = _prefect_settings(folder) | {"PREFECT_API_URL": url}
        self._numbers = itertools.count(1)
        self._postgres = postgres
        self._url = url
        self._folder = folder
        self._before = 0

    def new_database(self) -> str:
        results = self._folder / f"results-{next(self._numbers)}"
        self.environment["PREFECT_LOCAL_STORAGE_PATH"] = str(results)
        self._before = self._stored()
        return self._url

    def stored_bytes(self) -> int:
        return self._stored() - self._before

    def _stored(self) -> int:
        return bytes_in(self._folder) + self._postgres.size(_PREFECT)


@contextmanager
def prefect(postgres: _Postgres) -> Iterator[Running]:
    """`prefect server start` on a free port of loopback, on PostgreSQL as its documentation advises
    for more than trying it; results in a folder of its own. One for the whole run: it takes seconds
    to start."""
    folder = Path(tempfile.mkdtemp(prefix="bench-prefect-", dir=os.environ.get("BENCH_FOLDER")))
    port = _free_port()
    url = f"http://127.0.0.1:{port}/api"
    database = postgres.create(_PREFECT).replace("postgresql:", "postgresql+asyncpg:")
    settings = _prefect_settings(folder) | {"PREFECT_API_DATABASE_CONNECTION_URL": database}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [python_of("prefect"), "-m", "prefect", "server", "start", "--no-ui", "--host",
             "127.0.0.1", "--port", str(port)],
            stdout=log, stderr=log, cwd=folder, env=os.environ | settings,
        )  # fmt: skip
    try:
        _wait_until_healthy(url, process)
        yield _PrefectServer(process.pid, postgres, url, folder)
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _prefect_settings(folder: Path) -> dict[str, str]:
    return {
        "PREFECT_HOME": str(folder),
        "PREFECT_LOGGING_LEVEL": "ERROR",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    }


def _wait_until_healthy(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=2):  # noqa: S310
                return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(0.2)
    raise NotAvailable("Prefect's server did not start")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
