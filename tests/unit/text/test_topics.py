"""A topic is met by a text that holds all of its words, in either script."""

from __future__ import annotations

import pytest

from tizmor.text.normalize import words
from tizmor.text.topics import TopicWords


def is_met(topic: str, text: str) -> bool:
    present = words(text)
    return bool(TopicWords([topic], present).met(frozenset(present)))


@pytest.mark.parametrize(
    ("topic", "text"),
    [
        ("תבואות", "נפגשנו בתבואות"),
        ("Tevuot", "נפגשנו בתבואות"),
        ("תבואות", "we met at Tevuot"),
        ("לוטוס", "lotus-plan"),
        ("annual plans", "the plan for the annual review"),
        ("the", "the"),
    ],
)
def test_met(topic: str, text: str) -> None:
    assert is_met(topic, text)


@pytest.mark.parametrize(
    ("topic", "text"),
    [("annual plan", "the plan"), ("תבואות", "הוא תבוא מחר"), ("לוטוס", "let us go"), ("x", "")],
)
def test_not_met(topic: str, text: str) -> None:
    assert not is_met(topic, text)


def test_of_several_topics_those_that_are_met_are_given() -> None:
    present = words("the price of wheat")
    topics = TopicWords(["price", "corn", "wheat price"], present)
    assert topics.met(frozenset(present)) == [["price"], ["wheat", "price"]]
