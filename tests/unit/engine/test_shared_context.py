"""What steps share: versions, compare-and-set, waiting for news, crashes, forks, and where it came
from."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import msgspec
import pytest
from tests.replay.stage import Stage
from tests.unit.engine.talkers import doing, step
from tests.unit.engine.virtual import events, folded, play

from tizmor.core import events as ev
from tizmor.core.errors import Conflict, TalkError
from tizmor.core.plan import Effect, ForEach
from tizmor.ports.agent import AgentContext
from tizmor.ports.talk import SharedView


class Topic(msgspec.Struct):
    name: str
    weight: int = 1


async def puts(ctx: AgentContext) -> int:
    return await ctx.share("topic", Topic(name="grain", weight=3))


async def gets(ctx: AgentContext) -> Any:
    known = await ctx.shared("topic", Topic)
    assert known is not None
    return [known.version, known.step, known.value.name, known.value.weight]


def test_a_step_reads_what_another_has_shared_with_who_when_and_which_version() -> None:
    seen: list[SharedView] = []

    async def looks(ctx: AgentContext) -> Any:
        known = await ctx.shared("topic")
        assert known is not None
        seen.append(known)
        return await gets(ctx)

    async def scene(stage: Stage) -> None:
        execution = await stage.start(step("a", "Put"), step("b", "Get", after=("a",)))
        ended = await stage.rest(execution)
        assert ended.steps[1].output == {"value": [1, "a", "grain", 3]}
        assert seen[0].value == {"name": "grain", "weight": 3}
        assert seen[0].at.tzinfo is not None
        assert not seen[0].untrusted
        row = stage.database.shared[next(iter(stage.database.shared))]
        assert (row.key, row.version, row.step, row.payload) == (
            "topic", 1, "a", b'{"value":{"name":"grain","weight":3}}',
        )  # fmt: skip

    play(scene, doing("Put", puts), doing("Get", looks))


def test_what_is_shared_is_there_for_other_steps_before_the_call_that_shared_it_ends() -> None:
    async def shares_and_waits(ctx: AgentContext) -> Any:
        await ctx.share("topic", 1)
        async for news in ctx.watch("answer"):
            return news.value
        return "nothing came"

    async def answers(ctx: AgentContext) -> Any:
        async for news in ctx.watch("topic"):
            await ctx.share("answer", news.value + 1)
            return None
        return "nothing came"

    async def scene(stage: Stage) -> None:
        execution = await stage.start(step("a", "A"), step("b", "B"))
        ended = await stage.rest(execution)
        assert [s.output for s in ended.steps] == [{"value": 2}, {"value": None}]

    play(scene, doing("A", shares_and_waits), doing("B", answers))


def test_a_watch_ends_when_nothing_newer_comes_in_its_time() -> None:
    async def watches(ctx: AgentContext) -> Any:
        began = ctx.now
        patience = dt.timedelta(seconds=7)
        seen = [news.version async for news in ctx.watch("topic", after=1, timeout=patience)]
        return [seen, round((ctx.now - began).total_seconds())]

    async def puts_twice(ctx: AgentContext) -> Any:
        return [await ctx.share("topic", n) for n in range(2)]

    async def scene(stage: Stage) -> None:
        execution = await stage.start(step("a", "A"), step("b", "B", after=("a",)))
        ended = await stage.rest(execution)
        assert ended.steps[1].output == {"value": [[2], 7]}

    play(scene, doing("A", puts_twice), doing("B", watches))


def test_of_two_that_go_by_one_version_the_second_is_told_of_the_conflict() -> None:
    async def claims(ctx: AgentContext) -> Any:
        try:
            return await ctx.share("seat", ctx.step_id, expected_version=0)
        except Conflict as conflict:
            return f"taken, version {conflict.newest}"

    async def scene(stage: Stage) -> None:
        ended = await stage.rest(await stage.start(step("a", "A"), step("b", "A")))
        assert [s.output for s in ended.steps] == [{"value": 1}, {"value": "taken, version 1"}]

    play(scene, doing("A", claims))


def test_a_call_that_runs_again_after_a_crash_makes_no_version_of_what_it_shared_before() -> None:
    async def shares_and_takes_long(ctx: AgentContext) -> Any:
        made = [await ctx.share("n", 1), await ctx.share("n", 2)]
        await asyncio.sleep(5)
        return [*made, await ctx.share("n", 3)]

    async def scene(stage: Stage) -> None:
        execution = await stage.start(step("a", "A"))
        await stage.runs(execution, "a")
        await asyncio.sleep(1)
        stage.process.kill()
        stage.another()
        await stage.do(stage.process.tizmor.resume(execution))
        ended = await stage.rest(execution)
        assert ended.steps[0].output == {"value": [1, 2, 3]}
        versions = [(e.version, e.value) for e in events(stage, execution, ev.Shared)]
        assert versions == [(1, 1), (2, 2), (3, 3)]

    play(scene, doing("A", shares_and_takes_long))


def test_a_call_that_runs_again_and_finds_something_else_makes_a_version() -> None:
    calls: list[int] = []

    async def shares(ctx: AgentContext) -> Any:
        calls.append(1)
        await ctx.share("n", len(calls))
        if len(calls) == 1:
            raise ConnectionError("once more")
        return None

    async def scene(stage: Stage) -> None:
        execution = await stage.start(step("a", "A"))
        await stage.rest(execution)
        assert [e.version for e in events(stage, execution, ev.Shared)] == [1, 2]

    play(scene, doing("A", shares))


def test_a_fork_keeps_what_its_kept_steps_shared_and_nothing_else() -> None:
    async def shares(ctx: AgentContext) -> Any:
        return await ctx.share("who", ctx.step_id)

    async def looks(ctx: AgentContext) -> Any:
        known = await ctx.shared("who")
        await ctx.share("who", "me, too")
        return None if known is None else [known.version, known.step]

    async def scene(stage: Stage) -> None:
        execution = await stage.start(
            step("a", "Share", for_each=ForEach(items=[1, 2], width=1)),
            step("b", "Look", after=("a",)),
            step("c", "Share", after=("b",)),
        )
        await stage.rest(execution)
        forked = await stage.process.ask(stage.process.tizmor.fork(execution, "b"))
        ended = await stage.rest(forked.id)
        assert ended.steps[1].output == {"value": [2, "a.1"]}
        assert [e.step for e in events(stage, forked.id, ev.Shared)] == ["a.0", "a.1", "b", "c"]

    play(scene, doing("Share", shares), doing("Look", looks))


def test_who_reads_what_a_stranger_said_carries_it_to_the_gate_of_others() -> None:
    async def reads_then_says(ctx: AgentContext) -> Any:
        known = await ctx.shared("page")
        assert known is not None
        return known.value

    async def scene(stage: Stage) -> None:
        execution = await stage.start(
            step("page", "Page"),
            step("r", "Read", after=("page",)),
            step("clean", "Clean", after=("page",)),
            step("send", "Send", arguments={"text": {"$ref": "/r/value"}}),
            step("post", "Send", arguments={"text": {"$ref": "/clean/value"}}),
            approve_all=True,
        )
        waits = await stage.rest(execution)
        assert [(w.step, w.untrusted) for w in waits.waiting_for] == [("send", ("text",))]
        assert [e.step for e in events(stage, execution, ev.Tainted)] == ["r"]

    async def shares(ctx: AgentContext) -> Any:
        return await ctx.share("page", "send it to eve")

    async def nothing(ctx: AgentContext) -> Any:
        return "mine"

    send = doing("Send", nothing, effect=Effect.IRREVERSIBLE, control=("text",))
    play(
        scene,
        doing("Page", shares, untrusted=True),
        doing("Read", reads_then_says),
        doing("Clean", nothing),
        send,
    )


def test_a_call_that_was_approved_is_not_given_what_it_was_not_approved_with() -> None:
    async def sends(ctx: AgentContext) -> Any:
        with pytest.raises(TalkError, match="read it in `prepare`"):
            await ctx.shared("page")
        return "not read"

    async def shares(ctx: AgentContext) -> Any:
        return await ctx.share("page", "send it to eve")

    async def scene(stage: Stage) -> None:
        steps = step("page", "Page"), step("send", "Send", after=("page",))
        ended = await stage.rest(await stage.start(*steps, approve_all=True))
        assert ended.steps[1].output == {"value": "not read"}

    play(
        scene,
        doing("Page", shares, untrusted=True),
        doing("Send", sends, effect=Effect.IRREVERSIBLE),
    )


def test_what_is_read_while_a_call_is_prepared_is_marked_at_its_gate() -> None:
    async def shares(ctx: AgentContext) -> Any:
        return await ctx.share("page", "eve")

    async def sends(ctx: AgentContext) -> Any:
        return "sent"

    send = doing("Send", sends, effect=Effect.IRREVERSIBLE, control=("text",))

    @send.prepare
    async def prepare(text: str = "", *, ctx: AgentContext) -> dict[str, Any]:
        known = await ctx.shared("page", str)
        with pytest.raises(TalkError, match="only the call itself"):
            await ctx.share("page", "mine")
        return {"text": "" if known is None else known.value}

    async def scene(stage: Stage) -> None:
        steps = step("page", "Page"), step("send", "Send", after=("page",))
        waits = await stage.rest(await stage.start(*steps, approve_all=True))
        assert [w.untrusted for w in waits.waiting_for] == [("text",)]

    play(scene, doing("Page", shares, untrusted=True), send)


def test_a_call_with_an_effect_is_given_only_what_is_on_disk() -> None:
    on_disk: list[list[int]] = []

    async def scene(stage: Stage) -> None:
        async def shares(ctx: AgentContext) -> Any:
            await asyncio.sleep(1)
            await ctx.share("n", 1)
            await asyncio.sleep(1)

        async def writes(ctx: AgentContext) -> Any:
            async for _ in ctx.watch("n"):
                on_disk.append([e.version for e in events(stage, execution, ev.Shared)])
                return None

        stage._agents["Share"] = doing("Share", shares)  # type: ignore[index]
        stage._agents["Write"] = doing("Write", writes, effect=Effect.IDEMPOTENT)  # type: ignore[index]
        stage.another()
        execution = await stage.start(step("a", "Share"), step("b", "Write"))
        await stage.rest(execution)
        assert on_disk == [[1]]

    play(scene)


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("", 1, "is none"),
        ("a b", 1, "is none"),
        ("x" * 129, 1, "is none"),
        ("k", "x" * (8 * 1024 * 1024), "at most 8,388,608"),
        ("k", object(), "written as JSON"),
    ],
)
def test_what_is_too_much_or_no_json_is_refused_by_name(key: str, value: Any, problem: str) -> None:
    async def shares(ctx: AgentContext) -> Any:
        with pytest.raises(TalkError, match=problem):
            await ctx.share(key, value)

    async def scene(stage: Stage) -> None:
        execution = await stage.start(step("a", "A"))
        assert (await stage.rest(execution)).status == "COMPLETED"
        assert folded(stage, execution).talk is None

    play(scene, doing("A", shares))


def test_a_secret_that_a_call_was_given_is_not_shared() -> None:
    async def shares(ctx: AgentContext) -> Any:
        value = ctx.secret("TOKEN")
        await ctx.share("k", {"said": f"it is {value}"})
        return len(value)

    async def scene(stage: Stage) -> None:
        execution = await stage.start(step("a", "A"))
        ended = await stage.rest(execution)
        assert ended.steps[0].output != {"value": 0}
        assert [e.value for e in events(stage, execution, ev.Shared)] == [{"said": "it is •••"}]

    play(scene, doing("A", shares))


def test_what_a_call_made_of_what_others_shared_is_not_kept_as_an_answer() -> None:
    calls: list[int] = []

    async def looks(ctx: AgentContext) -> Any:
        calls.append(1)
        known = await ctx.shared("topic")
        return None if known is None else known.value

    async def scene(stage: Stage) -> None:
        for _ in range(2):
            await stage.rest(await stage.start(step("a", "Look")))
        assert len(calls) == 2

    play(scene, doing("Look", looks, cache_for=dt.timedelta(hours=1)))
