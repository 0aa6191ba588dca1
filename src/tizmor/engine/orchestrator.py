"""Executions from outside: start, get, list, stream, result, control.

Whatever is answered here was read from the journal or waited for it: nothing is shown that isn't
on disk. An execution is run by at most one process; every other one sends orders and follows.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

import msgspec

from tizmor.core import facts as fx
from tizmor.core.errors import EngineError, UnknownExecution, UserError
from tizmor.core.fork import fork
from tizmor.core.ids import RANDOM_BITS, execution_number, parse_id, public_id
from tizmor.core.plan import Plan
from tizmor.core.state import GateState, State
from tizmor.engine import orders
from tizmor.engine.live import Live
from tizmor.engine.orders import Order
from tizmor.engine.perform import Performer, now_ms
from tizmor.engine.present import Presenter, end_type
from tizmor.engine.projections import status_of
from tizmor.engine.pump import Pump
from tizmor.engine.request import checked_request
from tizmor.engine.tail import Tail
from tizmor.engine.views import Execution, ExecutionSummary, Status, StreamEvent, Waiting
from tizmor.ports.agent import Agent
from tizmor.ports.clock import Clock
from tizmor.ports.journal import InboxKind, Journal, StoredExecution

_log = logging.getLogger("tizmor.engine")

_FOLLOW_S = 0.1
_CONFIRM_S = 5.0
_RESTS = (Status.WAITING, Status.PAUSED)


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
    ) -> None:
        self._journal = journal
        self._pump = pump
        self._performer = performer
        self._agents = agents
        self._presenter = presenter
        self._clock = clock
        self._random_bits = random_bits
        self._wanted: dict[int, bool] = {}
        self._taken: set[int] = set()

    async def plan(self, request: str) -> Plan:
        """The request's checked plan; creates nothing. Raises `RequestRefused`, `PlanRefused`."""
        return await self._performer.make_plan(checked_request(request), {})

    async def start(
        self,
        request: str,
        *,
        user: str = "me",
        approve_all: bool = False,
        plan: Plan | None = None,
    ) -> Execution:
        """Start an execution, durable when this returns. Raises `RequestRefused`, `PlanRefused`."""
        request = checked_request(request)
        if plan is not None:
            plan = self._performer.checked(plan)
        return await self._begin(
            fx.Requested(
                at_ms=now_ms(self._clock),
                query=request,
                user=user,
                approve_all=approve_all,
                plan=plan,
            )
        )

    async def fork(
        self,
        execution_id: str,
        step: str,
        *,
        arguments: Mapping[str, Any] | None = None,
        approve_all: bool = False,
    ) -> Execution:
        """A new execution that keeps what succeeded and runs `step`, with some of its arguments
        changed, and all that depends on it again. Raises `UnknownExecution`, `UserError`,
        `PlanRefused`."""
        stored = await self._stored(execution_id)
        state, _ = await self._fold(stored.execution)
        plan, kept = fork(state, step, dict(arguments or {}))
        return await self._begin(
            fx.Requested(
                at_ms=now_ms(self._clock),
                query=state.query,
                user=state.user,
                approve_all=approve_all,
                plan=self._performer.checked(plan),
                forked_from=public_id(stored.execution),
                kept=kept,
            )
        )

    async def _begin(self, request: fx.Requested) -> Execution:
        number = execution_number(request.at_ms, self._random_bits(RANDOM_BITS))
        while self._pump.get(number) is not None:
            number = execution_number(request.at_ms, self._random_bits(RANDOM_BITS))
        live = self._pump.begin(number, request)
        self._wanted[number] = request.approve_all
        await self._pump.durable(live)
        return await self.get(live.public_id)

    async def get(self, execution_id: str) -> Execution:
        """One execution as it stands. Raises `UnknownExecution`."""
        stored = await self._stored(execution_id)
        state, _ = await self._fold(stored.execution)
        return self._presenter.execution(state, interrupted=await self._is_interrupted(stored))

    async def list(self, *, limit: int = 50) -> Sequence[ExecutionSummary]:
        """The newest executions first."""
        return [
            self._presenter.summary(stored, interrupted=await self._is_interrupted(stored))
            for stored in await self._journal.recent(limit=limit)
        ]

    async def interrupted(self) -> Sequence[ExecutionSummary]:
        """Executions whose process has gone while they ran."""
        unfinished = await self._journal.recent(limit=1000, ended=False)
        return [
            self._presenter.summary(stored, interrupted=True)
            for stored in unfinished
            if await self._is_interrupted(stored)
        ]

    async def logs(self, execution_id: str) -> Sequence[StreamEvent]:
        """All that the stream has said so far."""
        stored = await self._stored(execution_id)
        tail = Tail(stored.execution)
        return await tail.read(self._journal, self._presenter)

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
        while True:
            live = self._pump.get(tail.execution)
            changed = live.changed if live else None
            for event in await tail.read(self._journal, self._presenter, after=after):
                yield event
            if tail.state.ended:
                self._let_go(tail.execution)
                return
            status = status_of(tail.state)
            if status in _RESTS and not keep_waiting and tail.is_quiet(live):
                yield self._rest(tail, status)
                return
            if not await self._follow(tail, changed):
                return

    async def result(self, execution_id: str) -> Execution:
        """The execution when it has ended, waits for a human, is paused, or nobody runs it."""
        async for _ in self.stream(execution_id):
            pass
        return await self.get(execution_id)

    async def resume(self, execution_id: str, *, approve_all: bool = False) -> Execution:
        """Go on with an execution: here if nobody runs it, else follow the process that does.

        A finished one is left as it is. Raises `UnknownExecution`.
        """
        stored = await self._stored(execution_id)
        if not stored.row.ended:
            self._wanted[stored.execution] = approve_all
            live = await self._adopt(stored.execution)
            await self._give(stored.execution, InboxKind.RESUME, Order(by="resume"))
            if approve_all:
                yes = Order(by="--yes", approve_all=True)
                await self._give(stored.execution, InboxKind.APPROVE, yes)
            if live is not None and not live.lost:
                await self._pump.durable(live)
        return await self.get(execution_id)

    async def approve(
        self,
        execution_id: str,
        approval: str | None = None,
        *,
        arguments: Mapping[str, Any] | None = None,
        comment: str | None = None,
        by: str = "me",
    ) -> str:
        """Approve a gate, with `arguments` changed if given. What came of it, as a sentence.

        Raises `UnknownExecution`, `AmbiguousChoice`, `InvalidEdit`, and `UserError` when it was
        decided otherwise before.
        """
        stored = await self._stored(execution_id)
        state, _ = await self._fold(stored.execution)
        gate = orders.approval_of(state, approval)
        edited = shown = None
        if arguments:
            edited, shown = self._edited(state, gate, arguments)
        order = Order(target=gate.opened.id, arguments=edited, shown=shown, comment=comment, by=by)
        return await self._take_and_give(stored.execution, InboxKind.APPROVE, order)

    async def preview(
        self, execution_id: str, approval: str | None, arguments: Mapping[str, Any]
    ) -> Waiting:
        """An approval as it would be with `arguments` changed; nothing is decided. Raises as
        `approve`."""
        stored = await self._stored(execution_id)
        state, _ = await self._fold(stored.execution)
        gate = orders.approval_of(state, approval)
        edited, shown = self._edited(state, gate, arguments)
        opened = msgspec.structs.replace(gate.opened, arguments=edited, shown=shown)
        return self._presenter.gate(GateState(opened, gate.opened_at_ms), state)

    def _edited(
        self, state: State, gate: GateState, arguments: Mapping[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """The gate's arguments with changes, and what a human sees of them."""
        step = state.steps[gate.opened.step].step
        agent = self._performer.agent(step)
        edited = orders.edited(gate, arguments, agent, self._presenter.zone)
        site = _Site(
            execution=state.execution,
            public_id=public_id(state.execution),
            language=state.plan.language if state.plan else "en",
        )
        return edited, self._performer.shown(site, step, edited)

    async def reject(
        self,
        execution_id: str,
        approval: str | None = None,
        *,
        reason: str | None = None,
        by: str = "me",
    ) -> str:
        """Reject a gate: what depends on it is skipped, the rest goes on. Raises as `approve`."""
        stored = await self._stored(execution_id)
        state, _ = await self._fold(stored.execution)
        gate = orders.approval_of(state, approval)
        order = Order(target=gate.opened.id, comment=reason, by=by)
        return await self._take_and_give(stored.execution, InboxKind.REJECT, order)

    async def answer(
        self, execution_id: str, choice: str, *, question: str | None = None, by: str = "me"
    ) -> str:
        """Answer a question. Raises as `approve`, and `UserError` for what is no answer to it."""
        stored = await self._stored(execution_id)
        state, _ = await self._fold(stored.execution)
        target = orders.question_of(state, question)
        orders.check_answer(state, target, choice)
        order = Order(target=target, choice=choice, by=by)
        return await self._take_and_give(stored.execution, InboxKind.ANSWER, order)

    async def pause(self, execution_id: str, *, by: str = "me") -> str:
        """Let running steps end and start none."""
        stored = await self._stored(execution_id)
        return await self._take_and_give(stored.execution, InboxKind.PAUSE, Order(by=by))

    async def cancel(self, execution_id: str, *, by: str = "me") -> str:
        """Stop for good; what running calls with an effect did is found out first."""
        stored = await self._stored(execution_id)
        return await self._take_and_give(stored.execution, InboxKind.CANCEL, Order(by=by))

    def owns(self, execution_id: str) -> bool:
        """Whether this process runs the execution."""
        number = parse_id(execution_id)
        return number is not None and self._pump.get(number) is not None

    async def obey(self) -> None:
        """Take the orders that other processes wrote for executions that run here, for ever."""
        while True:
            try:
                async for _ in self._journal.wakes():
                    await self._take_inbox()
            except (EngineError, ValueError):
                _log.warning("the inbox can't be read now", exc_info=True)
            await asyncio.sleep(_FOLLOW_S)

    async def _take_inbox(self) -> None:
        rows = await self._journal.pending()
        self._taken.intersection_update(row.id for row in rows)
        for row in rows:
            live = self._pump.get(row.execution)
            if live is None or row.id in self._taken:
                continue
            self._taken.add(row.id)
            try:
                order = orders.decode(row.payload)
            except msgspec.MsgspecError:
                self._pump.settle(live, row.id, "refused: it can't be read")
            else:
                self._execute(live, row.kind, order, inbox_id=row.id)

    def _execute(
        self, live: Live, kind: InboxKind, order: Order, *, inbox_id: int | None = None
    ) -> str:
        fact, outcome = orders.fact_of(live.state, kind, order, now_ms(self._clock))
        if inbox_id is not None:
            self._pump.settle(live, inbox_id, outcome)
        if fact is not None:
            self._pump.feed(live, fact)
        return outcome

    async def _take_and_give(self, execution: int, kind: InboxKind, order: Order) -> str:
        """Give an order; if nobody runs the execution, this process takes it on first."""
        orders.check_text(order)
        self._wanted.setdefault(execution, False)
        await self._adopt(execution)
        outcome = await self._give(execution, kind, order)
        if outcome is None:
            return "written down; the process that runs it has not taken it yet"
        verdict, _, sentence = outcome.partition(": ")
        if verdict == "refused":
            raise UserError(sentence)
        return sentence

    async def _give(self, execution: int, kind: InboxKind, order: Order) -> str | None:
        live = self._pump.get(execution)
        if live is not None and not live.lost:
            outcome = self._execute(live, kind, order)
            await self._pump.durable(live)
            return outcome
        stored = await self._journal.get(execution)
        if stored is None or stored.row.ended:
            state, _ = await self._fold(execution)
            return orders.fact_of(state, kind, order, now_ms(self._clock))[1]
        inbox_id = await self._journal.send(execution, kind, orders.encode(order))
        return await self._confirmed(execution, inbox_id, kind, order)

    async def _confirmed(
        self, execution: int, inbox_id: int, kind: InboxKind, order: Order
    ) -> str | None:
        """The owner's word on an order; this process takes over when the owner goes meanwhile."""
        deadline = self._clock.monotonic() + _CONFIRM_S
        while self._clock.monotonic() < deadline:
            outcome = await self._journal.outcome(inbox_id)
            if outcome is not None:
                return outcome
            stored = await self._journal.get(execution)
            if stored is None or stored.row.ended:
                state, _ = await self._fold(execution)
                refusal = orders.fact_of(state, kind, order, now_ms(self._clock))[1]
                return await self._journal.outcome(inbox_id) or refusal
            if not await self._is_owned(stored) and await self._adopt(execution):
                await self._take_inbox()
            await asyncio.sleep(_FOLLOW_S / 4)
        return await self._journal.outcome(inbox_id)

    async def _adopt(self, execution: int) -> Live | None:
        """The execution if it runs here already, or nobody runs it and this process now does."""
        if live := self._pump.get(execution):
            return live
        stored = await self._journal.get(execution)
        if stored is None or stored.row.ended:
            return None
        stored = await self._journal.adopt(execution)
        if stored is None or (live := self._pump.get(execution)):
            return self._pump.get(execution)
        state, seq = await self._fold(execution)
        if live := self._pump.get(execution):
            return live  # somebody here was quicker
        if state.ended:
            return None
        live = self._pump.adopt(state, epoch=stored.epoch, seq=seq)
        await self._take_inbox()
        return live

    async def _fold(self, execution: int) -> tuple[State, int]:
        tail = Tail(execution)
        await tail.read(self._journal, self._presenter)
        return tail.state, tail.seq

    async def _follow(self, tail: Tail, changed: asyncio.Event | None) -> bool:
        """Wait for news. False when there will be none."""
        live = self._pump.get(tail.execution)
        if changed is not None and live is not None:
            await changed.wait()
            return True
        if (failure := self._pump.failure_of(tail.execution)) is not None:
            raise failure
        stored = await self._journal.get(tail.execution)
        if stored is None or stored.row.ended:
            return stored is not None
        if not await self._is_owned(stored):
            if tail.execution not in self._wanted:
                return False
            live = await self._adopt(tail.execution)
            if live is not None and self._wanted[tail.execution]:
                yes = Order(by="--yes", approve_all=True)
                self._execute(live, InboxKind.APPROVE, yes)
        await asyncio.sleep(_FOLLOW_S)
        return True

    def _rest(self, tail: Tail, status: Status) -> StreamEvent:
        return StreamEvent(
            type=end_type(status),
            execution_id=public_id(tail.execution),
            at=self._presenter.time(tail.state.updated_at_ms),
            status=status.value,
        )

    def _let_go(self, execution: int) -> None:
        self._wanted.pop(execution, None)
        if live := self._pump.get(execution):
            self._pump.forget(live)

    async def _stored(self, execution_id: str) -> StoredExecution:
        number = parse_id(execution_id)
        stored = await self._journal.get(number) if number is not None else None
        if stored is None:
            raise UnknownExecution(
                f"there is no execution {execution_id[:40]!r}; `tizmor list` shows them"
            )
        return stored

    async def _is_owned(self, stored: StoredExecution) -> bool:
        return stored.owner is not None and await self._journal.is_owner_alive(stored.owner)

    async def _is_interrupted(self, stored: StoredExecution) -> bool:
        if stored.row.ended or stored.row.status in _RESTS:
            return False
        return not await self._is_owned(stored)


class _Site(msgspec.Struct, frozen=True, kw_only=True):
    """An execution that something is asked about without running it."""

    execution: int
    public_id: str
    language: str
