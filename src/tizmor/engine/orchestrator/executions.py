"""What all that is done with executions from outside goes by."""

from __future__ import annotations

import copy
import secrets
from collections.abc import Callable, Mapping
from typing import Self

from tizmor.core.errors import UnknownExecution
from tizmor.core.ids import RANDOM_BITS, execution_number, parse_id, public_id
from tizmor.core.state import State
from tizmor.engine.beginning import Beginning
from tizmor.engine.deciding import Deciding
from tizmor.engine.edits import Edits
from tizmor.engine.following import Following
from tizmor.engine.history import fold
from tizmor.engine.listing import Listing
from tizmor.engine.orders import NOBODY, Caller
from tizmor.engine.ownership import Ownership
from tizmor.engine.perform import Performer
from tizmor.engine.present import Presenter
from tizmor.engine.pump import Pump
from tizmor.engine.wanted import Wanted
from tizmor.ports.agent import Agent
from tizmor.ports.clock import Clock
from tizmor.ports.journal import Journal, StoredExecution


class Executions:
    """The executions of one workspace, for one process."""

    def __init__(
        self,
        *,
        journal: Journal,
        pump: Pump,
        performer: Performer,
        agents: Mapping[str, Agent],
        presenter: Presenter,
        clock: Clock,
        random_bits: Callable[[int], int] = secrets.randbits,
        caller: Caller = NOBODY,
    ) -> None:
        self._journal = journal
        self._pump = pump
        self._performer = performer
        self._agents = agents
        self._presenter = presenter
        self._clock = clock
        self._ownership = Ownership(journal, pump, clock)
        self._wanted = Wanted(journal)
        self._beginning = Beginning(journal, pump, presenter, random_bits)
        self._following = Following(journal, pump, self._ownership, self._wanted)
        self._listing = Listing(journal, presenter, self._ownership, clock)
        self._random_bits = random_bits
        self._caller = caller
        self._deciding = Deciding(Edits(performer, presenter.zone), caller)

    def acting_for(self, caller: Caller) -> Self:
        """The same executions, begun and decided on in somebody else's name."""
        other = copy.copy(self)
        other._caller = caller
        other._deciding = Deciding(Edits(self._performer, self._presenter.zone), caller)
        return other

    def new_id(self) -> str:
        """An id for an execution that is to be begun once: see `start`."""
        bits = self._random_bits(RANDOM_BITS)
        return public_id(execution_number(self._clock.now_ms(), bits))

    async def _found(self, execution_id: str) -> tuple[StoredExecution, State]:
        stored = await self._stored(execution_id)
        state, _ = await fold(self._journal, stored.execution)
        return stored, state

    async def _folded(self, execution_id: str) -> State:
        """The state of an execution, as its journal tells it. Raises `UnknownExecution`."""
        stored = await self._stored(execution_id)
        return (await fold(self._journal, stored.execution))[0]

    async def _stored(self, execution_id: str) -> StoredExecution:
        number = parse_id(execution_id)
        stored = await self._journal.get(number) if number is not None else None
        if stored is None:
            raise UnknownExecution(
                f"there is no execution {execution_id[:40]!r}; `tizmor list` shows them"
            )
        return stored
