"""What the command line asks of the engine, and how it is opened."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Protocol

import tizmor
from tizmor.cli.controls import clean
from tizmor.cli.program import program
from tizmor.core.agents import AgentSpec
from tizmor.core.errors import StorageFailed
from tizmor.core.forecast import Forecast
from tizmor.core.plan import Budget, Plan, Strategy
from tizmor.drivers.embedded.process import run
from tizmor.engine.auditing import Decided
from tizmor.engine.views import (
    BudgetView,
    Execution,
    ExecutionSummary,
    LimitView,
    LockView,
    LogLineView,
    MessageView,
    Replay,
    SharedVersion,
    StreamEvent,
    Waiting,
)
from tizmor.observability.spans import Span
from tizmor.ports.audit import Audited
from tizmor.ports.breakers import Standing
from tizmor.ports.cache import CacheUse
from tizmor.ports.journal import AgentFigures, Freed
from tizmor.ports.tokens import Tokens
from tizmor.ports.vocabulary import Check
from tizmor.ports.workspace import Workspace
from tizmor.settings import Settings, load

_PATIENCE_S = 60.0
"""How long storage may fail: a database that is gone for half a minute, and then takes its time to
start, is waited for."""


class Library(Protocol):
    """An open workspace, as `tizmor.Tizmor.open` gives it; each method promises what it does."""

    settings: Settings
    workspace: Workspace

    async def plan(self, request: str, *, conflicts: Strategy | None = None) -> Plan: ...
    async def forecast(self, plan: Plan) -> Forecast: ...
    async def dry_run(
        self,
        request: str = "",
        *,
        plan: Plan | None = None,
        recording: str | None = None,
        priority: int = 0,
        deadline: dt.timedelta | None = None,
        conflicts: Strategy | None = None,
        budget: Budget | None = None,
        traceparent: str | None = None,
    ) -> Execution: ...
    async def carry_out(
        self, execution_id: str, *, approve_all: bool = False, traceparent: str | None = None
    ) -> Execution: ...
    async def start(
        self,
        request: str,
        *,
        approve_all: bool = False,
        plan: Plan | None = None,
        priority: int = 0,
        deadline: dt.timedelta | None = None,
        conflicts: Strategy | None = None,
        budget: Budget | None = None,
        traceparent: str | None = None,
    ) -> Execution: ...
    async def fork(
        self,
        execution_id: str,
        step: str,
        *,
        arguments: Mapping[str, Any] | None = None,
        output: Mapping[str, Any] | None = None,
        approve_all: bool = False,
    ) -> Execution: ...
    async def replay(self, execution_id: str) -> Replay: ...
    async def get(self, execution_id: str) -> Execution: ...
    async def list(self, *, limit: int = 50) -> Sequence[ExecutionSummary]: ...
    async def interrupted(self) -> Sequence[ExecutionSummary]: ...
    async def context(
        self, execution_id: str, key: str | None = None
    ) -> Sequence[SharedVersion]: ...
    async def messages(self, execution_id: str) -> Sequence[MessageView]: ...
    async def trace(self, execution_id: str) -> Sequence[Span]: ...
    async def logs(self, execution_id: str) -> Sequence[StreamEvent]: ...
    def stream(
        self, execution_id: str, *, after: int = 0, keep_waiting: bool = False
    ) -> AsyncIterator[StreamEvent]: ...
    async def result(self, execution_id: str) -> Execution: ...
    async def resume(self, execution_id: str, *, approve_all: bool = False) -> Execution: ...
    async def pause(self, execution_id: str) -> str: ...
    async def cancel(self, execution_id: str, *, roll_back: bool = False) -> str: ...
    async def approve(
        self,
        execution_id: str,
        approval: str | None = None,
        *,
        arguments: Mapping[str, Any] | None = None,
        comment: str | None = None,
        by: str | None = None,
        seen: str | None = None,
    ) -> str: ...
    async def preview(
        self, execution_id: str, approval: str | None, arguments: Mapping[str, Any]
    ) -> Waiting: ...
    async def reject(
        self,
        execution_id: str,
        approval: str | None = None,
        *,
        reason: str | None = None,
        by: str | None = None,
    ) -> str: ...
    async def delegate(
        self, execution_id: str, approval: str | None = None, *, to: str, by: str | None = None
    ) -> str: ...
    async def answer(
        self,
        execution_id: str,
        choice: str,
        *,
        question: str | None = None,
        arguments: Mapping[str, Any] | None = None,
    ) -> str: ...
    def owns(self, execution_id: str) -> bool: ...
    async def agents(self) -> Sequence[AgentSpec]: ...
    async def doctor(self, *, deep: bool = False) -> Sequence[Check]: ...
    async def decisions(
        self, *, after: int = 0, limit: int = 100, execution: str | None = None
    ) -> tuple[Sequence[Decided], int | None]: ...
    async def verify_audit(self, head: str | None = None) -> Audited: ...
    def time(self, at_ms: int) -> str: ...
    async def migrate(self) -> str: ...
    async def limits(self) -> Sequence[LimitView]: ...
    async def locks(self) -> Sequence[LockView]: ...
    async def cache(self) -> Sequence[CacheUse]: ...
    async def clear_cache(self, agent: str | None = None) -> int: ...
    async def budgets(self, execution_id: str | None = None) -> Sequence[BudgetView]: ...
    async def log_lines(
        self,
        execution_id: str | None = None,
        *,
        level: str = ...,
        search: str = ...,
        after: int | None = ...,
        limit: int = ...,
    ) -> Sequence[LogLineView]: ...
    def follow_log(
        self,
        execution_id: str | None = None,
        *,
        level: str = ...,
        search: str = ...,
        after: int | None = ...,
    ) -> AsyncIterator[LogLineView]: ...
    async def metrics(self) -> Sequence[AgentFigures]: ...
    async def breakers(self) -> Sequence[Standing]: ...
    @property
    def tokens(self) -> Tokens: ...
    async def gc(
        self, *, older_than: dt.timedelta | None = None, dry_run: bool = False
    ) -> Freed: ...
    def command(self, verb: str, execution_id: str) -> str: ...


def within(
    workspace: Path, work: Callable[[Library], Awaitable[int]], *, write: bool = True
) -> int:
    """Open the workspace, do the work, close it; the work's exit code.

    With `write` false nothing is created and nothing taken over. Raises what opening raises.
    """

    async def done() -> int:
        async with opened(workspace, write=write, interface="command line") as library:
            return await work(library)

    return run(done())


def opened(
    workspace: Path, *, write: bool, interface: str, serves: bool = False
) -> AbstractAsyncContextManager[Any]:
    """The workspace, open; `interface` is by what decisions come in, and `serves` says whether the
    process stays. Raises what opening raises."""
    opening: AbstractAsyncContextManager[Any] = tizmor.Tizmor.open(
        workspace,
        settings=load(workspace),
        write=write,
        patience_s=_PATIENCE_S,
        trouble=_Trouble(),
        program=program(),
        interface=interface,
        serves=serves,
    )
    return opening


class _Trouble:
    """Says on standard error that storage fails, and why, when that is news; and its end."""

    def __init__(self) -> None:
        self._told = ""

    def __call__(self, error: StorageFailed | None) -> None:
        state = "storage works again" if error is None else f"storage fails, trying again: {error}"
        if state != self._told:
            print(clean(state), file=sys.stderr)
            self._told = state
