"""Who works an answer out, and who waits for it: one claim a holder, one that computes a key."""

from __future__ import annotations

from tizmor.ports.locks import Holder
from tizmor.storage.shared.work import AreDead, Moment, Statement, Tell, Work

_CLAIM = (
    "INSERT INTO cache_claims (execution, step, key, owner, computing) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (execution, step) DO UPDATE"
    " SET key = excluded.key, owner = excluded.owner, computing = excluded.computing"
)
_COMPUTING = (
    "SELECT execution, step, owner FROM cache_claims"
    " WHERE key = ? AND computing = 1 AND NOT (execution = ? AND step = ?)"
)
_MINE = "SELECT key, computing, owner FROM cache_claims WHERE execution = ? AND step = ?"
_DROP = "DELETE FROM cache_claims WHERE execution = ? AND step = ?"
_WAITING_FOR = "SELECT DISTINCT owner FROM cache_claims WHERE key = ? AND computing = 0"
_MY_WAITING = (
    "SELECT w.execution, w.step, c.owner FROM cache_claims AS w"
    " LEFT JOIN cache_claims AS c ON c.key = w.key AND c.computing = 1"
    " WHERE w.owner = ? AND w.computing = 0"
)


def claim(moment: Moment, holder: Holder, key: bytes) -> Work[bool]:
    """Whether the holder is who computes; else it waits for who does. Claims of dead processes are
    swept away."""
    rivals = yield Statement(_COMPUTING, (key, *holder))
    owners = tuple({owner for _, _, owner in rivals})
    dead = {row[0] for row in (yield AreDead(owners))} if owners else set()
    for execution, step, owner in rivals:
        if owner in dead:
            yield Statement(_DROP, (execution, step))
    is_free = dead.issuperset(owners)
    yield Statement(_CLAIM, (*holder, key, moment.me, int(is_free)))
    return is_free


def give_up(moment: Moment, holder: Holder) -> Work[None]:
    """What a process says of its own call, also when it has lost the execution to another: that
    one's claim stays."""
    if any(owner == moment.me for _, _, owner in (yield Statement(_MINE, holder))):
        yield from leave(holder)


def leave(holder: Holder) -> Work[None]:
    """Take a holder's claim away, and have those look who wait for what it computes."""
    claims = yield Statement(_MINE, holder)
    if not claims:
        return
    yield Statement(_DROP, holder)
    key, computing, _ = claims[0]
    if computing:
        waiting = sorted(row[0] for row in (yield Statement(_WAITING_FOR, (key,))))
        yield Tell(tuple(waiting))


def next_in_line(moment: Moment) -> Work[list[Holder]]:
    """The holders of this process that wait for what nobody computes any more: it is there, or one
    of them is to compute it."""
    waiting = yield Statement(_MY_WAITING, (moment.me,))
    owners = tuple({owner for _, _, owner in waiting if owner is not None})
    dead = {row[0] for row in (yield AreDead(owners))} if owners else set()
    return [Holder(n, step) for n, step, owner in waiting if owner is None or owner in dead]
