"""Tokens over HTTP: who must show one, what it allows, and that it ends at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.api.scene import Api, served

from tizmor.access.issuing import issue
from tizmor.api import open_streams
from tizmor.api.guard import Site
from tizmor.api.routes import sessions
from tizmor.ports.audit import decode
from tizmor.ports.tokens import Scope


@pytest.fixture
async def locked(tmp_path: Path) -> AsyncIterator[Api]:
    """A server that wants a token."""
    async with served(tmp_path, wants_token=True) as api:
        yield api


async def token(api: Api, *scopes: Scope, name: str = "dana") -> tuple[str, str]:
    """A new token, and its id."""
    text, made = await issue(
        api.tizmor.tokens, name=name, scopes=scopes or (Scope.ADMIN,), created_by="noa"
    )
    return text, made.id


def bearing(text: str, **more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}", **more}


async def test_without_a_token_nothing_is_told_but_that_it_lives(locked: Api) -> None:
    for path in ("/api/executions", "/openapi.json", "/nothing", "/api/session"):
        refused = await locked.get(path)
        assert (refused.status_code, refused.json()["type"]) == (401, "/problems/unauthenticated")
        assert refused.headers["www-authenticate"] == 'Bearer realm="tizmor"'
    begun = await locked.post("/api/orchestrate", {"query": "note"})
    assert (begun.status_code, await locked.tizmor.list()) == (401, [])
    for path in ("/healthz", "/readyz", "/problems/unauthenticated"):
        assert (await locked.get(path)).status_code == 200


async def test_with_one_it_answers(locked: Api) -> None:
    text, _ = await token(locked, Scope.RUN)
    begun = await locked.post("/api/orchestrate", {"query": "note"}, headers=bearing(text))
    assert begun.status_code == 201
    listed = await locked.get("/api/executions", headers=bearing(text))
    assert len(listed.json()["items"]) == 1


async def test_what_is_no_token_is_refused_whoever_asks(api: Api) -> None:
    """Also where none is wanted: who shows one means to be its bearer."""
    text, _ = await token(api)
    shown = ["-", "x", text[:-1], text[:-1] + ("a" if text[-1] != "a" else "b"), text.upper()]
    shown += [text.replace("tzm_", "tzm-"), "tzm_" + "0" * 12 + text[16:]]
    for wrong in shown:
        refused = await api.get("/api/executions", headers=bearing(wrong))
        assert refused.status_code == 401, wrong
        assert 'error="invalid_token"' in refused.headers["www-authenticate"]
        assert len(wrong) == 1 or wrong not in refused.text
    basic = await api.get("/api/executions", headers={"Authorization": f"Basic {text}"})
    assert basic.status_code == 401
    assert (await api.get("/api/executions", headers=bearing(text))).status_code == 200


ROUTES: list[tuple[str, str, Scope]] = [
    ("GET", "/api/executions", Scope.READ),
    ("GET", "/api/orchestrate/status", Scope.READ),
    ("POST", "/api/orchestrate", Scope.RUN),
    ("POST", "/api/orchestrate/0000000000000/pause", Scope.RUN),
    ("POST", "/api/orchestrate/0000000000000/fork", Scope.RUN),
    ("POST", "/api/orchestrate/0000000000000/approvals/a1/approve", Scope.DECIDE),
    ("POST", "/api/orchestrate/0000000000000/approvals/a1/reject", Scope.DECIDE),
    ("POST", "/api/orchestrate/0000000000000/questions/q1/answer", Scope.DECIDE),
]


@pytest.mark.parametrize("scope", Scope)
async def test_each_route_wants_its_scope(locked: Api, scope: Scope) -> None:
    text, _ = await token(locked, scope)
    bodies: dict[str, Any] = {"orchestrate": {"query": "note"}, "fork": {"from": "x"}}
    bodies["answer"] = {"choice": "red"}
    for method, path, wanted in ROUTES:
        body = bodies.get(path.rpartition("/")[2]) if method == "POST" else None
        answer = await locked.client.request(method, path, json=body, headers=bearing(text))
        allowed = scope in (wanted, Scope.ADMIN) or wanted is Scope.READ
        assert (answer.status_code != 403) == allowed, (path, answer.text)
        if not allowed:
            assert answer.json()["type"] == "/problems/scope-missing"
            assert f'scope="{wanted}"' in answer.headers["www-authenticate"]


async def test_what_is_decided_with_a_token_is_decided_in_its_name(locked: Api) -> None:
    """Who, with which token, and from where, in the audit log; who it is begun for, too."""
    text, token_id = await token(locked, Scope.RUN, Scope.DECIDE, name="yoav")
    begun = await locked.post("/api/orchestrate", {"query": "send"}, headers=bearing(text))
    execution = begun.json()["executionId"]
    await locked.tizmor.result(execution)
    path = f"/api/orchestrate/{execution}/approvals/a1/approve"
    assert (await locked.post(path, headers=bearing(text))).status_code == 200
    entries = [decode(row) for row in await locked.tizmor.audit()]
    approved = next(entry for entry in entries if entry.what == "approved")
    assert approved.by == "yoav"
    assert approved.seat is not None
    assert (approved.seat.token, approved.seat.address) == (token_id, "127.0.0.1")
    assert approved.seat.interface == "http"
    records = await locked.tizmor._journal.read_feed(0, 100)
    assert b'"user":"yoav"' in records[0].payload
    assert not any(text.encode() in record.payload for record in records)


async def test_revoked_it_is_of_no_use_from_then_on(locked: Api) -> None:
    """Also to a server that has just verified it."""
    text, token_id = await token(locked)
    assert (await locked.get("/api/executions", headers=bearing(text))).status_code == 200
    await locked.tizmor.tokens.revoke(token_id)
    assert (await locked.get("/api/executions", headers=bearing(text))).status_code == 401


@pytest.mark.parametrize("shown", ["token", "cookie"])
async def test_revoked_its_open_streams_end(
    locked: Api, monkeypatch: pytest.MonkeyPatch, shown: str
) -> None:
    monkeypatch.setattr(open_streams, "AGAIN_S", 0.01)
    text, token_id = await token(locked)
    other, _ = await token(locked)
    headers = bearing(text)
    if shown == "cookie":
        admitted = await locked.client.put("/api/session", headers=headers)
        headers = {"Cookie": admitted.headers["set-cookie"].partition(";")[0]}
        locked.client.cookies.clear()
    begun = await locked.post("/api/orchestrate", {"query": "hold"}, headers=bearing(other))
    path = f"/api/orchestrate/stream/{begun.json()['executionId']}"
    async with (
        locked.client.stream("GET", path, headers=headers) as mine,
        locked.client.stream("GET", path, headers=bearing(other)) as others,
    ):
        coming = mine.aiter_lines()
        assert (await anext(coming)).startswith("retry:")
        await locked.tizmor.tokens.revoke(token_id)
        async with asyncio.timeout(20):
            rest = [line async for line in coming]
        assert "event: complete" not in rest
        assert (await locked.get(path, headers=headers)).status_code == 401
        locked.scene.go.set()
        assert "event: complete" in [line async for line in others.aiter_lines()]


async def test_a_browser_gets_a_cookie_that_no_script_reads_and_no_other_page_sends(
    locked: Api,
) -> None:
    text, _ = await token(locked, Scope.RUN)
    answer = await locked.client.put("/api/session", headers=bearing(text))
    assert answer.json() == {"name": "dana", "scopes": ["run"], "expiresAt": None}
    said = answer.headers["set-cookie"].lower()
    assert {"httponly", "samesite=strict", "path=/api"} <= {p.strip() for p in said.split(";")}
    assert text not in said
    assert "secure" not in said  # it is asked in clear here, and would never come back
    begun = await locked.post("/api/orchestrate", {"query": "note"})
    assert begun.status_code == 201
    events = await locked.events(begun.json()["executionId"])
    assert events[-1].event == "complete"
    foreign = {"Origin": "http://evil.example"}
    assert (await locked.get("/api/executions", headers=foreign)).status_code == 403


async def test_a_cookie_is_given_for_a_token_only_and_given_back(locked: Api) -> None:
    text, _ = await token(locked)
    kept = (await locked.client.put("/api/session", headers=bearing(text))).cookies[
        "tizmor_session"
    ]
    cookie = {"Cookie": f"tizmor_session={kept}"}
    locked.client.cookies.clear()
    assert (await locked.get("/api/session", headers=cookie)).json()["name"] == "dana"
    assert (await locked.client.put("/api/session", headers=cookie)).status_code == 401
    assert (await locked.client.delete("/api/session", headers=cookie)).status_code == 200
    assert (await locked.get("/api/session", headers=cookie)).status_code == 401


async def test_behind_tls_the_cookie_is_sent_by_tls_alone(tmp_path: Path) -> None:
    site = Site(origins=("https://tizmor.example",))
    async with served(tmp_path, wants_token=True, site=site) as api:
        text, _ = await token(api)
        there = {"Host": "tizmor.example", "Origin": "https://tizmor.example"}
        answer = await api.client.put("/api/session", headers=bearing(text, **there))
        assert "secure" in answer.headers["set-cookie"].lower()
        clear = {"Host": "tizmor.example", "Origin": "http://tizmor.example"}
        refused = await api.client.put("/api/session", headers=bearing(text, **clear))
        assert refused.status_code == 403
        assert sessions.LASTS_S == 12 * 3600


async def test_elsewhere_it_is_asked_by_its_names_and_addresses_in_numbers(tmp_path: Path) -> None:
    """A name that isn't its own may lead anywhere the next time (DNS rebinding)."""
    site = Site(origins=("https://tizmor.example",), everywhere=True)
    async with served(tmp_path, wants_token=True, site=site) as api:
        for host in ("tizmor.example", "TIZMOR.example", "192.0.2.7:3000", "[2001:db8::7]"):
            assert (await api.get("/healthz", headers={"Host": host})).status_code == 200, host
        for host in ("tizmor.example:80", "evil.example", "192.0.2.7.evil.example", "192.0.2", ""):
            assert (await api.get("/healthz", headers={"Host": host})).status_code in (400, 403)


async def test_too_many_that_are_none_are_not_even_looked_at(locked: Api) -> None:
    """Who has shown a token before goes on all the same."""
    text, _ = await token(locked)
    wrong = text[:-1] + ("a" if text[-1] != "a" else "b")
    assert (await locked.get("/api/executions", headers=bearing(text))).status_code == 200
    answers = [await locked.get("/api/executions", headers=bearing(wrong)) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
    assert 0 < int(answers[-1].headers["retry-after"]) <= 7
    assert (await locked.get("/api/executions", headers=bearing(text))).status_code == 200


async def test_its_use_is_told_to_the_hour(locked: Api) -> None:
    text, _ = await token(locked)
    assert [t.used_at_ms for t in await locked.tizmor.tokens.all()] == [None]
    await locked.get("/api/executions", headers=bearing(text))
    (used,) = await locked.tizmor.tokens.all()
    assert used.used_at_ms is not None
    assert used.used_at_ms % 3_600_000 == 0
