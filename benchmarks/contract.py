"""What a measured system is given, and what it offers.

Standard library only: every system's interpreter imports this.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from benchmarks.workloads import Shape

StepBody = Callable[[str], Awaitable[None]]
"""What a step does; it is told its own name."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """Where a system runs, and what: graphs of `shape` and `size` whose steps do `step`, `at_once`
    of them at any time.

    `url` leads to the server that it needs, if it needs one. All that it keeps itself is in
    `folder`.
    """

    folder: Path
    shape: Shape
    size: int
    step: StepBody
    at_once: int = 1
    has_effect: bool = False
    url: str = ""


class Engine(Protocol):
    """A system at work."""

    async def run(self, execution: str) -> None:
        """One execution, from its start until its end is durable."""
        ...

    async def resume(self, executions: Sequence[str]) -> None:
        """Go on with what a killed process left unfinished, until all of it has ended."""
        ...


Open = Callable[[Site], AbstractAsyncContextManager[Engine]]
"""How a system is opened; every module in `systems` and `peers` offers `opened`, an `Open`."""
