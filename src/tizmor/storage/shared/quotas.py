"""Quotas in the shared tables: a sliding log of what was taken, and a fair line behind it.

A call has a ticket for each quota, and stands in one line after the other: its ticket is ahead (4),
waits (0), is granted (1); once all are and it has come for them, it is being made (5), and was used
(2) when it is over. What has to wait for something else has parked its tickets (3).

What counts against a quota (`taken`) are all that are granted or being made, and those that were
used within its window: so however long a call takes to be made, no window of that length holds more
calls than the quota allows.

The line is served by start-time fair queuing (Goyal, Vin and Cheng, 1996): an execution's next
ticket gets the rank after its last one, or after the one served last, whichever is later. So who
comes with one call goes ahead of who still has a thousand waiting. Nobody is passed over for
wanting more than there is just now.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from tizmor.ports.locks import Holder
from tizmor.ports.quotas import AS_RESERVED, Later, Left, Slot, Standing, Use
from tizmor.storage.shared import room
from tizmor.storage.shared.work import (
    AreDead,
    Moment,
    Shared,
    Statement,
    Tell,
    Work,
    refuse_the_stale,
    refuse_unless_owner,
)

_WAITING, _GRANTED, _PARKED, _AHEAD, _CALLING = 0, 1, 3, 4, 5
_AT_ONCE = 500
"""Tickets that are granted in one go, at most."""

_MINE = (
    "SELECT id, name, amount, state, rank, owner FROM rate_tickets"
    " WHERE execution = ? AND step = ? AND state <> 2 ORDER BY id"
)
_KNOWN = (
    "INSERT INTO rate_limits (name, amount, window_ms) VALUES (?, ?, ?)"
    " ON CONFLICT (name) DO UPDATE SET amount = excluded.amount, window_ms = excluded.window_ms"
    " WHERE rate_limits.amount <> excluded.amount"
    " OR rate_limits.window_ms <> excluded.window_ms"
)
_TICKET = (
    "INSERT INTO rate_tickets (name, execution, step, owner, amount, state, at_ms, rank)"
    " VALUES (?, ?, ?, ?, ?, 4, ?, 0) RETURNING id, name, amount, state, rank, owner"
)
_LAST_RANK = (
    "SELECT served, coalesce((SELECT max(rank) FROM rate_tickets WHERE execution = ?"
    " AND rate_tickets.name = rate_limits.name AND state = 0), 0)"
    " FROM rate_limits WHERE name = ?"
)
_TAKE_OVER = "UPDATE rate_tickets SET owner = ? WHERE execution = ? AND step = ? AND state <> 2"
_PUT_AHEAD = "UPDATE rate_tickets SET state = 4 WHERE id = ?"
_WAIT = "UPDATE rate_tickets SET state = 0, rank = ? WHERE id = ?"
_TO_BE_MADE = "UPDATE rate_tickets SET state = 5 WHERE execution = ? AND step = ? AND state <> 2"
_SPENT = "UPDATE rate_tickets SET state = 2, at_ms = ?, owner = '', amount = ? WHERE id = ?"
_PARK = "UPDATE rate_tickets SET state = 3 WHERE execution = ? AND step = ? AND state <> 2"
_LEAVE = "DELETE FROM rate_tickets WHERE execution = ? AND step = ? AND state <> 2"
_GRANT = (
    "UPDATE rate_tickets SET state = 1"
    " WHERE name = ? AND state = 0 AND (rank < ? OR (rank = ? AND id <= ?))"
)
_NEXT_TICKET = (
    "SELECT id, name, rank FROM rate_tickets WHERE execution = ? AND step = ? AND state = 4"
    " ORDER BY id LIMIT 1"
)
_SERVED = (
    "UPDATE rate_limits SET taken = taken + ?, left_amount = left_amount - ?,"
    " served = CASE WHEN served < ? THEN ? ELSE served END WHERE name = ?"
)
_LINE = (
    "SELECT id, execution, step, owner, amount, rank FROM rate_tickets"
    " WHERE name = ? AND state = 0 ORDER BY rank, id LIMIT ?"
)
# An index is skipped through, here and below: one look for each quota, not for each ticket.
_WAITED_FOR = (
    "WITH RECURSIVE one (name) AS"
    " (SELECT min(name) FROM rate_tickets WHERE owner = ? AND state = 0"
    " UNION ALL SELECT (SELECT min(name) FROM rate_tickets"
    " WHERE owner = ? AND state = 0 AND name > one.name)"
    " FROM one WHERE one.name IS NOT NULL)"
    " SELECT name FROM one WHERE name IS NOT NULL"
)
_GRANTED_TO = (
    "SELECT DISTINCT execution, step FROM rate_tickets AS mine WHERE owner = ? AND state = 1"
    " AND NOT EXISTS (SELECT 1 FROM rate_tickets AS other WHERE other.execution = mine.execution"
    " AND other.step = mine.step AND other.state IN (0, 4))"
)
_OWNERS = (
    "WITH RECURSIVE one (owner) AS (SELECT min(owner) FROM rate_tickets WHERE owner > ''"
    " UNION ALL SELECT (SELECT min(owner) FROM rate_tickets WHERE owner > one.owner)"
    " FROM one WHERE one.owner IS NOT NULL)"
    " SELECT owner FROM one WHERE owner IS NOT NULL"
)
_HOLDERS = "SELECT DISTINCT execution, step FROM rate_tickets WHERE owner = ? AND state <> 2"


class _Ticket(NamedTuple):
    id: int
    name: str
    amount: int
    state: int
    rank: int
    owner: str

    @property
    def counts(self) -> bool:
        return self.state in (_GRANTED, _CALLING)


class SharedQuotas:
    """The `Quotas` of one process."""

    def __init__(self, shared: Shared, step_aside: Callable[[Holder], Work[None]]) -> None:
        """`step_aside`: who has to wait here gives up the places where it stands in line for what
        it asks for after that."""
        self._shared = shared
        self._step_aside = step_aside

    async def take(self, holder: Holder, uses: Sequence[Use]) -> Slot | Later:
        return await self._shared.do(partial(self._take, holder=holder, uses=uses))

    async def used(self, holder: Holder, spent: Mapping[str, int] = AS_RESERVED) -> None:
        await self._shared.do(partial(_if_mine, holder=holder, then=partial(_used, spent=spent)))

    async def stand_back(self, holder: Holder) -> None:
        park = partial(_give_back, statement=_PARK)
        await self._shared.do(partial(_if_mine, holder=holder, then=park))

    async def leave(self, holder: Holder) -> None:
        leave = partial(_give_back, statement=_LEAVE)
        await self._shared.do(partial(_if_mine, holder=holder, then=leave))

    async def heed(self, name: str, left: Left) -> None:
        await self._shared.do(partial(room.heed, name=name, left=left))

    async def standing(self) -> Sequence[Standing]:
        return await self._shared.look(room.standing)

    def _take(self, moment: Moment, holder: Holder, uses: Sequence[Use]) -> Work[Slot | Later]:
        answer = yield from _take(moment, holder, uses)
        if isinstance(answer, Later):
            yield from refuse_unless_owner(moment, holder.execution)
            yield from self._step_aside(holder)
        return answer


def _take(moment: Moment, holder: Holder, uses: Sequence[Use]) -> Work[Slot | Later]:
    mine = yield from _tickets(holder)
    if any(ticket.owner != moment.me for ticket in mine):
        yield from refuse_the_stale(moment, holder.execution, [t.owner for t in mine])
        mine = yield from _taken_over(moment, holder, mine)
    if [ticket.name for ticket in mine] != [use.name for use in uses]:
        left = yield from _used(moment, holder, mine, AS_RESERVED)
        yield from _give_back(moment, holder, left, _LEAVE)
        mine = []
        for use in uses:
            amount = min(use.amount, use.quota.amount)  # it would wait for ever for more
            yield Statement(_KNOWN, (use.name, *use.quota))
            values = (use.name, *holder, moment.me, amount, moment.now_ms)
            mine += [_Ticket(*row) for row in (yield Statement(_TICKET, values))]
    if all(ticket.state in (_PARKED, _AHEAD) for ticket in mine):
        yield from _stand_in_line(holder, mine[0].id, mine[0].name, mine[0].rank)
        yield from _put_ahead(mine[1:])
        mine[0] = mine[0]._replace(state=_WAITING)
    if any(ticket.state == _WAITING for ticket in mine):
        yield from serve(moment, [t.name for t in mine if t.state == _WAITING], asking=holder)
        mine = yield from _tickets(holder)
    waiting = next((ticket for ticket in mine if ticket.state == _WAITING), None)
    if waiting is None:
        yield Statement(_TO_BE_MADE, holder)
        return Slot()
    return Later(waiting.name, (yield from _expected(moment, waiting)))


def _if_mine(
    moment: Moment, holder: Holder, then: Callable[[Moment, Holder, list[_Ticket]], Work[object]]
) -> Work[None]:
    """What a process says of its own call, also when it has lost the execution to another: of that
    one's call it says nothing."""
    mine = yield from _tickets(holder)
    if all(ticket.owner == moment.me for ticket in mine):
        yield from then(moment, holder, mine)


def _tickets(holder: Holder) -> Work[list[_Ticket]]:
    return [_Ticket(*row) for row in (yield Statement(_MINE, holder))]


def _taken_over(moment: Moment, holder: Holder, mine: Sequence[_Ticket]) -> Work[list[_Ticket]]:
    """The tickets of a holder that another process had: a call that it was making counts."""
    if any(ticket.state == _CALLING for ticket in mine):
        yield from _used(moment, holder, mine, AS_RESERVED)
    yield Statement(_TAKE_OVER, (moment.me, *holder))
    return (yield from _tickets(holder))


def _put_ahead(tickets: Iterable[_Ticket]) -> Work[None]:
    for ticket in tickets:
        if ticket.state == _PARKED:
            yield Statement(_PUT_AHEAD, (ticket.id,))


def _stand_in_line(holder: Holder, ticket: int, name: str, rank: int) -> Work[None]:
    """Let a ticket wait: behind the others of its execution, or where it has stood before."""
    if not rank:
        served, last = (yield Statement(_LAST_RANK, (holder.execution, name)))[0]
        rank = 1 + max(served, last)
    yield Statement(_WAIT, (rank, ticket))


def serve(moment: Moment, names: Iterable[str], *, asking: Holder | None = None) -> Work[None]:
    """Grant what there is room for, in the order of the lines, and tell whose turn has come but for
    who asks: that one sees it."""
    told: set[str] = set()
    to_serve = deque(dict.fromkeys(names))
    while to_serve:
        for holder, owner in (yield from _granted(moment, to_serve.popleft())):
            following = yield Statement(_NEXT_TICKET, holder)
            if following:
                ticket, name, rank = following[0]
                yield from _stand_in_line(holder, ticket, name, rank)
                if name not in to_serve:
                    to_serve.append(name)
            elif holder != asking:
                told.add(owner)
    if told:
        yield Tell(tuple(sorted(told)))


def _granted(moment: Moment, name: str) -> Work[list[tuple[Holder, str]]]:
    """Grant the first in line what there is room for: they, and whose they are."""
    left = yield from room.left_of(moment, name)
    if left <= 0:
        return []
    line = yield Statement(_LINE, (name, min(left, _AT_ONCE)))
    granted = []
    amount = last_id = last_rank = 0
    for ticket, execution, step, owner, wanted, rank in line:
        if amount + wanted > left:
            break
        amount, last_id, last_rank = amount + wanted, ticket, rank
        granted.append((Holder(execution, step), owner))
    if granted:
        yield Statement(_GRANT, (name, last_rank, last_rank, last_id))
        yield Statement(_SERVED, (amount, amount, last_rank, last_rank, name))
    return granted


def _expected(moment: Moment, waiting: _Ticket) -> Work[int]:
    """When a turn comes at the earliest: when those of the same execution before it have had
    theirs."""
    limit = yield from room.limit_of(waiting.name)
    ahead = max(0, waiting.rank - limit.served - 1)
    first = yield from room.next_ms(moment, waiting.name, limit)
    return first + ahead // limit.amount * limit.window_ms


def _used(
    moment: Moment, holder: Holder, mine: Sequence[_Ticket], spent: Mapping[str, int]
) -> Work[list[_Ticket]]:
    """Count the call that was being made with a holder's tickets, `mine`; those that are left."""
    less = []
    for ticket in mine:
        if ticket.state == _CALLING:
            amount = max(0, spent.get(ticket.name, ticket.amount))
            yield Statement(_SPENT, (moment.now_ms, amount, ticket.id))
            if amount != ticket.amount:
                yield room.free(ticket.name, ticket.amount - amount)
            if amount < ticket.amount:
                less.append(ticket.name)
    if less:
        yield from serve(moment, less)
        return (yield from _tickets(holder))
    return [ticket for ticket in mine if ticket.state != _CALLING]


def park(moment: Moment, holder: Holder) -> Work[None]:
    """A holder has to wait for something else: it keeps its place in line, and has no turn."""
    yield from _give_back(moment, holder, (yield from _tickets(holder)), _PARK)


def let_go(moment: Moment, holder: Holder) -> Work[None]:
    """Take a holder's tickets away, whosever they are. What a call was being made with counts: that
    it was made, its process may not have lived to say."""
    mine = yield from _tickets(holder)
    left = yield from _used(moment, holder, mine, AS_RESERVED)
    yield from _give_back(moment, holder, left, _LEAVE)


def _give_back(
    moment: Moment, holder: Holder, mine: Sequence[_Ticket], statement: str
) -> Work[None]:
    """Take a holder's tickets away, `mine`, or park them: it didn't use them."""
    if not mine:
        return
    yield Statement(statement, holder)
    for ticket in mine:
        if ticket.counts:
            yield room.free(ticket.name, ticket.amount)
    yield from serve(moment, [ticket.name for ticket in mine if ticket.state != _PARKED])


def next_in_line(moment: Moment) -> Work[tuple[list[Holder], int | None]]:
    """The holders of this process that were granted all that they wait for, and when there may be
    room for more of those that stand in line."""
    yield from _without_the_dead(moment)
    waited_for = Statement(_WAITED_FOR, (moment.me, moment.me))
    yield from serve(moment, [name for (name,) in (yield waited_for)])
    granted = [Holder(*row) for row in (yield Statement(_GRANTED_TO, (moment.me,)))]
    next_look: int | None = None
    for (name,) in (yield waited_for):
        limit = yield from room.limit_of(name)
        at_ms = yield from room.next_ms(moment, name, limit)
        next_look = at_ms if next_look is None else min(next_look, at_ms)
    return granted, next_look


def _without_the_dead(moment: Moment) -> Work[None]:
    """Nobody stands in line for the dead, and what they were granted and hadn't come for is free;
    the calls that they were making count."""
    owners = tuple(row[0] for row in (yield Statement(_OWNERS)) if row[0] != moment.me)
    for (owner,) in (yield AreDead(owners)) if owners else []:
        for row in (yield Statement(_HOLDERS, (owner,))):
            yield from let_go(moment, Holder(*row))
