"""Plans before they are run: what would be done, and what it would take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from fastapi import APIRouter
from starlette.responses import Response

from tizmor.api.dependencies import TizmorDependency, json
from tizmor.api.openapi import gives, gives_json
from tizmor.api.problems import Refused, kind_of
from tizmor.api.schemas.plans import PlanReply, plan_reply
from tizmor.api.schemas.replies import FieldProblem
from tizmor.api.schemas.requests import PlanRequest
from tizmor.api.scopes import needs
from tizmor.core.errors import PlanRefused
from tizmor.core.plan import Plan
from tizmor.core.plan_schema import misfits, plan_schema
from tizmor.ports.tokens import Scope

router = APIRouter(tags=["plans"])
_MOST = 100
"""Problems that are told of one plan."""


@router.post("/api/plan", responses=gives(PlanReply))
@needs(Scope.RUN)
async def plan(body: PlanRequest, tizmor: TizmorDependency) -> Response:
    """What would be done, and what it would take. It creates nothing."""
    made = await tizmor.plan(body.query, conflicts=body.conflicts)
    return json(plan_reply(made, await tizmor.forecast(made)))


@router.get("/api/plan/schema", responses=gives_json("The JSON Schema of a plan.", "object"))
async def schema() -> Response:
    """What a `plan` may hold that is given to `POST /api/orchestrate` (JSON Schema 2020-12)."""
    return json(plan_schema())


def written_plan(written: Mapping[str, Any]) -> Plan:
    """A plan that a request holds. Raises `Refused` with all that keeps it from being one, by its
    places."""
    problems = list(misfits(written))
    if problems:
        first = "; ".join(f"{place or '/'} {what}" for place, what in problems[:3])
        raise Refused(
            kind_of(PlanRefused),
            f"the plan has problems: {first}",
            errors=[
                FieldProblem(detail=what, pointer=f"#/plan{place}")
                for place, what in problems[:_MOST]
            ],
        )
    return msgspec.convert(written, Plan)
