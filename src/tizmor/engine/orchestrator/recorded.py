"""Looking at what was written down beside the journal: log lines, and metrics added up."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncIterator, Callable, Mapping, Sequence

from tizmor.core.errors import UserError
from tizmor.core.ids import public_id
from tizmor.engine.orchestrator.executions import Executions
from tizmor.engine.views import LogLineView
from tizmor.ports.logs import Level, LogLine, LogQuery
from tizmor.ports.metrics import MINUTE_MS, Count, Unfinished

LEVELS = tuple(level.name.lower() for level in Level)
LOOK_S = 0.5
"""How often is looked for lines of other processes."""
MOST_LINES = 1_000
"""Of one page."""
MOST_POINTS = 1_500
"""Of one series."""
_LONGEST_SEARCH = 200


class Recorded(Executions):
    """Shows the log and the metrics."""

    _log_changed: Callable[[], asyncio.Event] = asyncio.Event
    """Gives what is set when this process next keeps lines of the log."""

    async def log_lines(
        self,
        execution_id: str | None = None,
        *,
        level: str = "debug",
        search: str = "",
        after: int | None = None,
        before: int | None = None,
        limit: int = 200,
    ) -> Sequence[LogLineView]:
        """Lines of the log, oldest first: of one execution or of all that there is, from a level
        on, with a text in their message or fields. The last `limit` (at most 1,000) of them, those
        before line `before`, or the first behind line `after`. What was written some tenths of a
        second ago is there. Raises `UnknownExecution`, and `UserError` for what is no level."""
        query = LogQuery(
            execution=None if execution_id is None else await self._number_of(execution_id),
            level=_level(level),
            search=_searched(search),
            after=after,
            before=before,
            limit=min(limit, MOST_LINES),
        )
        return [self._line(line) for line in await self._journal.sharing.logs.read(query)]

    async def follow_log(
        self,
        execution_id: str | None = None,
        *,
        level: str = "debug",
        search: str = "",
        after: int | None = None,
    ) -> AsyncIterator[LogLineView]:
        """Lines as they are kept, of whichever process: those behind line `after`, else the ones
        that come from now on. It doesn't end. Raises as `log_lines`."""
        if after is None:
            after = await self._journal.sharing.logs.last()
        while True:
            changed = self._log_changed()
            lines = await self.log_lines(
                execution_id, level=level, search=search, after=after, limit=MOST_LINES
            )
            for line in lines:
                after = line.line_id
                yield line
            if not lines:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_S):
                        await changed.wait()

    async def series(
        self, start: dt.datetime, end: dt.datetime, *, step: dt.timedelta
    ) -> Sequence[Count]:
        """What ended between two times, counted by `step`: whole minutes, and at most 1,500 of
        them; see `tizmor.ports.metrics`. It is some seconds behind. Raises `UserError`."""
        step_ms = round(step.total_seconds() * 1000)
        from_ms, to_ms = (round(time.timestamp() * 1000) for time in (start, end))
        if step_ms < MINUTE_MS or step_ms % MINUTE_MS:
            raise UserError("the step of a series is a number of whole minutes")
        if to_ms <= from_ms:
            raise UserError("a series ends after it has begun")
        if (to_ms - from_ms) / step_ms > MOST_POINTS:
            raise UserError(f"a series has at most {MOST_POINTS:,} points: take a longer step")
        return await self._journal.sharing.metrics.series(
            from_ms // step_ms * step_ms, to_ms, step_ms=step_ms
        )

    async def totals(self) -> Sequence[Count]:
        """What ended since ever, counted."""
        return await self._journal.sharing.metrics.totals()

    async def in_progress(self) -> Unfinished:
        """How many executions have not ended, and of how much humans are asked in them."""
        return await self._journal.in_progress()

    async def lines(self) -> Mapping[str, int]:
        """How many steps stand in line just now, in all processes, by what for: `limit`, `lock`,
        `computation`, `budget` or `breaker`."""
        return await self._journal.sharing.metrics.lines()

    async def _number_of(self, execution_id: str) -> int:
        return (await self._stored(execution_id)).execution

    def _line(self, line: LogLine) -> LogLineView:
        return LogLineView(
            line_id=line.id,
            at=self._presenter.time(line.at_ms),
            level=_name(line.level),
            logger=line.logger,
            message=line.message,
            fields=line.fields,
            execution_id=None if line.execution is None else public_id(line.execution),
            step=line.step,
            attempt=line.attempt,
            trace_id=line.trace_id,
            span_id=line.span_id,
        )


def _level(name: str) -> Level:
    if name not in LEVELS:
        raise UserError(f"{name[:40]!r} is no level: {', '.join(LEVELS)}")
    return Level[name.upper()]


def _name(level: int) -> str:
    """The level that a line is at least of: programs may have levels of their own in between."""
    return max((known for known in Level if known <= level), default=Level.DEBUG).name.lower()


def _searched(text: str) -> str:
    if len(text) > _LONGEST_SEARCH:
        raise UserError(f"a text to search for has at most {_LONGEST_SEARCH} characters")
    return text
