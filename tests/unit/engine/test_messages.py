"""Requests, answers, events and broadcasts between steps: who gets them, how often, and what
becomes of those that nobody answers."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import msgspec
import pytest
from tests.replay.stage import Stage
from tests.unit.engine.talkers import doing, gave, step
from tests.unit.engine.virtual import events, folded, play

from tizmor.core import checkpoint
from tizmor.core import events as ev
from tizmor.core.errors import TalkError, Undelivered
from tizmor.core.plan import Effect
from tizmor.ports.agent import AgentContext

SHORT = dt.timedelta(seconds=20)


class Sum(msgspec.Struct):
    a: int
    b: int


async def adds(ctx: AgentContext) -> Any:
    """Answer requests until none comes for a while."""
    done = 0
    while (request := await ctx.messages.receive(Sum, timeout=SHORT)) is not None:
        await ctx.messages.respond(request, request.payload.a + request.payload.b)
        done += 1
    return done


async def asks(ctx: AgentContext) -> Any:
    return await ctx.messages.request("Add", Sum(a=2, b=3), int)


def test_a_request_is_answered_by_a_step_of_the_agent_that_it_is_for() -> None:
    async def scene(stage: Stage) -> None:
        execution = await stage.start(step("ask", "Ask"), step("add", "Add"))
        ended = await stage.rest(execution)
        assert gave(ended)[0] == 5
        sent = await stage.process.ask(stage.process.tizmor.messages(execution))
        shown = [(m.id, m.kind, m.sender, m.to, m.state, m.payload, m.correlation) for m in sent]
        assert shown == [
            ("m1", "REQUEST", "ask", "Add", "answered", {"a": 2, "b": 3}, None),
            ("m1.answer", "RESPONSE", "add", "ask", "delivered", 5, "m1"),
        ]  # fmt: skip
        rows = {row.id: (row.kind, row.state) for row in stage.database.messages.values()}
        assert rows == {"m1": ("REQUEST", "answered"), "m1.answer": ("RESPONSE", "delivered")}

    play(scene, doing("Ask", asks), doing("Add", adds))


def test_who_waits_for_an_answer_holds_no_place_and_is_held_in_the_journal() -> None:
    running: set[str] = set()

    async def asks_and_notes(ctx: AgentContext) -> Any:
        running.add("ask")
        try:
            return await asks(ctx)
        finally:
            running.discard("ask")

    async def takes_long(ctx: AgentContext) -> Any:
        request = await ctx.messages.receive()
        assert request is not None
        await asyncio.sleep(5)
        assert not running
        await ctx.messages.respond(request, 1)
        return None

    async def scene(stage: Stage) -> None:
        execution = await stage.start(step("ask", "Ask"), step("add", "Add"))
        assert gave(await stage.rest(execution)) == [1, None]
        held = [(e.step, e.on) for e in events(stage, execution, ev.StepHeld)]
        assert held == [("ask", "answer:m1")]

    play(scene, doing("Ask", asks_and_notes), doing("Add", takes_long))


@pytest.mark.parametrize("at_s", [0.01, 1, 6, 9])
def test_a_request_and_its_answer_survive_the_death_of_the_process_each_once(at_s: float) -> None:
    async def thinks(ctx: AgentContext) -> Any:
        request = await ctx.messages.receive()
        assert request is not None
        await asyncio.sleep(5)
        await ctx.messages.respond(request, "done")
        await asyncio.sleep(5)
        return None

    async def asks_and_works(ctx: AgentContext) -> Any:
        answer = await ctx.messages.request("Think", 1)
        await asyncio.sleep(5)
        return answer

    async def scene(stage: Stage) -> None:
        execution = await stage.start(step("ask", "Ask"), step("think", "Think"))
        await asyncio.sleep(at_s)
        stage.process.kill()
        stage.another()
        await stage.do(stage.process.tizmor.resume(execution))
        assert gave(await stage.rest(execution)) == ["done", None]
        sent = events(stage, execution, ev.MessageSent)
        assert [(m.id, m.step, m.number) for m in sent] == [("m1", "ask", 0)]
        answered = events(stage, execution, ev.MessageAnswered)
        assert [(m.id, m.payload) for m in answered] == [("m1", "done")]

    play(scene, doing("Ask", asks_and_works), doing("Think", thinks))


def test_without_an_answer_in_its_time_a_request_is_a_dead_letter_also_after_a_restart() -> None:
    async def asks_in_vain(ctx: AgentContext) -> Any:
        try:
            return await ctx.messages.request("Deaf", 1, timeout=dt.timedelta(minutes=2))
        except Undelivered as error:
            return [str(error), ctx.now.minute]

    async def sleeps(ctx: AgentContext) -> Any:
        await asyncio.sleep(600)

    async def scene(stage: Stage) -> None:
        execution = await stage.start(step("ask", "Ask"), step("deaf", "Deaf"))
        await asyncio.sleep(60)
        stage.process.kill()
        stage.another()
        await stage.do(stage.process.tizmor.resume(execution))
        ended = await stage.rest(execution)
        assert gave(ended)[0] == ["Deaf gave no answer: no answer came in time", 2]
        (dead,) = events(stage, execution, ev.MessageExpired)
        assert (dead.id, dead.reason) == ("m1", "no answer came in time")

    play(scene, doing("Ask", asks_in_vain), doing("Deaf", sleeps))


def test_a_call_with_an_effect_that_waits_is_told_when_the_time_is_over_after_a_restart() -> None:
    async def asks_in_vain(ctx: AgentContext) -> Any:
        try:
            return await ctx.messages.request("Deaf", 1, timeout=dt.timedelta(minutes=2))
        except Undelivered:
            return ctx.now.minute

    async def sleeps(ctx: AgentContext) -> Any:
        await asyncio.sleep(600)

    async def scene(stage: Stage) -> None:
        execution = await stage.start(step("ask", "Ask"), step("deaf", "Deaf"))
        await asyncio.sleep(60)
        stage.process.kill()
        stage.another()
        await stage.do(stage.process.tizmor.resume(execution))
        assert gave(await stage.rest(execution))[0] == 2

    play(scene, doing("Ask", asks_in_vain, effect=Effect.IDEMPOTENT), doing("Deaf", sleeps))


def test_a_request_that_one_step_has_taken_is_not_taken_by_another() -> None:
    async def thinks(ctx: AgentContext) -> Any:
        request = await ctx.messages.receive(timeout=SHORT)
        if request is None:
            return None
        await asyncio.sleep(5)
        await ctx.messages.respond(request, ctx.step_id)
        return request.id

    async def asks_one(ctx: AgentContext) -> Any:
        return await ctx.messages.request("Think", 1)

    async def scene(stage: Stage) -> None:
        execution = await stage.start(step("ask", "Ask"), step("a", "Think"), step("b", "Think"))
        assert gave(await stage.rest(execution)) == ["a", "m1", None]
        assert [e.step for e in events(stage, execution, ev.MessageTaken)] == ["a"]

    play(scene, doing("Ask", asks_one), doing("Think", thinks))


async def _undelivered(ctx: AgentContext, to: str, payload: Any = 1) -> str:
    with pytest.raises(Undelivered) as caught:
        await ctx.messages.request(to, payload)
    return str(caught.value)


def test_a_request_that_nobody_is_there_to_take_is_dead_at_once() -> None:
    async def asks_nobody(ctx: AgentContext) -> Any:
        began = ctx.now
        said = await _undelivered(ctx, "Nobody")
        assert ctx.now == began
        return said

    async def scene(stage: Stage) -> None:
        ended = await stage.rest(await stage.start(step("ask", "Ask"), step("b", "Ask")))
        assert "nobody takes it" in gave(ended)[0]

    play(scene, doing("Ask", asks_nobody))


def test_who_took_a_request_and_ended_without_a_word_leaves_a_dead_letter() -> None:
    async def takes(ctx: AgentContext) -> Any:
        taken = await ctx.messages.receive()
        return None if taken is None else taken.sender

    async def asks_mute(ctx: AgentContext) -> Any:
        return await _undelivered(ctx, "mute")

    async def scene(stage: Stage) -> None:
        ended = await stage.rest(await stage.start(step("ask", "Ask"), step("mute", "Mute")))
        assert gave(ended) == ["mute gave no answer: mute ended without an answer", "ask"]

    play(scene, doing("Ask", asks_mute), doing("Mute", takes))


def test_a_payload_that_does_not_fit_is_a_dead_letter_and_the_next_message_is_taken() -> None:
    async def asks_badly(ctx: AgentContext) -> Any:
        said = await _undelivered(ctx, "Add", {"a": "two"})
        return [said, await ctx.messages.request("Add", Sum(a=1, b=1))]

    async def scene(stage: Stage) -> None:
        ended = await stage.rest(await stage.start(step("ask", "Ask"), step("add", "Add")))
        said, answer = gave(ended)[0]
        assert "the payload is no Sum" in said
        assert answer == 2

    play(scene, doing("Ask", asks_badly), doing("Add", adds))


def test_an_event_goes_to_all_that_receive_its_topic_and_a_broadcast_to_all() -> None:
    async def tells(ctx: AgentContext) -> Any:
        await ctx.messages.publish("prices", 7)
        await ctx.messages.publish("weather", "rain")
        await ctx.messages.broadcast("done")
        return None

    async def hears(ctx: AgentContext) -> Any:
        heard = []
        while (message := await ctx.messages.receive(timeout=SHORT)) is not None:
            heard.append([message.kind, message.payload])
        return heard

    async def scene(stage: Stage) -> None:
        execution = await stage.start(
            step("a", "Trader"), step("b", "Trader"), step("c", "Other"), step("tell", "Tell")
        )
        ended = await stage.rest(execution)
        prices, done = ["EVENT", 7], ["BROADCAST", "done"]
        assert gave(ended) == [[prices, done], [prices, done], [done], None]
        sent = await stage.process.ask(stage.process.tizmor.messages(execution))
        assert [(m.id, m.state, m.taken_by) for m in sent] == [
            ("m1", "delivered", ("a", "b")),
            ("m2", "dead", ()),
            ("m3", "delivered", ("a", "b", "c")),
        ]

    play(
        scene,
        doing("Trader", hears, receives=("prices",)),
        doing("Other", hears),
        doing("Tell", tells),
    )


def test_many_requests_are_each_answered_once_by_one_of_several() -> None:
    async def asks_many(ctx: AgentContext) -> Any:
        asked = (ctx.messages.request("Add", Sum(a=n, b=1), int) for n in range(5))
        return sum(await asyncio.gather(*asked))

    async def scene(stage: Stage) -> None:
        execution = await stage.start(
            step("ask", "Ask"), step("too", "Ask"), step("add", "Add"), step("more", "Add")
        )
        ended = await stage.rest(execution)
        assert gave(ended)[:2] == [15, 15]
        assert len(events(stage, execution, ev.MessageSent)) == 10
        assert len(events(stage, execution, ev.MessageTaken)) == 10
        assert len(events(stage, execution, ev.MessageAnswered)) == 10

    play(scene, doing("Ask", asks_many), doing("Add", adds))


def test_a_call_with_an_effect_waits_where_it_is_and_is_made_once() -> None:
    made: list[int] = []

    async def writes(ctx: AgentContext) -> Any:
        made.append(1)
        return await ctx.messages.request("Add", Sum(a=1, b=2))

    async def scene(stage: Stage) -> None:
        steps = step("write", "Write"), step("add", "Add")
        ended = await stage.rest(await stage.start(*steps))
        assert gave(ended)[0] == 3
        assert made == [1]

    play(scene, doing("Write", writes, effect=Effect.IDEMPOTENT), doing("Add", adds))


def test_what_a_stranger_said_keeps_its_mark_through_messages_to_the_gate() -> None:
    async def reads(ctx: AgentContext) -> Any:
        return await ctx.messages.publish("page", "write to eve")

    async def hears(ctx: AgentContext) -> Any:
        message = await ctx.messages.receive()
        assert message is not None
        return message.payload

    async def nothing(ctx: AgentContext) -> Any:
        return None

    async def scene(stage: Stage) -> None:
        execution = await stage.start(
            step("page", "Page"),
            step("hear", "Hear"),
            step("send", "Send", arguments={"text": {"$ref": "/hear/value"}}),
            approve_all=True,
        )
        waits = await stage.rest(execution)
        assert [(w.step, w.untrusted) for w in waits.waiting_for] == [("send", ("text",))]

    play(
        scene,
        doing("Page", reads, untrusted=True),
        doing("Hear", hears, receives=("page",)),
        doing("Send", nothing, effect=Effect.IRREVERSIBLE, control=("text",)),
    )


@pytest.mark.parametrize(
    ("to", "payload", "seconds", "problem"),
    [
        ("", 1, 1, "is none"),
        ("Ask", "x" * 1024 * 1024, 1, "at most 1,048,576"),
        ("Ask", object(), 1, "written as JSON"),
        ("Ask", 1, 0, "above 0"),
        ("Ask", 1, 31 * 86400, "at most 30 days"),
    ],
)
def test_what_can_not_be_sent_is_refused_by_name(
    to: str, payload: Any, seconds: int, problem: str
) -> None:
    async def asks_wrongly(ctx: AgentContext) -> Any:
        with pytest.raises(TalkError, match=problem):
            await ctx.messages.request(to, payload, timeout=dt.timedelta(seconds=seconds))

    async def scene(stage: Stage) -> None:
        execution = await stage.start(step("a", "Ask"), step("b", "Ask"))
        assert (await stage.rest(execution)).status == "COMPLETED"
        assert folded(stage, execution).talk is None

    play(scene, doing("Ask", asks_wrongly))


def test_a_checkpoint_holds_all_messages() -> None:
    async def scene(stage: Stage) -> None:
        execution = await stage.start(step("ask", "Ask"), step("add", "Add"))
        await stage.rest(execution)
        state = folded(stage, execution)
        restored = checkpoint.decode(state.execution, checkpoint.encode(state))
        assert restored is not None
        assert restored.talk == state.talk
        assert state.talk is not None
        assert state.talk.mail["m1"].answer == 5

    play(scene, doing("Ask", asks), doing("Add", adds))
