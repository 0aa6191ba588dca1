"""The databases that the harness runs on: a workspace's own SQLite, and a private PostgreSQL."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tizmor import settings
from tizmor.core.errors import WrongSetting

_BINARIES = Path("/usr/lib/postgresql")
_SERVER_USER = "postgres"


class NotThere(Exception):
    """This database can't be used here, and why."""


@contextmanager
def database(name: str, workspace: Path) -> Iterator[str]:
    """The URL of a new, empty database; empty for the workspace's own. Raises `NotThere`."""
    if name == "sqlite":
        yield ""
        return
    with _server(_programs()) as url:
        _migrate(workspace, url)
        yield url


def _programs() -> Path:
    if found := sorted(_BINARIES.glob("*/bin/initdb")):
        return found[-1].parent
    if found_elsewhere := shutil.which("initdb"):
        return Path(found_elsewhere).parent
    raise NotThere("no PostgreSQL server is installed")


@contextmanager
def _server(programs: Path) -> Iterator[str]:
    """A server of its own, with the durability that it has by default, reached on this machine
    only and gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="tizmor-crash-", ignore_cleanup_errors=True) as folder:
        port = _free_port()
        url = f"postgresql://{_SERVER_USER}@127.0.0.1:{port}/postgres"
        with contextlib.suppress(WrongSetting):
            settings.load(Path(folder), environ={"DATABASE_URL": url})
            data = Path(folder) / "data"
            if os.geteuid() == 0:
                owner = pwd.getpwnam(_SERVER_USER)
                os.chown(folder, owner.pw_uid, owner.pw_gid)
            initdb = ["initdb", "--pgdata", str(data), "--auth=trust", "--encoding=UTF8"]
            _as_server(programs, *initdb, f"--username={_SERVER_USER}")
            options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c max_connections=200"
            log = str(Path(folder) / "log")
            control = ["pg_ctl", "--pgdata", str(data), "--wait", "--log", log]
            _as_server(programs, *control, "--options", options, "start")
            try:
                yield url
            finally:
                _as_server(programs, *control, "--mode=immediate", "stop")
            return
        raise NotThere("this version has no journal on PostgreSQL")


def _as_server(programs: Path, program: str, *words: str) -> None:
    """Run one of the server's programs; not as root, which the server refuses."""
    user = _SERVER_USER if os.geteuid() == 0 else None
    subprocess.run(
        [str(programs / program), *words],
        check=True,
        stdout=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        cwd="/",
        user=user,
        group=user,
        extra_groups=[] if user else None,
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _migrate(workspace: Path, url: str) -> None:
    command = [sys.executable, "-m", "tizmor", "migrate", "--workspace", str(workspace)]
    subprocess.run(
        command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "DATABASE_URL": url}
    )
