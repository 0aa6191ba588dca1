"""Who is alive: each process that owns executions holds a lease, renewed before it runs out.

Times are the server's own, so that no machine's clock matters. A lease that ran out says that
nobody heard of the process for so long, not that it is dead: it may have been stopped, or cut off,
and go on. What it can do then is bounded by the epoch, which every append checks, and told to who
takes over (`may_still_run`).
"""

from __future__ import annotations

import enum
import time
from collections.abc import Callable, Collection
from secrets import token_hex

from tizmor.storage.postgres.process import identity, seen_dead
from tizmor.storage.postgres.wire import Connection

LEASE_S = 10.0

_RENEW = (
    "INSERT INTO owners (name, until, process)"
    " VALUES ($1, clock_timestamp() + make_interval(secs => $2), $3)"
    " ON CONFLICT (name) DO UPDATE SET until = excluded.until"
)
_END = "DELETE FROM owners WHERE name = $1"
_SWEEP = "DELETE FROM owners WHERE until < clock_timestamp() - interval '1 day'"
_OWNERS = (
    "SELECT name, process, until > clock_timestamp() AS holds FROM owners WHERE name = ANY($1)"
)


class Life(enum.Enum):
    """What is known of an owner."""

    ALIVE = "alive"
    UNHEARD = "unheard"
    """Its lease ran out; it may go on."""
    DEAD = "dead"
    """Its own machine saw it gone."""


def new_owner() -> str:
    """A name that no process ever had."""
    return f"pg-{token_hex(12)}"


def boot_clock() -> float:
    """Seconds that pass also while the process is stopped or the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Lease:
    """This process's lease of `length_s` seconds in the name `me`."""

    def __init__(
        self, me: str, length_s: float, *, clock: Callable[[], float] = boot_clock
    ) -> None:
        self.me = me
        self.length_s = length_s
        self.process = identity()
        self._clock = clock
        self._sure_until: float | None = None

    @property
    def began(self) -> bool:
        return self._sure_until is not None

    def is_over(self) -> bool:
        """Whether the lease may have run out since it was last renewed, by this machine's count."""
        return self._sure_until is None or self._clock() >= self._sure_until

    async def begin(self, connection: Connection) -> None:
        """Be seen as alive from now on; the first of a process clears what was left for a day."""
        if not self.began:
            await self.renew(connection)
            await connection.execute(_SWEEP)

    async def renew(self, connection: Connection) -> None:
        asked = self._clock()
        await connection.execute(_RENEW, self.me, self.length_s, self.process)
        self._sure_until = asked + self.length_s

    async def end(self, connection: Connection) -> None:
        await connection.execute(_END, self.me)
        self._sure_until = None


async def lives(connection: Connection, owners: Collection[str]) -> dict[str, Life]:
    """What is known of each of these owners."""
    found = dict.fromkeys(owners, Life.UNHEARD)
    for name, process, holds in await connection.fetch(_OWNERS, list(owners)):
        if seen_dead(process):
            found[name] = Life.DEAD
        elif holds:
            found[name] = Life.ALIVE
    return found
