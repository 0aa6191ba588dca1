"""Making tokens."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Collection

from tizmor.access import secret
from tizmor.core.errors import UserError
from tizmor.core.events import storable
from tizmor.ports.tokens import Scope, Token, Tokens

MAX_NAME = 100
"""Characters."""
MAX_LASTS = dt.timedelta(days=3650)


async def issue(
    tokens: Tokens,
    *,
    name: str,
    scopes: Collection[Scope],
    created_by: str,
    lasts: dt.timedelta | None = None,
) -> tuple[str, Token]:
    """A new token as its bearer needs it, which can't be told again, and what is kept of it.

    Who uses it acts as `name`. It ends after `lasts`, without that only when it is revoked. Raises
    `UserError`.
    """
    if not scopes:
        raise UserError(f"a token has a scope: {', '.join(Scope)}")
    if lasts is not None and not dt.timedelta() < lasts <= MAX_LASTS:
        raise UserError("a token's end lies ahead, and within ten years")
    written = secret.drawn()
    token = Token(
        id=written.id,
        name=_checked(name),
        scopes=tuple(scope for scope in Scope if scope in scopes),
        hash=await asyncio.to_thread(secret.hashed, written.secret),
        created_by=created_by,
    )
    lasts_ms = None if lasts is None else int(lasts.total_seconds() * 1000)
    return written.text, await tokens.add(token, lasts_ms=lasts_ms)


def _checked(name: str) -> str:
    name = name.strip()
    if not name or len(name) > MAX_NAME or not name.isprintable() or name != storable(name):
        raise UserError(f"a token's name is a line of 1 to {MAX_NAME} characters")
    return name
