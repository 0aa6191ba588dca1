"""Steps that are answered by what was kept of earlier ones, through the whole engine."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
from pathlib import Path
from typing import Any

import pytest
from tests.clocks import SetClock
from tests.unit.engine.house import House, Out, Process, plan, until

from tizmor.core.errors import Permanent
from tizmor.core.plan import RetryPolicy, Step
from tizmor.core.terms import PLAIN
from tizmor.engine.views import Execution, Status
from tizmor.ports.agent import Agent, AgentContext, agent
from tizmor.ports.cache import CacheUse
from tizmor.ports.policy import Ask, Asked, Forbidden, Ruling
from tizmor.storage.shared.cache import SharedCache


class Web:
    """An agent that counts its calls; `hold` stops them, `fail` has the next ones fail."""

    def __init__(self, *, version: str = "1", sources: tuple[str, ...] = ()) -> None:
        self.version = version
        self.sources = sources
        self.calls: list[str] = []
        self.hold: asyncio.Event | None = None
        self.fail: list[Exception] = []
        self.says = ""

    def agent(self, **declared: Any) -> Agent:
        @agent(
            name="Web",
            version=self.version,
            cache_for=dt.timedelta(hours=1),
            retry=RetryPolicy(attempts=1),
            **declared,
        )
        async def web(query: str, page: int = 1, *, ctx: AgentContext) -> Out:
            """Look something up."""
            self.calls.append(query)
            said = [ctx.source(path).read_text() for path in self.sources]
            if self.hold is not None:
                await self.hold.wait()
            if self.fail:
                raise self.fail.pop(0)
            return Out(value=self.says or " ".join([query, *said]))

        return web


def look_up(query: str, page: int = 1, step: str = "a") -> Step:
    return Step(id=step, agent="Web", arguments={"query": query, "page": page})


async def ran(process: Process, *steps: Step) -> Execution:
    execution = await process.start("q", plan=plan(*steps))
    return await process.result(execution.id)


async def held(process: Process, execution: Execution) -> str | None:
    """What its step is held for, once it is."""
    event = await until(process, execution.id, lambda event: event.state == "held")
    return event.message


async def test_a_question_that_was_answered_is_not_asked_again() -> None:
    house, web = House(), Web()
    async with house.process(agents=[web.agent()]) as process:
        first = await ran(process, look_up("tea"))
        second = await ran(process, look_up("tea"))
        other = await ran(process, look_up("tea", page=2))
    assert web.calls == ["tea", "tea"]
    assert [e.steps[0].cached for e in (first, second, other)] == [False, True, False]
    assert first.steps[0].output == second.steps[0].output
    assert (second.status, second.steps[0].attempt) == (Status.COMPLETED, 1)
    assert second.steps[0].started_at is not None


async def test_another_process_finds_it_and_the_stream_says_where_it_is_from(
    tmp_path: Path,
) -> None:
    house, web = House(tmp_path), Web()
    async with house.process(agents=[web.agent()]) as process:
        await ran(process, look_up("tea"))
    async with house.process(agents=[web.agent()]) as process:
        execution = await ran(process, look_up("tea"))
        logged = [e for e in await process.logs(execution.id) if e.type == "step"]
        (use,) = await process.journal.sharing.cache.uses()
    assert web.calls == ["tea"]
    assert [(e.state, e.cached) for e in logged] == [("succeeded", True)]
    assert (use.hits, use.misses, use.entries) == (1, 1, 1)


async def test_of_many_who_ask_at_once_one_computes() -> None:
    house, web = House(), Web()
    web.hold = asyncio.Event()
    async with house.process(agents=[web.agent()]) as process:
        running = [await process.start("q", plan=plan(look_up("tea"))) for _ in range(50)]
        held_on = {await held(process, execution) for execution in running[1:]}
        web.hold.set()
        ended = [await process.result(e.id) for e in running]
    assert web.calls == ["tea"]
    assert held_on == {"computation:Web"}
    assert {e.status for e in ended} == {Status.COMPLETED}
    assert sum(e.steps[0].cached for e in ended) == 49


async def test_when_the_first_fails_the_next_computes() -> None:
    house, web = House(), Web()
    web.hold = asyncio.Event()
    web.fail = [Permanent("no luck")]
    async with house.process(agents=[web.agent()]) as process:
        running = [await process.start("q", plan=plan(look_up("tea"))) for _ in range(3)]
        for execution in running[1:]:
            await held(process, execution)
        web.hold.set()
        ended = [await process.result(e.id) for e in running]
    assert web.calls == ["tea", "tea"]
    assert sorted(e.status for e in ended) == ["COMPLETED", "COMPLETED", "FAILED"]


async def test_a_step_that_is_cancelled_while_it_computes_leaves_the_computation() -> None:
    house, web = House(), Web()
    web.hold = asyncio.Event()
    async with house.process(agents=[web.agent()]) as process:
        first = await process.start("q", plan=plan(look_up("tea")))
        await until(process, first.id, lambda event: event.state == "running")
        second = await process.start("q", plan=plan(look_up("tea")))
        await held(process, second)
        await process.cancel(first.id)
        web.hold.set()
        assert (await process.result(second.id)).status is Status.COMPLETED
    assert web.calls == ["tea", "tea"]


async def test_who_is_cancelled_while_it_asks_who_computes_does_not_compute_for_ever() -> None:
    house, web = House(), Web()
    async with house.process(agents=[web.agent()]) as process:
        asking, claim = asyncio.Event(), SharedCache.claim

        async def slowly(self: SharedCache, *asked: Any, **more: Any) -> Any:
            await claim(self, *asked, **more)
            asking.set()
            await asyncio.Event().wait()

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(SharedCache, "claim", slowly)
            first = await process.start("q", plan=plan(look_up("tea")))
            await asking.wait()
            await process.cancel(first.id)
            await process.result(first.id)
        assert (await ran(process, look_up("tea"))).status is Status.COMPLETED


async def test_a_failure_is_not_kept() -> None:
    house, web = House(), Web()
    web.fail = [Permanent("no luck")]
    async with house.process(agents=[web.agent()]) as process:
        assert (await ran(process, look_up("tea"))).status is Status.FAILED
        assert (await ran(process, look_up("tea"))).status is Status.COMPLETED
    assert web.calls == ["tea", "tea"]


async def test_another_version_of_the_agent_asks_anew() -> None:
    house, first, second = House(), Web(), Web(version="2")
    async with house.process(agents=[first.agent()]) as process:
        await ran(process, look_up("tea"))
    async with house.process(agents=[second.agent()]) as process:
        await ran(process, look_up("tea"))
    assert (len(first.calls), len(second.calls)) == (1, 1)


async def test_an_answer_made_from_a_file_holds_until_the_file_changes(tmp_path: Path) -> None:
    house, web = House(tmp_path), Web(sources=("notes/a.txt",))
    file = tmp_path / "notes" / "a.txt"
    file.parent.mkdir()
    file.write_text("one")
    house.clock = SetClock(dt.datetime.now(dt.UTC) + dt.timedelta(minutes=1))
    async with house.process(agents=[web.agent()]) as process:
        assert await said(process) == ("q one", False)
        assert await said(process) == ("q one", True)
        file.write_text("two")  # as long as before
        assert await said(process) == ("q two", False)
        assert await said(process) == ("q two", True)
        stood = file.stat()
        file.write_text("six")  # and given its old time
        os.utime(file, ns=(stood.st_atime_ns, stood.st_mtime_ns))
        assert await said(process) == ("q six", False)


async def said(process: Process) -> tuple[str, bool]:
    (step,) = (await ran(process, look_up("q"))).steps
    assert step.output is not None
    return step.output["value"], step.cached


async def test_a_folder_is_a_source_with_all_that_is_in_it(tmp_path: Path) -> None:
    house, listing = House(tmp_path), []
    (tmp_path / "docs" / "deep").mkdir(parents=True)

    @agent(name="Ls", cache_for=dt.timedelta(hours=1))
    async def ls(*, ctx: AgentContext) -> Out:
        """List."""
        listing.append(ctx.source("docs"))
        return Out(value=",".join(sorted(p.name for p in (tmp_path / "docs").rglob("*.txt"))))

    house.clock = SetClock(dt.datetime.now(dt.UTC) + dt.timedelta(minutes=1))
    step = Step(id="a", agent="Ls")
    async with house.process(agents=[ls]) as process:
        for files in (0, 1, 2):
            outputs = [(await ran(process, step)).steps[0] for _ in range(2)]
            assert [s.cached for s in outputs] == [False, True]
            assert len((outputs[1].output or {})["value"].split(",")) == max(files, 1)
            (tmp_path / "docs" / "deep" / f"{files}.txt").write_text("x")


async def test_a_file_that_has_only_just_changed_is_not_trusted(tmp_path: Path) -> None:
    """It may change once more within the same tick of the file system's clock, unseen."""
    house, web = House(tmp_path), Web(sources=("a.txt",))
    (tmp_path / "a.txt").write_text("one")
    house.clock = SetClock(dt.datetime.now(dt.UTC))
    async with house.process(agents=[web.agent()]) as process:
        assert await said(process) == ("q one", False)
        assert await said(process) == ("q one", False)


async def test_a_source_outside_the_workspace_is_refused(tmp_path: Path) -> None:
    house, web = House(tmp_path), Web(sources=("../secret",))
    async with house.process(agents=[web.agent()]) as process:
        execution = await ran(process, look_up("q"))
    assert execution.status is Status.FAILED
    assert "outside the workspace" in (execution.steps[0].error or "")


async def test_what_was_told_a_secret_is_not_kept(tmp_path: Path) -> None:
    calls = []

    @agent(name="Web", cache_for=dt.timedelta(hours=1))
    async def web(query: str, *, ctx: AgentContext) -> Out:
        """Look something up."""
        calls.append(query)
        return Out(value=f"{query} {ctx.secret('key')}")

    class Known:
        def get(self, name: str) -> str:
            return "hidden-value"

    house = House(tmp_path)
    step = Step(id="a", agent="Web", arguments={"query": "q"})
    async with house.process(agents=[web], secrets=Known()) as process:
        assert not (await ran(process, step)).steps[0].cached
        assert not (await ran(process, step)).steps[0].cached
    assert len(calls) == 2
    database = tmp_path / ".tizmor"
    assert not any(b"hidden-value" in f.read_bytes() for f in database.glob("tizmor.db*"))


@pytest.mark.parametrize("ruling", [Ask(PLAIN), Forbidden("rule")])
async def test_what_the_policy_asks_about_or_forbids_is_not_served(ruling: Ruling) -> None:
    house, web, policy = House(), Web(), Strict()
    async with house.process(agents=[web.agent()], policy=policy) as process:
        assert (await ran(process, look_up("tea"))).status is Status.COMPLETED
        policy.ruling = ruling
        execution = await process.start("q", plan=plan(look_up("tea")))
        execution = await process.result(execution.id)
        assert execution.status in (Status.WAITING, Status.FAILED)
        assert not execution.steps[0].cached
    assert web.calls == ["tea"]


class Strict:
    """A policy that says one thing of every call."""

    ruling: Ruling | None = None

    def concerns(self, step: Step) -> bool:
        return True

    def rule(self, asked: Asked) -> Ruling | None:
        return self.ruling


def shouted() -> House:
    """Where two texts mean the same when they differ in case alone."""
    house = House()
    house.meaning = str.casefold
    return house


async def test_another_wording_of_the_same_is_answered_by_what_was_kept() -> None:
    house, web = shouted(), Web()
    async with house.process(agents=[web.agent(semantic=("query",))]) as process:
        await ran(process, look_up("tea"))
        assert (await ran(process, look_up("TEA"))).steps[0].cached
        assert not (await ran(process, look_up("TEA", page=2))).steps[0].cached
        assert not (await ran(process, look_up("coffee"))).steps[0].cached


async def test_what_was_read_somewhere_is_not_looked_at_for_its_meaning() -> None:
    """Whoever wrote it could choose whose question his answer is given to."""
    house, web = shouted(), Web()
    read = Step(id="b", agent="Web", arguments={"query": {"$ref": "/a/value"}, "page": 3})
    async with house.process(agents=[web.agent(semantic=("query",))]) as process:
        await ran(process, look_up("TEA", page=3))
        execution = await ran(process, look_up("tea"), read)
        assert [step.cached for step in execution.steps] == [False, False]
    assert web.calls == ["TEA", "tea", "tea"]


async def test_a_sample_of_what_is_served_for_its_meaning_is_asked_all_the_same() -> None:
    house, web = shouted(), Web()
    house.verify = 1.0
    web.says = "1 cup"
    async with house.process(agents=[web.agent(semantic=("query",))]) as process:
        await ran(process, look_up("tea"))
        same = await ran(process, look_up("TEA"))
        web.says = "2 cups"
        false = await ran(process, look_up("TEA"))
        after = await ran(process, look_up("Tea"))
        (use,) = await process.journal.sharing.cache.uses()
    assert [e.steps[0].cached for e in (same, false, after)] == [False, False, False]
    assert [(e.steps[0].output or {})["value"] for e in (same, false)] == ["1 cup", "2 cups"]
    assert (use.alike, use.verified, use.false_hits) == (2, 1, 1)
    assert len(web.calls) == 4


async def test_when_the_verifying_call_fails_what_was_kept_is_given() -> None:
    house, web = shouted(), Web()
    house.verify = 1.0
    async with house.process(agents=[web.agent(semantic=("query",))]) as process:
        await ran(process, look_up("tea"))
        web.fail = [Permanent("no luck")]
        execution = await ran(process, look_up("TEA"))
    assert (execution.status, execution.steps[0].cached) == (Status.COMPLETED, True)


async def test_the_journal_gives_the_same_after_a_replay() -> None:
    house, web = House(), Web()
    async with house.process(agents=[web.agent()]) as process:
        await ran(process, look_up("tea"))
        execution = await ran(process, look_up("tea"), look_up("tea", step="b"))
        assert (await process.replay(execution.id)).differences == ()


async def test_steps_of_one_plan_that_ask_the_same_ask_once() -> None:
    house, web = House(), Web()
    async with house.process(agents=[web.agent()]) as process:
        execution = await ran(process, *(look_up("tea", step=f"s{n}") for n in range(5)))
        use: list[CacheUse] = list(await process.journal.sharing.cache.uses())
    assert execution.status is Status.COMPLETED
    assert web.calls == ["tea"]
    assert (use[0].hits, use[0].misses) == (4, 1)
