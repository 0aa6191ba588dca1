"""What replies look like, for the document: made of the very structs, so that they can't differ."""

from __future__ import annotations

import msgspec

from tizmor.api.schemas import parts, replies, workspace
from tizmor.core.plan import Choice
from tizmor.core.terms import Seat
from tizmor.engine.overviews import AgentView, Latency, Pending, PendingPage
from tizmor.engine.views import (
    BudgetView,
    ExecutionSummary,
    LimitView,
    LockView,
    MessageView,
    SharedVersion,
    Status,
    Waiting,
)
from tizmor.ports.cache import CacheUse
from tizmor.ports.journal import Freed
from tizmor.ports.vocabulary import Check

EXECUTION = "38fzg3zsaxmgf"
_AT = "2026-11-21T15:00:00.000+02:00"
_HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_GATE = Waiting(
    id="a1",
    kind="approval",
    step="calendar",
    text="Create a meeting · Sunday 10:00 · Yoav Cohen",
    choices=(Choice(value="approve", label="approve"), Choice(value="reject", label="reject")),
    arguments={"title": "Tevuot", "start": "2026-11-22T10:00:00+02:00", "minutes": 30},
    action="Create a meeting",
    time="Sunday 10:00",
    participants=("Yoav Cohen",),
    missing=1,
    key=_HASH,
    command=f"tizmor approve {EXECUTION} a1 --workspace work",
)
_GIVEN: tuple[msgspec.Struct, ...] = (
    replies.Started(execution_id=EXECUTION),
    replies.Ordered(execution_id=EXECUTION, outcome="a1 approved", status=Status.RUNNING),
    replies.Health(status="ok"),
    replies.SystemStatus(
        status="ok",
        system=replies.System(initialized=True, active_executions=2, tools=0, agents=13),
    ),
    replies.ExecutionPage(
        items=(
            ExecutionSummary(
                execution_id=EXECUTION,
                status=Status.WAITING,
                query="set a meeting with Yoav tomorrow at 15:00",
                created_at=_AT,
            ),
        )
    ),
    replies.WaitingPage(items=(_GATE,)),
    replies.Problem(
        type="/problems/order-refused",
        title="The execution doesn't stand so that this could be done.",
        status=409,
        detail="the execution has ended (COMPLETED)",
    ),
    PendingPage(
        items=(
            Pending(
                execution_id=EXECUTION,
                query="set a meeting with Yoav tomorrow at 15:00",
                user="dana",
                asked_at=_AT,
                waiting=_GATE,
            ),
        )
    ),
    _GATE,
    parts.SharedPage(
        items=(SharedVersion(key="topics", version=1, value=["hiring"], step="read", at=_AT),)
    ),
    parts.MessagePage(
        items=(
            MessageView(
                id="m1",
                kind="EVENT",
                sender="search",
                to="found",
                payload={"documents": 15},
                state="delivered",
                sent_at=_AT,
                taken_by=("analysis",),
            ),
        )
    ),
    parts.BlobPage(
        items=(
            parts.Blob(
                hash=_HASH, bytes=48_211, href=f"/api/orchestrate/{EXECUTION}/blobs/{_HASH}"
            ),
        )
    ),
    AgentView(
        name="DriveSearch",
        description="Find documents.",
        effect="read",
        critical=False,
        version="1",
        health="ok",
        breaker="closed",
        steps=40,
        succeeded=39,
        failed=1,
        calls=41,
        success_rate=0.975,
        latency_ms=Latency(calls=39, median=21, p95=64),
    ),
    workspace.AuditPage(
        items=(
            workspace.Decision(
                number=1,
                at=_AT,
                execution_id=EXECUTION,
                what="approved",
                by="dana",
                about="a1",
                step="calendar",
                action="Create a meeting",
                key=_HASH,
                to=(),
                why="agreed by phone",
                seat=Seat(account="dana", host="desk", process=4711, interface="http"),
                hash=_HASH,
            ),
        )
    ),
    workspace.AuditVerified(sound=True, rows=12, head=f"12:{_HASH}", problem=None),
    workspace.BudgetPage(
        items=(
            BudgetView(scope="day", measure="usd", account="day:2026-11-21", limit=5.0, spent=0.42),
        )
    ),
    workspace.LimitPage(
        items=(
            LimitView(
                name="api:weather",
                amount=60,
                window_s=60.0,
                taken=12,
                waiting=0,
                since=None,
                left=None,
                until=None,
            ),
        )
    ),
    workspace.LockPage(
        items=(
            LockView(
                resource="calendar:me",
                access="exclusive",
                state="held",
                execution_id=EXECUTION,
                step="calendar",
                since=_AT,
            ),
        )
    ),
    workspace.CachePage(
        items=(CacheUse(agent="DriveSearch", entries=12, bytes=48_211, hits=30, misses=12),)
    ),
    workspace.Cleared(removed=12),
    workspace.CheckPage(items=(Check(name="database", state="ok", detail="schema 0004"),)),
    workspace.Collected(dry_run=True, freed=Freed(executions=3, events=120, bytes=61_440)),
)
EXAMPLES = {type(given): msgspec.to_builtins(given) for given in _GIVEN}
"""By the struct that they are of."""
