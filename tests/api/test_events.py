"""The stream of all executions: one connection for a dashboard, over cuts, restarts and servers."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.api.scene import Api, served

from tizmor.streaming import reading

EVENTS = "/api/events"


async def test_it_says_of_every_execution_what_a_list_of_them_shows(api: Api) -> None:
    """From the first moment to the end; what waits for somebody comes with it."""
    async with api.told(EVENTS) as events:
        ready = await anext(events)
        assert (ready.event, json.loads(ready.data)) == ("ready", {"type": "ready", "id": 0})
        execution = await api.start("send")
        told = await until(events, lambda each: each["type"] == "approval")
        assert told[0] == {
            "type": "execution",
            "executionId": execution,
            "id": 1,
            "at": told[0]["at"],
            "createdAt": told[0]["at"],
            "query": "send",
            "user": "dana",
            "status": "PLANNING",
            "done": 0,
            "total": 0,
            "open": 0,
            "dryRun": False,
            "tokens": 0,
            "costUsd": 0.0,
        }
        assert told[-1]["waiting"]["id"] == "a1"
        await api.tizmor.approve(execution)
        rest = await until(events, lambda each: each.get("status") == "COMPLETED")
    assert {each["type"] for each in told + rest} == {"execution", "approval"}
    assert [each["done"] for each in rest if each["type"] == "execution"][-1] == 2


async def test_one_execution_among_the_topics_is_told_in_full(api: Api) -> None:
    execution, other = await api.start("tell"), await api.start("hold")
    async with api.told(f"{EVENTS}?topics=executions,execution:{execution}") as events:
        await anext(events)
        api.scene.go.set()
        told = await until(
            events, lambda each: each["executionId"] == execution and each["type"] == "complete"
        )
    in_full = {each["executionId"] for each in told if each["type"] != "execution"}
    assert (in_full, other not in in_full) == ({execution}, True)
    assert sum(each["type"] == "log" for each in told) >= 10


@pytest.mark.parametrize("cut", range(1, 12, 2))
async def test_cut_anywhere_it_goes_on_with_nothing_lost_or_repeated(api: Api, cut: int) -> None:
    """Of several executions at once, and events that share an id with another topic's."""
    path = f"{EVENTS}?topics=executions,steps,logs,approvals"
    whole = await told_of_three(api, path)
    last = max(index for index in range(cut + 1) if whole[index].id)
    seen, position = whole[1 : last + 1], whole[last].id
    async with api.told(path, position) as events:
        ready = await anext(events)
        assert (ready.event, ready.id) == ("ready", position)
        seen += [await anext(events) for _ in range(len(whole) - 1 - len(seen))]
    assert [each.data for each in seen] == [each.data for each in whole[1:]]


async def test_over_a_restart_what_happened_meanwhile_is_told(tmp_path: Path) -> None:
    """The log was in memory and is gone; the journal isn't."""
    path = f"{EVENTS}?topics=executions,steps"
    async with served(tmp_path) as api:
        async with api.told(path) as events:
            await anext(events)
            await api.started("note")
            first = await told_until_idle(events, api)
        await api.started("note again")
    async with served(tmp_path) as api:
        await api.started("note a third time")
        async with api.told(path, first[-1].id) as events:
            await anext(events)
            rest = await told_until_idle(events, api)
        journaled = [
            event.id
            for summary in reversed(await api.tizmor.list())
            for event in await api.tizmor.logs(summary.execution_id)
            if event.type == "step"
        ]
    steps = [each["id"] for each in views(first + rest) if each["type"] == "step"]
    assert steps == journaled
    queries = [each["query"] for each in views(first + rest) if each["type"] == "execution"]
    assert list(dict.fromkeys(queries)) == ["note", "note again", "note a third time"]


async def test_two_servers_on_one_database_say_the_same(tmp_path: Path) -> None:
    async with served(tmp_path) as one, served(tmp_path) as two, two.told(EVENTS) as events:
        await anext(events)
        execution = await one.start("note")
        told = await until(events, lambda each: each.get("status") == "COMPLETED")
        assert {each["executionId"] for each in told} == {execution}
        assert (await two.events(execution))[-1].event == "complete"


async def test_who_comes_from_another_database_is_told_to_begin_anew(api: Api) -> None:
    async with api.told(EVENTS, "1000000") as events:
        resync = await anext(events)
        assert (resync.event, resync.id) == ("resync", "0")
        await api.start("note")
        assert (await anext(events)).event == "execution"


async def test_who_was_away_too_long_is_told_to_begin_anew(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It isn't told the history of the workspace."""
    monkeypatch.setattr(reading, "MOST_AGAIN", 0)
    api.running._streams._log._most_entries = 20
    api.scene.go.set()
    for _ in range(12):
        await api.started("tell")
    async with api.told(f"{EVENTS}?topics=steps,logs", "3") as events:
        told = [await anext(events), await anext(events)]
        execution = await api.started("note")
        told += await until_raw(events, lambda each: each.get("state") == "succeeded")
    assert [each.event for each in told[:2]] == ["ready", "resync"]
    assert {each["executionId"] for each in views(told[2:])} == {execution}


async def test_who_was_away_for_more_than_the_log_holds_is_told_from_the_journal(api: Api) -> None:
    api.running._streams._log._most_entries = 20
    api.scene.go.set()
    executions = [await api.started("tell") for _ in range(4)]
    logged = [e.id for execution in executions for e in await api.tizmor.logs(execution) if e.id]
    path = f"{EVENTS}?topics=executions," + ",".join(f"execution:{each}" for each in executions)
    async with api.told(path, str(logged[0])) as events:
        await anext(events)
        told = views([await anext(events) for _ in range(len(logged) - 1)])
        while told[-1]["id"] < logged[-1]:
            told += views([await anext(events)])
    assert [e["id"] for e in told if e["type"] not in ("execution", "partial")] == logged[1:]


async def test_pieces_of_a_result_are_shown_live_without_an_id(api: Api) -> None:
    execution = await api.start("write")
    async with api.stream(execution) as events:
        await until_raw(events, lambda each: each["type"] == "step")
        api.scene.go.set()
        told = [each async for each in events]
    pieces = [each for each in told if each.event == "partial"]
    assert "".join(json.loads(each.data)["message"] for each in pieces) == "one two three"
    assert not any("id" in json.loads(each.data) for each in pieces)
    assert all(event.type != "partial" for event in await api.tizmor.logs(execution))


async def test_figures_say_how_much_is_under_way(api: Api) -> None:
    await api.start("hold")
    async with api.told(f"{EVENTS}?topics=figures") as events:
        await anext(events)
        figures = json.loads((await anext(events)).data)
    assert (figures["type"], figures["active"]) == ("figures", 1)
    assert (figures["byStatus"], figures["stepsTotal"]) == ({"RUNNING": 1}, 1)


async def test_what_is_no_topic_is_refused(api: Api) -> None:
    refused = await api.get(f"{EVENTS}?topics=weather")
    assert refused.status_code == 422
    assert "executions" in refused.json()["detail"]


async def test_a_heartbeat_says_how_far_all_is_known(tmp_path: Path) -> None:
    """Who hears of little comes back from where the journal stands, not from its last event."""
    async with served(tmp_path, heartbeat_s=0.05) as api:
        execution = await api.started("note")
        lines: list[str] = []
        async with api.client.stream("GET", f"{EVENTS}?topics=approvals") as response:
            async for line in response.aiter_lines():
                lines.append(line)
                if lines.count(":") == 1 and line == ":":
                    execution = await api.started("note again")
                if (known := ids_of(lines)) and known[-1] > known[0]:
                    break
        positions = [event.id for event in await api.tizmor.logs(execution)]
    assert known[-1] in positions


async def test_a_reader_that_doesnt_read_is_cut_off_and_holds_up_nobody(tmp_path: Path) -> None:
    """What is kept for it meanwhile is bounded; the others hear all."""
    async with served(tmp_path, stalled_s=0.5) as api:
        streams = api.running._streams
        deaf = connected(api, f"{EVENTS}?topics=logs")
        execution = await api.start("hold")
        async with api.stream(execution) as events:
            await anext(events)
            for _ in range(3):
                await api.start("flood")
            flooded = await api.start("flood")
            assert (await api.events(flooded))[-1].event == "complete"
            async with asyncio.timeout(30):
                while len(streams) > 1:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            api.scene.go.set()
            assert (await until_raw(events, lambda each: True))[-1].event
        received = await asyncio.to_thread(drained, deaf)
    assert 0 < received < 1_500_000, "four megabytes were told"


async def test_no_more_streams_than_there_may_be(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tizmor.streaming.streams.MOST_READERS", 1)
    async with api.told(EVENTS) as events:
        await anext(events)
        refused = await api.get(EVENTS)
    assert (refused.status_code, refused.json()["type"]) == (503, "/problems/too-many-streams")


async def test_without_readers_nothing_is_done_and_nothing_kept(api: Api) -> None:
    streams = api.running._streams
    async with api.told(EVENTS) as events:
        await anext(events)
        await api.started("note")
        await until(events, lambda each: each.get("status") == "COMPLETED")
        assert streams._tasks
        assert streams._log.end > streams._log.first
    async with asyncio.timeout(10):
        while len(streams):  # noqa: ASYNC110
            await asyncio.sleep(0)
    assert not streams._tasks
    assert streams._log.end == streams._log.first
    assert not api.tizmor._partials.is_heard


async def told_of_three(api: Api, path: str) -> list[httpx2.ServerSentEvent]:
    async with api.told(path) as events:
        whole = [await anext(events)]
        for query in ("note", "send", "note again"):
            await api.started(query)
        whole += await told_until_idle(events, api)
    return whole


async def told_until_idle(
    events: AsyncIterator[httpx2.ServerSentEvent], api: Api
) -> list[httpx2.ServerSentEvent]:
    """What is told, until all that the journal holds was."""
    last = await api.tizmor._journal.last_position()
    stands = [e.id for s in await api.tizmor.list() for e in await api.tizmor.logs(s.execution_id)]
    shown = max(position for position in stands if position)
    assert shown <= last
    told = []
    async for event in events:
        told.append(event)
        if event.id and int(event.id) >= shown and event.event == "execution":
            return told
    raise AssertionError("the stream has ended")


async def until_raw(
    events: AsyncIterator[httpx2.ServerSentEvent], fits: Any
) -> list[httpx2.ServerSentEvent]:
    told = []
    async for event in events:
        told.append(event)
        if fits(json.loads(event.data)):
            return told
    raise AssertionError("the stream has ended")


async def until(events: AsyncIterator[httpx2.ServerSentEvent], fits: Any) -> list[dict[str, Any]]:
    return views(await until_raw(events, fits))


def views(events: list[httpx2.ServerSentEvent]) -> list[dict[str, Any]]:
    return [json.loads(event.data) for event in events]


def ids_of(lines: list[str]) -> list[int]:
    return [int(line[4:]) for line in lines if line.startswith("id: ")]


def connected(api: Api, path: str) -> socket.socket:
    """A client that asks and then reads nothing."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    url = api.client.base_url
    client.connect((url.host, url.port))
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: {url.host}:{url.port}\r\n\r\n".encode())
    return client


def drained(client: socket.socket) -> int:
    """How many bytes there were for it until the connection was gone."""
    received = 0
    client.settimeout(10)
    with client:
        try:
            while part := client.recv(65_536):
                received += len(part)
        except ConnectionResetError:
            pass
    return received
