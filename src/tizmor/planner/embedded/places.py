"""Where a meeting is to be: at the office, in Zoom, במשרד, בחדר הישיבות."""

from __future__ import annotations

from collections.abc import Sequence

from tizmor.planner.embedded import vocabulary
from tizmor.planner.embedded.readings import Word
from tizmor.planner.embedded.tokens import peel

_PLACES = vocabulary.folded(
    "office zoom teams meet skype webex phone cafe café lobby online boardroom "
    "משרד זום טימס סקייפ טלפון לובי קפה"
)
_ROOMS = vocabulary.folded("room חדר")
_OPENERS = frozenset(("at", "in", "on", "over", "via", "by"))
_DETERMINERS = frozenset(("the", "our", "my", "your", "their", "a", "google", "microsoft", "ms"))


def find(words: Sequence[Word]) -> tuple[str, frozenset[int]]:
    """The place as it is said, without its preposition, and the indices of its words."""
    for i, word in enumerate(words):
        if word.token.word in _OPENERS:
            start = i + 1
            at = start
            while at < len(words) and words[at].token.word in _DETERMINERS:
                at += 1
            if at < len(words) and words[at].token.word in _PLACES:
                return _found(words, i, start, at + 1)
            named = at < len(words) and words[at].token.word in _ROOMS
            if named or (at + 1 < len(words) and words[at + 1].token.word in _ROOMS):
                return _found(words, i, start, min(at + 2, len(words)))
        elif place := _hebrew(words, i):
            return place
    return "", frozenset()


def _hebrew(words: Sequence[Word], i: int) -> tuple[str, frozenset[int]] | None:
    token = words[i].token
    if not token.hebrew:
        return None
    for prefix, rest in peel(token.word):
        bare = rest.removeprefix("ה")
        if prefix != "ב" or not (bare in _PLACES or bare in _ROOMS):
            continue
        end = i + 1
        if bare in _ROOMS and end < len(words) and words[end].token.hebrew:
            end += 1
        said = [token.text[1:], *(w.token.text for w in words[i + 1 : end])]
        return " ".join(said), frozenset(range(i, end))
    return None


def _found(words: Sequence[Word], first: int, start: int, end: int) -> tuple[str, frozenset[int]]:
    kept = [w.token.text for w in words[start:end] if w.token.word not in ("the", "a")]
    return " ".join(kept), frozenset(range(first, end))
