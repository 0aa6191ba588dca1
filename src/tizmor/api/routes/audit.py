"""Who decided what, when and from where."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from tizmor.api.dependencies import Limit, TizmorDependency, json
from tizmor.api.openapi import gives
from tizmor.api.schemas.workspace import AuditPage, AuditVerified, Decision
from tizmor.assembly import Tizmor
from tizmor.engine.auditing import Decided

router = APIRouter(tags=["audit"])
_MOST = (1 << 63) - 1


@router.get("/api/audit", responses=gives(AuditPage))
async def audit(
    tizmor: TizmorDependency,
    limit: Limit = 100,
    cursor: Annotated[
        int, Query(ge=0, le=_MOST, description="The `nextCursor` of the page before.")
    ] = 0,
    execution_id: Annotated[
        str | None,
        Query(alias="executionId", max_length=64, description="Of this execution only."),
    ] = None,
) -> Response:
    """The decisions that were made here, oldest first. The log outlives the executions it tells
    of."""
    found, more = await tizmor.decisions(after=cursor, limit=limit, execution=execution_id)
    items = tuple(_decision(tizmor, decided) for decided in found)
    return json(AuditPage(items=items, next_cursor=None if more is None else str(more)))


@router.get("/api/audit/verify", responses=gives(AuditVerified))
async def verify(
    tizmor: TizmorDependency,
    head: Annotated[
        str | None,
        Query(
            max_length=90,
            description="ROW:HASH, an end of the log as it was told before: it must still be in "
            "it, so that a log which was cut off or made up anew is found, too.",
        ),
    ] = None,
) -> Response:
    """Hold the whole log against its hashes."""
    found = await tizmor.verify_audit(head)
    return json(
        AuditVerified(
            sound=found.problem is None,
            rows=found.rows,
            head=f"{found.rows}:{found.head.hex()}" if found.rows else None,
            problem=found.problem,
        )
    )


def _decision(tizmor: Tizmor, decided: Decided) -> Decision:
    entry = decided.entry
    return Decision(
        number=decided.number,
        at=tizmor.time(entry.at_ms),
        execution_id=entry.execution,
        what=entry.what,
        by=entry.by,
        about=entry.about,
        step=entry.step,
        action=entry.action,
        key=entry.key,
        to=entry.to,
        why=entry.why,
        seat=entry.seat,
        hash=decided.hash.hex(),
    )
