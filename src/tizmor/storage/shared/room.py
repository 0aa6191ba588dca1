"""How much of a quota there is room for: what was taken within its window, and what its API has
said is left."""

from __future__ import annotations

from typing import NamedTuple

from tizmor.ports.quotas import Left, Quota, Standing
from tizmor.storage.shared.work import Moment, Statement, Work

_FREE = "UPDATE rate_limits SET taken = taken - ? WHERE name = ?"
_FORGET = "DELETE FROM rate_tickets WHERE name = ? AND state = 2 AND at_ms <= ? RETURNING amount"
_LIMIT = (
    "SELECT amount, window_ms, taken, served, left_amount, left_until_ms"
    " FROM rate_limits WHERE name = ?"
)
_OLDEST = "SELECT at_ms FROM rate_tickets WHERE name = ? AND state = 2 ORDER BY at_ms LIMIT 1"
_LEFT = "UPDATE rate_limits SET left_amount = ?, left_until_ms = ? WHERE name = ?"
_BEING_MADE = (
    "SELECT CAST(coalesce(sum(amount), 0) AS BIGINT) FROM rate_tickets"
    " WHERE name = ? AND state IN (1, 5)"
)

_STANDING = (
    "SELECT name, amount, window_ms, left_amount, left_until_ms,"
    " (SELECT CAST(coalesce(sum(amount), 0) AS BIGINT) FROM rate_tickets"
    " WHERE rate_tickets.name = rate_limits.name AND (state IN (1, 5)"
    " OR (state = 2 AND at_ms > ? - rate_limits.window_ms))),"
    " (SELECT count(*) FROM rate_tickets WHERE rate_tickets.name = rate_limits.name AND state = 0),"
    " (SELECT min(at_ms) FROM rate_tickets"
    " WHERE rate_tickets.name = rate_limits.name AND state = 0)"
    " FROM rate_limits ORDER BY name"
)


class Limit(NamedTuple):
    """A quota's row. Its API has said that `left_amount` is left until `left_until_ms`; `served` is
    the rank that was granted last."""

    amount: int
    window_ms: int
    taken: int
    served: int
    left_amount: int
    left_until_ms: int


def limit_of(name: str) -> Work[Limit]:
    """A quota that is known, and how much of it is in use."""
    return Limit(*(yield Statement(_LIMIT, (name,)))[0])


def left_of(moment: Moment, name: str) -> Work[int]:
    """How much may be taken of a quota now."""
    limit = yield from limit_of(name)
    forgotten = yield Statement(_FORGET, (name, moment.now_ms - limit.window_ms))
    freed: int = sum(amount for (amount,) in forgotten)
    if freed:
        yield free(name, freed)
    left = limit.amount - limit.taken + freed
    return min(left, limit.left_amount) if moment.now_ms < limit.left_until_ms else left


def next_ms(moment: Moment, name: str, limit: Limit) -> Work[int]:
    """When the quota may have room again, at the earliest."""
    at_ms = max(limit.left_until_ms, moment.now_ms)
    if limit.taken:
        oldest = yield Statement(_OLDEST, (name,))
        used_ms: int = oldest[0][0] if oldest else moment.now_ms
        at_ms = max(at_ms, used_ms + limit.window_ms)
    return at_ms


def free(name: str, amount: int) -> Statement:
    """Let an amount that was taken count no more."""
    return Statement(_FREE, (amount, name))


def standing(moment: Moment) -> Work[list[Standing]]:
    """How all quotas stand."""
    found = []
    for row in (yield Statement(_STANDING, (moment.now_ms,))):
        name, amount, window_ms, left, left_until_ms, taken, waiting, since_ms = row
        said = (left, left_until_ms) if moment.now_ms < left_until_ms else (None, None)
        quota = Quota(amount, window_ms)
        found.append(Standing(name, quota, taken, waiting, since_ms, *said))
    return found


def heed(moment: Moment, name: str, left: Left) -> Work[None]:
    """An API has said how much of a quota is left."""
    known = yield Statement(_LIMIT, (name,))
    if not known:
        return
    limit = Limit(*known[0])
    until_ms = moment.now_ms + left.delay_ms
    still_holds = moment.now_ms < limit.left_until_ms
    if still_holds and limit.left_amount <= 0 and limit.left_until_ms >= until_ms:
        return
    # What is under way it may not have counted yet.
    being_made: int = (yield Statement(_BEING_MADE, (name,)))[0][0]
    amount = max(0, left.amount - being_made)
    if still_holds and amount > 0:
        amount = min(amount, max(0, limit.left_amount))
        until_ms = max(until_ms, limit.left_until_ms)
    yield Statement(_LEFT, (amount, until_ms, name))
