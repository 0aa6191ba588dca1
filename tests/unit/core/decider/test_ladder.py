"""The recovery ladder: another agent, another plan, the human, taking all back, failing."""

from __future__ import annotations

import pytest
from tests.unit.core.script import EXECUTION, Script, step, writing

from tizmor.core import checkpoint
from tizmor.core import commands as cmd
from tizmor.core import events as ev
from tizmor.core import facts as fx
from tizmor.core.plan import Effect, ForEach, OnFailure, Plan, Question, RetryPolicy, Step
from tizmor.core.recovery import MAX_REPLANS
from tizmor.core.result import result

ASK = {"on_failure": OnFailure.ASK}
ONCE = RetryPolicy(attempts=1)


def other(agent: str, **more: object) -> Step:
    return Step(id="a", agent=agent, **more)  # type: ignore[arg-type]


def failing(**more: object) -> Script:
    """`a` failed for good; `b` reads it, `c` comes after it, `d` is on its own."""
    script = Script(step("a", **more), step("b", "a"), step("c", after=("a",)), step("d"))
    script.begin("a")
    return script.fail("a", "broken")


class TestAnotherAgent:
    def test_takes_over_when_the_first_has_failed_for_good(self) -> None:
        script = failing(alternatives=(other("Second"), other("Third")))
        replaced = script.one(ev.AgentReplaced)
        assert (replaced.step, replaced.alternative, replaced.error) == ("a", 0, "broken")
        assert script.ordered(cmd.RunCall).step.agent == "Second"

    def test_gets_all_attempts_and_those_behind_it_their_turn(self) -> None:
        script = failing(alternatives=(other("Second", retry=RetryPolicy()), other("Third")))
        script.fail("a", retryable=True)
        assert script.status("a") == "retrying"
        script.tell(fx.TimerFired(step="a"), later_ms=9000)
        script.fail("a")
        assert script.ordered(cmd.RunCall).step.agent == "Third"
        script.fail("a", "all three")
        assert script.one(ev.StepFailed).error == "all three"

    def test_is_tried_before_another_plan_is_looked_for(self) -> None:
        script = Script(step("a", alternatives=(step("a"),)), planner="test/1")
        script.begin("a")
        assert script.fail("a").kinds() == ["AgentReplaced"]
        script.begin("a")
        assert script.fail("a").kinds() == ["ReplanStarted"]

    def test_is_not_for_a_call_that_may_have_happened(self) -> None:
        script = Script(
            writing(Effect.COMPENSATABLE, retry=ONCE, alternatives=(other("Second"),))
        ).lose("a")
        assert not [e for e in script.events if isinstance(e, ev.AgentReplaced)]
        assert "may have happened" in script.one(ev.StepFailed).error

    def test_takes_over_once_a_probe_says_that_nothing_happened(self) -> None:
        script = Script(
            writing(Effect.COMPENSATABLE, retry=ONCE, probes=True, alternatives=(other("Second"),))
        ).lose("a")
        script.tell(fx.Probed(step="a"))
        assert script.ordered(cmd.RunCall).step.agent == "Second"

    def test_is_still_the_one_after_a_crash(self) -> None:
        script = failing(alternatives=(other("Second"),)).crash()
        assert script.ran["a"].step.agent == "Second"

    def test_is_asked_for_anew_where_a_gate_is_due(self) -> None:
        """What was approved was the first agent's call."""
        alternative = other("Second", critical=True, effect=Effect.COMPENSATABLE)
        script = Script(
            step("a", critical=True, effect=Effect.COMPENSATABLE, alternatives=(alternative,))
        ).approved("a")
        assert script.begin("a")
        script.fail("a")
        assert not script.begin("a")
        script.approved("a")
        assert script.begin("a")

    def test_keeps_what_the_plan_says_of_the_step_whoever_does_it(self) -> None:
        script = Script(
            step("s"),
            step(
                "a",
                after=("s",),
                deadline_s=9.0,
                on_failure=OnFailure.ASK,
                alternatives=(other("Second", on_failure=OnFailure.FAIL),),
            ),
        )
        script.complete("s").fail("a")
        now = script.state.steps["a"].step
        assert (now.agent, now.after, now.deadline_s) == ("Second", ("s",), 9.0)
        script.fail("a")
        assert script.one(ev.QuestionAsked).about == "failure"

    def test_of_one_item_of_a_list_takes_over_that_call_only(self) -> None:
        each = ForEach(items=[1, 2])
        alternative = other("Second", for_each=each, arguments={"n": {"$item": ""}})
        script = Script(
            step("a", for_each=each, given={"n": {"$item": ""}}, alternatives=(alternative,))
        )
        script.fail("a.0")
        assert script.ordered(cmd.RunCall).step.agent == "Second"
        assert script.ordered(cmd.RunCall).arguments == {"n": 1}
        script.complete("a.0").complete("a.1")
        assert script.state.steps["a.1"].step.agent == "Agent"
        assert script.state.status == "COMPLETED"


def planned(*steps: Step) -> Script:
    """A plan that a planner made, so that another one may be asked for."""
    return Script(*steps, planner="test/1")


def replanned(script: Script, *steps: Step, failed: str = "a") -> Script:
    plan = Plan(goal="g", steps=steps, planner="test/1")
    return script.tell(fx.ReplanMade(step=failed, plan=plan))


class TestAnotherPlan:
    def test_is_asked_for_with_all_that_is_known(self) -> None:
        script = planned(step("done"), step("a"), step("b", "a", "done"))
        script.complete("done").fail("a")
        assert script.one(ev.ReplanStarted).error == "broken"
        asked = script.ordered(cmd.Replan)
        assert (asked.step, asked.failed, asked.done) == ("a", ("Agent",), frozenset({"done"}))
        assert asked.plan == script.plan

    def test_replaces_what_has_not_begun_and_keeps_the_rest(self) -> None:
        script = planned(
            step("done"), step("runs"), step("a"), step("b", "a", "done"), step("kept", "runs")
        )
        script.complete("done")
        script.begin("runs")
        script.fail("a")
        replanned(
            script, step("done"), step("runs"), step("kept", "runs"), step("new", "done", "kept")
        )
        assert script.statuses() == "succeeded running replaced replaced pending pending"
        script.complete("runs").complete("kept")
        assert script.ran["new"].arguments == {"x0": "done", "x1": "kept"}
        script.complete("new")
        assert script.state.status == "COMPLETED", "what was replaced is no failure"

    def test_lets_what_runs_end_even_if_it_leaves_it_out(self) -> None:
        script = planned(step("runs"), step("a"))
        script.begin("runs")
        replanned(script.fail("a"), step("new"))
        script.complete("new")
        assert not script.state.ended
        assert script.complete("runs").state.status == "COMPLETED"

    def test_is_not_replaced_for_the_sake_of_what_it_leaves_out(self) -> None:
        script = planned(step("runs"), step("a"))
        script.begin("runs")
        replanned(script.fail("a"), step("new"))
        assert script.fail("runs").one(ev.StepFailed)
        assert script.starts() == []

    def test_is_no_failure_for_what_it_leaves_out(self) -> None:
        script = planned(step("runs", on_failure=OnFailure.ROLL_BACK), step("b", "runs"), step("a"))
        script.begin("runs")
        replanned(script.fail("a"), step("new"))
        script.complete("new").fail("runs", "no such thing")
        assert script.statuses() == "failed replaced replaced succeeded"
        assert script.state.status == "COMPLETED"
        warnings = result(script.state)["warnings"]
        assert warnings == ["Agent: no such thing (it was not needed any more)"]

    def test_is_the_last_word_on_what_it_leaves_out_after_a_crash_too(self) -> None:
        script = planned(writing(Effect.COMPENSATABLE, "runs"), step("a"))
        script.begin("runs")
        replanned(script.fail("a"), step("new"))
        script.complete("new")
        restored = checkpoint.decode(EXECUTION, checkpoint.encode(script.state))
        assert restored is not None
        script.state = restored
        assert script.fail("runs").state.status == "COMPLETED"

    @pytest.mark.parametrize(
        "fact",
        [
            fx.CallFailed(step="runs", error="e", retryable=True),
            fx.PreconditionBroken(step="runs", error="e"),
            fx.AnswerNeeded(step="runs", question=Question(id="q", text="?")),
        ],
        ids=lambda fact: type(fact).__name__,
    )
    def test_has_nothing_more_begun_for_what_it_leaves_out(self, fact: fx.Fact) -> None:
        """No other attempt, no preparation anew, no question, no other agent."""
        script = planned(step("runs", alternatives=(other("Second"),)), step("a"))
        script.begin("runs")
        replanned(script.fail("a"), step("new"))
        script.tell(fact)
        assert script.kinds() == ["StepFailed"]
        assert script.commands == []
        assert script.complete("new").state.status == "COMPLETED"

    def test_has_a_read_that_it_leaves_out_and_that_was_cut_off_not_run_again(self) -> None:
        script = planned(step("runs"), step("a"))
        script.begin("runs")
        replanned(script.fail("a"), step("new"))
        assert script.crash().starts() == ["new"]
        assert script.status("runs") == "cancelled"

    def test_has_found_out_what_a_call_did_that_it_leaves_out(self) -> None:
        script = planned(writing(Effect.IRREVERSIBLE, "sent", probes=True), step("a"))
        script.approved("sent")
        script.begin("sent")
        replanned(script.fail("a"), step("new"))
        script.tell(fx.CallUnknown(step="sent", error="lost"))
        assert script.ordered(cmd.ProbeCall).step.id == "sent"
        script.tell(fx.Probed(step="sent")).complete("new")
        assert script.status("sent") == "failed"
        assert script.state.status == "COMPLETED"

    def test_withdraws_the_gates_and_questions_of_what_it_leaves_out(self) -> None:
        script = planned(step("gated", critical=True), step("a"))
        gate = script.gate("gated")
        replanned(script.fail("a"), step("new"))
        assert script.state.gates[gate].state == "withdrawn"
        assert script.tell(fx.Approved(approval=gate)).events == []

    def test_keeps_the_gates_of_what_it_keeps(self) -> None:
        script = planned(step("gated", critical=True), step("a"))
        gate = script.gate("gated")
        replanned(script.fail("a"), step("gated", critical=True))
        assert script.tell(fx.Approved(approval=gate)).starts() == ["gated"]

    def test_does_not_forget_a_call_that_may_have_happened(self) -> None:
        script = planned(writing(Effect.IRREVERSIBLE, "sent"), step("a"))
        script.approved("sent").lose("sent")
        question = script.one(ev.QuestionAsked).id
        replanned(script.fail("a"), step("new"))
        assert script.status("sent") == "asked"
        script.complete("new")
        assert not script.state.ended
        script.tell(fx.Answered(question=question, value="happened"))
        assert script.state.status == "COMPLETED"

    def test_that_needs_what_failed_meanwhile_does_not_wait_for_it_for_ever(self) -> None:
        script = planned(step("a"), step("late"), step("x", "late"))
        script.fail("a").fail("late")
        replanned(
            script, step("late"), step("x", "late"), step("new", "x"), step("n2", after=("late",))
        )
        assert script.statuses() == "replaced failed skipped skipped skipped"
        assert script.state.status == "FAILED"

    def test_may_use_a_name_again_that_was_replaced(self) -> None:
        script = planned(step("a"), step("b", "a"))
        replanned(script.fail("a"), step("b2"))
        replanned(script.fail("b2"), step("b"), failed="b2")
        assert script.complete("b").state.status == "COMPLETED"

    def test_is_the_same_after_a_crash(self) -> None:
        script = planned(step("done"), step("a"), step("b", "a"))
        script.complete("done").fail("a")
        assert script.crash().ordered(cmd.Replan).step == "a"
        replanned(script, step("done"), step("new", "done"))
        assert script.crash().starts() == ["new"]

    def test_goes_on_with_the_failure_when_there_is_none(self) -> None:
        script = planned(step("a"), step("b", "a")).fail("a")
        script.tell(fx.ReplanImpossible(step="a", error="no idea"))
        assert script.one(ev.StepFailed).error == "broken"
        assert script.statuses() == "failed skipped"

    def test_is_looked_for_a_few_times_only(self) -> None:
        script = planned(step("a"))
        name = "a"
        for n in range(MAX_REPLANS):
            replanned(script.fail(name), step(f"n{n}"), failed=name)
            name = f"n{n}"
        assert script.fail(name).one(ev.StepFailed)
        assert script.state.status == "FAILED"

    def test_is_not_looked_for_when_a_person_wrote_the_plan(self) -> None:
        assert Script(step("a")).fail("a").one(ev.StepFailed)

    def test_is_looked_for_by_one_step_at_a_time(self) -> None:
        script = planned(step("a"), step("b")).fail("a")
        assert script.fail("b").one(ev.StepFailed)

    @pytest.mark.parametrize("answer", ["made", "impossible"])
    def test_that_comes_after_a_cancel_changes_nothing(self, answer: str) -> None:
        script = planned(step("a")).fail("a").tell(fx.CancelAsked())
        assert script.status("a") == "cancelled"
        assert script.ordered(cmd.StopCall).step == "a"
        assert not script.state.ended
        if answer == "made":
            replanned(script, step("new"))
        else:
            script.tell(fx.ReplanImpossible(step="a", error="e"))
        assert script.state.status == "CANCELLED"


def asked(**more: object) -> Script:
    script = failing(**{**ASK, **more})
    assert script.one(ev.QuestionAsked).about == "failure"
    return script


class TestTheHuman:
    def test_is_asked_what_to_do_and_the_rest_goes_on(self) -> None:
        script = asked()
        question = script.one(ev.QuestionAsked).question
        assert [c.value for c in question.choices] == ["again", "edit", "skip", "stop"]
        assert "broken" in question.text
        assert script.statuses() == "asked pending pending ready"
        assert not script.state.waits_for_human
        script.complete("d")
        assert script.state.waits_for_human
        assert not script.state.ended

    def test_is_offered_to_take_back_only_what_there_is(self) -> None:
        script = Script(writing(Effect.COMPENSATABLE, "e"), step("a", **ASK))
        script.complete("e").fail("a")
        assert "roll_back" in [c.value for c in script.one(ev.QuestionAsked).question.choices]

    def test_may_have_it_tried_again_with_all_its_attempts(self) -> None:
        script = asked(retry=RetryPolicy(attempts=2))
        script.tell(fx.Answered(question="q1", value="again"))
        assert script.starts() == ["a"]
        script.fail("a", retryable=True)
        assert script.status("a") == "retrying"

    def test_may_have_other_arguments_tried_which_outlive_a_crash(self) -> None:
        script = asked(given={"x": 1, "y": 1})
        script.tell(fx.Answered(question="q1", value="edit", arguments={"x": 2}))
        assert script.ran["a"].arguments == {"x": 2, "y": 1}
        script.crash()
        assert script.ran["a"].arguments == {"x": 2, "y": 1}

    def test_edits_arguments_only_by_saying_so(self) -> None:
        script = asked(given={"x": 1})
        script.tell(fx.Answered(question="q1", value="again", arguments={"x": 2}))
        assert script.ran["a"].arguments == {"x": 1}

    def test_is_asked_to_approve_other_arguments_of_a_critical_call(self) -> None:
        critical = {"critical": True, "effect": Effect.COMPENSATABLE, "given": {"x": 1}}
        script = Script(step("a", **critical, **ASK)).approved("a")
        script.begin("a")
        script.fail("a")
        script.tell(fx.Answered(question="q1", value="edit", arguments={"x": 2}))
        assert not script.begin("a")

    def test_may_go_on_without_it(self) -> None:
        """What reads it is left out, too; what only comes after it goes on."""
        script = asked()
        script.tell(fx.Answered(question="q1", value="skip"))
        assert script.statuses() == "bypassed bypassed ready ready"
        assert script.starts() == ["c"]
        script.complete("c").complete("d")
        assert script.state.status == "COMPLETED"

    def test_may_stop_it_there(self) -> None:
        script = asked()
        script.tell(fx.Answered(question="q1", value="stop"))
        assert script.statuses() == "failed skipped skipped ready"
        assert script.complete("d").state.status == "FAILED"

    def test_may_have_all_taken_back(self) -> None:
        script = Script(
            writing(Effect.COMPENSATABLE, "e", compensates=True), step("a", **ASK), step("d")
        )
        script.complete("e").fail("a")
        script.tell(fx.Answered(question="q1", value="roll_back", by="dana"))
        assert script.kinds()[:3] == ["QuestionAnswered", "StepFailed", "RollbackStarted"]
        assert script.statuses() == "succeeded failed cancelled"
        assert script.ordered(cmd.CompensateCall).step.id == "e"

    def test_cannot_choose_what_was_not_offered(self) -> None:
        assert asked().tell(fx.Answered(question="q1", value="roll_back")).events == []

    def test_is_not_asked_twice_after_a_crash(self) -> None:
        script = asked().crash()
        assert [i for i, _ in script.state.open_questions()] == ["q1"]
        assert script.starts() == ["d"]

    @pytest.mark.parametrize(
        "fact",
        [fx.CancelAsked(), fx.CancelAsked(roll_back=True)],
    )
    def test_needs_not_answer_any_more_once_all_is_stopped(self, fact: fx.Fact) -> None:
        script = asked().tell(fact)
        assert script.state.questions["q1"].state == "withdrawn"
        assert script.state.status == "CANCELLED"
        assert script.tell(fx.Answered(question="q1", value="again")).events == []

    def test_is_not_asked_about_an_item_of_a_list(self) -> None:
        script = Script(step("a", for_each=ForEach(items=[1, 2]), **ASK)).fail("a.0")
        script.complete("a.1")
        assert not script.state.questions
        assert script.state.status == "COMPLETED"

    def test_takes_the_answer_in_a_pause_and_it_counts_when_it_is_over(self) -> None:
        script = asked().tell(fx.PauseAsked())
        assert script.tell(fx.Answered(question="q1", value="again")).starts() == []
        assert "a" in script.tell(fx.ResumeAsked()).starts()


def test_the_policy_to_roll_back_takes_all_back_without_asking() -> None:
    script = Script(
        writing(Effect.COMPENSATABLE, "e", compensates=True),
        step("a", on_failure=OnFailure.ROLL_BACK),
    )
    script.complete("e").fail("a", "no room")
    assert script.one(ev.RollbackStarted).reason == "a: no room"
    assert script.ordered(cmd.CompensateCall).step.id == "e"
    script.tell(fx.CompensationStarting(step="e"))
    script.tell(fx.Compensated(step="e"))
    assert script.state.status == "FAILED"


class TestAPolicyOfRollingBack:
    """It holds however the step came to its end: none is passed over."""

    def script(self, **more: object) -> Script:
        undone = writing(Effect.COMPENSATABLE, "a", compensates=True)
        once = RetryPolicy(attempts=1)
        last = writing(
            Effect.COMPENSATABLE, "z", "a", on_failure=OnFailure.ROLL_BACK, retry=once, **more
        )
        return Script(undone, last).complete("a")

    def test_is_followed_when_nobody_knows_what_became_of_the_call(self) -> None:
        script = self.script().lose("z")
        assert script.one(ev.RollbackStarted).reason == "z: it may have happened: connection lost"
        assert script.ordered(cmd.CompensateCall).step.id == "a"
        assert script.state.steps["z"].error == "it may have happened: connection lost"

    def test_is_followed_when_its_time_is_over(self) -> None:
        script = self.script(deadline_s=5.0)
        script.tell(fx.TimerFired(step="z", timer=cmd.Timer.DEADLINE), later_ms=6000)
        assert script.ordered(cmd.CompensateCall).step.id == "a"
        assert script.state.steps["z"].error == "its deadline has passed"

    def test_is_followed_when_its_call_ended_badly_after_its_time(self) -> None:
        script = self.script(deadline_s=5.0)
        assert script.begin("z")
        script.tell(fx.TimerFired(step="z", timer=cmd.Timer.DEADLINE), later_ms=6000)
        script.fail("z")
        assert script.ordered(cmd.CompensateCall).step.id == "a"

    def test_takes_nothing_back_when_a_human_has_stopped_it(self) -> None:
        script = self.script()
        assert script.begin("z")
        script.tell(fx.CancelAsked())
        script.tell(fx.CallUnknown(step="z", error="cut off"))
        assert script.statuses() == "succeeded failed"
        assert script.state.status == "CANCELLED"


@pytest.mark.parametrize("answer", ["stop", "roll_back"])
def test_the_cause_of_a_failure_is_kept_when_a_human_ends_it(answer: str) -> None:
    """A preparation that failed has had no attempt, so nothing else tells its error."""
    done = writing(Effect.COMPENSATABLE, "a", compensates=True)
    script = Script(done, step("b", "a", prepares=True, on_failure=OnFailure.ASK)).complete("a")
    script.fail("b", "no room is free").crash()
    script.tell(fx.Answered(question="q1", value=answer))
    assert script.state.steps["b"].error == "no room is free"
    if answer == "roll_back":
        assert script.one(ev.RollbackStarted).reason == "no room is free"
