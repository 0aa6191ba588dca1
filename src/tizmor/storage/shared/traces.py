"""Kept spans: see `tizmor.ports.traces`.

Spans are written some hundred at a time, so that nobody who wants to commit waits long. Telling the
journal again from an older position writes the same rows again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from tizmor.ports.traces import KeptSpan, TraceStanding
from tizmor.storage.shared.work import AreDead, Moment, Shared, Statement, Work

_AT_ONCE = 256
_SIZES = (64, 8, 1)
"""Rows of one statement: few different statements, so that they stay prepared."""

_SELECT = (
    "SELECT execution, span_id, parent_span_id, trace_id, part, name, start_ms, end_ms, error, told"
    " FROM traces"
)
_ROW = f"({', '.join('?' * 11)})"
_INSERT = (
    "INSERT INTO traces (execution, span_id, parent_span_id, trace_id, part, name, start_ms,"
    " end_ms, error, told, sent) VALUES "
)
_ANEW = (
    " ON CONFLICT (execution, span_id) DO UPDATE SET end_ms = excluded.end_ms,"
    " error = excluded.error, told = excluded.told"
)
_OF = f"{_SELECT} WHERE execution = ? ORDER BY start_ms"
_UNSENT = f"{_SELECT} WHERE sent = 0 AND end_ms IS NOT NULL ORDER BY execution LIMIT ?"
_SENT = "UPDATE traces SET sent = 1 WHERE sent = 0 AND execution = ? AND span_id IN "
_OLDEST = (
    "UPDATE traces SET sent = 2 WHERE sent = 0 AND end_ms IS NOT NULL AND execution <="
    " (SELECT execution FROM traces WHERE sent = 0 AND end_ms IS NOT NULL"
    " ORDER BY execution DESC LIMIT 1 OFFSET ?)"
    " RETURNING 1"
)
_PROGRESS = "SELECT position, owner FROM trace_progress WHERE id = 1"
_BEGIN = (
    "INSERT INTO trace_progress (id, owner, position, sent, refused, given_up, lost)"
    " VALUES (1, NULL, 0, 0, 0, 0, 0) ON CONFLICT (id) DO NOTHING"
)
_TAKE = "UPDATE trace_progress SET owner = ? WHERE id = 1"
_LEAVE = "UPDATE trace_progress SET owner = NULL WHERE id = 1 AND owner = ?"
_ADVANCE = (
    "UPDATE trace_progress SET position = ?, lost = lost + ?"
    " WHERE id = 1 AND owner = ? AND position < ?"
)
_COUNT = "UPDATE trace_progress SET {0} = {0} + ? WHERE id = 1"
_STANDING = (
    "SELECT position, sent, refused, given_up, lost,"
    " (SELECT count(*) FROM traces WHERE sent = 0 AND end_ms IS NOT NULL)"
    " FROM trace_progress WHERE id = 1"
)


class SharedTraces:
    """The `Traces` of one process."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    async def lead(self) -> int | None:
        return await self._shared.do(_lead)

    async def keep(
        self, spans: Sequence[KeptSpan], *, position: int, to_be_sent: bool, lost: int = 0
    ) -> bool:
        for start in range(0, len(spans), _AT_ONCE):
            some = spans[start : start + _AT_ONCE]
            if not await self._shared.do(partial(_tell, spans=some, to_be_sent=to_be_sent)):
                return False
        return await self._shared.do(partial(_advance, position=position, lost=lost))

    async def add(self, spans: Sequence[KeptSpan], *, to_be_sent: bool, lost: int = 0) -> None:
        for start in range(0, len(spans), _AT_ONCE):
            some = spans[start : start + _AT_ONCE]
            await self._shared.do(partial(_write, spans=some, to_be_sent=to_be_sent))
        if lost:
            await self._shared.do(partial(_count, column="lost", number=lost))

    async def leave(self) -> None:
        await self._shared.do(_leave)

    async def of(self, execution: int) -> list[KeptSpan]:
        return await self._shared.look(lambda _: _found(Statement(_OF, (execution,))))

    async def unsent(self, limit: int) -> list[KeptSpan]:
        return await self._shared.look(lambda _: _found(Statement(_UNSENT, (limit,))))

    async def sent(self, spans: Sequence[KeptSpan], *, refused: int = 0) -> None:
        await self._shared.do(partial(_mark, spans=spans, refused=refused))

    async def give_up(self, most: int) -> int:
        return await self._shared.do(partial(_give_up, most=most))

    async def standing(self) -> TraceStanding:
        return await self._shared.look(_standing)


def _lead(moment: Moment) -> Work[int | None]:
    yield Statement(_BEGIN)
    ((position, owner),) = yield Statement(_PROGRESS)
    if owner not in (None, moment.me) and not (yield AreDead((owner,))):
        return None
    if owner != moment.me:
        yield Statement(_TAKE, (moment.me,))
    return int(position)


def _leads(moment: Moment) -> Work[bool]:
    return [owner for _, owner in (yield Statement(_PROGRESS))] == [moment.me]


def _tell(moment: Moment, spans: Sequence[KeptSpan], *, to_be_sent: bool) -> Work[bool]:
    leads = yield from _leads(moment)
    if leads:
        yield from _write(moment, spans, to_be_sent=to_be_sent)
    return leads


def _advance(moment: Moment, position: int, lost: int) -> Work[bool]:
    yield Statement(_ADVANCE, (position, lost, moment.me, position))
    return (yield from _leads(moment))


def _write(moment: Moment, spans: Sequence[KeptSpan], *, to_be_sent: bool) -> Work[None]:
    sent = 0 if to_be_sent else None
    for some in _in_pieces(spans):
        values = [
            value
            for span in some
            for value in (
                span.execution,
                span.span_id,
                span.parent_span_id,
                span.trace_id,
                span.part,
                span.name,
                span.start_ms,
                span.end_ms,
                span.error,
                span.told,
                sent,
            )
        ]
        yield Statement(f"{_INSERT}{', '.join([_ROW] * len(some))}{_ANEW}", tuple(values))


def _in_pieces(spans: Sequence[KeptSpan]) -> Iterator[Sequence[KeptSpan]]:
    start = 0
    for size in _SIZES:
        while len(spans) - start >= size:
            yield spans[start : start + size]
            start += size


def _mark(moment: Moment, spans: Sequence[KeptSpan], refused: int) -> Work[None]:
    by_execution: dict[int, list[str]] = {}
    for span in spans:
        by_execution.setdefault(span.execution, []).append(span.span_id)
    marked = 0
    for execution, ids in by_execution.items():
        among = f"({', '.join('?' * len(ids))}) RETURNING 1"
        marked += len((yield Statement(_SENT + among, (execution, *ids))))
    if not marked:
        return  # it is done once more
    yield from _count(moment, "sent", marked - refused)
    if refused:
        yield from _count(moment, "refused", refused)


def _give_up(moment: Moment, most: int) -> Work[int]:
    number = len((yield Statement(_OLDEST, (most,))))
    if number:
        yield from _count(moment, "given_up", number)
    return number


def _count(moment: Moment, column: str, number: int) -> Work[None]:
    yield Statement(_BEGIN)
    yield Statement(_COUNT.format(column), (number,))


def _leave(moment: Moment) -> Work[None]:
    yield Statement(_LEAVE, (moment.me,))


def _found(statement: Statement) -> Work[list[KeptSpan]]:
    return [KeptSpan(*row) for row in (yield statement)]


def _standing(moment: Moment) -> Work[TraceStanding]:
    rows = yield Statement(_STANDING)
    if not rows:
        return TraceStanding()
    position, sent, refused, given_up, lost, waiting = rows[0]
    return TraceStanding(
        position=position,
        sent=sent,
        refused=refused,
        given_up=given_up,
        lost=lost,
        waiting=waiting,
    )
