"""Calls that go out though what they go to fails again and again, and what must hold of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.simulation.ways import Made

from tizmor.core.ids import parse_id
from tizmor.drivers.simulated.journal import SimulatedDatabase
from tizmor.drivers.simulated.loop import SimulatedLoop

BROKEN = "no call goes through an open breaker but the one that tries it"

PROPERTIES = (BROKEN,)

_OPEN, _TRYING = 1, 2
_STANDING = "SELECT name, state, until_ms, pauses, execution, step FROM circuit_breakers"
_ONE = f"{_STANDING} WHERE name IN (?, ?)"
_SLACK_S = 3.0
"""A call that was let through may begin so much later: what let it through is known for a second,
its intent is on its way to a slow disk, its process may be stopped. From when that goes on, it is
counted anew."""


class Breaking:
    """Sees calls begin, and objects."""

    def __init__(
        self,
        loop: SimulatedLoop,
        database: SimulatedDatabase,
        object_: Callable[[str, str], None],
    ) -> None:
        self._loop = loop
        self._database = database
        self._object = object_
        self._seen: dict[tuple[Any, ...], float] = {}
        self._back: dict[str, float] = {}

    def came_back(self, process: str) -> None:
        """A process was stopped and goes on."""
        self._back[process] = self._loop.time()

    def begins(self, made: Made) -> None:
        names = f"agent:{made.way.name}", f"api:{made.way.effect.value}"
        now = self._loop.time()
        holder = parse_id(made.ctx.execution_id), made.ctx.step_id
        for row in self._rows(_ONE, names):
            name, state, until_ms, _, *tries = row
            is_shut = state == _TRYING or (state == _OPEN and self._database.now_ms() < until_ms)
            if not is_shut or (state == _TRYING and holder == tuple(tries)):
                continue
            since = self._seen.setdefault(tuple(row), now)
            if now - max(since, self._back.get(made.process, 0.0)) > _SLACK_S:
                self._object(BROKEN, f"{holder} is called though {name} is shut since {since}")

    def ends(self, made: Made) -> None:
        return

    def lose(self, process: str) -> None:
        return

    def look(self) -> None:
        """See which breakers are open by now."""
        for row in self._rows(_STANDING, ()):
            self._seen.setdefault(tuple(row), self._loop.time())

    def _rows(self, statement: str, values: tuple[str, ...]) -> list[tuple[Any, ...]]:
        return self._database.tables.connection.execute(statement, values).fetchall()
