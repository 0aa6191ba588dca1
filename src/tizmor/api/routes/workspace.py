"""The workspace: how it is set, whether all is well, clearing away what is old."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from tizmor.api.dependencies import TizmorDependency, json
from tizmor.api.openapi import gives
from tizmor.api.schemas.requests import CollectRequest
from tizmor.api.schemas.workspace import (
    BreakerRule,
    CheckPage,
    Collected,
    Quota,
    SettingsView,
)
from tizmor.api.scopes import needs
from tizmor.core.budgets import in_unit
from tizmor.ports.tokens import Scope
from tizmor.settings import Settings

router = APIRouter(tags=["workspace"])


@router.get("/api/settings", responses=gives(SettingsView))
async def settings(tizmor: TizmorDependency) -> Response:
    """How the workspace is set, by `tizmor.toml`, variables and defaults. What could be secret
    isn't shown; nothing can be set here."""
    return json(settings_view(tizmor.settings))


@router.get("/api/doctor", responses=gives(CheckPage))
async def doctor(
    tizmor: TizmorDependency,
    deep: Annotated[bool, Query(description="Read and verify every stored row.")] = False,
) -> Response:
    """Measured checks of the workspace."""
    return json(CheckPage(items=tuple(await tizmor.doctor(deep=deep))))


@router.post("/api/gc", responses=gives(Collected))
@needs(Scope.ADMIN)
async def collect(tizmor: TizmorDependency, body: CollectRequest | None = None) -> Response:
    """Say what would be removed of executions that ended long ago; with `"dryRun": false`, remove
    it, with all that belongs to it. What goes on or waits is never touched."""
    asked = body or CollectRequest()
    age = None if asked.older_than_s is None else dt.timedelta(seconds=asked.older_than_s)
    freed = await tizmor.gc(older_than=age, dry_run=asked.dry_run)
    return json(Collected(dry_run=asked.dry_run, freed=freed))


def settings_view(given: Settings) -> SettingsView:
    """Settings as they may be shown. `database_url` may hold a password."""
    start, end = given.working_hours
    return SettingsView(
        me=given.me,
        timezone=given.timezone,
        working_days=tuple(str(day) for day in given.working_days),
        working_hours=(f"{start:%H:%M}", f"{end:%H:%M}"),
        meeting_minutes=given.meeting_minutes,
        language=given.language,
        bidi=given.bidi,
        database="postgresql" if given.server_url else "sqlite",
        lease_s=given.lease_s,
        retention_days=given.retention_days,
        running_steps=given.running_steps,
        live_executions=given.live_executions,
        cache_mb=given.cache_mb,
        cache_verify=given.cache_verify,
        conflicts=given.conflicts.value,
        breaker=BreakerRule(**given.breaker._asdict()),
        budgets={
            name: in_unit(name.rpartition(".")[2], limit)
            for name, limit in given.budgets.limits.items()
        },
        exhausted=tuple(way.value for way in given.budgets.exhausted),
        trust_names=given.trust_names,
        log_level=given.log_level,
        log_days=given.log_days,
        log_personal=given.log_personal,
        keep_traces=given.keep_traces,
        otlp_endpoint=given.otlp_endpoint,
        require_token=given.require_token,
        origins=given.origins,
        limits={
            name: Quota(amount=quota.amount, window_s=quota.window_ms / 1000)
            for name, quota in given.limits.items()
        },
    )
