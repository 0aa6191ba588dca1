"""An append that can't be written is judged by what is stored: was it written before?"""

from __future__ import annotations

import pytest

from tizmor.ports.journal import Append, NewExecution
from tizmor.storage.retry import Found, kept_at

EVENTS = [(1_000, b"first")]
CREATE = NewExecution(query="request", user="me", created_at_ms=1)
CREATING = Append(execution=7, epoch=1, first_seq=1, events=EVENTS, create=CREATE)
RELEASING = Append(execution=7, epoch=2, first_seq=5, events=[], release=True)


@pytest.mark.parametrize(
    ("owner", "epoch", "position"), [("me", 1, 40), ("another", 1, None), ("another", 2, 40)]
)
def test_an_execution_that_its_first_owner_has_is_that_owner_s(
    owner: str, epoch: int, position: int | None
) -> None:
    """Taken over from here, it has a later epoch; in its first, another has begun it."""
    found = Found(owner, epoch, seq=1, events=[(40, 1_000, b"first")], unsettled=False)

    assert kept_at(CREATING, EVENTS, found, "me", retried=True) == position


@pytest.mark.parametrize(
    ("epoch", "seq", "position"), [(2, 4, 0), (2, 5, None), (3, 4, None), (3, 5, None)]
)
def test_a_release_was_written_only_if_nothing_has_come_since(
    epoch: int, seq: int, position: int | None
) -> None:
    """Whoever took it up since and let it go again has a later epoch, or has written on."""
    found = Found(None, epoch, seq, events=[], unsettled=False)

    assert kept_at(RELEASING, [], found, "me", retried=False) == position
