"""Looking at executions: as they stand, as they go on, as they were."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Sequence

import msgspec

from tizmor.core.errors import EngineError, UserError
from tizmor.core.ids import execution_number, parse_id, public_id
from tizmor.engine.correspondence import message_views, shared_versions
from tizmor.engine.following import is_at_rest
from tizmor.engine.history import fold
from tizmor.engine.orchestrator.executions import Executions
from tizmor.engine.present import end_type
from tizmor.engine.projections import RESTS, status_of
from tizmor.engine.replay import replayed
from tizmor.engine.tail import Tail
from tizmor.engine.views import (
    Execution,
    ExecutionSummary,
    FiguresView,
    MessageView,
    Replay,
    SharedVersion,
    Status,
    StreamEvent,
)
from tizmor.observability.projection import projected
from tizmor.observability.spans import Span
from tizmor.observability.told import completed
from tizmor.ports.search import Sought

_LAST_MS = (1 << 42) - 1
"""The last one that numbers tell."""


class Watching(Executions):
    """Shows executions; none is taken over for that, but one that somebody here asked for."""

    async def get(self, execution_id: str) -> Execution:
        """One execution as it stands. Raises `UnknownExecution`."""
        live = self._pump.last_known(parse_id(execution_id) or 0)
        if live is not None and live.all_durable:
            return self._presenter.execution(live.state, interrupted=False)
        stored = await self._stored(execution_id)
        state, _ = await fold(self._journal, stored.execution)
        return self._presenter.execution(
            state, interrupted=await self._listing.is_interrupted(stored)
        )

    async def list(
        self, *, limit: int = 50, before: str | None = None
    ) -> Sequence[ExecutionSummary]:
        """The newest executions first; `before` is the id that they are older than, of one that is
        there or was. Raises `UserError` for what is no id."""
        if before is None:
            return await self._listing.newest(limit)
        return await self._listing.newest(limit, _number(before))

    async def search(
        self,
        *,
        limit: int = 50,
        before: str | None = None,
        statuses: Sequence[Status] = (),
        since: dt.datetime | None = None,
        until: dt.datetime | None = None,
        user: str | None = None,
        dry_run: bool | None = None,
        text: str = "",
    ) -> tuple[Sequence[ExecutionSummary], str | None]:
        """Those of the newest executions that are sought, and the id that the next page is
        `before`, None on the last. Times are those that ids are made of: what carries a dry run
        out stands where that does. A page looks at 20,000 executions and may hold fewer than
        `limit`, or none, though others follow. Raises `UserError`."""
        sought = Sought(user=user, dry_run=dry_run, text=text)
        if since is not None:
            sought = msgspec.structs.replace(sought, since=_first_of(since))
        bounds = [] if until is None else [_first_of(until)]
        if before is not None:
            bounds.append(_number(before))
        if bounds:
            sought = msgspec.structs.replace(sought, before=min(bounds))
        found, more = await self._listing.search(sought, statuses, limit)
        return found, None if more is None else public_id(more)

    async def active(self) -> int:
        """How many executions have not ended, whoever runs them."""
        return await self._listing.active()

    async def figures(self) -> FiguresView:
        """How much is under way, whoever runs it."""
        return await self._listing.figures()

    async def interrupted(self) -> Sequence[ExecutionSummary]:
        """Executions whose process has gone while they ran."""
        return await self._listing.interrupted()

    async def logs(self, execution_id: str) -> Sequence[StreamEvent]:
        """All that the stream has said so far."""
        stored = await self._stored(execution_id)
        tail = Tail(stored.execution)
        return await tail.read(self._journal, self._presenter)

    async def trace(self, execution_id: str) -> Sequence[Span]:
        """What took how long, from the request to each call and what agents told within it: the
        spans of an execution so far, by when they began, a whole before its parts. Its whole
        journal is read for it, and told in another thread. Raises `UnknownExecution`,
        `JournalDamaged`."""
        stored = await self._stored(execution_id)
        records = await self._journal.read(stored.execution)
        events = ((record.at_ms, record.payload) for record in records)
        if self._performer.recorder is not None:
            await self._performer.recorder.flush()
        spans = await asyncio.to_thread(projected, stored.execution, events)
        return completed(spans, await self._journal.sharing.traces.of(stored.execution))

    async def context(self, execution_id: str, key: str | None = None) -> Sequence[SharedVersion]:
        """All versions of what the steps of an execution have shared (`ctx.share`), of one key or
        of all, by key and then by version. Raises `UnknownExecution`."""
        stored = await self._stored(execution_id)
        state, _ = await fold(self._journal, stored.execution)
        versions = shared_versions(state, self._presenter.time)
        return [made for made in versions if key is None or made.key == key]

    async def messages(self, execution_id: str) -> Sequence[MessageView]:
        """All messages that the steps of an execution have sent each other (`ctx.messages`), dead
        letters with their reason. Raises `UnknownExecution`."""
        stored = await self._stored(execution_id)
        state, _ = await fold(self._journal, stored.execution)
        return message_views(state, self._presenter.time)

    async def replay(self, execution_id: str) -> Replay:
        """Fold the journal of an execution anew, and say whether it leads to what is shown of it.
        Nothing is called and nothing is written. Raises `UnknownExecution`, `JournalDamaged`."""
        stored = await self._stored(execution_id)
        state, events, differences = await replayed(self._journal, stored)
        return Replay(
            execution_id=public_id(stored.execution),
            events=events,
            status=status_of(state),
            steps_done=len(state.steps) - state.unfinished,
            steps=len(state.steps),
            differences=tuple(differences),
        )

    async def stream(
        self, execution_id: str, *, after: int = 0, keep_waiting: bool = False
    ) -> AsyncIterator[StreamEvent]:
        """Events from the first one, or after journal position `after`, live.

        Ends after the execution's end. When only a human can go on it says `waiting` (or `paused`)
        and ends, unless `keep_waiting`. Ends without a word when nobody runs the execution and
        nobody here has asked for it (`start`, `resume`). Raises the storage's error when this
        process can't write.
        """
        stored = await self._stored(execution_id)
        tail = Tail(stored.execution)
        watched = self._following.watched(tail, self._presenter, after, keep_waiting=keep_waiting)
        async for events in watched:
            for event in events:
                yield event
        status = status_of(tail.state)
        if status in RESTS and not keep_waiting:
            yield self._rest(tail, status)

    async def result(self, execution_id: str) -> Execution:
        """The execution when it has ended, waits for a human, is paused, or nobody runs it."""
        number = parse_id(execution_id) or 0
        while (live := self._pump.last_known(number)) is not None and not live.lost:
            changed = live.changed
            if is_at_rest(live):
                if live.state.ended:
                    self._wanted.forget(number)
                return self._presenter.execution(live.state, interrupted=False)
            await changed.wait()
        stored = await self._stored(execution_id)
        async for _ in self._following.watched(Tail(stored.execution), None):
            pass
        return await self.get(execution_id)

    @property
    def failure(self) -> EngineError | None:
        """Why nothing can go on in this process any more; None as long as it can."""
        return self._pump.failure

    def owns(self, execution_id: str) -> bool:
        """Whether this process runs the execution."""
        number = parse_id(execution_id)
        return number is not None and self._pump.owns(number)

    def _rest(self, tail: Tail, status: Status) -> StreamEvent:
        return StreamEvent(
            type=end_type(status),
            execution_id=public_id(tail.execution),
            at=self._presenter.time(tail.state.updated_at_ms),
            status=status.value,
        )


def _number(before: str) -> int:
    if (number := parse_id(before)) is None:
        raise UserError(f"there is no execution before {before[:40]!r}: that is no id")
    return number


def _first_of(moment: dt.datetime) -> int:
    """The lowest number that an execution begun then can have."""
    at_ms = int(moment.timestamp() * 1000)
    return execution_number(min(max(at_ms, 0), _LAST_MS), 0)
