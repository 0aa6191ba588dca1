"""What all processes on one database share: locks, quotas, and whose turn it is."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple, Protocol

from tizmor.ports.answers import Answers
from tizmor.ports.breakers import Breakers
from tizmor.ports.budgets import Budgets
from tizmor.ports.cache import Cache
from tizmor.ports.locks import Holder, Locks
from tizmor.ports.logs import Logs
from tizmor.ports.metrics import Metrics
from tizmor.ports.quotas import Quotas
from tizmor.ports.tokens import Tokens
from tizmor.ports.traces import Traces


class Turns(NamedTuple):
    """`ready` are steps of this process that stood in line and may go on; `next_ms` is when to look
    again though nobody says so, None when there is no such time. That is by the clock by which it
    is `now_ms`: the database's, which need not be this process's."""

    ready: Sequence[Holder]
    next_ms: int | None
    now_ms: int


class Sharing(Protocol):
    """One process's part in it. A wake-up of the journal's (`Journal.wakes`) also says that it may
    be worth looking at `turns`."""

    @property
    def locks(self) -> Locks: ...
    @property
    def quotas(self) -> Quotas: ...
    @property
    def cache(self) -> Cache: ...
    @property
    def budgets(self) -> Budgets: ...
    @property
    def breakers(self) -> Breakers: ...
    @property
    def metrics(self) -> Metrics: ...
    @property
    def logs(self) -> Logs: ...
    @property
    def traces(self) -> Traces: ...
    @property
    def tokens(self) -> Tokens: ...
    @property
    def answers(self) -> Answers: ...

    async def turns(self) -> Turns:
        """Whose turn has come."""
        ...

    async def abandon(self, execution: int) -> None:
        """Give back all that this process has for the steps of an execution that it can't go on
        with. What another process has taken over since is that one's."""
        ...

    async def standing(self) -> Collection[Holder]:
        """The steps of this process that stand in any line. Who is taken for dead loses its places
        without being told."""
        ...

    async def release(self, holder: Holder) -> None:
        """Give back all that a step has, and its places in every line."""
        ...

    async def close(self) -> None:
        """Write what this process has still to say."""
        ...
