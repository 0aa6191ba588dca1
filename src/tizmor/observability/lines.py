"""Log lines on their way to the database: as many as there is room for, and how many there wasn't.

Who writes a line waits for nothing: it is put into memory, and kept some tenths of a second later
(`keeping`). Where lines come faster than they can be kept, or the database is gone for long, the
newest are dropped and counted.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Any

import msgspec

from tizmor.ports.clock import Clock
from tizmor.ports.logs import Level, LogLine, LogSink

ROOM = 5_000
"""Lines that wait, at most."""
LONGEST = 4_000
"""Characters of a message, or of a field's text."""
MOST_BYTES = 16_000
"""Of all fields of a line together, as JSON."""
_CUT = " …"


class Lines:
    """Those of one open workspace that are yet to be kept."""

    def __init__(self, level: int = Level.INFO, *, room: int = ROOM) -> None:
        self.level = level
        self._room = room
        self._waiting: deque[LogLine] = deque()
        self._dropped = 0
        self._lock = threading.RLock()  # what is freed while a line is added may log, too
        self._wake: Callable[[], None] = _nobody

    def add(self, line: LogLine) -> None:
        if line.level < self.level:
            return
        with self._lock:
            if len(self._waiting) >= self._room:
                self._dropped += 1
                return
            self._waiting.append(line)
            if len(self._waiting) == 1:
                self._wake()

    def on_first(self, wake: Callable[[], None] | None) -> None:
        """Call this when there is a line to keep after there was none; from any thread."""
        with self._lock:
            self._wake = wake or _nobody
            if self._waiting:
                self._wake()

    def take(self, most: int) -> list[LogLine]:
        """The oldest of them; they don't wait any more."""
        with self._lock:
            return [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]

    def take_dropped(self) -> int:
        """How many were dropped since this was last asked."""
        with self._lock:
            dropped, self._dropped = self._dropped, 0
        return dropped

    def __len__(self) -> int:
        return len(self._waiting)


def _nobody() -> None:
    """Nobody keeps them."""


class CallLog:
    """What the code of one call writes: `ctx.log`."""

    def __init__(
        self,
        sink: LogSink,
        clock: Clock,
        *,
        execution: int,
        step: str,
        attempt: int,
        traceparent: Callable[[], str],
    ) -> None:
        self._sink = sink
        self._clock = clock
        self._execution = execution or None
        self._step = step
        self._attempt = attempt
        self._traceparent = traceparent

    def debug(self, message: str, **fields: Any) -> None:
        self._add(Level.DEBUG, message, fields)

    def info(self, message: str, **fields: Any) -> None:
        self._add(Level.INFO, message, fields)

    def warning(self, message: str, **fields: Any) -> None:
        self._add(Level.WARNING, message, fields)

    def error(self, message: str, **fields: Any) -> None:
        self._add(Level.ERROR, message, fields)

    def _add(self, level: Level, message: str, fields: dict[str, Any]) -> None:
        trace_id, span_id = ids_of(self._traceparent())
        self._sink.add(
            LogLine(
                at_ms=self._clock.now_ms(),
                level=level,
                logger="agent",
                message=storable(message),
                fields=plain(fields),
                execution=self._execution,
                step=self._step,
                attempt=self._attempt,
                trace_id=trace_id,
                span_id=span_id,
            )
        )


def ids_of(traceparent: str) -> tuple[str, str]:
    """Of the trace and of the span that a `traceparent` names."""
    _, trace_id, span_id, _ = traceparent.split("-", 3)
    return trace_id, span_id


def storable(text: object) -> str:
    """A text as every database takes it, and not too long."""
    written = str(text)
    if len(written) > LONGEST:
        written = written[:LONGEST] + _CUT
    return written.replace("\0", "\ufffd").encode(errors="replace").decode()


def plain(fields: dict[str, Any]) -> dict[str, Any]:
    """Fields as JSON gives them back, as they are now; what is none of its values as text."""
    if not fields:
        return fields
    try:
        encoded = msgspec.json.encode(fields, enc_hook=_written)
        if len(encoded) <= MOST_BYTES:
            stored: dict[str, Any] = msgspec.json.decode(encoded)
            return stored
    except Exception:
        # Whatever an object's own text raises, and what no JSON holds: the line is kept all the
        # same, each field as far as it can be told.
        return {storable(name): _told(value) for name, value in fields.items()}
    return {storable(name)[:100]: _told(value)[:500] for name, value in list(fields.items())[:20]}


def _written(value: object) -> str:
    return storable(value)


def _told(value: object) -> str:
    try:
        return storable(value)
    except Exception as error:
        return f"({type(value).__name__}, which can't be told: {type(error).__name__})"
