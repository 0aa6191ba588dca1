"""Nothing critical unasked, and what is asked shows what will be done."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.unit.pipeline.calls import Inner, agent_that, call_of, nothing

from tizmor.core.errors import Permanent, PreconditionFailed
from tizmor.core.plan import Effect
from tizmor.core.terms import PLAIN, Need, Terms
from tizmor.pipeline.approve import Approve
from tizmor.pipeline.verdicts import Completed, Failed, NeedsApproval
from tizmor.ports.agent import Agent, Gate
from tizmor.ports.policy import Ask, Forbidden, Waived


def critical() -> Agent:
    return agent_that(nothing, Effect.COMPENSATABLE, critical=True)


@pytest.mark.parametrize("effect", [Effect.READ, Effect.IDEMPOTENT, Effect.COMPENSATABLE])
async def test_what_needs_no_approval_goes_on(effect: Effect) -> None:
    inner = Inner(Completed({}))
    assert await Approve()(call_of(agent_that(nothing, effect)), inner) == Completed({})


@pytest.mark.parametrize("one", [critical(), agent_that(nothing, Effect.IRREVERSIBLE)])
async def test_what_needs_approval_does_not_go_on_without_it(one: Agent) -> None:
    inner = Inner(Completed({}))
    assert isinstance(await Approve()(call_of(one), inner), NeedsApproval)
    assert inner.reached == 0


async def test_what_was_approved_goes_on() -> None:
    inner = Inner(Completed({}))
    assert await Approve()(call_of(critical(), approved_key="key"), inner) == Completed({})


async def test_an_approval_of_another_key_is_none() -> None:
    inner = Inner(Completed({}))
    verdict = await Approve()(call_of(critical(), approved_key="another"), inner)
    assert isinstance(verdict, NeedsApproval)
    assert inner.reached == 0


async def test_without_words_of_the_agents_own_the_title_and_the_arguments_are_shown() -> None:
    verdict = await Approve()(call_of(critical(), {"text": "hello"}), Inner(Completed({})))
    assert verdict == NeedsApproval({"action": "Do it", "details": {"text": "hello"}})


async def test_the_agents_own_words_are_shown_as_json() -> None:
    one = critical()

    @one.gate
    def gate(text: str = "", *, ctx: object) -> Gate:
        return Gate(action=f"say {text}", time="10:00", participants=("a", "b"))

    verdict = await Approve()(call_of(one, {"text": "hi"}), Inner(Completed({})))
    assert verdict == NeedsApproval(
        {"action": "say hi", "time": "10:00", "participants": ["a", "b"]}
    )


async def test_arguments_that_do_not_fit_fail_before_anybody_is_asked() -> None:
    one = critical()
    one.gate(lambda text="", *, ctx: Gate(action=text))
    verdict = await Approve()(call_of(one, {"text": 5}), Inner(Completed({})))
    assert isinstance(verdict, Failed)
    assert not verdict.retryable
    assert "argument 'text'" in verdict.error


@pytest.mark.parametrize(
    "error", [ValueError("broken"), PreconditionFailed("gone"), Permanent("never")]
)
async def test_an_agent_that_cannot_show_what_it_would_do_fails_its_own_step(
    error: Exception,
) -> None:
    """Not the engine: whoever writes an agent can't stop an execution with it."""
    one = critical()

    @one.gate
    def gate(text: str = "", *, ctx: object) -> Gate:
        raise error

    verdict = await Approve()(call_of(one), Inner(Completed({})))
    assert isinstance(verdict, Failed)
    assert (str(error) in verdict.error, verdict.retryable) == (True, False)


async def test_what_is_shown_but_cannot_be_written_down_fails_the_step() -> None:
    one = critical()
    one.gate(lambda text="", *, ctx: Gate(action="\udcff"))
    assert isinstance(await Approve()(call_of(one), Inner(Completed({}))), Failed)


@pytest.mark.parametrize(
    "given", ["send it", None, Gate(action=5), Gate(action="x", participants=(1,))]
)  # type: ignore[arg-type]
async def test_what_is_no_gate_fails_the_step_and_is_not_written(given: Any) -> None:
    one = critical()
    one.gate(lambda text="", *, ctx: given)
    verdict = await Approve()(call_of(one), Inner(Completed({})))
    assert isinstance(verdict, Failed)
    assert not verdict.retryable


async def test_a_gate_that_cancels_itself_fails_its_step() -> None:
    """Were it taken for one that was told to stop, it would be asked again for ever."""
    one = critical()

    @one.gate
    def gate(text: str = "", *, ctx: object) -> Gate:
        raise asyncio.CancelledError

    assert isinstance(await Approve()(call_of(one), Inner(Completed({}))), Failed)


TWO = Terms(needs=(Need(policy="two", quorum=2),))


async def test_what_the_policy_forbids_fails_and_says_by_which() -> None:
    inner = Inner(Completed({}))
    one = agent_that(nothing)
    verdict = await Approve()(call_of(one, ruling=Forbidden("never")), inner)
    assert verdict == Failed("the policy forbids Agent: never", retryable=False)
    assert inner.reached == 0


async def test_what_the_policy_waives_goes_on() -> None:
    inner = Inner(Completed({}))
    assert await Approve()(call_of(critical(), ruling=Waived("small")), inner) == Completed({})


async def test_a_read_that_the_policy_asks_about_does_not_go_on() -> None:
    inner = Inner(Completed({}))
    verdict = await Approve()(call_of(agent_that(nothing), ruling=Ask(TWO)), inner)
    assert isinstance(verdict, NeedsApproval)
    assert (verdict.terms, inner.reached) == (TWO, 0)


@pytest.mark.parametrize(
    ("terms", "signers", "goes_on"),
    [
        (TWO, ("dana", "noa"), True),
        (TWO, ("stand-in", "another"), True),
        (None, ("dana",), False),
        (PLAIN, ("dana",), False),
        (PLAIN, ("dana", "noa"), True),
    ],
)
async def test_what_was_agreed_to_by_too_few_for_the_policy_of_now_is_asked_about_anew(
    terms: Terms | None, signers: tuple[str, ...], goes_on: bool
) -> None:
    """Who agreed under these very terms was enough, whoever they were: it may have been handed
    on."""
    inner = Inner(Completed({}))
    call = call_of(critical(), approved_key="key", ruling=Ask(TWO), terms=terms, signers=signers)
    verdict = await Approve()(call, inner)
    assert (verdict == Completed({})) is goes_on
    assert inner.reached == goes_on
