"""Beginning an execution: a number of its own, and a first commit that nobody else made."""

from __future__ import annotations

from collections.abc import Callable

from tizmor.core import facts as fx
from tizmor.core.errors import EngineError, OwnershipLost
from tizmor.core.ids import RANDOM_BITS, execution_number
from tizmor.engine.present import Presenter
from tizmor.engine.pump import Pump
from tizmor.engine.views import Execution
from tizmor.ports.journal import Journal

_DRAWS = 5
"""How many numbers are drawn for an execution before its start is given up: two of one millisecond
are the same once in 2 to the power of `RANDOM_BITS`."""


class Beginning:
    """Begins executions. `random_bits` draws as many bits as it is told."""

    def __init__(
        self,
        journal: Journal,
        pump: Pump,
        presenter: Presenter,
        random_bits: Callable[[int], int],
    ) -> None:
        self._journal = journal
        self._pump = pump
        self._presenter = presenter
        self._random_bits = random_bits

    async def begin(self, request: fx.Requested) -> tuple[int, Execution]:
        """Its number, and how it was when it had been decided what to begin with; durable. Raises
        `EngineError`."""
        for _ in range(_DRAWS):
            number = execution_number(request.at_ms, self._random_bits(RANDOM_BITS))
            begun = await self._begin(number, request)
            if begun is not None:
                return number, begun
        raise EngineError(f"no free number for a new execution was found in {_DRAWS} draws")

    async def begin_as(self, number: int, request: fx.Requested) -> Execution | None:
        """The same with a number that is given; None when another execution has it. Of all who
        begin one with the same number, in any process, one does, and the others make no call."""
        return await self._begin(number, request, contested=True)

    async def _begin(
        self, number: int, request: fx.Requested, *, contested: bool = False
    ) -> Execution | None:
        if self._pump.owns(number) or self._pump.last_known(number) is not None:
            return None
        live = self._pump.begin(number, request, contested=contested)
        # As it is now: all of this is on disk when it is shown.
        begun = self._presenter.execution(live.state, interrupted=False)
        try:
            await self._pump.durable(live)
        except OwnershipLost:
            if not await self._is_taken(number, request):
                raise
            return None
        return begun

    async def _is_taken(self, number: int, request: fx.Requested) -> bool:
        """Whether a number is that of another execution, so that nothing of this request's is on
        disk. One that looks the same, and had another owner before, may be it: begun here, and
        taken over from here."""
        stored = await self._journal.get(number)
        if stored is None:
            return False
        asked = (request.query, request.user, request.at_ms, request.priority)
        found = (stored.query, stored.user, stored.created_at_ms, stored.priority)
        begun_by_its_owner = stored.epoch == 1 and stored.owner is not None
        return asked != found or begun_by_its_owner
