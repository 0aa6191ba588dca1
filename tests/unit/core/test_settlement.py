"""Steps that are at odds are found, and settled as the user says."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.core.script import Script

from tizmor.core import commands as cmd
from tizmor.core import facts as fx
from tizmor.core.agents import AgentSpec, Booking, Parameter
from tizmor.core.completion import completed
from tizmor.core.graph import batches, dependencies
from tizmor.core.plan import Access, Clash, Plan, Question, Resource, Step, Strategy
from tizmor.core.resources import all_filled_in
from tizmor.core.settlement import MAX_QUESTIONS, MAX_TOLD, as_answered, settled


def spec(name: str, *resources: Resource, books: Booking | None = None) -> AgentSpec:
    names = ("path", "start", "minutes", "people")
    return AgentSpec(
        name=name,
        description=name,
        parameters=tuple(Parameter(name=n, schema={}, required=False) for n in names),
        resources=resources,
        books=books,
    )


MINE = Booking(start=("/start", "/when/start"), minutes="/minutes", people="/people")
AGENTS = {
    s.name: s
    for s in (
        spec("Write", Resource(name="file:{path}")),
        spec("Read", Resource(name="file:{path}", access=Access.SHARED)),
        spec("Meet", Resource(name="calendar:me"), books=MINE),
        spec("Look", Resource(name="calendar:me", access=Access.SHARED)),
        spec("Find"),
    )
}


def step(name: str, agent: str, *after: str, **arguments: Any) -> Step:
    return Step(id=name, agent=agent, arguments=arguments, after=after)


def plan(*steps: Step, **more: Any) -> Plan:
    return completed(Plan(goal="g", steps=steps, **more), AGENTS)


def found(*steps: Step, strategy: Strategy = Strategy.ORDER) -> list[tuple[str, str, str, str]]:
    done, problems = settled(plan(*steps), AGENTS, strategy)
    assert not problems
    return [(c.kind.value, c.over, c.first, c.second) for c in done.conflicts]


def test_two_writers_of_one_file_are_found_however_its_path_is_written() -> None:
    one, two = step("a", "Write", path="notes/x.md"), step("b", "Write", path="./notes//y/../x.md")
    assert found(one, two) == [("writes", "file:notes/x.md", "a", "b")]
    assert found(one, step("b", "Write", path="notes/y.md")) == []


def test_a_read_beside_a_write_is_found_and_two_reads_are_none() -> None:
    read, write = step("r", "Read", path="x"), step("w", "Write", path="x")
    assert found(read, write) == [("read", "file:x", "r", "w")]
    assert found(read, step("r2", "Read", path="x")) == []
    assert found(read, step("w", "Write", "r", path="x")) == []


def test_a_path_that_another_step_gives_may_be_any_and_that_is_said() -> None:
    unknown = step("b", "Write", path={"$ref": "/f/path"})
    done, _ = settled(
        plan(step("f", "Find"), step("a", "Write", path="x"), unknown), AGENTS, Strategy.ORDER
    )
    (conflict,) = done.conflicts
    assert (conflict.over, conflict.is_certain) == ("file:{path}", False)
    assert "may change" in done.assumptions[0]


def test_the_call_itself_locks_the_thing_that_its_own_arguments_name() -> None:
    (open_one,) = plan(step("a", "Write", path={"$ref": "/f/path"})).steps[0].resources
    (named,) = all_filled_in((open_one,), {"path": "a/./b{c}"})
    assert named.name == "file:a/b%7Bc%7D"
    fixed = (Resource(name="calendar:me"),)
    assert all_filled_in(fixed, {}) is fixed


def meeting(name: str, start: str, minutes: int | None = 30, *after: str, **more: Any) -> Step:
    length = {} if minutes is None else {"minutes": minutes}
    return step(name, "Meet", *after, start=start, **length, **more)


AT_15, AT_1515, AT_1530 = (f"2026-11-24T{t}:00+02:00" for t in ("15:00", "15:15", "15:30"))


def test_two_meetings_at_overlapping_times_are_a_double_booking_and_touching_ones_are_not() -> None:
    assert found(meeting("a", AT_15), meeting("b", AT_1515)) == [("time", "me", "a", "b")]
    in_order = meeting("b", AT_1530, 30, "a")
    assert found(meeting("a", AT_15), in_order) == []


def test_a_double_booking_names_whom_it_concerns_beside_the_user() -> None:
    yoav = [{"name": "Yoav", "email": "Yoav@example.org"}]
    both = meeting("a", AT_15, people=yoav), meeting("b", AT_1515, 30, "a", people=yoav)
    assert found(*both) == [("time", "yoav@example.org", "a", "b")]


def test_the_same_instant_in_another_zone_is_the_same_time() -> None:
    utc = meeting("b", "2026-11-24T13:10:00+00:00", 30, "a")
    assert [c[0] for c in found(meeting("a", AT_15), utc)] == ["time"]


@pytest.mark.parametrize("start", ["2026-11-24T15:00:00", "soon", {"$ref": "/f/start"}, 15])
def test_a_time_that_is_not_known_is_no_double_booking(start: Any) -> None:
    steps = step("f", "Find"), meeting("a", AT_15), meeting("b", start, 30, "a")
    assert found(*steps) == []


def test_to_order_adds_the_edge_and_says_so_where_every_gate_shows_it() -> None:
    done, problems = settled(plan(step("a", "Meet"), step("b", "Look")), AGENTS, Strategy.ORDER)
    assert not problems
    assert batches(done) == [["a"], ["b"]]
    assert done.assumptions == (
        "“Meet” before “Look” (one reads calendar:me, which the other changes)",
    )
    assert [c.settled for c in done.conflicts] == [Strategy.ORDER]
    assert settled(done, AGENTS, Strategy.REFUSE)[1] == []


def test_to_refuse_names_both_steps_and_what_to_do() -> None:
    _, problems = settled(plan(meeting("a", AT_15), meeting("b", AT_1515)), AGENTS, Strategy.REFUSE)
    assert problems == [
        "steps 'a' and 'b': both take your time at once; change one's time, or leave one out"
    ]


def test_the_last_writer_needs_no_edge_and_the_plan_says_that_there_is_none() -> None:
    done, problems = settled(
        plan(step("a", "Meet"), step("b", "Meet")), AGENTS, Strategy.LAST_WRITER
    )
    assert not problems
    assert batches(done) == [["a", "b"]]
    assert "in no order" in done.assumptions[0]


def test_to_ask_asks_before_anything_runs_and_does_as_it_is_told() -> None:
    done, _ = settled(plan(step("a", "Meet"), step("b", "Meet")), AGENTS, Strategy.ASK)
    script = Script(start=False).tell(fx.Requested(query="q", plan=done))
    assert script.starts() == []
    script.tell(fx.Answered(question="q1", value="second"))
    assert not [c for c in script.commands if isinstance(c, cmd.MakePlan)]
    assert script.starts() == ["b"]
    assert script.state.plan is not None
    assert dependencies(script.state.plan)["a"] == ("b",)
    assert script.folded().plan == script.state.plan


def test_answers_never_lead_in_a_circle() -> None:
    """Three pairs, each at odds over a thing of its own: a before b, b before c, c before a."""
    uses = {"a": "rp", "b": "rq", "c": "qp"}
    steps = tuple(
        Step(id=name, agent="Find", resources=tuple(Resource(name=r) for r in used))
        for name, used in uses.items()
    )
    done, _ = settled(Plan(goal="g", steps=steps), AGENTS, Strategy.ASK)
    assert [question.id for question in done.questions] == ["order:a:b", "order:a:c", "order:b:c"]
    answers = {"order:a:b": "first", "order:b:c": "first", "order:a:c": "second"}
    told = as_answered(done, answers)
    assert told is not None
    assert sum(map(len, batches(told))) == 3


def test_what_a_planner_asked_beside_is_the_planners_to_go_on_with() -> None:
    done, _ = settled(plan(step("a", "Meet"), step("b", "Meet")), AGENTS, Strategy.ASK)
    mixed = Plan(
        goal="g",
        steps=done.steps,
        conflicts=done.conflicts,
        questions=(*done.questions, Question(id="who", text="who?")),
    )
    assert as_answered(mixed, {}) is None


def test_too_many_to_ask_about_are_refused_and_of_many_only_some_are_told() -> None:
    many = plan(*(step(f"s{i}", "Meet") for i in range(MAX_TOLD + 5)))
    _, problems = settled(many, AGENTS, Strategy.ASK)
    assert f"{MAX_TOLD + 4} pairs" in problems[0]
    assert MAX_TOLD + 4 > MAX_QUESTIONS
    done, _ = settled(many, AGENTS, Strategy.ORDER)
    assert done.assumptions[-1] == "and 4 more such pairs"
    assert len(done.conflicts) == MAX_TOLD + 4


def test_a_hebrew_plan_says_it_in_hebrew() -> None:
    done, _ = settled(
        plan(step("a", "Meet"), step("b", "Meet"), language="he"), AGENTS, Strategy.ORDER
    )
    assert "לפני" in done.assumptions[0]
    assert done.conflicts[0].kind is Clash.WRITES
