"""Lists of executions, and which of them were interrupted."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Sequence

import msgspec

from tizmor.engine.ownership import Ownership
from tizmor.engine.present import Presenter
from tizmor.engine.projections import RESTS
from tizmor.engine.views import ExecutionSummary, FiguresView, Status
from tizmor.ports.clock import Clock
from tizmor.ports.journal import Journal, StoredExecution
from tizmor.ports.search import Sought

_PAGE = 1_000
_STANDS_AS = {Status.INTERRUPTED: (Status.PLANNING.value, Status.RUNNING.value)}


class Listing:
    """Lists the executions of a workspace."""

    def __init__(
        self, journal: Journal, presenter: Presenter, ownership: Ownership, clock: Clock
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._presenter = presenter
        self._ownership = ownership

    async def newest(self, limit: int, before: int | None = None) -> Sequence[ExecutionSummary]:
        """The newest executions first, of those that are older than `before`."""
        return [
            self._presenter.summary(stored, interrupted=await self.is_interrupted(stored))
            for stored in await self._journal.recent(limit=limit, before=before)
        ]

    async def search(
        self, sought: Sought, statuses: Sequence[Status], limit: int
    ) -> tuple[Sequence[ExecutionSummary], int | None]:
        """The newest first of those that are sought and stand so, and where the next page begins.
        What runs by what stands of it may be interrupted."""
        stored = {name for status in statuses for name in _STANDS_AS.get(status, (status.value,))}
        sought = msgspec.structs.replace(sought, statuses=tuple(sorted(stored)))
        found, more = await self._journal.search(sought, limit=limit)
        items = [
            self._presenter.summary(one, interrupted=await self.is_interrupted(one))
            for one in found
        ]
        return [item for item in items if not statuses or item.status in statuses], more

    async def active(self) -> int:
        """How many have not ended."""
        return len(await self._journal.unfinished())

    async def figures(self) -> FiguresView:
        """How much is under way."""
        rows = [stored.row for stored in await self._journal.unfinished()]
        return FiguresView(
            at=self._presenter.time(self._clock.now_ms()),
            active=len(rows),
            by_status=dict(sorted(Counter(row.status for row in rows).items())),
            steps_done=sum(row.steps_done for row in rows),
            steps_total=sum(row.steps_total for row in rows),
        )

    async def interrupted(self) -> Sequence[ExecutionSummary]:
        """Executions whose process has gone while they ran."""
        running = [stored async for stored in self._unfinished() if stored.row.status not in RESTS]
        owners = dict.fromkeys(stored.owner for stored in running if stored.owner is not None)
        alive = {owner: await self._journal.is_owner_alive(owner) for owner in owners}
        return [
            self._presenter.summary(stored, interrupted=True)
            for stored in running
            if stored.owner is None or not alive[stored.owner]
        ]

    async def _unfinished(self) -> AsyncIterator[StoredExecution]:
        """All of them, newest first, however many there are; a page of them in memory."""
        before = None
        while page := await self._journal.recent(limit=_PAGE, before=before, ended=False):
            for stored in page:
                yield stored
            before = page[-1].execution
            if len(page) < _PAGE:
                return

    async def is_interrupted(self, stored: StoredExecution) -> bool:
        """Whether it runs by what stands of it, and no living process runs it."""
        if stored.row.ended or stored.row.status in RESTS:
            return False
        return not await self._ownership.is_owned(stored)
