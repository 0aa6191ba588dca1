"""The document tells what the API takes and gives."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from tests.api.scene import Api

from tizmor.api.openapi import VIEWS

JSON = {"Content-Type": "application/json"}
BODIES: dict[str, Any] = {
    "/api/orchestrate": {"query": "note"},
    "/api/orchestrate/{execution_id}/fork": {"from": "note"},
    "/api/orchestrate/{execution_id}/questions/{question_id}/answer": {"choice": "red"},
}
SPEC = {
    "/api/orchestrate": {"post"},
    "/api/orchestrate/status": {"get"},
    "/api/orchestrate/{execution_id}": {"get"},
    "/api/orchestrate/{execution_id}/pause": {"post"},
    "/api/orchestrate/{execution_id}/resume": {"post"},
    "/api/orchestrate/{execution_id}/cancel": {"post"},
    "/api/orchestrate/{execution_id}/approvals": {"get"},
    "/api/orchestrate/{execution_id}/approvals/{approval_id}/approve": {"post"},
    "/api/orchestrate/{execution_id}/approvals/{approval_id}/reject": {"post"},
    "/api/orchestrate/{execution_id}/metrics": {"get"},
    "/api/orchestrate/{execution_id}/logs": {"get"},
    "/api/orchestrate/stream/{execution_id}": {"get"},
}


async def test_every_route_is_described_with_what_it_gives(api: Api) -> None:
    document = (await api.get("/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    described = {path: set(methods) for path, methods in document["paths"].items()}
    assert SPEC.items() <= described.items()
    operations = [o for methods in document["paths"].values() for o in methods.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))
    assert all({"default"} < set(operation["responses"]) for operation in operations)


async def test_every_reference_in_it_leads_to_a_schema(api: Api) -> None:
    text = (await api.get("/openapi.json")).text
    referred = set(re.findall(r'"#/components/schemas/([^"]+)"', text))
    schemas = msgspec.json.decode(text)["components"]["schemas"]
    assert referred <= set(schemas)
    assert {"Execution", "StreamEvent", "Problem", "StartRequest"} <= set(schemas)
    assert "HTTPValidationError" not in schemas


async def test_each_route_gives_what_the_document_names(api: Api) -> None:
    """Read as the struct of that name and written again, a reply is the same: no field is missing,
    none is unknown."""
    document = (await api.get("/openapi.json")).json()
    waiting, asking = await api.started("send"), await api.started("ask")
    own = {"questions": asking, "reject": await api.started("send")}
    own["cancel"] = await api.started("send")
    ids = {"execution_id": waiting, "approval_id": "a1", "question_id": "q1", "name": "invalid"}
    (question,) = (await api.tizmor.get(asking)).waiting_for
    ids["question_id"] = question.id
    checked = set()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            answers = operation["responses"].get("200") or operation["responses"]["201"]
            if "text/event-stream" in answers["content"]:
                assert list(answers["content"]) == ["text/event-stream"]
                continue
            ids["execution_id"] = next((own[word] for word in own if word in path), waiting)
            body = BODIES.get(path) if method == "post" else None
            where = path.format(**ids)
            reply = await api.client.request(method, where, json=body, headers=JSON)
            assert reply.is_success, (path, reply.text)
            name = answers["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
            struct = next(view for view in VIEWS if view.__name__ == name)
            read = msgspec.json.decode(reply.content, type=struct)
            assert msgspec.json.decode(msgspec.json.encode(read)) == reply.json(), path
            checked.add(path)
    streams = {"/api/events", "/api/orchestrate/stream/{execution_id}"}
    assert set(document["paths"]) - checked == streams


async def test_what_is_given_is_named_in_camel_case(api: Api) -> None:
    schemas: dict[str, Any] = (await api.get("/openapi.json")).json()["components"]["schemas"]
    fields = [name for schema in schemas.values() for name in schema.get("properties", {})]
    assert [name for name in fields if "_" in name] == []
