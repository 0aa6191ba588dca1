"""What OpenTelemetry calls what Tizmor does: every name that a span has stands here.

By its semantic conventions for generative AI, "GenAI agent and framework spans", all of which are
in development and may change, and by the general ones for errors (`error.type`). What they have no
name for begins with `tizmor.`. Requests, arguments and results are on no span: they are people's
own, and the conventions have them left out unless they are asked for.

https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-agent-spans.md
"""

from __future__ import annotations

import enum
from functools import lru_cache

SERVICE = "tizmor"
OPERATION = "gen_ai.operation.name"
INVOKE_WORKFLOW = "invoke_workflow"
"""A process that is made up of several agents: an execution."""
PLAN = "plan"
INVOKE_AGENT = "invoke_agent"
"""A step, from when it was ready to its end."""
EXECUTE_TOOL = "execute_tool"
"""One call of a step's agent."""
AGENT_NAME = "gen_ai.agent.name"
TOOL_NAME = "gen_ai.tool.name"
TOOL_TYPE = "gen_ai.tool.type"
FUNCTION = "function"
"""The type of a tool that is run where the agent is."""
TOOL_CALL_ID = "gen_ai.tool.call.id"
ERROR_TYPE = "error.type"
CHAT = "chat"
"""The operation of a call of a model, where its agent says no other."""

EXECUTION = "tizmor.execution.id"
STATUS = "tizmor.status"
"""How an execution or a step ended."""
STEP = "tizmor.step.id"
STEPS = "tizmor.steps"
"""How many there were."""
ATTEMPT = "tizmor.attempt"
PART = "tizmor.part"
"""Which `Part` of an execution a span is."""
CACHED = "tizmor.cached"
DRY_RUN = "tizmor.dry_run"
WAITS_FOR = "tizmor.waits_for"
"""What a held step waits for: `limit:NAME`, `lock:NAME`, …"""
ASKED = "tizmor.asked"
"""The id of an approval or a question."""
OUTCOME = "tizmor.outcome"
"""What became of it."""
TOKENS = "tizmor.usage.tokens"
"""Of input and output together: agents don't tell them apart."""
COST = "tizmor.usage.cost_usd"
RELATION = "tizmor.relation"
"""Of a link: how the other span came before."""


class Part(enum.StrEnum):
    """What of an execution a span tells."""

    REQUEST = "request"
    PLAN = "plan"
    STEP = "step"
    ATTEMPT = "attempt"
    HELD = "held"
    APPROVAL = "approval"
    QUESTION = "question"
    RETRY = "retry"
    SETTLING = "settling"
    PAUSE = "pause"
    ROLLBACK = "rollback"
    COMPENSATION = "compensation"
    WORK = "agent"
    """What an agent tells of its own work (`ctx.span`), as the two that follow."""
    MODEL = "model"
    DATABASE = "database"


class Relation(enum.StrEnum):
    FORKED_FROM = "forked_from"
    CARRIES_OUT = "carries_out"
    RECORDED_BY = "recorded_by"
    TAKES_BACK = "takes_back"


class Error(enum.StrEnum):
    """`error.type`: the few ways in which something went wrong; its message tells more."""

    FAILED = "failed"
    UNKNOWN = "outcome_unknown"
    STALE = "precondition_lost"
    INTERRUPTED = "interrupted"
    """The process ended, and nobody saw the call's end."""


OWN = frozenset({Part.WORK, Part.MODEL, Part.DATABASE})
"""What agents tell; all else is told by the journal."""
OUTSIDE = frozenset({Part.MODEL, Part.DATABASE})
"""What is asked of another system."""
SPAN_NAMES = {
    Part.REQUEST: INVOKE_WORKFLOW,
    Part.PLAN: PLAN,
    Part.STEP: INVOKE_AGENT + " {agent}",
    Part.ATTEMPT: EXECUTE_TOOL + " {agent}",
    Part.HELD: "wait for turn",
    Part.APPROVAL: "wait for approval",
    Part.QUESTION: "wait for answer",
    Part.RETRY: "wait for retry",
    Part.SETTLING: "settle {agent}",
    Part.PAUSE: "pause",
    Part.ROLLBACK: "roll back",
    Part.COMPENSATION: "compensate {agent}",
}
"""Few and fixed names, as the conventions want it; what is different each time is an attribute."""

OPERATIONS = {
    Part.REQUEST: INVOKE_WORKFLOW,
    Part.PLAN: PLAN,
    Part.STEP: INVOKE_AGENT,
    Part.ATTEMPT: EXECUTE_TOOL,
    Part.COMPENSATION: EXECUTE_TOOL,
    Part.MODEL: CHAT,
}
"""The parts that are an operation by the conventions."""


@lru_cache(maxsize=1024)
def span_name(part: Part, agent: str) -> str:
    """What the engine's own span of a part is called."""
    return SPAN_NAMES[part].format(agent=agent)


def of_part(part: Part, execution_id: str) -> dict[str, str | int | float | bool]:
    """What is said of each span of a part, of one execution."""
    told: dict[str, str | int | float | bool] = {PART: part.value}
    if part in OPERATIONS:
        told[OPERATION] = OPERATIONS[part]
    return told | {EXECUTION: execution_id}
