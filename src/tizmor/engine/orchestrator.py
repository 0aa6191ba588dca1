"""Executions from outside: start, get, list, stream, result, control.

Whatever is answered here was read from the journal or waited for it: nothing is shown that isn't
on disk. An execution is run by at most one process; every other one sends orders and follows
(`tizmor.engine.ownership`).
"""

from __future__ import annotations

import contextlib
import datetime as dt
import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

from tizmor.core import facts as fx
from tizmor.core.approval import chosen
from tizmor.core.errors import EngineError, OwnershipLost, UnknownExecution, UserError
from tizmor.core.forecast import Forecast
from tizmor.core.fork import fork, told
from tizmor.core.ids import parse_id, public_id
from tizmor.core.plan import Budget, Plan, Strategy
from tizmor.core.state import State
from tizmor.engine import orders, rehearsal
from tizmor.engine.beginning import Beginning
from tizmor.engine.correspondence import message_views, shared_versions
from tizmor.engine.deciding import Deciding
from tizmor.engine.edits import Edits, storable
from tizmor.engine.following import Following, is_at_rest
from tizmor.engine.forecasting import forecast_of
from tizmor.engine.history import fold, was_answered
from tizmor.engine.listing import Listing
from tizmor.engine.orders import NOBODY, Caller, Order
from tizmor.engine.ownership import Ownership
from tizmor.engine.perform import Performer
from tizmor.engine.present import Presenter, end_type
from tizmor.engine.projections import RESTS, status_of
from tizmor.engine.pump import Pump
from tizmor.engine.replay import replayed
from tizmor.engine.request import (
    checked_budget,
    checked_deadline,
    checked_priority,
    checked_request,
    checked_user,
    time_given_s,
)
from tizmor.engine.tail import Tail
from tizmor.engine.views import (
    Execution,
    ExecutionSummary,
    MessageView,
    Replay,
    SharedVersion,
    Status,
    StreamEvent,
    Waiting,
)
from tizmor.engine.wanted import Wanted
from tizmor.pipeline.classify import bounded
from tizmor.ports.agent import Agent
from tizmor.ports.clock import Clock
from tizmor.ports.journal import InboxKind, Journal, StoredExecution


class Orchestrator:
    """The executions of one workspace, for one process."""

    def __init__(
        self,
        *,
        journal: Journal,
        pump: Pump,
        performer: Performer,
        agents: Mapping[str, Agent],
        presenter: Presenter,
        clock: Clock,
        random_bits: Callable[[int], int] = secrets.randbits,
        caller: Caller = NOBODY,
    ) -> None:
        self._journal = journal
        self._pump = pump
        self._performer = performer
        self._agents = agents
        self._presenter = presenter
        self._clock = clock
        self._ownership = Ownership(journal, pump, clock)
        self._wanted = Wanted(journal)
        self._beginning = Beginning(journal, pump, presenter, random_bits)
        self._following = Following(journal, pump, self._ownership, self._wanted)
        self._listing = Listing(journal, presenter, self._ownership)
        self._caller = caller
        self._deciding = Deciding(Edits(performer, presenter.zone), caller)

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
    ) -> Execution:
        """Start an execution, durable when this returns.

        Of what could go on, the higher `priority` does first. What has not ended by its `deadline`
        from now is stopped, and fails with what it has. Steps that are at odds are settled by
        `conflicts`, None as the workspace says. What its `budget` doesn't allow, beside the plan's
        own and the workspace's, is not begun. Raises `RequestRefused`, `PlanRefused`,
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
            )
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
        )
        return await self._begin(rehearsal.rehearsed(asked, recorded, plan))

    async def carry_out(
        self, execution_id: str, *, by: str | None = None, approve_all: bool = False
    ) -> Execution:
        """Start an execution that does what a dry run has shown. This approves exactly those calls,
        by agent and arguments, each once; a call that differs asks as any other.

        A dry run is carried out once. Raises `UnknownExecution`, `UserError`, `PlanRefused`.
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
    ) -> Execution:
        """A new execution that keeps what succeeded and runs `step`, with some of its arguments
        changed, and all that depends on it again; or, with an `output`, takes this for what the
        step gave and runs only what depends on it. Raises `UnknownExecution`, `UserError`,
        `PlanRefused`."""
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
            )
        )

    async def _begin(self, request: fx.Requested) -> Execution:
        number, begun = await self._beginning.begin(request)
        await self._wanted.add(number, approve_all=request.approve_all)
        return begun

    async def get(self, execution_id: str) -> Execution:
        """One execution as it stands. Raises `UnknownExecution`."""
        live = self._pump.last_known(parse_id(execution_id) or 0)
        if live is not None and live.all_durable:
            return self._presenter.execution(live.state, interrupted=False)
        stored = await self._stored(execution_id)
        state, _ = await fold(self._journal, stored.execution)
        return self._presenter.execution(
            state, interrupted=await self._listing.is_interrupted(stored)
        )

    async def list(self, *, limit: int = 50) -> Sequence[ExecutionSummary]:
        """The newest executions first."""
        return await self._listing.newest(limit)

    async def interrupted(self) -> Sequence[ExecutionSummary]:
        """Executions whose process has gone while they ran."""
        return await self._listing.interrupted()

    async def logs(self, execution_id: str) -> Sequence[StreamEvent]:
        """All that the stream has said so far."""
        stored = await self._stored(execution_id)
        tail = Tail(stored.execution)
        return await tail.read(self._journal, self._presenter)

    async def context(self, execution_id: str, key: str | None = None) -> Sequence[SharedVersion]:
        """All versions of what the steps of an execution have shared (`ctx.share`), of one key or
        of all, by key and then by version. Raises `UnknownExecution`."""
        stored = await self._stored(execution_id)
        state, _ = await fold(self._journal, stored.execution)
        versions = shared_versions(state, self._presenter.time)
        return [made for made in versions if key is None or made.key == key]

    async def messages(self, execution_id: str) -> Sequence[MessageView]:
        """All messages that the steps of an execution have sent each other (`ctx.messages`), dead
        letters with their reason. Raises `UnknownExecution`."""
        stored = await self._stored(execution_id)
        state, _ = await fold(self._journal, stored.execution)
        return message_views(state, self._presenter.time)

    async def replay(self, execution_id: str) -> Replay:
        """Fold the journal of an execution anew, and say whether it leads to what is shown of it.
        Nothing is called and nothing is written. Raises `UnknownExecution`, `JournalDamaged`."""
        stored = await self._stored(execution_id)
        state, events, differences = await replayed(self._journal, stored)
        return Replay(
            execution_id=public_id(stored.execution),
            events=events,
            status=status_of(state),
            steps_done=len(state.steps) - state.unfinished,
            steps=len(state.steps),
            differences=tuple(differences),
        )

    async def stream(
        self, execution_id: str, *, after: int = 0, keep_waiting: bool = False
    ) -> AsyncIterator[StreamEvent]:
        """Events from the first one, or after journal position `after`, live.

        Ends after the execution's end. When only a human can go on it says `waiting` (or `paused`)
        and ends, unless `keep_waiting`. Ends without a word when nobody runs the execution and
        nobody here has asked for it (`start`, `resume`). Raises the storage's error when this
        process can't write.
        """
        stored = await self._stored(execution_id)
        tail = Tail(stored.execution)
        watched = self._following.watched(tail, self._presenter, after, keep_waiting=keep_waiting)
        async for events in watched:
            for event in events:
                yield event
        status = status_of(tail.state)
        if status in RESTS and not keep_waiting:
            yield self._rest(tail, status)

    async def result(self, execution_id: str) -> Execution:
        """The execution when it has ended, waits for a human, is paused, or nobody runs it."""
        number = parse_id(execution_id) or 0
        while (live := self._pump.last_known(number)) is not None and not live.lost:
            changed = live.changed
            if is_at_rest(live):
                if live.state.ended:
                    self._wanted.forget(number)
                return self._presenter.execution(live.state, interrupted=False)
            await changed.wait()
        stored = await self._stored(execution_id)
        async for _ in self._following.watched(Tail(stored.execution), None):
            pass
        return await self.get(execution_id)

    async def resume(self, execution_id: str, *, approve_all: bool = False) -> Execution:
        """Go on with an execution: here if nobody runs it, else follow the process that does.

        A finished one is left as it is. Raises `UnknownExecution`.
        """
        stored = await self._stored(execution_id)
        if not stored.row.ended:
            await self._wanted.add(stored.execution, approve_all=approve_all)
            live = await self._ownership.adopt(stored)
            await self._ownership.give(stored, InboxKind.RESUME, self._deciding.plain())
            if approve_all:
                yes = Order(by="--yes", approve_all=True, seat=self._caller.seat)
                stored = await self._stored(execution_id)
                await self._ownership.give(stored, InboxKind.APPROVE, yes)
            if live is not None and not live.lost:
                with contextlib.suppress(OwnershipLost):  # then it is another's to go on with
                    await self._pump.durable(live)
        return await self.get(execution_id)

    async def resume_all(self) -> int:
        """Go on with everything that no living process runs; how many there were. What waits for a
        human goes on waiting, here; what is paused stays so."""
        return await self._ownership.adopt_all()

    async def approve(
        self,
        execution_id: str,
        approval: str | None = None,
        *,
        arguments: Mapping[str, Any] | None = None,
        comment: str | None = None,
        by: str | None = None,
        seen: str | None = None,
    ) -> str:
        """Approve a gate, with `arguments` changed if given. What came of it, as a sentence: where
        several must agree, how many are missing.

        `by` is who decides, by default who this process acts for; `seen` the beginning of
        `Waiting.key` as it was shown to them. Raises `UnknownExecution`,
        `AmbiguousChoice`, `InvalidEdit`, and `UserError` when it was decided otherwise before, or
        is for others to decide.
        """
        stored, state = await self._found(execution_id)
        order = self._deciding.approval(state, approval, arguments, comment, by, seen)
        return await self._take_and_give(stored, InboxKind.APPROVE, order)

    async def preview(
        self, execution_id: str, approval: str | None, arguments: Mapping[str, Any]
    ) -> Waiting:
        """An approval as it would be with `arguments` changed; nothing is decided. Raises as
        `approve`."""
        state = await self._folded(execution_id)
        return self._presenter.gate(self._deciding.previewed(state, approval, arguments), state)

    async def reject(
        self,
        execution_id: str,
        approval: str | None = None,
        *,
        reason: str | None = None,
        by: str | None = None,
    ) -> str:
        """Reject a gate: what depends on it is skipped, the rest goes on. One who is asked is
        enough for that. Raises as `approve`."""
        stored, state = await self._found(execution_id)
        order = self._deciding.rejection(state, approval, reason, by)
        return await self._take_and_give(stored, InboxKind.REJECT, order)

    async def delegate(
        self, execution_id: str, approval: str | None = None, *, to: str, by: str | None = None
    ) -> str:
        """Hand an approval on: from here on `to` decides it in place of `by`, whom the policy
        named. Raises as `approve`."""
        stored, state = await self._found(execution_id)
        order = self._deciding.delegation(state, approval, to, by)
        return await self._take_and_give(stored, InboxKind.DELEGATE, order)

    async def answer(
        self,
        execution_id: str,
        choice: str,
        *,
        question: str | None = None,
        arguments: Mapping[str, Any] | None = None,
        by: str | None = None,
    ) -> str:
        """Answer a question; `arguments` are those to go on with where the choice is to edit them.
        Raises as `approve`, and `UserError` for what is no answer to it."""
        stored, state = await self._found(execution_id)
        order = self._deciding.answer(state, question, choice, arguments, by)
        try:
            return await self._take_and_give(stored, InboxKind.ANSWER, order)
        except UserError:
            value = chosen(state.questions[order.target].question, choice)
            if await was_answered(
                self._journal,
                stored.execution,
                order.target,
                value=value,
                arguments=order.arguments,
            ):
                return f"{order.target} was answered so already"
            raise

    async def pause(self, execution_id: str, *, by: str | None = None) -> str:
        """Let running steps end and start none."""
        stored = await self._stored(execution_id)
        order = self._deciding.plain(by)
        return await self._take_and_give(stored, InboxKind.PAUSE, order)

    async def cancel(
        self, execution_id: str, *, roll_back: bool = False, by: str | None = None
    ) -> str:
        """Stop for good; what running calls with an effect did is found out first. With
        `roll_back`, what was done is taken back, the last thing first."""
        stored = await self._stored(execution_id)
        order = self._deciding.plain(by, roll_back=roll_back)
        return await self._take_and_give(stored, InboxKind.CANCEL, order)

    async def _folded(self, execution_id: str) -> State:
        """The state of an execution, as its journal tells it. Raises `UnknownExecution`."""
        stored = await self._stored(execution_id)
        return (await fold(self._journal, stored.execution))[0]

    def owns(self, execution_id: str) -> bool:
        """Whether this process runs the execution."""
        number = parse_id(execution_id)
        return number is not None and self._pump.owns(number)

    async def obey(self) -> None:
        """Take the orders that other processes wrote for executions that run here, for ever."""
        await self._ownership.obey()

    async def _take_and_give(self, stored: StoredExecution, kind: InboxKind, order: Order) -> str:
        """Give an order; if nobody runs the execution, this process takes it on first."""
        orders.check_text(order)
        await self._wanted.keep(stored.execution)
        await self._ownership.adopt(stored)
        outcome = await self._ownership.give(stored, kind, order)
        if outcome is None:
            return "written down; the process that runs it has not taken it yet"
        verdict, _, sentence = outcome.partition(": ")
        if verdict == "refused":
            raise UserError(sentence)
        return sentence

    def _rest(self, tail: Tail, status: Status) -> StreamEvent:
        return StreamEvent(
            type=end_type(status),
            execution_id=public_id(tail.execution),
            at=self._presenter.time(tail.state.updated_at_ms),
            status=status.value,
        )

    async def _found(self, execution_id: str) -> tuple[StoredExecution, State]:
        stored = await self._stored(execution_id)
        state, _ = await fold(self._journal, stored.execution)
        return stored, state

    async def _stored(self, execution_id: str) -> StoredExecution:
        number = parse_id(execution_id)
        stored = await self._journal.get(number) if number is not None else None
        if stored is None:
            raise UnknownExecution(
                f"there is no execution {execution_id[:40]!r}; `tizmor list` shows them"
            )
        return stored
