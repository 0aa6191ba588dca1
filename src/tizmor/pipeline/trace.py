"""trace: every call runs in a span of its own.

The span's id follows from execution, step and attempt, so that the journal, an agent's own log
lines and what it sends outside (W3C Trace Context, `traceparent`) name the same thing, after a
crash, too. Spans themselves are projected from the journal, off the hot path.
"""

from __future__ import annotations

import contextvars
import hashlib

from tizmor.pipeline.call import Call
from tizmor.pipeline.compose import Next
from tizmor.pipeline.verdicts import Verdict

current_call: contextvars.ContextVar[Call | None] = contextvars.ContextVar("call", default=None)
"""The call that the running code belongs to."""


class Trace:
    name = "trace"

    async def __call__(self, call: Call, inner: Next) -> Verdict:
        token = current_call.set(call)
        try:
            return await inner(call)
        finally:
            current_call.reset(token)


def traceparent(call: Call) -> str:
    """The call's `traceparent` (W3C Trace Context, version 00), for requests it makes."""
    context = call.context
    trace = hashlib.sha256(context.execution_id.encode()).hexdigest()[:32]
    span_name = f"{context.execution_id}/{context.step_id}/{context.attempt}"
    span = hashlib.sha256(span_name.encode()).hexdigest()[:16]
    return f"00-{trace}-{span}-01"
