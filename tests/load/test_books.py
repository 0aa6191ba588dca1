"""The books find what they are there to find: each finding is planted once."""

from __future__ import annotations

from typing import Any

import pytest
from tests.load.agents import microusd
from tests.load.books import (
    Entry,
    Story,
    approved_once_done_twice,
    held_twice,
    miscounted,
    over_budget,
    over_quota,
)

from tizmor.core import events as ev
from tizmor.core.budgets import Amounts, budget_question
from tizmor.core.plan import Access, Budget, Plan, Step
from tizmor.ports.budgets import Account
from tizmor.ports.quotas import Quota

WEB = {"api:web": Quota(2, 1_000)}
ROOM = {"room": Access.EXCLUSIVE}
GUEST = {"room": Access.SHARED}
SEND = Step(id="send", agent="Send")
LACKING = "this execution's budget of 10 tokens (execution.tokens) doesn't suffice: 8 tokens spent"


def call(began_s: float, **more: Any) -> Entry:
    known: dict[str, Any] = {
        "execution": "x",
        "step": "send",
        "key": "k",
        "effect": "read",
        "api": "web",
        "uses": {},
        "tokens": 0,
        "ended_s": began_s + 0.5,
    }
    return Entry(began_s=began_s, **(known | more))


def story(*events: ev.AnyEvent, budget: Budget | None = None) -> Story:
    planned = ev.Planned(plan=Plan(goal="g", steps=(SEND,)))
    return Story("x", [ev.Created(query="q"), planned, *events], budget)


def started(gate: str, key: str) -> ev.StepStarted:
    return ev.StepStarted(step="send", attempt=1, key=key, approval=gate)


@pytest.mark.parametrize(
    ("began_s", "findings"),
    [
        pytest.param([0.0, 0.5, 1.0, 1.5], 0, id="as many as are allowed"),
        pytest.param([0.0, 0.5, 0.9], 1, id="one too many"),
        pytest.param([0.1, 0.9, 1.05], 1, id="one too many across a second's end"),
    ],
)
def test_a_window_with_too_many_calls_is_found_wherever_it_begins(
    began_s: list[float], findings: int
) -> None:
    entries = [call(at) for at in began_s] + [call(at, api="mail") for at in began_s]
    assert len(list(over_quota(entries, WEB))) == findings


@pytest.mark.parametrize(
    ("first", "second", "after_s", "findings"),
    [
        pytest.param(ROOM, ROOM, 0.6, 0, id="one after the other"),
        pytest.param(GUEST, GUEST, 0.1, 0, id="two readers"),
        pytest.param(ROOM, ROOM, 0.1, 1, id="two writers"),
        pytest.param(GUEST, ROOM, 0.1, 1, id="a writer among readers"),
        pytest.param(ROOM, GUEST, 0.1, 1, id="a reader beside a writer"),
    ],
)
def test_calls_that_use_at_once_what_one_has_to_itself_are_found(
    first: dict[str, Access], second: dict[str, Access], after_s: float, findings: int
) -> None:
    entries = [call(0.0, uses=first), call(after_s, uses=second)]
    assert len(list(held_twice(entries))) == findings


@pytest.mark.parametrize(
    ("keys", "made", "findings"),
    [
        pytest.param(["k"], 1, 0, id="one call"),
        pytest.param(["k", "k"], 1, 0, id="a second attempt of the same"),
        pytest.param(["k", "other"], 1, 1, id="two keys"),
        pytest.param(["k"], 2, 1, id="one key, made twice"),
    ],
)
def test_an_approval_that_was_used_for_two_calls_is_found(
    keys: list[str], made: int, findings: int
) -> None:
    opened = ev.GateOpened(id="a1", step="send", key="k", arguments={}, shown={})
    entries = [call(float(n), effect="irreversible") for n in range(made)]
    found = approved_once_done_twice(entries, [story(opened, *(started("a1", k) for k in keys))])
    assert len(list(found)) == findings


@pytest.mark.parametrize(
    ("taken", "of_execution", "of_all", "findings"),
    [
        pytest.param([5, 5], 10, 10, [], id="all of it"),
        pytest.param([5, 6], 10, 20, ["x: 11 tokens taken, of 10"], id="an execution's"),
        pytest.param([5, 6], None, 10, ["11 tokens taken by all, of 10"], id="everybody's"),
        pytest.param([50], None, 99, [], id="an execution without bound"),
    ],
)
def test_more_tokens_than_a_budget_has_are_found(
    taken: list[int], of_execution: int | None, of_all: int, findings: list[str]
) -> None:
    bounded = None if of_execution is None else Budget(tokens=of_execution)
    entries = [call(0.0, tokens=tokens) for tokens in taken]
    assert list(over_budget(entries, [story(budget=bounded)], allowed=of_all)) == findings


@pytest.mark.parametrize(
    ("budget", "answer", "findings"),
    [
        ("execution.tokens", "raise:5", 0),
        ("execution.tokens", "skip", 1),
        ("day.usd", "raise:5", 1),
    ],
)
def test_what_a_human_has_added_to_a_budget_may_be_taken_too(
    budget: str, answer: str, findings: int
) -> None:
    question = budget_question(SEND, budget, LACKING, lacking=5, limit=10, language="en")
    events = [
        ev.QuestionAsked(id="q1", question=question, step="send", about="budget", error=LACKING),
        ev.QuestionAnswered(id="q1", value=answer),
    ]
    asked = story(*events, budget=Budget(tokens=10))
    assert asked.out_of_budget == 1
    entries = [call(0.0, tokens=15)]
    assert len(list(over_budget(entries, [asked], allowed=100))) == findings


@pytest.mark.parametrize(
    ("spent", "reserved", "exact", "findings"),
    [
        pytest.param(30, 0, True, 0, id="what was taken"),
        pytest.param(29, 0, False, 1, id="too little"),
        pytest.param(31, 0, True, 1, id="too much, and nobody was killed"),
        pytest.param(31, 0, False, 0, id="a call that nobody lived to settle"),
        pytest.param(30, 1, True, 1, id="reserved for no call"),
    ],
)
def test_an_account_on_which_something_else_stands_than_was_taken_is_found(
    spent: int, reserved: int, *, exact: bool, findings: int
) -> None:
    entries = [call(0.0, tokens=10), call(0.0, tokens=20)]
    account = Account("", Amounts(spent, microusd(spent), 7, 2), Amounts(tokens=reserved))
    assert len(list(miscounted(entries, {"": account}, exact=exact))) == findings


def test_a_step_that_failed_for_another_reason_than_a_budget_is_told() -> None:
    failed = [ev.StepFailed(step="send", error=error) for error in (LACKING, "it is broken")]
    assert story(*failed).failures == ["send: it is broken"]
