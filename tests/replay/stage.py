"""Where executions are recorded: the real engine on virtual time, without chance.

The same scenario on the same code gives the same bytes.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any, TypeVar

from tests.replay.cast import BEFALLS, CAST, Befalling, Vault

from tizmor.core.approval import needs_gate
from tizmor.core.errors import PlanRefused
from tizmor.core.ids import parse_id
from tizmor.core.plan import Plan, Step
from tizmor.core.state import State
from tizmor.core.terms import PLAIN
from tizmor.drivers.simulated.choices import Choices
from tizmor.drivers.simulated.clock import SimulatedClock
from tizmor.drivers.simulated.faults import Faults
from tizmor.drivers.simulated.journal import SimulatedDatabase
from tizmor.drivers.simulated.loop import SimulatedLoop
from tizmor.drivers.simulated.process import SimulatedProcess
from tizmor.engine.limits import LIMITS
from tizmor.engine.views import Execution
from tizmor.ports.agent import Agent
from tizmor.ports.planner import PlanRequest
from tizmor.ports.policy import Ask, Asked, Ruling
from tizmor.ports.workspace import Workspace

_T = TypeVar("_T")
Event = tuple[int, bytes]
"""When it was, in ms, and its payload."""


class Saying:
    """A policy that says of all that is critical or can't be taken back what it is told to."""

    def __init__(self) -> None:
        self.ruling: Ruling = Ask(PLAIN)

    def concerns(self, step: Step) -> bool:
        return needs_gate(step)

    def rule(self, asked: Asked) -> Ruling:
        return self.ruling


class Stage:
    """One database, one process after another, and a planner that has its plans beforehand."""

    def __init__(self, loop: SimulatedLoop, agents: Mapping[str, Agent] = CAST) -> None:
        self._agents = agents
        self.limits = LIMITS
        self.befalls: Befalling = {}
        self.plans: list[Plan] = []
        self._loop = loop
        self._clock = SimulatedClock(loop)
        self.database = SimulatedDatabase(now_ms=self._clock.now_ms)
        self._choices = Choices(record={"dice": [500] * 1000})
        self._opened = 0
        self.policy = Saying()
        BEFALLS.set(self.befalls)
        self.process = self.another()

    def another(self) -> SimulatedProcess:
        """A new process; `process` is the one that users turn to."""
        self._opened += 1
        self.process = SimulatedProcess(
            f"p{self._opened}",
            loop=self._loop,
            clock=self._clock,
            database=self.database,
            faults=Faults(self._choices.stream("faults"), {}),
            dice=self._choices.stream("dice"),
            agents=self._agents,
            planner=self,
            workspace=Workspace(root=Path("workspace"), timezone="Asia/Jerusalem"),
            patience_s=1.0,
            limits=self.limits,
            interactive=False,
            killed=lambda name: None,
            secrets=Vault(),
            policy=self.policy,
        )
        return self.process

    async def plan(self, request: PlanRequest) -> Plan:
        """See `tizmor.ports.planner.Planner`."""
        if not self.plans:
            raise PlanRefused(["nothing that can be done matches the request"])
        return self.plans.pop(0)

    async def start(self, *steps: Step, request: str = "do it", **how: Any) -> str:
        """Start steps, or what the planner says where there are none."""
        options = {k: how.pop(k) for k in ("language", "assumptions", "deadline_s") if k in how}
        given = Plan(goal="recorded", steps=steps, **options) if steps else None
        began = self.process.tizmor.start(request, plan=given, **how)
        return (await self.process.ask(began)).id

    async def rest(self, execution_id: str) -> Execution:
        """Wait until it has ended, or only a human can go on."""
        return await self.process.ask(self.process.tizmor.result(execution_id))

    async def do(self, order: Coroutine[Any, Any, _T]) -> _T:
        """Have the process do what a user asks for, and let it sink in."""
        done = await self.process.ask(order)
        await asyncio.sleep(0.01)
        return done

    async def until(self, execution_id: str, reached: Callable[[State], bool]) -> None:
        """Wait until the state of an execution that runs is as wanted."""
        live = self.process.pump.get(parse_id(execution_id) or 0)
        while live is not None and not reached(live.state):
            await live.changed.wait()

    async def runs(self, execution_id: str, *steps: str) -> None:
        """Wait until the calls of these steps are known to run."""
        await self.until(
            execution_id, lambda state: all(state.steps[s].status == "running" for s in steps)
        )


Scenario = Callable[[Stage], Awaitable[str]]


def record(scenario: Scenario) -> list[Event]:
    """The events of the execution whose id the scenario gives."""
    loop = SimulatedLoop(lambda count: 0)  # type: ignore[abstract]
    recorded: list[Event] = []

    async def perform() -> None:
        stage = Stage(loop)
        number = parse_id(await scenario(stage))
        await stage.process.close()
        recorded.extend((r.at_ms, r.payload) for r in stage.database.histories[number or 0])

    try:
        contextvars.copy_context().run(loop.run_until_complete, perform())
    finally:
        loop.close()
    if loop.errors:
        raise RuntimeError("; ".join(loop.errors))
    return recorded
