"""Canonical JSON is RFC 8785, and a key follows from what is done, never from how often."""

from __future__ import annotations

import math
from typing import Any

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from tizmor.core.canonical import canonical, idempotency_key

SAFE = 2**53 - 1
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
floats = st.floats(allow_nan=False, allow_infinity=False)
leaves = st.none() | st.booleans() | st.integers(-SAFE, SAFE) | floats | text
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4)
)


@given(values)
def test_any_value_has_the_bytes_that_the_standards_own_library_gives(value: Any) -> None:
    assert canonical(value) == rfc8785.dumps(value)


@given(floats)
@example(5e-324)
@example(1.7976931348623157e308)
@example(-0.0)
@example(1e21)
@example(1e-7)
@example(123456789012345680000.0)
@example(0.000001)
@example(333333333.33333329)
def test_floats_are_written_as_ecmascript_writes_them(value: float) -> None:
    assert canonical(value) == rfc8785.dumps(value)


def test_keys_are_ordered_by_utf16_code_units_not_by_code_points() -> None:
    """RFC 8785, section 3.2.3: U+1F600 (a surrogate pair) goes before U+FB33."""
    assert canonical({"\ufb33": 1, "\U0001f600": 2, "א": 3, "a": 4}) == (
        '{"a":4,"א":3,"\U0001f600":2,"\ufb33":1}'.encode()
    )


@pytest.mark.parametrize(
    "value",
    [math.nan, math.inf, -math.inf, 2**53 + 1, -(2**53) - 1, "\ud800", {"\ud800": 1}, {1: 2}, b""],
)
def test_what_json_cannot_hold_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        canonical([value])


def test_tuples_and_lists_and_equal_numbers_mean_the_same() -> None:
    assert canonical((1, 2.0, [3])) == canonical([1.0, 2, (3,)])


def test_a_key_is_another_for_another_execution_step_or_argument() -> None:
    keys = {
        idempotency_key(1, "a", {"x": 1}),
        idempotency_key(2, "a", {"x": 1}),
        idempotency_key(1, "b", {"x": 1}),
        idempotency_key(1, "a", {"x": 2}),
        idempotency_key(1, "a", {"x": "1"}),
    }
    assert len(keys) == 5


@given(st.dictionaries(text, leaves, max_size=5))
def test_a_key_does_not_depend_on_the_order_of_arguments(arguments: dict[str, Any]) -> None:
    backwards = dict(reversed(arguments.items()))
    assert idempotency_key(1, "a", arguments) == idempotency_key(1, "a", backwards)
