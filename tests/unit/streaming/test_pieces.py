"""The side channel: bounded, put together, and no secret in it."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from tizmor.engine.partials import parted
from tizmor.streaming.pieces import MOST_CHARACTERS, MOST_STEPS, Pieces
from tizmor.streaming.topics import PARTIALS, Topics


def test_what_a_step_said_meanwhile_is_one_piece() -> None:
    pieces = Pieces(lambda: None)
    for word in ("one ", "two ", "three"):
        pieces.add(1, "write", word)
    (told,) = pieces.taken(5)
    assert b'"message":"one two three"' in told.said_to(Topics(PARTIALS))
    assert told.side
    assert not pieces.taken(5)


def test_too_much_is_dropped_and_counted() -> None:
    pieces = Pieces(lambda: None)
    for _ in range(3):
        pieces.add(1, "write", "x" * MOST_CHARACTERS)
    for number in range(MOST_STEPS + 10):
        pieces.add(2, f"s{number}", "abc")
    assert sum(each.size for each in pieces.taken(0)) < MOST_CHARACTERS + MOST_STEPS * 200
    assert pieces.dropped == 2 * MOST_CHARACTERS + 11 * 3
    pieces.add(1, "write", "y")
    assert pieces.dropped == 2 * MOST_CHARACTERS + 11 * 3


WORDS = st.lists(st.sampled_from(["SECRET", "abab", "SEC", "a", "b", "RET", "x"]), max_size=8)


@given(WORDS.map("".join), st.lists(st.integers(0, 40), max_size=8))
@example("xSECRETx", [4])
def test_a_secret_that_comes_in_pieces_is_held_back(text: str, cuts: list[int]) -> None:
    """All else is said, but for what a secret may begin with at the end."""
    secrets = ("SECRET", "abab")
    said, unsaid, last = "", "", 0
    for cut in [*sorted(cut for cut in cuts if cut < len(text)), len(text)]:
        piece, last = text[last:cut], cut
        unsaid += piece
        for secret in secrets:
            unsaid = unsaid.replace(secret, "*")
        now, unsaid = parted(unsaid, secrets)
        said += now
    assert not any(secret in said for secret in secrets)
    assert any(secret.startswith(unsaid) for secret in secrets)
    if not any(secret in text for secret in secrets):
        assert said + unsaid == text
