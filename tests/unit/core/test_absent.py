"""A plan may refer to what an output leaves out because it has its default value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from tests.unit.core.script import Script

from tizmor.core import facts as fx
from tizmor.core.absent import filled
from tizmor.core.completion import completed
from tizmor.core.plan import Condition, Effect, ForEach, Plan, Step
from tizmor.core.plan import Test as By
from tizmor.ports.agent import AgentContext, agent


class Sparse(msgspec.Struct, omit_defaults=True, frozen=True):
    pass


class Size(Sparse, frozen=True):
    unit: str = "cm"


class Paper(Sparse, frozen=True):
    path: str
    year: int | None = None
    size: Size = Size()


class Shelf(Sparse, frozen=True):
    papers: tuple[Paper, ...] = ()
    count: int = 0
    note: str = ""


@agent(name="Search")
async def search(text: str = "", *, ctx: AgentContext) -> Shelf:
    """Search."""
    return Shelf()


@agent(name="Use")
async def use(x: Any = None, *, ctx: AgentContext) -> Shelf:
    """Use."""
    return Shelf()


class Other(Sparse, frozen=True):
    count: int = 7


@agent(name="Other")
async def other(text: str = "", *, ctx: AgentContext) -> Other:
    """Search elsewhere."""
    return Other()


AGENTS = {a.spec.name: a.spec for a in (search, use, other)}
TWO = Shelf(papers=(Paper(path="a"), Paper(path="b", year=2024)))


def planned(*steps: Step) -> Plan:
    return completed(Plan(goal="g", steps=steps), AGENTS)


def given(pointer: str, output: Shelf = TWO, **search_more: Any) -> Any:
    """What a step gets that refers to the output of a search."""
    reading = Step(id="use", agent="Use", arguments={"x": {"$ref": pointer}})
    script = Script(*planned(Step(id="search", agent="Search", **search_more), reading).steps)
    script.complete("search" + (".0" if search_more else ""), search.stored(output) or {"note": ""})
    assert script.folded().outputs == script.state.outputs
    return script.ran["use"].arguments["x"] if script.status("use") == "ready" else "dangling"


@pytest.mark.parametrize(
    ("pointer", "expected"),
    [
        ("/search/count", 0),
        ("/search/papers/0/year", None),
        ("/search/papers/1/year", 2024),
        ("/search/papers/0/size/unit", "cm"),
        ("/search/papers/0/size", {}),
        ("/search/papers/7/year", "dangling"),
    ],
)
def test_a_reference_leads_to_the_default_of_a_field_that_is_declared(
    pointer: str, expected: Any
) -> None:
    assert given(pointer) == expected


def test_an_empty_list_that_was_left_out_is_an_empty_list() -> None:
    assert given("/search/papers", Shelf(note="x")) == []


def test_a_call_of_a_list_is_asked_as_any_other() -> None:
    each = {"for_each": ForEach(items=[1])}
    assert given("/search/results/0/count", **each) == 0
    assert given("/search/results/0/papers/0/year", **each) is None


def test_an_item_of_a_list_has_its_defaults() -> None:
    each = Step(
        id="use",
        agent="Use",
        arguments={"x": {"$item": "/year"}},
        for_each=ForEach(items={"$ref": "/search/papers"}),
    )
    script = Script(*planned(Step(id="search", agent="Search"), each).steps)
    script.complete("search", search.stored(TWO))
    assert [script.ran[f"use.{i}"].arguments["x"] for i in range(2)] == [None, 2024]


def test_a_condition_looks_at_the_default() -> None:
    test = Condition(value={"$ref": "/search/count"}, test=By.EQUALS, operand=0)
    script = Script(
        *planned(Step(id="search", agent="Search"), Step(id="use", agent="Use", when=(test,))).steps
    )
    script.complete("search", search.stored(TWO))
    assert script.starts() == ["use"]


def test_what_nobody_asks_for_stays_left_out_and_the_journal_is_as_it_was() -> None:
    reading = Step(id="use", agent="Use", arguments={"x": {"$ref": "/search/papers"}})
    plan = planned(Step(id="search", agent="Search"), reading)
    assert plan.steps[0].output_defaults == {"/papers": []}
    assert plan.steps[1].output_defaults == {}
    script = Script(*plan.steps).complete("search", search.stored(TWO))
    assert script.state.outputs["search"] == search.stored(TWO)
    assert not any(b'year":null' in payload for _, payload in script.journal)


def test_an_alternative_has_the_defaults_of_its_own_agent() -> None:
    finding = Step(id="search", agent="Search", alternatives=(Step(id="search", agent="Other"),))
    reading = Step(id="use", agent="Use", arguments={"x": {"$ref": "/search/count"}})
    plan = completed(Plan(goal="g", steps=(finding, reading)), AGENTS)
    script = Script(*plan.steps)
    assert script.begin("search")
    script.fail("search").tell(fx.CallStarting(step="search", key=script.key("search")))
    script.tell(fx.CallCompleted(step="search", output=other.stored(Other())))
    assert script.ran["use"].arguments == {"x": 7}


def test_what_only_a_human_says_has_happened_is_not_made_up() -> None:
    sending = Step(id="search", agent="Search", effect=Effect.IRREVERSIBLE)
    reading = Step(id="use", agent="Use", arguments={"x": {"$ref": "/search/count"}})
    script = Script(*planned(sending, reading).steps).approved("search").lose("search")
    script.tell(fx.Answered(question="q1", value="happened"))
    assert script.state.outputs["search"] == {}


@pytest.mark.parametrize("output", [{}, {"a": [1, {"b": 2}]}, {"a": {"~/": None}}])
def test_nothing_that_is_there_is_changed(output: Mapping[str, Any]) -> None:
    before = msgspec.json.encode(output)
    filled(dict(output), {"/a/*/b": 1, "/a/~0~1": 2, "/a/0/c": 3})
    assert msgspec.json.encode(output) == before
