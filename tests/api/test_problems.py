"""What goes wrong is said as RFC 9457 has it, with a type that stays, and nothing of the inside."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest
from tests.api.scene import Api

from tizmor.api import problems
from tizmor.api.guard import MAX_BODY
from tizmor.assembly import Tizmor
from tizmor.core import errors
from tizmor.core.errors import StorageFailed, TizmorError

NOBODY = "38fzfv76c1816"
MANY = "x" * 20_001
GETS = ["", "/approvals", "/questions", "/logs", "/metrics"]
POSTS = ["/pause", "/resume", "/cancel", "/approvals/a1/approve", "/approvals/a1/reject"]
ROOT = Path(__file__).parents[2]


def test_every_error_has_a_type_and_a_status_of_its_own() -> None:
    known = {
        e for _, e in inspect.getmembers(errors, inspect.isclass) if issubclass(e, TizmorError)
    }
    assert set(problems.STATUS_OF) == known
    assert len(problems.KINDS) == len({kind.type for kind in problems.KINDS.values()})


def test_every_type_is_in_the_reference() -> None:
    page = (ROOT / "docs" / "reference" / "http.md").read_text("utf-8")
    assert [name for name in problems.KINDS if f"`{name}`" not in page] == []


@pytest.mark.parametrize("execution", [NOBODY, "nonsense", "%20", "..%2f", "א", "9" * 500])
async def test_an_unknown_or_malformed_id_is_404(api: Api, execution: str) -> None:
    paths = [f"/api/orchestrate/{execution}{rest}" for rest in GETS]
    for path in [*paths, f"/api/orchestrate/stream/{execution}"]:
        told(await api.get(path), 404)
    for rest in POSTS:
        told(await api.post(f"/api/orchestrate/{execution}{rest}"), 404)


async def test_an_unknown_approval_or_question_is_404(api: Api) -> None:
    path = f"/api/orchestrate/{await api.started('send')}"
    for rest in ("/approvals/nothing/approve", "/approvals/nothing/reject"):
        told(await api.post(path + rest), 404, "unknown-execution")
    answered = await api.post(f"{path}/questions/nothing/answer", {"choice": "1"})
    told(answered, 404, "unknown-execution")


async def test_an_unknown_address_or_method_is_a_problem_too(api: Api) -> None:
    told(await api.get("/nothing"), 404, "not-found")
    refused = await api.client.delete("/api/orchestrate")
    told(refused, 405, "method-not-allowed")
    assert refused.headers["allow"] == "POST"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#/query"),
        ({"query": 5}, "#/query"),
        ({"query": ""}, "#/query"),
        ({"query": "  "}, "#/query"),
        ({"query": MANY}, "#/query"),
        ({"query": "note", "userId": ""}, "#/userId"),
        ({"query": "note", "userId": " "}, "#/userId"),
        ({"query": "note", "user/~id": "x"}, "#/user~1~0id"),
        ([], "#"),
        ("note", "#"),
    ],
)
async def test_what_does_not_fit_is_named_by_its_place(api: Api, body: Any, pointer: str) -> None:
    problem = told(await api.post("/api/orchestrate", body), 422)
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert await api.tizmor.list() == []


async def test_several_faults_are_told_together(api: Api) -> None:
    response = await api.post("/api/orchestrate", {"userId": 1, "more": 2})
    pointers = {error["pointer"] for error in told(response, 422, "invalid")["errors"]}
    assert pointers == {"#/query", "#/userId", "#/more"}


async def test_a_parameter_that_does_not_fit_is_named(api: Api) -> None:
    for path in ("/api/executions?limit=0", "/api/executions?limit=1001"):
        (error,) = told(await api.get(path), 422, "invalid")["errors"]
        assert error["parameter"] == "limit"
    told(await api.get("/api/executions?cursor=nonsense"), 422, "user-error")
    path = f"/api/orchestrate/stream/{await api.started('note')}"
    (error,) = told(await api.get(path, headers={"Last-Event-ID": "x"}), 422)["errors"]
    assert error["parameter"].lower() == "last-event-id"


@pytest.mark.parametrize(
    "content", [b"{", b"\xff", b'{"query": nope}', b"[" * 100_000, b'{"query":"\\ud800"}']
)
async def test_what_is_no_json_is_refused_and_not_repeated(api: Api, content: bytes) -> None:
    response = await api.client.post(
        "/api/orchestrate", content=content, headers={"Content-Type": "application/json"}
    )
    assert response.status_code in (400, 422)
    assert response.headers["content-type"] == problems.MEDIA_TYPE
    assert await api.tizmor.list() == []


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
async def test_a_body_must_be_json(api: Api, kind: str) -> None:
    """Forms of web pages can send these without being asked first; nothing begins."""
    response = await api.client.post(
        "/api/orchestrate", content=b'{"query":"note"}', headers={"Content-Type": kind}
    )
    told(response, 415, "not-json")
    execution = await api.started("send")
    forms = {"Content-Type": "application/x-www-form-urlencoded"}
    paused = await api.post(f"/api/orchestrate/{execution}/pause", headers=forms)
    told(paused, 415, "not-json")
    assert (await api.tizmor.get(execution)).status == "WAITING"


async def test_a_body_that_is_too_large_is_refused_whether_or_not_it_says_so(api: Api) -> None:
    large = b'{"query":"' + b"x" * MAX_BODY + b'"}'

    async def bits() -> Any:
        for start in range(0, len(large), 65_536):
            yield large[start : start + 65_536]

    headers = {"Content-Type": "application/json"}
    for content in (large, bits()):
        response = await api.client.post("/api/orchestrate", content=content, headers=headers)
        told(response, 413, "too-large")
    assert await api.tizmor.list() == []


async def test_a_fault_tells_nothing_of_the_inside(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret-in-here")

    monkeypatch.setattr(Tizmor, "search", broken)
    response = await api.get("/api/executions")
    told(response, 500, "internal-error")
    assert "secret-in-here" not in response.text
    assert "Traceback" not in response.text
    assert response.headers["x-content-type-options"] == "nosniff"


async def test_storage_that_fails_is_told_with_when_to_try_again(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def failing(*_: object, **__: object) -> None:
        raise StorageFailed("the disk is full")

    monkeypatch.setattr(Tizmor, "active", failing)
    response = await api.get("/readyz")
    assert told(response, 503, "storage-failed")["detail"] == "the disk is full"
    assert response.headers["retry-after"] == "2"


async def test_a_type_tells_what_it_means(api: Api) -> None:
    problem = (await api.get("/api/orchestrate/nothing")).json()
    page = (await api.get(problem["type"])).json()
    assert (page["type"], page["title"], page["status"]) == (
        problem["type"],
        problem["title"],
        404,
    )
    told(await api.get("/problems/nothing"), 404)


def told(response: Any, status: int, name: str | None = None) -> dict[str, Any]:
    """The problem that a response is."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == problems.MEDIA_TYPE
    problem: dict[str, Any] = response.json()
    assert problem["status"] == status
    assert problem["title"]
    if name is not None:
        assert problem["type"] == f"/problems/{name}"
    return problem
