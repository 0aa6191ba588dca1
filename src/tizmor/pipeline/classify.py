"""classify: what an agent raised, as a verdict.

For a call with an effect, only an error that says that nothing happened counts as a failure; any
other leaves the outcome unknown, and what was sent may still be on its way: a cut connection stops
no server. A call that was never begun did nothing, whatever it raised.
"""

from __future__ import annotations

import asyncio
import logging
import math
import traceback

from tizmor.core.errors import (
    AgentError,
    EngineError,
    NeedsAnswer,
    Permanent,
    PreconditionFailed,
    Transient,
)
from tizmor.core.events import storable
from tizmor.core.plan import Choice, Effect, Question
from tizmor.pipeline.call import Call
from tizmor.pipeline.compose import Next
from tizmor.pipeline.verdicts import Failed, NeedsInput, Stale, Unknown, Verdict, Wait, Withdrawn

_log = logging.getLogger("tizmor.agent")
_ERROR_LIMIT = 2000
PASSING = (TimeoutError, ConnectionError)
"""Unforeseen errors after which trying again may help."""


class Parked(BaseException):
    """The call ends here, and runs again when another step has said what it waits for. It is no
    `Exception`, so that no agent takes it for a failure of its own."""

    def __init__(self, on: str, until_ms: int | None) -> None:
        super().__init__(on)
        self.on = on
        self.until_ms = until_ms


class Classify:
    name = "classify"

    async def __call__(self, call: Call, inner: Next) -> Verdict:
        try:
            return await inner(call)
        except EngineError:
            raise
        except AgentError as error:
            return agent_verdict(error)
        except asyncio.CancelledError as error:
            return _cut_off(call, error)
        except (Parked, BaseExceptionGroup) as error:
            if (parked := _parked(error)) is None and not isinstance(error, Exception):
                raise
            return _unforeseen(call, error) if parked is None else Wait(parked.on, parked.until_ms)
        except Exception as error:
            _log.debug("%s failed: %s\n%s", call.step.id, type(error).__name__, _where(error))
            return _unforeseen(call, error)


def _parked(error: BaseException) -> Parked | None:
    """What the call waits for; of several at once the first."""
    if isinstance(error, BaseExceptionGroup):
        found = (_parked(inner) for inner in error.exceptions)
        return next((parked for parked in found if parked is not None), None)
    return error if isinstance(error, Parked) else None


def agent_verdict(error: AgentError) -> Verdict:
    """The verdict on what an agent raised about its own call."""
    message = worded(error)
    match error:
        case Transient():
            return Failed(message, retryable=True, retry_after_s=delay_s(error))
        case Permanent():
            return Failed(message, retryable=False)
        case PreconditionFailed():
            return Stale(message, retry_after_s=delay_s(error))
        case NeedsAnswer():
            return _asked(error)
        case _:  # OutcomeUnknown, and what says nothing of its outcome
            return Unknown(message, may_still_run=True, retry_after_s=delay_s(error))


def delay_s(error: BaseException) -> float | None:
    """How long an error says to wait, if it says so in a number."""
    delay = getattr(error, "retry_after_s", None)
    return delay if isinstance(delay, (int, float)) and 0 <= delay < math.inf else None


def worded(error: BaseException) -> str:
    """An error's message, never empty. It is cut when secrets are struck out, not before: a part
    of one isn't found again."""
    return storable(str(error) or type(error).__name__)


def cut(message: str) -> str:
    """Not longer than 2,000 characters."""
    return message[:_ERROR_LIMIT]


def bounded(error: BaseException) -> str:
    """The message of an error that knows no secret, never empty and of bounded length."""
    return cut(worded(error))


def _where(error: BaseException) -> str:
    """The way to an error, without its message: that may hold what no log may."""
    return "".join(traceback.format_tb(error.__traceback__))


def _cut_off(call: Call, error: asyncio.CancelledError) -> Verdict:
    if call.begun and call.step.effect is not Effect.READ:
        return Unknown("it was cancelled while it ran", may_still_run=True)
    task = asyncio.current_task()
    by_us = task is None or task.cancelling()
    return Withdrawn() if by_us or not call.begun else _unforeseen(call, error)


def _unforeseen(call: Call, error: BaseException) -> Verdict:
    message = _named(error)
    if call.begun and call.step.effect is not Effect.READ:
        return Unknown(message, may_still_run=True)
    return Failed(message, retryable=isinstance(error, PASSING))


def _named(error: BaseException) -> str:
    """What kind of error it is, and what it says, if it says anything."""
    name, said = type(error).__name__, str(error)
    return storable(f"{name}: {said}" if said else name)


def _asked(asked: NeedsAnswer) -> Verdict:
    """What is given is held to being text: the journal can hold nothing else."""
    try:
        choices = tuple(
            Choice(value=_text(value), label=_text(label)) for value, label in asked.choices
        )
    except (TypeError, ValueError) as error:
        return Failed(f"it asked with choices that are no pairs: {error}", retryable=False)
    question = Question(
        id=_text(asked.question_id),
        text=_text(asked.text),
        choices=choices,
        free_text=bool(asked.free_text),
    )
    return NeedsInput(question)


def _text(given: object) -> str:
    return storable(str(given))
