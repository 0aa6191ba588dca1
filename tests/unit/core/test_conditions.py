"""What a condition holds for; nothing is evaluated, and nothing fails."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tizmor.core.conditions import holds
from tizmor.core.plan import Condition
from tizmor.core.plan import Test as Check

A = {"$ref": "/a/value"}
MISSING = {"$ref": "/a/nowhere/0"}
NOTHING = [None, "", [], {}, ()]
SOMETHING = [0, False, 0.0, "x", [None], {"a": None}]


@pytest.mark.parametrize("value", NOTHING)
def test_what_is_not_there_is_empty(value: Any) -> None:
    assert holds(Condition(value=A, test=Check.EMPTY), {"a": {"value": value}})
    assert not holds(Condition(value=A), {"a": {"value": value}})


@pytest.mark.parametrize("value", SOMETHING)
def test_zero_and_false_are_something(value: Any) -> None:
    assert holds(Condition(value=A, test=Check.NOT_EMPTY), {"a": {"value": value}})
    assert not holds(Condition(value=A, test=Check.EMPTY), {"a": {"value": value}})


@pytest.mark.parametrize(
    ("value", "test", "operand", "expected"),
    [
        (1, Check.EQUALS, 1.0, True),
        (1, Check.EQUALS, True, False),
        (0, Check.EQUALS, False, False),
        (True, Check.EQUALS, True, True),
        ([1, {"a": 2}], Check.EQUALS, [1, {"a": 2}], True),
        (None, Check.EQUALS, None, True),
        ("1", Check.EQUALS, 1, False),
        ("1", Check.NOT_EQUALS, 1, True),
        (1, Check.NOT_EQUALS, 1, False),
        (1, Check.NOT_EQUALS, True, True),
        (2, Check.GREATER, 1.5, True),
        (2, Check.GREATER, 2, False),
        ("b", Check.GREATER, "a", True),
        ("b", Check.GREATER, 1, False),
        (True, Check.GREATER, 0, False),
        (None, Check.GREATER, 0, False),
        (1, Check.LESS, 2, True),
        (2, Check.LESS, 2, False),
        ("a", Check.LESS, "b", True),
        (1, Check.LESS, "2", False),
        (None, Check.LESS, 2, False),
        ("abc", Check.CONTAINS, "b", True),
        ("abc", Check.CONTAINS, "", True),
        ("abc", Check.CONTAINS, 1, False),
        ([1, "b"], Check.CONTAINS, "b", True),
        ([1], Check.CONTAINS, True, False),
        ([True], Check.CONTAINS, True, True),
        ({"k": 1}, Check.CONTAINS, "k", True),
        ({"k": 1}, Check.CONTAINS, 1, False),
        (5, Check.CONTAINS, 5, False),
        (None, Check.CONTAINS, None, False),
    ],
)
def test_each_test_compares_like_with_like_only(
    value: Any, test: Check, operand: Any, expected: bool
) -> None:
    condition = Condition(value=A, test=test, operand=operand)
    assert holds(condition, {"a": {"value": value}}) is expected


def test_the_operand_may_be_a_reference_too() -> None:
    condition = Condition(value=A, test=Check.LESS, operand={"$ref": "/b/value"})
    assert holds(condition, {"a": {"value": 1}, "b": {"value": 2}})
    assert not holds(condition, {"a": {"value": 2}, "b": {"value": 1}})


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        (Check.EMPTY, True),
        (Check.NOT_EMPTY, False),
        (Check.EQUALS, False),
        (Check.NOT_EQUALS, True),
        (Check.GREATER, False),
        (Check.LESS, False),
        (Check.CONTAINS, False),
    ],
)
def test_a_reference_that_leads_nowhere_is_null(test: Check, expected: bool) -> None:
    for outputs in ({}, {"a": {}}, {"a": {"nowhere": []}}, {"a": {"nowhere": "text"}}):
        assert holds(Condition(value=MISSING, test=test, operand=5), outputs) is expected


@pytest.mark.parametrize("test", list(Check))
def test_no_pair_of_values_makes_a_test_fail(test: Check) -> None:
    for value, operand in itertools.product([*NOTHING, *SOMETHING, 10**400, "‮"], repeat=2):
        condition = Condition(value=A, test=test, operand=operand)
        assert holds(condition, {"a": {"value": value}}) in (True, False)
