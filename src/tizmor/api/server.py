"""The API on a socket, from the first request to the last.

The end is in order: no connection is taken any more, streams end, requests that have begun are
answered; then the workspace is closed, which lets running calls end, and leaves the rest for the
next start.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import ipaddress
import logging
import signal
import socket
from collections.abc import Iterator

import uvicorn

from tizmor.api.app import make_app
from tizmor.api.connection import Connection
from tizmor.api.dependencies import Serving
from tizmor.api.guard import ANYWHERE_HERE, Site
from tizmor.assembly import Tizmor
from tizmor.core.errors import EngineError, UserError
from tizmor.streaming.streams import HEARTBEAT_S, STALLED_S

_ADOPT_S = 5.0
"""How often executions are taken on whose process has gone."""
_ANSWER_S = 10
"""How long requests that have begun may take to be answered when the server ends."""
_BACKLOG = 2048
_SEND_BUFFER = 262_144
"""Bytes."""
_log = logging.getLogger("tizmor.api")


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on an address of this machine. Raises `UserError`."""
    family, address = _address(host, port)
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # What the kernel keeps for a reader that doesn't read: else it would grow to megabytes.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        sock.bind(address)
        sock.listen(_BACKLOG)
    except OSError as error:
        sock.close()
        raise UserError(_why_not(error, host, port)) from error
    return sock


def is_loopback(sock: socket.socket) -> bool:
    """Whether only this machine can reach it."""
    return ipaddress.ip_address(sock.getsockname()[0]).is_loopback


async def refuse_without_tokens(tizmor: Tizmor, where: str) -> None:
    """Raises `UserError` when nobody could ask a server that wants a token."""
    tokens = tizmor.tokens
    for token in await tokens.all():
        if await tokens.get(token.id) is not None:
            return
    raise UserError(
        f"{where} wants a token from whoever asks, and there is none: make one with"
        " `tizmor token create --name NAME --scope read`, or take --host 127.0.0.1, and a tunnel"
        " (ssh -L 3000:localhost:3000 HOST) to ask from elsewhere"
    )


def url_of(sock: socket.socket) -> str:
    """Where a listening socket is asked."""
    host, port, *_ = sock.getsockname()
    return f"http://[{host}]:{port}" if sock.family == socket.AF_INET6 else f"http://{host}:{port}"


async def serve(
    tizmor: Tizmor, sock: socket.socket, *, wants_token: bool = False, origins: tuple[str, ...] = ()
) -> None:
    """Serve until SIGINT or SIGTERM; a second one doesn't wait for requests that have begun. Where
    others can reach it, it wants a token in any case. Raises as `Server.run`."""
    everywhere = not is_loopback(sock)
    site = Site(origins=origins, everywhere=everywhere)
    server = Server(tizmor, site=site, wants_token=wants_token or everywhere)
    loop = asyncio.get_running_loop()
    signals = (signal.SIGINT, signal.SIGTERM)
    for number in signals:
        loop.add_signal_handler(number, server.end)
    try:
        await server.run(sock)
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


class Server:
    """The API of one workspace. A stream says something every `heartbeat_s` seconds, and is cut off
    when nothing of it is taken for `stalled_s`."""

    def __init__(
        self,
        tizmor: Tizmor,
        *,
        heartbeat_s: float = HEARTBEAT_S,
        stalled_s: float = STALLED_S,
        site: Site = ANYWHERE_HERE,
        wants_token: bool = False,
    ) -> None:
        self._tizmor = tizmor
        self._streams = tizmor.streams(heartbeat_s=heartbeat_s, stalled_s=stalled_s)
        self._closing: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._http = _Http(
            uvicorn.Config(
                make_app(Serving(tizmor, self._closing, self._streams, site, wants_token)),
                http=Connection,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=_ANSWER_S,
            )
        )

    async def run(self, sock: socket.socket) -> None:
        """Serve on a listening socket until the end. Executions that no living process runs are
        taken on, also those whose process goes later. Raises the storage's error when the
        workspace can't go on."""
        caring = asyncio.create_task(_take_on(self._tizmor))
        caring.add_done_callback(lambda _: self.end())
        try:
            await self._http.serve(sockets=[sock])
        finally:
            await self._streams.close()
            caring.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await caring

    def end(self) -> None:
        """End in order; the second time, at once."""
        self._http.force_exit = self._closing.done()
        self._http.should_exit = True
        if not self._closing.done():
            self._closing.set_result(None)
            self._ending = asyncio.ensure_future(self._streams.close())


class _Http(uvicorn.Server):
    """uvicorn's, which leaves the process's signals alone."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _take_on(tizmor: Tizmor) -> None:
    """Take on what no living process runs, again and again. Raises when nothing can go on here."""
    while tizmor.failure is None:
        await asyncio.sleep(_ADOPT_S)
        try:
            await tizmor.resume_all()
        except EngineError as error:
            _log.warning("what no process runs can't be taken on now: %s", error)
    raise tizmor.failure


def _address(host: str, port: int) -> tuple[socket.AddressFamily, tuple[str, int]]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise UserError(f"{host!r} is no address of this machine: {error}") from error
    family, _, _, _, address = found[0]
    return family, (str(address[0]), int(address[1]))


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is taken by another program: --port {port + 1} takes another"
    if error.errno == errno.EACCES:
        return f"port {port} is for privileged programs: --port 3000 takes another"
    return f"{host} port {port} can't be listened on: {error.strerror}"
