"""Verbs of several words, whose words may stand apart: catch me up, תעשי לי סדר.

An entry begins with an English verb (every form of it), with a Hebrew pattern and root as in
`vocabulary.VERBS`, or with forms joined by `/`. `…` stands for up to three words of any kind, `|`
for a choice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tizmor.planner.embedded import conjugation
from tizmor.planner.embedded.conjugation import Form
from tizmor.planner.embedded.tokens import Kind, Token, fold

PHRASALS: dict[str, tuple[str, ...]] = {
    "schedule": (
        "set … up",
        "line … up",
        "sort … out",
        "fix … up",
        "pencil … in",
        "fit … in",
        "squeeze … in",
        "get … in|into|on the|my|our diary|calendar",
        "get … on a|the call|meeting",
        "תסדר/תסדרי/סדר/לסדר פגישה|ישיבה|שיחה",
    ),
    "meet": (
        "sit down with",
        "catch up with",
        "touch base with",
        "לשבת/נשב/אשב/שאשב/שנשב עם",
        "תושיב/תושיבי אותי עם",
    ),
    "brief": (
        "catch me|us up",
        "bring me|us up to speed|date",
        "get me|us up to speed|date",
        "get up to speed",
        "keep me|us posted",
        "put me|us in the picture",
        "fill me|us in",
        "update me|us",
        "brief me|us",
        "piel:תדרכ אותי|אותנו",
        "be on top of",
        "get on top of",
        "stay on top of",
        "piel:עדכנ אותי|אותנו",
        "תשלים/תשלימי/השלם/להשלים אותי|אותנו|לי|לנו",
        "תכניס/תכניסי/הכנס/להכניס אותי|אותנו לעניינים|לתמונה",
        "תעשה/תעשי/תעשו/עשה/עשי/לעשות … סדר",
    ),
    "read": (
        "go over|through",
        "run through|over",
        "walk … through",
        "look over|through|at|into",
        "leaf through",
        "take a look",
        "have a look",
        "paal:עבר … על",
        "תסתכל/תסתכלי/תסתכלו/הסתכל/הסתכלי/להסתכל … על",
        "תעיף/תעיפי/להעיף מבט",
        "תזרוק/תזרקי מבט",
    ),
    "understand": ("work out", "figure out", "make sense of", "get to grips with"),
    "summarize": ("sum … up", "boil … down", "wrap … up"),
    "prepare": (
        "pull … together",
        "put … together",
        "throw … together",
        "draw … up",
        "write … up",
        "whip … up",
        "come up with",
    ),
    "find": ("dig … up|out", "track … down", "look for|up", "hunt … down", "get hold of"),
    "show": ("pull … up", "bring … up"),
    "know": ("find out",),
    "tell": ("let me|us know",),
    "cancel": ("call … off", "get rid of"),
    "move": ("push … back|out", "put … off", "bring … forward"),
}


class Phrasal(NamedTuple):
    """A verb found at an index, and the indices of the words that go with it."""

    concept: str
    form: Form
    particles: tuple[int, ...]
    prefix: str = ""
    """The conjunction that was written as a letter before the verb."""


class _Pattern(NamedTuple):
    concept: str
    form: Form
    rest: tuple[frozenset[str] | None, ...]
    """The words that may come next; None is the gap."""


def find(tokens: Sequence[Token], i: int) -> Phrasal | None:
    """The verb of several words that starts at `i`; of several the one with most words."""
    word = tokens[i].word
    if tokens[i].kind is not Kind.WORD:
        return None
    conjunction = word not in _PATTERNS and word[:1] in ("ו", "ש")
    found = [
        Phrasal(pattern.concept, pattern.form, particles, word[:1] if conjunction else "")
        for pattern in _PATTERNS.get(word[1:] if conjunction else word, ())
        if (particles := _matched(tokens, i + 1, pattern.rest)) is not None
    ]
    return max(found, key=lambda p: len(p.particles), default=None)


def _matched(
    tokens: Sequence[Token], at: int, rest: Sequence[frozenset[str] | None]
) -> tuple[int, ...] | None:
    particles: list[int] = []
    gap = 0
    for choice in rest:
        if choice is None:
            gap = 3
            continue
        end = min(len(tokens), at + gap + 1)
        found = next((j for j in range(at, end) if tokens[j].word in choice), None)
        if found is None or any(t.kind is Kind.MARK or t.word == "and" for t in tokens[at:found]):
            return None
        particles.append(found)
        at, gap = found + 1, 0
    return tuple(particles)


def _heads(said: str) -> Iterator[tuple[str, Form]]:
    pattern, is_root, root = said.partition(":")
    if is_root:
        yield from conjugation.hebrew(pattern, root)
    elif said.isascii():
        yield from conjugation.english(said, _IRREGULAR.get(said, ""))
    else:
        for word in said.split("/"):
            yield word, Form.INFINITIVE if word[:1] == "ל" else Form.DIRECTIVE


_IRREGULAR = {
    "set": "set",
    "fit": "fit",
    "get": "got",
    "catch": "caught",
    "bring": "brought",
    "keep": "kept",
    "put": "put",
    "be": "been",
    "go": "went+gone",
    "run": "ran",
    "take": "took+taken",
    "have": "had",
    "make": "made",
    "throw": "threw+thrown",
    "draw": "drew+drawn",
    "write": "wrote+written",
    "come": "came",
    "dig": "dug",
    "find": "found",
    "let": "let",
    "sit": "sat",
}


def _patterns() -> dict[str, list[_Pattern]]:
    patterns: dict[str, list[_Pattern]] = {}
    for concept, entries in PHRASALS.items():
        for entry in entries:
            head, *rest = entry.split()
            choices = tuple(
                None if r == "…" else frozenset(fold(w) for w in r.split("|")) for r in rest
            )
            for word, form in _heads(head):
                patterns.setdefault(fold(word), []).append(_Pattern(concept, form, choices))
    return patterns


_PATTERNS = _patterns()
