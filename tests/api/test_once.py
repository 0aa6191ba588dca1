"""What is sent with an `Idempotency-Key` is carried out once."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.api.scene import Api, served
from tests.api.test_access import bearing, token

from tizmor.api.guard import MAX_BODY
from tizmor.assembly import Tizmor
from tizmor.core.errors import StorageFailed
from tizmor.core.ids import parse_id
from tizmor.engine.orchestrator.starting import Starting
from tizmor.ports.answers import Claimed
from tizmor.ports.tokens import Scope

NOTE = {"query": "note"}


async def start(api: Api, key: str = "k1", body: Any = NOTE, **more: str) -> httpx2.Response:
    return await api.post("/api/orchestrate", body, headers={"Idempotency-Key": key, **more})


async def test_a_request_that_comes_again_is_answered_as_before(api: Api) -> None:
    first = await start(api)
    again = await start(api)
    assert (first.status_code, again.status_code) == (201, 201)
    assert (again.json(), again.headers["location"]) == (first.json(), first.headers["location"])
    assert len(await api.tizmor.list()) == 1


async def test_in_quotes_it_is_the_same_key(api: Api) -> None:
    """As the draft writes it, and as many send it."""
    assert (await start(api, '"k1"')).json() == (await start(api, "k1")).json()


async def test_with_something_else_it_is_refused(api: Api) -> None:
    await start(api)
    other = await start(api, body={"query": "note this"})
    assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency-key-reused")
    elsewhere = await api.post(
        "/api/orchestrate/0000000000000/pause", headers={"Idempotency-Key": "k1"}
    )
    assert elsewhere.status_code == 422
    assert len(await api.tizmor.list()) == 1


async def test_while_the_first_is_carried_out_a_second_is_told_to_wait(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go = asyncio.Event(), asyncio.Event()
    begin = Tizmor.start

    async def slow(self: Tizmor, *given: Any, **more: Any) -> Any:
        begun.set()
        await go.wait()
        return await begin(self, *given, **more)

    monkeypatch.setattr(Tizmor, "start", slow)
    first = asyncio.create_task(start(api))
    await begun.wait()
    second = await start(api)
    assert (second.status_code, second.json()["type"]) == (409, "/problems/idempotency-key-busy")
    go.set()
    assert (await start(api)).status_code == 409 or first.done()
    done = await first
    assert (await start(api)).json() == done.json()
    assert len(await api.tizmor.list()) == 1


async def test_keys_belong_to_who_sends_them(tmp_path: Path) -> None:
    async with served(tmp_path, wants_token=True) as api:
        mine, _ = await token(api, Scope.RUN)
        others, _ = await token(api, Scope.RUN)
        first = await start(api, **bearing(mine))
        assert (await start(api, **bearing(mine))).json() == first.json()
        assert (await start(api, **bearing(others))).json() != first.json()
        assert len(await api.tizmor.list()) == 2


@pytest.mark.parametrize("key", ["", '""', "a b", "א".encode(), "k" * 256, '"k', "k\x7f"])
async def test_what_can_be_no_key_is_refused(api: Api, key: str) -> None:
    refused = await start(api, key)
    assert refused.status_code == 400, refused.text
    assert await api.tizmor.list() == []


async def test_two_keys_are_refused(api: Api) -> None:
    headers = [("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    refused = await api.client.post("/api/orchestrate", json=NOTE, headers=headers)
    assert refused.status_code == 400


async def test_a_refusal_is_given_again_too(api: Api) -> None:
    first = await start(api, body={"query": ""})
    assert first.status_code == 422
    assert (await start(api, body={"query": ""})).json() == first.json()


async def test_what_failed_here_is_tried_again(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the same number: what had begun when it failed isn't begun again."""
    begin = Starting._begin
    numbers: list[Any] = []

    async def failing(self: Any, request: Any, as_id: Any = None) -> Any:
        numbers.append(as_id)
        begun = await begin(self, request, as_id)
        if len(numbers) == 1:
            raise StorageFailed("the answer was lost")
        return begun

    monkeypatch.setattr(Starting, "_begin", failing)
    assert (await start(api)).status_code == 503
    again = await start(api)
    assert (again.status_code, again.json()["executionId"]) == (201, numbers[0])
    assert numbers == [numbers[0]] * 2
    assert len(await api.tizmor.list()) == 1


async def test_what_began_and_was_removed_isnt_begun_again(api: Api) -> None:
    """Its process died before the answer was kept, and retention has removed it since."""
    first = await start(api)
    execution = first.json()["executionId"]
    await api.tizmor.result(execution)

    async def gone(*_: Any, **__: Any) -> Claimed:
        return Claimed(parse_id(execution) or 0, gone=True)

    api.tizmor.answers.claim = gone  # type: ignore[method-assign]
    again = await start(api)
    assert (again.status_code, again.json()) == (201, first.json())
    assert len(await api.tizmor.list()) == 1


async def test_a_decision_that_comes_again_is_answered_as_before(api: Api) -> None:
    execution = await api.started("send")
    path = f"/api/orchestrate/{execution}/approvals/a1/approve"
    key = {"Idempotency-Key": "once"}
    first = await api.post(path, headers=key)
    await api.tizmor.result(execution)
    again = await api.post(path, headers=key)
    assert first.json()["outcome"] == "a1 approved"
    assert (again.status_code, again.json()) == (200, first.json())
    assert api.scene.sent == ["send"]


async def test_a_body_that_is_too_large_is_refused_however_it_is_sent(api: Api) -> None:
    async def pieces() -> Any:
        for _ in range(MAX_BODY // 65_536 + 1):
            yield b" " * 65_536

    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
    refused = await api.client.post("/api/orchestrate", content=pieces(), headers=headers)
    assert refused.status_code == 413


async def test_after_a_restart_the_answer_is_still_known(tmp_path: Path) -> None:
    async with served(tmp_path) as api:
        first = await start(api)
    async with served(tmp_path) as api:
        assert (await start(api)).json() == first.json()
        assert len(await api.tizmor.list()) == 1
