"""The measurements of one run: in which order, how often, and in what time.

A round goes over all systems in turn, so that what else the machine does meets all of them; the
rounds of one row are minutes apart, so that no moment decides it. The main workloads get all their
rounds. Of the others every system is measured once, and again while there is time, what takes
seconds first.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterator, Sequence

from benchmarks.catalog import System
from benchmarks.outcome import Outcome
from benchmarks.rows import Row, row_of, row_without
from benchmarks.run import NotRun, measured
from benchmarks.servers import Servers
from benchmarks.workloads import Workload

MAIN = frozenset({"five-step-1", "five-step-64"})
_QUICK_S, _LONG_S = 6.0, 15.0
"""A measurement that took longer isn't repeated, but for the main workloads."""


def turns(workloads: Sequence[Workload], rounds: int) -> Iterator[tuple[Workload, int, float]]:
    """Workloads, the number of their round, and the seconds that a measurement may have taken to be
    in it. The main ones' rounds stand evenly between the first rounds of the others."""
    main = [workload for workload in workloads if workload.name in MAIN]
    others = [workload for workload in workloads if workload.name not in MAIN]
    for number in range(1, rounds + 1):
        yield from ((workload, number, math.inf) for workload in main)
        yield from ((workload, 1, math.inf) for workload in others[number - 1 :: rounds])
    for most_s in (_QUICK_S, _LONG_S):
        for number in range(2, rounds + 1):
            yield from ((workload, number, most_s) for workload in others)


class Cell:
    """A system on a workload: what its rounds have given so far, or why there is nothing."""

    def __init__(self, system: System, workload: Workload) -> None:
        self.system = system
        self.workload = workload
        self.outcomes: list[Outcome] = []
        self.reason = ""
        self.took_s = 0.0

    @property
    def is_main(self) -> bool:
        return self.workload.name in MAIN

    def measure(self, servers: Servers) -> str:
        """One round; what there is to say of it."""
        started = time.monotonic()
        try:
            self.outcomes.append(measured(self.system, self.workload, servers))
        except NotRun as error:
            self.reason = str(error)
        self.took_s = time.monotonic() - started
        return self.reason or f"{self.took_s:.1f} s"

    def row(self) -> Row:
        """What there is, should a later round have failed."""
        if self.outcomes:
            return row_of(self.system, self.workload, self.outcomes)
        return row_without(self.system, self.workload, self.reason)


class Session:
    """A run of `rounds` over the cells of `systems` and `workloads`, in at most about `minutes`:
    what is going on then is finished, and has its own limit (`run.LIMIT_S`)."""

    def __init__(
        self,
        systems: Sequence[System],
        workloads: Sequence[Workload],
        *,
        rounds: int,
        minutes: float,
    ) -> None:
        self._workloads = workloads
        self._rounds = rounds
        self._minutes = minutes
        self._ends = time.monotonic() + minutes * 60
        self._cells = {w.name: [Cell(system, w) for system in systems] for w in workloads}

    def measure(self, servers: Servers) -> Iterator[Row]:
        """The row of each measurement as soon as it is there; a later one of the same cell replaces
        it."""
        for workload, number, most_s in turns(self._workloads, self._rounds):
            for cell in self._cells[workload.name]:
                if cell.reason or not self._is_due(cell, number, most_s):
                    continue
                if self._left_s(cell) > 0:
                    said = cell.measure(servers)
                else:
                    said = cell.reason = f"not run: the {self._minutes:g} minutes were over"
                print(
                    f"{workload.name}, round {number}, {cell.system.name}: {said}",
                    file=sys.stderr,
                    flush=True,
                )
                yield cell.row()

    def rows(self) -> list[Row]:
        """What has been measured so far, in the order of the workloads."""
        cells = [cell for of_workload in self._cells.values() for cell in of_workload]
        return [cell.row() for cell in cells if cell.outcomes or cell.reason]

    def _is_due(self, cell: Cell, number: int, most_s: float) -> bool:
        """Whether it hasn't had this round and is to; it takes about as long as the one before."""
        if number == 1:
            return True
        return len(cell.outcomes) < number and cell.took_s <= min(most_s, self._left_s(cell))

    def _left_s(self, cell: Cell) -> float:
        """The time for a cell: what the main workloads' rounds will still take is theirs."""
        left = self._ends - time.monotonic()
        if cell.is_main:
            return left
        kept = (
            main.took_s * (self._rounds - len(main.outcomes))
            for name in MAIN & self._cells.keys()
            for main in self._cells[name]
            if not main.reason
        )
        return left - sum(kept)
