"""What a clause is about: the project, customer or subject by which documents are found.

A topic is strong when a preposition introduces it (about the budget, at Tevuot, בתבואות) or when
it is quoted; a weak one is a plain noun of the clause, such as the object of its verb.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tizmor.planner.embedded import vocabulary
from tizmor.planner.embedded.conjugation import Form
from tizmor.planner.embedded.readings import Role, Word
from tizmor.planner.embedded.tokens import Kind, peel

_MOST_WORDS = 6
_MOST_TOPICS = 10
_MAX_LENGTH = 200


class Topics(NamedTuple):
    """`about` follows about, על, בנושא; `strong` also in, at, of, ב, של; `weak` is the rest."""

    about: tuple[str, ...]
    strong: tuple[str, ...]
    weak: tuple[str, ...]

    everything: tuple[str, ...] = ()
    """All of them, in the order they were said."""

    @property
    def best(self) -> tuple[str, ...]:
        return self.strong or self.weak


def find(words: Sequence[Word], taken: frozenset[int], *, skip: int = 0) -> Topics:
    """The topics of one clause; `taken` are indices of words that say a time or name a person,
    `skip` those before the clause's head. Ranks: 0 about, 1 by another preposition, 2 plain."""
    ranks: dict[str, int] = {}
    i = skip
    while i < len(words):
        rank, start = _opening(words, i, taken)
        text, after = _run(words, start, taken, rank)
        if text:
            ranks[text] = min(rank, ranks.get(text, rank))
        i = max(after, i + 1)

    def ranked(*wanted: int) -> tuple[str, ...]:
        return tuple(t for t, rank in ranks.items() if rank in wanted)[:_MOST_TOPICS]

    return Topics(ranked(0), ranked(0, 1), ranked(2), ranked(0, 1, 2))


def about_start(words: Sequence[Word]) -> int:
    """The index of the first word that says "about"; the length when none does."""
    return next((i for i in range(len(words)) if _is_about(words, i)), len(words))


def _opening(words: Sequence[Word], i: int, taken: frozenset[int]) -> tuple[int, int]:
    """How strongly what starts at `i` is introduced, and where the topic itself begins."""
    if _is_about(words, i):
        return 0, i + 1
    token = words[i].token
    if token.word in vocabulary.PLACE_MARKERS:
        return 1, i + 1
    if token.quoted:
        return 1, i
    if token.prefix[-1:] in tuple("בלמ"):
        return 1, i
    return (1 if _prefixed(words, i, taken) else 2), i


def _is_about(words: Sequence[Word], i: int) -> bool:
    word = words[i]
    said = word.token.word
    if word.absorbed:
        return False
    if said == "on":
        return i > 0 and _is_subject(words, i + 1)
    if said == "על":
        return True
    if word.verb is not None and word.verb.concept in ("talk", "read", "decide") and i > 0:
        return word.token.word[:1] == "ל" or words[i - 1].token.word == "to"
    return said in vocabulary.TOPIC_MARKERS


def _is_subject(words: Sequence[Word], i: int) -> bool:
    """Whether what follows "on" is a subject: on the budget, but not on my calendar."""
    while i < len(words) and words[i].token.word in _DETERMINERS:
        i += 1
    return i < len(words) and words[i].token.kind is Kind.WORD and words[i].noun is None


def _prefixed(words: Sequence[Word], i: int, taken: frozenset[int]) -> bool:
    """Whether the first letter of an unknown Hebrew word is read as a preposition.

    It is not when the rest would begin with ו (which doubles after a prefix), after a verb that
    takes an object, nor, for ל and מ, after a noun that the word may complete (דוח מכירות).
    """
    said = words[i].token.word
    if i == 0 or not (words[i].unknown and words[i].token.hebrew and len(said) > 2):
        return False
    done = words[i - 1].verb
    if len(said) == 3 and not (said[0] == "ב" and done is not None and done.form is Form.PAST):
        return False
    if said[0] not in "בלמ" or said[1] == "ו" or said in _WHOLE:
        return False
    if i - 1 in taken:
        return True
    previous = words[i - 1]
    before = previous.token.word
    if _is_about(words, i - 1) or before in _OBJECT_MARKERS:
        return False
    if previous.verb is not None and previous.verb.form in _OBJECT_TAKING:
        return said[0] == "ב" and previous.verb.concept == "find"
    is_absolute = before[:1] == "ה" or before.endswith(("ימ", "ות", "נו", "תי"))
    return said[0] == "ב" or is_absolute or previous.function or previous.verb is not None


_OBJECT_MARKERS = vocabulary.folded("את של על פרויקט פרוייקט חברת צוות לקוח הלקוח מחלקת")
_OBJECT_TAKING = (Form.DIRECTIVE, Form.BASE, Form.INFINITIVE)
_WHOLE = vocabulary.NAMES_WITH_PREFIX_LETTERS | vocabulary.ORGANISATIONAL


def _run(words: Sequence[Word], start: int, taken: frozenset[int], rank: int) -> tuple[str, int]:
    """The noun phrase that starts at `start`, and the index after it."""
    at = _skip_determiners(words, start, taken)
    first = at
    parts: list[int] = []
    quoted = words[at].token.quoted if at < len(words) else 0
    while at < len(words) and at not in taken and len(parts) < _MOST_WORDS:
        if quoted and words[at].token.quoted != quoted:
            break
        if not quoted and not _belongs(words, at, rank, taken, first=at == first):
            break
        if len(parts) == 1 and not quoted and _follows_question_word(words, parts[0]):
            break
        parts.append(at)
        at += 1
    while parts and not quoted and words[parts[-1]].noun and _is_generic(words, parts[-1]):
        parts.pop()
    peeled = rank == 1 and first == start and _prefixed(words, first, taken) if parts else False
    text = " ".join(_said(words[i], first=i == first, peeled=peeled) for i in parts)
    return text[:_MAX_LENGTH].strip(), at


def _follows_question_word(words: Sequence[Word], i: int) -> bool:
    """Whether a word is most likely the verb of a Hebrew question: מתי הוגשה התוכנית."""
    asks = words[i - 1].asks if i else None
    return words[i].token.hebrew and asks is not None and asks.concept not in ("what", "howmuch")


def _skip_determiners(words: Sequence[Word], i: int, taken: frozenset[int]) -> int:
    """Over the, our, the project, פרויקט: what names follow."""
    while i < len(words) and i not in taken and not words[i].token.quoted:
        word = words[i]
        is_kind = any(r in vocabulary.ORGANISATIONAL for _, r in peel(word.token.word))
        follower = words[i + 1] if i + 1 < len(words) and i + 1 not in taken else None
        named = follower is not None and (follower.unknown or follower.token.quoted > 0)
        if word.token.word in _DETERMINERS or (is_kind and named):
            i += 1
        else:
            break
    return i


def _belongs(
    words: Sequence[Word], i: int, rank: int, taken: frozenset[int], *, first: bool
) -> bool:
    word = words[i]
    token = word.token
    if token.kind in (Kind.FILE, Kind.EMAIL, Kind.MARK):
        return token.text in ("-", "&") and not first and token.kind is Kind.MARK
    if token.kind is not Kind.WORD:
        return not first
    if word.absorbed or token.word in vocabulary.TITLES or token.word in _NEVER:
        return False
    if not first and not _continues(words, i, taken):
        return False
    if word.unknown:
        is_kind = any(r in vocabulary.ORGANISATIONAL for _, r in peel(token.word))
        return not is_kind and not _is_verb(words, i)
    if rank == 0 or (rank == 1 and not first):
        # After "about", known nouns are topics, too: the status of, סיכום הפגישה.
        return word.noun is not None and not word.function
    return not first and word.noun is not None and word.noun.concept in _PARTS_OF_NAMES


def _is_verb(words: Sequence[Word], i: int) -> bool:
    """Whether an unknown word is a verb by its place or form: what did we ship, מה הזמנו."""
    token = words[i].token
    if token.hebrew:
        return len(token.word) >= 5 and token.word.endswith(("נו", "תי")) and not token.prefix
    previous = words[i - 1].token.word if i else ""
    return previous in ("we", "i", "they", "you", "he", "she") and not token.capitalized


def _continues(words: Sequence[Word], i: int, taken: frozenset[int]) -> bool:
    token = words[i].token
    if token.prefix:
        return False
    if token.hebrew and words[i].unknown and _prefixed(words, i, taken):
        return False
    if token.hebrew and token.word[:1] in "וש" and token.word not in _WHOLE:
        return False
    return not (token.hebrew and words[i].readings[0].prefix[:1] in tuple("בלמוש"))


def _is_generic(words: Sequence[Word], i: int) -> bool:
    """Nouns that say what kind of thing is looked for: the budget documents, the Lotus file."""
    noun = words[i].noun
    return (
        noun is not None
        and words[i].readings[0].role is Role.NOUN
        and (noun.concept in ("document", "summarize", "status", "agenda", "meeting", "find"))
    )


def _said(word: Word, *, first: bool, peeled: bool) -> str:
    token = word.token
    text = token.text.removesuffix("'s")
    if not (token.hebrew and first) or token.quoted or token.prefix:
        return text
    if peeled:
        return _without_article(text[1:], token.word[1:])
    return _without_article(text, token.word)


def _without_article(text: str, word: str) -> str:
    is_article = text[:1] == "ה" and len(text) > 3
    return text[1:] if is_article and word not in vocabulary.NAMES_WITH_PREFIX_LETTERS else text


_DETERMINERS = vocabulary.folded(
    "the a an our my your this that these those all any every some its new last next את כל של ה"
)
_NEVER = vocabulary.POLITE | vocabulary.WANTING
_PARTS_OF_NAMES = frozenset({"strategy", "status", "report", "system", "cost"})
