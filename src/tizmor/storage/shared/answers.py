"""Requests that are carried out once, in the shared tables."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from tizmor.ports.answers import KEPT_MS, Answered, Busy, Claim, Claimed, Full, Other
from tizmor.storage.shared.work import AreDead, Moment, Shared, Statement, Work

MOST_KEYS = 1_000_000
"""Within the time that they are kept for."""
_PART = 16
"""A process looks again how many there are when it has added one such part of what was left."""
_AT_ONCE = 500
"""How many old ones are removed when a new one comes."""

_ONE = (
    "SELECT fingerprint, execution, owner, answer, gone FROM kept_answers"
    " WHERE caller = ? AND key = ? AND at_ms > ?"
)
_COUNT = "SELECT count(*) FROM kept_answers"
_NEW = (
    "INSERT INTO kept_answers (caller, key, fingerprint, execution, owner, at_ms)"
    " VALUES (?, ?, ?, ?, ?, ?)"
)
_TAKE = "UPDATE kept_answers SET owner = ? WHERE caller = ? AND key = ?"
_KEEP = "UPDATE kept_answers SET owner = NULL, answer = ? WHERE caller = ? AND key = ?"
_LET_GO = (
    "UPDATE kept_answers SET owner = NULL"
    " WHERE caller = ? AND key = ? AND owner = ? AND answer IS NULL"
)
_REMOVE = "DELETE FROM kept_answers WHERE caller = ? AND key = ?"
_OLD = "SELECT caller, key FROM kept_answers WHERE at_ms <= ? ORDER BY at_ms LIMIT ?"


class SharedAnswers:
    """The `Answers` of one process."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._left = 0

    async def claim(self, caller: str, key: str, fingerprint: bytes, *, execution: int) -> Claim:
        if self._left <= 0:
            room = MOST_KEYS - await self._shared.look(_count)
            self._left = min(room, room // _PART + 1)
        claim = _Asked(caller, key, fingerprint, execution, is_full=self._left <= 0)
        self._left -= 1
        return await self._shared.do(partial(_claim, asked=claim))

    async def keep(self, caller: str, key: str, answer: bytes) -> None:
        await self._shared.do(partial(_keep, caller=caller, key=key, answer=answer))

    async def let_go(self, caller: str, key: str) -> None:
        await self._shared.do(partial(_let_go, caller=caller, key=key))


class _Asked(NamedTuple):
    caller: str
    key: str
    fingerprint: bytes
    execution: int
    is_full: bool


def _count(moment: Moment) -> Work[int]:
    return int((yield Statement(_COUNT))[0][0])


def _claim(moment: Moment, asked: _Asked) -> Work[Claim]:
    yield from _forget_old(moment)
    rows = yield Statement(_ONE, (asked.caller, asked.key, moment.now_ms - KEPT_MS))
    if not rows:
        return (yield from _begin(moment, asked))
    known, execution, owner, answer, gone = rows[0]
    if bytes(known) != asked.fingerprint:
        return Other()
    if answer is not None:
        return Answered(bytes(answer))
    if owner is not None and not (yield AreDead((owner,))):
        # This very claim may have been kept when nobody knew whether it was, and is made again.
        again = execution == asked.execution and owner == moment.me
        return Claimed(execution) if again else Busy()
    yield Statement(_TAKE, (moment.me, asked.caller, asked.key))
    return Claimed(execution, gone=bool(gone))


def _begin(moment: Moment, asked: _Asked) -> Work[Claim]:
    if asked.is_full:
        return Full()
    caller, key, fingerprint, execution, _ = asked
    yield Statement(_REMOVE, (caller, key))
    yield Statement(_NEW, (caller, key, fingerprint, execution, moment.me, moment.now_ms))
    return Claimed(execution)


def _forget_old(moment: Moment) -> Work[None]:
    for caller, key in (yield Statement(_OLD, (moment.now_ms - KEPT_MS, _AT_ONCE))):
        yield Statement(_REMOVE, (caller, key))


def _keep(moment: Moment, caller: str, key: str, answer: bytes) -> Work[None]:
    yield Statement(_KEEP, (answer, caller, key))


def _let_go(moment: Moment, caller: str, key: str) -> Work[None]:
    yield Statement(_LET_GO, (caller, key, moment.me))
