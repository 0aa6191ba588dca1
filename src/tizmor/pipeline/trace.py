"""trace: every call runs in a span of its own.

The span's id follows from execution, step and attempt (`tizmor.observability.trace_context`), so
that the journal, an agent's own log lines and what it sends outside (`ctx.traceparent`) name the
same thing, after a crash, too. Spans themselves are told from the journal when somebody asks
(`tizmor.observability.projection`). Here, code deep within a call is told whose it is.
"""

from __future__ import annotations

import contextvars

from tizmor.observability.handler import ANOTHERS, Asked, Whose
from tizmor.pipeline.call import Call
from tizmor.pipeline.compose import Next
from tizmor.pipeline.verdicts import Verdict
from tizmor.ports.workspace import Workspace

current_call: contextvars.ContextVar[Call | None] = contextvars.ContextVar("call", default=None)
"""The call that the running code belongs to."""


def whose(workspace: Workspace) -> Asked:
    """Who tells which call of a workspace the running code belongs to."""

    def asked() -> Whose | None:
        if (call := current_call.get()) is None:
            return None
        context = call.context
        if context.workspace is not workspace:
            return ANOTHERS
        return Whose(call.execution, call.step.id, context.attempt, context.traceparent)

    return asked


class Trace:
    name = "trace"

    async def __call__(self, call: Call, inner: Next) -> Verdict:
        token = current_call.set(call)
        try:
            return await inner(call)
        finally:
            current_call.reset(token)
