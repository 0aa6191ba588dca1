"""Quotas in the shared tables: a sliding log of what was taken, and a fair line behind it.

A ticket waits (0), is granted (1), was used (2), or is parked while its holder waits for something
else (3). What counts against a quota are all that are
granted, and those that were used within its window: so however long a call takes to be made, no
window of that length holds more calls than the quota allows.

The line is served by start-time fair queuing (Goyal, Vin and Cheng, 1996): an execution's next
ticket gets the rank after its last one, or after the one served last, whichever is later. So who
comes with one call goes ahead of who still has a thousand waiting.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import NamedTuple

from tizmor.ports.locks import Holder
from tizmor.ports.quotas import Later, Slot, Use
from tizmor.storage.shared.work import AreDead, Moment, Shared, Statement, Tell, Work

_WAITING, _GRANTED = 0, 1
_AT_ONCE = 500
"""Tickets that are looked at in one go, at most."""

_MINE = (
    "SELECT name, state, owner FROM rate_tickets"
    " WHERE execution = ? AND step = ? AND state IN (0, 1, 3) ORDER BY name"
)
_KNOWN = (
    "INSERT INTO rate_limits (name, amount, window_ms) VALUES (?, ?, ?)"
    " ON CONFLICT (name) DO UPDATE SET amount = excluded.amount, window_ms = excluded.window_ms"
)
_LAST_RANK = (
    "SELECT served, (SELECT max(rank) FROM rate_tickets"
    " WHERE name = rate_limits.name AND execution = ? AND state = 0)"
    " FROM rate_limits WHERE name = ?"
)
_STAND = (
    "INSERT INTO rate_tickets (name, execution, step, owner, amount, state, at_ms, rank)"
    " VALUES (?, ?, ?, ?, ?, 0, ?, ?)"
)
_TAKE_OVER = (
    "UPDATE rate_tickets SET owner = ?, state = 0"
    " WHERE execution = ? AND step = ? AND state IN (0, 3)"
)
_SPENT = (
    "UPDATE rate_tickets SET state = 2, at_ms = ? WHERE execution = ? AND step = ? AND state = 1"
)
_PARK = "UPDATE rate_tickets SET state = 3 WHERE execution = ? AND step = ? AND state = 1"
_LEAVE = "DELETE FROM rate_tickets WHERE execution = ? AND step = ? AND state IN (0, 1, 3)"
_GRANT = (
    "UPDATE rate_tickets SET state = 1, at_ms = ? WHERE execution = ? AND step = ? AND state = 0"
)
_SERVED = "UPDATE rate_limits SET served = ? WHERE name = ? AND served < ?"
_FORGET = "DELETE FROM rate_tickets WHERE name = ? AND state = 2 AND at_ms <= ?"
_LIMIT = "SELECT amount, window_ms, blocked_until_ms FROM rate_limits WHERE name = ?"
_COUNTED = (
    "SELECT CAST(coalesce(sum(amount), 0) AS BIGINT) FROM rate_tickets"
    " WHERE name = ? AND state IN (1, 2)"
)
_LINE = (
    "SELECT execution, step, owner FROM rate_tickets"
    " WHERE name = ? AND state = 0 ORDER BY rank, id LIMIT ?"
)
_OWNERS = "SELECT DISTINCT owner FROM rate_tickets WHERE name = ? AND state IN (0, 1, 3)"
_LOSE_PLACE = "DELETE FROM rate_tickets WHERE name = ? AND owner = ? AND state IN (0, 3)"
_MAY_BE_USED = (
    "UPDATE rate_tickets SET state = 2, at_ms = ? WHERE name = ? AND owner = ? AND state = 1"
)
_TICKETS = (
    "SELECT name, amount, rank FROM rate_tickets"
    " WHERE execution = ? AND step = ? AND state = 0 ORDER BY name"
)
_AHEAD = (
    "SELECT count(*) FROM rate_tickets AS other, rate_tickets AS mine"
    " WHERE mine.execution = ? AND mine.step = ? AND mine.name = ? AND mine.state = 0"
    " AND other.name = mine.name AND other.state = 0 AND other.rank < mine.rank"
)
_WAITED_FOR = "SELECT DISTINCT name FROM rate_tickets WHERE owner = ? AND state = 0 ORDER BY name"
_GRANTED_TO = "SELECT DISTINCT execution, step FROM rate_tickets WHERE owner = ? AND state = 1"
_OLDEST = (
    "SELECT at_ms, amount FROM rate_tickets WHERE name = ? AND state = 2 ORDER BY at_ms LIMIT ?"
)
_BLOCK = "UPDATE rate_limits SET blocked_until_ms = ? WHERE name = ? AND blocked_until_ms < ?"


class _Limit(NamedTuple):
    amount: int
    window_ms: int
    blocked_until_ms: int


class SharedQuotas:
    """The `Quotas` of one process."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    async def take(self, holder: Holder, uses: Sequence[Use]) -> Slot | Later:
        return await self._shared.do(partial(_take, holder=holder, uses=uses))

    async def used(self, holder: Holder) -> None:
        await self._shared.do(partial(_use, holder=holder))

    async def stand_back(self, holder: Holder) -> None:
        await self._shared.do(partial(_free, holder=holder, statement=_PARK))

    async def leave(self, holder: Holder) -> None:
        await self._shared.do(partial(leave, holder=holder))

    async def heed(self, name: str, *, delay_ms: int) -> None:
        await self._shared.do(partial(_heed, name=name, delay_ms=delay_ms))


def _take(moment: Moment, holder: Holder, uses: Sequence[Use]) -> Work[Slot | Later]:
    mine = yield Statement(_MINE, holder)
    if any(state == _GRANTED and owner != moment.me for _, state, owner in mine):
        # Who was granted it may have made the call before it ended.
        yield Statement(_SPENT, (moment.now_ms, *holder))
        mine = []
    if any(state == _GRANTED for _, state, _ in mine):
        return Slot()
    if [name for name, _, _ in mine] == sorted(use.name for use in uses):
        yield Statement(_TAKE_OVER, (moment.me, *holder))
    else:
        yield Statement(_LEAVE, holder)
        for use in uses:
            yield from _stand_in_line(moment, holder, use)
    yield from serve(moment, [use.name for use in uses], asking=holder)
    waiting = [name for name, state, _ in (yield Statement(_MINE, holder)) if state == _WAITING]
    if not waiting:
        return Slot()
    latest = Later("", 0)
    for name in waiting:
        at_ms = yield from _expected(moment, holder, name)
        latest = max(latest, Later(name, at_ms), key=lambda later: later.at_ms)
    return latest


def _stand_in_line(moment: Moment, holder: Holder, use: Use) -> Work[None]:
    amount = min(use.amount, use.quota.amount)  # it would wait for more than there is for ever
    yield Statement(_KNOWN, (use.name, *use.quota))
    served, last = (yield Statement(_LAST_RANK, (holder.execution, use.name)))[0]
    rank = 1 + max(served, last or 0)
    yield Statement(_STAND, (use.name, *holder, moment.me, amount, moment.now_ms, rank))


def serve(moment: Moment, names: Iterable[str], *, asking: Holder | None = None) -> Work[None]:
    """Grant what there is room for, in the order of the line, and tell whose turn has come but for
    who asks: that one sees it."""
    room: dict[str, int] = {}
    told: set[str] = set()
    for name in names:
        if name not in room:
            room[name] = yield from _room(moment, name)
        yield from _without_the_dead(moment, name)
        if room[name] > 0:
            line = yield Statement(_LINE, (name, min(room[name], _AT_ONCE)))
            for execution, step, owner in line:
                holder = Holder(execution, step)
                if (yield from _granted(moment, holder, room)) and holder != asking:
                    told.add(owner)
    if told:
        yield Tell(tuple(sorted(told)))


def _granted(moment: Moment, holder: Holder, room: dict[str, int]) -> Work[bool]:
    """Grant a holder all of its tickets, if every quota has room for it."""
    tickets = yield Statement(_TICKETS, holder)
    for name, amount, _ in tickets:
        if name not in room:
            room[name] = yield from _room(moment, name)
        if room[name] < amount:
            return False
    yield Statement(_GRANT, (moment.now_ms, *holder))
    for name, amount, rank in tickets:
        room[name] -= amount
        yield Statement(_SERVED, (rank, name, rank))
    return bool(tickets)


def _room(moment: Moment, name: str) -> Work[int]:
    """How much may be taken of a quota now."""
    limit = _Limit(*(yield Statement(_LIMIT, (name,)))[0])
    yield Statement(_FORGET, (name, moment.now_ms - limit.window_ms))
    if limit.blocked_until_ms > moment.now_ms:
        return 0
    counted: int = (yield Statement(_COUNTED, (name,)))[0][0]
    return limit.amount - counted


def _without_the_dead(moment: Moment, name: str) -> Work[None]:
    """Nobody stands in line for the dead; what they were granted may have been used."""
    owners = tuple(owner for (owner,) in (yield Statement(_OWNERS, (name,))))
    for (owner,) in (yield AreDead(owners)) if owners else []:
        yield Statement(_LOSE_PLACE, (name, owner))
        yield Statement(_MAY_BE_USED, (moment.now_ms, name, owner))


def _expected(moment: Moment, holder: Holder, name: str) -> Work[int]:
    """When the holder's turn comes, if all before it take one each."""
    limit = _Limit(*(yield Statement(_LIMIT, (name,)))[0])
    ahead: int = (yield Statement(_AHEAD, (*holder, name)))[0][0]
    first = yield from next_ms(moment, name)
    return first + ahead // limit.amount * limit.window_ms


def next_ms(moment: Moment, name: str) -> Work[int]:
    """When the quota may have room again, at the earliest."""
    limit = _Limit(*(yield Statement(_LIMIT, (name,)))[0])
    oldest = yield Statement(_OLDEST, (name, 1))
    taken_ms = min((at_ms for at_ms, _ in oldest), default=moment.now_ms)
    return max(taken_ms + limit.window_ms, limit.blocked_until_ms, moment.now_ms)


def _use(moment: Moment, holder: Holder) -> Work[None]:
    yield Statement(_SPENT, (moment.now_ms, *holder))


def _free(moment: Moment, holder: Holder, statement: str) -> Work[None]:
    mine = yield Statement(_MINE, holder)
    if mine:
        yield Statement(statement, holder)
        yield from serve(moment, [name for name, _, _ in mine])


def next_in_line(moment: Moment) -> Work[tuple[list[Holder], int | None]]:
    """The holders of this process that were granted a place, and when there may be room for more of
    those that stand in line."""
    waiting = [name for (name,) in (yield Statement(_WAITED_FOR, (moment.me,)))]
    yield from serve(moment, waiting)
    granted = [Holder(*row) for row in (yield Statement(_GRANTED_TO, (moment.me,)))]
    next_look: int | None = None
    for (name,) in (yield Statement(_WAITED_FOR, (moment.me,))):
        at_ms = yield from next_ms(moment, name)
        next_look = at_ms if next_look is None else min(next_look, at_ms)
    return granted, next_look


def leave(moment: Moment, holder: Holder) -> Work[None]:
    """Take a holder's tickets away that it didn't use."""
    yield from _free(moment, holder, _LEAVE)


def _heed(moment: Moment, name: str, delay_ms: int) -> Work[None]:
    not_before_ms = moment.now_ms + delay_ms
    yield Statement(_BLOCK, (not_before_ms, name, not_before_ms))
