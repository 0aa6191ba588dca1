"""Pause, resume, cancel, and going on in another process."""

from __future__ import annotations

import pytest
from tests.unit.core.script import Script, step, writing

from tizmor.core import commands as cmd
from tizmor.core import events as ev
from tizmor.core import facts as fx
from tizmor.core.plan import Effect, Plan, Question, Resource

READ, IRREVERSIBLE = Effect.READ, Effect.IRREVERSIBLE
CRITICAL = {"effect": Effect.COMPENSATABLE, "critical": True}
WITH_EFFECT = [Effect.IDEMPOTENT, Effect.COMPENSATABLE, Effect.IRREVERSIBLE]


def running(effect: Effect, **more: object) -> Script:
    script = Script(writing(effect, **more), step("b", "a"))
    if effect is IRREVERSIBLE:
        script.approved("a")
    assert script.begin("a")
    return script


def test_a_pause_lets_what_runs_end_and_starts_nothing() -> None:
    script = running(READ).tell(fx.PauseAsked(by="dana"))
    assert script.kinds() == ["Paused"]
    assert script.commands == []
    assert script.complete("a").starts() == []
    assert script.tell(fx.ResumeAsked()).starts() == ["b"]


def test_a_call_that_is_withdrawn_gives_back_what_it_could_not() -> None:
    """It may have been cut off while it asked for a quota, or gave it back."""
    script = Script(step("a"))
    script.tell(fx.CallWithdrawn(step="a"))
    assert script.ordered(cmd.Release).step == "a"


@pytest.mark.parametrize(("locked", "released"), [((), 1), ((Resource(name="file:a"),), 0)])
def test_a_retry_that_is_withdrawn_gives_back_its_place_and_keeps_what_it_has_locked(
    locked: tuple[Resource, ...], released: int
) -> None:
    """A call before it may have happened, and may still be on its way."""
    script = Script(step("a", effect=Effect.IDEMPOTENT, resources=locked))
    script.lose("a", may_still_run=True).tell(fx.PauseAsked()).tell(fx.CallWithdrawn(step="a"))
    assert script.status("a") == "unsettled"
    assert [type(c) for c in script.commands].count(cmd.Release) == released


def test_a_call_that_has_not_begun_yet_does_not_begin_in_a_pause() -> None:
    script = Script(step("a")).tell(fx.PauseAsked())
    assert not script.begin("a")
    assert script.tell(fx.CallWithdrawn(step="a")).starts() == []
    assert script.tell(fx.ResumeAsked()).starts() == ["a"]


def test_pausing_twice_or_resuming_what_runs_says_nothing() -> None:
    script = Script(step("a"))
    assert script.tell(fx.ResumeAsked()).events == []
    script.tell(fx.PauseAsked())
    assert script.tell(fx.PauseAsked()).events == []


def test_an_approval_in_a_pause_is_kept_for_the_resume() -> None:
    script = Script(step("a", **CRITICAL))
    gate = script.gate("a")
    script.tell(fx.PauseAsked())
    assert script.tell(fx.Approved(approval=gate)).starts() == []
    assert script.tell(fx.ResumeAsked()).starts() == ["a"]


def test_a_timer_that_fires_in_a_pause_is_set_again_by_the_resume() -> None:
    script = Script(step("a")).fail("a", retryable=True)
    script.tell(fx.PauseAsked())
    assert script.tell(fx.TimerFired(step="a"), later_ms=99_000).commands == []
    assert script.tell(fx.ResumeAsked()).ordered(cmd.SetTimer).step == "a"


@pytest.mark.parametrize("status", ["ready", "retrying", "unsettled", "running"])
def test_a_call_refused_in_a_pause_that_was_over_before_it_knew_is_made_after_all(
    status: str,
) -> None:
    """Refused, resumed, and only then withdrawn: whatever the step was, it goes on."""
    script = Script(writing(READ if status in ("ready", "running") else Effect.IDEMPOTENT))
    if status == "retrying":
        script.fail("a", retryable=True)
        script.tell(fx.TimerFired(step="a"), later_ms=99_000)
    elif status == "unsettled":
        script.lose("a")
    elif status == "running":
        script.begin("a")
        script.crash()
    assert script.status("a") == status
    script.tell(fx.PauseAsked())
    assert not script.begin("a")
    script.tell(fx.ResumeAsked())
    script.tell(fx.CallWithdrawn(step="a"))
    assert script.commands, "something must be under way for it"


def test_a_plan_made_in_a_pause_starts_with_the_resume() -> None:
    script = Script(start=False).tell(fx.Requested(query="q"))
    script.tell(fx.PauseAsked())
    assert script.tell(fx.PlanMade(plan=Plan(goal="g", steps=(step("a"),)))).starts() == []
    assert script.tell(fx.ResumeAsked()).starts() == ["a"]


def test_a_cancel_stops_what_reads_and_ends_at_once() -> None:
    script = running(READ).tell(fx.CancelAsked(by="dana"))
    assert script.ordered(cmd.StopCall).step == "a"
    assert script.statuses() == "cancelled cancelled"
    assert script.state.status == "CANCELLED"


@pytest.mark.parametrize("effect", WITH_EFFECT)
def test_a_cancel_first_finds_out_what_a_running_call_did(effect: Effect) -> None:
    script = running(effect).tell(fx.CancelAsked())
    assert script.statuses() == "running cancelled"
    assert not script.state.ended
    script.complete("a")
    assert script.statuses() == "succeeded cancelled"
    assert script.state.status == "CANCELLED"


@pytest.mark.parametrize("effect", WITH_EFFECT)
def test_a_call_that_did_not_happen_is_not_tried_again_after_a_cancel(effect: Effect) -> None:
    script = running(effect).tell(fx.CancelAsked()).fail("a", retryable=True)
    assert script.kinds() == ["StepCancelled", "Ended"]
    assert script.state.status == "CANCELLED"


@pytest.mark.parametrize("effect", [Effect.IDEMPOTENT, Effect.COMPENSATABLE])
def test_an_unknown_outcome_after_a_cancel_is_told_and_not_repeated(effect: Effect) -> None:
    script = running(effect).tell(fx.CancelAsked())
    script.tell(fx.CallUnknown(step="a", error="cut off"))
    assert script.starts() == []
    assert script.state.steps["a"].error == "it may have happened: cut off"
    assert script.state.status == "CANCELLED"


@pytest.mark.parametrize(
    ("answer", "status"), [("happened", "succeeded"), ("again", "cancelled"), ("stop", "failed")]
)
def test_an_irreversible_call_is_asked_about_even_after_a_cancel(answer: str, status: str) -> None:
    script = running(IRREVERSIBLE).tell(fx.CancelAsked())
    script.tell(fx.CallUnknown(step="a", error="cut off"))
    assert script.status("a") == "asked"
    script.crash()
    assert script.status("a") == "asked", "another process asks on"
    script.tell(fx.Answered(question="q1", value=answer))
    assert script.starts() == []
    assert script.status("a") == status
    assert script.state.status == "CANCELLED"


@pytest.mark.parametrize("effect", WITH_EFFECT)
def test_a_call_that_asks_after_a_cancel_did_not_happen(effect: Effect) -> None:
    script = running(effect).tell(fx.CancelAsked())
    script.tell(fx.AnswerNeeded(step="a", question=Question(id="x", text="?")))
    assert script.state.status == "CANCELLED"


@pytest.mark.parametrize("effect", WITH_EFFECT)
def test_a_call_that_is_stale_after_a_cancel_did_not_happen(effect: Effect) -> None:
    script = running(effect).tell(fx.CancelAsked())
    script.tell(fx.PreconditionBroken(step="a", error="taken"))
    assert script.state.status == "CANCELLED"


def test_a_cancel_withdraws_gates_and_questions_and_what_comes_later_is_late() -> None:
    script = Script(step("a", **CRITICAL), step("b"), writing(Effect.IDEMPOTENT, "c"))
    script.begin("c")
    gate = script.gate("a")
    script.begin("b")
    asked = script.ask("b", Question(id="x", text="?"))
    script.tell(fx.CancelAsked())
    assert not script.state.open_gates()
    assert not script.state.open_questions()
    for fact in (
        fx.Approved(approval=gate),
        fx.Rejected(approval=gate),
        fx.Answered(question=asked, value="x"),
    ):
        assert script.tell(fact).events == []
    script.complete("c")
    assert script.state.status == "CANCELLED"


def test_a_cancel_of_what_is_paused_ends_it() -> None:
    script = Script(step("a")).tell(fx.PauseAsked()).tell(fx.CancelAsked())
    assert script.state.status == "CANCELLED"


@pytest.mark.parametrize("answers", [True, False])
def test_a_cancel_while_the_plan_is_made_ends_when_the_planner_is_done(answers: bool) -> None:
    script = Script(start=False).tell(fx.Requested(query="q"))
    script.tell(fx.CancelAsked())
    assert not script.state.ended
    made: fx.Fact = fx.PlanMade(plan=Plan(goal="g", steps=(step("a"),)))
    script.tell(made if answers else fx.PlanMakingFailed(error="no idea"))
    assert script.state.status == "CANCELLED"
    assert script.starts() == []


def test_a_cancel_while_the_plan_is_made_outlives_a_crash() -> None:
    script = Script(start=False).tell(fx.Requested(query="q")).tell(fx.CancelAsked()).crash()
    assert script.state.status == "CANCELLED"
    assert script.kinds() == ["Adopted", "Ended"]


def test_a_cancel_while_the_planner_asks_ends_at_once() -> None:
    script = Script(start=False).tell(fx.Requested(query="q"))
    asks = Plan(goal="g", questions=(Question(id="who", text="?"),))
    script.tell(fx.PlanMade(plan=asks)).tell(fx.CancelAsked())
    assert script.state.status == "CANCELLED"
    assert not script.state.open_questions()


@pytest.mark.parametrize("effect", list(Effect))
def test_a_cancel_of_what_was_adopted_in_a_pause_settles_what_was_in_flight(
    effect: Effect,
) -> None:
    """Paused, crashed with a call in flight, adopted (nothing is picked up), cancelled."""
    script = running(effect).tell(fx.PauseAsked()).crash()
    assert script.commands == []
    script.tell(fx.CancelAsked())
    if effect is IRREVERSIBLE:
        assert script.state.waits_for_human
    else:
        assert script.state.status == "CANCELLED"


@pytest.mark.parametrize("cancelled", [True, False])
def test_what_did_not_happen_is_offered_to_be_done_unless_all_is_ending(cancelled: bool) -> None:
    script = running(IRREVERSIBLE)
    if cancelled:
        script.tell(fx.CancelAsked())
    script.tell(fx.CallUnknown(step="a", error="cut off"))
    ((_, asked),) = script.state.open_questions()
    labels = {choice.value: choice.label for choice in asked.question.choices}
    assert ("do it now" in labels["again"]) is not cancelled


def test_a_crash_after_a_cancel_goes_on_cancelling() -> None:
    script = running(Effect.COMPENSATABLE, probes=True).tell(fx.CancelAsked()).crash()
    assert script.ordered(cmd.ProbeCall).step.id == "a"
    script.tell(fx.Probed(step="a"))
    assert script.statuses() == "cancelled cancelled"
    assert script.state.status == "CANCELLED"


def test_an_adopted_execution_goes_on_with_all_that_is_due() -> None:
    script = Script(
        step("ready"),
        step("retrying"),
        step("reading"),
        step("done"),
        step("next", "done"),
        step("later", "ready"),
        writing(Effect.IDEMPOTENT, "writing"),
    )
    script.fail("retrying", retryable=True)
    script.begin("reading")
    script.begin("writing")
    script.complete("done")
    script.crash()
    assert script.starts() == ["ready", "reading", "next", "writing"]
    assert script.ordered(cmd.SetTimer).step == "retrying"
    assert script.one(ev.OutcomeLost).step == "writing"
    assert script.one(ev.Adopted).epoch == 2


def test_a_read_that_was_cut_off_runs_again_as_the_next_attempt() -> None:
    script = running(READ).crash()
    assert script.ordered(cmd.RunCall).attempt == 2
    script.complete("a")
    assert script.starts() == ["b"]


def test_an_approved_call_that_had_not_begun_is_made_after_a_crash_without_asking_again() -> None:
    script = Script(step("a", **CRITICAL)).approved("a").crash()
    assert script.starts() == ["a"]
    assert script.begin("a")


def test_an_open_gate_stays_open_over_a_crash() -> None:
    script = Script(step("a", **CRITICAL))
    gate = script.gate("a")
    script.crash()
    assert script.commands == []
    assert script.tell(fx.Approved(approval=gate)).starts() == ["a"]


def test_a_paused_execution_is_adopted_paused() -> None:
    script = running(READ).tell(fx.PauseAsked()).crash()
    assert script.commands == []
    assert script.tell(fx.ResumeAsked()).starts() == ["a"]


def test_an_adopted_execution_without_a_plan_is_planned_again() -> None:
    script = Script(start=False).tell(fx.Requested(query="q")).crash()
    assert script.ordered(cmd.MakePlan).query == "q"


def test_an_adopted_execution_whose_planner_asks_waits_for_the_answer() -> None:
    script = Script(start=False).tell(fx.Requested(query="q"))
    script.tell(fx.PlanMade(plan=Plan(goal="g", questions=(Question(id="who", text="?"),))))
    assert script.crash().commands == []
    assert script.tell(fx.Answered(question="q1", value="Yoav")).ordered(cmd.MakePlan)


def test_an_answer_taken_just_before_the_crash_is_not_lost_to_the_planner() -> None:
    script = Script(start=False).tell(fx.Requested(query="q"))
    script.tell(fx.PlanMade(plan=Plan(goal="g", questions=(Question(id="who", text="?"),))))
    script.tell(fx.Answered(question="q1", value="Yoav")).crash()
    assert script.ordered(cmd.MakePlan).answers == {"who": "Yoav"}
