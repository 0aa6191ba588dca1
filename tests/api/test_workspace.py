"""Agents, tools, budgets, quotas, locks, kept answers, settings and clearing away over HTTP."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import msgspec
from tests.api.scene import Api, served
from tests.api.test_parts import paged

from tizmor.api.routes.workspace import settings_view
from tizmor.settings import Settings, load

HIDDEN = {"database_url", "otlp_headers"}
"""Settings that aren't shown, or not as they are: they may hold what is secret."""


async def test_agents_are_listed_with_how_they_did(api: Api) -> None:
    await api.started("note")
    await api.started("fail")
    found = {agent["name"]: agent for agent in await paged(api, "/api/agents", 7)}
    assert sorted(found) == [spec.name for spec in await api.tizmor.agents()]
    note, fail, unused = found["Note"], found["Fail"], found["Send"]
    assert (note["health"], note["successRate"], note["steps"]) == ("ok", 1.0, 2)
    assert note["latencyMs"]["calls"] == 2
    assert note["latencyMs"]["median"] <= note["latencyMs"]["p95"]
    assert (fail["api"], fail["calls"]) == ("weather", 1)
    assert (unused["health"], unused["successRate"], unused["latencyMs"]) == ("unused", None, None)
    assert [p["name"] for p in note["parameters"]] == ["text"]


async def test_one_agent_can_be_asked_for(api: Api) -> None:
    assert (await api.get("/api/agents/Note")).json()["name"] == "Note"
    missing = await api.get("/api/agents/Nobody")
    assert (missing.status_code, missing.json()["type"]) == (404, "/problems/not-found")


async def test_what_fails_is_told_of_agents_and_tools(api: Api) -> None:
    """Until enough has failed in a row; then it is held back, which is told, too."""
    (tool,) = (await api.get("/api/tools")).json()["items"]
    assert (tool["name"], tool["agents"], tool["health"]) == ("weather", ["Fail"], "unused")
    execution = await api.started("fail")
    await api.post(f"/api/orchestrate/{execution}/steps/fail/stop")
    await api.tizmor.result(execution)
    (tool,) = (await api.get("/api/tools")).json()["items"]
    assert (tool["health"], tool["successRate"], tool["calls"]) == ("failing", 0.0, 1)
    assert (await api.get("/api/agents/Fail")).json()["health"] == "failing"


async def test_quotas_show_what_is_taken_of_them(api: Api) -> None:
    await api.started("fail")
    items = await paged(api, "/api/limits", 1)
    assert {quota["name"]: (quota["amount"], quota["taken"]) for quota in items} == {
        "agent:Fail": (60, 1),
        "api:weather": (None, 0),
    }


async def test_the_workspaces_budgets_are_listed(tmp_path: Path) -> None:
    (tmp_path / "tizmor.toml").write_text('budgets = { "day.calls" = 50, "workspace.usd" = 5 }\n')
    async with served(tmp_path) as api:
        await api.started("note")
        found = {f"{b['scope']}.{b['measure']}": b for b in await paged(api, "/api/budgets", 1)}
        assert (found["day.calls"]["limit"], found["day.calls"]["spent"]) == (50, 1)
        assert found["workspace.usd"]["limit"] == 5
        shown = (await api.get("/api/settings")).json()
        assert shown["budgets"] == {"day.calls": 50, "workspace.usd": 5}


async def test_who_has_a_resource_is_told(api: Api) -> None:
    assert (await api.get("/api/locks")).json() == {"items": [], "nextCursor": None}
    execution = await api.start("lock")
    async with api.stream(execution) as events:
        async for event in events:
            if event.event == "log":
                break
    (lock,) = await paged(api, "/api/locks", 1)
    assert (lock["resource"], lock["state"], lock["executionId"]) == ("door", "held", execution)


async def test_kept_answers_are_counted_and_removed(api: Api) -> None:
    for _ in range(2):
        await api.started("keep")
    (use,) = await paged(api, "/api/cache", 1)
    assert (use["agent"], use["entries"], use["hits"], use["misses"]) == ("Keep", 1, 1, 1)
    other = await api.post("/api/cache/clear", {"agent": "Note"})
    assert other.json() == {"removed": 0}
    assert (await api.post("/api/cache/clear", {"agent": "Nobody"})).status_code == 404
    assert (await api.post("/api/cache/clear")).json() == {"removed": 1}
    assert (await api.get("/api/cache")).json()["items"] == []


async def test_settings_are_shown_without_what_is_secret(tmp_path: Path) -> None:
    """The database's address may hold a password: of it only the kind is told."""
    (tmp_path / "tizmor.toml").write_text('me = "Dana <dana@example.org>"\nretention_days = 30\n')
    given = msgspec.structs.replace(
        load(tmp_path), database_url="postgresql://dana:hunter2@db.example/tizmor"
    )
    shown = msgspec.json.encode(settings_view(given)).decode()
    assert "hunter2" not in shown
    assert "db.example" not in shown
    async with served(tmp_path) as api:
        told = (await api.get("/api/settings")).json()
    assert (told["me"], told["retentionDays"]) == ("Dana <dana@example.org>", 30)
    assert (told["database"], told["workingHours"]) == ("sqlite", ["08:30", "18:00"])


def test_every_setting_is_shown_or_hidden_on_purpose() -> None:
    """A new one must be put into `SettingsView`, or, where it may hold what is secret, here."""
    shown = set(type(settings_view(Settings())).__struct_fields__) - {"database", "exhausted"}
    assert shown == set(Settings.__struct_fields__) - HIDDEN


async def test_the_workspace_is_checked(api: Api) -> None:
    for deep in ("false", "true"):
        checks = (await api.get(f"/api/doctor?deep={deep}")).json()["items"]
        assert {check["state"] for check in checks} <= {"ok", "warning"}
        assert len(checks) > 2


async def test_clearing_away_only_says_what_it_would_remove_until_told_otherwise(api: Api) -> None:
    old, waiting = await api.started("note"), await api.started("send")
    for body in (None, {"olderThanS": 0}, {"olderThanS": 0, "dryRun": True}):
        said: dict[str, Any] = (await api.post("/api/gc", body)).json()
        assert said["dryRun"]
        assert said["freed"]["executions"] == (0 if body is None else 1)
        assert (await api.get(f"/api/orchestrate/{old}")).status_code == 200
    done = (await api.post("/api/gc", {"olderThanS": 0, "dryRun": False})).json()
    assert (done["dryRun"], done["freed"]["executions"]) == (False, 1)
    assert (await api.get(f"/api/orchestrate/{waiting}")).status_code == 200
    listed = (await api.get("/api/executions")).json()["items"]
    assert [item["executionId"] for item in listed] == [waiting]


async def test_an_age_that_is_none_is_refused(api: Api) -> None:
    for age in (-1, 1e300, dt.timedelta.max.total_seconds()):
        response = await api.post("/api/gc", {"olderThanS": age, "dryRun": False})
        assert (response.status_code, response.json()["type"]) == (422, "/problems/invalid")
