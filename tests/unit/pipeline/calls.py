"""Calls of small agents, ready to be sent through middlewares."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec

from tizmor.core.approval import needs_gate
from tizmor.core.plan import Effect, Step
from tizmor.core.terms import PLAIN, Terms
from tizmor.drivers.embedded.clock import SystemClock
from tizmor.engine.context import CallContext, NoExecution, Surroundings
from tizmor.pipeline.call import Call
from tizmor.pipeline.verdicts import Verdict
from tizmor.ports.agent import Agent, AgentContext, agent
from tizmor.ports.policy import Ask, Ruling
from tizmor.ports.workspace import Workspace


class Out(msgspec.Struct):
    text: str


Act = Callable[[], Awaitable[Any]]


def agent_that(
    act: Act, effect: Effect = Effect.READ, *, critical: bool = False, api: str = ""
) -> Agent:
    """An agent with one argument, `text`, that does what it is told."""

    @agent(name="Agent", effect=effect, critical=critical, api=api)
    async def run(text: str = "", *, ctx: AgentContext) -> Out:
        """Do it."""
        done = await act()
        return Out(text=text) if done is None else done

    return run


async def nothing() -> None:
    """Do nothing."""


class Begin:
    """The barrier, with an answer of its own; counts how often it was asked."""

    def __init__(self, answer: bool = True) -> None:
        self.answer = answer
        self.asked = 0

    async def __call__(self, key: str) -> bool:
        self.asked += 1
        return self.answer


def call_of(
    one: Agent,
    arguments: dict[str, Any] | None = None,
    *,
    begin: Callable[[str], bool | Awaitable[bool]] | None = None,
    approved_key: str | None = None,
    timeout_s: float | None = None,
    ruling: Ruling | None = None,
    terms: Terms | None = None,
    signers: tuple[str, ...] = ("me",),
) -> Call:
    step = Step(
        id="a",
        agent="Agent",
        title="Do it",
        effect=one.spec.effect,
        critical=one.spec.critical,
        timeout_s=timeout_s,
    )
    context = CallContext(
        _around=Surroundings(Workspace(root=Path()), SystemClock()),
        _site=NoExecution(language="en", public_id="0123456789abc"),
        step_id="a",
        attempt=1,
        answers={},
        _report=lambda site, step, message: None,
        _key="key",
        _runs=True,
    )
    return Call(
        execution=1,
        step=step,
        arguments=arguments or {},
        key="key",
        approved_key=approved_key,
        agent=one,
        context=context,
        begin=begin or Begin(),
        ruling=ruling if ruling is not None or not needs_gate(step) else Ask(PLAIN),
        terms=terms,
        signers=signers,
    )


class Inner:
    """The rest of a pipeline: gives the verdict, or raises; remembers whether it was reached."""

    def __init__(self, outcome: Verdict | BaseException) -> None:
        self.outcome = outcome
        self.reached = 0

    async def __call__(self, call: Call) -> Verdict:
        self.reached += 1
        if isinstance(self.outcome, BaseException):
            raise self.outcome
        return self.outcome
