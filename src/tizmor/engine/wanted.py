"""What somebody in this process has asked for: whoever follows such an execution goes on with it
when the process that runs it goes."""

from __future__ import annotations

import contextlib

from tizmor.core.errors import StorageFailed
from tizmor.ports.journal import Journal

MANY = 1_000


class Wanted:
    """The executions that were asked for here, and whether all of each is approved.

    Those that have ended are forgotten when somebody sees it, and else when there are twice as many
    as there were at the last look, at least `MANY`.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._approve_all: dict[int, bool] = {}
        self._look_at = MANY

    def __contains__(self, execution: int) -> bool:
        return execution in self._approve_all

    def __len__(self) -> int:
        return len(self._approve_all)

    def approves_all(self, execution: int) -> bool:
        return self._approve_all.get(execution, False)

    async def add(self, execution: int, *, approve_all: bool) -> None:
        """It is asked for, and as of now all of it is approved or not."""
        self._approve_all[execution] = approve_all
        await self._look()

    async def keep(self, execution: int) -> None:
        """It is asked for; what was said of its approvals stays."""
        self._approve_all.setdefault(execution, False)
        await self._look()

    def forget(self, execution: int) -> None:
        self._approve_all.pop(execution, None)

    async def _look(self) -> None:
        known = list(self._approve_all)
        if len(known) < self._look_at:
            return
        self._look_at = 2 * len(known)
        # There is another look; what was asked for is done whether or not there is this one.
        with contextlib.suppress(StorageFailed):
            unfinished = {stored.execution for stored in await self._journal.unfinished()}
            for execution in known:
                if execution not in unfinished:
                    self.forget(execution)
        self._look_at = max(MANY, 2 * len(self._approve_all))
