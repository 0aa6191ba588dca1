"""References are JSON Pointers (RFC 6901) into the outputs, and they are the graph."""

from __future__ import annotations

import graphlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tizmor.core.graph import (
    DanglingReference,
    batches,
    descendants,
    look_up,
    needs,
    references,
    resolved,
    tokens,
)
from tizmor.core.plan import Plan, Step

RFC_6901 = {
    "foo": ["bar", "baz"],
    "": 0,
    "a/b": 1,
    "c%d": 2,
    "e^f": 3,
    "g|h": 4,
    "i\\j": 5,
    'k"l': 6,
    " ": 7,
    "m~n": 8,
}


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/foo", ["bar", "baz"]),
        ("/foo/0", "bar"),
        ("/", 0),
        ("/a~1b", 1),
        ("/c%d", 2),
        ("/e^f", 3),
        ("/g|h", 4),
        ("/i\\j", 5),
        ('/k"l', 6),
        ("/ ", 7),
        ("/m~0n", 8),
    ],
)
def test_the_standards_own_examples_lead_where_it_says(pointer: str, value: Any) -> None:
    """RFC 6901, section 5."""
    assert look_up(RFC_6901, pointer) == value


@given(st.text())
def test_any_key_can_be_pointed_at_when_it_is_escaped(key: str) -> None:
    """RFC 6901, section 3."""
    pointer = "/" + key.replace("~", "~0").replace("/", "~1")
    assert tokens(pointer) == (key,)
    assert look_up({key: "there"}, pointer) == "there"


def test_an_escaped_tilde_before_a_one_is_no_slash() -> None:
    assert tokens("/~01") == ("~1",)


@pytest.mark.parametrize("pointer", ["", "foo", "#/foo"])
def test_what_does_not_start_with_a_slash_is_no_pointer(pointer: str) -> None:
    with pytest.raises(ValueError, match="must start with /"):
        tokens(pointer)


@pytest.mark.parametrize(
    "pointer",
    [
        "/nope",
        "/foo/2",
        "/foo/-",
        "/foo/bar",
        "/foo/0/0",
        "/a~1b/x",
        "/foo/-1",
        "/foo/00",
        "/foo/+1",
        "/foo/ 1",
        "/foo/1_0",
        "/foo/١",
    ],
)
def test_a_pointer_that_leads_nowhere_is_named(pointer: str) -> None:
    """RFC 6901, section 4: an index is 0 or digits without a leading zero, nothing else."""
    with pytest.raises(DanglingReference, match="leads nowhere"):
        look_up(RFC_6901, pointer)


def test_every_reference_is_replaced_and_nothing_else_is() -> None:
    outputs = {"a": {"x": [1, 2], "y": {"$ref": "/a/x"}}}
    value = {"p": {"$ref": "/a/x/1"}, "q": [{"$ref": "/a/y"}], "r": {"$ref": "/a/x", "more": 1}}
    assert resolved(value, outputs) == {
        "p": 2,
        "q": [{"$ref": "/a/x"}],
        "r": {"$ref": "/a/x", "more": 1},
    }


def test_what_a_reference_leads_to_is_data_and_is_not_resolved_again() -> None:
    outputs = {"a": {"said": {"$ref": "/secret/token"}}, "secret": {"token": "hidden"}}
    assert resolved({"$ref": "/a/said"}, outputs) == {"$ref": "/secret/token"}


def test_references_are_found_at_any_depth_in_order() -> None:
    value = [{"$ref": "/b/x"}, {"k": ({"$ref": "/a/y"}, {"$ref": "/b/z"})}, {"$ref": 7}]
    assert list(references(value)) == ["/b/x", "/a/y", "/b/z"]


def _step(name: str, *uses: str, after: tuple[str, ...] = ()) -> Step:
    arguments = {f"x{i}": {"$ref": f"/{other}/value"} for i, other in enumerate(uses)}
    return Step(id=name, agent="A", arguments=arguments, after=after)


def test_a_step_needs_each_step_once_in_order_of_mention() -> None:
    assert needs(_step("d", "b", "a", "b", after=("c", "a"))) == ("b", "a", "c")


def test_batches_are_the_waves_in_the_plans_order() -> None:
    plan = Plan(
        goal="g",
        steps=(_step("z"), _step("c", "a"), _step("a"), _step("b", "a", after=("z",))),
    )
    assert batches(plan) == [["z", "a"], ["c", "b"]]


def test_a_circle_has_no_batches() -> None:
    with pytest.raises(graphlib.CycleError):
        batches(Plan(goal="g", steps=(_step("a", "b"), _step("b", "a"))))


def test_what_surely_ends_before_is_the_transitive_closure() -> None:
    plan = Plan(goal="g", steps=(_step("c", "b"), _step("b", "a"), _step("a"), _step("d")))
    assert descendants(plan, "a") == {"b", "c"}
    assert descendants(plan, "c") == descendants(plan, "d") == set()
