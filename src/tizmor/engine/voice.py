"""The voice of a call: how it says something to its execution, and what it may be told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from tizmor.core import facts as fx
from tizmor.core.approval import needs_gate
from tizmor.core.decisions.decision import Decision
from tizmor.core.errors import OwnershipLost, TalkError
from tizmor.core.events import as_stored
from tizmor.core.plan import Effect
from tizmor.core.state import State
from tizmor.core.taint import has_read
from tizmor.core.talk import Talk
from tizmor.ports.clock import Clock

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


class Voice:
    """One call's. `cleared` strikes out of a value the secrets that the call was given; `runs`: it
    is the call itself, not what its agent offers beside it."""

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
        self.hall = hall
        self.step = step
        self.attempt = attempt
        self.runs = runs
        self._clock = clock
        self._cleared = cleared

    @property
    def talk(self) -> Talk:
        """All that was said so far."""
        return self.hall.state.talk or _SILENCE

    @property
    def changes_something(self) -> bool:
        return self.hall.state.steps[self.step].step.effect is not Effect.READ

    def now_ms(self) -> int:
        return self._clock.now_ms()

    def time(self, at_ms: int) -> dt.datetime:
        """A wall time, aware."""
        return dt.datetime.fromtimestamp(at_ms / 1000, self._clock.now().tzinfo)

    def say(self, fact: fx.Fact) -> Decision:
        """Have a fact decided. Raises `OwnershipLost`."""
        decision = self.hall.say(fact)
        if decision is None:
            raise OwnershipLost("this process doesn't run the execution any more")
        return decision

    def refuse_beside(self) -> None:
        """Raises `TalkError` for what isn't the call itself."""
        if not self.runs:
            raise TalkError("only the call itself may share and send, nothing beside it")

    def own(self, value: Any) -> Any:
        """A value of the call's as it is journaled. Raises `TalkError`."""
        return self._cleared(storable(value))

    async def take_in(self, source: str, *, untrusted: bool) -> None:
        """Before the call is given something: it is on disk where the call has an effect, and that
        the call knows what a stranger said is written down. Raises `TalkError`."""
        known = self.hall.state.steps[self.step]
        step = known.step
        if untrusted and not has_read(self.hall.state, self.step):
            if self.runs and (needs_gate(step) or known.approved_key is not None):
                raise TalkError(
                    f"{source} carries what a stranger said, and {step.agent} was approved without"
                    " it: read it in `prepare`, so that the human is told"
                )
            self.say(fx.UntrustedRead(at_ms=self.now_ms(), step=self.step, source=source))
        await self.settled()

    async def settled(self) -> None:
        """Before a call that has an effect goes by something, that is on disk."""
        if self.changes_something:
            await self.hall.settled()


_SILENCE = Talk()


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
