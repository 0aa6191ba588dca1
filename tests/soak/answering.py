"""How quickly requests are answered while many executions are live."""

from __future__ import annotations

import asyncio
import time
from typing import NamedTuple

import httpx2

_AT_ONCE = 8
_PATHS = ("/api/executions?limit=50", "/api/orchestrate/status", "/api/orchestrate/{id}")


class Answering(NamedTuple):
    """Requests a second over eight connections, and milliseconds."""

    live: int
    requests: int
    per_s: float
    p50_ms: float
    p99_ms: float


async def answering(url: str, live: int, seconds: float) -> Answering:
    """Begin so many executions that don't end, and look at them for a while."""
    async with httpx2.AsyncClient(base_url=url, timeout=60, trust_env=False) as client:
        executions = []
        for _ in range(live):
            body = {"query": "hold on", "userId": "u"}
            response = await client.post("/api/orchestrate", json=body)
            executions.append(response.raise_for_status().json()["executionId"])
        host, port = client.base_url.host, client.base_url.port or 80
        until = time.monotonic() + seconds
        each = await asyncio.gather(
            *(_look(host, port, executions[number::_AT_ONCE], until) for number in range(_AT_ONCE))
        )
        for execution in executions:
            await client.post(f"/api/orchestrate/{execution}/cancel")
    took_ms = sorted(ms for part in each for ms in part)
    return Answering(
        live=live,
        requests=len(took_ms),
        per_s=round(len(took_ms) / seconds, 1),
        p50_ms=round(took_ms[len(took_ms) // 2], 1),
        p99_ms=round(took_ms[len(took_ms) * 99 // 100], 1),
    )


async def _look(host: str, port: int, executions: list[str], until: float) -> list[float]:
    """Ask by one connection, one after the other."""
    reader, writer = await asyncio.open_connection(host, port)
    took_ms = []
    try:
        number = 0
        while time.monotonic() < until:
            path = _PATHS[number % len(_PATHS)].format(id=executions[number % len(executions)])
            number += 1
            began = time.perf_counter()
            writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            await reader.readexactly(int(length))
            took_ms.append((time.perf_counter() - began) * 1000)
            if b" 200 " not in head[:16]:
                raise RuntimeError(f"{path}: {head[:40]!r}")
    finally:
        writer.close()
    return took_ms
