"""Python's `logging`, and what writes to it, as lines of the workspace's log.

So the engine's own lines, an agent's and those of the libraries that it uses stand in one log. One
that is written within a call says whose it is.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from tizmor.observability.lines import Lines, ids_of, plain, storable
from tizmor.ports.logs import LogLine


class Whose(NamedTuple):
    """The call that the running code belongs to."""

    execution: int
    step: str
    attempt: int
    traceparent: str


ANOTHERS = Whose(0, "", 0, "")
"""A call of another workspace that this process has open."""
Asked = Callable[[], Whose | None]
"""None for code that belongs to no call."""

_NONE: dict[str, Any] = {}


class LineHandler(logging.Handler):
    """Takes what is logged anywhere in the process, but within calls of other workspaces."""

    def __init__(self, lines: Lines, whose: Asked) -> None:
        super().__init__(lines.level)
        self._lines = lines
        self._whose = whose

    def emit(self, record: logging.LogRecord) -> None:
        try:
            whose = self._whose()
            if whose is not ANOTHERS:
                self._lines.add(_line(record, whose))
        except Exception:
            self.handleError(record)
        if record.levelno >= logging.WARNING and self._is_alone() and logging.lastResort:
            logging.lastResort.handle(record)

    def _is_alone(self) -> bool:
        """Whether nobody shows the record: `logging` does that itself as long as it has no
        handler, and this one is no reason for it to fall silent."""
        handlers = logging.getLogger().handlers
        return handlers[0] is self and all(isinstance(other, LineHandler) for other in handlers)


@contextmanager
def listening(lines: Lines, whose: Asked, *, own_process: bool) -> Iterator[None]:
    """Take what is logged meanwhile. From which level on something is logged at all is for the
    program to say: it is set only in a process that is Tizmor's own."""
    root = logging.getLogger()
    handler = LineHandler(lines, whose)
    before = root.level
    root.addHandler(handler)
    if own_process:
        root.setLevel(lines.level)
    try:
        yield
    finally:
        root.removeHandler(handler)
        if own_process:
            root.setLevel(before)


def _line(record: logging.LogRecord, whose: Whose | None) -> LogLine:
    message, fields = _said(record)
    if record.exc_info and record.exc_info[1] is not None:
        fields = fields | {"error": _FORMAT.formatException(record.exc_info)}
    trace_id, span_id = (None, None) if whose is None else ids_of(whose.traceparent)
    return LogLine(
        at_ms=int(record.created * 1000),
        level=record.levelno,
        logger=record.name,
        message=storable(message),
        fields=plain(fields),
        execution=getattr(record, "execution", None) if whose is None else whose.execution,
        step=None if whose is None else whose.step,
        attempt=None if whose is None else whose.attempt,
        trace_id=trace_id,
        span_id=span_id,
    )


_FORMAT = logging.Formatter()


def _said(record: logging.LogRecord) -> tuple[str, dict[str, Any]]:
    """A record's message and fields. structlog hands its own on as a dictionary (`event`)."""
    if isinstance(record.msg, dict):
        fields = {str(name): value for name, value in record.msg.items() if name != "event"}
        return str(record.msg.get("event", "")), fields
    return record.getMessage(), getattr(record, "fields", _NONE)
