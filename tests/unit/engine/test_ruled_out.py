"""What was reserved for a call that a person then rules out is there for others again."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from tests.replay.stage import Stage
from tests.unit.engine.talkers import Out
from tests.unit.engine.virtual import play

from tizmor.core.budgets import Amounts
from tizmor.core.plan import Effect, Step
from tizmor.core.terms import PLAIN
from tizmor.engine.views import Status
from tizmor.ports.agent import AgentContext, Costs, agent
from tizmor.ports.journal import Append
from tizmor.ports.policy import Ask, Waived

DONE: list[str] = []
PAYS = Step(id="pay", agent="Pay")
NOBODY_ASKED, SOMEBODY_ASKED = Waived(by="trusted"), Ask(PLAIN)


@pytest.fixture(autouse=True)
def nothing_done() -> None:
    DONE.clear()


@agent(name="Pay", effect=Effect.IRREVERSIBLE, costs=Costs(usd=1), rate_limit="1 per 5 seconds")
async def pay(*, ctx: AgentContext) -> Out:
    """Pay."""
    await asyncio.sleep(1)
    DONE.append("paid")
    return Out(value="receipt")


async def never(appends: Sequence[Append]) -> Any:
    await asyncio.sleep(10_000)


async def spent(stage: Stage) -> tuple[Amounts, Amounts]:
    (account,) = await stage.process.journal.sharing.budgets.standing(["workspace"])
    return account.spent, account.reserved


async def killed_before_its_intent_is_on_disk(stage: Stage) -> str:
    """The call was let through, and the process died before it could begin."""
    stage.policy.ruling = NOBODY_ASKED
    execution = await stage.start(PAYS)
    stage.process.journal.commit = never  # type: ignore[method-assign]
    await stage.runs(execution, "pay")
    assert (await spent(stage))[1].microusd == 1_000_000
    stage.process.kill()
    stage.another()
    return execution


@pytest.mark.parametrize("how", ["reject", "cancel"])
def test_what_a_killed_process_had_reserved_for_what_it_never_began_is_given_back(how: str) -> None:
    async def scene(stage: Stage) -> None:
        execution = await killed_before_its_intent_is_on_disk(stage)
        stage.policy.ruling = SOMEBODY_ASKED
        tizmor = stage.process.tizmor
        await stage.do(tizmor.resume(execution))
        assert (await stage.rest(execution)).status is Status.WAITING
        await stage.do(tizmor.reject(execution) if how == "reject" else tizmor.cancel(execution))
        assert (await stage.rest(execution)).status in (Status.REJECTED, Status.CANCELLED)
        assert await spent(stage) == (Amounts(), Amounts())
        assert DONE == []

    play(scene, pay)


def test_what_may_have_begun_stays_spent() -> None:
    async def scene(stage: Stage) -> None:
        stage.policy.ruling = NOBODY_ASKED
        execution = await stage.start(PAYS)
        await stage.runs(execution, "pay")
        await asyncio.sleep(0.01)
        stage.process.kill()
        stage.another()
        await stage.do(stage.process.tizmor.resume(execution))
        await stage.rest(execution)
        assert (await spent(stage))[0].microusd == 1_000_000

    play(scene, pay)
