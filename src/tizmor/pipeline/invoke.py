"""invoke: the call itself, behind the barrier.

Nothing is called before `begin` says that the intent is journaled, and, where there is an effect,
durable together with all before it. Arguments that don't fit the agent are found before that.
"""

from __future__ import annotations

import asyncio
from typing import Any

from tizmor.pipeline.call import Call
from tizmor.pipeline.verdicts import Completed, Verdict, Withdrawn


async def invoke(call: Call) -> Verdict:
    arguments = call.with_secrets(call.converted())
    may_begin = call.begin(call.key)
    if not isinstance(may_begin, bool):
        may_begin = await may_begin
    if not may_begin:
        return Withdrawn()
    call.begun = True
    if call.step.timeout_s is None:
        output = await call.agent.function(**arguments, ctx=call.context)
    else:
        output = await _in_time(call, arguments, call.step.timeout_s)
    return Completed(call.agent.stored(output))


async def _in_time(call: Call, arguments: dict[str, Any], limit_s: float) -> Any:
    """What the agent gives; a `TimeoutError` that says how long it had when that was too short."""
    limit = asyncio.timeout(limit_s)
    try:
        async with limit:
            return await call.agent.function(**arguments, ctx=call.context)
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise TimeoutError(f"it took longer than {limit_s:g} s") from error
