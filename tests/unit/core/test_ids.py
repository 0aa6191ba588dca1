"""Public ids: short, sortable, forgiving of how they are typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tizmor.core.ids import RANDOM_BITS, execution_number, parse_id, public_id

numbers = st.integers(0, 2**63 - 1)


@given(numbers)
def test_an_id_leads_back_to_its_number(number: int) -> None:
    assert parse_id(public_id(number)) == number


@given(numbers, numbers)
def test_ids_sort_as_their_numbers_do(one: int, other: int) -> None:
    assert (public_id(one) < public_id(other)) == (one < other)


@given(st.integers(0, 2**42 - 2), st.integers(min_value=0), st.integers(min_value=0))
def test_an_older_execution_has_the_smaller_id(at_ms: int, one: int, other: int) -> None:
    assert public_id(execution_number(at_ms, one)) < public_id(execution_number(at_ms + 1, other))


def test_the_random_part_fills_its_bits_and_no_more() -> None:
    assert execution_number(1, -1) == (1 << RANDOM_BITS) | (1 << RANDOM_BITS) - 1


@given(numbers)
def test_case_and_letters_that_look_like_digits_do_not_matter(number: int) -> None:
    typed = public_id(number).upper().replace("0", "O").replace("1", "I")
    assert parse_id(f" {typed}\n") == number


@pytest.mark.parametrize(
    "text",
    ["", "0", "0" * 12, "0" * 14, "u" * 13, "0" * 12 + "-", "z" * 13, "٠" * 13, "0" * 12 + "é"],
)
def test_what_is_no_id_is_told_apart(text: str) -> None:
    assert parse_id(text) is None
