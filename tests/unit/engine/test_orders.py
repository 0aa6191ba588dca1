"""Orders: what a human says from anywhere, checked against the state it meets."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.unit.core.script import Script, step
from tests.unit.engine.house import Agents

from tizmor.core import facts as fx
from tizmor.core.errors import AmbiguousChoice, InvalidEdit, UnknownExecution, UserError
from tizmor.core.plan import Choice, Effect, Question
from tizmor.engine import orders
from tizmor.engine.orders import Order, approval_of, edited, fact_of, question_of
from tizmor.ports.agent import AgentContext, agent
from tizmor.ports.journal import InboxKind
from tizmor.ports.vocabulary import Value

CRITICAL = {"effect": Effect.COMPENSATABLE, "critical": True}
WHICH = Question(
    id="which",
    text="Which?",
    choices=(Choice(value="a", label="Anna"), Choice(value="b", label="Ben")),
    free_text=False,
)


class Nothing(Value, frozen=True):
    pass


@agent(name="Timed")
async def timed(start: dt.datetime, *, ctx: AgentContext) -> Nothing:
    """Take a time."""
    return Nothing()


def gated(*names: str) -> Script:
    script = Script(*(step(n, given={"title": n, "at": 10}, **CRITICAL) for n in names))
    for name in names:
        script.gate(name)
    return script


def asking() -> Script:
    script = Script(step("a"), step("b", **CRITICAL))
    script.begin("a")
    script.ask("a", WHICH)
    return script


def said(script: Script, kind: InboxKind, **order: Any) -> str:
    fact, outcome = fact_of(script.state, kind, Order(**order), 5)
    if fact is not None:
        script.tell(fact)
    return outcome


def test_the_only_open_approval_is_meant_when_none_is_named() -> None:
    assert approval_of(gated("a").state, None).step == "a"


def test_of_several_one_must_be_named() -> None:
    with pytest.raises(AmbiguousChoice, match="name one: a1, a2") as refused:
        approval_of(gated("a", "b").state, None)
    assert refused.value.options == ("a1", "a2")


def test_a_name_that_nobody_knows_is_answered_with_the_open_ones() -> None:
    with pytest.raises(UnknownExecution, match=r"no approval 'a9' \(open: a1\)"):
        approval_of(gated("a").state, "a9")
    with pytest.raises(UnknownExecution, match=r"no question 'q9' \(open: none\)"):
        question_of(gated("a").state, "q9")


def test_nothing_open_is_said_so() -> None:
    with pytest.raises(UserError, match="no approval is open"):
        approval_of(Script(step("a")).state, None)


def test_edits_are_laid_over_what_was_shown() -> None:
    script = gated("a")
    gate = script.state.gates["a1"]
    assert edited(gate.arguments, {"at": 12}, Agents().meet(), dt.UTC) == {"title": "a", "at": 12}
    assert gate.arguments == {"title": "a", "at": 10}


@pytest.mark.parametrize(
    "changes",
    [{"at": "noon"}, {"when": 12}, {"title": None}, {"at": 2**60}, {"title": "\udcff"}],
)
def test_edits_that_do_not_fit_the_agent_or_no_journal_are_refused(
    changes: dict[str, Any],
) -> None:
    with pytest.raises(InvalidEdit):
        edited(gated("a").state.gates["a1"].arguments, changes, Agents().meet(), dt.UTC)


def test_an_edit_that_is_no_number_is_refused() -> None:
    with pytest.raises(InvalidEdit):
        edited(gated("a").state.gates["a1"].arguments, {"title": math.nan}, Agents().meet(), dt.UTC)


@pytest.mark.parametrize("choice", ["b", "Ben", "ben", "2"])
def test_a_choice_may_be_given_by_value_label_or_number(choice: str) -> None:
    script = asking()
    orders.check_answer(script.state, "q1", choice)
    assert said(script, InboxKind.ANSWER, target="q1", choice=choice) == "done: q1 answered"
    assert script.state.steps["a"].answers == {"which": "b"}


def test_what_is_no_answer_is_refused_with_what_can_be_said() -> None:
    script = asking()
    with pytest.raises(UserError, match=r"'Cleo' is no answer to 'Which\?'.*1\) Anna; 2\) Ben"):
        orders.check_answer(script.state, "q1", "Cleo")
    assert said(script, InboxKind.ANSWER, target="q1", choice="Cleo").startswith("refused: ")


def test_deciding_the_same_twice_is_no_mistake() -> None:
    script = gated("a")
    assert said(script, InboxKind.APPROVE, target="a1") == "done: a1 approved"
    assert said(script, InboxKind.APPROVE, target="a1") == "done: a1 was approved already"


def test_a_decision_that_is_given_again_after_the_end_is_no_mistake() -> None:
    """Whoever lost the confirmation asks again, and learns that it was carried out."""
    script = gated("a")
    said(script, InboxKind.REJECT, target="a1")
    assert script.state.ended
    assert said(script, InboxKind.REJECT, target="a1") == "done: a1 was rejected already"
    assert said(script, InboxKind.APPROVE, target="a1") == (
        "refused: the execution has ended (REJECTED)"
    )


def test_deciding_otherwise_afterwards_is_refused() -> None:
    script = gated("a")
    said(script, InboxKind.APPROVE, target="a1")
    assert said(script, InboxKind.REJECT, target="a1") == "refused: a1 is approved already"
    edit = {"title": "a", "at": 12}
    assert said(script, InboxKind.APPROVE, target="a1", arguments=edit).startswith("refused: ")


def test_orders_for_what_does_not_exist_are_refused() -> None:
    script = Script(step("a"))
    assert said(script, InboxKind.APPROVE, target="a1") == "refused: there is no approval 'a1'"
    assert said(script, InboxKind.ANSWER, target="q1") == "refused: there is no question 'q1'"


@pytest.mark.parametrize("kind", list(InboxKind))
def test_an_ended_execution_takes_no_orders(kind: InboxKind) -> None:
    script = Script(step("a")).complete("a")
    fact, outcome = fact_of(script.state, kind, Order(target="a1"), 5)
    assert fact is None
    assert outcome == "refused: the execution has ended (COMPLETED)"


@pytest.mark.parametrize(
    ("kind", "order", "fact"),
    [
        (InboxKind.PAUSE, Order(by="dana"), fx.PauseAsked(at_ms=5, by="dana")),
        (InboxKind.RESUME, Order(by="dana"), fx.ResumeAsked(at_ms=5, by="dana")),
        (InboxKind.CANCEL, Order(by="dana"), fx.CancelAsked(at_ms=5, by="dana")),
        (
            InboxKind.APPROVE,
            Order(by="dana", approve_all=True),
            fx.ApprovalGivenToAll(at_ms=5, by="dana"),
        ),
        (
            InboxKind.REJECT,
            Order(by="dana", target="a1", comment="no"),
            fx.Rejected(at_ms=5, by="dana", approval="a1", reason="no"),
        ),
    ],
)
def test_an_order_is_a_fact_with_time_and_name(
    kind: InboxKind, order: Order, fact: fx.Fact
) -> None:
    assert fact_of(gated("a").state, kind, order, 5)[0] == fact


def test_an_order_is_read_as_it_was_written() -> None:
    order = Order(target="a1", arguments={"at": 12}, comment="later", by="dana")
    assert orders.decode(orders.encode(order)) == order


def test_an_order_that_is_no_text_is_refused() -> None:
    with pytest.raises(UserError, match="is not text"):
        orders.check_text(Order(comment="\udcff"))


def test_a_time_as_people_write_it_is_meant_in_the_workspaces_zone() -> None:
    """Neither seconds nor an offset are asked of a human (RFC 3339 wants both)."""
    jerusalem = ZoneInfo("Asia/Jerusalem")

    written = edited({}, {"start": "2026-11-24T15:00"}, timed, jerusalem)
    assert written == {"start": "2026-11-24T15:00:00+02:00"}
    with pytest.raises(InvalidEdit):
        edited({}, {"start": "three o'clock"}, timed, jerusalem)


def test_a_second_cancel_is_done_already_and_no_error() -> None:
    state = Script(step("a", effect=Effect.COMPENSATABLE)).tell(fx.CallStarting(step="a", key="k"))
    state.tell(fx.CancelAsked())
    again = fact_of(state.state, InboxKind.CANCEL, Order(), 1)
    assert again == (None, "done: it is being cancelled already")
    assert fact_of(state.state, InboxKind.CANCEL, Order(roll_back=True), 1)[0] is not None
    state.fail("a")
    again = fact_of(state.state, InboxKind.CANCEL, Order(), 1)
    assert again == (None, "done: it was cancelled already")
    refused = fact_of(state.state, InboxKind.CANCEL, Order(roll_back=True), 1)
    assert refused == (None, "refused: the execution has ended (CANCELLED)")
