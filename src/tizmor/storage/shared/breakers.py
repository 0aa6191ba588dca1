"""Circuit breakers in the shared tables. There is no row for one before which nothing failed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from tizmor.ports.breakers import CLOSED, HALF_OPEN, OPEN, Breaking, Open, Standing, Through
from tizmor.ports.locks import Holder
from tizmor.storage.shared.work import (
    AreDead,
    Moment,
    Shared,
    Statement,
    Tell,
    Work,
    refuse_unless_owner,
)

_CLOSED, _OPEN, _TRYING = 0, 1, 2
_STATES = (CLOSED, OPEN, HALF_OPEN)
_WINDOW_MS = 60_000
_LONGEST_MS = 600_000
_AT_ONCE = 8
"""How many of a process's own try when the time has come; the first becomes the one that does."""

_BREAKERS = (
    "SELECT name, state, failures, window_ms, calls, failed, until_ms, pauses, execution, step,"
    " owner FROM circuit_breakers"
)
_ONE = f"{_BREAKERS} WHERE name = ?"
_ALL = f"{_BREAKERS} ORDER BY name"
_KEEP = (
    "INSERT INTO circuit_breakers (name, state, failures, window_ms, calls, failed, until_ms,"
    " pauses, execution, step, owner) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (name) DO UPDATE SET state = excluded.state, failures = excluded.failures,"
    " window_ms = excluded.window_ms, calls = excluded.calls, failed = excluded.failed,"
    " until_ms = excluded.until_ms, pauses = excluded.pauses, execution = excluded.execution,"
    " step = excluded.step, owner = excluded.owner"
)
_STAND = (
    "INSERT INTO circuit_waits (execution, step, name, owner, at_ms) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (execution, step) DO UPDATE SET name = excluded.name, owner = excluded.owner"
)
_LEAVE = "DELETE FROM circuit_waits WHERE execution = ? AND step = ?"
_WAITERS = "SELECT DISTINCT owner FROM circuit_waits WHERE name = ?"
_MINE = (
    "SELECT execution, step FROM circuit_waits WHERE owner = ? AND name = ?"
    " ORDER BY at_ms, execution, step"
)
_WAITED_FOR = "SELECT DISTINCT name FROM circuit_waits WHERE owner = ? ORDER BY name"
_TRIED_BY = f"{_BREAKERS} WHERE execution = ? AND step = ? AND state = 2"


class _Breaker(NamedTuple):
    name: str
    state: int = _CLOSED
    failures: int = 0
    window_ms: int = 0
    calls: int = 0
    failed: int = 0
    until_ms: int = 0
    pauses: int = 0
    execution: int | None = None
    step: str | None = None
    owner: str | None = None

    @property
    def tried_by(self) -> tuple[int | None, str | None]:
        return self.execution, self.step


class SharedBreakers:
    """The `Breakers` of one process."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    async def enter(self, holder: Holder, names: Sequence[str]) -> Through | Open:
        return await self._shared.do(partial(_enter, holder=holder, names=names))

    async def ended(
        self,
        holder: Holder,
        names: Sequence[str],
        rule: Breaking,
        *,
        failed: bool | None,
        well: int = 0,
    ) -> None:
        await self._shared.do(
            partial(_ended, holder=holder, names=names, rule=rule, failed=failed, well=well)
        )

    async def standing(self) -> Sequence[Standing]:
        return await self._shared.look(_standing)


def _enter(moment: Moment, holder: Holder, names: Sequence[str]) -> Work[Through | Open]:
    quiet = True
    tried = []
    for name in names:
        breaker = yield from _breaker(name)
        quiet = quiet and breaker.state == _CLOSED and not breaker.failures
        if breaker.state == _CLOSED or breaker.tried_by == holder:
            continue
        if not (yield from _may_be_tried(moment, breaker)):
            yield from refuse_unless_owner(moment, holder.execution)
            yield Statement(_STAND, (*holder, name, moment.me, moment.now_ms))
            return Open(name, breaker.until_ms if breaker.state == _OPEN else None)
        tried.append(breaker)
    for breaker in tried:
        execution, step = holder
        yield from _keep(
            breaker._replace(state=_TRYING, execution=execution, step=step, owner=moment.me)
        )
    yield Statement(_LEAVE, holder)
    # Whoever stands in line has to come here to leave it.
    return Through(quiet and not (yield from _keeps_waiting(moment, names)))


def _keeps_waiting(moment: Moment, names: Sequence[str]) -> Work[bool]:
    """Whether any of this process's own stands in line."""
    for name in names:
        if (yield Statement(_MINE, (moment.me, name))):
            return True
    return False


def _may_be_tried(moment: Moment, breaker: _Breaker) -> Work[bool]:
    """Whether one call may be made that shows whether it has become better."""
    if breaker.state == _OPEN:
        return moment.now_ms >= breaker.until_ms
    dead = yield AreDead((breaker.owner or "",))
    return bool(dead)


def _ended(
    moment: Moment,
    holder: Holder,
    names: Sequence[str],
    rule: Breaking,
    failed: bool | None,
    well: int,
) -> Work[None]:
    if failed is None:
        yield Statement(_LEAVE, holder)
    for name in names:
        breaker = yield from _breaker(name)
        if breaker.state == _TRYING and breaker.tried_by == holder:
            yield from _tried(rule, moment, breaker, failed)
        elif breaker.state == _CLOSED and failed is not None:
            yield from _keep(_counted(rule, moment, breaker, failed=failed, well=well))


def _tried(rule: Breaking, moment: Moment, breaker: _Breaker, failed: bool | None) -> Work[None]:
    """What the one call has shown; with None it is another's turn to try."""
    idle = breaker._replace(execution=None, step=None, owner=None)
    if failed:
        pauses = breaker.pauses + 1
        pause_ms = min(round(rule.pause_s * 1000) * 2 ** min(pauses, 16), _LONGEST_MS)
        failures = breaker.failures + 1
        until_ms = moment.now_ms + pause_ms
        idle = idle._replace(state=_OPEN, failures=failures, pauses=pauses, until_ms=until_ms)
    elif failed is None:
        idle = idle._replace(state=_OPEN, until_ms=moment.now_ms)
    else:
        idle = _Breaker(breaker.name)
    yield from _keep(idle)
    owners = yield Statement(_WAITERS, (breaker.name,))
    yield Tell(tuple(sorted(owner for (owner,) in owners)))


def _counted(
    rule: Breaking, moment: Moment, breaker: _Breaker, *, failed: bool, well: int
) -> _Breaker:
    """A closed breaker after one more call, and so many that went well; open, if it was one too
    many that failed."""
    if moment.now_ms - breaker.window_ms >= _WINDOW_MS:
        breaker = breaker._replace(window_ms=moment.now_ms, calls=0, failed=0)
    breaker = breaker._replace(
        failures=breaker.failures * (not well) + 1 if failed else 0,
        calls=breaker.calls + well + 1,
        failed=breaker.failed + failed,
    )
    in_a_row = breaker.failures >= rule.failures
    too_many = breaker.calls >= rule.calls and breaker.failed >= rule.rate * breaker.calls
    if failed and (in_a_row or too_many):
        until_ms = moment.now_ms + round(rule.pause_s * 1000)
        return breaker._replace(state=_OPEN, until_ms=until_ms, pauses=0)
    return breaker


def _breaker(name: str) -> Work[_Breaker]:
    rows = yield Statement(_ONE, (name,))
    return _Breaker(*rows[0]) if rows else _Breaker(name)


def _keep(breaker: _Breaker) -> Work[None]:
    yield Statement(_KEEP, tuple(breaker))


def next_in_line(moment: Moment) -> Work[tuple[list[Holder], int | None]]:
    """The holders of this process that may try their calls again, and when more may."""
    ready: list[Holder] = []
    next_ms: int | None = None
    for (name,) in (yield Statement(_WAITED_FOR, (moment.me,))):
        breaker = yield from _breaker(name)
        mine = [Holder(*row) for row in (yield Statement(_MINE, (moment.me, name)))]
        if breaker.state == _CLOSED:
            ready += mine
        elif (yield from _may_be_tried(moment, breaker)):
            ready += mine[:_AT_ONCE]
        elif breaker.state == _OPEN:
            next_ms = breaker.until_ms if next_ms is None else min(next_ms, breaker.until_ms)
    return ready, next_ms


def leave(moment: Moment, holder: Holder) -> Work[None]:
    """Take a holder's place in line away; what it was just trying another may try."""
    yield Statement(_LEAVE, holder)
    for row in (yield Statement(_TRIED_BY, holder)):
        idle = _Breaker(*row)._replace(
            state=_OPEN, until_ms=moment.now_ms, execution=None, step=None, owner=None
        )
        yield from _keep(idle)
        owners = yield Statement(_WAITERS, (idle.name,))
        yield Tell(tuple(sorted(owner for (owner,) in owners)))


def _standing(moment: Moment) -> Work[list[Standing]]:
    known = [_Breaker(*row) for row in (yield Statement(_ALL))]
    return [Standing(b.name, _STATES[b.state], b.failures, b.until_ms) for b in known]
