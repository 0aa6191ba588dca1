"""Ten times everyday load, as clients of the server make it.

Everyday, written down: the busiest hours of a team of some fifty people. Somebody asks for
something every ten seconds. Half of it is work of three steps; two in five have a step that
somebody approves after some seconds; one in ten writes a text, word by word. Who asked watches the
stream to its end. Two dashboards are open over all executions, each closed and opened anew within a
minute, and somebody looks at a list, an execution and the status every ten seconds. Here all of it
is tenfold.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import httpx2

A_SECOND = 1.0
"""Requests."""
DASHBOARDS = 20
QUERIES = ("work",) * 5 + ("send",) * 4 + ("write",)
TOPICS = "executions,approvals,questions,steps,logs,partials,figures"


class Load:
    """The clients of one server. `errors` are what went wrong, by what was said."""

    def __init__(self, url: str, dice: random.Random) -> None:
        self.errors: Counter[str] = Counter()
        self.ended: Counter[str] = Counter()
        self.events = 0
        self.streams = 0
        self.requests = 0
        self._url = url
        self._dice = dice
        self._going: set[asyncio.Task[None]] = set()

    async def go_on(self, seconds: float) -> None:
        """Ask for that long, then wait until all that was begun has ended."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        limits = httpx2.Limits(max_connections=None, max_keepalive_connections=50)
        async with httpx2.AsyncClient(
            base_url=self._url, timeout=30, trust_env=False, limits=limits
        ) as client:
            dashboards = [
                asyncio.create_task(self._dashboard(client, until)) for _ in range(DASHBOARDS)
            ]
            while loop.time() < until:
                self._begin(self._ask(client))
                self._begin(self._look(client))
                await asyncio.sleep(self._dice.expovariate(A_SECOND))
            await asyncio.gather(*dashboards, *self._going)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._counted(work))
        self._going.add(task)
        task.add_done_callback(self._going.discard)

    async def _counted(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:
            self.errors[f"{type(error).__name__}: {error}"] += 1

    async def _ask(self, client: httpx2.AsyncClient) -> None:
        """One request, from asking to its end."""
        body = {"query": self._dice.choice(QUERIES), "userId": f"u{self._dice.randrange(50)}"}
        execution = (await self._post(client, "/api/orchestrate", body))["executionId"]
        async for event in self._told(client, f"/api/orchestrate/stream/{execution}"):
            if event.event == "approval" and json.loads(event.data)["state"] == "open":
                asked = json.loads(event.data)["waiting"]["id"]
                await asyncio.sleep(self._dice.uniform(1, 5))
                path = f"/api/orchestrate/{execution}/approvals/{asked}/approve"
                await self._post(client, path, {})
            if event.event in ("complete", "failed", "cancelled", "rejected"):
                self.ended[event.event] += 1

    async def _look(self, client: httpx2.AsyncClient) -> None:
        items = (await self._get(client, "/api/executions?limit=20"))["items"]
        await self._get(client, "/api/orchestrate/status")
        if items:
            one = self._dice.choice(items)["executionId"]
            await self._get(client, f"/api/orchestrate/{one}")

    async def _dashboard(self, client: httpx2.AsyncClient, until: float) -> None:
        """Open, for a while, then anew behind what it has seen."""
        loop = asyncio.get_running_loop()
        last = ""
        while (now := loop.time()) < until:
            closes = min(until, now + self._dice.uniform(10, 60))
            path = f"/api/events?topics={TOPICS}"

            async def watch(path: str = path, last_: str = last) -> None:
                nonlocal last
                async for event in self._told(client, path, last_):
                    last = event.id or last

            with_time_out = asyncio.wait_for(watch(), closes - now)
            await self._counted(_until_closed(with_time_out))

    async def _told(
        self, client: httpx2.AsyncClient, path: str, last: str = ""
    ) -> AsyncIterator[httpx2.ServerSentEvent]:
        self.streams += 1
        headers = {"Last-Event-ID": last} if last else {}
        async with client.sse(path, headers=headers) as source:
            async for event in source:
                if event.event == "resync":
                    self.errors["resync"] += 1
                self.events += 1
                yield event

    async def _post(self, client: httpx2.AsyncClient, path: str, body: Any) -> Any:
        self.requests += 1
        response = await client.post(path, json=body)
        response.raise_for_status()
        return response.json()

    async def _get(self, client: httpx2.AsyncClient, path: str) -> Any:
        self.requests += 1
        response = await client.get(path)
        response.raise_for_status()
        return response.json()


async def _until_closed(watching: Coroutine[Any, Any, None]) -> None:
    try:
        await watching
    except TimeoutError:
        return


async def again_and_again(work: Callable[[], None], seconds: float) -> None:
    """Do it every so many seconds until cancelled."""
    while True:
        work()
        await asyncio.sleep(seconds)
