"""Requests that are carried out once, however often they are sent (IETF draft
draft-ietf-httpapi-idempotency-key-header).

Who sends one names it by a key of their own. It is claimed before anything is done, with the number
that an execution would have which it begins: a repeat after a crash looks for that very execution.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

KEPT_MS = 24 * 3_600_000
"""How long a key is known."""


class Claimed(NamedTuple):
    """It is to be carried out now. What it begins has the number `execution`; when it is `gone`,
    that was begun before and has been removed since."""

    execution: int
    gone: bool = False


class Answered(NamedTuple):
    """It was carried out before, and this is what was answered."""

    answer: bytes


class Busy(NamedTuple):
    """It is just being carried out."""


class Other(NamedTuple):
    """The key is that of another request."""


class Full(NamedTuple):
    """So many keys are known that no more are taken for now."""


Claim = Claimed | Answered | Busy | Other | Full


class Answers(Protocol):
    """The requests of one database that were named by a key. Raises `StorageFailed`."""

    async def claim(self, caller: str, key: str, fingerprint: bytes, *, execution: int) -> Claim:
        """Begin to carry a request out, or what is known of it. `fingerprint` tells requests apart,
        `execution` is taken where the request is new."""
        ...

    async def keep(self, caller: str, key: str, answer: bytes) -> None:
        """It was carried out: what is answered from now on."""
        ...

    async def let_go(self, caller: str, key: str) -> None:
        """It wasn't carried out, or nobody knows: a repeat is to try."""
        ...
