"""Nothing critical unasked: an approval covers one key, that is, exactly what the human saw."""

from __future__ import annotations

import pytest
from tests.unit.core.script import EXECUTION, Script, step, writing

from tizmor.core import commands as cmd
from tizmor.core import events as ev
from tizmor.core import facts as fx
from tizmor.core.approval import needs_gate, tainted_steps, untrusted_controls
from tizmor.core.canonical import idempotency_key
from tizmor.core.plan import Effect, Plan, RetryPolicy
from tizmor.core.recovery import MAX_REPREPARES

CRITICAL = {"effect": Effect.COMPENSATABLE, "critical": True}


def meeting(name: str = "a", **more: object) -> Script:
    return Script(step(name, given={"title": "talk", "at": 10}, **CRITICAL, **more))


@pytest.mark.parametrize(
    ("effect", "critical", "asked"),
    [
        (Effect.READ, False, False),
        (Effect.READ, True, True),
        (Effect.IDEMPOTENT, False, False),
        (Effect.COMPENSATABLE, False, False),
        (Effect.COMPENSATABLE, True, True),
        (Effect.IRREVERSIBLE, False, True),
    ],
)
def test_what_is_critical_or_cannot_be_taken_back_is_asked_about(
    effect: Effect, critical: bool, asked: bool
) -> None:
    one = writing(effect, critical=critical)
    assert needs_gate(one) is asked
    assert Script(one).begin("a") is not asked


def test_a_gate_shows_the_arguments_and_waits_for_the_human() -> None:
    script = meeting()
    gate = script.gate("a", time="10:00")
    opened = script.state.gates[gate]
    assert (opened.arguments, opened.key) == ({"title": "talk", "at": 10}, script.key("a"))
    assert opened.shown["time"] == "10:00"
    assert script.commands == []
    assert script.state.waits_for_human


def test_an_approved_call_consumes_its_gate_when_it_begins() -> None:
    script = meeting().approved("a")
    assert script.ordered(cmd.RunCall).approved_key == script.key("a")
    assert script.begin("a")
    started = script.one(ev.StepStarted)
    assert (started.approval, started.key) == ("a1", script.key("a"))


def test_an_approval_does_not_cover_another_key() -> None:
    script = meeting().approved("a")
    other = idempotency_key(EXECUTION, "a", {"title": "talk", "at": 11})
    assert script.tell(fx.CallStarting(step="a", key=other)).events == []


def test_one_approval_covers_all_attempts_of_its_key() -> None:
    script = meeting(retry=RetryPolicy(attempts=3)).approved("a")
    script.begin("a")
    script.fail("a", retryable=True)
    script.tell(fx.TimerFired(step="a"), later_ms=9000)
    assert script.begin("a")


def test_an_edit_approves_the_edited_arguments_under_their_own_key() -> None:
    script = meeting()
    shown = script.state.steps
    gate = script.gate("a")
    edited = {"title": "talk", "at": 12}
    script.tell(fx.Approved(approval=gate, arguments=edited, by="dana", comment="later"))
    given = script.one(ev.GateApproved)
    assert given.key == idempotency_key(EXECUTION, "a", edited) != shown["a"].key
    assert (given.arguments, given.by, given.comment) == (edited, "dana", "later")
    assert script.ordered(cmd.RunCall).arguments == edited
    assert script.begin("a")


def test_what_was_shown_before_the_edit_may_not_be_called() -> None:
    script = meeting()
    before = script.key("a")
    script.approved("a", at=12)
    assert script.tell(fx.CallStarting(step="a", key=before)).events == []


def test_a_gate_is_decided_once() -> None:
    script = meeting().approved("a")
    for fact in (fx.Approved(approval="a1"), fx.Rejected(approval="a1")):
        assert script.tell(fact).events == []


def test_a_rejected_gate_skips_its_dependents_and_the_rest_goes_on() -> None:
    script = Script(
        step("a", **CRITICAL), step("b", "a"), step("c", "b"), step("d"), step("e", "d")
    )
    script.tell(fx.Rejected(approval=script.gate("a"), by="dana", reason="no"))
    assert script.statuses() == "rejected skipped skipped ready pending"
    assert script.state.steps["a"].error == "no"
    assert not script.state.ended
    script.complete("d")
    script.complete("e")
    assert script.state.status == "REJECTED"


def test_a_failure_beside_a_rejection_is_told_as_a_failure() -> None:
    script = Script(step("a", **CRITICAL), step("b"))
    script.tell(fx.Rejected(approval=script.gate("a")))
    script.fail("b")
    assert script.state.status == "FAILED"


def test_preparation_comes_before_the_gate_and_binds_it() -> None:
    script = Script(step("a", given={"title": "talk"}, prepares=True, **CRITICAL))
    assert script.ordered(cmd.PrepareCall).arguments == {"title": "talk"}
    assert "a" not in script.ran
    prepared = {"title": "talk", "at": 10}
    script.tell(fx.CallPrepared(step="a", arguments=prepared))
    gate = script.gate("a")
    assert script.state.gates[gate].key == idempotency_key(EXECUTION, "a", prepared)


def prepared_and_lost(**edits: object) -> Script:
    """Approved, perhaps edited; then the precondition no longer held."""
    script = Script(step("a", given={"title": "talk", "at": None}, prepares=True, **CRITICAL))
    script.tell(fx.CallPrepared(step="a", arguments={"title": "talk", "at": 10}))
    script.approved("a", **edits)
    assert script.begin("a")
    return script.tell(fx.PreconditionBroken(step="a", error="taken"))


def test_a_lost_precondition_is_prepared_and_asked_anew() -> None:
    script = prepared_and_lost()
    assert script.one(ev.PreconditionLost).error == "taken"
    assert script.ordered(cmd.PrepareCall).arguments == {"title": "talk", "at": None}
    script.tell(fx.CallPrepared(step="a", arguments={"title": "talk", "at": 11}))
    assert not script.begin("a"), "the former approval was for 10"
    script.approved("a")
    assert [g.arguments["at"] for g in script.state.gates.values()] == [10, 11]
    assert script.begin("a")


def test_the_former_time_would_have_to_be_approved_anew_too() -> None:
    script = prepared_and_lost()
    script.tell(fx.CallPrepared(step="a", arguments={"title": "talk", "at": 10}))
    assert not script.begin("a")


def test_what_the_human_edited_is_kept_and_only_the_rest_is_prepared_anew() -> None:
    script = prepared_and_lost(title="strategy talk")
    assert script.ordered(cmd.PrepareCall).arguments == {"title": "strategy talk", "at": None}


def test_the_humans_edits_of_several_gates_add_up() -> None:
    script = prepared_and_lost(title="strategy talk")
    script.tell(fx.CallPrepared(step="a", arguments={"title": "strategy talk", "at": 11}))
    script.approved("a", at=15)
    script.begin("a")
    script.tell(fx.PreconditionBroken(step="a", error="taken again"))
    assert script.ordered(cmd.PrepareCall).arguments == {"title": "strategy talk", "at": 15}


def test_the_humans_edits_outlive_a_crash() -> None:
    script = prepared_and_lost(title="strategy talk").crash()
    assert script.ordered(cmd.PrepareCall).arguments["title"] == "strategy talk"


def test_what_is_prepared_from_data_that_looks_like_a_reference_stays_data() -> None:
    """Only the plan refers; an edit, and what an agent delivered, is data."""
    script = Script(
        step("s"), step("a", given={"t": {"$ref": "/s/value"}}, prepares=True, **CRITICAL)
    )
    script.complete("s", {"value": {"$ref": "/s/hidden"}, "hidden": "secret"})
    script.tell(fx.CallPrepared(step="a", arguments={"t": {"$ref": "/s/hidden"}}))
    script.approved("a", u={"$ref": "/s/hidden"})
    script.begin("a")
    script.tell(fx.PreconditionBroken(step="a", error="taken"))
    assert script.ordered(cmd.PrepareCall).arguments == {
        "t": {"$ref": "/s/hidden"},
        "u": {"$ref": "/s/hidden"},
    }


def test_preparing_anew_ends_after_a_few_times() -> None:
    script = prepared_and_lost()
    for _ in range(MAX_REPREPARES):
        if script.state.ended:
            break
        script.tell(fx.CallPrepared(step="a", arguments={"at": 10})).approved("a")
        script.begin("a")
        script.tell(fx.PreconditionBroken(step="a", error="taken"))
    assert script.state.status == "FAILED"
    assert len(script.state.gates) == MAX_REPREPARES


def test_yes_approves_without_asking_and_says_who_did() -> None:
    script = Script(step("a", **CRITICAL), approve_all=True)
    script.gate("a")
    assert script.one(ev.GateApproved).by == "--yes"
    assert script.begin("a")


def test_yes_given_later_approves_what_is_open_and_what_comes() -> None:
    script = Script(step("a", **CRITICAL), step("b", "a", **CRITICAL))
    script.gate("a")
    script.tell(fx.ApprovalGivenToAll(by="dana"))
    assert script.kinds() == ["ApprovalDelegated", "GateApproved"]
    script.complete("a")
    script.gate("b")
    assert script.one(ev.GateApproved)


def untrusting(**more: object) -> Script:
    """`mail` reads what a stranger wrote; `send` takes its recipient from there."""
    read = step("mail", untrusted=True)
    between = step("between", "mail")
    send = step("send", "between", control=("x0",), **CRITICAL)
    script = Script(read, between, send, **more)
    script.complete("mail")
    script.complete("between")
    return script


def test_yes_does_not_cover_a_control_argument_that_comes_from_untrusted_content() -> None:
    script = untrusting(approve_all=True)
    script.gate("send")
    assert script.one(ev.GateOpened).untrusted == ("x0",)
    assert script.state.waits_for_human
    script.tell(fx.ApprovalGivenToAll())
    assert not script.begin("send")
    script.tell(fx.Approved(approval="a1"))
    assert script.begin("send")


def test_taint_goes_along_references_and_not_along_mere_order() -> None:
    plan = Plan(
        goal="g",
        steps=(
            step("d", "c"),
            step("c", "a"),
            step("a", untrusted=True),
            step("b", after=("a",)),
        ),
    )
    assert tainted_steps(plan) == {"a", "c", "d"}


def test_only_control_arguments_that_derive_from_untrusted_content_are_named() -> None:
    send = step(
        "send",
        control=("to", "subject"),
        given={"to": "a@b.c", "subject": [{"$ref": "/a/value"}], "body": {"$ref": "/a/value"}},
    )
    plan = Plan(goal="g", steps=(step("a", untrusted=True), send))
    assert untrusted_controls(tainted_steps(plan), send) == ("subject",)


def test_an_execution_with_something_open_waits_only_when_nothing_else_can_move() -> None:
    script = Script(step("a", **CRITICAL), step("b"))
    script.gate("a")
    assert not script.state.waits_for_human
    script.complete("b")
    assert script.state.waits_for_human
