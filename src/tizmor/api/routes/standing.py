"""What is shared by all executions as it stands: budgets, quotas, locks, kept answers."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter
from starlette.responses import Response

from tizmor.api.dependencies import Cursor, Limit, TizmorDependency, json
from tizmor.api.openapi import gives
from tizmor.api.pages import paged
from tizmor.api.problems import NOT_FOUND, Refused
from tizmor.api.schemas.requests import ClearRequest
from tizmor.api.schemas.workspace import BudgetPage, CachePage, Cleared, LimitPage, LockPage
from tizmor.api.scopes import needs
from tizmor.engine.views import BudgetView, LockView
from tizmor.ports.tokens import Scope

router = APIRouter(tags=["standing"])


@router.get("/api/budgets", responses=gives(BudgetPage))
async def budgets(tizmor: TizmorDependency, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """What may be used by all executions together and today, what running calls have reserved of
    it, and what was spent."""
    return _budgets(await tizmor.budgets(), limit, cursor)


@router.get("/api/orchestrate/{execution_id}/budgets", responses=gives(BudgetPage))
async def execution_budgets(
    execution_id: str, tizmor: TizmorDependency, limit: Limit = 100, cursor: Cursor = None
) -> Response:
    """The same of one execution and of its steps."""
    return _budgets(await tizmor.budgets(execution_id), limit, cursor)


@router.get("/api/limits", responses=gives(LimitPage))
async def limits(tizmor: TizmorDependency, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """How often what is outside may be called by all processes together: what of each quota is
    taken, and how many calls wait for it."""
    items, more = paged(await tizmor.limits(), lambda quota: quota.name, limit=limit, cursor=cursor)
    return json(LimitPage(items=items, next_cursor=more))


@router.get("/api/locks", responses=gives(LockPage))
async def locks(tizmor: TizmorDependency, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """Who has and who waits for which resource, and since when, in all processes."""
    items, more = paged(await tizmor.locks(), _lock, limit=limit, cursor=cursor)
    return json(LockPage(items=items, next_cursor=more))


@router.get("/api/cache", responses=gives(CachePage))
async def cache(tizmor: TizmorDependency, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """What is kept of agents' answers, and how often it was given instead of a call."""
    items, more = paged(await tizmor.cache(), lambda use: use.agent, limit=limit, cursor=cursor)
    return json(CachePage(items=items, next_cursor=more))


@router.post("/api/cache/clear", responses=gives(Cleared))
@needs(Scope.ADMIN)
async def clear_cache(tizmor: TizmorDependency, body: ClearRequest | None = None) -> Response:
    """Remove the kept answers of one agent, or all, and what was counted of them. What is running
    keeps what it works out from then on."""
    agent = None if body is None else body.agent
    if agent is not None and agent not in [spec.name for spec in await tizmor.agents()]:
        raise Refused(NOT_FOUND, "there is no such agent")
    return json(Cleared(removed=await tizmor.clear_cache(agent)))


def _budgets(found: Sequence[BudgetView], limit: int, cursor: str | None) -> Response:
    items, more = paged(found, _budget, limit=limit, cursor=cursor)
    return json(BudgetPage(items=items, next_cursor=more))


def _budget(view: BudgetView) -> str:
    return f"{view.scope}.{view.measure}"


def _lock(view: LockView) -> str:
    return f"{view.resource} {view.execution_id} {view.step} {view.access}"
