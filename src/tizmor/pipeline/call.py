"""One call on its way through the pipeline."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from tizmor.core.errors import Permanent
from tizmor.core.plan import Budget, Step
from tizmor.core.terms import Terms
from tizmor.ports.agent import Agent, AgentContext
from tizmor.ports.cache import Source
from tizmor.ports.policy import Ruling
from tizmor.ports.quotas import Left
from tizmor.ports.secrets import PREFIX

Begin = Callable[[str], bool | Awaitable[bool]]
"""Given the call's key, ask whether the call may begin; the answer may have to be waited for.

True only when its intent is journaled, or nothing need be said of it yet; for a call with an
effect, only when the intent and all before it are durable (the barrier)."""


class CallContext(AgentContext, Protocol):
    """What a call is given, and what is known of how it used it; `reported`: it has said
    what it has cost."""

    tier: str
    reported: bool
    tokens: int
    microusd: int

    @property
    def allowance(self) -> Left | None:
        """What the outside has said of how many more calls it takes."""
        ...

    @property
    def sources(self) -> Sequence[Source]:
        """The files and folders that the call said it reads."""
        ...

    @property
    def knows_secrets(self) -> bool:
        """Whether the call was given the value of a secret."""
        ...

    @property
    def has_talked(self) -> bool:
        """Whether the call shared something with other steps, or was told something by them."""
        ...


class Call(msgspec.Struct, kw_only=True, eq=False):
    """What the middlewares know of a call. `key` binds it to its arguments; until it has `begun`,
    nothing has happened. `ruling` is what the policy says of it, None when it says nothing;
    `approved_key` was approved under `terms`, by `signers`. `budget` bounds the whole execution,
    `raised` is what a human has added to a budget, by its name. `fences` are the fencing tokens of
    the leases that its execution has, by step."""

    execution: int
    step: Step
    arguments: dict[str, Any]
    key: str
    approved_key: str | None
    agent: Agent
    context: CallContext
    begin: Begin
    budget: Budget | None = None
    raised: Mapping[str, int] | None = None
    ruling: Ruling | None = None
    terms: Terms | None = None
    signers: tuple[str, ...] = ()
    begun: bool = False
    fences: dict[str, tuple[int, ...]] = {}

    def converted(self) -> dict[str, Any]:
        """The arguments as the agent's own types. Raises `Permanent` when they don't fit."""
        try:
            return self.agent.convert(self.arguments)
        except msgspec.ValidationError as error:
            raise Permanent(f"{self.step.agent}: {error}") from error

    def with_secrets(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Converted arguments with the values of those that name a secret, also by default.
        Raises `Permanent`."""
        named = self.agent.secrets
        if not named:
            return arguments
        return {
            name: self.context.secret(value.removeprefix(PREFIX))
            if name in named and isinstance(value, str) and value.startswith(PREFIX)
            else value
            for name, value in (self.agent.secret_defaults | arguments).items()
        }


def _never(key: str) -> bool:
    return False


def uncalled(
    execution: int, step: Step, arguments: dict[str, Any], agent: Agent, context: CallContext
) -> Call:
    """A call that is looked at and never made."""
    return Call(
        execution=execution,
        step=step,
        arguments=arguments,
        key="",
        approved_key=None,
        agent=agent,
        context=context,
        begin=_never,
    )
