"""breaker: what fails again and again outside is left alone for a while.

It stands before agents that call an API: one breaker for the agent, one for the API. No call is
lost for it: the step is held until the breaker lets one through, or another agent does it. A
failure counts that is the API's fault: the call failed so that trying again may help, or nobody
knows what became of it.

That a breaker is closed, and nothing has failed lately, is known for a second without asking anew;
so a call costs nothing while all is well. Another process's breaker is seen that much later, or
with the first failure of one's own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable

import msgspec

from tizmor.pipeline.call import Call
from tizmor.pipeline.compose import Next
from tizmor.pipeline.verdicts import Failed, Unknown, Verdict, Wait, Withdrawn
from tizmor.ports.agent import Agent
from tizmor.ports.breakers import Breakers, Breaking, Open, Through
from tizmor.ports.clock import Clock
from tizmor.ports.locks import Holder

FRESH_S = 1.0

Names = tuple[str, str]


class _Quiet(msgspec.Struct):
    """Since when it is known that nothing fails, and how many calls went well since then."""

    since: float
    well: int = 0


class Breaker:
    name = "breaker"

    def __init__(
        self, breakers: Breakers, agents: Iterable[Agent], rule: Breaking, clock: Clock
    ) -> None:
        self._breakers = breakers
        self._rule = rule
        self._clock = clock
        self._names = {
            spec.name: (f"agent:{spec.name}", f"api:{spec.api}")
            for spec in (agent.spec for agent in agents)
            if spec.api
        }
        self._quiet: dict[Names, _Quiet] = {}

    @property
    def guards(self) -> bool:
        """Whether it stands before any agent at all."""
        return bool(self._names)

    def __call__(self, call: Call, inner: Next) -> Awaitable[Verdict]:
        names = self._names.get(call.step.agent)
        return inner(call) if names is None else self._guarded(call, inner, names)

    async def _guarded(self, call: Call, inner: Next, names: Names) -> Verdict:
        holder = Holder(call.execution, call.step.id)
        now = self._clock.monotonic()
        quiet = self._quiet.get(names)
        if quiet is None or now - quiet.since >= FRESH_S:
            answer = await self._entered(holder, names)
            if isinstance(answer, Open):
                self._quiet.pop(names, None)
                return Wait(f"breaker:{answer.name}", answer.until_ms, elsewhere=True)
            well = 0 if quiet is None else quiet.well
            quiet = _Quiet(now, well) if answer.quiet else None
            if quiet is not None:
                self._quiet[names] = quiet
        failed: bool | None = None
        try:
            verdict = await inner(call)
            failed = _at_fault(verdict) if call.begun else None
        finally:
            await self._tell(holder, names, quiet, failed)
        return verdict

    async def _entered(self, holder: Holder, names: Names) -> Through | Open:
        try:
            return await self._breakers.enter(holder, names)
        except asyncio.CancelledError:
            # It has asked, and will never hear the answer.
            await self._breakers.ended(holder, names, self._rule, failed=None)
            raise

    async def _tell(
        self, holder: Holder, names: Names, quiet: _Quiet | None, failed: bool | None
    ) -> None:
        if quiet is not None and not failed:
            quiet.well += failed is False
            return
        well = 0
        if failed and (known := self._quiet.pop(names, None)) is not None:
            well = known.well
        await self._breakers.ended(holder, names, self._rule, failed=failed, well=well)


def _at_fault(verdict: Verdict) -> bool | None:
    """Whether what is outside has failed; None when nothing is known of it."""
    match verdict:
        case Unknown():
            return True
        case Failed():
            return verdict.retryable
        case Withdrawn() | Wait():
            return None
        case _:
            return False
