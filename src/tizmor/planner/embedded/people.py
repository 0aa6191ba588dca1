"""Who a clause is about: names after "with", of whom something is asked, pronouns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tizmor.planner.embedded import vocabulary
from tizmor.planner.embedded.readings import Word
from tizmor.planner.embedded.tokens import Kind, peel

_MOST_WORDS = 4
_MOST_PEOPLE = 30


class People(NamedTuple):
    """Names in the order they were said, and the indices of all words that name them."""

    names: tuple[str, ...]
    words: frozenset[int]


def find(words: Sequence[Word], times: frozenset[int], before: Sequence[str]) -> People:
    """The people of one clause.

    `times` are the indices of words that say a time; `before` are the people named earlier in the
    request, whom "him", איתה and "them" mean.
    """
    names: list[str] = []
    used: set[int] = set()
    for start, opening in _openings(words, times):
        if start in used:
            continue
        if pronoun := _pronoun(words, start):
            names += (list(before) + names)[-1:] if pronoun == "one" else [*before, *names]
            used.add(start)
            continue
        for name, indices in _list(words, start, times, opening=opening):
            if opening == "copula" and not _is_name_or_last(words, indices):
                break
            names.append(name)
            used |= indices
    unique = tuple(dict.fromkeys(names))[:_MOST_PEOPLE]
    return People(unique, frozenset(used))


def _is_name_or_last(words: Sequence[Word], indices: set[int]) -> bool:
    """After "who is": a written name, or all that follows; "responsible for hiring" is none."""
    written = words[min(indices)].token
    following = words[max(indices) + 1 :]
    return written.capitalized or written.hebrew or all(w.function for w in following)


def named_in(text_words: Sequence[Word]) -> tuple[str, ...]:
    """The names in an answer that is nothing but names: "Dana and Yoav", "דנה, יואב"."""
    start = 1 if text_words and text_words[0].is_in(vocabulary.WITH) else 0
    names = [n for n, _ in _list(text_words, start, frozenset(), opening="answer")]
    return tuple(dict.fromkeys(names))[:_MOST_PEOPLE]


def _openings(words: Sequence[Word], times: frozenset[int]) -> Iterator[tuple[int, str]]:
    """Where names may begin, and by which word they are introduced."""
    meets = any(w.noun and w.noun.concept in _OF_TIME for w in words) or any(
        w.asks and w.asks.concept == "free" for w in words
    )
    for i, word in enumerate(words):
        if i in times:
            continue
        said = word.token.word
        if meets and (beside := _beside_me(words, i)):
            yield beside
            continue
        if said in vocabulary.PRONOUNS and said.startswith(("אית", "את", "עמ")):
            if said != "אתה" or i:
                yield i, "with"
        elif word.token.kind is Kind.EMAIL or said in vocabulary.TITLES:
            yield i, "title"
        elif word.is_in(vocabulary.WITH):
            yield i + 1, "with"
        elif _introduces(words, i):
            is_copula = said in ("is", "are")
            yield _after_object_marker(words, i + 1), "copula" if is_copula else "verb"
        elif word.token.text.endswith("'s") and word.token.capitalized and word.unknown:
            if i + 1 < len(words) and words[i + 1].noun:
                yield _first_name(words, i), "owner"
        elif said in _SUBJECT_PRONOUNS and any(
            w.noun and w.noun.concept == "free" for w in words[i + 1 : i + 4]
        ):
            yield i, "with"
        elif said[:2] == "ול" and i and words[i - 1].token.word in ("לי", "לנו") and word.unknown:
            yield i, "dative"
        elif (first := _subjects(words, i)) is not None:
            yield first, "subject"
        elif _asks_if_free(words, i) or _is_subject_with_me(words, i):
            yield _first_name(words, i), "subject"


_OF_TIME = frozenset(("free", "meeting", "time"))


def _beside_me(words: Sequence[Word], i: int) -> tuple[int, str] | None:
    """Names where times are sought: for me and X, X, Y and I, גם אצל X, שמתאים ל-X, all: X, Y."""
    said = words[i].token.word
    follower = words[i + 1].token if i + 1 < len(words) else None
    if said in ("אצל", "ואצל"):
        return i + 1, "with"
    if said == "me" and follower and follower.word in ("and", ","):
        return i + 2, "with"
    if said == ":" and follower and follower.capitalized and words[i + 1].unknown:
        return i + 1, "with"
    before = words[i - 1].token.word if i else ""
    if said[:2] in ("ול", "לי") or said[:1] == "ל":
        is_dative = words[i].unknown and len(said) > 3 and before in _BEFORE_DATIVE
        return (i, "dative") if is_dative else None
    return None


_BEFORE_DATIVE = vocabulary.folded("גם וגם לי לנו מתאים שמתאים נוח שנוח מתאימה שמתאימה , פנוי")


def _subjects(words: Sequence[Word], i: int) -> int | None:
    """Where the list that ends with "and I" begins: when could X, Y and I."""
    said = words[i].token.word
    follower = words[i + 1].token.word if i + 1 < len(words) else ""
    if said != "ואני" and not (said == "and" and follower in ("i", "me")):
        return None
    start = i
    cased = i > 0 and words[i - 1].token.capitalized
    while start and i - start < _MOST_WORDS * 3 and _in_list(words[start - 1]):
        token = words[start - 1].token
        if cased and token.kind is Kind.WORD and not (token.capitalized or token.hebrew):
            break
        start -= 1
    return start if start < i else None


def _first_name(words: Sequence[Word], i: int) -> int:
    """Where the name begins whose last word is at `i`: Rami Levy's."""
    while i and words[i - 1].unknown and words[i - 1].token.capitalized:
        i -= 1
    return i


def _in_list(word: Word) -> bool:
    return word.token.text == "," or (word.unknown and word.token.kind is Kind.WORD)


def _introduces(words: Sequence[Word], i: int) -> bool:
    """Meet X, invite X, who is X, the phone of X, הטלפון של X, מי זה X."""
    word, previous = words[i], words[i - 1] if i else None
    said = word.token.word
    if word.verb and word.verb.concept == "invite" and word.token.hebrew:
        # Hebrew orders tables and pizzas with the same verb.
        return any(w.noun and w.noun.concept == "meeting" for w in words[i:])
    if word.verb and word.verb.concept in ("meet", "invite", "call", "contact"):
        return True
    if word.noun and word.noun.concept == "contact":
        return True
    if said in ("meeting", "seeing") and previous is not None:
        return previous.token.word == "before"
    if word.verb and word.verb.concept == "schedule" and i + 1 < len(words):
        return words[i + 1].token.capitalized and words[i + 1].unknown
    if word.token.word in ("of", "של", "for") and previous is not None:
        return any(
            w.noun and w.noun.concept in ("phone", "email", "address", "contact", "free")
            for w in words[max(0, i - 3) : i]
        )
    if said in ("is", "זה", "זאת", "זו", "הוא", "היא") and previous is not None:
        return previous.asks is not None and previous.asks.concept == "who"
    if said in ("between", "בינ"):
        return True
    if said in ("who's", "מיהו", "מיהי"):
        return True
    if said in ("את", "ואת") and previous is not None and previous.verb is not None:
        to_meeting = previous.verb.concept in ("schedule", "block") and any(
            w.noun and w.noun.concept == "meeting" and w.noun.prefix == "ל" for w in words[i:]
        )
        return to_meeting or previous.verb.concept in ("invite", "meet")
    if said == "are" and previous is not None:
        return previous.asks is not None and previous.asks.concept == "when"
    return said in ("is", "are") and (
        previous is None
        or (previous.asks is not None and previous.asks.concept in ("when", "whether"))
    )


def _after_object_marker(words: Sequence[Word], i: int) -> int:
    while i < len(words) and (
        words[i].token.word in ("את", "to", "up", "with", "עמ", "של", "of", "for", "me", "i")
    ):
        i += 1
    return i


def _asks_if_free(words: Sequence[Word], i: int) -> bool:
    """X פנוי, is X free: a name beside the word that says free."""
    if not _may_name(words, i, first=True, opening="subject"):
        return False
    following = words[i + 1 : i + 3]
    return any(w.noun and w.noun.concept == "free" for w in following[:2]) and (
        words[i].token.hebrew or words[i].token.capitalized
    )


def _is_subject_with_me(words: Sequence[Word], i: int) -> bool:
    """Dana and I, אני ודנה."""
    if i + 2 < len(words) and words[i].token.capitalized and words[i].unknown:
        return words[i + 1].token.word == "and" and words[i + 2].token.word in ("i", "me")
    said = words[i].token.word
    before = words[i - 1].token.word if i else ""
    return before == "אני" and said[:1] == "ו" and words[i].unknown


_SUBJECT_PRONOUNS = {"היא": "one", "הוא": "one", "she": "one", "he": "one", "they": "all"}


def _pronoun(words: Sequence[Word], i: int) -> str:
    if i < len(words) and words[i].token.word in _SUBJECT_PRONOUNS:
        return _SUBJECT_PRONOUNS[words[i].token.word]
    return vocabulary.PRONOUNS.get(words[i].token.word, "") if i < len(words) else ""


def _list(
    words: Sequence[Word], start: int, times: frozenset[int], *, opening: str
) -> Iterator[tuple[str, set[int]]]:
    """Names joined by commas, and, ו, or another "with"."""
    at, cased, joined = start, None, False
    while at < len(words):
        name, after = _name(words, at, times, opening=opening, joined=joined)
        if not name:
            return
        is_cased = words[after - 1].token.capitalized or words[after - 1].token.hebrew
        if cased and not is_cased and words[at].token.kind is not Kind.EMAIL:
            return
        cased = is_cased
        yield name, set(range(at, after))
        at, joined = _next_in_list(words, after, times)


def _next_in_list(words: Sequence[Word], i: int, times: frozenset[int]) -> tuple[int, bool]:
    """Where the next name of a list begins; past the end when the list ends."""
    none = len(words)
    if i >= none or i in times:
        return none, False
    word = words[i]
    if word.token.word in ("and", "&"):
        skip = i + 1 + (i + 1 < none and words[i + 1].is_in(vocabulary.WITH))
        return (skip, True) if _may_name(words, skip, first=True, opening="list") else (none, False)
    if word.token.word in ("ועמ", "ואת"):
        return i + 1, False
    if word.token.word == "," and i + 1 < none:
        at = i + 1 + (words[i + 1].token.word == "and")
        closed = at > i + 1 or _list_goes_on(words, at)
        named = closed and _may_name(words, at, first=True, opening="list")
        return (at, words[at].token.word[:1] == "ו") if named else (none, False)
    if word.token.word[:1] == "ו" and len(word.token.word) > 2 and word.unknown:
        return i, True
    return none, False


def _list_goes_on(words: Sequence[Word], i: int) -> bool:
    """After a comma: a capitalised word, or a Hebrew one whose list is closed by ו later."""
    if i >= len(words) or not words[i].unknown:
        return False
    if words[i].token.capitalized:
        return True
    following = [w.token for w in words[i : i + 7]]
    return words[i].token.hebrew and any(t.word[:1] == "ו" for t in following[:4])


def _name(
    words: Sequence[Word], start: int, times: frozenset[int], *, opening: str, joined: bool
) -> tuple[str, int]:
    """The name that starts at `start` and the index after it; empty when none does."""
    at = start
    if at < len(words) and words[at].token.word in ("the", "my", "our"):
        at += 1
    parts: list[str] = []
    while at < len(words) and at not in times and len(parts) < _MOST_WORDS:
        token = words[at].token
        if token.kind is Kind.EMAIL and not parts:
            return token.text, at + 1
        if token.word in vocabulary.TITLES and not parts:
            at += 1 + (at + 1 < len(words) and words[at + 1].token.text == ".")
            continue
        if not _may_name(words, at, first=not parts, opening=opening):
            break
        if parts and not _continues(words, at):
            break
        text = token.text.removesuffix("'s")
        if joined and not parts and token.hebrew and token.word[:1] == "ו" and len(text) > 2:
            text = text[1:]
        if opening == "dative" and not parts:
            text = text.removeprefix("ו").removeprefix("ל")
        parts.append(text)
        at += 1
        if token.text.endswith("'s"):
            break
    if any(w.token.word in _PROJECTS for w in words[start : at + 1]):
        return "", at
    return " ".join(parts), at


def _may_name(words: Sequence[Word], i: int, *, first: bool, opening: str) -> bool:
    if i >= len(words):
        return False
    word = words[i]
    token = word.token
    if token.kind is Kind.EMAIL:
        return first
    if token.kind is not Kind.WORD or word.absorbed:
        return False
    if token.word in vocabulary.TITLES:
        return first
    if token.quoted and opening in ("with", "answer"):
        return True
    if word.readings[0].prefix and token.hebrew and token.word in _GIVEN:
        return True
    if first and i and token.word in vocabulary.NAMES_LIKE_SMALL_WORDS:
        return words[i - 1].is_in(vocabulary.WITH)
    if word.is_in(vocabulary.TOPIC_MARKERS) or word.is_in(vocabulary.POLITE):
        return False
    return word.unknown and token.word not in _NOT_NAMES


def _continues(words: Sequence[Word], i: int) -> bool:
    """Whether a word goes on with a name that was begun."""
    token, previous = words[i].token, words[i - 1].token
    if not token.hebrew:
        return token.capitalized or (
            not previous.capitalized and not previous.hebrew and token.word.isalpha()
        )
    if token.prefix:
        return False
    if not previous.hebrew:
        return False
    if token.word in _GIVEN or token.word[:1] not in "ושהבלמכ":
        return True
    rest = [r for prefix, r in peel(token.word) if prefix]
    if any(r in _GIVEN for r in rest):
        return False
    limits = {"ו": 0, "ה": 0, "ל": 4, "ב": 4, "מ": 5, "כ": 5, "ש": 5}
    return len(token.word) <= limits[token.word[0]]


_PROJECTS = vocabulary.folded(
    "project deal contract budget plan פרויקט פרוייקט הפרויקט עסקת העסקה חוזה החוזה תקציב"
)
_GIVEN = vocabulary.NAMES_WITH_PREFIX_LETTERS
_NOT_NAMES = vocabulary.folded(
    "team everyone everybody someone anybody colleagues people client clients marketing lunch "
    "coffee attention respect regard regards details כולם מישהו הבוקר ההנהלה"
) - {"marketing", "client", "clients", "team", "ההנהלה"}
