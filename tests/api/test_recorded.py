"""Metrics and the log over HTTP."""

from __future__ import annotations

import datetime as dt
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import parser as text_parser
from prometheus_client.openmetrics import parser as openmetrics_parser
from tests.api.scene import Api, served
from tests.contracts.rows import eventually

from tizmor.observability import counting, keeping

AGENTS = {"search": "of the scene"}
OPENMETRICS = {"Accept": "application/openmetrics-text; version=1.0.0"}


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "EVERY_S", 0.02)
    monkeypatch.setattr(keeping, "COLLECT_S", 0.0)


async def counted(api: Api) -> None:
    """Wait until all that has ended is counted."""
    ended = [e for e in await api.tizmor.list(limit=1_000) if e.status.value == "COMPLETED"]

    async def look() -> bool:
        totals = await api.tizmor.totals()
        return sum(c.number for c in totals if c.measure == "execution") == len(ended)

    await eventually(look)


def samples(text: str, parse: Callable[[str], Any]) -> Iterator[tuple[str, dict[str, str], float]]:
    for family in parse(text):
        for sample in family.samples:
            yield sample.name, sample.labels, sample.value


async def test_prometheus_own_parsers_read_what_is_scraped(api: Api) -> None:
    for _ in range(3):
        await api.started("note")
    await api.started("send")
    await counted(api)
    for headers, parse, media_type in (
        ({}, text_parser.text_string_to_metric_families, "text/plain"),
        (OPENMETRICS, openmetrics_parser.text_string_to_metric_families,
         "application/openmetrics-text"),
    ):  # fmt: skip
        scraped = await api.get("/metrics", headers=headers)
        assert scraped.status_code == 200
        assert scraped.headers["content-type"].startswith(media_type)
        found = {(name, tuple(sorted(labels.items()))): value
                 for name, labels, value in samples(scraped.text, parse)}  # fmt: skip
        note = (("agent", "Note"), ("outcome", "succeeded"))
        assert found["tizmor_step_run_seconds_count", note] == 3
        assert found["tizmor_step_run_seconds_bucket", (*note[:1], ("le", "+Inf"), note[1])] == 3
        assert found["tizmor_execution_seconds_count", (("status", "COMPLETED"),)] == 3
        assert found["tizmor_executions", (("status", "WAITING"),)] == 1
        assert found["tizmor_open", (("kind", "approval"),)] == 1
        assert found["tizmor_calls_total", (("agent", "Note"),)] == 3
        assert any(name == "process_cpu_seconds_total" for name, _ in found)


async def test_buckets_grow_and_end_in_the_count(api: Api) -> None:
    await api.started("note")
    await counted(api)
    text = (await api.get("/metrics", headers=OPENMETRICS)).text
    buckets = re.findall(r'execution_seconds_bucket\{le="([^"]+)",status="COMPLETED"\} (\S+)', text)
    numbers = [float(number) for _, number in buckets]
    assert numbers == sorted(numbers)
    assert [float(bound) for bound, _ in buckets] == sorted(float(bound) for bound, _ in buckets)
    assert numbers[-1] == 1


async def test_what_servers_tell_does_not_go_back_when_another_takes_over(tmp_path: Path) -> None:
    async with served(tmp_path) as api:
        await api.started("note")
        await counted(api)
    async with served(tmp_path) as api, served(tmp_path) as other:
        await other.started("note")
        await counted(api)
        texts = [(await one.get("/metrics")).text for one in (api, other)]
        line = 'tizmor_step_run_seconds_count{agent="Note",outcome="succeeded"} 2.0'
        assert [line in text for text in texts] == [True, True]


async def test_a_series_has_points_with_percentiles(api: Api) -> None:
    for _ in range(4):
        await api.started("note")
    await counted(api)
    answer = await api.get("/api/metrics")
    assert answer.status_code == 200
    items = {(i["measure"], i["label"], i["outcome"]): i["points"] for i in answer.json()["items"]}
    points = items["step_run", "Note", "succeeded"]
    assert sum(point["count"] for point in points) == 4
    assert all(0 <= p["p50"] <= p["p95"] <= p["p99"] for p in points)
    assert sum(point["total"] for point in items["attempts", "Note", ""]) == 4

    later = (dt.datetime.now(dt.UTC) + dt.timedelta(days=1)).isoformat()
    empty = await api.get("/api/metrics", params={"from": later, "to": later[:4] + "-12-31T00:00Z"})
    assert empty.status_code in (200, 422)


@pytest.mark.parametrize(
    "query",
    [
        {"step": "59"},
        {"step": "90"},
        {"from": "yesterday"},
        {"from": "2026-11-21T10:00:00"},
        {"from": "2026-11-21T10:00:00Z", "to": "2026-11-21T09:00:00Z"},
        {"from": "2020-01-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"},
        {"from": "0001-01-01T00:00:00+14:00", "to": "9999-12-31T23:59:59-14:00"},
    ],
)
async def test_a_series_that_cant_be_drawn_is_refused(api: Api, query: dict[str, str]) -> None:
    answer = await api.get("/api/metrics", params=query)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


async def test_lines_come_by_pages_newest_first_and_behind_a_line_oldest_first(api: Api) -> None:
    one = await api.started("log")
    two = await api.started("log")
    found = await eventually_lines(api, 6, **AGENTS)
    newest = [line["lineId"] for line in found]
    assert newest == sorted(newest, reverse=True)
    assert {line["executionId"] for line in found} == {one, two}

    first = (await api.get("/api/logs", params={"limit": 4, **AGENTS})).json()
    second = (
        await api.get("/api/logs", params={"limit": 4, "cursor": first["nextCursor"], **AGENTS})
    ).json()
    assert [line["lineId"] for line in first["items"] + second["items"]] == newest
    assert second["nextCursor"] is None
    behind = (await api.get("/api/logs", params={"after": newest[2], **AGENTS})).json()["items"]
    assert [line["lineId"] for line in behind] == newest[1::-1]


async def eventually_lines(api: Api, number: int, **query: str) -> list[dict[str, Any]]:
    async def look() -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (await api.get("/api/logs", params=query)).json()["items"]
        return items if len(items) >= number else []

    return await eventually(look)


async def test_lines_are_found_by_execution_level_and_text(api: Api) -> None:
    one = await api.started("log")
    await api.started("log")
    await eventually_lines(api, 6, **AGENTS)

    async def found(**query: str) -> list[str]:
        items = (await api.get("/api/logs", params=query)).json()["items"]
        return [line["message"] for line in items]

    assert len(await found(execution=one)) == 3
    assert await found(execution=one, level="warning") == ["warned"]
    assert await found(execution=one, search="TOLD") == ["told"]
    refused = [
        await api.get("/api/logs", params={"level": "loud"}),
        await api.get("/api/logs", params={"execution": "06b1x3k8q9r2t"}),
        await api.get("/api/logs", params={"search": "x" * 201}),
    ]
    assert [answer.status_code for answer in refused] == [422, 404, 422]


def test_the_servers_parts_are_not_loaded_by_the_command_line() -> None:
    heavy = "{'prometheus_client', 'structlog', 'fastapi', 'opentelemetry'}"
    for loaded in ("tizmor", "tizmor.assembly", "tizmor.cli.commands.run", "tizmor.cli.main"):
        program = f"import sys, {loaded}; sys.exit(bool({heavy} & sys.modules.keys()))"
        assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
