"""trace: every call runs in a span of its own.

The span's id follows from execution, step and attempt (`tizmor.observability.trace_context`), so
that the journal, an agent's own log lines and what it sends outside (`ctx.traceparent`) name the
same thing, after a crash, too. Spans themselves are told from the journal when somebody asks
(`tizmor.observability.projection`). Here, code deep within a call is told whose it is.
"""

from __future__ import annotations

import contextvars

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
