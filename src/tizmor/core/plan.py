"""The plan: a typed graph of steps, as data.

A step's arguments are JSON values in which `{"$ref": "/STEP/field"}` stands for a part of another
step's output: a JSON Pointer (RFC 6901) into the object of all outputs by step id. These
references are the graph's edges; `after` adds the few edges that carry no data. A reference with a
`default` waits for the other step's end, however it ends, and takes the default where there is
nothing; one without makes the step impossible when the other one delivers nothing.
"""

from __future__ import annotations

import enum
from typing import Any

import msgspec

REF = "$ref"
DEFAULT = "default"
ITEM = "$item"
"""`{"$item": "/field"}` in a step with `for_each`: a pointer into the item that a call is for."""


class Effect(enum.StrEnum):
    """What a call does to the world, and so what may be done when its outcome is unknown."""

    READ = "read"
    IDEMPOTENT = "idempotent"
    COMPENSATABLE = "compensatable"
    IRREVERSIBLE = "irreversible"


class OnFailure(enum.StrEnum):
    """What happens when a call failed for good: retries, alternatives and replanning are used up.

    FAIL: the step fails, what depends on it is skipped, the rest goes on. ASK: a human chooses.
    ROLL_BACK: what has succeeded is taken back.
    """

    FAIL = "fail"
    ASK = "ask"
    ROLL_BACK = "roll_back"


class Test(enum.StrEnum):
    """How a condition looks at its value. EMPTY holds for null, "", [], {} and what isn't there."""

    EMPTY = "empty"
    NOT_EMPTY = "not_empty"
    EQUALS = "equals"
    NOT_EQUALS = "not_equals"
    GREATER = "greater"
    LESS = "less"
    CONTAINS = "contains"


class Access(enum.StrEnum):
    """How a step uses a named resource."""

    SHARED = "shared"
    EXCLUSIVE = "exclusive"


class _Value(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False
):
    pass


class Strategy(enum.StrEnum):
    """How steps that are at odds are settled.

    ORDER: one goes first, as the plan has them. ASK: a human says which. REFUSE: the plan isn't
    run. LAST_WRITER: each goes as soon as it can, and what the last one does stays.
    """

    ORDER = "order"
    ASK = "ask"
    REFUSE = "refuse"
    LAST_WRITER = "last_writer"


class Clash(enum.StrEnum):
    """What two steps are at odds about: both change one resource, one reads what the other changes,
    or both book one person at one time."""

    WRITES = "writes"
    READ = "read"
    TIME = "time"


class Resource(_Value, frozen=True):
    """A thing outside that a step reads (shared) or changes (exclusive), such as `calendar:me`.

    A name may take an argument in, as `file:{path}` does: the call's own value stands there."""

    name: str
    access: Access = Access.EXCLUSIVE


class Conflict(_Value, frozen=True):
    """Two steps that nothing keeps apart, over a resource or a person's time, and how that is
    `settled`. Not `is_certain`: it depends on arguments that aren't known yet."""

    kind: Clash
    over: str
    first: str
    second: str
    settled: Strategy = Strategy.ORDER
    is_certain: bool = True


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


class Costs(_Value, frozen=True):
    """The most that one call may use of what is paid for. `cheaper`: the agent can also do with so
    much, when it is told to (`AgentContext.tier`)."""

    tokens: int = 0
    usd: float = 0.0
    cheaper: Costs | None = None


class Exhausted(enum.StrEnum):
    """What happens to a step for whose call a budget doesn't suffice any more.

    STOP: it fails. ASK: a human raises the budget for this execution, or not. CHEAPER: the agent
    does it in its cheaper way, or an alternative that costs less takes over.
    """

    STOP = "stop"
    ASK = "ask"
    CHEAPER = "cheaper"


class Budget(_Value, frozen=True):
    """How much may be used; None is without bound. `exhausted` is tried in order where it doesn't
    suffice, STOP behind all; without one, what the settings say."""

    tokens: int | None = None
    usd: float | None = None
    time_s: float | None = None
    """All calls' times added up, however many run at once."""
    calls: int | None = None
    """Attempts that were made."""
    exhausted: tuple[Exhausted, ...] = ()


class Condition(_Value, frozen=True):
    """Something that must hold for a step to run: `value`, mostly a reference, passes the test.

    A condition never fails: numbers compare with numbers and text with text, anything else doesn't
    hold.
    """

    value: Any
    test: Test = Test.NOT_EMPTY
    operand: Any = None


class ForEach(_Value, frozen=True):
    """Run the step's agent once for each item of a list, `width` calls at a time.

    `items` is a list or a reference to one. The step's output is
    `{"results": [the outputs that there are, in the order of the items],
    "failed": [{"index", "error"}]}`; it fails only when every item does.
    """

    items: Any
    width: int = 8


class Step(_Value, frozen=True):
    """One call of one agent. `id` matches `[a-z][a-z0-9_]*`, unique in its plan.

    Effect, criticality and the rest of what the agent declares are copied into the step when the
    plan is checked (`tizmor.core.completion.completed`), so that a plan, once checked, means the
    same for ever.
    """

    id: str
    agent: str
    title: str = ""
    arguments: dict[str, Any] = msgspec.field(default_factory=dict)
    effect: Effect = Effect.READ
    critical: bool = False
    prepares: bool = False
    probes: bool = False
    compensates: bool = False
    undoes_by_key: bool = False
    """Whether a call can be taken back of which it isn't known what it gave."""
    output_defaults: dict[str, Any] = msgspec.field(default_factory=dict)
    """What fields of the output mean that aren't in it, for those that the plan refers to: by their
    place in it, `*` standing for each item of a list (see `tizmor.core.absent`)."""
    after: tuple[str, ...] = ()
    when: tuple[Condition, ...] = ()
    """All must hold when the step's needs are met, or it is passed over: what reads its output is
    passed over, too, and what only comes `after` it goes on."""
    for_each: ForEach | None = None
    resources: tuple[Resource, ...] = ()
    retry: RetryPolicy = RetryPolicy()
    timeout_s: float | None = None
    """For each call."""
    deadline_s: float | None = None
    """For the whole step, its retries and waits included, from the moment its needs are met."""
    costs: Costs | None = None
    """What the agent says that a call may cost at most."""
    budget: Budget | None = None
    """For all calls of the step, those of its list and its alternatives included."""
    alternatives: tuple[Step, ...] = ()
    """The same step by other agents of the same capability, tried in this order once the agent has
    failed for good and is known to have done nothing."""
    on_failure: OnFailure | None = None
    """None in a plan that isn't checked yet: fail where nothing outside is changed, else ask."""
    control: tuple[str, ...] = ()
    """Arguments that steer an effect: recipients, addresses, paths, times."""
    untrusted: bool = False
    """Whether the output carries what a document or a stranger said."""
    receives: tuple[str, ...] = ()
    """The topics of the events from other steps that it is told of."""
    hands_over: Effect = Effect.READ
    """The gravest effect that work may have which its calls hand over to other agents."""


class Plan(_Value, frozen=True, gc=True, weakref=True):
    """What will be done for one request. With `questions`, nothing runs until they are answered."""

    goal: str
    steps: tuple[Step, ...] = ()
    language: str = "en"
    assumptions: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    planner: str = ""
    """Name and version of the planner that made it, e.g. `embedded/1`."""
    deadline_s: float | None = None
    """For the whole execution, from its creation."""
    conflicts: tuple[Conflict, ...] = ()
    """Found when the plan was checked, and settled as each says; what a file holds is not read."""
    budget: Budget | None = None
    """For the whole execution."""
