"""What a policy gets to know of a call's arguments."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tizmor.core.plan import Effect, Step
from tizmor.pipeline.asking import asked
from tizmor.ports.agent import Agent, AgentContext, agent
from tizmor.ports.policy import Asked
from tizmor.ports.vocabulary import Amount


class Out(msgspec.Struct):
    value: str = ""


@agent(name="Pay", effect=Effect.IRREVERSIBLE)
async def pay(
    amount: float = 0,
    fee: Amount | None = None,
    count: int = 0,
    to: list[str] | None = None,
    *,
    ctx: AgentContext,
) -> Out:
    """Pay."""
    return Out()


def of(arguments: dict[str, Any], one: Agent = pay) -> Asked:
    step = Step(id="a", agent="Pay", effect=Effect.IRREVERSIBLE)
    return asked(step, one, arguments, user="dana", workspace="work", untrusted=())


@pytest.mark.parametrize(
    ("arguments", "amount"),
    [
        ({}, None),
        ({"count": 9}, None),
        ({"amount": 100}, 100),
        ({"amount": 100.01}, 101),
        ({"amount": -200}, 200),
        ({"amount": 5, "fee": 7}, 7),
        ({"fee": None}, None),
        ({"amount": "99"}, 99),
        ({"amount": "much"}, 2**63 - 1),
        ({"amount": [1]}, 2**63 - 1),
        ({"amount": float("nan")}, 2**63 - 1),
        ({"amount": 10**400}, 2**63 - 1),
        ({"amount": 1e300}, 2**63 - 1),
    ],
)
def test_an_amount_is_rounded_up_and_what_is_none_passes_every_limit(
    arguments: dict[str, Any], amount: int | None
) -> None:
    assert of(arguments).amount == amount


def test_recipients_are_found_wherever_they_stand() -> None:
    found = of(
        {
            "to": ["Dana <Dana@Example.org>", "x@evil.org, y@evil.org"],
            "person": {"email": "noa@example.org", "name": "Noa"},
            "body": "see a@b or call",
        }
    )
    assert found.recipients == {
        "dana@example.org",
        "x@evil.org",
        "y@evil.org",
        "noa@example.org",
        "a@b",
    }
    assert found.domains == {"example.org", "evil.org", "b"}


def test_a_long_text_is_not_searched() -> None:
    assert of({"body": "x" * 1_000 + " a@b.org"}).recipients == frozenset()
