"""Group commit: all that all executions have to say goes to disk in one write at a time.

While one commit runs, what comes up is collected for the next; there is no timer between commits
under load. A commit begins when all that is ready has run: a short execution is one append, and
those that were released together are written together. An event that nobody waits for doesn't
start a commit of its own: it rides with the next, at the latest after `LINGER_S`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from msgspec import structs

from tizmor.core import checkpoint
from tizmor.core.errors import EngineError, OwnershipLost, StorageFailed
from tizmor.engine.audit import entry_of
from tizmor.engine.live import Live, Unwritten
from tizmor.engine.projections import (
    RESTS,
    execution_row,
    message_rows,
    shared_rows,
    step_rows,
    waiting_rows,
)
from tizmor.ports.clock import Clock
from tizmor.ports.journal import Append, Committed, Journal

_log = logging.getLogger("tizmor.engine")

MAX_EVENTS = 512
"""Events in one commit, about: an execution's are not split."""
LINGER_S = 0.02
_PASSES = 16
"""How often the event loop goes round, at most, before what has come up is written."""
CHECKPOINT_S = 4.0
CHECKPOINT_EVENTS = 256
"""A checkpoint is due after so many seconds of activity, or when the journal has doubled since the
last one; a short execution has none. It holds all steps, so twice as many events as there are of
them pass between two: else those of a large plan would cost more than what they keep, and a plan of
reads, of which each is one event, would have one made when its last step ends."""
_MAX_MS = 2**63 - 1
_RETRY_S = (0.05, 0.1, 0.25, 0.5)


Trouble = Callable[[StorageFailed | None], None]
"""Told when the storage fails, and with None when it works again."""


class GroupCommit:
    """Writes the live executions' events, one commit at a time, until `patience_s` of failures.

    A commit that failed, or whose outcome is unknown, is tried again unchanged; meanwhile nothing
    that depends on it goes on. An execution whose rows can't be made is given to `park`, and spoils
    nobody else's commit. When patience ends, `failed` is called once with the error and
    every waiting barrier raises it. `let_go` is called for each execution that has ended on disk,
    or that another process owns, `kept` for each other one of which something has come to disk;
    `due_ms` tells the wall time of an execution's next timer.
    """

    def __init__(
        self,
        journal: Journal,
        clock: Clock,
        *,
        patience_s: float,
        trouble: Trouble,
        failed: Callable[[EngineError], None],
        let_go: Callable[[Live], None],
        kept: Callable[[Live], None],
        park: Callable[[Live, str, BaseException], None],
        due_ms: Callable[[int], int | None],
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._patience_s = patience_s
        self._trouble = trouble
        self._failed = failed
        self._let_go = let_go
        self._kept = kept
        self._park = park
        self._due_ms = due_ms
        self._waiting: dict[int, Live] = {}
        self._told: dict[int, None] = {}
        self._added = 0
        self.is_on = False
        """Whether commits are being made: what is added now is in the next, urgent or not."""
        self._parting: dict[int, Live] = {}
        self._in_flight: list[tuple[Live, Append]] = []
        self._task: asyncio.Task[None] | None = None
        self._linger: asyncio.TimerHandle | None = None
        self._error: EngineError | None = None

    def add(self, live: Live, *, urgent: bool) -> None:
        """This execution has something to write; `urgent` when somebody waits for it."""
        if self._error is not None:
            live.break_off(self._error)
        if live.lost:
            return
        self._waiting[live.execution] = live
        self._added += 1
        if not self.is_on:
            if urgent:
                self._start()
            elif self._linger is None:
                self._linger = asyncio.get_running_loop().call_later(LINGER_S, self._start)

    def add_first(self, live: Live) -> None:
        """Someone in another process waits for this one: it is in the next commit, however many
        others are waiting for theirs."""
        self._told[live.execution] = None
        self.add(live, urgent=True)

    def part(self, live: Live) -> None:
        """Give an execution up that was broken off: another process may go on with it."""
        if self._error is None:
            self._parting[live.execution] = live
            self._start()

    async def parted(self) -> None:
        """Wait until all that was given up is so on disk."""
        while self._parting:
            await next(iter(self._parting.values())).changed.wait()

    async def flush(self) -> None:
        """Wait until all that was added is on disk, or given up."""
        self._start()
        while self._task is not None:
            await asyncio.wait([self._task])
            self._start()  # what came up since isn't left to linger

    def _start(self) -> None:
        if self._linger is not None:
            self._linger.cancel()
            self._linger = None
        if self._task is None and (self._waiting or self._parting) and self._error is None:
            self._task = asyncio.get_running_loop().create_task(self._commit_all())
            self.is_on = True

    async def _commit_all(self) -> None:
        try:
            while self._waiting or self._parting:
                await self._come_up()
                self._in_flight = self._collect()
                await self._commit(self._in_flight)
        except EngineError as error:
            self._give_up(error)
        except Exception as error:
            _log.exception("the engine failed to write")
            self._give_up(
                EngineError(f"the engine failed to write: {type(error).__name__}: {error}")
            )
        finally:
            self._task = None
            self.is_on = False

    async def _come_up(self) -> None:
        """Let run what is ready, as long as that brings something to write and a commit isn't
        full."""
        self._added = 0
        for _ in range(_PASSES):
            before = self._added
            await asyncio.sleep(0)
            if self._added == before or self._added >= MAX_EVENTS:
                return

    def _collect(self) -> list[tuple[Live, Append]]:
        batch = []
        events = 0
        told, self._told = self._told, {}
        for execution in [*told, *self._waiting]:
            live = self._waiting.pop(execution, None)
            if live is None or live.lost:
                continue
            try:
                append = self._append_of(live)
            except Exception as error:
                self._park(live, "the journal", error)
                continue
            events += len(append.events)
            batch.append((live, append))
            if events >= MAX_EVENTS:
                break
        written = {live.execution for live, _ in batch}
        parting = [live for number, live in self._parting.items() if number not in written]
        return batch + [(live, _parting(live)) for live in parting]

    def _append_of(self, live: Live) -> Append:
        state = live.state
        live.appends += 1
        said, live.unwritten = live.unwritten, Unwritten()
        create, live.create = live.create, None
        row = execution_row(state)
        if row.status in RESTS:
            row = structs.replace(row, due_ms=_storable_ms(self._due_ms(live.execution)))
        elif state.deadline_ms is not None and not row.ended:
            row = structs.replace(row, due_ms=_storable_ms(state.deadline_ms))
        return Append(
            execution=live.execution,
            epoch=live.epoch,
            first_seq=live.written_seq - len(said.events) + 1,
            events=said.events,
            row=row,
            steps=step_rows(state, said.steps),
            waiting=waiting_rows(state, said.waiting) if said.waiting else (),
            shared=shared_rows(state, said.shared) if said.shared else (),
            messages=message_rows(state, said.messages) if said.messages else (),
            create=create,
            settles=said.settles,
            audit=[entry_of(state, *told) for told in said.audit] if said.audit else (),
            checkpoint=self._checkpoint_of(live),
            release=state.ended,
            fences=live.fences_of_append() if live.fences else (),
        )

    def _checkpoint_of(self, live: Live) -> bytes | None:
        """The state as bytes when one is due: at growing distances, and every few seconds as long
        as something happens. What ends needs none."""
        seq, at = live.last_checkpoint
        now = self._clock.monotonic()
        if not at:
            live.last_checkpoint = (live.durable_seq, now)
            return None
        old = now - at >= CHECKPOINT_S
        far = live.written_seq - seq >= max(CHECKPOINT_EVENTS, 2 * len(live.state.steps), seq)
        if not (old or far) or live.written_seq == seq or live.state.ended:
            return None
        live.last_checkpoint = (live.written_seq, now)
        return checkpoint.encode(live.state)

    async def _commit(self, batch: list[tuple[Live, Append]]) -> None:
        appends = [append for _, append in batch]
        positions = (await self._until_kept(appends)).first_positions
        for (live, append), position in zip(batch, positions, strict=True):
            if append.row is None:
                del self._parting[live.execution]
                live.tell()
            elif position is None:
                live.break_off(
                    OwnershipLost(
                        f"{live.public_id} is another process's now, or what it had locked is"
                    )
                )
                self._let_go(live)
            else:
                live.release(append.first_seq + len(append.events) - 1)
                if append.release:
                    self._let_go(live)
                else:
                    self._kept(live)

    async def _until_kept(self, appends: list[Append]) -> Committed:
        started = self._clock.monotonic()
        tries = 0
        while True:
            try:
                committed = await self._journal.commit(appends)
            except StorageFailed as error:
                self._trouble(error)
                if self._clock.monotonic() - started >= self._patience_s:
                    raise
                await asyncio.sleep(_RETRY_S[min(tries, len(_RETRY_S) - 1)])
                tries += 1
            else:
                if tries:
                    self._trouble(None)
                return committed

    def _give_up(self, error: EngineError) -> None:
        self._error = error
        for live in [*self._waiting.values(), *(live for live, _ in self._in_flight)]:
            live.break_off(error)
        self._waiting.clear()
        parting, self._parting = self._parting, {}
        for live in parting.values():
            live.tell()
        self._failed(error)


def _parting(live: Live) -> Append:
    return Append(
        execution=live.execution,
        epoch=live.epoch,
        first_seq=live.durable_seq + 1,
        events=(),
        release=True,
    )


def _storable_ms(due_ms: int | None) -> int | None:
    if due_ms is not None and due_ms > _MAX_MS:
        raise ValueError("a timer is set for a time that can't be written down")
    return due_ms
