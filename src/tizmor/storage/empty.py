"""The journal of a workspace where nothing was ever run: looking at it creates nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import TypeVar

from tizmor.core.errors import StorageFailed, UnknownExecution
from tizmor.core.ids import public_id
from tizmor.ports.audit import AuditRow
from tizmor.ports.journal import (
    AgentFigures,
    Append,
    Checkpoint,
    Committed,
    Freed,
    InboxKind,
    InboxRow,
    Measurement,
    OpenMatter,
    Record,
    StoredExecution,
)
from tizmor.ports.metrics import Tally, Unfinished
from tizmor.ports.search import Sought
from tizmor.ports.sharing import Sharing
from tizmor.storage.shared.sharing import DatabaseSharing
from tizmor.storage.shared.work import Moment, Work

_T = TypeVar("_T")
_REFUSED = "the workspace was opened only to look at it: nothing can be written"


class EmptyJournal:
    """Answers every question with nothing, and refuses to write."""

    owner = ""

    def __init__(self) -> None:
        self.sharing: Sharing = DatabaseSharing(_NothingShared())

    async def commit(self, appends: Sequence[Append]) -> Committed:
        raise StorageFailed(_REFUSED)

    async def read(self, execution: int, *, after_seq: int = 0) -> list[Record]:
        return []

    async def read_all(self, executions: Sequence[int]) -> dict[int, list[Record]]:
        return {execution: [] for execution in executions}

    async def checkpoint(self, execution: int) -> Checkpoint | None:
        return None

    async def audit(self, *, after: int = 0, limit: int = 1000) -> list[AuditRow]:
        return []

    async def get(self, execution: int) -> StoredExecution | None:
        return None

    async def recent(
        self, *, limit: int = 50, before: int | None = None, ended: bool | None = None
    ) -> list[StoredExecution]:
        return []

    async def search(
        self, sought: Sought, *, limit: int
    ) -> tuple[list[StoredExecution], int | None]:
        return [], None

    async def measured(self, agents: Sequence[str], *, among: int) -> list[Measurement]:
        return []

    async def unfinished(self) -> list[StoredExecution]:
        return []

    async def open_matters(
        self, kind: str, *, limit: int, after: OpenMatter | None = None
    ) -> list[OpenMatter]:
        return []

    async def blobs_of(self, execution: int) -> list[tuple[bytes, int]]:
        return []

    async def blob_of(self, execution: int, digest: bytes) -> bytes | None:
        return None

    async def figures(self) -> list[AgentFigures]:
        return []

    async def tally(self, after: int) -> Tally:
        return Tally(after=after, until=after)

    async def in_progress(self) -> Unfinished:
        return Unfinished({}, {})

    async def read_feed(self, after_position: int, limit: int) -> list[Record]:
        return []

    async def last_position(self) -> int:
        return 0

    async def adopt(self, execution: int) -> StoredExecution | None:
        return None

    async def adopt_all(self, executions: Sequence[int]) -> list[StoredExecution]:
        return []

    async def let_go(self, execution: int) -> None:
        return

    async def is_owner_alive(self, owner: str) -> bool:
        return False

    async def send(self, execution: int, kind: InboxKind, payload: bytes) -> int:
        raise UnknownExecution(f"there is no execution {public_id(execution)}")

    async def outcome(self, inbox_id: int) -> str | None:
        return None

    async def pending(self) -> list[InboxRow]:
        return []

    async def wakes(self) -> AsyncIterator[None]:
        """Ends at once: nothing will ever come."""
        never: tuple[None, ...] = ()
        for wake in never:
            yield wake

    async def growth(self) -> AsyncIterator[None]:
        """Ends at once, as `wakes`."""
        async for wake in self.wakes():
            yield wake

    async def gc(self, *, ended_before_ms: int, dry_run: bool = False) -> Freed:
        return Freed()

    def check(self, *, deep: bool) -> list[tuple[str, str, str]]:
        return [("database", "ok", "nothing was run here yet")]

    async def close(self) -> None:
        return


class _NothingShared:
    """Nothing is there to be seen."""

    async def do(self, work: Callable[[Moment], Work[_T]]) -> _T:
        raise StorageFailed(_REFUSED)

    async def look(self, work: Callable[[Moment], Work[_T]]) -> _T:
        looking = work(Moment(0, ""))
        try:
            next(looking)
            while True:
                looking.send([])
        except StopIteration as end:
            result: _T = end.value
            return result
