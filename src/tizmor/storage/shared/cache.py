"""Kept answers in the shared tables.

A look-up is one or two selects by an index, outside of any transaction that writes. When an answer
was used, and how often, is noted in memory and written a little later: absolute numbers, so that
writing them twice does no harm. A process that is killed loses what it noted in those seconds.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any

import msgspec

from tizmor.core.errors import EngineError
from tizmor.ports.cache import CacheUse, Computing, Kept, Mine, Source, Use, Wanted
from tizmor.ports.locks import Holder
from tizmor.storage.shared import cache_counts, computations
from tizmor.storage.shared.cache_room import Room, make_room
from tizmor.storage.shared.work import Moment, Rows, Shared, Statement, Work, refuse_unless_owner

_log = logging.getLogger("tizmor.storage")

DEFAULT_BYTES = 64 * 1024 * 1024
_WRITE_AFTER_S = 2.0
_ENTRY = "SELECT id, output, sources, expires_at_ms FROM cache_entries"
_EXACT = f"{_ENTRY} WHERE key = ? AND id > ?"
_ALIKE = f"{_ENTRY} WHERE meaning = ? AND id > ? ORDER BY meaning DESC, id DESC LIMIT 1"
_REMOVE = "DELETE FROM cache_entries WHERE key = ?"
_KEEP = (
    "INSERT INTO cache_entries"
    " (key, meaning, agent, output, sources, size, expires_at_ms, used_at_ms)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
_DISTRUST = (
    "UPDATE cache_entries SET meaning = NULL WHERE meaning ="
    " (SELECT meaning FROM cache_entries WHERE id = ?)"
)
_USED = "UPDATE cache_entries SET used_at_ms = ? WHERE id = ? AND used_at_ms < ?"
_COUNT = "SELECT count(*) FROM cache_entries WHERE agent = ?"
_COUNT_ALL = "SELECT count(*) FROM cache_entries"
_ROW_BYTES = 400
"""What a row and its places in the indexes take beside its values."""

_outputs = msgspec.json.Decoder(dict[str, Any])
_sources = msgspec.json.Decoder(list[Source])


class SharedCache:
    """The `Cache` of one process."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self.room = Room(DEFAULT_BYTES)
        self._counts: dict[str, Counter[Use]] = {}
        self._changed: set[str] = set()
        self._used: dict[int, None] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._writing: asyncio.Task[None] | None = None

    def limit(self, most_bytes: int) -> None:
        """How much may be kept, of all agents together."""
        self.room = Room(most_bytes)

    async def find(self, wanted: Wanted) -> Kept | None:
        return await self._shared.look(partial(_found, wanted=wanted, after=0))

    async def claim(
        self, holder: Holder, wanted: Wanted, *, after: int = 0
    ) -> Kept | Mine | Computing:
        return await self._shared.do(partial(_claim, holder=holder, wanted=wanted, after=after))

    async def keep(
        self,
        holder: Holder,
        wanted: Wanted,
        output: dict[str, Any],
        *,
        sources: Sequence[Source],
        lasts_ms: int,
    ) -> None:
        written = msgspec.json.encode(output), msgspec.json.encode(sources)
        size = sum(map(len, written)) + _ROW_BYTES
        if size > self.room.most_bytes:
            await self.leave(holder)
            return
        work = partial(
            _keep, holder=holder, wanted=wanted, written=written, size=size, lasts_ms=lasts_ms
        )
        await self._shared.do(work)
        if self.room.is_used_up_by(size):
            self.room.seen(await self._shared.do(partial(make_room, most=self.room.most_bytes)))

    async def leave(self, holder: Holder) -> None:
        await self._shared.do(partial(_leave, holder=holder))

    async def distrust(self, kept: Kept) -> None:
        await self._shared.do(partial(_distrust, entry=kept.id))

    def note(self, agent: str, use: Use, kept: Kept | None = None) -> None:
        counts = self._counts.setdefault(agent, Counter())
        counts[use] += 1
        if use in _BY_MEANING:
            counts[Use.ALIKE] += use is not Use.ALIKE
            counts[Use.HIT] += 1
        self._changed.add(agent)
        if kept is not None:
            self._used[kept.id] = None
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_WRITE_AFTER_S, self._write_soon)

    async def uses(self) -> Sequence[CacheUse]:
        await self._write()
        return await self._shared.look(cache_counts.uses)

    async def clear(self, agent: str | None = None) -> int:
        self._counts = (
            {} if agent is None else {a: c for a, c in self._counts.items() if a != agent}
        )
        self._changed.intersection_update(self._counts)
        removed = (await self._shared.look(partial(_counted, agent=agent)))[0][0]
        await self._shared.do(partial(cache_counts.clear, agent=agent))
        self.room.forget()
        return int(removed)

    async def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._writing is not None:
            await asyncio.wait([self._writing])
        await self._write()

    def _write_soon(self) -> None:
        self._timer = None
        self._writing = asyncio.get_running_loop().create_task(self._write())

    async def _write(self) -> None:
        changed, self._changed = self._changed, set()
        used, self._used = self._used, {}
        if not (changed or used):
            return
        counts = {agent: self._counts[agent].copy() for agent in sorted(changed)}
        try:
            await self._shared.do(partial(_note, counts=counts, used=tuple(used)))
        except EngineError as error:
            self._changed |= changed  # they come with the next
            _log.warning("what was served from the cache can't be counted now: %s", error)


_BY_MEANING = frozenset({Use.ALIKE, Use.VERIFIED, Use.FALSE})


def _found(moment: Moment, wanted: Wanted, after: int) -> Work[Kept | None]:
    kept = _read(moment, (yield Statement(_EXACT, (wanted.key, after))), alike=False)
    if kept is None and wanted.meaning is not None:
        kept = _read(moment, (yield Statement(_ALIKE, (wanted.meaning, after))), alike=True)
    return kept


def _read(moment: Moment, rows: Rows, *, alike: bool) -> Kept | None:
    """What lasts still. What can't be read is as good as gone: it is worked out anew."""
    for number, output, sources, expires_at_ms in rows:
        if expires_at_ms <= moment.now_ms:
            continue
        try:
            return Kept(number, _outputs.decode(output), _sources.decode(sources), alike)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            _log.warning("kept answer %s can't be read: %s", number, error)
    return None


def _claim(
    moment: Moment, holder: Holder, wanted: Wanted, after: int
) -> Work[Kept | Mine | Computing]:
    kept = yield from _found(moment, wanted, after)
    if kept is not None:
        return kept
    key = wanted.meaning or wanted.key
    if (yield from computations.claim(moment, holder, key)):
        return Mine()
    yield from refuse_unless_owner(moment, holder.execution)
    return Computing()


def _keep(
    moment: Moment,
    holder: Holder,
    wanted: Wanted,
    written: tuple[bytes, bytes],
    size: int,
    lasts_ms: int,
) -> Work[None]:
    yield Statement(_REMOVE, (wanted.key,))
    values = (wanted.key, wanted.meaning, wanted.agent, *written, size)
    yield Statement(_KEEP, (*values, moment.now_ms + lasts_ms, moment.now_ms))
    yield from computations.give_up(moment, holder)


def _leave(moment: Moment, holder: Holder) -> Work[None]:
    yield from computations.give_up(moment, holder)


def _distrust(moment: Moment, entry: int) -> Work[None]:
    yield Statement(_DISTRUST, (entry,))


def _note(moment: Moment, counts: dict[str, Counter[Use]], used: tuple[int, ...]) -> Work[None]:
    for entry in used:
        yield Statement(_USED, (moment.now_ms, entry, moment.now_ms))
    yield from cache_counts.note(moment, counts)


def _counted(moment: Moment, agent: str | None) -> Work[Rows]:
    if agent is None:
        return (yield Statement(_COUNT_ALL)) or [(0,)]
    return (yield Statement(_COUNT, (agent,))) or [(0,)]
