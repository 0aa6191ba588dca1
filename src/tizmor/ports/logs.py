"""Log lines, each tied to whose it is: how one is written, and where they are kept."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Any, Protocol

import msgspec

MOST_LINES = 200_000
"""Of one database: what is older goes first."""


class Level(enum.IntEnum):
    """How much a line matters: the numbers of Python's `logging`."""

    DEBUG = 10
    INFO = 20
    WARNING = 30
    ERROR = 40


class LogLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line. `execution`, `step` and `attempt` say whose it is, where it is anybody's;
    `trace_id` and `span_id` are of the call in its trace (W3C Trace Context). `id` orders the lines
    of a database, and is 0 for one that isn't kept yet."""

    at_ms: int
    level: int
    logger: str
    message: str
    fields: dict[str, Any] = {}
    execution: int | None = None
    step: str | None = None
    attempt: int | None = None
    trace_id: str | None = None
    span_id: str | None = None
    id: int = 0


class ShownLine(Protocol):
    """A line as users are shown it."""

    @property
    def at(self) -> str: ...
    @property
    def level(self) -> str: ...
    @property
    def logger(self) -> str: ...
    @property
    def message(self) -> str: ...
    @property
    def fields(self) -> dict[str, Any]: ...
    @property
    def execution_id(self) -> str | None: ...
    @property
    def step(self) -> str | None: ...
    @property
    def attempt(self) -> int | None: ...
    @property
    def trace_id(self) -> str | None: ...


class LogQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which lines: of an execution, from a level on, with a text in their message or fields (upper
    and lower case of ASCII are alike), behind or before an id."""

    execution: int | None = None
    level: int = Level.DEBUG
    search: str = ""
    after: int | None = None
    before: int | None = None
    limit: int = 200


class LogSink(Protocol):
    """Takes lines; from any thread, never waiting, never failing."""

    def add(self, line: LogLine) -> None: ...


class Log(Protocol):
    """Writes lines of one call. Fields are JSON's values; what is none is written as text."""

    def debug(self, message: str, **fields: Any) -> None: ...
    def info(self, message: str, **fields: Any) -> None: ...
    def warning(self, message: str, **fields: Any) -> None: ...
    def error(self, message: str, **fields: Any) -> None: ...


class Logs(Protocol):
    """The log of one database. Raises `StorageFailed` when it can't be reached."""

    async def write(self, first: int, lines: Sequence[LogLine]) -> None:
        """Keep lines, which are this process's from number `first` on: each number once."""
        ...

    async def read(self, query: LogQuery) -> Sequence[LogLine]:
        """At most `limit` lines, oldest first: with `after` the first of them behind it, else the
        last."""
        ...

    async def last(self) -> int:
        """The id of the newest line; 0 when there is none."""
        ...

    async def trim(self, before_ms: int) -> int:
        """Remove the lines that were written before a time, and what is too much; how many."""
        ...


class NoLog:
    """Where nothing is kept."""

    def add(self, line: LogLine) -> None:
        return


NO_LOG = NoLog()
