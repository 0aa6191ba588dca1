"""The plan: a typed graph of steps, as data.

A step's arguments are JSON values in which `{"$ref": "/STEP/field"}` stands for a part of another
step's output: a JSON Pointer (RFC 6901) into the object of all outputs by step id. These
references are the graph's edges; `after` adds the few edges that carry no data.
"""

from __future__ import annotations

import enum
from typing import Any

import msgspec

REF = "$ref"


class Effect(enum.StrEnum):
    """What a call does to the world, and so what may be done when its outcome is unknown."""

    READ = "read"
    IDEMPOTENT = "idempotent"
    COMPENSATABLE = "compensatable"
    IRREVERSIBLE = "irreversible"


class Access(enum.StrEnum):
    """How a step uses a named resource."""

    SHARED = "shared"
    EXCLUSIVE = "exclusive"


class _Value(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    pass


class Resource(_Value, frozen=True):
    """A thing outside that a step reads (shared) or changes (exclusive), such as `calendar:me`."""

    name: str
    access: Access = Access.EXCLUSIVE


class RetryPolicy(_Value, frozen=True):
    """How often and when a call that is known not to have happened is tried again.

    The delay before attempt n+1 is drawn from 0 to min(max_delay_s, first_delay_s * 2**(n-1)):
    exponential backoff with full jitter.
    """

    attempts: int = 3
    first_delay_s: float = 1.0
    max_delay_s: float = 60.0


class Choice(_Value, frozen=True):
    """One answer that a question offers: `value` is what is given back, `label` what is read."""

    value: str
    label: str


class Question(_Value, frozen=True):
    """What only a human can say before the work can go on."""

    id: str
    text: str
    choices: tuple[Choice, ...] = ()
    free_text: bool = True


class Step(_Value, frozen=True):
    """One call of one agent. `id` matches `[a-z][a-z0-9_]*`, unique in its plan.

    Effect, criticality and the rest of what the agent declares are copied into the step when the
    plan is checked (`tizmor.core.check.completed`), so that a plan, once checked, means the same
    for ever.
    """

    id: str
    agent: str
    title: str = ""
    arguments: dict[str, Any] = msgspec.field(default_factory=dict)
    effect: Effect = Effect.READ
    critical: bool = False
    prepares: bool = False
    probes: bool = False
    after: tuple[str, ...] = ()
    resources: tuple[Resource, ...] = ()
    retry: RetryPolicy = RetryPolicy()
    timeout_s: float | None = None
    control: tuple[str, ...] = ()
    """Arguments that steer an effect: recipients, addresses, paths, times."""
    untrusted: bool = False
    """Whether the output carries what a document or a stranger said."""


class Plan(_Value, frozen=True):
    """What will be done for one request. With `questions`, nothing runs until they are answered."""

    goal: str
    steps: tuple[Step, ...] = ()
    language: str = "en"
    assumptions: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    planner: str = ""
    """Name and version of the planner that made it, e.g. `embedded/1`."""
