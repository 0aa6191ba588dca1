"""The call itself, behind the barrier."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import msgspec
import pytest
from tests.unit.pipeline.calls import Begin, agent_that, call_of, nothing

from tizmor.core.errors import Permanent
from tizmor.core.plan import Effect
from tizmor.pipeline.approve import Approve
from tizmor.pipeline.classify import Classify
from tizmor.pipeline.compose import compose
from tizmor.pipeline.invoke import invoke
from tizmor.pipeline.verdicts import Completed, Failed, Unknown, Withdrawn

PIPELINE = compose([Approve(), Classify()], invoke)


async def test_the_output_is_json() -> None:
    assert await invoke(call_of(agent_that(nothing), {"text": "שלום"})) == Completed(
        {"text": "שלום"}
    )


@pytest.mark.parametrize("arguments", [{"text": 5}, {"txet": "x"}, {"text": None}])
async def test_arguments_that_do_not_fit_never_begin(arguments: dict[str, Any]) -> None:
    begin = Begin()
    with pytest.raises(Permanent, match="argument '"):
        await invoke(call_of(agent_that(nothing), arguments, begin=begin))
    assert begin.asked == 0


async def test_a_call_that_may_not_begin_is_not_made() -> None:
    made = []

    async def act() -> None:
        made.append(1)

    call = call_of(agent_that(act), begin=Begin(False))
    assert await invoke(call) == Withdrawn()
    assert (made, call.begun) == ([], False)


async def test_a_call_is_not_made_before_the_barrier_has_opened() -> None:
    order: list[str] = []

    async def act() -> None:
        order.append("called")

    async def begin(key: str) -> bool:
        order.append("begins")
        await asyncio.sleep(0)
        order.append("durable")
        return True

    await invoke(call_of(agent_that(act), begin=begin))
    assert order == ["begins", "durable", "called"]


@pytest.mark.parametrize("may_begin", [True, False])
async def test_a_beginning_that_is_known_at_once_is_not_waited_for(may_begin: bool) -> None:
    call = call_of(agent_that(nothing), begin=lambda key: may_begin)
    assert isinstance(await invoke(call), Completed if may_begin else Withdrawn)
    assert call.begun is may_begin


async def never() -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("effect", "verdict"),
    [(Effect.READ, Failed), (Effect.IDEMPOTENT, Unknown), (Effect.COMPENSATABLE, Unknown)],
)
async def test_a_call_that_takes_too_long_is_cut_off(effect: Effect, verdict: type) -> None:
    judged = await PIPELINE(call_of(agent_that(never, effect), timeout_s=0.001))
    assert isinstance(judged, verdict)
    assert judged.error == "TimeoutError: it took longer than 0.001 s"  # type: ignore[union-attr]


async def test_the_time_at_the_barrier_is_not_the_calls() -> None:
    """The call has no time at all here, and ends without needing any."""

    async def begin(key: str) -> bool:
        for _ in range(3):
            await asyncio.sleep(0)
        return True

    done = await PIPELINE(call_of(agent_that(nothing), begin=begin, timeout_s=0.0))
    assert isinstance(done, Completed)


class Odd(msgspec.Struct):
    value: Any


@pytest.mark.parametrize(
    ("value", "stored"),
    [((1, 2), [1, 2]), (math.nan, None), ({1: "a"}, {"1": "a"}), (b"x", "eA==")],
)
async def test_the_output_is_what_the_journal_will_give_back(value: Any, stored: Any) -> None:
    """Else an execution would go on differently after a crash."""

    async def act() -> Odd:
        return Odd(value)

    assert await invoke(call_of(agent_that(act))) == Completed({"value": stored})


@pytest.mark.parametrize("value", ["\udcff", object()])
@pytest.mark.parametrize(
    ("effect", "verdict"), [(Effect.READ, Failed), (Effect.IDEMPOTENT, Unknown)]
)
async def test_an_output_that_cannot_be_written_down_is_the_calls_fault(
    value: object, effect: Effect, verdict: type
) -> None:
    async def act() -> Odd:
        return Odd(value)

    assert isinstance(await PIPELINE(call_of(agent_that(act, effect))), verdict)


@pytest.mark.parametrize("returned", [[1], True, "text", 7])
@pytest.mark.parametrize(
    ("effect", "verdict"), [(Effect.READ, Failed), (Effect.IDEMPOTENT, Unknown)]
)
async def test_an_output_that_is_no_object_is_the_calls_fault(
    returned: object, effect: Effect, verdict: type
) -> None:
    """The journal could be written with it, and never read again."""

    async def act() -> object:
        return returned

    judged = await PIPELINE(call_of(agent_that(act, effect)))
    assert isinstance(judged, verdict)
    assert "no object" in judged.error  # type: ignore[union-attr]
