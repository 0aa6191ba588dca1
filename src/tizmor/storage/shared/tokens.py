"""Tokens in the shared tables, and the browsers that act for them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from tizmor.ports.tokens import Scope, Token
from tizmor.storage.shared.work import Moment, Shared, Statement, Work

MOST_SESSIONS = 100
"""Of one token."""
_HOUR_MS = 3_600_000

_COLUMNS = (
    "t.id, t.name, t.scopes, t.hash, t.created_by, t.created_at_ms, t.expires_at_ms,"
    " t.revoked_at_ms, t.used_at_ms"
)
_USABLE = "t.revoked_at_ms IS NULL AND (t.expires_at_ms IS NULL OR t.expires_at_ms > ?)"
_ALL = f"SELECT {_COLUMNS} FROM tokens AS t ORDER BY t.created_at_ms DESC, t.id"  # noqa: S608
_ONE = f"SELECT {_COLUMNS} FROM tokens AS t WHERE t.id = ? AND {_USABLE}"  # noqa: S608
_OF_SESSION = (
    f"SELECT {_COLUMNS} FROM token_sessions AS s JOIN tokens AS t ON t.id = s.token"  # noqa: S608
    f" WHERE s.digest = ? AND s.expires_at_ms > ? AND {_USABLE}"
)
_ADD = (
    "INSERT INTO tokens (id, name, scopes, hash, created_by, created_at_ms, expires_at_ms)"
    " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING"
)
_REVOKE = "UPDATE tokens SET revoked_at_ms = ? WHERE id = ?"
_USED = "UPDATE tokens SET used_at_ms = ? WHERE id = ?"
_ADMIT = (
    "INSERT INTO token_sessions (digest, token, expires_at_ms) VALUES (?, ?, ?)"
    " ON CONFLICT (digest) DO NOTHING"
)
_OVER = "DELETE FROM token_sessions WHERE expires_at_ms <= ?"
_OLDEST = (
    "DELETE FROM token_sessions WHERE digest IN (SELECT digest FROM token_sessions"
    " WHERE token = ? ORDER BY expires_at_ms DESC LIMIT 1000000 OFFSET ?)"
)
_LEAVE = "DELETE FROM token_sessions WHERE digest = ?"
_ALL_LEAVE = "DELETE FROM token_sessions WHERE token = ?"


class SharedTokens:
    """The `Tokens` of one process."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    async def add(self, token: Token, *, lasts_ms: int | None = None) -> Token:
        return await self._shared.do(partial(_add, token=token, lasts_ms=lasts_ms))

    async def all(self) -> Sequence[Token]:
        return await self._shared.look(_all)

    async def get(self, token_id: str) -> Token | None:
        return await self._shared.look(partial(_get, token_id=token_id))

    async def revoke(self, token_id: str) -> bool:
        return await self._shared.do(partial(_revoke, token_id=token_id))

    async def used(self, token_id: str) -> None:
        await self._shared.do(partial(_used, token_id=token_id))

    async def admit(self, digest: bytes, token_id: str, *, lasts_ms: int) -> bool:
        return await self._shared.do(
            partial(_admit, digest=digest, token_id=token_id, lasts_ms=lasts_ms)
        )

    async def session(self, digest: bytes) -> Token | None:
        return await self._shared.look(partial(_session, digest=digest))

    async def leave(self, digest: bytes) -> None:
        await self._shared.do(partial(_leave, digest=digest))


def _add(moment: Moment, token: Token, lasts_ms: int | None) -> Work[Token]:
    expires_at_ms = None if lasts_ms is None else moment.now_ms + lasts_ms
    yield Statement(
        _ADD,
        (
            token.id,
            token.name,
            " ".join(token.scopes),
            token.hash,
            token.created_by,
            moment.now_ms,
            expires_at_ms,
        ),
    )
    kept = yield from _get(moment, token.id)
    return kept or token


def _all(moment: Moment) -> Work[list[Token]]:
    return [_token(row) for row in (yield Statement(_ALL))]


def _get(moment: Moment, token_id: str) -> Work[Token | None]:
    rows = yield Statement(_ONE, (token_id, moment.now_ms))
    return _token(rows[0]) if rows else None


def _revoke(moment: Moment, token_id: str) -> Work[bool]:
    if (yield from _get(moment, token_id)) is None:
        return False
    yield Statement(_REVOKE, (moment.now_ms, token_id))
    yield Statement(_ALL_LEAVE, (token_id,))
    return True


def _used(moment: Moment, token_id: str) -> Work[None]:
    yield Statement(_USED, (moment.now_ms - moment.now_ms % _HOUR_MS, token_id))


def _admit(moment: Moment, digest: bytes, token_id: str, lasts_ms: int) -> Work[bool]:
    token = yield from _get(moment, token_id)
    if token is None:
        return False
    ends = [at_ms for at_ms in (moment.now_ms + lasts_ms, token.expires_at_ms) if at_ms is not None]
    yield Statement(_OVER, (moment.now_ms,))
    yield Statement(_ADMIT, (digest, token_id, min(ends)))
    yield Statement(_OLDEST, (token_id, MOST_SESSIONS))
    return True


def _session(moment: Moment, digest: bytes) -> Work[Token | None]:
    rows = yield Statement(_OF_SESSION, (digest, moment.now_ms, moment.now_ms))
    return _token(rows[0]) if rows else None


def _leave(moment: Moment, digest: bytes) -> Work[None]:
    yield Statement(_LEAVE, (digest,))


def _token(row: tuple[Any, ...]) -> Token:
    token_id, name, scopes, *more = row
    hashed, created_by, created_at_ms, expires_at_ms, revoked_at_ms, used_at_ms = more
    return Token(
        id=token_id,
        name=name,
        scopes=tuple(Scope(scope) for scope in scopes.split()),
        hash=hashed,
        created_by=created_by,
        created_at_ms=created_at_ms,
        expires_at_ms=expires_at_ms,
        revoked_at_ms=revoked_at_ms,
        used_at_ms=used_at_ms,
    )
