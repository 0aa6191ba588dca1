"""lock: a step that changes something has it to itself, one that reads it shares it with others.

All that the call needs is taken at once. It is given back when what the call came to is on disk
(`cmd.Release`): until then, all that the execution writes is fenced by it.
"""

from __future__ import annotations

from collections.abc import Awaitable

from tizmor.core.resources import all_filled_in
from tizmor.pipeline.call import Call
from tizmor.pipeline.compose import Next
from tizmor.pipeline.verdicts import Verdict, Wait
from tizmor.ports.locks import Holder, Locks, Taken


class Lock:
    name = "lock"

    def __init__(self, locks: Locks) -> None:
        self._locks = locks

    def __call__(self, call: Call, inner: Next) -> Awaitable[Verdict]:
        return self._locked(call, inner) if call.step.resources else inner(call)

    async def _locked(self, call: Call, inner: Next) -> Verdict:
        holder = Holder(call.execution, call.step.id)
        resources = all_filled_in(call.step.resources, call.arguments)
        answer = await self._locks.acquire(holder, resources)
        if isinstance(answer, Taken):
            return Wait(f"lock:{answer.name}")
        call.fences[call.step.id] = answer.tokens
        return await inner(call)
