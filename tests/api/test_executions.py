"""Starting, getting, listing and forking executions over HTTP."""

from __future__ import annotations

from tests.api.scene import Api


async def test_a_request_is_begun_at_once_and_can_be_looked_at(api: Api) -> None:
    """`{"executionId"}` comes while the work goes on, and leads to the execution."""
    response = await api.post("/api/orchestrate", {"query": "hold", "userId": "dana"})
    execution = response.json()["executionId"]
    assert (response.status_code, list(response.json())) == (201, ["executionId"])
    assert response.headers["location"] == f"/api/orchestrate/{execution}"
    looked = (await api.get(response.headers["location"])).json()
    assert (looked["executionId"], looked["query"]) == (execution, "hold")
    assert looked["status"] in ("PLANNING", "RUNNING")
    api.scene.go.set()
    await api.tizmor.result(execution)
    done = (await api.get(f"/api/orchestrate/{execution}")).json()
    assert (done["status"], [s["state"] for s in done["steps"]]) == ("COMPLETED", ["succeeded"])
    assert {"createdAt", "updatedAt", "durationMs", "costUsd", "waitingFor"} <= set(done)


async def test_who_it_is_for_may_be_left_out(api: Api) -> None:
    response = await api.post("/api/orchestrate", {"query": "note"})
    assert response.status_code == 201


async def test_the_list_is_paged_by_a_cursor_with_nothing_lost_or_repeated(api: Api) -> None:
    """Executions that begin meanwhile don't shift the pages."""
    begun = [await api.started("note") for _ in range(5)]
    first = (await api.get("/api/executions?limit=2")).json()
    await api.started("note")
    seen, page = [item["executionId"] for item in first["items"]], first
    while page["nextCursor"] is not None:
        page = (await api.get(f"/api/executions?limit=2&cursor={page['nextCursor']}")).json()
        seen += [item["executionId"] for item in page["items"]]
    assert seen == begun[::-1]


async def test_a_list_without_executions_is_empty(api: Api) -> None:
    assert (await api.get("/api/executions")).json() == {"items": [], "nextCursor": None}


async def test_a_fork_runs_a_step_again_with_other_arguments(api: Api) -> None:
    old = await api.started("note this")
    body = {"from": "note", "arguments": {"text": "that"}}
    response = await api.post(f"/api/orchestrate/{old}/fork", body)
    assert response.status_code == 201
    new = await api.tizmor.result(response.json()["executionId"])
    assert new.execution_id != old
    assert [s.output for s in new.steps] == [{"text": "that", "summary": "noted that"}]


async def test_a_fork_from_no_step_is_refused_with_the_steps_there_are(api: Api) -> None:
    old = await api.started("note")
    response = await api.post(f"/api/orchestrate/{old}/fork", {"from": "nothing"})
    assert response.status_code == 422
    assert "steps: note" in response.json()["detail"]


async def test_the_status_counts_what_has_not_ended(api: Api) -> None:
    await api.started("send")
    await api.started("note")
    response = await api.get("/api/orchestrate/status")
    agents = await api.tizmor.agents()
    assert response.json() == {
        "status": "ok",
        "system": {
            "initialized": True,
            "activeExecutions": 1,
            "tools": 1,
            "agents": len(agents),
        },
    }


async def test_health_and_readiness_are_told(api: Api) -> None:
    for path in ("/healthz", "/readyz"):
        response = await api.get(path)
        assert (response.status_code, response.json()) == (200, {"status": "ok"})


async def test_the_list_is_narrowed_by_what_is_sought(api: Api) -> None:
    done = await api.started("note the Budget")
    waits = await api.started("send it")
    dry_run = (await api.post("/api/orchestrate", {"query": "note", "dryRun": True})).json()
    await api.tizmor.result(dry_run["executionId"])

    async def found(**sought: str) -> list[str]:
        page = await api.get("/api/executions", params=sought)
        assert page.status_code == 200, page.text
        return [item["executionId"] for item in page.json()["items"]]

    assert await found(q="budget") == [done]
    assert await found(status="WAITING") == [waits]
    assert await found(dryRun="true") == [dry_run["executionId"]]
    assert await found(dryRun="false", user="dana") == [waits, done]
    created = (await api.get(f"/api/orchestrate/{waits}")).json()["createdAt"]
    assert done not in await found(since=created)
    assert waits in await found(since=created)
    assert await found(until=created) == [done]
    assert await found(since="9999-12-31T00:00:00Z") == []
    assert await found(until="1000-01-01T00:00:00Z") == []
    assert await found(q="\x00") == []
    for wrong in ({"status": "DONE"}, {"since": "today"}, {"since": "2026-01-01T00:00:00"}):
        assert (await api.get("/api/executions", params=wrong)).status_code == 422
