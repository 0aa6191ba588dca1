"""The durable events of all executions, each decoded once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from tizmor.core import events as ev
from tizmor.drivers.simulated.journal import SimulatedDatabase


class Chronicle:
    """Reads a database's journal as it grows."""

    def __init__(self, database: SimulatedDatabase) -> None:
        self.kinds: set[str] = set()
        self._database = database
        self._told = 0
        self._of: dict[int, list[tuple[int, ev.AnyEvent]]] = defaultdict(list)

    def of(self, execution: int) -> Sequence[tuple[int, ev.AnyEvent]]:
        """An execution's events so far, with their times."""
        self.read()
        return self._of[execution]

    def read(self) -> None:
        journal = self._database.journal
        for at in range(self._told, len(journal)):
            record = journal[at]
            event = ev.decode(record.payload)
            self._of[record.execution].append((record.at_ms, event))
        self._told = len(journal)
