"""What humans decide of executions that are there: orders, which any process may give."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from tizmor.core.approval import chosen
from tizmor.core.errors import OrderRefused, OwnershipLost, UnknownExecution, UserError
from tizmor.engine import orders
from tizmor.engine.history import was_answered
from tizmor.engine.orchestrator.watching import Watching
from tizmor.engine.orders import Order, asked_about_failure
from tizmor.engine.views import (
    Execution,
    Waiting,
)
from tizmor.ports.journal import InboxKind, StoredExecution


class Steering(Watching):
    """Orders for executions; one that nobody runs is taken over for that."""

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

    async def recover(
        self,
        execution_id: str,
        step: str,
        choice: str,
        *,
        arguments: Mapping[str, Any] | None = None,
        by: str | None = None,
    ) -> str:
        """Say what to do about a step that failed for good, or that can't be taken back: `again`,
        `edit` with `arguments` changed, `skip`, `roll_back` or `stop`, of those that its question
        offers. Raises as `answer`; `UnknownExecution` where there is no such step, `OrderRefused`
        where nobody asked that about it."""
        state = await self._folded(execution_id)
        if step not in state.steps:
            raise UnknownExecution(f"there is no step {step[:64]!r} in {execution_id}")
        question = asked_about_failure(state, step)
        if question is None:
            raise OrderRefused(
                f"nobody is asked what to do about {step}: it is {state.steps[step].status}"
            )
        return await self.answer(
            execution_id, choice, question=question, arguments=arguments, by=by
        )

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
            raise OrderRefused(sentence)
        return sentence
