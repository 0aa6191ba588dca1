"""structlog in a server: what agents write by it goes to the workspace's log, and the log is shown
by its renderers.

Only what has been kept is shown, so secrets are struck out of it; lines of other processes on the
workspace come as well. Nothing but `tizmor serve` loads this module, and with it structlog.
"""

from __future__ import annotations

import enum
from collections.abc import AsyncIterator, Callable
from typing import Any

import structlog

from tizmor.ports.logs import ShownLine


class Style(enum.StrEnum):
    """How a line is shown."""

    TEXT = "text"
    JSON = "json"


def adopt_structlog() -> None:
    """Have loggers of structlog write to Python's `logging`, which the log listens to: the event is
    the message, what was bound or given stands in the fields."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            _as_record,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


async def show(lines: AsyncIterator[ShownLine], style: Style, write: Callable[[str], None]) -> None:
    """Write each line as it comes."""
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if style is Style.JSON
        else structlog.dev.ConsoleRenderer(colors=False, sort_keys=False)
    )
    async for line in lines:
        write(renderer(None, line.level, _event(line)))


def _event(line: ShownLine) -> dict[str, Any]:
    whose = {
        "execution": line.execution_id,
        "step": line.step,
        "attempt": line.attempt,
        "trace": line.trace_id,
    }
    # What a field is called is the caller's choice; where it is called as a part of the line, the
    # line's own stays.
    return {
        **line.fields,
        **{name: value for name, value in whose.items() if value is not None},
        "timestamp": line.at,
        "level": line.level,
        "logger": line.logger,
        "event": line.message,
    }


def _as_record(logger: object, name: str, event: Any) -> tuple[tuple[str], dict[str, Any]]:
    """What `logging` is called with."""
    message = str(event.pop("event", ""))
    known = ("exc_info", "stack_info")
    told = {key: event.pop(key) for key in known if key in event}
    # A message that holds a % is no format: there are no arguments.
    return (message,), {"extra": {"fields": dict(event)}, **told}
