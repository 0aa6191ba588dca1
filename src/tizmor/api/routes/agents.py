"""What can be asked for, and how it does."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from tizmor.api.dependencies import Cursor, Limit, TizmorDependency, json
from tizmor.api.openapi import gives
from tizmor.api.pages import paged
from tizmor.api.problems import NOT_FOUND, Refused
from tizmor.api.schemas.workspace import AgentPage, ToolPage
from tizmor.engine.overviews import AgentView

router = APIRouter(tags=["agents"])


@router.get("/api/agents", responses=gives(AgentPage))
async def agents(tizmor: TizmorDependency, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """The agents, by name: what each takes and gives, how its calls went, whether it is held back
    just now."""
    items, more = paged(
        await tizmor.agent_views(), lambda agent: agent.name, limit=limit, cursor=cursor
    )
    return json(AgentPage(items=items, next_cursor=more))


@router.get("/api/agents/{name}", responses=gives(AgentView))
async def agent(name: str, tizmor: TizmorDependency) -> Response:
    """One agent."""
    for view in await tizmor.agent_views():
        if view.name == name:
            return json(view)
    raise Refused(NOT_FOUND, "there is no such agent")


@router.get("/api/tools", responses=gives(ToolPage))
async def tools(tizmor: TizmorDependency, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """What agents call outside the workspace, by name, and how that does."""
    items, more = paged(
        await tizmor.tool_views(), lambda tool: tool.name, limit=limit, cursor=cursor
    )
    return json(ToolPage(items=items, next_cursor=more))
