"""Findings of running calls, from whatever thread they run in."""

from __future__ import annotations

import asyncio
import threading

from tizmor.core import facts as fx
from tizmor.drivers.embedded.clock import SystemClock
from tizmor.engine.context import NoExecution
from tizmor.engine.findings import Findings

SITE = NoExecution(language="en", execution=7)


class Told:
    """What was told, for which execution, and in which thread."""

    def __init__(self) -> None:
        self.heard: list[tuple[int, str, int]] = []
        self.any = asyncio.Event()
        self.findings = Findings(SystemClock(), self._hear)

    def _hear(self, execution: int, fact: fx.Fact) -> None:
        assert isinstance(fact, fx.Reported)
        self.heard.append((execution, fact.message, threading.get_ident()))
        self.any.set()


async def test_a_finding_on_the_loop_is_told_at_once() -> None:
    told = Told()
    told.findings.listen()
    told.findings.report(SITE, "a", "half")
    assert told.heard == [(7, "half", threading.get_ident())]


async def test_a_finding_from_a_thread_is_told_on_the_loop() -> None:
    """The state of an execution is the loop's alone."""
    told = Told()
    told.findings.listen()
    await asyncio.to_thread(told.findings.report, SITE, "a", "half")
    await asyncio.wait_for(told.any.wait(), 5)
    assert told.heard == [(7, "half", threading.get_ident())]


async def test_a_finding_that_no_loop_listens_for_is_dropped() -> None:
    told = Told()
    told.findings.report(SITE, "a", "half")
    assert told.heard == []
