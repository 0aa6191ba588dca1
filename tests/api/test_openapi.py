"""The document tells what the API takes and gives."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from docs.write_openapi import document, main
from tests.api.scene import Api, served

from tizmor.access.issuing import issue
from tizmor.api.examples import EXAMPLES
from tizmor.api.openapi import VIEWS
from tizmor.api.schemas import requests
from tizmor.drivers.embedded.seat import account
from tizmor.ports.tokens import Scope

POLICY = """
@id("mail") @approvers("{me}")
forbid (principal, action == Action::"callWithoutAsking", resource == Agent::"Send")
when {{ context.recipients.contains("yoav@example.org") }};
"""
ROOT = Path(__file__).parents[2]
JSON = {"Content-Type": "application/json"}
BODIES: dict[str, Any] = {
    "/api/orchestrate": {"query": "note"},
    "/api/orchestrate/{execution_id}/fork": {"from": "note"},
    "/api/orchestrate/{execution_id}/approvals/{approval_id}/delegate": {"to": "yoav"},
    "/api/orchestrate/{execution_id}/approvals/{approval_id}/preview": {"arguments": {}},
    "/api/orchestrate/{execution_id}/steps/{step_id}/edit": {"arguments": {"text": "well"}},
    "/api/plan": {"query": "note"},
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
    "/api/orchestrate/{execution_id}/trace": {"get"},
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


@pytest.fixture
async def governed(tmp_path: Path) -> AsyncIterator[Api]:
    """A served workspace with a policy on who decides about mail."""
    (tmp_path / "policy.cedar").write_text(POLICY.format(me=account()))
    async with served(tmp_path) as api:
        yield api


OTHERWISE = {
    "/api/events": "text/event-stream",
    "/api/orchestrate/stream/{execution_id}": "text/event-stream",
    "/metrics": "text/plain",
}
"""What isn't JSON."""


async def test_each_route_gives_what_the_document_names(governed: Api) -> None:
    """Read as the struct of that name and written again, a reply is the same: no field is missing,
    none is unknown."""
    api = governed
    document = (await api.get("/openapi.json")).json()
    scene = await asked_about(api)
    text, _ = await issue(api.tizmor.tokens, name="dana", scopes=[Scope.READ], created_by="noa")
    bearing = {"Authorization": f"Bearer {text}"}
    checked = set()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            responses = operation["responses"]
            content = (responses.get("200") or responses["201"])["content"]
            if "application/json" not in content and path in OTHERWISE:
                assert list(content) == [OTHERWISE[path]]
                continue
            body = BODIES.get(path) if method == "post" else None
            where = path.format(**scene(path))
            headers = JSON | (bearing if method == "put" else {})
            reply = await api.client.request(method, where, json=body, headers=headers)
            assert reply.is_success, (path, reply.text)
            if (name := content["application/json"]["schema"].get("$ref")) is not None:
                struct = next(v for v in VIEWS if v.__name__ == name.rpartition("/")[2])
                read = msgspec.json.decode(reply.content, type=struct)
                assert msgspec.json.decode(msgspec.json.encode(read)) == reply.json(), path
            checked.add(path)
    assert set(document["paths"]) - checked == set(OTHERWISE)


async def asked_about(api: Api) -> Callable[[str], dict[str, str]]:
    """What stands in the paths: for each an execution of which it can be asked."""
    waiting, asking = await api.started("send"), await api.started("ask")
    (question,) = (await api.tizmor.get(asking)).waiting_for
    large = await api.started("large")
    (digest, _), *_ = await api.tizmor.blobs(large)
    dry_run = await api.tizmor.dry_run("send")
    await api.tizmor.result(dry_run.id)
    own = {"questions": asking, "blobs/": large, "dry-run": dry_run.id, "carry-out": dry_run.id}
    own |= {word: await api.started("send") for word in ("reject", "cancel")}
    own["delegate"] = await api.started("mail")
    own |= {word: await failed(api) for word in ("retry", "edit", "skip", "roll-back", "stop")}
    names = {"approval_id": "a1", "question_id": question.id, "digest": digest}

    def scene(path: str) -> dict[str, str]:
        execution = next((own[word] for word in own if word in path), waiting)
        step = "note" if path.endswith("{step_id}") else "fail"
        name = "Note" if "agents" in path else "invalid"
        return names | {"execution_id": execution, "step_id": step, "name": name}

    return scene


async def failed(api: Api) -> str:
    """An execution of which a step has failed and asks, behind one that can be taken back."""
    return await api.started("undo")


async def test_what_is_given_is_named_in_camel_case(api: Api) -> None:
    schemas: dict[str, Any] = (await api.get("/openapi.json")).json()["components"]["schemas"]
    fields = [name for schema in schemas.values() for name in schema.get("properties", {})]
    assert [name for name in fields if "_" in name] == []


async def test_every_route_is_in_the_reference(api: Api) -> None:
    """By its path, as the page writes it."""
    paths = (await api.get("/openapi.json")).json()["paths"]
    page = (ROOT / "docs" / "reference" / "http.md").read_text("utf-8")
    told = set(re.findall(r"(?:[A-Z]+ |`)((?:/|…)[^\s`?]*)", page))
    steps = {word for word in told if word.count("/") == 1}
    written = {_written(path) for path in paths}
    ends = {path for path in written if f"/{path.rpartition('/')[2]}" in steps}
    assert written - told - ends == set()


def _written(path: str) -> str:
    """`…` for an execution, and names in camel case."""
    path = re.sub(r"_(\w)", lambda match: match[1].upper(), path)
    if path.startswith("/api/orchestrate/{executionId}"):
        return "…" + path.removeprefix("/api/orchestrate/{executionId}")
    return path.replace("{executionId}", "{id}")


def test_the_document_in_the_reference_is_the_one_that_is_served() -> None:
    """From which clients are generated: `python docs/write_openapi.py` writes it anew."""
    assert main(["--check"]) == 0


async def test_the_server_serves_that_document(api: Api) -> None:
    served = (await api.get("/openapi.json")).json()
    assert served == json.loads(document())


async def test_examples_are_what_is_given(api: Api) -> None:
    """What replies and bodies look like is shown, and true."""
    described = (await api.get("/openapi.json")).json()
    schemas = described["components"]["schemas"]
    shown = [name for name in schemas if "examples" in schemas[name]]
    assert {"StartRequest", "ApprovalRequest", "EditRequest", "ForkRequest"} <= set(shown)
    for name in shown:
        for example in schemas[name]["examples"]:
            getattr(requests, name).model_validate(example)
    for view, example in EXAMPLES.items():
        assert msgspec.to_builtins(msgspec.convert(example, view)) == example
