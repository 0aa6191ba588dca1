"""A real browser, whose every request goes through a proxy that the test decides on: it serves the
test's own pages under any name, and lets any name lead to the server, as a DNS server of an
attacker would."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
_PAGE_S = 60.0
"""How long a page may take to report."""


class Seen(NamedTuple):
    """A request that reached the server, and how it was answered."""

    method: str
    url: str
    status: int


class Proxy:
    """`pages` are served by it, by the path; what they POST to `/report` is `reported`; all else on
    the server's port is the server's to answer, whatever it is called by."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.pages: dict[str, str] = {}
        self.reported: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.seen: list[Seen] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            request, *lines = head.decode("latin-1").split("\r\n")
            method, url, _ = request.split(" ")
            parts = urlsplit(url)
            names = {name.lower(): value for name, _, value in (x.partition(": ") for x in lines)}
            body = await reader.readexactly(int(names.get("content-length", "0")))
            if parts.path in self.pages:
                self._say(writer, self.pages[parts.path])
            elif parts.path == "/report":
                self._say(writer, "")
                self.reported.put_nowait(json.loads(body))
            elif parts.port == self.port:
                await self._forward(method, url, lines, body, writer)
            await writer.drain()
        writer.close()

    def _say(self, writer: asyncio.StreamWriter, page: str) -> None:
        content = page.encode()
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close\r\n"
            b"Content-Length: %d\r\n\r\n%b" % (len(content), content)
        )

    async def _forward(
        self, method: str, url: str, lines: list[str], body: bytes, writer: asyncio.StreamWriter
    ) -> None:
        parts = urlsplit(url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        kept = [line for line in lines if line and not line.lower().startswith(("proxy-", "conn"))]
        head = "\r\n".join([f"{method} {path} HTTP/1.1", *kept, "Connection: close", "", ""])
        there, answer = None, await asyncio.open_connection("127.0.0.1", self.port)
        reader, there = answer
        there.write(head.encode("latin-1") + body)
        status = await reader.readline()
        self.seen.append(Seen(method, url, int(status.split()[1])))
        writer.write(status)
        while part := await reader.read(65_536):
            writer.write(part)
            await writer.drain()
        there.close()


@contextlib.asynccontextmanager
async def proxied(port: int) -> AsyncIterator[tuple[Proxy, int]]:
    """A proxy before the server on a port, and its own port."""
    proxy = Proxy(port)
    async with await asyncio.start_server(proxy.serve, "127.0.0.1", 0) as serving:
        yield proxy, serving.sockets[0].getsockname()[1]


@contextlib.asynccontextmanager
async def browsing(url: str, proxy_port: int, profile: Path) -> AsyncIterator[None]:
    """A browser that shows a page."""
    assert CHROMIUM is not None
    options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"]
    options += ["--disable-dev-shm-usage", "--disable-background-networking"]
    options += [f"--user-data-dir={profile}", f"--proxy-server=http://127.0.0.1:{proxy_port}"]
    options += ["--proxy-bypass-list=<-loopback>", url]
    browser = await asyncio.create_subprocess_exec(
        CHROMIUM,
        *options,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            browser.terminate()
        await browser.wait()


async def report(proxy: Proxy) -> dict[str, Any]:
    """What the next page says."""
    async with asyncio.timeout(_PAGE_S):
        return await proxy.reported.get()
