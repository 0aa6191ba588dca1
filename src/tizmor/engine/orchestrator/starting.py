"""From a request, a plan, a dry run or an earlier execution to a new one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from tizmor.core import facts as fx
from tizmor.core.errors import EngineError, UnknownExecution, UserError
from tizmor.core.forecast import Forecast
from tizmor.core.fork import fork, told
from tizmor.core.ids import parse_id, public_id
from tizmor.core.plan import Budget, Plan, Strategy
from tizmor.engine import rehearsal
from tizmor.engine.edits import storable
from tizmor.engine.forecasting import forecast_of
from tizmor.engine.history import fold
from tizmor.engine.orchestrator.executions import Executions
from tizmor.engine.request import (
    checked_budget,
    checked_deadline,
    checked_priority,
    checked_request,
    checked_traceparent,
    checked_user,
    time_given_s,
)
from tizmor.engine.views import (
    Execution,
)
from tizmor.pipeline.classify import bounded


class Starting(Executions):
    """Begins executions."""

    async def plan(self, request: str, *, conflicts: Strategy | None = None) -> Plan:
        """The request's checked plan; creates nothing. Steps that are at odds are settled by
        `conflicts`, None as the workspace says. Raises `RequestRefused`, `PlanRefused`, and
        `EngineError` when making it takes too long."""
        try:
            return await self._performer.planning.make_plan(
                checked_request(request), {}, strategy=conflicts
            )
        except TimeoutError as error:
            raise EngineError(
                f"there is no plan: {bounded(error)}; try again, ask for less at a time, or give a"
                " plan of your own"
            ) from error

    async def forecast(self, plan: Plan) -> Forecast:
        """What a plan will take, in time, tokens and money, by what the calls of its agents took
        before."""
        return await forecast_of(self._journal, plan)

    async def start(
        self,
        request: str,
        *,
        user: str | None = None,
        approve_all: bool = False,
        plan: Plan | None = None,
        priority: int = 0,
        deadline: dt.timedelta | None = None,
        conflicts: Strategy | None = None,
        budget: Budget | None = None,
        traceparent: str | None = None,
        as_id: str | None = None,
    ) -> Execution:
        """Start an execution, durable when this returns.

        Of what could go on, the higher `priority` does first. What has not ended by its `deadline`
        from now is stopped, and fails with what it has. Steps that are at odds are settled by
        `conflicts`, None as the workspace says. What its `budget` doesn't allow, beside the plan's
        own and the workspace's, is not begun. With a `traceparent` (W3C Trace Context) its trace is
        a part of the caller's; one that isn't valid is passed over, as the standard has it. Begun
        with `as_id` (`new_id` gives one) it is begun once, in whatever process and however often
        that is asked for: later, it is given as it stands. Raises `RequestRefused`, `PlanRefused`,
        `UserError`.
        """
        request = checked_request(request)
        if plan is not None:
            plan = self._performer.planning.checked(plan, conflicts)
        return await self._begin(
            fx.Requested(
                at_ms=self._clock.now_ms(),
                query=request,
                user=self._caller.name if user is None else checked_user(user),
                approve_all=approve_all,
                seat=self._caller.seat if approve_all else None,
                plan=plan,
                priority=checked_priority(priority),
                deadline_s=checked_deadline(deadline),
                conflicts=conflicts,
                budget=checked_budget(budget),
                traceparent=checked_traceparent(traceparent),
            ),
            as_id,
        )

    async def dry_run(
        self,
        request: str = "",
        *,
        user: str = "me",
        plan: Plan | None = None,
        recording: str | None = None,
        priority: int = 0,
        deadline: dt.timedelta | None = None,
        conflicts: Strategy | None = None,
        budget: Budget | None = None,
        traceparent: str | None = None,
        as_id: str | None = None,
    ) -> Execution:
        """Start an execution that reads, and changes nothing: each call that would is foreseen, and
        shown by `Execution.would_do` when it has ended.

        With a `recording`, the id of an execution, what its reads gave is taken for what the same
        reads give; without a request or a plan, its own are taken. Asks questions as any other, and
        no approvals. Raises as `start`, and `UnknownExecution`.
        """
        recorded = None
        if recording is not None:
            stored = await self._stored(recording)
            recorded, _ = await fold(self._journal, stored.execution)
            if not request:
                request, plan = recorded.query, plan or rehearsal.real_plan(recorded)
        request = checked_request(request)
        if plan is not None:
            plan = self._performer.planning.checked(plan, conflicts)
        elif recorded is not None:
            plan = await self.plan(request, conflicts=conflicts)
        asked = fx.Requested(
            at_ms=self._clock.now_ms(),
            query=request,
            user=checked_user(user),
            priority=checked_priority(priority),
            deadline_s=checked_deadline(deadline),
            conflicts=conflicts,
            budget=checked_budget(budget),
            traceparent=checked_traceparent(traceparent),
            origin_traceparent=None if recorded is None else recorded.traceparent,
        )
        return await self._begin(rehearsal.rehearsed(asked, recorded, plan), as_id)

    async def carry_out(
        self,
        execution_id: str,
        *,
        by: str | None = None,
        approve_all: bool = False,
        traceparent: str | None = None,
    ) -> Execution:
        """Start an execution that does what a dry run has shown. This approves exactly those calls,
        by agent and arguments, each once; a call that differs asks as any other.

        A dry run is carried out once. `traceparent` is as for `start`. Raises `UnknownExecution`,
        `UserError`, `PlanRefused`.
        """
        try:
            stored = await self._stored(execution_id)
        except UnknownExecution:
            await self._refuse_a_second_time(execution_id)
            raise
        state, _ = await fold(self._journal, stored.execution)
        approved = rehearsal.approved_as_shown(state, self._caller.named(by), self._caller.seat)
        plan = self._performer.planning.checked(rehearsal.real_plan(state), state.conflicts)
        number = rehearsal.carried_out_as(stored.execution)
        request = fx.Requested(
            at_ms=self._clock.now_ms(),
            query=state.query,
            user=state.user,
            approve_all=approve_all,
            plan=plan,
            given_before=approved,
            priority=state.priority,
            deadline_s=time_given_s(state),
            conflicts=state.conflicts,
            budget=state.budget,
            traceparent=checked_traceparent(traceparent),
            origin_traceparent=state.traceparent,
        )
        begun = await self._beginning.begin_as(number, request)
        if begun is None:
            await self._refuse_a_second_time(execution_id)
            raise EngineError(
                f"the number that {execution_id} would be carried out by is another execution's; "
                "make another dry run"
            )
        await self._wanted.add(number, approve_all=approve_all)
        return begun

    async def _refuse_a_second_time(self, dry_run: str) -> None:
        """Raises `UserError` when an execution has carried a dry run out, be that gone by now."""
        known = parse_id(dry_run)
        if known is None:
            return
        number = rehearsal.carried_out_as(known)
        live = self._pump.last_known(number)
        if live is None and await self._journal.get(number) is None:
            return
        state = (await fold(self._journal, number))[0] if live is None else live.state
        before = state.given_before
        if before is not None and parse_id(before.dry_run) == known:
            raise UserError(
                f"{dry_run} was carried out already, by {public_id(number)}; to do it once more, "
                "make another dry run"
            )

    async def fork(
        self,
        execution_id: str,
        step: str,
        *,
        arguments: Mapping[str, Any] | None = None,
        output: Mapping[str, Any] | None = None,
        approve_all: bool = False,
        as_id: str | None = None,
    ) -> Execution:
        """A new execution that keeps what succeeded and runs `step`, with some of its arguments
        changed, and all that depends on it again; or, with an `output`, takes this for what the
        step gave and runs only what depends on it. `as_id` is as for `start`. Raises
        `UnknownExecution`, `UserError`, `PlanRefused`."""
        stored, state = await self._found(execution_id)
        if state.dry_run:
            raise UserError(
                "a dry run did nothing that could be kept; carry it out, or run it anew"
            )
        taken = None if output is None else storable(output)
        plan, kept = fork(state, step, storable(arguments or {}), taken)
        return await self._begin(
            fx.Requested(
                at_ms=self._clock.now_ms(),
                query=state.query,
                user=state.user,
                approve_all=approve_all,
                seat=self._caller.seat if approve_all else None,
                plan=self._performer.planning.checked(plan, state.conflicts),
                forked_from=public_id(stored.execution),
                kept=kept,
                told=told(state, kept),
                priority=state.priority,
                deadline_s=time_given_s(state),
                conflicts=state.conflicts,
                budget=state.budget,
                origin_traceparent=state.traceparent,
            ),
            as_id,
        )

    async def _begin(self, request: fx.Requested, as_id: str | None = None) -> Execution:
        if as_id is None:
            number, begun = await self._beginning.begin(request)
        else:
            number, begun = await self._begin_once(request, as_id)
        await self._wanted.add(number, approve_all=request.approve_all)
        return begun

    async def _begin_once(self, request: fx.Requested, as_id: str) -> tuple[int, Execution]:
        number = parse_id(as_id)
        if number is None:
            raise UserError(f"{as_id[:40]!r} is no id of an execution")
        if (begun := await self._beginning.begin_as(number, request)) is not None:
            return number, begun
        stored = await self._stored(as_id)
        if (stored.query, stored.user) != (request.query, request.user):
            raise EngineError(f"{as_id} is another execution's already: take another id")
        state, _ = await fold(self._journal, number)
        return number, self._presenter.execution(state, interrupted=False)
