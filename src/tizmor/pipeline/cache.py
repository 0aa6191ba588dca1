"""cache: a question that was answered a short while ago isn't asked again.

Only for agents that allow it, only for calls that change nothing, that nobody need be asked about
and that carry neither a secret nor a human's answer. Of many who ask the same at once, one works it
out and the others are held until it is there. What is served because it means the same, though it
was asked otherwise, is asked all the same now and then, and compared.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from tizmor.caching import keys
from tizmor.caching.sources import unchanged
from tizmor.core.agents import AgentSpec
from tizmor.core.plan import Effect
from tizmor.pipeline.call import Call
from tizmor.pipeline.compose import Next
from tizmor.pipeline.verdicts import Completed, Failed, Verdict, Wait
from tizmor.ports.agent import Agent
from tizmor.ports.cache import Cache as Answers
from tizmor.ports.cache import Computing, Kept, Mine, Use, Wanted
from tizmor.ports.locks import Holder

_READ = Effect.READ


class Cache:
    name = "cache"

    def __init__(
        self,
        answers: Answers,
        agents: Iterable[Agent],
        *,
        within: bytes,
        meaning: keys.Meaning,
        verify: float,
        dice: Callable[[], float],
    ) -> None:
        """`within` is the partition that answers are kept in, `meaning` tells what a text asks for,
        `verify` is the part of hits by meaning that is verified, from 0 to 1."""
        self._answers = answers
        specs = (agent.spec for agent in agents)
        self._specs = {spec.name: spec for spec in specs if spec.cache_for_s is not None}
        self._within = within
        self._meaning = meaning
        self._verify = verify
        self._dice = dice

    def __call__(self, call: Call, inner: Next) -> Awaitable[Verdict]:
        spec = self._specs.get(call.step.agent)
        return inner(call) if spec is None else self._may_be_kept(call, inner, spec)

    def _may_be_kept(self, call: Call, inner: Next, spec: AgentSpec) -> Awaitable[Verdict]:
        if call.step.effect is not _READ or call.ruling is not None:
            return inner(call)
        if call.agent.secrets or call.context.answers:
            return inner(call)
        wanted = keys.wanted(
            spec,
            call.arguments,
            within=self._within,
            language=call.context.language,
            today=call.context.now.date(),
            literal=call.step.arguments,
            meaning=self._meaning,
        )
        return inner(call) if wanted is None else self._answered(call, inner, spec, wanted)

    async def _answered(self, call: Call, inner: Next, spec: AgentSpec, wanted: Wanted) -> Verdict:
        found: Kept | Mine | Computing | None = await self._answers.find(wanted)
        if not isinstance(found, Kept) or not await _holds(call, found):
            outdated = found.id if isinstance(found, Kept) else 0
            found = await self._claimed(call, wanted, outdated)
        if isinstance(found, Computing):
            return Wait(f"computation:{spec.name}")
        if isinstance(found, Mine) or not await _holds(call, found):
            return await self._work_out(call, inner, spec, wanted)
        if found.alike and self._dice() < self._verify:
            return await self._verified(call, inner, wanted, found)
        return self._served(wanted, found)

    async def _claimed(self, call: Call, wanted: Wanted, after: int) -> Kept | Mine | Computing:
        holder = Holder(call.execution, call.step.id)
        try:
            return await self._answers.claim(holder, wanted, after=after)
        except asyncio.CancelledError:
            await self._answers.leave(holder)  # it has asked, and will never hear the answer
            raise

    def _served(self, wanted: Wanted, kept: Kept) -> Completed:
        self._answers.note(wanted.agent, Use.ALIKE if kept.alike else Use.HIT, kept)
        return Completed(kept.output, from_cache=True)

    async def _work_out(self, call: Call, inner: Next, spec: AgentSpec, wanted: Wanted) -> Verdict:
        holder = Holder(call.execution, call.step.id)
        keepable = False
        try:
            verdict = await inner(call)
            context = call.context
            keepable = (
                isinstance(verdict, Completed)
                and not context.knows_secrets
                and not context.has_talked
                and all(source.settled for source in context.sources)
            )
        finally:
            if not keepable:
                await self._answers.leave(holder)
        if call.begun:
            self._answers.note(wanted.agent, Use.MISS)
        if keepable and isinstance(verdict, Completed):
            await self._answers.keep(
                holder,
                wanted,
                verdict.output,
                sources=call.context.sources,
                lasts_ms=round((spec.cache_for_s or 0) * 1000),
            )
        return verdict

    async def _verified(self, call: Call, inner: Next, wanted: Wanted, kept: Kept) -> Verdict:
        verdict = await inner(call)
        if isinstance(verdict, Failed):
            return self._served(wanted, kept)
        if isinstance(verdict, Completed):
            is_same = verdict.output == kept.output
            self._answers.note(wanted.agent, Use.VERIFIED if is_same else Use.FALSE, kept)
            if not is_same:
                await self._answers.distrust(kept)
        return verdict


async def _holds(call: Call, kept: Kept) -> bool:
    """Whether all that the answer was made from is as it was."""
    root = call.context.workspace.root
    return not kept.sources or await asyncio.to_thread(unchanged, root, kept.sources)
