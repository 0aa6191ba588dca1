"""The one writer of a process: commits, adoption, and rows of the inbox."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from functools import partial
from typing import TypeVar

import msgspec

from tizmor.core.errors import UnknownExecution
from tizmor.core.ids import public_id
from tizmor.ports.clock import Clock
from tizmor.ports.journal import Append, InboxKind, StoredExecution
from tizmor.storage.chain import Link
from tizmor.storage.postgres import audit, position
from tizmor.storage.postgres.adoption import adopt
from tizmor.storage.postgres.batch import Batch
from tizmor.storage.postgres.fences import give_up_void
from tizmor.storage.postgres.lease import Lease
from tizmor.storage.postgres.listener import CHANNEL
from tizmor.storage.postgres.statement import statement
from tizmor.storage.postgres.verdict import Verdict, verdict
from tizmor.storage.postgres.wire import Connection, Wire

PATIENCE_S = 15.0

# Plans are made once, when the tables may still be small, and for any number of rows: they must not
# scan a table later, nor go through all rows for each. A commit that isn't synced is no commit.
_SET_UP = (
    "SELECT set_config('enable_seqscan', 'off', false), set_config('jit', 'off', false),"
    " set_config('enable_nestloop', 'off', false), set_config('enable_mergejoin', 'off', false),"
    " set_config('plan_cache_mode', 'force_generic_plan', false),"
    " set_config('default_transaction_isolation', 'read committed', false),"
    " CASE WHEN current_setting('synchronous_commit') = 'off'"
    " THEN set_config('synchronous_commit', 'on', false) END"
)
_LET_GO = "UPDATE executions SET owner = NULL WHERE id = ANY($1) AND owner = $2"
_OWNED = "SELECT id, epoch FROM executions WHERE id = ANY($1) AND owner = $2"
_SEND = (
    "WITH target AS (SELECT id, owner FROM executions WHERE id = $1), sent AS ("
    " INSERT INTO inbox (execution, kind, payload, created_at_ms)"
    " SELECT id, $2, $3, $4 FROM target RETURNING id)"
    f" SELECT sent.id, pg_notify('{CHANNEL}', coalesce(target.owner, '-')) FROM sent, target"
)
# Who writes blobs keeps out, for the transaction, who removes those that nobody refers to.
KEEP_BLOBS = "SELECT pg_advisory_xact_lock_shared(hashtext('tizmor blobs'))"

_T = TypeVar("_T")


class Writer:
    """Writes in the name of its lease, which begins when it first must: a process that only looks
    leaves no trace."""

    def __init__(self, url: str, lease: Lease, clock: Clock) -> None:
        self._wire = Wire(url, f"writer {lease.me}", prepare=self._set_up, patience_s=PATIENCE_S)
        self._lease = lease
        self._me = lease.me
        self._clock = clock
        self._links: dict[int, Link] = {}
        # Executions whose creation was tried: by commits before, and by this one.
        self._tried: set[int] = set()
        self._creating: set[int] = set()
        self._origin = 0
        self.failing = False
        """Whether the last commit was not kept: it may be tried again, or given up."""

    async def commit(self, appends: Sequence[Append]) -> list[int | None]:
        """As the port says, `StorageFailed` only once a new connection was of no help either."""
        if len({append.execution for append in appends}) != len(appends):
            raise ValueError("an execution may be in a commit once only")
        if not appends:
            return []
        self.failing = True
        self._tried, self._creating = self._creating, _creates(appends)
        if sum(len(append.events) for append in appends) <= position.PLACES:
            kept = await self._use(partial(self._commit, appends=appends))
        else:
            kept = [await self._commit_long(append) for append in appends]
        self.failing = False
        return kept

    async def adopt(self, executions: Sequence[int]) -> list[StoredExecution]:
        """Take, in one transaction, all of these that no living process owns."""
        return await self._use(partial(self._adopt, executions=executions))

    async def let_go(self, execution: int) -> None:
        """Give up one that this process owns."""
        await self._wire.use(lambda connection: connection.execute(_LET_GO, [execution], self._me))
        self._links.pop(execution, None)

    async def send(self, execution: int, kind: InboxKind, payload: bytes) -> int:
        """Write an inbox row and wake the owner; the row's id."""
        row = (execution, kind.value, payload, self._now_ms())
        sent = await self._wire.use(
            lambda connection: connection.fetchrow(_SEND, *row), repeatable=False
        )
        if sent is None:
            raise UnknownExecution(f"there is no execution {public_id(execution)}")
        return int(sent["id"])

    async def renew(self) -> None:
        """Renew the lease over the connection that commits: who can't write says nothing."""
        await self._wire.use(self._lease.renew)

    async def close(self) -> None:
        """Give up what this process owns."""
        if self._lease.began:
            await self._wire.use(self._leave)
        await self._wire.close()

    async def _set_up(self, connection: Connection) -> None:
        await connection.execute(_SET_UP)
        self._origin = await position.origin(connection)

    async def _use(self, work: Callable[[Connection], Awaitable[_T]]) -> _T:
        async def owning(connection: Connection) -> _T:
            await self._lease.begin(connection)
            return await work(connection)

        return await self._wire.use(owning)

    async def _commit_long(self, append: Append) -> int | None:
        """One append in as many transactions as it needs, by ascending number."""
        first: int | None = None
        for piece in _pieces(append):
            kept = (await self._use(partial(self._commit, appends=[piece])))[0]
            if kept is None:
                return None
            first = kept if first is None else first
        return first

    async def _commit(self, connection: Connection, appends: Sequence[Append]) -> list[int | None]:
        try:
            return await self._try(connection, appends)
        except BaseException:
            self._tried |= self._creating  # it may have been done
            raise

    async def _try(self, connection: Connection, appends: Sequence[Append]) -> list[int | None]:
        batch = Batch(self._links, self._now_ms())
        added = [batch.add(append) for append in appends]
        fenced = [append for append in appends if append.fences]
        audited = any(append.audit for append in appends)
        if all(added) and not batch.has_blobs and not fenced and not audited:
            written, judged = await self._write(connection, batch, appends)
        else:
            async with connection.transaction():
                if fenced:
                    await give_up_void(connection, self._me, fenced)
                if audited:
                    await audit.lock(connection)
                if batch.has_blobs:
                    await connection.execute(KEEP_BLOBS)
                written, judged = await self._write(connection, batch, appends)
                entries = [e for a in appends if a.execution in written for e in a.audit]
                if entries:
                    await audit.append(connection, entries)
        self._remember(batch, written, judged, appends)
        positions = {number: answer.position for number, answer in judged.items()} | {
            number: batch.first_position(number, turn) for number, turn in written.items()
        }
        lost = await self._lost_meanwhile(connection, appends)
        return [
            None if append.execution in lost else positions[append.execution] for append in appends
        ]

    async def _write(
        self, connection: Connection, batch: Batch, appends: Sequence[Append]
    ) -> tuple[dict[int, int], dict[int, Verdict]]:
        """The turns of what was claimed and written, and verdicts on all others."""
        written: dict[int, int] = {}
        if batch.links:
            sql, arguments = statement(batch.rows)
            rows = await connection.fetch(sql, self._me, self._origin, *arguments)
            written = {row["id"]: row["turn"] for row in rows}
        judged = {
            append.execution: await verdict(
                connection, self._me, append, retried=append.execution in self._tried
            )
            for append in appends
            if append.execution not in written
        }
        return written, judged

    def _remember(
        self,
        batch: Batch,
        written: Collection[int],
        judged: dict[int, Verdict],
        appends: Sequence[Append],
    ) -> None:
        for append in appends:
            number = append.execution
            link = batch.links[number] if number in written else judged[number].link
            if link is None or (append.release and number in written):
                self._links.pop(number, None)
            else:
                self._links[number] = link

    async def _lost_meanwhile(self, connection: Connection, appends: Sequence[Append]) -> set[int]:
        """Executions that another process took while this one was stopped past its lease.

        The commit itself was checked; but who was stopped behind it must not go on to act.
        """
        if not self._lease.is_over():
            return set()
        await self._lease.renew(connection)
        held = {append.execution: append.epoch for append in appends if not append.release}
        owned = await connection.fetch(_OWNED, list(held), self._me)
        lost = held.keys() - {row["id"] for row in owned if held[row["id"]] == row["epoch"]}
        for execution in lost:
            self._links.pop(execution, None)
        return lost

    async def _adopt(
        self, connection: Connection, executions: Sequence[int]
    ) -> list[StoredExecution]:
        adopted = await adopt(connection, self._me, executions)
        self._links.update(adopted.links)
        return adopted.executions

    async def _leave(self, connection: Connection) -> None:
        async with connection.transaction():
            await connection.execute(_LET_GO, list(self._links), self._me)
            await self._lease.end(connection)
        self._links.clear()

    def _now_ms(self) -> int:
        return int(self._clock.now().timestamp() * 1000)


def _creates(appends: Sequence[Append]) -> set[int]:
    return {append.execution for append in appends if append.create is not None}


def _pieces(append: Append) -> Iterator[Append]:
    """The append, so that none has more events than a transaction has places. What stands as of the
    whole comes with the last."""
    places = position.PLACES
    for start in range(0, len(append.events), places):
        events = append.events[start : start + places]
        if start + places < len(append.events):
            yield Append(
                execution=append.execution,
                epoch=append.epoch,
                first_seq=append.first_seq + start,
                events=events,
                create=append.create if start == 0 else None,
                fences=append.fences,
            )
        else:
            yield msgspec.structs.replace(
                append,
                first_seq=append.first_seq + start,
                events=events,
                create=append.create if start == 0 else None,
            )
