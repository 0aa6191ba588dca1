"""How often something outside may be called by all processes together."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple, Protocol

from tizmor.ports.locks import Holder

_UNITS_S = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}
_WRITTEN = re.compile(r"\s*(\d{1,9})\s*(?:/|per)\s*(?:(\d{1,6})\s*)?(second|minute|hour|day)s?\s*")
AS_RESERVED: Mapping[str, int] = MappingProxyType({})


class Quota(NamedTuple):
    """At most `amount` within any `window_ms`, wherever one begins to count."""

    amount: int
    window_ms: int


UNLIMITED = Quota(2**53, 1)
"""Of what nobody has limited, but that may say itself that it takes no more for a while."""


def quota(written: str) -> Quota:
    """A quota as people write it: `60/minute`, `5 per 10 seconds`. Raises `ValueError`."""
    found = _WRITTEN.fullmatch(written.lower())
    if found is None or not int(found[1]) or found[2] == "0":
        raise ValueError(f"{written!r} is no quota; write it as 60/minute or 5 per 10 seconds")
    return Quota(int(found[1]), int(found[2] or 1) * _UNITS_S[found[3]] * 1000)


class Use(NamedTuple):
    """What one call takes of the quota `name`: one request, or as many tokens as it may need."""

    name: str
    quota: Quota
    amount: int = 1


class Slot(NamedTuple):
    """The call may be made now."""


class Later(NamedTuple):
    """The quota `name` is used up. The holder stands in line, and is told when its turn comes, not
    before `at_ms`."""

    name: str
    at_ms: int


class Left(NamedTuple):
    """What an API itself has said: for `delay_ms` from now it takes no more than `amount`."""

    amount: int
    delay_ms: int


class Standing(NamedTuple):
    """How a quota stands: what of it is taken, and how many wait for a place in it, the first of
    them since then. `left` is what the API itself has said, until `left_until_ms`."""

    name: str
    quota: Quota
    taken: int
    waiting: int
    since_ms: int | None
    left: int | None
    left_until_ms: int | None


class Quotas(Protocol):
    """Quotas that all processes on one database keep together.

    Executions take turns: one with a thousand calls doesn't hold up another's first. Asking again
    keeps the place.
    """

    async def take(self, holder: Holder, uses: Sequence[Use]) -> Slot | Later:
        """Take a place in every quota, or stand in line. Until it is said that it was used or given
        back, a place counts as taken.

        The places are taken one after the other, so that who waits for one holds none of those
        behind it: the narrowest quota comes first, in one order for all calls.
        """
        ...

    async def used(self, holder: Holder, spent: Mapping[str, int] = AS_RESERVED) -> None:
        """The call was made, and is over: from now on its window counts. `spent` is what it took
        of quotas, by their names, where that isn't what was asked for."""
        ...

    async def stand_back(self, holder: Holder) -> None:
        """The call has to wait for something else: give the place to who is next, and be the first
        in line when it is asked for again."""
        ...

    async def leave(self, holder: Holder) -> None:
        """The call is not made at all."""
        ...

    async def heed(self, name: str, left: Left) -> None:
        """The API itself has said what it takes. The later of two that say that it takes nothing
        holds."""
        ...

    async def standing(self) -> Sequence[Standing]:
        """How all quotas stand that were asked for so far, by name. It only looks."""
        ...
