"""What agents tell of their own work: spans within a call, kept beside what the journal tells.

They are no part of the journal, so a crash may take the last of them along. At most so many of one
call are kept, and at most so many wait to be: what is more is counted as lost.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextvars import ContextVar, Token
from types import TracebackType
from typing import NamedTuple

from tizmor.core.errors import EngineError
from tizmor.core.events import storable
from tizmor.observability.names import Part
from tizmor.observability.spans import Value
from tizmor.observability.told import told
from tizmor.observability.trace_context import TraceParent, parsed, span_id
from tizmor.ports.clock import Clock
from tizmor.ports.traces import KeptSpan, Traces
from tizmor.ports.tracing import SpanKind

COLLECT_S = 0.2
"""For how long spans are collected before they are kept."""
MOST_WAITING = 10_000
MOST_OF_A_CALL = 128
MOST_ATTRIBUTES = 32
LONGEST = 500
"""Characters of a name or a value."""
_PARTS = {SpanKind.WORK: Part.WORK, SpanKind.MODEL: Part.MODEL, SpanKind.DATABASE: Part.DATABASE}
_current: ContextVar[OwnSpan | None] = ContextVar("tizmor_span", default=None)
_log = logging.getLogger("tizmor.traces")


class Recorder:
    """Collects what agents tell in one process, and keeps it. With `to_be_sent` it is sent, too."""

    def __init__(self, traces: Traces, *, to_be_sent: bool) -> None:
        self._traces = traces
        self._to_be_sent = to_be_sent
        self._waiting: dict[tuple[int, str], KeptSpan] = {}
        self._lost = 0
        self._task: asyncio.Task[None] | None = None

    def add(self, span: KeptSpan) -> None:
        """Have it kept. A call that runs again tells its spans anew."""
        if len(self._waiting) >= MOST_WAITING:
            self.lose()
            return
        self._waiting[span.execution, span.span_id] = span
        self._begin()

    def lose(self) -> None:
        """Count one that there is no room for."""
        self._lost += 1
        self._begin()

    async def flush(self) -> None:
        """Wait until what was told is kept, as far as the database takes it."""
        spans, self._waiting = list(self._waiting.values()), {}
        lost, self._lost = self._lost, 0
        if not spans and not lost:
            return
        try:
            await self._traces.add(spans, to_be_sent=self._to_be_sent, lost=lost)
        except EngineError as error:
            self._lost += lost + len(spans)
            _log.warning("%d spans of agents are lost: %s", len(spans), error)

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self.flush()

    def _begin(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._collect())

    async def _collect(self) -> None:
        while self._waiting or self._lost:
            await asyncio.sleep(COLLECT_S)
            await self.flush()


class Call(NamedTuple):
    """The call that tells: its span, and what strikes secrets out of what it says."""

    execution: int
    public_id: str
    traceparent: str
    cleared: Callable[[str], str]


class CallSpans:
    """The spans of one call."""

    def __init__(self, call: Call, recorder: Recorder | None, clock: Clock) -> None:
        self._call = call
        self._recorder = recorder
        self._clock = clock
        self._parent = parsed(call.traceparent)
        self._begun = 0
        self._from_ms, self._from = clock.now_ms(), clock.monotonic()

    def span(self, name: str, kind: SpanKind, attributes: Mapping[str, Value] | None) -> OwnSpan:
        """One more; see `tizmor.ports.context.AgentContext.span`."""
        self._begun += 1
        return OwnSpan(self, name, SpanKind(kind), attributes or {}, self._begun)

    def parent(self, outer: OwnSpan | None) -> TraceParent | None:
        """What a span that begins now is a part of."""
        return outer.place if outer is not None and outer.spans is self else self._parent

    def identity(self, number: int) -> str:
        above = "" if self._parent is None else self._parent.span_id
        return span_id(self._call.public_id, above, str(number))

    def now_ms(self) -> int:
        """The wall time by one clock that never goes back: what lies within another span by that
        clock does so in the trace."""
        return self._from_ms + int((self._clock.monotonic() - self._from) * 1000)

    def record(self, span: OwnSpan) -> None:
        recorder, place, parent = self._recorder, span.place, span.parent
        if recorder is None or place is None or parent is None or not self._call.execution:
            return
        if span.number > MOST_OF_A_CALL:
            recorder.lose()
            return
        recorder.add(
            KeptSpan(
                self._call.execution,
                place.span_id,
                parent.span_id,
                place.trace_id,
                _PARTS[span.kind].value,
                self._said(span.name),
                span.began_ms,
                span.ended_ms,
                None if span.error is None else self._said(span.error),
                told({self._said(n): self._value(v) for n, v in span.attributes.items()}),
            )
        )

    def _value(self, value: Value) -> Value:
        return self._said(value) if isinstance(value, str) else value

    def _said(self, text: str) -> str:
        return storable(self._call.cleared(text)).replace("\0", "")[:LONGEST]


class OwnSpan:
    """See `tizmor.ports.tracing.RunningSpan`."""

    def __init__(
        self,
        spans: CallSpans,
        name: str,
        kind: SpanKind,
        attributes: Mapping[str, Value],
        number: int,
    ) -> None:
        self.spans = spans
        self.name = name
        self.kind = kind
        self.number = number
        self.attributes: dict[str, Value] = {}
        self.error: str | None = None
        self.began_ms = self.ended_ms = 0
        self.parent: TraceParent | None = None
        self.place: TraceParent | None = None
        self._before: Token[OwnSpan | None] | None = None
        for given, value in attributes.items():
            self.set(given, value)

    @property
    def traceparent(self) -> str:
        return "" if self.place is None else self.place.header

    def set(self, name: str, value: Value) -> None:
        if not isinstance(value, (str, int, float, bool)):
            raise TypeError(f"{name} is a {type(value).__name__}: text, a number, true or false")
        if name in self.attributes or len(self.attributes) < MOST_ATTRIBUTES:
            self.attributes[name] = value

    def __enter__(self) -> OwnSpan:
        self.parent = self.spans.parent(_current.get())
        if self.parent is not None:
            self.place = self.parent._replace(span_id=self.spans.identity(self.number))
        self.began_ms = self.spans.now_ms()
        self._before = _current.set(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._before is not None:
            _current.reset(self._before)
        if kind is not None:
            self.error = kind.__name__
        self.ended_ms = self.spans.now_ms()
        self.spans.record(self)
