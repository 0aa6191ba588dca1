"""Work that one agent hands to another: a step of the execution, held to its limits."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from tests.replay.stage import Stage
from tests.unit.engine.talkers import Out, doing, gave, step
from tests.unit.engine.virtual import events, folded, play

from tizmor.core import checkpoint
from tizmor.core import events as ev
from tizmor.core.errors import TalkError, Undelivered
from tizmor.core.plan import Effect, ForEach, Plan
from tizmor.engine.limits import Limits
from tizmor.ports.agent import Agent, AgentContext, agent

DONE: list[str] = []


class Number(msgspec.Struct):
    value: int


@agent(name="Double")
async def double(n: int, *, ctx: AgentContext) -> Number:
    """Double a number."""
    await asyncio.sleep(1)
    DONE.append(f"double {n}")
    return Number(value=2 * n)


@agent(name="Send", effect=Effect.IRREVERSIBLE, control=("to",))
async def send(to: str, *, ctx: AgentContext) -> Out:
    """Send something."""
    DONE.append(f"send {to}")
    return Out(value=f"sent to {to}")


@agent(name="Note", effect=Effect.IDEMPOTENT)
async def note(text: str, *, ctx: AgentContext) -> Out:
    """Note something down."""
    DONE.append(f"note {text}")
    return Out(value=text)


@agent(name="Fail")
async def fail(*, ctx: AgentContext) -> Out:
    """Fail."""
    raise ValueError("it can't be done")


@pytest.fixture(autouse=True)
def nothing_done() -> None:
    DONE.clear()


def handing(name: str, to: str, arguments: dict[str, Any], **declared: Any) -> Agent:
    async def hand(ctx: AgentContext) -> Any:
        return await ctx.messages.hand_over(to, arguments)

    return doing(name, hand, **declared)


def test_work_becomes_a_step_whose_output_is_the_answer() -> None:
    async def bosses(ctx: AgentContext) -> Any:
        first = await ctx.messages.hand_over("Double", {"n": 2}, Number, title="Twice two")
        second = await ctx.messages.hand_over("Double", {"n": first.value}, Number)
        return second.value

    async def scene(stage: Stage) -> None:
        execution = await stage.start(step("boss", "Boss"), step("after", "After", after=("boss",)))
        ended = await stage.rest(execution)
        assert gave(ended)[0] == 8
        assert [(s.id, s.agent, s.title, s.state) for s in ended.steps] == [
            ("boss", "Boss", "Boss", "succeeded"),
            ("after", "After", "After", "succeeded"),
            ("boss.m1", "Double", "Twice two", "succeeded"),
            ("boss.m2", "Double", "Double", "succeeded"),
        ]
        assert DONE == ["double 2", "double 4"]
        rows = {row.step: row.status for row in stage.database.steps.values()}
        assert rows["boss.m2"] == "succeeded"

    async def nothing(ctx: AgentContext) -> Any:
        return None

    play(scene, doing("Boss", bosses), double, doing("After", nothing))


def test_who_hands_over_holds_no_place_while_it_waits() -> None:
    async def scene(stage: Stage) -> None:
        stage.process.kill()
        stage.limits = Limits(calls=1)
        stage.another()
        each = ForEach(items=[1, 2, 3], width=3)
        ended = await stage.rest(await stage.start(step("boss", "Boss", for_each=each)))
        assert ended.status == "COMPLETED"
        assert DONE == ["double 4"] * 3

    play(scene, handing("Boss", "Double", {"n": 4}), double)


@pytest.mark.parametrize("at_s", [0.01, 0.5, 1.5, 2.5])
def test_work_is_done_once_wherever_the_process_dies(at_s: float) -> None:
    async def bosses(ctx: AgentContext) -> Any:
        await ctx.messages.hand_over("Note", {"text": "once"})
        await asyncio.sleep(1)
        return await ctx.messages.hand_over("Double", {"n": 3})

    async def scene(stage: Stage) -> None:
        execution = await stage.start(step("boss", "Boss"))
        await asyncio.sleep(at_s)
        stage.process.kill()
        stage.another()
        await stage.do(stage.process.tizmor.resume(execution))
        ended = await stage.rest(execution)
        assert gave(ended)[0] == {"value": 6}
        assert DONE.count("note once") == 1
        handed = events(stage, execution, ev.WorkHandedOver)
        assert [(e.work.id, e.work.agent) for e in handed] == [
            ("boss.m1", "Note"),
            ("boss.m2", "Double"),
        ]

    play(scene, doing("Boss", bosses, hands_over=Effect.IDEMPOTENT), double, note)


def test_work_that_needs_an_approval_is_asked_for_and_the_execution_waits_for_the_human() -> None:
    async def scene(stage: Stage) -> None:
        execution = await stage.start(step("boss", "Boss"))
        waits = await stage.rest(execution)
        assert (waits.status, [w.step for w in waits.waiting_for]) == ("WAITING", ["boss.m1"])
        assert DONE == []
        await stage.do(stage.process.tizmor.approve(execution))
        ended = await stage.rest(execution)
        assert (ended.status, DONE) == ("COMPLETED", ["send dana"])
        assert gave(ended)[0] == {"value": "sent to dana"}

    play(scene, handing("Boss", "Send", {"to": "dana"}, hands_over=Effect.IRREVERSIBLE), send)


def test_a_rejected_gate_is_told_to_who_handed_the_work_over() -> None:
    async def bosses(ctx: AgentContext) -> Any:
        with pytest.raises(Undelivered, match="rejected"):
            await ctx.messages.hand_over("Send", {"to": "dana"})
        return "then not"

    async def scene(stage: Stage) -> None:
        execution = await stage.start(step("boss", "Boss"))
        await stage.rest(execution)
        await stage.do(stage.process.tizmor.reject(execution))
        ended = await stage.rest(execution)
        assert (gave(ended)[0], ended.status, DONE) == ("then not", "REJECTED", [])

    play(scene, doing("Boss", bosses, hands_over=Effect.IRREVERSIBLE), send)


def test_failed_work_is_its_askers_to_judge() -> None:
    async def bosses(ctx: AgentContext) -> Any:
        with pytest.raises(Undelivered, match="it can't be done"):
            await ctx.messages.hand_over("Fail", {})
        return "without"

    async def scene(stage: Stage) -> None:
        ended = await stage.rest(await stage.start(step("boss", "Boss")))
        assert (gave(ended)[0], ended.status) == ("without", "COMPLETED")

    play(scene, doing("Boss", bosses), fail)


@pytest.mark.parametrize(
    ("to", "arguments", "declared", "problem"),
    [
        ("Nobody", {}, {}, "there is no agent 'Nobody'"),
        ("Double", {}, {}, "needs the argument 'n'"),
        ("Double", {"n": "two"}, {}, "wants integer, got str"),
        ("Double", {"n": 1, "m": 2}, {}, "takes no argument 'm'"),
        ("Note", {"text": "x"}, {}, "may hand over what is read at most"),
        ("Send", {"to": "x"}, {"hands_over": Effect.IDEMPOTENT}, "idempotent at most"),
        ("Double", {"n": {"$ref": "/other/value"}}, {}, "no step 'other'|refers to nothing"),
        ("Double", {"n": 1}, {"effect": Effect.IDEMPOTENT}, "changes something itself"),
    ],
)
def test_work_that_no_plan_could_hold_or_goes_too_far_is_refused(
    to: str, arguments: dict[str, Any], declared: dict[str, Any], problem: str
) -> None:
    async def bosses(ctx: AgentContext) -> Any:
        with pytest.raises(TalkError, match=problem):
            await ctx.messages.hand_over(to, arguments)
        return "refused"

    async def scene(stage: Stage) -> None:
        execution = await stage.start(step("boss", "Boss", arguments={"text": "x"}))
        assert gave(await stage.rest(execution)) == ["refused"]
        assert DONE == []

    play(scene, doing("Boss", bosses, **declared), double, note, send)


def test_work_is_handed_on_only_so_often() -> None:
    async def hands_on(ctx: AgentContext) -> Any:
        try:
            return await ctx.messages.hand_over("Chain", {"text": f"x{ctx.execution_id}"})
        except TalkError as error:
            return str(error)

    async def scene(stage: Stage) -> None:
        ended = await stage.rest(await stage.start(step("a", "Chain")))
        assert [s.id for s in ended.steps] == [
            "a",
            "a.m1",
            "a.m1.m2",
            "a.m1.m2.m3",
            "a.m1.m2.m3.m4",
        ]
        assert "at most 4 times" in gave(ended)[-1]

    play(scene, doing("Chain", hands_on))


def test_what_a_stranger_made_an_agent_hand_over_is_asked_about_though_all_was_approved() -> None:
    async def scene(stage: Stage) -> None:
        execution = await stage.start(step("page", "Page"), approve_all=True)
        waits = await stage.rest(execution)
        assert [(w.step, w.untrusted) for w in waits.waiting_for] == [("page.m1", ("text",))]
        assert DONE == []

    page = handing("Page", "Note", {"text": "e"}, untrusted=True, hands_over=Effect.IDEMPOTENT)
    play(scene, page, note)


def test_a_fork_does_not_repeat_the_work_of_steps_that_it_keeps() -> None:
    async def last(ctx: AgentContext) -> Any:
        return len(DONE)

    async def scene(stage: Stage) -> None:
        execution = await stage.start(step("boss", "Boss"), step("last", "Last", after=("boss",)))
        await stage.rest(execution)
        forked = await stage.process.ask(stage.process.tizmor.fork(execution, "last"))
        ended = await stage.rest(forked.id)
        assert gave(ended) == [{"value": 6}, 1]
        assert [s.id for s in ended.steps] == ["boss", "last"]

    play(scene, handing("Boss", "Double", {"n": 3}), double, doing("Last", last))


def test_a_cancelled_execution_leaves_no_work_behind() -> None:
    async def scene(stage: Stage) -> None:
        execution = await stage.start(step("boss", "Boss"))
        await asyncio.sleep(0.5)
        await stage.do(stage.process.tizmor.cancel(execution))
        ended = await stage.rest(execution)
        assert ended.status == "CANCELLED"
        assert {s.state for s in ended.steps} == {"cancelled"}
        sent = await stage.process.ask(stage.process.tizmor.messages(execution))
        assert [(m.state, m.reason is None) for m in sent] == [("dead", False)]

    play(scene, handing("Boss", "Double", {"n": 1}), double)


def test_a_checkpoint_in_the_middle_leads_to_the_same_end() -> None:
    async def scene(stage: Stage) -> None:
        execution = await stage.start(step("boss", "Boss"))
        await stage.rest(execution)
        half = folded(stage, execution)
        restored = checkpoint.decode(half.execution, checkpoint.encode(half))
        assert restored is not None
        assert list(restored.steps) == ["boss", "boss.m1"]
        work = restored.steps["boss.m1"]
        assert (work.status, work.left_out, work.step.agent) == ("gated", False, "Send")
        assert restored.unfinished == 2
        assert restored.talk == half.talk

    play(scene, handing("Boss", "Send", {"to": "dana"}, hands_over=Effect.IRREVERSIBLE), send)


def test_in_a_dry_run_work_that_changes_something_is_foreseen_and_gives_nothing() -> None:
    async def bosses(ctx: AgentContext) -> Any:
        with pytest.raises(Undelivered, match="dry run"):
            await ctx.messages.hand_over("Note", {"text": "x"})
        return "not done"

    async def scene(stage: Stage) -> None:
        plan = Plan(goal="g", steps=(step("boss", "Boss"),))
        began = stage.process.tizmor.dry_run("do it", plan=plan)
        ended = await stage.rest((await stage.process.ask(began)).id)
        assert (gave(ended)[0], DONE) == ("not done", [])

    play(scene, doing("Boss", bosses, hands_over=Effect.IDEMPOTENT), note)
