"""Orders of people on what is open, made from what they say: checked against how it stands, so that
a mistake is told at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from tizmor.core.errors import OrderRefused
from tizmor.core.state import GateState, State
from tizmor.engine import orders
from tizmor.engine.edits import Edits
from tizmor.engine.orders import CHANGED, Caller, Order
from tizmor.engine.request import checked_user


class Deciding:
    """Makes the orders of one process, in the name of its `caller`."""

    def __init__(self, edits: Edits, caller: Caller) -> None:
        self._edits = edits
        self._caller = caller

    def approval(
        self,
        state: State,
        approval: str | None,
        arguments: Mapping[str, Any] | None,
        comment: str | None,
        by: str | None,
        seen: str | None,
    ) -> Order:
        """To approve a gate, with `arguments` changed if given; what was `seen` of it is told by
        the beginning of its key."""
        gate = orders.approval_of(state, approval)
        if seen is not None and not (seen and gate.key.startswith(seen)):
            raise OrderRefused(CHANGED.format(gate=gate.id))
        edited = shown = None
        if arguments:
            edited, shown = self._edits.at_gate(state, gate, arguments)
        return self._of(
            by,
            target=gate.id,
            arguments=edited,
            shown=shown,
            comment=comment,
            seen=gate.key if gate.state == "open" else "",
        )

    def previewed(
        self, state: State, approval: str | None, arguments: Mapping[str, Any]
    ) -> GateState:
        """A gate as it would be with `arguments` changed."""
        gate = orders.approval_of(state, approval)
        edited, shown = self._edits.at_gate(state, gate, arguments)
        return msgspec.structs.replace(gate, arguments=edited, shown=shown)

    def rejection(
        self, state: State, approval: str | None, reason: str | None, by: str | None
    ) -> Order:
        gate = orders.approval_of(state, approval)
        return self._of(by, target=gate.id, comment=reason)

    def delegation(self, state: State, approval: str | None, to: str, by: str | None) -> Order:
        gate = orders.approval_of(state, approval)
        return self._of(by, target=gate.id, to=checked_user(to))

    def answer(
        self,
        state: State,
        question: str | None,
        choice: str,
        arguments: Mapping[str, Any] | None,
        by: str | None,
    ) -> Order:
        target = orders.question_of(state, question)
        orders.check_answer(state, target, choice)
        edits = self._edits.after_failure(state, target, choice, arguments or {})
        return self._of(by, target=target, choice=choice, arguments=edits)

    def plain(self, by: str | None = None, **more: Any) -> Order:
        """One that is about nothing that is open."""
        return self._of(by, **more)

    def _of(self, by: str | None, **more: Any) -> Order:
        return Order(by=self._caller.named(by), seat=self._caller.seat, **more)
