"""Who is it that shows a token?

What was verified once isn't hashed again: a bounded number of digests is remembered, each with the
hash that it was verified against. Whether the token may still be used is asked of the database each
time, by one look at one row, so that revoking holds from that moment on in every process.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable

from tizmor.access import secret
from tizmor.access.attempts import Attempts, TooManyAttempts
from tizmor.ports.tokens import Token, Tokens

_REMEMBERED = 1024
_AT_ONCE = 2
"""How many are hashed at a time: each takes 19 MiB and a processor."""
_IN_LINE = 32
"""How many may wait for that."""


class Verifying:
    """Recognizes tokens. `monotonic` is the time in seconds."""

    def __init__(self, tokens: Tokens, monotonic: Callable[[], float]) -> None:
        self._tokens = tokens
        self._attempts = Attempts(monotonic)
        self._verified: OrderedDict[bytes, str] = OrderedDict()
        self._hashing = asyncio.Semaphore(_AT_ONCE)
        self._in_line = 0

    async def bearer(self, text: str, address: str) -> Token | None:
        """The token that somebody at an address shows; None when it is none, or may not be used any
        more. Of an id that there is none of, and of one that is wrong, that takes equally long.
        Raises `TooManyAttempts`, `StorageFailed`."""
        written = secret.read(text)
        if written is None:
            self._attempts.take(address)
            return None
        digest = secret.digest(text)
        token = await self._tokens.get(written.id)
        if token is not None and self._verified.get(digest) == token.hash:
            self._verified.move_to_end(digest)
            return token
        self._verified.pop(digest, None)
        self._attempts.take(address)
        kept = secret.NOBODYS if token is None else token.hash
        if not await self._compare(written.secret, kept) or token is None:
            return None
        self._attempts.give_back(address)
        self._verified[digest] = token.hash
        if len(self._verified) > _REMEMBERED:
            self._verified.popitem(last=False)
        return token

    async def session(self, text: str) -> Token | None:
        """The token that a browser acts for, by what it keeps."""
        return await self._tokens.session(secret.digest(text)) if secret.is_session(text) else None

    async def _compare(self, shown: str, kept: str) -> bool:
        if self._in_line >= _IN_LINE:
            raise TooManyAttempts(1)
        self._in_line += 1
        try:
            async with self._hashing:
                return await asyncio.to_thread(secret.is_of, shown, kept)
        finally:
            self._in_line -= 1
