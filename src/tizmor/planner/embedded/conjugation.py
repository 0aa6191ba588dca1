"""The forms of regular verbs, so that a lexicon names each verb once.

Hebrew: active patterns (binyanim) of strong roots, written without points in both the full and
the short spelling. Final letters are folded, as `tokens.fold` does.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator


class Form(enum.StrEnum):
    """What a verb's form says about who acts and when."""

    BASE = "base"
    """English base form, Hebrew imperative that looks like the past: the place decides."""
    DIRECTIVE = "directive"
    """Second person future, plural imperative: asks wherever it stands."""
    INFINITIVE = "infinitive"
    PRESENT = "present"
    PAST = "past"
    FUTURE = "future"
    """Somebody else's future."""


_PAST_ENDINGS = ("תי", "נו", "ת", "תמ", "ה", "ו")
_VOWELS = "aeiou"


def hebrew(pattern: str, root: str) -> Iterator[tuple[str, Form]]:
    """Forms of the verb of a three-letter root in `paal`, `piel`, `hifil`, `nifal` or `hitpael`.

    `hifil` also takes a two-letter root (a hollow one: הבין is בנ). A form may come twice.
    """
    yield from _PATTERNS[pattern](root)


def english(base: str, past: str = "") -> Iterator[tuple[str, Form]]:
    """Forms of an English verb; `past` when it is irregular, of two forms `did+done`."""
    yield base, Form.BASE
    doubled = base + base[-1] if _doubles(base) else base
    stem = base[:-1] if base.endswith("e") and not base.endswith("ee") else doubled
    soft = base[-1] == "y" and base[-2] not in _VOWELS
    yield (
        (base[:-1] + "ies" if soft else base + ("es" if base[-1] in "sxhzo" else "s")),
        Form.PRESENT,
    )
    yield stem + "ing", Form.PRESENT
    regular = base[:-1] + "ied" if soft else stem.removesuffix("e") + "ed"
    for word in past.split("+") if past else [regular]:
        yield word, Form.PAST


def _doubles(base: str) -> bool:
    return (
        len(base) in (3, 4)
        and base[-1] not in "aeiouwxyhkdlr"
        and base[-2] in _VOWELS
        and base[-3] not in _VOWELS
    )


def _future(stem: str, *, short: str = "") -> Iterator[tuple[str, Form]]:
    """Future forms around a stem; `short` is the stem before an ending, when it differs."""
    yield "ת" + stem, Form.DIRECTIVE
    for ending in "יו":
        yield "ת" + (short or stem) + ending, Form.DIRECTIVE
    yield "נ" + stem, Form.DIRECTIVE
    yield "א" + stem, Form.FUTURE
    yield "י" + stem, Form.FUTURE
    yield "י" + (short or stem) + "ו", Form.FUTURE


def _past(stem: str) -> Iterator[tuple[str, Form]]:
    for ending in _PAST_ENDINGS:
        yield stem + ending, Form.PAST


def _present(stem: str) -> Iterator[tuple[str, Form]]:
    for ending in ("", "ת", "ימ", "ות"):
        yield stem + ending, Form.PRESENT


def _paal(root: str) -> Iterator[tuple[str, Form]]:
    first, second, third = tuple(root)
    plain, long = root, f"{first}{second}ו{third}"
    yield plain, Form.BASE
    yield from ((plain + "י", Form.DIRECTIVE), (plain + "ו", Form.DIRECTIVE))
    for stem in (plain, long):
        yield from _future(stem, short=plain)
        yield "ל" + stem, Form.INFINITIVE
    yield long, Form.BASE
    yield from ((plain + e, Form.PAST) for e in _PAST_ENDINGS if e != "ו")
    yield from _present(f"{first}ו{second}{third}")


def _piel(root: str) -> Iterator[tuple[str, Form]]:
    full = f"{root[0]}י{root[1:]}"
    yield root, Form.BASE
    yield from ((root + "י", Form.DIRECTIVE), (root + "ו", Form.DIRECTIVE))
    yield from _future(root)
    yield "ל" + root, Form.INFINITIVE
    yield full, Form.PAST
    yield from _past(full)
    yield from _past(root)
    yield from _present("מ" + root)


def _hifil(root: str) -> Iterator[tuple[str, Form]]:
    last = root[-1]
    long, short = f"{root[:-1]}י{last}", root
    yield "ה" + short, Form.BASE
    yield from (("ה" + long + "י", Form.DIRECTIVE), ("ה" + long + "ו", Form.DIRECTIVE))
    yield from _future(long)
    yield "לה" + long, Form.INFINITIVE
    yield "ה" + long, Form.PAST
    merged = short[:-1] if last == "נ" else short
    for ending in ("תי", "נו", "ת", "תמ"):
        yield "ה" + (merged if ending == "נו" else short) + ending, Form.PAST
    yield "ה" + long + "ה", Form.PAST
    yield from _present("מ" + long)


def _nifal(root: str) -> Iterator[tuple[str, Form]]:
    yield from _future("י" + root)
    yield from _future(root)
    yield from (("להי" + root, Form.INFINITIVE), ("הי" + root, Form.BASE))
    yield "נ" + root, Form.PAST
    yield from _past("נ" + root)


def _hitpael(root: str) -> Iterator[tuple[str, Form]]:
    yield from _future("ת" + root)
    yield from (("להת" + root, Form.INFINITIVE), ("הת" + root, Form.PAST))
    yield from _past("הת" + root)
    yield from _present("מת" + root)


_PATTERNS = {
    "paal": _paal,
    "piel": _piel,
    "hifil": _hifil,
    "nifal": _nifal,
    "hitpael": _hitpael,
}
