"""A budget that doesn't suffice, what follows by its policy, and what calls have cost."""

from __future__ import annotations

import pytest
from tests.unit.core.script import Script, step, writing

from tizmor.core import commands as cmd
from tizmor.core import events as ev
from tizmor.core import facts as fx
from tizmor.core.plan import Budget, Costs, Effect, Exhausted, OnFailure, Step

CHEAPER, ASK, STOP = Exhausted.CHEAPER, Exhausted.ASK, Exhausted.STOP
DEAR, CHEAP = Costs(usd=1.0), Costs(usd=0.1)


def exhausted(script: Script, *policy: Exhausted, name: str = "a") -> Script:
    return script.tell(
        fx.BudgetExhausted(
            step=name,
            budget="day.usd",
            error="the day's budget doesn't suffice",
            lacking=200,
            limit=1_000,
            policy=policy,
        )
    )


@pytest.mark.parametrize("policy", [(), (STOP,), (STOP, ASK), (CHEAPER,)])
def test_it_stops_where_nothing_else_is_left(policy: tuple[Exhausted, ...]) -> None:
    """Also a step whose failures are otherwise asked about: that is the policy."""
    script = Script(writing(Effect.IDEMPOTENT, on_failure=OnFailure.ASK), step("b"))
    exhausted(script, *policy)
    assert script.one(ev.StepFailed).error == "the day's budget doesn't suffice"
    assert script.status("b") == "ready"


def test_a_human_raises_it_for_this_execution_and_the_step_goes_on() -> None:
    script = exhausted(Script(step("a")), ASK)
    question = script.one(ev.QuestionAsked).question
    values = [choice.value for choice in question.choices]
    assert values == ["raise:200", "raise:1000", "raise:10000", "skip", "stop"]
    script.tell(fx.Answered(question="q1", value="raise:1000"))
    assert script.ordered(cmd.RunCall).raised == {"day.usd": 1_000}
    exhausted(script, ASK).tell(fx.Answered(question="q2", value="1"))
    assert script.ordered(cmd.RunCall).raised == {"day.usd": 1_200}
    assert script.folded().raised == {"day.usd": 1_200}


def test_who_else_asks_for_the_same_budget_tries_again() -> None:
    script = exhausted(Script(step("a"), step("b")), ASK)
    exhausted(script, ASK, name="b")
    script.tell(fx.Answered(question="q1", value="raise:200"))
    assert script.starts() == ["a", "b"]
    assert script.state.open_questions() == []
    assert script.state.raised == {"day.usd": 200}


@pytest.mark.parametrize(("answer", "status"), [("skip", "bypassed"), ("stop", "failed")])
def test_a_human_may_do_without(answer: str, status: str) -> None:
    script = exhausted(Script(step("a")), ASK).tell(fx.Answered(question="q1", value=answer))
    assert (script.status("a"), script.state.raised) == (status, None)


def test_an_approval_outlives_the_question() -> None:
    script = Script(writing(Effect.IRREVERSIBLE))
    script.approved("a")
    approved = script.ordered(cmd.RunCall).approved_key
    exhausted(script, ASK).tell(fx.Answered(question="q1", value="raise:200"))
    assert script.ordered(cmd.RunCall).approved_key == approved is not None


def other(agent: str, costs: Costs | None) -> Step:
    return Step(id="a", agent=agent, costs=costs)


def test_the_next_alternative_that_costs_less_takes_over() -> None:
    others = (other("Dear", DEAR), other("Cheap", CHEAP))
    script = exhausted(Script(step("a", costs=DEAR, alternatives=others)), CHEAPER, ASK)
    assert script.one(ev.AgentReplaced).alternative == 1
    assert script.ordered(cmd.RunCall).step.agent == "Cheap"
    assert exhausted(script, CHEAPER, ASK).one(ev.QuestionAsked).about == "budget"


def test_a_step_of_which_a_call_may_have_happened_is_not_ended_by_a_budget() -> None:
    script = Script(writing(Effect.IDEMPOTENT, on_failure=OnFailure.ASK))
    script.begin("a")
    script.lose("a")
    exhausted(script, STOP)
    assert script.one(ev.QuestionAsked).about == "outcome"


def test_the_stricter_of_two_budgets_bounds_an_execution() -> None:
    script = Script(step("a"), start=False, budget=Budget(usd=1.0, calls=5))
    asked = Budget(usd=2.0, tokens=7, exhausted=(ASK,))
    script.tell(fx.Requested(query="q", plan=script.plan, budget=asked))
    both = Budget(usd=1.0, tokens=7, calls=5, exhausted=(ASK,))
    assert script.ordered(cmd.RunCall).budget == both
    assert script.folded().budget == both


def test_what_a_call_cost_that_failed_is_counted_with_what_the_next_did() -> None:
    script = Script(step("a"))
    script.tell(fx.CallFailed(step="a", error="busy", retryable=True, tokens=10, cost_usd=0.5))
    assert script.kinds() == ["CallCharged", "AttemptFailed"]
    script.tell(fx.CallCompleted(step="a", output={}, tokens=5, cost_usd=0.25, begun_at_ms=1))
    assert (script.state.tokens, script.state.cost_usd) == (15, 0.75)
    assert (script.state.steps["a"].tokens, script.state.steps["a"].cost_usd) == (15, 0.75)


def test_what_cost_nothing_is_not_written_down() -> None:
    script = Script(step("a")).tell(fx.CallFailed(step="a", error="busy", retryable=True))
    assert script.kinds() == ["AttemptFailed"]


def test_how_long_a_step_was_queued_held_and_ran_is_in_its_journal() -> None:
    script = Script(step("a"))
    script.tell(fx.CallMustWait(step="a", on="lock:x"), later_ms=10)
    script.tell(fx.WaitOver(step="a"), later_ms=100)
    script.tell(fx.CallStarting(step="a", key=""), later_ms=1_000)
    script.tell(fx.CallFailed(step="a", error="busy", retryable=True), later_ms=30)
    script.tell(fx.TimerFired(step="a"), later_ms=5_000)
    script.tell(fx.CallStarting(step="a", key=""), later_ms=1)
    script.complete("a")
    a = script.state.steps["a"]
    assert (a.waited_ms, a.run_ms) == (1_100, 31)
    assert a.started_at_ms is not None
    assert a.ready_at_ms is not None
    assert a.started_at_ms - a.ready_at_ms - a.idle_ms == 10
    assert script.folded().steps["a"] == a


def test_a_held_call_may_be_done_by_another_agent_instead() -> None:
    script = Script(step("a", alternatives=(other("Other", None),)))
    script.tell(fx.CallMustWait(step="a", on="breaker:api:x", elsewhere=True))
    assert script.one(ev.AgentReplaced).alternative == 0
    assert script.ordered(cmd.Release).step == "a"
    script.tell(fx.CallMustWait(step="a", on="breaker:api:x", elsewhere=True))
    assert script.status("a") == "held"


def test_a_call_that_may_have_happened_is_given_to_nobody_else() -> None:
    script = Script(writing(Effect.IDEMPOTENT, alternatives=(other("Other", None),)))
    script.begin("a")
    script.lose("a")
    script.tell(fx.CallMustWait(step="a", on="breaker:api:x", elsewhere=True))
    assert script.status("a") == "held"
