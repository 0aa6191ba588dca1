"""The stream: every event once, in order, over cuts and over restarts of the server."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import httpx2
import pytest
from tests.api.scene import FINDINGS, Api, served


async def test_it_says_all_from_the_first_event_to_the_end_live(api: Api) -> None:
    """Opened while the work goes on, it says what was before, what comes, and what came of it."""
    execution = await api.start("tell")
    seen = []
    async with api.stream(execution) as events:
        async for event in events:
            seen.append(event)
            if "finding 0" in event.data:
                api.scene.go.set()
    told = [json.loads(event.data) for event in seen]
    messages = [event["message"] for event in told if event["type"] == "log"]
    assert messages == [f"finding {number}" for number in range(FINDINGS)]
    assert [event.event for event in seen] == [event["type"] for event in told]
    assert (seen[0].event, seen[-1].event) == ("progress", "complete")
    assert told[-1]["status"] == "COMPLETED"
    assert ids_of(seen) == [event.id for event in await api.tizmor.logs(execution) if event.id]


async def test_a_part_of_the_result_comes_before_its_step_without_an_id(api: Api) -> None:
    execution = await api.started("note")
    events = await api.events(execution)
    partial = next(event for event in events if event.event == "partial")
    after = events[events.index(partial) + 1]
    assert "id" not in json.loads(partial.data)
    assert json.loads(partial.data)["step"] == json.loads(after.data)["step"] == "note"
    assert json.loads(events[-1].data)["result"] == {"summary": "noted note"}


@pytest.mark.parametrize("cut", range(1, 8))
async def test_cut_anywhere_it_goes_on_with_nothing_lost_or_repeated(api: Api, cut: int) -> None:
    execution = await api.started("note")
    whole = [event for event in await api.events(execution) if event.event != "partial"]
    cut = min(cut, len(whole) - 1)
    rest = await api.events(execution, last=whole[cut - 1].id)
    rest = [event for event in rest if event.event != "partial"]
    assert ids_of(whole[:cut]) + ids_of(rest) == ids_of(whole)


async def test_who_asks_again_behind_the_end_is_told_that_nothing_comes(api: Api) -> None:
    """204 makes an EventSource stop; without it it would ask for ever."""
    execution = await api.started("note")
    last = (await api.events(execution))[-1].id
    path = f"/api/orchestrate/stream/{execution}"
    assert (await api.get(path, headers={"Last-Event-ID": last})).status_code == 204


async def test_it_stays_open_while_a_human_is_waited_for(api: Api) -> None:
    """`approval` is said when it is asked for and when it is given, on one connection."""
    execution = await api.start("send")
    states = []
    async with api.stream(execution) as events:
        async for event in events:
            told = json.loads(event.data)
            if event.event == "approval":
                states.append(told["state"])
                if told["state"] == "open":
                    await api.tizmor.approve(execution, told["waiting"]["id"])
    assert states == ["open", "approved"]
    assert event.event == "complete"


async def test_a_question_is_said_when_it_is_asked_and_answered(api: Api) -> None:
    execution = await api.started("ask")
    await api.tizmor.answer(execution, "red")
    events = [e for e in await api.events(execution) if e.event == "question"]
    assert [json.loads(event.data)["state"] for event in events] == ["open", "answered"]


async def test_each_end_has_an_event_of_its_own(api: Api) -> None:
    rejected, cancelled = await api.started("send"), await api.start("hold")
    await api.tizmor.reject(rejected)
    await api.tizmor.cancel(cancelled)
    assert (await api.events(rejected))[-1].event == "rejected"
    assert (await api.events(cancelled))[-1].event == "cancelled"


async def test_many_readers_see_the_same(api: Api) -> None:
    execution = await api.start("tell")
    api.scene.go.set()
    first, second = await api.events(execution), await api.events(execution)
    assert [event.data for event in first] == [event.data for event in second]


async def test_a_silent_stream_says_that_it_lives(tmp_path: Path) -> None:
    async with served(tmp_path, heartbeat_s=0.05) as api:
        execution = await api.started("send")
        lines = []
        async with api.client.stream("GET", f"/api/orchestrate/stream/{execution}") as response:
            assert response.headers["content-type"].startswith("text/event-stream")
            async for line in response.aiter_lines():
                lines.append(line)
                if lines.count(":") == 3:
                    break
        assert lines[0] == "retry: 2000"


async def test_over_a_restart_of_the_server_nothing_is_lost_or_repeated(tmp_path: Path) -> None:
    """The ids are positions in the journal, so another server goes on where the first one was."""
    async with served(tmp_path) as api:
        execution = await api.started("send")
        port = api.client.base_url.port
        async with api.stream(execution) as events:
            first = [await anext(events), await anext(events)]
    async with served(tmp_path, port=port or 0) as api:
        (gate,) = (await api.tizmor.get(execution)).waiting_for
        await api.post(f"/api/orchestrate/{execution}/approvals/{gate.id}/approve")
        rest = await api.events(execution, last=first[-1].id)
        logged = [event.id for event in await api.tizmor.logs(execution) if event.id]
    assert ids_of(first) + ids_of(rest) == logged


async def test_the_end_of_the_server_ends_streams_in_order(tmp_path: Path) -> None:
    """A reader isn't cut off in the middle of an event."""
    async with served(tmp_path) as api:
        execution = await api.started("send")
        raw = b""
        async with api.client.stream("GET", f"/api/orchestrate/stream/{execution}") as response:
            chunks = response.aiter_bytes()
            raw += await anext(chunks)
            api.running.end()
            async for chunk in chunks:
                raw += chunk
    assert raw.endswith(b"\n\n")


async def test_a_reader_that_goes_leaves_nothing_behind(api: Api) -> None:
    execution = await api.started("send")
    async with api.stream(execution) as events:
        await anext(events)
        while_open = asyncio.all_tasks()
    async with asyncio.timeout(10):
        while len(asyncio.all_tasks()) >= len(while_open):  # noqa: ASYNC110
            await asyncio.sleep(0)
    await api.tizmor.reject(execution)
    assert (await api.events(execution))[-1].event == "rejected"


async def test_logs_are_paged_as_the_stream_says_them(api: Api) -> None:
    execution = await api.started("send")
    whole = (await api.get(f"/api/orchestrate/{execution}/logs?limit=1000")).json()
    assert whole["nextCursor"] is None
    items: list[dict[str, object]] = []
    path: str | None = f"/api/orchestrate/{execution}/logs?limit=2"
    while path:
        page = (await api.get(path)).json()
        items += page["items"]
        cursor = page["nextCursor"]
        path = f"/api/orchestrate/{execution}/logs?limit=2&cursor={cursor}" if cursor else None
    assert items == whole["items"]
    assert [item["type"] for item in items if "id" not in item] == ["partial"]


async def test_metrics_say_what_it_took(api: Api) -> None:
    execution = await api.started("send")
    metrics = (await api.get(f"/api/orchestrate/{execution}/metrics")).json()
    assert metrics["stepsByState"] == {"succeeded": 1, "waiting": 1}
    assert metrics["successRate"] == 1.0
    assert [(step["id"], step["state"]) for step in metrics["steps"]] == [
        ("note", "succeeded"),
        ("send", "waiting"),
    ]
    assert metrics["durationMs"] >= 0


def ids_of(events: list[httpx2.ServerSentEvent]) -> list[int]:
    """The positions, of those that have one."""
    return [told["id"] for event in events if "id" in (told := json.loads(event.data))]
