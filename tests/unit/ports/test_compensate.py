"""What an agent's `compensate` is given of a call, by what it declares."""

from __future__ import annotations

import msgspec
import pytest

from tizmor.ports.agent import Agent, AgentContext, Effect, agent


class Paid(msgspec.Struct):
    receipt: str


def paying() -> Agent:
    @agent(name="Pay", effect=Effect.COMPENSATABLE)
    async def pay(to: str, amount: int, *, ctx: AgentContext) -> Paid:
        """Pay."""
        return Paid(receipt=f"{to}/{amount}")

    return pay


def test_a_compensation_whose_result_may_be_none_goes_by_the_key() -> None:
    pay = paying()

    @pay.compensate
    async def refund(result: Paid | None, *, ctx: AgentContext) -> None: ...

    assert (pay.spec.compensates, pay.spec.undoes_by_key) == (True, True)


def test_one_that_needs_the_result_does_not() -> None:
    pay = paying()

    @pay.compensate
    async def refund(result: Paid, *, ctx: AgentContext) -> None: ...

    assert (pay.spec.compensates, pay.spec.undoes_by_key) == (True, False)


def test_it_gets_those_arguments_of_the_call_that_it_names() -> None:
    pay = paying()

    @pay.compensate
    async def refund(result: Paid | None, to: str, *, ctx: AgentContext) -> None: ...

    assert pay.undone_with({"to": "Dana", "amount": 5}) == {"to": "Dana"}
    with pytest.raises(msgspec.ValidationError, match="amount"):
        pay.undone_with({"to": "Dana", "amount": "much"})
