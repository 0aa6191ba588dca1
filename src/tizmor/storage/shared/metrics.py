"""What executions took, added up; by whichever process comes first.

A tally names the positions of the journal that it lies between, and is added only where the last
one ended: nothing is counted twice, whoever counts, and nothing is passed over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache, partial

from tizmor.ports.metrics import HOUR_MS, MINUTE_MS, OTHER, Count, Tally, merged
from tizmor.storage.shared.work import Moment, Shared, Statement, Work

MOST_LABELS = 200
"""Agents that are told apart: what comes after them is counted as `other`."""
_MINUTES_KEPT_MS = 48 * HOUR_MS
_HOURS_KEPT_MS = 400 * 24 * HOUR_MS
_EVER = 0
_AT_ONCE = 40
"""Rows in one statement."""

_READER = "metrics"
_BEGIN = "INSERT INTO feed_positions (reader, position) VALUES (?, 0) ON CONFLICT DO NOTHING"
_MOVE = (
    "UPDATE feed_positions SET position = ? WHERE reader = ? AND position = ? RETURNING position"
)
_POSITION = "SELECT position FROM feed_positions WHERE reader = ?"
_COLUMNS = "span_ms, measure, at_ms, label, outcome, bucket, number, total"
_ROW = "(?, ?, ?, ?, ?, ?, ?, ?)"
_SUM = (
    " ON CONFLICT (span_ms, at_ms, measure, label, outcome, bucket) DO UPDATE"
    " SET number = metrics.number + excluded.number, total = metrics.total + excluded.total"
)
_LABELS = "SELECT DISTINCT label FROM metrics WHERE span_ms = 0"
_TOTALS = (
    "SELECT measure, at_ms, label, outcome, bucket, number, total FROM metrics WHERE span_ms = 0"
    " ORDER BY measure, label, outcome, bucket"
)
_SERIES = (
    "SELECT measure, at_ms / ? * ?, label, outcome, bucket, CAST(sum(number) AS BIGINT),"
    " CAST(sum(total) AS BIGINT) FROM metrics WHERE span_ms IN (60000, 3600000)"
    " AND at_ms >= ? AND at_ms < ? GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 3, 4, 2, 5"
)
_OLDEST = "SELECT min(at_ms) FROM metrics WHERE span_ms = 60000"
_FOLD = (
    f"INSERT INTO metrics ({_COLUMNS}) SELECT 3600000, measure, at_ms / 3600000 * 3600000, label,"
    " outcome, bucket, CAST(sum(number) AS BIGINT), CAST(sum(total) AS BIGINT) FROM metrics"
    " WHERE span_ms = 60000 AND at_ms < ? GROUP BY 1, 2, 3, 4, 5, 6" + _SUM
)
_FOLDED = "DELETE FROM metrics WHERE span_ms = 60000 AND at_ms < ?"
_EXPIRED = "DELETE FROM metrics WHERE span_ms = 3600000 AND at_ms < ?"
_LINES = (
    "SELECT 'lock', count(*) FROM resource_locks WHERE granted = 0"
    " UNION ALL SELECT 'limit', count(*) FROM rate_tickets WHERE state = 0"
    " UNION ALL SELECT 'computation', count(*) FROM cache_claims WHERE computing = 0"
    " UNION ALL SELECT 'budget', count(*) FROM budget_reservations WHERE state = 0"
    " UNION ALL SELECT 'breaker', count(*) FROM circuit_waits"
)


class SharedMetrics:
    """The `Metrics` of one process."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    async def position(self) -> int:
        return await self._shared.look(_position)

    async def add(self, tally: Tally) -> bool:
        return await self._shared.do(partial(_add, tally=tally))

    async def totals(self) -> Sequence[Count]:
        return await self._shared.look(partial(_counts, query=Statement(_TOTALS)))

    async def series(self, from_ms: int, to_ms: int, *, step_ms: int) -> Sequence[Count]:
        query = Statement(_SERIES, (step_ms, step_ms, from_ms, to_ms))
        return await self._shared.look(partial(_counts, query=query))

    async def lines(self) -> Mapping[str, int]:
        return await self._shared.look(_lines)

    async def tidy(self) -> None:
        while await self._shared.do(_fold):
            pass


def _position(moment: Moment) -> Work[int]:
    found = yield Statement(_POSITION, (_READER,))
    return found[0][0] if found else 0


def _add(moment: Moment, tally: Tally) -> Work[bool]:
    yield Statement(_BEGIN, (_READER,))
    if not (yield Statement(_MOVE, (tally.until, _READER, tally.after))):
        return False
    known = {row[0] for row in (yield Statement(_LABELS))} if tally.counts else set()
    minutes = merged(
        count._replace(label=label)
        for count, label in zip(tally.counts, _labels(tally.counts, known), strict=True)
    )
    ever = merged(count._replace(at_ms=0) for count in minutes)
    rows = [(MINUTE_MS, *count) for count in minutes] + [(_EVER, *count) for count in ever]
    for at in range(0, len(rows), _AT_ONCE):
        part = rows[at : at + _AT_ONCE]
        yield Statement(_adding(len(part)), tuple(value for row in part for value in row))
    return True


@lru_cache(maxsize=_AT_ONCE)
def _adding(rows: int) -> str:
    return f"INSERT INTO metrics ({_COLUMNS}) VALUES {', '.join([_ROW] * rows)}{_SUM}"


def _labels(counts: Sequence[Count], known: set[str]) -> list[str]:
    """By what each is counted: its own label, as long as there are not too many."""
    labels = []
    for count in counts:
        if count.label not in known and len(known) < MOST_LABELS:
            known.add(count.label)
        labels.append(count.label if count.label in known else OTHER)
    return labels


def _counts(moment: Moment, query: Statement) -> Work[Sequence[Count]]:
    return [Count(*row) for row in (yield query)]


def _lines(moment: Moment) -> Work[Mapping[str, int]]:
    return {name: number for name, number in (yield Statement(_LINES)) if number}


def _fold(moment: Moment) -> Work[bool]:
    """One hour of old minutes into one row each; whether there may be more."""
    yield Statement(_EXPIRED, (moment.now_ms - _HOURS_KEPT_MS,))
    oldest = (yield Statement(_OLDEST))[0][0]
    old_ms = (moment.now_ms - _MINUTES_KEPT_MS) // HOUR_MS * HOUR_MS
    if oldest is None or oldest >= old_ms:
        return False
    until_ms = oldest // HOUR_MS * HOUR_MS + HOUR_MS
    yield Statement(_FOLD, (until_ms,))
    yield Statement(_FOLDED, (until_ms,))
    return True
