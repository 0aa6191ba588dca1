"""Log lines, kept in the order in which they came to be on disk.

They are searched by looking at them: at most `MOST_LINES` are kept, which takes less than a tenth
of a second, and nothing has to be written but the line itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Any

import msgspec

from tizmor.ports.logs import MOST_LINES, LogLine, LogQuery
from tizmor.storage.shared.work import Moment, Shared, Statement, Work

_AT_ONCE = 50
_COLUMNS = "at_ms, level, logger, message, fields, execution, step, attempt, trace_id, span_id"
_ROW = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_LAST = "SELECT coalesce(max(id), 0) FROM logs"
_TRIM_AT_ONCE = 1_000
_TRIM = (
    "DELETE FROM logs WHERE id IN (SELECT id FROM (SELECT id, at_ms FROM logs ORDER BY id"
    f" LIMIT {_TRIM_AT_ONCE}) AS oldest WHERE at_ms < ? OR id <= ?) RETURNING id"
)
_LOWER = str.maketrans({chr(n): chr(n + 32) for n in range(ord("A"), ord("Z") + 1)})


class SharedLogs:
    """The `Logs` of one process."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    async def write(self, first: int, lines: Sequence[LogLine]) -> None:
        await self._shared.do(partial(_write, first=first, lines=lines))

    async def read(self, query: LogQuery) -> Sequence[LogLine]:
        return await self._shared.look(partial(_read, query=query))

    async def last(self) -> int:
        return await self._shared.look(_last)

    async def trim(self, before_ms: int) -> int:
        removed = 0
        while some := await self._shared.do(partial(_trim, before_ms=before_ms)):
            removed += some
        return removed


def _write(moment: Moment, first: int, lines: Sequence[LogLine]) -> Work[None]:
    rows = [(moment.me, number, *_values(line)) for number, line in enumerate(lines, first)]
    for at in range(0, len(rows), _AT_ONCE):
        part = rows[at : at + _AT_ONCE]
        yield Statement(_inserting(len(part)), tuple(value for row in part for value in row))


@lru_cache(maxsize=_AT_ONCE)
def _inserting(rows: int) -> str:
    return (
        f"INSERT INTO logs (owner, number, {_COLUMNS}) VALUES {', '.join([_ROW] * rows)}"
        " ON CONFLICT (owner, number) DO NOTHING"
    )


def _values(line: LogLine) -> tuple[Any, ...]:
    fields = msgspec.json.encode(line.fields).decode() if line.fields else ""
    return (
        *(line.at_ms, int(line.level), line.logger, line.message, fields),
        *(line.execution, line.step, line.attempt, line.trace_id, line.span_id),
    )


def _read(moment: Moment, query: LogQuery) -> Work[Sequence[LogLine]]:
    where: list[str] = []
    values: list[Any] = []
    for condition, value in (
        ("execution = ?", query.execution),
        ("level >= ?", int(query.level) or None),
        ("id > ?", query.after),
        ("id < ?", query.before),
    ):
        if value is not None:
            where.append(condition)
            values.append(value)
    if query.search:
        where.append(r"(lower(message) LIKE ? ESCAPE '\' OR lower(fields) LIKE ? ESCAPE '\')")
        values += [_pattern(query.search)] * 2
    order = "id" if query.after is not None else "id DESC"
    among = f" WHERE {' AND '.join(where)}" if where else ""
    found = yield Statement(
        f"SELECT id, {_COLUMNS} FROM logs{among} ORDER BY {order} LIMIT ?",
        (*values, query.limit),
    )
    lines = [_line(row) for row in found]
    return lines if query.after is not None else lines[::-1]


def _pattern(search: str) -> str:
    for sign in "\\%_":
        search = search.replace(sign, "\\" + sign)
    return f"%{search.translate(_LOWER)}%"


def _line(row: tuple[Any, ...]) -> LogLine:
    number, at_ms, level, logger, message, fields, *whose = row
    execution, step, attempt, trace_id, span_id = whose
    return LogLine(
        id=number,
        at_ms=at_ms,
        level=level,
        logger=logger,
        message=message,
        fields=msgspec.json.decode(fields) if fields else {},
        execution=execution,
        step=step,
        attempt=attempt,
        trace_id=trace_id,
        span_id=span_id,
    )


def _last(moment: Moment) -> Work[int]:
    found = yield Statement(_LAST)
    return int(found[0][0]) if found else 0


def _trim(moment: Moment, before_ms: int) -> Work[int]:
    """Some thousand lines at a time: nobody waits for it."""
    newest = (yield Statement(_LAST))[0][0]
    return len((yield Statement(_TRIM, (before_ms, newest - MOST_LINES))))
