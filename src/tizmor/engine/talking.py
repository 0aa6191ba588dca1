"""What a running call shares with the other steps of its execution: the engine's side of
`ctx.share`, `ctx.shared` and `ctx.watch`.

What is shared is there at once for the steps of its execution, and for everybody else when it is on
disk. A call with an effect is given only what is on disk: what it then does can't be undone by a
crash, so what it did it by must not be.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from typing import Any

from tizmor.core import facts as fx
from tizmor.core.decisions.talking import put_before, refused_put
from tizmor.core.errors import TalkError
from tizmor.core.talk import SharedValue
from tizmor.engine.messages import CallMessages
from tizmor.engine.voice import Voice, converted
from tizmor.ports.agent import Agent
from tizmor.ports.talk import SharedView


class Talking:
    """What one call says and is told, by its `voice`."""

    def __init__(self, voice: Voice, agents: Mapping[str, Agent]) -> None:
        self.messages = CallMessages(voice, agents)
        self._voice = voice
        self._puts: Counter[str] = Counter()

    async def share(self, key: str, value: Any, expected_version: int | None) -> int:
        """See `tizmor.ports.context.AgentContext.share`."""
        voice = self._voice
        voice.refuse_beside()
        fact = fx.ValueShared(
            at_ms=voice.now_ms(),
            step=voice.step,
            attempt=voice.attempt,
            key=voice.own(key),
            value=voice.own(value),
            put=self._puts[key],
            expected_version=expected_version,
        )
        if (refused := refused_put(voice.hall.state, fact)) is not None:
            raise refused
        version = put_before(voice.hall.state, fact) or self._put(fact)
        self._puts[key] += 1
        return version

    async def shared(self, key: str, kind: Any) -> SharedView | None:
        """See `tizmor.ports.context.AgentContext.shared`."""
        newest = self._voice.talk.newest(key)
        return None if newest is None else await self._given(key, newest, kind)

    async def watch(
        self, key: str, kind: Any, after: int, patience: dt.timedelta
    ) -> AsyncIterator[SharedView]:
        """See `tizmor.ports.context.AgentContext.watch`."""
        while (newest := await self._newer(key, after, patience)) is not None:
            after = newest.version
            yield await self._given(key, newest, kind)

    async def _newer(self, key: str, after: int, patience: dt.timedelta) -> SharedValue | None:
        limit = asyncio.timeout(patience.total_seconds())
        try:
            async with limit:
                while True:
                    newest = self._voice.talk.newest(key)
                    if newest is not None and newest.version > after:
                        return newest
                    await self._voice.hall.heard()
        except TimeoutError:
            if not limit.expired():
                raise
            return None

    async def _given(self, key: str, known: SharedValue, kind: Any) -> SharedView:
        await self._voice.take_in(f"context:{key}", untrusted=known.untrusted)
        return SharedView(
            key=key,
            version=known.version,
            value=converted(known.value, kind, key),
            step=known.step,
            at=self._voice.time(known.at_ms),
            untrusted=known.untrusted,
        )

    def _put(self, fact: fx.ValueShared) -> int:
        self._voice.say(fact)
        made = self._voice.talk.newest(fact.key)
        if made is None:
            raise TalkError(f"{fact.key} was not shared")
        return made.version
