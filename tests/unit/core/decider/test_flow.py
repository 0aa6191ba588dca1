"""Steps start the moment their own needs are met, and a failure goes no further than it must."""

from __future__ import annotations

import pytest
from tests.unit.core.script import Script, step

from tizmor.core import commands as cmd
from tizmor.core import events as ev
from tizmor.core import facts as fx
from tizmor.core.folds.steps import MAX_MESSAGES
from tizmor.core.plan import Plan, Question


def test_steps_that_need_nothing_start_together() -> None:
    script = Script(step("a"), step("b"), step("c", "a"))
    assert script.starts() == ["a", "b"]


def test_a_step_starts_when_its_own_needs_are_met_without_a_batch_barrier() -> None:
    script = Script(step("a"), step("slow"), step("b", "a"), step("c", "b"))
    assert script.complete("a").starts() == ["b"]
    assert script.complete("b").starts() == ["c"]
    assert script.status("slow") == "ready"


def test_a_step_waits_for_all_that_it_needs() -> None:
    script = Script(step("a"), step("b"), step("c", "a", after=("b",)))
    assert script.complete("a").starts() == []
    assert script.complete("b").starts() == ["c"]


def test_references_are_resolved_when_the_step_starts() -> None:
    script = Script(step("a"), step("b", "a", given={"y": [{"$ref": "/a/list/1"}]}))
    script.complete("a", {"value": 5, "list": [1, 2]})
    assert script.ordered(cmd.RunCall).arguments == {"x0": 5, "y": [2]}


def test_a_reference_into_what_was_not_delivered_fails_its_step_by_name() -> None:
    script = Script(step("a"), step("b", "a"), step("c", "b"))
    script.complete("a", {"other": 1})
    assert "/a/value leads nowhere" in script.one(ev.StepFailed).error
    assert script.statuses() == "succeeded failed skipped"


def test_a_failed_step_skips_only_what_depends_on_it_and_the_rest_goes_on() -> None:
    script = Script(step("a"), step("b"), step("a1", "a"), step("a2", "a1"), step("b1", "b"))
    script.fail("a")
    assert script.statuses() == "failed ready skipped skipped pending"
    assert {e.step: e.because for e in script.events if isinstance(e, ev.StepSkipped)} == {
        "a1": "a",
        "a2": "a1",
    }
    assert script.complete("b").starts() == ["b1"]
    script.complete("b1")
    assert script.state.status == "FAILED"


def test_what_depends_on_two_failed_steps_is_skipped_once() -> None:
    script = Script(step("a"), step("b"), step("c", "a", "b"))
    script.fail("a")
    script.fail("b")
    assert script.statuses() == "failed failed skipped"
    assert script.state.status == "FAILED"


def test_an_execution_ends_once_with_its_last_step_and_lets_go() -> None:
    script = Script(step("a"), step("b", "a"))
    script.complete("a")
    assert not script.state.ended
    script.complete("b")
    assert script.one(ev.Ended).status == "COMPLETED"
    assert script.ordered(cmd.Finish)
    assert script.fail("b").events == []


def test_a_plan_without_steps_is_done_at_once() -> None:
    assert Script().one(ev.Ended).status == "COMPLETED"


def test_a_step_that_was_kept_from_another_execution_is_not_run_again() -> None:
    script = Script(step("a"), step("b", "a"), start=False)
    script.tell(fx.Requested(query="q", plan=script.plan, kept={"a": {"value": "kept"}}))
    assert script.starts() == ["b"]
    assert script.ran["b"].arguments == {"x0": "kept"}


def test_a_finding_is_written_down_until_the_step_has_ended() -> None:
    script = Script(step("a"), step("b"))
    script.begin("a")
    assert script.tell(fx.Reported(step="a", message="found 15")).one(ev.Found).message
    script.complete("a")
    assert script.tell(fx.Reported(step="a", message="late")).events == []
    assert script.state.steps["a"].messages == ("found 15",)


def test_a_plan_is_asked_for_and_runs_when_it_is_made() -> None:
    script = Script(step("a"), start=False)
    script.tell(fx.Requested(query="q"))
    assert script.ordered(cmd.MakePlan) == cmd.MakePlan(query="q", answers={})
    assert script.state.status == "PLANNING"
    assert script.tell(fx.PlanMade(plan=script.plan)).starts() == ["a"]
    assert script.state.status == "RUNNING"


def test_a_plan_that_cannot_be_made_ends_the_execution() -> None:
    script = Script(start=False).tell(fx.Requested(query="q"))
    script.tell(fx.PlanMakingFailed(error="no idea"))
    assert script.kinds() == ["PlanningFailed", "Ended"]
    assert (script.state.status, script.state.error) == ("FAILED", "no idea")


def test_nothing_of_a_plan_with_questions_runs_until_they_are_answered() -> None:
    questions = tuple(Question(id=i, text=i) for i in ("who", "when"))
    script = Script(step("a"), start=False)
    script.tell(fx.Requested(query="q"))
    script.tell(fx.PlanMade(plan=Plan(goal="g", steps=(step("a"),), questions=questions)))
    assert script.starts() == []
    assert script.state.waits_for_human
    assert script.tell(fx.Answered(question="q1", value="Yoav")).commands == []
    script.tell(fx.Answered(question="q2", value="tomorrow"))
    assert script.ordered(cmd.MakePlan).answers == {"who": "Yoav", "when": "tomorrow"}
    assert not script.state.waits_for_human
    assert script.tell(fx.PlanMade(plan=script.plan)).starts() == ["a"]


@pytest.mark.parametrize(
    "fact",
    [
        fx.TimerFired(step="a"),
        fx.Approved(approval="a9"),
        fx.Rejected(approval="a9"),
        fx.Answered(question="q9", value="x"),
        fx.ResumeAsked(),
    ],
)
def test_a_fact_about_nothing_that_is_open_decides_nothing(fact: fx.Fact) -> None:
    script = Script(step("a")).tell(fact)
    assert (script.events, script.commands) == ([], [])


class Edges(list[str]):
    """What waits for a step; it counts how often an edge is looked at."""

    looked_at = 0

    def __iter__(self):  # type: ignore[no-untyped-def]
        for name in super().__iter__():
            Edges.looked_at += 1
            yield name


@pytest.mark.parametrize("ending", ["complete", "fail"])
def test_keeping_the_ready_set_costs_a_few_looks_at_each_edge_over_a_whole_execution(
    ending: str,
) -> None:
    """Layers of ten, each step needing the whole layer before it: 1,900 edges."""
    layers = [[f"s{layer}_{i}" for i in range(10)] for layer in range(20)]
    steps = [
        step(name, *(layers[n - 1] if n else ()))
        for n, layer in enumerate(layers)
        for name in layer
    ]
    script = Script(*steps)
    for one in script.state.steps.values():
        one.readers, one.followers = Edges(one.readers), Edges(one.followers)
        one.watchers, one.dependents = Edges(one.watchers), Edges(one.dependents)
    Edges.looked_at = 0
    for name in layers[0] if ending == "fail" else [s.id for s in steps]:
        script.fail(name) if ending == "fail" else script.complete(name)
    assert script.state.ended
    assert Edges.looked_at <= 2 * 1_900


def test_of_many_findings_the_newest_are_kept_and_none_is_dear() -> None:
    script = Script(step("a"))
    script.begin("a")
    for number in range(MAX_MESSAGES + 5):
        script.tell(fx.Reported(step="a", message=f"row {number}"))
    messages = script.state.steps["a"].messages
    assert (len(messages), messages[0], messages[-1]) == (MAX_MESSAGES, "row 5", "row 1004")
    assert script.folded().steps["a"].messages == messages
    assert len(script.journal) > MAX_MESSAGES + 5, "the journal has them all"
