"""Middlewares around a call, outermost first."""

from __future__ import annotations

from tests.unit.pipeline.calls import agent_that, call_of, nothing

from tizmor.pipeline.call import Call
from tizmor.pipeline.compose import Next, compose
from tizmor.pipeline.trace import Trace, current_call
from tizmor.pipeline.verdicts import Completed, Failed, Verdict


class Noted:
    def __init__(self, name: str, notes: list[str], answer: Verdict | None = None) -> None:
        self.name = name
        self.notes = notes
        self.answer = answer

    async def __call__(self, call: Call, inner: Next) -> Verdict:
        self.notes.append(f"> {self.name}")
        verdict = self.answer or await inner(call)
        self.notes.append(f"< {self.name}")
        return verdict


async def test_the_outermost_is_entered_first_and_left_last() -> None:
    notes: list[str] = []

    async def innermost(call: Call) -> Verdict:
        notes.append("call")
        return Completed({})

    pipeline = compose([Noted("approve", notes), Noted("classify", notes)], innermost)
    assert await pipeline(call_of(agent_that(nothing))) == Completed({})
    assert notes == ["> approve", "> classify", "call", "< classify", "< approve"]


async def test_a_middleware_that_answers_itself_lets_nothing_below_it_run() -> None:
    notes: list[str] = []
    refused = Failed("no", retryable=False)
    below = Noted("classify", notes)
    pipeline = compose([Noted("approve", notes, refused), below], below)  # type: ignore[arg-type]
    assert await pipeline(call_of(agent_that(nothing))) == refused
    assert notes == ["> approve", "< approve"]


async def test_a_running_call_is_known_to_the_code_in_it_and_to_no_other() -> None:
    seen: list[Call | None] = []

    async def look() -> None:
        seen.append(current_call.get())

    async def inner(call: Call) -> Verdict:
        await look()
        return Completed({})

    call = call_of(agent_that(nothing))
    await Trace()(call, inner)
    await look()
    assert seen == [call, None]


def test_the_span_of_a_call_follows_from_what_it_is() -> None:
    """W3C Trace Context, section 3.2: version, 16 bytes, 8 bytes, flags."""
    one = call_of(agent_that(nothing))
    version, trace, span, flags = one.context.traceparent.split("-")
    assert (version, len(trace), len(span), flags) == ("00", 32, 16, "01")
    assert call_of(agent_that(nothing)).context.traceparent == one.context.traceparent
    other = call_of(agent_that(nothing))
    other.context.attempt = 2  # type: ignore[misc]
    assert other.context.traceparent.split("-")[1] == trace
    assert other.context.traceparent != one.context.traceparent
