"""Topics by their words."""

from __future__ import annotations

import pytest

from tizmor.core.ids import public_id
from tizmor.streaming.entries import Frame, entry
from tizmor.streaming.topics import (
    APPROVALS,
    EXECUTIONS,
    PARTIALS,
    STEPS,
    Topics,
    UnknownTopic,
    parse,
)


def test_words_and_executions_are_parted_by_commas() -> None:
    found = parse(f"executions, approvals,execution:{public_id(7)},")
    assert found == Topics(EXECUTIONS | APPROVALS, frozenset({7}))


@pytest.mark.parametrize(
    "wrong", ["", ",", "nothing", "execution:", "execution:zz", "executions,steps2", "steps," * 101]
)
def test_what_is_no_topic_is_refused_with_the_words_that_are(wrong: str) -> None:
    with pytest.raises(UnknownTopic):
        parse(wrong)


def test_a_reader_is_told_its_topics_and_the_id_comes_with_the_last() -> None:
    """Cut off between two events of one id, it would lose the second."""
    frames = [
        Frame(PARTIALS, True, b"data: p\n\n"),
        Frame(STEPS, True, b"data: s\n\n"),
        Frame(EXECUTIONS, False, b"data: e\n\n"),
    ]
    told = entry(9, 7, frames)
    follows = Topics(0, frozenset({7}))
    assert told.said_to(follows) == b"data: p\n\nid: 9\ndata: s\n\n"
    assert told.said_to(Topics(EXECUTIONS)) == b"id: 9\ndata: e\n\n"
    assert told.said_to(Topics(EXECUTIONS, frozenset({7}))).count(b"id: 9\n") == 1
    assert told.said_to(Topics(EXECUTIONS, frozenset({7}))).endswith(b"id: 9\ndata: e\n\n")
    assert told.said_to(Topics(APPROVALS, frozenset({8}))) == b""
