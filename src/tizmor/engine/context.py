"""What a running call is given: the engine's side of `AgentContext`."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import AsyncIterator, Callable, Container, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol, TypeVar

import msgspec
from msgspec import structs

from tizmor.caching import sources
from tizmor.core.budgets import amount
from tizmor.core.canonical import idempotency_key
from tizmor.core.errors import TalkError
from tizmor.core.events import storable
from tizmor.core.facts import CallOver, Fact
from tizmor.engine.partials import NO_PARTIALS, Partials, parted
from tizmor.engine.talking import Talking
from tizmor.engine.voice import Hall, Voice
from tizmor.observability.lines import CallLog
from tizmor.observability.names import Part
from tizmor.observability.recording import Call, CallSpans, Recorder
from tizmor.observability.trace_context import traceparent
from tizmor.pipeline.allowance import allowance as said_in
from tizmor.pipeline.classify import cut, worded
from tizmor.ports.agent import Agent
from tizmor.ports.cache import Source
from tizmor.ports.clock import Clock
from tizmor.ports.context import STANDARD
from tizmor.ports.logs import NO_LOG, Log, LogSink
from tizmor.ports.quotas import Left
from tizmor.ports.secrets import NO_SECRETS, Secrets
from tizmor.ports.talk import WATCH, Messages, SharedView
from tizmor.ports.tracing import RunningSpan, SpanKind
from tizmor.ports.workspace import Workspace

_MESSAGE_LIMIT = 2000
_STRUCK_OUT = "•••"
_V = TypeVar("_V")
_F = TypeVar("_F", bound=Fact)
NO_AGENTS: Mapping[str, Agent] = MappingProxyType({})
NO_ANSWERS: Mapping[str, str] = MappingProxyType({})


class Site(Protocol):
    """The execution that a call is made for."""

    @property
    def execution(self) -> int: ...
    @property
    def public_id(self) -> str: ...
    @property
    def language(self) -> str: ...
    def traceparent(self, step: str, *part: str) -> str:
        """The span of a step, or of a part of it, as a `traceparent` header says it."""
        ...

    @property
    def stopping(self) -> Container[str]:
        """The steps whose running call was told to stop."""
        ...

    @property
    def hall(self) -> Hall | None:
        """Where its steps talk to each other; None where there is no execution."""
        ...


class NoExecution(NamedTuple):
    """The site of a call that no execution makes."""

    language: str
    execution: int = 0
    public_id: str = ""
    stopping: Container[str] = ()
    hall: Hall | None = None

    def traceparent(self, step: str, *part: str) -> str:
        return traceparent(self.public_id, None, step, *part)


class Surroundings(NamedTuple):
    """What all calls of a process find around them."""

    workspace: Workspace
    clock: Clock
    secrets: Secrets = NO_SECRETS
    agents: Mapping[str, Agent] = NO_AGENTS
    partials: Partials = NO_PARTIALS
    log: LogSink = NO_LOG
    recorder: Recorder | None = None


Report = Callable[[Site, str, str], None]
"""Told of what the call of a step has found."""


class CallContext(msgspec.Struct, kw_only=True, eq=False):
    """See `tizmor.ports.context.AgentContext`. With `_arguments`, the key is worked out from them
    when it isn't known."""

    _around: Surroundings
    _site: Site
    step_id: str
    attempt: int
    _report: Report
    answers: Mapping[str, str] = NO_ANSWERS
    _key: str = ""
    _arguments: dict[str, Any] | None = None
    _revealed: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    allowance: Left | None = None
    _runs: bool = False
    _undoes: bool = False
    _talking: Talking | None = None
    _unsaid: str = ""
    _spans: CallSpans | None = None
    tier: str = STANDARD
    reported: bool = False
    tokens: int = 0
    microusd: int = 0

    @property
    def key(self) -> str:
        if not self._key and self._arguments is not None:
            self._key = idempotency_key(self._site.execution, self.step_id, self._arguments)
        return self._key

    @property
    def execution_id(self) -> str:
        return self._site.public_id

    @property
    def traceparent(self) -> str:
        part = (str(self.attempt),) if self._runs or self._undoes else ()
        undoing = (Part.COMPENSATION.value,) if self._undoes else ()
        return self._site.traceparent(self.step_id, *undoing, *part)

    @property
    def language(self) -> str:
        return self._site.language

    @property
    def workspace(self) -> Workspace:
        return self._around.workspace

    @property
    def now(self) -> dt.datetime:
        return self._around.clock.now().astimezone(self.workspace.zone)

    def progress(self, message: str) -> None:
        found = self.redacted(storable(message))[:_MESSAGE_LIMIT]
        self._report(self._site, self.step_id, found)

    def partial(self, text: str) -> None:
        partials = self._around.partials
        if not (self._runs and partials.is_heard):
            return
        text = self.redacted(self._unsaid + storable(text))
        said, self._unsaid = parted(text, self._revealed)
        if said:
            partials.say(self._site.execution, self.step_id, said)

    def heed(self, headers: Mapping[str, str]) -> None:
        self.allowance = said_in(headers, self._around.clock.now()) or self.allowance

    def spend(self, *, tokens: int = 0, usd: float = 0.0) -> None:
        if tokens < 0 or not 0 <= usd < math.inf:
            raise ValueError("what a call has cost is a number from 0")
        self.reported = True
        self.tokens += tokens
        self.microusd += amount("usd", usd)

    @property
    def cost_usd(self) -> float:
        return self.microusd / 1_000_000 if self.microusd else 0.0

    def billed(self, fact: _F) -> _F:
        """The fact of how a call ended, with what it has cost."""
        if not (self.tokens or self.microusd) or not isinstance(fact, CallOver):
            return fact
        return structs.replace(fact, tokens=self.tokens, cost_usd=self.cost_usd)

    @property
    def has_talked(self) -> bool:
        return self._talking is not None

    async def share(self, key: str, value: Any, *, expected_version: int | None = None) -> int:
        return await self._talk().share(key, value, expected_version)

    async def shared(self, key: str, kind: Any = None) -> SharedView | None:
        return await self._talk().shared(key, kind)

    def watch(
        self, key: str, kind: Any = None, *, after: int = 0, timeout: dt.timedelta = WATCH
    ) -> AsyncIterator[SharedView]:
        return self._talk().watch(key, kind, after, timeout)

    @property
    def messages(self) -> Messages:
        return self._talk().messages

    def _talk(self) -> Talking:
        if self._talking is None:
            if self._site.hall is None:
                raise TalkError("there is no execution to share anything in")
            voice = Voice(
                self._site.hall,
                self.step_id,
                self.attempt,
                clock=self._around.clock,
                cleared=self.cleared,
                runs=self._runs,
            )
            self._talking = Talking(voice, self._around.agents)
        return self._talking

    @property
    def stopping(self) -> bool:
        return self.step_id in self._site.stopping

    def span(
        self,
        name: str,
        *,
        kind: SpanKind = SpanKind.WORK,
        attributes: Mapping[str, str | int | float | bool] | None = None,
    ) -> AbstractContextManager[RunningSpan]:
        if self._spans is None:
            site = self._site
            call = Call(site.execution, site.public_id, self.traceparent, self.redacted)
            self._spans = CallSpans(call, self._around.recorder, self._around.clock)
        return self._spans.span(name, kind, attributes)

    @property
    def knows_secrets(self) -> bool:
        return bool(self._revealed)

    def source(self, path: str) -> Path:
        place = self.workspace.path(path)
        self.sources += (sources.source(self.workspace.root, path, self.now),)
        return place

    def secret(self, name: str) -> str:
        value = self._around.secrets.get(name)
        if value and value not in self._revealed:
            # The longest first: one that is a part of another would leave the rest of it.
            self._revealed = tuple(sorted((*self._revealed, value), key=len, reverse=True))
        return value

    def redacted(self, text: str) -> str:
        """The text with every secret that the call was given struck out."""
        for value in self._revealed:
            text = text.replace(value, _STRUCK_OUT)
        return text

    def said(self, error: BaseException) -> str:
        """What an error says, without secrets and then of bounded length."""
        return cut(self.redacted(worded(error)))

    def cleared(self, said: _V) -> _V:
        """What a call says, as JSON or as a struct of it, without the secrets that it was given."""
        if not self._revealed:
            return said
        cleared: _V = self._without_secrets(said)
        return cleared

    def _without_secrets(self, value: Any) -> Any:
        match value:
            case str():
                return self.redacted(value)
            case dict():
                return {
                    self.redacted(key): self._without_secrets(part) for key, part in value.items()
                }
            case list():
                return [self._without_secrets(part) for part in value]
            case tuple():
                return tuple(self._without_secrets(part) for part in value)
            case msgspec.Struct():
                fields = structs.asdict(value)
                return structs.replace(
                    value, **{name: self._without_secrets(part) for name, part in fields.items()}
                )
            case _:
                return value

    @property
    def log(self) -> Log:
        return CallLog(
            self._around.log,
            self._around.clock,
            execution=self._site.execution,
            step=self.step_id,
            attempt=self.attempt,
            traceparent=lambda: self.traceparent,
        )

    def say(self, *, he: str, en: str) -> str:
        return he if self.language == "he" else en
