"""What an agent declares about itself, as data: planners choose by it, the check holds to it."""

from __future__ import annotations

from typing import Any

import msgspec

from tizmor.core.plan import Costs, Effect, Resource, RetryPolicy


class Parameter(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """One argument of an agent. `schema` is JSON Schema 2020-12, `$ref`s resolved by `$defs`."""

    name: str
    schema: dict[str, Any]
    required: bool = True
    description: str = ""


class Booking(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Which arguments say whose time a call takes, by their places (JSON Pointers, RFC 6901).

    `start` are the places of a time (ISO 8601), of which the first that is given counts; `minutes`
    that of the length, `people` that of a list of people, known by `email` or `name`. The user's
    own time is always taken.
    """

    start: tuple[str, ...]
    minutes: str = ""
    people: str = ""


class AgentSpec(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """One agent as the planner, the check and `tizmor agents` see it."""

    name: str
    description: str
    parameters: tuple[Parameter, ...] = ()
    output: dict[str, Any] = msgspec.field(default_factory=dict)
    """JSON Schema of the output; always an object."""
    defs: dict[str, Any] = msgspec.field(default_factory=dict)
    """The named types that `parameters` and `output` refer to as `#/$defs/NAME`."""
    effect: Effect = Effect.READ
    critical: bool = False
    version: str = "1"
    phrases: tuple[str, ...] = ()
    """Words that people ask for it with, in every language it is asked in."""
    accompanies: tuple[str, ...] = ()
    """Agents that this one is planned beside when its inputs are there: an agenda, a meeting."""
    capability: str = ""
    """What it can do, in a word that other agents that can do the same use, too: each stands in
    for the others when one fails."""
    control: tuple[str, ...] = ()
    untrusted: bool = False
    prepares: bool = False
    probes: bool = False
    compensates: bool = False
    undoes_by_key: bool = False
    receives: tuple[str, ...] = ()
    """The topics of the events from other steps that it is told of (`ctx.messages`)."""
    hands_over: Effect = Effect.READ
    """The gravest effect that work may have which it hands over to other agents."""
    resources: tuple[Resource, ...] = ()
    retry: RetryPolicy = RetryPolicy()
    timeout_s: float | None = None
    rate_limit: str = ""
    """How often it may be called, as people write it: `60/minute`."""
    costs: Costs | None = None
    """What a call may cost at most; None where it costs nothing."""
    api: str = ""
    """What it calls outside, in a word that other agents that call the same use, too: they share
    the quotas that the settings give it, and are held back together when it fails again and
    again."""
    books: Booking | None = None
    """Whose time a call takes, and when."""

    cache_for_s: float | None = None
    """For how long its answers may be given again; None: not at all."""
    semantic: tuple[str, ...] = ()
    """Arguments, free text, for which another wording of the same may have the same answer."""

    def parameter(self, name: str) -> Parameter | None:
        return next((p for p in self.parameters if p.name == name), None)
