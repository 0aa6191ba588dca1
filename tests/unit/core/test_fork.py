"""A fork takes over what succeeded, but for one step and all that depends on it."""

from __future__ import annotations

import pytest
from tests.unit.core.script import Script, step, writing

from tizmor.core import facts as fx
from tizmor.core.errors import UserError
from tizmor.core.fork import fork
from tizmor.core.plan import Condition, Effect, ForEach, OnFailure, Plan, Question, RetryPolicy


def chain() -> Script:
    script = Script(step("a"), step("b", "a", given={"y": 1}), step("c", "b"), step("d", "a"))
    for name in "abcd":
        script.complete(name)
    return script


def forked(script: Script, name: str, **changes: object) -> Script:
    plan, kept = fork(script.state, name, **changes)  # type: ignore[arg-type]
    new = Script(*plan.steps, start=False)
    return new.tell(fx.Requested(query="q", plan=plan, kept=kept))


def test_the_step_and_what_depends_on_it_run_again_and_nothing_else() -> None:
    script = forked(chain(), "b")
    assert script.statuses() == "succeeded ready pending succeeded"
    assert script.starts() == ["b"]


def test_its_arguments_may_be_edited_and_the_others_stay() -> None:
    script = forked(chain(), "b", arguments={"y": 2})
    assert script.ran["b"].arguments == {"x0": "a", "y": 2}


def test_its_output_may_be_given_and_then_only_what_depends_on_it_runs() -> None:
    script = forked(chain(), "b", output={"value": "mine"})
    assert script.starts() == ["c"]
    assert script.ran["c"].arguments == {"x0": "mine"}


def test_an_output_may_be_given_to_a_step_that_could_not_run() -> None:
    former = Script(step("a"), step("b", "a"), step("c", "b")).fail("a")
    script = forked(former, "b", output={"value": "mine"})
    assert script.statuses() == "ready succeeded ready"
    assert script.starts() == ["a", "c"]
    script.fail("a").complete("c")
    assert script.state.outputs["b"] == {"value": "mine"}


def test_an_effect_is_not_done_again_because_of_what_was_passed_over_before_it() -> None:
    former = Script(
        step("a", when=(Condition(value=""),)),
        writing(Effect.COMPENSATABLE, "sent", after=("a",)),
        step("c", "sent"),
    )
    former.complete("sent").fail("c")
    script = forked(former, "c")
    assert script.status("sent") == "succeeded"
    assert script.starts() == ["c"]


def test_an_effect_is_not_done_again_because_of_what_failed_before_it() -> None:
    soft = {"x": {"$ref": "/a/value", "default": 1}}
    former = Script(step("a"), writing(Effect.COMPENSATABLE, "sent", given=soft), step("c", "sent"))
    former.fail("a").complete("sent").fail("c")
    script = forked(former, "c")
    assert script.status("sent") == "succeeded"
    assert script.starts() == ["a", "c"]
    script.complete("a").complete("c")
    assert script.state.status == "COMPLETED"
    assert script.folded().status == "COMPLETED"


def test_the_list_of_a_step_is_kept_as_a_whole() -> None:
    former = Script(
        step("a", for_each=ForEach(items=[1, 2])), step("b", given={"x": {"$ref": "/a"}})
    )
    former.complete("a.0").fail("a.1").complete("b")
    assert forked(former, "b").starts() == ["b"]
    assert forked(former, "a").starts() == ["a.0", "a.1"]


def test_a_plan_that_took_anothers_place_is_the_one_that_is_forked() -> None:
    former = Script(step("a"), step("b"), planner="test/1").complete("b").fail("a")
    former.tell(fx.ReplanMade(step="a", plan=Plan(goal="g", steps=(step("b"), step("n", "b")))))
    former.complete("n")
    assert forked(former, "n").starts() == ["n"]


def test_a_fork_has_its_answers_already_and_asks_nothing() -> None:
    questions = (Question(id="who", text="?"),)
    former = chain()
    former.state.plan = Plan(goal="g", steps=former.plan.steps, questions=questions)
    assert fork(former.state, "a")[0].questions == ()


@pytest.mark.parametrize(
    ("changes", "kept"),
    [({}, True), ({"arguments": {"y": 2}}, False), ({"output": {"value": "mine"}}, False)],
)
def test_what_was_assumed_of_other_values_is_not_said_of_the_changed_ones(
    changes: dict[str, object], kept: bool
) -> None:
    """`30 minutes, as nothing was said` would stand at the gate of a meeting of 45."""
    former = chain()
    assumed = ("the meeting is 30 minutes long",)
    former.state.plan = Plan(goal="g", steps=former.plan.steps, assumptions=assumed)
    plan, _ = fork(former.state, "b", **changes)  # type: ignore[arg-type]
    assert plan.assumptions == (assumed if kept else ())


def test_a_list_that_was_taken_back_is_done_again() -> None:
    each = {"for_each": ForEach(items=[1, 2]), "compensates": True}
    former = Script(writing(Effect.COMPENSATABLE, "pay", **each), step("b"))
    former.complete("pay.0").complete("pay.1").tell(fx.CancelAsked(roll_back=True))
    for name in ("pay.1", "pay.0"):
        former.tell(fx.CompensationStarting(step=name)).tell(fx.Compensated(step=name))
    assert former.status("pay") == "succeeded"
    assert forked(former, "b").starts() == ["pay.0", "pay.1", "b"]


def test_what_a_roll_back_had_to_leave_is_not_done_again() -> None:
    """It stands, so a fork takes it over as what succeeded."""
    former = Script(writing(Effect.COMPENSATABLE, "sent"), step("b")).complete("sent")
    former.tell(fx.CancelAsked(roll_back=True))
    assert former.status("sent") == "left"
    assert forked(former, "b").starts() == ["b"]


@pytest.mark.parametrize("name", ["nowhere", "", "a.0"])
def test_a_step_that_is_not_there_is_refused_with_those_that_are(name: str) -> None:
    with pytest.raises(UserError, match="steps: a, b, c, d"):
        fork(chain().state, name)


def test_before_there_is_a_plan_there_is_nothing_to_fork() -> None:
    script = Script(start=False).tell(fx.Requested(query="q"))
    with pytest.raises(UserError, match="steps: none"):
        fork(script.state, "a")


def test_arguments_beside_an_output_are_refused() -> None:
    with pytest.raises(UserError, match="one or the other"):
        fork(chain().state, "b", {"y": 1}, {"value": 1})


class TestWhatMayHaveHappened:
    """A fork has other keys: a call that may have happened would be made a second time by it."""

    def lost(self, **more: object) -> Script:
        once = RetryPolicy(attempts=1)
        pay = writing(Effect.COMPENSATABLE, "pay", retry=once, on_failure=OnFailure.FAIL, **more)
        return Script(pay, step("b"), step("c", "pay"))

    def test_is_not_done_again_by_a_fork_from_elsewhere(self) -> None:
        script = self.lost().complete("b").lose("pay")
        assert script.state.steps["pay"].error == "it may have happened: connection lost"
        with pytest.raises(UserError, match="a fork would do pay again, which may have happened"):
            fork(script.state, "b")

    def test_is_not_done_again_while_it_waits_for_its_next_attempt(self) -> None:
        script = Script(writing(Effect.COMPENSATABLE, "pay"), step("b")).complete("b")
        assert script.lose("pay").begin("pay")
        script.fail("pay", retryable=True)
        assert script.status("pay") == "retrying"
        with pytest.raises(UserError, match="pay"):
            fork(script.state, "b")

    def test_is_not_done_again_as_a_call_of_a_list(self) -> None:
        script = self.lost(for_each=ForEach(items=[1])).lose("pay.0")
        with pytest.raises(UserError, match=r"pay\.0"):
            fork(script.state, "b")

    def test_is_passed_over_by_a_fork_that_is_given_its_output(self) -> None:
        script = forked(self.lost().complete("b").lose("pay"), "pay", output={"value": "paid"})
        assert script.starts() == ["c"]
