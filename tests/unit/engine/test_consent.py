"""Approvals under a policy, end to end in the engine: who may decide, across processes and time."""

from __future__ import annotations

import asyncio

import pytest
from tests.unit.engine.house import House, Process, gate_opened, meet, plan, read, until

from tizmor.core.errors import EngineError, UserError
from tizmor.core.plan import Step
from tizmor.core.terms import PLAIN, Need, Seat, Terms
from tizmor.engine.orders import Caller
from tizmor.engine.views import Status, Waiting
from tizmor.ports.audit import Entry, decode
from tizmor.ports.policy import Ask, Asked, Ruling, Waived

TWO = Terms(needs=(Need(policy="two", quorum=2, approvers=("dana", "yoav", "noa")),))


class Policy:
    """Says what it is told to of what is asked."""

    def __init__(self, ruling: Ruling | Exception | None) -> None:
        self.ruling = ruling
        self.asked: list[Asked] = []

    def concerns(self, step: Step) -> bool:
        return step.agent == "Meet"

    def rule(self, asked: Asked) -> Ruling | None:
        self.asked.append(asked)
        if isinstance(self.ruling, Exception):
            raise self.ruling
        return self.ruling


@pytest.fixture
def house() -> House:
    return House()


async def waiting(process: Process, execution_id: str) -> Waiting:
    return (await process.get(execution_id)).waiting_for[0]


async def decisions(process: Process) -> list[Entry]:
    return [decode(row) for row in await process.journal.audit()]


async def test_two_people_in_two_processes_agree(house: House) -> None:
    policy = Policy(Ask(TWO))
    here = Seat(account="root", host="h", process=1, interface="library")
    async with (
        house.process(policy=policy, caller=Caller(seat=here)) as first,
        house.process(policy=policy) as second,
    ):
        started = await first.start("q", plan=plan(meet("m")))
        await until(first, started.id, gate_opened)
        assert "1 more must agree" in await second.approve(started.id, by="dana")
        seen = await waiting(first, started.id)
        assert ([s.by for s in seen.signatures], seen.missing) == (["dana"], 1)
        assert (seen.policies, seen.approvers) == (("two",), ("dana", "yoav", "noa"))
        assert await first.approve(started.id, by="yoav", comment="fine") == "a1 approved"
        assert (await first.result(started.id)).status is Status.COMPLETED
        told = [(e.what, e.by, e.about, e.why, e.seat) for e in await decisions(first)]
        assert told == [
            ("signed", "dana", "a1", "", None),
            ("approved", "yoav", "a1", "fine", here),
        ]
    assert house.agents.did == ["meet talk at 10"]


async def test_who_is_not_asked_is_told_who_is(house: House) -> None:
    async with house.process(policy=Policy(Ask(TWO))) as process:
        started = await process.start("q", plan=plan(meet("m")))
        await until(process, started.id, gate_opened)
        for act in (process.approve, process.reject):
            with pytest.raises(UserError, match="not for mallory to decide, but for dana"):
                await act(started.id, by="mallory")
        with pytest.raises(UserError, match="can't be handed on to noa: noa is asked already"):
            await process.delegate(started.id, to="noa", by="dana")
        assert await decisions(process) == []


async def test_nobody_agrees_to_what_another_has_changed_since_they_saw_it(house: House) -> None:
    async with house.process(policy=Policy(Ask(TWO))) as process:
        started = await process.start("q", plan=plan(meet("m")))
        await until(process, started.id, gate_opened)
        seen = await waiting(process, started.id)
        assert f"--seen {seen.key[:16]}" in seen.command
        await process.approve(started.id, by="yoav", arguments={"title": "another"})
        with pytest.raises(UserError, match="a1 was changed by another"):
            await process.approve(started.id, by="dana", seen=seen.key[:16])
        now = await waiting(process, started.id)
        await process.approve(started.id, by="dana", seen=now.key[:16])
        assert (await process.result(started.id)).status is Status.COMPLETED
    assert house.agents.did == ["meet another at 10"]


async def test_where_the_system_says_who_decides_nobody_says_otherwise(house: House) -> None:
    caller = Caller("dana", None, names_others=False)
    async with house.process(policy=Policy(Ask(TWO)), caller=caller) as process:
        started = await process.start("q", plan=plan(meet("m")))
        await until(process, started.id, gate_opened)
        with pytest.raises(UserError, match="who the system knows you as, dana"):
            await process.approve(started.id, by="yoav")
        await process.approve(started.id)
        assert (await waiting(process, started.id)).signatures[0].by == "dana"
        assert (await process.get(started.id)).query == "q"


async def test_a_policy_that_can_not_be_followed_stops_the_execution_and_not_the_step(
    house: House,
) -> None:
    """Nothing is called, and it goes on when the policy is mended."""
    policy = Policy(EngineError("policy.cedar can't be followed now: line 3"))
    async with house.process(policy=policy) as process:
        started = await process.start("q", plan=plan(read("r"), meet("m")))
        with pytest.raises(EngineError, match="line 3"):
            await process.result(started.id)
        assert house.agents.did in ([], ["read x"])
        policy.ruling = Waived("small")
        await process.resume(started.id)
        assert (await process.result(started.id)).status is Status.COMPLETED
    assert "meet talk at 10" in house.agents.did


async def test_a_waiver_is_in_the_audit_log(house: House) -> None:
    policy = Policy(Waived("small talk"))
    async with house.process(policy=policy) as process:
        started = await process.start("q", plan=plan(meet("m")))
        assert (await process.result(started.id)).status is Status.COMPLETED
        (entry,) = await decisions(process)
        assert (entry.what, entry.by, entry.step) == ("waived", "small talk", "m")
        assert entry.key == house.agents.keys[0]
    (asked,) = policy.asked
    assert (asked.agent, asked.critical, asked.workspace, asked.user) == ("Meet", True, "w", "me")


async def test_an_edit_that_falls_under_other_terms_is_asked_about_under_these(
    house: House,
) -> None:
    class ByTitle(Policy):
        def rule(self, asked: Asked) -> Ruling | None:
            return Ask(TWO if self.strict else PLAIN)

        strict = False

    policy = ByTitle(None)
    async with house.process(policy=policy) as process:
        started = await process.start("q", plan=plan(meet("m")))
        await until(process, started.id, gate_opened)
        policy.strict = True
        await process.approve(started.id, by="dana")
        await until(process, started.id, lambda e: gate_opened(e) and e.waiting.id == "a2")  # type: ignore[union-attr]
        assert house.agents.did == []
        for name in ("dana", "noa"):
            await process.approve(started.id, "a2", by=name)
        assert (await process.result(started.id)).status is Status.COMPLETED


async def test_what_is_asked_in_general_is_in_the_audit_log_too(house: House) -> None:
    async with house.process() as process:
        started = await process.start("q", plan=plan(meet("m")), approve_all=True, user="dana")
        await process.result(started.id)
        other = await process.start("q", plan=plan(meet("m")))
        await until(process, other.id, gate_opened)
        await process.pause(other.id, by="noa")
        await process.resume(other.id)
        await process.cancel(other.id, by="noa")
        told = [(e.what, e.by) for e in await decisions(process)]
    assert told[:2] == [("approves all", "dana"), ("approved", "--yes")]
    assert ("paused", "noa") in told
    assert ("cancelled", "noa") in told


async def test_nothing_is_ruled_on_for_a_step_that_the_policy_has_no_say_in(house: House) -> None:
    policy = Policy(None)
    async with house.process(policy=policy) as process:
        started = await process.start("q", plan=plan(*(read(f"r{n}") for n in range(5))))
        await process.result(started.id)
        await asyncio.sleep(0)
    assert policy.asked == []
