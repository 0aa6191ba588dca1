"""What belongs to one execution: what its steps told each other, large values, what a dry run
foresaw, whether its journal leads to what is shown."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from tizmor.api.dependencies import Cursor, Limit, TizmorDependency, json
from tizmor.api.openapi import gives, gives_json
from tizmor.api.pages import paged
from tizmor.api.problems import NOT_FOUND, Refused
from tizmor.api.routes.executions import begun
from tizmor.api.schemas.bounds import MAX_NAME
from tizmor.api.schemas.parts import Blob, BlobPage, DryRunPage, MessagePage, SharedPage
from tizmor.api.schemas.replies import Started
from tizmor.api.scopes import needs
from tizmor.core.errors import OrderRefused
from tizmor.engine.views import MessageView, Replay, SharedVersion
from tizmor.ports.tokens import Scope

router = APIRouter(tags=["executions"])
_EXECUTION = "/api/orchestrate/{execution_id}"
_HASH = re.compile(r"[0-9a-f]{64}")


@router.get(f"{_EXECUTION}/context", responses=gives(SharedPage))
async def context(
    execution_id: str,
    tizmor: TizmorDependency,
    limit: Limit = 100,
    cursor: Cursor = None,
    key: Annotated[str | None, Query(description="Only this key.", max_length=MAX_NAME)] = None,
    versions: Annotated[bool, Query(description="All versions, not only the newest.")] = False,
) -> Response:
    """What the steps have shared with each other (`ctx.share`): who, when, and which version."""
    made = await tizmor.context(execution_id, key)
    shown = made if versions else {each.key: each for each in made}.values()
    items, more = paged(shown, _version, limit=limit, cursor=cursor)
    return json(SharedPage(items=items, next_cursor=more))


@router.get(f"{_EXECUTION}/messages", responses=gives(MessagePage))
async def messages(
    execution_id: str, tizmor: TizmorDependency, limit: Limit = 100, cursor: Cursor = None
) -> Response:
    """The messages between the steps, oldest first, and what became of each. A dead letter says why
    nobody answered it."""
    sent = await tizmor.messages(execution_id)
    places = {message.id: f"{place:012}" for place, message in enumerate(sent)}

    def place(message: MessageView) -> str:
        return places[message.id]

    items, more = paged(sent, place, limit=limit, cursor=cursor)
    return json(MessagePage(items=items, next_cursor=more))


@router.get(f"{_EXECUTION}/blobs", responses=gives(BlobPage))
async def blobs(
    execution_id: str, tizmor: TizmorDependency, limit: Limit = 100, cursor: Cursor = None
) -> Response:
    """The large values that are stored apart, of events and of how the execution stood, each
    once."""
    found = await tizmor.blobs(execution_id)
    execution = (await tizmor.get(execution_id)).id
    at = f"/api/orchestrate/{execution}/blobs"
    listed = [Blob(hash=digest, bytes=size, href=f"{at}/{digest}") for digest, size in found]
    items, more = paged(listed, lambda blob: blob.hash, limit=limit, cursor=cursor)
    return json(BlobPage(items=items, next_cursor=more))


@router.get(f"{_EXECUTION}/blobs/{{digest}}", responses=gives_json("The value.", None))
async def blob(execution_id: str, digest: str, tizmor: TizmorDependency) -> Response:
    """One large value, by its SHA-256 in hex: a JSON text, byte for byte as it was written, to be
    saved and not shown."""
    content = await tizmor.blob(execution_id, digest) if _HASH.fullmatch(digest) else None
    if content is None:
        await tizmor.get(execution_id)
        raise Refused(NOT_FOUND, "the execution has no large value of that hash")
    headers = {
        "Content-Disposition": f'attachment; filename="{digest}.json"',
        "ETag": f'"{digest}"',
    }
    return Response(content, media_type="application/json", headers=headers)


@router.get(f"{_EXECUTION}/dry-run", responses=gives(DryRunPage))
async def dry_run(
    execution_id: str, tizmor: TizmorDependency, limit: Limit = 100, cursor: Cursor = None
) -> Response:
    """What a dry run has foreseen so far: each call that would be made, exactly, where it can be
    told."""
    execution = await tizmor.get(execution_id)
    if not execution.dry_run:
        raise OrderRefused(f"{execution.id} is no dry run: what it did is in its steps")
    calls = list(enumerate(execution.would_do))
    page, more = paged(calls, lambda call: f"{call[0]:012}", limit=limit, cursor=cursor)
    return json(
        DryRunPage(
            status=execution.status,
            items=tuple(call for _, call in page),
            recording=execution.recording,
            next_cursor=more,
        )
    )


@router.post(
    f"{_EXECUTION}/carry-out",
    status_code=201,
    responses=gives(Started, status=201),
)
@needs(Scope.RUN, Scope.DECIDE)
async def carry_out(execution_id: str, tizmor: TizmorDependency) -> Response:
    """Begin an execution that does what a dry run showed. This approves exactly those calls, by
    agent and arguments, each once; a call that differs asks as any other. It is done once."""
    return begun(await tizmor.carry_out(execution_id))


@router.get(f"{_EXECUTION}/replay", responses=gives(Replay))
async def replay(execution_id: str, tizmor: TizmorDependency) -> Response:
    """Fold the journal anew, and say whether it leads to what is shown. Nothing is called, and
    nothing is written."""
    return json(await tizmor.replay(execution_id))


def _version(made: SharedVersion) -> str:
    return f"{made.key} {made.version:012}"
