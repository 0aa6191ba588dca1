"""Hebrew nouns, adjectives and pronouns in all their forms.

A noun of which the dictionary form is known is known in the plural, in the construct state and with
possessive endings too: חוזה, חוזים, חוזי, חוזהו, חוזינו. An ending is told as the possessor that it
is: הצעתנו is what ההצעה שלנו is. All is full spelling in folded letters.
"""

from __future__ import annotations

from collections.abc import Iterator

from tizmor.text.normalize import fold

_OWNERS = tuple(
    (fold(ending), owner)
    for ending, owner in (
        ("כם", "your"), ("נו", "our"), ("הם", "their"), ("הן", "their"), ("ם", "their"),
        ("ן", "their"), ("ו", "his"), ("ה", "her"), ("ך", "your"), ("י", "my"),
    )
)  # fmt: skip
"""Possessive endings, the longest first."""
_OF_ONE_ONLY = frozenset({"מ", "נ"})
_SHORTEST = 3


def singulars(word: str) -> Iterator[str]:
    """The dictionary forms that a plural or a construct form may have, the likeliest first."""
    if word.endswith("ימ"):
        yield from (word[:-2], f"{word[:-2]}ה")
    elif word.endswith("ות"):
        yield from (f"{word[:-2]}ה", word[:-2], f"{word[:-2]}ת", f"{word[:-1]}ת")
    elif word.endswith("ת"):
        yield f"{word[:-1]}ה"
    elif word.endswith("י"):
        yield from (word[:-1], f"{word[:-1]}ה")


def possessed(word: str) -> Iterator[tuple[str, str]]:
    """The dictionary forms that a noun with a possessive ending may have, each with its owner."""
    for ending, owner in _OWNERS:
        stem = word.removesuffix(ending)
        if stem == word or len(stem) < _SHORTEST:
            continue
        if stem.endswith("י") and ending not in _OF_ONE_ONLY:
            of_many = f"{stem[:-1]}" if stem.endswith("ותי") else f"{stem[:-1]}ימ"
            yield from ((one, owner) for one in singulars(of_many))
        if owner != "my":
            yield stem, owner
        if stem.endswith("ת"):
            yield from ((f"{stem[:-1]}ה", owner), (stem, owner))


def adjectives(lemma: str) -> Iterator[str]:
    """An adjective for both genders and numbers."""
    stem = lemma.removesuffix("ה")
    yield from (lemma, f"{stem}ת" if stem.endswith("י") else f"{stem}ה", f"{stem}ות")
    yield from (f"{stem}ימ", f"{stem}מ") if stem.endswith("י") else (f"{stem}ימ",)


_PERSONS = ("me", "you", "him", "her", "us", "you", "them", "them")
_PREPOSITIONS = (
    ("to", "- לך לו לה - לכם להם להן"),
    ("in", "בי בך בו בה בנו בכם בהם בהן"),
    ("with", "איתי איתך איתו איתה איתנו אתכם איתם איתן"),
    ("with", "אתי אתך אתו אתה־ה אתנו - אתם־ה -"),
    ("with", "עמי עמך עמו עמה עמנו עמכם עמהם עמהן"),
    ("object", "אותי אותך אותו אותה אותנו אתכם־ה אותם אותן"),
    ("about", "עליי עליך עליו עליה עלינו עליכם עליהם עליהן"),
    ("to", "אליי אליך אליו אליה אלינו אליכם אליהם אליהן"),
    ("from", "ממני ממך ממנו ממנה מאיתנו מכם מהם־ה מהן־ה"),
    ("without", "בלעדיי בלעדיך בלעדיו בלעדיה בלעדינו בלעדיכם בלעדיהם בלעדיהן"),
    ("for", "בשבילי בשבילך בשבילו בשבילה בשבילנו בשבילכם בשבילם בשבילן"),
    ("for", "עבורי עבורך עבורו עבורה עבורנו עבורכם עבורם עבורן"),
    ("at-home", "אצלי אצלך אצלו אצלה אצלנו אצלכם אצלם אצלן"),
    ("before", "לפניי לפניך לפניו לפניה לפנינו לפניכם לפניהם לפניהן"),
    ("after", "אחריי אחריך אחריו אחריה אחרינו אחריכם אחריהם אחריהן"),
    ("of", "שלי שלך שלו שלה שלנו שלכם שלהם שלהן"),
)  # fmt: skip
_ONES_OWN = {"me": "my", "you": "your", "him": "his", "her": "her", "us": "our", "them": "their"}


def pronouns() -> dict[str, tuple[str, ...]]:
    """Prepositions with an ending, as the preposition and the person; with of, as the owner."""
    known: dict[str, tuple[str, ...]] = {}
    for before, forms in _PREPOSITIONS:
        for written, person in zip(forms.split(), _PERSONS, strict=True):
            if written == "-" or "־" in written:
                continue
            means = (_ONES_OWN[person],) if before == "of" else (before, person)
            known.setdefault(fold(written), means)
    return known
