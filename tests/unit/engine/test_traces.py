"""Traces through the engine: what an agent sends outside is what the trace tells."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from tests.replay.stage import Stage
from tests.unit.engine.house import House, Out, Process, meet, plan, read
from tests.unit.engine.virtual import play
from tests.unit.observability.trees import faults

from tizmor.core.errors import Permanent, Transient
from tizmor.core.ids import parse_id
from tizmor.core.plan import Effect, ForEach, OnFailure, RetryPolicy, Step
from tizmor.engine.views import Status
from tizmor.observability import names
from tizmor.observability.names import Part, Relation
from tizmor.observability.projection import projected
from tizmor.observability.recording import LONGEST, MOST_ATTRIBUTES, MOST_OF_A_CALL
from tizmor.observability.spans import Span
from tizmor.observability.trace_context import parsed, request_span_id
from tizmor.ports.agent import Agent, AgentContext, agent
from tizmor.ports.tracing import SpanKind

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
CALLER = f"00-{TRACE}-{SPAN}-01"
TWICE = RetryPolicy(attempts=2, first_delay_s=0.001)


class Sent(NamedTuple):
    """A request to the outside, with its header."""

    by: str
    traceparent: str


@pytest.fixture
def sent() -> list[Sent]:
    return []


def calling(sent: list[Sent], fail: list[Exception]) -> Agent:
    """An agent that calls the outside wherever it can."""

    @agent(name="Call", effect=Effect.COMPENSATABLE, critical=True, retry=TWICE)
    async def call(text: str = "", *, ctx: AgentContext) -> Out:
        """Call somebody."""
        sent.append(Sent("call", ctx.traceparent))
        if fail:
            raise fail.pop(0)
        return Out(value=text)

    @call.prepare
    async def prepare(text: str = "", *, ctx: AgentContext) -> object:
        sent.append(Sent("prepare", ctx.traceparent))
        return {"text": "prepared"}

    @call.compensate
    async def compensate(result: Out, *, ctx: AgentContext) -> None:
        sent.append(Sent("compensate", ctx.traceparent))

    return call


def by_header(spans: list[Span]) -> dict[str, Span]:
    return {f"00-{span.trace_id}-{span.span_id}-01": span for span in spans}


async def test_what_an_agent_sends_outside_names_its_span_of_the_trace(sent: list[Sent]) -> None:
    """Each attempt its own, a compensation its own, and what only prepares the step's."""
    house = House()
    agents = [calling(sent, [Transient("busy")]), *house.agents.all()]
    failing = Step(id="z", agent="Read", after=("c",), on_failure=OnFailure.FAIL)
    async with house.process(agents=agents) as process:
        steps = plan(Step(id="c", agent="Call"), failing)
        started = await process.start("q", plan=steps, approve_all=True)
        await process.result(started.id)
        spans = list(await process.trace(started.id))
    told = by_header(spans)
    parts = [(each.by, told[each.traceparent].part) for each in sent]
    assert parts == [("prepare", Part.STEP), ("call", Part.ATTEMPT), ("call", Part.ATTEMPT)]
    attempts = [told[each.traceparent] for each in sent if each.by == "call"]
    assert [span.attributes[names.ATTEMPT] for span in attempts] == [1, 2]
    assert [span.error for span in attempts] == ["failed", None]


async def test_what_takes_a_step_back_has_a_span_of_its_own(sent: list[Sent]) -> None:
    house = House()
    async with house.process(agents=[calling(sent, []), *house.agents.all()]) as process:
        steps = plan(Step(id="c", agent="Call"), meet("m", after=("c",)))
        started = await process.start("q", plan=steps)
        await process.result(started.id)
        await process.approve(started.id)
        await process.result(started.id)
        await process.cancel(started.id, roll_back=True)
        done = await process.result(started.id)
        told = by_header(list(await process.trace(started.id)))
    assert done.status is Status.CANCELLED
    assert [each.by for each in sent] == ["prepare", "call", "compensate"]
    assert told[sent[-1].traceparent].part is Part.COMPENSATION
    assert told[sent[-1].traceparent].links[0].span_id == sent[0].traceparent.split("-")[2]


def test_calls_of_a_list_that_is_gone_through_anew_are_told_apart(sent: list[Sent]) -> None:
    """Another call of the same name and number is another span."""
    fail: list[Exception] = [Permanent("no a"), Permanent("no b")]

    @agent(name="Look")
    async def look(text: str = "", *, ctx: AgentContext) -> Out:
        """Look."""
        sent.append(Sent(text, ctx.traceparent))
        if fail:
            raise fail.pop(0)
        return Out(value=text)

    async def scene(stage: Stage) -> None:
        each = Step(
            id="each",
            agent="Look",
            arguments={"text": {"$item": ""}},
            for_each=ForEach(items=["a", "b"]),
            on_failure=OnFailure.ASK,
        )
        execution = await stage.start(each)
        await stage.rest(execution)
        await stage.do(stage.process.tizmor.answer(execution, "again"))
        await stage.rest(execution)
        number = parse_id(execution) or 0
        records = stage.database.histories[number]
        told = by_header(projected(number, ((r.at_ms, r.payload) for r in records)))
        assert [told[each.traceparent].attributes[names.STEP] for each in sent] == [
            "each.0",
            "each.1",
        ] * 2

    play(scene, look)
    assert len({each.traceparent for each in sent}) == 4


async def ended(process: Process, *steps: Step, caller: str | None = None) -> str:
    started = await process.start("q", plan=plan(*steps), traceparent=caller)
    return (await process.result(started.id)).id


async def test_an_execution_is_a_part_of_its_callers_trace(any_house: House) -> None:
    async with any_house.process() as process:
        execution = await ended(process, read("a"), caller=CALLER)
        spans = await process.trace(execution)
    assert {span.trace_id for span in spans} == {TRACE}
    assert spans[0].parent_span_id == SPAN
    assert spans[0].part is Part.REQUEST
    assert spans[0].span_id == request_span_id(execution)


@pytest.mark.parametrize("caller", ["nonsense", "", f"00-{'0' * 32}-{SPAN}-01"])
async def test_a_caller_that_names_no_span_is_passed_over(house: House, caller: str) -> None:
    async with house.process() as process:
        execution = await ended(process, read("a"), caller=caller)
        spans = await process.trace(execution)
    assert spans[0].parent_span_id is None
    assert {span.trace_id for span in spans} != {TRACE}


async def test_another_process_goes_on_in_the_same_trace(
    any_house: House, sent: list[Sent]
) -> None:
    """The caller is in the journal: what a later process sends outside names its trace, and a
    caller that keeps nothing of it is not told otherwise."""
    unsampled = f"00-{TRACE}-{SPAN}-00"
    agents = [calling(sent, [])]
    async with any_house.process(agents=agents) as process:
        started = await process.start(
            "q", plan=plan(Step(id="c", agent="Call")), traceparent=unsampled
        )
        await process.result(started.id)
        before = await process.trace(started.id)
    async with any_house.process(agents=agents) as process:
        await process.approve(started.id)
        assert (await process.result(started.id)).status is Status.COMPLETED
        after = await process.trace(started.id)
    assert [each.by for each in sent] == ["prepare", "call"]
    assert {parsed(each.traceparent)[0] for each in sent} == {TRACE}  # type: ignore[index]
    assert {each.traceparent[-2:] for each in sent} == {"00"}
    ids = {span.span_id for span in after}
    assert {span.span_id for span in before} <= ids
    assert {span.trace_id for span in after} == {TRACE}
    assert all(span.end_ms is not None for span in after)


async def test_a_fork_has_a_trace_of_its_own_and_a_link_to_where_it_came_from(
    any_house: House,
) -> None:
    """Also where that was a part of somebody else's trace."""
    async with any_house.process() as process:
        for caller in (None, CALLER):
            origin = await ended(process, read("a"), read("b", "a"), caller=caller)
            forked = await process.fork(origin, "b")
            await process.result(forked.id)
            first = (await process.trace(origin))[0]
            spans = await process.trace(forked.id)
            (link,) = spans[0].links
            assert link.relation == Relation.FORKED_FROM
            assert (link.trace_id, link.span_id) == (first.trace_id, first.span_id)
            assert spans[0].trace_id != first.trace_id
            assert spans[0].parent_span_id is None


async def test_what_carries_out_a_dry_run_is_linked_with_it(any_house: House) -> None:
    async with any_house.process() as process:
        dry = await process.dry_run("q", plan=plan(meet("m")), traceparent=CALLER)
        await process.result(dry.id)
        done = await process.carry_out(dry.id)
        await process.result(done.id)
        rehearsed = (await process.trace(dry.id))[0]
        (link,) = (await process.trace(done.id))[0].links
    assert rehearsed.attributes[names.DRY_RUN] is True
    assert (link.trace_id, link.span_id) == (TRACE, rehearsed.span_id)
    assert link.relation == Relation.CARRIES_OUT


def telling(fail: bool = False) -> Agent:
    """An agent that tells what it does."""

    @agent(name="Tell")
    async def tell(text: str = "", *, ctx: AgentContext) -> Out:
        """Ask a model, which looks something up."""
        ctx.secret("KEY")
        asked = {"gen_ai.request.model": "small", "prompt": f"the key is {KEY}"}
        with ctx.span("chat small", kind=SpanKind.MODEL, attributes=asked) as model:
            headers.append(model.traceparent)
            with ctx.span("SELECT", kind=SpanKind.DATABASE):
                pass
            model.set("gen_ai.usage.output_tokens", 3)
        with ctx.span("sum up"):
            if fail:
                raise Permanent("no")
        return Out(value=text)

    headers: list[str] = []
    tell.headers = headers  # type: ignore[attr-defined]
    return tell


KEY = "k3y-that-nobody-sees"


class Known:
    """Secrets of which there is one."""

    def get(self, name: str) -> str:
        return KEY


async def test_what_an_agent_tells_of_its_work_lies_within_its_call(any_house: House) -> None:
    """One below the other as they were begun, without secrets, and the same in another process."""
    own = telling()
    async with any_house.process(agents=[own], secrets=Known()) as process:
        started = await process.start("q", plan=plan(Step(id="t", agent="Tell")))
        await process.result(started.id)
        spans = list(await process.trace(started.id))
    async with any_house.process(agents=[own]) as process:
        assert list(await process.trace(started.id)) == spans
    assert faults(spans) == []
    told = {span.part: span for span in spans}
    attempt, model = told[Part.ATTEMPT], told[Part.MODEL]
    assert (model.parent_span_id, model.name) == (attempt.span_id, "chat small")
    assert told[Part.DATABASE].parent_span_id == model.span_id
    assert told[Part.WORK].parent_span_id == attempt.span_id
    assert own.headers == [f"00-{model.trace_id}-{model.span_id}-01"]  # type: ignore[attr-defined]
    assert model.attributes["gen_ai.usage.output_tokens"] == 3
    assert model.attributes["gen_ai.operation.name"] == "chat"
    assert model.attributes["prompt"] == "the key is •••"


async def test_an_error_that_leaves_an_agents_span_is_told_by_its_type(house: House) -> None:
    async with house.process(agents=[telling(fail=True)], secrets=Known()) as process:
        step = Step(id="t", agent="Tell", on_failure=OnFailure.FAIL)
        started = await process.start("q", plan=plan(step))
        await process.result(started.id)
        told = {span.part: span for span in await process.trace(started.id)}
    assert (told[Part.WORK].error, told[Part.MODEL].error) == ("Permanent", None)


async def test_of_too_much_that_an_agent_tells_the_rest_is_counted(house: House) -> None:
    @agent(name="Chatty")
    async def chatty(*, ctx: AgentContext) -> Out:
        """Tell very much."""
        for number in range(MOST_OF_A_CALL + 5):
            with ctx.span("x" * 1000) as span:
                for name in range(MOST_ATTRIBUTES + 5):
                    span.set(f"{number}.{name}", "y" * 1000)
        return Out()

    async with house.process(agents=[chatty]) as process:
        started = await process.start("q", plan=plan(Step(id="t", agent="Chatty")))
        await process.result(started.id)
        own = [span for span in await process.trace(started.id) if span.part is Part.WORK]
        standing = await process._journal.sharing.traces.standing()
    assert (len(own), standing.lost) == (MOST_OF_A_CALL, 5)
    assert {len(span.name) for span in own} == {LONGEST}
    assert {len(str(v)) for span in own for n, v in span.attributes.items() if "." in n[:4]} == {
        LONGEST
    }
    assert all(len(span.attributes) <= MOST_ATTRIBUTES + 2 for span in own)
