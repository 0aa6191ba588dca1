"""approve: nothing critical unasked.

A call that the policy asks about passes only with the agreement of those whom it names to exactly
its key, that is, to exactly its arguments. The pipeline doesn't wait for them: it hands back the
gate. What was agreed to under other terms than the policy's of now, because it was changed since or
because other arguments are under other terms, is asked about anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from typing import Any

import msgspec

from tizmor.core.errors import Permanent
from tizmor.core.events import as_stored
from tizmor.core.plan import Step
from tizmor.core.terms import Terms
from tizmor.pipeline.call import Call
from tizmor.pipeline.classify import worded
from tizmor.pipeline.compose import Next
from tizmor.pipeline.verdicts import Failed, NeedsApproval, Verdict
from tizmor.ports.agent import Gate
from tizmor.ports.policy import Forbidden, Waived


class Approve:
    name = "approve"

    def __call__(self, call: Call, inner: Next) -> Awaitable[Verdict]:
        ruling = call.ruling
        if ruling is None or isinstance(ruling, Waived):
            return inner(call)
        if isinstance(ruling, Forbidden):
            return self._refuse(call, ruling)
        if call.approved_key == call.key and _is_enough(ruling.terms, call):
            return inner(call)
        return self._ask(call, ruling.terms)

    async def _refuse(self, call: Call, ruling: Forbidden) -> Verdict:
        return Failed(refusal(call.step, ruling), retryable=False)

    async def _ask(self, call: Call, terms: Terms) -> Verdict:
        try:
            return NeedsApproval(shown(call), terms)
        except Permanent as error:
            return Failed(worded(error), retryable=False)
        except (Exception, asyncio.CancelledError) as error:
            # A gate is a plain function: what it raises is its own.
            message = f"{call.step.agent} can't show what it would do: {worded(error)}"
            return Failed(message, retryable=False)


def refusal(step: Step, ruling: Forbidden) -> str:
    """Why a call may not be made, as a sentence."""
    return f"the policy forbids {step.agent}: {ruling.by}"


def _is_enough(terms: Terms, call: Call) -> bool:
    """Whether what was agreed to under the terms of then would be so under those of now."""
    return terms == call.terms or terms.are_met_by(call.signers)


def shown(call: Call) -> dict[str, Any]:
    """What the human sees, as JSON: as the agent words it, or the step's title and its arguments.

    Raises `TypeError` or `ValueError` when the agent gives something else than a `Gate`.
    """
    if call.agent.gate_function is None:
        return plain_gate(call.step, call.arguments)
    gate = call.agent.gate_function(**call.converted(), ctx=call.context)
    if not isinstance(gate, Gate):
        raise TypeError(f"its gate gave {type(gate).__name__}, which is no Gate")
    stored: dict[str, Any] = as_stored(gate)
    msgspec.convert(stored, Gate)
    return stored


def plain_gate(step: Step, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """What is shown of a call whose agent doesn't word it, as JSON."""
    details = {name: str(value) for name, value in arguments.items()}
    stored: dict[str, Any] = as_stored(Gate(action=step.title or step.agent, details=details))
    return stored
