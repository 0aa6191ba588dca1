"""invoke: the call itself, behind the barrier.

Nothing is called before `begin` says that the intent is journaled, and, where there is an effect,
durable together with all before it. Arguments that don't fit the agent are found before that.
"""

from __future__ import annotations

import asyncio

from tizmor.pipeline.call import Call
from tizmor.pipeline.verdicts import Completed, Verdict, Withdrawn


async def invoke(call: Call) -> Verdict:
    arguments = call.with_secrets(call.converted())
    if not await call.begin(call.key):
        return Withdrawn()
    call.begun = True
    if call.step.timeout_s is None:
        output = await call.agent.function(**arguments, ctx=call.context)
    else:
        async with asyncio.timeout(call.step.timeout_s):
            output = await call.agent.function(**arguments, ctx=call.context)
    return Completed(call.agent.stored(output))
