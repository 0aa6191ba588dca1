"""How often somebody may show what is no token.

Each address has a bucket of tries that fills again by and by. Guessing one is hopeless anyway; this
keeps those who try from taking the processor, which a try costs, away from others.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Callable

AT_ONCE = 10
AGAIN_S = 6.0
"""How long it takes until there is one more."""
_MOST = 4096
"""Addresses that are remembered."""


class TooManyAttempts(Exception):
    """So many tries failed that no more are taken for `retry_after_s` seconds."""

    def __init__(self, retry_after_s: float) -> None:
        super().__init__("too many tries with what is no token")
        self.retry_after_s = retry_after_s


class Attempts:
    """Counts tries. `monotonic` is the time in seconds."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def take(self, address: str) -> None:
        """One try, which counts until it is given back. Raises `TooManyAttempts`."""
        now = self._monotonic()
        place = _place(address)
        full_at = max(now, self._full_at.get(place, now)) + AGAIN_S
        if (wait_s := full_at - now - AT_ONCE * AGAIN_S) > 0:
            raise TooManyAttempts(wait_s)
        self._full_at[place] = full_at
        self._full_at.move_to_end(place)
        if len(self._full_at) > _MOST:
            self._full_at.popitem(last=False)

    def give_back(self, address: str) -> None:
        """It wasn't a failure."""
        place = _place(address)
        if place in self._full_at:
            self._full_at[place] -= AGAIN_S


def _place(address: str) -> str:
    """What counts as one: of IPv6, all that one subscriber has (RFC 6177)."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if parsed.version == 4:
        return str(parsed)
    return str(ipaddress.ip_network((parsed, 64), strict=False))
