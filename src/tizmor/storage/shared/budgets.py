"""Budgets in the shared tables: what was spent and what is reserved, summed up by account.

A reservation waits (0) or is made (1); its end takes its row away. What a dead process had
reserved is spent in full, but its row stays (2): a call that turns out never to have begun gives it
back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from tizmor.core.budgets import MEASURES, Amounts
from tizmor.ports.budgets import Account, Bound, Busy, Claim, Lacking, Reserved
from tizmor.ports.locks import Holder
from tizmor.storage.shared.work import (
    AreDead,
    Moment,
    Shared,
    Statement,
    Tell,
    Work,
    is_stale,
    refuse_the_stale,
    refuse_unless_owner,
)

_WAITING, _MADE, _DOUBTFUL = 0, 1, 2
_TIME = MEASURES.index("time")
_MEASURED = 4
"""How many measures there are: an account's row has as many of what is spent, then reserved."""

_OPEN = "INSERT INTO budgets (name, execution) VALUES (?, ?) ON CONFLICT (name) DO NOTHING"
_ACCOUNT = (
    "SELECT tokens, microusd, ms, calls, reserved_tokens, reserved_microusd, reserved_ms,"
    " reserved_calls FROM budgets WHERE name = ?"
)
_MOVE = (
    "UPDATE budgets SET tokens = tokens + ?, microusd = microusd + ?, ms = ms + ?,"
    " calls = calls + ?, reserved_tokens = reserved_tokens + ?,"
    " reserved_microusd = reserved_microusd + ?, reserved_ms = reserved_ms + ?,"
    " reserved_calls = reserved_calls + ? WHERE name = ?"
)
_ROWS = (
    "SELECT id, step, owner, attempt, number, state, accounts, tokens, microusd, ms, calls"
    " FROM budget_reservations"
)
_MINE = f"{_ROWS} WHERE execution = ? AND step = ? ORDER BY id"
_ONE = f"{_ROWS} WHERE owner = ? AND number = ?"
_MADE_BY = f"{_ROWS} WHERE owner = ? AND state IN (0, 1)"
_RESERVE = (
    "INSERT INTO budget_reservations (execution, step, owner, attempt, number, state, at_ms,"
    " accounts, tokens, microusd, ms, calls) VALUES (?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?)"
)
_STAND = (
    "INSERT INTO budget_reservations (execution, step, owner, attempt, number, state, at_ms,"
    " accounts, tokens, microusd, ms, calls, waits_for, measure, bound)"
    " VALUES (?, ?, ?, ?, ?, 0, ?, '', ?, ?, ?, ?, ?, ?, ?)"
)
_OF_EXECUTION = f"{_ROWS} WHERE execution = ? AND owner <> ? AND state IN (1, 2) ORDER BY id"
_OF_OTHERS = (
    "SELECT DISTINCT execution FROM budget_reservations WHERE owner <> ? AND state IN (1, 2)"
    " ORDER BY execution"
)
_STAY = (
    "UPDATE budget_reservations SET owner = ?, number = ?, tokens = ?, microusd = ?, ms = ?,"
    " calls = ?, waits_for = ?, measure = ?, bound = ? WHERE id = ?"
)
_DOUBT = "UPDATE budget_reservations SET state = 2 WHERE id = ?"
_END = "DELETE FROM budget_reservations WHERE id = ?"
_OWNERS = "SELECT DISTINCT owner FROM budget_reservations WHERE state IN (0, 1)"
_LINE = (
    "SELECT id, execution, step, owner, measure, bound, tokens, microusd, ms, calls"
    " FROM budget_reservations WHERE waits_for = ? AND state = 0 ORDER BY id"
)
_WAITED_FOR = (
    "SELECT DISTINCT waits_for FROM budget_reservations WHERE owner = ? AND state = 0"
    " ORDER BY waits_for"
)
_WAITERS = "SELECT DISTINCT owner FROM budget_reservations WHERE state = 0 AND waits_for = ?"
_LEAVE = "DELETE FROM budget_reservations WHERE execution = ? AND step = ? AND state = 0"


class _Row(NamedTuple):
    id: int
    step: str
    owner: str
    attempt: int
    number: int
    state: int
    accounts: str
    tokens: int
    microusd: int
    ms: int
    calls: int

    @property
    def amounts(self) -> Amounts:
        return Amounts(self.tokens, self.microusd, self.ms, self.calls)


class SharedBudgets:
    """The `Budgets` of one process."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    async def reserve(
        self, claim: Claim, wanted: Amounts, accounts: Sequence[str], bounds: Sequence[Bound]
    ) -> Reserved | Lacking | Busy:
        return await self._shared.do(
            partial(_reserve, claim=claim, wanted=wanted, accounts=accounts, bounds=bounds)
        )

    async def settle(self, claim: Claim, spent: Amounts) -> None:
        await self._shared.do(partial(_settle, claim=claim, spent=spent))

    async def give_back(self, claim: Claim) -> None:
        await self._shared.do(partial(_settle, claim=claim, spent=Amounts()))

    async def take_over(self, begun: Mapping[int, Mapping[str, int]]) -> None:
        await self._shared.do(partial(_take_over, begun=begun))

    async def standing(self, accounts: Sequence[str]) -> Sequence[Account]:
        return await self._shared.look(partial(_standing, accounts=accounts))


def _reserve(
    moment: Moment,
    claim: Claim,
    wanted: Amounts,
    accounts: Sequence[str],
    bounds: Sequence[Bound],
) -> Work[Reserved | Lacking | Busy]:
    place: _Row | None = None
    rows = [_Row(*found) for found in (yield Statement(_MINE, claim.holder))]
    if rows:
        yield from refuse_the_stale(moment, claim.holder.execution, [row.owner for row in rows])
    for row in rows:
        if row.state == _WAITING:
            place = row
        elif (row.owner, row.number) == (moment.me, claim.number):
            return Reserved(row.amounts)
        elif row.state == _MADE and (yield from _is_anothers(moment, row)):
            continue  # one of the two has lost the execution: each says what became of its own call
        elif row.attempt == claim.attempt and claim.intent_first:
            yield from _end(row, Amounts())
        elif row.state == _MADE:
            yield from _doubt(row)
    for name in accounts:
        execution = claim.holder.execution if name.startswith(("execution:", "step:")) else None
        yield Statement(_OPEN, (name, execution))
    for bound in bounds:
        answer = yield from _allowed(moment, claim, wanted, bound, place)
        if isinstance(answer, Busy):
            return answer
        if isinstance(answer, Lacking):
            yield Statement(_LEAVE, claim.holder)
            return answer
        wanted = answer
    if place is not None:
        yield Statement(_END, (place.id,))
    mine = (*claim.holder, moment.me, claim.attempt, claim.number, moment.now_ms)
    yield Statement(_RESERVE, (*mine, "\n".join(accounts), *wanted))
    for name in accounts:
        yield Statement(_MOVE, (*Amounts(), *wanted, name))
    if place is not None:
        yield from _call_waiters(_waits_for(bounds))
    return Reserved(wanted)


def _is_anothers(moment: Moment, row: _Row) -> Work[bool]:
    """Whether a process has made a reservation that lives, and is another."""
    return row.owner != moment.me and not (yield AreDead((row.owner,)))


def _allowed(
    moment: Moment, claim: Claim, wanted: Amounts, bound: Bound, place: _Row | None
) -> Work[Amounts | Lacking | Busy]:
    """What may be reserved as far as one bound goes: as much as is wanted, or all time there is."""
    spent, reserved = yield from _used(bound)
    if reserved and spent + reserved + wanted[bound.measure] > bound.limit:
        yield from _without_the_dead()
        spent, reserved = yield from _used(bound)
    left = bound.limit - spent
    want = wanted[bound.measure]
    if bound.measure == _TIME and 0 < left < want:
        wanted = wanted._replace(ms=left)
        want = left
    if want > left:
        return Lacking(bound, spent, want)
    ahead = 0
    if reserved:
        line = yield Statement(_LINE, (bound.account,))
        mine = None if place is None else place.id
        ahead = sum(
            row[6 + bound.measure]
            for row in line
            if row[4] == bound.measure and (mine is None or row[0] < mine)
        )
    if want and reserved + ahead + want > left:
        yield from _stand_in_line(moment, claim, wanted, bound, place)
        yield from refuse_unless_owner(moment, claim.holder.execution)
        return Busy(bound)
    return wanted


def _used(bound: Bound) -> Work[tuple[int, int]]:
    row = (yield Statement(_ACCOUNT, (bound.account,)))[0]
    return row[bound.measure], row[_MEASURED + bound.measure]


def _stand_in_line(
    moment: Moment, claim: Claim, wanted: Amounts, bound: Bound, place: _Row | None
) -> Work[None]:
    """Keep the place, or take one at the end."""
    line = (bound.account, bound.measure, bound.limit)
    if place is not None:
        yield Statement(_STAY, (moment.me, claim.number, *wanted, *line, place.id))
        return
    mine = (*claim.holder, moment.me, claim.attempt, claim.number, moment.now_ms)
    yield Statement(_STAND, (*mine, *wanted, *line))


def _without_the_dead() -> Work[None]:
    """What the dead had reserved may have been used, and nobody stands in line for them."""
    owners = tuple(owner for (owner,) in (yield Statement(_OWNERS)))
    for (owner,) in (yield AreDead(owners)) if owners else []:
        for row in [_Row(*found) for found in (yield Statement(_MADE_BY, (owner,)))]:
            if row.state == _MADE:
                yield from _doubt(row)
            else:
                yield Statement(_END, (row.id,))


def _doubt(row: _Row) -> Work[None]:
    """A reservation that nobody will settle counts as spent."""
    yield Statement(_DOUBT, (row.id,))
    for name in row.accounts.split("\n"):
        yield Statement(_MOVE, (*row.amounts, *_negative(row.amounts), name))


def _end(row: _Row, spent: Amounts) -> Work[None]:
    """Take a reservation away, and have what was spent instead of it."""
    yield Statement(_END, (row.id,))
    was_spent = row.amounts if row.state == _DOUBTFUL else Amounts()
    was_reserved = row.amounts if row.state == _MADE else Amounts()
    more = Amounts(*(now - before for now, before in zip(spent, was_spent, strict=True)))
    for name in row.accounts.split("\n"):
        yield Statement(_MOVE, (*more, *_negative(was_reserved), name))
    yield from _call_waiters(row.accounts.split("\n"))


def _take_over(moment: Moment, begun: Mapping[int, Mapping[str, int]]) -> Work[None]:
    """After a crash there are thousands of executions, and for few of them is anything reserved."""
    executions = [execution for (execution,) in (yield Statement(_OF_OTHERS, (moment.me,)))]
    for execution in executions:
        if execution in begun:
            yield from _take_over_one(moment, execution, begun[execution])


def _take_over_one(moment: Moment, execution: int, begun: Mapping[str, int]) -> Work[None]:
    rows = [_Row(*found) for found in (yield Statement(_OF_EXECUTION, (execution, moment.me)))]
    if (yield from is_stale(moment, execution, [row.owner for row in rows])):
        return
    for row in rows:
        if row.attempt > begun.get(row.step, row.attempt):
            yield from _end(row, Amounts())
        elif row.state == _MADE:
            yield from _doubt(row)


def _negative(amounts: Amounts) -> Amounts:
    return Amounts(*(-amount for amount in amounts))


def _settle(moment: Moment, claim: Claim, spent: Amounts) -> Work[None]:
    for found in (yield Statement(_ONE, (moment.me, claim.number))):
        row = _Row(*found)
        if row.state != _WAITING:
            yield from _end(row, spent)


def _waits_for(bounds: Iterable[Bound]) -> list[str]:
    return sorted({bound.account for bound in bounds})


def _call_waiters(accounts: Iterable[str]) -> Work[None]:
    """Have those look who wait for something of these accounts."""
    waiting: set[str] = set()
    for name in accounts:
        waiting.update(owner for (owner,) in (yield Statement(_WAITERS, (name,))))
    if waiting:
        yield Tell(tuple(sorted(waiting)))


def next_in_line(moment: Moment) -> Work[list[Holder]]:
    """The holders of this process that stand in line and find out by asking again: there is enough
    for them and for all before them, or nobody is left to wait for."""
    ready = []
    accounts = [name for (name,) in (yield Statement(_WAITED_FOR, (moment.me,)))]
    if accounts:
        yield from _without_the_dead()
    for name in accounts:
        row = (yield Statement(_ACCOUNT, (name,)))[0]
        ahead = [0] * _MEASURED
        for _, execution, step, owner, measure, limit, *wanted in (yield Statement(_LINE, (name,))):
            spent, reserved = row[measure], row[_MEASURED + measure]
            alone = spent + wanted[measure] > limit or not reserved
            if not alone:
                ahead[measure] += wanted[measure]
            if owner == moment.me and (alone or spent + reserved + ahead[measure] <= limit):
                ready.append(Holder(execution, step))
    return ready


def abandon(moment: Moment, holder: Holder) -> Work[None]:
    """No call of the holder is made here any more: what this process had reserved for it and didn't
    settle may have been used."""
    for row in [_Row(*found) for found in (yield Statement(_MINE, holder))]:
        if row.state == _MADE and row.owner == moment.me:
            yield from _doubt(row)


def leave(holder: Holder) -> Work[None]:
    """Take a holder's places in line away."""
    mine = [_Row(*found) for found in (yield Statement(_MINE, holder))]
    if any(row.state == _WAITING for row in mine):
        yield Statement(_LEAVE, holder)


def _standing(moment: Moment, accounts: Sequence[str]) -> Work[list[Account]]:
    known = []
    for name in accounts:
        for row in (yield Statement(_ACCOUNT, (name,))):
            spent, reserved = row[:_MEASURED], row[_MEASURED:]
            known.append(Account(name, Amounts(*spent), Amounts(*reserved)))
    return known
