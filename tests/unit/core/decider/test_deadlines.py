"""Deadlines of steps and of the execution, wherever a step is when they pass."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.unit.core.script import Script, step, writing

from tizmor.core import commands as cmd
from tizmor.core import events as ev
from tizmor.core import facts as fx
from tizmor.core.decisions.steps import may_begin
from tizmor.core.plan import Choice, Effect, ForEach, OnFailure, Question, RetryPolicy, Step

QUESTION = Question(id="which", text="?", choices=(Choice(value="a", label="A"),))
LATE = fx.TimerFired(step="a", timer=cmd.Timer.DEADLINE)
OVER = fx.TimerFired(step="", timer=cmd.Timer.DEADLINE)


def timed(effect: Effect = Effect.READ, **more: object) -> Script:
    return Script(writing(effect, deadline_s=5.0, **more), step("b", "a"))


def deadline(script: Script) -> int:
    (due,) = {
        c.due_ms
        for c in script.commands
        if isinstance(c, cmd.SetTimer) and c.timer is cmd.Timer.DEADLINE
    }
    return due


def pass_by(script: Script) -> Script:
    return script.tell(LATE, later_ms=6000)


def test_the_time_of_a_step_begins_when_its_needs_are_met() -> None:
    script = Script(step("s"), step("a", "s", deadline_s=5.0))
    assert [c for c in script.commands if isinstance(c, cmd.SetTimer)] == []
    script.tell(fx.CallStarting(step="s", key="k"), later_ms=9000).complete("s")
    assert deadline(script) == script.at_ms + 5000


def gated(script: Script) -> None:
    script.gate("a")


def asked(script: Script) -> None:
    script.begin("a")
    script.ask("a", QUESTION)


def retrying(script: Script) -> None:
    script.begin("a")
    script.fail("a", retryable=True, dice=0.9)


def paused(script: Script) -> None:
    script.tell(fx.PauseAsked())


def asked_about_a_failure(script: Script) -> None:
    script.begin("a")
    script.fail("a")


def nothing(script: Script) -> None:
    """The call is ordered and has not begun."""


@pytest.mark.parametrize("bring", [gated, asked, retrying, paused, asked_about_a_failure, nothing])
def test_a_step_that_waits_has_failed_when_its_time_is_over(
    bring: Callable[[Script], None],
) -> None:
    policy = OnFailure.ASK if bring is asked_about_a_failure else OnFailure.FAIL
    script = timed(critical=bring is gated, on_failure=policy)
    bring(script)
    pass_by(script)
    assert script.statuses() == "failed skipped"
    assert script.state.steps["a"].error == "its deadline has passed"
    assert (script.state.open_gates(), script.state.open_questions()) == ([], [])
    assert script.state.status == "FAILED"
    assert not script.tell(fx.CallStarting(step="a", key="")).events


def test_a_preparation_that_takes_too_long_is_stopped_and_not_waited_for() -> None:
    """A preparation that is cut off answers nothing any more."""
    script = pass_by(timed(prepares=True))
    assert script.ordered(cmd.StopCall).step == "a"
    assert script.status("a") == "failed"


def test_a_planner_that_looks_for_another_way_is_stopped() -> None:
    script = Script(step("a", deadline_s=5.0), planner="test/1").fail("a")
    pass_by(script)
    assert script.status("a") == "failed"
    assert script.ordered(cmd.StopCall).step == "a"
    assert not script.state.ended, "no other may be asked before this one has stopped"
    script.tell(fx.PlanningWithdrawn(step="a"))
    assert script.state.status == "FAILED"


def test_a_read_that_runs_is_stopped_and_has_failed() -> None:
    script = timed()
    script.begin("a")
    assert pass_by(script).ordered(cmd.StopCall).step == "a"
    script.tell(fx.CallWithdrawn(step="a"))
    assert script.statuses() == "failed skipped"


EFFECTS = [Effect.IDEMPOTENT, Effect.COMPENSATABLE, Effect.IRREVERSIBLE]


def begun(effect: Effect, **more: object) -> Script:
    script = timed(effect, **more)
    if effect is Effect.IRREVERSIBLE:
        script.approved("a")
    assert script.begin("a")
    return script


@pytest.mark.parametrize("effect", EFFECTS)
def test_an_effect_that_ends_well_after_its_time_has_succeeded(effect: Effect) -> None:
    script = pass_by(begun(effect))
    assert script.ordered(cmd.StopCall).step == "a"
    script.complete("a")
    assert script.status("a") == "succeeded"


@pytest.mark.parametrize("effect", EFFECTS)
def test_an_effect_that_did_not_happen_in_time_is_not_tried_again(effect: Effect) -> None:
    alternative = Step(id="a", agent="Second")
    script = pass_by(begun(effect, alternatives=(alternative,)))
    script.fail("a", retryable=True)
    assert "its deadline has passed" in script.one(ev.StepFailed).error


@pytest.mark.parametrize("effect", EFFECTS)
@pytest.mark.parametrize("crash", [False, True])
def test_what_an_effect_did_is_found_out_after_its_time(effect: Effect, crash: bool) -> None:
    script = pass_by(begun(effect))
    if crash:
        script.crash()
    else:
        script.tell(fx.CallUnknown(step="a", error="cut off"))
    if effect is Effect.IRREVERSIBLE:
        assert script.one(ev.QuestionAsked).about == "outcome"
        assert script.crash().status("a") == "asked", "the question stands"
        script.tell(fx.Answered(question="q1", value="happened"))
        assert script.status("a") == "succeeded"
    else:
        assert "may have happened" in (script.state.steps["a"].error or "")
        assert script.status("a") == "failed"


@pytest.mark.parametrize("crash", [False, True])
def test_a_probe_that_is_told_to_stop_may_still_answer(crash: bool) -> None:
    script = begun(Effect.COMPENSATABLE, probes=True)
    script.tell(fx.CallUnknown(step="a", error="lost"))
    pass_by(script)
    assert script.ordered(cmd.StopCall).step == "a"
    if crash:
        assert script.crash().ordered(cmd.ProbeCall)
    script.tell(fx.Probed(step="a", output={"value": 1}))
    assert script.status("a") == "succeeded"


def test_a_late_call_that_asks_has_failed() -> None:
    script = pass_by(begun(Effect.COMPENSATABLE, on_failure=OnFailure.FAIL))
    script.tell(fx.AnswerNeeded(step="a", question=QUESTION))
    assert script.status("a") == "failed"
    assert not script.state.questions


def test_an_answer_to_do_a_late_call_after_all_does_not_do_it() -> None:
    script = begun(Effect.IRREVERSIBLE)
    pass_by(script)
    script.tell(fx.CallUnknown(step="a", error="cut off"))
    script.tell(fx.Answered(question="q1", value="again"))
    assert not script.begin("a")
    script.tell(fx.CallWithdrawn(step="a"))
    assert script.status("a") == "failed"


def test_a_clock_that_was_set_back_does_not_hold_a_deadline_back_for_longer() -> None:
    """The next process begins the whole time anew; it has nothing else to go by."""
    script = timed()
    wait_ms = deadline(script) - script.at_ms
    script.at_ms -= 3_600_000
    assert deadline(script.crash()) - script.at_ms <= wait_ms + 1


def test_a_deadline_outlives_a_crash() -> None:
    script = timed()
    due_ms = deadline(script)
    assert deadline(script.crash()) == due_ms


def test_a_deadline_holds_for_all_attempts_and_agents_together() -> None:
    alternative = Step(id="a", agent="Second")
    script = timed(retry=RetryPolicy(attempts=1), alternatives=(alternative,))
    due_ms = deadline(script)
    script.fail("a")
    assert script.state.steps["a"].step.agent == "Second"
    assert deadline(script.crash()) == due_ms
    assert pass_by(script).status("a") == "failed"


def test_a_deadline_of_what_is_done_says_nothing() -> None:
    script = timed().complete("a")
    assert pass_by(script).events == []


class TestOfTheExecution:
    def test_everything_stops_and_it_has_failed(self) -> None:
        script = Script(step("a"), step("b"), deadline_s=5.0).complete("a")
        script.begin("b")
        script.tell(OVER, later_ms=6000)
        assert script.ordered(cmd.StopCall).step == "b"
        assert script.statuses() == "succeeded cancelled"
        assert (script.state.status, script.state.error) == ("FAILED", "its deadline has passed")

    def test_the_plans_and_the_requests_the_earlier_one_counts(self) -> None:
        for asked_s, planned_s, due_s in ((5.0, 9.0, 5), (9.0, 5.0, 5), (None, 9.0, 9)):
            script = Script(step("a"), start=False, deadline_s=planned_s)
            script.tell(fx.Requested(query="q", plan=script.plan, deadline_s=asked_s))
            assert script.state.deadline_ms == script.at_ms + 1000 * due_s

    def test_what_an_effect_did_is_found_out_first(self) -> None:
        script = Script(writing(Effect.COMPENSATABLE, probes=True), deadline_s=5.0)
        script.begin("a")
        script.tell(OVER, later_ms=6000)
        assert not script.state.ended
        script.tell(fx.CallUnknown(step="a", error="cut off"))
        script.tell(fx.Probed(step="a", output={"value": 1}))
        assert script.statuses() == "succeeded"
        assert script.state.status == "FAILED"

    def test_it_passes_in_a_pause_too(self) -> None:
        script = Script(step("a"), deadline_s=5.0).tell(fx.PauseAsked())
        script.tell(OVER, later_ms=6000)
        assert script.state.status == "FAILED"

    def test_it_passes_while_a_human_is_asked(self) -> None:
        script = Script(step("a", critical=True), deadline_s=5.0)
        script.gate("a")
        script.tell(OVER, later_ms=6000)
        assert script.state.status == "FAILED"
        assert script.state.gates["a1"].state == "withdrawn"

    def test_it_passes_while_the_plan_is_made(self) -> None:
        script = Script(start=False).tell(fx.Requested(query="q", deadline_s=5.0))
        script.tell(OVER, later_ms=6000)
        assert not script.state.ended
        script.tell(fx.PlanMade(plan=script.plan))
        assert script.state.status == "FAILED"

    def test_it_outlives_a_crash(self) -> None:
        script = Script(step("a"), deadline_s=5.0)
        due_ms = script.state.deadline_ms
        assert script.crash().ordered(cmd.SetTimer).due_ms == due_ms

    def test_it_changes_nothing_once_it_is_being_cancelled(self) -> None:
        script = Script(writing(Effect.COMPENSATABLE), deadline_s=5.0)
        script.begin("a")
        script.tell(fx.CancelAsked())
        assert script.tell(OVER, later_ms=6000).events == []
        assert script.complete("a").state.status == "CANCELLED"


class TestThatPassedWithoutATimer:
    """Its process was gone, or the timer is about to fire: nothing begins after a deadline."""

    def late(self, **more: object) -> Script:
        script = Script(step("a", **more), step("b", "a"))
        script.at_ms += 6000
        return script

    def test_no_call_begins_after_the_deadline_of_its_step(self) -> None:
        script = self.late(deadline_s=5.0)
        assert not script.begin("a")
        script.tell(fx.CallWithdrawn(step="a"))
        assert script.statuses() == "failed skipped"
        assert script.starts() == []

    def test_a_list_whose_calls_have_all_ended_ends_with_them(self) -> None:
        """The crash came before the end of the list itself was written down."""
        script = Script(step("a", deadline_s=5.0, for_each=ForEach(items=[1]))).complete("a.0")
        assert script.kinds() == ["StepSucceeded", "Gathered", "Ended"]
        del script.journal[-2:]
        script.at_ms += 6000
        assert script.crash().status("a") == "succeeded"

    def test_no_call_of_a_list_begins_after_the_deadline_of_its_step(self) -> None:
        script = self.late(deadline_s=5.0, for_each=ForEach(items=[1, 2], width=1))
        assert not script.begin("a.0")
        script.tell(fx.CallWithdrawn(step="a.0"))
        assert script.statuses() == "failed skipped failed failed"

    def test_no_call_begins_after_the_deadline_of_the_execution(self) -> None:
        script = Script(step("a"), step("b", "a"), deadline_s=5.0)
        script.at_ms += 6000
        assert not script.begin("a")
        script.tell(fx.CallWithdrawn(step="a"))
        assert script.statuses() == "cancelled cancelled"
        assert (script.state.status, script.state.error) == ("FAILED", "its deadline has passed")

    def test_no_read_begins_quietly_after_a_deadline(self) -> None:
        script = self.late(deadline_s=5.0)
        a = script.state.steps["a"]
        assert may_begin(script.state, a, script.at_ms - 2000)
        assert not may_begin(script.state, a, script.at_ms)

    def test_a_call_is_ordered_by_nobody_who_goes_on_after_it(self) -> None:
        script = Script(step("a"), step("b", "a"), deadline_s=5.0)
        script.at_ms += 6000
        script.crash()
        assert script.commands == [cmd.Finish()]
        assert script.state.status == "FAILED"
        assert script.folded().status == "FAILED"

    def test_nor_a_call_of_a_step_whose_time_is_over(self) -> None:
        script = self.late(deadline_s=5.0).crash()
        assert script.starts() == []
        assert script.statuses() == "failed skipped"

    @pytest.mark.parametrize("whole", [False, True])
    def test_what_was_in_flight_and_may_go_on_still_is_found_out_as_such(self, whole: bool) -> None:
        deadline_s = None if whole else 5.0
        script = Script(
            writing(Effect.IRREVERSIBLE, probes=True, deadline_s=deadline_s),
            deadline_s=5.0 if whole else None,
        )
        script.approved("a")
        assert script.begin("a")
        script.at_ms += 6000
        script.state = script.folded()
        script.tell(fx.OwnerChanged(epoch=2, may_still_run=True))
        assert script.ordered(cmd.ProbeCall)
        script.tell(fx.Probed(step="a"))
        assert script.one(ev.QuestionAsked).about == "outcome"

    def test_what_a_call_did_that_was_cut_off_late_is_found_out(self) -> None:
        script = timed(Effect.COMPENSATABLE, probes=True)
        assert script.begin("a")
        script.at_ms += 6000
        script.tell(fx.CallWithdrawn(step="a"))
        assert script.ordered(cmd.ProbeCall)

    def test_a_clock_that_was_set_back_ends_nothing(self) -> None:
        script = self.late(deadline_s=5.0)
        script.at_ms -= 3_600_000
        assert script.crash().starts() == ["a"]

    def test_what_a_call_did_is_found_out_though_its_list_has_ended_before(self) -> None:
        each = ForEach(items=[1])
        script = Script(writing(Effect.COMPENSATABLE, deadline_s=5.0, for_each=each, probes=True))
        assert script.begin("a.0")
        script.tell(fx.CancelAsked())
        assert script.statuses() == "cancelled running"
        script.at_ms += 6000
        assert script.crash().ordered(cmd.ProbeCall).step.id == "a.0"
