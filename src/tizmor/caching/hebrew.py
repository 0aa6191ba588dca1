"""Hebrew words as concepts: prefixes taken off where the rest is known, verbs by their root."""

from __future__ import annotations

import functools

from tizmor.caching.conjugation import FUTURE, IS_BEING, PASSIVE, PAST, WILL_BE, verbs
from tizmor.caching.inflection import adjectives, possessed, pronouns, singulars
from tizmor.caching.lexicon import CONCEPTS, each
from tizmor.caching.names import IS_NAME, NAMES
from tizmor.caching.vocabulary import ADJECTIVES, NOUNS, ROLES
from tizmor.text.normalize import fold, is_hebrew

__all__ = [
    "FUTURE", "IS_BEING", "PASSIVE", "PAST", "WILL_BE", "hebrew", "is_named", "is_verb",
    "opening",
]  # fmt: skip
_PREFIXES = {
    "ו": ("and",), "ה": (), "ב": ("in",), "ל": ("to",), "מ": ("from",), "ש": ("that",),
    "כ": ("as",), "וה": ("and",), "וב": ("and", "in"), "ול": ("and", "to"),
    "ומ": ("and", "from"), "וש": ("and", "that"), "מה": ("from",), "שה": ("that",),
    "שב": ("that", "in"), "של": ("that", "to"), "שמ": ("that", "from"), "כש": ("when",),
    "כשה": ("when",), "לכש": ("when",), "בה": ("in",), "לה": ("to",),
}  # fmt: skip
_LONE = frozenset("והבלמש")
_SHORTEST = 4
_SHORTEST_LEMMA = 3
_MOST_PREFIXES = 3
Meaning = tuple[tuple[str, str], ...]
"""What a word stands for: concepts and function words, each with its tense."""


@functools.cache
def _words() -> dict[str, Meaning]:
    """All forms that are known. Of what is written alike, the surer reading stays."""
    known: dict[str, Meaning] = {}
    for word, means in FUNCTION.items():
        known[word] = ((means, ""),) if means else ()
    for word, parts in pronouns().items():
        known.setdefault(word, tuple((part, "") for part in parts))
    for word, concept in CONCEPTS.items():
        known.setdefault(word, ((concept, ""),))
    for written, name in NAMES.items():
        known.setdefault(written, ((name, ""),))
    for word, (concept, tense) in _verb_forms().items():
        what, _, person = concept.partition(" ")
        concept = f"{CONCEPTS.get(what, what)} {person}".rstrip()
        known.setdefault(word, ((concept, tense),))
    things = [fold(word) for word in f"{NOUNS} {ROLES}".split()]
    for lemma in map(fold, ADJECTIVES.split()):
        for form in adjectives(lemma):
            known.setdefault(form, ((lemma, ""),))
    for lemma in things:
        known.setdefault(lemma, ((lemma, ""),))
    return known


@functools.cache
def _lemmas() -> dict[str, str]:
    """Nouns in their dictionary form, and what they stand for."""
    words = {
        word: means
        for word, means in CONCEPTS.items()
        if is_hebrew(word) and not (word.startswith("ה") and word[1:] in CONCEPTS)
    }
    return {lemma: lemma for lemma in map(fold, f"{NOUNS} {ROLES}".split())} | words


def _known(word: str) -> Meaning | None:
    """What a word without prefix stands for, as it is or as a form of a noun."""
    found = _words().get(word)
    if found is not None or len(word) < _SHORTEST:
        return found
    lemmas = _lemmas()
    for lemma in singulars(word):
        if len(lemma) >= _SHORTEST_LEMMA and lemma in lemmas:
            return ((lemmas[lemma], ""),)
    for lemma, owner in possessed(word):
        if len(lemma) >= _SHORTEST_LEMMA and lemma in lemmas:
            return ((lemmas[lemma], ""), (owner, ""))
    return None


def is_verb(word: str) -> bool:
    """Whether a folded word is a form of a known verb."""
    return word in _verb_forms()


_verb_forms = functools.cache(verbs)
FUNCTION = {
    fold(word): means
    for words, means in (
        ("של", "of"), ("את", "object"), ("מ מנ", "from"), ("ל אל", "to"), ("ב בתוך", "in"),
        ("עמ", "with"), ("בלי ללא", "without"), ("אינ", "without"),
        ("לא אינו אינה אינמ איננ איננו איננה אינני", "not"),
        ("טרם", "not"), ("על", "about"), ("עד", "until"), ("או", "or"), ("ו וגם", "and"),
        ("ש אשר", "that"), ("כש כאשר", "when"), ("מי", "who"), ("מתי", "@when"), ("איפה היכן",
        "@where"),
        ("למה מדוע", "@why"), ("איכ כיצד", "@how"), ("כמה", "@count"), ("האם", "whether"),
        ("מה איזה איזו אילו", "what"), ("שלי", "my"), ("אני לי", "i"), ("שלנו אנחנו לנו", "our"),
        ("מעל", "over"), ("מתחת", "under"), ("מול", "with"), ("היא", "she"), ("הוא", "he"),
        ("המ הנ", "they"),
        ("יותר", "more"), ("פחות", "less"), ("מאשר", "than"), ("הכי ביותר", "most"),
        ("לפני", "before"), ("אחרי לאחר", "after"),
        ("בנוגע בקשר בהקשר באשר ביחס עוסק עוסקת עוסקימ עוסקות קשור קשורה"
        " קשורימ קשורות נוגע נוגעת נוגעימ נוגעות מתייחס מתייחסת מתייחסימ מתייחסות", "about"),
        ("פרט חוצ", "except"), ("החל", "since"), ("אמ", "if"), ("מהמ מהנ", ""), ("עדיינ",
        "still"), ("כבר", ""), ("גם", "also"), ("יש ישנם ישנן", "there-is"),
        ("ה זה מהו מהי", ""), ("כ", "as"), ("אצלנו", "our"),
        ("אבל אלא ואילו", "but"), ("במקום", "instead"), ("כולם", "all"), ("היה היתה הייתה היו",
        "was"), ("יהיה תהיה יהיו", "will"),
    )
    for word in words.split()
    if means is not None
}  # fmt: skip
_DROPPED = frozenset(
    map(fold, each("""
    בבקשה נא אנא תודה היי הי אתה אתם בעצם פשוט רגע בקיצור אז כאן זהו תגיד תגידי מעניין
    קיים קיימת קיימים קיימות נמצא נמצאים נמצאת נמצאות אהלן אגב כאילו יאללה נו וואלה כן אה תגידו
    אודה סבבה אחלה אפילו סתם סליחה חביבי כמובן מתקיים מתקיימת מתקיימים מתקיימות
    """))
)  # fmt: skip
"""What says nothing wherever it stands: courtesy, and that what is, is."""
_OPENING = frozenset(
    map(fold, each("""
    שלום אפשר תוכל תוכלי תוכלו יכול יכולה רוצה אשמח מבקש מבקשת מהר אולי לדעת לראות לקבל להבין אמור
    ספר ספרי היכולת עזרה עזור עזרי אכפת לך טוב יופי עזוב עזבי בקשה מראש מעוניין מעוניינת זקוק
    זקוקה חייב חייבת לעזור בא לי אותי טובה תעשה תעשי בוא בואי בואו
    """))
)  # fmt: skip
"""What leads to a question, and says nothing as long as nothing else was said."""
_GET = frozenset(
    map(fold, each("""
    מצא מצאי תמצא תמצאי למצוא חפש חפשי תחפש תחפשי לחפש אתרי תאתר לאתר הצג הציגי תציג תציגי
    להציג הראה הראי תראה תראי להראות הביאי תביא תביאי להביא תן תני תיתן לתת שלוף שלפי תשלוף
    בדוק בדקי תבדוק תבדקי לבדוק תחפשו תמצאו תראו תביאו תבדקו הציגו חפשו מצאו שתמצא אתרו איתור
    תציגו תשיג השג השיגי להשיג תארגן תספק לשלוף הפק תפיק להפיק תעלה חיפוש תוציא תפרט
    """))
)  # fmt: skip
_GET_AT_FIRST = _GET | frozenset(map(fold, each("הוצא ברר תברר תבררי בררי לברר נראה ראה ראי")))
"""Words that ask for something as the first of a text, and elsewhere may be others."""


@functools.lru_cache(maxsize=4096)
def hebrew(word: str) -> Meaning:
    """A folded Hebrew word as concepts and function words, each with its tense."""
    if word in _DROPPED or (word.startswith("ש") and word[1:] in _DROPPED):
        return ()
    if word in _GET or word.removeprefix("ש") in _GET:
        return (("@get", ""),)
    if (found := _known(word)) is not None:
        return found
    for length in (1, 2, 3):
        prefix, rest = word[:length], word[length:]
        if prefix in _PREFIXES and len(rest) > 1:
            found = _known(rest) or (((rest, ""),) if not is_hebrew(rest) else None)
            if found and found[0][0] not in ("", "to", "from", "in", "and", "object"):
                return (*((part, "") for part in _PREFIXES[prefix]), *found)
    return tuple(_unknown(word))


@functools.lru_cache(maxsize=1024)
def opening(word: str) -> Meaning:
    """The first word of a text: a verb in the imperative, in whatever person and form."""
    if word in _GET_AT_FIRST:
        return (("@get", ""),)
    if word in _OPENING:
        return ()
    if word in FUNCTION or word in CONCEPTS or word in NAMES or word in _DROPPED:
        return hebrew(word)
    root = _root(word)
    if root in _GET_ROOTS and (_known(word) is None or word[:1] in "תל"):
        return (("@get", ""),)
    if root in _ASKED and (_known(word) is None or word[:1] in "תל"):
        return ((_ASKED[root], ""),)
    return hebrew(word)


def _root(word: str) -> str:
    word = word.removeprefix("ש")
    word = word[1:] if word[:1] in "תל" and len(word) > 3 else word
    word = word[:-1] if word[-1:] in "יו" and len(word) > 3 else word
    return word[:1] + "".join(letter for letter in word[1:] if letter not in "וי")


def _unknown(word: str) -> list[tuple[str, str]]:
    """One that isn't known, without what may be a prefix, and in one form for its numbers. What
    it is taken for doesn't matter, as long as another word is taken for something else."""
    before: list[tuple[str, str]] = []
    if len(word) >= 6 and word.startswith("מ") and word.endswith("ת"):
        word = word[:-1]
    while word[:1] in _LONE and len(word) >= _SHORTEST and len(before) < _MOST_PREFIXES:
        before += [(part, "") for part in _PREFIXES[word[0]]]
        word = word[1:]
        if found := _known(word):
            return [*before, *found]
        if before and before[-1][0] in ("to", "from"):
            break
    return [*before, (_singular(word), "")]


def _singular(word: str) -> str:
    if len(word) >= 5 and word.endswith("יות"):
        word = word[:-3] + "ית"
    elif len(word) >= 5 and word.endswith("ות"):
        word = word[:-2] + "ה"
    elif len(word) >= 6 and word.endswith("ימ"):
        word = word[:-2]
    elif (len(word) >= 5 and word.endswith("ת") and not word.endswith("ית") and word[0] != "נ") or (
        len(word) >= 5 and word.endswith("א")
    ):
        word = word[:-1] + "ה"
    return word.replace("יי", "י").replace("וו", "ו")


def is_named(concept: str) -> bool:
    """Whether a concept is a known name, or a Hebrew word that isn't known: it may be one."""
    return concept in IS_NAME or (is_hebrew(concept) and concept not in _THINGS)


_THINGS = frozenset(map(fold, f"{NOUNS} {ADJECTIVES}".split()))
_GET_ROOTS = frozenset(_root(word) for word in _GET)
_ASKED = {
    _root(fold(word)): concept
    for concept, words in (
        ("summarize", "סכם תסכם לסכם"), ("translate", "תרגם תתרגם לתרגם"),
        ("compare", "השווה תשווה להשוות"), ("count", "ספור תספור לספור"),
        ("explain", "הסבר תסביר להסביר"), ("sort", "מיין תמיין למיין"),
    )
    for word in words.split()
}  # fmt: skip
