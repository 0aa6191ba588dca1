"""Whether the server works, and what its problems mean."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from tizmor.api.dependencies import ServingDependency, TizmorDependency, json
from tizmor.api.openapi import gives
from tizmor.api.problems import CLOSING, KINDS, NOT_FOUND, PAGES, Refused
from tizmor.api.schemas.replies import Health, Problem, System, SystemStatus

router = APIRouter(tags=["system"])
_OK = Health(status="ok")


@router.get("/api/orchestrate/status", responses=gives(SystemStatus))
async def status(tizmor: TizmorDependency) -> Response:
    """What runs here."""
    agents = await tizmor.agents()
    system = System(
        initialized=True,
        active_executions=await tizmor.active(),
        tools=sum(1 for spec in agents if spec.api),
        agents=len(agents),
    )
    return json(SystemStatus(status="ok", system=system))


@router.get("/healthz", responses=gives(Health))
async def healthz() -> Response:
    """Whether the process answers at all."""
    return json(_OK)


@router.get("/readyz", responses=gives(Health))
async def readyz(serving: ServingDependency) -> Response:
    """Whether requests can be taken: the database answers, and the server isn't shutting down."""
    if serving.closing.done():
        raise Refused(CLOSING, "it takes no requests any more")
    if (failure := serving.tizmor.failure) is not None:
        raise failure
    await serving.tizmor.active()
    return json(_OK)


@router.get(PAGES + "{name}", responses=gives(Problem))
async def problem(name: str) -> Response:
    """What a type of problem means."""
    if (kind := KINDS.get(name)) is None:
        raise Refused(NOT_FOUND, "there is no such type of problem")
    return json(Problem(type=kind.type, title=kind.title, status=kind.status))
