"""What a short text in free words asks for, as a key: two that have the same key ask the same.

No likeness decides, for the most alike are often the most different: Marta and Martha, with and
without, from Haifa to London and back. The key is what a text consists of when courtesy, inflection
and the many ways to write a date or a number are gone: concepts, each with the preposition and the
negation before it, in no order; the question that is asked; tense; and, in the order of the text,
those of whom it matters who does what to whom. What isn't known stands for itself, so that a word
that nobody thought of parts two texts, and never joins them.
"""

from __future__ import annotations

import functools
import json
import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from tizmor.caching.english import PAST, english
from tizmor.caching.hebrew import (
    FUTURE,
    IS_BEING,
    PASSIVE,
    WILL_BE,
    hebrew,
    is_named,
    is_verb,
    opening,
)
from tizmor.caching.lexicon import PEOPLE, each
from tizmor.caching.names import IS_NAME
from tizmor.caching.quantities import quantities
from tizmor.caching.tokens import OWNER, compared, joined, tokens_of
from tizmor.caching.vocabulary import ADJECTIVES, ROLES
from tizmor.text.normalize import fold, is_hebrew

PARTIES = PEOPLE | frozenset(map(fold, ROLES.split()))
MOST_CHARACTERS = 300
MOST_WORDS = 40

_DROPPED = each("""the a an is are am be been being do does has have having that which those
    these it
    there there-is would what as in on at whatever""")
_PREPOSITIONS = each("""object from to with without about by for of before after since until
    between than except besides
    within inside outside near against per via through over under above below into onto toward
    towards among around behind beyond upon not > < >= <= like unlike despite instead when if
    minus plus versus including excluding""")
_ALIKE = {
    "regarding": "about", "concerning": "about", "re": "about", "vs": "versus", "till": "until",
    "including": "including", "during": "in", "i": "me", "my": "me", "mine": "me", "myself": "me",
    "our": "us", "we": "us", "ours": "us", "your": "you", "no": "without", "never": "not",
    "following": "next", "none": "nobody", "anybody": "anyone", "everybody": "everyone",
    "whom": "who", "u": "you", "&": "and", "mentioning": "mention", "towards": "to", "their": "its",
}  # fmt: skip
_OWNED = frozenset({"my", "our", "your", "his", "her", "their"})
_AUXILIARY = {"was": PAST, "were": PAST, "did": PAST, "had": PAST, "will": FUTURE, "shall":
    FUTURE}  # fmt: skip
_ASKS_YES_OR_NO = each(
    """is are was were do does did has have had will can should must may whether יש האמ"""
)
_GET = each("""find get show give list fetch locate display retrieve tell bring see search view
    provide
    know check identify present return look return lookup enumerate""")


class _Item(NamedTuple):
    """A concept with what stands before it. `who`: whether it may do something to another;
    `joined`: whether it is one more beside the last. `acts`: whether it is a
    verb with a tense of its own."""

    before: tuple[str, ...]
    concept: str
    who: bool
    joined: bool
    acts: bool = False


class _Reading:
    """What has been read of one text. `verbs` counts words with a tense of their own."""

    def __init__(self) -> None:
        self.items: list[_Item] = []
        self.flags: set[str] = set()
        self.before: list[str] = []
        self.joined = False
        self.verbs = 0
        self.is_finite = False
        self.is_passive = False
        self.is_sought = False
        self.gets = False

    def add(self, concept: str, *, who: bool, acts: bool = False) -> None:
        last = self.items[-1] if self.items else None
        joined = self.joined and last is not None
        if joined and last is not None and not self.before:
            self.before = list(last.before)
        self.items.append(_Item(tuple(self.before), concept, who, joined, acts))
        self.before.clear()
        self.joined = False


def meaning(text: str) -> str | None:
    """The key of a text; None for one that is empty, too long, or of several sentences."""
    text = unicodedata.normalize("NFKC", text).strip()
    if text.isupper():
        text = text.lower()
    if not text or len(text) > MOST_CHARACTERS or "\n" in text:
        return None
    tokens, named = tokens_of(text)
    if not tokens or len(tokens) > MOST_WORDS:
        return None
    reading = _read(compared(joined(quantities(joined(tokens)))), named)
    return _key(reading) if reading.items else None


def _read(tokens: list[str], named: frozenset[str]) -> _Reading:
    reading = _Reading()
    if tokens and tokens[0] in _ASKS_YES_OR_NO:
        reading.flags.add("yes-or-no")
    if _HELPING.intersection(tokens):
        reading.is_finite = True
    for at, token in enumerate(tokens):
        before = set(tokens[max(0, at - 2) : at])
        if token == OWNER and at + 1 < len(tokens):
            _own(reading)
        elif token in _PRONOUNS and not is_verb("".join(tokens[at + 1 : at + 2])):
            continue
        elif token == _WHETHER and reading.items:
            reading.add(token[1:], who=True)
        elif token == OWNER:  # of nothing: it is a part of the name
            reading.add(token, who=False)
        elif token in _DROPPED and token not in _BE and at and at + 1 == len(tokens):
            reading.add(token, who=False)  # of what is on, in or of it, the end says something
        elif token.startswith(("=", "@")) and len(token) > 1:
            _take(reading, token, "", named)
        else:
            if token in named:
                _take(reading, token, "", named)
                continue
            if _is_construct(tokens, at, reading):
                reading.before.append("of")
            acts = is_verb(token) or is_verb(token[1:]) or (token.isascii() and token.endswith("s"))
            for concept, tense in _meant(tokens, at, reading):
                if tense == PAST and (before | set(tokens[:1])) & _BE:
                    tense = "" if before & _IS or tokens[0] in _IS else PASSIVE
                    reading.is_passive = True
                _take(reading, concept, tense, named, acts=acts)
    _leave(reading)
    return reading


def _leave(reading: _Reading) -> None:
    """What nothing came behind: numbers, in their order, and prepositions that end a text."""
    counts = [left for left in reading.before if _COUNT.match(left)]
    words = ["@when" if left == "when" else left for left in reading.before if left not in counts]
    if counts and "of" in words:
        words.remove("of")
    for left in [*words, " ".join(counts)]:
        if left:
            reading.items.append(_Item((), left, False, False))


def _is_construct(tokens: list[str], at: int, reading: _Reading) -> bool:
    """Whether a Hebrew noun stands behind one of those who act, who is its: מנהל המחלקה is
    המנהל של המחלקה, and דנה המנהלת is no one's."""
    last = tokens[at - 1] if at else ""
    return bool(
        reading.items
        and not reading.before
        and (is_hebrew(last) or tokens[at].startswith("ה"))
        and is_hebrew(tokens[at])
        and reading.items[-1].concept in PARTIES
        and not is_verb(tokens[at])
        and not is_verb(tokens[at][1:])
        and hebrew(tokens[at])[-1:] != (("live", ""),)
        and not (last.startswith("ה") and last[1:] and hebrew(last) == hebrew(last[1:]))
        and len(hebrew(tokens[at])) == 1
        and hebrew(tokens[at])[0][1] == ""
        and not hebrew(tokens[at])[0][0].startswith("@")
        and hebrew(tokens[at])[0][0] not in _PREPOSITIONS | _DROPPED | _QUALITIES | {"and"}
    )


def _meant(tokens: list[str], at: int, reading: _Reading) -> Sequence[tuple[str, str]]:
    token = tokens[at]
    if not is_hebrew(token):
        return english_of(token)
    is_first = not reading.items and "object" not in reading.before
    meant = opening(token) if is_first else hebrew(token)
    if meant == _ASKS_TO_GET and (reading.gets or _QUESTIONS.intersection(tokens[:at])):
        return ((token, ""),)
    is_said_twice = len(meant) > 1 and meant[-1][0] in _OWNED and tokens[at + 1 : at + 2] == ["של"]
    return meant[:-1] if is_said_twice else meant


@functools.lru_cache(maxsize=4096)
def english_of(token: str) -> tuple[tuple[str, str], ...]:
    """What is no content keeps its form: "as" is no plural."""
    if token in _ALIKE or token in _DROPPED or token in _PREPOSITIONS or token in _AUXILIARY:
        return ((token, ""),)
    return tuple(english(token))


def _take(
    reading: _Reading, concept: str, tense: str, named: frozenset[str], *, acts: bool = False
) -> None:
    if concept.endswith(" me") and reading.items and reading.items[-1][:2] == ((), "me"):
        reading.items.pop()
    if tense:
        reading.is_passive = reading.is_passive or tense in _PASSIVES
        reading.flags.add(_PASSIVES.get(tense, tense))
        reading.verbs += 1
    if concept in _OWNED:
        reading.before.append("of")
    concept = _ALIKE.get(concept, concept)
    if concept in _AUXILIARY:
        reading.flags.add(_AUXILIARY[concept])
    elif concept == "whether":
        reading.flags.add("yes-or-no")
    elif concept == "and":
        reading.joined = True
    elif concept in _DROPPED or (not reading.items and concept in _GET):
        reading.is_sought = not reading.items
    elif concept == "@get":
        reading.is_sought = not reading.items
        reading.gets = True
    elif concept in ("for", "me") and not reading.items and reading.is_sought:
        return
    elif concept == "if" and not reading.items:
        reading.flags.add("yes-or-no")
    elif _is_led(concept, reading):
        return
    elif concept == "contain" and reading.items and not tense:
        if "not" in reading.before:
            reading.before.remove("not")
            reading.before.append("without")
        else:
            reading.before.append("with")
    elif concept == "when" and not reading.items:
        reading.add("@when", who=False)
    elif concept == "who" and reading.items and not reading.items[-1].concept.startswith("="):
        return
    elif concept in _PREPOSITIONS or _COUNT.match(concept):
        reading.before.append(concept)
    else:
        is_who = concept in PARTIES or concept in IS_NAME or concept in named
        reading.add(concept, who=is_who, acts=acts or bool(tense))


_ASKS_TO_GET = (("@get", ""),)
_QUESTIONS = frozenset(map(fold, each("מה מי מתי איפה היכן איך כיצד למה מדוע איזה איזו אילו כמה")))
"""Behind these a verb in the future is no order: what will Dana show."""
_PASSIVES = {PASSIVE: PAST, WILL_BE: FUTURE, IS_BEING: IS_BEING}
"""Passives, with the tense that they are of."""
_BE = frozenset({"is", "are", "be", "being", "was", "were", "been"})
_IS = frozenset({"is", "are", "be", "being"})
_HELPING = each("do does did will shall can could should must may might")


def _is_led(concept: str, reading: _Reading) -> bool:
    """Whether a preposition is only what another, or to sign (לחתום על), is followed by."""
    if concept in _LED and reading.before and reading.before[-1] in _LEADING:
        return True
    last = reading.items[-1].concept if reading.items else ""
    return concept == "about" and last.startswith("sign")


_PRONOUNS = frozenset({"הוא", "היא", "המ", "הנ"})
_WHETHER = "האמ"
_LED = frozenset({"to", "from", "about"})
_LEADING = frozenset({"about", "except", "since", "before", "besides"})
"""Prepositions that another follows in Hebrew, and says nothing."""
_COUNT = re.compile(r"=\d+(?:\.\d+)?\Z")


def _own(reading: _Reading) -> None:
    """What stands before 's is who has it."""
    if reading.items:
        last = reading.items[-1]
        reading.items[-1] = last._replace(before=(*last.before, "of"))


def _key(reading: _Reading) -> str:
    """Who does and who is done to are told apart where there are two, or one and a question for
    the other; where much is said of several things, so is all else."""
    items = _subjects_first(_timed(reading.items))
    if reading.flags and not any(item.who for item in items):
        items = [item._replace(who=is_named(item.concept)) for item in items]
    people = sum(item.who for item in items)
    asked = any(item.concept in ("who", "@whom") for item in items)
    if reading.is_passive and (people or asked) and not any("by" in i.before for i in items):
        reading.flags.add(PASSIVE)
    if reading.is_finite:
        items = [item._replace(who=True) for item in items]
    strict = people + asked > 1 or reading.is_finite
    whole = reading.verbs > 1 or _is_contrasted(items)
    bag: list[str] = []
    order: list[list[str]] = []
    last = ""
    for item in items:
        before = tuple(
            b
            for b in item.before
            if (b == "of" and last in PARTIES)
            or _counts(b, item, strict=strict or whole, acts=PAST in reading.flags)
        )
        last = item.concept
        said = " ".join((*sorted(before, key=_words_first), item.concept))
        is_free = not set(before) - {"by"}
        if whole or (strict and is_free and (item.who or item.concept in ("who", "@whom"))):
            if item.joined and order:
                order[-1].append(said)
            elif "by" in before and not whole:
                order.insert(0, [item.concept])
            else:
                order.append([said])
        else:
            bag.append(said)
    parts = [sorted(reading.flags), sorted(bag), [sorted(group) for group in order]]
    return json.dumps(parts, ensure_ascii=False)


def _words_first(before: str) -> str:
    """Sorts what stands before a concept; numbers stay in their order, behind the rest."""
    return "~" if _COUNT.match(before) else before


def _subjects_first(items: list[_Item]) -> list[_Item]:
    """Of two who stand together before a verb the second does it: the man Dan saw, Dan saw."""
    ordered = list(items)
    for at in range(len(items) - 2):
        done, does, verb = items[at : at + 3]
        if verb.acts and done.who and does.who and not (does.before or does.joined or done.before):
            ordered[at], ordered[at + 1] = does, done
    return ordered


def _timed(items: list[_Item]) -> list[_Item]:
    """Without the part of the day that an hour says already."""
    hours = [item.concept for item in items if item.concept.startswith("=T")]
    if len(hours) != 1:
        return items
    said = _AFTERNOON if hours[0] >= "=T12:00" else _FORENOON
    return [item for item in items if item.concept not in said]


_FORENOON = frozenset({"morn", "morning", "בוקר"})
_AFTERNOON = frozenset({"afternoon", "even", "evening", "ערב", "צהרי"})


def _is_contrasted(items: list[_Item]) -> bool:
    concepts = {item.concept for item in items}
    counts = sum(any(_COUNT.match(b) for b in item.before) for item in items)
    nouns = [item.concept for item in items if item.before and not item.concept.startswith("=")]
    if len(set(nouns)) < len(nouns):
        return True
    return bool(concepts & _CONTRASTS) or len(concepts & _QUALITIES) > 1 or counts > 1


_CONTRASTS = each(
    "but than while whereas rather unless although though lack one instead versus because"
)
_QUALITIES = each("""big large small new old open close free busy newest oldest last next this
    current first
    second third early late high low more less most least good bad best worst short long cheap
    expensive annual monthly weekly daily quarterly all only some important urgent""") | frozenset(
    map(fold, ADJECTIVES.split())
)


def _counts(before: str, item: _Item, *, strict: bool, acts: bool) -> bool:
    """Whether a preposition says something: that something is somebody's, or for something, does
    where it may be another's."""
    match before:
        case "of":
            return strict and item.who
        case "object":
            return item.who or item.concept == "who"
        case "by":
            return strict or not item.who or not acts
        case "for":
            return not item.concept.startswith("=")
        case _:
            return True
