"""A stage for a test's own agents: the real engine on virtual time, one process after another."""

from __future__ import annotations

import contextvars
from collections.abc import Awaitable, Callable
from typing import Any

from tests.replay.stage import Stage

from tizmor.core import events as ev
from tizmor.core.ids import parse_id
from tizmor.core.state import State
from tizmor.drivers.simulated.loop import SimulatedLoop
from tizmor.engine.history import fold_records
from tizmor.ports.agent import Agent


def play(scene: Callable[[Stage], Awaitable[None]], *agents: Agent) -> None:
    """Run a scene to its end; what the engine itself got wrong fails it, too."""
    loop = SimulatedLoop(lambda count: 0)  # type: ignore[abstract]

    async def perform() -> None:
        stage = Stage(loop, {agent.spec.name: agent for agent in agents})
        await scene(stage)
        await stage.process.close()

    try:
        contextvars.copy_context().run(loop.run_until_complete, perform())
    finally:
        loop.close()
    assert not loop.errors, loop.errors


def events(stage: Stage, execution_id: str, *kinds: type[ev.Event]) -> list[Any]:
    """What is on disk of an execution, of these kinds only where some are named."""
    records = stage.database.histories[parse_id(execution_id) or 0]
    decoded = [ev.decode(record.payload) for record in records]
    return [event for event in decoded if not kinds or isinstance(event, kinds)]


def folded(stage: Stage, execution_id: str) -> State:
    """The state that its journal on disk leads to."""
    number = parse_id(execution_id) or 0
    return fold_records(State(number), stage.database.histories[number])[0]
