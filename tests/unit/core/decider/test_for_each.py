"""A step for each item of a list: bounded width, results in order, partial failure kept."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.core.script import EXECUTION, Script, step, writing

from tizmor.core import checkpoint
from tizmor.core import commands as cmd
from tizmor.core import events as ev
from tizmor.core import facts as fx
from tizmor.core.decisions import steps
from tizmor.core.plan import Condition, Effect, ForEach, OnFailure, RetryPolicy, Step

DEADLINE = fx.TimerFired(step="a", timer=cmd.Timer.DEADLINE)


def over(items: Any, *, width: int = 8, **more: Any) -> Script:
    """`a` for each item; `b` reads all that it gave."""
    each = step("a", for_each=ForEach(items=items, width=width), given={"n": {"$item": ""}}, **more)
    return Script(each, step("b", given={"all": {"$ref": "/a"}}))


def outcome(script: Script) -> Any:
    return script.state.outputs["a"]


def test_each_item_is_a_call_of_its_own() -> None:
    script = over([{"n": 1}, {"n": 2}])
    assert script.one(ev.Expanded).count == 2
    assert script.starts() == ["a.0", "a.1"]
    assert [script.ran[f"a.{i}"].arguments["n"] for i in (0, 1)] == [{"n": 1}, {"n": 2}]
    assert script.key("a.0") != script.key("a.1")


def test_a_part_of_an_item_may_be_taken() -> None:
    script = Script(
        step("s"),
        step(
            "a",
            for_each=ForEach(items={"$ref": "/s/list"}),
            given={"who": {"$item": "/mail/0"}, "why": {"$ref": "/s/why"}},
        ),
    )
    script.complete("s", {"list": [{"mail": ["x@y.z"]}], "why": "because"})
    assert script.ran["a.0"].arguments == {"who": "x@y.z", "why": "because"}


def test_an_item_without_the_part_fails_its_call_only() -> None:
    script = Script(step("a", for_each=ForEach(items=[{"n": 1}, {}]), given={"n": {"$item": "/n"}}))
    assert script.status("a.1") == "failed"
    script.complete("a.0")
    assert outcome(script)["failed"][0]["index"] == 1


def test_results_are_in_the_order_of_the_items_whatever_the_order_of_their_ends() -> None:
    script = over([1, 2, 3])
    for name in ("a.2", "a.0", "a.1"):
        script.complete(name)
    assert [r["value"] for r in outcome(script)["results"]] == ["a.0", "a.1", "a.2"]
    assert script.ran["b"].arguments["all"] == outcome(script)


def test_no_more_run_at_a_time_than_the_width_and_the_next_takes_the_place() -> None:
    script = over(list(range(5)), width=2)
    assert script.starts() == ["a.0", "a.1"]
    assert script.complete("a.1").starts() == ["a.2"]
    assert script.fail("a.0").starts() == ["a.3"]


def test_what_failed_is_told_beside_what_succeeded() -> None:
    script = over([1, 2, 3])
    script.complete("a.2").fail("a.1", "no such thing").complete("a.0")
    assert [r["value"] for r in outcome(script)["results"]] == ["a.0", "a.2"]
    assert outcome(script)["failed"] == [{"index": 1, "error": "no such thing"}]
    assert script.complete("b").state.status == "COMPLETED"


def test_when_all_fail_the_step_fails() -> None:
    script = over([1, 2]).fail("a.1", "second").fail("a.0", "first")
    assert script.state.steps["a"].error == "all 2 items failed; the first: first"
    assert script.state.status == "FAILED"


def test_an_empty_list_is_done_at_once() -> None:
    script = over([])
    assert outcome(script) == {"results": [], "failed": []}
    assert script.starts() == ["b"]


@pytest.mark.parametrize("value", ["text", 5, None, {"a": 1}])
def test_what_is_no_list_fails_the_step_and_says_what_it_is(value: Any) -> None:
    script = Script(step("s"), step("a", for_each=ForEach(items={"$ref": "/s/list"})))
    script.complete("s", {"list": value})
    assert type(value).__name__ in script.one(ev.StepFailed).error


def test_a_list_that_is_not_there_fails_the_step() -> None:
    script = Script(step("s"), step("a", for_each=ForEach(items={"$ref": "/s/list"})))
    assert "leads nowhere" in script.complete("s").one(ev.StepFailed).error


def test_too_many_items_are_refused_with_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "MAX_ITEMS", 3)
    assert "4 items; at most 3" in over([1, 2, 3, 4]).one(ev.StepFailed).error
    assert over([1, 2, 3]).starts() == ["a.0", "a.1", "a.2"]


def test_an_items_call_is_tried_again_as_any_other_is() -> None:
    script = over([1, 2], retry=RetryPolicy(attempts=2))
    script.begin("a.0")
    script.fail("a.0", retryable=True)
    script.tell(fx.TimerFired(step="a.0"), later_ms=9000)
    assert script.starts() == ["a.0"]


def gated(count: int, width: int) -> Script:
    each = ForEach(items=list(range(count)), width=width)
    return Script(step("a", for_each=each, critical=True, effect=Effect.COMPENSATABLE))


def test_each_item_has_a_gate_of_its_own() -> None:
    script = gated(2, 2)
    first, second = script.gate("a.0"), script.gate("a.1")
    assert script.state.waits_for_human
    script.tell(fx.Rejected(approval=first))
    script.tell(fx.Approved(approval=second)).complete("a.1")
    assert len(outcome(script)["results"]) == 1
    assert script.state.status == "REJECTED"


def test_it_waits_for_the_human_when_as_many_ask_as_may_run_at_a_time() -> None:
    script = gated(5, 2)
    script.gate("a.0")
    assert not script.state.waits_for_human
    script.gate("a.1")
    assert script.state.waits_for_human
    assert script.state.waits_for_human == script.folded().waits_for_human
    script.tell(fx.Approved(approval="a1"))
    assert not script.state.waits_for_human


def test_it_does_not_wait_for_the_human_while_an_item_is_being_tried_again() -> None:
    each = ForEach(items=[0, 1], width=2)
    script = Script(step("a", for_each=each, critical=True, retry=RetryPolicy(attempts=3)))
    script.gate("a.0")
    script.fail("a.1", retryable=True)
    assert not script.state.waits_for_human


def test_when_all_are_rejected_what_reads_it_is_skipped() -> None:
    each = ForEach(items=[0, 1])
    script = Script(step("a", for_each=each, critical=True), step("b", "a"))
    for name in ("a.0", "a.1"):
        script.tell(fx.Rejected(approval=script.gate(name)))
    assert script.statuses().startswith("skipped skipped")
    assert script.state.status == "REJECTED"


@pytest.mark.parametrize("done", range(5))
def test_a_crash_in_the_middle_goes_on_with_what_is_left(done: int) -> None:
    script = over(list(range(5)), width=2)
    for item in range(done):
        script.complete(f"a.{item}")
    script.crash()
    assert script.starts() == [f"a.{i}" for i in range(done, min(done + 2, 5))]
    for item in range(done, 5):
        script.complete(f"a.{item}")
    assert [r["value"] for r in outcome(script)["results"]] == [f"a.{i}" for i in range(5)]


def test_a_crash_keeps_the_width_with_gates_open() -> None:
    script = gated(4, 2)
    script.gate("a.0")
    assert script.crash().starts() == ["a.1"]


def test_a_crash_keeps_the_width_when_a_later_item_was_further() -> None:
    script = over(list(range(4)), width=2)
    script.begin("a.1")
    script.crash()
    assert script.starts() == ["a.0", "a.1"]


def test_a_pause_in_the_middle_starts_no_item_and_a_resume_does() -> None:
    script = over(list(range(4)), width=2)
    script.begin("a.0")
    script.tell(fx.PauseAsked())
    assert script.complete("a.0").starts() == []
    script.tell(fx.CallWithdrawn(step="a.1")).tell(fx.ResumeAsked())
    assert sorted(script.starts()) == ["a.1", "a.2"]
    for name in ("a.1", "a.2", "a.3"):
        script.complete(name)
    assert len(outcome(script)["results"]) == 4


def test_a_resume_while_items_run_keeps_the_width() -> None:
    script = over(list(range(5)), width=2)
    script.begin("a.0")
    script.begin("a.1")
    script.tell(fx.PauseAsked()).tell(fx.ResumeAsked())
    assert script.starts() == []
    assert script.complete("a.0").starts() == ["a.2"]


def test_a_cancel_settles_what_runs_and_ends_the_rest() -> None:
    each = ForEach(items=list(range(4)), width=2)
    script = Script(writing(Effect.COMPENSATABLE, "a", for_each=each))
    script.begin("a.0")
    script.tell(fx.CancelAsked())
    assert script.statuses() == "cancelled running cancelled cancelled cancelled"
    script.complete("a.0")
    assert script.state.status == "CANCELLED"


def test_a_deadline_keeps_what_the_items_gave_so_far() -> None:
    script = over(list(range(3)), width=1, deadline_s=5.0)
    script.complete("a.0")
    script.begin("a.1")
    script.tell(DEADLINE, later_ms=6000)
    assert script.ordered(cmd.StopCall).step == "a.1"
    script.tell(fx.CallWithdrawn(step="a.1"))
    assert len(outcome(script)["results"]) == 1
    assert {f["error"] for f in outcome(script)["failed"]} == {"its deadline has passed"}
    assert script.starts() == ["b"]


def test_a_deadline_that_is_noticed_again_after_a_crash_says_nothing_new() -> None:
    script = over(list(range(2)), effect=Effect.COMPENSATABLE, deadline_s=5.0)
    script.begin("a.0")
    script.tell(DEADLINE, later_ms=6000).crash()
    late = [e for e in script.tell(DEADLINE).events if isinstance(e, ev.DeadlinePassed)]
    assert late == []


def test_a_list_whose_calls_all_ended_late_in_a_pause_ends_when_it_is_over() -> None:
    script = over([1, 2], deadline_s=5.0).tell(fx.PauseAsked())
    for name in ("a.0", "a.1"):
        script.tell(fx.CallWithdrawn(step=name))
    script.tell(DEADLINE, later_ms=6000)
    assert script.status("a") == "expanded"
    script.tell(fx.ResumeAsked())
    assert script.status("a") == "failed"


def test_a_condition_is_looked_at_once_for_the_whole_list() -> None:
    never = Condition(value=[])
    script = over([1, 2], when=(never,))
    assert script.statuses() == "bypassed bypassed"


def test_a_kept_list_is_not_run_again() -> None:
    given = {"results": [{"value": 1}], "failed": []}
    script = Script(
        step("a", for_each=ForEach(items=[1, 2])),
        step("b", given={"all": {"$ref": "/a/results"}}),
        start=False,
    )
    script.tell(fx.Requested(query="q", plan=script.plan, kept={"a": given}))
    assert script.starts() == ["b"]
    assert script.crash().starts() == ["b"]
    assert script.complete("b").state.status == "COMPLETED"


def test_items_of_untrusted_content_are_named_at_each_gate() -> None:
    send = step(
        "a",
        for_each=ForEach(items={"$ref": "/mail/to"}),
        given={"to": {"$item": ""}, "text": "hi"},
        control=("to", "text"),
        critical=True,
    )
    script = Script(step("mail", untrusted=True), send, approve_all=True)
    script.complete("mail", {"to": ["x@y.z"]})
    script.gate("a.0")
    assert script.one(ev.GateOpened).untrusted == ("to",)
    assert script.state.waits_for_human


def test_an_irreversible_item_that_was_lost_is_asked_about() -> None:
    script = Script(
        writing(Effect.IRREVERSIBLE, "a", for_each=ForEach(items=[1]), on_failure=OnFailure.ASK)
    )
    script.approved("a.0").lose("a.0")
    assert script.one(ev.QuestionAsked).about == "outcome"
    script.tell(fx.Answered(question="q1", value="happened"))
    assert script.state.status == "COMPLETED"


def failing(count: int = 2, **more: Any) -> Script:
    """A list all of whose items fail, beside something that has been done."""
    items = ForEach(items=[{"n": i} for i in range(count)])
    done = writing(Effect.COMPENSATABLE, "done", compensates=True)
    each = step("a", for_each=items, given={"n": {"$item": "/n"}}, **more)
    script = Script(done, each, step("b", after=("a", "done"))).complete("done")
    for item in range(count):
        script.fail(f"a.{item}", f"no {item}")
    return script


class TestWhenAllFail:
    def test_the_human_is_asked_where_the_step_says_so(self) -> None:
        script = failing(on_failure=OnFailure.ASK)
        question = script.one(ev.QuestionAsked)
        assert (question.step, question.about) == ("a", "failure")
        assert [c.value for c in question.question.choices] == [
            "again",
            "skip",
            "roll_back",
            "stop",
        ]
        assert "no 0" in question.question.text
        assert script.state.waits_for_human

    def test_the_human_is_asked_once_however_they_failed(self) -> None:
        """Here all at once, for what they were to take is not there."""
        each = ForEach(items=[{}, {}, {}])
        script = Script(
            step("a", for_each=each, given={"n": {"$item": "/n"}}, on_failure=OnFailure.ASK)
        )
        assert len(script.state.questions) == 1

    def test_all_are_tried_again_when_the_human_says_so(self) -> None:
        script = failing(on_failure=OnFailure.ASK)
        script.tell(fx.Answered(question="q1", value="again"))
        assert script.one(ev.Expanded).count == 2
        assert script.starts() == ["a.0", "a.1"]
        script.complete("a.0").fail("a.1")
        assert len(outcome(script)["results"]) == 1
        assert script.folded().unfinished == script.state.unfinished == 1
        assert script.complete("b").state.status == "COMPLETED"

    def test_a_crash_and_a_checkpoint_do_not_change_what_is_asked(self) -> None:
        script = failing(on_failure=OnFailure.ASK)
        restored = checkpoint.decode(EXECUTION, checkpoint.encode(script.state))
        assert restored is not None
        script.state = restored
        script.tell(fx.OwnerChanged(epoch=2))
        assert script.starts() == []
        script.tell(fx.Answered(question="q1", value="again")).crash()
        assert script.starts() == ["a.0", "a.1"]
        script.complete("a.0").complete("a.1")
        assert len(outcome(script)["results"]) == 2

    def test_it_may_be_gone_on_without(self) -> None:
        script = failing(on_failure=OnFailure.ASK)
        script.tell(fx.Answered(question="q1", value="skip"))
        assert script.complete("b").state.status == "COMPLETED"

    def test_all_is_taken_back_where_the_step_says_so(self) -> None:
        script = failing(on_failure=OnFailure.ROLL_BACK)
        assert script.statuses() == "succeeded failed cancelled failed failed"
        assert "no 0" in (script.one(ev.RollbackStarted).reason or "")
        assert script.ordered(cmd.CompensateCall).step.id == "done"

    def test_nobody_is_asked_when_time_is_over(self) -> None:
        script = over([1, 2], deadline_s=5.0, on_failure=OnFailure.ASK)
        script.tell(DEADLINE, later_ms=6000)
        assert script.status("a") == "failed"

    def test_all_is_taken_back_when_time_is_over_too(self) -> None:
        script = over([1, 2], deadline_s=5.0, on_failure=OnFailure.ROLL_BACK)
        script.tell(DEADLINE, later_ms=6000)
        assert script.status("a") == "failed"
        assert script.one(ev.RollbackStarted)

    def test_the_time_to_answer_ends_with_the_steps_own(self) -> None:
        script = failing(on_failure=OnFailure.ASK, deadline_s=5.0)
        script.tell(DEADLINE, later_ms=6000)
        assert script.status("a") == "failed"
        assert script.state.questions["q1"].state == "withdrawn"

    def test_calls_that_may_have_happened_are_not_begun_anew(self) -> None:
        each = ForEach(items=[1])
        send = writing(Effect.IRREVERSIBLE, "a", for_each=each, on_failure=OnFailure.ASK)
        script = Script(send).approved("a.0").lose("a.0")
        script.tell(fx.Answered(question="q1", value="stop"))
        assert script.state.status == "FAILED"


def test_a_call_that_hangs_is_settled_though_its_cancelled_list_is_out_of_time() -> None:
    """Found by the simulation: the list's own deadline took the place of finding out."""
    script = Script(
        Step(
            id="a",
            agent="A",
            effect=Effect.COMPENSATABLE,
            for_each=ForEach(items=["x"]),
            arguments={"x": {"$item": ""}},
            deadline_s=1.0,
        )
    )
    script.begin("a.0")
    script.tell(fx.CancelAsked())
    script.at_ms += 5_000
    script.crash()
    assert script.state.status == "CANCELLED"
