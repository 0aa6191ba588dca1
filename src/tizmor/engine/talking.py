"""What a running call tells the other steps of its execution: the engine's side of `ctx.share`,
`ctx.shared` and `ctx.watch`.

What is shared is there at once for the steps of its execution, and for everybody else when it is on
disk. A call with an effect is given only what is on disk: what it then does can't be undone by a
crash, so what it did it by must not be.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Any, Protocol

import msgspec

from tizmor.core import facts as fx
from tizmor.core.approval import needs_gate
from tizmor.core.decisions.decision import Decision
from tizmor.core.decisions.talking import put_before, refused_put
from tizmor.core.errors import OwnershipLost, TalkError
from tizmor.core.events import as_stored
from tizmor.core.plan import Effect
from tizmor.core.state import State
from tizmor.core.taint import has_read
from tizmor.core.talk import SharedValue
from tizmor.ports.clock import Clock
from tizmor.ports.talk import SharedView

_LEVELS = 4
"""How much deeper than by itself a value stands in an event or a checkpoint."""


class Hall(Protocol):
    """The execution whose steps talk."""

    @property
    def state(self) -> State: ...
    def say(self, fact: fx.Fact) -> Decision | None:
        """Decide a fact now; None when the execution isn't this process's any more."""
        ...

    async def heard(self) -> None:
        """Wait until something is said."""
        ...

    async def settled(self) -> None:
        """Wait until all that was said is on disk."""
        ...


class Talking:
    """What one call says and is told. `cleared` strikes out of a value the secrets that the call
    was given; `runs`: it is the call itself, not what its agent offers beside it."""

    def __init__(
        self,
        hall: Hall,
        step: str,
        attempt: int,
        *,
        clock: Clock,
        cleared: Callable[[Any], Any],
        runs: bool,
    ) -> None:
        self._hall = hall
        self._step = step
        self._attempt = attempt
        self._clock = clock
        self._cleared = cleared
        self._runs = runs
        self._puts: Counter[str] = Counter()

    async def share(self, key: str, value: Any, expected_version: int | None) -> int:
        """See `tizmor.ports.agent.AgentContext.share`."""
        self._refuse_beside()
        fact = fx.ValueShared(
            at_ms=self._clock.now_ms(),
            step=self._step,
            attempt=self._attempt,
            key=self._cleared(key),
            value=self._cleared(storable(value)),
            put=self._puts[key],
            expected_version=expected_version,
        )
        if (refused := refused_put(self._hall.state, fact)) is not None:
            raise refused
        version = put_before(self._hall.state, fact) or self._put(fact)
        self._puts[key] += 1
        return version

    async def shared(self, key: str, kind: Any) -> SharedView | None:
        """See `tizmor.ports.agent.AgentContext.shared`."""
        talk = self._hall.state.talk
        newest = None if talk is None else talk.newest(key)
        return None if newest is None else await self._given(key, newest, kind)

    async def watch(
        self, key: str, kind: Any, after: int, patience: dt.timedelta
    ) -> AsyncIterator[SharedView]:
        """See `tizmor.ports.agent.AgentContext.watch`."""
        while (newest := await self._newer(key, after, patience)) is not None:
            after = newest.version
            yield await self._given(key, newest, kind)

    async def _newer(self, key: str, after: int, patience: dt.timedelta) -> SharedValue | None:
        limit = asyncio.timeout(patience.total_seconds())
        try:
            async with limit:
                while True:
                    talk = self._hall.state.talk
                    newest = None if talk is None else talk.newest(key)
                    if newest is not None and newest.version > after:
                        return newest
                    await self._hall.heard()
        except TimeoutError:
            if not limit.expired():
                raise
            return None

    async def _given(self, key: str, known: SharedValue, kind: Any) -> SharedView:
        await self._take_in(f"context:{key}", untrusted=known.untrusted)
        return SharedView(
            key=key,
            version=known.version,
            value=converted(known.value, kind, key),
            step=known.step,
            at=at_time(known.at_ms, self._clock),
            untrusted=known.untrusted,
        )

    async def _take_in(self, source: str, *, untrusted: bool) -> None:
        """Before a call is given something: it is on disk where the call has an effect, and that
        the call knows what a stranger said is written down."""
        known = self._hall.state.steps[self._step]
        step = known.step
        if untrusted and not has_read(self._hall.state, self._step):
            if self._runs and (needs_gate(step) or known.approved_key is not None):
                raise TalkError(
                    f"{source} carries what a stranger said, and {step.agent} was approved without"
                    " it: read it in `prepare`, so that the human is told"
                )
            self._say(fx.UntrustedRead(at_ms=self._clock.now_ms(), step=self._step, source=source))
        if step.effect is not Effect.READ:
            await self._hall.settled()

    def _put(self, fact: fx.ValueShared) -> int:
        self._say(fact)
        talk = self._hall.state.talk
        made = None if talk is None else talk.newest(fact.key)
        if made is None:
            raise TalkError(f"{fact.key} was not shared")
        return made.version

    def _say(self, fact: fx.Fact) -> Decision:
        decision = self._hall.say(fact)
        if decision is None:
            raise OwnershipLost("this process doesn't run the execution any more")
        return decision

    def _refuse_beside(self) -> None:
        if not self._runs:
            raise TalkError("only the call itself may share and send, nothing beside it")


def storable(value: Any) -> Any:
    """A value as the journal will give it back. Raises `TalkError` for what can't be written."""
    nested = value
    for _ in range(_LEVELS):
        nested = [nested]
    try:
        stored = as_stored(nested)
    except (ValueError, TypeError, RecursionError) as error:
        raise TalkError(f"it can't be written as JSON: {error}") from error
    for _ in range(_LEVELS):
        stored = stored[0]
    return stored


def converted(value: Any, kind: Any, what: str) -> Any:
    """A stored value as a type. Raises `TalkError` when it doesn't fit."""
    if kind is None:
        return value
    try:
        return msgspec.convert(value, kind, strict=False)
    except msgspec.ValidationError as error:
        raise TalkError(f"{what} is no {getattr(kind, '__name__', kind)}: {error}") from error


def at_time(at_ms: int, clock: Clock) -> dt.datetime:
    """A wall time, aware."""
    return dt.datetime.fromtimestamp(at_ms / 1000, clock.now().tzinfo)
