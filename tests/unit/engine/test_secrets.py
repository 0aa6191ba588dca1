"""Secrets are given by name: the call alone knows them, and nothing that is written down does."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from tests.unit.engine.house import House, Out, gate_opened, plan, until

from tizmor.core.errors import (
    NeedsAnswer,
    OutcomeUnknown,
    Permanent,
    PlanRefused,
    Transient,
    UserError,
)
from tizmor.core.plan import Effect, ForEach, OnFailure, Step
from tizmor.engine.views import Execution, Status
from tizmor.ports.agent import Agent, AgentContext, Gate, agent
from tizmor.ports.secrets import Secret

VALUE = "hunter2-and-more"


class Vault:
    def get(self, name: str) -> str:
        if name != "TOKEN":
            raise Permanent(f"there is no secret {name!r}")
        return VALUE


SEEN: list[str] = []


def telling(how: str) -> Agent:
    """An agent that tells its secret, in one way or another."""

    @agent(name="Tell", effect=Effect.COMPENSATABLE, critical=how == "gate")
    async def tell(token: Secret, note: str = "", *, ctx: AgentContext) -> Out:
        """Tell."""
        SEEN.append(token)
        match how:
            case "output":
                return Out(value=f"it is {token}", summary=token)
            case "progress":
                ctx.progress(f"using {token}")
            case "thread":
                await asyncio.to_thread(ctx.progress, f"using {token}")
            case "transient":
                raise Transient(f"401 for {token}")
            case "permanent":
                raise Permanent(f"401 for {token}")
            case "bug":
                raise ValueError(f"bad header {token!r}")
            case "question":
                raise NeedsAnswer(f"Is {token} right?", question_id="q", choices=[(token, token)])
            case "long":
                raise Permanent("y" * 1990 + token)
            case "unknown" | "found":
                raise OutcomeUnknown(f"lost with {token}")
        return Out(value="fine")

    if how == "gate":

        @tell.gate
        def gate(token: Secret, note: str = "", *, ctx: AgentContext) -> Gate:
            return Gate(action=f"Send with {token}", details={"own": ctx.secret("TOKEN")})

    if how == "compensation":

        @tell.compensate
        async def compensate(result: Out, *, ctx: AgentContext) -> None:
            raise Permanent(f"401 for {ctx.secret('TOKEN')}")

    if how == "prepare":

        @tell.prepare
        async def prepare(token: Secret, note: str = "", *, ctx: AgentContext) -> object:
            return {"note": f"see ?token={ctx.secret('TOKEN')}"}

    if how == "found":

        @tell.probe
        async def find(key: str, *, ctx: AgentContext) -> Out | None:
            return Out(value=f"by ?token={ctx.secret('TOKEN')}")

    if how == "unknown":

        @tell.probe
        async def probe(key: str, *, ctx: AgentContext) -> Out | None:
            raise Permanent(f"401 for {ctx.secret('TOKEN')}")

    return tell


def step(**more: Any) -> Step:
    fields: dict[str, Any] = {"on_failure": OnFailure.FAIL, **more}
    return Step(id="t", agent="Tell", arguments={"token": "secret:TOKEN"}, **fields)


WAYS = [
    "output",
    "progress",
    "thread",
    "transient",
    "permanent",
    "bug",
    "question",
    "unknown",
    "found",
    "long",
    "gate",
    "compensation",
]


async def told(house: House, how: str) -> Execution:
    SEEN.clear()
    async with house.process(agents=[telling(how)], secrets=Vault()) as process:
        execution = await process.start("q", plan=plan(step()))
        if how == "gate":
            await until(process, execution.id, gate_opened)
            await process.approve(execution.id, arguments={"note": "other"})
        if how == "compensation":
            await process.result(execution.id)
        return await process.result(execution.id)


@pytest.mark.parametrize("how", WAYS)
async def test_it_is_in_nothing_that_is_written_down_or_shown(
    tmp_path: Path, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Not in the journal, the tables beside it, the inbox, the write-ahead log or a message."""
    caplog.set_level("DEBUG")
    shown = await told(House(tmp_path), how)
    assert shown.status in (Status.COMPLETED, Status.FAILED, Status.WAITING)
    assert set(SEEN) == {VALUE}, "the call itself was given the value"
    written = [path for path in (tmp_path / ".tizmor").rglob("*") if path.is_file()]
    assert any(b"secret:TOKEN" in path.read_bytes() for path in written)
    for path in written:
        assert VALUE[:9].encode() not in path.read_bytes(), path.name
    assert VALUE not in repr(shown)
    assert VALUE not in caplog.text


async def test_what_was_told_is_struck_out_and_the_rest_is_left(house: House) -> None:
    done = await told(house, "output")
    assert done.steps[0].output == {"value": "it is •••", "summary": "•••"}


async def test_the_name_is_what_binds_an_approval_and_is_what_the_human_sees(
    house: House,
) -> None:
    async with house.process(agents=[telling("gate")], secrets=Vault()) as process:
        execution = await process.start("q", plan=plan(step()))
        await until(process, execution.id, gate_opened)
        (gate,) = (await process.get(execution.id)).waiting_for
        assert gate.arguments == {"token": "secret:TOKEN"}
        assert gate.action == "Send with secret:TOKEN"


async def test_one_that_is_not_kept_here_fails_the_call_by_its_name(house: House) -> None:
    SEEN.clear()
    async with house.process(agents=[telling("output")], secrets=Vault()) as process:
        other = Step(
            id="t", agent="Tell", arguments={"token": "secret:OTHER"}, on_failure=OnFailure.FAIL
        )
        execution = await process.start("q", plan=plan(other))
        done = await process.result(execution.id)
    assert "no secret 'OTHER'" in (done.steps[0].error or "")
    assert SEEN == []


@pytest.mark.parametrize("given", [VALUE, "secret:", "secret:../x", 5])
async def test_given_in_another_way_it_does_not_come_to_the_call_nor_into_the_error(
    house: House, given: Any
) -> None:
    SEEN.clear()
    async with house.process(agents=[telling("output")], secrets=Vault()) as process:
        bad = Step(id="t", agent="Tell", arguments={"token": given}, on_failure=OnFailure.FAIL)
        try:
            execution = await process.start("q", plan=plan(bad))
            error = (await process.result(execution.id)).steps[0].error or ""
        except PlanRefused as refused:
            error = str(refused)
    assert "token" in error
    assert VALUE not in error
    assert SEEN == []


async def test_it_is_never_taken_from_another_steps_output(house: House) -> None:
    agents = [telling("output"), house.agents.read()]
    async with house.process(agents=agents, secrets=Vault()) as process:
        taken = Step(id="t", agent="Tell", arguments={"token": {"$ref": "/s/value"}})
        with pytest.raises(PlanRefused, match="by no other step"):
            await process.start("q", plan=plan(Step(id="s", agent="Read"), taken))


@pytest.mark.parametrize(
    "given",
    [
        VALUE,
        "secret:TOKEN\n",
        f"secret:{'A' * 65}",
        None,
        {"$ref": "/s/value", "default": VALUE},
        {"$ref": "/s/value", "default": "secret:TOKEN"},
        {"$item": ""},
    ],
)
async def test_a_plan_that_holds_one_in_another_way_than_by_name_is_refused(
    house: House, given: Any
) -> None:
    """What is in a plan is in the journal: it is too late when the call comes."""
    agents = [telling("output"), house.agents.read()]
    steps = plan(
        Step(id="s", agent="Read", arguments={"text": "x"}),
        Step(id="t", agent="Tell", arguments={"token": given}, for_each=ForEach(items=[VALUE])),
    )
    async with house.process(agents=agents, secrets=Vault()) as process:
        with pytest.raises(PlanRefused, match="given by name, as secret:NAME") as refused:
            await process.start("q", plan=steps)
    assert VALUE not in str(refused.value)


async def test_one_that_may_be_left_out_is_held_to_its_name_and_is_given_all_the_same(
    house: House,
) -> None:
    given: list[str | None] = []

    @agent(name="May")
    async def may(token: Secret | None = None, *, ctx: AgentContext) -> Out:
        """Perhaps."""
        given.append(token)
        return Out()

    async with house.process(agents=[may], secrets=Vault()) as process:
        for token in (None, "secret:TOKEN"):
            steps = plan(Step(id="t", agent="May", arguments={"token": token}))
            await process.result((await process.start("q", plan=steps)).id)
        with pytest.raises(PlanRefused, match="given by name"):
            await process.start("q", plan=plan(Step(id="t", agent="May", arguments={"token": "x"})))
    assert given == [None, VALUE]


async def test_a_preparation_that_puts_one_into_the_arguments_fails_its_step(house: House) -> None:
    """Struck out there, the call would be another one than was prepared."""
    done = await told(house, "prepare")
    assert done.steps[0].error == "Tell could not prepare: it put a secret into the arguments"
    assert SEEN == []


async def test_a_question_stays_as_it_was_asked_but_for_what_is_struck_out(house: House) -> None:
    @agent(name="Ask")
    async def ask(*, ctx: AgentContext) -> Out:
        """Ask."""
        token = ctx.secret("TOKEN")
        raise NeedsAnswer(
            f"{token}?", question_id="q", choices=[("a", "A"), ("b", token)], free_text=False
        )

    async with house.process(agents=[ask], secrets=Vault()) as process:
        execution = await process.start("q", plan=plan(Step(id="a", agent="Ask")))
        (asked,) = (await process.result(execution.id)).waiting_for
        with pytest.raises(UserError):
            await process.answer(execution.id, "something else")
    assert asked.text == "•••?"
    assert [(c.value, c.label) for c in asked.choices] == [("a", "A"), ("b", "•••")]


async def test_a_default_is_given_to_the_call_as_its_value(house: House) -> None:
    given: list[str] = []

    @agent(name="Default")
    async def default(token: Secret = "secret:TOKEN", *, ctx: AgentContext) -> Out:  # noqa: S107
        """Take what is there."""
        given.append(token)
        return Out(value=token)

    async with house.process(agents=[default], secrets=Vault()) as process:
        execution = await process.start("q", plan=plan(Step(id="d", agent="Default")))
        done = await process.result(execution.id)
    assert given == [VALUE]
    assert done.steps[0].output == {"value": "•••", "summary": None}
