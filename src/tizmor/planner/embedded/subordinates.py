"""Clauses that hang on another: before I sit down with Dana, after you go over, what we wrote.

"Before I sit down with Dana" asks for nothing, yet says with whom, when and about what the meeting
is that is asked for beside it. "After you go over the minutes" asks, and says in which order. What
"what we wrote in the third quarter" says of time belongs to what was written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tizmor.planner.embedded import tenses, vocabulary
from tizmor.planner.embedded.readings import Word
from tizmor.planner.embedded.vocabulary import folded


def opens_aside(words: Sequence[Word], i: int) -> bool:
    """Whether a clause about the asker's own plans starts here: before I sit, לפני שאני יושבת."""
    if words[i].is_in(_BEFORE_HEBREW):
        rest = _said(words, i + 1)[1:]
        first_person = rest in _SELF or (rest[:1] in ("א", "נ") and len(rest) > 2)
        return _said(words, i + 1)[:1] == "ש" and first_person
    if words[i].token.word not in ("before", "until"):
        return False
    going_to_meet = _said(words, i + 1) in _MEETING and i + 2 < len(words)
    meets = going_to_meet and (words[i + 2].token.capitalized or words[i + 2].is_in(_BESIDE))
    return _said(words, i + 1) in _SELF or meets


def resumes(words: Sequence[Word], i: int) -> bool:
    """Whether a wish begins where an aside was going on: I need to know, אני צריכה להבין."""
    return _said(words, i) in _SELF and (
        i + 1 < len(words) and words[i + 1].is_in(vocabulary.MODAL)
    )


def leads_to_request(words: Sequence[Word], i: int) -> int:
    """How many words say only when something is to be done that the next verb asks for: after
    you, once you have, after (reading); 0 when none do."""
    if words[i].token.word not in ("after", "once", "before"):
        return 0
    follower = _said(words, i + 1)
    if follower in ("you", "you've"):
        return 2 + (_said(words, i + 2) == "have")
    verb = words[i + 1].verb if i + 1 < len(words) else None
    reads = verb is not None and verb.concept in vocabulary.MEANS | vocabulary.COMPREHENDING
    return 1 if reads and follower.endswith("ing") else 0


def told(words: Sequence[Word]) -> Iterator[int]:
    """The indices of past verbs that say what of something is: what we wrote, שכתבנו."""
    for i in range(1, len(words)):
        if not tenses.is_past(words[i]):
            continue
        if words[i].token.hebrew:
            relative = words[i].token.word[:1] == "ש" or _said(words, i - 1) in ("מה", "אשר")
        else:
            relative = _said(words, i - 1) in _BEFORE_TOLD
        if relative:
            yield i


def has_relative(words: Sequence[Word]) -> bool:
    """What we have, all that you have: told, not asked as in "what do we have"."""
    return any(
        words[i].token.word in ("have", "had")
        and _said(words, i - 1) in ("i", "we", "you", "they")
        and _said(words, i - 2) not in ("do", "did", "when")
        for i in range(2, len(words))
    )


def _said(words: Sequence[Word], i: int) -> str:
    return words[i].token.word if 0 <= i < len(words) else ""


_BEFORE_HEBREW = folded("לפני")
_SELF = folded("i we i'm we're i've we've אני אנחנו אנו")
_MEETING = folded("meeting seeing sitting talking speaking")
_BESIDE = folded("with down to")
_BEFORE_TOLD = folded(
    "we i they he she you we've i've they've you've that which what who was were been had have "
    "has did team"
)
