"""Several who must agree, and what time and people do to a gate that is open."""

from __future__ import annotations

import pytest
from tests.unit.core.script import EXECUTION, Script, step

from tizmor.core import commands as cmd
from tizmor.core import events as ev
from tizmor.core import facts as fx
from tizmor.core.canonical import idempotency_key
from tizmor.core.decisions.gates import delegation_problem
from tizmor.core.plan import Effect
from tizmor.core.terms import PLAIN, Need, OnExpiry, Terms

CRITICAL = {"effect": Effect.COMPENSATABLE, "critical": True}
HOUR = 3_600_000
TWO = Terms(needs=(Need(policy="two", quorum=2, approvers=("dana", "yoav", "noa")),))
ANY_TWO = Terms(needs=(Need(policy="any two", quorum=2),))
T = cmd.Timer


def opened(terms: Terms, **more: object) -> Script:
    script = Script(step("a", given={"title": "talk"}, **CRITICAL, **more), step("b", "a"))
    if more.get("prepares"):
        script.tell(fx.CallPrepared(step="a", arguments={"title": "talk", "at": 10}))
    script.gate("a", terms)
    return script


def agree(script: Script, by: str, **arguments: object) -> Script:
    return script.tell(fx.Approved(approval="a1", by=by, arguments=arguments or None))


def test_one_of_two_is_not_enough_to_begin() -> None:
    script = agree(opened(TWO), "dana")
    assert script.kinds() == ["GateSigned"]
    assert script.status("a") == "gated"
    assert script.tell(fx.CallStarting(step="a", key=script.key("a"))).events == []
    assert script.state.waits_for_human


def test_two_distinct_people_are() -> None:
    script = agree(agree(opened(TWO), "dana"), "noa")
    assert script.kinds() == ["GateApproved"]
    assert script.ordered(cmd.RunCall).signers == ("dana", "noa")
    assert script.ordered(cmd.RunCall).terms == TWO
    assert script.begin("a")


@pytest.mark.parametrize("terms", [TWO, ANY_TWO])
def test_one_person_is_one_however_often_they_agree(terms: Terms) -> None:
    script = agree(agree(opened(terms), "dana"), "dana")
    assert script.events == []
    assert script.status("a") == "gated"


@pytest.mark.parametrize("fact", [fx.Approved, fx.Rejected])
def test_who_is_not_asked_decides_nothing(fact: type[fx.Approved | fx.Rejected]) -> None:
    script = opened(TWO).tell(fact(approval="a1", by="mallory"))
    assert script.events == []
    assert script.state.gates["a1"].state == "open"


def test_one_of_those_who_are_asked_is_enough_to_reject() -> None:
    script = agree(opened(TWO), "dana").tell(fx.Rejected(approval="a1", by="noa", reason="no"))
    assert script.statuses() == "rejected skipped"


def test_what_the_second_changes_the_first_has_not_agreed_to() -> None:
    script = agree(agree(opened(TWO), "dana"), "yoav", title="short talk")
    assert script.kinds() == ["GateSigned"]
    key = idempotency_key(EXECUTION, "a", {"title": "short talk"})
    assert script.state.gates["a1"].signers(key) == ("yoav",)
    agree(script, "dana")
    assert script.one(ev.GateApproved).arguments == {"title": "short talk"}
    assert script.ordered(cmd.RunCall).arguments == {"title": "short talk"}
    assert script.ordered(cmd.RunCall).signers == ("yoav", "dana")


def test_every_policy_has_a_need_of_its_own() -> None:
    """Two of one team are none of the other."""
    both = Terms(
        needs=(
            Need(policy="money", quorum=2, approvers=("dana", "yoav")),
            Need(policy="law", approvers=("noa",)),
        )
    )
    script = agree(agree(opened(both), "dana"), "yoav")
    assert script.status("a") == "gated"
    assert agree(script, "noa").kinds() == ["GateApproved"]


@pytest.mark.parametrize("terms", [TWO, ANY_TWO, Terms(needs=(Need(approvers=("dana",)),))])
def test_approval_that_was_given_to_all_is_nobodys_word_by_name(terms: Terms) -> None:
    script = opened(terms).tell(fx.ApprovalGivenToAll(by="--yes"))
    assert script.kinds() == ["ApprovalDelegated"]
    assert script.status("a") == "gated"


def test_who_hands_on_is_asked_no_more() -> None:
    script = opened(TWO).tell(fx.Delegated(approval="a1", by="yoav", to="gil"))
    assert script.kinds() == ["GateDelegated"]
    assert agree(script, "yoav").events == []
    agree(script, "gil")
    assert agree(script, "noa").kinds() == ["GateApproved"]
    assert script.ordered(cmd.RunCall).terms == TWO, "the policy's, not what became of them"


@pytest.mark.parametrize(
    ("by", "to", "problem"),
    [
        ("mallory", "gil", "not for mallory"),
        ("dana", "noa", "noa is asked already"),
        ("yoav", "gil", "agreed to it already"),
    ],
)
def test_nobody_hands_on_what_they_do_not_have(by: str, to: str, problem: str) -> None:
    """Nor to one who would then count twice."""
    script = agree(opened(TWO), "yoav")
    told = delegation_problem(script.state.gates["a1"], by, to)
    assert told is not None
    assert problem in told
    assert script.tell(fx.Delegated(approval="a1", by=by, to=to)).events == []


def test_what_anybody_may_decide_can_not_be_handed_on() -> None:
    """Or anybody could keep it from all others."""
    script = opened(PLAIN).tell(fx.Delegated(approval="a1", by="dana", to="gil"))
    assert script.events == []


def timers(script: Script) -> dict[str, int]:
    return {c.timer.value: c.due_ms for c in script.commands if isinstance(c, cmd.SetTimer)}


TIMED = Terms(
    needs=(Need(policy="p", approvers=("dana",), escalate_ms=4 * HOUR, escalate_to=("rina",)),),
    remind_ms=HOUR,
    expires_ms=24 * HOUR,
)


def test_a_plain_gate_has_no_timers() -> None:
    assert timers(opened(PLAIN)) == {}


def test_the_times_of_a_gate_count_from_its_opening() -> None:
    script = opened(TIMED)
    at_ms = script.at_ms
    wanted = {"remind": at_ms + HOUR, "escalate": at_ms + 4 * HOUR, "expire": at_ms + 24 * HOUR}
    assert timers(script) == wanted
    script.crash()
    assert timers(script) == wanted


def test_a_reminder_comes_again() -> None:
    script = opened(TIMED)
    script.tell(fx.TimerFired(step="a", timer=T.REMIND), later_ms=HOUR)
    assert script.kinds() == ["GateReminded"]
    assert timers(script)["remind"] == script.at_ms + HOUR


def test_after_a_night_off_there_is_one_reminder_and_not_one_for_each_hour() -> None:
    script = opened(TIMED)
    script.at_ms += 9 * HOUR
    script.crash()
    script.tell(fx.TimerFired(step="a", timer=T.REMIND))
    assert script.kinds() == ["GateReminded"]
    assert timers(script)["remind"] == script.at_ms + HOUR


def test_escalation_asks_more_people_once() -> None:
    script = opened(TIMED)
    assert agree(script, "rina").events == []
    script.tell(fx.TimerFired(step="a", timer=T.ESCALATE), later_ms=4 * HOUR)
    assert script.one(ev.GateEscalated).to == ("rina",)
    assert "escalate" not in timers(script)
    assert agree(script, "rina").kinds() == ["GateApproved"]


def test_a_gate_that_expires_rejects_its_step() -> None:
    script = opened(TIMED)
    script.tell(fx.TimerFired(step="a", timer=T.EXPIRE), later_ms=24 * HOUR)
    assert script.kinds()[0] == "GateExpired"
    assert script.statuses() == "rejected skipped"
    assert script.state.status == "REJECTED"
    assert script.state.gates["a1"].state == "expired"


def test_or_has_it_prepared_and_asked_about_anew() -> None:
    again = Terms(needs=TWO.needs, expires_ms=HOUR, on_expiry=OnExpiry.ASK)
    script = agree(opened(again, prepares=True), "dana")
    script.tell(fx.TimerFired(step="a", timer=T.EXPIRE), later_ms=HOUR)
    assert script.kinds() == ["GateLapsed"]
    assert script.ordered(cmd.PrepareCall).arguments == {"title": "talk"}
    script.tell(fx.CallPrepared(step="a", arguments={"title": "talk", "at": 11}))
    assert script.gate("a", again) == "a2"
    assert script.state.gates["a2"].signatures == ()


def test_an_approval_that_comes_too_late_finds_the_gate_expired() -> None:
    """Though no timer said so: the process may have been away."""
    script = opened(TIMED)
    script.at_ms += 24 * HOUR
    assert agree(script, "dana").kinds()[0] == "GateExpired"


def test_a_word_for_all_that_comes_too_late_finds_the_gate_expired() -> None:
    """Its timer may be late: the clock was set."""
    script = opened(Terms(expires_ms=HOUR))
    script.tell(fx.ApprovalGivenToAll(by="--yes"), later_ms=HOUR)
    assert script.kinds()[:2] == ["ApprovalDelegated", "GateExpired"]
    assert "GateApproved" not in script.kinds()


def test_a_timer_of_an_earlier_gate_is_not_the_next_ones() -> None:
    again = Terms(expires_ms=HOUR, on_expiry=OnExpiry.ASK)
    script = opened(again)
    script.tell(fx.TimerFired(step="a", timer=T.EXPIRE), later_ms=HOUR)
    script.gate("a", again)
    at_ms = script.at_ms
    script.tell(fx.TimerFired(step="a", timer=T.EXPIRE), later_ms=HOUR // 2)
    assert script.events == []
    assert timers(script) == {"expire": at_ms + HOUR}


def test_a_decided_gates_timers_do_nothing() -> None:
    script = agree(opened(TIMED), "dana")
    for timer in (T.REMIND, T.ESCALATE, T.EXPIRE):
        assert script.tell(fx.TimerFired(step="a", timer=timer), later_ms=24 * HOUR).events == []


def test_several_gates_are_decided_in_any_order() -> None:
    script = Script(*(step(name, **CRITICAL) for name in "abc"))
    ids = [script.gate(name, TWO) for name in "abc"]
    for by in ("dana", "noa"):
        for gate in reversed(ids):
            script.tell(fx.Approved(approval=gate, by=by))
    assert script.statuses() == "approved approved approved"


def test_a_waiver_lets_a_critical_call_begin_and_is_written_down() -> None:
    script = Script(step("a", **CRITICAL))
    script.tell(fx.CallStarting(step="a", key=script.key("a"), waived_by="small sums"))
    assert script.one(ev.StepStarted).waived_by == "small sums"


def test_without_one_a_critical_call_does_not_begin_whatever_the_pipeline_let_through() -> None:
    script = Script(step("a", **CRITICAL))
    assert script.tell(fx.CallStarting(step="a", key=script.key("a"))).events == []


def test_a_policy_that_has_come_to_say_more_asks_anew() -> None:
    """The pipeline asks about an approved call; that approval is over."""
    script = Script(step("a", **CRITICAL)).approved("a")
    script.gate("a", TWO)
    assert script.status("a") == "gated"
    assert script.tell(fx.CallStarting(step="a", key=script.key("a"))).events == []


def test_what_is_folded_from_the_journal_is_what_was_decided() -> None:
    script = opened(TIMED)
    script.tell(fx.TimerFired(step="a", timer=T.REMIND), later_ms=HOUR)
    script.tell(fx.TimerFired(step="a", timer=T.ESCALATE), later_ms=3 * HOUR)
    script.tell(fx.Delegated(approval="a1", by="dana", to="gil"))
    assert script.folded().gates == script.state.gates
