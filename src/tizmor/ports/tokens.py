"""Who may ask the server from elsewhere: tokens, and browsers that have shown one.

A token has an id, which anybody may see, and a secret, of which only a hash is kept. What is given
back here may be used at that very moment: neither revoked nor over, by the clock that all processes
of the database share.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from typing import Protocol

import msgspec


class Scope(enum.StrEnum):
    """What a token lets its bearer do. Each but `read` lets them look, too, and `admin` all."""

    READ = "read"
    RUN = "run"
    DECIDE = "decide"
    ADMIN = "admin"


def allows(scopes: Iterable[Scope], wanted: Scope) -> bool:
    """Whether one of the scopes covers what is wanted."""
    given = frozenset(scopes)
    if wanted is Scope.READ:
        return bool(given)
    return wanted in given or Scope.ADMIN in given


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """One token; `name` is who acts with it. Times are in milliseconds since the epoch,
    `used_at_ms` to the hour, None where it never was."""

    id: str
    name: str
    scopes: tuple[Scope, ...]
    hash: str
    """Of its secret, with how it was made (PHC string format)."""
    created_by: str
    created_at_ms: int = 0
    expires_at_ms: int | None = None
    revoked_at_ms: int | None = None
    used_at_ms: int | None = None


class Tokens(Protocol):
    """All tokens of one database. Raises `StorageFailed`."""

    async def add(self, token: Token, *, lasts_ms: int | None = None) -> Token:
        """Keep a new one, as of now; without `lasts_ms` it has no end. As it is kept."""
        ...

    async def all(self) -> Sequence[Token]:
        """The newest first, those that can't be used any more included."""
        ...

    async def get(self, token_id: str) -> Token | None: ...

    async def revoke(self, token_id: str) -> bool:
        """From now on nobody may use it, nor the browsers that have shown it. False when there is
        none of this id that may be used."""
        ...

    async def used(self, token_id: str) -> None:
        """It is used now."""
        ...

    async def admit(self, digest: bytes, token_id: str, *, lasts_ms: int) -> bool:
        """Let a browser that keeps what has this digest act for a token, which at most 100 may at a
        time: the one that is admitted longest goes. False when the token can't be used."""
        ...

    async def session(self, digest: bytes) -> Token | None:
        """The token that a browser acts for."""
        ...

    async def leave(self, digest: bytes) -> None:
        """A browser acts for nobody any more."""
        ...
