"""Which quotas a call counts against."""

from __future__ import annotations

import msgspec
from tests.unit.pipeline.calls import Out, call_of

from tizmor.core.plan import Costs
from tizmor.pipeline.rules import QuotaRules, spent_of, told_by_api
from tizmor.ports.agent import Agent, AgentContext, agent
from tizmor.ports.quotas import UNLIMITED, Quota, Use
from tizmor.ports.secrets import Secret

MINUTE = 60_000
FEW, MANY = Quota(5, MINUTE), Quota(60, MINUTE)


def mail(*, api: str = "", rate_limit: str = "") -> Agent:
    @agent(name="Agent", api=api, rate_limit=rate_limit)
    async def send(text: str = "", key: Secret = "secret:mail", *, ctx: AgentContext) -> Out:
        """Send it."""
        return Out(text=text)

    return send


def uses(one: Agent, **limits: Quota) -> list[Use]:
    return list(QuotaRules([one], limits)(call_of(one)))


def test_an_agent_without_any_counts_against_none() -> None:
    assert uses(mail(), **{"api:other": FEW}) == []


def test_the_narrowest_comes_first() -> None:
    """Who waits for a place of its own agent's holds none that all share."""
    limits = {"workspace": MANY, "api:gmail": MANY, "api:gmail/key": FEW}
    assert uses(mail(api="gmail", rate_limit="5/minute"), **limits) == [
        Use("agent:Agent", FEW),
        Use("api:gmail/key:mail", FEW),
        Use("api:gmail", MANY),
        Use("workspace", MANY),
    ]


def test_the_settings_go_before_what_an_agent_says_of_itself() -> None:
    assert uses(mail(rate_limit="5/minute"), **{"agent:Agent": MANY}) == [Use("agent:Agent", MANY)]


def test_an_api_may_limit_itself_though_nobody_else_does() -> None:
    assert uses(mail(api="gmail")) == [Use("api:gmail", UNLIMITED)]


def test_an_answer_speaks_of_its_api_and_never_of_the_whole_workspace() -> None:
    def told(one: Agent, **limits: Quota) -> str:
        return told_by_api(uses(one, **limits))

    assert told(mail(), workspace=MANY) == ""
    assert told(mail(rate_limit="5/minute"), workspace=MANY) == "agent:Agent"
    assert told(mail(api="gmail", rate_limit="5/minute"), workspace=MANY) == "api:gmail"
    assert told(mail(api="gmail"), **{"api:gmail/key": FEW}) == "api:gmail/key:mail"


def test_tokens_are_reserved_as_many_as_a_call_may_use_and_kept_as_many_as_it_has() -> None:
    @agent(name="Agent", api="llm", costs=Costs(tokens=500))
    async def think(text: str = "", *, ctx: AgentContext) -> Out:
        """Think."""
        return Out(text=text)

    call = call_of(think)
    call.step = msgspec.structs.replace(call.step, costs=think.spec.costs)
    counted = QuotaRules([think], {"api:llm/tokens": Quota(9_000, MINUTE)})(call)
    assert counted == (
        Use("api:llm/tokens", Quota(9_000, MINUTE), 500),
        Use("api:llm", UNLIMITED),
    )
    assert spent_of(counted, 120) == {"api:llm/tokens": 120}
    assert told_by_api(counted) == "api:llm"
