"""What agents that talk say to each other, line by line.

The lines are arguments of the call, so that a call which runs again says the same again.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import Sequence

from tests.simulation.extras import LOG, TOPIC
from tests.simulation.telling import Telling
from tests.simulation.ways import Made

from tizmor.core.errors import Conflict, TalkError, Undelivered
from tizmor.drivers.simulated.faults import Faults

_SOON, _LATER = dt.timedelta(seconds=0.3), dt.timedelta(seconds=1.2)
_TRIES = 5


class Speaker:
    """One call that talks; `telling` sees what it is told."""

    def __init__(self, made: Made, telling: Telling, faults: Faults) -> None:
        self._made = made
        self._ctx = made.ctx
        self._telling = telling
        self._faults = faults

    async def run(self, script: Sequence[str]) -> None:
        """Say all lines; what isn't taken of them is passed over."""
        for number, line in enumerate(script):
            verb, _, of = line.partition(":")
            with contextlib.suppress(TalkError):
                await self._say(verb, of, f"{self._ctx.step_id} {number}")

    async def _say(self, verb: str, of: str, words: str) -> None:
        ctx = self._ctx
        match verb:
            case "put":
                await ctx.share(of, words)
            case "add":
                await self._add()
            case "look":
                self._telling.looked(self._made, of, await ctx.shared(of))
            case "watch":
                await self._watch(of)
            case "ask":
                await self._ask(of, words, _LATER)
            case "ask soon":
                await self._ask(of, words, _SOON)
            case "take":
                await self._take(answers=True)
            case "ignore":
                await self._take(answers=False)
            case "tell":
                await ctx.messages.publish(TOPIC, words)
            case "all":
                await ctx.messages.broadcast(words)
            case "hand":
                self._telling.worked(self._made, await ctx.messages.hand_over(of, {}))

    async def _add(self) -> None:
        """Add one's own name to what is there, whoever else does so meanwhile."""
        ctx = self._ctx
        for _ in range(_TRIES):
            known = await ctx.shared(LOG)
            self._telling.looked(self._made, LOG, known)
            names, version = ([], 0) if known is None else (known.value, known.version)
            if ctx.step_id in names:
                return
            await asyncio.sleep(self._faults.seconds(0.0, 0.05, 0.3))
            with contextlib.suppress(Conflict):
                await ctx.share(LOG, [*names, ctx.step_id], expected_version=version)
                return

    async def _watch(self, key: str) -> None:
        async with contextlib.aclosing(self._ctx.watch(key, timeout=_SOON)) as versions:
            async for version in versions:
                self._telling.looked(self._made, key, version)
                if version.version > 1:
                    return

    async def _ask(self, to: str, words: str, patience: dt.timedelta) -> None:
        try:
            answer = await self._ctx.messages.request(to, words, timeout=patience)
        except Undelivered:
            self._telling.was_not_answered(self._made, words)
        else:
            self._telling.was_answered(self._made, words, answer)

    async def _take(self, *, answers: bool) -> None:
        message = await self._ctx.messages.receive(timeout=_SOON)
        if message is None:
            return
        self._telling.took(self._made, message)
        if answers and message.kind == "REQUEST":
            await self._ctx.messages.respond(message, {"to": message.payload, "id": message.id})
